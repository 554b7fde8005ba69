"""What every source must do, it does through the opening of encrypted submissions too; and what came encrypted is opened there."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from unicodedata import normalize

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sync_scripts.intake.encryption.ciphertext import Keyring
from sync_scripts.intake.encryption.unlocking import Unlocking, unlocking
from sync_scripts.servers.abilities import Rechecks
from sync_scripts.servers.base import FileGone, Found, Server
from sync_scripts.store.seal.form_keys import FormKey
from tests.contract.contract import Place, ServerContract, contents, sightings
from tests.contract.test_central import CentralPlace
from tests.contract.test_folder import FolderPlace
from tests.contract.test_kobo import KoboPlace
from tests.encrypted.far import KINDS
from tests.encrypted.phone import encrypt

PHOTO = bytes(range(256)) * 600
XML = (
    b'<data id="alert" version="1"><short_text>invented</short_text>'
    b"<meta><instanceID>uuid:00000001-0000-4000-8000-000000000000</instanceID></meta></data>"
)


@cache
def ring() -> tuple[Keyring, str]:
    """Return a key and its public half."""
    drawn = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    half = drawn.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    spki = drawn.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = b64encode(spki).decode()
    known = FormKey(fingerprint="f", form="alert", use="day", public=public, made_at="2026", made_by="x")
    return Keyring([known], {"f": half}), public


class AnyPlace:
    """A source of any kind, whose client can be exchanged."""

    def __init__(self, place: FolderPlace | CentralPlace | KoboPlace) -> None:
        self._place = place
        self.server: Server = place.server

    def put(self, name: str, content: bytes, files: dict[str, bytes]) -> None:
        """Let the source hold one more submission."""
        self._place.put(name, content, files)

    def lose(self) -> None:
        """Let the whole source go away."""
        self._place.lose()

    def drop(self, name: str) -> None:
        """Let one submission go away."""
        self._place.drop(name)


def made(kind: str, folder: Path) -> Place:
    """Return an empty source of a kind."""
    if kind == "folder":
        folder.mkdir(exist_ok=True)
        return AnyPlace(FolderPlace(folder / "source"))
    return AnyPlace(CentralPlace() if kind == "central" else KoboPlace())


def opening(place: Place, folder: Path, *, limit: int = 100_000_000) -> Unlocking:
    """Return the same source, opened on the way, long after everything arrived."""
    later = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=1)
    return unlocking(place.server, ring()[0], lambda: later, folder / "sealed", limit)


class TestServerContract(ServerContract):
    """The contract, through the opening, over every kind of source."""

    @pytest.fixture(params=KINDS)
    def place(self, request: pytest.FixtureRequest, tmp_path: Path) -> Place:
        """Return an empty source that opens."""
        found = made(request.param, tmp_path)
        found.server = opening(found, tmp_path)
        return found


@pytest.fixture(params=KINDS)
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return an empty source of each kind."""
    return made(request.param, tmp_path)


def test_a_source_hands_over_an_encrypted_submission_as_it_came(bare: Place) -> None:
    """Manifest and files, byte for byte, under the names that the manifest lists."""
    sent = encrypt(ring()[1], XML, {"p.jpg": PHOTO, "voix é.m4a": b""})
    bare.put("s1", sent.manifest, sent.files)
    (one,) = sightings(bare.server)
    read = {}
    for ref in bare.server.attachments(one.place):
        with bare.server.open(ref) as file:
            read[ref.name] = file.read()

    assert contents(bare.server) == [sent.manifest]
    assert read == sent.files


