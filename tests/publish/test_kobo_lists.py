"""Lists onto forms of a stand-in of KoboToolbox: who gets which, what waits and what does not, a cut is mended."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import httpx
import pytest
from msgspec.structs import replace

from sync_scripts.config import TeamSettings
from sync_scripts.errors import DikaloError
from sync_scripts.publish.audiences import PhonesWithoutZone
from sync_scripts.publish.files import FilePlan, Note, plan_files
from sync_scripts.publish.kobo_forms import FormOfOthers, FormsOutOfReach, FormTakesAnybody
from tests.contract.kobo_forms import Asset
from tests.publish.places import (
    CASES,
    NOW,
    TEAMS,
    Terrain,
    cut_after,
    followup,
    terrain,
)

__all__ = ["followup", "terrain"]


def test_kobo_gets_the_zone_of_its_team_and_a_second_run_writes_nothing(terrain: Terrain) -> None:
    """The file is exchanged and the form deployed again; then nothing is left to do."""
    done, written = terrain.send()
    again, rewritten = terrain.send()

    assert [line.split(",")[1] for line in terrain.on_phones().splitlines()[1:]] == ["DK-A", "DK-B"]
    assert (done.cases, dict(done.kept)) == (2, {"secret": 1, "zone": 1})
    assert {method for method, _path in written} == {"DELETE", "POST", "PATCH"}
    assert (rewritten, again.changed) == ([], False)


def test_a_change_waits_six_hours_unless_somebody_is_in_a_hurry(terrain: Terrain) -> None:
    """Each sending is a new version of the form on every phone."""
    terrain.send(CASES[2:])
    soon, late = NOW + timedelta(hours=5, minutes=59), NOW + timedelta(hours=6)
    waiting, written = terrain.send(CASES[1:], soon)
    _hurried, now_written = terrain.send(CASES[1:], soon, hurry=True)
    other, last = terrain.send(CASES, soon + timedelta(hours=6))

    assert (waiting.waits, written) == ((NOW + timedelta(hours=6)).isoformat(timespec="minutes"), [])
    assert now_written
    assert last
    assert not other.waits
    assert late > soon


def test_a_case_that_must_leave_waits_for_nobody(terrain: Terrain) -> None:
    """Closed, withdrawn, raised to C4 or gone to another zone: off the next list, also where the sending before was cut."""
    terrain.send(CASES[1:])
    _more, nothing = terrain.send(CASES, NOW + timedelta(minutes=1))
    waiting = terrain.on_phones()
    terrain.send([CASES[0]], NOW + timedelta(minutes=2))

    assert (nothing, "DK-A" in waiting) == ([], False)
    assert [line.split(",")[1] for line in terrain.on_phones().splitlines()[1:]] == ["DK-A"]


def test_a_register_that_does_not_know_what_phones_have_lets_nothing_wait(terrain: Terrain) -> None:
    """As one that published before it remembered."""
    terrain.send()
    terrain.notes[terrain.uid] = replace(terrain.notes[terrain.uid], cases=None)
    terrain.send(CASES[1:], NOW + timedelta(minutes=1))

    assert "DK-A" not in terrain.on_phones()


def test_a_form_that_takes_submissions_without_an_account_gets_an_empty_list(terrain: Terrain) -> None:
    """Anybody could fetch it; said, and mended when it is closed."""
    terrain.send()
    terrain.asset.rights["p9"] = ("AnonymousUser", "add_submissions")
    done, _written = terrain.send(at=NOW + timedelta(minutes=1))
    emptied = terrain.on_phones()
    del terrain.asset.rights["p9"]
    terrain.send(at=NOW + timedelta(hours=7))

    assert isinstance(done.failure, FormTakesAnybody)
    assert "DK-" not in emptied
    assert "DK-A" in terrain.on_phones()


def test_an_account_of_another_team_makes_the_list_what_both_may_hold(terrain: Terrain) -> None:
    """The form is the north's; while somebody of the south may fill it, no case of the north goes there."""
    named = TeamSettings(name="nord", departments=TEAMS[0].departments, people=("F12",), forms=(terrain.uid,))
    terrain.teams = (named, TEAMS[1])
    terrain.asset.rights["p8"] = ("f12", "add_submissions")
    terrain.send()
    before = terrain.on_phones()
    terrain.asset.rights["p9"] = ("f20", "add_submissions")
    terrain.send(at=NOW + timedelta(minutes=1))

    assert "DK-A" in before
    assert "DK-" not in terrain.on_phones()


def test_an_account_of_no_team_is_a_phone_without_zone(terrain: Terrain) -> None:
    """As at Central. A team that names no people is whoever fills its form."""
    terrain.asset.rights["p9"] = ("passant", "add_submissions")
    done, written = terrain.send()
    terrain.teams = (TeamSettings(name="nord", departments=TEAMS[0].departments, forms=(terrain.uid,)),)
    other, _written = terrain.send()

    assert isinstance(done.failure, PhonesWithoutZone)
    assert (done.failure.which, written) == ("passant", [])
    assert other.failure is None
    assert "DK-A" in terrain.on_phones()


