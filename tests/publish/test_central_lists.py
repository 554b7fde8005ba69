"""Lists onto a stand-in of Central: once is enough, what left leaves, each phone gets its zone, a cut is mended."""

from __future__ import annotations

import json
from contextlib import suppress

import httpx
import pytest

from sync_scripts.deploy import CentralForms, Package, plan
from sync_scripts.errors import DikaloError
from sync_scripts.publish.audiences import PhonesWithoutZone, teams_of
from sync_scripts.publish.central import CentralLists, ListOpenToAll
from sync_scripts.publish.files import Note
from sync_scripts.publish.lists import Row
from sync_scripts.register.forms.answers import row_uuid
from sync_scripts.servers.central.lists import Lists, chunks
from tests.contract.central_copies import Copy
from tests.contract.central_drafts import drafted
from tests.deploy.test_deploy import FORMS
from tests.publish import places
from tests.publish.places import (
    CASES,
    NOW,
    PLACE,
    TEAMS,
    Office,
    case,
    cut_after,
)
from xlsform.compare.change import Acceptance

followup = places.followup
office = places.office
"""Fixtures of those modules."""


def test_each_phone_gets_its_zone_and_a_second_run_writes_nothing(office: Office) -> None:
    """C4 is on neither; the request log of the second run holds no writing call."""
    done, written = office.send(CASES)
    again, rewritten = office.send(CASES)

    assert office.on_phone(11) == {"DK-A", "DK-B"}
    assert office.on_phone(12) == {"DK-C"}
    assert (done.cases, dict(done.kept)) == (3, {"secret": 1})
    assert written
    assert (rewritten, again.changed) == ([], False)
    assert list(office.world.published.lists.lists["cases"].properties) == ["department", "due", "status"]
    assert next(iter(office.world.published.lists.lists["providers"].rows.values())).label == "PR-1"


def test_only_what_changed_is_written(office: Office) -> None:
    """One row that differs is one PATCH with its version; one that left is deleted; one that came is made."""
    office.send(CASES)
    changed = [case("DK-A", status="follow_up"), case("DK-E"), case("DK-C", "CM010001")]
    _done, written = office.send([*changed, case("DK-B", "CM007005", status="closed")])

    assert sorted(method for method, _path in written) == ["PATCH", "POST", "POST"]
    assert office.on_phone(11) == {"DK-A", "DK-E"}
    held = office.world.published.lists.lists["cases"].rows
    assert (held[row_uuid("DK-A", PLACE)].data["status"], held[row_uuid("DK-A", PLACE)].version) == (
        "follow_up",
        2,
    )


@pytest.mark.parametrize("bulk", [True, False])
def test_a_case_that_comes_back_is_restored(office: Office, bulk: bool) -> None:
    """The uuid of a deleted row cannot be used again: it is restored, then brought up to date; one by one before 2025.3."""
    office.world.published.lists.bulk = bulk
    office.send(CASES)
    office.send(CASES[1:])
    done, _written = office.send([case("DK-A", status="follow_up"), *CASES[1:]])

    assert [deed for deed, _file, _count in done.deeds] == ["restore", "change"]
    assert (
        office.world.published.lists.lists["cases"].rows[row_uuid("DK-A", PLACE)].data["status"]
        == "follow_up"
    )


def test_somebody_else_at_the_same_time_is_met_with_another_look(office: Office) -> None:
    """409.15 between look and write: read again, write again; nothing is forced."""
    office.send(CASES)
    seen: list[str] = []

    def other(request: httpx.Request) -> httpx.Response | None:
        if request.method == "PATCH" and "entities" in request.url.path and not seen:
            seen.append("PATCH")
            office.world.published.lists.lists["cases"].rows[row_uuid("DK-A", PLACE)].version += 1
        return None

    office.world.knob = other
    office.send([case("DK-A", status="follow_up"), *CASES[1:]])
    held = office.world.published.lists.lists["cases"].rows[row_uuid("DK-A", PLACE)]

    assert seen
    assert (held.data["status"], held.version) == ("follow_up", 3)


