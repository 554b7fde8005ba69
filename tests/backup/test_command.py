"""``dikalo backup`` as a person types it, and what a round does by itself."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.backup.planning import due_place
from sync_scripts.backup.rehearsal import rehearse
from sync_scripts.cli.opening import restore as command
from sync_scripts.cli.opening.vault import vault_key
from sync_scripts.daily import child
from sync_scripts.daily.child import Backup, Job
from sync_scripts.secrets import slots
from sync_scripts.store import backups
from sync_scripts.store.canonical import instant
from sync_scripts.store.lock import hold
from sync_scripts.store.seal import demo_keys, erasing
from sync_scripts.store.seal.sealing import make_identity, seal_to
from sync_scripts.store.workspace import open_unlocked, open_workspace, unlock
from tests.backup.places import after, desk
from tests.passphrases import SECOND
from tests.store.commands import DAY, VAULT, pipe

PAPER = demo_keys.IDENTITIES["R"].secret
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run commands in a filled workspace that is closed again."""
    with desk(tmp_path):
        pass
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)

    def ran(*words: str, plain: bool = False) -> tuple[int, Any]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), *words, *(() if plain else ("--json",))])
        told = capsys.readouterr()
        return code, told.out + told.err if plain else json.loads(told.out)

    return ran


def test_a_place_is_named_once_and_kept(run: Run, tmp_path: Path) -> None:
    """With --keep it stands in dikalo.toml, and the next one needs no word more."""
    stick = tmp_path / "stick"
    assert run("backup")[1]["code"] == "DK-V01"

    tried = run("backup", "--to", str(stick), "--dry-run")[1]
    assert (tried["dry_run"], tried["files"], stick.exists()) == (True, 1, False)
    code, made = run("backup", "--to", str(stick), "--keep")
    again = run("backup")[1]

    assert (code, made["files"], made["problems"]) == (0, 1, [])
    assert (again["files"], again["number"] > made["number"], again["place"]) == (0, True, str(stick))
    assert f'path = "{stick}"' in (tmp_path / "w" / "dikalo.toml").read_text("utf-8")


def test_the_page_of_the_day_says_how_old_it_is(run: Run, tmp_path: Path) -> None:
    """Never made; then made, and nothing lacks."""
    assert "No backup was made yet." in run(plain=True)[1]
    run("backup", "--to", str(tmp_path / "stick"))

    assert re.search(r"Last backup: .* ago; it lacks nothing\.", run(plain=True)[1])


def test_the_page_of_the_day_says_what_a_backup_lacks_and_holds_too_much(run: Run, tmp_path: Path) -> None:
    """Sealed files that were not there; and, of each place, what was erased since."""
    first, second = str(tmp_path / "stick"), str(tmp_path / "second")
    run("backup", "--to", first)
    workspace = open_workspace(tmp_path / "w", secret=lambda _question: DAY)
    with workspace.register.writing() as rows:
        erasing.erase(rows, ["s1"], ["person:1"], actor=workspace.actor(), now=after(0), details={})
    erasing.finish(workspace.register)
    for path in workspace.register.folder.glob("??/*.age"):
        path.unlink()
    workspace.close()
    run("backup", "--to", second)

    said = run(plain=True)[1]
    assert "1 sealed file is not in it" in said
    assert re.search(r"The place whose last backup is of .* still holds what was erased since\.", said)


