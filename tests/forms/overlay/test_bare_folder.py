"""A trainer's laptop: every form command works with ``dikalo.toml`` and ``forms/`` alone, and asks for no passphrase."""

from __future__ import annotations

import sys

import pytest

from sync_scripts.cli.frame.commands import Entry
from sync_scripts.cli.tree import forms
from tests.forms.overlay.conftest import Laptop
from tests.forms.overlay.excel import excel, quarter

CALLS: dict[str, tuple[str, ...]] = {
    "list": (),
    "add": ("health", "--dry-run"),
    "base": ("alert",),
    "check": ("alert",),
    "build": ("--check",),
    "import": ("forms/alert.xlsx",),
    "diff": ("forms/alert.xlsx", "forms/edit/alert.xlsx"),
    "customise": ("alert", "--yes"),
    "save": ("forms/edit/alert.xlsx",),
    "upgrade": ("alert",),
    "audio": ("alert",),
    "simulate": ("alert", "--n", "2"),
    "fill": ("alert",),
    "paper": ("alert", "-o", "alert.html"),
    "dictionary": ("alert",),
    "zone": ("alert", "CM007"),
    "map": ("alert", "-o", "map.html"),
    "translate export": ("alert", "--to", "en"),
    "translate import": ("alert.en.xlsx",),
    "deploy": ("alert",),
}
WITHOUT = {"add": "DK-F32", "build": "DK-F20", "translate import": "", "deploy": "DK-"}
"""What ends with a sentence here: there is no library, no source to build from, no table to take back, no server to send to."""

ENDLESS = {"preview", "watch"}
"""They go on until somebody stops them, and are tried in tests/classroom/test_preview.py and tests/forms/xlsform/test_saves.py."""


def names(group: Entry) -> list[str]:
    """Every form command by its words."""
    return [name for one in group.members for name in names(one)] or [group.name.removeprefix("forms ")]


@pytest.fixture
def bare(real: Laptop) -> Laptop:
    """A folder with ``dikalo.toml`` and the organisation's alert."""
    with excel(real.customise()) as book:
        book.insert("survey", book.row("survey", "place_hint"), quarter())
    real.save()
    return real


def test_every_form_command_is_tried() -> None:
    """A new one needs its line above."""
    assert set(names(forms.ENTRIES[0])) == {*CALLS, *ENDLESS}


@pytest.mark.java
def test_they_work_without_register_and_passphrase(bare: Laptop) -> None:
    """Done, or done with something to look at; where something is missing, one sentence says what."""
    for name, words in CALLS.items():
        code, out, err = bare.run(*name.split(), *words)
        if "DK-F50" in err:
            pytest.skip("no Java runtime")
        if name in WITHOUT:
            assert (code in {1, 2}, WITHOUT[name] in err) == (True, True), name
        else:
            assert code in {0, 3}, name + out + err
        assert "passphrase" not in err
    kept = {path.suffix for path in bare.root.rglob("*")}
    assert not kept & {".db", ".age"}


@pytest.mark.parametrize("name", ["check", "dictionary", "paper"])
def test_before_anything_was_saved_the_shipped_form_is_meant(real: Laptop, name: str) -> None:
    """A trainer looks at a form before she adapts it; a name that nobody has is an error."""
    code, out, err = real.run(name, *CALLS[name])
    assert code in {0, 3}, out + err
    assert real.run(name, "alerte", *CALLS[name][1:])[0] == 1


def test_no_form_command_loads_the_register(bare: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the store is even imported for customise, save and upgrade."""
    for name in [
        name for name in sys.modules if name.startswith(("sync_scripts.store", "sync_scripts.register"))
    ]:
        monkeypatch.setitem(sys.modules, name, None)

    assert bare.run("customise", "alert", "--yes")[0] == 0
    assert bare.run("save", "forms/edit/alert.xlsx")[0] == 0
    assert bare.run("upgrade", "alert")[0] == 0
