"""How closely a case is kept: what asks for more counts at once, what asks for less waits for a person. Pure.

A form that arrives again, or one that leaves for another case, never lets out by itself what it was kept for. The class in
force stays, a task says which one is asked for, by whom and since when; and a decision ends it. What was stored and what
was decided is gone through in its order, so a rebuild comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from sync_scripts.register import rating
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import corrected
from sync_scripts.register.late_no import told
from sync_scripts.register.ops import KEEP
from sync_scripts.register.output import Case, RowOf
from sync_scripts.register.redacted import REDACT
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.register.tasks import Matter, task
from sync_scripts.register.values import shape
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["LESS", "Asked", "Closeness", "LessAsked", "asked_in", "closeness", "over_time"]

LESS: Final = "confidentiality_check"
"""Kind of the task to decide whether a case is kept less closely."""
_DECIDED: Final = "case.confidentiality"


class Asked(msgspec.Struct, frozen=True):
    """What one version of a form asks for.

    Attributes:
        at: when it was received, as text; empty for what holds from the beginning.
        wish: the class that it names, None when it names none.
        grave: its facts ask for C3 at least.
        who: the code of whoever filled it, as the form says.
    """

    at: str
    wish: str | None = None
    grave: bool = False
    who: str = ""


class LessAsked(msgspec.Struct, frozen=True):
    """That a case be kept less closely: which class, since when, and the code that the form names, which nobody proved."""

    asked: str
    at: str
    who: str


class Closeness(msgspec.Struct, frozen=True):
    """How closely a case is kept, and what waits for a person."""

    level: str
    waits: LessAsked | None = None

    def tasks(self, number: int, code: str, owner: str | None, within: timedelta) -> Iterator[RowOf]:
        """Yield the task to decide on what waits.

        Args:
            number: of the first submission of the case.
            code: of the case.
            owner: who is in charge.
            within: how soon somebody looks at it.
        """
        if self.waits is not None:
            one = self.waits
            of = Matter(about=one.who or None, level=one.asked, since=one.at)
            due_at = moment(one.at) + within
            subject = f"case:{code}"
            yield task(number, subject, LESS, due_at, of=of, assigned_to=owner)


def asked_in(row: Mapping[Any, Any]) -> LessAsked:
    """Return what the task asks about, from its row."""
    return LessAsked(row["level"], row["since"], row["about"] or "")


def closeness(given: CaseInput, case: Case) -> Closeness:
    """Return how closely a case is kept.

    Args:
        given: what the case is made of.
        case: the case and its rows.
    """
    interviews, said = given.of("interview"), _said(given)
    if (
        not said
        and not given.edited
        and len(interviews) < 2
        and all(len(one.history) == 1 for one in interviews)
    ):
        asked = (row["confidentiality"] for row in case.out.rows[tables.interview])
        return Closeness(rating.confidentiality(asked, _facts(case.out.rows), given.alerts))
    series = [*_of_alerts(given), *(_of_interview(one, given, case) for one in interviews)]
    return over_time(series, said)


def _said(given: CaseInput) -> list[Event]:
    """Return the decisions on how closely the case is kept, and what its forms brought along, in order."""
    own = [event for event in given.events if event.op in {_DECIDED, KEEP, REDACT}]
    theirs = (event for one in given.filed for event in given.said.get(f"{one.kind}:{one.key}", ()))
    found = [*own, *(event for event in theirs if event.op == KEEP)]
    return sorted(found, key=lambda one: (one.at, one.workspace, one.seq))


# --- what each version asks for -----------------------------------------------------------------------------------


def _versions(filed: Filed, events: Sequence[Event]) -> Iterator[tuple[str, Filed]]:
    """Yield every version of a submission as it is corrected by now, the one that is read last."""
    last = ""
    for at, reading in filed.history:
        last = max(last, instant(at))
        if reading is not filed.reading:
            one = msgspec.structs.replace(
                filed, reading=reading, records=by_entity(reading), history=((at, reading),), corrections=()
            )
            yield instant(at), corrected(one, events)
    yield last, filed


def _of_interview(filed: Filed, given: CaseInput, case: Case) -> list[Asked]:
    found = []
    for at, one in _versions(filed, given.said.get(f"interview:{filed.key}", ())):
        record = one.one("interview")
        fields: Mapping[str, Any] = record.fields if record is not None else {}
        row = shape(tables.interview).row(fields, [])
        rows = _of(case, filed.number) if one is filed else _facts(told(one, case))
        grave = rating.grave(*rows)
        found.append(Asked(at, row["confidentiality"] or None, grave, row["documenter_code"] or ""))
    return found


def _facts(rows: Mapping[Table, Sequence[RowOf]]) -> rating.Facts:
    return rows.get(tables.act, ()), rows.get(tables.person, ()), rows.get(tables.perpetrator, ())


def _of(case: Case, number: int) -> rating.Facts:
    acts, people, authors = (
        [row for row in rows if row["filing_no"] == number] for rows in _facts(case.out.rows)
    )
    return acts, people, authors


def _of_alerts(given: CaseInput) -> Iterator[list[Asked]]:
    """Yield what the alerts of a case ask for; the first version holds from the beginning, whenever it was linked."""
    for alert in given.alerts:
        filed = given.edited.get(alert["filing_no"])
        if filed is None:
            yield [Asked("", grave=rating.grave_alert(alert))]
            continue
        events = given.said.get(f"alert:{filed.key}", ())
        found = [
            Asked(at, grave=rating.grave_alert(_alert(one)), who=_alert(one)["reporter_code"] or "")
            for at, one in _versions(filed, events)
        ]
        yield [msgspec.structs.replace(found[0], at=""), *found[1:]]


def _alert(filed: Filed) -> RowOf:
    record = filed.one("alert")
    return shape(tables.alert).row(record.fields if record is not None else {}, [])


# --- over time ----------------------------------------------------------------------------------------------------


def over_time(series: Sequence[Sequence[Asked]], said: Iterable[Event]) -> Closeness:
    """Return how closely a case is kept after all that was asked and decided, in its order.

    While nothing asked for anything, the first answer sets it. Afterwards more counts at once, also over a decision that had
    not seen it; less changes nothing until somebody decides.

    Args:
        series: of each form and alert what its versions ask for, in order.
        said: decisions, and what was kept when a form left, in order.
    """
    course = _Course()
    steps: list[tuple[str, int, int, Asked | Event]] = [
        (one.at, 0, number, one) for number, versions in enumerate(series) for one in versions
    ]
    steps += [(event.at, 1, number, event) for number, event in enumerate(said)]
    for _, _, number, one in sorted(steps, key=lambda step: step[:3]):
        if isinstance(one, Asked):
            course.asked(number, one)
        elif one.op in {KEEP, REDACT}:
            course.kept(one)
        else:
            course.decided(one)
    return Closeness(course.level or rating.DEFAULT, course.waits)


class _Course:
    """Where the steps have brought it; an empty level = nothing asked for anything yet."""

    def __init__(self) -> None:
        self.level = ""
        self.waits: LessAsked | None = None
        self._latest: dict[int, Asked] = {}
        self._rule = ""
        self._named = False
        self._by_person = False

    def asked(self, number: int, one: Asked) -> None:
        """Take a version in the place of the one before."""
        self._latest[number] = one
        self._named = self._named or one.wish is not None
        rule = self._asked_by_all()
        if rule > self._rule and rule > self.level:
            self.level, self._by_person = rule, False
        self._rule = rule
        self._wait(one.at, one.who)

    def _asked_by_all(self) -> str:
        forms = self._latest.values()
        wishes = (one.wish for one in forms if one.wish is not None)
        wished = max(wishes, default=rating.DEFAULT if self._named else "")
        return max(wished, rating.DEFAULT) if any(one.grave for one in forms) else wished

    def decided(self, event: Event) -> None:
        """Take what a person decided; what asked for more than that one had seen counts all the same."""
        self.level, self._by_person, self.waits = event.payload["confidentiality"], True, None
        seen = event.payload.get("rule")
        if seen is not None and self._rule > seen:
            self.level = max(self.level, self._rule)
        self._rule = max(self._rule, seen or "")

    def kept(self, event: Event) -> None:
        """Keep a case as closely as it was kept, or as the form that came was; also when somebody was taken out of it."""
        level = event.payload["confidentiality"]
        if level > self.level:
            self.level, self._by_person = level, False
        self._wait(event.at, "")

    def _wait(self, at: str, who: str) -> None:
        """Note that less is asked for than is in force; a person who decided so is not asked again."""
        asked = self._rule or rating.DEFAULT
        if self._by_person or asked >= self.level:
            self.waits = None
        elif self.waits is None or self.waits.asked != asked:
            self.waits = LessAsked(asked, at, who)
