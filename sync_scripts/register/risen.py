"""A level that somebody decided, and what came after: facts for which the rules say more than that person had seen. Pure.

A decision covers what was known when it was taken. Facts that came later and for which the rules say more are not covered by
it: the decision stays where it is and is shown, but clocks, lists and messages go by the rules until somebody has looked and
decided again. Nothing else takes a decided level away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, select

from sync_scripts.register import clocks
from sync_scripts.register.lifecycle import CaseNow, alert_now
from sync_scripts.register.output import RowOf
from sync_scripts.register.ruleset import Ruleset, Urgency, load
from sync_scripts.register.submissions import chunks
from sync_scripts.register.tasks import task
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = [
    "LOOK",
    "Level",
    "level_in",
    "level_of_alert",
    "level_of_case",
    "look_tasks",
    "risen_alerts",
    "risen_cases",
    "risen_in",
    "risen_now",
    "with_risen",
]

LOOK: Final = "level_check"
"""Kind of the task to look at a level again. It stands exactly as long as a decided level does not count."""
_MARK: Final = "|"


class Level(msgspec.Struct, frozen=True):
    """How urgent something is by the rules and by decision.

    Attributes:
        rule: what the rules say.
        decided: what somebody decided; None where nobody did.
        seen: what the rules said when that was decided.
        at: when that was decided, as text.
    """

    rule: Urgency
    decided: str | None = None
    seen: str | None = None
    at: str | None = None

    @property
    def risen(self) -> bool:
        """Tell whether the rules say more than was decided, and more than they said then."""
        rank = load().rank
        return self.decided is not None and rank(self.rule) > max(
            rank(one) for one in (self.decided, self.seen or self.decided)
        )

    @property
    def stands(self) -> Urgency:
        """Return the level that counts: the decided one, unless the rules have risen above what it had seen."""
        decided: Any = self.decided  # of the list; checked when it was decided
        return self.rule if self.risen else decided or self.rule


def level_of_case(row: Mapping[str, Any], now: CaseNow) -> Level:
    """Return the level of a case, from its row and where its events brought it."""
    return Level(row["urgency"], now.urgency, now.urgency_seen, now.urgency_at)


def level_of_alert(alert: Mapping[str, Any], events: Iterable[Event]) -> Level:
    """Return the level of an alert, from its row and what was decided about it; its events are looked at only where they matter."""
    now = alert_now(events if alert["urgency_decided"] else ())
    return Level(alert["urgency"], now.urgency, now.urgency_seen, now.urgency_at)


def look_tasks(
    number: int,
    subject: str,
    level: Level,
    since: str,
    rules: Ruleset,
    *,
    done_at: str | None = None,
    assigned_to: str | None = None,
) -> Iterator[RowOf]:
    """Yield the task to look at a level again, where it is needed: due with a first contact of the level that the rules give.

    Args:
        number: of the submission beside which it stands.
        subject: the alert or case.
        level: as it is.
        since: when the first fact came that the decision had not seen.
        rules: how long a first contact may take.
        done_at: when that lost its purpose.
        assigned_to: who has it.
    """
    if not level.risen:
        return
    due_at = clocks.due(level.rule, moment(since), rules).contact
    up = clocks.escalation(level.rule, moment(since), due_at, rules)
    origin = _MARK.join((LOOK, level.rule, level.decided or "", level.at or ""))
    yield task(
        number,
        subject,
        "level_check",
        due_at,
        origin=origin,
        escalated_at=up,
        done_at=done_at,
        assigned_to=assigned_to,
    )


def level_in(origin: str) -> str:
    """Return the level that the rules give, from the origin of such a task."""
    return origin.split(_MARK)[1]


# --- read from the register -------------------------------------------------------------------------------------------


def risen_in(tasks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the levels that count in place of decided ones, by subject, from rows of tasks."""
    open_ones = (one for one in tasks if one["kind"] == LOOK and one["done_at"] is None)
    return {one["subject"]: level_in(one["origin"]) for one in open_ones}


def risen_now(rows: Rows) -> dict[str, str]:
    """Return the levels that count in place of decided ones, by code of the case, or of an alert without one."""
    return _risen(rows)


def with_risen(rows: Rows, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lines of alerts or cases, each with the level that counts."""
    risen = risen_now(rows) if lines else {}
    for line in lines:
        line["urgency"] = risen.get(line["code"], line["urgency"])
    return lines


def risen_cases(rows: Rows, codes: Iterable[str]) -> dict[str, str]:
    """Return the same of some cases only."""
    return _of(rows, tables.filing.c.case_code, sorted(codes))


def risen_alerts(rows: Rows, numbers: Iterable[int]) -> dict[str, str]:
    """Return the same of some alerts without a case, by the number of each."""
    found = _of(rows, tables.filing.c.filing_no, sorted(numbers))
    return {code: level for code, level in found.items() if code.startswith("AL")}


def _of(rows: Rows, column: ColumnElement[Any], wanted: Sequence[Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in chunks(wanted):
        found |= _risen(rows, column.in_(some))
    return found


def _risen(rows: Rows, *which: ColumnElement[bool]) -> dict[str, str]:
    one, filing, alert = tables.task.c, tables.filing.c, tables.alert.c
    asked = (
        select(one.origin, filing.case_code, alert.code)
        .select_from(tables.task)
        .join(tables.filing, filing.filing_no == one.filing_no)
        .outerjoin(tables.alert, alert.filing_no == one.filing_no)
        .where(one.kind == LOOK, one.done_at.is_(None), *which)
    )
    found: Sequence[tuple[Any, ...]] = rows.execute(asked).all()
    return {of_case or of_alert: level_in(origin) for origin, of_case, of_alert in found}
