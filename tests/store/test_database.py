"""Transactions, the order of connecting, and errors that hold no value."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psycopg
import pytest
from sqlalchemy import BindParameter, Connection, Table, bindparam, insert, select, text, update

from sync_scripts.errors import DikaloError
from sync_scripts.store import engine
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.errors import (
    DatabaseFailed,
    DatabaseUnreachable,
    DiskFull,
    RegisterDamaged,
    RegisterMissing,
    StoreBusy,
    StoreCrossed,
)
from sync_scripts.store.schema.raw import scope, sealed_item, setting
from sync_scripts.store.schema.register import worker
from sync_scripts.store.seal.sealed_items import Holder, Identity, SealedItem
from tests.store.databases import KEY, _world, every_byte

CANARY = "Ngassa Mbarga Florentine"


def settings(register: Register) -> dict[str, str]:
    """Return what the table ``setting`` holds."""
    with register.reading() as rows:
        return {row.name: row.value for row in rows.execute(select(setting))}


def test_a_writing_transaction_is_committed_whole(register: Register) -> None:
    """What was written is there for the next reader."""
    with register.writing() as rows:
        rows.execute(insert(setting), {"name": "a", "value": "1"})
        rows.many(setting, [{"name": "b", "value": "2"}, {"name": "c", "value": "3"}])

    assert settings(register) == {"a": "1", "b": "2", "c": "3"}


def fail_after(_done: object) -> None:
    """Fail once something was done."""
    raise ZeroDivisionError


def test_a_writing_transaction_is_undone_whole_after_an_error(register: Register) -> None:
    """Half a page never stays."""
    with pytest.raises(ZeroDivisionError), register.writing() as rows:
        fail_after(rows.execute(insert(setting), {"name": "a", "value": "1"}))

    assert settings(register) == {}


def test_a_savepoint_undoes_only_itself(register: Register) -> None:
    """One record that fails does not take its page with it."""
    with register.writing() as rows:
        rows.many(setting, [{"name": "a", "value": "1"}])
        with pytest.raises(DatabaseFailed), rows.savepoint():
            rows.many(setting, [{"name": "b", "value": "2"}, {"name": "a", "value": "again"}])
        rows.many(setting, [{"name": "c", "value": "3"}])

    assert settings(register) == {"a": "1", "c": "3"}


def test_reading_cannot_write(register: Register) -> None:
    """A dry run leaves the database as it was."""
    with pytest.raises(DatabaseFailed), register.reading() as rows:
        rows.execute(insert(setting), {"name": "a", "value": "1"})

    assert settings(register) == {}
    with register.writing() as rows:  # the same connection can write again
        rows.many(setting, [{"name": "a", "value": "1"}])


def test_reading_sees_one_state(register: Register) -> None:
    """A report does not mix what was before and after a pull."""
    with register.reading() as rows:
        assert not list(rows.execute(select(setting)))
        with register.writing() as others:
            others.many(setting, [{"name": "a", "value": "1"}])
        assert not list(rows.execute(select(setting)))


def test_many_runs_updates_with_bound_and_constant_values(register: Register) -> None:
    """The hot path takes any statement, however its values are given."""
    with register.writing() as rows:
        rows.many(setting, [{"name": name, "value": "old"} for name in "abc"])
        named: BindParameter[str] = bindparam("which")
        rows.many(
            update(setting).where(setting.c.name == named, setting.c.value == "old"),
            [{"value": "new", "which": "a"}, {"value": "newer", "which": "b"}],
        )
        rows.many(update(setting).where(setting.c.name == named).values(value="same"), [{"which": "c"}])

    assert settings(register) == {"a": "new", "b": "newer", "c": "same"}


def test_upsert_sets_what_is_there_and_adds_what_is_not(register: Register) -> None:
    """A source that was seen before is seen again under the same key."""
    with register.writing() as rows:
        rows.upsert(setting, [{"name": "a", "value": "1"}])
        rows.upsert(setting, [{"name": "a", "value": "2"}, {"name": "b", "value": "3"}])
        rows.upsert(setting, [])

    assert settings(register) == {"a": "2", "b": "3"}


def test_stream_gives_every_row(register: Register) -> None:
    """A query longer than one block loses nothing at its edges."""
    names = [f"{number:05}" for number in range(2500)]
    with register.writing() as rows:
        rows.many(setting, [{"name": name, "value": ""} for name in names])
    with register.reading() as rows:
        found = [row.name for row in rows.stream(select(setting.c.name).order_by(setting.c.name))]

    assert found == names


def test_text_sorts_by_bytes(register: Register) -> None:
    """A rebuild meets the rows in one order on both databases, whatever the server's language."""
    names = ["Z", "a", "É", "é", "z", "B", "_"]
    with register.writing() as rows:
        rows.many(setting, [{"name": name, "value": ""} for name in names])
    with register.reading() as rows:
        found = [row.name for row in rows.execute(select(setting.c.name).order_by(setting.c.name))]

    assert found == sorted(names, key=str.encode)


