"""``dikalo decrypt``: every vector in one folder, opened or refused for its own reason, nothing half written."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.intake.decrypt_folder import _name
from tests.intake.test_encrypted import FOLDER, INDEX, REFUSED, VALID

Run = Callable[..., tuple[int, Any, str]]
KEYS = {key["name"]: base64.b64decode(key["test_only_private_key_der_b64"]) for key in INDEX["keys"]}


def lay(root: Path, vector: dict[str, Any]) -> None:
    """Lay one vector as a folder of an instance, its files under the names of the manifest."""
    home = root / vector["name"]
    home.mkdir(parents=True)
    shutil.copy(FOLDER / vector["name"] / "submission.xml", home)
    for file in vector["files"]:
        stored = FOLDER / vector["name"] / (file["stored_as"] or "-")
        if stored.is_file():
            shutil.copy(stored, home / file["enc_name"])


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


def test_a_wrong_key_opens_nothing_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no private key is an error before anything is read."""
    (tmp_path / "in").mkdir()
    (tmp_path / "key").write_bytes(b"no key")
    words = ["decrypt", str(tmp_path / "in"), "--key", str(tmp_path / "key"), "--into", str(tmp_path / "out")]

    assert cli.main([*words, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["code"] == "DK-I70"


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
