"""Opening: written down first, then page by page. See the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, cast

import msgspec
from sqlalchemy import and_, between, or_, select

from sync_scripts.clock import Clock
from sync_scripts.errors import Damaged
from sync_scripts.store import custody
from sync_scripts.store.clear_files import ends_in_order
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import full_disk_said, step
from sync_scripts.store.errors import ItemDamaged, PageUnopened, ReasonNeeded, SealedFileLost
from sync_scripts.store.schema.raw import erasure_pending, key_page, sealed_item
from sync_scripts.store.seal.sealed_files import is_sound, path_of
from sync_scripts.store.seal.sealed_items import Kind, SealedItem
from sync_scripts.store.vault.keys import VaultKey
from sync_scripts.store.vault.pages import (
    Keys,
    Page,
    decrypt_file,
    decrypt_page,
    named,
    open_blob,
    page_problems,
    part_name,
)
from sync_scripts.store.vault.private import make_place, remove_left_behind, remove_place
from sync_scripts.store.vault.striking import Struck, strike

_SCOPES_NAMED: Final = 50
_NUMBERS_NAMED: Final = 500
_PAGES_AT_ONCE: Final = 20
_FILES: Final = ("file", "encfile")
"""Kinds that are given out as files: attachments, and the files of a submission that waits encrypted."""


Leave: TypeAlias = Callable[[Rows, Sequence[str], datetime], Mapping[str, Any]]
"""Lets the opening of some scopes pass at an instant, or raises; gives what is written down beside it: who else agreed."""


@dataclass(frozen=True)
class OpenedItem:
    """One opened thing; give it out only whole.

    Attributes:
        item: what was opened.
        content: the bytes, for everything but attachments.
        path: an opened attachment, in a private place that ends with the vault.
        name: original name of an attachment.
        problem: why it could not be opened; then there is neither content nor path.
    """

    item: SealedItem
    content: bytes | None = field(default=None, repr=False)
    path: Path | None = None
    name: str = field(default="", repr=False)
    problem: Damaged | None = None

    @property
    def data(self) -> bytes:
        """The opened bytes.

        Raises:
            ItemDamaged, PageUnopened, SealedFileLost: why there are none.
        """
        if self.problem is not None:
            raise self.problem
        if self.content is not None:
            return self.content
        return cast("Path", self.path).read_bytes()


@dataclass(frozen=True)
class PageProblem:
    """A key page that opens and is not as its rows say.

    Attributes:
        page: its id.
        what: ``numbers``, ``keys``, ``page``, ``workspace`` or ``items``.
    """

    page: str
    what: str


@dataclass(frozen=True)
class _HeldPage:
    """What the register holds of one page and of the items wanted from it."""

    blob: bytes
    workspace: str
    wanted: dict[int, SealedItem]
    numbers: set[int]


class Vault:
    """An open vault; used in a ``with``, which removes every opened file at its end.

    ``leave`` is asked before anything is opened. Without it what is opened is for the program alone, and shown to nobody.
    """

    def __init__(
        self,
        register: Register,
        key: VaultKey,
        actor: Actor,
        *,
        leave: Leave | None = None,
        now: Clock,
    ) -> None:
        self._register = register
        self._leave = leave
        self._key = key
        self._actor = actor
        self._now = now
        self._place: Path | None = None
        self._until_gone = ExitStack()
        self.holder = key.holder_in(register)
        self.problems: list[PageProblem] = []
        self.struck: Struck = Struck()

    @property
    def actor(self) -> Actor:
        """Who opens."""
        return self._actor

    @property
    def clock(self) -> Clock:
        """What it was handed to tell the time."""
        return self._now

    def __enter__(self) -> Self:
        """Remove what an opening that was killed left behind, and strike the keys of what was erased before anything opens."""
        remove_left_behind(self._register.workspace_id)
        self.struck = strike(self._register, self._key, self._actor, self._now())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove every opened file."""
        with self._until_gone:
            if self._place is not None:
                remove_place(self._place)

    def open_items(self, reason: str, items: Iterable[SealedItem]) -> Iterator[OpenedItem]:
        """Open items, after the opening was written down for all of them; in the order of their pages.

        An item that does not open is given back with its problem, and the others still open. A page that is not as
        its rows say is kept in ``problems`` and written down too.

        Args:
            reason: why, in the words of whoever opens; kept in the chain of custody.
            items: which; see `items_of_scopes`.

        Raises:
            ReasonNeeded: there is no reason.
            What `Leave` raises: it may not be opened, so nothing was.
            DiskFull and other database errors: it could not be written down, so nothing was opened.
        """
        if not reason.strip():
            raise ReasonNeeded
        wanted = sorted(items, key=lambda item: (item.key_page, item.item))
        if not wanted:
            return
        self._write_down(reason.strip(), wanted)
        for page, group in groupby(wanted, key=lambda item: item.key_page):
            yield from self._open_page(page, [item.item for item in group])

    def open_kinds(self, reason: str, *kinds: Kind) -> Iterator[OpenedItem]:
        """Open every item of some kinds, a few pages at a time: for the deep rebuild and for full audits.

        Each handful of pages is written down before it is opened; memory stays flat.
        """
        with self._register.reading() as rows:
            pages = [*rows.execute(select(key_page.c.id).order_by(key_page.c.id)).scalars()]
        for start in range(0, len(pages), _PAGES_AT_ONCE):
            with self._register.reading() as rows:
                some = items_where(
                    rows,
                    sealed_item.c.key_page.in_(pages[start : start + _PAGES_AT_ONCE]),
                    sealed_item.c.kind.in_(kinds),
                )
            yield from self.open_items(reason, some)

    def _write_down(self, reason: str, items: Sequence[SealedItem]) -> None:
        scopes = sorted({item.scope for item in items})
        details: dict[str, Any] = {
            "holder": self.holder,
            "items": _ranges(items),
            "proof": self._actor.proof,
            "reason": reason,
            "scopes": scopes if len(scopes) <= _SCOPES_NAMED else len(scopes),
        }
        entry = custody.Entry("OPENED", self._actor.code, scopes[0] if len(scopes) == 1 else "-", details)
        with self._register.writing() as rows:
            now = self._now()
            more = self._leave(rows, scopes, now) if self._leave is not None else {}
            custody.append(rows, [msgspec.structs.replace(entry, details={**details, **more})], now)
        step("vault.logged")

    def _open_page(self, page: str, numbers: Sequence[int]) -> Iterator[OpenedItem]:
        held = self._read_page(page, numbers)
        try:
            opened = decrypt_page(page, held.blob, self._key.identity)
        except PageUnopened as problem:
            yield from (OpenedItem(held.wanted[number], problem=problem) for number in numbers)
            return
        self._compare(opened, page, held)
        keys = {number: (kind, key) for number, kind, key in opened.items}
        for number in numbers:
            yield self._open_one(held.wanted[number], held.wanted.get(number + 1), held.workspace, keys)

    def _read_page(self, page: str, numbers: Sequence[int]) -> _HeldPage:
        """Return the page's row, the items wanted and those behind them (a file's part), and all numbers."""
        near = {*numbers, *(number + 1 for number in numbers)}
        number = sealed_item.c.item
        few = len(near) <= _NUMBERS_NAMED
        which = number.in_(near) if few else between(number, min(near), max(near))
        with self._register.reading() as rows:
            row = rows.execute(select(key_page).where(key_page.c.id == page)).first()
            wanted = items_where(rows, sealed_item.c.key_page == page, which, blobs=True)
            every = {
                item
                for table in (sealed_item, erasure_pending)
                for item in rows.execute(select(table.c.item).where(table.c.key_page == page)).scalars()
            }
        return _HeldPage(
            blob=row.blob if row else b"",  # a page that is not there opens as little as a damaged one
            workspace=row.workspace if row else "",
            wanted={item.item: item for item in wanted if item.item in near},
            numbers=every,
        )

    def _compare(self, opened: Page, page: str, held: _HeldPage) -> None:
        found = [
            PageProblem(page, what) for what in page_problems(opened, page, held.workspace, held.numbers)
        ]
        if not found:
            return
        self.problems += found
        details = {"problems": sorted(problem.what for problem in found)}
        with self._register.writing() as rows:
            custody.append(rows, [custody.Entry("VERIFIED", self._actor.code, page, details)], self._now())

    def _open_one(
        self,
        item: SealedItem,
        after: SealedItem | None,
        workspace: str,
        keys: Keys,
    ) -> OpenedItem:
        try:
            if item.file is None:
                return OpenedItem(item, content=open_blob(item, workspace, keys))
            part = part_name(item, after, workspace, keys)
            path = self._open_file(item, keys)
        except (ItemDamaged, SealedFileLost) as problem:
            return OpenedItem(item, problem=problem)
        if item.kind not in _FILES:
            content = path.read_bytes()
            path.unlink()
            return OpenedItem(item, content=content)
        return OpenedItem(item, path=path, name=part)

    def _open_file(self, item: SealedItem, keys: Keys) -> Path:
        """Open a sealed file into a private place; it is given out only after its end was verified."""
        name = cast("str", item.file)
        kind, key = keys.get(item.item, ("", ""))
        if kind != item.kind:
            raise ItemDamaged(item=named(item))
        if not is_sound(self._register.folder, name):
            raise SealedFileLost(file=name)
        target = self.place() / f"{item.key_page[:8]}-{item.item}"
        with full_disk_said():
            decrypt_file(path_of(self._register.folder, name), target, key, item)
        return target

    def place(self) -> Path:
        """Return the private place of this opening, which ends with it: in memory where the system has such a place."""
        if self._place is None:
            self._until_gone.enter_context(ends_in_order())
            self._place = make_place(self._register.workspace_id)
        return self._place


