"""One figure of the bench: what was measured, what it should be, and whether it is. Written as lines of JSON."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from sync_scripts import clock

RESULTS: Final = Path(__file__).with_name("results")
OURS: Final = ("sqlcipher3", "SQLAlchemy", "lxml", "msgspec", "httpx", "cryptography", "pyrage")


@dataclass(frozen=True)
class Line:
    """One figure.

    Attributes:
        scenario: S1 to S14.
        tool: whose.
        what: in words.
        seen: the figure, in words.
        gate: what it should be, "" when there is no target.
        met: whether it is; None = nothing to meet.
        figures: numbers behind it.
        runs: CPU seconds of every run.
        note: why it is missed, or what to know.
    """

    scenario: str
    tool: str
    what: str
    seen: str
    gate: str = ""
    met: bool | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    runs: Sequence[float] = ()
    note: str = ""


def machine() -> dict[str, Any]:
    """Return what the figures of this moment were measured on."""
    asked = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=RESULTS)
    return {
        "at": clock.machine().isoformat(timespec="seconds"),
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "commit": found.stdout.strip(),
        "versions": {name: version(name) for name in OURS},
    }


def write(line: Line, command: str, *, into: Path | None = None) -> None:
    """Add a figure to the file of the day."""
    now = clock.machine()
    place = into or RESULTS / f"{now:%Y-%m-%d}.jsonl"
    with place.open("a", encoding="utf-8") as file:
        file.write(json.dumps({**asdict(line), "command": command, **machine()}, ensure_ascii=False) + "\n")


def read(place: Path) -> list[dict[str, Any]]:
    """Return the last figure of each scenario, tool and kind of measurement of a file, in their order."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for text in place.read_text("utf-8").splitlines():
        line = json.loads(text)
        key = line["scenario"], line["tool"], line["what"]
        found.pop(key, None)
        found[key] = line
    return list(found.values())
