"""From a row of KoboToolbox to what a pull knows: handles, marks, statuses, ids and stamps. Pure; asks nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from sync_scripts.servers.base import Mark, Status
from sync_scripts.servers.kobo.shapes import Blurred, Row

__all__ = ["fingerprint", "ident", "instant", "mark_of", "parts", "place", "statuses", "unread", "untold"]

_MARKED: Final = frozenset({"_uuid", "meta/rootUuid", "_validation_status"})
"""What a mark is made of; that the files of a row cannot be read, it can leave unsaid."""


def untold(row: Row) -> bool:
    """Tell whether a row does not say as it should which version of what it is, and how that stands."""
    return not row.uuid or bool(unread(row) & _MARKED)


def place(form: str, row: Row) -> str:
    """Return our handle of one version: form, number, instance id."""
    return f"{form}\t{row.id}\t{ident(row.instance or row.uuid)}"


def unread(row: Row) -> frozenset[str]:
    """Return what of a row cannot be read."""
    return row.unread if isinstance(row, Blurred) else frozenset()


def statuses(form: str, rows: Iterable[Row]) -> tuple[Status, ...]:
    """Return what the server says of submissions as a whole; what cannot be read says nothing."""
    return tuple(_status(form, row) for row in rows if not unread(row))


def _status(form: str, row: Row) -> Status:
    said = row.validation
    return Status(
        form=form,
        root_id=ident(row.root or row.uuid),
        review=said.word or None,
        reviewer=said.by_whom or "",
    )


def mark_of(form: str, row: Row, *, light: bool) -> Mark:
    """Return the mark of a row; ``light`` = its files were not asked for."""
    version = ident(row.uuid or row.instance)
    return Mark(
        place=place(form, row),
        root_id=ident(row.root) or None,
        version=version,
        status=row.validation.word,
        reviewer=row.validation.by_whom or "",
        moved_ns=None if light else fingerprint(row) or None,
        blurred=not version or bool(unread(row) & _MARKED),
    )


def fingerprint(row: Row) -> int:
    """Return a number that moves when a file comes, goes or is replaced; 0 where there never was one."""
    shown = sorted((one.uid or str(one.id), one.is_deleted) for one in row.attachments)
    return int.from_bytes(hashlib.blake2b(repr(shown).encode(), digest_size=7).digest()) if shown else 0


def parts(place: str) -> tuple[str, int, str]:
    """Return form, number and instance id of a handle."""
    form, number, version = place.split("\t", 2)  # an id is what a phone says: a tab in it is part of it
    return form, int(number), version


def ident(text: str) -> str:
    """Return an id with its prefix, which Kobo leaves out here and there."""
    return text if not text or text.startswith("uuid:") else f"uuid:{text}"


def instant(text: str) -> datetime | None:
    """Return Kobo's stamp as an aware instant; it has no zone and means UTC."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and not found.tzinfo else found
