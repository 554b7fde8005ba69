"""S3, growth: does twice the number take twice the time?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from tests.bench.ground import Far, Run, far, pull, workspace
from tests.bench.lines import Line
from tests.bench.scenarios.peers import peer
from tests.bench.stock import Kind

GATE = "t(2N) ≤ 2.2 t(N)"
Tool = Callable[[Far], "Run | None"]


def run(*counts: int) -> Iterator[Line]:
    """Yield the growth of each tool, each run once at each size."""
    sizes = counts or (10_000, 20_000, 40_000)
    tools: dict[Kind, dict[str, Tool]] = {"kobo": _KOBO, "central": _CENTRAL}
    for kind, some in tools.items():
        times: dict[str, list[float]] = {name: [] for name in some}
        for size in sizes:
            with far(kind, size) as there:
                there.tell(knobs={"cap": 1000})
                for name, tool in some.items():
                    done = tool(there)
                    if done is not None:
                        times[name].append(done.cpu_s)
        for name, took in times.items():
            yield _line(name, kind, sizes, took)


def ours(there: Far) -> Run:
    """Pull once."""
    with workspace(there.kind, there.address) as root:
        return pull(root)


def whole(tool: str) -> Tool:
    """Return a tool of KoboToolbox that is given everything in one answer."""

    def go(there: Far) -> Run | None:
        there.tell(knobs={"cap": 1_000_000, "default": 1_000_000})
        done = peer(there, tool, *([] if tool == "pykobo" else ["limit=1000000"]))
        there.tell(knobs={"cap": 1000, "default": 100})
        return done

    return go


_KOBO: dict[str, Tool] = {
    "dikalo": ours,
    "koboextractor": whole("koboextractor"),
    "kobo2pandas": whole("kobo2pandas"),
    "dlt": lambda there: peer(there, "dlt"),
}
_CENTRAL: dict[str, Tool] = {"dikalo": ours, "pyodk + pandas": lambda there: peer(there, "pyodk", "pandas")}


def _line(name: str, kind: str, sizes: tuple[int, ...], took: list[float]) -> Line:
    where = "KoboToolbox" if kind == "kobo" else "Central"
    what = f"{', '.join(f'{size:,}' for size in sizes)} cases of {where}"
    if len(took) != len(sizes):
        return Line("S3", name, what, "not measured: it cannot be installed here")
    grown = [after / before for before, after in itertools.pairwise(took)]
    seen = f"{', '.join(map(str, took))} CPU s: {', '.join(f'{one:.2f}' for one in grown)} times"
    gate, met = (GATE, max(grown) <= 2.2) if name == "dikalo" else ("", None)
    return Line("S3", name, what, seen, gate, met, {"sizes": sizes, "grown": grown}, took)
