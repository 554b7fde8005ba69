"""When the register's file is read whole, and when it is known to be sound: never a silence over damage."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from sync_scripts.clock import seconds
from sync_scripts.intake.completeness.soundness import checks
from sync_scripts.store import engine, file_checks
from sync_scripts.store.database import Register
from sync_scripts.store.errors import RegisterDamaged
from sync_scripts.store.schema.raw import setting
from tests.store.databases import KEY


def _machine() -> datetime:
    """Return what the clock of this machine says: the times of files and of a server go by it, whatever day the tests have."""
    return datetime.fromtimestamp(seconds(), UTC)


NOTE = "register.db-checked"


def another(register: Register) -> Register:
    """Return the register as another process opens it."""
    file = register.engine.get_execution_options()["dikalo_file"]
    return replace(register, engine=engine.sqlcipher(file, KEY))


def filled(register: Register) -> Path:
    """Write some pages, close, and return the file."""
    with register.writing() as rows:
        rows.many(setting, [{"name": f"{number:05}", "value": "x" * 200} for number in range(500)])
    register.close()
    return Path(register.engine.get_execution_options()["dikalo_file"])


@contextmanager
def heard(register: Register) -> Iterator[list[str]]:
    """Give the statements of a register as they are said."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    event.listen(register.engine, "before_cursor_execute", hear)
    yield said
    event.remove(register.engine, "before_cursor_execute", hear)


def reads_all(register: Register) -> bool:
    """Tell whether a writing process reads every page first."""
    with heard(register) as said, register.writing():
        pass
    register.close()
    return "PRAGMA quick_check(1)" in said


def test_what_was_closed_in_order_is_not_read_whole_again(sqlite_register: Register) -> None:
    """The next processes of the same day trust it, also one after one that only read, or wrote more."""
    filled(sqlite_register)
    reader = another(sqlite_register)
    with reader.reading() as rows:
        rows.execute(select(setting)).fetchall()
    reader.close()
    writer = another(sqlite_register)
    with writer.writing() as rows:
        rows.many(setting, [{"name": "more", "value": "y"}])
    writer.close()

    assert not reads_all(another(sqlite_register))


def test_a_reader_beside_it_changes_nothing(sqlite_register: Register) -> None:
    """A round reads while its parts write; the log that stays behind is looked at like the file."""
    sqlite_register.close()
    beside = another(sqlite_register)
    with beside.reading() as rows:
        rows.execute(select(setting)).fetchall()
    file = filled(another(sqlite_register))

    assert file.with_name("register.db-wal").stat().st_size
    assert not reads_all(another(sqlite_register))
    beside.close()


def edited(file: Path) -> None:
    """Change a byte and take it back, with the time of before set in between."""
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    stamps = file.stat()
    file.write_bytes(data)
    os.utime(file, ns=(stamps.st_atime_ns, stamps.st_mtime_ns))
    data[-1] ^= 1
    file.write_bytes(data)


def put_back(file: Path) -> None:
    """Put a copy with the same bytes and the same time in its place."""
    copy = file.with_name("copy")
    shutil.copy2(file, copy)
    copy.replace(file)


