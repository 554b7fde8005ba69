"""``dikalo phones`` at stand-ins of both servers: one account a person, locked out and looked at, a lost phone told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_scripts.publish.phones import Revoked, RightsHidden, settled
from sync_scripts.store.database import Register
from sync_scripts.store.schema import raw
from tests.contract.central_forms import Copy
from tests.contract.central_world import World as Central
from tests.contract.kobo_forms import Asset
from tests.contract.kobo_world import World as Kobo
from tests.contract.serving import serving
from tests.publish.scene import Run, keep, make, runner, with_register

FORMS = Path(__file__).parents[2] / "forms"
SEND = "add_submissions"


@pytest.fixture(scope="module")
def workbook() -> bytes:
    """Give a form."""
    return (FORMS / "situation.xlsx").read_bytes()


@pytest.fixture
def worlds(workbook: bytes) -> Iterator[dict[str, tuple[Any, str]]]:
    """Give both servers, each with a form."""
    central, kobo = Central(), Kobo(forms={})
    for form in ("alert", "followup", "autre"):
        central.published.published[form] = Copy(workbook, "1", {})
    kobo.deployed.assets["a1"] = Asset("a1", workbook, "followup", "v1", "v1")
    kobo.deployed.users |= {"enum1", "enum9", "f12"}
    with serving(central.answer) as one, serving(kobo.answer) as other:
        yield {"bureau": (central, one), "terrain": (kobo, other)}


@pytest.fixture
def root(tmp_path: Path, worlds: dict[str, tuple[Any, str]]) -> Path:
    """Give a workspace with both logins."""
    make(tmp_path / "w", worlds["bureau"][1], worlds["terrain"][1])
    keep(tmp_path / "w", "publish", "bureau", "terrain")
    return tmp_path / "w"


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command there."""
    return runner(root, monkeypatch, capsys)


def test_a_phone_is_made_once_with_the_forms_of_the_settings(
    run: Run, worlds: dict[str, tuple[Any, str]]
) -> None:
    """Not with others of the project; again makes no second account, and the token stays covered until asked for."""
    code, said, talk = run("phones", "add", "F12", "--server", "bureau", "--json")
    again = run("phones", "add", "F12", "--server", "bureau", "--json")
    text = run("--lang", "en", "phones", "add", "F12", "--server", "bureau")
    shown = run("phones", "add", "F12", "--server", "bureau", "--json", "--reveal")
    phones = worlds["bureau"][0].published.phones
    token = phones[11]["token"]

    assert code == 0
    assert list(phones) == [11]
    assert (phones[11]["name"], phones[11]["forms"]) == ("F12", ["alert", "followup"])
    assert [one["servers"][0]["made"] for one in (said, again[1])] == [True, False]
    assert token not in repr((said, talk, again, text))
    assert "dikalo qr F12 --server bureau" in text[1]
    assert shown[1]["servers"][0]["token"] == token


def test_the_list_shows_both_servers(run: Run, worlds: dict[str, tuple[Any, str]]) -> None:
    """Code, state, team, forms; no token; rights that a phone does not need are shown."""
    for server in ("bureau", "terrain"):
        run("phones", "add", "F12", "--server", server)
    worlds["terrain"][0].deployed.assets["a1"].rights["p9"] = ("f12", "view_submissions")
    code, said, _talk = run("phones", "list", "--json")
    shown = [(one["code"], one["server"], one["open"], one["team"], one["rights"]) for one in said["phones"]]

    assert code == 0
    assert shown == [
        ("F12", "bureau", True, "nord", []),
        ("f12", "terrain", True, "nord", ["view_submissions"]),
    ]
    assert "telephone" not in repr(said)


def test_revoked_everywhere_and_a_second_time_says_there_is_none(
    run: Run, worlds: dict[str, tuple[Any, str]]
) -> None:
    """Every right is taken, not sending alone; a dry run takes none."""
    for server in ("bureau", "terrain"):
        run("phones", "add", "F12", "--server", server)
    asset = worlds["terrain"][0].deployed.assets["a1"]
    asset.rights["p9"] = ("f12", "view_submissions")
    asset.rights["p8"] = ("enum1", "add_submissions")
    dry = run("phones", "revoke", "F12", "--dry-run", "--json")
    before = (worlds["bureau"][0].published.phones[11]["token"], len(asset.rights))
    code, said, _talk = run("phones", "revoke", "F12", "--json")
    again = run("phones", "revoke", "F12", "--json")

    assert (dry[0], before[1]) == (0, 3)
    assert before[0] is not None
    assert (code, said["locked_out"]) == (0, True)
    assert worlds["bureau"][0].published.phones[11]["token"] is None
    assert list(asset.rights.values()) == [("enum1", "add_submissions")]
    assert (again[0], again[1]["code"]) == (2, "DK-C46")


