"""``dikalo followup export --all``: a workbook of any size, row by row; memory stays flat.

What a row said goes into the register beside the row itself, in one transaction that ends before the file is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import update

from sync_scripts.followup.outbound import gather, snapshot
from sync_scripts.followup.outbound.book import Book
from sync_scripts.followup.outbound.content import Work, spare_lines
from sync_scripts.followup.outbound.export import Exported, check_lock, locked
from sync_scripts.followup.outbound.planning import (
    Order,
    allowed,
    baseline_row,
    case_lines,
    check_line,
    chosen,
    custody_entry,
    export_row,
    outline,
    with_choices,
)
from sync_scripts.followup.outbound.workbook_file import Writer
from sync_scripts.followup.sheets import FIRST_ROW, Line, Sheet
from sync_scripts.register.model.transactions import transaction
from sync_scripts.store import custody
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.schema import workbooks

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
        try:
            writing.rows_of_all(progress)
            book, content, digest = writing.finish(password)
        finally:
            writing.close()
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
        self.owners: set[str] = set()
        self.codes: list[str] = []
        self.withheld = 0
        self.may = allowed(rows, order)
        self.writer = Writer(book, specs)
        self.close = self.writer.close
        self.waiting: list[dict[str, Any]] = []
        rows.many(workbooks.followup_export, [export_row(book, specs, order.actor, None)])

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of each sheet are not blank."""
        return {spec.marker: self.writer.sheets[spec.marker].count - spec.spare for spec in self.specs}

    def rows_of_all(self, progress: Callable[[int], None]) -> None:
        """Write every case that may be in the copy, on every sheet, and the blank rows below; in four steps."""
        scope, at = self.order.scope, self.order.now
        total, steps = gather.count(self.rows, scope), 0
        for number, one in enumerate(gather.work(self.rows, scope, detailed=self.order.detailed, at=at), 1):
            self._case(one)
            if number % _AT_ONCE == 0:
                self.writer.check_size(number, total)
            if 4 * number // total > steps:
                progress(4 * number // total - steps)
                steps = 4 * number // total
        for spec in self.specs:
            for line in spare_lines(spec, self.book.export_id):
                self._put(spec, line)
        self._keep()
        progress(4 - steps)

    def _case(self, one: Work) -> None:
        case = one[0]
        if not self.may(case):
            self.withheld += 1
            return
        self.codes.append(case.code)
        self.owners |= {case.owner} if case.owner else set()
        for spec in self.specs:
            for line in case_lines(spec, one, self.book):
                self._put(spec, line)

    def _put(self, spec: Sheet, line: Line) -> None:
        sheet = self.writer.sheets[spec.marker]
        check_line(self.book, spec, line, FIRST_ROW + sheet.count, self.names)
        sheet.put(line)
        self.waiting.append(baseline_row(self.book, spec, line))
        if len(self.waiting) >= _AT_ONCE:
            self._keep()

    def _keep(self) -> None:
        self.rows.many(workbooks.followup_row, self.waiting)
        self.waiting.clear()

    def finish(self, password: str | None) -> tuple[Book, bytes, str]:
        """Return the book, the file as it leaves and its hash, which is kept with the export."""
        book = with_choices(self.book, self.owners, sorted(self.codes))
        book = replace(book, withheld=self.withheld)
        content, digest = locked(self.writer.finish(book, first=self.specs[0].marker), password)
        kept, actor = workbooks.followup_export, self.order.actor
        self.rows.execute(update(kept).where(kept.c.export_id == book.export_id).values(file_sha256=digest))
        total = sum(self.counts.values()) + sum(spec.spare for spec in self.specs)
        custody.append(self.rows, [custody_entry(book, actor, digest, total)], self.order.now)
        return book, content, digest
