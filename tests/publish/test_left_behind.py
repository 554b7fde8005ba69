"""What nothing looks after any more: lists of forms, of teams and of servers that the settings name no longer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_scripts.config import ServerSettings, Settings, TeamSettings
from sync_scripts.errors import DikaloError
from sync_scripts.publish.audiences import PhonesWithoutZone, teams_of
from sync_scripts.publish.files import Note, key, of_lists
from sync_scripts.publish.folder import audiences, into_folder
from sync_scripts.publish.kobo_forms import FormOfOthers, FormsOutOfReach, ListsLeftBehind
from sync_scripts.servers.kobo import NotLoggedIn
from sync_scripts.store.database import Register
from sync_scripts.store.health import Finding
from sync_scripts.store.lock import hold
from sync_scripts.store.schema.raw import setting
from tests.contract.kobo_forms import Asset
from tests.publish.places import CASES, NOW, PROVIDERS, TEAMS, Terrain, cut_after, followup, terrain
from tests.publish.scene import Run, with_register
from tests.publish.test_phones import FORMS, named, root, run, workbook, worlds
from tests.publish.test_team_forms import OWN, apart, on_phones

__all__ = ["apart", "followup", "root", "run", "terrain", "workbook", "worlds"]


@pytest.fixture
def forgotten(apart: Terrain) -> Terrain:
    """Give a server of which the settings named two forms, each with its list, and name one now."""
    apart.send()
    assert on_phones(apart, OWN) == {"DK-A", "DK-B"}
    apart.beside, apart.sent = (), (apart.uid, OWN)
    apart.teams = TEAMS[:1]
    return apart


def test_a_form_that_is_named_no_more_gets_an_empty_list_once(forgotten: Terrain) -> None:
    """At once and with its heading; the other form keeps its own, and the next run writes nothing, nor asks for it."""
    done, written = forgotten.send(at=NOW + timedelta(minutes=1))
    emptied = on_phones(forgotten, OWN)
    since = len(forgotten.world.log)
    again, rewritten = forgotten.send(at=NOW + timedelta(hours=7))
    asked = [path for _method, path, _status in forgotten.world.log[since:] if f"/{OWN}/" in path]

    assert (done.emptied, done.failure, emptied) == ([OWN], None, set())
    assert all(f"/{OWN}/" in path for _method, path in written)
    assert on_phones(forgotten, forgotten.uid) == {"DK-A", "DK-B"}
    assert (rewritten, again.emptied, asked) == ([], [], [])


def test_a_dry_run_says_which_list_it_would_empty(forgotten: Terrain) -> None:
    """And empties none."""
    done, written = forgotten.send(dry_run=True)

    assert (done.emptied, written, on_phones(forgotten, OWN)) == ([OWN], [], {"DK-A", "DK-B"})


def test_a_form_that_is_named_again_gets_its_list_again(forgotten: Terrain) -> None:
    """What was emptied is no more than that."""
    forgotten.send(at=NOW + timedelta(minutes=1))
    forgotten.forms = (forgotten.uid, OWN)
    forgotten.send(at=NOW + timedelta(hours=7))

    assert on_phones(forgotten, OWN) == {"DK-A", "DK-B"}


@pytest.mark.parametrize("after", range(9))
def test_a_cut_while_a_list_is_emptied_is_mended(forgotten: Terrain, after: int) -> None:
    """Wherever it is cut, the next run ends it."""
    cut_after(forgotten.world, after)
    with suppress(DikaloError):
        forgotten.send(at=NOW + timedelta(minutes=1))
    forgotten.world.knob = lambda _request: None
    forgotten.send(at=NOW + timedelta(minutes=2))

    assert on_phones(forgotten, OWN) == set()
    assert forgotten.send(at=NOW + timedelta(hours=7))[1] == []


def test_a_form_that_is_gone_is_said_once(forgotten: Terrain) -> None:
    """Deleted there, no phone gets its list; out of sight, phones do: so it is said, and looked for at each run."""
    hidden = forgotten.world.deployed.assets.pop(OWN)
    dry, _written = forgotten.send(dry_run=True)
    done, _written = forgotten.send()
    again, _written = forgotten.send()
    forgotten.world.deployed.assets[OWN] = hidden
    back, _written = forgotten.send()

    assert isinstance(dry.failure, ListsLeftBehind)
    assert isinstance(done.failure, ListsLeftBehind)
    assert (done.failure.forms, done.failure.exit_code) == (OWN, 3)
    assert again.failure is None
    assert (back.emptied, on_phones(forgotten, OWN)) == ([OWN], set())


def test_to_a_stranger_no_form_is_gone(forgotten: Terrain) -> None:
    """Kobo shows a visitor an empty world: nothing is concluded from it."""
    forgotten.world.knob = lambda asked: (
        httpx.Response(200, json={}) if asked.url.path == "/me/" else httpx.Response(404, json={})
    )
    done, _written = forgotten.send()

    assert isinstance(done.failure, NotLoggedIn)
    assert not forgotten.notes[OWN].hidden


def test_a_form_that_is_not_served_is_named_each_time(forgotten: Terrain) -> None:
    """That is no word about the form."""
    forgotten.world.knob = lambda asked: (
        httpx.Response(403, json={}) if f"/assets/{OWN}/" in asked.url.path else None
    )
    for _time in range(2):
        done, _written = forgotten.send()
        assert isinstance(done.failure, FormsOutOfReach)
        assert done.failure.forms == OWN


def test_an_archived_form_stays_archived(forgotten: Terrain) -> None:
    """To send it a list would open it again; phones keep theirs, which is said once. Opened by somebody, it is emptied."""
    asset = forgotten.world.deployed.assets[OWN]
    asset.active = False
    forgotten.asset.active = False
    dry, _written = forgotten.send(CASES[1:], NOW + timedelta(minutes=1), dry_run=True)
    done, written = forgotten.send(CASES[1:], NOW + timedelta(minutes=1))
    noted = forgotten.notes[OWN].hidden
    again, _written = forgotten.send(CASES[1:], NOW + timedelta(minutes=1))
    assert [set(one.archived) for one in (dry, done)] == [{forgotten.uid, OWN}] * 2
    assert (done.asks, again.archived) == (True, [forgotten.uid])
    asset.active = forgotten.asset.active = True
    back, _written = forgotten.send(CASES[1:], NOW + timedelta(minutes=2))

    assert (done.emptied, done.failure, written, noted) == ([], None, [], True)
    assert (back.emptied, on_phones(forgotten, OWN)) == ([OWN], set())
    assert on_phones(forgotten, forgotten.uid) == {"DK-B"}


def test_a_form_that_is_archived_where_the_settings_name_none_is_told_each_time_it_is(
    terrain: Terrain,
) -> None:
    """The server then shows it among its forms no more, though phones keep its list; opened and closed anew it is told anew."""
    terrain.send()
    terrain.sent = (terrain.uid,)
    told = []
    for active in (False, False, True, False):
        terrain.asset.active = active
        done, written = terrain.send()
        told.append((done.archived, written))

    assert told == [([terrain.uid], []), ([], []), ([], []), ([terrain.uid], [])]


def test_a_form_of_another_account_that_is_no_teams_any_more_is_emptied(forgotten: Terrain) -> None:
    """The settings let all forms of the account have a list; this one it had as the team's."""
    forgotten.forms = ()
    forgotten.world.deployed.assets[OWN].owner = "inconnu"
    done, _written = forgotten.send()

    assert isinstance(done.failure, FormOfOthers)
    assert (done.emptied, on_phones(forgotten, OWN)) == ([OWN], set())


