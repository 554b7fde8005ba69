"""How the database is reached: the one way to connect, and database errors without values.

SQLCipher is opened with a raw key in a fixed order of statements; PostgreSQL through psycopg. Nothing else in the
product makes a connection. No text of a database error is ever shown or logged, because PostgreSQL puts the values
into it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, NoReturn, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import StatementError
from sqlalchemy.pool import QueuePool
from sqlcipher3 import dbapi2

from sync_scripts.errors import DikaloError
from sync_scripts.store.errors import (
    AccountMayNot,
    DatabaseFailed,
    DatabaseUnreachable,
    DiskFull,
    DriverMissing,
    RegisterDamaged,
    RegisterMissing,
    RegisterReplaced,
    StoreBusy,
    StoreCrossed,
)

PRAGMAS: Final = (
    "temp_store=MEMORY",  # FILE would write clear text beside an encrypted database
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "recursive_triggers=ON",  # or INSERT OR REPLACE would slip past the triggers that refuse DELETE
    "secure_delete=ON",
    "trusted_schema=OFF",
    "cell_size_check=ON",
)
Use: TypeAlias = Literal["everyday", "copying", "looking"]
"""What a file is opened for: to work in it; to write a copy, which counts only once it is whole; to look at one that never changes."""
_RULES: Final[dict[Use, tuple[str, ...]]] = {  # for everyday work: `PRAGMAS`, as they are when it is opened
    "copying": ("temp_store=MEMORY", "locking_mode=EXCLUSIVE", "journal_mode=OFF", "synchronous=OFF"),
    "looking": ("temp_store=MEMORY", "trusted_schema=OFF", "cell_size_check=ON"),
}
MEMORY: Final = "cipher_memory_security=OFF"
"""SQLCipher wipes its keys in any case. Wiping and locking every allocation of SQLite too was measured at 31 of 35 µs
of an inserted row, which alone would break the limit of a pull, while the same rows stay readable in Python's own
memory: what helps there is that a pull is a process that ends."""
WAIT_S: Final = 30
LONGEST_S: Final = 600
"""How long a writer waits for its turn on PostgreSQL where another one says that it writes for long."""
_PAGE: Final = 4096
_PAGES_AT_ONCE: Final = 512
"""Two megabytes: between two such portions somebody hears how far it is."""
_LEAST_ROOM: Final = 256 * 1024
"""Bytes; with fewer free, a failed write is a full disk."""
_WRITERS: Final = (
    0x64696B616C6F  # "dikalo": the advisory lock that makes writers of one PostgreSQL wait in line
)
_LONG: Final = _WRITERS + 1
"""Beside it, of whoever holds that one for long: makes nobody wait, and tells the others that it is worth while."""
_NOT_IN_TIME: Final = "55P03"


# The driver looks in vain for a way to bind None and bool before it binds them as they are: half a microsecond each,
# for every empty column of every row. Telling it the way costs a tenth of that.
dbapi2.register_adapter(type(None), lambda nothing: nothing)
dbapi2.register_adapter(bool, int)


def make_file(path: Path) -> None:
    """Make an empty database file that only its owner may read.

    Raises:
        FileExistsError: a register is never written over.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def sqlcipher(path: Path, key: bytes, use: Use = "everyday") -> Engine:
    """Return an engine on the encrypted file; connections are made when they are needed.

    Args:
        path: the file, which must be there.
        key: 32 raw bytes; no passphrase and no derivation.
        use: what for.
    """

    def connect() -> Any:
        return _connect(path, key, use)

    engine = create_engine(
        "sqlite://",
        module=dbapi2,
        creator=connect,
        poolclass=QueuePool,
        pool_size=2,
        hide_parameters=True,
        execution_options={"dikalo_file": path, "dikalo_inode": _inode(path)},
    )
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def cipher_version() -> str | None:
    """Return the version of SQLCipher in use; None when it does not encrypt here."""
    made = dbapi2.connect(":memory:")
    try:
        found = made.execute("PRAGMA cipher_version").fetchone()
    finally:
        made.close()
    return str(found[0]) if found else None


