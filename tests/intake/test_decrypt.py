"""``dikalo decrypt``: every vector in one folder, opened or refused for its own reason, nothing half written."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from sync_scripts import cli
from sync_scripts.intake.encryption.decrypt_folder import PlainNowhere, _name, _names, beside
from sync_scripts.servers.folder import Folder
from tests.encrypted.phone import encrypt
from tests.intake.scene import alert
from tests.intake.test_encrypted import FOLDER, INDEX, REFUSED, VALID
from tests.store.ending import told_to_end

Run = Callable[..., tuple[int, Any, str]]
KEYS = {key["name"]: base64.b64decode(key["test_only_private_key_der_b64"]) for key in INDEX["keys"]}
PUBLIC = base64.b64encode(
    load_der_private_key(next(iter(KEYS.values())), None)
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


def lay(root: Path, vector: dict[str, Any]) -> None:
    """Lay one vector as a folder of an instance, its files under the names of the manifest."""
    home = root / vector["name"]
    home.mkdir(parents=True)
    shutil.copy(FOLDER / vector["name"] / "submission.xml", home)
    for file in vector["files"]:
        stored = FOLDER / vector["name"] / (file["stored_as"] or "-")
        if stored.is_file():
            shutil.copy(stored, home / file["enc_name"])


def send(root: Path, number: int, media: dict[str, bytes], called: dict[str, str] | None = None) -> Path:
    """Lay what a phone with the first key sent; ``called`` = other names for some of its files, in the manifest too."""
    home = root / f"sent{number}"
    home.mkdir(parents=True)
    sent = encrypt(PUBLIC, alert(number), media)
    manifest = sent.manifest
    for name, data in sent.files.items():
        other = (called or {}).get(name, name)
        manifest = manifest.replace(f"<file>{name}<".encode(), f"<file>{other}<".encode())
        (home / other).write_bytes(data)
    (home / "submission.xml").write_bytes(manifest)
    return home


def refusals(said: Any) -> list[str]:
    """Return why each submission was not opened."""
    return [one["refusal"] for one in said["submissions"]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in an empty folder with all keys; returns exit code, document and talk."""
    options: list[str] = []
    for name, der in KEYS.items():
        (tmp_path / f"{name}.der").write_bytes(der)
        options += ["--key", str(tmp_path / f"{name}.der")]

    def go(*words: str) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = cli.main(["decrypt", str(tmp_path / "in"), *options, "--into", str(tmp_path / "out"), *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out.startswith("{") else out, err

    return go


def test_valid_submissions_open_to_their_exact_bytes(run: Run, tmp_path: Path) -> None:
    """XML and media, byte for byte; a second run opens nothing again."""
    for vector in VALID:
        lay(tmp_path / "in", vector)
    code, said, _talk = run("--json")
    again = run("--json")
    homes = {path.name: path for path in (tmp_path / "out").iterdir()}

    assert code == 0
    assert sum(not one["refusal"] for one in said["submissions"]) == len(VALID)
    assert all(one["there"] for one in again[1]["submissions"])
    for vector in VALID:
        home = homes[vector["instance_id"].replace(":", "_")]
        assert (home / "submission.xml").read_text("utf-8") == vector["xml_text"]
        for file in vector["files"]:
            if file["name"] != "submission.xml":
                assert hashlib.sha256((home / file["name"]).read_bytes()).hexdigest() == file["sha256"]


def test_bad_submissions_are_named_and_leave_nothing(run: Run, tmp_path: Path) -> None:
    """Exit 3, each reason with the numbers of its submissions; the good one beside them is opened."""
    for vector in [VALID[0], *REFUSED]:
        lay(tmp_path / "in", vector)
    code, said, _talk = run("--json")
    laid = sorted([VALID[0], *REFUSED], key=lambda vector: vector["name"])
    found = {vector["name"]: one["refusal"] for vector, one in zip(laid, said["submissions"], strict=True)}
    wanted = {vector["name"]: vector.get("code", "") for vector in laid}
    wanted["115-other-rsa-key"] = (
        "SIGNATURE_MISMATCH"  # with every key at hand its own is there: the seal is another's
    )
    assert found == wanted
    assert code == 3
    assert [path.name for path in (tmp_path / "out").iterdir()] == [VALID[0]["instance_id"].replace(":", "_")]


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    """It opens and checks everything, and nothing plain touches the disk, not even for a moment."""
    for vector in VALID:
        lay(tmp_path / "in", vector)
    code, said, _talk = run("--dry-run", "--json")

    assert code == 0
    assert not any(one["refusal"] for one in said["submissions"])
    assert not (tmp_path / "out").exists()


def test_what_a_killed_run_left_is_in_nobodys_way(run: Run, tmp_path: Path) -> None:
    """The half-written folder goes, the submission is opened whole."""
    vector = next(one for one in VALID if any(file["name"] != "submission.xml" for file in one["files"]))
    lay(tmp_path / "in", vector)
    name = vector["instance_id"].replace(":", "_")
    medium = next(file["name"] for file in vector["files"] if file["name"] != "submission.xml")
    half = tmp_path / "out" / f"{name}.part"
    half.mkdir(parents=True)
    (half / medium).write_bytes(b"half")
    code, said, _talk = run("--json")

    assert (code, said["submissions"][0]["refusal"]) == (0, "")
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]


def test_a_plain_submission_is_left_alone(run: Run, tmp_path: Path) -> None:
    """It is said, and no reason for concern."""
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "submission.xml").write_bytes(b"<data id='x'><meta/></data>")
    code, said, _talk = run("--json")

    assert (code, said["submissions"][0]["refusal"]) == (0, "NOT_ENCRYPTED")


