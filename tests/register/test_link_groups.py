"""Groups of alerts that may tell of one event, and the commands about links: nothing is left out, none depends on who came first."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.history.logbook import Pair, Ties
from sync_scripts.register.history.visibility import Kind, Sight, shows
from sync_scripts.register.links import alerts, grouping, views
from sync_scripts.register.links.alerts import MANY, waiting
from sync_scripts.register.links.grouping import BEST, Crowd, mark_of, marked_until, places, size
from sync_scripts.register.links.views import Proposals, proposals
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.bench import links as bench
from tests.register.field import ALERT, Field, changed, dealt
from tests.register.running import runner
from tests.register.test_link_sieve import lines_run
from tests.register.test_links import link

EVERYTHING = Sight("CO-01", coordinates=True, owned=frozenset(), protected=frozenset())
DECISIONS = ("same_event", "related", "not_same")
PAIRS = st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] != pair[1])
KINDS = st.builds(Kind, *(st.booleans() for _ in range(4)))


def crowd_of(
    edges: set[tuple[int, int]],
    decided: dict[tuple[int, int], str],
    kinds: Sequence[Kind] = (),
    sight: Sight | None = None,
) -> Crowd[str]:
    """Return nine things of which some two are proposed, and on some two somebody decided."""
    both = edges | {(b, a) for a, b in edges}

    def offered(place: int, among: int) -> list[tuple[str, int]]:
        found = sum(1 << other for other in range(9) if (place, other) in both)
        return [("alike", found & among)] if found & among else []

    named: dict[Pair, str] = {(f"k{a}", f"k{b}"): decision for (a, b), decision in decided.items()}
    return Crowd(
        [f"k{number}" for number in range(9)],
        offered,
        ties=Ties(named),
        apart=[[] for _ in range(9)],
        kinds=kinds,
        sight=sight,
    )


def one_with(decided: dict[tuple[int, int], str]) -> list[set[int]]:
    """Return for each of nine things what decisions make one with it, found the long way."""
    found = [{number} for number in range(9)]
    for _round in range(9):
        for (a, b), decision in decided.items():
            if decision == "same_event":
                every = found[a] | found[b]
                for each in every:
                    found[each] |= every
    return found


@given(st.sets(PAIRS), st.dictionaries(PAIRS, st.sampled_from(DECISIONS)))
def test_whatever_is_proposed_and_open_stands_in_a_group(
    edges: set[tuple[int, int]], decided: dict[tuple[int, int], str]
) -> None:
    """Of two that are proposed both stand in groups, as themselves or as what they are one with; what is settled is never asked."""
    one = one_with(decided)
    settled = {
        (x, y)
        for (a, b), decision in decided.items()
        if decision != "same_event"
        for x, y in [*((x, y) for x in one[a] for y in one[b]), *((y, x) for x in one[a] for y in one[b])]
    } | {(a, b) for a in range(9) for b in one[a]}
    crowd = crowd_of(edges, decided)
    named: set[int] = set()
    for head, parts in crowd.groups():
        members = {place for _said, bits in parts for place in places(bits)}
        assert members
        assert all((head, other) not in settled for other in members)
        named |= {each for member in (head, *members) for each in one[member]}

    still = {(a, b) for a, b in edges if (a, b) not in settled}
    assert {each for pair in still for each in pair} <= named


@given(st.sets(PAIRS), st.lists(KINDS, min_size=9, max_size=9), st.booleans())
def test_nothing_is_shown_that_may_not_be_and_the_rest_is_counted(
    edges: set[tuple[int, int]], kinds: list[Kind], coordinates: bool
) -> None:
    """Pair by pair as `shows` says; each pair that is not shown is counted once."""
    sight = Sight("CO-01", coordinates=coordinates, owned=frozenset(), protected=frozenset())
    crowd = crowd_of(edges, {}, kinds, sight)
    pairs = {frozenset(pair) for pair in edges}
    hidden = {pair for pair in pairs if not shows(sight, *(kinds[each] for each in pair))}
    for head, parts in crowd.groups():
        for _said, bits in parts:
            assert all(frozenset({head, place}) in pairs - hidden for place in places(bits))

    assert crowd.hidden() == len(hidden)
    beside = [sum(place in pair for pair in hidden) for place in range(9)]
    assert [crowd.hidden_beside(place) for place in range(9)] == beside


@given(st.dictionaries(PAIRS, st.sampled_from(DECISIONS)), st.randoms())
def test_what_decisions_say_together_depends_on_no_order(
    decided: dict[tuple[int, int], str], draw: random.Random
) -> None:
    """The same names for what is one, however the decisions are read."""
    named = [((f"k{a}", f"k{b}"), decision) for (a, b), decision in decided.items()]
    mixed = draw.sample(named, len(named))
    one, other = Ties(dict(named)), Ties(dict(mixed))

    assert [one.of(f"k{n}") for n in range(9)] == [other.of(f"k{n}") for n in range(9)]


def test_a_mark_is_of_what_was_shown() -> None:
    """Another head, another member, or one more: another mark; the order does not matter."""
    members = [(7, "alert/b"), (3, "alert/c")]
    mark = mark_of("alert/a", members)

    assert mark == mark_of("alert/a", reversed(members))
    assert len({mark, mark_of("alert/b", members), mark_of("alert/a", members[:1])}) == 3
    assert (marked_until(mark), marked_until(mark.lower())) == (7, 7)
    assert {marked_until(word) for word in ("AL-7Q2M4X-B", "G-12345678", "G7-123", "", "V1")} == {None}


# --- in a register ------------------------------------------------------------------------------------------------


def burst(field: Field, roots: Sequence[str]) -> None:
    """Let alerts of one event arrive, each a minute after the one whose name comes before it."""
    for root in roots:
        field.send("alert", root, ALERT)


def shown(register: Register, **which: Any) -> Proposals:
    """Return what somebody is shown who is shown everything."""
    with register.reading() as rows:
        return proposals(rows, EVERYTHING, **which)


def test_a_burst_is_one_group_with_the_best_twenty_and_the_rest_said(sqlite_register: Register) -> None:
    """No row stands for a proposal; beside one alert the rest is listed whole when it is asked for."""
    field = Field(sqlite_register)
    burst(field, [f"r{number:02}" for number in range(30)])
    (group,) = shown(sqlite_register).groups
    (beside,) = shown(sqlite_register, code=group["code"]).groups
    (whole,) = shown(sqlite_register, code=group["code"], everything=True).groups

    assert (len(group["links"]), group["more"]) == (BEST, 9)
    assert (len(beside["links"]), beside["more"], beside["mark"]) == (BEST, 9, whole["mark"])
    assert (len(whole["links"]), whole["more"]) == (29, 0)
    assert field.rows(tables.alert_link) == []
    with sqlite_register.reading() as rows:
        assert waiting(rows) == 1
        assert [views.of_alert(rows, EVERYTHING, group["code"])[1]] == [9]


def test_the_groups_are_the_same_whoever_came_first(
    fresh_register: Callable[[], Register], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read in any order: what a server had first is the head, and the likeliest twenty are the same."""
    begun = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    where = ("CM007002002", "CM007002001")

    def seen(order: Sequence[int]) -> list[tuple[str, list[str], int]]:
        field = Field(fresh_register())
        for number in order:
            said = changed(ALERT, {"where": {"arrondissement": where[number % 2]}})
            field.send("alert", f"r{number:02}", said, received=begun + timedelta(hours=number))
        named = {row["code"]: row["alert_id"] for row in field.rows(tables.alert)}
        return [
            (
                named[group["code"]],
                [root for link in group["links"] for side in link["alerts"] if (root := named[side["code"]])],
                group["more"],
            )
            for group in shown(field.register).groups
        ]

    def plain(order: Sequence[int]) -> list[tuple[str, list[str], int]]:
        return [(head, sorted(sides), more) for head, sides, more in seen(order)]

    forth, back = range(26), range(25, -1, -1)
    assert plain(forth) == plain(back)
    assert plain(forth)[0][0] == "r00"
    original = alerts.known
    monkeypatch.setattr(
        alerts, "known", lambda rows, which: sorted(original(rows, which), key=lambda one: one.number)
    )
    assert plain(forth) != plain(back), "planted: in the order of arrival"


