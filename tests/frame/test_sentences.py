"""What an error says is read at once: few sentences, in both languages, and the rules are the same for each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from sync_scripts import errors
from sync_scripts.texts import LOCALE

SOURCE = Path(errors.__file__).parent
MOST = 4
"""What happened and where, that nothing was changed, what to do, and one thing more."""


def messages() -> Iterator[str]:
    """Yield the message of every error, as its class has it."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "message":
                yield from (
                    one.value
                    for one in ast.walk(node)
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )


def sentences(text: str) -> int:
    """Return how many sentences a text has."""
    return len(re.findall(r"[.!?](?=\s+\S)", text)) + 1


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_an_error_says_little(lang: str) -> None:
    """Whoever reads it wants to know what to do; the pages of the documentation say the rest."""
    with (LOCALE / lang / "LC_MESSAGES" / "dikalo.po").open("rb") as file:
        said = {one.id: one.string for one in read_po(file) if isinstance(one.id, str)}
    found = {text: str(said[text]) for text in messages() if text in said}

    assert len(found) > 300
    assert [words for words in found.values() if sentences(words) > MOST] == []
