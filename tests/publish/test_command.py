"""``dikalo publish`` as a coordinator meets it: the folder and both servers over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from sync_scripts import config
from sync_scripts.deploy import KoboForms, pack, plan
from sync_scripts.servers.http import Client, Credential
from sync_scripts.servers.kobo import Account
from sync_scripts.store import events
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import setting
from tests.contract.central_forms import Copy
from tests.contract.central_world import World as Central
from tests.contract.kobo_world import TOKEN
from tests.contract.kobo_world import World as Kobo
from tests.contract.serving import serving
from tests.deploy.test_deploy import FORMS
from tests.publish.scene import Run, keep, make, runner, with_register
from xlsform.compare.change import Acceptance


@pytest.fixture(scope="module")
def followup() -> Any:
    """Give the follow-up form, read once."""
    return pack(FORMS / "followup.xlsx", FORMS / "media")


@pytest.fixture
def worlds() -> Iterator[dict[str, tuple[Any, str]]]:
    """Give both servers: the world and its address; Central has one phone."""
    central, kobo = Central(), Kobo(forms={})
    central.published.phones[11] = {"name": "F12", "token": "x" * 64, "forms": []}
    with serving(central.answer) as one, serving(kobo.answer) as other:
        yield {"bureau": (central, one), "terrain": (kobo, other)}


@pytest.fixture
def root(tmp_path: Path, worlds: dict[str, tuple[Any, str]]) -> Path:
    """Give a workspace."""
    make(tmp_path / "w", worlds["bureau"][1], worlds["terrain"][1])
    return tmp_path / "w"


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command there."""
    return runner(root, monkeypatch, capsys)


def labels(text: str) -> list[str]:
    """Return the second column of a list."""
    return [line.split(",")[1] for line in text.splitlines()[1:]]


def test_everywhere_once_and_not_again(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]], followup: Any
) -> None:
    """Folder, Central and KoboToolbox hold the same rows; the second run writes nothing at either server."""
    keep(root, "publish", "bureau", "terrain")
    central, kobo = worlds["bureau"][0], worlds["terrain"][0]
    with Client(worlds["terrain"][1], Credential.token(TOKEN, "Token")) as client:
        forms = KoboForms(Account(client), sleep=lambda _seconds: None)
        forms.carry_out(followup, plan(followup, forms.look(followup), Acceptance()))
    code, said, _talk = run("publish", "--json")
    marks = len(central.log), len(kobo.log)
    again = run("publish", "--json")
    writing = [
        (method, path)
        for world, mark in ((central, marks[0]), (kobo, marks[1]))
        for method, path, _status in world.log[mark:]
        if method != "GET" and "sessions" not in path
    ]
    held = labels((root / "out/phones/cases.csv").read_text(encoding="utf-8"))
    (asset,) = kobo.deployed.assets.values()
    media = dict(asset.media.values())

    assert (code, again[0]) == (0, 0)
    assert [one["changed"] for one in said["places"]] == [True, True, True]
    assert said["places"][0]["kept"] == {"owner": 1, "secret": 1, "zone": 1}
    assert held == ["DK-A", "DK-B"]
    assert set(held) == central.published.lists.seen_by(11, "cases")
    assert labels(media["cases.csv"].decode()) == held
    assert writing == []
    assert [one["changed"] for one in again[1]["places"]] == [False, False, False]