def test_no_list_is_cut_in_silence(sqlite_register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a group that counts only what it names; the sum of all groups then lacks somebody."""
    field = Field(sqlite_register)
    burst(field, [f"r{number:02}" for number in range(30)])

    def told() -> int:
        (group,) = shown(sqlite_register).groups
        return 1 + len(group["links"]) + int(group["more"])

    assert told() == 30
    monkeypatch.setattr(views, "size", lambda parts: min(size(parts), BEST))
    assert told() < 30


# --- no work that grows with the pairs ----------------------------------------------------------------------------

LOOKING = tuple(str(module.__file__) for module in (alerts, grouping, views))


@pytest.fixture
def growth(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Register], object]], float]:
    """Give a function that tells how many times more lines looking runs when twice as many tell of one event."""
    monkeypatch.setattr(bench, "places", lambda: [("CM007002", "CM007002002")])
    for name, only in (("WHEN", ("today",)), ("ICONS", ("displacement",)), ("VICTIMS", ("group",))):
        monkeypatch.setattr(bench, name, only)
    draw = random.Random(1)

    def lay(numbers: range) -> None:
        with sqlite_register.writing() as rows:
            bench.lay(rows, numbers, 100_000, draw)

    def grown(look: Callable[[Register], object]) -> float:
        lay(range(1, 151))
        few = lines_run(partial(look, sqlite_register), *LOOKING)
        lay(range(151, 301))
        return lines_run(partial(look, sqlite_register), *LOOKING) / few

    return grown


@pytest.mark.parametrize("look", ["all", "one", "waiting"])
def test_twice_as_many_reports_of_one_event_take_twice_the_work(
    growth: Callable[[Callable[[Register], object]], float], look: str
) -> None:
    """The list, what is beside one alert, and the page of the day."""
    assert growth(LOOKS[look]) < 2.3


def _beside_one(register: Register) -> object:
    with register.reading() as rows:
        code = rows.execute(tables.alert.select().where(tables.alert.c.filing_no == 1)).one().code
        return proposals(rows, EVERYTHING, code=code)


def _wait(register: Register) -> object:
    with register.reading() as rows:
        return waiting(rows)


LOOKS: MappingProxyType[str, Callable[[Register], object]] = MappingProxyType(
    {"all": shown, "one": _beside_one, "waiting": _wait}
)


def test_pairs_again_would_be_seen(
    growth: Callable[[Callable[[Register], object]], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: every alert a head, and all that is beside it named."""

    def each(self: Crowd[Any]) -> Any:
        for place in range(len(self._names)):
            if parts := self.beside(place):
                list(self.best(parts, None))
                yield place, parts

    monkeypatch.setattr(Crowd, "groups", each)

    assert growth(shown) > 2.8


def test_the_page_of_the_day_counts_no_further_than_anybody_needs(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many groups are said to be many."""
    seen: list[int] = []

    def endless(_self: Crowd[Any]) -> Any:
        for number in range(3 * MANY):
            seen.append(number)
            yield number, ()

    monkeypatch.setattr(Crowd, "groups", endless)
    Field(sqlite_register).send("alert", "r1", ALERT)
    with sqlite_register.reading() as rows:
        assert waiting(rows) == MANY
    assert len(seen) <= MANY + 1


def test_the_commands_show_both_alerts_and_take_a_decision(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Side by side with reasons in words; a dry run writes nothing; a decision takes the pair off the list."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    run = runner(sqlite_register, monkeypatch, capsys)
    first, second = dealt(0, "AL"), dealt(1, "AL")

    listed, shown_ = run("alerts", "links"), run("alerts", "links", first)
    dry = run("alerts", "decide", first, second, "same_event", "--dry-run", "--json")
    document = json.loads(run("--json", "alerts", "links")[1])
    done = run("alerts", "decide", second, first, "not_same")

    assert listed[1].splitlines()[1].split("\t")[:5] == [first, second, "", "Probable", "100"]
    assert f"\t{first}\t{second}" in shown_[1]
    assert "- same kind of event (+20)" in shown_[1]
    assert json.loads(dry[1])["written"] is False
    assert [one["rule"] for one in document["groups"][0]["links"][0]["reasons_in_words"]][:2] == [
        "date_gap",
        "place.same_arrondissement",
    ]
    assert document["groups"][0]["links"][0]["decision"] == "pending"
    assert done == (0, f'{second} and {first}: "Not the same event". Both alerts are kept.\n')
    assert run("alerts", "links")[1] == "No two alerts are proposed as one event.\n"
    assert "Not the same event (CO-01," in run("alerts", "links", "--all", second)[1]
    assert run("alerts", "decide", first, second, "related")[0] == 1


def test_the_history_of_an_alert_says_what_was_decided_on_its_links(sqlite_register: Register) -> None:
    """Under both codes, that it was decided and what, and no more; of other alerts nothing."""
    from sync_scripts.register.history.logbook import logbook

    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    link(field, "not_same", "Two villages.")
    with sqlite_register.reading() as rows:
        found = {code: list(logbook(rows, code)) for code in (dealt(n, "AL") for n in range(3))}
    first, second, third = found.values()

    assert [line["op"] for line in first] == [line["op"] for line in second] == ["link.decide"]
    assert first[0]["about"] == f"{dealt(0, 'AL')} {dealt(1, 'AL')}"
    assert first[0]["payload"] == {"was": "pending", "decision": "not_same"}
    assert third == []


def test_the_page_of_an_alert_names_the_others(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how likely and what was decided; not those that are not the same, and nothing for a refused one."""
    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    field.send("alert", "r4", {"gate": {"consent_alert": "refused"}})
    run = runner(sqlite_register, monkeypatch, capsys)
    first, second, third, refused = (dealt(number, "AL") for number in range(4))
    link(field, "not_same", codes=(first, third))
    page = run("alerts", "show", first)[1]
    document = json.loads(run("--json", "alerts", "show", first)[1])

    assert f"- {second}: Probable, 100 points; To decide" in page
    assert third not in page.split("Perhaps the same event")[1].split("What is due")[0]
    assert [one["code"] for one in document["links"]] == [second]
    assert run("alerts", "show", refused)[0] == 0
