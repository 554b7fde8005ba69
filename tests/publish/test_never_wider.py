"""What changes who sees which row at a Central: wherever it is cut, no phone holds what it held neither before nor after."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest

from sync_scripts.config import TeamSettings
from sync_scripts.errors import DikaloError
from sync_scripts.publish.audiences import OpenCase
from sync_scripts.publish.central import ListShut
from sync_scripts.publish.entities import ZONE
from tests.contract.central_copies import Copy
from tests.deploy.test_deploy import FORMS
from tests.publish import places
from tests.publish.places import TEAMS, Office, case, opened, writes

office = places.office
"""The fixture of that module."""

NORD, SUD = 11, 12
LINK = 0
"""Whoever has a public link: no phone, with no zone."""
GROWN = (TEAMS[0], TeamSettings(name="sud", departments=("CM010001", "CM007002"), people=("F20",)))
SWAPPED = (
    TeamSettings(name="nord", departments=("CM010001",), people=("F12",)),
    TeamSettings(name="sud", departments=("CM007002", "CM007005"), people=("F20",)),
)


def secret(department: str = "CM007002", owner: str = "F12", status: str = "active") -> OpenCase:
    """Give a case that no phone but those of its owner's team may hold."""
    return OpenCase("DK-N", department, "2026-12-01", status, "C3", owner)


@dataclass(frozen=True)
class Step:
    """One publication."""

    cases: Sequence[OpenCase]
    teams: tuple[TeamSettings, ...] = TEAMS
    everywhere: bool = False

    def go(self, office: Office) -> None:
        """Publish, as far as the server lets it."""
        office.teams = self.teams
        with suppress(DikaloError):
            office.send(self.cases, everywhere=self.everywhere)


OPEN = (case("DK-A"), case("DK-B", "CM007005"), case("DK-C", "CM010001"))
BEFORE = Step((secret(), *OPEN))
CHANGES = {
    "zones are waived": ([BEFORE], Step(BEFORE.cases, everywhere=True)),
    "zones hold again": ([Step(BEFORE.cases, everywhere=True)], BEFORE),
    "zones hold again for a case that was there": (
        [BEFORE, Step(BEFORE.cases, everywhere=True)],
        Step((secret("CM007005"), *OPEN)),
    ),
    "another team's zone grows": ([BEFORE], Step(BEFORE.cases, GROWN)),
    "two teams change places, and a case with its own": (
        [BEFORE],
        Step((secret("CM010001"), *OPEN), SWAPPED),
    ),
    "a case comes back in another zone": (
        [BEFORE, Step((secret(status="closed"), *OPEN))],
        Step((secret("CM010001", "F20"), *OPEN)),
    ),
    "a case comes back when two teams changed places": (
        [BEFORE, Step((secret(status="closed"), *OPEN))],
        Step((secret("CM010001"), *OPEN), SWAPPED),
    ),
    "a form that shows the list is open to anybody, and zones are waived": (
        [BEFORE],
        Step(BEFORE.cases, everywhere=True),
    ),
}


def prepared(change: str) -> tuple[Office, Step]:
    """Return a server as it was before a change, and the publication that makes it."""
    office = opened()
    steps, last = CHANGES[change]
    for one in steps:
        one.go(office)
    if "anybody" in change:
        book = (FORMS / "followup.xlsx").read_bytes()
        files = {"cases.csv", "providers.csv"}
        office.world.published.published["followup"] = Copy(book, "1", dict.fromkeys(files, b""), files)
        office.world.published.public.add("followup")
    return office, last


def held(office: Office) -> dict[int, set[str]]:
    """Return what everybody downloads."""
    lists = office.world.published.lists
    rows = lists.lists["cases"]
    anybody = set() if rows.rules else {one.label for one in rows.rows.values() if not one.deleted}
    linked = anybody if office.world.published.public else set()
    return {NORD: office.on_phone(NORD), SUD: office.on_phone(SUD), LINK: linked}


