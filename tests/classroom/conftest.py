"""A small classroom for every test: one plain form, one that encrypts, a file beside them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from sync_scripts.classroom.desk import Desk
from sync_scripts.classroom.inbox import open_inbox
from sync_scripts.classroom.protocol import Shelf, serve
from sync_scripts.classroom.running import Classroom, listen, serving
from sync_scripts.classroom.server import make_app
from tests.classroom.raw import Wire

XFORM = """<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:orx="http://openrosa.org/xforms">
<h:head><h:title>{title}</h:title><model>{submission}
<instance><data id="{form}" version="2026112501"><place/><orx:meta><orx:instanceID/></orx:meta></data></instance>
<instance id="cases" src="jr://file-csv/cases.csv"/>
<bind nodeset="/data/orx:meta/orx:instanceID" type="string" readonly="true()"/></model></h:head>
<h:body><input ref="/data/place"><label>Où ?</label></input></h:body></h:html>
"""
CASES = b"name,label,department,due,status\n"


def xform(form: str = "mini", title: str = "Petite alerte & co", *, key: str = "") -> str:
    """Return a form as the toolchain converts one."""
    submission = f'<submission base64RsaPublicKey="{key}"/>' if key else ""
    return XFORM.format(form=form, title=title.replace("&", "&amp;"), submission=submission)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Return the folder of the files beside the forms."""
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "cases.csv").write_bytes(CASES)
    return folder


@pytest.fixture
def small_shelf(media: Path) -> Shelf:
    """Return the forms of the small classroom."""
    forms = (serve(xform()), serve(xform("secret", "Alerte scellée", key="MIIBIjANBg")))
    return Shelf(forms, (media,))


@dataclass
class Stage:
    """One web server for all tests; each test puts its own classroom on it."""

    port: int
    app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to the classroom of the moment."""
        assert self.app is not None
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Return a web server that waits for a classroom."""
    with closing(listen(0, lan=False)) as listener:
        shared = Stage(listener.getsockname()[1])
        with serving(shared, listener):
            yield shared


@pytest.fixture
def room(
    small_shelf: Shelf, tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Classroom]:
    """Return a classroom that answers; it does not wait for the disk, which other tests watch call by call."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    inbox = open_inbox(tmp_path / "inbox")
    with inbox.in_use():
        desk = Desk(small_shelf, inbox)
        desk.addresses = (f"http://127.0.0.1:{stage.port}{desk.path}",)
        stage.app = make_app(desk)
        yield Classroom(desk.addresses[0], desk.addresses, inbox, desk)


@pytest.fixture
def wire(room: Classroom) -> Iterator[Wire]:
    """Return a connection to the running classroom."""
    with Wire(room.base_url) as connection:
        yield connection


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder that a reader of inboxes would see, by its place."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(piece.startswith(".") for piece in path.relative_to(folder).parts)
    }
