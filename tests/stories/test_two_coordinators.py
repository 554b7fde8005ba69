"""Two coordinators on one PostgreSQL register at once: what is there afterwards is what one order of the two would have left.

Each pair of deeds is done three times on copies of one register: the one first, the other first, and both at the same
moment from two processes. Where the third end equals neither of the two others, somebody's work was lost. Then each does
several deeds, workbooks that come back among them, while the other does: the end, and what each was told of every deed, must
be that of the same deeds done one after the other in some order that keeps each one's own.
"""

from __future__ import annotations

import itertools
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from sync_scripts.register.care import rebuild
from sync_scripts.store import events as store_events
from sync_scripts.store.schema import workbooks
from sync_scripts.store.schema.register import TABLES
from tests.decisions.hands import shared
from tests.followup.desk import lay
from tests.stories.laptops import CASE, DEEDS, FILES, HAND_OUT, MOVES, OTHER, LaptopDeed, do, do_all

HERE, THERE, WATCHER = "1" * 32, "2" * 32, "0" * 32
PAIRS = (
    ("import the first file", "import the second file"),
    ("import the first file", "write a note"),
    ("import the first file", "give to RD-03"),
    ("import the second file", "assess"),
    ("import the first file", "withdraw"),
    ("import the second file", "merge"),
    (HAND_OUT, "withdraw"),
    ("assess", "suspend"),
    ("give to RD-03", "merge"),
)
"""What is likeliest to meet: on one field, on one state, and where a case leaves meanwhile."""
AHEAD_S = 0.5
"""How long before their moment both processes are told of it."""
End = tuple[tuple[str, str], dict[str, Any]]
Round = tuple[Sequence[str], Sequence[str]]
"""The deeds of the two laptops, each in its order."""
Step = tuple[int, int]
"""(laptop, number of the deed)."""
Told = list[str]
"""What came of the deeds of one laptop."""


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
        at = time.monotonic() + AHEAD_S
        deeds = [replace(deed, at=at) for deed in self._deeds(one, other)]
        here, there = (self.pool.submit(do, deed) for deed in deeds)
        return (here.result(timeout=120), there.result(timeout=120)), end_of(deeds[0].url)

    def side_by_side(
        self, rounds: Round, waits: Sequence[Sequence[float]]
    ) -> tuple[list[Step], list[Told], Any]:
        """Let both laptops do their deeds at once; return every deed in the order in which it ended, and the end."""
        url = self.copy(self.template)
        at = time.monotonic() + AHEAD_S
        calls = []
        for laptop, names in enumerate(rounds):
            deeds = [self._deed(url, laptop, name) for name in names]
            deeds[0] = replace(deeds[0], at=at)
            calls.append(self.pool.submit(do_all, deeds, waits[laptop]))
        done = [call.result(timeout=240) for call in calls]
        ended = sorted(
            (one.ended, laptop, number) for laptop, some in enumerate(done) for number, one in enumerate(some)
        )
        order = [(laptop, number) for _ended, laptop, number in ended]
        return order, [[one.said for one in some] for some in done], end_of(url)

    def in_order(self, rounds: Round, order: Sequence[Step]) -> tuple[list[Told], Any]:
        """Do the same deeds one after the other in some order; return what each was told, and the end."""
        url = self.copy(self.template)
        said: list[Told] = [[], []]
        for laptop, number in order:
            said[laptop].append(do(self._deed(url, laptop, rounds[laptop][number])))
        return said, end_of(url)

    def _deeds(self, one: str, other: str) -> list[LaptopDeed]:
        url = self.copy(self.template)
        return [self._deed(url, laptop, name) for laptop, name in enumerate((one, other))]

    def _deed(self, url: str, laptop: int, name: str) -> LaptopDeed:
        workspace, worker = ((HERE, "CO-01"), (THERE, "CO-02"))[laptop]
        return LaptopDeed(url, workspace, worker, name, self.folder, self.now)


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
        kept = workbooks.followup_conflict.c
        asked = select(kept.case_code, kept.field, kept.base, kept.register, kept.mine, kept.choice)
        found["conflicts"] = sorted(told([tuple(row) for row in rows.execute(asked)]))
        out = select(*(workbooks.followup_row.c[name] for name in ("sheet", "case_code", "values")))
        out = out.where(workbooks.followup_row.c.case_code.is_not(None))
        found["workbooks"] = sorted(told([tuple(row) for row in rows.execute(out)]))
        imports = select(workbooks.followup_import.c.by, workbooks.followup_import.c.changes)
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


# --- several deeds each -------------------------------------------------------------------------------------------

ROUNDS: tuple[Round, ...] = (
    (
        ("write a note", "import the first file", "assess"),
        ("import the second file", "give to RD-03", "suspend"),
    ),
    (("import the first file", "merge", "plan a service"), ("assess", "import the second file", "withdraw")),
)
"""Moves between two imports that touch the same fields, and a case that leaves between them."""
DEEDS_EACH = 4
WAIT_S = 0.3


def drawn(seed: int) -> Round:
    """Return deeds for both, a workbook and some moves each, in any order."""
    draw = random.Random(seed)
    rounds = []
    for file in draw.sample(FILES, 2):
        deeds = [file, *draw.choices(MOVES, k=DEEDS_EACH - 1)]
        draw.shuffle(deeds)
        rounds.append(deeds)
    return rounds[0], rounds[1]


def orders_of(rounds: Round) -> Iterator[list[Step]]:
    """Yield every order of the deeds of both that keeps each one's own."""
    count = sum(map(len, rounds))
    for places in itertools.combinations(range(count), len(rounds[0])):
        left = [iter(enumerate(rounds[0])), iter(enumerate(rounds[1]))]
        yield [
            (laptop, next(left[laptop])[0])
            for laptop in (0 if place in places else 1 for place in range(count))
        ]


def check_rounds(both: Shared, rounds: Round, seed: int) -> None:
    """See that two laptops at work end as some order of their deeds: that in which they ended, else any other."""
    draw = random.Random(seed)
    waits = [[draw.random() * WAIT_S for _deed in deeds] for deeds in rounds]
    ended, said, end = both.side_by_side(rounds, waits)
    tried = 0
    for order in itertools.chain([ended], orders_of(rounds)):
        tried += 1
        if both.in_order(rounds, order) == (said, end):
            return
    pytest.fail(
        f"none of {tried} orders of {rounds} leaves what was left; they ended as {ended} and were told {said}"
    )


@pytest.mark.parametrize("rounds", ROUNDS)
def test_interleaved_moves_and_imports_end_as_some_order(both: Shared, rounds: Round) -> None:
    """Nothing is lost, doubled or half done, and nobody was told what did not happen."""
    check_rounds(both, rounds, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_any_interleaved_moves_and_imports_end_as_some_order(both: Shared, seed: int) -> None:
    """Four deeds each, whichever they are, beginning whenever."""
    check_rounds(both, drawn(seed), seed)


def test_the_orders_keep_each_ones_own() -> None:
    """All of them, each once, none that turns the deeds of one laptop round."""
    found = [tuple(order) for order in orders_of((("a", "b"), ("c", "d")))]

    assert len(found) == len(set(found)) == 6
    assert all(order.index((0, 0)) < order.index((0, 1)) for order in found)
    assert all(order.index((1, 0)) < order.index((1, 1)) for order in found)
