"""Lists onto stand-ins of both servers: once is enough, what left leaves, each phone gets its zone, a cut is mended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from sync_scripts.config import TeamSettings
from sync_scripts.deploy import CentralForms, KoboForms, Package, pack, plan
from sync_scripts.errors import DikaloError
from sync_scripts.publish import Done, OpenCase, PhonesWithoutZone
from sync_scripts.publish.central import CentralLists, ListOpenToAll
from sync_scripts.publish.files import FilePlan, Note, plan_files
from sync_scripts.publish.kobo import FormOfOthers, FormsOutOfReach, FormTakesAnybody, KoboLists, NotOnPhones
from sync_scripts.publish.lists import Row
from sync_scripts.publish.zones import teams_of
from sync_scripts.register.listed import row_uuid
from sync_scripts.servers.central import Project, visiting
from sync_scripts.servers.central.lists import Lists, chunks
from sync_scripts.servers.http import Client, Credential
from sync_scripts.servers.http.errors import RedirectedElsewhere, ShapeUnknown
from sync_scripts.servers.kobo import Account
from sync_scripts.servers.kobo.door import Door
from sync_scripts.servers.kobo.sharing import Sharing
from tests.deploy.test_deploy import FORMS
from tests.servers import central_world, kobo_world
from tests.servers.central_copies import Copy
from tests.servers.kobo_forms import Asset
from tests.servers.test_central import FAST
from xlsform.compare.acceptance import Acceptance

PLACE = f"{central_world.PROJECT}/cases"
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
TEAMS = (
    TeamSettings(name="nord", departments=("CM007002", "CM007005"), people=("F12",)),
    TeamSettings(name="sud", departments=("CM010001",), people=("F20",)),
)
PROVIDERS = (Row("PR-1", {"label": "PR-1", "department": "CM007002", "services": "health"}),)


def case(code: str, department: str = "CM007002", level: str = "C2", status: str = "active") -> OpenCase:
    """Give a case."""
    return OpenCase(code, department, "2026-12-01", status, level, "F12")


CASES = [case("DK-A"), case("DK-B", "CM007005"), case("DK-C", "CM010001"), case("DK-D", level="C4")]


def writes(world: Any, since: int) -> list[tuple[str, str]]:
    """Return the writing requests after a point of the log; logging in is none."""
    return [
        (method, path)
        for method, path, _status in world.log[since:]
        if method not in {"GET", "HEAD"} and "/v1/sessions" not in path
    ]


@dataclass
class Office:
    """A Central with two phones."""

    world: central_world.World
    project: Project
    notes: dict[str, Note] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    teams: tuple[TeamSettings, ...] = TEAMS

    def send(
        self,
        cases: Sequence[OpenCase],
        at: datetime = NOW,
        *,
        everywhere: bool = False,
        hurry: bool = False,
        dry_run: bool = False,
    ) -> tuple[Done, list[tuple[str, str]]]:
        """Publish; return the outcome and what was written."""
        before = len(self.world.log)
        lists = CentralLists(
            "bureau",
            Lists(self.project),
            teams_of(self.teams),
            recall=lambda form: self.notes.get(form, Note()),
            remember=self.notes.__setitem__,
            everywhere=everywhere,
            providers=frozenset({"PR-1", "PR-0"}),
            sent=frozenset(self.sent),
        )
        self.sent |= {one.code for one in cases}
        done = lists.send(cases, PROVIDERS, at, hurry=hurry, dry_run=dry_run)
        return done, writes(self.world, before)

    def on_phone(self, number: int) -> set[str]:
        """Return the codes that a phone downloads."""
        return self.world.published.lists.seen_by(number, "cases")


def opened() -> Office:
    """Return a Central with a phone of each team: 11 and 12."""
    world = central_world.World()
    client, _visit = visiting(
        lambda login: Client("https://central.example", login, below=world.transport(), patience=FAST),
        central_world.EMAIL,
        central_world.PASSWORD,
    )
    project = Project(client, central_world.PROJECT)
    for code in ("F12", "F20"):
        project.add_app_user(code)
    return Office(world, project)


@pytest.fixture
def office() -> Office:
    """Give a Central with a phone of each team: 11 and 12."""
    return opened()


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
    from tests.servers.central_lists import Entity

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


def cut_after(world: Any, after: int) -> None:
    """Let a server fail for good after so many requests."""
    seen: list[None] = []

    def cut(_request: httpx.Request) -> httpx.Response | None:
        seen.append(None)
        return httpx.Response(502) if len(seen) > after else None

    world.knob = cut


def test_bodies_stay_below_what_central_takes() -> None:
    """Ten thousand rows that leave at once go in pieces of less than 250 kB."""
    uuids = [row_uuid(f"DK-{number}", PLACE) for number in range(10_000)]
    parts = list(chunks(uuids))

    assert [one for part in parts for one in part] == uuids
    assert max(len(json.dumps({"ids": part})) for part in parts) < 250_000


# --- KoboToolbox --------------------------------------------------------------------------------------------------


@dataclass
class Terrain:
    """A KoboToolbox with the follow-up form, deployed."""

    world: kobo_world.World
    account: Account
    uid: str
    notes: dict[str, Note] = field(default_factory=dict)
    teams: tuple[TeamSettings, ...] = TEAMS[:1]
    forms: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    door: Door | None = None
    slept: list[float] = field(default_factory=list)

    def send(
        self,
        cases: Sequence[OpenCase] = tuple(CASES),
        at: datetime = NOW,
        *,
        hurry: bool = False,
        dry_run: bool = False,
    ) -> tuple[Done, list[tuple[str, str]]]:
        """Publish; return the outcome and what was written."""
        before = len(self.world.log)
        lists = KoboLists(
            name="terrain",
            sharing=Sharing(self.account),
            teams=teams_of(self.teams),
            settings=self.teams,
            recall=lambda uid: self.notes.get(uid, Note()),
            remember=self.notes.__setitem__,
            forms=self.forms,
            beside=self.beside,
            sent=self.sent,
            door=self.door,
        )
        done = lists.send(cases, PROVIDERS, at, hurry=hurry, dry_run=dry_run)
        return done, writes(self.world, before)

    @property
    def asset(self) -> Any:
        """Return the form at the server."""
        return self.world.deployed.assets[self.uid]

    def on_phones(self) -> str:
        """Return the list that phones see: deployed, not only uploaded."""
        import hashlib

        for name, data in self.asset.media.values():
            if name == "cases.csv":
                digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
                return data.decode() if self.asset.on_phones.get(name) == digest else ""
        return ""


@pytest.fixture(scope="module")
def followup() -> Package:
    """Give the follow-up form, read once."""
    return pack(FORMS / "followup.xlsx", FORMS / "media")


@pytest.fixture
def terrain(followup: Package) -> Terrain:
    """Give the server after a deployment."""
    world = kobo_world.World(forms={})
    token = Credential.token(kobo_world.TOKEN, "Token")
    account = Account(Client("https://kobo.example", token, below=world.transport(), patience=FAST))
    forms = KoboForms(account, sleep=lambda _seconds: None)
    uid = forms.carry_out(followup, plan(followup, forms.look(followup), Acceptance()))
    return Terrain(world, account, uid)


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


@pytest.fixture
def watched(terrain: Terrain) -> Terrain:
    """Give the server, with the address that phones use in the settings."""
    terrain.door = Door(terrain.account.client, terrain.slept.append)
    return terrain


def test_the_lists_are_watched_until_phones_have_them(watched: Terrain) -> None:
    """The server hands them on a while after it took them; until then the publication is not over."""
    watched.world.deployed.slow = 4
    done, _written = watched.send()

    assert done.failure is None
    assert len(watched.slept) == 3
    assert "DK-A" in watched.on_phones()
    assert not watched.notes[watched.uid].begun


def test_lists_that_do_not_arrive_are_said_and_looked_for_by_the_next_run(watched: Terrain) -> None:
    """No new version of the form is made when they came after all."""
    watched.world.deployed.slow = 1_000
    done, _written = watched.send()
    assert isinstance(done.failure, NotOnPhones)
    assert watched.notes[watched.uid].begun

    watched.world.deployed.slow = 0
    again, written = watched.send(at=NOW + timedelta(minutes=5))
    assert (again.failure, written) == (None, [])
    assert not watched.notes[watched.uid].begun
    assert watched.send(at=NOW + timedelta(minutes=6))[1] == []


def test_lists_that_never_arrived_are_sent_out_again(watched: Terrain) -> None:
    """The form is deployed once more, without waiting six hours."""
    watched.world.deployed.slow = 1_000
    watched.send()
    watched.world.deployed.slow = 3
    done, written = watched.send(at=NOW + timedelta(minutes=5))

    assert done.failure is None
    assert [method for method, _path in written] == ["PATCH"]
    assert "DK-A" in watched.on_phones()


def test_a_door_that_does_not_show_the_form_stops_nothing(watched: Terrain) -> None:
    """The account of the role publish may not be among those that fill the form in."""

    def blind(request: httpx.Request) -> httpx.Response | None:
        empty = b'<xforms xmlns="http://openrosa.org/xforms/xformsList"></xforms>'
        return httpx.Response(200, content=empty) if request.url.path == "/formList" else None

    watched.world.knob = blind

    assert watched.send()[0].failure is None


def test_a_door_that_leads_elsewhere_is_refused(watched: Terrain) -> None:
    """The token goes to no other host."""
    text = f"<xforms><xform><formID>{watched.uid}</formID><manifestUrl>https://x.example/m</manifestUrl></xform></xforms>"
    watched.world.knob = lambda request: (
        httpx.Response(200, content=text.encode()) if request.url.path == "/formList" else None
    )
    with pytest.raises(RedirectedElsewhere):
        watched.send()


@pytest.mark.parametrize("text", ["<xforms>", '<!DOCTYPE x [<!ENTITY a "b">]><xforms>&a;</xforms>', "no"])
def test_a_door_that_shows_something_else_is_an_error(watched: Terrain, text: str) -> None:
    """Never an empty list."""
    watched.world.knob = lambda request: (
        httpx.Response(200, content=text.encode()) if request.url.path == "/formList" else None
    )
    with pytest.raises(ShapeUnknown):
        watched.send()


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
