"""What CI asks of the bench: ratios and equalities at a thousand submissions; no absolute time fails a build.

Our pull alone, against the bench's own server; the other tools and the large numbers are run by hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.bench import ours
from tests.bench.ground import Far, Run, copied, far, workspace
from tests.bench.lines import RESULTS, read
from tests.bench.scenarios import s02, s05, s07, s08
from tests.bench.stock import Kind
from tests.bench.table import newest, table

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no wait4"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # of forks beside threads
]

COUNT = 1000
FEW = 300
"""Enough where nothing is measured and two registers must be equal: three pages of the least size, of each server."""
CENTRAL: Kind = "central"
KOBO: Kind = "kobo"


def here(what: str, root: Path, *words: str) -> Run:
    """Do in this process what the scenarios do in one of its own, which takes a second to start; a kill is forked."""
    said = dict(zip(words[::2], words[1::2], strict=True))
    if what != "pull":
        return Run({}, getattr(ours, what)(root))
    hours, kill = float(said.get("--hours", 0)), int(said.get("--kill", -1))
    if kill < 0:
        return Run({"exit": 0, "cpu_s": 0.0}, ours.pulled(root, hours, kill))
    child = os.fork()
    if child == 0:
        ours.pulled(root, hours, kill)
        os._exit(0)
    return Run({"exit": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])})


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for scenario in (s02, s05, s07, s08):
        monkeypatch.setattr(scenario, "ours", here)


@pytest.fixture(scope="module", params=[KOBO, CENTRAL])
def held(request: pytest.FixtureRequest) -> Iterator[tuple[Far, Path, dict[str, Any]]]:
    """Give a server of a thousand cases, a workspace that has pulled them, and what the first pull said."""
    with ExitStack() as stack:
        there = stack.enter_context(far(request.param, COUNT))
        root = stack.enter_context(workspace(there.kind, there.address))
        there.tell()
        first = here("pull", root).said
        yield there, root, {**first, **there.tell()}


def test_s1_every_row_is_here(held: tuple[Far, Path, dict[str, Any]]) -> None:
    """Behind pages of a thousand at most, and a default of a hundred."""
    _there, root, first = held
    assert (first["failure"], first["new"], here("digest", root).said["live"]) == (None, COUNT, COUNT)


def test_s1_the_same_register_whatever_the_pages() -> None:
    """A server that cuts to a hundred, and to thirty thousand."""
    with far(KOBO, FEW) as there, workspace(KOBO, there.address) as root:
        found = set()
        for cap in (100, 30_000):
            there.tell(knobs={"cap": cap})
            with copied(root) as copy:
                here("pull", copy)
                found.add(str(here("digest", copy).said))
    assert len(found) == 1


def test_s3_twice_the_rows_take_at_most_some_more_than_twice_the_time(
    held: tuple[Far, Path, dict[str, Any]],
) -> None:
    """Half the number in more than two fifths of the time, the start of the process apart."""
    there, _root, first = held
    whole, small = [first["pull_cpu_s"]], list[float]()
    with far(there.kind, COUNT // 2) as half:
        for _turn in range(
            3
        ):  # what else the machine does adds to a time and takes nothing from it: the least counts
            small.append(_pulled_in(half))
            if min(whole) <= 2.5 * min(small):
                break
            whole.append(_pulled_in(there))
    assert min(whole) <= 2.5 * min(small), "2.2 on a quiet machine, measured by hand"


def _pulled_in(there: Far) -> float:
    """Return the CPU seconds of a first pull."""
    with workspace(there.kind, there.address) as root:
        return float(here("pull", root).said["pull_cpu_s"])


def test_s4_nothing_new_asks_for_little(held: tuple[Far, Path, dict[str, Any]]) -> None:
    """No submission is fetched again; what is asked is a small part of the first pull's bytes."""
    there, root, first = held
    with copied(root) as copy:
        there.tell()
        again = here("pull", copy).said
        said = there.tell()
    assert (again["failure"], again["new"], again["edited"]) == (None, 0, 0)
    assert "xml" not in said["kinds"]
    assert said["unpacked"] <= 0.16 * first["unpacked"]