def test_rows_of_others_are_left_alone(office: Office) -> None:
    """What this register did not make is counted, not deleted."""
    from tests.contract.central_lists import Entity

    office.send(CASES)
    office.world.published.lists.lists["cases"].rows["11111111-1111-4111-8111-111111111111"] = Entity(
        "à la main", {}
    )
    done, written = office.send(CASES)

    assert (done.foreign, written) == (1, [])


def test_two_registers_of_one_project_leave_each_other_alone(office: Office) -> None:
    """The rows of another register are not ours, though they have uuids as we make them; each takes its own away."""
    office.send(CASES)
    other = Office(office.world, office.project)
    theirs, _written = other.send([case("DK-X", "CM010001")])
    back, written = office.send([case("DK-A", status="closed"), *CASES[1:]])

    assert (theirs.foreign, back.foreign) == (3, 1)
    assert office.on_phone(11) == {"DK-B"}
    assert office.on_phone(12) == {"DK-C", "DK-X"}
    assert len(written) == 1


@pytest.mark.parametrize("everywhere", [True, False])
def test_a_public_link_lets_nobody_fetch_the_list_that_all_forms_share(
    office: Office, everywhere: bool
) -> None:
    """Where no filter parts the phones, whoever has the link gets what phones get: so nobody gets a case, and it is told."""
    book = (FORMS / "followup.xlsx").read_bytes()
    office.world.published.published["followup"] = Copy(book, "1", {"cases.csv": b""}, {"cases.csv"})
    office.world.published.public.add("followup")
    office.send(CASES)
    done, _written = office.send(CASES, everywhere=everywhere)

    got = office.on_phone(11)
    assert isinstance(done.failure, ListOpenToAll) == everywhere
    assert got == (set() if everywhere else {"DK-A", "DK-B"})


def test_a_provider_that_left_leaves_and_uuids_are_the_lists_own(office: Office) -> None:
    """A Central takes each uuid once on the whole server: two projects, and two lists, make different ones."""
    before = CentralLists(
        "bureau",
        Lists(office.project),
        teams_of(TEAMS),
        recall=lambda _form: Note(),
        remember=lambda _form, _note: None,
        providers=frozenset({"PR-0"}),
    )
    clinic = Row("PR-0", {"label": "Clinique", "department": "", "services": ""})
    before.send([], [clinic], NOW, hurry=False, dry_run=False)
    office.send(CASES)
    rows = office.world.published.lists.lists["providers"].rows
    left = [row.label for row in rows.values() if not row.deleted]

    assert left == ["PR-1"]
    assert len({row_uuid("X", place) for place in ("", "7/cases", "7/providers", "8/cases")}) == 4


def test_a_phone_of_no_team_lets_nothing_come_and_what_must_leave_leaves(office: Office) -> None:
    """Nobody knows what it may hold; its code is in the sentence. A revoked one stops nothing."""
    made = office.project.add_app_user("F99")
    done, written = office.send(CASES)
    office.project.revoke(made.token or "")
    whole, _written = office.send(CASES)
    again = office.project.add_app_user("F98")
    changed = [case("DK-A", status="closed"), case("DK-B", "CM007005", level="C4"), CASES[2], case("DK-E")]
    dry, nothing = office.send(changed, dry_run=True)
    less, fewer = office.send(changed)
    held = office.on_phone(11), office.on_phone(12), office.on_phone(14)
    office.project.revoke(again.token or "")

    assert isinstance(done.failure, PhonesWithoutZone)
    assert (done.failure.which, written) == ("F99", [])
    assert whole.cases == 3
    assert isinstance(less.failure, PhonesWithoutZone)
    assert (dry.deeds, nothing) == ([("delete", "cases.csv", 2)], [])
    assert (less.deeds, len(fewer)) == ([("delete", "cases.csv", 2)], 1)
    assert held == (set(), {"DK-C"}, set())
    assert office.send(changed)[0].failure is None
    assert office.on_phone(11) == {"DK-E"}


