"""A level that somebody decided, and what came after: facts for which the rules say more than that person had seen. Pure.

A decision covers what was known when it was taken. Facts that came later and for which the rules say more, or give another
reason that is above it, are not covered by it: the decision stays where it is and is shown, but clocks, lists and messages go
by the rules until somebody has looked and decided again. Nothing else takes a decided level away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from sync_scripts.register import clocks
from sync_scripts.register.lifecycle import AlertNow, CaseNow, alert_now
from sync_scripts.register.output import RowOf
from sync_scripts.register.risen_now import AGAIN, LOOK
from sync_scripts.register.ruleset import Ruleset, Urgency, load
from sync_scripts.register.tasks import Matter, task
from sync_scripts.register.triage import Reason
from sync_scripts.register.unseen import read, unseen
from sync_scripts.store.canonical import moment
from sync_scripts.store.events import Event

__all__ = ["Level", "level_by", "level_of_alert", "level_of_case", "look_tasks"]


class Level(msgspec.Struct, frozen=True):
    """How urgent something is by the rules and by decision.

    Attributes:
        rule: what the rules say.
        decided: what somebody decided; None where nobody did.
        seen: what the rules said when that was decided.
        at: when that was decided, as text.
        new: the rules give a reason that it had not seen, and that is above it.
    """

    rule: Urgency
    decided: str | None = None
    seen: str | None = None
    at: str | None = None
    new: bool = False

    @property
    def higher(self) -> bool:
        """Tell whether the rules say more than was decided, and more than they said then."""
        rank = load().rank
        return self.decided is not None and rank(self.rule) > max(
            rank(one) for one in (self.decided, self.seen or self.decided)
        )

    @property
    def risen(self) -> bool:
        """Tell whether the rules say more than was decided, and more, or something else, than they said then."""
        rank = load().rank
        return self.higher or (self.new and self.decided is not None and rank(self.rule) > rank(self.decided))

    @property
    def stands(self) -> Urgency:
        """Return the level that counts: the decided one, unless the rules have risen above what it had seen."""
        decided: Any = self.decided  # of the list; checked when it was decided
        return self.rule if self.risen else decided or self.rule


def level_of_case(row: Mapping[str, Any], now: CaseNow, ratings: Iterable[Iterable[Reason]] = ()) -> Level:
    """Return the level of a case, from its row and where its events brought it.

    ``ratings`` are the reasons of what its forms and alerts say by now; a row of the register does not hold them.
    """
    new = now.urgency is not None and any(
        unseen(now.urgency, now.urgency_reasons, one, load()) for one in ratings
    )
    return Level(row["urgency"], now.urgency, now.urgency_seen, now.urgency_at, new)


def level_of_alert(alert: Mapping[str, Any], events: Iterable[Event]) -> Level:
    """Return the level of an alert, from its row and what was decided about it; its events are looked at only where they matter."""
    return level_by(alert, alert_now(events if alert["urgency_decided"] else ()))


def level_by(alert: Mapping[str, Any], now: AlertNow) -> Level:
    """Return the level of an alert, from its row and where its events brought it."""
    new = now.urgency is not None and unseen(now.urgency, now.urgency_reasons, read(alert["reasons"]), load())
    return Level(alert["urgency"], now.urgency, now.urgency_seen, now.urgency_at, new)


def look_tasks(
    number: int,
    subject: str,
    level: Level,
    since: str,
    rules: Ruleset,
    *,
    done_at: str | None = None,
    assigned_to: str | None = None,
    further: str | None = None,
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
        further: when the last danger came that nothing before it had told, where that is later than the first fact.
    """
    if not level.risen:
        return
    due_at = clocks.due(level.rule, moment(since), rules).contact
    up = clocks.escalation(level.rule, moment(since), due_at, rules)
    of = Matter(
        variant=None if level.higher else AGAIN,
        level=level.rule,
        was=level.decided,
        since=level.at,
        further_at=further,
    )
    yield task(
        number,
        subject,
        LOOK,
        due_at,
        of=of,
        escalated_at=up,
        done_at=done_at,
        assigned_to=assigned_to,
    )
