"""Two coordinators on one PostgreSQL register at once: what is there afterwards is what one order of the two would have left.

Each pair of deeds is done three times on copies of one register: the one first, the other first, and both at the same
moment from two processes. Where the third end equals neither of the two others, somebody's work was lost.
"""

from __future__ import annotations

import itertools
import re
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sync_scripts.register import rebuild
from sync_scripts.store import events as store_events
from sync_scripts.store.schema import raw
from sync_scripts.store.schema.register import TABLES
from tests.decisions.hands import shared
from tests.followup.desk import lay
from tests.stories.laptops import CASE, DEEDS, OTHER, LaptopDeed, do

HERE, THERE, WATCHER = "1" * 32, "2" * 32, "0" * 32
PAIRS = (
    ("import the first file", "import the second file"),
    ("import the first file", "write a note"),
    ("import the first file", "give to RD-03"),
    ("import the second file", "assess"),
    ("import the first file", "withdraw"),
    ("import the second file", "merge"),
    ("assess", "suspend"),
    ("give to RD-03", "merge"),
)
"""What is likeliest to meet: on one field, on one state, and where a case leaves meanwhile."""
AHEAD_S = 0.5
"""How long before their moment both processes are told of it."""
End = tuple[tuple[str, str], dict[str, Any]]


@dataclass
class Shared:
    """A register with two cases, of which copies can be made, and two laptops at work."""

    template: str
    copy: Callable[[str], str]
    folder: Path
    now: datetime
    pool: ProcessPoolExecutor

    def one_then_other(self, one: str, other: str, *, first: int) -> End:
        """Return the end when one laptop is done before the other begins; ``first`` is which of the two."""
        deeds = self._deeds(one, other)
        said = {number: do(deeds[number]) for number in (first, 1 - first)}
        return (said[0], said[1]), end_of(deeds[0].url)

    def at_once(self, one: str, other: str) -> End:
        """Return the end when both begin at the same moment."""
        at = time.time() + AHEAD_S
        deeds = [replace(deed, at=at) for deed in self._deeds(one, other)]
        here, there = (self.pool.submit(do, deed) for deed in deeds)
        return (here.result(timeout=120), there.result(timeout=120)), end_of(deeds[0].url)

    def _deeds(self, one: str, other: str) -> list[LaptopDeed]:
        url = self.copy(self.template)
        return [
            LaptopDeed(url, workspace, worker, name, self.folder, self.now)
            for workspace, worker, name in ((HERE, "CO-01", one), (THERE, "CO-02", other))
        ]


def end_of(url: str) -> dict[str, Any]:
    """Return what is in a register, without what tells which run it was: parts of seconds, random ids, hashes.

    Sees also that each laptop's chain is whole and that a rebuild finds the same.
    """
    register = shared(url, WATCHER)
    with register.reading() as rows:
        store_events.check(rows)
        found: dict[str, Any] = {
            table.name: sorted(told([tuple(row) for row in rows.execute(select(table))])) for table in TABLES
        }
        kept = raw.followup_conflict.c
        asked = select(kept.case_code, kept.field, kept.base, kept.register, kept.mine, kept.choice)
        found["conflicts"] = sorted(told([tuple(row) for row in rows.execute(asked)]))
        imports = select(raw.followup_import.c.by, raw.followup_import.c.changes)
        found["imports"] = sorted(told([tuple(row) for row in rows.execute(imports)]))
        found["decisions"] = [
            told([event.op, event.subject, event.actor.code, sorted(event.payload.items())])
            for event in store_events.read(rows)
        ]
    differing = rebuild.check(register, datetime(2026, 12, 1, tzinfo=UTC)).differing
    register.close()
    assert set(differing) <= {"provider"}, "the desk lays its provider without a decision; all else is built"
    return found


def told(value: Any) -> Any:
    """Return rows as text, instants without their parts of a second, ids that are drawn as one word."""
    if isinstance(value, list):
        return [told(one) for one in value]
    return re.sub(r"[0-9a-f]{12,}", "id", re.sub(r"(T\d\d:\d\d:\d\d)\.\d{6}Z", r"\1Z", repr(value)))


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Give two processes, warm: each has done one thing."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as made:
        list(made.map(time.sleep, (0.2, 0.2)))
        yield made


@pytest.fixture(scope="module")
def both(
    new_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, pool: ProcessPoolExecutor
) -> Shared:
    """Give a register with two cases, and two copies of its workbook that came back edited."""
    folder = tmp_path_factory.mktemp("shared")
    url = new_database()
    desk = lay(shared(url, WATCHER), folder, count=2)
    path = desk.export()
    first = desk.edit(path, ("dk:cases", CASE, "note", "Vu mardi."), ("dk:cases", CASE, "owner", "RD-02"))
    second = desk.edit(path, ("dk:cases", CASE, "note", "Vu jeudi."), ("dk:cases", OTHER, "owner", "RD-03"))
    shutil.copyfile(first, folder / "first.xlsx")
    shutil.copyfile(second, folder / "second.xlsx")
    now = desk.field.later()
    desk.register.close()
    return Shared(url.partition("?")[0].rpartition("/")[2], new_database, folder, now, pool)


def check(both: Shared, one: str, other: str) -> None:
    """See that two deeds at once end as some order of the two."""
    orders = [both.one_then_other(one, other, first=first) for first in (0, 1)]
    found = both.at_once(one, other)
    assert found in orders, f"{one} and {other}: {found[0]}, in order {[said for said, _end in orders]}"


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_deeds_at_once_end_as_some_order_of_the_two(both: Shared, one: str, other: str) -> None:
    """What each was told and everything that is in the register, decisions and open questions included."""
    check(both, one, other)


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), [*itertools.combinations_with_replacement(DEEDS, 2)])
def test_any_two_deeds_at_once_end_as_some_order_of_the_two(both: Shared, one: str, other: str) -> None:
    """Every pair there is, also the same deed twice, three times each."""
    for _time in range(3):
        check(both, one, other)


def test_the_two_orders_of_a_note_are_told_apart(both: Shared) -> None:
    """Else equality with one of them would prove nothing."""
    note = ("import the first file", "write a note")
    assert both.one_then_other(*note, first=0) != both.one_then_other(*note, first=1)
