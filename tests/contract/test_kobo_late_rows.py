"""A row of KoboToolbox that was given its number before another one and is seen after it: the next look shows it."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.contract.central_world import instance, uuid
from tests.contract.kobo_world import World
from tests.contract.test_kobo import shown, source


def others(world: World, count: int) -> None:
    """Let other organisations of the same server send: numbers are those of all of them."""
    list(islice(world._numbers, count))


@pytest.fixture
def world() -> World:
    """Return an account with one form of two submissions, an hour apart, on a server of many organisations."""
    made = World(cap=1000)
    for number in (1, 2):
        made.tick(3600)
        made.send(instance(number))
        others(made, 1000)
    made.tick(3600)
    return made


@pytest.mark.parametrize("before", [True, False], ids=["pulled before", "first pull"])
def test_a_row_whose_files_took_long_is_found_on_a_busy_server(world: World, before: bool) -> None:
    """Its number was given, then its files were stored; meanwhile hundreds of other people's rows came, and one of ours."""
    cursor = [*source(world).pages(None)][-1].cursor if before else None
    late = world.send(instance(3), visible=False)
    others(world, 300)
    world.send(instance(4))
    pages = list(source(world).pages(cursor))
    assert uuid(3) not in shown(pages)
    late.visible = True

    assert uuid(3) in shown(source(world).pages(pages[-1].cursor))


def test_no_more_is_asked_again_than_ten_minutes(world: World) -> None:
    """What is older than that does not come once more, however far apart the numbers are."""
    pages = list(source(world).pages(None))
    again = list(source(world).pages(pages[-1].cursor))

    assert shown(again) == [uuid(2)]


def test_rows_that_do_not_say_when_they_came_hold_nothing_up(world: World) -> None:
    """Then numbers alone count."""
    for one in next(iter(world.forms.values())):
        one.received = ""
    pages = list(source(world).pages(None))

    assert shown(source(world).pages(pages[-1].cursor)) == [uuid(2)]


def test_a_walk_that_was_cut_is_not_begun_again_once_it_has_ended() -> None:
    """All came within ten minutes: a line that is cut often must not read it all again after each end."""
    made = World(cap=2)
    others(made, 100)
    for number in range(1, 5):
        made.send(instance(number))
        others(made, 100)
    cut = next(iter(source(made).pages(None))).cursor
    ended = [*source(made).pages(cut)][-1].cursor

    assert shown(source(made).pages(ended)) == [uuid(number) for number in (2, 3, 4)]
