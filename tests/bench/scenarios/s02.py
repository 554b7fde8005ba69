"""S2, the first pull: CPU seconds and memory at 10,000 and 100,000 whole cases, the parts of ours on lines of their own.

The first of the sizes goes into a PostgreSQL of its own as well: there the client's CPU counts, and the time by the wall. As much
must stand there as in SQLCipher, table by table, and a rebuild find nothing else; tags are keyed by the workspace, so two
registers are never the same byte for byte.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.bench.ground import Far, Run, far, median, ours, pull, shared, workspace
from tests.bench.lines import Line
from tests.bench.scenarios.peers import of_file, peer
from tests.bench.server import stocked
from tests.bench.stock import Kind

REPEATS = 3
GATE_CPU = "133 µs a submission"
GATE_SEAL = "0.5 CPU s per 10,000"
EXPONENT: Final = 1.05
"""How our CPU seconds may grow, at most."""
_INTO: Final = re.compile(r"(?P<count>[\d,]+) cases of (?P<kind>\w+) into the sealed register")


def run(*counts: int) -> Iterator[Line]:
    """Yield the figures of each size; at 100,000 and more each tool runs once."""
    counts = counts or (10_000, 100_000)
    grown: dict[str, list[int]] = {}
    for count in counts:
        repeats = REPEATS if count < 100_000 else 1
        yield from _central(count, repeats, grown)
        yield from _kobo(count, repeats, grown)
        if count == counts[0]:
            yield from shared_register("central", count, repeats)
            yield from shared_register("kobo", count, repeats)
    for kind, (small, *_, large) in ((kind, some) for kind, some in grown.items() if len(some) > 1):
        ratio = large / small
        met = large <= 150 and ratio <= 1.3
        seen = f"{small} MB, then {large} MB: {ratio:.2f} times"
        what = f"peak memory from {counts[0]:,} to {counts[-1]:,}"
        yield Line("S2", "dikalo", f"{what}, {kind}", seen, "150 MB, 1.3 times", met)


def growth(lines: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    """Yield how our CPU seconds grow between the smallest and the largest size on file, the start of the process apart.

    Args:
        lines: the figures on file, of all scenarios.
    """
    found: dict[str, dict[int, tuple[float, str]]] = {}
    for line in lines:
        said = _INTO.fullmatch(line["what"])
        if line["scenario"] == "S2" and line["tool"] == "dikalo" and said:
            count = int(said["count"].replace(",", ""))
            figures = line["figures"]
            took = figures["cpu_s"] - figures["start_cpu_s"]
            found.setdefault(said["kind"], {})[count] = took, f"{line['at'][:10]}, load {line['load']}"
    for kind, sizes in found.items():
        if len(sizes) > 1:
            small, large = min(sizes), max(sizes)
            (less, then), (more, since) = sizes[small], sizes[large]
            exponent = math.log(more / less) / math.log(large / small)
            what = f"CPU seconds from {small:,} to {large:,}, {kind}"
            note = f"the start of the process apart; {then} and {since}"
            seen, gate = f"exponent {exponent:.2f}", f"exponent {EXPONENT:.2f}"
            yield Line("S2", "dikalo", what, seen, gate, round(exponent, 2) <= EXPONENT, note=note)


def _central(count: int, repeats: int, grown: dict[str, list[int]]) -> Iterator[Line]:
    with far("central", count) as there:
        if count >= 100_000:
            there.tell()
        loads = [done for _ in range(repeats) if (done := peer(there, "pyodk"))]
        frames = [done for _ in range(repeats) if (done := peer(there, "pyodk", "pandas"))]
        yield _peer("pyodk", f"{count:,} cases of Central into dictionaries", loads, count)
        yield _peer("pyodk + pandas", f"{count:,} cases of Central into two frames", frames, count)
        yield from _ours(there, count, repeats, grown, median(frames) if frames else None)


def _kobo(count: int, repeats: int, grown: dict[str, list[int]]) -> Iterator[Line]:
    with far("kobo", count) as there:
        yield from _ours(there, count, repeats, grown, None)
        there.tell(knobs={"cap": 1_000_000, "default": 1_000_000})
        for tool, into in (("koboextractor", "dictionaries"), ("kobo2pandas", "frames")):
            done = [one for _ in range(repeats) if (one := peer(there, tool, "limit=1000000"))]
            yield _peer(tool, f"{count:,} cases of KoboToolbox into {into}, cap lifted", done, count)
        if count <= 10_000:
            there.tell(knobs={"cap": 1000, "default": 100})
            done = [one for _ in range(repeats) if (one := peer(there, "dlt"))]
            yield _peer("dlt", f"{count:,} cases of KoboToolbox into tables of SQLite", done, count)
            yield from _sqlite_utils(count, repeats)


def _sqlite_utils(count: int, repeats: int) -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "rows.json")
        rows = [json.loads(one.full) for one in stocked("kobo", count, "case").live()]
        place.write_text(json.dumps(rows), "utf-8")
        done = [one for _ in range(repeats) if (one := of_file("sqlite_utils", place))]
    yield _peer("sqlite-utils", f"{count:,} cases from a file into one table, repeats as text", done, count)


def _peer(tool: str, what: str, runs: list[Run], count: int) -> Line:
    if not runs:
        return Line("S2", tool, what, "not measured: it cannot be installed here")
    rows = min(one.said.get("rows", 0) for one in runs)
    return Line(
        "S2",
        tool,
        what,
        f"{median(runs)} CPU s, {max(one.line['rss_mb'] for one in runs)} MB, {rows / count:.0%} of the rows",
        figures=_numbers(runs, rows),
        runs=[one.cpu_s for one in runs],
    )


def _numbers(runs: list[Run], rows: int) -> dict[str, Any]:
    return {
        "cpu_s": median(runs),
        "rss_mb": max(one.line["rss_mb"] for one in runs),
        "wall_s": [one.line["wall_s"] for one in runs],
        "load": [one.line["load"] for one in runs],
        "rows": rows,
    }


def _ours(
    there: Far, count: int, repeats: int, grown: dict[str, list[int]], loading: float | None
) -> Iterator[Line]:
    kind = "Central" if there.kind == "central" else "KoboToolbox"
    runs, served, held = [], 0.0, 0
    for _ in range(repeats):
        there.tell()
        with workspace(there.kind, there.address) as root:
            runs.append(pull(root))
            served = there.tell()["server_cpu_s"]
            held = ours("digest", root).said["live"]
    with workspace(there.kind, there.address, ("alert",)) as root:
        start = pull(root)
    cpu = median(runs)
    own = cpu - start.cpu_s
    each = own / count * 1e6
    grown.setdefault(kind, []).append(max(one.line["rss_mb"] for one in runs))
    figures = {**_numbers(runs, held), "start_cpu_s": start.cpu_s, "server_cpu_s": served}
    yield Line(
        "S2",
        "dikalo",
        f"{count:,} cases of {kind} into the sealed register",
        f"{cpu} CPU s, {figures['rss_mb']} MB, {held / count:.0%} of the rows; {each:.0f} µs a submission",
        GATE_CPU,
        each <= 133,
        figures,
        [one.cpu_s for one in runs],
        "the last figure without the start of the process; the XML of each version included",
    )
    if loading is not None:
        yield _beside(count, kind, cpu, loading, "start, XML of every version and sealing included")
    if repeats > 1:
        yield from _parts(there, count, kind, loading)


def shared_register(kind: Kind, count: int, repeats: int = 1) -> Iterator[Line]:
    """Yield what a whole pull into PostgreSQL costs, and whether as much stands there as after one into SQLCipher."""
    named = "Central" if kind == "central" else "KoboToolbox"
    with far(kind, count) as there:
        runs, held = [], 0
        for _ in range(repeats):
            with shared(kind, there.address) as root:
                runs.append(_whole(pull(root)))
                held = ours("digest", root).said["live"]
        with shared(kind, there.address, ("alert",)) as root:
            start = pull(root).cpu_s  # of a form that the server does not have
        each = (median(runs) - start) / count * 1e6
        figures = {**_numbers(runs, held), "start_cpu_s": start}
        wall = min(figures["wall_s"])
        yield Line(
            "S2",
            "dikalo",
            f"{count:,} cases of {named} into PostgreSQL",
            f"{median(runs)} CPU s, {figures['rss_mb']} MB, {wall} s by the wall, {held / count:.0%} of the rows; "
            f"{each:.0f} µs a submission",
            figures=figures,
            runs=[one.cpu_s for one in runs],
            note="a PostgreSQL on this machine; the client's CPU alone, the last figure without the start of the process",
        )
        yield same_rows(there, count, named)


def _whole(done: Run) -> Run:
    """Return a run that came to its end.

    Raises:
        RuntimeError: it did not.
    """
    if done.line["exit"]:
        raise RuntimeError(done.talk or done.said)
    return done


def same_rows(there: Far, count: int, named: str) -> Line:
    """Compare what both databases hold, pulled with the same codes at the same moment, and rebuild the second one."""
    said: list[dict[str, int]] = []
    differing = 0
    for place in (workspace, shared):
        with place(there.kind, there.address) as root:
            ours("pull", root)
            said.append(dict(ours("counts", root).said))
            differing = ours("rebuilt", root).said["differing"]
    rows = sum(said[-1].values())
    unlike = sum(said[0][name] != number for name, number in said[-1].items())
    seen = (
        f"{rows:,} rows in {len(said[-1])} tables, {unlike} tables unlike; {differing} differ after a rebuild"
    )
    met = not unlike and not differing and said[-1]["submission"] == count
    return Line(
        "S2", "dikalo", f"{count:,} cases of {named}: PostgreSQL beside SQLCipher", seen, "equal", met
    )


def _beside(count: int, kind: str, cpu: float, loading: float, how: str) -> Line:
    seen = f"{cpu / loading:.1f} times its CPU, {how}"
    what = f"{count:,} cases of {kind} beside pyodk + pandas"
    return Line("S2", "dikalo", what, seen, "no more CPU than it", cpu <= loading)


def _parts(there: Far, count: int, kind: str, loading: float | None) -> Iterator[Line]:
    with workspace(there.kind, there.address) as root:
        said = ours("phases", root).said
    took, shares = said["cpu_s"], said["shares"]

    def share(*names: str) -> float:
        return max(
            (value for name, value in shares.items() if {name, name.rpartition(".")[2]} & {*names}),
            default=0.0,
        )

    table = {
        "pages": share("pages", "_walk"),
        "XML queue": share("fetch"),
        "reading": share("read_item"),
        "deciding": share("plan.plan"),
        "keeping, sealing included": share("write"),
        "sealing": sum(value for name, value in shares.items() if name in SEALING),
        "register": share("apply"),
    }
    for name, value in table.items():
        each = value * took / count * 1e6
        gate = GATE_SEAL if name == "sealing" else ""
        met = value * took / count * 10_000 <= 0.5 if gate else None
        yield Line(
            "S2",
            "dikalo",
            f"{count:,} cases of {kind}: {name}",
            f"{value * took:.2f} CPU s, {value:.0%}, {each:.0f} µs a submission",
            gate,
            met,
            {"share": value, "of_cpu_s": took},
        )
    yield from _pages(count, kind, took * (1 - table["XML queue"]), loading)


def _pages(count: int, kind: str, cpu: float, loading: float | None) -> Iterator[Line]:
    """Yield what the data pages cost: everything but the start and the XML queue, sealing and the register included."""
    each = cpu / count * 1e6
    beside = f"; {cpu / loading:.1f} times the CPU of pyodk + pandas" if loading else ""
    yield Line(
        "S2",
        "dikalo",
        f"{count:,} cases of {kind}: data pages, all but the XML queue",
        f"{cpu:.2f} CPU s, {each:.0f} µs a submission{beside}",
        f"{GATE_CPU}, and no more CPU than pyodk + pandas",
        each <= 133 and (loading is None or cpu <= loading),
        {"cpu_s": round(cpu, 2), "loading_cpu_s": loading},
    )


SEALING = ("sealing.Sealer.seal_version", "sealing.Sealer.seal_part", "sealing.Sealer.page")
"""What seals; none of them calls another of them."""
