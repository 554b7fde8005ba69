"""What must leave phones leaves, whatever keeps a list from being sent: settings, a file, a folder, another command."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from sync_scripts import config
from sync_scripts.cli.inflow.publish import publish_lines
from sync_scripts.config import TeamSettings
from sync_scripts.deploy import Package
from sync_scripts.publish.audiences import Audience, OpenCase, Team, staying, teams_of, zoned
from sync_scripts.publish.entities import Change, ListPlan, taken_away
from sync_scripts.publish.files import notes
from sync_scripts.publish.folder import audiences, into_folder, lessen
from sync_scripts.publish.lists import Done
from sync_scripts.store.database import Register
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import register as tables
from tests.contract.kobo_forms import Asset
from tests.publish import places, test_command, test_older_central
from tests.publish.places import CASES, TEAMS, Office, Terrain, case
from tests.publish.scene import Run, keep, with_register
from tests.publish.test_command import labels
from tests.publish.test_older_central import carried

terrain = places.terrain
older = test_older_central.older
run = test_command.run
root = test_command.root
worlds = test_command.worlds
followup = places.followup
office = places.office
"""Fixtures of those modules."""

NORD = Team("nord", frozenset({"CM007002", "CM007005"}), frozenset({"f12"}))
SUD = Team("sud", frozenset({"CM010001"}), frozenset({"f20"}))
UNSAID = Team("est", frozenset(), frozenset({"f30"}))
BLANK = TeamSettings(name="est", departments=(), people=("F30",))
"""A team whose zone nobody wrote down yet."""

# --- the decision -----------------------------------------------------------------------------------------------------

A = case("DK-A")
ALL = Audience((NORD, SUD), parted=True)
HALF = Audience((NORD, UNSAID), parted=True)


@pytest.mark.parametrize(
    ("now", "to", "stays"),
    [
        (A, ALL, True),
        (A, HALF, True),
        (replace(A, status="closed"), ALL, False),
        (replace(A, status="closed"), HALF, False),
        (replace(A, stopped=True), ALL, False),
        (replace(A, stopped=True), HALF, False),
        (replace(A, confidentiality="C4"), ALL, False),
        (replace(A, confidentiality="C4"), HALF, False),
        (replace(A, confidentiality=""), HALF, False),
        (replace(A, confidentiality="C3"), ALL, True),
        (replace(A, confidentiality="C3", owner="F20"), ALL, False),
        (replace(A, confidentiality="C3", owner="F20"), HALF, False),
        (replace(A, confidentiality="C3", owner=None), HALF, False),
        (replace(A, confidentiality="C3", department="CM010001"), HALF, False),
        (replace(A, department="CM004001"), ALL, False),
        (replace(A, department="CM004001"), HALF, True),
        (replace(A, department="CM004001"), Audience(()), True),
        (replace(A, confidentiality="C3"), Audience(()), False),
        (None, ALL, False),
        (None, HALF, False),
    ],
)
def test_what_stays_where_nothing_may_come(now: OpenCase | None, to: Audience, stays: bool) -> None:
    """Only what may leave still; where a zone is not said, a zone is no reason; what is unknown goes, and nothing comes."""
    known = [case("DK-B"), *([now] if now else [])]
    found = staying(["DK-A"], known, to, zoned=zoned(to.teams))

    assert [one.code for one in found] == (["DK-A"] if stays else [])


def test_zones_are_known_when_each_team_says_its_own() -> None:
    """No team at all says nothing."""
    assert zoned([NORD, SUD])
    assert not zoned([NORD, UNSAID])
    assert not zoned([])


def test_a_row_that_stands_in_another_zone_than_its_own_goes() -> None:
    """It could only be moved, which sends it to somebody; other changes wait."""
    moved, late = Change("u2", 1, {"department": "CM010001"}), Change("u3", 1, {"due": "2026-12-02"})
    plan = ListPlan(delete=("u1",), change=(moved, late))

    assert taken_away(plan, parted=True) == ("u1", "u2")
    assert taken_away(plan, parted=False) == ("u1",)


# --- the places -------------------------------------------------------------------------------------------------------


def test_a_central_loses_rows_and_gets_none(office: Office) -> None:
    """A case that became C4, one that moved, one that is new: a team has no zone yet."""
    office.send(CASES)
    office.less, office.teams = True, (TEAMS[0], BLANK)
    changed = [case("DK-A", level="C4"), case("DK-B", "CM010001"), CASES[2], case("DK-N")]
    dry, unwritten = office.send(changed, dry_run=True)
    done, written = office.send(changed)

    assert (unwritten, dry.deeds) == ([], [("delete", "cases.csv", 2)])
    assert (done.less, done.deeds, len(written)) == (True, [("delete", "cases.csv", 2)], 1)
    assert (office.on_phone(11), office.on_phone(12)) == (set(), {"DK-C"})
    assert office.send(changed)[1] == []


def test_a_central_that_parts_nobody_loses_what_one_of_its_phones_may_not_hold(office: Office) -> None:
    """All zones were sent to all, so none is a reason now; C3 is for its owner's team alone."""
    office.teams = TEAMS[:1]
    office.world.published.phones.pop(12)
    office.world.published.lists.phone_properties = None
    office.send([*CASES, case("DK-P", level="C3")])
    held = office.on_phone(11)
    office.world.published.phones[13] = {"name": "F30", "token": "y" * 64, "forms": []}
    office.less, office.teams = True, (TEAMS[0], BLANK)
    office.send([*CASES, case("DK-P", level="C3")])

    assert held == {"DK-A", "DK-B", "DK-P"}
    assert office.on_phone(11) == {"DK-A", "DK-B"}


