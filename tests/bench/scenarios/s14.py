"""S14, case work: the page of the day, lists, workbooks and links at 5,000 open cases and 10,000 alerts, on both databases.

Everything is pulled from a folder first, which is not measured here; each case has two services under way. Each figure is
the best of three runs, of a list of nine, as it lasts half a second and a machine that others use gives it two thirds of its
speed at times; each run is a process of its own. Of PostgreSQL it is the client's share alone, with the time by the wall
beside it. Unlocking costs next to nothing in these workspaces and is measured by itself, and so is what loading SQLAlchemy
alone costs at that hour: no list can be faster. A workbook comes back unedited,
with a hundred edited cells, as after an evening's work, and with many.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import openpyxl
from sqlalchemy import select

from sync_scripts.secrets import slots
from sync_scripts.store import engine
from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import open_workspace
from tests.bench import make
from tests.bench.data import submissions
from tests.bench.export import services
from tests.bench.ground import DIKALO, Run, postgresql
from tests.bench.ground import run as measured
from tests.bench.lines import Line
from tests.followup.desk import column_of, sheet_of

ROUNDS: Final = 3
LIST_ROUNDS: Final = 9
EDITS: Final = (0, 100, 500, 2_000)
"""Cells edited in a workbook that comes back; the last ones are more than one person types."""
AIMED_EDITS: Final = 500
"""Up to so many, a preview keeps to its limit."""
MOST_MB: Final = 300
LISTS: Final[dict[tuple[str, ...], float | None]] = {
    (): 0.8,
    ("--json",): 0.8,
    ("cases", "list"): 0.5,
    ("cases", "list", "--due", "week", "--text", "bui"): 0.5,
    ("alerts", "list"): None,
}
"""Commands and the CPU seconds that each may take."""
BOOK_S: Final = 4.0
LINKS_S: Final = 5.0
PLACES: Final = ("SQLCipher", "PostgreSQL")


@dataclass(frozen=True)
class Place:
    """A workspace with its cases and alerts, and on what it stands."""

    name: str
    root: Path
    said: str

    def do(self, *words: str) -> Run:
        """Run one command."""
        return measured(" ".join(words[:2]) or "today", *DIKALO, "-C", str(self.root), *words, key=make.DAY)


def run(cases: int = 5_000, alerts: int = 10_000) -> Iterator[Line]:
    """Yield the figures of each database."""
    yield _unlocking()
    yield _loading()
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        source = Path(folder) / "source"
        _lay(source, cases, alerts)
        for name in PLACES:
            with place(name, Path(folder), source) as there:
                yield from _lists(there, cases, alerts)
                yield from _books(there, cases)
                yield from _links(there, alerts)


def _unlocking() -> Line:
    """Measure what a passphrase of real life costs."""
    work = slots.usual_work()
    made = slots.wrap(
        bytes(32),
        make.DAY,
        name="day",
        pinned=slots.Pinned(holders="0" * 32, number=1),
        workspace="b" * 32,
        worker="bench-1",
        demo=False,
        work=work,
    )
    begun = time.process_time()
    slots.unwrap([made], "day", lambda: make.DAY)
    took = time.process_time() - begun
    seen = f"{took:.2f} CPU s: {work.m_kib // 1024} MiB, {work.t} passes"
    return Line(
        "S14",
        "dikalo",
        "unlocking, which each command below adds to",
        seen,
        figures={"cpu_s": round(took, 2)},
    )


def _loading() -> Line:
    """Measure the start that no command can be without: Python's own, and that of what it asks the database with."""
    runs = [measured("load", sys.executable, "-c", "import sqlalchemy") for _ in range(LIST_ROUNDS)]
    best = min(runs, key=lambda one: one.cpu_s)
    return Line(
        "S14",
        "SQLAlchemy",
        "python -c 'import sqlalchemy', a part of each command below",
        f"{best.cpu_s} CPU s",
        figures=dict(best.line),
        runs=tuple(one.cpu_s for one in runs),
    )


def _lay(source: Path, cases: int, alerts: int) -> None:
    for kind, count, seed in (("alert", alerts, 1), ("case", cases, 2)):
        for form, own, content in submissions(count, kind=kind, seed=seed):
            folder = source / form / f"uuid{own}"
            folder.mkdir(parents=True)
            (folder / "submission.xml").write_bytes(content)


@contextmanager
def place(name: str, folder: Path, source: Path) -> Iterator[Place]:
    """Give a workspace on one database that has pulled what lies in a folder."""
    root = folder / name
    if name == "SQLCipher":
        make.workspace(root, source)
        yield _pulled(Place(name, root, f"SQLCipher {engine.cipher_version()}"))
        return
    with postgresql(folder) as url:
        make.workspace(root, source, url)
        yield _pulled(
            Place(name, root, f"PostgreSQL {_version(url)} on this machine; the client's share alone")
        )


