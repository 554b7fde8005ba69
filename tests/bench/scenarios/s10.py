"""S10, files: two thousand of 150 KiB, on a line that is cut again and again; how many are read twice?"""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.ground import far, ours, pull, workspace
from tests.bench.lines import Line
from tests.bench.scenarios.s04 import where

KIB = 1024
MOST_PULLS = 60


def run(count: int = 2_000, every: int = 450) -> Iterator[Line]:
    """Yield a figure for each server."""
    for kind in ("kobo", "central"):
        with (
            far(kind, count, "alert", files=count, size=150 * KIB) as there,
            workspace(kind, there.address, ("alert",)) as root,
        ):
            there.tell(knobs={"every": every, "faults": ["cut"]})
            pulls, cpu, wall = 0, 0.0, 0.0
            while pulls < MOST_PULLS:
                done = pull(root)
                pulls, cpu, wall = pulls + 1, cpu + done.cpu_s, wall + done.line["wall_s"]
                if done.line["exit"] == 0:
                    break
            said = there.tell()
            held = len(ours("found", root).said["late files"])
        twice = said["kinds"].get("files", 0) - count
        cuts = said["requests"] // every
        seen = (
            f"{held:,} of {count:,} here after {pulls} pulls; {twice} read twice, {cuts} answers cut; "
            f"{count / cpu:.0f} files a CPU second, {count / wall:.0f} a second of wall time"
        )
        met = held == count and twice <= cuts
        what = f"{count:,} files of 150 KiB, each {every}th answer cut, {where(kind)}"
        figures = {"cpu_s": round(cpu, 2), "wall_s": round(wall, 2), "twice": twice, "cuts": cuts}
        yield Line("S10", "dikalo", what, seen, "1 file read twice for each cut", met, figures)
    yield Line("S10", "robotoolbox", "2,000 files", "not measured: it needs R, which is not here")