def killed(file: Path) -> None:
    """Write, and die before the end."""
    program = (
        "import os\nfrom pathlib import Path\nfrom sync_scripts.store import engine\n"
        f"with engine.transaction(engine.sqlcipher(Path({str(file)!r}), {KEY!r})) as made:\n"
        "    made.exec_driver_sql('CREATE TABLE killed (x)')\n"
        "    made.connection.dbapi_connection.commit()\n"
        "    os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9


def half_written(file: Path) -> None:
    """Cut the note."""
    note = file.with_name(NOTE)
    note.write_text(note.read_text("utf-8")[:-4], "utf-8")


def without(file: Path) -> None:
    """Lose the note."""
    file.with_name(NOTE).unlink()


@pytest.mark.parametrize("what", [edited, put_back, killed, half_written, without])
def test_anything_else_is_read_whole(sqlite_register: Register, what: Callable[[Path], None]) -> None:
    """Another program, a copy put back, a process that was killed, a note that says nothing."""
    what(filled(sqlite_register))

    assert reads_all(another(sqlite_register))


# --- two processes that write at once ---

OTHER = """
import sys
from dataclasses import replace
from pathlib import Path
from sync_scripts.store import engine
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import setting
from sync_scripts.store.seal.sealing import Recipients

register = Register(engine.sqlcipher(Path({file!r}), {key!r}), "0" * 32, False, Path(), Recipients(()), bytes(32))
for line in sys.stdin:
    if line.strip() == "close":
        register.close()
        break
    with register.writing() as rows:
        rows.many(setting, [{{"name": line.strip(), "value": "z" * 500}}])
    print("written", flush=True)
"""


@contextmanager
def beside(file: Path) -> Iterator[Callable[[str], None]]:
    """Give a second process that writes what it is told, closes the register, or is killed."""
    program = OTHER.format(file=str(file), key=KEY)
    other = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None
    told, said = other.stdin, other.stdout

    def tell(what: str) -> None:
        if what == "kill":
            other.kill()
        else:
            told.write(f"{what}\n")
            told.flush()
            if what != "close":
                assert said.readline() == "written\n"
                return
        other.wait()

    try:
        yield tell
    finally:
        other.kill()
        other.wait()
        told.close()
        said.close()


def marks(file: Path) -> int:
    """Count the processes that write, or did until they were killed."""
    return len([*file.parent.glob("register.db-writes-*")])


def wrote(register: Register, name: str) -> None:
    """Write a row."""
    with register.writing() as rows:
        rows.many(setting, [{"name": name, "value": "y" * 500}])


def test_what_a_process_left_that_was_killed_is_vouched_for_by_no_other(sqlite_register: Register) -> None:
    """It wrote beside one that closed after it: the next one reads every page, once."""
    file = filled(sqlite_register)
    own = another(sqlite_register)
    wrote(own, "before")
    with beside(file) as other:
        other("beside")
        wrote(own, "after")
        other("kill")
    own.close()

    assert marks(file) == 1
    assert reads_all(another(sqlite_register))
    assert not reads_all(another(sqlite_register))
    assert marks(file) == 0


@pytest.mark.parametrize("first", ["own", "other"])
def test_two_that_close_in_order_are_trusted(sqlite_register: Register, first: str) -> None:
    """Whichever closes first; nothing is left lying."""
    file = filled(sqlite_register)
    own = another(sqlite_register)
    wrote(own, "before")
    with beside(file) as other:
        other("beside")
        if first == "own":
            own.close()
        other("close")
    own.close()

    assert marks(file) == 0
    assert not reads_all(another(sqlite_register))


def test_what_is_written_after_the_note_of_another_is_not_vouched_for(sqlite_register: Register) -> None:
    """The other one lived when the note was written, wrote more, and was killed."""
    file = filled(sqlite_register)
    own = another(sqlite_register)
    with beside(file) as other:
        other("beside")
        wrote(own, "mine")
        own.close()
        other("more")
        other("kill")

    assert reads_all(another(sqlite_register))


def test_a_mark_of_before_costs_one_reading_at_most(sqlite_register: Register) -> None:
    """Killed before it wrote anything: the file is as it was vouched for, so nothing is read whole."""
    file = filled(sqlite_register)
    file.with_name("register.db-writes-00").touch()

    assert not reads_all(another(sqlite_register))
    assert marks(file) == 0


@pytest.mark.parametrize("later", [file_checks.EVERY, timedelta(days=3), timedelta(minutes=-1)])
def test_a_day_later_it_is_read_whole(sqlite_register: Register, later: timedelta) -> None:
    """A disk forgets without moving a time. A clock that went back says nothing."""
    file = filled(sqlite_register)
    file_checks.note(file, _machine() - later)

    assert reads_all(another(sqlite_register))


def test_reading_it_counts_from_when_it_was_read(sqlite_register: Register) -> None:
    """Processes that only trust the note do not make it younger."""
    file = filled(sqlite_register)
    at = _machine() - timedelta(hours=19)
    file_checks.note(file, at)

    assert not reads_all(another(sqlite_register))
    assert file_checks.since(file, at + timedelta(hours=19, minutes=30)) == at
    assert file_checks.since(file, at + timedelta(hours=20, minutes=30)) is None


def rotten(file: Path, at: float = 0.5) -> None:
    """Let the disk forget one bit, without a trace in any time."""
    data = bytearray(file.read_bytes())
    data[int(len(data) * at)] ^= 1
    file.write_bytes(data)
    file_checks.note(file, _machine())


def test_damage_under_a_note_is_found_where_it_is_read(sqlite_register: Register) -> None:
    """No page is believed because of a note; and once damage was met, the next writer reads everything first."""
    file = filled(sqlite_register)
    rotten(file, 0.95)
    reader = another(sqlite_register)
    with pytest.raises(RegisterDamaged), reader.reading() as rows:
        rows.execute(select(setting)).fetchall()
    reader.close()

    assert not file.with_name(NOTE).exists()
    with pytest.raises(RegisterDamaged), another(sqlite_register).writing():
        pass


def test_damage_under_a_note_is_found_within_a_day(sqlite_register: Register) -> None:
    """Also in a page that nobody reads, and before anything is written."""
    file = filled(sqlite_register)
    rotten(file)
    with another(sqlite_register).writing():
        pass  # today nobody needs that page
    file_checks.note(file, _machine() - file_checks.EVERY)

    with pytest.raises(RegisterDamaged), another(sqlite_register).writing():
        pass


def test_a_verification_that_finds_damage_leaves_no_note(sqlite_register: Register) -> None:
    """`dikalo verify` reads every page and ends with 6; a pull after it does not begin with a trust of this morning."""
    file = filled(sqlite_register)
    rotten(file)
    register = another(sqlite_register)
    with register.reading() as rows:
        broken = next(checks(rows, register))
    register.close()

    assert broken.wrong
    assert not file.with_name(NOTE).exists()


def test_the_note_is_for_its_owner_and_holds_no_name(sqlite_register: Register) -> None:
    """It says a time and numbers; nothing in it can be guessed at."""
    file = filled(sqlite_register)
    note = file.with_name(NOTE)

    assert note.stat().st_mode & 0o077 == 0
    assert "setting" not in note.read_text("utf-8")
    assert not list(file.parent.glob("*-new"))
