"""What a pull costs at least: ``python -m tests.bench.floor FOLDER``, on what ``tests.bench.make`` has laid.

Pulls once and writes down everything that went to the database, then does only that again: the same rows through the
driver into a fresh register, the same sizes sealed, the same files read and parsed. What is left of a pull is Python.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lxml import etree
from sqlalchemy import event, func, select

from sync_scripts.clock import machine
from sync_scripts.intake.pull import pull
from sync_scripts.servers.base import Found
from sync_scripts.servers.folder import Folder
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema.raw import sealed_item
from sync_scripts.store.workspace import open_workspace
from tests.bench.make import DAY

PAGE = 500


@contextmanager
def register(workspace: Path) -> Iterator[Register]:
    """Give the register of a copy of a workspace."""
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        copy = Path(folder) / "workspace"
        shutil.copytree(workspace, copy)
        opened = open_workspace(copy, secret=lambda _question: DAY)
        yield opened.register
        opened.close()


def main() -> None:
    """Print CPU microseconds a submission of each step that no program can leave out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    source = Folder(folder / "source")
    sizes, written = _pulled(folder / "workspace", source)
    contents: list[bytes] = []
    count = source.count()
    for name, step in {
        "look at the folder and read": lambda: contents.extend(_contents(source)),
        "parse, nothing looked at": lambda: [etree.fromstring(one) for one in contents],
        "seal the same sizes": lambda: _seal(folder / "workspace", sizes, count),
        "rows through the driver, commits": lambda: _replay(folder / "workspace", written),
    }.items():
        print(f"{_cpu(step) / count * 1e6:7.1f} µs  {name}")  # noqa: T201 - a program that prints its figures
    rows = sum(len(values) for _, values in written)
    print(f"{rows / count:.1f} rows, {len(sizes) / count:.1f} sealed items each")  # noqa: T201 - as above


def _pulled(workspace: Path, source: Folder) -> tuple[list[int], list[tuple[str, Any]]]:
    """Pull; return the sizes of what was sealed, and the rows that went to the driver; "" is a commit."""
    written: list[tuple[str, Any]] = []
    with register(workspace) as held:

        def write(
            _connection: Any, _cursor: Any, text: str, values: Any, _context: Any, executemany: bool
        ) -> None:
            if text.startswith("INSERT"):
                written.append((text, values if executemany else [values]))

        event.listen(held.engine, "before_cursor_execute", write)
        event.listen(held.engine, "commit", lambda _connection: written.append(("", ())))
        pull(held, [source], Actor("bench-1", "key"))
        with held.reading() as rows:
            sizes = rows.execute(select(func.length(sealed_item.c.blob))).scalars().all()
    return list(sizes), written


def _contents(source: Folder) -> Iterator[bytes]:
    sightings = [one for page in source.pages(None) for one in page.sightings]
    return (found.content for found in source.fetch(sightings) if isinstance(found, Found))


def _seal(workspace: Path, sizes: list[int], count: int) -> None:
    pages = -(-count // PAGE)
    with register(workspace) as held:
        for page in range(pages):
            with held.sealer() as sealer:
                for size in sizes[page::pages]:
                    sealer.seal(b"x" * (size - 29), "s" * 32, "row", "r" * 50, "v" * 41)
                sealer.page(machine())


def _replay(workspace: Path, written: list[tuple[str, Any]]) -> None:
    with register(workspace) as held:
        made = held.engine.raw_connection()
        cursor = made.cursor()
        cursor.execute("PRAGMA query_only=OFF")
        cursor.execute("BEGIN IMMEDIATE")
        for text, values in written:
            if text:
                cursor.executemany(text, values)
            else:
                cursor.execute("COMMIT")
                cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("COMMIT")
        made.close()


def _cpu(step: Callable[[], object]) -> float:
    before = time.process_time()
    step()
    return time.process_time() - before


if __name__ == "__main__":
    main()
