"""Links of many alerts: exactly those that looking at every pair would give, and no work that grows with the pairs."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from types import FrameType
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_scripts.register.links.compare import Compared, Scale, Told
from sync_scripts.register.links.grouping import Sieve, places
from sync_scripts.register.rules.link_rules import load
from tests.bench import links as bench

SCALE = Scale(load())
ICONS = sorted(load().kind.family)
DAY = date(2026, 3, 1).toordinal()
MINUTES = st.sampled_from([0.0, 1.0, 1799.9, 1800.0, 1800.1, 3600.0])


def alert(place: int, said: dict[str, Any], first: int | None, length: int) -> Told:
    """Return an alert at some place of a block."""
    made = Told(first=first, last=None if first is None else first + length, department="D1", **said)
    return msgspec.structs.replace(made, instance_id=made.instance_id or f"uuid:{place}")


SAID = st.fixed_dictionaries(
    {
        "instance_id": st.sampled_from(["", "", "", "", "uuid:1"]),
        "arrondissement": st.sampled_from(["A1", "A1", "A2", None]),
        "icons": st.frozensets(st.sampled_from(ICONS), max_size=3),
        "victims": st.frozensets(st.sampled_from(["woman", "man", "girl", "unknown"]), max_size=3),
        "victim_count": st.sampled_from(["1", "2_5", "unknown", ""]),
        "submitter": st.sampled_from(["x", "y", "", None]),
        "received": MINUTES,
        "contact_tag": st.sampled_from([1, 2, None]),
        "deprecated_id": st.sampled_from([None, None, None, "uuid:0", "uuid:2"]),
    }
)
BLOCKS = st.lists(
    st.tuples(SAID, st.one_of(st.none(), st.integers(DAY, DAY + 30)), st.integers(0, 12)), max_size=12
).map(lambda some: [alert(place, *one) for place, one in enumerate(some)])


def by_pairs(block: Sequence[Told], told: Told, among: int) -> dict[int, Compared]:
    """Return what is offered beside an alert, found the long way: every pair compared for itself."""
    found = {place: SCALE.compare(told, block[place]) for place in places(among)}
    return {place: compared for place, compared in found.items() if compared.offered}


def sieved(block: Sequence[Told], told: Told, among: int) -> dict[int, Compared]:
    """Return the same from the sets."""
    offered = Sieve(SCALE, block).offered(told, among)
    assert [one.points for one, _some in offered] == sorted(
        (one.points for one, _some in offered), reverse=True
    )
    found = [(place, one) for one, some in offered for place in places(some)]
    assert len(found) == len(dict(found)), "no pair is named twice"
    return dict(found)


@settings(max_examples=400)
@given(BLOCKS, st.data())
def test_the_sets_offer_what_every_pair_compared_would(block: list[Told], data: Any) -> None:
    """The same alerts, levels, points and reasons in their order, whichever part of the block is asked for."""
    dated = [one for one in block if one.first is not None]
    for told in block:  # one whose days are not known is beside nothing
        among = data.draw(st.integers(0, 2 ** len(dated) - 1))
        if told in dated:
            among &= ~(1 << dated.index(told))
            assert sieved(dated, told, among) == by_pairs(dated, told, among)
        else:
            assert sieved(dated, told, among) == {}


@pytest.mark.parametrize("seed", range(3))
def test_a_large_block_offers_what_every_pair_compared_would(seed: int) -> None:
    """Three hundred alerts of two months, as the bench draws them."""
    block = crowd(300, random.Random(seed), spread=60)
    everybody = (1 << len(block)) - 1
    offered = 0
    for place, told in enumerate(block):
        others = everybody & ~(1 << place)
        found = sieved(block, told, others)
        assert found == by_pairs(block, told, others)
        offered += len(found)

    assert offered > 300, "the draw holds something to be found"


def crowd(count: int, draw: random.Random, *, spread: int, towns: int = 6) -> list[Told]:
    """Return alerts of one department."""
    made = []
    for number in range(count):
        first = DAY + draw.randrange(spread)
        made.append(
            Told(
                instance_id=f"uuid:{number}",
                first=first,
                last=first + draw.choice([0, 0, 5, 23]),
                department="D1",
                arrondissement=f"A{draw.randrange(towns)}",
                icons=frozenset({draw.choice(bench.ICONS), draw.choice(bench.ICONS)}),
                victims=frozenset({draw.choice(bench.VICTIMS)}),
                victim_count=draw.choice(bench.COUNTS),
                submitter=f"PF-{draw.randrange(20)}",
                received=draw.randrange(spread) * 3600.0,
                contact_tag=draw.randrange(500),
            )
        )
    return made


# --- no work that grows with the pairs ----------------------------------------------------------------------------


def lines_run(work: Callable[[], object], *files: str) -> int:
    """Return how many lines of some modules run in a piece of work: the same on every machine, under any load."""
    count = 0

    def line(_frame: FrameType, what: str, _arg: object) -> Any:
        nonlocal count
        count += what == "line"
        return line

    def call(frame: FrameType, _what: str, _arg: object) -> Any:
        return line if frame.f_code.co_filename in files else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


OURS = tuple(
    str(sys.modules[f"sync_scripts.register.links.{name}"].__file__) for name in ("grouping", "compare")
)


def lonely(count: int) -> list[Told]:
    """Return alerts of one day and department that are not alike: each of a town of its own."""
    return [
        msgspec.structs.replace(one, arrondissement=f"A{place}", icons=frozenset({f"icon{place}"}))
        for place, one in enumerate(crowd(count, random.Random(1), spread=1))
    ]


def all_of(
    block: Sequence[Told], offers: Callable[[Sequence[Told], Told, int], object] | None = None
) -> None:
    """Look for the links of every alert of a block, with those before it."""
    sieve = Sieve(SCALE, block)
    for place, told in enumerate(block):
        among = (1 << place) - 1
        if offers is None:
            list(sieve.offered(told, among))
        else:
            offers(block, told, among)


def growth(offers: Callable[[Sequence[Told], Told, int], object] | None = None) -> float:
    """Return how many times the lines run when the alerts of one day are twice as many."""
    few, many = (lines_run(partial(all_of, lonely(count), offers), *OURS, __file__) for count in (150, 300))
    return many / few


def test_a_block_twice_as_large_takes_twice_the_work() -> None:
    """All of one department and one day, none alike: what is not offered costs no line."""
    assert growth() < 2.2


def test_the_measure_sees_work_that_grows_with_the_pairs() -> None:
    """Every pair compared for itself, planted: four times the lines for twice the alerts."""
    assert growth(by_pairs) > 3.5