def test_a_form_that_is_no_teams_any_more_is_emptied_where_there_are_several(forgotten: Terrain) -> None:
    """Nobody is known to be entitled to what is in it."""
    forgotten.forms = ()
    places = TEAMS[0].departments
    forgotten.teams = (
        TeamSettings(name="nord", departments=places, people=("F12",), forms=(forgotten.uid,)),
        TEAMS[1],
    )
    done, _written = forgotten.send()

    assert isinstance(done.failure, PhonesWithoutZone)
    assert on_phones(forgotten, OWN) == set()
    assert on_phones(forgotten, forgotten.uid) == {"DK-A", "DK-B"}


def test_what_must_leave_leaves_though_somebody_of_no_team_may_fill_the_form(terrain: Terrain) -> None:
    """Nothing comes meanwhile."""
    terrain.send([CASES[1]])
    terrain.send(CASES[:2], hurry=True)
    terrain.asset.rights["p9"] = ("passant", "add_submissions")
    done, written = terrain.send([CASES[0], *CASES[1:]], hurry=True)
    more, _written = terrain.send(CASES[1:], NOW + timedelta(hours=7))

    assert (written, on_phones(terrain, terrain.uid)) == ([], {"DK-B"})
    assert isinstance(done.failure, PhonesWithoutZone)
    assert isinstance(more.failure, PhonesWithoutZone)
    assert terrain.send([CASES[0], CASES[1]], NOW + timedelta(hours=14))[1] == []


def test_what_another_teams_phone_may_not_hold_leaves_though_somebody_of_no_team_may_fill_the_form(
    terrain: Terrain,
) -> None:
    """They were let in on one day: of the one nothing is known, and of the other all that counts."""
    north = TeamSettings(name="nord", departments=TEAMS[0].departments, people=("F12",), forms=(terrain.uid,))
    south = TeamSettings(name="sud", departments=("CM007002",), people=("F20",))
    terrain.teams = (north, south)
    terrain.send()
    before = on_phones(terrain, terrain.uid)
    terrain.asset.rights |= {"p8": ("f20", "add_submissions"), "p9": ("passant", "add_submissions")}
    done, _written = terrain.send(at=NOW + timedelta(minutes=1))

    assert (before, on_phones(terrain, terrain.uid)) == ({"DK-A", "DK-B"}, {"DK-A"})
    assert [one.fields()["which"] for one in done.failures] == ["passant"]


