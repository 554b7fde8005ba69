"""What a deployment lets the register know of a version that goes to phones, so that nothing is read under no map.

Noted before phones get it, where the server's version belongs to these very bytes alone; and, for a run that was cut behind
the server's yes, by the next run, which finds the form already there. What neither noted, a pull reads back from the server.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from sync_scripts.intake.receive.served import Book, note
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import deployed_form

__all__ = ["note_once"]


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
