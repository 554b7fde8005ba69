"""``dikalo doctor --open`` at stand-ins of both servers: each door that is open is named with its remedy, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_scripts.intake.connections import clear_logins
from tests import clock
from tests.contract import central_world, kobo_world
from tests.contract.central_drafts import drafted
from tests.contract.kobo_forms import Asset
from tests.contract.serving import serving
from tests.publish.scene import Run, keep, make, runner
from tests.publish.test_phones import named

FORMS = Path(__file__).parents[2] / "forms"
UID = "a1"


@pytest.fixture(scope="module")
def workbook() -> bytes:
    """Give a form."""
    return (FORMS / "situation.xlsx").read_bytes()


@pytest.fixture
def central() -> central_world.World:
    """Give a Central whose clock is right, with one submission of today."""
    world = central_world.World(now=clock.now())
    world.send("alert", central_world.instance(1))
    return world


@pytest.fixture
def kobo(workbook: bytes) -> kobo_world.World:
    """Give a KoboToolbox whose clock is right, with one empty form that shows itself to readers alone."""
    world = kobo_world.World(forms={UID: []}, now=clock.now())
    world.deployed.assets[UID] = Asset(UID, workbook, "alert", "v1", "v1")
    world.deployed.assets[UID].own_rights = ("view_asset", "view_submissions")
    return world


@pytest.fixture
def root(tmp_path: Path, central: central_world.World, kobo: kobo_world.World) -> Iterator[Path]:
    """Give a workspace with logins for pulling."""
    with serving(central.answer) as one, serving(kobo.answer) as other:
        make(tmp_path / "w", one, other)
        keep(tmp_path / "w", "pull", "bureau", "terrain")
        yield tmp_path / "w"


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command there."""
    monkeypatch.setattr(Path, "home", lambda: root.parent)
    return runner(root, monkeypatch, capsys)


def at(said: Any, server: str) -> dict[str, str]:
    """Return the level of each finding at one server."""
    return {one["code"]: one["level"] for one in said["findings"] if one.get("server") == server}


def test_two_servers_in_order(run: Run, central: central_world.World, kobo: kobo_world.World) -> None:
    """Whose login, the clocks, nothing old; what is collected in the clear is said. Nothing was written anywhere."""
    _code, said, _talk = run("doctor", "--open", "--json")
    writing = [
        path for world in (central, kobo) for method, path, _s in world.log if method not in {"GET", "HEAD"}
    ]

    assert at(said, "bureau") == {
        "server-account": "ok",
        "server-login": "ok",
        "server-clock": "ok",
        "server-encryption": "warn",
        "server-old": "ok",
    }
    assert at(said, "terrain") == {
        "server-account": "ok",
        "server-login": "ok",
        "server-clock": "ok",
        "server-encryption": "warn",
        "server-phones": "note",
        "server-history": "note",
        "server-old": "ok",
    }
    assert all("sessions" in path for path in writing)


def test_what_arrives_while_it_counts_is_not_old(run: Run, central: central_world.World) -> None:
    """Phones send at any moment: what is counted as old is asked of one list at one moment."""

    def send(request: httpx.Request) -> None:
        if request.url.path.endswith(".svc/Submissions"):
            central.send("alert", central_world.instance(len(central.log) + 100))

    central.knob = send
    said = run("doctor", "--open", "--json")[1]

    assert at(said, "bureau")["server-old"] == "ok"


def test_of_a_server_without_forms_no_encryption_is_praised(
    run: Run, central: central_world.World, kobo: kobo_world.World
) -> None:
    """Before the first deployment there is nothing that phones could encrypt."""
    central.forms.clear()
    kobo.deployed.assets.clear()
    kobo.forms.clear()
    _code, said, _talk = run("doctor", "--open", "--json")

    assert at(said, "bureau").items() >= {"server-login": "ok", "server-old": "ok"}.items()
    assert {"server-encryption"}.isdisjoint({*at(said, "bureau"), *at(said, "terrain")})


def test_open_doors_at_kobo(run: Run, kobo: kobo_world.World) -> None:
    """Each has a code and a level of its own; a hook's password is told of and never shown."""
    asset = kobo.deployed.assets[UID]
    asset.rights = {
        "p1": ("AnonymousUser", "add_submissions"),
        "p2": ("AnonymousUser", "view_submissions"),
        "p3": ("enum1", "add_submissions"),
        "p4": ("enum1", "view_submissions"),
        "p5": ("coord", "add_submissions"),
    }
    asset.sharing = {"enabled": True, "fields": []}
    asset.pairs = ["alertes.xml"]
    asset.hooks = [
        {
            "active": True,
            "auth_level": "basic_auth",
            "endpoint": "http://ailleurs.example",
            "settings": {"username": "u", "password": "canari-mot-de-passe"},
        }
    ]
    asset.own_rights = ("view_asset", "view_submissions", "delete_submissions", "manage_asset")
    code, said, talk = run("doctor", "--open", "--json")
    found = at(said, "terrain")
    words = " ".join(one["words"] for one in said["findings"])

    assert code == 3
    assert {name: level for name, level in found.items() if level in {"bad", "warn"}} == {
        "server-rights": "warn",
        "server-encryption": "warn",
        "server-anonymous": "bad",
        "server-public": "bad",
        "server-phones": "warn",
        "server-sharing": "bad",
        "server-paired": "warn",
        "server-hook": "warn",
        "server-hook-password": "bad",
        "server-hook-clear": "bad",
    }
    assert "delete_submissions" in words
    assert "(enum1)" in words
    assert "canari" not in words + talk


