"""The measures of the core as one table, was / is / asked: ``python -m tests.bench.measures [--only WORD ...] [--count N] [--large N]``.

``nox -s measure`` is the same. Each row is measured anew; nothing is read from an earlier run. "Was" is the core before it was drawn again
(afd3f59a), measured then by the scenarios of this folder. ``--count 0`` and ``--large 0`` leave out what pulls so many. How long the tests
take is shown by pytest itself, and not here. CPU seconds count: a wall time says little where the machine is shared, so the load stands in
the last column. Never a test: nothing passes or fails.
"""

from __future__ import annotations

import argparse
import ast
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sync_scripts.intake.pull import pull
from sync_scripts.servers.folder import Folder
from sync_scripts.store.database import Actor
from tests.bench import burst, everyday, make, one_case, ours, requests
from tests.bench.floor import register
from tests.bench.ground import ROOT, far, run, workspace
from tests.bench.ground import pull as pulled
from tests.bench.lines import machine
from tests.bench.scenarios.peers import peer
from tests.bench.stock import Kind

PACKAGES: Final = ("sync_scripts", "xlsform")
ACTOR: Final = Actor("bench-1", "key")
LISTS: Final = 5_000
"""Cases and alerts of the rows that are about lists and bursts."""
BETWEEN: Final = (sys.executable, "-m", "tests.bench.between")


@dataclass(frozen=True)
class Sizes:
    """How many whole cases are pulled for the usual rows, and for those of a large register; 0 = not measured."""

    count: int
    large: int


@dataclass(frozen=True)
class Row:
    """One measure: what it was, and what is asked of it."""

    what: str
    was: str
    asked: str
    found: Callable[[Sizes], str]


# --- the code ---------------------------------------------------------------------------------------------------------


def _lines(*below: str, endings: tuple[str, ...] = (".py",)) -> int:
    asked = ["git", "ls-files", *below]
    listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in listed.stdout.splitlines() if name.endswith(endings)]
    return sum(len(file.read_bytes().splitlines()) for file in files)


def code(_sizes: Sizes) -> str:
    """Return the lines of the program, of its register, and how many files it has."""
    every = _lines(*PACKAGES, endings=(".py", ".html"))
    files = len([*(ROOT / "sync_scripts").rglob("*.py")])
    return f"{every:,} / {_lines('sync_scripts/register'):,} / {files}"


def inner_imports(_sizes: Sizes) -> str:
    """Return how many imports of our own stand inside functions."""
    return str(
        sum(_inner(file.read_text("utf-8")) for name in PACKAGES for file in (ROOT / name).rglob("*.py"))
    )


def _inner(text: str) -> int:
    found = set()
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGES):
                    found.add(node.lineno)
    return len(found)


def one_alert(_sizes: Sizes) -> str:
    """Return how many modules the pull of one new alert from a folder enters, and how often it goes from file to file."""
    entered, hops = set[str](), 0

    def look(frame: FrameType, event: str, _given: object) -> None:
        nonlocal hops
        here = frame.f_code.co_filename
        if event == "call" and _is_ours(here):
            entered.add(here)
            before = frame.f_back.f_code.co_filename if frame.f_back else ""
            hops += _is_ours(before) and before != here

    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        source = Path(folder, "source")
        make.lay(source, 2, "alert")
        make.workspace(Path(folder, "workspace"), source)
        _first, second = sorted(source.glob("*/*"))
        second.rename(Path(folder, second.name))  # the first one fills the caches of a process
        with register(Path(folder, "workspace")) as held:
            pull(held, [Folder(source)], ACTOR)
            Path(folder, second.name).rename(second)
            sys.setprofile(look)
            pull(held, [Folder(source)], ACTOR)
            sys.setprofile(None)
    return f"{len(entered)} / {hops}"


def _is_ours(file: str) -> bool:
    return f"{os.sep}sync_scripts{os.sep}" in file


# --- pulls ------------------------------------------------------------------------------------------------------------


def first_pull(kind: Kind) -> Callable[[Sizes], str]:
    """Return what measures receive / all of a first pull; of Central the queue of its XML apart, and with it."""

    def found(sizes: Sizes) -> str:
        with far(kind, sizes.count) as away, workspace(kind, away.address) as root:
            said = _said(run("pull", *BETWEEN, "--pull", str(root)))
            receive, everything = said["receive_cpu_s"], said["all_cpu_s"]
            if kind == "kobo":
                return f"{receive} / {everything}; dlt {_dlt(sizes.count)}"
            with ours.there(root) as (_, server):
                sightings = [one for page in server.pages(None) for one in page.sightings][
                    : min(sizes.count, 3000)
                ]
                each = min(requests.spent(server, sightings)[0] for _time in range(3))
            queue = each * sizes.count / 1e6
            return f"{everything - queue:.2f} / {everything} (queue {each:.0f} µs each)"

    return found


def one_case_grows(_sizes: Sizes) -> str:
    """Return what the forms of one case cost as it grows."""
    *ms, times = one_case.measured().values()
    return f"{' / '.join(map(str, ms))} ms; {times}"


def _dlt(count: int) -> str:
    with far("kobo", count) as away:
        away.tell(knobs={"cap": 1000, "default": 100})
        done = peer(away, "dlt")
    return f"{done.cpu_s}" if done else "cannot be installed here"


def _said(done: Any) -> dict[str, Any]:
    if done.line["exit"]:
        raise RuntimeError(done.talk)
    said: dict[str, Any] = done.said
    return said


