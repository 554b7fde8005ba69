"""S5, what happened meanwhile: how many of the edits, deletions, reviews and late files does one further pull find?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.bench.ground import far, ours, workspace
from tests.bench.lines import Line
from tests.bench.scenarios.s04 import where
from tests.bench.stock import Kind

KINDS = ("edited", "deleted", "reviewed", "late files")
GATE = "100 % found, none falsely"


def run(count: int = 10_000) -> Iterator[Line]:
    """Yield a figure for each kind of event and server."""
    for kind in ("kobo", "central"):
        yield from server(kind, count)
    for tool in ("pyodk", "koboextractor", "kobo2pandas", "dlt"):
        yield Line(
            "S5",
            tool,
            "edits, deletions, reviews, late files",
            "only by reading everything again",
            note="keeps nothing to compare with, or merges without a tombstone",
        )


def server(kind: Kind, count: int) -> Iterator[Line]:
    """Yield the figures of one server."""
    with (
        far(kind, count, "alert", files=count // 50) as there,
        workspace(kind, there.address, ("alert",)) as root,
    ):
        ours("pull", root)
        before = ours("found", root).said
        planted: dict[str, Any] = there.tell(plant={})["planted"]
        there.tell()
        done = ours("pull", root, "--hours", "26")
        said = there.tell()
        after = ours("found", root).said
    for name in KINDS:
        found = {*after[name]} - {*before[name]}
        wanted = {*planted[name]}
        seen = f"{len(found & wanted)} of {len(wanted)} found, {len(found - wanted)} falsely"
        yield Line("S5", "dikalo", f"{name}, {count:,} alerts, {where(kind)}", seen, GATE, found == wanted)
    seen = f"{said['sent']:,} bytes packed, {said['requests']} requests, {done.cpu_s} CPU s"
    numbers = {name: said[name] for name in ("sent", "unpacked", "requests", "kinds")}
    yield Line("S5", "dikalo", f"what that pull asked, {where(kind)}", seen, figures=numbers)
