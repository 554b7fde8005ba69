"""A submission as Collect posts it: kept exactly, or refused in words; every request here is raw bytes."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import pytest
from lxml import etree

from sync_scripts.classroom.running import Classroom
from sync_scripts.classroom.server import ACCEPTED, LARGEST
from tests.classroom.conftest import tree
from tests.classroom.raw import BOUNDARY, Answer, Wire, body, filled, part

HOSTILE_BYTES = bytes(range(256)) + b"\r\n--" + BOUNDARY[:20].encode() + b"\r\n\r\n\x00\x85\n\n\r\r--\r\n"


def message(answer: Answer) -> str:
    """Return what a phone shows."""
    assert b"OpenRosaResponse" in answer.body
    return etree.fromstring(answer.body).findtext("{http://openrosa.org/http/response}message") or ""


# --- a submission -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["whole", "chunked"])
def test_what_was_sent_lies_in_the_inbox_byte_for_byte(room: Classroom, wire: Wire, way: str) -> None:
    """The XML and every file, hostile bytes and a name in UTF-8 included, and nothing more."""
    xml = filled(instance="uuid:11111111-aaaa")
    content = body(
        xml, ("1699.jpg", HOSTILE_BYTES), ("signé à Bafoussam.png", b""), ("crlf.bin", b"\r\n" * 999)
    )
    answer = wire.post(content) if way == "whole" else wire.post_chunked(content)

    assert answer.status == 201
    assert message(answer)
    place = "mini/uuid11111111-aaaa"
    assert tree(room.inbox.root) == {
        "A-LIRE.txt": (room.inbox.root / "A-LIRE.txt").read_bytes(),
        f"{place}/submission.xml": xml,
        f"{place}/1699.jpg": HOSTILE_BYTES,
        f"{place}/signé à Bafoussam.png": b"",
        f"{place}/crlf.bin": b"\r\n" * 999,
    }


@pytest.mark.parametrize("size", [1, 2, 3, 61, 4096])
def test_the_cut_of_the_chunks_does_not_matter(room: Classroom, wire: Wire, size: int) -> None:
    """A boundary may be torn anywhere between two packets."""
    xml = filled(instance="uuid:22222222")
    assert wire.post_chunked(body(xml, ("a.bin", HOSTILE_BYTES)), size).status == 201

    assert (room.inbox.root / "mini/uuid22222222/a.bin").read_bytes() == HOSTILE_BYTES


def test_a_submission_in_several_posts_appears_when_the_last_is_in(room: Classroom, wire: Wire) -> None:
    """Readers never see a part of it."""
    xml = filled(instance="uuid:33333333")

    assert wire.post(body(xml, ("1.jpg", b"one"), incomplete=True)).status == 201
    assert wire.post(body(xml, ("2.jpg", b"two"), incomplete=True)).status == 201
    assert not (room.inbox.root / "mini").exists()
    assert room.tally().count == 0
    assert wire.post(body(xml, ("3.jpg", b"three"))).status == 201
    whole = room.inbox.root / "mini/uuid33333333"
    assert {path.name: path.read_bytes() for path in whole.iterdir()} == {
        "submission.xml": xml, "1.jpg": b"one", "2.jpg": b"two", "3.jpg": b"three",
    }  # fmt: skip
    assert room.tally().count == 1


def test_the_same_again_is_thanked_and_counted_once(room: Classroom, wire: Wire) -> None:
    """A phone that never heard the answer sends again."""
    content = body(filled(instance="uuid:44444444"), ("1.jpg", b"one"))
    first, second = wire.post(content), wire.post(content)

    assert (first.status, second.status) == (201, 201)
    assert message(first) != message(second)
    assert room.tally().count == 1


def test_a_file_that_comes_late_is_added(room: Classroom, wire: Wire) -> None:
    """The same XML with another file completes what is there."""
    xml = filled(instance="uuid:55555555")
    wire.post(body(xml, ("1.jpg", b"one")))

    assert wire.post(body(xml, ("2.jpg", b"two"))).status == 201
    assert (room.inbox.root / "mini/uuid55555555/2.jpg").read_bytes() == b"two"


def test_other_xml_under_one_identity_is_refused_and_nothing_changes(room: Classroom, wire: Wire) -> None:
    """Nothing received is ever overwritten."""
    wire.post(body(filled(instance="uuid:66666666"), ("1.jpg", b"one")))
    before = tree(room.inbox.root)
    answer = wire.post(body(filled(instance="uuid:66666666", inner="<place>Buea</place>"), ("2.jpg", b"x")))

    assert answer.status == 409
    assert "DK-L28" in message(answer)
    assert tree(room.inbox.root) == before


@pytest.mark.parametrize("name", ["1.jpg", "1.JPG"])
def test_another_file_of_one_name_is_refused_whole(room: Classroom, wire: Wire, name: str) -> None:
    """Also where only capitals differ; and the new file beside it is not taken either."""
    xml = filled(instance="uuid:77777777")
    wire.post(body(xml, ("1.jpg", b"one")))
    before = tree(room.inbox.root)
    answer = wire.post(body(xml, ("0.jpg", b"new"), (name, b"other")))

    assert answer.status == 409
    assert "DK-L29" in message(answer)
    assert tree(room.inbox.root) == before


def test_a_conflict_with_an_unfinished_submission_is_refused_too(wire: Wire) -> None:
    """What waits for its last post is as safe as what is whole."""
    wire.post(body(filled(instance="uuid:78787878"), ("1.jpg", b"one"), incomplete=True))

    assert wire.post(body(filled(instance="uuid:78787878"), ("1.jpg", b"two"))).status == 409
    assert wire.post(body(filled(instance="uuid:78787878", inner="<place/>"))).status == 409


def test_one_name_twice_in_a_post(room: Classroom, wire: Wire) -> None:
    """The same bytes are kept once; other bytes are refused, and nothing is kept."""
    xml = filled(instance="uuid:88888888")

    assert wire.post(body(xml, ("1.jpg", b"one"), ("1.jpg", b"two"))).status == 409
    assert not (room.inbox.root / "mini").exists()
    assert wire.post(body(xml, ("1.jpg", b"one"), ("1.jpg", b"one"))).status == 201
    assert sorted(path.name for path in (room.inbox.root / "mini/uuid88888888").iterdir()) == [
        "1.jpg",
        "submission.xml",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil.jpg",
        "..\\evil.jpg",
        "con.jpg",
        "a\u202egpj.exe",
        "x" * 300,
        ".hidden",
        "submission.xml",
    ],
    ids=ascii,
)
def test_a_hostile_file_name_stays_in_its_folder(
    room: Classroom, wire: Wire, tmp_path: Path, name: str
) -> None:
    """The submission is kept, the file under a plain name, and nothing lies outside."""
    outside = {path for path in tmp_path.rglob("*") if "inbox" not in path.parts}
    xml = filled(instance="uuid:99999999")

    assert wire.post(body(xml, (name, b"photo"))).status == 201
    folder = room.inbox.root / "mini/uuid99999999"
    assert (folder / "submission.xml").read_bytes() == xml
    assert [path.read_bytes() for path in folder.iterdir() if path.name != "submission.xml"] == [b"photo"]
    assert {path for path in tmp_path.rglob("*") if "inbox" not in path.parts} == outside


BROKEN = {
    "cut": (filled()[:-30], 400, "DK-L23"),
    "not UTF-8": (filled(inner="<place>Kumbo</place>").replace(b"Kumbo", b"Kumb\xe9"), 400, "DK-L23"),
    "no XML": (b"hello", 400, "DK-L23"),
    "empty": (b"", 400, "DK-L23"),
    "DOCTYPE": (b"<!DOCTYPE data [<!ENTITY x 'CANARY'>]>" + filled()[39:], 400, "DK-L24"),
    "entity": (filled(inner="<place>&x;</place>"), 400, "DK-L23"),
    "too deep": (filled(inner="<g>" * 60 + "</g>" * 60), 400, "DK-L25"),
    "too many": (filled(inner="<g/>" * 50_001), 400, "DK-L25"),
    "too large": (filled(inner=f"<place>{'x' * 5_000_000}</place>"), 400, "DK-L25"),
    "no identity": (filled(instance="", inner="").replace(b"uuid:", b"CANARY"), 400, "DK-L26"),
    "odd identity": (filled(instance="uuid:../../CANARY"), 400, "DK-L26"),
    "unknown form": (filled("CANARYform"), 404, "DK-L27"),
    "no form": (filled("").replace(b' id=""', b""), 404, "DK-L27"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_no_pull_could_read_is_refused_in_words(room: Classroom, wire: Wire, case: str) -> None:
    """With a code and a sentence that repeats nothing of what was sent; the next submission goes through."""
    xml, status, code = BROKEN[case]
    answer = wire.post(body(xml, ("CANARY.jpg", b"CANARY")))

    assert (answer.status, code in message(answer)) == (status, True)
    assert "CANARY" not in answer.text
    assert list(tree(room.inbox.root)) == ["A-LIRE.txt"]
    assert list((room.inbox.root / ".incoming").glob("[!.]*")) == []
    assert wire.post(body(filled())).status == 201


GARBLED = {
    "no XML part": body(None, ("1.jpg", b"x")),
    "no end": body(filled())[:-40],
    "cut inside a file": body(filled(), ("1.jpg", b"x" * 100))[:-80],
    "cut between two files": part("xml_submission_file", filled(), "a.xml"),
    "nothing": b"",
    "no boundary inside": b"x" * 1000,
    "header without end": f"--{BOUNDARY}\r\nContent-Disposition".encode(),
    "header too long": f"--{BOUNDARY}\r\nX: {'x' * 70_000}\r\n\r\n".encode(),
    "a thousand parts": b"".join(part(f"p{n}", b"") for n in range(1100)) + body(filled()),
}


@pytest.mark.parametrize("case", GARBLED)
def test_a_garbled_post_is_refused(room: Classroom, wire: Wire, case: str) -> None:
    """Collect resends what was not taken."""
    answer = wire.post(GARBLED[case])

    assert answer.status == 400
    assert re.match(r"DK-L2[12] · ", message(answer))
    assert list(tree(room.inbox.root)) == ["A-LIRE.txt"]


@pytest.mark.parametrize(
    "kind", ["text/xml", "multipart/form-data", "multipart/form-data; boundary=" + "b" * 300, ""]
)
def test_a_post_that_is_no_form_is_refused(wire: Wire, kind: str) -> None:
    """A body without a usable boundary cannot be taken apart."""
    content = body(filled())

    assert (
        wire.ask(
            "POST", "/submission", [f"Content-Type: {kind}", f"Content-Length: {len(content)}"], content
        ).status
        == 400
    )


def test_a_body_over_the_limit_is_refused_before_it_is_kept(room: Classroom, wire: Wire) -> None:
    """The phone hears why: 413 and a sentence, after it has said all it had to say."""
    content = body(filled(), ("big.mp4", bytes(LARGEST)))
    answer = wire.post(content)

    assert answer.status == 413
    assert "DK-L30" in message(answer)
    assert "50 MB" in message(answer)
    assert list(tree(room.inbox.root)) == ["A-LIRE.txt"]


def test_a_chunked_body_over_the_limit_is_refused(room: Classroom, wire: Wire) -> None:
    """A body that does not announce its length is counted while it comes."""
    assert wire.post_chunked(body(filled(), ("big.mp4", bytes(LARGEST))), 1 << 20).status == 413
    assert list((room.inbox.root / ".incoming").glob("post-*")) == []


def test_an_absurd_length_is_refused_at_once(wire: Wire) -> None:
    """Nobody waits for ten gigabytes."""
    headers = [f"Content-Type: multipart/form-data; boundary={BOUNDARY}", "Content-Length: 10000000000"]
    answer = wire.ask("POST", "/submission", headers)

    assert (answer.status, answer.headers["connection"]) == (413, "close")


def test_what_a_phone_may_send_at_once_is_taken(room: Classroom, wire: Wire) -> None:
    """A post filled to the announced length passes, its boundaries on top."""
    xml = filled(instance="uuid:abababab")

    assert wire.post(body(xml, ("film.mp4", bytes(ACCEPTED - len(xml))))).status == 201
    assert (room.inbox.root / "mini/uuidabababab/film.mp4").stat().st_size == ACCEPTED - len(xml)


def test_a_form_that_should_be_sealed_and_came_readable_is_taken_and_marked(
    room: Classroom, wire: Wire
) -> None:
    """Collect may save an encrypted form in clear without a word; somebody must see it."""
    sealed = (
        b'<data id="secret" encrypted="yes" xmlns="http://www.opendatakit.org/xforms/encrypted">'
        b"<base64EncryptedKey>QUJD</base64EncryptedKey>"
        b'<meta xmlns="http://openrosa.org/xforms"><instanceID>uuid:cccccccc</instanceID></meta>'
        b"<encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    )
    assert wire.post(body(sealed, ("submission.xml.enc", b"\x00"))).status == 201
    assert not room.tally().last[0].in_clear
    assert (
        wire.post(body(sealed.replace(b"cccccccc", b"dddddddd"), ("1.jpg", b"x"), ("1.jpg.enc", b"y"))).status
        == 201
    )
    assert room.tally().last[0].in_clear
    assert wire.post(body(filled("secret"))).status == 201
    assert room.tally().last[0].in_clear
    assert wire.post(body(filled())).status == 201
    assert not room.tally().last[0].in_clear


# --- what is written where ----------------------------------------------------------------------------------------------


def test_no_byte_passes_the_systems_temporary_folder(
    room: Classroom, wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs and other people may read there."""
    elsewhere = tmp_path / "system-temp"
    elsewhere.mkdir(mode=0o500)
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    made: list[str] = []
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda *_, **__: made.append("spooled"))

    assert wire.post(body(filled(), ("film.mp4", bytes(3_000_000)))).status == 201
    assert wire.post(body(b"broken", ("film.mp4", bytes(3_000_000)))).status == 400
    assert list(elsewhere.iterdir()) == []
    assert made == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_only_the_owner_may_read_what_came(room: Classroom, wire: Wire) -> None:
    """Folders 0700, files 0600, whatever the umask says."""
    wire.post(body(filled(), ("1.jpg", b"x")))
    wire.post(body(filled(), ("1.jpg", b"x"), incomplete=True))
    mine = [path for path in room.inbox.root.rglob("*") if not path.name.startswith(".lock")]

    assert {oct(path.stat().st_mode & 0o777) for path in (*mine, room.inbox.root) if path.is_dir()} == {
        "0o700"
    }
    assert {oct(path.stat().st_mode & 0o777) for path in mine if path.is_file()} == {"0o600"}
