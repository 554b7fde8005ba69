"""``doctor`` as a person meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import config
from sync_scripts.store import clear_files
from tests.store.commands import DAY, VAULT, Run


def levels(document: dict[str, Any]) -> dict[str, str]:
    """Return the worst level of each thing looked at."""
    order = ["ok", "note", "warn", "bad"]
    found: dict[str, str] = {}
    for finding in document["findings"]:
        found[finding["code"]] = max(found.get(finding["code"], "ok"), finding["level"], key=order.index)
    return found


def test_doctor_looks_without_any_passphrase(real: Path, run: Run) -> None:
    """At what can be seen from outside; it says how to see more."""
    code, document, _talk = run("doctor", "--json")
    found = levels(document)
    assert code == 0
    assert (found["slot"], found["source"], found["register"]) == ("ok", "warn", "note")
    assert "proof" not in found


@pytest.mark.parametrize(
    ("roles", "level"),
    [
        ((), "warn"),
        (("deputy_coordinator",), "warn"),
        (("coordinator",), "note"),
        (("coordinator", "deputy_coordinator"), "ok"),
    ],
)
def test_doctor_says_when_nobody_is_told_of_what_is_late(
    real: Path, run: Run, roles: tuple[str, ...], level: str
) -> None:
    """A critical alert that nobody takes up would be silent; without a deputy the coordinator is told again."""
    told = "".join(
        f'\n[[notify]]\nname = "n{number}"\nrole = "{role}"\n' for number, role in enumerate(roles)
    )
    settings = real / "dikalo.toml"
    settings.write_text(settings.read_text("utf-8") + told, "utf-8")
    code, document, _talk = run("doctor", "--json")

    assert (code, levels(document)["notify"]) == (0, level)


def test_doctor_reminds_of_clear_text(real: Path, run: Run, tmp_path: Path) -> None:
    """What lies on a stick is readable by whoever finds it."""
    (tmp_path / "stick" / "a").mkdir(parents=True)
    (tmp_path / "stick" / "a" / "submission.xml").write_text("<a/>", encoding="utf-8")
    _code, document, _talk = run("doctor", "--json")
    assert levels(document)["clear-text"] == "warn"


def test_doctor_names_what_an_opening_that_was_killed_left(
    real: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many, and the command that removes them; never what lies there, nor where. One that still runs is no finding."""
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(clear_files, "memory", lambda: str(memory))
    workspace = config.load(real).id
    assert "left-open" not in levels(run("doctor", "--json")[1])

    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    for pid in (ended.pid, os.getpid()):
        place = memory / f"{clear_files.prefix(workspace)}{pid}-x"
        place.mkdir()
        (place / "photo.jpg").write_bytes(b"x")
    code, document, _talk = run("doctor", "--json")
    (found,) = [one for one in document["findings"] if one["code"] == "left-open"]

    assert (code, found["level"]) == (3, "bad")
    assert "1 opening" in found["words"]
    assert "dikalo vault test" in found["words"]
    assert not [word for word in ("photo", str(memory), str(ended.pid)) if word in found["words"]]
    assert len(list(memory.iterdir())) == 2

    assert run("vault", "test", vault=VAULT)[0] == 0
    assert [one.name.split("-")[3] for one in memory.iterdir()] == [str(os.getpid())]
    assert "left-open" not in levels(run("doctor", "--json")[1])


def test_doctor_looks_into_the_open_register(real: Path, run: Run) -> None:
    """Which holder has never proved that he opens, and the command with which that one does."""
    _code, document, _talk = run("doctor", "--json", day=DAY)
    proofs = [finding for finding in document["findings"] if finding["code"] == "proof"]
    assert levels(document)["register"] == "ok"
    assert [finding["level"] for finding in proofs[1:]] == ["warn", "warn"]
    assert [finding["words"].partition("dikalo ")[2] for finding in proofs[1:]] == [
        "vault test --key paper.",
        "vault test --key organisation.",
    ]


@pytest.mark.parametrize("name", ["keys.json", "day.age", "vault.age", "register.db"])
def test_doctor_says_what_is_missing(real: Path, run: Run, name: str) -> None:
    """And that it must be put back now."""
    (real / name).unlink()
    code, text, _talk = run("doctor")
    assert (code, name in text) == (3, True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_doctor_sees_files_that_others_can_read(real: Path, run: Run) -> None:
    """A backup program may have changed their rights."""
    (real / "keys.json").chmod(0o644)
    _code, document, _talk = run("doctor", "--json")
    assert levels(document)["rights"] == "warn"


def test_doctor_works_anywhere(run: Run) -> None:
    """Also where there is no workspace yet."""
    code, document, _talk = run("doctor", "--json")
    assert (code, levels(document)["workspace"]) == (0, "note")
