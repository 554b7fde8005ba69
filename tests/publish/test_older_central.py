"""Lists onto a Central before 2026.2, which gives all phones that fill a form the same list: no phone gets another team's."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from sync_scripts.config import TeamSettings
from sync_scripts.deploy import Package, pack
from sync_scripts.errors import DikaloError
from sync_scripts.publish.audiences import apart, audience_of_form, forms_for, teams_of
from sync_scripts.publish.central_files import FormOpenToAll, FormShared, next_version
from sync_scripts.publish.files import Note
from sync_scripts.publish.lists import NotOnPhones
from tests.contract.central_drafts import drafted
from tests.contract.central_forms import Copy
from tests.deploy.test_deploy import FORMS
from tests.publish import places
from tests.publish.places import CASES, NOW, TEAMS, Office, case, writes

office = places.office
"""The fixture of that module."""

NORD, SUD = 11, 12
LIST = "cases.csv"
CHANGED = [CASES[1], case("DK-F"), case("DK-G", "CM010001")]
REQUESTS = 24
"""Of a run in which the lists of both forms change."""
OWN = {"followup_nord": (NORD,), "followup_sud": (SUD,)}


@pytest.fixture(scope="module")
def followup() -> Package:
    """Give the follow-up form, read once."""
    return pack(FORMS / "followup.xlsx", FORMS / "media")


@pytest.fixture
def older(office: Office, followup: Package) -> Office:
    """Give a Central without filters on which each team has its own copy of the follow-up form."""
    office.world.published.lists.phone_properties = None
    give(office, followup, OWN)
    return office


def give(office: Office, package: Package, forms: Mapping[str, tuple[int, ...]]) -> None:
    """Let these forms lie at the server, published with their empty lists, and these phones fill them."""
    there = office.world.published
    for form, phones in forms.items():
        files: dict[str, bytes | None] = {**package.files, **dict.fromkeys(package.lists, b"name,label\n")}
        there.published[form] = Copy(package.workbook, package.version, files)
        there.ever.add((form, package.version))
        for phone in phones:
            there.phones[phone]["forms"].append(form)


def carried(office: Office, phone: int) -> set[str]:
    """Return the codes on a phone, whatever form brought them."""
    return set().union(*office.world.published.carried(phone, LIST).values())


def test_each_team_gets_its_zone_with_its_own_form_and_a_second_run_writes_nothing(older: Office) -> None:
    """No entity list is made; the request log of the second run holds no writing call."""
    done, written = older.send(CASES)
    again, rewritten = older.send(CASES)

    assert (carried(older, NORD), carried(older, SUD)) == ({"DK-A", "DK-B"}, {"DK-C"})
    assert (done.cases, dict(done.kept), done.failure) == (3, {"secret": 1}, None)
    assert written
    assert (rewritten, again.changed) == ([], False)
    assert older.world.published.lists.lists == {}
    published = older.world.published.published["followup_nord"]
    assert (published.files[LIST] or b"").splitlines()[0] == b"name,label,department,due,status"
    assert older.world.published.drafts == {}


def test_a_server_that_says_no_digest_is_read(older: Office) -> None:
    """Servers that say nothing of a file's bytes hand the file over: unchanged stays unchanged."""
    older.send(CASES)
    route = older.world._route

    def silent(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/attachments"):
            return None
        return httpx.Response(200, json=[one | {"hash": None} for one in route(request).json()])

    older.world.knob = silent

    assert older.send(CASES)[1] == []
    _done, written = older.send([*CASES, case("DK-F")], hurry=True)
    assert written
    assert carried(older, NORD) == {"DK-A", "DK-B", "DK-F"}


def test_a_form_of_two_teams_gets_what_all_may_hold_and_is_told(office: Office, followup: Package) -> None:
    """Two zones that share nothing: an empty list, and the remedy; forms of one team go on."""
    office.world.published.lists.phone_properties = None
    give(office, followup, {"followup": (NORD, SUD), "followup_sud": (SUD,)})
    done, _written = office.send(CASES)

    assert isinstance(done.failure, FormShared)
    assert done.failure.which == "followup (nord, sud)"
    assert office.world.published.carried(NORD, LIST) == {"followup": set()}
    assert office.world.published.carried(SUD, LIST) == {"followup": set(), "followup_sud": {"DK-C"}}
    assert office.send(CASES)[1] == []


def test_a_phone_that_joins_a_form_takes_its_list_away_at_once(older: Office) -> None:
    """What may no longer be on it leaves without waiting six hours; so does it for a phone of no team."""
    older.send(CASES)
    older.world.published.phones[SUD]["forms"].append("followup_nord")
    done, _written = older.send(CASES, NOW + timedelta(minutes=5))
    joined = carried(older, NORD), carried(older, SUD)
    older.world.published.phones[SUD]["forms"].remove("followup_nord")
    older.send(CASES, NOW + timedelta(hours=7))
    older.project.assign("followup_nord", older.project.add_app_user("F99").id)
    lost, _written = older.send(CASES, NOW + timedelta(hours=7, minutes=5))

    assert isinstance(done.failure, FormShared)
    assert joined == (set(), {"DK-C"})
    assert isinstance(lost.failure, FormShared)
    assert lost.failure.which == "followup_nord (nord, F99)"
    assert carried(older, NORD) == set()


def test_a_form_with_a_public_link_gets_an_empty_list(older: Office) -> None:
    """Whoever has the link fetches the files too."""
    older.send(CASES)
    older.world.published.public.add("followup_nord")
    done, _written = older.send(CASES, NOW + timedelta(minutes=5))

    assert isinstance(done.failure, FormOpenToAll)
    assert done.failure.forms == "followup_nord"
    assert (carried(older, NORD), carried(older, SUD)) == (set(), {"DK-C"})


def test_what_comes_waits_and_what_leaves_does_not(older: Office) -> None:
    """Each sending is a new version of the form on every phone; a case that became C4 is on none of them the next minute."""
    older.send(CASES)
    soon = NOW + timedelta(minutes=10)
    waiting, written = older.send([*CASES, case("DK-F")], soon)
    _hurried, at_once = older.send([*CASES, case("DK-F")], soon, hurry=True)
    secret = [replace(one, confidentiality="C4") if one.code == "DK-A" else one for one in CASES]
    _left, leaving = older.send([*secret, case("DK-F")], soon + timedelta(minutes=1))

    assert (waiting.waits, written) == ((NOW + timedelta(hours=6)).isoformat(timespec="minutes"), [])
    assert at_once
    assert leaving
    assert carried(older, NORD) == {"DK-B", "DK-F"}


def test_rows_that_went_out_when_there_was_one_zone_leave_first(older: Office) -> None:
    """One team: an entity list. A second team's phone: its rows are deleted before any file is sent."""
    older.world.published.phones[SUD]["token"] = None
    older.send(CASES)
    one_zone = carried(older, NORD)
    older.world.published.phones[SUD]["token"] = "y" * 64
    older.world.published.phones[SUD]["forms"].append("followup_nord")
    before = len(older.world.log)
    older.send(CASES, NOW + timedelta(minutes=1))
    first = writes(older.world, before)[0]

    assert one_zone == {"DK-A", "DK-B"}
    assert first == ("POST", f"/v1/projects/{older.project.id}/datasets/cases/entities/bulk-delete")
    assert (carried(older, NORD), carried(older, SUD)) == (set(), {"DK-C"})
    assert older.world.published.published["followup_sud"].linked == set()


def test_rows_leave_one_by_one_where_the_server_knows_no_other_way(older: Office) -> None:
    """A Central before 2025.3."""
    older.world.published.phones[SUD]["token"] = None
    older.send(CASES)
    older.world.published.lists.bulk = False
    older.world.published.phones[SUD]["token"] = "y" * 64
    older.send(CASES, NOW + timedelta(minutes=1))

    assert [row.deleted for row in older.world.published.lists.lists["cases"].rows.values()] == [True, True]
    assert (carried(older, NORD), carried(older, SUD)) == ({"DK-A", "DK-B"}, {"DK-C"})


@pytest.mark.spread(4)
@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("after", range(REQUESTS + 1))
def test_a_cut_anywhere_is_mended_by_the_next_run(older: Office, after: int, *, heard: bool) -> None:
    """Without waiting; at no moment does a phone hold a case of another zone; and the run after it writes nothing."""
    older.send(CASES)
    later = NOW + timedelta(hours=7)
    cut(older, after, heard=heard)
    with suppress(DikaloError):
        older.send(CHANGED, later)
    assert carried(older, NORD) <= {"DK-A", "DK-B", "DK-F"}
    assert carried(older, SUD) <= {"DK-C", "DK-G"}
    older.world.knob = lambda _request: None
    older.send(CHANGED, later + timedelta(minutes=1))

    assert (carried(older, NORD), carried(older, SUD)) == ({"DK-B", "DK-F"}, {"DK-G"})
    assert older.world.published.drafts == {}
    assert older.send(CHANGED, later + timedelta(minutes=2))[1] == []


def cut(office: Office, after: int, *, heard: bool) -> None:
    """Let the server fail for good after so many requests; ``heard`` = it does what the first of them asks all the same."""
    left = [None] * after
    failed: list[None] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        if left:
            left.pop()
            return None
        if heard and not failed:
            office.world._route(request)
        failed.append(None)
        return httpx.Response(502)

    office.world.knob = knob


def test_a_draft_that_was_left_behind_is_known_as_ours(older: Office) -> None:
    """The computer went off between draft and publication: the next run takes it up; somebody's own draft it leaves alone."""
    older.send(CASES)
    older.project.draft("followup_nord", None)
    comes, unwritten = older.send([*CASES, case("DK-N")], NOW + timedelta(hours=7))
    somebodys, written = older.send(CASES[1:], NOW + timedelta(hours=7))
    older.notes["followup_nord"] = Note(at=NOW.isoformat(), begun=True)
    ours, _written = older.send(CASES[1:], NOW + timedelta(hours=7, minutes=1))
    older.notes["followup_nord"] = Note(at=NOW.isoformat(), begun=True)
    older.project.draft("followup_nord", None)
    arrived, _written = older.send(CASES[1:], NOW + timedelta(hours=7, minutes=2))

    assert (comes.drafts, comes.stuck, unwritten) == (["followup_nord"], [], [])
    assert (somebodys.drafts, somebodys.stuck, written) == ([], ["followup_nord"], [])
    assert (ours.stuck, carried(older, NORD)) == ([], {"DK-B"})
    assert (arrived.drafts, older.world.published.drafts) == ([], {})


def test_a_draft_with_other_pictures_is_somebodys(older: Office) -> None:
    """Even after a run that was cut: what they put there would go out to phones with our list."""
    older.send(CASES)
    older.notes["followup_nord"] = Note(at=NOW.isoformat(), begun=True)
    older.project.draft("followup_nord", None)
    older.world.published.drafts["followup_nord"].files["carte.png"] = b"another"
    done, written = older.send(CASES[1:], NOW + timedelta(hours=7))

    assert (done.stuck, written) == (["followup_nord"], [])


def test_a_draft_holds_nothing_up_where_the_list_is_on_phones_already(older: Office) -> None:
    """A run was cut after it had published; then somebody began to change the form: their draft stays, and nobody is sent to it."""
    older.send(CASES)
    older.notes["followup_nord"] = Note(at=NOW.isoformat(), begun=True, files=(LIST,))
    older.project.draft("followup_nord", None)
    older.world.published.drafts["followup_nord"].files["carte.png"] = b"another"
    done, written = older.send(CASES, NOW + timedelta(hours=7))

    assert (done.drafts, done.stuck, written) == ([], [], [])
    assert not older.notes["followup_nord"].begun
    assert "followup_nord" in older.world.published.drafts


def test_a_file_that_the_server_loses_is_not_published(older: Office) -> None:
    """Phones keep the list they have; no draft stays."""
    older.send(CASES)
    older.world.published.broken.add(LIST)
    done, _written = older.send(CASES[1:], NOW + timedelta(hours=7))

    assert isinstance(done.failure, NotOnPhones)
    assert carried(older, NORD) == {"DK-A", "DK-B"}
    assert older.world.published.drafts == {}


def test_the_cuts_reach_the_end_of_a_run(older: Office) -> None:
    """As many as a run has requests, and one more."""
    older.send(CASES)
    before = len(older.world.log)
    older.send(CHANGED, NOW + timedelta(hours=7))

    assert len(older.world.log) - before == REQUESTS


def test_a_dry_run_writes_nothing_and_says_what_it_would_do(older: Office) -> None:
    """Not even a note."""
    done, written = older.send(CASES, dry_run=True)

    assert (written, older.notes) == ([], {})
    assert ("replace", "followup_nord", 2) in done.deeds


def test_a_phone_of_two_teams_holds_what_either_may() -> None:
    """Pure: with its colleague of one team alone, what both may."""
    both = (
        TeamSettings(name="nord", departments=("A",), people=("F1", "F2")),
        TeamSettings(name="sud", departments=("B",), people=("F2",)),
    )
    teams = teams_of(both)

    def zone(*phones: str) -> set[str]:
        to = audience_of_form(teams, phones)
        return {place for place in "AB" if all(place in one.departments for one in to.teams)}

    assert (zone("F2"), zone("F1", "F2"), zone("F1", "F9")) == ({"A", "B"}, {"A"}, set())
    assert apart(teams, ["F1"]) == ()
    assert apart(teams, ["F1", "F2"]) == ("nord", "sud")
    assert apart(teams, ["F9"]) == ("F9",)


def test_a_phone_gets_no_copy_of_another_team() -> None:
    """`phones add` gives the forms of everybody and those of its own team."""
    teams = tuple(replace_forms(one, form) for one, form in zip(TEAMS, OWN, strict=True))
    every = ("alert", "followup_nord", "followup_sud")

    assert forms_for(every, teams, "f12") == ("alert", "followup_nord")
    assert forms_for(("alert",), teams, "F20") == ("alert", "followup_sud")
    assert forms_for(every, TEAMS, "F12") == every


def test_a_phone_gets_the_copy_in_place_of_its_form() -> None:
    """With the form itself it would fill what several teams fill, and share their list."""
    teams = tuple(replace_forms(one, form) for one, form in zip(TEAMS, OWN, strict=True))

    assert forms_for(("alert", "followup"), teams, "F12") == ("alert", "followup_nord")
    assert forms_for(("alert", "followup"), teams, "F99") == ("alert", "followup")


def replace_forms(team: TeamSettings, form: str) -> TeamSettings:
    """Return a team with a form of its own."""
    return TeamSettings(name=team.name, departments=team.departments, people=team.people, forms=(form,))


def test_versions_do_not_grow() -> None:
    """The mark of the server's own encryption is left out, ours is counted on."""
    assert next_version("1", ["1"]) == "1-l"
    assert next_version("1-l", ["1", "1-l"]) == "1-l2"
    assert (
        next_version("1-l2[encrypted:AaIR7U95]", ["1[encrypted:x]", "1-l[encrypted:y]", "1-l2[encrypted:z]"])
        == "1-l3"
    )


def test_a_form_that_is_only_a_draft_stops_no_list(older: Office) -> None:
    """A Project Manager is shown it, and nothing can be read of it: lists come, and what must leave leaves."""
    older.world.knob = drafted(older.world, "aaa")
    done, _written = older.send(CASES)
    older.less = True
    less, _more = older.send(CASES[1:])

    assert (done.failures, less.failures) == ([], [])
    assert (carried(older, NORD), carried(older, SUD)) == ({"DK-B"}, {"DK-C"})
