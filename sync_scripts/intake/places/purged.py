"""A person says of what a server does not show any more: it is gone by us. Shown first, then decided by its name, with a reason.

Servers cannot tell a purge that the organisation wanted from one that a stolen account did, and neither can a pull: it
tells of both, each with a task. What is declared here stands as deleted, without the task and without the flag, and the
next deletion is told again. So it is with what was deleted before it was pulled, and with new versions of what was erased here, of
which nothing can come: they stand as open questions until then. What a source still owed that was taken out of the settings is one, too.
Nothing is deleted, here or there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from gettext import ngettext
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, or_, select

from sync_scripts.errors import N_, Declined, UsageProblem
from sync_scripts.intake.checkup.findings import DAYS
from sync_scripts.intake.places import moved_server, reported_deletions, standing
from sync_scripts.intake.places.table import CHUNK, answer
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.register.building import build
from sync_scripts.register.decisions.authority import require_own_hand
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import Declaration, Said, always, none_of, option, place
from sync_scripts.register.model.codes import chunks
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema.raw import place as place_table
from sync_scripts.store.schema.raw import submission
from sync_scripts.store.statements import OPEN, OWES

OP: Final = "server.purge"
"""The decision; its subject is ``server:NAME``, its payload holds counts, days, and a digest of what it is about."""


PurgeChanged: Final = Declined.declare(
    "DK-I41",
    "What is gone at {server} now is no longer the list {name}. Nothing was declared. Look at it again with dikalo retention "
    "purged {server}, then confirm {now}.",
)
ReasonForPurge: Final = UsageProblem.declare(
    "DK-I42",
    "That something was deleted on purpose is declared with a reason: --reason, without names. Nothing was declared.",
)
NothingGone: Final = Declined.declare(
    "DK-I43",
    "No pull has told of a submission that is gone at {server} and came before that day. Nothing was declared. Run dikalo pull "
    "first, or name another day with --before.",
)


@dataclass(frozen=True, slots=True)
class OfForm:
    """What is gone of one form; ``oldest`` and ``newest`` are instants as text: when they had come to the server, or a pull noticed it."""

    form: str
    count: int
    oldest: str
    newest: str


@dataclass(frozen=True, slots=True)
class Gone:
    """What is gone at a server, and nobody said why.

    Attributes:
        id: name of exactly this; another one as soon as anything is gone besides.
        server: its name.
        held: what is declared with it, by form and root.
        unread: the tags of what is declared with it and was never read here.
        forms: counts.
        later: how many came later than the day that was asked for, and stay as they are.
        before: the instant before which it came.
        taken_out: it is no longer in the settings: nothing that it owed can come.
    """

    id: str
    server: str
    held: Sequence[standing.Held]
    unread: Sequence[str]
    forms: Sequence[OfForm]
    later: int
    before: datetime
    taken_out: bool = False

    @property
    def count(self) -> int:
        """Return how many are declared."""
        return len(self.held) + len(self.unread)

    def document(self) -> dict[str, Any]:
        """Return what a program reads of it."""
        return {
            "server": self.server,
            "list": self.id,
            "count": self.count,
            "unread": len(self.unread),
            "taken_out": self.taken_out,
            "later": self.later,
            "before": instant(self.before),
            "forms": [asdict(one) for one in self.forms],
        }


def begins(before: date | None, now: datetime) -> datetime:
    """Return the instant before which something came: a day's beginning, here; without one that of `DAYS` ago, the same all day."""
    zone = load().zone
    return datetime.combine(before or now.astimezone(zone).date() - timedelta(days=DAYS), time(), tzinfo=zone)


def is_known(rows: Rows, server: str) -> bool:
    """Tell whether a source of this name ever showed anything here."""
    asked = (select(one.c.server).where(one.c.server == server).limit(1) for one in (place_table, submission))
    return any(rows.execute(one).first() is not None for one in asked)


def plan(rows: Rows, tags: Tagger, server: str, before: datetime, *, taken_out: bool = False) -> Gone:
    """Return what pulls told of as gone at a server, of what had come to it before an instant. Writes nothing.

    ``taken_out`` = it is no longer in the settings: what it owes is gone, too.
    """
    found, later = list[_Found](), 0
    for one in (*_gone(rows, tags, server), *_unread(rows, server, OPEN | OWES if taken_out else OPEN)):
        if one.since < instant(before):
            found.append(one)
        else:
            later += 1
    found.sort(key=lambda one: (one.form, one.name))
    digest = hashlib.sha256("\0".join(f"{one.form}\t{one.name}" for one in found).encode()).hexdigest()
    came: dict[str, list[str]] = {}
    for one in found:
        came.setdefault(one.form, []).append(one.since)
    forms = [OfForm(form, len(each), min(each), max(each)) for form, each in came.items()]
    held = [one.held for one in found if one.held is not None]
    unread = [one.name for one in found if one.held is None]
    return Gone(digest[:8], server, held, unread, forms, later, before, taken_out)


class _Found(NamedTuple):
    """One that is gone: its form, its root or the tag of its place, since when, and what is held of it."""

    form: str
    name: str
    since: str
    held: standing.Held | None = None