def test_files_of_an_older_central_lose_what_must_leave(older: Office) -> None:
    """Each form keeps what may stay of what it has; the next run writes nothing."""
    older.send(CASES)
    older.less, older.teams = True, (TEAMS[0], BLANK)
    changed = [case("DK-A", level="C4"), *CASES[1:], case("DK-N")]
    done, _written = older.send(changed)

    assert [deed for deed, _file, _count in done.deeds] == ["replace", "deploy"]
    assert (carried(older, 11), carried(older, 12)) == ({"DK-B"}, {"DK-C"})
    assert older.send(changed)[1] == []


def test_files_of_an_older_central_wait_where_nothing_can_be_noted(older: Office) -> None:
    """Another command writes here: what is begun at a form must be noted first, so it is said that something must leave."""
    older.send(CASES)
    older.less = older.unnoted = True
    unchanged, none = older.send(CASES)
    done, written = older.send([case("DK-A", level="C4"), *CASES[1:]])

    assert (unchanged.held, none) == (False, [])
    assert (done.held, done.changed, written) == (True, False, [])


@pytest.mark.parametrize("unnoted", [True, False])
def test_a_draft_that_keeps_what_must_leave_an_older_central_is_told_loudly(
    older: Office, unnoted: bool
) -> None:
    """Beside another command, too."""
    older.send(CASES)
    older.project.draft("followup_nord", None)
    older.less, older.unnoted = True, unnoted
    same, _written = older.send(CASES)
    done, written = older.send([case("DK-A", level="C4"), *CASES[1:]])

    assert (same.stuck, same.asks) == ([], False)
    assert (done.stuck, done.drafts, written) == (["followup_nord"], [], [])


@pytest.mark.parametrize("why", ["drafts", "stuck", "archived"])
@pytest.mark.parametrize("less", [True, False])
@pytest.mark.parametrize("changed", [True, False])
@pytest.mark.parametrize("dry_run", [True, False])
def test_no_headline_says_that_all_is_well_while_a_form_keeps_its_list(
    why: str, less: bool, changed: bool, dry_run: bool
) -> None:
    """One of its own points below."""
    done = Done("terrain", "kobo", less=less, deeds=[("replace", "a1", 1)] if changed else [])
    getattr(done, why).append("a2")
    head, below = publish_lines(done, dry_run=dry_run)

    assert head.startswith("terrain: not all of it could be done, see below.")
    assert ("Nothing was written." in head) == dry_run
    assert "a2" in below


def test_a_file_that_is_no_list_of_ours_stays_as_it_is(older: Office) -> None:
    """Somebody deployed a form with a list of their own, and nothing was ever sent."""
    own = b"name,label\n1,Kumba\n"
    older.world.published.published["followup_nord"].files["cases.csv"] = own
    older.less = True
    _done, written = older.send(CASES)

    assert written == []


def test_a_kobo_form_keeps_what_may_stay(terrain: Terrain) -> None:
    """At once, though it was sent a minute ago; nothing comes."""
    terrain.send(hurry=True)
    terrain.less, terrain.teams = True, (replace_forms(TEAMS[0], terrain.uid), BLANK)
    changed = [case("DK-A", status="closed"), CASES[1], case("DK-N")]
    done, _written = terrain.send(changed)
    again, rewritten = terrain.send(changed)

    assert labels(terrain.on_phones()) == ["DK-B"]
    assert (done.less, done.changed) == (True, True)
    assert (again.changed, rewritten) == (False, [])


def test_a_kobo_form_that_anybody_may_fill_is_emptied(terrain: Terrain) -> None:
    """Whether zones are known or not: it is known that nobody may have its list."""
    terrain.send()
    terrain.asset.rights["p9"] = ("AnonymousUser", "add_submissions")
    terrain.less, terrain.teams = True, (replace_forms(TEAMS[0], terrain.uid), BLANK)
    terrain.send()

    assert labels(terrain.on_phones()) == []


