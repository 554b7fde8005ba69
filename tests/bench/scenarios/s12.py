"""S12, workbooks: written and read back unedited; what does it cost, and does an unedited return ask for anything?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from sync_scripts.store.workspace import open_workspace
from tests.bench import make
from tests.bench.export import fill
from tests.bench.ground import DIKALO, Run
from tests.bench.ground import run as measured
from tests.bench.lines import Line


def run(*counts: int) -> Iterator[Line]:
    """Yield a figure for each size; above 5,000 the flat file, which is not read back."""
    for count in counts or (300, 5_000, 100_000):
        with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
            yield from _size(Path(folder), count)


def _size(folder: Path, count: int) -> Iterator[Line]:
    root, target = folder / "w", folder / "suivi.xlsx"
    make.workspace(root, folder)
    opened = open_workspace(root, secret=lambda _question: make.DAY)
    with opened.register.writing() as rows:
        fill(rows, count)
    opened.close()
    flat = ("--all",) if count > 5_000 else ()
    done = _do(root, "followup", "export", "--no-password", "--to", str(target), *flat)
    gate, met = ("300 MB", done.line["rss_mb"] <= 300) if count <= 5_000 else ("", None)
    seen = _cost(done, f"{target.stat().st_size // 1024:,} kB" if target.exists() else "no file")
    yield Line(
        "S12",
        "dikalo",
        f"{count:,} cases written{', flat' if flat else ''}",
        seen,
        gate,
        met,
        dict(done.line),
    )
    if not flat:
        back = _do(root, "followup", "import", str(target), "--json")
        plan = {
            "changes": back.said.get("changes"),
            "items": len(back.said.get("items", ())),
            "conflicts": len(back.said.get("conflicts", {}).get("ids", ())),
        }
        asked = {name: count for name, count in plan.items() if count}
        seen = _cost(back, f"asks for {asked}" if asked else "asks for nothing")
        met = back.line["exit"] == 0 and plan == {"changes": 0, "items": 0, "conflicts": 0}
        why = back.talk.strip()[-100:] if back.line["exit"] else ""
        yield Line(
            "S12",
            "dikalo",
            f"{count:,} cases read back unedited",
            seen,
            "an empty plan",
            met,
            plan,
            note=why,
        )


def _do(root: Path, *words: str) -> Run:
    return measured(" ".join(words[:2]), *DIKALO, "-C", str(root), *words, key=make.DAY)


def _cost(done: Run, more: str) -> str:
    return f"{done.cpu_s} CPU s with the start, {done.line['rss_mb']} MB, {more}"
