"""How each tool is started against the bench's server, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.bench.environments import python_of, script
from tests.bench.ground import Far, Run, run
from tests.bench.server import EMAIL, PASSWORD, TOKEN
from tests.bench.stock import UIDS

KOBO: Final = ("koboextractor", "kobo2pandas", "pykobo", "kobodata", "dlt")
"""Tools for KoboToolbox, in the order in which they are measured."""


def peer(there: Far, tool: str, *more: str, form: str = "case") -> Run | None:
    """Run a tool once; None = it cannot be installed here."""
    python = python_of(tool)
    if python is None:
        return None
    named = (UIDS[form], TOKEN) if there.kind == "kobo" else (form, EMAIL, PASSWORD)
    return run(tool, str(python), script(tool), there.address, *named, *more)


def of_file(tool: str, place: Path) -> Run | None:
    """Run a tool that reads a file of rows."""
    python = python_of(tool)
    return run(tool, str(python), script(tool), str(place)) if python else None
