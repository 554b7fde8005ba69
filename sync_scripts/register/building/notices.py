"""What somebody should be told: an alert or case that is urgent, and what was not done in its time. Sends nothing.

The kinds of notices are a table (``rules/notices.toml``); here stands what each reads of the register.
Written by whoever builds the rows, in the same transaction; so a message is never about something that is not stored,
and nothing urgent is stored without its message. Whether a message may leave is asked of `disclosure.sharing`: nobody is told of
what was refused or withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, select

from sync_scripts.config import LEVELS
from sync_scripts.register.building.unread_notices import unread
from sync_scripts.register.case.tasks import limit_of
from sync_scripts.register.consents import agreements
from sync_scripts.register.disclosure.sharing import Asked, alert_may_leave
from sync_scripts.register.forms.row_output import Output
from sync_scripts.register.history.merges import where_it_goes_on
from sync_scripts.register.history.visibility import CLOSEST
from sync_scripts.register.lifecycle.moves import CASE_LEFT, TO_DO
from sync_scripts.register.model.codes import ALERT, CASE
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.kinds import ASIDE, AWAY, KINDS
from sync_scripts.register.rules.notice_kinds import KINDS as NOTICES
from sync_scripts.register.rules.ruleset import Deadline, load
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.outbox import Notice
from sync_scripts.store.schema import register as tables

Row = Mapping[str, Any]


# --- how it stood before it is built again: what messages are compared with --------------------------------------------


class Before(msgspec.Struct, frozen=True):
    """How some alerts or cases stood.

    Attributes:
        levels: that counted, by code.
        asked: the tasks about news that they had.
    """

    levels: dict[str, str] = {}
    asked: frozenset[str] = frozenset()

    def under(self, earlier: Before) -> Before:
        """Return both together; what was read earlier counts."""
        return Before({**self.levels, **earlier.levels}, self.asked | earlier.asked)


def alerts_before(rows: Rows, numbers: Iterable[int]) -> Before:
    """Return how some alerts stand as they are now, by the numbers of their submissions."""
    alert, wanted = tables.alert.c, sorted(numbers)
    asked = select(alert.code, alert.level)
    found = list(rows.among(asked, alert.filing_no, wanted))
    return Before(
        levels={row.code: row.level or LEVELS[0] for row in found},
        asked=_asked_of(rows, tables.filing.c.filing_no, wanted),
    )


def cases_before(rows: Rows, codes: Iterable[str]) -> Before:
    """Return how some cases stand as they are now, by their codes."""
    case, wanted = tables.case.c, sorted(codes)
    asked = select(case.case_code, case.level)
    return Before(
        levels={row.case_code: row.level for row in rows.among(asked, case.case_code, wanted)},
        asked=_asked_of(rows, tables.filing.c.case_code, wanted),
    )


_NEWS: Final = sorted({task for code in ("alert", "case") for task in NOTICES[code].tasks})
"""Kinds of tasks about news, of which somebody is told when they open."""


def _asked_of(rows: Rows, column: ColumnElement[Any], wanted: Sequence[Any]) -> frozenset[str]:
    one, filing = tables.task.c, tables.filing.c
    asked = select(one.task_id).join_from(tables.task, tables.filing, filing.filing_no == one.filing_no)
    asked = asked.where(one.kind.in_(_NEWS))
    return frozenset(found for (found,) in rows.among(asked, column, wanted))


# --- what is told ------------------------------------------------------------------------------------------------------


def _fresh(tasks: Iterable[Row], known: Collection[str]) -> dict[str, Row]:
    """Return the gravest news on which nobody has decided and of which nobody was asked before, by subject: its task."""
    found: dict[str, Row] = {}
    for one in tasks:
        if one["kind"] in _NEWS and one["done_at"] is None and one["task_id"] not in known:
            other = found.get(one["subject"])
            if other is None or _rank(one["level"]) > _rank(other["level"]):
                found[one["subject"]] = one
    return found


def of_alerts(rows: Rows, before: Before, out: Output, subjects: Mapping[str, str], now: datetime) -> int:
    """Tell of alerts that are new, or more urgent than they were, and of news of any; return how many messages are new.

    Args:
        rows: the transaction in which they were built.
        before: how they stood before.
        out: what they are made of by now.
        subjects: ``alert:…`` by code.
        now: aware.
    """
    fresh, found = _fresh(out.rows[tables.task], before.asked), []
    for row in out.rows[tables.alert]:
        subject, level = subjects[row["code"]], row["level"] or LEVELS[0]
        news = fresh.get(subject)
        grown = row["state"] in TO_DO and _grown(before.levels.get(row["code"]), level)
        tells = news is not None or grown
        if tells and alert_may_leave(_ASKED, row["consent_state"], local_day(now, load())).allowed:
            due_at = news["due_at"] if news is not None and news["kind"] == AWAY else row["contact_due_at"]
            told, step = _told(level, news)
            found.append(Notice("alert", told, subject, row["region"], due_at, step=step))
    return outbox.put(rows, found, now)


def _told(level: str, news: Row | None) -> tuple[str, str]:
    """Return the level of a message, and what tells it apart: that of its news at least, and the task of the news."""
    return (level, "") if news is None else (max(level, news["level"], key=_rank), news["task_id"])


def of_cases(
    rows: Rows, before: Before, out: Output, now: datetime, *, alerts: Mapping[str, str] | None = None
) -> int:
    """Tell of cases that are new, or more urgent than they were, and than any of their alerts; and of news of any, as `of_alerts`.

    Args:
        rows: the transaction in which they were built.
        before: how they stood before.
        out: what they are made of by now.
        now: aware.
        alerts: the levels that their alerts had before this building: of an alert that has a case, nobody else tells.
    """
    fresh = _fresh(out.rows[tables.task], before.asked)
    grown = [
        row
        for row in out.rows[tables.case]
        if f"case:{row['case_code']}" in fresh
        or (row["state"] not in CASE_LEFT and _grown(before.levels.get(row["case_code"]), row["level"]))
    ]
    if not grown:
        return 0
    where = _Places(rows, (row["case_code"] for row in grown if row["state"] == "merged"))
    ended = _ended(rows, (row["case_code"] for row in grown), now)
    told = _levels_of_alerts(rows, [row["case_code"] for row in grown], alerts or {})
    due: dict[str, str] = {}
    for task in out.rows[tables.task]:
        if task["done_at"] is None and task["kind"] not in ASIDE:
            due[task["subject"]] = min(task["due_at"], due.get(task["subject"], task["due_at"]))
    found = []
    for row in grown:
        code, subject = row["case_code"], f"case:{row['case_code']}"
        if code in ended or not (subject in fresh or _grown(told.get(code), row["level"])):
            continue
        level, step = _told(row["level"], fresh.get(subject))
        found.append(
            Notice(
                "case",
                level,
                where.subject(code),
                where.region(code, row["confidentiality"], row["region"]),
                due.get(subject),
                step=where.step(code, step),
            )
        )
    return outbox.put(rows, found, now)


class _Places:
    """Of which case a message speaks: of a merged one it speaks of the one in which the work goes on."""

    def __init__(self, rows: Rows, codes: Iterable[str]) -> None:
        into = where_it_goes_on(rows) if (merged := set(codes)) else {}
        self.kept: dict[str, str] = {code: into[code] for code in merged & into.keys()}
        case = tables.case.c
        closest = select(case.case_code).where(case.confidentiality == CLOSEST)
        asked = closest.where(case.case_code.in_(sorted(self.kept.values())))
        self.secret: set[str] = set(rows.execute(asked).scalars()) if self.kept else set()

    def subject(self, code: str) -> str:
        return f"case:{self.kept.get(code, code)}"

    def region(self, code: str, closely: str | None, region: str | None) -> str | None:
        return None if closely == CLOSEST or self.kept.get(code) in self.secret else region

    def step(self, code: str, step: str) -> str:
        """Return a step that no other merged case, of which a message speaks as the same, can have."""
        return f"{step}|{code}" if code in self.kept else step


_ASKED: Final = Asked("notice")


def _ended(rows: Rows, codes: Iterable[str], now: datetime) -> set[str]:
    """Return the cases of which no message may speak: everybody in them withdrew or refused."""
    agreed = agreements.of_cases(rows, set(codes))
    return {code for code, one in agreed.items() if not one.whole(_ASKED, now).allowed}


def _rank(level: str) -> int:
    return LEVELS.index(level)


def _grown(was: str | None, level: str) -> bool:
    return was is None or _rank(level) > _rank(was)


def _levels_of_alerts(rows: Rows, codes: Sequence[str], before: Mapping[str, str]) -> dict[str, str]:
    """Return the highest level of the alerts of each case, as each was before this building."""
    alert = tables.alert.c
    asked = select(alert.code, alert.case_code, alert.level)
    found: dict[str, str] = {}
    for row in rows.among(asked, alert.case_code, codes):
        level = before.get(row.code) or row.level or LEVELS[0]
        found[row.case_code] = max(level, found.get(row.case_code, level), key=LEVELS.index)
    return found


def codes_of(rows: Rows, subjects: Iterable[str]) -> dict[str, str]:
    """Return the code of the alert or case that each subject is, for a person to read; what is gone is left out."""
    wanted = set(subjects)
    asked = select(tables.filing.c.unit, tables.alert.c.code).join_from(
        tables.alert, tables.filing, tables.filing.c.filing_no == tables.alert.c.filing_no
    )
    alerts = (one for one in wanted if one.startswith(ALERT))
    found = {row.unit: row.code for row in rows.among(asked, tables.filing.c.unit, alerts)}
    return found | {one: one.removeprefix(CASE) for one in wanted if one.startswith(CASE)}


# --- what was not done in its time, or read -----------------------------------------------------------------------------------


def escalate(rows: Rows, now: datetime) -> int:
    """Tell of what is still undone after its share of the time and of what nobody can read, and take back what is no longer so.

    The share is that of the level (``escalate_at`` of the rules); at it the first of ``escalate_to`` is told, at the due
    time the next one; where no destination has that role, the coordinators again. Each step of a task is told once, and of a
    reminder with the time of its limit. Returns how many messages are new. Of a limit of medicine or law, a day before a court, a service due within hours, or a source in
    danger, it is told at the level of that (`Kind.level`).
    """
    if not rows.destinations:
        return 0
    found = [*undone(rows, now), *unread(rows, now)]
    outbox.cancel_past(rows, found, [code for code, kind in NOTICES.items() if kind.stands])
    return outbox.put(rows, found, now)


def escalations(rows: Rows, now: datetime) -> int:
    """Return how many messages `escalate` would write now; writes nothing."""
    return outbox.would(rows, [*undone(rows, now), *unread(rows, now)], now) if rows.destinations else 0


def undone(rows: Rows, at: datetime) -> Iterator[Notice]:
    """Yield who is to be told of what is undone at an instant, each step of a task; some were told already."""
    now, on = instant(at), local_day(at, load())
    task, filing, alert, case = tables.task.c, tables.filing.c, tables.alert.c, tables.case.c
    asked = (
        select(
            task.due_at,
            task.kind,
            task.level,
            task.before_h,
            filing.case_code,
            filing.unit,
            alert.code,
            alert.level.label("alert_level"),
            alert.region.label("alert_region"),
            alert.state.label("alert_state"),
            alert.consent_state,
            case.level.label("case_level"),
            case.region.label("case_region"),
            case.state.label("case_state"),
            case.confidentiality,
        )
        .select_from(tables.task)
        .join(tables.filing, filing.filing_no == task.filing_no)
        .outerjoin(tables.alert, alert.filing_no == task.filing_no)
        .outerjoin(tables.case, case.case_code == filing.case_code)
        .where(task.done_at.is_(None), task.escalated_at <= now)
    )
    deadlines: Mapping[str, Deadline] = dict(load().deadlines.items())
    found = rows.execute(asked).all()
    ended = _ended(rows, (row.case_code for row in found if row.case_state is not None), at)
    aside = (row.case_code for row in found if row.kind == AWAY and row.case_state == "merged")
    where, itself = _Places(rows, aside), _Places(rows, ())
    for row in found:
        in_case = row.case_state is not None
        # what is due in a merged case stays due; in one that was closed nothing is that has a clock
        if row.case_state in CASE_LEFT - {"merged"} and row.kind != AWAY:
            continue
        if not in_case and row.alert_state not in TO_DO and row.kind != AWAY:
            continue
        if row.case_code in ended if in_case else not alert_may_leave(_ASKED, row.consent_state, on).allowed:
            continue
        level = (row.case_level if in_case else row.alert_level) or LEVELS[0]
        level = max(level, KINDS[row.kind].level or level, row.level or level, key=_rank)
        region = row.case_region if in_case else row.alert_region
        kept = where if row.kind == AWAY else itself
        subject = kept.subject(row.case_code) if in_case else row.unit
        to = deadlines[level].escalate_to
        for step, role in enumerate(to):
            if step == 0 or row.due_at <= now:
                yield Notice(
                    "escalation",
                    level,
                    subject,
                    kept.region(row.case_code, row.confidentiality, region),
                    instant(limit_of(row.due_at, row.before_h)),
                    timed=True,
                    roles=(role,),
                    step=kept.step(row.case_code, f"{step}:{row.due_at}"),
                )