def items_of_scopes(rows: Rows, scopes: Sequence[str]) -> list[SealedItem]:
    """Return the items of some scopes, without their bytes."""
    return items_where(rows, sealed_item.c.scope.in_(scopes))


def items_named(rows: Rows, names: Sequence[tuple[str, int]]) -> list[SealedItem]:
    """Return the items with these pages and numbers, without their bytes; the beginning of a page's id is enough."""
    named = (
        and_(sealed_item.c.key_page.startswith(page, autoescape=True), sealed_item.c.item == number)
        for page, number in names
    )
    return items_where(rows, or_(*named))


def items_where(rows: Rows, *conditions: Any, blobs: bool = False) -> list[SealedItem]:
    """Return the items for which some conditions on the table ``sealed_item`` hold."""
    columns = [column for column in sealed_item.c if blobs or column.name != "blob"]
    statement = select(*columns).where(*conditions).order_by(sealed_item.c.key_page, sealed_item.c.item)
    return [SealedItem(**dict(found)) for found in rows.execute(statement).mappings()]


def _ranges(items: Sequence[SealedItem]) -> dict[str, str]:
    """Return page -> numbers, such as ``{"ab…": "0-3,7"}``."""
    found: dict[str, str] = {}
    for page, group in groupby(items, key=lambda item: item.key_page):
        runs: list[list[int]] = []
        for item in group:
            if runs and item.item == runs[-1][1] + 1:
                runs[-1][1] = item.item
            else:
                runs.append([item.item, item.item])
        found[page] = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
    return found
