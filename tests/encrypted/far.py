"""A register whose source is a folder or a stand-in server; phones send encrypted or in the clear, by the same words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.pull import Pulled, pull
from sync_scripts.intake.receive.form_versions import Book, note
from sync_scripts.intake.report import PullReport
from sync_scripts.servers.base import Server
from sync_scripts.store.schema import raw
from sync_scripts.store.schema.register import TABLES
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.form_keys import FormKey, Use
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.encrypted.phone import Sent, encrypt
from tests.intake.scene import COORDINATOR, VERSION, Scene, alert, draw

KINDS = ("folder", "central", "kobo")
KOBO_VERSION = "vInventee0000000000001"
_FORM_ID = re.compile(rb'id="[^"]*"')


@dataclass
class Far:
    """One source and one register."""

    scene: Scene
    kind: str
    world: Any = None
    key: FormKey | None = None
    sent: dict[int, Sent] = field(default_factory=dict)

    # --- keys and forms ---

    def make_key(self, use: Use = "day", form: str = "alert") -> FormKey:
        """Make a key and let phones use it."""
        self.key = form_keys.make(self.scene.register, form, use, COORDINATOR, self.scene.now)
        return self.key

    def deploy(self, workbook: bytes, *, form: str = "alert", version: str = "") -> None:
        """Remember a version as our own deployment does."""
        version = version or (KOBO_VERSION if self.kind == "kobo" else VERSION)
        book = Book(self.name, self.form(form), version, workbook)
        with self.scene.register.writing() as rows:
            note(rows, book, (form, VERSION), self.scene.now)

    def published(self, at: datetime | None) -> None:
        """Let the server say of every version of the form that phones have it since then; None = it does not say."""
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z") if at else None
        if self.kind == "central":
            self.world.published.at = stamp
        else:
            self.world.deployed.assets[kobo_world.FORM].date = stamp

    def form(self, stamp: str = "alert") -> str:
        """Return what the source calls a form."""
        return kobo_world.FORM if self.kind == "kobo" else stamp

    @property
    def name(self) -> str:
        """Return the source's name."""
        return self.server.name

    # --- phones ---

    def xml(self, number: int, answers: str = "", *, form: str = "alert", meta: str = "") -> bytes:
        """Return a filled form as a phone of this server holds it."""
        xml = alert(number, answers, form=form, meta=meta)
        if self.kind != "kobo":
            return xml
        xml = _FORM_ID.sub(b'id="%s"' % kobo_world.FORM.encode(), xml.partition(b"?>")[2], count=1)
        return xml.replace(b"<meta>", f"<__version__>{KOBO_VERSION}</__version__><meta>".encode())

    def send(
        self,
        number: int,
        answers: str = "",
        media: dict[str, bytes] | None = None,
        *,
        late: tuple[str, ...] = (),
        public: str = "",
        form: str = "alert",
    ) -> Sent:
        """Let a phone send one encrypted; ``late`` are plain names of files that come later."""
        sent = encrypt(
            public or (self.key.public if self.key else ""), self.xml(number, answers, form=form), media
        )
        self.sent[number] = sent
        self.lay(number, sent, late, form=form)
        return sent

    def lay(self, number: int, sent: Sent, late: tuple[str, ...] = (), *, form: str = "alert") -> None:
        """Let the source hold what was sent."""
        here = {name: data for name, data in sent.files.items() if name.removesuffix(".enc") not in late}
        self._put(number, sent.manifest, here, {name: here.get(name) for name in sent.files}, form)

    def clear(
        self, number: int, answers: str = "", media: dict[str, bytes] | None = None, *, form: str = "alert"
    ) -> None:
        """Let a phone send one in the clear."""
        files = media or {}
        self._put(number, self.xml(number, answers, form=form), files, dict(files), form)

    def arrive(self, number: int, *names: str) -> None:
        """Let files of a submission come later."""
        sent = self.sent[number]
        files = {f"{name}.enc": sent.files[f"{name}.enc"] for name in names}
        self._put(number, sent.manifest, files, {**files}, "alert")

    def _put(
        self,
        number: int,
        content: bytes,
        files: dict[str, bytes],
        expected: dict[str, bytes | None],
        form: str,
    ) -> None:
        if self.kind == "folder":
            self.scene.lay(f"uuid{number}", content, files, form=form)
        elif self.kind == "central":
            self.world.send(form, content, expected)
        else:
            self.world.send(content, files)

    # --- pulling ---

    @property
    def server(self) -> Server:
        """Our client of the source."""
        if self.kind == "folder":
            return self.scene.server
        if self.kind == "central":
            return test_central.source(self.world, page=3, wanted=tuple(self.world.forms))
        return test_kobo.source(self.world, wanted=(kobo_world.FORM,))

    def pull(self, *, keys: Keyring | None = None, **way: Any) -> Pulled:
        """Pull once."""
        chosen = replace(self.scene.way, clock=lambda: self.scene.now, draw=draw, keys=keys, **way)
        return pull(self.scene.register, [self.server], COORDINATOR, chosen)

    def report(self, **way: Any) -> PullReport:
        """Pull once, and expect the source to be there."""
        done = self.pull(**way)
        assert done.failure is None
        return done.report

    def wait(self, minutes: float) -> None:
        """Let time pass at the source and here."""
        self.scene.now += timedelta(minutes=minutes)
        if self.world is not None:
            self.world.now += timedelta(minutes=minutes)

    # --- looking ---

    def rows(self, table: Any, *names: str) -> list[tuple[Any, ...]]:
        """Return columns of a table, sorted."""
        with self.scene.register.reading() as rows:
            return sorted(tuple(row) for row in rows.execute(select(*(table.c[name] for name in names))))

    def waits(self, *names: str) -> list[tuple[Any, ...]]:
        """Return columns of the places of what waits, or waited, encrypted, sorted."""
        return sorted(tuple(row[name] for name in names) for row in self.scene.waits())

    def aside(self, *names: str) -> list[tuple[Any, ...]]:
        """Return what is said of the entries in quarantine, sorted."""
        return sorted(tuple(getattr(one, name) for name in names) for one in self.scene.aside())

    def register(self, *without: str) -> dict[str, list[tuple[Any, ...]]]:
        """Return every register table as it stands, and which files are held."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        with self.scene.register.reading() as rows:
            for table in TABLES:
                columns = [column for column in table.c if column.name not in without]
                found[table.name] = sorted(map(repr, rows.execute(select(*columns))))  # type: ignore[arg-type] # texts are compared
        held = self.rows(raw.attachment, "instance_id", "tag", "question", "state", "size")
        return {**found, "attachment": held}

    def notes(self, report: PullReport) -> dict[str, int]:
        """Return what a report notes."""
        return dict(report.notes)


def far(kind: str, scene: Scene) -> Far:
    """Return a scene with a source of this kind, whose clock is two hours behind that of the scene."""
    now = scene.now - timedelta(hours=2)
    if kind == "central":
        return Far(scene, kind, central_world.World(forms={"alert": []}, now=now))
    if kind == "kobo":
        return Far(scene, kind, kobo_world.World(cap=3, now=now))
    return Far(scene, kind)
