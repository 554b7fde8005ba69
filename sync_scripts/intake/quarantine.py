"""What was put aside: list it, show one entry, try it again from the source. Never shows a value or a file name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.errors import UsageProblem
from sync_scripts.intake.errors import REASONS, Refused
from sync_scripts.intake.places.table import ERASED, QUARANTINED
from sync_scripts.intake.pull import Pulled, Way, pull
from sync_scripts.intake.receive.split import entry_code
from sync_scripts.servers.base import Server
from sync_scripts.servers.desk import Desk, Keyed
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema.raw import place, sealed_item
from sync_scripts.store.seal.sealed_items import SealedItem
from sync_scripts.store.statements import PUT_ASIDE

_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_EVER: Final = place.c.problem.is_not(None)
"""It was put aside, whatever became of it since."""
_STATES: Final = {QUARANTINED: "open", ERASED: "given_up"}
"""How an entry stands by the state of its place; by any other, and once it was read, it is solved."""


NoSuchEntry: Final = UsageProblem.declare(
    "DK-I09",
    "There is no entry {entry} in quarantine. Nothing was done. See the codes with: dikalo quarantine list.",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One submission that was put aside.

    Attributes:
        code: what a person types to name it.
        server: name of the source's server.
        form, version: what it says of itself, "" when it does not come so far.
        problem: code of the reason.
        place: where reading stopped.
        state: ``open``, ``solved`` or ``given_up``.
        size: bytes as received.
        first_seen, last_seen: instants, as text.
        tries: how often it was read.
        kept: its bytes are sealed in the register.
        tag: of its place at the source.
    """

    code: str
    server: str
    form: str
    version: str
    problem: str
    place: str
    state: str
    size: int | None
    first_seen: str
    last_seen: str
    tries: int
    kept: bool
    tag: str = field(repr=False)

    def words(self) -> str:
        """Return why, and what to do, in the language chosen at start."""
        reason = REASONS.get(self.problem, Refused)
        return reason(place=self.place, form=self.form, version=self.version).words()


def entries(rows: Rows, *, everything: bool = False) -> list[Entry]:
    """Return the open entries, oldest first; with ``everything`` those that are solved too."""
    asked = select(place).order_by(place.c.first_at, place.c.tag)
    return [_entry(row) for row in rows.execute(asked.where(_EVER if everything else PUT_ASIDE))]


def entry(rows: Rows, code: str) -> Entry:
    """Return one entry by its code, written in capitals or not, with or without hyphens.

    Raises:
        NoSuchEntry: there is none.
    """
    wanted = written(code)
    found = (row for row in rows.execute(select(place).where(_EVER)) if entry_code(row.tag) == wanted)
    if (row := next(found, None)) is None:
        raise NoSuchEntry(entry=wanted or re.sub(r"[^0-9A-Za-z-]", "", code)[:20] or "?")
    return _entry(row)


def written(code: str) -> str:
    """Return a code as it is written in the register, "" for what is no such code."""
    plain = re.sub(r"[\s-]", "", code.upper())
    body = plain[1:].translate(_ALIKE)
    return f"Q-{body[:4]}-{body[4:]}" if re.fullmatch(r"Q[0-9A-Z]{8}", plain) else ""


@dataclass(frozen=True, slots=True)
class Retried:
    """What trying again did.

    Attributes:
        pulled: the report of the pull over just these places.
        tried: the entries that were chosen.
        gone: of these, the open ones whose place no source shows any more; their bytes lie only in the vault.
    """

    pulled: Pulled
    tried: tuple[Entry, ...]
    gone: tuple[Entry, ...]


def retry(
    register: Register,
    servers: Sequence[Server],
    actor: Actor,
    codes: Iterable[str] = (),
    way: Way | None = None,
) -> Retried:
    """Read the open entries again from their sources: all, or those of the codes.

    The caller holds the lock. What can be read now enters the register as if it had just come; what cannot stays.

    Raises:
        NoSuchEntry: a code names none.
    """
    way = way or Way()
    with register.reading() as rows:
        chosen = [entry(rows, code) for code in codes] or entries(rows)
    tags = frozenset(one.tag for one in chosen)
    pulled = pull(register, servers, actor, replace(way, only=tags))
    gone = [one for one in chosen if one.state == "open" and one.tag not in pulled.shown]
    return Retried(pulled, tuple(chosen), tuple(gone))


def sealed_bytes(rows: Rows, chosen: Iterable[Entry]) -> list[tuple[Entry, SealedItem]]:
    """Return the sealed bytes of entries, for the one command that may open them."""
    by_tag = {one.tag: one for one in chosen if one.kept}
    asked = select(place.c.tag, *sealed_item.c).join(
        sealed_item, (sealed_item.c.key_page == place.c.key_page) & (sealed_item.c.item == place.c.item)
    )
    found = rows.execute(asked.where(_EVER, place.c.tag.in_(sorted(by_tag)))).mappings()
    names = SealedItem.__struct_fields__
    return [(by_tag[row["tag"]], SealedItem(**{name: row[name] for name in names})) for row in found]


def retry_opened(
    register: Register, opened: Iterable[tuple[Entry, bytes]], actor: Actor, way: Way | None = None
) -> Pulled:
    """Take entries whose source is gone from their own bytes, which the vault has just opened.

    The bytes are not kept in the clear; those that can be read now are sealed as versions.
    """
    by_server: dict[str, list[Keyed]] = {}
    for one, content in opened:
        keyed = Keyed(one.code, content, received_at=moment(one.first_seen), tag=one.tag)
        by_server.setdefault(one.server, []).append(keyed)
    servers = [Desk(found, name=name, road="vault") for name, found in sorted(by_server.items())]
    tags = frozenset(one.tag for found in by_server.values() for one in found)
    return pull(register, servers, actor, replace(way or Way(), only=tags))


def _entry(row: Any) -> Entry:
    return Entry(
        code=entry_code(row.tag),
        server=row.server,
        form=row.stamp or "",
        version=row.form_version or "",
        problem=row.problem,
        place=row.spot or "",
        state="solved" if row.names is None else _STATES.get(row.state, "solved"),
        size=row.bytes,
        first_seen=row.first_at,
        last_seen=row.last_at,
        tries=row.tries,
        kept=row.item is not None,
        tag=row.tag,
    )