# --- Central and the folder -------------------------------------------------------------------------------------------


def test_a_team_that_is_named_no_more_leaves_no_list_in_the_folder(tmp_path: Path) -> None:
    """Its list is emptied, and that of every team when there is one list for all; other files are left alone."""

    def publish(teams: tuple[TeamSettings, ...]) -> list[str]:
        done = into_folder(
            tmp_path, CASES, PROVIDERS, audiences(teams_of(teams), everywhere=False), dry_run=False
        )
        return [file for _deed, file, _count in done.deeds]

    def held(name: str) -> list[str]:
        return [line.split(",")[1] for line in (tmp_path / name / "cases.csv").read_text().splitlines()[1:]]

    publish(TEAMS)
    (tmp_path / "autre").mkdir()
    (tmp_path / "autre" / "cases.csv").write_text("a,b\n1,2\n")
    both = held("nord"), held("sud")
    wrote = publish((TEAMS[0], TeamSettings(name="est", departments=("CM004001",))))
    renamed = held("sud")
    publish(TEAMS[:1])
    again = publish(TEAMS[:1])

    assert both == (["DK-A", "DK-B"], ["DK-C"])
    assert ("sud/cases.csv" in wrote, renamed) == (True, [])
    assert (held("nord"), held("."), again) == ([], ["DK-A", "DK-B"], [])
    assert (tmp_path / "autre" / "cases.csv").read_text() == "a,b\n1,2\n"


# --- the commands -----------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_emptied(run: Run, root: Path, worlds: dict[str, tuple[Any, str]]) -> None:
    """The settings named two forms; now one. The doctor names the other until publish was there."""
    world = worlds["terrain"][0]
    for uid in ("a1", OWN):
        world.deployed.assets[uid] = Asset(
            uid, (FORMS / "followup.xlsx").read_bytes(), "followup", "v1", "v1"
        )
    named(root, server='["a1"]', team=f'["a1", "{OWN}"]')
    run("publish", "--server", "terrain")
    named(root, server='["a1"]', team='["a1"]')
    before = lists_said(run)
    publish = "--lang", "en", "publish", "--server", "terrain"
    dry = run(*publish, "--dry-run")[1]
    with hold(root, "pull"):
        locked = run(*publish)[1]
    code, said, _talk = run(*publish)
    after = lists_said(run)

    assert [one["level"] for one in before] == ["warn"]
    assert OWN in before[0]["words"]
    assert (code, f"phones get an empty list with them: {OWN}" in said) == (0, True)
    for unsent in (dry, locked):
        assert f"would get an empty list with them, but nothing was sent this time: {OWN}" in unsent
        assert "phones get an empty list" not in unsent
    assert after == []
    assert b"DK-" not in dict(world.deployed.assets[OWN].media.values())["cases.csv"]


def lists_said(run: Run) -> list[dict[str, str]]:
    """Return what the doctor says of lists, without asking a server."""
    said = run("doctor", "--open", "--offline", "--json")[1]
    return [one for one in said["findings"] if one["code"] == "server-lists"]


def test_the_doctor_knows_servers_and_forms_that_are_named_no_more(root: Path) -> None:
    """By level: what stands, what is out of sight, what went to a server that is no longer there."""
    notes = {
        "a1": Note(files=("cases.csv",), cases=frozenset({"DK-A"})),
        "b1": Note(files=("cases.csv",), cases=frozenset({"DK-A"}), hidden=True),
        "c1": Note(files=("cases.csv",), cases=frozenset()),
        "d1": Note(files=("cases.csv",), cases=frozenset({"DK-A"})),
    }

    def look(server: str, forms: tuple[str, ...]) -> list[tuple[str, str]]:
        settings = Settings(
            id="e" * 32,
            server=(ServerSettings(name=server, kind="kobo", url="https://x.example", forms=forms),),
        )
        found: list[Finding] = with_register(root, lambda register: list(of_lists(register, settings)))
        return [(one.level, next(name for name in (*notes, "terrain") if name in one.words)) for one in found]

    with_register(root, remember(notes))
    renamed = Settings(
        id="e" * 32, server=(ServerSettings(name="ailleurs", kind="kobo", url="https://x.example"),)
    )
    (said,) = with_register(root, lambda register: list(of_lists(register, renamed)))

    assert "If it was only renamed, run dikalo publish" in said.words
    assert look("terrain", ("d1",)) == [("warn", "a1"), ("note", "b1")]
    assert look("terrain", ()) == [("note", "b1")]
    assert look("ailleurs", ("d1",)) == [("note", "terrain")]


def remember(notes: dict[str, Note]) -> Callable[[Register], None]:
    """Return what keeps notes of forms at the server ``terrain``."""
    import msgspec

    def deed(register: Register) -> None:
        with register.writing() as rows:
            rows.many(
                setting,
                [
                    {"name": key("terrain", form), "value": msgspec.json.encode(note).decode()}
                    for form, note in notes.items()
                ],
            )

    return deed