def test_a_server_that_says_yes_and_does_nothing_is_loud(
    run: Run, worlds: dict[str, tuple[Any, str]]
) -> None:
    """Central answers 403 to a token it does not end: we look again, and end with 5 in capital letters."""
    run("phones", "add", "F12", "--server", "bureau")

    def deaf(request: httpx.Request) -> httpx.Response | None:
        ends = request.method == "DELETE" and "telephone" in request.url.path
        return httpx.Response(403, json={"code": 403.1}) if ends else None

    worlds["bureau"][0].knob = deaf
    code, text, talk = run("--lang", "en", "phones", "revoke", "F12")

    assert code == 5
    assert "NOT LOCKED OUT on bureau" in talk
    assert "bureau: NOT LOCKED OUT" in text
    assert "telephone11" not in text + talk


def test_a_server_that_cannot_be_asked_counts_as_open(run: Run, worlds: dict[str, tuple[Any, str]]) -> None:
    """The other is locked all the same; exit 5."""
    for server in ("bureau", "terrain"):
        run("phones", "add", "F12", "--server", server)
    worlds["bureau"][0].knob = lambda _request: httpx.Response(501)
    code, said, _talk = run("phones", "revoke", "F12", "--json")

    assert (code, said["locked_out"]) == (5, False)
    assert worlds["terrain"][0].deployed.assets["a1"].rights == {}


@pytest.mark.parametrize("status", [404, 501])
def test_a_form_that_is_gone_keeps_no_other_open(
    run: Run, worlds: dict[str, tuple[Any, str]], workbook: bytes, status: int
) -> None:
    """KoboToolbox: the phone is locked out of every form that answers, before anybody hears of the one that does not."""
    world = worlds["terrain"][0]
    run("phones", "add", "F12", "--server", "terrain")
    last = world.deployed.assets["a1"]
    world.deployed.assets = {"a0": Asset("a0", workbook, "alert", "v1", "v1"), "a1": last}
    world.knob = lambda asked: httpx.Response(status, json={}) if "/assets/a0/" in asked.url.path else None
    code, said, _talk = run("phones", "lost", "F12", "--json")

    assert last.rights == {}
    assert (code, said["locked_out"]) == (5, False)
    assert {one["server"]: one["forms_open"] for one in said["servers"]} == {"bureau": [], "terrain": ["a0"]}


@pytest.mark.parametrize("command", ["lost", "revoke"])
@pytest.mark.parametrize("team", ["", "deployed", "archived"])
def test_a_phone_is_locked_out_of_forms_that_are_not_among_those_of_the_server(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]], command: str, team: str
) -> None:
    """A team's own form, and one that nobody names, let it in as well; one that a team names also where it is archived."""
    assets = worlds["terrain"][0].deployed.assets
    assets["b2"] = Asset("b2", assets["a1"].workbook, "followup", "v1", "v1", active=team != "archived")
    named(root, server='["a1"]', team='["b2"]' if team else "[]")
    for asset in assets.values():
        asset.rights |= {f"p-{asset.uid}": ("f12", SEND), f"q-{asset.uid}": ("enum1", SEND)}
    listed = run("phones", "list", "--json")
    dry = run("phones", command, "F12", "--dry-run", "--json")
    code, said, _talk = run("phones", command, "F12", "--json")
    left = [list(asset.rights.values()) for asset in assets.values()]
    added = run("phones", "add", "F12", "--server", "terrain", "--json")

    assert [one["forms"] for one in listed[1]["phones"]] == [["a1", "b2"]] * 2
    assert [one["servers"][1]["accounts"] for one in (dry[1], said)] == [2, 2]
    assert (code, said["locked_out"]) == (0, True)
    assert left == [[("enum1", SEND)]] * 2
    assert added[1]["servers"][0]["forms"] == (["b2"] if team == "deployed" else ["a1"])


