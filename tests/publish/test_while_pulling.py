"""What must not wait for a pull that holds the workspace for hours: the door of a lost phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync_scripts.store.database import Register
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
