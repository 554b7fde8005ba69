"""How much of what lies at a server for long came encrypted, and how much in the clear: by what is known here of each form.

A server says of a form whether phones encrypt it now, not how what lies there came. What was pulled is known one by one;
of the rest it is said what the form says now. Reads the register only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Table, func, select

from sync_scripts.intake.encryption.wrapping import CLEAR
from sync_scripts.intake.places.skipped_files import left
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema.raw import submission, waiting

__all__ = ["Known", "known"]


@dataclass(frozen=True, slots=True)
class Known:
    """Old submissions of one server that are here and that it was not seen to delete, by what it calls the form.

    ``files`` = files that were not taken, of whatever age: the server has the only copy.
    """

    clear: Mapping[str, int] = field(default_factory=dict)
    encrypted: Mapping[str, int] = field(default_factory=dict)
    files: int = 0

    def share(self, form: str, there: int, *, encrypted: bool) -> tuple[int, int]:
        """Return how many of those that lie there are clear, and how many encrypted.

        Args:
            form: what the server calls the form.
            there: how many old ones lie there.
            encrypted: phones encrypt the form now.
        """
        if encrypted:
            clear = min(there, self.clear.get(form, 0))
            return clear, there - clear
        sealed = min(there, self.encrypted.get(form, 0))
        return there - sealed, sealed


def known(register: Register, server: str, before: datetime) -> Known:
    """Return what is known of a server's submissions that arrived before an instant."""
    kept = submission.c
    here = (
        kept.server == server,
        kept.current,
        kept.status.in_(("ok", "restored")),
        kept.received_at < instant(before),
    )
    wrapped = kept.encryption.is_not(None) & (kept.encryption != CLEAR)
    parked = (
        waiting.c.server == server,
        waiting.c.state == "waiting",
        waiting.c.received_at < instant(before),
    )
    with register.reading() as rows:
        clear = _counts(rows, submission, *here, ~wrapped | kept.encryption.is_(None))
        sealed = _counts(rows, submission, *here, wrapped)
        for form, number in _counts(rows, waiting, *parked).items():
            sealed[form] = sealed.get(form, 0) + number
        files = sum(one.count for one in left(rows) if one.server == server)
    return Known(clear, sealed, files)


def _counts(rows: Rows, table: Table, *rules: ColumnElement[bool]) -> dict[str, int]:
    asked = select(table.c.form, func.count().label("n")).where(*rules).group_by(table.c.form)
    return {row.form: int(row.n) for row in rows.execute(asked)}