@pytest.mark.parametrize("status", [403, 404])
def test_what_a_login_for_pulling_cannot_see_is_said(
    run: Run, central: central_world.World, kobo: kobo_world.World, status: int
) -> None:
    """Silence would look like "none": of REST services, of connected projects, and of the phones of a Central."""
    seen = at(run("doctor", "--open", "--json")[1], "terrain")
    hides = ("/hooks/", "/paired-data/")
    kobo.knob = lambda asked: (
        httpx.Response(status, json={"detail": "x"}) if asked.url.path.endswith(hides) else None
    )
    central.views = True
    _code, said, _talk = run("--lang", "en", "doctor", "--open", "--json")
    words = {one["code"]: one["words"] for one in said["findings"] if one["level"] == "note"}

    assert {"server-hook", "server-paired"}.isdisjoint(seen)
    assert at(said, "terrain").items() >= {"server-hook": "note", "server-paired": "note"}.items()
    assert at(said, "bureau")["server-phones"] == "note"
    assert all("--role publish" in words[code] for code in ("server-hook", "server-paired"))
    assert "REST service" in words["server-hook"]


def test_the_doors_of_a_teams_own_form_are_looked_at(
    run: Run, root: Path, kobo: kobo_world.World, workbook: bytes
) -> None:
    """Though the server names another form alone; one that the account does not see may be another server's."""
    kobo.forms["b2"] = []
    kobo.deployed.assets["b2"] = Asset("b2", workbook, "alert", "v1", "v1")
    kobo.deployed.assets["b2"].rights = {"p1": ("AnonymousUser", "add_submissions")}
    named(root, server=f'["{UID}"]', team="[]")
    _code, without, _talk = run("doctor", "--open", "--json")
    named(root, server=f'["{UID}"]', team='["b2", "b9", "followup_nord"]')
    _code, said, _talk = run("doctor", "--open", "--json")

    assert "server-anonymous" not in at(without, "terrain")
    assert at(said, "terrain")["server-anonymous"] == "bad"
    assert "server-reach" not in at(said, "terrain")


def test_some_fields_shared_is_less(run: Run, kobo: kobo_world.World) -> None:
    """No field named means all of them."""
    kobo.deployed.assets[UID].sharing = {"enabled": True, "fields": ["a/b"]}

    assert at(run("doctor", "--open", "--json")[1], "terrain")["server-sharing"] == "warn"


def test_open_doors_at_central(run: Run, central: central_world.World) -> None:
    """A public link, a phone of no team, a list that every phone gets whole."""
    from tests.contract.central_lists import Dataset, Entity

    central.published.public.add("alert")
    for number, name in ((11, "F12"), (12, "F99")):
        central.published.phones[number] = {"name": name, "token": "x" * 64, "forms": []}
    central.published.lists.lists["cases"] = Dataset(rows={"x": Entity("DK-A", {})})
    code, said, _talk = run("doctor", "--open", "--json")
    found = at(said, "bureau")

    assert code == 3
    assert (found["server-anonymous"], found["server-phones"], found["server-lists"]) == (
        "bad",
        "warn",
        "warn",
    )
    assert any("F99" in one["words"] and "F12" not in one["words"] for one in said["findings"])


def test_a_list_without_rows_is_no_open_door(run: Run, central: central_world.World) -> None:
    """A server without filters holds no rows once its lists go out as files."""
    from tests.contract.central_lists import Dataset

    for number, name in ((11, "F12"), (12, "F20")):
        central.published.phones[number] = {"name": name, "token": "x" * 64, "forms": []}
    central.published.lists.lists["cases"] = Dataset()

    assert "server-lists" not in at(run("doctor", "--open", "--json")[1], "bureau")


@pytest.mark.parametrize(
    ("release", "level", "words"),
    [("2025.3", "note", "2025"), ("2024.3", "warn", "2024"), ("2023.4", "bad", "2023")],
)
def test_an_older_central_is_told_with_what_it_lacks(
    run: Run, central: central_world.World, release: str, level: str, words: str
) -> None:
    """So that nobody waits for a deletion, or for submissions behind the first page; one of now is no finding."""
    central.send("alert", central_world.instance(2))
    now = at(run("doctor", "--open", "--json")[1], "bureau")
    central.lacks = central_world.BEFORE[release]
    _code, said, _talk = run("doctor", "--open", "--json")

    assert "server-age" not in now
    assert at(said, "bureau")["server-age"] == level
    assert any(one["code"] == "server-age" and words in one["words"] for one in said["findings"])


