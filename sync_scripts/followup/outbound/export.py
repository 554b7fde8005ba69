"""``dikalo followup export``: choose, check, store the baseline, then write the file; with ``--all`` row by row, so that memory stays flat.

The register stays the truth. No file is in place before what it said is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any, Final

from sqlalchemy import update

from sync_scripts.followup.columns import FIRST_ROW, Line, Sheet
from sync_scripts.followup.errors import MovedWhileMade, NameNotXlsx, PasswordNeeded, WorkbookThere
from sync_scripts.followup.outbound import gather, planning, snapshot
from sync_scripts.followup.outbound.content import Work, spare_lines
from sync_scripts.followup.outbound.workbook_file import Writer
from sync_scripts.register.decisions.base import transaction
from sync_scripts.store import custody
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.schema import workbooks

_TIMES: Final = 5
"""How often a workbook is made anew because something that it shows was taken back meanwhile."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did: where the file is, how many rows each sheet has, until when it may come back.

    ``withheld`` counts open cases of the scope that this reader may not have (confidentiality C3 and C4).
    """

    path: Path
    export_id: str
    rows: Mapping[str, int]
    expires: str
    tier: str
    locked: bool
    sha256: str
    withheld: int
    dry_run: bool


def place(asked: Path | None, usual: Path) -> Path:
    """Return where a workbook goes: a file that is there, perhaps filled in by somebody, is never replaced.

    Args:
        asked: the file that a person named, or None.
        usual: where it goes otherwise; beside it, as ``…-2.xlsx``, when that is taken.

    Raises:
        NameNotXlsx: the name is that of another kind of file.
        WorkbookThere: the file that was named is there already.
    """
    if asked is not None:
        if asked.suffix.lower() != ".xlsx":
            raise NameNotXlsx(name=asked.name)
        if asked.exists():
            raise WorkbookThere
        return asked
    further = (usual.with_stem(f"{usual.stem}-{number}") for number in count(2))
    return next(path for path in chain((usual,), further) if not path.exists())


def check_texts(book: planning.Book, names: KnownNames | None = None) -> None:
    """Look at every text that would be written.

    Raises:
        IdentityInText: see `check_line`.
    """
    for filled in book.filled:
        for at, line in enumerate(filled.lines, start=FIRST_ROW):
            planning.check_line(book, filled.sheet, line, at, names)


def store_baseline(rows: Rows, book: planning.Book, actor: Actor, digest: str) -> None:
    """Keep what was exported, in the transaction given."""
    specs = [filled.sheet for filled in book.filled]
    rows.many(workbooks.followup_export, [planning.export_row(book, specs, actor, digest)])
    rows.many(
        workbooks.followup_row,
        [planning.baseline_row(book, filled.sheet, line) for filled in book.filled for line in filled.lines],
    )


def check_lock(order: planning.Order, password: str | None) -> None:
    """Let an order pass that is locked well enough.

    Raises:
        PasswordNeeded: T3 without a password.
        PasswordTooShort: the password would be guessed.
    """
    from sync_scripts.followup.files import check_password

    if password is None and order.tier != "T2":
        raise PasswordNeeded
    if password is not None:
        check_password(password)


def locked(content: bytes, password: str | None) -> tuple[bytes, str]:
    """Return the file as it leaves, locked if there is a password, and its hash."""
    from sync_scripts.followup.files import encrypted

    content = content if password is None else encrypted(content, password)
    return content, hashlib.sha256(content).hexdigest()


def export(
    register: Register,
    order: planning.Order,
    path: Path,
    *,
    password: str | None,
    names: KnownNames | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _more: None,
) -> Exported:
    """Write one follow-up workbook and remember what it said.

    Args:
        register: the open register.
        order: tier, language, scope, who asks and when.
        path: the file to write.
        password: locks the file; None leaves it clear, at tier T2 only.
        names: known names to look for in texts; given only with the vault open.
        dry_run: choose and check everything, write nothing.
        progress: called with 1 after each of four steps.

    Raises:
        PasswordNeeded: T3 without a password.
        IdentityInText: a text names somebody; nothing was written.
        MovedWhileMade: something was taken back each time that it was made; nothing was written.
    """
    from sync_scripts.followup.files import write_whole

    check_lock(order, password)
    told = progress
    for _time in range(_TIMES):
        book, seen, content, digest = _made(register, order, password, names, told)
        if dry_run or _remembered(register, book, seen, order, digest):
            break
        told = _no_more
    else:
        raise MovedWhileMade
    if not dry_run:
        path = write_whole(path, content)
    progress(1)
    return Exported(
        path=path,
        export_id=book.export_id,
        rows=_filled_rows(book),
        expires=book.expires_on.isoformat(),
        tier=book.tier,
        locked=password is not None,
        sha256=digest,
        withheld=book.withheld,
        dry_run=dry_run,
    )


def _made(
    register: Register,
    order: planning.Order,
    password: str | None,
    names: KnownNames | None,
    progress: Callable[[int], None],
) -> tuple[planning.Book, str, bytes, str]:
    """Return a workbook, the state of the register that it shows, the file as it leaves, and its hash."""
    from sync_scripts.followup.outbound.workbook_file import workbook_bytes

    with register.reading() as rows:
        seen = rows.state
        book = planning.plan(rows, register, order)
    progress(1)
    check_texts(book, names)
    progress(1)
    content, digest = locked(workbook_bytes(book), password)
    progress(1)
    return book, seen, content, digest


def _no_more(_more: int) -> None:
    """Say nothing of steps that were told before."""


def _remembered(
    register: Register, book: planning.Book, seen: str, order: planning.Order, digest: str
) -> bool:
    """Keep what was exported, and write it down in the chain of custody; unless something that it shows may not leave now."""
    lines = sum(len(filled.lines) for filled in book.filled)
    with register.writing() as rows:
        if rows.state != seen and not planning.showing(book) <= planning.showing(
            planning.plan(rows, register, order)
        ):
            return False
        store_baseline(rows, book, order.actor, digest)
        snapshot.purge(rows, order.now)
        custody.append(rows, [planning.custody_entry(book, order.actor, digest, lines)], order.now)
    return True


def _filled_rows(book: planning.Book) -> dict[str, int]:
    """Return how many rows of each sheet are not blank."""
    return {
        filled.sheet.marker: sum(1 for line in filled.lines if line.values.get("code") is not None)
        for filled in book.filled
    }


_AT_ONCE: Final = 500
"""Rows of the baseline written together."""


def export_all(
    register: Register,
    order: planning.Order,
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
    from sync_scripts.followup.files import write_whole

    check_lock(order, password)
    specs = planning.chosen(order)
    with transaction(register, keep=not dry_run) as rows:
        writing = _Writing(rows, planning.outline(rows, register, order), specs, order, names)
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
        self,
        rows: Rows,
        book: planning.Book,
        specs: Sequence[Sheet],
        order: planning.Order,
        names: KnownNames | None,
    ) -> None:
        self.rows = rows
        self.book = book
        self.specs = specs
        self.order = order
        self.names = names
        self.owners: set[str] = set()
        self.codes: list[str] = []
        self.withheld = 0
        self.may = planning.allowed(rows, order)
        self.writer = Writer(book, specs)
        self.close = self.writer.close
        self.waiting: list[dict[str, Any]] = []
        rows.many(workbooks.followup_export, [planning.export_row(book, specs, order.actor, None)])

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
            for line in planning.case_lines(spec, one, self.book):
                self._put(spec, line)

    def _put(self, spec: Sheet, line: Line) -> None:
        sheet = self.writer.sheets[spec.marker]
        planning.check_line(self.book, spec, line, FIRST_ROW + sheet.count, self.names)
        sheet.put(line)
        self.waiting.append(planning.baseline_row(self.book, spec, line))
        if len(self.waiting) >= _AT_ONCE:
            self._keep()

    def _keep(self) -> None:
        self.rows.many(workbooks.followup_row, self.waiting)
        self.waiting.clear()

    def finish(self, password: str | None) -> tuple[planning.Book, bytes, str]:
        """Return the book, the file as it leaves and its hash, which is kept with the export."""
        book = planning.with_choices(self.book, self.owners, sorted(self.codes))
        book = replace(book, withheld=self.withheld)
        content, digest = locked(self.writer.finish(book, first=self.specs[0].marker), password)
        kept, actor = workbooks.followup_export, self.order.actor
        self.rows.execute(update(kept).where(kept.c.export_id == book.export_id).values(file_sha256=digest))
        total = sum(self.counts.values()) + sum(spec.spare for spec in self.specs)
        custody.append(self.rows, [planning.custody_entry(book, actor, digest, total)], self.order.now)
        return book, content, digest
