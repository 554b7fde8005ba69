"""While a person is asked something, nobody waits for the lock: a prompt that stays open must not stop the rounds of ``watch``."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts.cli.frame.decisions import decides
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.store.errors import StoreLocked
from sync_scripts.store.lock import hold
from tests.followup.calling import DAY, found


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return a shell in a workspace, where the passphrase is typed while ``watch`` begins its round."""
    root = tmp_path / "ws"
    found(root, "CO-01").close()

    def typed(*_a: object, **_m: object) -> str:
        with hold(root, "watch"):
            return DAY

    monkeypatch.setattr(Shell, "ask_secret", typed)
    return Shell(root=root)


def test_nobody_waits_for_a_passphrase(shell: Shell) -> None:
    """Of a command that will write, whatever it is; once it writes, others do wait."""
    with (
        shell.workspace(write=True, command="alerts move"),
        pytest.raises(StoreLocked) as caught,
        hold(shell.root, "watch"),
    ):
        pass
    assert caught.value.command == "alerts move"


def test_who_is_refused_for_the_lock_types_no_passphrase(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as another command writes."""
    monkeypatch.setattr(Shell, "ask_secret", lambda *_a, **_m: pytest.fail("asked"))
    with (
        hold(shell.root, "watch"),
        pytest.raises(StoreLocked),
        shell.workspace(write=True, command="alerts move"),
    ):
        pass


def test_nobody_waits_for_a_second_person(shell: Shell) -> None:
    """Who is asked whether to sign, or to merge, may think it over; the decision itself has its turn."""
    seen = []

    def asking(*_a: object) -> None:
        with hold(shell.root, "watch"):
            seen.append("free")

    with decides(shell, "approve", asking=asking), pytest.raises(StoreLocked), hold(shell.root, "watch"):
        pass
    assert seen == ["free"]