def test_a_form_that_is_only_a_draft_hides_nothing_of_the_others(
    run: Run, central: central_world.World, root: Path
) -> None:
    """A Project Manager is shown it, and it answers 404: of all that is open behind it something must still be said."""
    central.published.public.add("alert")
    keep(root, "deploy", "bureau")
    before = at(run("doctor", "--open", "--json")[1], "bureau")
    central.knob = drafted(central, "aaa")
    after = at(run("doctor", "--open", "--json")[1], "bureau")

    assert before["server-anonymous"] == "bad"
    assert after == before


def test_rights_too_wide_for_pulling(run: Run, central: central_world.World) -> None:
    """A login that may write is too much for a laptop that may be seized."""

    def wide(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == f"/v1/projects/{central_world.PROJECT}":
            said = {"id": 7, "name": "Essai", "verbs": ["form.read", "submission.list", "submission.delete"]}
            return httpx.Response(200, json=said)
        return None

    central.knob = wide
    _code, said, _talk = run("doctor", "--open", "--json")
    (found,) = [one["words"] for one in said["findings"] if one["code"] == "server-rights"]

    assert "submission.delete" in found
    assert "form.read" not in found


def test_what_still_lies_there_is_counted(
    run: Run, central: central_world.World, kobo: kobo_world.World
) -> None:
    """Older than a month, in the clear; how a person removes it is said, and that dikalo never does."""
    now = central.now
    for world, send in (
        (central, lambda number: central.send("alert", central_world.instance(number))),
        (kobo, lambda number: kobo.send(central_world.instance(number), form=UID)),
    ):
        world.now = now - timedelta(days=40)
        send(5)
        send(6)
        world.now = now
    _code, said, _talk = run("--lang", "en", "doctor", "--open", "--json")
    found = [one["words"] for one in said["findings"] if one["code"] == "server-old"]

    assert len(found) == 2
    assert all("2 in the clear, 0 encrypted" in words for words in found)


def test_what_lies_in_an_archived_form_is_counted_too(
    run: Run, kobo: kobo_world.World, workbook: bytes
) -> None:
    """Phones get nothing of it any more and no pull reads it; what was sent with it is there, in the clear."""
    kobo.forms["a2"] = []
    kobo.deployed.assets["a2"] = Asset("a2", workbook, "ancienne", "v1", "v1", active=False)
    kobo.deployed.assets["a2"].own_rights = ("view_asset", "view_submissions")
    now, kobo.now = kobo.now, kobo.now - timedelta(days=40)
    kobo.send(central_world.instance(5), form="a2")
    kobo.now = now
    _code, said, _talk = run("--lang", "en", "doctor", "--open", "--json")
    (found,) = [
        one["words"]
        for one in said["findings"]
        if (one["code"], one.get("server")) == ("server-old", "terrain")
    ]

    assert "1 in the clear, 0 encrypted" in found


def test_a_wrong_clock_and_a_short_page(run: Run, kobo: kobo_world.World) -> None:
    """Minutes apart; a page cut without a word."""
    for number in range(3):
        kobo.send(central_world.instance(number + 20), form=UID)
    kobo.cap, kobo.now = 2, kobo.now + timedelta(minutes=30)
    _code, said, _talk = run("doctor", "--open", "--json")
    found = at(said, "terrain")

    assert (found["server-clock"], found["server-page"]) == ("warn", "note")


def test_one_that_is_down_does_not_stop_the_other(run: Run, central: central_world.World) -> None:
    """It is a finding like others; exit 3."""
    central.knob = lambda _request: httpx.Response(501)
    code, said, _talk = run("doctor", "--open", "--json")

    assert code == 3
    assert at(said, "bureau") == {"server-login": "ok", "server-reach": "bad"}
    assert at(said, "terrain")["server-account"] == "ok"


def test_offline_asks_nobody(run: Run, central: central_world.World, kobo: kobo_world.World) -> None:
    """And without --open neither."""
    run("doctor", "--open", "--offline", "--json")

    assert (central.log, kobo.log) == ([], [])


def test_a_login_of_pyodk_in_the_clear(tmp_path: Path) -> None:
    """That there is one is said, not which; a file without a password, or none, is nothing."""
    path = tmp_path / ".pyodk_config.toml"
    none = list(clear_logins(tmp_path))
    path.write_text('[central]\nbase_url = "https://x.example"\n', encoding="utf-8")
    harmless = list(clear_logins(tmp_path))
    path.write_text('[central]\nusername = "u"\npassword = "canari"\n', encoding="utf-8")
    (found,) = clear_logins(tmp_path)

    assert none == harmless == []
    assert found.level == "bad"
    assert "canari" not in found.words
