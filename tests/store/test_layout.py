"""The layout of the register: what is append-only, what is refused, what has no column."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, select, text

from sync_scripts.store import custody, engine, events, migrations
from sync_scripts.store.database import Register
from sync_scripts.store.errors import DatabaseFailed, RegisterNewer
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema.raw import (
    erasure_pending,
    form_key,
    form_version,
    place,
    scope,
    submission,
    waiting_file,
)
from sync_scripts.store.seal.sealed_rows import keep
from tests.store.databases import KEY, NOW, PERSON

VERSION = {
    "server": "classroom",
    "form": "alert",
    "root_id": "uuid:1",
    "instance_id": "uuid:1",
    "stamp": "alert",
    "form_version": "1",
    "received_at": "2026-11-25T08:00:00.000000Z",
    "status": "ok",
    "scope": "s1",
    "size": 10,
    "open_part": "[]",
    "open_hash": "0",
    "current": True,
    "arrival": 1,
}
SCOPE = {
    "id": "s1",
    "kind": "submission",
    "server": "classroom",
    "form": "alert",
    "root_id": "uuid:1",
    "row": "",
}
WORKBOOK = {
    "form": "alert",
    "version": "1",
    "stamp": "alert",
    "sha256": "0",
    "workbook": b"x",
    "map": "{}",
    "imported_at": "2026-11-25T08:00:00.000000Z",
}

FORM_KEY = {
    "fingerprint": "f1",
    "form": "alert",
    "use": "day",
    "public": "x",
    "made_at": "2026-11-25T08:00:00.000000Z",
    "made_by": "coord-1",
}
WAITING = {
    "server": "classroom",
    "tag": "t1",
    "moved_ns": 1,
    "form": "alert",
    "form_version": "1",
    "root_id": "uuid:9",
    "instance_id": "uuid:9",
    "received_at": "2026-11-25T08:00:00.000000Z",
    "waits": "key",
    "state": "waiting",
    "size": 1,
    "scope": "s1",
    "key_page": "p1",
    "item": 1,
    "first_at": "2026-11-25T08:00:00.000000Z",
    "last_at": "2026-11-25T08:00:00.000000Z",
}
WAITING_FILE = {
    "server": "classroom",
    "source_tag": "t1",
    "tag": "f1",
    "size": 1,
    "key_page": "p1",
    "item": 2,
    "file": "x",
}


@pytest.fixture
def filled(register: Register) -> Register:
    """Give a register with one row of everything that is append-only."""
    with register.sealer() as sealer, register.writing() as rows:
        sealer.seal(b"x", "s1", "raw", "submission:uuid:1", "uuid:1")
        rows.many(scope, [SCOPE])
        rows.many(submission, [VERSION])
        rows.many(form_version, [WORKBOOK])
        rows.many(form_key, [FORM_KEY])
        rows.many(place, [WAITING])
        rows.many(waiting_file, [WAITING_FILE])
        events.append(rows, [events.NewEvent("alert.triage", "alert:uuid:1", PERSON)], NOW)
        keep(rows, sealer, NOW, PERSON)
    return register


def names_of(register: Register) -> set[str]:
    """Return the tables that are really there."""
    with register.reading() as rows:
        return set(inspect(rows._connection).get_table_names())


def test_every_table_is_there(register: Register) -> None:
    """Secrets have a table only in the encrypted file, never on a server."""
    expected = set(metadata.tables) | {"alembic_version"}
    if register.dialect == "postgresql":
        expected.remove("secret")
    assert names_of(register) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM custody",
        "UPDATE custody SET line = 'x'",
        "DELETE FROM event",
        "UPDATE event SET actor_code = 'x'",
        "DELETE FROM submission",
        "UPDATE submission SET received_at = 'x'",
        "UPDATE submission SET root_id = 'x'",
        "UPDATE submission SET open_part = 'x'",
        "DELETE FROM form_version",
        "UPDATE form_version SET workbook = workbook",
        "UPDATE sealed_item SET version = 'x'",
        "DELETE FROM sealed_item",
        "DELETE FROM key_page",
        "DELETE FROM form_key",
        "UPDATE form_key SET public = 'x'",
        "DELETE FROM place",
        "DELETE FROM waiting_file",
    ],
)
def test_what_arrived_and_what_was_decided_stays(filled: Register, statement: str) -> None:
    """No slip of the program can change or remove a raw version, a decision or a line of the chain."""
    with pytest.raises(DatabaseFailed), filled.writing() as rows:
        rows.execute(text(statement))


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)  # PostgreSQL has no such statement
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO custody SELECT * FROM custody",
        "INSERT OR REPLACE INTO event SELECT * FROM event",
    ],
)
def test_a_replaced_line_is_refused(filled: Register, statement: str) -> None:
    """INSERT OR REPLACE is a deletion too."""
    with pytest.raises(DatabaseFailed), filled.writing() as rows:
        rows.execute(text(statement))


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)  # SQLite has no such statement
def test_a_whole_table_is_not_emptied(filled: Register) -> None:
    """TRUNCATE passes by the triggers of rows, so it has its own."""
    for table in ("custody", "event", "submission", "sealed_item"):
        with pytest.raises(DatabaseFailed), filled.writing() as rows:
            rows.execute(text(f"TRUNCATE {table} CASCADE"))


def test_a_version_may_cease_to_be_the_current_one(filled: Register) -> None:
    """An edit on the phone sets the version before it aside; nothing else of it changes."""
    with filled.writing() as rows:
        rows.execute(text("UPDATE submission SET current = false, status = 'deleted'"))


def test_an_open_part_may_come_later_or_be_erased(filled: Register) -> None:
    """A form that waited for its key gets its answers once; an erasure takes them away."""
    with filled.writing() as rows:
        rows.many(
            submission,
            [{**VERSION, "instance_id": "uuid:2", "arrival": 2, "status": "waiting", "open_part": None}],
        )
        rows.execute(
            text("UPDATE submission SET open_part = 'x', status = 'ok' WHERE instance_id = 'uuid:2'")
        )
        rows.execute(
            text("UPDATE submission SET open_part = '', status = 'erased' WHERE instance_id = 'uuid:1'")
        )


def test_an_open_part_is_another_one_when_somebody_is_taken_out_and_says_so(filled: Register) -> None:
    """Only together with the instant at which it was done, which nobody takes away again."""
    with pytest.raises(DatabaseFailed), filled.writing() as rows:
        rows.execute(text("UPDATE submission SET open_part = 'x'"))
    with filled.writing() as rows:
        rows.execute(text("UPDATE submission SET open_part = 'x', open_hash = NULL, redacted_at = '1'"))
    with pytest.raises(DatabaseFailed), filled.writing() as rows:
        rows.execute(text("UPDATE submission SET open_part = 'y', redacted_at = '1'"))
    with pytest.raises(DatabaseFailed), filled.writing() as rows:
        rows.execute(text("UPDATE submission SET redacted_at = NULL"))
    with filled.writing() as rows:
        rows.execute(text("UPDATE submission SET open_part = 'y', redacted_at = '2'"))


def test_a_sealed_item_goes_only_when_its_key_waits_to_be_struck(filled: Register) -> None:
    """An erasure says first which key is to be forgotten."""
    with filled.writing() as rows:
        page = rows.execute(text("SELECT key_page FROM sealed_item")).scalar_one()
        rows.many(erasure_pending, [{"key_page": page, "item": 0, "file": None, "at": "x"}])
        rows.execute(text("DELETE FROM sealed_item"))


def test_an_item_without_its_page_cannot_be_committed(register: Register) -> None:
    """Its key would be lost with the process."""
    with register.sealer() as sealer:
        item = sealer.seal(b"x", "s1", "raw", "r", "v")
        sealer.page(NOW)
    row = {"key_page": item.key_page, "item": 0, "scope": "s1", "kind": "raw", "row": "r", "version": "v"}
    statement = text(
        "INSERT INTO sealed_item (key_page, item, scope, kind, row, version, blob)"
        " VALUES (:key_page, :item, :scope, :kind, :row, :version, :blob)"
    )
    with pytest.raises(DatabaseFailed) as caught, register.writing() as rows:
        rows.execute(statement, {**row, "blob": item.blob})
    assert "KEY" in caught.value.rule or caught.value.rule == "fk_sealed_item_key_page"
    with register.reading() as rows:
        assert not list(rows.execute(text("SELECT * FROM sealed_item")))


def test_no_column_holds_level_three() -> None:
    """What is sealed has no column anywhere; every column says its level and its owner."""
    for table in metadata.tables.values():
        for column in table.columns:
            assert column.info["level"] in {0, 1, 2}, f"{table.name}.{column.name}"
            assert column.info["owner"] in {"collected", "derived", "decided", "system"}


def test_the_layout_known_is_the_last_step() -> None:
    """The program opens what its own steps lead to."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))

    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_upgrading_twice_changes_nothing(register: Register) -> None:
    """Every opening asks for it."""
    before = names_of(register)
    migrations.upgrade(register.engine)
    assert names_of(register) == before


def test_a_newer_register_is_refused_and_not_touched(register: Register) -> None:
    """An older program must not write into tables that it does not know."""
    with register.writing() as rows:
        rows.execute(text("UPDATE alembic_version SET version_num = '0999'"))
        custody.append(rows, [custody.Entry("VERIFIED", "x", "x")], NOW)
    before = dump(register)

    with pytest.raises(RegisterNewer) as caught:
        migrations.upgrade(register.engine)

    assert caught.value.found == "0999"
    assert dump(register) == before


def dump(register: Register) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with register.reading() as rows:
        found = MetaData()
        found.reflect(rows._connection)
        return {
            table.name: [tuple(row) for row in rows.execute(select(table))] for table in found.sorted_tables
        }


def test_a_newer_file_keeps_its_bytes(sqlite_register: Register, tmp_path: Path) -> None:
    """The refusal writes nothing at all."""
    with sqlite_register.writing() as rows:
        rows.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    sqlite_register.close()
    before = (tmp_path / "register.db").read_bytes()
    made = engine.sqlcipher(tmp_path / "register.db", KEY)

    with pytest.raises(RegisterNewer):
        migrations.upgrade(made)
    made.dispose()

    assert (tmp_path / "register.db").read_bytes() == before