def watched(office: Office, step: Step, cut: int | None = None) -> tuple[list[dict[int, set[str]]], int]:
    """Publish, killed after so many writing requests; return what everybody held on the way, and how many were let through."""
    seen: list[dict[int, set[str]]] = []
    wrote = 0

    def knob(request: httpx.Request) -> httpx.Response | None:
        nonlocal wrote
        seen.append(held(office))
        if cut is not None and wrote >= cut:
            return httpx.Response(502)
        wrote += request.method != "GET" and "/v1/sessions" not in request.url.path
        return None

    office.world.knob = knob
    step.go(office)
    office.world.knob = lambda _request: None
    return [*seen, held(office)], wrote


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_holds_on_the_way_what_he_held_neither_before_nor_after(change: str) -> None:
    """Killed after each writing request, and mended by the next run; the one after it writes nothing."""
    office, step = prepared(change)
    before = held(office)
    whole, count = watched(office, step)
    after = whole[-1]
    assert count > 1
    assert before != after or "anybody" in change

    for cut in range(count + 1):
        office, step = prepared(change)
        on_the_way, _wrote = watched(office, step, cut)
        mending, _wrote = watched(office, step)
        assert mending[-1] == after, cut
        for who in (NORD, SUD, LINK):
            beyond = set[str]().union(*(one[who] for one in (*whole, *on_the_way, *mending)))
            assert beyond <= before[who] | after[who], (cut, who)
        written = len(office.world.log)
        step.go(office)
        assert writes(office.world, written) == [], cut


def test_phones_get_no_row_while_one_comes_back_as_it_was_elsewhere(office: Office) -> None:
    """The filter is closed for it alone: a row that comes back to its own zone closes nothing."""
    filters: list[int] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PATCH" and request.url.path.endswith("/datasets/cases"):
            filters.append(len(held(office)[NORD]))
        return None

    BEFORE.go(office)
    office.world.knob = knob
    for one in (secret(status="closed"), secret(), secret(status="closed")):
        Step((one, *OPEN)).go(office)
    own = len(filters)
    Step((secret("CM010001", "F20"), *OPEN)).go(office)

    assert own == 0
    assert filters == [2, 0]
    assert held(office)[SUD] == {"DK-C", "DK-N"}


@pytest.mark.parametrize("status", [400, 501])
def test_a_server_that_does_not_tell_what_lies_in_its_trash_closes_the_list_meanwhile(
    office: Office, status: int
) -> None:
    """What a row was before it left is not known there: it may have been anywhere."""
    shut = 0

    def knob(request: httpx.Request) -> httpx.Response | None:
        nonlocal shut
        shut += request.method == "PATCH" and request.url.path.endswith("/datasets/cases")
        return httpx.Response(status, json={}) if "$filter" in request.url.params else None

    BEFORE.go(office)
    Step((secret(status="closed"), *OPEN)).go(office)
    office.world.knob = knob
    BEFORE.go(office)

    assert shut == 2
    assert held(office)[NORD] == {"DK-A", "DK-B", "DK-N"}


def test_a_list_that_others_keep_changing_stays_closed_and_is_said(office: Office) -> None:
    """Rather no case than one in a wrong zone; the next run opens it."""
    BEFORE.go(office)
    Step((secret(status="closed"), *OPEN)).go(office)
    rows = office.world.published.lists.lists["cases"].rows
    looks = 0

    def other(request: httpx.Request) -> httpx.Response | None:
        nonlocal looks
        if request.url.path.endswith("/Entities") and "$filter" not in request.url.params:
            looks += 1
            for row in rows.values():
                row.data["due"] = f"2027-01-{looks:02}"
        return None

    office.world.knob = other
    last = Step((secret("CM010001", "F20"), *OPEN))
    done, _written = office.send(last.cases)
    shut = held(office)
    office.world.knob = lambda _request: None
    last.go(office)

    assert isinstance(done.failure, ListShut)
    assert shut[NORD] == shut[SUD] == set()
    assert held(office) == {NORD: {"DK-A", "DK-B"}, SUD: {"DK-C", "DK-N"}, LINK: set()}
    assert all(
        rule["actorProperty"].startswith(ZONE) for rule in office.world.published.lists.lists["cases"].rules
    )
