"""Lines that are put together of several sentences keep the spaces of French, and say nothing twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sync_scripts import texts
from sync_scripts.cli.forms import _form_line
from sync_scripts.cli.keys_holders import _holders
from sync_scripts.register.lifecycle.guards import GUARDS


@pytest.mark.parametrize(("lang", "between"), [("fr", "\u00a0; "), ("en", "; ")])
def test_a_line_of_forms_list_has_the_spaces_of_its_language(lang: str, between: str) -> None:
    """The number of questions, then the languages."""
    texts.speak(lang)
    row: dict[str, Any] = {"code": "alert", "version": "1", "title": "A", "problem": "", "questions": 24}

    line = _form_line(row | {"translations": [], "languages": ["Français", "English"]})

    assert line.endswith(f"(24 questions{between}Français, English)")


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
