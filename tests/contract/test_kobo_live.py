"""The contract of our client against a real KoboToolbox, when one is named; each test makes a form and deletes it.

Needs ``DIKALO_KOBO_URL``, ``DIKALO_KOBO_TOKEN`` of an account that may make forms, and ``DIKALO_KOBO_OPENROSA`` where
phones have another address. Writes nothing outside the forms that it makes.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openpyxl import Workbook

from sync_scripts.servers.base import Found
from sync_scripts.servers.http import Client, Credential, Patience
from sync_scripts.servers.kobo import Account, Kobo
from tests.contract.central_world import instance, uuid
from tests.contract.contract import ServerContract, body, contents, marks, sightings
from tests.contract.test_central_live import Cable

NAMES = ("DIKALO_KOBO_URL", "DIKALO_KOBO_TOKEN")
URL, TOKEN = (os.environ.get(name, "") for name in NAMES)  # a test itself sees none of them
OPENROSA = os.environ.get("DIKALO_KOBO_OPENROSA", "") or URL
FAST = Patience(tries=2, pause_s=0.0, pause_max_s=0.0)
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not (URL and TOKEN), reason="no real KoboToolbox: set " + ", ".join(NAMES)),
]


def workbook() -> bytes:
    """Return a form with a text and two files."""
    book = Workbook()
    survey = book.active
    assert survey is not None
    survey.title = "survey"
    for row in (
        ("type", "name", "label"),
        ("text", "x", "x"),
        ("file", "f0", "f0"),
        ("file", "f1", "f1"),
    ):
        survey.append(row)
    settings = book.create_sheet("settings")
    settings.append(("form_title", "form_id"))
    settings.append(("Essai", "essai"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class LiveAccount:
    """A form of a real account, made for one test."""

    def __init__(self) -> None:
        self._http = httpx.Client(timeout=60, trust_env=False, headers={"Authorization": f"Token {TOKEN}"})
        self.form = self._made()
        self._asked("POST", f"{URL}/api/v2/assets/{self.form}/deployment/", json={"active": True})
        self.cable = Cable()
        client = Client(URL, Credential.token(TOKEN, "Token"), below=self.cable, patience=FAST)
        self.server = Kobo("kobo", Account(client), wanted=(self.form,))
        self._names: dict[str, str] = {}

    def end(self) -> None:
        """Delete the form."""
        self.server.account.client.close()
        self._asked("DELETE", f"{URL}/api/v2/assets/{self.form}/")
        self._http.close()

    def xml(self, content: bytes, *files: str) -> bytes:
        """Return an instance as one of this form, with its files named in it."""
        text = content.decode()
        text = re.sub(r'<data id="[^"]*"', f'<{self.form} id="{self.form}"', text).replace(
            "</data>", f"</{self.form}>"
        )
        named = "".join(f"<f{number}>{name}</f{number}>" for number, name in enumerate(files))
        return text.replace("<meta>", f"{named}<meta>").encode()

    def put(self, name: str, content: bytes, files: dict[str, bytes]) -> None:
        """Let a phone send it."""
        self.send(self.xml(content, *files), files)
        self._names[name] = re.findall(r"<instanceID>([^<]+)", content.decode())[0]

    def send(self, xml: bytes, files: dict[str, bytes] | None = None) -> None:
        """Post a submission as Collect does."""
        parts: list[tuple[str, Any]] = [("xml_submission_file", ("submission.xml", xml, "text/xml"))]
        parts += [(name, (name, content, "image/jpeg")) for name, content in (files or {}).items()]
        self._asked("POST", f"{OPENROSA}/submission", files=parts, headers={"X-OpenRosa-Version": "1.0"})

    def lose(self) -> None:
        """Cut the cable."""
        self.cable.cut = True

    def drop(self, name: str) -> None:
        """Delete one submission."""
        self._asked("DELETE", f"{self._rows()}{self.row(self._names[name])['_id']}/")

    def status(self, instance_id: str, uid: str) -> None:
        """Set the validation status of a submission."""
        where = f"{self._rows()}{self.row(instance_id)['_id']}/validation_status/"
        self._asked("PATCH", where, json={"validation_status.uid": uid})

    def row(self, instance_id: str) -> dict[str, Any]:
        """Return a row as the server shows it."""
        rows = self._asked("GET", f"{self._rows()}?format=json&limit=100").json()["results"]
        found: dict[str, Any] = next(one for one in rows if one["meta/instanceID"] == instance_id)
        return found

    def _rows(self) -> str:
        return f"{URL}/api/v2/assets/{self.form}/data/"

    def _made(self) -> str:
        job = self._asked(
            "POST",
            f"{URL}/api/v2/imports/",
            files={"file": ("essai.xlsx", workbook())},
            data={"library": "false"},
        ).json()
        for _try in range(60):
            said = self._asked("GET", f"{URL}/api/v2/imports/{job['uid']}/?format=json").json()
            if said["status"] == "complete":
                return str(said["messages"]["created"][0]["uid"])
            time.sleep(0.5)
        raise TimeoutError

    def _asked(self, method: str, where: str, **more: Any) -> httpx.Response:
        said = self._http.request(method, where, **more)
        if said.is_error:
            raise ValueError(f"{said.status_code} {said.text[:300]}")
        return said


@pytest.fixture
def live() -> Iterator[LiveAccount]:
    """Give a form of its own to each test, and delete it."""
    account = LiveAccount()
    yield account
    account.end()


class TestRealServerContract(ServerContract):
    """What holds for every server holds for a real KoboToolbox."""

    @pytest.fixture
    def place(self, live: LiveAccount) -> LiveAccount:
        """Return a form without submissions."""
        return live

    def test_every_submission_is_shown_with_its_exact_bytes(self, place: LiveAccount) -> None:  # type: ignore[override] # a real one
        """As posted: the root bears the name that this server gave the form."""
        for number in range(7):
            place.put(f"s{number}", body(number), {})

        assert sorted(contents(place.server)) == [place.xml(body(number)) for number in range(7)]
        assert place.server.count() == 7

    def test_pages_are_bounded_and_in_one_order(self, place: LiveAccount) -> None:  # type: ignore[override] # a real one
        """The server's own bound is 1,000; the order is the same twice."""
        for number in range(7):
            place.put(f"s{number}", body(number), {})
        first = [one.place for one in sightings(place.server)]

        assert len(first) == 7
        assert [one.place for one in sightings(place.server)] == first

    def test_a_late_file_moves_the_mark(self, place: LiveAccount) -> None:  # type: ignore[override] # a real one
        """A file that comes after its submission; the server takes only files that the submission names."""
        xml = place.xml(body(1), "late.jpg")
        place.send(xml)
        before = marks(place.server)
        place.send(xml, {"late.jpg": b"x"})

        assert marks(place.server) != before


def test_an_edit_keeps_its_root_and_is_seen_in_a_sweep(live: LiveAccount) -> None:
    """No stamp moves at the server; the mark of the row does."""
    live.send(live.xml(instance(1)))
    before = marks(live.server)
    live.send(live.xml(instance(101, of=uuid(1))))
    (page,) = live.server.again([(live.form, uuid(1))])
    (found,) = [one for one in live.server.fetch(page.sightings) if isinstance(one, Found)]

    assert marks(live.server) != before
    assert found.root_id == uuid(1)
    assert found.content == live.xml(instance(101, of=uuid(1)))


def test_a_status_is_said_and_taken_back(live: LiveAccount) -> None:
    """The validation status of a row is part of its mark and of what is said of it."""
    live.send(live.xml(instance(1)))
    before = marks(live.server)
    live.status(uuid(1), "validation_status_approved")
    (page,) = live.server.again([(live.form, uuid(1))])

    assert marks(live.server) != before
    assert page.statuses[0].review
