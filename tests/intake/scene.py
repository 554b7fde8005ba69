"""A small world for pulls: a folder of instances, a register that knows the forms, and a clock that stands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Table, func, select

from sync_scripts.intake.pull import Pulled, Way, pull
from sync_scripts.intake.quarantine import Entry
from sync_scripts.intake.quarantine import entries as entries_of
from sync_scripts.intake.report import PullReport
from sync_scripts.register.forms.formmap import Asked, form_map, read_map, write_map
from sync_scripts.register.model.codes import ALPHABET, Kind, check_symbol, code
from sync_scripts.servers.base import Server
from sync_scripts.servers.folder import Folder
from sync_scripts.store import durable
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import metadata, raw
from tests.store.databases import World, prepare
from xlsform.workbooks.workbook import read as read_workbook

FORMS = Path(__file__).parents[2] / "forms"
VERSION = "2026120202"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
COORDINATOR = Actor("coord-1", "key")


def uid(number: int) -> str:
    """Return an instance id."""
    return f"uuid:00000000-0000-4000-8000-{number:012d}"


def alert(
    number: int, answers: str = "", *, meta: str = "", version: str = VERSION, form: str = "alert"
) -> bytes:
    """Return an alert as a phone writes it; ``answers`` are further groups."""
    return (
        f"<?xml version='1.0' encoding='UTF-8' ?><data id=\"{form}\" version=\"{version}\">"
        f"<gate><start>2026-11-24T09:00:00.000+01:00</start><end>2026-11-24T09:02:00.000+01:00</end>"
        f"<consent_alert>given</consent_alert></gate><danger><danger_now>yes</danger_now></danger>"
        f"<what><alert_icon>arrest</alert_icon></what><when><when_rel>today</when_rel></when>"
        f"<where><region>CM010</region></where>{answers}"
        f"<dikalo_form>{form}</dikalo_form><dikalo_version>{version}</dikalo_version>"
        f"<meta><instanceID>{uid(number)}</instanceID>{meta}</meta></data>"
    ).encode()


def story(text: str) -> str:
    """Return the last screen of an alert with a sealed text."""
    return f"<story><short_text>{text}</short_text></story>"


def edit_of(number: int) -> str:
    """Return what an edited version says in ``meta``."""
    return f"<deprecatedID>{uid(number)}</deprecatedID>"


def draw(kind: Kind, root_id: str) -> str:
    """Return a code that depends on the submission only, so that two runs can be compared."""
    for attempt in count():
        number = int.from_bytes(sha256(f"{root_id} {attempt}".encode()).digest()[:4], "big")
        body = "".join(ALPHABET[number >> shift & 31] for shift in range(25, -5, -5))
        if check_symbol(body) in ALPHABET:
            return code(kind, body)
    raise AssertionError


@dataclass
class Scene:
    """One source folder and one register."""

    register: Register
    root: Path
    world: World
    now: datetime = NOW
    way: Way = field(default_factory=Way)

    @property
    def server(self) -> Folder:
        """The folder as a server."""
        return Folder(self.root, page_size=50)

    def lay(
        self, name: str, content: bytes, files: dict[str, bytes] | None = None, *, form: str = "alert"
    ) -> Path:
        """Lay an instance into the source, the way a classroom does; return its directory."""
        folder = self.root / form / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in (files or {}).items():
            (folder / file).write_bytes(data)
        (folder / "submission.xml").write_bytes(content)
        return folder

    def phone(self, name: str, content: bytes, files: dict[str, bytes] | None = None) -> Path:
        """Lay an instance into the source the way a phone keeps it."""
        folder = self.root / "projects" / "p1" / "instances" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in (files or {}).items():
            (folder / file).write_bytes(data)
        (folder / f"{name}.xml").write_bytes(content)
        return folder

    def touch(self, path: Path, content: bytes) -> None:
        """Write a file anew, a while later."""
        later = max(one.stat().st_mtime_ns for one in (path, path.parent) if one.exists()) + 5_000_000_000
        path.write_bytes(content)
        os.utime(path, ns=(later, later))

    def know(self, stamp: str, version: str) -> None:
        """Let the register know a version that asks what the shipped one asks."""
        with self.register.writing() as rows:
            table = raw.form_version
            (row,) = rows.execute(select(table).where(table.c.stamp == stamp)).mappings().all()
            made = write_map(msgspec.structs.replace(read_map(row["map"]), version=version))
            rows.many(table, [{**row, "version": version, "map": made}])

    def know_media(self) -> None:
        """Let the register know a case form that asks for a picture inside the victims."""
        with self.register.writing() as rows:
            table = raw.form_version
            (row,) = rows.execute(select(table).where(table.c.stamp == "case")).mappings().all()
            known = read_map(row["map"])
            asked = Asked(path=("victims", "face"), type="image", entity="person", level=3)
            version = f"{VERSION}m"
            made = msgspec.structs.replace(known, version=version, questions=(*known.questions, asked))
            rows.many(table, [{**row, "version": version, "map": write_map(made)}])

    def try_pull(self, *servers: Server, **way: Any) -> Pulled:
        """Pull, an hour after the last time."""
        self.now += timedelta(hours=1)
        chosen = replace(self.way, clock=lambda: self.now, draw=draw, **way)
        return pull(self.register, servers or (self.server,), COORDINATOR, chosen)

    def pull(self, *servers: Server, **way: Any) -> PullReport:
        """Pull and expect every source to answer."""
        done = self.try_pull(*servers, **way)
        assert done.failure is None
        return done.report

    def count(self, table: Table, *rules: Any) -> int:
        """Return how many rows a table has."""
        with self.register.reading() as rows:
            return int(rows.execute(select(func.count()).select_from(table).where(*rules)).scalar_one())

    def rows(self, table: Table, *rules: Any) -> list[dict[str, Any]]:
        """Return rows of a table, by its key."""
        asked = select(table).where(*rules).order_by(*table.primary_key)
        with self.register.reading() as rows:
            return [dict(row) for row in rows.execute(asked).mappings()]

    def aside(self) -> list[Entry]:
        """Return the entries in quarantine, solved or not."""
        with self.register.reading() as rows:
            return entries_of(rows, everything=True)

    def waits(self) -> list[dict[str, Any]]:
        """Return the places of what waits, or waited, encrypted."""
        return self.rows(raw.place, raw.place.c.waits.is_not(None))

    def dump(self, *leave_out: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return every table as it stands."""
        with self.register.reading() as rows:
            return {
                table.name: [tuple(row) for row in rows.execute(select(table).order_by(*table.primary_key))]
                for table in metadata.sorted_tables
                if table.name not in leave_out and table.info.get("only", rows.dialect) == rows.dialect
            }

    def derived(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return the tables that hold no random key, for comparing two registers."""
        random = (
            "key_page",
            "sealed_item",
            "custody",
            "scope",
            "run",
            "event",
            "form_version",
            "setting",
            "secret",
        )
        found = self.dump(*random, "submission", "attachment", "place")
        for name, without in (
            ("submission", {"scope"}),
            ("attachment", {"scope", "key_page", "item", "file"}),
        ):
            table = metadata.tables[name]
            columns = [column for column in table.c if column.name not in without]
            with self.register.reading() as rows:
                found[name] = sorted(tuple(row) for row in rows.execute(select(*columns)))
        return found

    def opened(self, *kinds: str) -> list[bytes]:
        """Open everything of some kinds with the vault."""
        with self.world.vault() as vault:
            return [one.data for one in vault.open_kinds("test", *kinds)]  # type: ignore[arg-type]


def scene(world: World, folder: Path) -> Scene:
    """Return a world whose register knows the shipped forms, and an empty source."""
    root = folder / "source"
    root.mkdir()
    prepare(world.register, "shipped forms", partial(_know_forms, world.register))
    return Scene(world.register, root, world)


def _know_forms(register: Register) -> None:
    with register.writing() as rows:
        rows.many(raw.form_version, [dict(row) for row in shipped()])


@cache
def shipped() -> tuple[dict[str, Any], ...]:
    """Return the rows of the shipped form versions; reading five workbooks for every test would take long."""
    found = []
    for name in ("alert", "case", "followup", "closure", "situation"):
        workbook = (FORMS / f"{name}.xlsx").read_bytes()
        made = form_map(read_workbook(workbook, file=name).form)
        found.append(
            {
                "form": made.form,
                "version": made.version,
                "stamp": made.form,
                "sha256": sha256(workbook).hexdigest(),
                "workbook": workbook,
                "map": write_map(made),
                "imported_at": instant(NOW),
            }
        )
    return tuple(found)


def entries(made: Scene) -> Iterator[tuple[str, str]]:
    """Yield problem and state of every entry in quarantine."""
    for one in made.aside():
        yield one.problem, one.state


def flags(made: Scene) -> set[str]:
    """Return the codes of all flags."""
    return {row["code"] for row in made.rows(metadata.tables["flag"])}


@contextmanager
def interrupted_at(step: str, *, time: int = 1) -> Iterator[None]:
    """Let Ctrl-C come before a step of what is done here: the first of that name, or a later one."""
    struck = count(1)

    def strike(name: str) -> None:
        if name == step and next(struck) == time:
            raise KeyboardInterrupt

    durable.watch(strike)
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        durable.watch(None)
