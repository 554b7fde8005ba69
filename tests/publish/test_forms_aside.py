"""A form at which a Central fails keeps nothing on phones of other forms: what must leave leaves wherever it can, and it is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from sync_scripts.deploy import Package
from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.publish.central_files import FormOpenToAll, FormsAside
from sync_scripts.servers.http.errors import NoRight, ServerDown
from tests.publish import places, test_older_central
from tests.publish.places import CASES, NOW, TEAMS, Office, case
from tests.publish.test_older_central import NORD, SUD, carried, give

followup = places.followup
older = test_older_central.older
office = places.office
"""Fixtures of those modules."""

LATER = NOW + timedelta(minutes=5)
SECRET = [case("DK-A", level="C4"), CASES[1], case("DK-C", "CM010001", level="C4")]
FAILS = [(500, ServerDown, 5), (403, NoRight, 4)]


def failing(at: str, status: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """Return a server that fails wherever an address has this part, and works otherwise."""
    return lambda asked: httpx.Response(status, json={}) if at in asked.url.path else None


@pytest.mark.parametrize("less", [True, False])
@pytest.mark.parametrize(("status", "kind", "code"), FAILS)
def test_what_must_leave_leaves_the_other_forms(
    older: Office, status: int, kind: type[NotAllowed | Unreachable], code: int, *, less: bool
) -> None:
    """The first form fails; the failure is said with its own exit code and the form's name; the next run completes it."""
    older.send(CASES)
    older.less = less
    older.world.knob = failing("/forms/followup_nord/", status)
    done, _written = older.send(SECRET, LATER)
    while_failing = carried(older, NORD), carried(older, SUD)
    older.world.knob = lambda _request: None
    again, _written = older.send(SECRET, LATER + timedelta(minutes=1))

    assert while_failing == ({"DK-A", "DK-B"}, set())
    assert [type(one) for one in done.failures] == [FormsAside, kind]
    assert isinstance(done.failures[0], FormsAside)
    assert done.failures[0].forms == "followup_nord"
    assert done.failure is not None
    assert (done.failure.exit_code, done.unfinished) == (code, True)
    assert (again.failures, carried(older, NORD), carried(older, SUD)) == ([], {"DK-B"}, set())


def test_what_a_person_must_settle_is_said_beside_it(older: Office) -> None:
    """A link that is open to all, at the form after the one that fails."""
    older.send(CASES)
    older.world.published.public.add("followup_sud")
    older.world.knob = failing("/forms/followup_nord/attachments", 500)
    done, _written = older.send(CASES, LATER)

    assert [type(one) for one in done.failures] == [FormOpenToAll, FormsAside, ServerDown]
    assert (carried(older, NORD), carried(older, SUD)) == ({"DK-A", "DK-B"}, set())


def test_beside_another_command_the_other_forms_are_looked_at(older: Office) -> None:
    """Nothing can be noted, so nothing is exchanged: that something must leave is said all the same."""
    older.send(CASES)
    older.less = older.unnoted = True
    older.world.knob = failing("/forms/followup_nord/", 500)
    done, written = older.send(SECRET, LATER)

    assert (done.held, written) == (True, [])
    assert [type(one) for one in done.failures] == [FormsAside, ServerDown]


def test_files_lose_what_must_leave_where_the_entity_list_fails(older: Office) -> None:
    """The server cannot read the list any more."""
    older.send(CASES)
    older.less = True
    older.world.knob = failing("/datasets/", 500)
    done, _written = older.send(SECRET, LATER)

    assert (carried(older, NORD), carried(older, SUD)) == ({"DK-B"}, set())
    assert [type(one) for one in done.failures] == [ServerDown]


@pytest.mark.parametrize("at", ["/forms/followup_nord/attachments", "/forms/followup_nord/public-links"])
def test_a_list_of_all_forms_loses_what_must_leave_and_gets_nothing_new(older: Office, at: str) -> None:
    """Whether the form that fails is open to all is not known."""
    older.teams = TEAMS[:1]
    older.world.published.phones[SUD]["token"] = None
    older.send(CASES)
    before = carried(older, NORD)
    older.world.knob = failing(at, 500)
    done, _written = older.send([*SECRET, case("DK-N")], LATER)

    assert before == {"DK-A", "DK-B"}
    assert carried(older, NORD) == {"DK-B"}
    assert ([type(one) for one in done.failures], done.less) == ([FormsAside, ServerDown], True)


def test_forms_after_one_that_fails_show_the_list(office: Office, followup: Package) -> None:
    """They may still show an older file of their own."""
    give(office, followup, {"followup_nord": (NORD,), "followup_sud": (SUD,)})
    office.world.knob = failing("/forms/followup_nord/", 500)
    done, _written = office.send(CASES)

    assert "cases.csv" in office.world.published.published["followup_sud"].linked
    assert [type(one) for one in done.failures] == [FormsAside, ServerDown]


def test_a_server_that_answers_nothing_any_more_ends_it(older: Office) -> None:
    """No form is named: it is not the form's."""
    older.send(CASES)
    older.world.knob = lambda asked: (
        httpx.Response(502) if "/forms/" in asked.url.path or "/current" in asked.url.path else None
    )
    done, _written = older.send(SECRET, LATER)

    assert [type(one) for one in done.failures] == [ServerDown]