def write(rows: Rows, table: Table, given: list[dict[str, Any]], *, hot: bool) -> None:
    """Insert rows on the hot path or one by one."""
    if hot:
        rows.many(table, given)
    for row in [] if hot else given:
        rows.execute(insert(table), row)


def broken_rules(register: Register) -> list[DikaloError]:
    """Break rules with a value that must not come out; return the errors."""
    found: list[DikaloError] = []
    line = {"id": "x", "kind": CANARY, "server": "", "form": "", "root_id": "", "row": ""}
    attempts: list[tuple[Table, list[dict[str, Any]]]] = [
        (setting, [{"name": CANARY, "value": "1"}, {"name": CANARY, "value": "2"}]),
        (setting, [{"name": CANARY, "value": None}]),
        (scope, [line]),
        (setting, [{"name": "surrogate", "value": f"{CANARY}\ud800"}]),
    ]
    for table, rows_given in attempts:
        for hot in (True, False):
            with pytest.raises(DikaloError) as caught, register.writing() as rows:
                write(rows, table, rows_given, hot=hot)
            found.append(caught.value)
    return found


def test_no_value_stands_in_an_error(register: Register) -> None:
    """PostgreSQL writes values into its errors; ours keep class, state and rule."""
    for error in broken_rules(register):
        told = [str(error), repr(error), error.words(), *traceback.format_exception(error)]
        assert CANARY not in "".join(told)
        assert error.__context__ is None
        assert error.__cause__ is None


def test_an_error_names_the_rule_that_was_broken(register: Register) -> None:
    """Whoever reports a fault can say which rule, without any data."""
    rules = [error.fields()["rule"] for error in broken_rules(register)[::2]]

    named = {"sqlite": ["setting.name", "setting.value", "ck_scope_kind", "-"]}
    named["postgresql"] = ["pk_setting", "-", "ck_scope_kind", "-"]
    assert rules == named[register.dialect]


def test_the_connection_rules_are_read_back(sqlite_register: Register) -> None:
    """Each rule of connecting holds on a connection as it is really given out."""
    expected = {
        "temp_store": 2,
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
    }
    assert {rule.partition("=")[0] for rule in engine.PRAGMAS} == set(expected)
    with sqlite_register.reading() as rows:
        found = {name: rows._connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in expected}
        version = rows._connection.exec_driver_sql("PRAGMA cipher_version").scalar_one()
    assert found == expected
    assert version


def test_the_file_is_no_plain_database(sqlite_register: Register, tmp_path: Path) -> None:
    """Neither its head nor what was written can be read without the key, temporary files included."""
    with sqlite_register.writing() as rows:
        rows.many(setting, [{"name": f"{number:09}", "value": f"{CANARY}{number}"} for number in range(3000)])
        rows.execute(select(setting).order_by(setting.c.value.desc())).fetchall()
    data = every_byte(tmp_path)

    assert not (tmp_path / "register.db").read_bytes().startswith(b"SQLite format 3")
    assert CANARY.encode() not in data
    assert b"CREATE TABLE" not in data


