"""The register as the rest of the product sees it: transactions, and rows inside them.

A writing transaction is committed whole or undone whole, one writer at a time. The hot path (`Rows.many`) compiles a
statement once and hands tuples to the driver. Opens nothing that is sealed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Select,
    Table,
    func,
    select,
)
from sqlalchemy import Row as SqlRow

from sync_scripts.clock import seconds
from sync_scripts.config import NotifySettings
from sync_scripts.errors import DikaloError
from sync_scripts.secrets.login_file import LoginFile
from sync_scripts.store import file_checks, statements
from sync_scripts.store.durable import step, watchers
from sync_scripts.store.engine import WAIT_S, plain_errors, refuse_replaced, transaction
from sync_scripts.store.errors import ClockApart, RegisterDamaged
from sync_scripts.store.event_times import APART, server_clock
from sync_scripts.store.seal.sealing import Recipients, Sealer
from sync_scripts.store.statements import MANY, Compiled, Row, filled, removal, whole_rows

Dialect: TypeAlias = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and how that was proved.

    Attributes:
        code: the worker's code; ``dikalo`` for the program.
        proof: ``key`` = opened with the worker's own slot, ``claimed`` = a code typed, ``rule`` = the program by rule.
        hand: of a code typed, the worker whose slot was open; None where that is nobody's: the recovery paper.
    """

    code: str
    proof: Literal["key", "claimed", "rule"]
    hand: str | None = None


PROGRAM = Actor("dikalo", "rule")