@pytest.mark.parametrize("limit", [100_000_000, 1000, 0])
def test_opened_it_is_what_was_on_the_phone(bare: Place, tmp_path: Path, limit: int) -> None:
    """XML and files, plain, with their plain names and sizes; kept meanwhile or fetched again makes no difference."""
    sent = encrypt(ring()[1], XML, {"p.jpg": PHOTO, "voix é.m4a": b"", "audit.csv": b"a,b\n"})
    bare.put("s1", sent.manifest, sent.files)
    server = opening(bare, tmp_path, limit=limit)
    (one,) = sightings(server)
    (found,) = server.fetch([one])
    read, sizes = {}, {}
    for ref in server.attachments(one.place):
        sizes[ref.name] = ref.size
        with server.open(ref) as file:
            pieces = iter(lambda: file.read(1000), b"")
            read[ref.name] = b"".join(pieces)
    wrapped = server.wrapped(one.place)
    server.let_go()

    assert isinstance(found, Found)
    assert found.content == XML
    assert read == {"p.jpg": PHOTO, "voix é.m4a": b"", "audit.csv": b"a,b\n"}
    assert sizes == {name: len(data) for name, data in read.items()}
    assert wrapped is not None
    assert (wrapped.state, wrapped.manifest) == ("whole", sent.manifest)
    assert not [*(tmp_path / "sealed").rglob("enc-*")]


def test_a_source_that_can_be_asked_file_by_file_still_can(bare: Place, tmp_path: Path) -> None:
    """Opening takes no ability away, and gives none."""
    assert isinstance(opening(bare, tmp_path), Rechecks) == isinstance(bare.server, Rechecks)


def test_two_names_that_are_one_once_plain_are_refused(bare: Place, tmp_path: Path) -> None:
    """One file would pass for the other."""
    sent = encrypt(ring()[1], XML, {"p.jpg": PHOTO, normalize("NFD", "é.jpg"): b"1", "é.jpg": b"2"})
    bare.put("s1", sent.manifest, sent.files)
    server = opening(bare, tmp_path)
    (one,) = sightings(server)
    list(server.fetch([one]))
    wrong = server.disbelieved(one.place)

    assert wrong is not None
    assert wrong.refusal == "UNSAFE_NAME"


def test_an_xml_without_end_is_refused(tmp_path: Path) -> None:
    """It would be held in memory whole."""
    long = XML.replace(b"invented", b"x" * 5_000_100)
    sent = encrypt(ring()[1], long)
    bare = made("folder", tmp_path)
    bare.put("s1", sent.manifest, sent.files)
    server = opening(bare, tmp_path)
    (one,) = sightings(server)
    list(server.fetch([one]))
    wrong = server.disbelieved(one.place)

    assert wrong is not None
    assert wrong.refusal == "LENGTH"


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_one_file_that_a_server_has_lost_stops_no_other(kind: str, tmp_path: Path) -> None:
    """It is listed and is not there: its submission is opened without it, the others whole; its name alone is shown."""
    bare = made(kind, tmp_path)
    for number in (1, 2):
        xml = XML.replace(b"00000001", b"%08d" % number)
        sent = encrypt(ring()[1], xml, {f"p{number}.jpg": PHOTO})
        bare.put(f"s{number}", sent.manifest, sent.files)
    lose(bare, "p1.jpg.enc")
    server = opening(bare, tmp_path)
    states = {}
    for one in list(server.fetch(sightings(server))):
        assert isinstance(one, Found)
        wrapped = server.wrapped(one.sighting.place)
        states[wrapped and wrapped.state] = server.attachments(one.sighting.place)
    (lost,) = states["provisional"]

    assert states.keys() == {"provisional", "whole"}
    with pytest.raises(FileGone), server.open(lost):
        pass
    assert [ref.handle for ref in server.attachments(lost.place)] == [""]  # told once a run


def lose(bare: Place, name: str) -> None:
    """Let a server list a file and not give it."""
    world = bare._place.world  # type: ignore[attr-defined] # of this module

    def gone(request: httpx.Request) -> httpx.Response | None:
        last = request.url.path.rstrip("/").rpartition("/")[2]
        uids = {
            uid
            for form in getattr(world, "forms", {}).values()
            for one in form
            for uid, held in one.files.items()
            if isinstance(held, tuple) and held[0] == name
        }
        return httpx.Response(404, json={"detail": "Not found."}) if last in {name, *uids} else None

    world.knob = gone