def test_a_form_that_a_stranger_shared_gets_no_list(terrain: Terrain) -> None:
    """Whatever it asks for: only forms of the account, or that the settings name; every one of them is said."""
    terrain.asset.owner = "inconnu"
    done, written = terrain.send()
    named = TeamSettings(name="nord", departments=TEAMS[0].departments, people=("F12",), forms=(terrain.uid,))
    terrain.teams = (named,)
    other, _written = terrain.send()

    assert isinstance(done.failure, FormOfOthers)
    assert (done.failure.forms, written) == (terrain.uid, [])
    assert other.failure is None
    assert "DK-A" in terrain.on_phones()


@pytest.mark.parametrize("status", [404, 403, 500])
def test_a_form_that_is_gone_stops_no_other(terrain: Terrain, status: int) -> None:
    """What must leave the phones of the other forms leaves; the one that was not seen to is named, with exit 5."""
    terrain.send()
    dead = Asset("aDead", terrain.asset.workbook, "followup", "v1", "v1")
    terrain.world.deployed.assets = {"aDead": dead, **terrain.world.deployed.assets}
    terrain.world.knob = lambda asked: (
        httpx.Response(status, json={}) if "/assets/aDead/" in asked.url.path else None
    )
    done, _written = terrain.send(CASES[1:], NOW + timedelta(hours=7))

    assert isinstance(done.failure, FormsOutOfReach)
    assert (done.failure.forms, done.failure.exit_code) == ("aDead", 5)
    assert "DK-A" not in terrain.on_phones()


@pytest.mark.parametrize("after", range(14))
def test_a_cut_between_removing_and_adding_is_mended_at_once(terrain: Terrain, after: int) -> None:
    """The next run completes it, without waiting, whatever was lost; and the one after it writes nothing."""
    terrain.send()
    cut_after(terrain.world, after)
    with suppress(DikaloError):
        terrain.send(CASES[1:], NOW + timedelta(hours=7))
    terrain.world.knob = lambda _request: None
    terrain.send(CASES[1:], NOW + timedelta(hours=7, minutes=1))

    assert [line.split(",")[1] for line in terrain.on_phones().splitlines()[1:]] == ["DK-B"]
    assert terrain.asset.deployed == terrain.asset.version
    assert terrain.send(CASES[1:], NOW + timedelta(hours=14))[1] == []


def test_a_form_of_no_team_is_told(terrain: Terrain) -> None:
    """With two teams, a form that neither names would show one team's cases to the other."""
    terrain.teams = TEAMS
    done, written = terrain.send()
    named = TeamSettings(name="nord", departments=TEAMS[0].departments, people=("F12",), forms=(terrain.uid,))
    terrain.teams = (named, TEAMS[1])
    other, _written = terrain.send()

    assert isinstance(done.failure, PhonesWithoutZone)
    assert written == []
    assert other.failure is None
    assert "DK-C" not in terrain.on_phones()
    assert "DK-A" in terrain.on_phones()


def test_a_dry_run_sends_nothing_to_kobo(terrain: Terrain) -> None:
    """It says how many files."""
    done, written = terrain.send(dry_run=True)

    assert written == []
    assert ("replace", terrain.uid, 2) in done.deeds


def test_a_form_with_more_files_than_a_page_shows_is_published_once(terrain: Terrain) -> None:
    """The list of its files is read to its end: else a file behind the first page would be sent again, and refused."""
    terrain.send()
    terrain.world.deployed.page = 1
    again, written = terrain.send(at=NOW + timedelta(hours=7))

    assert (written, again.changed, again.failure) == ([], False, None)


def test_the_plan_of_files() -> None:
    """Pure: equal bytes give nothing; a sending that was begun is always completed; a clock set back does not block."""
    wanted = {"cases.csv": b"x"}
    same = {"cases.csv": "9dd4e461268c8034f5c8564e155c67a6"}
    recent, begun = Note(at=NOW.isoformat()), Note(at=NOW.isoformat(), begun=True)

    def hours(number: int) -> datetime:
        return NOW + timedelta(hours=number)

    assert plan_files(wanted, same, recent, hours(1), hurry=False).deploy is False
    assert plan_files(wanted, {}, recent, hours(1), hurry=False).waits == hours(6)
    assert plan_files(wanted, {}, recent, hours(7), hurry=False).waits is None
    assert plan_files(wanted, {}, recent, hours(1), hurry=True).waits is None
    assert plan_files(wanted, same, begun, hours(1), hurry=False).deploy is True
    assert plan_files(wanted, same, begun, hours(1), hurry=False, shown=True) == FilePlan(arrived=True)
    assert plan_files(wanted, {}, begun, hours(1), hurry=False, shown=True).deploy is True
    assert plan_files(wanted, {}, recent, NOW - timedelta(days=30), hurry=False).waits is None
