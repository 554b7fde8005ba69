"""What news of the urgency of an alert or a case asks of people: one task for each, with the clock of its level. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.people import no_since
from sync_scripts.register.case.tasks import Matter, task
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.policy.standing import News, Standing
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import AWAY, DANGER, FALLEN
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event

__all__ = ["danger_tasks", "fallen_tasks"]


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