def test_a_wrong_key_is_said_in_our_words(sqlite_register: Register, tmp_path: Path) -> None:
    """A wrong key and a damaged file look the same; nothing of SQLCipher's own talk comes out."""
    sqlite_register.close()
    program = (
        "from pathlib import Path\nfrom sync_scripts.store import engine\n"
        f"with engine.transaction(engine.sqlcipher(Path({str(tmp_path / 'register.db')!r}), bytes(32))): pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.splitlines()[-1].endswith("DK-S07: DK-S07")
    assert "ERROR CORE" not in done.stderr + done.stdout


def test_a_missing_file_is_not_made_anew(tmp_path: Path) -> None:
    """An empty register in place of a lost one would look like "nothing new"."""
    with pytest.raises(RegisterMissing), engine.transaction(engine.sqlcipher(tmp_path / "no.db", KEY)):
        pass
    assert not (tmp_path / "no.db").exists()


@pytest.mark.parametrize("at", [0.05, 0.35, 0.65, 0.95])
def test_a_flipped_bit_is_damage(sqlite_register: Register, tmp_path: Path, at: float) -> None:
    """Authenticated pages: what was changed on the disk is never read as if it were right."""
    with sqlite_register.writing() as rows:
        rows.many(setting, [{"name": f"{number:05}", "value": "x" * 200} for number in range(500)])
    sqlite_register.close()
    sqlite_register._checked = None  # as a new process
    path = tmp_path / "register.db"
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)

    with pytest.raises(RegisterDamaged), sqlite_register.writing():
        pass


def test_a_full_database_is_called_a_full_disk(sqlite_register: Register) -> None:
    """The person can free space only if told so; what was begun is undone."""
    with sqlite_register.writing() as rows:
        rows._connection.exec_driver_sql("PRAGMA max_page_count=1")
    large = [{"name": str(number), "value": "x" * 5000} for number in range(1000)]
    with pytest.raises(DiskFull), sqlite_register.writing() as rows:
        rows.many(setting, large)

    assert settings(sqlite_register) == {}


class FakeDiagnosis:
    """What psycopg tells of an error."""

    constraint_name = None


class FakeServerError(Exception):
    """An error as psycopg raises it."""

    def __init__(self, state: str | None) -> None:
        super().__init__(f"DETAIL: {CANARY}")
        self.sqlstate = state
        self.diag = FakeDiagnosis()


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("53100", DiskFull),
        ("55P03", StoreBusy),
        ("40001", StoreCrossed),
        ("40P01", StoreCrossed),
        ("08006", DatabaseUnreachable),
        ("28P01", DatabaseUnreachable),
        ("57P01", DatabaseUnreachable),
        ("42601", DatabaseFailed),
    ],
)
def test_states_of_a_server_have_their_errors(state: str, error: type[DikaloError]) -> None:
    """A full disk of the server is no fault of the program, a lost connection is not "nothing new"."""
    found = engine.worded(FakeServerError(state))

    assert type(found) is error
    assert CANARY not in found.words()


def test_a_server_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    """A wrong address says so, with its own exit code."""
    nowhere = engine.postgresql(f"postgresql://postgres@/postgres?host={tmp_path}")
    with pytest.raises(DatabaseUnreachable) as caught, engine.transaction(nowhere):
        pass
    assert caught.value.exit_code == 5


