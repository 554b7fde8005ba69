"""Lists as one asks for them: by state, urgency, owner, region, what is due, and words. Reads levels 0 to 2 only.

What is due first stands first. Words are looked for in what the list may show and in nothing else; a C4 case is found
by its code, state, level and owner alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select

from sync_scripts.errors import UnknownCode, UsageProblem
from sync_scripts.register.history.erasures import erased_codes
from sync_scripts.register.history.merges import dangers_behind
from sync_scripts.register.lifecycle.moves import CASE_OPEN, TO_DO
from sync_scripts.register.model.codes import known_workers, nearest_worker
from sync_scripts.register.model.listings import day
from sync_scripts.register.model.places import folded, region_of
from sync_scripts.register.queries import views
from sync_scripts.register.queries.views import AlertLine, CaseLine, Row
from sync_scripts.register.rules.kinds import (
    ASIDE,
    AWAY,
    CONSENT,
    CONSENT_NEAR,
    RENEW,
    label,
    labels,
    labels_of,
)
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.texts import LANGUAGES

Order = Literal["due", "urgency"]

_LAST: Final = "9999"
_C4: Final = "C4"
_CONSENT: Final = "consent"
"""What a person types for every kind of task that asks for a consent."""
_WEEK: Final = timedelta(days=7)


DueUnclear: Final = UsageProblem.declare(
    "DK-N02",
    "{given} says no due time. Nothing was listed. Write overdue, today, week, or a day such as 2026-12-01 (all that is "
    "due until the end of that day).",
)
TaskUnknown: Final = UsageProblem.declare(
    "DK-N04",
    "There is no kind of task {given}. Nothing was listed. The kinds are: {known}.",
)
OwnerUnknown: Final = UnknownCode.declare(
    "DK-N05",
    "Nobody with the code {worker} is known here. Nothing was listed. Who works here: dikalo people list.",
)


def require_known(rows: Rows, worker: str) -> None:
    """Let the code of a worker pass whom this register knows, whether they still work here or not.

    Raises:
        OwnerUnknown: nobody has it; names the nearest code.
    """
    known = known_workers(rows)
    if worker.strip().upper() not in {code.upper() for code in known}:
        raise OwnerUnknown(
            worker=worker.strip()[:40], nearest=nearest_worker(worker, dict.fromkeys(known, True))
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shall hold; what is empty leaves nothing out.

    Attributes:
        levels: codes of urgency.
        region: however a person writes it.
        owner: code of a worker.
        before: instant until which the first open task is due.
        task: kind of an open task, or ``consent`` for all that ask for one.
        words: all must be found, without regard to case and accents.
        order: what is due first, or what is most urgent first.
        now: aware; when a consent that runs out is near.
    """

    levels: tuple[str, ...] = ()
    region: str | None = None
    owner: str | None = None
    before: datetime | None = None
    task: str | None = None
    words: str = ""
    order: Order = "due"
    now: datetime = field(kw_only=True)


def until(text: str, now: datetime) -> datetime:
    """Return the end of what ``overdue``, ``today``, ``week`` or a day means at an instant.

    Raises:
        DueUnclear: it is none of them.
    """
    zone = load().zone
    day = now.astimezone(zone).date()
    word = text.strip().lower()
    if word == "overdue":
        return now
    if word not in {"today", "week"}:
        try:
            day = date.fromisoformat(word)
        except ValueError:
            raise DueUnclear(given=text.strip()[:20]) from None
    ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    return ends + _WEEK if word == "week" else ends


def kind_of(text: str) -> str:
    """Return the code of a kind of task, written as code or label; ``consent`` is every consent to be asked for by now.

    Raises:
        TaskUnknown: there is none; names them all.
    """
    if folded(text) in {_CONSENT, "consentement"}:
        return _CONSENT
    known = {folded(name): code for lang in LANGUAGES for code, name in labels_of("task_kind", lang).items()}
    codes = set(known.values())
    found = known.get(folded(text), text.strip())
    if found not in codes:
        raise TaskUnknown(given=text.strip()[:40], known=", ".join(sorted(codes)))
    return found


def alerts(rows: Rows, wanted: Wanted, states: Sequence[str] | None = TO_DO) -> list[AlertLine]:
    """Return the alerts in some states (None = all) that are wanted."""
    region = region_of(wanted.region) if wanted.region else None
    lines = views.alerts(rows, states=states, region=region, owner=wanted.owner)
    if states is not None:
        lines = _kept(lines, erased_codes(rows), frozenset(TO_DO))
    if wanted.task:
        having = _alert_tasks(rows, _of_kind(wanted))
        lines = [line for line in lines if line.code in having and line.flags is not None]
    return _chosen(lines, wanted, _words_of_alert)