def test_without_a_publish_login_it_says_so_and_goes_on(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """The login for pulling is never taken instead: nothing is asked of that server; the others get their lists."""
    keep(root, "pull", "bureau", "terrain")
    keep(root, "publish", "bureau")
    code, said, _talk = run("publish", "--json")

    assert code == 3
    assert [one["failure"] for one in said["places"]] == [None, None, "DK-I59"]
    assert worlds["terrain"][0].log == []
    assert worlds["bureau"][0].published.lists.seen_by(11, "cases") == {"DK-A", "DK-B"}


def test_a_login_without_the_right_stops_no_other(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """A viewer may not even list the phones: said, exit 3, and the others are served."""
    keep(root, "publish", "bureau", "terrain")

    def viewer(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(403, json={"code": 403.1}) if "app-users" in request.url.path else None

    worlds["bureau"][0].knob = viewer
    code, said, _talk = run("publish", "--json")

    assert code == 3
    assert [one["failure"] for one in said["places"]] == [None, "DK-I77", None]
    assert (root / "out/phones/cases.csv").is_file()


def test_a_server_that_is_down_stops_no_other(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """Exit 5, its sentence in the report, and the other server served."""
    keep(root, "publish", "bureau", "terrain")
    worlds["bureau"][0].knob = lambda _request: httpx.Response(501)
    code, said, _talk = run("publish", "--json")

    assert code == 5
    assert [one["failure"] for one in said["places"]] == [None, "DK-I79", None]


def test_without_zones_nothing_leaves(run: Run, root: Path, worlds: dict[str, tuple[Any, str]]) -> None:
    """Exit 3 and the way out; with a reason it goes, the reason is kept as a decision, and C3 and C4 stay."""
    keep(root, "publish", "bureau")
    settings = config.load(root)
    config.write(root, config.parse(config.render(settings).partition("[[team]]")[0].encode()))
    refused = run("publish", "--json")
    asked = [log for log, _url in worlds.values() if log.log]
    short = run("publish", "--json", "--all-zones", "urgence")
    code, said, _talk = run("publish", "--json", "--server", "bureau", "--all-zones", "une seule équipe")

    def kept(register: Register) -> list[Any]:
        with register.reading() as rows:
            return [one.payload for one in events.read(rows, ops=["publish.everywhere"])]

    assert (refused[0], refused[1]["code"]) == (3, "DK-C41")
    assert asked == []
    assert (short[0], short[1]["code"]) == (2, "DK-C44")
    assert code == 0
    assert said["places"][0]["kept"] == {"owner": 2, "secret": 1}
    assert with_register(root, kept) == [{"why": "une seule équipe"}]
    assert worlds["bureau"][0].published.lists.seen_by(11, "cases") == {"DK-A", "DK-E"}


def test_a_dry_run_touches_nothing(run: Run, root: Path, worlds: dict[str, tuple[Any, str]]) -> None:
    """No file, no writing request, and words that say so."""
    keep(root, "publish", "bureau", "terrain")
    code, text, _talk = run("--lang", "en", "publish", "--dry-run")
    wrote = [
        method
        for world, _url in worlds.values()
        for method, path, _status in world.log
        if method != "GET" and "sessions" not in path
    ]

    assert code == 0
    assert text.startswith("Would be done: ")
    assert "(C4): 1" in text
    assert wrote == []
    assert not (root / "out/phones/cases.csv").exists()


def test_several_teams_have_a_folder_each(run: Run, root: Path) -> None:
    """And a list of everybody's cases that lay in the folder itself is emptied."""
    north = config.TeamSettings(name="nord", departments=("CM007002",), people=("F12",))
    south = config.TeamSettings(name="sud", departments=("CM010001",), people=("F20",))
    run("publish")
    settings = config.load(root)
    config.write(root, config.Settings(id=settings.id, team=(north, south)))
    run("publish")
    lists = {
        str(path.relative_to(root / "out/phones").parent): labels(path.read_text(encoding="utf-8"))
        for path in sorted((root / "out/phones").rglob("cases.csv"))
    }

    assert lists == {".": [], "nord": ["DK-A"], "sud": ["DK-E"]}


def test_an_older_central_gets_a_file_for_each_form(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]], followup: Any
) -> None:
    """A phone of no team fills a copy of its own: it gets an empty list and is told (3); what was sent is remembered."""
    keep(root, "publish", "bureau")
    central = worlds["bureau"][0]
    there = central.published
    there.lists.phone_properties = None
    there.phones[12] = {"name": "F99", "token": "y" * 64, "forms": []}
    for form, phone in (("followup_nord", 11), ("followup", 12)):
        lists: dict[str, bytes | None] = dict.fromkeys(followup.lists, b"name,label\n")
        there.published[form] = Copy(followup.workbook, followup.version, lists)
        there.ever.add((form, followup.version))
        there.phones[phone]["forms"].append(form)
    code, said, _talk = run("publish", "--server", "bureau", "--json")
    mark = len(central.log)
    again, told, _talk = run("publish", "--server", "bureau", "--json")
    writing = [
        method for method, path, _s in central.log[mark:] if method != "GET" and "sessions" not in path
    ]
    kept = with_register(root, _notes)
    words = run("publish", "--server", "bureau")[1]

    assert (code, said["places"][0]["failure"], again) == (3, "DK-N33", 3)
    assert there.carried(11, "cases.csv") == {"followup_nord": {"DK-A", "DK-B"}}
    assert there.carried(12, "cases.csv") == {"followup": set()}
    assert (writing, told["places"][0]["changed"]) == ([], False)
    assert "publish:bureau:followup_nord" in kept
    assert "followup (F99)" in words


def _notes(register: Register) -> set[str]:
    with register.reading() as rows:
        return set(rows.execute(select(setting.c.name)).scalars())