class Rows:
    """What may be done inside one transaction."""

    def __init__(self, connection: Connection, register: Register) -> None:
        self._connection = connection
        self.destinations: tuple[NotifySettings, ...] = register.destinations
        self._compiled = register.compiled
        self._streams: list[CursorResult[Any]] = []
        self._account: str | None = None
        self.once: dict[str, Any] = {}  # what is asked once a transaction
        self.kept: dict[str, Any] = register.kept
        self.workspace: str = register.workspace_id
        self.dialect = cast("Dialect", connection.dialect.name)

    @property
    def connection(self) -> Connection:
        """The connection of this transaction, for `copying` alone."""
        return self._connection

    @property
    def account(self) -> str | None:
        """The account that logged in to the database server, as the server itself says; None where the register is a file.

        It is the login of the session, which ``SET ROLE`` does not change.
        """
        if self.dialect == "postgresql" and self._account is None:
            self._account = self.execute(select(func.session_user())).scalar_one()
        return self._account

    @property
    def state(self) -> str:
        """A word that is another one once anybody else has kept something: see `state_of`."""
        from sync_scripts.store.file_checks import state_of  # here: no list asks for it

        return state_of(self._connection)

    def execute(self, statement: Executable, parameters: Row | None = None) -> CursorResult[Any]:
        """Run one statement and return its result.

        Raises:
            DatabaseFailed: a rule of the schema was broken; holds no value.
            DiskFull, StoreBusy, RegisterDamaged, DatabaseUnreachable: as they say.
        """
        if watchers:
            step("execute")
        with plain_errors():
            return cast("CursorResult[Any]", self._connection.execute(statement, parameters))

    def among(
        self, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any], **bound: Any
    ) -> Iterator[SqlRow[Any]]:
        """Yield the rows of a query in which a column is one of some values, however many; ``bound`` are those that it leaves open.

        Raises:
            DatabaseFailed: as `execute`.
        """
        if wanted := list(dict.fromkeys(values)):
            yield from self.execute(
                statements.asked_among(query, column), {**bound, **statements.values_of(wanted)}
            )

    def stream(self, statement: Executable) -> Iterator[SqlRow[Any]]:
        """Yield the rows of a query a block at a time, so that memory stays flat however many there are."""
        with plain_errors():
            # never Connection.execution_options: it would change every later statement of this transaction
            result = self._connection.execute(statement, execution_options={"yield_per": 1000})
            self._streams.append(result)
            yield from result
            self._streams.remove(result)

    def end_streams(self) -> None:
        """Close the streams that nobody read to their end; the transaction is about to end."""
        while self._streams:
            self._streams.pop().close()

    def many(self, statement: Table | Executable, rows: Sequence[Row]) -> None:
        """Run one statement for many rows at the driver's own speed; nothing happens for no rows.

        A table stands for its insert. Every row must have the keys of the first. Values go to the driver as they are:
        text, int, bool, bytes or None.

        Raises:
            DatabaseFailed: as `execute`.
        """
        if not rows:
            return
        names = tuple(rows[0])
        if len(rows) >= MANY and isinstance(statement, Table):
            names = filled(names, rows)
        self._many(statement, names, rows)

    def _many(self, statement: Table | Executable, names: tuple[str, ...], rows: Sequence[Row]) -> None:
        if watchers:
            step("many")
        with plain_errors():
            text, arrange = self._compiled.get(statement, names)
            self._connection.exec_driver_sql(text, cast("Any", arrange(rows)))

    def whole(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows that are tuples of every column, in the order of the table; as `many` otherwise."""
        if not rows:
            return
        if watchers:
            step("many")
        names = tuple(column.name for column in table.columns)
        with plain_errors():
            text, _ = self._compiled.get(table, names)
            values: Any = rows
            if self.dialect == "postgresql":
                values = [dict(zip(names, row, strict=True)) for row in rows]
            self._connection.exec_driver_sql(text, values)

    def upsert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows, or where the primary key is there already set the other columns given."""
        if rows:
            names = tuple(rows[0])
            bound = filled(names, rows) if len(rows) >= MANY else names
            self._many(self._compiled.upsert(table, names), bound, rows)

    def tuples(self, statement: Executable, parameters: Row | None = None) -> set[tuple[Any, ...]]:
        """Return the rows of a query as a set of tuples, each value as the driver gives it."""
        with closing(self.execute(statement, parameters)) as found, plain_errors():
            return set(cast("Any", found.cursor).fetchall())

    def replace(self, table: Table, stood: set[tuple[Any, ...]], made: Sequence[Row]) -> set[tuple[Any, ...]]:
        """Put rows in the place of those that stand, both with every column of the table; write and return only what differs."""
        by_values = {values: row for row, values in zip(made, whole_rows(table, made), strict=True)}
        lost, fresh = stood - by_values.keys(), by_values.keys() - stood
        self.many(*removal(table, lost))
        self.many(table, [by_values[values] for values in by_values if values in fresh])
        return lost | fresh

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo only what is done inside when it raises; the transaction around it lives on, and what it remembers."""
        kept = dict(self.once)
        try:
            with plain_errors(), self._connection.begin_nested():
                yield
        except BaseException:
            self.once = kept
            raise


_CLOCK_S: Final = 600.0
"""Seconds after which the clock is looked at again."""


@dataclass(slots=True, weakref_slot=True)
class Register:
    """One open register.

    Attributes:
        workspace_id: id of this laptop's workspace; stands in its events and sealed labels.
        demo: invented data under published keys.
        dialect: where the rows are.
        folder: where sealed files are.
        recipients: for whom everything is sealed; pinned.
        unsure: why nothing may be sealed for them, where they are not those that a slot or a person knows.
        match_key: K, for tags only (never shown, never logged).
        login_file: where the logins are when a database server must not hold them.
        destinations: who is told of what is urgent; what is written for them goes into the transaction of its reason.
        sources: names of the sources from which this workspace pulls by its settings.
        former: keys that the vault had before, by signed changes alone.
        earlier: holders of before, as long as pages are still written again for those of now.
        waits: is called when a transaction goes on waiting for somebody who writes for long.
        turn: is held for each writing transaction: what long work gives up in between, see `lock.turn`.
        compiled: statements made ready.
        kept: what was worked out from what is stored, as long as the register is open.
    """

    engine: Engine = field(repr=False)
    workspace_id: str
    demo: bool
    folder: Path
    recipients: Recipients
    match_key: bytes = field(repr=False)
    unsure: DikaloError | None = None
    login_file: LoginFile | None = field(repr=False, default=None)
    destinations: tuple[NotifySettings, ...] = ()
    sources: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    earlier: tuple[Recipients, ...] = ()
    waits: Callable[[], None] | None = field(repr=False, default=None)
    turn: Callable[[], AbstractContextManager[None]] = field(repr=False, default=nullcontext)
    compiled: Compiled = field(init=False, repr=False)
    kept: dict[str, Any] = field(init=False, repr=False, default_factory=dict)
    _checked: datetime | None = field(init=False, repr=False, default=None)
    _mark: file_checks.Mark | None = field(init=False, repr=False, default=None)
    _clock_seen: float | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        """Make room for compiled statements."""
        self.compiled = Compiled(self.engine)

    @property
    def dialect(self) -> Dialect:
        """Name of the database."""
        return cast("Dialect", self.engine.dialect.name)

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Give rows of one unchanging state; writing is refused."""
        with (
            self._doubting(),
            transaction(self.engine, reads=True) as connection,
            self._rows(connection) as rows,
        ):
            yield rows

    @contextmanager
    def writing(self, *, long: bool = False) -> Iterator[Rows]:
        """Give one transaction, committed at the end and undone after any error; waits for other writers.

        ``long``: it takes minutes, and others are to wait for it on a shared register and not to give up.

        The first one of a process reads every page of the file (SQLCipher) before it writes, unless that was done less
        than a day ago and the file is as it was left (`file_checks`).

        Raises:
            StoreBusy: another writer held on for more than 30 s; for more than 10 minutes, if that one writes for long.
            DiskFull: nothing was written.
            RegisterDamaged: the file is not sound.
            RegisterReplaced: another file lies there since: its everyday key was changed.
            ClockApart: our clock is more than an hour from that of the database server.
        """
        step("begin")
        with (
            self.turn(),
            self._doubting(),
            transaction(self.engine, long=long, waits=self.waits) as connection,
        ):
            self._check_once(connection)
            self._check_clock(connection)
            with self._rows(connection) as rows:
                yield rows
            step("commit")
        step("committed")

    @contextmanager
    def _rows(self, connection: Connection) -> Iterator[Rows]:
        """Give rows, and at the end close the streams that nobody read to their end."""
        rows = Rows(connection, self)
        try:
            yield rows
        finally:
            rows.end_streams()

    def _check_once(self, connection: Connection) -> None:
        file = self._file
        if self._checked is not None or file is None:
            return
        now = datetime.fromtimestamp(seconds(), UTC)
        self._checked = file_checks.since(file, now)
        if self._checked is None:
            if [*connection.exec_driver_sql("PRAGMA quick_check(1)").scalars()] != ["ok"]:
                raise RegisterDamaged
            self._checked = now
        if self._mark is None:
            self._mark = file_checks.mark(file)

    def _check_clock(self, connection: Connection) -> None:
        """Look, every few minutes, whether our clock is that of the database server, on a shared register.

        Raises:
            ClockApart: it is not, by more than an hour.
        """
        beat = time.monotonic()
        if self.dialect != "postgresql" or (
            self._clock_seen is not None and beat < self._clock_seen + _CLOCK_S
        ):
            return
        theirs, ours = server_clock(connection), datetime.fromtimestamp(seconds(), UTC)
        if abs(ours - theirs) > APART:
            raise ClockApart(
                ours=ours.strftime("%Y-%m-%d %H:%M"), theirs=theirs.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
            )
        self._clock_seen = beat

    @contextmanager
    def _doubting(self) -> Iterator[None]:
        """Let nothing vouch for a file in which damage was met."""
        try:
            yield
        except RegisterDamaged:
            self.doubt()
            raise

    def doubt(self) -> None:
        """Let the next process that writes read every page again: damage was met."""
        self._checked = None
        if self._file is not None:
            file_checks.forget(self._file)

    @property
    def _file(self) -> Path | None:
        """The file of an SQLCipher register."""
        return cast("Path | None", self.engine.get_execution_options().get("dikalo_file"))

    def require_holders(self) -> None:
        """Refuse to seal for holders whom nobody here knows.

        Raises:
            HoldersUnaccepted, HoldersUncompared: as they say.
        """
        if self.unsure is not None:
            raise self.unsure

    def sealer(self) -> Sealer:
        """Return a sealer for one transaction; raises what `require_holders` raises."""
        self.require_holders()
        return Sealer(self.workspace_id, self.recipients, self.folder)

    def settle(self, wait_s: float = WAIT_S) -> None:
        """Write the log of the last transactions back into the file; nothing on PostgreSQL. Not inside a transaction.

        After a cut of the power the file's own pages may be half written while the log still holds them whole. SQLCipher's
        integrity check looks at the file alone and would call that damage. Whoever reads what the log holds is waited for
        ``wait_s``; then it stays. Raises what `writing` does of a file that was replaced.
        """
        if self.dialect == "sqlite":
            refuse_replaced(self.engine)
            with plain_errors(), closing(self.engine.raw_connection()) as made:
                ask = made.cursor().execute
                for words in (f"busy_timeout={round(wait_s * 1000)}", "wal_checkpoint(TRUNCATE)"):
                    ask(f"PRAGMA {words}")
                ask(f"PRAGMA busy_timeout={WAIT_S * 1000}")

    def close(self) -> None:
        """Close every connection; what was read whole, or stood vouched for, stays vouched for as it lies there now."""
        self.engine.dispose()
        marked, self._mark = self._mark, None
        if marked is not None:
            marked.remove()
            if self._checked is not None and self._file is not None:
                file_checks.note(self._file, self._checked)
