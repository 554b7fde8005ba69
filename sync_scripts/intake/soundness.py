"""The register against itself: database, chains, sealed files, key pages, versions. Opens nothing, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from sync_scripts.store import custody, events, integrity, sealed_files, sealed_rows
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.errors import ChainBroken
from sync_scripts.store.schema.raw import attachment, sealed_item, submission

__all__ = ["Check", "checks"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the register itself: what, how many were looked at, what is wrong (ids and codes only)."""

    name: str
    looked_at: int
    wrong: tuple[str, ...] = ()


def checks(rows: Rows, register: Register) -> Iterator[Check]:
    """Yield what was looked at in a register, and what is wrong with it."""
    broken = tuple(integrity.faults(rows))
    if broken:
        register.doubt()
    yield Check("database", 1, broken)
    chain = _chain("custody", custody.check, rows)
    yield chain
    yield _chain("events", events.check, rows)
    lost = (
        ("custody",) if chain.wrong else tuple(sealed_rows.lost_pages(rows))
    )  # the chain says what a page was
    yield Check("key_pages", _total(rows, sealed_item), lost)
    yield _files(rows, register)
    yield _versions(rows)


def _chain(name: str, check: Callable[[Rows], int], rows: Rows) -> Check:
    try:
        return Check(name, check(rows))
    except ChainBroken as broken:
        return Check(name, broken.seq, (str(broken.seq),))


def _files(rows: Rows, register: Register) -> Check:
    asked = select(sealed_item.c.file).where(sealed_item.c.file.is_not(None)).order_by(sealed_item.c.file)
    names = [row.file for row in rows.execute(asked)]
    return Check("sealed_files", len(names), tuple(sealed_files.damaged(register.folder, iter(names))))


def _versions(rows: Rows) -> Check:
    """Every version has its raw bytes sealed, and every file that is held has its item."""
    raw = select(sealed_item.c.scope, sealed_item.c.version).where(sealed_item.c.kind == "raw").subquery()
    asked = (
        select(submission.c.arrival)
        .outerjoin(raw, (raw.c.scope == submission.c.scope) & (raw.c.version == submission.c.instance_id))
        .where(raw.c.version.is_(None), submission.c.status != "erased")
    )
    lost = [f"version {row.arrival}" for row in rows.execute(asked)]
    part = sealed_item.alias("part")
    gone = (
        select(attachment.c.tag)
        .outerjoin(part, (part.c.key_page == attachment.c.key_page) & (part.c.item == attachment.c.item))
        .where(attachment.c.state == "held", part.c.item.is_(None))
    )
    lost += [f"file {row.tag}" for row in rows.execute(gone)]
    return Check("versions", _total(rows, submission), tuple(lost))


def _total(rows: Rows, table: Any) -> int:
    return int(rows.execute(select(func.count()).select_from(table)).scalar_one())
