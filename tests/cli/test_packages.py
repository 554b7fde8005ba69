"""What the distribution is made of: packages, data files, who may import what, and how light the start is."""

from __future__ import annotations

import ast
import fnmatch
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("xlsform", "sync_scripts")
HEAVY = (
    "alembic",
    "cryptography",
    "httpx",
    "jinja2",
    "keyring",
    "lxml",
    "matplotlib",
    "openpyxl",
    "pyrage",
    "pyxform",
    "requests",
    "rich",
    "sqlalchemy",
    "starlette",
    "uvicorn",
)


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Return every module of both packages with its parsed source."""
    return tuple(
        (
            ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"),
            ast.parse(path.read_text("utf-8")),
        )
        for top in TOPS
        for path in sorted((ROOT / top).rglob("*.py"))
    )


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of every import from, and (module, "") of every plain import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def test_every_folder_with_code_is_a_package() -> None:
    """A folder of Python files without ``__init__.py`` would silently stay out of the wheel."""
    folders = {path.parent for top in TOPS for path in (ROOT / top).rglob("*.py")}

    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_module_opens_with_what_it_is_for() -> None:
    """A reader of any file learns first what it is for."""
    assert [name for name, tree in modules() if not ast.get_docstring(tree)] == []


def test_no_module_is_a_drawer() -> None:
    """A module named after nothing in particular gathers everything."""
    drawers = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "tools"}

    assert [name for name, _tree in modules() if name.rpartition(".")[2] in drawers] == []


def package_data() -> dict[str, list[str]]:
    """Return the data files that setup.py puts into the wheel."""
    tree = ast.parse((ROOT / "setup.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "package_data":
            found: dict[str, list[str]] = ast.literal_eval(node.value)
            return found
    raise AssertionError


def test_every_data_file_travels_in_the_wheel() -> None:
    """What lies in a package beside its code is named in setup.py, or is for developers."""
    developers = {".po", ".pot", ".pyc"}
    data = package_data()
    missing = [
        path.relative_to(ROOT).as_posix()
        for top in TOPS
        for path in (ROOT / top).rglob("*")
        if path.is_file()
        and path.suffix not in {".py", *developers}
        and not any(part.startswith(".") or part == "_forms" for part in path.relative_to(ROOT).parts)
        and not any(
            fnmatch.fnmatch(path.relative_to(ROOT / top).as_posix(), pattern) for pattern in data[top]
        )
    ]

    assert missing == []


HELD_BACK = 77
"""Imports of ours that may stand inside functions: fewer as the start of commands allows, never more."""


def held_back(tree: ast.Module) -> int:
    """Count the imports of ours that stand inside functions: each once, however deep."""
    lines = {
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in TOPS)
        or (isinstance(node, ast.Import) and any(one.name.partition(".")[0] in TOPS for one in node.names))
    }
    return len(lines)


def test_imports_stand_at_the_top() -> None:
    """A module says at its top what it needs; a command's module is loaded when the command runs (``cli/tree``)."""
    assert sum(held_back(tree) for _name, tree in modules()) <= HELD_BACK


def test_an_import_inside_a_function_is_counted() -> None:
    """In a method of a class within a function too, once, and nothing of others."""
    inside = "def one():\n    import json\n    class Two:\n        def three(self):\n            from xlsform import pack\n"
    assert held_back(ast.parse(inside)) == 1


def test_no_command_imports_for_type_checkers_alone() -> None:
    """Nothing is saved by it where a module loads only when its command runs."""
    assert [
        name
        for name, tree in modules()
        if name.startswith("sync_scripts.cli.")
        and name != "sync_scripts.cli.frame.one_run"  # loaded for each help page
        and any(isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) for node in tree.body)
    ] == []


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        (["--help"], set()),
        (["alerts", "--help"], set()),
        (["forms", "translate", "--help"], set()),
        (["vault"], set()),
        (["forms", "check", "closure"], {"lxml", "yaml"}),
    ],
)
def test_the_command_line_starts_light(words: list[str], needs: set[str]) -> None:
    """Asking for help, of a group too, loads no library that a command does not need for that; the check of a plain form no converter."""
    code = (
        "import json, sys\nfrom sync_scripts.cli import main\n"
        f"assert main({words!r}) == 0\nsys.stderr.write(json.dumps(sorted(set({HEAVY!r}) & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )

    assert set(json.loads(done.stderr)) <= needs


@pytest.mark.parametrize(
    ("library", "names", "rooms"),
    [
        ("cryptography", {"AESGCM"}, ("sync_scripts.store.seal.sealing", "sync_scripts.store.vault")),
        (
            "sqlalchemy",
            {
                "create_engine",
                "Connection",
                "Engine",
                "event",
                "create_mock_engine",
                "make_url",
                "URL",
                "pool",
            },
            ("sync_scripts.store",),
        ),
    ],
)
def test_parts_of_libraries_stay_in_their_rooms(
    library: str, names: set[str], rooms: tuple[str, ...]
) -> None:
    """What import contracts cannot see, because only a part of a library is meant."""
    strays = [
        name
        for name, tree in modules()
        if not any(name == room or name.startswith(f"{room}.") for room in rooms)
        and any(found.split(".")[0] == library and wanted in names for found, wanted in imports(tree))
    ]

    assert strays == []


def contracts() -> list[dict[str, Any]]:
    """Return the import contracts."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[dict[str, Any]] = table["tool"]["importlinter"]["contracts"]
    return found


def test_every_room_has_its_layer() -> None:
    """A new room of sync_scripts, or of the register, is placed in the order of imports."""
    placed = {
        f"{container}{word.strip(' ()')}"
        for contract in contracts()
        if contract["type"] == "layers"
        for container in [f"{one}." for one in contract.get("containers", [])] or [""]
        for layer in contract["layers"]
        for word in layer.split(":")
    }
    rooms = {
        name
        for name, _tree in modules()
        for top in ("sync_scripts.", "sync_scripts.register.")
        if name.startswith(top) and name.count(".") == top.count(".")
    }

    assert rooms - placed == {"sync_scripts.__main__"}


@pytest.mark.skipif(importlib.util.find_spec("importlinter") is None, reason="import-linter is not installed")
def test_planted_violations_are_caught(tmp_path: Path) -> None:
    """Each import contract breaks when somebody imports against it."""
    for top in TOPS:
        shutil.copytree(ROOT / top, tmp_path / top, ignore=shutil.ignore_patterns("__pycache__", "_forms"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    plant(
        tmp_path / "xlsform/pack.py",
        "import click, httpx, requests, starlette, openpyxl, sqlcipher3, sqlalchemy",
    )
    plant(tmp_path / "xlsform/model.py", "import pyrage, jpype, apprise, jinja2")
    plant(
        tmp_path / "sync_scripts/register/model/codes.py",
        "from sync_scripts.intake import pull\nfrom sync_scripts.register.queries import views",
    )
    plant(
        tmp_path / "sync_scripts/cli/setup/training.py", "import httpx\nfrom sync_scripts.store import vault"
    )
    asked = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "200"}
    done = subprocess.run(
        asked, cwd=tmp_path, env=environ, capture_output=True, text=True, encoding="utf-8", check=False
    )

    assert done.returncode == 1, done.stdout + done.stderr
    kept = {contract["name"] for contract in contracts() if f"{contract['name']} KEPT" in done.stdout}
    assert kept == {"one server knows nothing of another"}  # there is only one yet


def plant(path: Path, line: str) -> None:
    """Append a line to a module of the copy."""
    path.write_text(path.read_text("utf-8") + f"\n{line}\n", encoding="utf-8")
