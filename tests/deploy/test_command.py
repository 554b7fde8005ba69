"""``dikalo forms deploy`` as a trainer meets it: a folder without a register, both servers over a real socket."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_scripts import cli
from sync_scripts.cli.forms import deployment
from sync_scripts.cli.forms.deployment import NowhereToSend
from sync_scripts.cli.forms.deployment_outcome import Outcome, State, left
from sync_scripts.config import ServerSettings, Settings, write
from sync_scripts.deploy import Package, Plan
from sync_scripts.store.logins import Kept
from tests.contract.central_forms import Copy
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.central_world import World as Central
from tests.contract.kobo_world import TOKEN
from tests.contract.kobo_world import World as Kobo
from tests.contract.serving import serving
from tests.deploy.test_deploy import changed, reworded, without
from tests.store.commands import pipe

FORMS = Path(__file__).parents[2] / "forms"
LOGINS = {"central": Kept(account=EMAIL, password=PASSWORD), "kobo": Kept(token=TOKEN)}
Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def worlds() -> Iterator[dict[str, tuple[Any, str, str]]]:
    """Give both servers: the world, its address, a login."""
    central, kobo = Central(), Kobo(forms={})
    with serving(central.answer) as one, serving(kobo.answer) as other:
        yield {"bureau": (central, one, f"{EMAIL}\t{PASSWORD}"), "terrain": (kobo, other, TOKEN)}


@pytest.fixture
def run(
    tmp_path: Path,
    worlds: dict[str, tuple[Any, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run ``forms deploy`` to one server, in a folder with settings and forms alone."""
    shutil.copytree(FORMS / "media", tmp_path / "forms" / "media")
    shutil.copy(FORMS / "alert.xlsx", tmp_path / "forms")
    shutil.copy(FORMS / "core.yaml", tmp_path / "forms")
    servers = (
        ServerSettings(name="bureau", kind="central", url=worlds["bureau"][1], project=PROJECT),
        ServerSettings(name="terrain", kind="kobo", url=worlds["terrain"][1]),
    )
    write(tmp_path, Settings(id="e" * 32, forms=("alert",), server=servers))

    def go(server: str, *words: str) -> tuple[int, Any, str]:
        if server:
            monkeypatch.setenv("DIKALO_SERVER_FD", str(pipe(worlds[server][2])))
        capsys.readouterr()
        chosen = ["--server", server] if server else []
        code = cli.main(["-C", str(tmp_path), "forms", "deploy", *chosen, *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out.startswith("{") else out, err

    return go


@pytest.mark.parametrize("server", ["bureau", "terrain"])
def test_sent_once_and_not_again(run: Run, worlds: dict[str, tuple[Any, str, str]], server: str) -> None:
    """The second run writes nothing at the server, and says so."""
    first = run(server, "--json")
    world = worlds[server][0]
    before = len(world.log)
    second = run(server, "--json")
    wrote = [(method, path) for method, path, _status in world.log[before:] if method != "GET"]

    assert (first[0], first[1]["forms"][0]["unchanged"]) == (0, False)
    assert (second[0], second[1]["forms"][0]["unchanged"]) == (0, True)
    assert [path for method, path in wrote if "sessions" not in path] == []


def test_a_dry_run_sends_nothing(run: Run, worlds: dict[str, tuple[Any, str, str]]) -> None:
    """It says what it would do."""
    code, said, _talk = run("bureau", "--dry-run", "--json")

    assert code == 0
    assert {one["deed"] for one in said["forms"][0]["deeds"]} >= {"create", "publish"}
    assert worlds["bureau"][0].published.drafts == {}


@pytest.mark.parametrize(("count", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_files_are_counted_as_one_speaks(count: int, said: str) -> None:
    """One is not several."""
    package = Package("alert", "2", "Alerte", b"")
    deeds: Any = [("file", f"{number}.png") for number in range(count)]
    made = Plan("alert", (*deeds, ("publish", "")), "2")

    assert Outcome(package, "bureau", False, made, "sent").line.endswith(f", {said}")


def test_a_break_is_held_back(run: Run, tmp_path: Path, worlds: dict[str, tuple[Any, str, str]]) -> None:
    """Exit 3 and the codes; accepted by name, with a reason and an author, it goes."""
    from sync_scripts.deploy import pack

    run("bureau")
    alert = pack(FORMS / "alert.xlsx", FORMS / "media")
    other = changed(alert, without("short_text"))
    (tmp_path / "forms" / "alert.xlsx").write_bytes(other.workbook)
    looked = run("bureau", "--dry-run", "--lang", "en")
    code, said, _talk = run("bureau", "--json")
    words = said["message"].partition(": ")[2]
    because = ("--author", "coordination", "--why", "question unused")
    accepted = run("bureau", "--accept", "FIELD-GONE:story/short_text", *because)

    assert looked[1].splitlines()[-1].endswith("(FIELD-GONE:story/short_text)")
    assert (looked[0], code, said["code"]) == (3, 3, "DK-F41")
    assert "FIELD-GONE:story/short_text" in words
    assert accepted[0] == 0
    assert worlds["bureau"][0].published.published["alert"].workbook == other.workbook


def test_a_faulty_form_never_leaves(
    run: Run, tmp_path: Path, worlds: dict[str, tuple[Any, str, str]]
) -> None:
    """The check runs first; nothing was asked of the server."""
    from sync_scripts.deploy import pack

    alert = pack(FORMS / "alert.xlsx", FORMS / "media")
    other = changed(alert, reworded, version="été")
    (tmp_path / "forms" / "alert.xlsx").write_bytes(other.workbook)
    code, said, _talk = run("bureau", "--json")

    assert (code, said["code"]) == (2, "DK-F45")
    assert worlds["bureau"][0].log == []


def test_one_form_that_is_refused_keeps_the_others_here(
    run: Run, tmp_path: Path, worlds: dict[str, tuple[Any, str, str]]
) -> None:
    """Everything is decided before anything is sent: no server is left with half of the forms."""
    from sync_scripts.deploy import pack

    run("bureau")
    shutil.copy(FORMS / "followup.xlsx", tmp_path / "forms")
    alert = pack(FORMS / "alert.xlsx", FORMS / "media")
    (tmp_path / "forms" / "alert.xlsx").write_bytes(changed(alert, without("short_text")).workbook)
    code, said, _talk = run("bureau", "followup", "alert", "--json")

    assert (code, said["code"]) == (3, "DK-F41")
    assert set(worlds["bureau"][0].published.published) == {"alert"}


def test_a_dry_run_shows_that_a_version_is_taken(run: Run, tmp_path: Path) -> None:
    """Other content under the same version: what the real run refuses is not announced as sent."""
    from sync_scripts.deploy import pack

    run("bureau")
    alert = pack(FORMS / "alert.xlsx", FORMS / "media")
    other = changed(alert, reworded, version=alert.version)
    (tmp_path / "forms" / "alert.xlsx").write_bytes(other.workbook)
    shown = run("bureau", "--dry-run", "--lang", "en")
    real = run("bureau", "--json")

    assert ["(VERSION-NOT-RAISED:)" in line for line in shown[1].splitlines()[1:]] == [True]
    assert (shown[0], real[0], real[1]["code"]) == (3, 3, "DK-F42")


def test_somebodys_draft_keeps_all_forms_here(
    run: Run, tmp_path: Path, worlds: dict[str, tuple[Any, str, str]]
) -> None:
    """Also those named before it; a dry run says it, too."""
    from sync_scripts.deploy import pack

    run("bureau")
    shutil.copy(FORMS / "followup.xlsx", tmp_path / "forms")
    alert = pack(FORMS / "alert.xlsx", FORMS / "media")
    theirs = Copy(changed(alert, reworded).workbook, "2030010101", {})
    worlds["bureau"][0].published.drafts["alert"] = theirs
    (tmp_path / "forms" / "alert.xlsx").write_bytes(changed(alert, reworded, "2030010102").workbook)
    shown = run("bureau", "followup", "alert", "--dry-run", "--lang", "en")
    real = run("bureau", "followup", "alert", "--json")

    assert shown[1].splitlines()[-1].endswith("(DK-F48)")
    assert (shown[0], real[0], real[1]["code"]) == (3, 3, "DK-F48")
    assert set(worlds["bureau"][0].published.published) == {"alert"}
    assert worlds["bureau"][0].published.drafts["alert"] is theirs


@pytest.mark.usefixtures("run")
def test_a_server_that_is_not_in_the_settings_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], worlds: dict[str, tuple[Any, str, str]]
) -> None:
    """A name mistyped sends nothing anywhere."""
    code = cli.main(["-C", str(tmp_path), "forms", "deploy", "--server", "autre", "--json"])

    assert (code, json.loads(capsys.readouterr().out)["code"]) == (2, "DK-F46")
    assert worlds["bureau"][0].log == []


@pytest.mark.parametrize("look", [(), ("--dry-run",)], ids=["sent", "looked at"])
@pytest.mark.parametrize("fails", ["bureau", "terrain"])
def test_what_one_server_got_is_shown_where_the_other_fails(
    run: Run,
    worlds: dict[str, tuple[Any, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    fails: str,
    look: tuple[str, ...],
) -> None:
    """The other gets its forms all the same; the run ends as the failure does, and names the server that failed."""
    (other,) = set(worlds) - {fails}
    worlds[fails][0].knob = lambda _request: httpx.Response(501)
    monkeypatch.setattr(deployment._To, "_login", lambda to: LOGINS[to.server.kind])
    code, said, talk = run("", *look, "--json")
    code_again, words, _talk = run("", *look, "--lang", "en")

    assert (code, code_again) == (5, 5)
    assert [(one["code"], one["server"], one["state"]) for one in said["forms"]] == [("alert", other, "sent")]
    assert list(said["failures"]) == [fails]
    assert f"{fails}: DK-" in talk
    assert f"alert to {other}" in words
    assert words.splitlines()[-1].endswith(f": {fails}")


def takes_all(_request: httpx.Request) -> None:
    """Answer as the server does."""


def no_more(request: httpx.Request) -> httpx.Response | None:
    """Take the first form, and nothing behind it."""
    return httpx.Response(501) if b"closure.xlsx" in request.content else None


@pytest.mark.parametrize(
    "given",
    [
        (4, takes_all, {"closure": "sent", "alert": "sent"}, 0, 2),
        (10_000, takes_all, {"alert": "waiting", "closure": "waiting"}, 5, deployment.WAITS),
        (0, no_more, {"alert": "sent", "closure": "failed", "situation": "untried"}, 5, 0),
    ],
    ids=["a while later", "not in this run", "the server fails"],
)
def test_a_form_that_waits_stops_no_other(
    run: Run,
    worlds: dict[str, tuple[Any, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    given: tuple[int, Any, dict[str, str], int, int],
) -> None:
    """A server hands pictures to phones when it likes; what comes of each form is said, in the order in which it is known."""
    slow, knob, states, code, pauses = given
    forms = sorted(states)
    for name in forms[1:]:
        shutil.copy(FORMS / f"{name}.xlsx", tmp_path / "forms")
    waited: list[str] = []
    monkeypatch.setattr(deployment._To, "pause", lambda to: waited.append(to.server.name))
    world = worlds["terrain"][0]
    world.deployed.slow, world.knob = slow, knob
    ended, said, _talk = run("terrain", *forms, "--json")

    assert (ended, {one["code"]: one["state"] for one in said["forms"]}) == (code, states)
    assert [one["code"] for one in said["forms"]] == list(states)
    assert len(waited) == pauses


def test_at_the_end_it_is_said_what_is_not_on_phones() -> None:
    """Nothing more is said where all is there."""
    package, made = Package("alert", "2", "Alerte", b""), Plan("alert", (("publish", ""),), "2")
    each: list[State] = ["sent", "waiting", "failed", "untried"]
    done = [Outcome(package, state, False, made, state) for state in each]

    assert list(left(done[:1], {})) == []
    assert [line.partition(":")[2][:16] for line in left(done, {"terrain": NowhereToSend(named="")})] == [
        " 1 of 4",
        " alert (waiting)",
        " alert (failed)",
        " alert (untried)",
        " terrain",
    ]
