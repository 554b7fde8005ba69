"""A pull over a real socket, prepared once, and what is asked of it under a fault: the same register after the next one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sync_scripts.errors import NotAllowed, Unreachable
from tests.faults.far_case import KINDS, Far, FarCase, Kind, NextFarCase
from tests.faults.harness import (
    Bench,
    bench,
)
from tests.faults.invariants import look
from tests.faults.line import Line, Trouble, lying
from tests.faults.order import orderless

FORKS = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no SIGKILL"),
    pytest.mark.filterwarnings(
        "ignore:This process:DeprecationWarning"
    ),  # a server's threads, unused by the child
]
CASES: dict[str, type[FarCase]] = {"first": FarCase, "next": NextFarCase}
BOTH = [(kind, which) for kind in KINDS for which in CASES]


@dataclass
class Reach:
    """A prepared pull, its line, and how many requests an undisturbed one makes."""

    made: Bench
    case: FarCase
    line: Line
    requests: int

    def run(self, folder: Path, trouble: Trouble) -> int:
        """Pull while something goes wrong: the pull says so by an error of the right family, or ends well.

        Return how many requests it made.
        """
        self.line.calmed(trouble)
        self.case.patient = True
        self.made.run(folder)
        made = len(self.line.asked)
        self.line.calmed()
        self.case.patient = False
        assert self.case.failure is None or isinstance(self.case.failure, Unreachable | NotAllowed)
        return made

    def state(self, folder: Path) -> dict[str, list[str]]:
        """Return the tables after a clean pull, once nothing is amiss, whatever order things came in."""
        found = look(self.made.keys, folder, self.case, complete=True)
        assert not found.wrong, found.wrong
        return orderless(found.state, noticed=self.case.far.kind == "kobo")

    def survives(self, trouble: Trouble) -> bool:
        """Pull with a trouble, then without, and compare; return whether the first one was ended by it."""
        with self.made.copy() as folder:
            self.run(folder, trouble)
            ended = self.case.failure is not None
            if ended or not self.whole(folder):
                self.made.check(folder, complete=False)
                self.made.run(folder)
                same(self.state(folder), self.expected)
        return ended

    def whole(self, folder: Path) -> bool:
        """Tell whether a trouble was got over by asking again, so that nothing is left for a second pull."""
        found = look(self.made.keys, folder, self.case, complete=True)
        return not found.wrong and (
            orderless(found.state, noticed=self.case.far.kind == "kobo") == self.expected
        )

    @property
    def expected(self) -> dict[str, list[str]]:
        """The tables of an undisturbed pull."""
        return orderless(self.made.expected, noticed=self.case.far.kind == "kobo")


def same(found: Mapping[str, Any], expected: Mapping[str, Any], *beside: str) -> None:
    """Compare tables; a failure names those that differ."""
    others = [name for name in expected if name not in beside and found[name] != expected[name]]
    assert not others, f"not as in an undisturbed pull: {', '.join(others)}"


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Kind, str], Reach]]:
    """Return what prepares a pull, once for each kind of server and each case."""
    known: dict[tuple[Kind, str], Reach] = {}
    lines = []

    def prepared(kind: Kind, which: str) -> Reach:
        if (kind, which) not in known:
            far = Far(kind)
            line = Line(far.world.answer)
            lines.append(lying(line))
            case = CASES[which](far, line, lines[-1].__enter__())
            made = bench(case, tmp_path_factory.mktemp(f"{kind}-{which}"))
            line.calmed()
            with made.copy() as folder:
                made.run(folder)
                requests = len(line.asked)
                made.check(folder, complete=True)
            known[kind, which] = Reach(made, case, line, requests)
        known[kind, which].line.calmed()
        return known[kind, which]

    yield prepared
    for line in lines:
        line.__exit__(None, None, None)
