"""Environments of the tools that are measured beside ours: one each, made when it is first needed, below a scratch folder.

They are filled from the package registry with pinned versions. A tool that cannot be installed is said to be missing.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

PEERS: Final = Path(__file__).with_name("peers")
SCRATCH: Final = Path(tempfile.gettempdir()) / "dikalo-bench-peers"


def python_of(tool: str, scratch: Path = SCRATCH) -> Path | None:
    """Return the Python in which a tool is installed; None when it cannot be."""
    wanted = (PEERS / f"{tool}.txt").read_bytes()
    place = scratch / f"{tool}-{hashlib.sha256(wanted).hexdigest()[:8]}"
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    done = place / "made"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        asked = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        got = subprocess.run([*asked, "-r", str(PEERS / f"{tool}.txt")], check=False)
        if got.returncode != 0:
            return None
        done.touch()
    return python


def script(tool: str) -> str:
    """Return the path of a tool's script."""
    return str(PEERS / f"with_{tool}.py")