def test_a_teams_form_that_no_server_shows_is_named(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """Nobody knows whether the phone is let in by it; a copy of a form is Central's, where the account itself was ended."""
    rights = worlds["terrain"][0].deployed.assets["a1"].rights
    for server in ("bureau", "terrain"):
        run("phones", "add", "F12", "--server", server)
    named(root, server='["a1"]', team='["followup_nord", "alert", "b9"]')
    code, text, talk = run("--lang", "en", "phones", "lost", "F12")
    named(root, server='["a1"]', team='["followup_nord", "alert"]')
    rights["p1"] = ("f12", SEND)
    other, said, _talk = run("phones", "lost", "F12", "--json")

    assert code == 5
    assert "terrain: NOT LOCKED OUT\n  forms that may still let it in: b9\n" in text
    assert "bureau: locked out" in text
    assert "DK-I62" in talk
    assert "LOCKED OUT on terrain" in talk
    assert (other, said["locked_out"], rights) == (0, True, {})


def test_a_list_of_forms_that_fails_keeps_no_named_form_open(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """What the settings name is closed; that nothing is known of the others is a failure."""
    world = worlds["terrain"][0]
    named(root, server='["a1"]', team="[]")
    world.deployed.assets["a1"].rights["p1"] = ("f12", SEND)
    world.knob = lambda asked: (
        httpx.Response(200, json={"count": 9, "results": []}) if asked.url.path.endswith("/assets/") else None
    )
    code, said, _talk = run("phones", "revoke", "F12", "--json")
    listed = run("phones", "list", "--json")

    assert world.deployed.assets["a1"].rights == {}
    assert (code, said["locked_out"]) == (5, False)
    assert (listed[0], list(listed[1]["failures"])) == (5, ["terrain"])


def test_a_teams_form_may_be_another_servers() -> None:
    """One that any KoboToolbox shows was seen to there; unless all were asked, nothing is said of it."""
    central = Revoked("bureau", 1)
    here = Revoked("ici", 1, absent=frozenset({"b1", "b2"}))
    there = Revoked("là", 1, absent=frozenset({"b2", "b3"}))
    found = settled([central, here, there], 2)

    assert [one.forms for one in found] == [(), ("b2",), ("b2",)]
    assert [isinstance(one.failure, RightsHidden) for one in found] == [False, True, True]
    assert settled([central, here, replace(there, absent=frozenset({"b3"}))], 2)[1:] == [
        here,
        replace(there, absent=frozenset({"b3"})),
    ]
    assert settled([central, here], 2) == [central, here]
    assert settled([central], 0) == [central]


def named(root: Path, *, server: str, team: str) -> None:
    """Let the settings name these forms under the server ``terrain`` and under the team."""
    where = root / "dikalo.toml"
    text = where.read_text()
    for name, forms in (("terrain", server), ("nord", team)):
        text = re.sub(rf'name = "{name}"(\nforms = .*)?', f'name = "{name}"\nforms = {forms}', text)
    where.write_text(text)


def test_a_lost_phone_is_locked_out_first_then_told(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """What it sent, with the codes of the cases, and what its lists hold; a phone in no team is said to be unknown."""
    run("phones", "add", "F12", "--server", "bureau")
    with_register(root, _sent)
    code, said, _talk = run("phones", "lost", "f12", "--json")
    other = run("--lang", "en", "phones", "lost", "F20")

    assert (code, said["locked_out"]) == (0, True)
    assert worlds["bureau"][0].published.phones[11]["token"] is None
    assert [(one["form"], one["alert"], one["case"]) for one in said["sent"]] == [("alert", "AL-1", "DK-A")]
    assert said["cases_in_lists"] == ["DK-A", "DK-B"]
    assert "in no team" in other[1]


def test_a_phone_that_once_got_every_zone_is_warned_of_for_all_of_them(run: Run, root: Path) -> None:
    """After ``publish --all-zones`` the people of the other zones are at risk too."""
    run("phones", "add", "F12", "--server", "bureau")
    with_register(root, _sent)
    _code, zone, _talk = run("phones", "lost", "F12", "--dry-run", "--json")
    run("publish", "--all-zones", "everybody helps this week")
    _code, said, _talk = run("phones", "lost", "F12", "--json")

    assert zone["cases_in_lists"] == ["DK-A", "DK-B"]
    assert set(zone["cases_in_lists"]) < set(said["cases_in_lists"])


def test_a_code_that_nobody_knows_is_no_phone_that_is_locked_out(run: Run) -> None:
    """A slip of the finger must not leave a stolen phone open, with a word that it is not."""
    code, _said, talk = run("--lang", "en", "phones", "lost", "F21")

    assert code == 2
    assert "DK-C46" in talk


@pytest.mark.parametrize("how", ["not shown", "its own alone"])
def test_rights_that_the_login_may_not_see_are_no_locked_door(
    run: Run, worlds: dict[str, tuple[Any, str]], how: str
) -> None:
    """KoboToolbox shows others' rights to whoever manages a form; else the phone counts as one that is still let in."""
    world = worlds["terrain"][0]
    asset = world.deployed.assets["a1"]
    asset.rights["p1"] = ("f12", "add_submissions")
    asset.own_rights = ("view_asset", "change_asset")
    if how == "not shown":
        world.knob = lambda asked: (
            httpx.Response(403, json={}) if "permission-assignments" in asked.url.path else None
        )
    else:
        world.knob = lambda asked: (
            httpx.Response(200, json=[]) if "permission-assignments" in asked.url.path else None
        )
    lost = run("phones", "lost", "F12", "--json")
    revoked = run("phones", "revoke", "F12", "--json")
    listed = run("phones", "list", "--json")

    assert (lost[0], lost[1]["locked_out"]) == (5, False)
    assert (revoked[0], revoked[1]["locked_out"]) == (5, False)
    assert {one["server"]: one["failure"] for one in lost[1]["servers"]}["terrain"] == "DK-I62"
    assert (listed[0], listed[1]["failures"]["terrain"]) == (4, "DK-I62")


def test_what_waits_sealed_was_sent_too(run: Run, root: Path) -> None:
    """Nobody has opened it yet; the people in it may be in danger all the same."""
    with_register(root, _sent)
    with_register(root, _waiting)
    _code, said, _talk = run("phones", "lost", "f12", "--json")

    assert [(one["form"], one["alert"]) for one in said["sent"]] == [("case", None), ("alert", "AL-1")]


def _waiting(register: Register) -> None:
    """Lay down one submission of F12 that waits for a key."""
    row = {
        "server": "terrain",
        "tag": "x",
        "moved_ns": 1,
        "form": "case",
        "submitter": "F12",
        "received_at": "2027-01-01T00:00:00.000Z",
    }
    with register.writing() as rows:
        row["scope"] = rows.execute(raw.scope.select()).one().id
        rows.many(raw.place, [{**row, "waits": "key", "state": "waiting", "size": 1}])


def _sent(register: Register) -> None:
    """Lay down one submission of F12 and one of another."""
    from sync_scripts.store.schema import register as tables

    blank = dict.fromkeys(column.name for column in raw.submission.columns)
    filed = dict.fromkeys(column.name for column in tables.filing.columns)
    with register.writing() as rows:
        scope = rows.execute(raw.scope.select()).first()
        if scope is None:
            values = dict.fromkeys((column.name for column in raw.scope.columns), "x")
            rows.many(raw.scope, [{**values, "id": "s", "kind": "submission"}])
        for number, who in enumerate(("F12", "F20"), 1):
            rows.many(
                raw.submission,
                [
                    {
                        **blank,
                        "server": "bureau",
                        "form": "alert",
                        "root_id": f"uuid:{number}",
                        "instance_id": f"uuid:{number}",
                        "stamp": "alert",
                        "form_version": "1",
                        "submitter": who,
                        "received_at": "2026-11-20T08:00:00.000000Z",
                        "status": "ok",
                        "scope": scope.id if scope else "s",
                        "size": 1,
                        "current": True,
                        "arrival": number,
                    }
                ],
            )
            rows.many(
                tables.filing,
                [
                    {
                        **filed,
                        "filing_no": number,
                        "stamp": "alert",
                        "root_id": f"uuid:{number}",
                        "unit": f"alert:{number}",
                        "case_code": "DK-A",
                        "alert_code": f"AL-{number}",
                        "form": "alert",
                        "instance_id": f"uuid:{number}",
                        "form_version": "1",
                        "versions": 1,
                        "server": "bureau",
                        "first_received_at": "2026-11-20T08:00:00.000000Z",
                        "received_at": "2026-11-20T08:00:00.000000Z",
                    }
                ],
            )