def test_nothing_of_an_answer_is_said(run: Run, tmp_path: Path) -> None:
    """Neither answers nor file names stand in what the command prints."""
    for vector in [VALID[1], REFUSED[0]]:
        lay(tmp_path / "in", vector)
    _code, out, talk = run("-vv")

    for vector in (VALID[1], REFUSED[0]):
        for file in vector["files"]:
            if file["name"] != "submission.xml":
                assert file["name"] not in out + talk


def test_two_instance_ids_never_share_a_folder() -> None:
    """Else the second submission would be said to have been opened before."""
    odd = [
        "uuid:a/b",
        "uuid:a?b",
        "uuid:a_b",
        "UUID:A_B",
        "uuid:" + "a" * 90,
        "uuid:" + "a" * 91,
        "uuid:é" * 30,
    ]
    folders = {_name(one).lower() for one in odd}

    assert len(folders) == len(odd)
    assert all(len(one) < 100 and one.isascii() and "/" not in one for one in folders)
    assert _name("uuid:00000001-0000-4000-8000-000000000000") == "uuid_00000001-0000-4000-8000-000000000000"


def test_two_files_of_one_plain_name_are_refused_and_stop_nothing(run: Run, tmp_path: Path) -> None:
    """One would pass for the other; the good submission beside it is opened."""
    send(tmp_path / "in", 1, {"photo.jpg": b"one", "photo2.jpg": b"two"}, {"photo2.jpg.enc": "photo.jpg"})
    send(tmp_path / "in", 2, {"photo.jpg": b"good"})
    code, said, _talk = run("--json")

    assert (code, refusals(said)) == (3, ["UNSAFE_NAME", ""])
    assert [one.read_bytes() for one in (tmp_path / "out").glob("*/photo.jpg")] == [b"good"]


def test_a_name_that_could_do_harm_is_not_written(run: Run, tmp_path: Path) -> None:
    """The file is: under its number, and that is said."""
    send(tmp_path / "in", 1, {"photo.jpg": b"one", "x\u202egpj.exe": b"two"})
    code, said, _talk = run("--json")
    (home,) = (tmp_path / "out").iterdir()

    assert (code, said["submissions"][0]["renamed"]) == (0, 1)
    assert sorted(one.name for one in home.iterdir()) == ["file-2.exe", "photo.jpg", "submission.xml"]
    assert (home / "file-2.exe").read_bytes() == b"two"


def test_answers_beyond_all_measure_are_refused_and_stop_nothing(run: Run, tmp_path: Path) -> None:
    """They would be held in memory whole; a photo of any size is written as it is read."""
    send(tmp_path / "in", 1, {})
    with (tmp_path / "in" / "sent1" / "submission.xml.enc").open("r+b") as text:
        text.truncate(200_000_000)
    send(tmp_path / "in", 2, {"photo.jpg": bytes(20_000_000)})
    tracemalloc.start()
    try:
        code, said, _talk = run("--json")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (code, refusals(said)) == (3, ["LENGTH", ""])
    assert peak < 100_000_000


def test_no_name_hides_another() -> None:
    """Not on a disk that knows no capitals, not the answers, not by a name like those that are given here."""
    listed = [
        "photo.jpg",
        "Photo.JPG",
        "CON",
        "submission.xml",
        "file-3",
        "a:b",
        "x" * 300 + ".jpg",
        "FILE-1.jpg",
    ]
    written = _names([f"{name}.enc" for name in listed])
    folded = [name.casefold() for name in written.values()]

    assert list(written) == listed
    assert written["photo.jpg"] == "photo.jpg"
    assert list(written.values())[1:] == [
        "file-2.JPG",
        "file-3",
        "file-4.xml",
        "file-5",
        "file-6",
        "file-7.jpg",
        "file-8.jpg",
    ]
    assert len({*folded, "submission.xml"}) == len(listed) + 1


