"""The contracts of our client against a real ODK Central, when one is named; each test makes a project and deletes it.

Needs ``DIKALO_CENTRAL_URL``, ``DIKALO_CENTRAL_EMAIL`` and ``DIKALO_CENTRAL_PASSWORD`` of an administrator. Writes
nothing outside the projects that it makes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from secrets import token_hex
from urllib.parse import quote

import httpx
import pytest

from sync_scripts.servers.central import Central, Project, visiting
from sync_scripts.servers.http import Client
from tests.contract.central_contract import CentralContract, announcing
from tests.contract.central_world import instance
from tests.contract.contract import ServerContract, body, marks
from tests.contract.test_central import FAST, SMALL

NAMES = ("DIKALO_CENTRAL_URL", "DIKALO_CENTRAL_EMAIL", "DIKALO_CENTRAL_PASSWORD")
URL, EMAIL, PASSWORD = (os.environ.get(name, "") for name in NAMES)  # a test itself sees none of them
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not (URL and EMAIL and PASSWORD), reason="no real Central: set " + ", ".join(NAMES)),
]
XFORM = """<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>Essai</h:title><model><instance><data id="alert"{version}><x/><f0/><f1/><meta><instanceID/></meta>
</data></instance><bind nodeset="/data/x" type="string"/><bind nodeset="/data/f0" type="binary"/>
<bind nodeset="/data/f1" type="binary"/><bind nodeset="/data/meta/instanceID" type="string"/></model></h:head><h:body>
<input ref="/data/x"><label>x</label></input><upload mediatype="image/*" ref="/data/f0"><label>f0</label></upload>
<upload mediatype="image/*" ref="/data/f1"><label>f1</label></upload></h:body></h:html>"""


class Cable(httpx.BaseTransport):
    """The way to the server, which a test can cut; ``knob`` sees what goes by before it does."""

    def __init__(self) -> None:
        self._below = httpx.HTTPTransport()
        self.cut = False
        self.knob: Callable[[httpx.Request], None] = lambda _request: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request, unless the cable is cut."""
        self.knob(request)
        if self.cut:
            raise httpx.ConnectError("cut")
        return self._below.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._below.close()


class LiveOffice:
    """A project of a real Central, made for one test."""

    def __init__(self) -> None:
        self._http = httpx.Client(base_url=URL, timeout=60, trust_env=False)
        said = self._asked("POST", "/v1/sessions", json={"email": EMAIL, "password": PASSWORD}).json()
        self._token = said["token"]
        self._http.headers["Authorization"] = f"Bearer {self._token}"
        made = self._asked("POST", "/v1/projects", json={"name": f"dikalo {token_hex(4)}"})
        self._at = f"/v1/projects/{made.json()['id']}"
        self._form(f"{self._at}/forms?publish=true", "")
        self._form(f"{self._at}/forms/alert/draft", "2026110101")
        self._asked("POST", f"{self._at}/forms/alert/draft/publish")
        self.cable = Cable()
        client, self.visit = visiting(
            lambda login: Client(URL, login, below=self.cable, patience=FAST), EMAIL, PASSWORD
        )
        self.server = Central("bureau", Project(client, made.json()["id"]), page=SMALL)
        self._roots: dict[str, str] = {}

    def end(self) -> None:
        """Delete the project and end all logins."""
        self.cable.cut = False
        self.visit.end()
        self.server.project.client.close()
        self._asked("DELETE", self._at)
        self._asked("DELETE", f"/v1/sessions/{quote(self._token, safe='')}")
        self._http.close()

    # --- as the contract of Central wants it ---

    def send(self, xml: bytes, files: dict[str, bytes] | None = None) -> None:
        """Let a phone send it.

        Raises:
            ValueError: the server refuses it; the text is its status.
        """
        parts = {name: (name, content, "image/png") for name, content in (files or {}).items()}
        parts["xml_submission_file"] = ("submission.xml", xml, "text/xml")
        self._asked("POST", f"{self._at}/submission", headers={"X-OpenRosa-Version": "1.0"}, files=parts)

    def delete(self, root: str) -> None:
        """Put it into the trash."""
        self._asked("DELETE", self._submission(root))

    def restore(self, root: str) -> None:
        """Take it out again."""
        self._asked("POST", f"{self._submission(root)}/restore")

    def review(self, root: str, state: str | None) -> None:
        """Review it."""
        self._asked("PATCH", self._submission(root), json={"reviewState": state})

    def encrypt(self) -> None:
        """Give the project a key."""
        self._asked("POST", f"{self._at}/key", json={"passphrase": "phrase-inventee", "hint": ""})

    # --- as the contract of all servers wants it ---

    def put(self, name: str, content: bytes, files: dict[str, bytes]) -> None:
        """Let a phone send it, with its files named in it."""
        xml = announcing(content, *files)
        self.send(xml, files)
        self._roots[name] = re.findall(r"<instanceID>([^<]+)", xml.decode())[0]

    def lose(self) -> None:
        """Cut the cable."""
        self.cable.cut = True

    def drop(self, name: str) -> None:
        """Put a submission into the trash."""
        self.delete(self._roots[name])

    def _form(self, where: str, version: str) -> None:
        text = XFORM.format(version=f' version="{version}"' if version else "")
        self._asked("POST", where, content=text.encode(), headers={"Content-Type": "application/xml"})

    def _submission(self, root: str) -> str:
        return f"{self._at}/forms/alert/submissions/{quote(root)}"

    def _asked(self, method: str, where: str, **more: object) -> httpx.Response:
        said = self._http.request(method, where, **more)  # type: ignore[arg-type] # handed on as they are
        if said.is_error:
            raise ValueError(str(said.status_code))
        return said


@pytest.fixture
def live() -> Iterator[LiveOffice]:
    """Give a project of its own to each test, and delete it."""
    office = LiveOffice()
    yield office
    office.end()


class TestRealCentralContract(CentralContract):
    """What our client relies on holds at a real Central."""

    @pytest.fixture
    def office(self, live: LiveOffice) -> LiveOffice:
        """Return a project with seven submissions."""
        for number in range(1, 8):
            live.send(instance(number))
        return live


class TestRealServerContract(ServerContract):
    """What holds for every server holds for a real Central."""

    @pytest.fixture
    def place(self, live: LiveOffice) -> LiveOffice:
        """Return an empty project."""
        return live

    def test_a_late_file_moves_the_mark(self, place: LiveOffice) -> None:  # type: ignore[override] # a real one
        """A file that comes after its submission; a Central takes only files that the submission names."""
        xml = announcing(body(1), "late.jpg")
        place.send(xml)
        before = marks(place.server)
        place.send(xml, {"late.jpg": b"x"})

        assert marks(place.server) != before