def test_an_older_server_that_cannot_part_its_phones_gets_no_rows(office: Office) -> None:
    """Two zones and one list for all: not a row leaves; with everybody everywhere they go, and leave again after it."""
    office.world.published.lists.phone_properties = None
    _done, written = office.send(CASES)
    done, _written = office.send(CASES, everywhere=True)
    everything = office.on_phone(11), office.on_phone(12)
    office.send(CASES)

    assert written == []
    assert everything == ({"DK-A", "DK-B", "DK-C"}, {"DK-A", "DK-B", "DK-C"})
    assert dict(done.kept) == {"secret": 1}
    assert office.on_phone(11) == office.on_phone(12) == set()


def test_zones_that_are_waived_come_back(office: Office) -> None:
    """All zones lifts our filter; the next run without it puts it up before anything else is looked at."""
    office.send(CASES, everywhere=True)
    everything = office.on_phone(12)
    office.send(CASES)
    parted = office.on_phone(12)
    office.send(CASES, everywhere=True)

    assert (everything, parted) == ({"DK-A", "DK-B", "DK-C"}, {"DK-C"})
    assert office.on_phone(12) == everything


def test_a_dry_run_writes_nothing_and_says_what_it_would_do(office: Office) -> None:
    """Not even the list is made."""
    done, written = office.send(CASES, dry_run=True)

    assert written == []
    assert ("create", "cases.csv", 3) in done.deeds
    assert office.world.published.lists.lists == {}


def test_a_form_that_shows_the_empty_list_is_linked_once(office: Office, followup: Package) -> None:
    """Deployed before the first publication, it holds an empty file: linked under a version of its own, then left."""
    package = followup
    forms = CentralForms(office.project)
    forms.carry_out(package, plan(package, forms.look(package), Acceptance()))
    office.send(CASES)
    held = office.world.published.published["followup"]

    assert held.linked == {"cases.csv", "providers.csv"}
    assert held.version == f"{package.version}-l"
    assert office.send(CASES)[1] == []
    assert office.world.published.drafts == {}


def test_a_draft_of_somebody_is_not_sent_out(office: Office, followup: Package) -> None:
    """Linking would publish what they are still writing: the form is named, the draft stays, the rows are there."""
    forms = CentralForms(office.project)
    forms.carry_out(followup, plan(followup, forms.look(followup), Acceptance()))
    office.project.draft("followup", None)
    done, _written = office.send(CASES)

    assert done.drafts == ["followup"]
    assert office.world.published.published["followup"].linked == set()
    assert "followup" in office.world.published.drafts
    assert office.on_phone(11) == {"DK-A", "DK-B"}


@pytest.mark.parametrize("after", range(0, 26, 3))
def test_a_cut_anywhere_is_mended_by_the_next_run(office: Office, after: int) -> None:
    """And at no moment does a phone hold a case of another zone."""
    cut_after(office.world, after)
    with suppress(DikaloError):
        office.send(CASES)
    for phone, own in ((11, {"DK-A", "DK-B"}), (12, {"DK-C"})):
        if "cases" in office.world.published.lists.lists:
            assert office.on_phone(phone) <= own
    office.world.knob = lambda _request: None
    office.send(CASES)

    assert (office.on_phone(11), office.on_phone(12)) == ({"DK-A", "DK-B"}, {"DK-C"})
    assert office.send(CASES)[1] == []


def test_bodies_stay_below_what_central_takes() -> None:
    """Ten thousand rows that leave at once go in pieces of less than 250 kB."""
    uuids = [row_uuid(f"DK-{number}", PLACE) for number in range(10_000)]
    parts = list(chunks(uuids))

    assert [one for part in parts for one in part] == uuids
    assert max(len(json.dumps({"ids": part})) for part in parts) < 250_000


def test_a_form_that_is_only_a_draft_stops_no_list(office: Office) -> None:
    """A Project Manager is shown it, and nothing can be read of it: phones have none of it. Nor where no phone is parted."""
    office.world.knob = drafted(office.world, "aaa")
    done, _written = office.send(CASES)
    everywhere, _more = office.send(CASES[1:], everywhere=True)

    assert (done.failures, everywhere.failures) == ([], [])
    assert office.on_phone(11) == {"DK-B", "DK-C"}
