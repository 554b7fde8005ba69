"""S6, the field: a line of 1 Mbit/s with 300 ms of delay, packed and not."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from tests.bench.ground import far, pull, workspace
from tests.bench.lines import Line
from tests.bench.scenarios.peers import peer
from tests.bench.scenarios.s04 import where
from tests.bench.server import stocked
from tests.bench.stock import Kind

SLOW = {"latency_s": 0.3, "bytes_s": 125_000}


def run(count: int = 500) -> Iterator[Line]:
    """Yield wall time and bytes of a first pull."""
    for kind in ("kobo", "central"):
        needed = _needed(kind, count)
        for packs in (True, False):
            with far(kind, count) as there:
                there.tell(knobs={**SLOW, "packs": packs})
                with workspace(kind, there.address) as root:
                    done = pull(root)
                    said = there.tell()
                    seen = (
                        f"{done.line['wall_s']:.0f} s of wall time, {said['sent']:,} bytes in {said['requests']} requests; "
                        f"{said['sent'] / needed:.2f} times the rows' XML packed together"
                    )
                    gate = "1.05 times" if packs else ""
                    met = said["sent"] <= 1.05 * needed if packs else None
                    how = "packed" if packs else "not packed"
                    figures = {"sent": said["sent"], "needed": needed, "wall_s": done.line["wall_s"]}
                    what = f"first pull of {count:,} cases, {where(kind)}, {how}"
                    yield Line("S6", "dikalo", what, seen, gate, met, figures)
                if kind == "central":
                    there.tell()
                    beside = peer(there, "pyodk")
                    said = there.tell()
                    if beside is not None:
                        seen = f"{beside.line['wall_s']:.0f} s of wall time, {said['sent']:,} bytes in {said['requests']} requests"
                        yield Line("S6", "pyodk", f"{count:,} cases, {how}, answers without the XML", seen)


def _needed(kind: Kind, count: int) -> int:
    """Return the bytes of the XML of all submissions, packed in one piece each two hundred."""
    every = [one.versions[-1][1] for one in stocked(kind, count, "case").live()]
    return sum(len(gzip.compress(b"".join(every[at : at + 200]), 6)) for at in range(0, count, 200))
