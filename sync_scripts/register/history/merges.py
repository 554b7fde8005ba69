"""Which cases were merged into one, where the work goes on, and what people decided on pairs of alerts: read from events alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import or_, select, tuple_

from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import Root, chunks
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = [
    "DECIDE",
    "LINK",
    "PENDING",
    "SAME",
    "TAKES",
    "Decided",
    "GoesOn",
    "Pair",
    "Ties",
    "about",
    "decisions",
    "goes_on_in",
    "kept_of",
    "key_of",
    "merged_in",
    "merged_of",
    "merged_units",
    "pair_of",
    "subject_of",
    "taken_by",
    "where_it_goes_on",
    "within",
    "write_decisions",
]


TAKES = "case.takes"
"""Op of what a case is told when another one is merged into it."""
_CASE: Final = "case:"
_AT_ONCE: Final = 500


class GoesOn(msgspec.Struct, frozen=True):
    """Where the work on a merged case goes on.

    Attributes:
        kept: what was decided about the case at the end of all merges, in order.
        passed: what was decided about the cases in between, in order.
    """

    kept: Sequence[Event] = ()
    passed: Sequence[Event] = ()


def merged_in(rows: Rows, code: str) -> list[str]:
    """Return the codes of the cases merged into one, directly or by way of another, in the order of their codes."""
    return sorted(taken_by(rows, [code]))


def taken_by(rows: Rows, codes: Iterable[str]) -> dict[str, str]:
    """Return the codes of the cases merged into some cases, directly or by way of another, each with the one of these that took it."""
    found: dict[str, str] = {}
    further = {code: code for code in codes}
    passed = set(further)
    while further:
        subjects = sorted(f"{_CASE}{one}" for one in further)
        new: dict[str, str] = {}
        for event in store_events.read(rows, subjects=subjects, ops=[TAKES]):
            one, by = event.payload["case_code"], event.subject.removeprefix(_CASE)
            if one not in passed:
                new[one] = further[by]
        found |= new
        passed |= new.keys()
        further = new
    return found


def merged_of(rows: Rows, codes: Iterable[str]) -> dict[str, list[str]]:
    """Return `merged_in` of each of some cases at once, also where one took another; one that took none is not in it."""
    took: dict[str, set[str]] = defaultdict(set)
    wanted = further = set(codes)
    while further:
        subjects = sorted(f"{_CASE}{one}" for one in further)
        for event in store_events.read(rows, subjects=subjects, ops=[TAKES]):
            took[event.subject.removeprefix(_CASE)].add(event.payload["case_code"])
        further = {one for code in further for one in took.get(code, ())} - took.keys()
    return {code: found for code in sorted(wanted) if (found := sorted(_behind(took, code)))}


def _behind(took: Mapping[str, set[str]], code: str) -> set[str]:
    found = {code}
    further = set(found)
    while further:
        further = {new for one in further for new in took.get(one, ())} - found
        found |= further
    return found - {code}


def kept_of(rows: Rows, codes: Iterable[str]) -> dict[str, str]:
    """Return of those of some cases that were merged the code of the one in which the work goes on."""
    case, wanted = tables.case.c, sorted(set(codes))
    into: dict[str, str] = {}
    further = wanted
    while further:
        asked = select(case.case_code, case.merged_into).where(case.merged_into.is_not(None))
        new = {
            str(row.case_code): str(row.merged_into)
            for first in range(0, len(further), _AT_ONCE)
            for row in rows.execute(asked.where(case.case_code.in_(further[first : first + _AT_ONCE])))
        }
        into |= new
        further = sorted(set(new.values()) - into.keys())
    return {code: _last(into, code) for code in wanted if code in into}


def merged_units(rows: Rows, units: Iterable[str]) -> set[str]:
    """Return the units of the cases that were merged into some of some units, directly or by way of another."""
    found: set[str] = set()
    further = sorted(one for one in units if one.startswith(_CASE))
    while further:
        taken = store_events.read(rows, subjects=further, ops=[TAKES])
        new = {f"{_CASE}{one.payload['case_code']}" for one in taken} - found
        found |= new
        further = sorted(new)
    return found


def goes_on_in(rows: Rows, happened: Mapping[str, Sequence[Event]]) -> dict[str, GoesOn]:
    """Return where each merged case goes on, directly or by way of another, by unit.

    Args:
        rows: where from.
        happened: what was decided about units, the merged ones among them, in order.
    """
    into = {unit: kept for unit, events in happened.items() if (kept := _into(events)) is not None}
    known: dict[str, Sequence[Event]] = dict(happened)
    while missing := set(into.values()) - known.keys():
        for unit in missing:
            known[unit] = ()
        for event in store_events.read(rows, subjects=sorted(missing)):
            known[event.subject] = [*known[event.subject], event]
        into |= {unit: kept for unit in missing if (kept := _into(known[unit])) is not None}
    return {unit: _goes_on(_way(into, unit), known) for unit in into}


def _goes_on(way: Sequence[str], known: Mapping[str, Sequence[Event]]) -> GoesOn:
    *between, last = way
    passed = (event for unit in between for event in known[unit])
    return GoesOn(known[last], sorted(passed, key=lambda one: (one.at, one.workspace, one.seq)))


def _into(events: Iterable[Event]) -> str | None:
    """Return the unit into which a case was merged; that is final."""
    moves = (one.payload for one in events if one.op == "case.move" and one.payload["to"] == "merged")
    return next((f"{_CASE}{said['into']}" for said in moves), None)


def _last(into: Mapping[str, str], unit: str) -> str:
    """Return the unit at the end of the way."""
    return _way(into, unit)[-1]


def _way(into: Mapping[str, str], unit: str) -> list[str]:
    """Return the units through which a merged one goes on, that at the end last."""
    way = [into[unit]]
    while (further := into.get(way[-1])) is not None and further not in {unit, *way}:
        way.append(further)
    return way


def where_it_goes_on(rows: Rows) -> dict[str, str]:
    """Return of each merged case the code of the one in which the work goes on."""
    case = tables.case.c
    found = rows.execute(select(case.case_code, case.merged_into).where(case.merged_into.is_not(None))).all()
    into = {str(row.case_code): str(row.merged_into) for row in found}
    return {code: _last(into, code) for code in into}


def within(rows: Rows, code: str, text: str) -> tuple[str, str]:
    """Return what is meant by a name in a case: of which case it is, and the name there.

    A name of a case that was merged into this one has its code before it: ``DK-7Q2M4X-B-V2``, ``DK-7Q2M4X-B-1``. What begins
    with no such code is a name of the case itself, whatever it is.
    """
    head, _hyphen, name = text.strip().rpartition("-")
    meant = codes.read(head, "DK") if head else None
    if meant is not None and name and (meant == code or meant in merged_in(rows, code)):
        return meant, name
    return code, text.strip()


DECIDE: Final = "link.decide"
"""What the event of a decision on a pair is called."""
LINK: Final = "alert_link:"
"""How the subject of such an event begins."""
PENDING: Final = "pending"
SAME: Final = "same_event"

Pair = tuple[str, str]
"""The keys of two alerts, the smaller root id first."""


class Decided(msgspec.Struct, frozen=True):
    """What was decided last on a pair; ``at`` as text, ``proof`` of whoever did."""

    decision: str = PENDING
    by: str | None = None
    at: str | None = None
    reason: str | None = None
    proof: str | None = None


def key_of(root: Root) -> str:
    """Return what an alert is called in a pair: form stamp and root id."""
    return "/".join(root)


def pair_of(one: Root, other: Root) -> Pair:
    """Return two alerts in the order in which a decision names them."""
    first, second = sorted((one, other), key=lambda root: (root[1], root[0]))
    return key_of(first), key_of(second)


def subject_of(pair: Pair) -> str:
    """Return the subject under which the events of a pair stand."""
    return LINK + "|".join(pair)


def write_decisions(rows: Rows, subjects: Sequence[str] | None = None) -> bool:
    """Put what the events say in the place of the rows: of some pairs, by their subjects, or of all; tell whether any was another one."""
    link = tables.alert_link
    last: dict[Pair, Decided] = {}
    for event in store_events.read(rows, subjects=subjects, ops=[DECIDE]):
        said = event.payload
        one, other = (key_of(root) for root in said["alerts"])
        actor = event.actor
        last[one, other] = Decided(
            said["decision"], actor.code, event.at, said.get("reason") or None, actor.proof
        )
    pair_of_a_row = tuple_(link.c.alert_a, link.c.alert_b)
    asked = [select(link)]
    if subjects is not None:
        asked = [select(link).where(pair_of_a_row.in_(some)) for some in chunks(sorted(last))]
    stood = set[tuple[Any, ...]]().union(*map(rows.tuples, asked))
    return bool(rows.replace(link, stood, [_row(pair, now) for pair, now in last.items()]))


def _row(pair: Pair, now: Decided) -> dict[str, object]:
    return {
        "alert_a": pair[0],
        "alert_b": pair[1],
        "decision": now.decision,
        "decided_by": now.by,
        "decided_at": now.at,
        "decision_reason": now.reason,
        "proof": now.proof,
    }


def decisions(rows: Rows, of: Sequence[str] | None = None) -> dict[Pair, Decided]:
    """Return what was decided last on each pair; only pairs with one of some alerts, by their keys, if these are given."""
    link = tables.alert_link.c
    asked = select(
        link.alert_a,
        link.alert_b,
        link.decision,
        link.decided_by,
        link.decided_at,
        link.decision_reason,
        link.proof,
    )
    if of is not None:
        asked = asked.where(or_(link.alert_a.in_(of), link.alert_b.in_(of)))
    found: Sequence[Sequence[Any]] = rows.execute(asked).all()
    return {(row[0], row[1]): Decided(*row[2:]) for row in found}


def about(rows: Rows, keys: Sequence[str]) -> list[str]:
    """Return the subjects of all decisions on pairs with one of some alerts."""
    return sorted(subject_of(pair) for pair in decisions(rows, keys))


class Ties:
    """What decisions say together: whatever is one with the same is one, and what is not one with it is not one with any of them.

    So a decision on each of a group beside one of them settles the group: nobody is asked about all of its pairs.
    """

    def __init__(self, decided: Mapping[Pair, str], same: str = SAME) -> None:
        """Work out what is one.

        Args:
            decided: pair -> decision; names of any things, ordered in a pair as they like.
            same: the decision that says that two are one.
        """
        self._over: dict[str, str] = {}
        for (one, other), decision in sorted(decided.items()):
            if decision == same:
                first, second = sorted((self.of(one), self.of(other)))
                if first != second:
                    self._over[second] = first
        self._apart: dict[str, set[str]] = defaultdict(set)
        for (one, other), decision in decided.items():
            if decision not in {same, PENDING}:
                self._apart[self.of(one)].add(self.of(other))
                self._apart[self.of(other)].add(self.of(one))

    def of(self, key: str) -> str:
        """Return the name under which something stands with all that it is one with."""
        while (over := self._over.get(key)) is not None:
            if (further := self._over.get(over)) is not None:
                self._over[key] = further
            key = over
        return key

    def apart(self, name: str) -> Iterable[str]:
        """Return the names of what was decided not to be one with all that stands under a name."""
        return self._apart.get(name, ())
