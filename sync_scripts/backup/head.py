"""The head of a copy: what is needed to use it, sealed to the holders. Written by everyday code, opened by the vault alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts.backup.errors import PlaceNewer
from sync_scripts.intake.completeness.heads import Chain
from sync_scripts.store import custody
from sync_scripts.store.backups import Extent
from sync_scripts.store.database import Rows
from sync_scripts.store.errors import RegisterDamaged
from sync_scripts.store.schema.raw import erased, sealed_item

VERSION: Final = 1


class Erasure(msgspec.Struct, frozen=True, array_like=True):
    """One line of the list of what may not come back."""

    id: str
    scope: str
    at: str


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy says of itself.

    Attributes:
        number, at, extent: as in `store.backups.Copy`.
        workspace: id of the workspace.
        layout: of the register.
        key: of the copy, hex.
        size: of the copy in bytes.
        counts: rows of each table.
        heads: of both chains.
        files: how many sealed files it names.
        erased: what may not come back, whichever copy is put back.
    """

    v: int = VERSION
    number: int
    at: str
    extent: Extent
    workspace: str
    layout: str
    key: str
    size: int
    counts: dict[str, int]
    heads: tuple[Chain, ...]
    files: int
    erased: tuple[Erasure, ...]

    def __repr__(self) -> str:
        """Return the bare name of the class: it holds a key."""
        return "Head()"


def render(head: Head) -> bytes:
    """Return what is sealed."""
    return msgspec.json.encode(head)


def parse(data: bytes) -> Head:
    """Return what was sealed.

    Raises:
        PlaceNewer: a newer program wrote it.
        RegisterDamaged: it is no head.
    """
    try:
        said = msgspec.json.decode(data)
        if isinstance(said, dict) and isinstance(said.get("v"), int) and said["v"] > VERSION:
            raise PlaceNewer
        return msgspec.convert(said, Head)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        raise RegisterDamaged from None


def origin(rows: Rows) -> str:
    """Return the hash of the first line of the chain of custody: what is the same for ever, and of no other register."""
    line = next(custody.read(rows), None)
    if line is None:
        raise RegisterDamaged
    return line.hash


def erasures(rows: Rows) -> tuple[Erasure, ...]:
    """Return the list of what may not come back."""
    found = rows.execute(
        select(erased.c.id, erased.c.scope, erased.c.at).order_by(erased.c.id, erased.c.scope)
    )
    return tuple(Erasure(row.id, row.scope, row.at) for row in found)


def file_names(rows: Rows) -> Sequence[str]:
    """Return the names of all sealed files that a register needs."""
    named = select(sealed_item.c.file).where(sealed_item.c.file.is_not(None)).order_by(sealed_item.c.file)
    return rows.execute(named).scalars().all()
