"""``--as CODE``: a code mistyped is not a new colleague."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.store.database import Register
from sync_scripts.store.workspace import NobodyOfThatCode, open_workspace, require_known
from tests.store.commands import DAY, Run
from tests.store.databases import NOW, PERSON


def name(register: Register, *codes: str, active: bool = True) -> None:
    """Name people to a register."""
    with deciding(register, PERSON, NOW + timedelta(minutes=len(codes)), dry_run=False) as by:
        for code in codes:
            name_worker(by, code, "documenter", active=active)


def test_a_code_that_nobody_has_is_refused_with_the_nearest(register: Register) -> None:
    """On both databases; letters may be small; owners of slots and members of teams are known too."""
    name(register, "RD-NW-01", "F12")

    assert require_known(register, "F12", []) == "F12"
    assert require_known(register, "rd-nw-01", []) == "RD-NW-01"
    assert require_known(register, "CHEF", ["CHEF"]) == "CHEF"
    with pytest.raises(NobodyOfThatCode) as refused:
        require_known(register, "RD-NW-O1", [])
    assert "The nearest code is RD-NW-01." in refused.value.words()
    assert "dikalo people add RD-NW-O1" in refused.value.words()
    with pytest.raises(NobodyOfThatCode) as far:
        require_known(register, "zzzz", [])
    assert "nearest" not in far.value.words()


def test_who_no_longer_works_here_cannot_act(register: Register) -> None:
    """Neither does the code come back as the nearest."""
    name(register, "F12", "F13")
    name(register, "F13", active=False)

    with pytest.raises(NobodyOfThatCode) as refused:
        require_known(register, "F13", ["F13"])
    assert refused.value.nearest == "F12"


def test_a_register_without_people_refuses_nobody(register: Register) -> None:
    """There is nothing that the code could be compared with."""
    assert require_known(register, "X1", []) == "X1"


def test_the_command_says_it_and_writes_nothing(run: Run, real: Path) -> None:
    """Exit 2; after ``people add`` the same goes through."""
    workspace = open_workspace(real, secret=lambda _prompt: DAY)
    name(workspace.register, "coord-1", "F12")
    workspace.close()
    words = ("alerts", "triage", "AL-ABC123-6", "--json")
    code, said, _talk = run(*words, "--as", "F21", day=DAY)
    other = run(*words, "--as", "f12", day=DAY)

    assert (code, said["code"]) == (2, "DK-J22")
    assert other[1].get("code") != "DK-J22"