def cases(
    rows: Rows, wanted: Wanted, states: Sequence[str] | None = None, *, every: bool = False
) -> list[CaseLine]:
    """Return the cases that are worked on (or all, or those in some states) and wanted, each with what is due first in it.

    By ``due_at`` a case is overdue, as on the page of the day. Where one kind of task is asked for, it is when that is due, and the
    day that is shown. The supervision is no step of whoever has the case, so it stands beside.

    Filters look at the line as it is shown: none must tell where a C4 case lies, or what is to be done in it.
    """
    region = region_of(wanted.region) if wanted.region else None
    lines = views.cases(rows, everything=every or bool(states), owner=wanted.owner)
    if not every:
        lines = _kept(lines, erased_codes(rows), frozenset({*CASE_OPEN, "suspended"}))
    if region:
        lines = [line for line in lines if line.region == region]
    if states:
        lines = [line for line in lines if line.state in states]
    due = _case_due(rows, _of_kind(wanted) if wanted.task else tables.task.c.kind.not_in(ASIDE))
    if wanted.task in {None, AWAY}:
        for code, _merged, _level, due_at in dangers_behind(rows):
            due[code] = min(due_at, due.get(code, due_at))
    if wanted.task:
        lines = [line for line in lines if line.code in due and line.confidentiality != _C4]
    supervised = _case_due(
        rows, and_(tables.task.c.kind.in_(ASIDE), tables.task.c.due_at <= instant(wanted.now))
    )
    notes = _case_notes(rows) if wanted.words else {}
    found = [
        replace(
            line,
            due_at=due.get(line.code),
            supervision_at=None if line.confidentiality == _C4 else supervised.get(line.code),
            next_due=day(due[line.code]) if wanted.task else line.next_due,
        )
        for line in lines
    ]
    return _chosen(found, wanted, lambda line: _words_of_case(line, notes))


def _kept(lines: list[Row], erased: frozenset[str], working: frozenset[str]) -> list[Row]:
    """Return lines without what was erased and still stands in a state in which one works on it: nothing is left to work on."""
    return [line for line in lines if line.code not in erased or line.state not in working]


def _chosen(lines: Iterable[Row], wanted: Wanted, words: Callable[[Row], Iterable[str]]) -> list[Row]:
    before = instant(wanted.before) if wanted.before else None
    searched = folded(wanted.words).split()
    kept = []
    for line in lines:
        if wanted.levels and line.urgency not in wanted.levels:
            continue
        if before is not None and not (line.due_at and line.due_at < before):
            continue
        if searched:
            text = " ".join(words(line))
            if not all(word in text for word in searched):
                continue
        kept.append(line)
    rank: dict[str | None, int] = {level.code: -level.rank for level in load().levels}
    if wanted.order == "urgency":
        return sorted(kept, key=lambda one: (rank.get(one.urgency, 1), *_when(one), one.code))
    return sorted(kept, key=lambda one: (*_when(one), rank.get(one.urgency, 1), one.code))


def _when(line: AlertLine | CaseLine) -> tuple[str, str]:
    """Return what a line is sorted by: of a case the day that is shown, then the instant; of an alert the instant."""
    shown = line.next_due or _LAST if isinstance(line, CaseLine) else ""
    return shown, line.due_at or _LAST


# --- what is open ---------------------------------------------------------------------------------------------------


def _of_kind(wanted: Wanted) -> ColumnElement[Any]:
    task = tables.task.c
    if wanted.task != _CONSENT:
        return task.kind == wanted.task
    near = and_(task.kind.in_(CONSENT_NEAR), task.due_at <= instant(wanted.now + RENEW))
    return or_(task.kind.in_(CONSENT - CONSENT_NEAR), near)


def _alert_tasks(rows: Rows, kind: ColumnElement[Any]) -> frozenset[str]:
    """Return the alerts that have an open task of a kind."""
    task, alert = tables.task.c, tables.alert.c
    asked = select(alert.code).join_from(tables.task, tables.alert, alert.filing_no == task.filing_no)
    return frozenset(rows.execute(asked.where(task.done_at.is_(None), kind)).scalars())


def _case_due(rows: Rows, kind: ColumnElement[Any]) -> dict[str, str]:
    """Return when the first open task of some kinds is due in each case."""
    task, filing = tables.task.c, tables.filing.c
    asked = (
        select(filing.case_code, func.min(task.due_at))
        .join_from(tables.task, tables.filing, filing.filing_no == task.filing_no)
        .where(task.done_at.is_(None), kind, filing.case_code.is_not(None))
        .group_by(filing.case_code)
    )
    found: Any = rows.execute(asked).all()
    return dict(found)


def _case_notes(rows: Rows) -> dict[str, str]:
    """Return what a worker typed about each case, folded, as far as a list of coordination may hold it."""
    case = tables.case.c
    asked = select(case.case_code, case.work_note, case.closure_reason)
    return {
        row.case_code: " ".join((folded(row.work_note or ""), _both("closure_reason", row.closure_reason)))
        for row in rows.execute(asked.where(case.work_note.is_not(None) | case.closure_reason.is_not(None)))
    }


# --- what may be searched, folded: each label once --------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _both(name: str, code: str | None) -> str:
    """Return a label in every language, folded: who types has not said which one is meant."""
    return folded(" ".join(label(name, code, lang) for lang in LANGUAGES))


@lru_cache(maxsize=4096)
def _icons(codes: str | None) -> str:
    return folded(" ".join(labels("alert_icon", codes, lang) for lang in LANGUAGES))


def _words_of_alert(line: AlertLine) -> list[str]:
    typed = [folded(one or "") for one in (line.code, line.case_code, line.assigned_to, line.week)]
    return [*typed, *_shared_words(line, "alert_state"), _icons(line.icons)]


def _words_of_case(line: CaseLine, notes: Mapping[str, str]) -> list[str]:
    words = [folded(line.code), folded(line.owner or ""), *_shared_words(line, "case_state")]
    return words if line.confidentiality == _C4 else [*words, notes.get(line.code, "")]


def _shared_words(line: AlertLine | CaseLine, states: str) -> list[str]:
    return [
        _both(states, line.state),
        _both("urgency", line.urgency),
        _both("cm_admin:region", line.region),
        _both("cm_admin:department", line.department),
    ]
