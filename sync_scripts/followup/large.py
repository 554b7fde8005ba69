"""``dikalo followup export --all``: a workbook of any size, row by row; memory stays flat.

What a row said goes into the register beside the row itself, in one transaction that ends before the file is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import update

from sync_scripts.followup import gather, snapshot
from sync_scripts.followup.book import Book
from sync_scripts.followup.content import Work
from sync_scripts.followup.detectors import KnownNames
from sync_scripts.followup.export import Exported, check_lock, locked
from sync_scripts.followup.planning import (
    Order,
    allowed,
    baseline_row,
    check_line,
    chosen,
    custody_entry,
    export_row,
    outline,
    sheet_lines,
    with_choices,
)
from sync_scripts.followup.sheets import FIRST_ROW, Sheet
from sync_scripts.followup.stream import StreamedBook
from sync_scripts.register.trial import transaction
from sync_scripts.store import custody
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema import raw

__all__ = ["export_all"]

_AT_ONCE: Final = 500
"""Rows of the baseline written together."""


def export_all(
    register: Register,
    order: Order,
    path: Path,
    *,
    password: str | None,
    names: KnownNames | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _more: None,
) -> Exported:
    """Write one follow-up workbook of any size and remember what it said. As `export.export`, which holds it whole.

    Raises:
        PasswordNeeded: T3 without a password.
        IdentityInText: a text names somebody; nothing was written.
        WorkbookTooBig: the import could not read it; nothing was written.
    """
    from sync_scripts.followup.password import write_whole

    check_lock(order, password)
    specs = chosen(order)
    with transaction(register, keep=not dry_run) as rows:
        writing = _Writing(rows, outline(rows, register, order), specs, order, names)
        for spec in specs:
            writing.sheet(spec)
            progress(1)
        book, content, digest = writing.finish(password)
        snapshot.purge(rows, order.now)
    if not dry_run:
        path = write_whole(path, content)
    return Exported(
        path=path,
        export_id=book.export_id,
        rows=writing.counts,
        expires=book.expires_on.isoformat(),
        tier=book.tier,
        locked=password is not None,
        sha256=digest,
        withheld=book.withheld,
        dry_run=dry_run,
    )


class _Writing:
    """One workbook and its baseline while they are written."""

    def __init__(
        self, rows: Rows, book: Book, specs: Sequence[Sheet], order: Order, names: KnownNames | None
    ) -> None:
        self.rows = rows
        self.book = book
        self.specs = specs
        self.order = order
        self.names = names
        self.counts: dict[str, int] = {}
        self.owners: set[str] = set()
        self.codes: list[str] = []
        self.withheld = 0
        self.may = allowed(rows, order)
        self.streamed = StreamedBook(book, specs)
        rows.many(raw.followup_export, [export_row(book, specs, order.actor, None)])

    def sheet(self, spec: Sheet) -> None:
        """Write one sheet and its baseline."""
        waiting: list[dict[str, Any]] = []
        with self.streamed.sheet(spec) as sheet:
            for at, line in enumerate(sheet_lines(spec, self._work(spec), self.book), start=FIRST_ROW):
                check_line(self.book, spec, line, at, self.names)
                sheet.put(line)
                waiting.append(baseline_row(self.book, spec, line))
                if len(waiting) == _AT_ONCE:
                    self.rows.many(raw.followup_row, waiting)
                    waiting.clear()
        self.rows.many(raw.followup_row, waiting)
        self.counts[spec.marker] = sheet.count - spec.spare

    def _work(self, spec: Sheet) -> Iterator[Work]:
        """Yield the cases that may be in the copy; the sheet of the cases says what is met among them."""
        count = spec.marker == "dk:cases"
        for case, done in gather.work(
            self.rows, self.order.scope, detailed=self.order.detailed, at=self.order.now
        ):
            if self.may(case):
                if count:
                    self.codes.append(case.code)
                    self.owners |= {case.owner} if case.owner else set()
                yield case, done
            elif count:
                self.withheld += 1

    def finish(self, password: str | None) -> tuple[Book, bytes, str]:
        """Return the book, the file as it leaves and its hash, which is kept with the export."""
        book = with_choices(self.book, self.owners, sorted(self.codes))
        book = replace(book, withheld=self.withheld)
        content, digest = locked(self.streamed.finish(book, self.specs[0]), password)
        kept, actor = raw.followup_export, self.order.actor
        self.rows.execute(update(kept).where(kept.c.export_id == book.export_id).values(file_sha256=digest))
        total = sum(self.counts.values()) + sum(spec.spare for spec in self.specs)
        custody.append(self.rows, [custody_entry(book, actor, digest, total)], self.order.now)
        return book, content, digest