def test_s4_files_of_everybody_are_listed_once_a_day() -> None:
    """In between a mark says nothing of files, and takes no more room than the target allows."""
    with far(KOBO, COUNT) as there, workspace(KOBO, there.address) as root:
        said = []
        for hours in (0, 1, 2, 23):
            there.tell()
            here("pull", root, "--hours", str(hours))
            said.append(there.tell()["unpacked"])
    _first, light, again, daily = said
    assert abs(light - again) < COUNT
    assert daily - light > 10 * COUNT


def test_s4_a_central_is_asked_for_the_bytes_of_new_versions_alone() -> None:
    """Not for those of the version before, nor for those of what was only reviewed."""
    beyond = []
    for _turn in range(3):  # a request that a machine at work lets fail is made again: the least counts
        beyond.append(_asked_beyond_the_edited())
        if not beyond[-1]:
            break
    assert min(beyond) == 0


def _asked_beyond_the_edited() -> int:
    """Return how many versions a Central is asked for beside the edited ones, which are all found."""
    with far(CENTRAL, COUNT) as there, workspace(CENTRAL, there.address) as root:
        here("pull", root)
        planted = there.tell(plant={"share": 2})["planted"]
        there.tell()
        again = here("pull", root, "--hours", "1").said
        said = there.tell()
    assert len(planted["reviewed"]) > 5
    assert again["edited"] == len(planted["edited"])
    return int(said["kinds"]["xml"]) - len(planted["edited"])


@pytest.mark.parametrize("kind", [KOBO, CENTRAL])
def test_s5_what_happened_meanwhile_is_found(kind: Kind) -> None:
    """All of it, and nothing that did not happen."""
    lines = [line for line in s05.server(kind, COUNT) if line.gate]
    assert [line.seen for line in lines if not line.met] == []
    assert len(lines) == 4


@pytest.mark.parametrize(("kind", "every"), [(KOBO, 2), (CENTRAL, 2)])
def test_s7_failures_change_nothing_in_the_end(kind: Kind, every: int) -> None:
    """One request in so many fails, pull after pull; the next clean one gives the undisturbed register."""
    (line,) = s07.server(kind, FEW, (every,))
    assert line.met, line.seen
    assert line.figures["struck"] > 0, "no pull was disturbed"


@pytest.mark.parametrize("kind", [KOBO, CENTRAL])
def test_s8_kills_change_nothing_in_the_end(kind: Kind) -> None:
    """At three steps: the first, one in the middle, the last."""
    (line,) = s08.server(kind, FEW, 3)
    assert line.met, line.seen


def test_the_growth_is_that_of_the_figures_on_file() -> None:
    """Worked out anew with each table, of the smallest and the largest size, without what every process costs."""

    def line(count: str, cpu_s: float, tool: str = "dikalo") -> dict[str, Any]:
        what = f"{count} cases of Central into the sealed register"
        figures = {"cpu_s": cpu_s, "start_cpu_s": 1.0}
        return {
            "scenario": "S2",
            "tool": tool,
            "what": what,
            "figures": figures,
            "at": "2026-11-26T09",
            "load": 8,
        }

    lines = [line("10,000", 11.0), line("100,000", 126.9), line("20,000", 99.0), line("1,000", 9.0, "autre")]
    (found,) = s02.growth(lines)

    assert found.what == "CPU seconds from 10,000 to 100,000, Central"
    assert (found.seen, found.gate, found.met) == ("exponent 1.10", "exponent 1.05", False)
    assert list(s02.growth(lines[:1])) == []


def test_the_table_is_that_of_the_results() -> None:
    """Whoever reads the README reads what was measured, missed targets included."""
    lines = newest()
    readme = Path(__file__).with_name("README.md").read_text("utf-8")
    assert {line["scenario"] for line in lines} >= {f"S{number}" for number in (1, 2, 4, 5, 7)}
    assert table(lines) in readme
    assert all(read(place) for place in RESULTS.glob("*.jsonl"))
    for line in lines:
        assert line["met"] is not False or "**missed**" in readme


def test_postgresql_holds_what_sqlcipher_holds() -> None:
    """A whole pull, table by table; and a rebuild there finds nothing else."""
    with far(KOBO, 40) as there:
        line = s02.same_rows(there, 40, "KoboToolbox")

    assert line.met, line.seen
