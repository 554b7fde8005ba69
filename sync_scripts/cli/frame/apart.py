"""A command in a process of its own, told its words where nobody lists them: ``python -m sync_scripts.cli.frame.apart``.

The words of a command stand where every account of this computer reads them while it runs (``ps``). So this process gets
them on standard input, in one line of JSON; then it has the standard input of whoever started it, and asks there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sync_scripts.cli import main

# -P: a file of the folder in which somebody stands is not taken for a part of this program
_PROGRAM: Final = (sys.executable, "-P", "-m", "sync_scripts.cli.frame.apart")
_PIECE: Final = 65_536
_CONSOLE: Final = "CONIN$"
"""What somebody types into, where no descriptor can be handed over."""


def start(words: Sequence[str], stdout: int | None = None) -> subprocess.Popen[bytes]:
    """Start the command that these words make; with ``subprocess.PIPE`` what it says is read here."""
    kept = _kept()
    try:
        child = subprocess.Popen(_PROGRAM, close_fds=False, stdin=subprocess.PIPE, stdout=stdout)  # noqa: S603 - our own program
    finally:
        if kept is not None:
            os.close(kept)
    typed = os.name == "nt" and sys.stdin is not None and sys.stdin.isatty()
    said = json.dumps({"words": list(words), "stdin": kept, "console": typed})
    if child.stdin is not None:
        with suppress(OSError), child.stdin as told:  # one that has ended says by its exit code that it did
            told.write(said.encode() + b"\n")
    return child


def wait(child: subprocess.Popen[bytes]) -> int:
    """Wait until a process has ended; return its exit code.

    Ctrl-C reaches it, too. It is not ended from here: it may be busy, and removes what it opened before it ends.
    """
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def heard(child: subprocess.Popen[bytes]) -> tuple[bytes, int]:
    """Read what a process says to its end, and wait for it; return that and its exit code.

    Ctrl-C does not end it from here either, but nothing goes on when it has ended.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, and it came to its end as if it had not been.
    """
    pieces, stopped = bytearray(), False
    if (stream := child.stdout) is not None:
        piece = b"?"
        while piece:
            try:
                piece = os.read(stream.fileno(), _PIECE)
            except KeyboardInterrupt:
                stopped = True
                continue
            pieces += piece
        stream.close()
    code = wait(child)
    if stopped and not code:
        raise KeyboardInterrupt
    return bytes(pieces), code


def _kept() -> int | None:
    """Return a descriptor of our standard input for another process; None where none can be handed over, or there is none."""
    if os.name == "nt":
        return None
    try:
        kept = os.dup(0)
    except OSError:
        return None
    os.set_inheritable(kept, True)
    return kept


def _run() -> int:
    """Hear the words, take standard input back, and run the command."""
    with open(0, "rb", buffering=0, closefd=False) as stdin:  # nothing is read beyond the line
        line = stdin.readline()
    if not line:
        return 130  # whoever started it was stopped meanwhile
    told = json.loads(line)
    if told["stdin"] is not None:
        os.dup2(told["stdin"], 0)
        os.close(told["stdin"])
    elif told["console"]:
        sys.stdin = open(_CONSOLE, encoding="utf-8")  # noqa: PTH123, SIM115 - no file; to the end
        vars(sys)["__stdin__"] = sys.stdin  # a passphrase is typed unseen only where the two are one
    return main(told["words"])


if __name__ == "__main__":
    sys.exit(_run())
