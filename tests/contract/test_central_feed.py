"""Where a pull of a Central goes on, whatever the server's clock does between two pulls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.servers.central import feed
from sync_scripts.servers.central.shapes import Row, Rows, System
from tests.contract import test_central
from tests.contract.central_world import World, uuid
from tests.contract.test_central import last, roots, source

world = test_central.world
"""The fixture of that module."""

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def text(at: datetime) -> str:
    """Return a stamp as Central writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def row(number: int, at: datetime) -> Row:
    """Return an invented submission."""
    return Row(root=f"uuid:{number}", system=System(submission_date=text(at)))


def pull(position: feed.Position, rows: list[Row], now: datetime | None) -> tuple[feed.Position, set[str]]:
    """Take all pages of a form, three rows each; return where it stands then, and what was shown."""
    shown: set[str] = set()
    more, start = True, 0
    while more:
        walk = feed.begin(position, wide=False, now=now)
        found = [one for one in rows if str(one.system.submission_date) >= walk.since]
        found.sort(key=lambda one: str(one.system.submission_date), reverse=True)
        page, start = found[start : start + 3], start + 3
        link = f"https://central.example/x?$skiptoken={start}" if found[start:] else None
        taken = feed.step(
            "x", "alert", position, walk, Rows(value=tuple(page), count=len(found), next_link=link)
        )
        position, more = taken.position, taken.more
        shown |= {one.root for one in page}
    return position, shown


HOURS = st.floats(min_value=0.1, max_value=23)
DAYS = st.sampled_from([0, 0, 0, -400, -2, 2, 30, 400])
"""How far the clock is off: one that goes back by less than what passed since the last pull, no watermark tells."""


@given(st.lists(st.tuples(HOURS, DAYS, st.integers(min_value=1, max_value=7)), max_size=8))
def test_what_came_since_the_last_pull_is_shown(stretches: list[tuple[float, int, int]]) -> None:
    """However far the clock of the server is off from one pull to the next, in either direction."""
    real, position, rows = NOW, feed.Position(), list[Row]()
    for hours, days, count in stretches:
        off = timedelta(days=days)
        came = [
            row(len(rows) + number, real + off + timedelta(hours=hours * (number + 1) / count))
            for number in range(count)
        ]
        rows += came
        real += timedelta(hours=hours)
        position, shown = pull(position, rows, real + off)

        assert {one.root for one in came} <= shown
        assert position.walk is None
        assert position.after <= text(real + off + feed.SECOND)


@pytest.mark.parametrize("rows", [[], [row(1, NOW + timedelta(days=30))]])
def test_a_watermark_in_the_future_comes_down(rows: list[Row]) -> None:
    """Also where nothing came since the clock was put right: what comes next is seen at once."""
    position, _shown = pull(feed.Position(text(NOW + timedelta(days=30))), rows, NOW)
    later = row(2, NOW + timedelta(minutes=30))

    assert position.after == text(NOW + feed.SECOND)
    assert later.root in pull(position, [*rows, later], NOW + timedelta(hours=1))[1]


def test_a_server_that_says_no_time_is_believed() -> None:
    """Nothing tells then that its stamps lie in the future."""
    ahead = feed.Position(text(NOW + timedelta(days=30)))

    assert pull(ahead, [], None)[0] == ahead


def test_a_watermark_of_this_second_is_none_of_the_future() -> None:
    """The server says whole seconds, and stamps thousandths."""
    here = feed.Position(text(NOW + timedelta(milliseconds=900)))

    assert feed.begin(here, wide=False, now=NOW).since == text(
        NOW + timedelta(milliseconds=900) - feed.OVERLAP
    )


@pytest.mark.parametrize("gone", [5, 3], ids=["the row that the token names", "a later one"])
def test_a_walk_of_an_earlier_run_that_ends_early_is_begun_anew_at_once(world: World, gone: int) -> None:
    """A row went meanwhile: what is left is shown in this run, and nobody is told of a shortfall that is none."""
    begun = next(source(world).pages(None)).cursor
    world.purge("alert", uuid(gone))
    pages = list(source(world).pages(begun))

    assert set(roots(iter(pages))) == {uuid(number) for number in range(1, 8) if number != gone}
    assert not [page.trouble for page in pages if page.trouble]
    assert feed.Cursor.read(last(pages)).at("alert").walk is None