def test_a_long_name_stops_no_other_file(run: Run, tmp_path: Path) -> None:
    """A path that Windows does not take, or a name that an encrypted folder does not, is never asked for."""
    send(tmp_path / "in", 1, {"x" * 180 + ".jpg": b"one", "é" * 40 + ".jpg": b"two"})
    code, said, _talk = run("--json")
    (home,) = (tmp_path / "out").iterdir()

    assert (code, said["submissions"][0]["renamed"]) == (0, 1)
    assert sorted(one.name for one in home.iterdir()) == ["file-1.jpg", "submission.xml", "é" * 40 + ".jpg"]


def test_a_full_disk_is_said_and_leaves_no_half(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words that every command has for it; with space the work completes."""
    send(tmp_path / "in", 1, {"photo.jpg": b"one"})
    with monkeypatch.context() as full:

        def no_room(*_given: Any) -> int:
            raise OSError(errno.ENOSPC, "no room")

        full.setattr(Path, "write_bytes", no_room)
        code, said, _talk = run("--json")
    left = list((tmp_path / "out").iterdir())

    assert (code, said["code"], left) == (1, "DK-S03", [])
    assert run("--json")[0] == 0


def test_a_place_that_cannot_be_written_is_said(run: Run, tmp_path: Path) -> None:
    """A folder below a file is none."""
    send(tmp_path / "in", 1, {})
    (tmp_path / "out").write_bytes(b"a file")
    code, said, _talk = run("--json", "--into", str(tmp_path / "out" / "below"))

    assert (code, said["code"]) == (1, "DK-I65")
    assert (tmp_path / "out").read_bytes() == b"a file"


def test_a_file_that_cannot_be_read_stops_no_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick with a bad sector."""

    class Bad:
        def read(self, _size: int) -> bytes:
            raise OSError(errno.EIO, "bad sector")

    real = Folder.open

    @contextmanager
    def worn(self: Folder, ref: Any) -> Iterator[Any]:
        with real(self, ref) as file:
            yield Bad() if ref.name == "worn.jpg.enc" else file

    monkeypatch.setattr(Folder, "open", worn)
    send(tmp_path / "in", 1, {"worn.jpg": b"one"})
    send(tmp_path / "in", 2, {"photo.jpg": b"good"})
    code, said, _talk = run("--json")

    assert (code, refusals(said)) == (3, ["DK-I04", ""])
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_without_a_place_it_goes_beside_the_folder_and_never_into_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second run adds nothing unasked, and a dry run says so too."""
    key = tmp_path / "key"
    key.write_bytes(next(iter(KEYS.values())))
    send(tmp_path / "in", 1, {})
    words = ["decrypt", str(tmp_path / "in"), "--key", str(key), "--json"]

    def go(*more: str) -> tuple[int, Any]:
        return cli.main([*words, *more]), json.loads(capsys.readouterr().out)

    assert go("--dry-run")[0] == 0
    code, said = go()
    made = tmp_path / "in-decrypted"
    before = sorted(made.rglob("*"))
    again, dry = go(), go("--dry-run")

    assert (code, said["into"], len(before)) == (0, str(made.resolve()), 2)
    assert (again[0], again[1]["code"]) == (dry[0], dry[1]["code"]) == (2, "DK-I63")
    assert sorted(made.rglob("*")) == before
    assert go("--into", str(made))[1]["submissions"][0]["there"] is True


def test_beside_a_whole_disk_there_is_no_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What lies beside the root of a stick lies on the stick, or where nobody looks for it."""
    with pytest.raises(PlainNowhere):
        beside(Path(tmp_path.anchor))
    monkeypatch.setattr(Path, "is_mount", lambda _self: True)
    with pytest.raises(PlainNowhere):
        beside(tmp_path)


def test_a_plain_file_that_was_begun_goes_when_the_program_is_told_to_end(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window is closed, or the computer shuts down, in the middle of a submission: nothing of it stays in the clear."""
    send(tmp_path / "in", 1, {"face.jpg": b"a face" * 1000})
    begun: list[list[str]] = []

    def end(*_words: Any) -> None:
        begun.append([one.name for one in (tmp_path / "out").iterdir()])
        told_to_end()

    monkeypatch.setattr("sync_scripts.intake.encryption.encrypted.open_submission", end)

    assert run()[0] == 130
    assert [len(one) for one in begun] == [1]
    assert not list((tmp_path / "out").iterdir())
