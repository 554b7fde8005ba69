"""A person at a terminal in front of a running command: reads its questions, types answers."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Self

PROGRAM = """
import sys
from sync_scripts.store.seal import demo_keys
from sync_scripts.secrets import slots
slots.usual_work = lambda: demo_keys.WORK
from sync_scripts import cli
sys.exit(cli.main(sys.argv[1:]))
"""


class Terminal:
    """A person at a terminal, in front of a running command."""

    def __init__(self, *words: str, env: Mapping[str, str] | None = None) -> None:
        self._mine, theirs = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "dumb", **(env or {})},
        )
        os.close(theirs)
        self.seen = ""
        self.all = ""

    def __enter__(self) -> Self:
        """Sit down."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave; what still runs is ended."""
        self.process.kill()
        self.process.wait()
        os.close(self._mine)

    def wait_for(self, question: str) -> None:
        """Read until the command waits for an answer to this question."""
        until = time.monotonic() + 120
        while not (self.seen.endswith(": ") and question in self.seen.splitlines()[-1]):
            assert time.monotonic() < until, self.seen
            if select.select([self._mine], [], [], 0.2)[0]:
                self._hear(os.read(self._mine, 65536))

    def answer(self, question: str, words: str) -> None:
        """Type words when the command asks."""
        self.wait_for(question)
        os.write(self._mine, words.encode() + b"\n")
        self.seen = ""

    def answers(self, *pairs: tuple[str, str]) -> None:
        """Type several answers, each to its question."""
        for question, words in pairs:
            self.answer(question, words)

    def type(self, words: str) -> None:
        """Press keys, whatever is asked."""
        os.write(self._mine, words.encode())

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        until = time.monotonic() + 120
        while select.select([self._mine], [], [], 0.2)[0] or self.process.poll() is None:
            assert time.monotonic() < until, self.seen
            if not select.select([self._mine], [], [], 0.2)[0]:
                continue
            try:
                self._hear(os.read(self._mine, 65536))
            except OSError:
                break
        return self.process.wait(120)

    def _hear(self, data: bytes) -> None:
        said = data.decode("utf-8", "replace")
        self.seen += said
        self.all += said