def test_a_second_writer_waits_and_then_says_so(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writers never interleave; the second one gives up in words."""
    monkeypatch.setattr(engine, "WAIT_S", 0.2)
    with register.writing() as rows:
        rows.many(setting, [{"name": "a", "value": "1"}])
        with pytest.raises(StoreBusy), register.writing() as others:
            others.many(setting, [{"name": "b", "value": "2"}])
    assert settings(register) == {"a": "1"}


@pytest.fixture
def office(
    new_database: Callable[[], str],
    holders: dict[Holder, Identity],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Register]:
    """Give a register on PostgreSQL whose writers soon ask whether it is worth while to wait on."""
    monkeypatch.setattr(engine, "WAIT_S", 0.2)
    made = _world(engine.postgresql(new_database()), holders, tmp_path).register
    yield made
    made.close()


def _write_once(register: Register) -> None:
    with register.writing() as rows:
        rows.many(setting, [{"name": "b", "value": "2"}])


def test_others_wait_for_whoever_says_that_it_takes_long(office: Register) -> None:
    """A long list of old cases: nobody is refused meanwhile, everybody is told once why nothing happens."""
    told = SimpleQueue[bool]()
    office.waits = lambda: told.put(True)
    with ThreadPoolExecutor(1) as beside:
        with office.writing(long=True) as rows:
            rows.many(setting, [{"name": "a", "value": "1"}])
            other = beside.submit(_write_once, office)
            assert told.get(timeout=60)
            with pytest.raises(TimeoutError):
                other.result(timeout=5 * 0.2)
        other.result(timeout=60)
    assert (settings(office), told.empty()) == ({"a": "1", "b": "2"}, True)


def test_whoever_takes_long_may_end_while_another_asks_for_it(
    office: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait ran out, then the long one ended, then it was asked whether there is one: nobody is refused a free turn."""
    asked = engine._somebody_writes_for_long
    ended = threading.Event()

    def too_late(connection: Connection) -> bool:
        may_end.set()
        assert ended.wait(60)
        return asked(connection)

    def write() -> str:
        with office.writing() as rows:
            rows.many(setting, [{"name": "b", "value": "2"}])
            return str(rows.execute(text("SHOW lock_timeout")).scalar_one())

    may_end = threading.Event()
    monkeypatch.setattr(engine, "_somebody_writes_for_long", too_late)
    with ThreadPoolExecutor(1) as beside:
        with office.writing(long=True):
            other = beside.submit(write)
            assert may_end.wait(60)
        ended.set()
        assert other.result(timeout=60) == "200ms", "it waits for no other lock for ever"
    assert settings(office) == {"b": "2"}


def test_nobody_waits_for_ever_for_whoever_takes_long(
    office: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that went to sleep in the middle of it: after the longest time others say so, and can try again."""
    monkeypatch.setattr(engine, "LONGEST_S", 0.8)
    with office.writing(long=True), pytest.raises(StoreBusy):
        _write_once(office)
    _write_once(office)
    assert settings(office) == {"b": "2"}


def test_that_it_takes_long_ends_with_the_transaction(office: Register) -> None:
    """Also where it was undone: who writes after it is waited for as ever."""
    with pytest.raises(ZeroDivisionError), office.writing(long=True):
        raise ZeroDivisionError
    with office.writing(), pytest.raises(StoreBusy):
        _write_once(office)


def test_a_deadlock_with_a_foreign_program_is_worded_and_leaves_nothing(
    new_database: Callable[[], str], holders: dict[Holder, Identity], tmp_path: Path
) -> None:
    """An administrator's session locks our tables the other way round: ours ends with a sentence, theirs goes on."""
    url = new_database()
    made = _world(engine.postgresql(url), holders, tmp_path).register
    with made.writing() as rows:
        rows.many(setting, [{"name": "a", "value": "1"}])
    with psycopg.connect(url) as foreign, ThreadPoolExecutor(1) as beside:
        foreign.execute("SET deadlock_timeout = '60s'")  # so that ours is the one that finds it
        foreign.execute("LOCK TABLE worker IN EXCLUSIVE MODE")
        with pytest.raises(StoreCrossed) as caught:
            _write_across(made, lambda: beside.submit(foreign.execute, "UPDATE setting SET value = '3'"), url)
    assert "40P01" not in caught.value.words()
    assert settings(made) == {"a": "3"}
    made.close()


def _write_across(register: Register, meanwhile: Callable[[], object], url: str) -> None:
    """Write what the foreign session waits for, then what it holds; the pool's end waits for its statement."""
    with register.writing() as ours:
        ours.execute(update(setting).values(value="2"))
        meanwhile()
        _until_it_waits(url)
        ours.execute(update(worker).values(roles="coordinator"))


def _until_it_waits(url: str) -> None:
    """Wait until the foreign session stands still behind a lock of ours."""
    asked = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND query LIKE 'UPDATE setting%'"
    for _try in range(200):
        with psycopg.connect(url) as watcher:
            if watcher.execute(asked).fetchall() != [(0,)]:
                return
        time.sleep(0.05)
    pytest.fail("the foreign session never waited")


def test_the_fields_of_a_sealed_item_are_the_columns_of_its_table() -> None:
    """Sealed items are stored as tuples: a field in another place would seal into the wrong column."""
    assert SealedItem.__struct_fields__ == tuple(column.name for column in sealed_item.columns)
