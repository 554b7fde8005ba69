"""What a message may say, when it may go, and which waiting rows make one. Pure; the present moment is given.

The sentences are those of the table of the kinds of notices, with five fields and no sixth: count, level, region, time left and a
reference drawn for the message. Only what is critical, or due before the morning, goes between nine in the evening and six. A failed try is followed by others after
1, 5, 30 and 120 minutes, then once a day, ten in all, and uncounted when a server was reached an hour or more after the last.
"""

from __future__ import annotations

import gettext
import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from sync_scripts.errors import N_
from sync_scripts.register.model.codes import ALPHABET
from sync_scripts.register.model.places import short
from sync_scripts.register.rules.clocks import span
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.notice_kinds import KINDS, sentence_of
from sync_scripts.store.canonical import moment
from sync_scripts.store.outbox import Waiting
from sync_scripts.texts import DOMAIN, LOCALE

TITLE: Final = "DIKALO"
"""The title of every message: it says nothing but whose it is."""

_FEW: Final = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says.

    Attributes:
        reason: kind of notice, which says the sentence.
        count: how many things of that reason.
        level: code of the urgency.
        regions: P-codes.
        due_at: the earliest due time; instant, None when nothing is due.
        reference: drawn for this message.
    """

    reason: str
    count: int
    level: str
    regions: frozenset[str]
    due_at: str | None
    reference: str


def new_reference() -> str:
    """Draw what a person can quote about a message; it says nothing outside the register."""
    return "".join(secrets.choice(ALPHABET) for _place in range(4))


def body(said: Said, lang: str, now: datetime) -> str:
    """Return the text of a message in a language."""
    known = _catalogue(lang)
    return (
        sentence_of(said.reason)
        .said(said.count, lang)
        .format(
            count=said.count,
            level=label("urgency", said.level, lang).upper(),
            region=_regions(said.regions, known),
            left=_left(said.due_at, now, known),
            reference=said.reference,
        )
    )


@cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [lang], fallback=True)


_SEVERAL: Final = N_("several")
_NONE_LEFT: Final = N_("none, late by {span}")


def _regions(regions: Iterable[str], known: gettext.NullTranslations) -> str:
    names = sorted(map(short, regions))
    if len(names) > _FEW:
        return known.gettext(_SEVERAL)
    return ", ".join(names) or "-"


def _left(due_at: str | None, now: datetime, known: gettext.NullTranslations) -> str:
    if due_at is None:
        return "-"
    left = datetime.fromisoformat(due_at) - now
    words = span(left, known.gettext)
    return words if left.total_seconds() >= 0 else known.gettext(_NONE_LEFT).format(span=words)


QUIET: Final = (time(21), time(6))
RETRIES: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(minutes=120))
DAILY: Final = timedelta(days=1)
MOST_TRIES: Final = 10
SERVED: Final = timedelta(hours=1)
"""How long after a try another one is made because a server was reached."""
_LONGEST: Final = timedelta(hours=36)
"""Nothing is ever put off for longer: a day and a night of quiet."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one destination: the rows that it tells of."""

    destination: str
    rows: tuple[Waiting, ...]

    def said(self, reference: str) -> Said:
        """Return what it says."""
        first = self.rows[0]
        return Said(
            reason=first.reason,
            count=len({one.subject for one in self.rows}),
            level=first.level,
            regions=frozenset(one.region for one in self.rows if one.region),
            due_at=min((one.due_at for one in self.rows if one.due_at), default=None),
            reference=reference,
        )


def wakes(level: str, now: datetime, zone: ZoneInfo, due_at: datetime | None = None) -> datetime:
    """Return the first moment from ``now`` on at which a message of a level may go.

    What is still to come and due before the quiet hours end goes at once: in the morning nobody could do it any more. What
    was late already waits.
    """
    local = now.astimezone(zone)
    if level == "critical" or QUIET[1] <= local.time() < QUIET[0]:
        return now
    day = local.date() if local.time() < QUIET[1] else local.date() + timedelta(days=1)
    morning = datetime.combine(day, QUIET[1], tzinfo=zone).astimezone(UTC)
    return now if due_at is not None and now < due_at <= morning else morning


def ready(row: Waiting, now: datetime, zone: ZoneInfo, *, reached: bool = False) -> bool:
    """Tell whether a waiting row may go now; ``reached``: a server was reached just now, so there is a network."""
    if wakes(row.level, now, zone, moment(row.due_at) if row.due_at else None) > now:
        return False
    if reached and row.tried_at is not None and moment(row.tried_at) + SERVED <= now:
        return True
    put_off = moment(row.not_before) - now
    return put_off <= timedelta(0) or put_off > _LONGEST or (row.tried_at or row.created_at) > _text(now)


def _text(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def about(row: Waiting) -> tuple[str, str, str]:
    """Return what all rows of one message have in common: destination, sentence, level."""
    return row.destination, KINDS[row.reason].says, row.level


def letters(rows: Iterable[Waiting], now: datetime, zone: ZoneInfo, *, reached: bool = False) -> list[Letter]:
    """Return the messages of this moment: what is of one destination, sentence and level is one, with its count.

    The most urgent come first, because the network may go away between two.
    """
    grouped: defaultdict[tuple[str, str, str], list[Waiting]] = defaultdict(list)
    for row in rows:
        if ready(row, now, zone, reached=reached):
            grouped[about(row)].append(row)
    order = ("critical", "high", "medium", "low")
    keys = sorted(grouped, key=lambda key: (order.index(key[2]), key))
    return [Letter(key[0], tuple(grouped[key])) for key in keys]


def next_try(attempts: int, now: datetime) -> datetime | None:
    """Return when a row that failed once more is tried again, None when that was the last time.

    Each row has its own tries: what joins an older message must not be given up, nor put off, with it.

    Args:
        attempts: how often it was tried before.
        now: aware.
    """
    done = attempts + 1
    if done >= MOST_TRIES:
        return None
    return now + (RETRIES[done - 1] if done <= len(RETRIES) else DAILY)
