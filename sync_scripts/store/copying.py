"""A copy of a register in one SQLCipher file under a key of its own, and a register laid from such a copy.

A copy of a register on PostgreSQL is such a file, too: the tables are the same. So is what each laptop keeps beside a shared
register: the key of tags and the logins are rows of the copy. A copy counts only once it is whole, so writing one needs no log;
who makes it syncs it. Opens nothing that is sealed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)

from sync_scripts.store import engine, migrations
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.durable import step
from sync_scripts.store.engine import transaction
from sync_scripts.store.errors import RegisterTaken
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema.raw import secret, setting
from sync_scripts.store.seal.sealing import Recipients

_CARRIED: Final = Table(
    "carried", MetaData(), Column("name", Text, primary_key=True), Column("data", LargeBinary, nullable=False)
)
"""Of a copy alone: small files of the workspace, such as settings and forms."""
_FROM: Final = "restored.from"
"""Setting of a database that was filled from a copy: its name."""
_AT_ONCE: Final = 1000
Tell = Callable[[int], None]
"""Is called with how many more bytes are written."""


def write(
    rows: Rows,
    target: Path,
    key: bytes,
    *,
    beside: Mapping[str, bytes],
    files: Mapping[str, bytes],
    tell: Tell,
) -> None:
    """Write what a reading transaction sees into a new file under a key of its own.

    Args:
        rows: the transaction, on either database.
        target: the file, which must not be there.
        key: 32 raw bytes, drawn for this copy.
        beside: of a shared register, what this laptop keeps beside it: rows of the table ``secret``.
        files: small files of the workspace by their names.
        tell: hears how far it is.
    """
    step("copy.begin")
    engine.make_file(target)
    if rows.dialect == "sqlite":
        engine.copy_pages(rows.connection, target, key, _stepping(tell))
    made = engine.sqlcipher(target, key, "copying")
    try:
        if rows.dialect != "sqlite":
            migrations.upgrade(made)
            with transaction(made) as into:
                _tables(rows.connection, into)
                _insert(into, secret, [{"name": name, "value": value} for name, value in beside.items()])
        step("copy.files")
        with transaction(made) as into:
            _CARRIED.create(into)
            _insert(into, _CARRIED, [{"name": name, "data": data} for name, data in files.items()])
    finally:
        made.dispose()
    synced(target)


def filled(copy: Register, url: str, name: str, tell: Tell) -> Engine:
    """Return an engine on a PostgreSQL database filled with what a copy holds, in one transaction; keys and logins stay out of it.

    Args:
        copy: open to be read.
        url: an empty database, or one that a restore which was cut filled with this very copy: then it is full already.
        name: of the copy, by which that is told.
        tell: hears when it is done.

    Raises:
        RegisterTaken: another register is there.
    """
    made = engine.postgresql(url)
    try:
        migrations.upgrade(made)
        with copy.reading() as rows, transaction(made) as into:
            _fill(rows, into, name)
        tell(1)
    except BaseException:
        made.dispose()
        raise
    return made


def _fill(rows: Rows, into: Connection, name: str) -> None:
    there = {row.name: row.value for row in into.execute(select(setting))}
    if there.get(_FROM) == name:
        return
    if there:
        raise RegisterTaken
    _tables(rows.connection, into)
    _insert(into, setting, [{"name": _FROM, "value": name}])


def settle(url: str) -> None:
    """Let a filled database be a register like any other: no restore goes on in it."""
    made = engine.postgresql(url)
    try:
        with transaction(made) as into:
            into.execute(delete(setting).where(setting.c.name == _FROM))
    finally:
        made.dispose()


def lay_file(copy: Register, target: Path, key: bytes, tell: Tell) -> None:
    """Write a register file from a copy, under another key, without what only a copy holds."""
    step("copy.begin")
    engine.make_file(target)
    with copy.reading() as rows:
        engine.copy_pages(rows.connection, target, key, _stepping(tell))
    made = engine.sqlcipher(target, key, "copying")
    try:
        with transaction(made) as into:
            _CARRIED.drop(into)
    finally:
        made.dispose()
    synced(target)


@contextmanager
def looked_at(path: Path, key: bytes, workspace: str, folder: Path) -> Iterator[Register]:
    """Give a copy to read, with the folder in which its sealed files are; nothing can be written into it."""
    made = Register(
        engine=engine.sqlcipher(path, key, "looking"),
        workspace_id=workspace,
        demo=False,
        folder=folder,
        recipients=Recipients(()),
        match_key=b"",
    )
    try:
        yield made
    finally:
        made.engine.dispose()  # without a note of when it was read: it is no register to write into


def carried(rows: Rows) -> dict[str, bytes]:
    """Return the small files that a copy holds, by their names."""
    return {row.name: row.data for row in rows.execute(select(_CARRIED).order_by(_CARRIED.c.name))}


def counts(rows: Rows) -> dict[str, int]:
    """Return how many rows each table holds, but for what is kept elsewhere on PostgreSQL."""
    return {
        table.name: int(rows.execute(select(func.count()).select_from(table)).scalar_one())
        for table in _shared()
    }


def synced(path: Path) -> None:
    """Make the bytes of a file survive a cut of the power, and let the next reading ask the disk and no memory of it."""
    step("file.sync")
    opened = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(opened)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(opened)


def _shared() -> Iterator[Table]:
    return (table for table in metadata.sorted_tables if table.info.get("only") is None)


def _tables(source: Connection, into: Connection) -> None:
    """Insert every row of every table, a block at a time, so that memory stays flat."""
    for table in _shared():
        found = source.execute(select(table), execution_options={"yield_per": _AT_ONCE}).mappings()
        for some in found.partitions():
            step("copy.rows")
            _insert(into, table, [dict(row) for row in some])


def _insert(into: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    if rows:
        into.execute(insert(table), rows)


def _stepping(tell: Tell) -> Tell:
    def told(more: int) -> None:
        step("copy.pages")
        tell(more)

    return told
