"""Lines that are put together of several sentences keep the spaces of French, and say nothing twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from babel.messages.pofile import read_po

from sync_scripts import texts
from sync_scripts.cli.setup.keys_holders import _holders
from sync_scripts.register.lifecycle.guards import GUARDS
from sync_scripts.texts import LOCALE


@pytest.mark.parametrize(("lang", "before"), [("fr", "\u00a0: "), ("en", ": ")])
def test_a_line_of_keys_holders_has_the_spaces_of_its_language(lang: str, before: str) -> None:
    """Who opens, then with which key."""
    texts.speak(lang)
    recipients: Any = SimpleNamespace(keys=(("V", "age1xyz"),))

    line = list(_holders(recipients))[1]

    assert line.endswith(f"{before}age1xyz")
    assert f" {before}" not in line


def test_what_is_needed_is_not_said_twice() -> None:
    """The refusal says "Needed:" before it."""
    assert [name for name, guard in GUARDS.items() if "is needed" in guard.needed] == []


ONE_WORD = (
    (r"submission", r"\bfiches?\b", "a submission is a « soumission »"),
    (
        r"\bcells?\b",
        r"(?<!dikalo )(?<!\{)\bcases?\b(?!\})",
        "a cell is a « cellule »: « case » is English for something else",
    ),
    (
        r"(?<!-)\bfolders?\b|\bFOLDER\b",
        r"\bdossiers?\b(?! ouverts)",
        "a folder is a « répertoire »: a « dossier » is a case",
    ),
)
"""What an English sentence speaks of, the French word that another thing has, and why."""


@pytest.mark.parametrize(("thing", "other", "why"), ONE_WORD, ids=["submission", "cell", "folder"])
def test_one_thing_has_one_word(thing: str, other: str, why: str) -> None:
    """Somebody who reads « fiche » here and « soumission » there looks for two things."""
    with (LOCALE / "fr" / "LC_MESSAGES" / "dikalo.po").open("rb") as file:
        pairs = [(_whole(one.id), _whole(one.string)) for one in read_po(file) if one.id]

    assert [
        french
        for english, french in pairs
        if re.search(thing, english)
        and not re.search(r"\bcases?\b|record", english)
        and re.search(other, french, re.IGNORECASE)
    ] == [], why


def _whole(said: str | Sequence[str] | None) -> str:
    return said if isinstance(said, str) else " ".join(said or ())
