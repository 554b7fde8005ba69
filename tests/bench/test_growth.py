"""What case work asks of the database grows with the cases, not with their square: counted in steps, so that no load matters.

SQLCipher says how many steps of its own machine a query takes. Twice the cases and alerts may take little more than twice
the steps; a join that looks at every submission for each case takes four times as many.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import and_, func, select

from sync_scripts.followup.outbound import planning
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.intake.pull import pull
from sync_scripts.register.queries import searches, submissions
from sync_scripts.register.queries.today import today
from sync_scripts.servers.folder import Folder
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import open_workspace
from tests.bench import make
from tests.bench.data import SPAN, START

NOW = START + SPAN + timedelta(days=1)
WHO = Actor("bench-1", "key")
EVERY = 20
"""Steps of the database's machine between two looks."""
Asks = Callable[[Rows, Register], object]


def _plan(rows: Rows, register: Register) -> object:
    order = planning.Order(tier="T2", lang="fr", scope=Scope(), actor=WHO, now=NOW, demo=False)
    return planning.plan(rows, register, order)


ASKED: dict[str, Asks] = {
    "the page of the day": lambda rows, _register: today(rows, NOW, ["folder"]),
    "the list of cases": lambda rows, _register: searches.cases(
        rows, searches.Wanted(words="bui", before=NOW, now=NOW)
    ),
    "the list of alerts": lambda rows, _register: searches.alerts(
        rows, searches.Wanted(words="bui", now=NOW)
    ),
    "the provisional cases": lambda rows, _register: submissions.unproved_cases(rows),
    "a workbook": _plan,
}


@pytest.fixture(scope="module")
def registers() -> Iterator[list[Register]]:
    """Give a register of so many cases and alerts, and one of twice as many."""
    with ExitStack() as stack:
        made = []
        for count in (300, 600):
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="dikalo-bench-")))
            make.lay(folder / "source", count, "mixed")
            make.workspace(folder / "w", folder / "source")
            opened = open_workspace(folder / "w", secret=lambda _question: make.DAY)
            stack.callback(opened.close)
            pull(opened.register, [Folder(folder / "source")], WHO)
            made.append(opened.register)
        yield made


def steps(register: Register, asks: Asks) -> int:
    """Return about how many steps of the database's machine something takes."""
    ticks = itertools.count()
    with register.reading() as rows:
        driver: Any = rows._connection.connection.driver_connection
        driver.set_progress_handler(lambda: next(ticks) * 0, EVERY)
        try:
            asks(rows, register)
        finally:
            driver.set_progress_handler(None, 0)
    return next(ticks) * EVERY


def growth(registers: list[Register], asks: Asks) -> float:
    """Return how many times the steps are more where there is twice as much."""
    few, many = (steps(one, asks) for one in registers)
    assert few > 10 * EVERY, "nothing was asked"
    return many / few


@pytest.mark.parametrize("name", ASKED)
def test_twice_the_cases_take_twice_the_steps(registers: list[Register], name: str) -> None:
    """Pages, lists and workbooks: each query finds what belongs to a case by an index."""
    assert growth(registers, ASKED[name]) < 2.5


def _by_the_server(rows: Rows, _register: Register) -> object:
    """Look for the submission of each case among all of its server, as it was once done."""
    of = and_(
        raw.submission.c.server == tables.filing.c.server,
        raw.submission.c.stamp == tables.filing.c.stamp,
        raw.submission.c.instance_id == tables.filing.c.instance_id,
    )
    asked = select(func.count()).select_from(tables.filing).join(raw.submission, of)
    return rows.execute(asked.where(tables.filing.c.case_code.is_not(None))).scalar_one()


def test_a_join_by_the_server_alone_would_be_seen(registers: list[Register]) -> None:
    """Planted: what made a workbook of 5,000 cases take minutes."""
    assert growth(registers, _by_the_server) > 3
