"""Answers before photos at a real ODK Central, when one is named; each test makes a project and deletes it.

Needs ``DIKALO_CENTRAL_URL``, ``DIKALO_CENTRAL_EMAIL`` and ``DIKALO_CENTRAL_PASSWORD`` of an administrator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from sync_scripts.intake import pull as pulling
from sync_scripts.intake.receive import later
from sync_scripts.servers.base import Server
from sync_scripts.store.schema import raw
from tests import clock
from tests.contract.test_central_live import EMAIL, NAMES, PASSWORD, URL, LiveOffice
from tests.encrypted.far import Far
from tests.encrypted.test_pulling import PHOTO, WITH_PHOTO
from tests.intake.scene import VERSION, Scene, edit_of, uid

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not (URL and EMAIL and PASSWORD), reason="no real Central: set " + ", ".join(NAMES)),
]
XFORM = """<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
xmlns:orx="http://openrosa.org/xforms"><h:head><h:title>Essai</h:title><model><instance><data id="alert"
version="{version}"><story><short_text/><photo/></story><meta><instanceID/></meta></data></instance>{key}<bind
nodeset="/data/story/short_text" type="string"/><bind nodeset="/data/story/photo" type="binary"/><bind
nodeset="/data/meta/instanceID" type="string"/></model></h:head><h:body><input ref="/data/story/short_text"><label>x
</label></input><upload mediatype="image/*" ref="/data/story/photo"><label>p</label></upload></h:body></h:html>"""
NUMBERS = range(1, 8)


class Office(LiveOffice):
    """A project with one form that is asked for a text and a photo, and encrypted with a key of our own if there is one."""

    def __init__(self, public: str = "") -> None:
        self._public = public
        super().__init__()

    def _form(self, where: str, version: str) -> None:
        key = f'<submission base64RsaPublicKey="{self._public}"/>' if self._public else ""
        text = XFORM.format(version=VERSION if version else "1", key=key)
        self._asked("POST", where, content=text.encode(), headers={"Content-Type": "application/xml"})


@dataclass
class LiveFar(Far):
    """The same words, for a phone of a real server."""

    office: Office = field(kw_only=True)

    @property
    def server(self) -> Server:
        """Our client."""
        return self.office.server

    def _put(
        self,
        number: int,
        content: bytes,
        files: dict[str, bytes],
        expected: dict[str, bytes | None],
        form: str,
    ) -> None:
        self.office.send(content, files)


@pytest.fixture(params=["clear", "encrypted"])
def place(request: pytest.FixtureRequest, one: Scene) -> Iterator[LiveFar]:
    """Give a project of its own to each test, and delete it."""
    one.now = clock.now()
    made = LiveFar(one, "central", office=None)  # type: ignore[arg-type] # it is made with the key
    made.office = Office(made.make_key().public if request.param == "encrypted" else "")
    yield made
    made.office.end()


def send(place: LiveFar, *numbers: int) -> None:
    """Let a phone send."""
    for number in numbers:
        (place.send if place.key else place.clear)(number, WITH_PHOTO, {"p.jpg": PHOTO})


def word(request: httpx.Request) -> str:
    """Return what a request is for: ``text``, ``photo``, or nothing of interest."""
    path = request.url.path
    if path.endswith((".xml", "/submission.xml.enc")):
        return "text"
    return "photo" if "/attachments/" in path and request.method == "GET" else ""


def test_the_answers_come_before_any_photo_and_all_comes_once(place: LiveFar) -> None:
    """A second pull asks for none of them."""
    send(place, *NUMBERS)
    heard: list[str] = []
    place.office.cable.knob = lambda request: heard.append(word(request))
    report = place.report()
    found = [one for one in heard if one]
    heard.clear()
    again = place.report()

    texts = found.index("photo")
    assert set(found[:texts]) == {"text"}
    assert texts >= len(NUMBERS)
    assert found.count("photo") == len(NUMBERS)
    assert (report.new, report.files_new, report.notes) == (len(NUMBERS), len(NUMBERS), ())
    assert report.proofs[0].holds
    assert (again.new, again.files_new, again.notes) == (0, 0, ())
    assert not {*heard} & {"text", "photo"}


def test_a_line_that_breaks_at_the_first_photo_goes_on_with_the_next_pull(place: LiveFar) -> None:
    """The answers are here after the first one."""
    send(place, *NUMBERS)

    def knob(request: httpx.Request) -> None:
        if word(request) == "photo":
            raise httpx.ConnectError("gone")

    place.office.cable.knob = knob
    cut = place.pull()
    place.office.cable.knob = lambda _request: None
    report = place.report()

    assert cut.failure is not None
    assert cut.report.new == len(NUMBERS)
    assert (report.new, report.files_new) == (0, len(NUMBERS))
    assert set(place.rows(raw.attachment, "state")) == {("held",)}


def test_an_alert_that_comes_while_photos_do_is_here_before_the_others(
    place: LiveFar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked for in between."""
    monkeypatch.setattr(pulling, "SLICE_S", 0.0)
    monkeypatch.setattr(later, "AT_ONCE", 1)
    send(place, *NUMBERS)
    seen: list[bool] = []

    def knob(request: httpx.Request) -> None:
        if word(request) != "photo":
            return
        if not seen:
            place.office.cable.knob = lambda _request: None
            send(place, 99)
            place.office.cable.knob = knob
        seen.append((uid(99),) in place.rows(raw.submission, "instance_id"))

    place.office.cable.knob = knob
    report = place.report()

    assert not seen[0]
    assert all(seen[2:])
    assert len(seen) == len(NUMBERS) + 1
    assert (report.seen, report.new, report.files_new) == (len(NUMBERS) + 1,) * 3


def test_each_version_keeps_the_photo_that_was_sent_with_it(place: LiveFar) -> None:
    """Also where the edit comes between the answers and the photos."""
    if place.key is not None:
        pytest.skip("what came encrypted is not edited")
    place.clear(1, WITH_PHOTO, {"p.jpg": b"\xff\xd8 first"})
    edit = place.xml(101, WITH_PHOTO, meta=edit_of(1))
    second = b"\xff\xd8 the second, which is longer"
    place.report(between=lambda: place.office.send(edit, {"p.jpg": second}))
    first = dict(place.rows(raw.attachment, "instance_id", "size"))
    place.report()

    assert first == {uid(1): 8}
    assert dict(place.rows(raw.attachment, "instance_id", "size")) == {uid(1): 8, uid(101): 30}
