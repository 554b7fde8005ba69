"""Measure how long others wait while an old list is taken over: ``python -m tests.bench.taking_over [--rows N ...] [--url URL]``.

A list of N invented rows goes through ``dikalo cases import`` into a shared register. Meanwhile another writer asks for its turn twenty times a
second, as a colleague's command does, and notes how long each turn was waited for; a colleague gives up after
`engine.LONGEST_S`, as the list says that it takes long. Without ``--url`` the command starts a PostgreSQL of its own; with it, it makes and drops a database
``dikalo_bench`` on that server. Never a test: nothing passes or fails.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from sync_scripts.store import engine
from tests.bench import make
from tests.bench.ground import DIKALO, postgresql, run

HEADINGS = ("N°", "Date", "Région", "Violation", "Sexe", "Nom", "Observations", "Suivi")
MAP = """
key = "N°"
[columns]
"N°" = "extra.1"
"Date" = "incident.date"
"Région" = "incident.region"
"Violation" = "act.violation"
"Sexe" = "person.sex"
"Nom" = "person.full_name"
"Suivi" = "extra.1"
[values."Violation"]
"Torture" = "torture"
[values."Sexe"]
"M" = "m"
"Femme" = "f"
"""
EVERY_S = 0.05


def lay(folder: Path, count: int) -> tuple[Path, Path]:
    """Write a list and its map."""
    listed, mapped = folder / "list.csv", folder / "map.toml"
    with listed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        for number in range(count):
            day = f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}"
            sex = ("Femme", "M")[number % 2]
            said = (f"Inventé {number}", f"Vu {number} fois au centre.", "ouvert")
            writer.writerow((f"A-{number}", day, "Nord-Ouest", "Torture", sex, *said))
    mapped.write_text(MAP, encoding="utf-8")
    return listed, mapped


@contextmanager
def waiting(url: str) -> Iterator[list[float]]:
    """Let another writer ask for its turn all the time; what it waited for grows in the list that is given, in seconds."""
    waits: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.is_set():
                begun = time.perf_counter()
                connection.execute(f"SELECT pg_advisory_xact_lock({engine._WRITERS})")
                waits.append(time.perf_counter() - begun)
                over.wait(EVERY_S)

    other = threading.Thread(target=ask)
    other.start()
    try:
        yield waits
    finally:
        over.set()
        other.join()


@contextmanager
def database(folder: Path, server: str | None) -> Iterator[str]:
    """Give the URL of an empty database."""
    if server is None:
        with postgresql(folder) as url:
            yield url
        return
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE dikalo_bench")
    try:
        yield (
            psycopg.conninfo.make_conninfo(server, dbname="dikalo_bench")
            if "://" not in server
            else _named(server)
        )
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE dikalo_bench WITH (FORCE)")


def _named(server: str) -> str:
    before, mark, options = server.partition("?")
    return f"{before.rpartition('/')[0]}/dikalo_bench{mark}{options}"


def measure(count: int, server: str | None) -> dict[str, object]:
    """Take a list over, and return what it cost and how long another writer waited."""
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as name:
        folder = Path(name)
        with database(folder, server) as url:
            root = folder / "w"
            make.workspace(root, folder, url)
            listed, mapped = lay(folder, count)
            words = ("cases", "import", str(listed), "--map", str(mapped), "--json")
            with waiting(url) as waits:
                done = run("cases import", *DIKALO, "-C", str(root), *words, key=make.DAY)
            if done.line["exit"]:
                raise RuntimeError(done.talk)
            with psycopg.connect(url) as connection:
                version = connection.info.server_version // 10_000
            late = [one for one in waits if one > 1]
            return {
                "rows": count,
                "new": done.said["new"],
                "longest_wait_s": round(max(waits), 1),
                "waits_over_1_s": len(late),
                "gives_up_after_s": engine.LONGEST_S,
                "postgresql": version,
                **done.line,
            }


def main() -> None:
    """Print one line a size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[15_000])
    parser.add_argument("--url", default=os.environ.get("DIKALO_BENCH_POSTGRESQL"))
    asked = parser.parse_args()
    for count in asked.rows:
        print(json.dumps(measure(count, asked.url)), flush=True)  # noqa: T201 - a program that prints its figures


if __name__ == "__main__":
    main()
