"""S1, completeness: how many rows of a server with pages of 100, and of 1,000 at most, does each tool get?"""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.ground import Run, copied, far, ours, workspace
from tests.bench.lines import Line
from tests.bench.scenarios.peers import KOBO, peer

GATE = "100 %, or another exit code than 0"


def run(count: int = 10_000) -> Iterator[Line]:
    """Yield a figure for each tool."""
    yield from _kobo(count)
    yield from _central(count)
    yield Line("S1", "robotoolbox, ruODK", "rows got", "not measured: they need R, which is not here")
    yield Line("S1", "formpack", "rows got", "not measured: in no registry (GPL-3)")


def _kobo(count: int) -> Iterator[Line]:
    with far("kobo", count) as there:
        for tool in KOBO:
            yield _line(tool, "KoboToolbox", peer(there, tool), count)
            if tool in {"koboextractor", "kobo2pandas"}:
                yield _line(tool, "KoboToolbox, limit=30000", peer(there, tool, "limit=30000"), count)
        digests = set()
        with workspace("kobo", there.address) as root:
            for cap in (100, 1_000, 30_000):
                there.tell(knobs={"cap": cap})
                with copied(root) as copy:
                    done = ours("pull", copy)
                    held = ours("digest", copy).said
                digests.add(held["digest"])
                yield _line("dikalo", f"KoboToolbox, pages of {cap:,} at most", done, count, held["live"])
        seen = "the same register" if len(digests) == 1 else f"{len(digests)} registers"
        yield Line("S1", "dikalo", "the three of them compared", seen, "equal", len(digests) == 1)


def _central(count: int) -> Iterator[Line]:
    with far("central", count) as there:
        yield _line("pyodk", "Central", peer(there, "pyodk"), count)
        with workspace("central", there.address) as root:
            done = ours("pull", root)
            live = ours("digest", root).said["live"]
        yield _line("dikalo", "Central", done, count, live)


def _line(tool: str, where: str, done: Run | None, count: int, rows: int | None = None) -> Line:
    what = f"rows got of {count:,}, {where}"
    if done is None:
        return Line("S1", tool, what, "not measured: it cannot be installed here")
    code = done.line["exit"]
    got = rows if rows is not None else done.said.get("rows", 0)
    seen = f"{got:,}" if code == 0 else f"ends with an error (exit {code})"
    why = done.talk.strip().rpartition("\n")[2][:120] if code else ""
    gate, met = (GATE, got == count or code != 0) if tool == "dikalo" else ("", None)
    return Line("S1", tool, what, seen, gate, met, {"rows": got, "exit": code}, (done.cpu_s,), why)
