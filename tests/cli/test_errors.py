"""Errors are declarations: whoever raises or reads one is held against what it names, before anybody runs it at night."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from docs.generate import errors
from sync_scripts import texts
from sync_scripts.errors import DikaloError, When, Worded

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
KINDS = errors()
SOURCES = sorted(path for top in ("xlsform", "sync_scripts") for path in (ROOT / top).rglob("*.py"))
OWN = frozenset(dir(Worded)) | frozenset(dir(builtins.OSError))
"""What every error has, whatever it names; and what those have that are caught beside it."""


@cache
def parsed(path: Path) -> ast.Module:
    """Return the code of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def names_in(path: Path) -> Mapping[str, Any]:
    """Return what the names of a file stand for, those that a function imports for itself, too."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    known = dict(vars(sys.modules[module])) if module in sys.modules else {}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("xlsform", "sync_scripts")):
            for one in node.names:
                here = import_module(node.module or "")
                known[one.asname or one.name] = getattr(here, one.name, None)
    return known


def meant(node: ast.expr | None, known: Mapping[str, Any]) -> type[Worded] | None:
    """Return the error that an expression names, None for anything else."""
    found: Any = known.get(node.id) if isinstance(node, ast.Name) else None
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = known.get(node.value.id)
        found = getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
    return found if isinstance(found, type) and issubclass(found, Worded) else None


def misnamed(kind: type[Worded], given: frozenset[str], *, more: bool) -> str:
    """Return what is wrong with the fields that an error is raised with; empty when nothing is. ``more``: others are not seen here."""
    lacking = frozenset() if more else kind.required - given
    unknown = given - kind.required - kind.optional.keys()
    return f"{kind.code} lacks {sorted(lacking)}, has no {sorted(unknown)}" if lacking or unknown else ""


def raised(path: Path) -> Iterator[str]:
    """Yield each place of a file where an error is made with other fields than it names."""
    known = names_in(path)
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and (kind := meant(node.func, known)):
            given = frozenset(one.arg for one in node.keywords if one.arg)
            wrong = misnamed(kind, given, more=any(one.arg is None for one in node.keywords))
            wrong = wrong or (f"{kind.code}: fields are named" if node.args else "")
        elif isinstance(node, ast.Raise) and (kind := meant(node.exc, known)):
            wrong = misnamed(kind, frozenset(), more=False)
        else:
            continue
        if wrong:
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {wrong}"


def read(path: Path) -> Iterator[str]:
    """Yield each place of a file where a field is read that what was caught does not have."""
    known = names_in(path)
    for handler in ast.walk(parsed(path)):
        if not isinstance(handler, ast.ExceptHandler) or not handler.name:
            continue
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        kinds = [kind for one in caught if one is not None and (kind := meant(one, known))]
        for node in (node for step in handler.body for node in ast.walk(step)):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == handler.name
            ):
                for kind in kinds:
                    if node.attr not in OWN | kind.required | kind.optional.keys() | frozenset(dir(kind)):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}: {kind.code} has no {node.attr}"


def test_an_error_is_raised_with_the_fields_that_its_sentences_name() -> None:
    """None is missing when it is told, and none is given that nothing says."""
    assert [wrong for path in SOURCES for wrong in raised(path)] == []


def test_whoever_catches_an_error_reads_fields_that_it_has() -> None:
    """A field that went would be noticed only when that error happens."""
    assert [wrong for path in SOURCES for wrong in read(path)] == []


def test_a_field_that_is_missing_or_too_many_is_refused_at_once() -> None:
    """Also where the code cannot be read for it, such as an error that is chosen from a table."""
    kind = DikaloError.declare("DK-X98", "{what} of {whom}")

    with pytest.raises(TypeError, match="whom"):
        kind(what="a")
    with pytest.raises(TypeError, match="other"):
        kind(what="a", whom="b", other="c")


def test_what_an_error_says_besides() -> None:
    """Another sentence in the place of the first one, one behind it, words for a value, and what is made from the fields."""
    before = texts.language()
    texts.speak("en")
    kind = DikaloError.declare(
        "DK-X97",
        "{what}: {state}.",
        instead=(When("what", "", "Nothing."),),
        also=(When("state", bool, "Look at {shown}."),),
        shown={"state": str.upper},
        made={"shown": lambda error: f"<{error.state}>"},
        state="",
    )
    said = [kind(what="A", state="b").words(), kind(what="").words(), kind(what="A").state]
    texts.speak(before)

    assert said == ["A: B. Look at <b>.", "Nothing.", ""]


def test_every_error_code_means_one_thing() -> None:
    """A code belongs to one error, has the shape DK-X00, and is declared: only families are written as classes."""
    codes = [kind.code for kind in KINDS]

    assert len(codes) > 500
    assert [code for code in codes if codes.count(code) > 1] == []
    assert [code for code in codes if not re.fullmatch(r"DK-[A-Z]\d\d", code)] == []
    assert [kind.__name__ for kind in KINDS] == codes


def test_every_error_is_raised_somewhere() -> None:
    """No code is kept for something that cannot happen any more."""
    used: set[str] = set()
    for path in SOURCES:
        nodes = [node for node in ast.walk(parsed(path)) if isinstance(node, (ast.Name, ast.Attribute))]
        used |= {
            node.id if isinstance(node, ast.Name) else node.attr
            for node in nodes
            if isinstance(node.ctx, ast.Load)
        }
    named = {
        (kind.code, name)
        for kind in KINDS
        for name, value in vars(sys.modules[kind.__module__]).items()
        if value is kind
    }

    assert {code for code, _name in named} == {kind.code for kind in KINDS}
    assert [code for code, name in named if name not in used] == []


def test_no_field_hides_what_every_error_has() -> None:
    """A field called ``words`` would be said instead of the sentence."""
    assert [
        kind.code
        for kind in KINDS
        if (kind.required | kind.optional.keys()) & set(dir(Worded)) - {"exit_code"}
    ] == []


def test_an_error_shows_its_values_only_in_its_words() -> None:
    """``str`` and ``repr`` of every error, which end in logs and tracebacks, hold no value."""
    for kind in KINDS:
        made = kind(**dict.fromkeys(kind.required, "a secret answer"))
        assert "secret" not in str(made) + repr(made)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_error_can_be_said(language: str) -> None:
    """Each is put together once, as it will be the night it is needed; whatever its fields hold."""
    before = texts.language()
    texts.speak(language)
    left = [
        kind.code
        for kind in KINDS
        if not kind.made and re.search(r"\{\w+\}", kind(**dict.fromkeys(kind.required, "1")).words())
    ]
    texts.speak(before)

    assert left == []