def _version(url: str) -> str:
    import psycopg

    with psycopg.connect(url) as connection:
        return f"{connection.info.server_version // 10_000}.{connection.info.server_version % 100}"


def _pulled(there: Place) -> Place:
    done = there.do("pull", "--quiet")
    if done.line["exit"]:
        raise RuntimeError(done.talk)
    opened = open_workspace(there.root, secret=lambda _question: make.DAY)
    with opened.register.writing() as rows:
        codes = rows.execute(select(tables.case.c.case_code)).scalars().all()
        rows.many(
            tables.intervention, [one for number, code in enumerate(codes) for one in services(number, code)]
        )
    opened.close()
    return there


def _line(there: Place, what: str, runs: list[Run], most: float | None, more: str = "") -> Line:
    """Return the best of some runs as a figure; only SQLCipher has to keep to a limit."""
    bad = [one for one in runs if one.line["exit"]]
    if bad:
        raise RuntimeError(bad[0].talk)
    best = min(runs, key=lambda one: one.cpu_s)
    memory = max(one.line["rss_mb"] for one in runs)
    walls = "" if there.name == "SQLCipher" else f", {min(one.line['wall_s'] for one in runs)} s by the wall"
    aimed = most is not None and there.name == "SQLCipher"
    return Line(
        "S14",
        "dikalo",
        f"{there.name}: {what}",
        f"{best.cpu_s} CPU s with the start, {memory} MB{walls}{more}",
        f"{most:g} CPU s, {MOST_MB} MB" if aimed else "",
        best.cpu_s <= (most or 0) and memory <= MOST_MB if aimed else None,
        dict(best.line),
        tuple(one.cpu_s for one in runs),
        there.said,
    )


def _lists(there: Place, cases: int, alerts: int) -> Iterator[Line]:
    for words, most in LISTS.items():
        runs = [there.do(*words) for _ in range(LIST_ROUNDS)]
        yield _line(
            there, f"dikalo {' '.join(words)}".strip() + f", {cases:,} cases, {alerts:,} alerts", runs, most
        )


def _books(there: Place, cases: int) -> Iterator[Line]:
    """Measure a workbook of all open cases on its way out, and on its way back with some edits."""
    target = there.root.parent / f"{there.name}.xlsx"
    runs = []
    for number in range(ROUNDS):
        target = there.root.parent / f"{there.name}-{number}.xlsx"
        runs.append(there.do("followup", "export", "--no-password", "--to", str(target)))
    yield _line(
        there, f"export of {cases:,} open cases", runs, BOOK_S, f", {target.stat().st_size // 1024:,} kB"
    )
    for count in EDITS:
        _edit(target, count)
        runs = [there.do("followup", "import", str(target), "--json") for _ in range(ROUNDS)]
        aimed = BOOK_S if count <= AIMED_EDITS else None
        seen = f", asks for {runs[0].said.get('changes')} changes"
        yield _line(there, f"preview of {cases:,} cases, {count} notes edited", runs, aimed, seen)


def _edit(path: Path, count: int) -> None:
    """Write another note into the first cases; save it all the same when there is nothing to write."""
    book = openpyxl.load_workbook(path)
    sheet = sheet_of(book, "dk:cases")
    note, code = column_of(sheet, "note"), column_of(sheet, "code")
    rows = [at for at in range(6, sheet.max_row + 1) if sheet.cell(at, code).value]
    for at in rows[:count]:
        sheet.cell(at, note).value = f"Rappel {at}"
    book.save(path)


def _links(there: Place, alerts: int) -> Iterator[Line]:
    """Measure the links of as many alerts, spread over years and all in one month."""
    for a_day, spread in ((10, "10 a day"), (alerts // 30, "all in one month")):
        words = ["-m", "tests.bench.links", "--count", str(alerts), "--a-day", str(a_day)]
        words += [] if there.name == "SQLCipher" else ["--postgresql"]
        runs = [measured("links", sys.executable, *words) for _ in range(ROUNDS)]
        said = [one.said for one in runs]
        if any(one.line["exit"] for one in runs):
            raise RuntimeError(runs[0].talk)
        best: Any = min(said, key=lambda one: one["cpu_s"])
        aimed = there.name == "SQLCipher"
        yield Line(
            "S14",
            "dikalo",
            f"{there.name}: links of {alerts:,} alerts, {spread}",
            f"{best['cpu_s']} CPU s for {best['links']:,} links, {best['peak_mb']} MB",
            f"{LINKS_S:g} CPU s, {MOST_MB} MB" if aimed else "",
            best["cpu_s"] <= LINKS_S and best["peak_mb"] <= MOST_MB if aimed else None,
            best,
            tuple(one["cpu_s"] for one in said),
            there.said,
        )
