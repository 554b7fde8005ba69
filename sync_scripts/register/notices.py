"""What somebody should be told: an alert or case that is urgent, and what was not done in its time. Sends nothing.

Written by whoever builds the rows, in the same transaction; so a message is never about something that is not stored,
and nothing urgent is stored without its message. Whether a message may leave is asked of `leaving`: nobody is told of
what was refused or withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from sync_scripts.register.built_before import Before
from sync_scripts.register.clocks import local_day
from sync_scripts.register.closely import CLOSEST
from sync_scripts.register.consents import recorded
from sync_scripts.register.kinds import ASIDE, KINDS
from sync_scripts.register.leaving import Asked, alert_may_leave
from sync_scripts.register.lifecycle import CASE_LEFT
from sync_scripts.register.merged import where_it_goes_on
from sync_scripts.register.news import NEWS, corrected_at
from sync_scripts.register.output import Output
from sync_scripts.register.risen_now import (
    SET_ASIDE,
    TOLD_LATE,
    again_in,
    dangers_in,
    risen_in,
    risen_now,
)
from sync_scripts.register.ruleset import Deadline, load
from sync_scripts.register.submissions import chunks
from sync_scripts.register.tasks import limit_of
from sync_scripts.register.views import TO_DO
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.destinations import LEVELS
from sync_scripts.store.outbox import Notice
from sync_scripts.store.schema import register as tables

__all__ = [
    "codes_of",
    "escalate",
    "escalations",
    "of_alerts",
    "of_cases",
    "undone",
]


Row = Mapping[str, Any]


def _fresh(tasks: Iterable[Row], known: Collection[str]) -> dict[str, Row]:
    """Return the task about the gravest danger that was not asked about before, by subject."""
    found = dangers_in(one for one in tasks if one["task_id"] not in known)
    return {subject: max(some, key=lambda one: LEVELS.index(one["level"])) for subject, some in found.items()}


def _told_of(level: str, danger: Row | None) -> str:
    """Return the level of a message: that of what it is about, and of a danger that was newly told at least."""
    return max(level, danger["level"], key=LEVELS.index) if danger else level


def of_alerts(
    rows: Rows,
    before: Before,
    out: Output,
    subjects: Mapping[str, str],
    now: datetime,
    *,
    news: Mapping[str, str],
) -> int:
    """Tell of alerts that are new, more urgent than they were, or set aside before danger came; return how many messages are new.

    Also of those of which an edit or a correction newly tells of danger, whatever their level was and whoever was told of it.

    Args:
        rows: the transaction in which they were built.
        before: how they stood before.
        out: what they are made of by now.
        subjects: ``alert:…`` by code.
        now: aware.
        news: the level of the danger that this building newly tells of, by code.
    """
    due = out.rows[tables.task]
    fresh = _fresh(due, before.asked)
    risen, again = risen_in(due), again_in(due)
    aside = {one["subject"]: one for one in due if one["kind"] == SET_ASIDE and not one["done_at"]}
    found = []
    for row in out.rows[tables.alert]:
        code, subject = row["code"], subjects[row["code"]]
        level, said = risen.get(subject) or _level(row), news.get(code)
        step = again.get(subject) or (fresh[subject]["task_id"] if subject in fresh else "")
        if subject in aside:
            tells, first = True, aside[subject]["task_id"] not in before.asked
            due_at = aside[subject]["due_at"]
        else:
            first = subject in fresh
            tells = row["state"] in TO_DO and (
                first or said is not None or _grown(before.levels.get(code), level)
            )
            due_at = row["contact_due_at"]
        if said is not None and not first and code in before.levels:
            step = f"{NEWS}|{instant(now)}"
        if tells and alert_may_leave(_ASKED, row["consent_state"], local_day(now, load())).allowed:
            told = max(_told_of(level, fresh.get(subject)), said or level, key=LEVELS.index)
            found.append(Notice("alert", told, subject, row["region"], due_at, step=step))
    return outbox.put(rows, found, now)


def of_cases(
    rows: Rows,
    before: Before,
    out: Output,
    now: datetime,
    *,
    alerts: Mapping[str, str] | None = None,
    news: Mapping[str, str],
) -> int:
    """Tell of cases that are new, or more urgent than they were, and than any of their alerts; as `of_alerts`.

    Of a danger that was newly told, and was not asked about before, also where no level is higher for it; of a correction
    that raises a level or adds a danger, also where one did within six hours.

    Args:
        rows: the transaction in which they were built.
        before: how they stood before.
        out: what they are made of by now.
        now: aware.
        alerts: the levels that their alerts had before this building: of an alert that has a case, nobody else tells.
        news: the level of the danger that a correction newly tells of, by code.
    """
    heard = _heard_of_cases(before, out, now, news)
    grown = [row for row in out.rows[tables.case] if heard.of(row, before.levels.get(row["case_code"]))]
    if not grown:
        return 0
    where = _Places(rows, (row["case_code"] for row in grown if row["state"] == "merged"))
    ended = _ended(rows, (row["case_code"] for row in grown), now)
    told = _levels_of_alerts(rows, [row["case_code"] for row in grown], alerts or {})
    due: dict[str, str] = {}
    for task in out.rows[tables.task]:
        if task["done_at"] is None and task["kind"] not in ASIDE:
            due[task["subject"]] = min(task["due_at"], due.get(task["subject"], task["due_at"]))
    found = [
        Notice(
            reason="case",
            level=heard.level(row["case_code"]),
            subject=where.subject(row["case_code"]),
            region=where.region(row["case_code"], row["confidentiality"], row["region"]),
            due_at=due.get(f"case:{row['case_code']}"),
            step=where.step(row["case_code"], heard.steps.get(f"case:{row['case_code']}", "")),
        )
        for row in grown
        if row["case_code"] not in ended
        and (
            f"case:{row['case_code']}" in heard.itself
            or _grown(told.get(row["case_code"]), heard.levels[row["case_code"]])
        )
    ]
    return outbox.put(rows, found, now)


class _Heard(NamedTuple):
    """What a building tells of cases.

    Attributes:
        levels: that count by now, by code.
        dangers: the gravest one that was newly told and was not asked about before, by subject: its task.
        corrected: the level of what a correction newly tells of, by code.
        asked: cases with a task that tells of them, whatever their state and level: a danger, or a case that was left.
        said: those of which a correction newly tells.
        itself: those that are told of whatever was told of their alerts.
        steps: what tells their messages apart, by subject.
    """

    levels: Mapping[str, str]
    dangers: Mapping[str, Row]
    corrected: Mapping[str, str]
    asked: Collection[str]
    said: Collection[str]
    itself: Collection[str]
    steps: Mapping[str, str]

    def of(self, row: Row, was: str | None) -> bool:
        """Tell whether somebody is to be told of a case, as far as it does not rest with its alerts."""
        subject = f"case:{row['case_code']}"
        works = row["state"] not in CASE_LEFT
        return subject in self.asked or (
            works and (subject in self.said or _grown(was, self.levels[row["case_code"]]))
        )

    def level(self, code: str) -> str:
        """Return the level of the message about a case."""
        told = _told_of(self.levels[code], self.dangers.get(f"case:{code}"))
        return max(told, self.corrected.get(code, LEVELS[0]), key=LEVELS.index)


def _heard_of_cases(before: Before, out: Output, now: datetime, news: Mapping[str, str]) -> _Heard:
    some = out.rows[tables.task]
    risen, again, fresh = risen_in(some), again_in(some), _fresh(some, before.asked)
    aside = {one["subject"]: one for one in some if one["kind"] == SET_ASIDE and not one["done_at"]}
    first = {subject for subject, one in aside.items() if one["task_id"] not in before.asked}
    said = {f"case:{code}" for code in news} - first - fresh.keys()
    mine = said | (corrected_at(out, instant(now)) - aside.keys())
    steps = again | {subject: one["task_id"] for subject, one in fresh.items() if subject not in first}
    made = out.rows[tables.case]
    return _Heard(
        levels={row["case_code"]: risen.get(f"case:{row['case_code']}") or _level(row) for row in made},
        dangers=fresh,
        corrected=news,
        asked=aside.keys() | fresh.keys(),
        said=said,
        itself=again.keys() | fresh.keys() | said,
        steps=steps | dict.fromkeys(mine, f"{NEWS}|{instant(now)}"),
    )


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
    agreed = recorded.of_cases(rows, set(codes))
    return {code for code, one in agreed.items() if not one.whole(_ASKED, now).allowed}


def _level(row: Row) -> str:
    return row["urgency_decided"] or row["urgency"] or LEVELS[0]


def _grown(was: str | None, level: str) -> bool:
    return was is None or LEVELS.index(level) > LEVELS.index(was)


def _levels_of_alerts(rows: Rows, codes: Sequence[str], before: Mapping[str, str]) -> dict[str, str]:
    """Return the highest level of the alerts of each case, as each was before this building."""
    alert = tables.alert.c
    asked = select(alert.code, alert.case_code, alert.urgency, alert.urgency_decided)
    found: dict[str, str] = {}
    for some in chunks(sorted(codes)):
        for row in rows.execute(asked.where(alert.case_code.in_(some))):
            level = before.get(row.code) or row.urgency_decided or row.urgency or LEVELS[0]
            found[row.case_code] = max(level, found.get(row.case_code, level), key=LEVELS.index)
    return found


def codes_of(rows: Rows, subjects: Iterable[str]) -> dict[str, str]:
    """Return the code of the alert or case that each subject is, for a person to read; what is gone is left out."""
    wanted = sorted(set(subjects))
    found = {one: one.removeprefix("case:") for one in wanted if one.startswith("case:")}
    asked = select(tables.filing.c.stamp, tables.filing.c.root_id, tables.alert.c.code).join_from(
        tables.alert, tables.filing, tables.filing.c.filing_no == tables.alert.c.filing_no
    )
    roots = {one.partition("/")[2]: one for one in wanted if one.startswith("alert:")}
    for some in chunks(sorted(roots)):
        for row in rows.execute(asked.where(tables.filing.c.root_id.in_(some))):
            found[f"alert:{row.stamp}/{row.root_id}"] = row.code
    return found


# --- what was not done in its time ------------------------------------------------------------------------------------


def escalate(rows: Rows, now: datetime) -> int:
    """Tell of what is still undone after its share of the time, and take back what was done meanwhile.

    The share is that of the level (``escalate_at`` of the rules); at it the first of ``escalate_to`` is told, at the due
    time the next one; where no destination has that role, the coordinators again. Each step of a task is told once, and of a
    reminder with the time of its limit. Returns how many messages are new. Of a limit of medicine or law, a day before a court, a service due within hours, or a source in
    danger, it is told at the level of that (`Kind.level`).
    """
    if not rows.destinations:
        return 0
    found = list(undone(rows, now))
    waits = {one.subject for one in outbox.waiting(rows) if one.reason == "escalation"}
    outbox.cancel(rows, waits - {one.subject for one in found}, reason="escalation")
    return outbox.put(rows, found, now)


def escalations(rows: Rows, now: datetime) -> int:
    """Return how many messages `escalate` would write now; writes nothing."""
    return outbox.would(rows, undone(rows, now), now) if rows.destinations else 0


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
            alert.urgency.label("alert_urgency"),
            alert.urgency_decided.label("alert_decided"),
            alert.region.label("alert_region"),
            alert.state.label("alert_state"),
            alert.consent_state,
            case.urgency.label("case_urgency"),
            case.urgency_decided.label("case_decided"),
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
    risen = risen_now(rows, behind=False)
    aside = (row.case_code for row in found if row.kind == SET_ASIDE and row.case_state == "merged")
    where, itself = _Places(rows, aside), _Places(rows, ())
    for row in found:
        in_case = row.case_state is not None
        # what is due in a merged case stays due; in one that was closed nothing is that has a clock
        if row.case_state in CASE_LEFT - {"merged"} and row.kind != SET_ASIDE:
            continue
        if not in_case and row.alert_state not in TO_DO and row.kind != SET_ASIDE:
            continue
        if row.case_code in ended if in_case else not alert_may_leave(_ASKED, row.consent_state, on).allowed:
            continue
        levels = (row.case_decided, row.case_urgency) if in_case else (row.alert_decided, row.alert_urgency)
        level = risen.get(row.case_code or row.code) or levels[0] or levels[1] or LEVELS[0]
        level = max(level, KINDS[row.kind].level or level, key=LEVELS.index)
        if row.kind == TOLD_LATE:
            level = max(level, row.level, key=LEVELS.index)
        region = row.case_region if in_case else row.alert_region
        kept = where if row.kind == SET_ASIDE else itself
        subject = kept.subject(row.case_code) if in_case else row.unit
        to = deadlines[level].escalate_to
        for place, role in enumerate(to):
            if place == 0 or row.due_at <= now:
                yield Notice(
                    reason="escalation",
                    level=level,
                    subject=subject,
                    region=kept.region(row.case_code, row.confidentiality, region),
                    due_at=instant(limit_of(row.due_at, row.before_h)),
                    roles=(role,),
                    step=kept.step(row.case_code, f"{place}:{row.due_at}"),
                )
