"""S8, kills: the process dies before one of its steps (each statement is one); the next pull gives the same register."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from tests.bench.ground import copied, far, ours, workspace
from tests.bench.lines import Line
from tests.bench.scenarios.s04 import where
from tests.bench.stock import Kind

GATE = "the register of an undisturbed pull; nothing lost, nothing double"


def run(count: int = 1_000, kills: int = 200) -> Iterator[Line]:
    """Yield a figure for each server: so many kills spread over a pull."""
    for kind in ("kobo", "central"):
        yield from server(kind, count, kills)


def server(kind: Kind, count: int, kills: int) -> Iterator[Line]:
    """Yield one figure for so many kills."""
    with far(kind, count) as there, workspace(kind, there.address) as root:
        with copied(root) as calm:
            steps = ours("pull", calm).said["steps"]
            expected = ours("digest", calm).said
        same = struck = 0
        for number in range(kills):
            with copied(root) as copy:
                at = number * (steps - 1) // max(kills - 1, 1)
                struck += ours("pull", copy, "--kill", str(at)).line["exit"] == -signal.SIGKILL
                ours("pull", copy)
                same += ours("digest", copy).said == expected
    seen = f"{struck} of {kills} struck, {same} gave the same register"
    what = f"killed at {kills} of {steps} steps, {count:,} cases, {where(kind)}"
    yield Line("S8", "dikalo", what, seen, GATE, struck == same == kills, {"steps": steps})