def copy_pages(source: Connection, target: Path, key: bytes, tell: Callable[[int], None]) -> None:
    """Write what a transaction on a SQLCipher file sees into another such file under another key; not made durable yet.

    ``tell`` is called with how many more bytes are written.
    """
    left = size_of(source) // _PAGE

    def written(_status: int, remaining: int, _total: int) -> None:
        nonlocal left
        tell(max(left - remaining, 0) * _PAGE)
        left = remaining

    with plain_errors():
        made = _connect(target, key, "copying")
        try:
            driver: Any = source.connection.driver_connection
            driver.backup(made, pages=_PAGES_AT_ONCE, progress=written)
            made.execute("PRAGMA journal_mode=DELETE")  # no log beside a copy
        finally:
            made.close()


def size_of(source: Connection) -> int:
    """Return how many bytes the file of a connection has."""
    return int(source.exec_driver_sql("PRAGMA page_count").scalar_one()) * _PAGE


def opens(path: Path, key: bytes) -> bool:
    """Tell whether a key opens an encrypted file, by trying."""
    try:
        _connect(path, key).close()
    except (RegisterMissing, dbapi2.Error):
        return False
    return True


def _connect(path: Path, key: bytes, use: Use = "everyday") -> Any:
    if not path.exists():
        raise RegisterMissing
    made = dbapi2.connect(
        f"{path.absolute().as_uri()}?mode={'ro&immutable=1' if use == 'looking' else 'rw'}",
        uri=True,
        isolation_level=None,
        timeout=WAIT_S,
        check_same_thread=False,
    )
    try:
        made.execute("PRAGMA cipher_log_level=NONE")  # before the key, or a wrong key prints lines on stderr
        made.execute(f"PRAGMA {MEMORY}")
        made.execute(f"PRAGMA key=\"x'{key.hex()}'\"")
        for rule in _RULES.get(use, PRAGMAS):
            made.execute(f"PRAGMA {rule}")
        list(made.execute("SELECT count(*) FROM sqlite_master"))  # a wrong key shows here
    except BaseException:
        made.close()
        raise
    return made


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("dikalo_reads", False)
    if connection.info.get("reads") is not reads:  # kept with the connection of the driver
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
        connection.info["reads"] = reads
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def postgresql(url: str) -> Engine:
    """Return an engine on a PostgreSQL register; the password comes from libpq's own sources, never from the URL.

    Raises:
        DriverMissing: psycopg is not installed.
    """
    try:
        engine = create_engine(
            re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", url),
            hide_parameters=True,
            pool_size=2,
            pool_pre_ping=True,
            connect_args={"connect_timeout": WAIT_S, "application_name": "dikalo"},
        )
    except ModuleNotFoundError:
        raise DriverMissing from None
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("dikalo_reads", False):
        return
    _wait(connection, options.get("dikalo_waits"))
    if options.get("dikalo_long", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({_LONG})")


def _wait(connection: Connection, waits: Callable[[], None] | None) -> None:
    """Wait for the turn to write, and go on waiting as long as another one says that it writes for long."""
    for more in reversed(range(max(1, round(LONGEST_S / WAIT_S)))):
        try:
            _bound_waits(connection)
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
        except StatementError as refused:
            if getattr(refused.orig, "sqlstate", None) != _NOT_IN_TIME or not more:
                raise
            connection.connection.rollback()  # after a refusal nothing can be asked before
            if not _somebody_writes_for_long(connection):
                if _turn_is_free(
                    connection
                ):  # whoever wrote for long ended between the refusal and the question
                    return
                raise
            connection.connection.rollback()
        else:
            return
        if waits is not None:
            waits()
            waits = None


def _bound_waits(connection: Connection) -> None:
    """Let no statement of this transaction wait longer for anybody's lock; a rollback forgets it."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_S}s'")


def _turn_is_free(connection: Connection) -> bool:
    """Take the turn to write if nobody has it now; say whether it was taken."""
    _bound_waits(connection)
    return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({_WRITERS})").scalar_one())


def _somebody_writes_for_long(connection: Connection) -> bool:
    found = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (classid::bigint << 32) | objid::bigint = %(key)s",
        {"key": _LONG},
    )
    return bool(found.scalar_one())


@contextmanager
def transaction(
    engine: Engine,
    *,
    reads: bool = False,
    long: bool = False,
    waits: Callable[[], None] | None = None,
) -> Iterator[Connection]:
    """Give a connection inside one transaction: committed at the end, undone after any error.

    A reading one sees one state from its first statement on and cannot write; a writing one waits for its turn.

    Args:
        engine: from `sqlcipher` or `postgresql`.
        reads: nothing is written.
        long: it will write for minutes; on PostgreSQL others go on waiting then, for `LONGEST_S` instead of `WAIT_S`.
        waits: is called once when this one goes on waiting for such a one.
    """
    options: dict[str, Any] = {"dikalo_reads": reads, "dikalo_long": long, "dikalo_waits": waits}
    if reads and engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _told_apart(engine), plain_errors(), engine.connect() as plain:
        connection = plain.execution_options(**options)
        with connection.begin() as whole:
            if not reads:
                refuse_replaced(engine)
            yield connection
            if reads:
                whole.rollback()


def refuse_replaced(engine: Engine) -> None:
    """Refuse to write into a file that another one took the place of, as that would be lost: raises RegisterReplaced."""
    told = engine.get_execution_options()
    if "dikalo_file" in told and _inode(told["dikalo_file"]) != told["dikalo_inode"]:
        raise RegisterReplaced


def _inode(path: Path) -> int | None:
    """Return what tells a file from one that took its place."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


@contextmanager
def _told_apart(engine: Engine) -> Iterator[None]:
    """Tell a full disk from other failures, as SQLite's shared-memory file says none, and a file that was replaced from a damaged one."""
    try:
        yield
    except RegisterDamaged:
        refuse_replaced(engine)
        raise
    except DatabaseFailed as problem:
        file = engine.get_execution_options().get("dikalo_file")
        if not (file and problem.state.startswith("SQLITE_IOERR") and _no_room(file)):
            raise
        _raise_alone(DiskFull())


def _no_room(file: Path) -> bool:
    try:
        return shutil.disk_usage(file.parent).free < _LEAST_ROOM
    except OSError:
        return False


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn every database error inside into one of ours, and let nothing of its text live on."""
    try:
        yield
    except (StatementError, dbapi2.Error, UnicodeError, OverflowError) as error:
        problem = worded(error)
        _raise_alone(problem)


def _raise_alone(problem: DikaloError) -> NoReturn:
    """Raise without the error it stands for: that one carries values, even as a hidden context."""
    try:
        raise problem
    finally:
        problem.__context__ = None


def worded(error: BaseException) -> DikaloError:
    """Return our error for one of the database: its class, its state and the broken rule, no value."""
    cause: BaseException = getattr(error, "orig", None) or error
    if isinstance(cause, DikaloError):
        return cause
    kind = type(cause).__name__
    if isinstance(cause, dbapi2.Error):
        return _of_sqlite(kind, getattr(cause, "sqlite_errorname", None) or "-", str(cause))
    if hasattr(cause, "diag"):
        return _of_postgresql(kind, cause)
    return DatabaseFailed(kind=kind, state="-", rule="-")


_RULE: Final = re.compile(
    r"^(?:UNIQUE|NOT NULL|CHECK) constraint failed: ([\w., ]+)$|^(FOREIGN KEY) constraint failed$|^(append-only: \w+)$"
)


def _of_sqlite(kind: str, state: str, text: str) -> DikaloError:
    if state == "SQLITE_FULL":
        return DiskFull()
    if state.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusy()
    if state.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")) or text == "file is not a database":
        return RegisterDamaged()
    found = _RULE.match(text)
    rule = next(part for part in found.groups() if part) if found else "-"
    return DatabaseFailed(kind=kind, state=state, rule=rule)


_STATES: Final[dict[str, Callable[[], DikaloError]]] = {
    "42501": AccountMayNot,
    "53100": DiskFull,
    "55P03": StoreBusy,
    "40001": StoreCrossed,  # never between two of ours, which wait for each other in line
    "40P01": StoreCrossed,
}
"""SQLSTATE of PostgreSQL -> what it is here."""


def _of_postgresql(kind: str, cause: Any) -> DikaloError:
    state = cause.sqlstate
    if state in _STATES:
        return _STATES[state]()
    if state is None and kind == "OperationalError":
        return DatabaseUnreachable(state=kind)
    if state is not None and state.startswith(("08", "28", "57P", "3D")):
        return DatabaseUnreachable(state=state)
    return DatabaseFailed(kind=kind, state=state or "-", rule=cause.diag.constraint_name or "-")
