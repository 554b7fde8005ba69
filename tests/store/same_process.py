"""What a command opens in a process of its own, opened in this one: to load the program again takes most of the time of such a test.

That it is another process, that nobody reads its words in a list of processes, and what it leaves behind when it is ended, is
seen by tests that start it.
"""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from sync_scripts.cli import main
from sync_scripts.cli.frame import apart

start_apart = apart.start
"""As commands do it."""


@dataclass(frozen=True)
class Ended:
    """A process that has come to its end."""

    code: int

    def wait(self) -> int:
        """Return its exit code."""
        return self.code


def start(words: Sequence[str], stdout: int | None = None) -> Ended | subprocess.Popen[bytes]:
    """Run the command that these words make; where what it says is read, in a process as ever."""
    return Ended(main(words)) if stdout is None else start_apart(words, stdout)


def passphrase_files(folder: Path, **texts: str) -> dict[str, str]:
    """Write passphrases into files of a folder; return what tells a command where they are: ``KEY`` is the everyday one."""
    told = {}
    for name, text in texts.items():
        path = folder / name
        path.write_text(f"{text}\n", encoding="utf-8")
        path.chmod(0o600)
        told[f"DIKALO_{name}_FILE"] = str(path)
    return told


def done(words: Sequence[str], told: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command, and what it opens, here; return what a process of its own would give."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        patch.dict(os.environ, told),
        patch.object(apart, "start", start),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = main(words)
    return subprocess.CompletedProcess(words, code, *(one.buffer.getvalue().decode() for one in (out, err)))
