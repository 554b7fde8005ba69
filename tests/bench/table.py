"""The results of the bench as a table for people, put into README.md between two marks."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from tests.bench.lines import RESULTS, read
from tests.bench.scenarios.s02 import growth

README: Final = Path(__file__).with_name("README.md")
BEGIN: Final = "<!-- results: made by `python -m tests.bench peers --table` -->"
END: Final = "<!-- end of results -->"
TITLES: Final = {
    "S1": "completeness: pages of 100 rows, and of 1,000 at most",
    "S2": "first pull",
    "S3": "growth",
    "S4": "nothing new, and one in a hundred edited",
    "S5": "edits, deletions, reviews and late files found",
    "S6": "a line of 1 Mbit/s with 300 ms of delay",
    "S7": "failures all through a pull, then one clean one",
    "S8": "killed at steps all through a pull, then one clean one",
    "S9": "500 questions, three levels of repeats, three versions",
    "S10": "2,000 files of 150 KiB, cut and resumed",
    "S11": "the database alone: rows of 40 columns",
    "S12": "workbooks",
    "S13": "decrypting",
    "S14": "case work: 5,000 open cases, 10,000 alerts",
}


def table(lines: list[dict[str, Any]]) -> str:
    """Return the lines as Markdown, a part for each scenario, with what follows from several of them."""
    parts = []
    every = [*lines, *(asdict(line) for line in growth(lines))]
    ordered = sorted(every, key=lambda line: int(line["scenario"][1:]))
    for scenario, some in groupby(ordered, key=lambda line: str(line["scenario"])):
        rows = [_row(line) for line in some]
        head = "| tool | what | seen | target | |\n|---|---|---|---|---|"
        parts.append(f"### {scenario}: {TITLES[scenario]}\n\n{head}\n" + "\n".join(rows))
    return "\n\n".join(parts)


def _row(line: dict[str, Any]) -> str:
    met = {True: "met", False: "**missed**", None: ""}[line["met"]]
    seen = f"{line['seen']} ({line['note']})" if line["note"] else line["seen"]
    cells = (line["tool"], line["what"], seen, line["gate"], met)
    return "| " + " | ".join(str(one).replace("|", "/") for one in cells) + " |"


def newest() -> list[dict[str, Any]]:
    """Return the last figure of each measurement of all days."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for place in sorted(RESULTS.glob("*.jsonl")):
        for line in read(place):
            found[line["scenario"], line["tool"], line["what"]] = line
    return list(found.values())


def put() -> None:
    """Write the table into the README."""
    lines = newest()
    said = " · ".join(
        f"{line['scenario']}: `{line['command']}`, {line['at'][:16].replace('T', ' ')} UTC, load {line['load']}"
        for line in {str(line["scenario"]): line for line in lines}.values()
    )
    last = lines[-1]
    versions = ", ".join(f"{name} {number}" for name, number in last["versions"].items())
    where = f"{last['cores']} cores, {last['system']}, Python {last['python']}, {versions}"
    text = README.read_text("utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    made = f"{BEGIN}\n\nOn {where}.\n\n{said}\n\n{table(lines)}\n\n{END}"
    README.write_text(before + made + after, "utf-8")