def test_a_round_makes_one_and_does_not_fail_for_a_stick(run: Run, tmp_path: Path) -> None:
    """Nothing where the stick is not there; a refusal is said, and the round ends as it would have."""
    stick = tmp_path / "stick"
    run("backup", "--to", str(stick), "--keep")
    code, done = run("sync")
    assert [one["name"] for one in done["parts"] if one["name"] == "backup"] == []  # it is not a day old

    mark = stick / "place"
    (stick / "aside").write_bytes(mark.read_bytes())
    mark.write_bytes(mark.read_bytes().replace(b'"whose":"', b'"whose":"0'))
    workspace = open_workspace(tmp_path / "w", secret=lambda _question: DAY)
    with workspace.register.writing() as rows:
        backups.write(rows, ())
    workspace.close()
    again, done = run("sync")
    (part,) = [one for one in done["parts"] if one["name"] == "backup"]
    assert (part["failure"]["code"], part["skipped"], again) == ("DK-V05", True, code)

    mark.write_bytes((stick / "aside").read_bytes())
    last, done = run("sync")
    (part,) = [one for one in done["parts"] if one["name"] == "backup"]
    assert (part["exit"], part["result"]["missing"], last) == (0, 0, code)


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.ENOTCONN])
def test_a_stick_that_gives_no_answer_ends_no_round(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """It is said as one that is not there; the round, and whatever goes on and on, goes on."""
    stick, whole = tmp_path / "stick", Path.stat
    run("backup", "--to", str(stick), "--keep")
    keys = unlock(tmp_path / "w", secret=lambda _question: DAY)

    def stat(path: Path, **more: Any) -> Any:
        if path.is_relative_to(stick):
            raise OSError(number, "of the system")
        return whole(path, **more)

    monkeypatch.setattr(Path, "stat", stat)
    workspace = open_unlocked(keys)
    place = due_place(workspace, after(9))
    workspace.close()
    job = Job(
        root=str(keys.root),
        worker=keys.worker,
        demo=False,
        pinned=keys.pinned,
        lang="en",
        backup=Backup(folder=str(place), at=instant(after(9)), longest_s=60),
    )
    told = child._told(job, keys.day_key, lambda _word: None, lambda: None)

    assert (place, told.failure and told.failure.code) == (stick, "DK-V02")
    assert run("backup", "--dry-run")[1]["code"] == "DK-V02"


def lose(mark: Path, _patch: pytest.MonkeyPatch) -> None:
    """Let a mark be gone."""
    mark.unlink()


def garble(mark: Path, _patch: pytest.MonkeyPatch) -> None:
    """Let a mark be nothing that anybody understands."""
    mark.write_bytes(b"\0" * 512)


def shut(mark: Path, patch: pytest.MonkeyPatch) -> None:
    """Let a mark be in a bad sector."""
    whole = Path.open

    def opened(path: Path, *given: Any, **more: Any) -> Any:
        if path == mark:
            raise OSError(errno.EIO, "Input/output error")
        return whole(path, *given, **more)

    patch.setattr(Path, "open", opened)


@pytest.mark.parametrize("spoil", [lose, garble, shut])
def test_a_lost_mark_locks_no_backup_out(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    """The paper needs nothing that stands in it; the vault's passphrase does. A folder without any head stays refused."""
    stick, new = tmp_path / "stick", tmp_path / "new"
    run("backup", "--to", str(stick))
    workspace = open_workspace(tmp_path / "w", secret=lambda _question: DAY)
    holders = workspace.register.recipients.fingerprint
    workspace.close()
    spoil(stick / "place", monkeypatch)

    def restored(kind: str, key: str) -> tuple[int, str, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(SECOND)))
        monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(key)))
        capsys.readouterr()
        words = ("restore", str(stick), "--key", kind, "--as", "coord-2", "--holders", holders, "--json")
        return cli.main(["-C", str(new), *words]), *capsys.readouterr()

    assert restored("vault", VAULT)[0] == 4
    assert not new.exists()
    code, told, said = restored("paper", PAPER)
    assert (code, json.loads(told)["files"], "mark" in said) == (0, 1, True)
    (tmp_path / "empty").mkdir()
    assert run("restore", str(tmp_path / "empty"), "--key", "paper")[1]["code"] == "DK-V09"


