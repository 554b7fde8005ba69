"""How the house is built: folders that a person can take in, files that one can read, and no import that comes back to where it began."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("xlsform", "sync_scripts")
MODULES = 22
"""Modules of a folder at most, its ``__init__`` apart: about twenty."""
LINES = 400
STILL_LONGER = {
    "sync_scripts/register/building/case_unit.py": 402,
    "sync_scripts/store/schema/register.py": 411,
}
"""Files that are too long still, with their length: none of them may grow. The last is a list of columns."""


def folders() -> Iterator[Path]:
    """Yield every folder of both packages that holds code."""
    for top in TOPS:
        yield from sorted({path.parent for path in (ROOT / top).rglob("*.py")})


def test_no_folder_holds_more_modules_than_a_person_takes_in() -> None:
    """About twenty; a matter that grows gets a folder of its own."""
    sizes = {str(one.relative_to(ROOT)): len([*one.glob("*.py")]) - 1 for one in folders()}

    assert {name: size for name, size in sizes.items() if size > MODULES} == {}


def test_each_folder_says_in_its_first_line_what_it_is_for() -> None:
    """Whoever looks for the place of a change reads these lines first."""
    silent = [
        str(one.relative_to(ROOT))
        for one in folders()
        if len(ast.get_docstring(ast.parse((one / "__init__.py").read_text("utf-8"))) or "") < 20
    ]

    assert silent == []


def test_no_file_is_longer_than_one_reads() -> None:
    """400 lines at most, tests apart; what is longer still does not grow."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_bytes().splitlines())
        for top in TOPS
        for path in (ROOT / top).rglob("*.py")
    }

    assert {name: length for name, length in lengths.items() if length > STILL_LONGER.get(name, LINES)} == {}


COMMAND = 40
"""Lines of a function of the command line at most, what is typed behind a command apart: it reads, calls and shows."""


def test_a_command_calls_and_shows() -> None:
    """What is longer holds something that others could use, or that is to be tested without a command line."""
    lengths = {
        f"{path.parent.name}/{path.name}:{one.name}": (one.end_lineno or 0) - one.body[0].lineno + 1
        for path in (ROOT / "sync_scripts" / "cli").rglob("*.py")
        for one in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(one, ast.FunctionDef)
    }

    assert len(lengths) > 900
    assert {name: length for name, length in lengths.items() if length > COMMAND} == {}


def circles(graph: Mapping[str, AbstractSet[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, also by way of others (Tarjan)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(one: str) -> None:
        order[one] = low[one] = len(order)
        stack.append(one)
        for other in graph.get(one, ()):
            if other not in order:
                visit(other)
                low[one] = min(low[one], low[other])
            elif other in stack:
                low[one] = min(low[one], order[other])
        if low[one] == order[one]:
            group = stack[stack.index(one) :]
            del stack[-len(group) :]
            if len(group) > 1:
                found.append(sorted(group))

    for one in graph:
        if one not in order:
            visit(one)
    return found


def test_circles_are_seen() -> None:
    """What finds them finds one that goes through a third module, and none where there is none."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.skipif(importlib.util.find_spec("grimp") is None, reason="grimp is not installed")
def test_no_import_comes_back_to_where_it_began() -> None:
    """No circle, those counted that hide in functions or stand for types alone."""
    import grimp

    graph = grimp.build_graph(*TOPS, exclude_type_checking_imports=False, cache_dir=None)
    imports = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}

    assert circles(imports) == []
