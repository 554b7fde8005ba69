"""How closely a case is kept, through the one policy: what asks for more counts at once, what asks for less waits for a person. Pure.

A form that arrives again, or one that leaves for another case, never lets out by itself what it was kept for. The class in
force stays, a task says which one is asked for, by whom and since when; and a decision ends it. What was asked adds up: news is
where all forms together ask for more than they did, and a decision covers what was read by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Table

from sync_scripts.register.case.case_input import Alert, CaseInput
from sync_scripts.register.case.form_versions import Entered, Step, course, heard, rows_of
from sync_scripts.register.case.tasks import Matter, Occasion
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed, once
from sync_scripts.register.forms.values import shape
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import subject_of
from sync_scripts.register.history.person_decisions import INTO_CASE, KEEP, REDACT
from sync_scripts.register.policy.measure import (
    Decision,
    Measure,
    Rating,
    Reason,
    Statement,
    reading_key,
    reading_order,
)
from sync_scripts.register.policy.standing import Places, Standing
from sync_scripts.register.rules.clocks import child
from sync_scripts.register.rules.ruleset import Ruleset, violations
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

LESS: Final = "confidentiality_check"
"""Kind of the task to decide whether a case is kept less closely."""
_DECIDED: Final = "case.confidentiality"
_LEFT: Final = "left:"
"""Before the name under which a case says what it was kept for when a form left it."""
DEFAULT: Final = "C3"
"""How closely a case is kept while nobody has asked for anything, and at least where it must be."""
_CLASSES: Final = ("C1", "C2", "C3", "C4")
_CHILDREN: Final = frozenset({"girl", "boy"})

Facts = tuple[Sequence[RowOf], Sequence[RowOf], Sequence[RowOf]]
"""Acts, people and authors."""


class Asked(NamedTuple):
    """What one version of a form, or a correction of it, asks for.

    Attributes:
        made: the statement: its rating is what was asked for as it came, and no more than by now.
        by_now: what it asks for as it is corrected by now.
        who: who filled the form, as it says.
        unnamed: that class is the default of a form that named one in another version, and here none: nobody asked for it.
    """

    made: Statement
    by_now: str
    who: str = ""
    unnamed: bool = False


class LessAsked(msgspec.Struct, frozen=True):
    """That a case be kept less closely: which class, since when, and the code that the form names, which nobody proved."""

    asked: str
    at: str
    who: str


class Closeness(msgspec.Struct, frozen=True):
    """How closely a case is kept, and what waits for a person."""

    level: str
    waits: LessAsked | None = None

    def less_asked(self) -> Iterator[Occasion]:
        """Yield that somebody decides on what waits."""
        if self.waits is not None:
            one = self.waits
            yield Occasion(moment(one.at), of=Matter(about=one.who or None, level=one.asked, since=one.at))


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
        return Closeness(class_of(asked, _facts(case.out.rows), given.alerts))
    found = [one for alert in given.alerts for one in _of_alert(alert, given)]
    found += [one for filed in interviews for one in _of_interview(filed, given, case)]
    return in_force(found, said)


def _said(given: CaseInput) -> list[Event]:
    """Return the decisions on how closely the case is kept, and what its forms brought along, in order."""
    if given.untouched:
        return []
    own = [event for event in given.events if event.op in {_DECIDED, KEEP, REDACT}]
    theirs = (event for one in given.filed for event in given.said.get(subject_of(one), ()))
    found = [*own, *(event for event in theirs if event.op == KEEP)]
    return sorted(found, key=lambda one: (one.at, one.workspace, one.seq))


# --- the measure ------------------------------------------------------------------------------------------------------


@cache
def confidentiality() -> Measure:
    """Return how confidentiality is read: what forms ask for adds up, and C4 is lowered by two; nothing is asked for at first."""
    return Measure(levels=("", *_CLASSES), alone="C3", replaced=frozenset(), above=_above)


def _above(level: str, known: Mapping[str, int], said: Sequence[Reason]) -> bool:
    return any(one.id not in known and (one.floor or "") > level for one in said)


def in_force(asked: Sequence[Asked], said: Sequence[Event]) -> Closeness:
    """Return how closely a case is kept by what was asked and decided.

    Args:
        asked: what each form and alert asks for in all versions and corrections.
        said: decisions, and what was kept when a form left, in order.
    """
    last = max((one.made.arrival for one in asked), default=0)
    kept = [one for event in said if event.op != _DECIDED for one in _kept(event, last)]
    decisions = [
        Decision(Known.of(one), one.payload["confidentiality"]) for one in said if one.op == _DECIDED
    ]
    placed = {(one.made.form, one.made.place): one.by_now for one in asked if not one.made.correction}
    placed |= {(one.form, one.place): one.said.level for one in kept}
    now = dict(sorted(placed))

    def rate(places: Places) -> Rating:
        return Rating(max((placed[one] for one in {**now, **places}.items()), default=""), ())

    found = Standing([*_together(asked), *kept], decisions, confidentiality(), rate)
    who = {(one.made.form, one.made.place): one.who for one in asked}
    return Closeness(found.level or DEFAULT, _less(found, who))


def _kept(event: Event, last: int) -> Iterator[Statement]:
    """Yield that a case be kept as it was when a form left it, as of an edit: read behind all that is there, which its own time tells."""
    form, level = f"{_LEFT}{event.workspace}:{event.seq}", event.payload["confidentiality"]
    made = partial(Statement, form=form, day="", at=moment(event.at), arrival=last, by_hand=True)
    yield made(place=1, said=Rating(level, (Reason(form, 0, level),)))
    yield made(place=2, said=Rating("", ()))


def _together(asked: Iterable[Asked]) -> Iterator[Statement]:
    """Yield what all forms together ask for with each version: a class that they ask for anew, after they did not, is another reason.

    So is one that is asked for after it had only been the default: who decided on that has read no wish and no fact.
    """
    shown, times = dict[str, frozenset[tuple[str, bool]]](), defaultdict[tuple[str, bool], int](int)
    before: frozenset[tuple[str, bool]] = frozenset()
    for one in sorted(asked, key=lambda asks: reading_key(asks.made)):
        shown[one.made.form] = _classes(one)
        now = frozenset().union(*shown.values())
        for asks in now - before:
            times[asks] += 1
        before = now
        reasons = tuple(
            Reason(f"{level}:{'unnamed:' * unnamed}{times[level, unnamed]}", 0, level)
            for level, unnamed in sorted(now)
        )
        total = max((level for level, _unnamed in now), default="")
        yield msgspec.structs.replace(one.made, said=Rating(total, reasons))


def _classes(one: Asked) -> frozenset[tuple[str, bool]]:
    """Return the classes that a version asks for, and whether each is only the default; who names one asks for all up to it."""
    level = one.made.said.level
    if one.unnamed:
        return frozenset({(level, True)})
    return frozenset((asks, unnamed) for asks in _CLASSES if asks <= level for unnamed in (False, True))


def _less(found: Standing, who: Mapping[tuple[str, int], str]) -> LessAsked | None:
    """Return that less is asked for than is in force, and since when; a person who decided so is not asked again.

    Where the versions, as they came, do not tell since when - one was read late, was corrected, or counts again beside what is news -
    it is since the first that nobody has decided on: somebody is asked whatever the way to it was.
    """
    asked = found.now.level or DEFAULT
    if asked >= (found.level or DEFAULT) or found.level == found.decided:
        return None
    known = found.decisions[-1].known if found.decisions else None
    since: Statement | None = None
    first: Statement | None = None
    total, most = "", found.decided or ""
    for one in reading_order(found.statements):
        kept = one.form.startswith(_LEFT)
        total = total if kept else one.said.level
        if known is not None and not one.new_in(known):
            continue
        first = first or one
        if (total or DEFAULT) != asked:
            since = None
        elif since is None or (kept and most <= asked < one.said.level):
            since = one
        most = max(most, one.said.level)
    if (told := since or first) is None:
        return None
    return LessAsked(asked, instant(told.at), who.get((told.form, told.place), ""))


# --- what each version asks for ---------------------------------------------------------------------------------------


@once
def _asked_for(version: Filed, code: str | None, rules: Ruleset) -> tuple[str, str]:
    """Return what a version of an interview asks for, and who filled it, as it says."""
    rows = rows_of(version, code, rules)
    told = next(iter(rows.get(tables.interview, ())), _NO_TALK)
    wish = told["confidentiality"] or ""
    return max(wish, DEFAULT) if grave(*_facts(rows)) else wish, told["documenter_code"] or ""


_NO_TALK: Final[RowOf] = {"confidentiality": None, "documenter_code": None}


def _of_interview(filed: Filed, given: CaseInput, case: Case) -> Iterator[Asked]:
    wished = False
    steps = course(filed, given.said.get(subject_of(filed), ()), "", entered=given.entered(filed))
    for one in _stated(steps, lambda one: _asked_for(one, case.code, case.rules)):
        wished = wished or one.by_now != ""
        least = DEFAULT if wished else ""
        named = one.made.said.level
        made = msgspec.structs.replace(one.made, said=Rating(named or least, ()))
        yield Asked(made, one.by_now or least, one.who, unnamed=bool(least and not named))


def _of_alert(alert: Alert, given: CaseInput) -> Iterator[Asked]:
    """Yield what an alert asks for, from when it was tied to the case."""
    key, filed = f"{alert['stamp']}/{alert['alert_id']}", given.edited.get(alert["filing_no"])
    events = given.said.get(f"alert:{key}", ())
    tie = next((one for one in reversed(events) if one.op in INTO_CASE), None)
    entered = Entered(Known.of(tie), by_hand=True) if tie is not None else None
    if filed is not None:
        yield from _stated(course(filed, events, "", entered=entered), _of_row)
        return
    level = _asked_by(alert)
    only = Statement(key, 1, "", moment(alert["received"]), alert["filing_no"], Rating(level, ()))
    yield Asked(heard(only, entered), level)


def _stated(steps: Iterable[Step], asks: Callable[[Filed], tuple[str, str]]) -> Iterator[Asked]:
    """Yield what each version asks for: as it was collected, and no more than as it is corrected by now."""
    for step in steps:
        by_now, who = asks(step.by_now)
        level = by_now if step.then is None else min(by_now, asks(step.then)[0])
        yield Asked(msgspec.structs.replace(step.made, said=Rating(level, ())), by_now, who)


def _of_row(filed: Filed) -> tuple[str, str]:
    """Return what a version of an alert asks for, and who filled it, as it says."""
    record = filed.one("alert")
    row = shape(tables.alert).row(record.fields if record is not None else {}, [])
    return _asked_by(row), row["reporter_code"] or ""


def _asked_by(alert: Mapping[str, Any]) -> str:
    return DEFAULT if grave_alert(alert) else ""


def _facts(rows: Mapping[Table, Sequence[RowOf]]) -> Facts:
    return rows.get(tables.act, ()), rows.get(tables.person, ()), rows.get(tables.perpetrator, ())


def class_of(asked: Iterable[str | None], facts: Facts, alerts: Iterable[Mapping[str, Any]]) -> str:
    """Return how closely a case is kept: what its interviews asked, and never less than C3 where it must be.

    C3 at least for gender-based violence, a child, or an author who serves the State, in the facts or in an alert; C3
    also while nobody has asked for anything.
    """
    wished = max((one for one in asked if one), default=DEFAULT)
    asks = grave(*facts) or any(grave_alert(alert) for alert in alerts)
    return max(wished, DEFAULT) if asks else wished


def grave(acts: Iterable[RowOf], people: Iterable[RowOf], authors: Iterable[RowOf]) -> bool:
    """Tell whether facts ask for C3: gender-based violence, a child, or an author who serves the State."""
    known = violations()
    return (
        any(row["violation"] in known and known[row["violation"]].group == "gbv" for row in acts)
        or any(row["kind"] in _CHILDREN or child(row) for row in people)
        or any((row["actor"] or "").startswith("state_") for row in authors)
    )


def grave_alert(alert: Mapping[str, Any]) -> bool:
    """Tell the same of an alert."""
    icons = set((alert["icons"] or "").split())
    kinds = set((alert["victim_kind"] or "").split())
    return bool(icons & {"sexual", "child"} or kinds & _CHILDREN) or alert["actor_kind"] == "state"
