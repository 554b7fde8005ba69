"""What the rows of a case are made of, fetched before anything is derived: its forms, its events, what the register held before, new codes.

Reads only. Codes are drawn, compared with those that are given, and drawn again where one is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import bindparam, select

from sync_scripts.register.case.form_versions import Entered
from sync_scripts.register.forms.submissions import Filed, case_named, codes_named
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import CORRECT, RESTORE, corrected, subject_of
from sync_scripts.register.history.logbook import LINK
from sync_scripts.register.history.merges import GoesOn
from sync_scripts.register.history.person_decisions import INTO_CASE, KEEP, TAKEN_OUT, Stay
from sync_scripts.register.model.codes import (
    ALERT,
    CASE,
    LOOSE,
    SITUATION,
    DrawCode,
    Kind,
    Root,
    root_of,
)
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import PROGRAM, Rows
from sync_scripts.store.events import Event, NewEvent
from sync_scripts.store.schema import register as tables

Alert = Mapping[str, Any]
_CODED: Final = "case.code"
_OPENED: Final = "case.open"
_OPENING: Final = frozenset({_CODED, _OPENED})
"""Ops of the events by which a case is opened."""

ALERT_COLUMNS = [
    "filing_no",
    "alert_id",
    "code",
    "state",
    "urgency",
    "urgency_decided",
    "level",
    "reasons",
    "icons",
    "hours_since",
    "victim_kind",
    "actor_kind",
    "region",
    "department",
    "consent_state",
    "assigned_to",
    "triaged_at",
    "contacted_at",
    "acted_at",
    "referred_to",
    "case_code",
]
"""What a case reads of its alerts, besides their form stamp and when they were received."""


@dataclass(frozen=True, slots=True)
class CaseInput:
    """Everything that a case is made of.

    Attributes:
        code: its code; None for forms without a case.
        unit: what is built again together.
        filed: its submissions by arrival.
        events: what was decided about it, in order.
        alerts: its alerts by arrival, each with its form ``stamp``, when it was ``received``, and when the version that
            is read was (``read_at``).
        named: the alerts that its forms name, by code.
        said: what was decided about its submissions and alerts, by subject.
        edited: those of its alerts that arrived more than once, by number.
        goes_on: of a merged case: what was decided about the one in which the work goes on, and about those in between.
        stays: where its interviews were before.
        there: what was decided about those cases, by unit.
        brought: of that, what holds for the people of its interviews, in order.
        offices: codes of the providers that are offices of the state, as the directory stands.
        first: the number of its first submission; 0 for a case that has none left.
        untouched: it stands as its forms came, each once, one interview at most: nothing was decided but that it was opened, nothing
            edited, corrected or moved, and no alert belongs to it. What only tells of such things need not be asked.
    """

    code: str | None
    unit: str
    filed: Sequence[Filed]
    events: Sequence[Event]
    alerts: Sequence[Alert]
    named: Mapping[str, Alert]
    said: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    edited: Mapping[int, Filed] = field(default_factory=dict)
    goes_on: GoesOn = field(default_factory=GoesOn)
    stays: Sequence[Stay] = ()
    there: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    brought: Sequence[Event] = ()
    offices: frozenset[str] = frozenset()
    first: int = field(init=False)
    untouched: bool = field(init=False)
    _kinds: Mapping[str, list[Filed]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the number of the first submission of the case, whether anything came after its forms; sort these by kind."""
        numbers = [one.number for one in self.filed] + [row["filing_no"] for row in self.alerts]
        object.__setattr__(self, "first", min(numbers, default=0))
        kinds: dict[str, list[Filed]] = {}
        for one in self.filed:
            kinds.setdefault(one.kind, []).append(one)
        object.__setattr__(self, "_kinds", kinds)
        object.__setattr__(self, "untouched", self._untouched())

    def _untouched(self) -> bool:
        events = chain(self.events, *self.said.values())
        decided = self.brought or self.stays or any(one.op not in _OPENING for one in events)
        came_again = any(len(one.history) > 1 or one.corrections or one.erased for one in self.filed)
        talks = len(self.of("interview")) > 1  # what one says, another may take back
        return not (self.alerts or self.edited or decided or came_again or talks)

    @property
    def about_people(self) -> Sequence[Event]:
        """Return what was decided about the case, and before about its people and what they told where their forms were then.

        In order.
        """
        if not self.brought:
            return self.events
        every = [*self.brought, *self.events]
        return sorted(every, key=lambda one: (one.at, one.workspace, one.seq))

    def entered(self, filed: Filed) -> Entered | None:
        """Return when an interview came from another case; None of any other form.

        That is with the version since which it names this case, or when a person moved it, or the alert that it follows without a
        code of its own: behind all that was there.
        """
        said = self.said.get(f"{filed.kind}:{filed.key}", ())
        moves = [one.at for one in said if one.op == KEEP]
        if not moves:
            return None
        by_hand = [
            one for one in said if one.op in {CORRECT, RESTORE} and one.payload["field"] == "case_code"
        ]
        named = [case_named(filed, reading) for _at, reading in filed.history]
        other = max((nth for nth, one in enumerate(named, 1) if one != named[-1]), default=0)
        if other and not by_hand:
            at, _reading = filed.history[other]
            since = instant(at), filed.arrival(at)
            if named[-1] is not None or all(known.missed(*since) for known in self._ties(filed)):
                return Entered(Known(*since))
        return Entered(Known.of(by_hand[-1]) if by_hand else Known(moves[-1]), by_hand=True)

    def _ties(self, filed: Filed) -> Iterator[Known]:
        """Yield what was known whenever somebody brought the alert that a form names into a case."""
        alert = self.named.get(codes_named(filed)[1] or "")
        events = self.said.get(f"alert:{alert['stamp']}/{alert['alert_id']}", ()) if alert is not None else ()
        yield from (Known.of(one) for one in events if one.op in INTO_CASE)

    def of(self, kind: str) -> Sequence[Filed]:
        """Return its submissions of a kind, by arrival."""
        return self._kinds.get(kind, ())