def replace_forms(team: TeamSettings, form: str) -> TeamSettings:
    """Return a team with a form of its own."""
    return TeamSettings(name=team.name, departments=team.departments, people=team.people, forms=(form,))


def test_a_folder_loses_what_must_leave_and_one_bad_file_keeps_no_other(tmp_path: Path) -> None:
    """Somebody made a folder of the name of a list."""
    to = audiences(teams_of(TEAMS), everywhere=False)
    changed = [case("DK-A", level="C4"), CASES[1], case("DK-C", "CM010001", status="closed"), case("DK-N")]
    into_folder(tmp_path, CASES, None, to, dry_run=False)
    less = lessen(tmp_path, changed, to, zoned=True, dry_run=False)
    there = [labels((tmp_path / name / "cases.csv").read_text(encoding="utf-8")) for name in ("nord", "sud")]
    (tmp_path / "nord" / "cases.csv").unlink()
    (tmp_path / "nord" / "cases.csv").mkdir()
    done = into_folder(tmp_path, CASES, None, to, dry_run=False)

    assert (less.changed, there) == (True, [["DK-B"], []])
    assert done.failure is not None
    assert done.failure.code == "DK-C40"
    assert labels((tmp_path / "sud" / "cases.csv").read_text(encoding="utf-8")) == ["DK-C"]


def test_a_folder_of_a_team_that_is_named_no_more_is_emptied_though_a_zone_is_not_said(
    tmp_path: Path,
) -> None:
    """It is nobody's, and that is known; of the list for all and those of teams a zone is no reason to leave."""
    into_folder(tmp_path, CASES, None, audiences(teams_of(TEAMS[:1]), everywhere=False), dry_run=False)
    shared = (tmp_path / "cases.csv").read_bytes()
    into_folder(tmp_path, CASES, None, audiences(teams_of(TEAMS), everywhere=False), dry_run=False)
    (tmp_path / "cases.csv").write_bytes(shared)
    to = audiences(teams_of((TEAMS[0], BLANK)), everywhere=False)
    lessen(tmp_path, CASES, to, zoned=False, dry_run=False)

    held = [labels((tmp_path / name / "cases.csv").read_text("utf-8")) for name in (".", "nord", "sud")]
    assert held == [["DK-A", "DK-B"], ["DK-A", "DK-B"], []]


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def published(run: Run, root: Path, worlds: dict[str, tuple[Any, str]], followup: Package) -> Run:
    """Give the command after both servers and the folder got DK-A and DK-B."""
    keep(root, "publish", "bureau", "terrain")
    worlds["terrain"][0].deployed.assets["a1"] = Asset("a1", followup.workbook, "followup", "v1", "v1")
    assert run("publish", "--json")[0] == 0
    return run


def decide(root: Path, code: str = "DK-A", **values: str) -> None:
    """Change what decides about a case."""

    def deed(register: Register) -> None:
        with register.writing() as rows:
            rows.execute(update(tables.case).where(tables.case.c.case_code == code).values(**values))

    with_register(root, deed)


def on_phones(worlds: dict[str, tuple[Any, str]], root: Path) -> list[set[str]]:
    """Return the codes that phones find: at the Central, at the KoboToolbox, in the folder."""
    files = dict(worlds["terrain"][0].deployed.assets["a1"].media.values())
    file = root / "out/phones/cases.csv"
    return [
        worlds["bureau"][0].published.lists.seen_by(11, "cases"),
        set(labels(files["cases.csv"].decode())),
        set(labels(file.read_text(encoding="utf-8"))) if file.is_file() else set(),
    ]


def stray(root: Path, worlds: dict[str, tuple[Any, str]]) -> None:
    """Let a trainer make a phone of no team."""
    assert root.is_dir()
    worlds["bureau"][0].published.phones[12] = {"name": "ESSAI", "token": "y" * 64, "forms": []}


def french(root: Path, worlds: dict[str, tuple[Any, str]]) -> None:
    """Let a spreadsheet of a French computer save the list of providers."""
    assert worlds
    (root / "providers.csv").write_text("name;label;department;services\nP1;x;CM007002;health\n", "utf-8")


def shut(root: Path, worlds: dict[str, tuple[Any, str]]) -> None:
    """Let the folder be one that cannot be written."""
    assert worlds
    shutil.rmtree(root / "out/phones")
    (root / "out/phones").write_text("x", encoding="utf-8")


def without_zone(root: Path, worlds: dict[str, tuple[Any, str]]) -> None:
    """Add a team of which nobody said the zone; the form stays that of the other."""
    assert worlds
    north = replace_forms(config.load(root).team[0], "a1")
    config.write(root, config.Settings(**{**vars_of(config.load(root)), "team": (north, BLANK)}))


def vars_of(settings: config.Settings) -> dict[str, Any]:
    """Return the values of settings by name."""
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


