"""S7, failures: each n-th request fails, one way after the other; a clean pull afterwards gives the same register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.bench.ground import copied, far, ours, workspace
from tests.bench.lines import Line
from tests.bench.scenarios.s04 import where
from tests.bench.stock import Kind

FAULTS = ("cut", "502", "429", "503", "504", "500", "423")
GATE = "the register of an undisturbed pull"


def run(count: int = 10_000) -> Iterator[Line]:
    """Yield a figure for each server and rate of failure."""
    for kind in ("kobo", "central"):
        yield from server(kind, count, (2, 3, 7, 20) if kind == "kobo" else (2, 5, 37, 400))


def server(kind: Kind, count: int, rates: tuple[int, ...]) -> Iterator[Line]:
    """Yield a figure for each rate."""
    with far(kind, count) as there, workspace(kind, there.address) as root:
        with copied(root) as calm:
            ours("pull", calm)
            expected = ours("digest", calm).said
        for every in rates:
            with copied(root) as copy:
                there.tell(knobs={"every": every, "faults": list(FAULTS)})  # and count from here on
                failed = [ours("pull", copy).said.get("failure") for _ in range(2)]
                struck = there.tell(knobs={"every": 0})["kinds"].get("failed", 0)
                clean = ours("pull", copy).said
                found = ours("digest", copy).said
            ended = sum(one is not None for one in failed)
            same = _content(found) == _content(expected) and clean["failure"] is None
            seen = (
                f"{ended} of 2 pulls ended by it; then {'the same register' if same else 'another register'}"
            )
            what = f"one request in {every} fails, {count:,} cases, {where(kind)}"
            yield Line(
                "S7", "dikalo", what, seen, GATE, same, {"struck": struck, "failed": failed, "found": found}
            )


def _content(digest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a register says: what failed once is stored behind what came, so that only the numbers may differ."""
    return {name: digest[name] for name in ("content", "versions", "live")}
