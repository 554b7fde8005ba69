"""News of the urgency of an alert or a case: the one task that it asks of people, and danger that came under the code of a merged case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, select

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.people import no_since
from sync_scripts.register.case.tasks import Matter, task
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.history.merges import taken_by, where_it_goes_on
from sync_scripts.register.policy.standing import News, Standing
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import AWAY, DANGER, FALLEN
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.destinations import LEVELS
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = [
    "asked_about",
    "danger_behind",
    "danger_tasks",
    "dangers_behind",
    "fallen_tasks",
    "left_alerts_with_news",
    "with_danger_behind",
]


def danger_tasks(
    number: int,
    subject: str,
    standing: Standing,
    rules: Ruleset,
    *,
    assigned_to: str | None,
    done_at: str | None = None,
    limit: Callable[[datetime], datetime | None] = lambda _since: None,
) -> Iterator[RowOf]:
    """Yield a task for each news: due with a first contact of its level, from when it was heard or the decision had not read it.

    What was heard at one instant is one news.

    Args:
        number: of the submission beside which they stand.
        subject: the alert or case.
        standing: how urgent it is.
        rules: how long a first contact may take.
        assigned_to: who has them.
        done_at: when all of them lost their purpose.
        limit: gives, from an instant on, when the first limit that the news of a case that was left brings asks for somebody.
    """
    for since, some in groupby(sorted(standing.news, key=_since), key=_since):
        news = list(some)
        first = news[0]
        level = max((one.level for one in news), key=standing.measure.rank)
        due_at = clocks.due(level, since, rules).contact
        if not first.works:
            due_at = min(due_at, limit(since) or due_at)
        ends = [at for at in (first.ended_at, done_at) if at is not None]
        yield task(
            number,
            subject,
            DANGER if first.works else AWAY,
            due_at,
            of=Matter(about=first.said.form, level=level, was=first.against, since=instant(since)),
            escalated_at=clocks.escalation(level, since, due_at, rules),
            done_at=min(ends, default=None),
            assigned_to=assigned_to,
        )


def _since(news: News) -> datetime:
    return news.since


def fallen_tasks(given: CaseInput, standing: Standing, rules: Ruleset, owner: str | None) -> Iterator[RowOf]:
    """Yield the task that a person decides on a level of which an edit took away what it rested on.

    A decision on the level that came after the edit ends it; one that stood already is not asked for again.

    Args:
        given: what the case is made of.
        standing: how urgent it is.
        rules: within which time somebody looks.
        owner: who is in charge.
    """
    falls = list(standing.falls())
    if not falls or any(no_since(one) is not None for one in given.of("interview")):
        return  # a refusal is looked at as such
    kept = standing.measure.worst([rating for _at, rating in falls]).level
    decided = [event for event in given.events if event.op == "case.urgency"]
    since = _first_undecided([at for at, rating in falls if rating.level == kept], decided)
    if any(one.since <= since for one in standing.waiting):
        return  # whoever decides on the news decides on that, too, and sooner
    at = instant(since)
    before = [event for event in decided if event.at <= at][-1:]
    if before and before[0].payload["urgency"] is not None:
        return
    due_at = since + timedelta(hours=rules.deadlines[kept].supervision_h)
    yield task(
        given.first,
        given.unit,
        FALLEN,
        due_at,
        of=Matter(level=standing.now.level, was=kept, since=at),
        assigned_to=owner,
        done_at=next((event.at for event in decided if event.at > at), None),
    )


def _first_undecided(falls: Sequence[datetime], decided: Sequence[Event]) -> datetime:
    """Return the first fall of a level that nobody has decided about since, for a further one gives nobody more time."""
    last = decided[-1].at if decided else ""
    return min((at for at in falls if instant(at) > last), default=max(falls))


_AT_ONCE: Final = 500
"""Codes asked for in one query."""


def left_alerts_with_news() -> Select[Any]:
    """Return the query for the numbers of the alerts that were set aside before danger came, and on which nobody has decided since."""
    one = tables.task.c
    return select(one.filing_no).where(_open())


def danger_behind(rows: Rows, codes: Collection[str] | None = None) -> dict[str, str]:
    """Return the level that counts in each case into which one was merged that has danger on which nobody decided since.

    That is its own or that of the danger, whichever is higher. ``codes``: of some kept cases only.
    """
    highest: dict[str, str] = {}
    for kept, _merged, level, _due_at in dangers_behind(rows, codes):
        highest[kept] = max(level, highest.get(kept, level), key=LEVELS.index)
    case = tables.case.c
    asked = select(case.case_code, case.level).where(case.case_code.in_(sorted(highest)))
    own = {row.case_code: row.level for row in rows.execute(asked)} if highest else {}
    return {code: max(level, own.get(code, level), key=LEVELS.index) for code, level in highest.items()}


def dangers_behind(rows: Rows, codes: Collection[str] | None = None) -> list[tuple[str, str, str, str]]:
    """Return each such danger: code of the case that was kept, and of the merged one, level of the task, when it is due.

    ``codes``: of some kept cases only, without looking at any other one.
    """
    one, filing, case = tables.task.c, tables.filing.c, tables.case.c
    asked = (
        select(filing.case_code, one.level, one.due_at)
        .select_from(tables.task)
        .join(tables.filing, filing.filing_no == one.filing_no)
        .join(tables.case, case.case_code == filing.case_code)
        .where(_open(), case.state == "merged")
    )
    found: list[tuple[Any, ...]] = []
    if codes is None:
        found.extend(rows.execute(asked).all())
        kept = where_it_goes_on(rows) if found else {}
    else:
        kept = taken_by(rows, codes)
        wanted = sorted(kept)
        for first in range(0, len(wanted), _AT_ONCE):
            found.extend(
                rows.execute(asked.where(filing.case_code.in_(wanted[first : first + _AT_ONCE]))).all()
            )
    return sorted((kept.get(code, code), code, level, due_at) for code, level, due_at in found)


def asked_about(rows: Rows, code: str) -> bool:
    """Tell whether somebody has to decide on news of a case, or of one that was merged into it."""
    task, filing = tables.task.c, tables.filing.c
    asked = select(task.task_id).join_from(tables.task, tables.filing, filing.filing_no == task.filing_no)
    mine = asked.where(filing.case_code == code, task.kind == DANGER, task.done_at.is_(None)).limit(1)
    return rows.execute(mine).first() is not None or code in danger_behind(rows, [code])


def with_danger_behind(rows: Rows, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lines of cases, each with the level that counts."""
    behind = danger_behind(rows) if lines else {}
    for line in lines:
        line["urgency"] = behind.get(line["code"], line["urgency"])
    return lines


def _open() -> ColumnElement[bool]:
    """Return the condition for open tasks of the kind, in the words of ``ix_task_danger``.

    SQLite takes an index of some rows only for a statement that holds its very condition.
    """
    one = tables.task.c
    kinds: Any = bindparam("kinds", [AWAY], expanding=True, literal_execute=True)
    return one.kind.in_(kinds) & one.done_at.is_(None)
