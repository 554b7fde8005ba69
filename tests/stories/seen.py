"""Everything of a story that somebody could have seen without opening the vault: files, lists, notices, logs, commands."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import LargeBinary, select

from sync_scripts.store.schema import metadata
from tests.stories.screen import said
from tests.stories.six_weeks import SixWeeks

COMMANDS: Final = (
    (),
    ("alerts", "list"),
    ("cases", "list"),
    ("log",),
    ("quarantine", "list"),
    ("followup", "conflicts"),
    ("providers", "list"),
    ("people", "list"),
    ("notify", "list"),
    ("rebuild", "--check"),
)
"""What a coordinator asks, each with and without ``--json``."""


def everything(story: SixWeeks) -> Iterator[tuple[str, bytes]]:
    """Yield what was to be seen, each with a name: nothing of it may hold an answer that is sealed."""
    workspace = story.office.workspace
    yield from _workbooks(workspace.out)
    for name, contents in sorted(story.office.lists.items()):
        yield f"list {name}", b"\n".join(sorted(contents))
    yield from story.seen
    yield "notices", "\n".join(story.office.told).encode()
    yield from _register(story)
    for words in (*COMMANDS, *_pages(story)):
        for more in ((), ("--json",)):
            yield f"dikalo {' '.join((*words, *more))}", said(workspace.root, *words, *more)


def _workbooks(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every part of every workbook that went out or came back."""
    for path in sorted(folder.rglob("*.xlsx")):
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                yield f"{path.name} {name}", book.read(name)


def _register(story: SixWeeks) -> Iterator[tuple[str, bytes]]:
    """Yield every table of the everyday register, but what is sealed in it and the workbooks of the forms."""
    with story.office.workspace.register.reading() as rows:
        for table in metadata.sorted_tables:
            if table.info.get("only", rows.dialect) != rows.dialect:
                continue
            columns = [column for column in table.c if not isinstance(column.type, LargeBinary)]
            found = rows.execute(select(*columns)).all()
            yield f"table {table.name}", repr([tuple(row) for row in found]).encode()


def _pages(story: SixWeeks) -> Iterator[tuple[str, ...]]:
    """Yield the commands that show one alert or case: one of each kind that the story made."""
    cases = {case.state: case for case in story.model.cases.values()}
    alerts = {alert.state: alert for alert in story.model.alerts.values() if alert.consent == "given"}
    for case in cases.values():
        yield "cases", "show", case.code
        yield "log", case.code
    yield "consent", "show", story.gone.code
    for alert in alerts.values():
        yield "alerts", "show", alert.code
