"""Versions of forms as servers have them, as the register remembers them, so that nothing is read under no map.

A deployment notes its version before phones get it, where the server's version belongs to these very bytes alone; and, for a
run that was cut behind the server's yes, the next run does, which finds the form already there. What neither noted, a pull reads
back from the server.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.register.forms.formmap import form_map, write_map
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import deployed_form
from sync_scripts.store.seal.form_keys import fingerprint

__all__ = ["UNSHOWN", "Book", "described", "note", "note_once"]

UNSHOWN: Final = "-"
"""Stands for the key of a version of which the server says that it is encrypted, and does not show with what."""


@dataclass(frozen=True, slots=True)
class Book:
    """One version of a form as a server has it.

    Attributes:
        server: name of the server.
        form: what the server calls it in submissions.
        version: the server's own version.
        workbook: its bytes.
        encrypted: the server says that phones encrypt it, whether or not the workbook shows the key.
    """

    server: str
    form: str
    version: str
    workbook: bytes = field(repr=False)
    encrypted: bool = False


def note(rows: Rows, book: Book, stamps: tuple[str, str], now: datetime) -> None:
    """Remember one served version; ``stamps`` are form and version as its submissions name them.

    Raises:
        FormError: the workbook cannot be read.
    """
    rows.upsert(deployed_form, [described(book, stamps, now)])


def described(book: Book, stamps: tuple[str, str], now: datetime) -> dict[str, Any]:
    """Return the row of one served version."""
    said, public = _says(book.workbook)
    return {
        "server": book.server,
        "form": book.form,
        "version": book.version,
        "stamp": stamps[0],
        "stamp_version": stamps[1],
        "sha256": hashlib.sha256(book.workbook).hexdigest(),
        "map": said,
        "read_as": None,
        "public_key": fingerprint(public) if public else UNSHOWN if book.encrypted else None,
        "at": instant(now),
    }


@lru_cache(maxsize=8)
def _says(book: bytes) -> tuple[str, str]:
    """Return the map and the key of a workbook; many versions of a form may be one workbook."""
    from xlsform.workbooks import workbook  # and with it a library that most pulls have no need of

    form = workbook.read(book, file="xlsx").form
    return write_map(form_map(form)), form.settings.get("public_key", "").strip()


def note_once(rows: Rows, book: Book, stamps: tuple[str, str], now: datetime) -> None:
    """Remember a version that is at a server, unless it is known: when it was seen first stays as it was.

    Raises:
        FormError: the workbook cannot be read.
    """
    key = deployed_form.c
    asked = select(key.at).where(
        key.server == book.server, key.form == book.form, key.version == book.version
    )
    if rows.execute(asked).first() is None:
        note(rows, book, stamps, now)