@dataclass(frozen=True, slots=True)
class Before:
    """Where a submission belonged before, and the number under which its rows stand."""

    number: int
    unit: str
    case_code: str | None


def codes_of(units: Iterable[str]) -> list[str]:
    """Return the codes of the cases among some units."""
    return sorted(unit.removeprefix(CASE) for unit in units if unit.startswith(CASE))


class Standing:
    """What was there before, fetched for all units of a page at once."""

    def __init__(self, rows: Rows) -> None:
        """Read in an open transaction."""
        self.rows = rows
        self._corrections: bool | None = None

    def known(self, roots: Iterable[Root]) -> dict[Root, Before]:
        """Return where some submissions are filed, as far as they are."""
        found: dict[Root, Before] = {}
        for stamp, root_ids in _by_stamp(roots).items():
            for row in self.rows.among(_OF_STAMP, tables.filing.c.root_id, root_ids, stamp=stamp):
                found[stamp, row.root_id] = Before(row.filing_no, row.unit, row.case_code)
        return found

    def members(self, units: Iterable[str]) -> dict[Root, Before]:
        """Return the submissions that are filed under some units, the alerts of a case among them."""
        filing = tables.filing
        wanted = sorted(units)
        cases = [unit.removeprefix(CASE) for unit in wanted if unit.startswith(CASE)]
        found = {
            (row.stamp, row.root_id): Before(row.filing_no, row.unit, row.case_code)
            for row in self.rows.among(_FILED, filing.c.case_code, cases)
        }
        loose = {root_of(unit) for unit in wanted if unit.startswith((LOOSE, SITUATION))}
        return found | self.known(loose)

    def naming(self, codes_: Iterable[str]) -> set[Root]:
        """Return the submissions whose form names one of some alerts."""
        found = self.rows.among(_FILED, tables.filing.c.alert_code, codes_)
        return {(row.stamp, row.root_id) for row in found}

    def alerts_of_cases(self, units: Iterable[str]) -> dict[str, list[Mapping[str, Any]]]:
        """Return the alerts of some cases by unit, in the order of their arrival."""
        wanted = (unit.removeprefix(CASE) for unit in units if unit.startswith(CASE))
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in self.rows.among(_ALERTS, tables.filing.c.case_code, wanted):
            found[f"{CASE}{row.case_code}"].append(row._asdict())
        for alerts in found.values():
            alerts.sort(key=lambda row: (row["received"], row["filing_no"]))
        return found

    def alerts_by_code(self, wanted: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Return some alerts by code, as far as they are there."""
        return {row.code: row._asdict() for row in self.rows.among(_ALERTS, tables.alert.c.code, wanted)}

    def corrected(self, found: dict[Root, Filed]) -> dict[Root, Filed]:
        """Return submissions with the corrections that lie over them; whether there is any at all is asked once."""
        if self._corrections is None:
            self._corrections = store_events.any_of(self.rows, CORRECT)
        if not self._corrections:
            return found
        said: dict[str, list[Event]] = defaultdict(list)
        about = [subject_of(one) for one in found.values()]
        for event in store_events.read(self.rows, subjects=about, ops=[CORRECT, RESTORE, TAKEN_OUT]):
            said[event.subject].append(event)
        return {
            root: corrected(one, said[subject]) if (subject := subject_of(one)) in said else one
            for root, one in found.items()
        }

    def events(self, subjects: Iterable[str]) -> dict[str, list[Event]]:
        """Return what was decided about some subjects, each in order."""
        wanted = list(subjects)
        found: dict[str, list[Event]] = defaultdict(list)
        if wanted:
            for event in store_events.read(self.rows, subjects=wanted):
                found[event.subject].append(event)
        return found


def _by_stamp(roots: Iterable[Root]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for stamp, root_id in sorted(roots):
        found[stamp].append(root_id)
    return found


_FILED: Final = select(
    tables.filing.c.filing_no,
    tables.filing.c.stamp,
    tables.filing.c.root_id,
    tables.filing.c.unit,
    tables.filing.c.case_code,
)
_OF_STAMP: Final = _FILED.where(tables.filing.c.stamp == bindparam("stamp"))
_ALERTS: Final = select(
    *(tables.alert.c[name] for name in ALERT_COLUMNS),
    tables.filing.c.stamp,
    tables.filing.c.first_received_at.label("received"),
    tables.filing.c.received_at.label("read_at"),
).join(tables.filing, tables.filing.c.filing_no == tables.alert.c.filing_no)


_DRAWS: Final = 20
"""How often a code is drawn again when it is taken."""


def new_codes(rows: Rows, draw: DrawCode, kind: Kind, roots: Iterable[Root]) -> dict[Root, str]:
    """Return a code for each of some submissions: none twice, and none that an alert or a case has already.

    Raises:
        ValueError: what draws gave only codes that are taken.
    """
    found: dict[str, Root] = {}
    waiting = list(roots)
    for _ in range(_DRAWS):
        drawn = [(draw(kind, root[1]), root) for root in waiting]
        taken = _taken(rows, kind, [code for code, _ in drawn])
        waiting = []
        for code, root in drawn:
            if code in taken or code in found:
                waiting.append(root)
            else:
                found[code] = root
        if not waiting:
            return {root: code for code, root in found.items()}
    message = "every code that was drawn is taken"
    raise ValueError(message)


_CODES: Final = {"AL": select(tables.alert.c.code), "DK": select(tables.case.c.case_code)}


def _taken(rows: Rows, kind: Kind, drawn: Iterable[str]) -> set[str]:
    column = tables.alert.c.code if kind == "AL" else tables.case.c.case_code
    return {code for (code,) in rows.among(_CODES[kind], column, drawn)}


def opening(filed: Filed, case_code: str) -> list[NewEvent]:
    """Return the events, by rule, by which an interview without a case opens one."""
    opened = {"interview": filed.key, "owner_code": None}
    return [
        NewEvent(_CODED, f"interview:{filed.key}", PROGRAM, {"case_code": case_code}),
        NewEvent(_OPENED, f"case:{case_code}", PROGRAM, opened),
    ]


FORMS: Final = ("interview:", "followup:", "closure:", "evidence:", "submission:")
"""How subjects begin that are forms of a case."""


_TURNED: Final = "looked for what a clock moved"


def turned(rows: Rows, now: datetime) -> set[str]:
    """Let what was written with such a clock count from now at the latest; return what has to be built again: mostly nothing.

    Looked for once in a transaction, as nothing in it is written by another clock.
    """
    if rows.once.get(_TURNED) == now:
        return set()
    rows.once[_TURNED] = now
    return set(_units(store_events.turn_back(rows, now)))


def _units(subjects: Iterable[str]) -> Iterator[str]:
    """Yield the units, forms and pairs of alerts that some events are about."""
    for subject in subjects:
        if subject.startswith((ALERT, CASE, LINK, *FORMS)):
            yield subject