def again(sizes: Sizes) -> str:
    """Return what a rebuild costs, its transactions, and the memory of one of a large register."""
    with far("kobo", sizes.count) as away, workspace("kobo", away.address) as root:
        pulled(root)
        small = _said(run("rebuild", *BETWEEN, "--rebuild", str(root)))
    said = f"{small['rebuild_cpu_s']} CPU s in {small['transactions']} transactions"
    if not sizes.large:
        return f"{said} / not measured"
    with far("kobo", sizes.large) as away, workspace("kobo", away.address) as root:
        pulled(root)
        done = run("rebuild", *BETWEEN, "--rebuild", str(root))
    return f"{said} / {done.line['rss_mb']} MB"


def large(sizes: Sizes) -> str:
    """Return the peak memory of a large pull of each kind, and how CPU seconds grow towards it; the start of the process apart."""
    said = []
    for kind in ("kobo", "central"):
        took, memory = [], 0
        for count in (max(sizes.large // 100, 1), sizes.large):
            with far(kind, count) as away:
                with workspace(kind, away.address, ("alert",)) as root:
                    start = pulled(root)  # of a form that the server does not have
                with workspace(kind, away.address) as root:
                    done = pulled(root)
            took.append(done.cpu_s - start.cpu_s)
            memory = done.line["rss_mb"]
        exponent = math.log(took[1] / took[0]) / math.log(100)
        said.append(f"{kind} {memory} MB, exponent {exponent:.2f}")
    return "; ".join(said)


def waits(sizes: Sizes) -> str:
    """Return how long decisions waited for their turn during a large pull."""
    with far("kobo", sizes.large) as away, workspace("kobo", away.address) as root:
        said = _said(run("waits", *BETWEEN, "--wait", str(root)))
    return f"{said['longest_wait_s']} s, the longest of {said['decisions']}"


# --- lists ------------------------------------------------------------------------------------------------------------


def bursts(_sizes: Sizes) -> str:
    """Return rows of proposals an alert, the pull beside unlike alerts, and the list of proposals."""
    found = dict(burst.figures(LISTS))
    return " / ".join(found[name] for name in burst.ASKED)


def lists(_sizes: Sizes) -> str:
    """Return the CPU seconds of the page of the day, of the list of cases and of the help page; the best of nine."""
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        source, root = Path(folder, "source"), Path(folder, "workspace")
        make.lay(source, LISTS, "case")
        make.workspace(root, source)
        everyday.run(root, ("pull", "--quiet"))
        words: Iterable[tuple[str, ...]] = ((), ("cases", "list"), ("--help",))
        return " / ".join(f"{min(everyday.run(root, one)[1] for _ in range(9)):.2f}" for one in words)


ROWS: Final = (
    Row(
        "code: lines of sync_scripts + xlsform / of register / files",
        "130,382 / 36,010 / 720",
        "≤ 97,000 / ≤ 20,000 / ≤ 400",
        code,
    ),
    Row("code: lines of tests", "128,539", "≤ 95,000", lambda _sizes: f"{_lines('tests'):,}"),
    Row("code: imports of our own inside functions", "987", "≤ 120", inner_imports),
    Row(
        "code: one new alert by a folder: modules entered / hops between files",
        "110 / 907",
        "≤ 55 / ≤ 400",
        one_alert,
    ),
    Row(
        "lists: today / cases list / --help on 5,000 cases, CPU s",
        "0.71 / 0.43 / 0.25",
        "≤ 0.6 / ≤ 0.35 / ≤ 0.2",
        lists,
    ),
    Row(
        "burst: 5,000 alerts of one event: rows an alert / pull beside unlike ones / alerts links",
        "pairs",
        "≤ 20 / ≤ 1.3 / ≤ 1 s",
        bursts,
    ),
    Row(
        "pull: whole cases of KoboToolbox, receive / all, CPU s",
        "4.3 / 12.5",
        "≤ 2.5 / ≤ 4.8, no more than dlt",
        first_pull("kobo"),
    ),
    Row(
        "pull: whole cases of Central, queue of XML apart / with it, CPU s",
        "12.8 / 18.8",
        "≤ 4.8 / ≤ 8.5",
        first_pull("central"),
    ),
    Row(
        "case: form by form, CPU ms of building the 10th / 50th / 200th, the last over the first",
        "grows (36 ms a version seen)",
        "≤ 3",
        one_case_grows,
    ),
    Row(
        "rebuild: CPU s / memory of a large one",
        "10-12 CPU s / one transaction",
        "≤ 5 CPU s / ≤ 200 MB, portions",
        again,
    ),
    Row(
        "large: peak memory of a pull / growth from a hundredth of it",
        "136-145 MB / 1.05, 1.08",
        "≤ 150 MB / ≤ 1.05",
        large,
    ),
    Row("large: a decision during a pull", "refused", "≤ 2 s", waits),
)


def _asked(sizes: Sizes, only: list[str]) -> Iterator[Row]:
    for row in ROWS:
        needs = {"pull": sizes.count, "rebuild": sizes.count, "large": sizes.large}
        if needs.get(row.what.partition(":")[0], 1) and (not only or any(word in row.what for word in only)):
            yield row


def main() -> None:
    """Measure, and print the table row by row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    given = parser.parse_args()
    sizes, here = Sizes(given.count, given.large), machine()
    versions = ", ".join(f"{name} {number}" for name, number in here["versions"].items())
    say = sys.stdout.write
    say(
        f"At {here['commit']}, {here['at']}: {here['cores']} cores, {here['system']}, Python {here['python']}, {versions}; "
    )
    say(
        f"{sizes.count:,} cases, large = {sizes.large:,}.\n\n| what | was | is | asked | load |\n|---|---|---|---|---|\n"
    )
    for row in _asked(sizes, given.only):
        say(f"| {row.what} | {row.was} | {row.found(sizes)} | {row.asked} | {os.getloadavg()[0]:.1f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