def _unread(rows: Rows, server: str, which: ColumnElement[bool]) -> Iterator[_Found]:
    """Yield what nobody here read and of which nothing can come, with when a pull noticed it."""
    asked = select(place_table.c.form, place_table.c.tag, place_table.c.first_at)
    for row in rows.execute(asked.where(place_table.c.server == server, which)):
        yield _Found(row.form, row.tag, row.first_at)


def _gone(rows: Rows, tags: Tagger, server: str) -> Iterator[_Found]:
    """Yield what is marked as deleted and not declared, and what was told without a mark; with when it came."""
    whys = [
        reported_deletions.TOLD,
        *map(reported_deletions.elsewhere, moved_server.origins(rows, server)[:1]),
    ]
    told = {
        tag
        for why in whys
        for every in reported_deletions.recall(rows, server, why).values()
        for tag in every
    }
    held = submission.c
    names = (held.form, held.root_id, held.stamp, held.instance_id, held.status, held.review, held.gone_at)
    marked = (held.status == standing.GONE) & held.gone_at.is_not(None)
    kept = held.status.in_((standing.HERE, standing.BACK))
    asked = select(*names, held.received_at).where(
        held.server == server, held.current, or_(marked, kept) if told else marked
    )
    for row in rows.stream(asked):
        one = standing.Held(*row[: len(names)])
        if one.gone or reported_deletions.tag(tags, server, one.form, one.root_id) in told:
            yield _Found(one.form, one.root_id, str(row.received_at), one)


def confirm(
    by: By, tags: Tagger, server: str, before: datetime, *, name: str, reason: str, taken_out: bool = False
) -> Gone:
    """Declare exactly what was shown as gone by us, and return it.

    Args:
        by: who declares it, by their own hand.
        tags: keyed tags.
        server: its name.
        before: as it was shown.
        name: `Gone.id` of what was shown.
        reason: why; no names.
        taken_out: as it was shown.

    Raises:
        OwnHandMissing: the code was only typed.
        ReasonForPurge, NothingGone, PurgeChanged: as they say.
    """
    require_own_hand(by, server)
    if not reason.strip():
        raise ReasonForPurge
    found = plan(by.rows, tags, server, before, taken_out=taken_out)
    if not found.count:
        raise NothingGone(server=server)
    if name.strip().lower() != found.id:
        raise PurgeChanged(name=name, now=found.id, server=server)
    payload = {
        "server": server,
        "list": found.id,
        "count": found.count,
        "before": instant(before),
        "reason": reason.strip(),
        "forms": {one.form: one.count for one in found.forms},
    }
    store_events.append(by.rows, [NewEvent(OP, f"server:{server}", by.actor, payload)], by.now)
    touched = standing.mark(by.rows, server, standing.declared(found.held))
    known = {reported_deletions.tag(tags, server, one.form, one.root_id) for one in found.held}
    for why in (
        reported_deletions.TOLD,
        *map(reported_deletions.elsewhere, moved_server.origins(by.rows, server)),
    ):
        left = {
            form: every - known for form, every in reported_deletions.recall(by.rows, server, why).items()
        }
        reported_deletions.keep(by.rows, server, left, by.now, why)
    for some in chunks(found.unread, CHUNK):
        answer(by.rows, server, some)
    build.apply(by.rows, touched, by.draw, by.now)
    return found


class Seen(NamedTuple):
    """What a register knows of a source beside its rows: its keyed tags, and whether it is no longer in the settings."""

    tags: Tagger
    taken_out: bool

    @classmethod
    def of(cls, register: Register, server: str) -> Seen:
        """Return it of a source."""
        return cls(Tagger(register.match_key), server not in register.sources)


def _seen(register: Register, _actor: Actor, said: Said, _now: datetime) -> Seen:
    return Seen.of(register, said["server"])


def _declare(
    by: By, server: str, *, before: date | None, name: str, reason: str, seen: Seen
) -> Mapping[str, Any]:
    at = begins(before, by.now)
    return confirm(by, seen.tags, server, at, name=name, reason=reason, taken_out=seen.taken_out).document()


def _declared(done: Mapping[str, Any]) -> Iterable[str]:
    told = ngettext(
        "{n} submission is declared as deleted at {server} by you.",
        "{n} submissions are declared as deleted at {server} by you.",
        done["count"],
    )
    yield told.format(n=done["count"], server=done["server"])


PURGED: Final = Declaration(
    name="retention purged",
    decide=_declare,
    writes=(),
    schema="dikalo.purged-declared/1",
    about="server",
    asked=("name",),
    own_hand=always,
    alone=True,
    looks=_seen,
    effects=_declared,
    together=(
        none_of(
            ("reason",), N_("--reason goes with --confirm LIST."), when=lambda said: said["name"] is None
        ),
    ),
    arguments=(
        place("server", N_("SERVER")),
        option(
            "before",
            "Only what came to the server before this day; without it: 30 days ago.",
            N_("DAY"),
            kind="day",
        ),
        option("name", "Declare the list of this name as deleted by you.", N_("LIST"), option="confirm"),
    ),
)
"""Declared with a passphrase of one's own, while nothing else writes."""
