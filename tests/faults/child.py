"""One run of a case in a process of its own, to be watched from outside: python -m tests.faults.child CASE FOLDER ACKS.

CASE is JSON: the module, the class and its arguments. After each commit, the head of the chain is written to ACKS: what
stands there was acknowledged, and must be there after any cut.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from sync_scripts.store import custody, durable
from sync_scripts.store.workspace import Workspace, open_unlocked
from tests.faults.harness import Case, moved


def make_case(described: str) -> Case:
    """Return the case that a description names."""
    said: dict[str, Any] = json.loads(described)
    return cast("Case", getattr(import_module(said["module"]), said["class"])(**said["given"]))


def describe(case: Case, **given: object) -> str:
    """Return a description of a case with its arguments."""
    return json.dumps({"module": type(case).__module__, "class": type(case).__name__, "given": given})


class Acknowledging:
    """A watcher that writes the head of the chain after each commit."""

    def __init__(self, workspace: Workspace, acks: int) -> None:
        self._workspace = workspace
        self._acks = acks
        self._reading = False

    def __call__(self, name: str) -> None:
        """Hear a step."""
        if name != "committed" or self._reading:
            return
        self._reading = True
        with self._workspace.register.reading() as rows:
            head = custody.head(rows)
        self._reading = False
        if head is not None:
            os.write(self._acks, f"{head.seq} {head.hash}\n".encode())


def main(described: str, folder: Path, acks: Path) -> None:
    """Run the case once."""
    case = make_case(described)
    workspace = open_unlocked(moved(case.unlock(folder), folder))
    durable.watch(Acknowledging(workspace, os.open(acks, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)))
    case.run(workspace, folder)
    durable.watch(None)
    workspace.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
