"""Private names of openpyxl stand in one module, and that one says of which version they are."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from xlsform.workbooks import openpyxl_private

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(openpyxl_private.__file__)


def test_the_private_names_are_of_the_version_that_is_installed_and_asked_for() -> None:
    """Another version may call them otherwise: look each up in it, run the tests of workbooks, then name it in the module."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]

    assert version("openpyxl") == openpyxl_private.VERSION
    assert f"openpyxl=={openpyxl_private.VERSION}" in needed


def private(tree: ast.Module) -> Iterator[str]:
    """Yield the private modules and names that a module takes of what it imports, and the classes of openpyxl below its own."""
    taken = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "openpyxl":
            taken |= {one.asname or one.name for one in node.names}
            yield from (part for part in (node.module or "").split(".") if part.startswith("_"))
            yield from (one.name for one in node.names if one.name.startswith("_"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (base.id for base in node.bases if isinstance(base, ast.Name) and base.id in taken)
        elif isinstance(node, ast.Attribute) and re.fullmatch("_.*[^_]", node.attr):
            own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
            yield from () if own else (node.attr,)


def test_no_other_module_knows_a_private_name_of_openpyxl() -> None:
    """Nor inherits from one of its classes, whose methods call each other by such names."""
    rooms = (
        ROOT / "xlsform/workbooks/workbook.py",
        ROOT / "xlsform/workbooks/tables.py",
        *(ROOT / "sync_scripts/followup").glob("*.py"),
    )
    found = {
        path.name: sorted(names)
        for path in rooms
        if (names := set(private(ast.parse(path.read_text("utf-8")))))
    }

    assert found == {}
    assert {"_write_only", "_style", "ExcelWriter"} <= set(private(ast.parse(HERE.read_text("utf-8"))))
