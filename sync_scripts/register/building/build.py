"""Build: from raw versions, events and rules to the rows of the register, unit by unit.

A unit is one alert, one case with all its forms, or one report on an area. Whatever touches a unit derives all its
rows anew and puts them in place of the old ones, inside the transaction of the caller; so building on arrival and
rebuilding from nothing come to the same bytes. What is derived is pure (`alert_unit`, `case_unit`); here it is only
fetched and written. Nothing stored depends on today, and no sealed answer is ever seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync_scripts.register.building import alert_unit, case_unit, notices, situation_unit
from sync_scripts.register.building.portions import collector_paused
from sync_scripts.register.building.row_replacement import Replacing
from sync_scripts.register.case.case_input import (
    FORMS,
    Before,
    CaseInput,
    Standing,
    codes_of,
    new_codes,
    opening,
    turned,
)
from sync_scripts.register.case.form_versions import told_of
from sync_scripts.register.case.moved_submissions import kept_as_before
from sync_scripts.register.case.people import ever_documented, refused
from sync_scripts.register.consents.held_copies import forget_refused, forget_refused_alerts, stood
from sync_scripts.register.consents.withdrawals import left_alone
from sync_scripts.register.disclosure.recipients import offices
from sync_scripts.register.forms.loading import Fresh, Shelf, load
from sync_scripts.register.forms.row_output import Output
from sync_scripts.register.forms.submissions import Filed, codes_named
from sync_scripts.register.history.corrections import CORRECT, subject_of
from sync_scripts.register.history.logbook import LINK, write_decisions
from sync_scripts.register.history.merges import GoesOn, goes_on_in, merged_units
from sync_scripts.register.history.person_decisions import brought, stays
from sync_scripts.register.lifecycle.replay import alert_now, case_now
from sync_scripts.register.model.codes import ALERT, CASE, LOOSE, SITUATION, DrawCode, Root, root_of
from sync_scripts.register.rules.own_deadlines import in_force
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store import events as store_events
from sync_scripts.store.database import PROGRAM, Rows
from sync_scripts.store.events import Event, NewEvent
from sync_scripts.store.schema import register as tables


@dataclass(frozen=True, slots=True)
class Built:
    """What one building did: alerts and cases whose rows were made, and codes drawn."""

    alerts: int = 0
    cases: int = 0
    drawn: int = 0


def apply(
    rows: Rows,
    touched: Iterable[Root],
    draw: DrawCode,
    now: datetime,
    *,
    rules: Ruleset | None = None,
    fresh: Fresh | None = None,
) -> Built:
    """Build every unit that new versions of some submissions touch. Safe to call again with the same ones.

    Args:
        rows: the transaction that also stored the raw versions.
        touched: (form stamp, root id) of the submissions with a new version.
        draw: gives new codes; each code drawn is an event by rule.
        now: instant at which those events happen.
        rules: rules to use instead of those in force.
        fresh: what was read in open parts stored by this transaction, so that they need not be read again.

    Raises:
        FormVersionLost: a version says it was filled with a form that the register does not hold.
    """
    if again := turned(rows, now):
        apply_units(rows, again, draw, now, rules=rules)
    return Building(rows, draw, now, rules or in_force(rows), fresh=fresh).roots(set(touched))


def apply_units(
    rows: Rows, units: Iterable[str], draw: DrawCode, now: datetime, *, rules: Ruleset | None = None
) -> Built:
    """Build some units again after an event about them.

    ``alert:<stamp>/<root>``, ``case:<CODE>``, or a submission in whatever unit it is: ``interview:<stamp>/<root>``. Of a pair
    of alerts it is written down what was decided last.
    """
    asked = set(units) | turned(rows, now)
    if pairs := {unit for unit in asked if unit.startswith(LINK)}:
        write_decisions(rows, sorted(pairs))
        asked -= pairs
    building = Building(rows, draw, now, rules or in_force(rows))
    forms = {unit for unit in asked if unit.startswith((ALERT, *FORMS))}
    return building.roots({root_of(unit) for unit in forms}, asked - forms)


_Opened = dict[str, list[Event]]


class Building:
    """One building: what is fetched once for all units of a page.

    ``afresh`` says that the tables are empty but events are not: nothing can be concluded from a missing row. ``were`` holds
    the levels that the alerts which were built had before.
    """

    def __init__(
        self,
        rows: Rows,
        draw: DrawCode,
        now: datetime,
        rules: Ruleset,
        *,
        afresh: bool = False,
        fresh: Fresh | None = None,
    ) -> None:
        self.rows = rows
        self.draw = draw
        self.now = now
        self.rules = rules
        self.shelf: Shelf = Shelf(rows, fresh)
        self.replacing: Replacing = Replacing(rows, self.shelf.entities(), every=afresh)
        self.drawn: int = 0
        self.standing: Standing = Standing(rows)
        self.afresh = afresh
        self.were: dict[str, str] = {}
        self.stood: notices.Before = notices.Before()

    @collector_paused()
    def roots(self, touched: set[Root], units: Iterable[str] = ()) -> Built:
        """Build the alerts among the touched submissions, then the cases that these or the others touch.

        ``units`` names further cases, and forms without one, to be built. A submission of which no version may be
        read any more loses its rows.
        """
        filed = self._load(touched)
        gone = self.standing.known(touched - filed.keys())
        alerts = {root: one for root, one in filed.items() if one.kind == "alert"}
        others = {root: one for root, one in filed.items() if root not in alerts}
        cases = set(units) | {one.unit for one in gone.values() if not one.unit.startswith(ALERT)}
        lost = {root: one for root, one in gone.items() if one.unit.startswith(ALERT)}
        if alerts or lost:
            named, again = self._alerts(alerts, lost)
            cases |= named
            others |= self._load(again - others.keys())
        built = self._cases(others, cases) if others or cases else 0
        return Built(len(alerts), built, self.drawn)

    def file(self, touched: Iterable[Root]) -> None:
        """Say of submissions that are no alerts where they belong, and derive nothing yet."""
        filed = self._load(touched)
        others = {root: one for root, one in filed.items() if one.kind != "alert"}
        out = Output()
        for root, code in self._places(others, {})[0].items():
            out.file(others[root], _unit(others[root], code), code)
        self.rows.many(tables.filing, out.rows[tables.filing])

    # --- alerts --------------------------------------------------------------------------------------------------

    def _alerts(self, filed: Mapping[Root, Filed], lost: Mapping[Root, Before]) -> tuple[set[str], set[Root]]:
        """Build alerts; return the cases that they belong or belonged to, and the forms that name them."""
        before = {**self.standing.known(filed), **lost}
        happened = self.standing.events(alert_unit.subject_of(*root) for root in self._decided(filed, before))
        had = {
            root: alert_now(happened.get(alert_unit.subject_of(*root), ())).code for root in (*filed, *lost)
        }
        new = new_codes(self.rows, self.draw, "AL", [root for root, code in had.items() if code is None])
        self._draw(
            [
                NewEvent("alert.code", alert_unit.subject_of(*root), PROGRAM, {"code": code})
                for root, code in new.items()
            ]
        )
        by_code = {root: code or new[root] for root, code in had.items()}
        out = Output()
        for root, one in filed.items():
            alert_unit.derive(
                one, by_code[root], happened.get(alert_unit.subject_of(*root), ()), self.rules, out
            )
        numbers = [one.number for one in before.values()] if self._tells else []
        stood_ = notices.alerts_before(self.rows, numbers)
        if (
            self._tells
        ):  # what is due in a case can stand beside an alert of it, and goes with the rows of that
            theirs = {one.case_code for one in before.values() if one.case_code}
            self.stood = notices.cases_before(self.rows, theirs)
        self.replacing.replace(out, before)
        if self._tells:
            subjects = {code: alert_unit.subject_of(*root) for root, code in by_code.items()}
            self.were = stood_.levels
            notices.of_alerts(self.rows, stood_, out, subjects, self.now)
        forget_refused_alerts(self.rows, out.rows[tables.alert], out.rows[tables.correction], self.now)
        cases = {row["case_code"] for row in out.rows[tables.alert]}
        cases |= {one.case_code for one in before.values()}
        return {f"{CASE}{code}" for code in cases if code}, self.standing.naming(by_code.values())

    # --- cases ---------------------------------------------------------------------------------------------------

    def _cases(self, filed: dict[Root, Filed], units: set[str]) -> int:
        """Build the units that some submissions belong or belonged to, and the units asked for."""
        before = self.standing.known(filed)
        places, opened = self._places(filed, before)
        if not self.afresh:
            kept = kept_as_before(self.rows, filed, before, places, load=self._load, rules=self.rules)
            self._draw(list(kept))
        now = {root: _unit(filed[root], code) for root, code in places.items()}
        affected = units.union(now.values(), (one.unit for one in before.values()))
        if not self.afresh:
            affected |= merged_units(self.rows, affected - opened.keys())
        known = affected - opened.keys()
        members = self.standing.members(known)
        alerts = {root: one for root, one in members.items() if one.unit.startswith(ALERT)}
        old = {root: one for root, one in (members | before).items() if root not in alerts}
        by_root = {root: one.unit for root, one in old.items()}
        by_root |= now
        filed |= self._load(by_root.keys() - filed.keys(), again=True)
        by_unit: dict[str, list[Filed]] = defaultdict(list)
        for root, unit in by_root.items():
            if root in filed:
                by_unit[unit].append(filed[root])
        new = set() if self.afresh else by_root.keys() - before.keys() - old.keys()
        out = self._derived(affected, by_unit, new, opened)
        codes_ = codes_of(known)
        before_ = notices.cases_before(self.rows, codes_ if self._tells else ()).under(self.stood)
        held = {} if self.afresh else stood(self.rows, codes_)
        self.replacing.replace(out, old, codes_, [one.number for one in alerts.values()])
        if self.afresh:
            held = stood(self.rows, codes_)
        forget_refused(self.rows, held, self.now, afresh=self.afresh)
        if self._tells:
            notices.of_cases(self.rows, before_, out, self.now, alerts=self.were)
        if not self.afresh:
            self._alone(codes_)
        return sum(1 for unit in affected if unit.startswith(CASE))

    def _alone(self, codes_: Sequence[str]) -> None:
        """Say of duplicates that the work on the alert that was kept stopped, and build them again."""
        said = list(left_alone(self.rows, codes_, self.now))
        if said:
            self._draw(said)
            self._alerts(self._load(root_of(one.subject) for one in said), {})

    def _places(
        self, filed: Mapping[Root, Filed], before: Mapping[Root, Before]
    ) -> tuple[dict[Root, str | None], _Opened]:
        """Return the code of the case to which each submission belongs; a documented interview without a case gets a new one.

        Return also what opened the new cases of forms that were nowhere: of these nothing stands anywhere yet.
        """
        named = {root: codes_named(one) for root, one in filed.items()}
        alerts = self.standing.alerts_by_code({alert for _, alert in named.values() if alert})
        happened = self.standing.events(
            f"interview:{stamp}/{root_id}" for stamp, root_id in self._decided(filed, before)
        )
        known: dict[Root, str | None] = {}
        without: list[Root] = []
        for root, one in filed.items():
            case_code, alert = named[root]
            own = next(
                (
                    event.payload["case_code"]
                    for event in happened.get(f"interview:{one.key}", ())
                    if event.op == "case.code"
                ),
                None,
            )
            if case_code is None and one.kind == "interview" and (not refused(one) or ever_documented(one)):
                # a no that came later leaves the form where it is: with it the case would vanish, and what is owed in it
                case_code = own or (alerts[alert]["case_code"] if alert in alerts else None)
                if case_code is None and not refused(one):
                    without.append(root)
            known[root] = case_code
        new = new_codes(self.rows, self.draw, "DK", without)
        drawn = self._draw([event for root, code in new.items() for event in opening(filed[root], code)])
        first = {f"{CASE}{code}" for root, code in new.items() if root not in before}
        opened = {event.subject: [event] for event in drawn if event.subject in first}
        return known | new, opened

    def _derived(
        self, units: set[str], by_unit: Mapping[str, list[Filed]], new: set[Root], opened: _Opened
    ) -> Output:
        """Derive units from their submissions; about those that are new nothing can have been decided."""
        alerts = self.standing.alerts_of_cases(units - opened.keys())
        subjects = {unit for unit in units if unit.startswith(CASE)}
        subjects |= {subject_of(one) for some in by_unit.values() for one in some if one.root not in new}
        subjects |= {
            alert_unit.subject_of(one["stamp"], one["alert_id"]) for some in alerts.values() for one in some
        }
        happened = self.standing.events(subjects - opened.keys()) | opened
        named = self.standing.alerts_by_code(
            {alert for some in by_unit.values() for one in some if (alert := codes_named(one)[1])}
        )
        before = self._before(happened)
        kept = goes_on_in(self.rows, {unit: happened[unit] for unit in subjects & units if unit in happened})
        offices_ = offices(self.rows)
        out = Output()
        for unit in sorted(units, key=lambda unit: (_first(by_unit.get(unit, ())), unit)):
            filed = sorted(by_unit.get(unit, ()), key=lambda one: (one.received[0], one.root))
            code = unit.removeprefix(CASE) if unit.startswith(CASE) else None
            events = happened.get(unit, ())
            if unit.startswith(SITUATION):
                for one in filed:
                    situation_unit.derive(one, self.rules, out)
            elif filed or alerts.get(unit) or case_now(events).by_person:
                theirs = [f"{one.kind}:{one.key}" for one in filed]
                mine = alerts.get(unit, ())
                theirs += [alert_unit.subject_of(one["stamp"], one["alert_id"]) for one in mine]
                said = {subject: happened[subject] for subject in theirs if subject in happened}
                edited, goes_on = self._edited(mine, said), kept.get(unit, GoesOn())
                left = stays(_flat(said), unit)
                there = {one.unit: before.get(one.unit, ()) for one in left}
                came = brought(left, there, _uids(filed) if left else ())
                given = CaseInput(
                    code, unit, filed, events, mine, named, said, edited, goes_on, left, there, came, offices_
                )
                case_unit.derive(given, self.rules, out)
        return out

    def _before(self, happened: Mapping[str, list[Event]]) -> Mapping[str, Sequence[Event]]:
        """Return what was decided about the cases that some interviews left, by unit."""
        left = {one.unit for one in stays(_flat(happened), "")}
        if not left:
            return {}
        found: dict[str, Sequence[Event]] = {**self.standing.events(left - happened.keys()), **happened}
        kept = goes_on_in(self.rows, {unit: found[unit] for unit in left if unit in found})
        for unit, goes_on in kept.items():
            # whoever took over the case in which a merged one goes on got it with all of this
            over = [
                one for one in goes_on.kept if one.op == "case.move" and one.payload["to"] == "transferred"
            ]
            found[unit] = sorted([*found[unit], *over], key=lambda one: (one.at, one.workspace, one.seq))
        return found

    def _edited(
        self, alerts: Iterable[Mapping[str, Any]], said: Mapping[str, Iterable[Event]]
    ) -> dict[int, Filed]:
        """Return the alerts of a case that arrived more than once, or were corrected, by number."""
        corrected_ = {subject for subject, events in said.items() if any(one.op == CORRECT for one in events)}
        roots = {
            (one["stamp"], one["alert_id"])
            for one in alerts
            if one["read_at"] != one["received"]
            or alert_unit.subject_of(one["stamp"], one["alert_id"]) in corrected_
        }
        return {one.number: one for one in self._load(roots, again=True).values()} if roots else {}

    # --- fetching and writing ------------------------------------------------------------------------------------

    def _load(self, roots: Iterable[Root], *, again: bool = False) -> dict[Root, Filed]:
        """Return some submissions as the register reads them, with the corrections that lie over them; ``again`` as `load`."""
        return self.standing.corrected(load(self.rows, roots, self.shelf, again=again))

    def _decided(self, filed: Iterable[Root], before: Iterable[Root]) -> Iterable[Root]:
        """Return the submissions about which there can be events: a new one has none."""
        return filed if self.afresh else before

    def _draw(self, drawn: Sequence[NewEvent]) -> Sequence[Event]:
        self.drawn += sum(1 for event in drawn if event.op.endswith(".code"))
        return store_events.append(self.rows, drawn, self.now)

    @property
    def _tells(self) -> bool:
        """Tell whether somebody is to be told of what is urgent: never by a rebuild, which only repeats."""
        return bool(self.rows.destinations) and not self.afresh


def _unit(filed: Filed, case_code: str | None) -> str:
    """Return the unit of a form: its case; without one a report has its own, any other form waits."""
    if case_code:
        return f"{CASE}{case_code}"
    return situation_unit.unit_of(filed) if filed.kind == "situation" else f"{LOOSE}{filed.key}"


def _uids(filed: Iterable[Filed]) -> set[str]:
    """Return the uids of everybody of whom some interviews tell."""
    return {uid for one in filed if one.kind == "interview" for uid in told_of(one)}


def _flat(said: Mapping[str, Iterable[Event]]) -> Iterator[Event]:
    return (event for events in said.values() for event in events)


def _first(filed: Iterable[Filed]) -> int:
    return min((one.number for one in filed), default=0)
