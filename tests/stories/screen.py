"""What a command shows on the screen: run here, on the workspace of a story."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from sync_scripts.cli.frame import outcome


def said(root: Path, *words: str) -> bytes:
    """Return what a command prints and says."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = outcome.run(["-C", str(root), *words], "fr")
    assert code in {0, 3}, (words, code, err.getvalue())
    return (out.getvalue() + err.getvalue()).encode()