OBSTACLES: tuple[tuple[Any, ...], ...] = (
    (stray, 3, [None, "DK-C42", None], [], [{"DK-B"}, {"DK-B", "DK-E"}, {"DK-B", "DK-E"}]),
    (french, 3, [None, None, None], ["DK-C43"], [{"DK-B", "DK-E"}] * 3),
    (shut, 1, ["DK-C40", None, None], [], [{"DK-B", "DK-E"}, {"DK-B", "DK-E"}, set()]),
    (without_zone, 3, [None, None, None], ["DK-C41"], [{"DK-B"}, {"DK-B"}, set()]),
)


@pytest.mark.parametrize("obstacle", OBSTACLES, ids=lambda one: one[0].__name__)
def test_nothing_unrelated_keeps_a_case_on_phones(
    published: Run, root: Path, worlds: dict[str, tuple[Any, str]], obstacle: tuple[Any, ...]
) -> None:
    """DK-A became C4: it leaves every place that can be written. DK-E is new: it comes where nothing is refused."""
    hinder, code, failures, refused, there = obstacle
    decide(root, confidentiality="C4")
    decide(root, "DK-E", department="CM007005")
    hinder(root, worlds)
    found, said, talk = published("publish", "--json", "--now")

    assert (found, said["refused"]) == (code, refused)
    assert [one["failure"] for one in said["places"]] == failures
    assert all(f"{one} ·" in talk for one in refused)
    assert on_phones(worlds, root) == there


@pytest.mark.parametrize(
    "values",
    [{"confidentiality": "C4"}, {"state": "closed"}, {"confidentiality": "C3", "owner_code": "F30"}],
    ids=["secret", "closed", "of another owner"],
)
def test_whatever_the_reason_it_leaves_a_team_without_zone(
    published: Run, root: Path, worlds: dict[str, tuple[Any, str]], values: dict[str, str]
) -> None:
    """And DK-E, which may stay, stays; a person reads what was done."""
    decide(root, "DK-E", department="CM007005")
    assert published("publish", "--now")[0] == 0
    decide(root, **values)
    without_zone(root, worlds)
    _code, text, talk = published("--lang", "en", "publish")

    assert on_phones(worlds, root) == [{"DK-B", "DK-E"}, {"DK-B", "DK-E"}, {"DK-E"}]
    assert text.count("what must leave the lists has left; nothing new came.") == 3
    assert "DK-C41" in talk


def test_a_round_says_that_nothing_new_was_sent(
    published: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """It is no "left out, 0": a team has no zone, so a person must look, and DK-A has left."""
    decide(root, confidentiality="C4")
    without_zone(root, worlds)
    _code, document, _talk = published("sync", "--json")
    (part,) = (one for one in document["parts"] if one["name"] == "publish")

    assert (part["exit"], part["skipped"], part["refused"]) == (3, False, ["DK-C41"])
    assert on_phones(worlds, root) == [{"DK-B"}, {"DK-B"}, set()]
    assert "DK-C41" in published("--lang", "en", "sync")[1]


def test_no_team_any_more_is_no_reason_to_leave_a_case_there(
    published: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """Lists were sent once: so they are looked at, though the settings name no team now. Whose a C3 is, is not known then."""
    decide(root, "DK-E", department="CM007005")
    assert published("publish", "--now")[0] == 0
    decide(root, confidentiality="C4")
    config.write(root, config.Settings(**{**vars_of(config.load(root)), "team": ()}))
    code, said, _talk = published("publish", "--json")

    assert (code, said["refused"]) == (3, ["DK-C41"])
    assert on_phones(worlds, root) == [{"DK-E"}] * 3


def test_what_must_leave_leaves_while_a_pull_goes_on(
    published: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """At the Central, without a word in the register; the other places are named, and a person is told what to do."""
    decide(root, confidentiality="C4")
    kept = settings_in(root)
    with hold(root, "pull"):
        code, said, talk = published("--lang", "en", "publish", "--json", "--now")
        dry = published("publish", "--dry-run", "--json")
    held = {one["server"]: one["held"] for one in said["places"]}
    there, unchanged = on_phones(worlds, root), settings_in(root) == kept
    again, _said, _talk = published("publish")

    assert (code, said["refused"], dry[0]) == (1, ["DK-N47"], 0)
    assert held == {"": True, "bureau": False, "terrain": True}
    assert there == [{"DK-B"}, {"DK-A", "DK-B"}, {"DK-A", "DK-B"}]
    assert "and still must at: folder, terrain." in talk
    assert "press Ctrl+C where it runs" in talk
    assert unchanged
    assert (again, on_phones(worlds, root)) == (0, [{"DK-B"}] * 3)


def settings_in(root: Path) -> str:
    """Return what the register remembers of lists."""
    remembered: str = with_register(root, lambda register: repr(notes(register)))
    return remembered
