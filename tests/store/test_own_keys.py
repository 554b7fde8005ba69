"""``dikalo keys passphrase``: each worker has a slot of their own, and what they decide is proved by it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.config import Settings
from sync_scripts.secrets import slots
from sync_scripts.store import events
from sync_scripts.store.health import of_folder
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.workspace import open_workspace, read_slots
from tests.passphrases import OTHER
from tests.store.commands import DAY, VAULT, found, pipe

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``keys passphrase`` in a workspace of coord-1; returns exit code and document."""
    found(tmp_path / "w")
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)

    def go(new: str, *words: str, day: str = DAY) -> tuple[int, Any]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(day)))
        monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(new)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), "keys", "passphrase", "--json", *words])
        return code, json.loads(capsys.readouterr().out)

    return go


def proved(tmp_path: Path, passphrase: str) -> tuple[str, str]:
    """Return who acts after opening with a passphrase, and how that is proved."""
    workspace = open_workspace(tmp_path / "w", secret=lambda _question: passphrase)
    actor = workspace.actor()
    workspace.close()
    return actor.code, actor.proof


def test_a_second_worker_acts_under_an_own_key(run: Run, tmp_path: Path) -> None:
    """The same register, another proof; the first worker's passphrase still opens."""
    code, said = run(OTHER, "--for", "coord-2")

    assert (code, said["code"], said["replaced"]) == (0, "coord-2", False)
    assert proved(tmp_path, OTHER) == ("coord-2", "key")
    assert proved(tmp_path, DAY) == ("coord-1", "key")


def test_who_gave_the_slot_is_written_down(run: Run, tmp_path: Path) -> None:
    """As an event with its actor."""
    run(OTHER, "--for", "coord-2")

    assert given(tmp_path) == [("worker:coord-2", "coord-1", "key")]


def given(tmp_path: Path) -> list[tuple[str, str, str]]:
    """Return for whom, by whom and with what proof passphrases were given."""
    workspace = open_workspace(tmp_path / "w", secret=lambda _question: DAY)
    with workspace.register.reading() as rows:
        found = [one for one in events.read(rows) if one.op == events.KEY_GIVEN]
    workspace.close()
    return [(one.subject, one.actor.code, one.actor.proof) for one in found]


def test_whoever_is_given_one_is_told_to_change_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And whoever changes their own is not."""
    said = []
    run(OTHER, "--for", "coord-2")
    for new, words in (
        ("onze chaises vides regardent la mer", ("--for", "coord-2")),
        ("dix lampes sous le vent du soir", ()),
    ):
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(new)))
        capsys.readouterr()
        assert cli.main(["-C", str(tmp_path / "w"), "keys", "passphrase", *words]) == 0
        said.append(" ".join(capsys.readouterr().out.split()))

    assert "coord-2 now changes it once" in said[0]
    assert said[1] == "coord-1 has a new passphrase."


def test_doctor_says_that_two_alone_wait_for_a_third_if_one_forgets(run: Run, tmp_path: Path) -> None:
    """Before it happens; not of one alone, nor of three."""

    def noted() -> list[str]:
        found = of_folder(tmp_path / "w", Settings(id="e" * 32))
        return [one.level for one in found if one.code == "two-people"]

    assert noted() == []
    run(OTHER, "--for", "coord-2")
    assert noted() == ["note"]
    run("onze chaises vides regardent la mer", "--for", "head-office")
    assert noted() == []


def test_a_passphrase_can_be_changed(run: Run, tmp_path: Path) -> None:
    """The old one opens nothing any more; the vault's slot stays."""
    code, said = run(OTHER)
    again = run("onze chaises vides regardent la mer", day=DAY)

    assert (code, said["replaced"]) == (0, True)
    assert again[0] == 4
    assert proved(tmp_path, OTHER) == ("coord-1", "key")
    assert [slot.key for slot in read_slots(tmp_path / "w")].count("vault") == 1


def test_nobody_gets_a_second_passphrase_under_other_capitals(run: Run, tmp_path: Path) -> None:
    """Coord-2 is coord-2: the passphrase before opens nothing any more, so that whose it was sees it."""
    run(OTHER, "--for", "coord-2")
    code, said = run("onze chaises vides regardent la mer", "--for", "Coord-2")

    assert (code, said["code"], said["replaced"]) == (0, "coord-2", True)
    assert [slot.worker for slot in read_slots(tmp_path / "w") if slot.key == "day"].count("coord-2") == 1


@pytest.mark.parametrize(("new", "code"), [(VAULT, "DK-K06"), (DAY, "DK-K06"), ("court", "DK-K05")])
def test_a_passphrase_that_opens_another_slot_or_is_weak_is_refused(
    run: Run, tmp_path: Path, new: str, code: str
) -> None:
    """Nothing was changed, and no event says that a passphrase was given."""
    before = (tmp_path / "w" / slots.FILE).read_bytes()
    said = run(new, "--for", "coord-2")[1]
    assert given(tmp_path) == []

    assert said["code"] == code
    assert (tmp_path / "w" / slots.FILE).read_bytes() == before


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    """Neither a slot nor an event."""
    before = (tmp_path / "w" / slots.FILE).read_bytes()

    assert run(OTHER, "--for", "coord-2", "--dry-run")[0] == 0
    assert (tmp_path / "w" / slots.FILE).read_bytes() == before


@pytest.mark.parametrize(("worker", "code"), [("COORD-1", "DK-K12"), ("coord-3", "DK-K13")])
def test_nobody_takes_away_their_own_nor_what_is_not_there(
    run: Run, tmp_path: Path, worker: str, code: str
) -> None:
    """Somebody has to be able to open the register; and nothing was changed."""
    run(OTHER, "--for", "coord-2")
    before = (tmp_path / "w" / slots.FILE).read_bytes()

    assert run(OTHER, "--remove", "--for", worker)[1]["code"] == code
    assert run(OTHER, "--remove", "--for", "coord-2", "--dry-run") == (
        0,
        {
            "schema": "dikalo.keys.passphrase/1",
            "code": "coord-2",
            "replaced": False,
            "dry_run": True,
            "removed": True,
        },
    )
    assert (tmp_path / "w" / slots.FILE).read_bytes() == before
