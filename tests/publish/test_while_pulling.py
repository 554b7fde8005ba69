"""What must not wait for a pull that holds the workspace for hours: the door of a lost phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync_scripts.store.database import Register
from sync_scripts.store.errors import RegisterDamaged
from sync_scripts.store.lock import hold
from tests.publish.scene import Run, with_register
from tests.publish.test_phones import root, run, workbook, worlds

__all__ = ["root", "run", "workbook", "worlds"]


@pytest.mark.parametrize("command", ["lost", "revoke"])
def test_a_phone_is_locked_out_while_a_pull_goes_on(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]], command: str
) -> None:
    """The pull has the lock and stands in the middle of a page; both servers are asked, and the dry run says what is there."""
    for server in ("bureau", "terrain"):
        assert run("phones", "add", "F12", "--server", server)[0] == 0
    central, kobo = worlds["bureau"][0].published.phones, worlds["terrain"][0].deployed.assets

    def meanwhile(register: Register) -> tuple[Any, Any]:
        with hold(root, "pull"), register.writing():
            return run("phones", command, "F12", "--dry-run", "--json"), run(
                "phones", command, "F12", "--json"
            )

    dry, done = with_register(root, meanwhile)

    assert (dry[0], [one["accounts"] for one in dry[1]["servers"]]) == (0, [1, 1])
    assert (done[0], done[1]["locked_out"]) == (0, True)
    assert central[11]["token"] is None
    assert not kobo["a1"].rights


def test_a_register_that_cannot_be_read_hides_no_closed_door(
    run: Run, worlds: dict[str, tuple[Any, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage is met after the phone is locked out: both are said, in the document too, and it ends with 6."""

    def damaged(*_given: Any) -> None:
        raise RegisterDamaged

    assert run("phones", "add", "F12", "--server", "bureau")[0] == 0
    monkeypatch.setattr("sync_scripts.cli.setup.phones.traces", damaged)
    code, said, talk = run("--lang", "en", "phones", "lost", "F12", "--json")
    again, text, _talk = run("--lang", "en", "phones", "lost", "F12")

    assert worlds["bureau"][0].published.phones[11]["token"] is None
    assert (code, said["locked_out"], said["failure"]) == (6, True, RegisterDamaged.code)
    assert "which cases its lists hold, could not be read" in talk
    assert (again, "Lists:" in text, "bureau: there was no account." in text) == (6, False, True)