def test_a_rehearsal_is_said_also_where_it_cannot_be_noted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else works here by then: an hour of reading is not for nothing."""
    stick, root = tmp_path / "stick", tmp_path / "w"
    run("backup", "--to", str(stick))
    monkeypatch.setattr("sync_scripts.cli.frame.one_run.PATIENCE_S", 0.0)
    monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(PAPER)))
    with ExitStack() as others:

        def rehearsed(*given: Any, **more: Any) -> Any:
            done = rehearse(*given, **more)
            others.enter_context(hold(root, "pull"))
            return done

        monkeypatch.setattr(command, "rehearse", rehearsed)
        code, done = run("restore", str(stick), "--rehearse", "--key", "paper", "--as", "coord-1")

    assert (code, done["opened"] > 0) == (3, True)


def test_a_restore_asks_for_the_fingerprint_before_it_makes_anything(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever holds our public keys can seal a false backup to our paper; a dry run and a rehearsal make nothing, either."""
    stick, new = str(tmp_path / "stick"), tmp_path / "new"
    run("backup", "--to", stick)

    def restored(*words: str, key: str = PAPER, day: str = SECOND) -> tuple[int, Any]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(day)))
        monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(key)))
        capsys.readouterr()
        code = cli.main(["-C", str(new), "restore", stick, *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    paper = ("--key", "paper", "--as", "coord-2")
    tried = restored(*paper, "--dry-run")[1]
    assert (tried["copies"], tried["skipped"], new.exists()) == (1, 0, False)
    assert restored(*paper)[1]["code"] == "DK-S26"
    assert restored(*paper, "--holders", "0" * 32)[1]["code"] == "DK-S27"
    assert restored("--key", "paper")[1]["code"] == "DK-C22"
    assert restored(*paper, day="azertyuiop")[0] != 0
    assert not new.exists()
    code, done = restored("--key", "vault", key=VAULT)  # the slot knows the holders, and whose it is
    assert (code, done["opened_by"], done["files"], done["vault"]) == (0, "V", 1, False)
    assert restored("--key", "vault", key=VAULT)[1]["code"] == "DK-S10"


def test_a_newer_backup_that_does_not_open_is_said_and_asked_about(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its head is damaged, or for other holders: a rehearsal ends with attention, and a restore needs a word more."""
    stick, new = tmp_path / "stick", tmp_path / "new"
    run("backup", "--to", str(stick))
    older = {path.name for path in stick.glob("*.age")}
    run("backup", "--to", str(stick))
    (newest,) = (path for path in stick.glob("*.age") if path.name not in older)
    newest.write_bytes(seal_to(b"{}", [make_identity().public]))
    workspace = open_workspace(tmp_path / "w", secret=lambda _question: DAY)
    holders = workspace.register.recipients.fingerprint
    workspace.close()
    paper = ("--key", "paper", "--as", "coord-2")

    def restored(*words: str) -> tuple[int, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(SECOND)))
        monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(PAPER)))
        capsys.readouterr()
        code = cli.main(["-C", str(new), "restore", str(stick), *paper, *words, "--json"])
        return code, capsys.readouterr().out

    monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(PAPER)))
    code, done = run("restore", str(stick), "--rehearse", *paper)
    assert (code, done["skipped"], done["unopened"]) == (3, 0, 1)
    assert json.loads(restored("--dry-run")[1])["unopened"] == 1
    assert json.loads(restored("--holders", holders)[1])["code"] == "DK-C06"
    assert not new.exists()
    code, told = restored("--holders", holders, "--yes")
    assert (code, json.loads(told)["unopened"]) == (3, 1)


def test_decisions_and_pulls_go_on_while_a_restore_is_rehearsed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever types a long key, or reads a large stick, holds nothing; what another rehearsal lies in is not removed."""
    stick, root, free = tmp_path / "stick", tmp_path / "w", []
    run("backup", "--to", str(stick))

    def somebody(what: str) -> None:
        with hold(root, "pull"):
            free.append(what)

    def typed(*given: Any) -> Any:
        somebody("key")
        return vault_key(*given)

    def rehearsed(*given: Any, **more: Any) -> Any:
        somebody("rehearsal")
        other, left = root / ".rehearsal-other", root / ".rehearsal-cut"
        for folder in (other, left):
            folder.mkdir()
        with hold(other, "restore"):
            done = rehearse(*given, **more)
        assert (other.exists(), left.exists()) == (True, False)
        return done

    monkeypatch.setattr(command, "vault_key", typed)
    monkeypatch.setattr(command, "rehearse", rehearsed)
    monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(PAPER)))

    assert run("restore", str(stick), "--rehearse", "--key", "paper", "--as", "coord-1")[0] == 0
    assert free == ["key", "rehearsal"]


def test_a_rehearsal_is_remembered_for_a_quarter(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the workspace, with a line in the chain; what differs is refused with a code."""
    stick = tmp_path / "stick"
    run("backup", "--to", str(stick))
    monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(PAPER)))
    code, done = run("restore", str(stick), "--rehearse", "--key", "paper", "--as", "coord-1")
    assert (code, done["lacks"]["submissions"]) == (0, 0)
    workspace = open_workspace(tmp_path / "w", secret=lambda _question: DAY)
    with workspace.register.reading() as rows:
        assert backups.rehearsed(rows) is not None
    workspace.close()
    for path in stick.glob("*.bin"):
        path.write_bytes(b"damaged")
    monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(PAPER)))
    assert (
        run("restore", str(stick), "--rehearse", "--key", "paper", "--as", "coord-1")[1]["code"] == "DK-V14"
    )
