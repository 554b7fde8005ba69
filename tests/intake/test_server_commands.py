"""Commands against stand-ins of Central and KoboToolbox over a real socket: logins, pull, verify, roles, refusals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import keyring
import pytest
from keyring.backends import fail
from msgspec import structs
from sqlalchemy import func, select

from sync_scripts import cli, config
from sync_scripts.cli.setup.keys import server as keys_server
from sync_scripts.config import ServerSettings, Settings, write
from sync_scripts.intake.connections import PYODK, LoginMissing
from sync_scripts.intake.notes import NOTES
from sync_scripts.store.logins import Role
from sync_scripts.store.schema import raw
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.central_world import World as Central
from tests.contract.kobo_world import FORM, TOKEN
from tests.contract.kobo_world import World as Kobo
from tests.contract.serving import serving
from tests.intake.scene import alert, shipped
from tests.intake.test_commands import DAY, VAULT, opened
from tests.store.commands import found, found_demo, pipe

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def central() -> Iterator[tuple[Central, str]]:
    """Give a Central with three alerts, and its address."""
    world = Central(forms={"alert": []})
    for number in (1, 2, 3):
        world.send("alert", alert(number))
    with serving(world.answer) as url:
        yield world, url


@pytest.fixture
def kobo() -> Iterator[tuple[Kobo, str]]:
    """Give a KoboToolbox with two alerts, and its address."""
    world = Kobo()
    for number in (11, 12):
        xml = alert(number).partition(b"?>")[2].replace(b'id="alert"', f'id="{FORM}"'.encode(), 1)
        world.send(xml)
    with serving(world.answer) as url:
        yield world, url


@pytest.fixture
def run(
    tmp_path: Path,
    central: tuple[Central, str],
    kobo: tuple[Kobo, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run one command in a real workspace with both servers; returns exit code, document and talk."""
    servers = (
        ServerSettings(name="bureau", kind="central", url=central[1], project=PROJECT, forms=("alert",)),
        ServerSettings(name="terrain", kind="kobo", url=kobo[1]),
    )
    found(tmp_path / "w", day=DAY, vault=VAULT, server=servers)
    with opened(tmp_path / "w") as register, register.writing() as rows:
        rows.many(raw.form_version, [dict(row) for row in shipped()])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))

    def go(*words: str, login: str | None = None) -> tuple[int, Any, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        if login is not None:
            monkeypatch.setenv("DIKALO_SERVER_FD", str(pipe(login)))
        else:
            monkeypatch.delenv("DIKALO_SERVER_FD", raising=False)
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out.startswith("{") else out, err

    return go


@pytest.fixture
def logged_in(run: Run) -> Run:
    """Keep both logins first."""
    assert run("keys", "server", "bureau", login=f"{EMAIL}\t{PASSWORD}")[0] == 0
    assert run("keys", "server", "terrain", login=TOKEN)[0] == 0
    return run


def test_two_servers_are_pulled_and_verified(logged_in: Run, central: tuple[Central, str]) -> None:
    """One command, both servers; afterwards everything that they hold is here, and the session is ended."""
    code, report, _talk = logged_in("pull", "--json")
    again = logged_in("pull", "--json")
    proof = logged_in("verify", "--json")

    assert (code, report["new"], report["sources"]) == (0, 5, 2)
    assert (again[0], again[1]["new"]) == (0, 0)
    assert (proof[0], proof[1]["ok"], proof[1]["not_pulled"], proof[1]["offline"]) == (0, True, 0, [])
    assert sum(one["instances"] for one in proof[1]["forms"]) == 5
    assert ("DELETE", "/v1/sessions/jeton2", 200) in central[0].log


def test_verify_says_what_is_not_pulled_yet(logged_in: Run, central: tuple[Central, str]) -> None:
    """A row newer than the last pull is "not yet here", exit 3; it is no damage."""
    logged_in("pull", "--json")
    central[0].send("alert", alert(4))
    code, proof, _talk = logged_in("verify", "--json")

    assert (code, proof["ok"], proof["not_pulled"]) == (3, False, 1)
    assert [(one["server"], one["form"], len(one["mark"])) for one in proof["awaited"]] == [
        ("bureau", "alert", 8)
    ]
    assert "of the form alert of the server bureau: 1 (" in logged_in("verify")[1]


def test_verify_names_the_form_that_is_short(logged_in: Run, central: tuple[Central, str]) -> None:
    """A submission that earlier pulls went past ends with 6; the document says so too, and of which form."""
    logged_in("pull", "--json")
    late = central[0].send("alert", alert(4), visible=False)
    central[0].tick(3600)
    central[0].send("alert", alert(5))
    logged_in("pull", "--json")
    late.visible = True
    code, proof, talk = logged_in("verify", "--json")
    short = {one["form"]: one["short"] for one in proof["forms"] if one["short"]}

    assert (code, proof["schema"], proof["ok"], proof["failure"]) == (6, "dikalo.verify/1", False, "DK-H02")
    assert (proof["short"], short) == (1, {"alert": 1})
    assert "DK-H02" in talk


def test_without_a_login_the_other_server_is_pulled_all_the_same(run: Run) -> None:
    """Exit 4 and a sentence that names the command; what the other server holds is stored."""
    run("keys", "server", "terrain", login=TOKEN)
    code, report, talk = run("pull", "--json")

    assert code == 4
    assert report["code"] == "DK-I59"
    assert "dikalo keys server bureau" in talk + json.dumps(report)
    looked, proof, _talk = run("verify", "--json")
    assert (looked, proof["ok"], proof["offline"]) == (4, False, ["DK-I59"])


def test_verify_says_which_server_could_not_be_read_and_why(
    logged_in: Run, central: tuple[Central, str], kobo: tuple[Kobo, str], run: Run
) -> None:
    """In the words of each refusal; 4 where the account alone is at fault, 5 as soon as a server does not answer."""
    logged_in("pull")
    central[0].knob = lambda request: httpx.Response(401, json={"message": "x", "code": 401.2})
    refused, said, _talk = run("verify", "--lang", "en")
    told = [line for line in said.splitlines() if "Nothing is known of what it holds" in line]

    assert refused == 4
    assert [line.partition(":")[0] for line in told] == ["DK-I76 · bureau"]
    assert "does not accept the login" in told[0]

    kobo[0].knob = lambda request: httpx.Response(502, text="")
    down, proof, _talk = run("verify", "--json")
    assert down == 5
    assert [(one["server"], one["code"]) for one in proof["lost"]] == [
        ("bureau", "DK-I76"),
        ("terrain", "DK-I80"),
    ]


def test_a_wrong_login_is_not_kept(run: Run, kobo: tuple[Kobo, str]) -> None:
    """It is tried first."""
    assert run("keys", "server", "bureau", login=f"{EMAIL}\tfaux")[0] == 4
    assert run("keys", "server", "terrain", login="f" * 40)[0] == 4
    assert run("pull", "--json")[0] == 4


def test_each_role_has_its_own_login(run: Run) -> None:
    """What may deploy is not what may pull."""
    run("keys", "server", "bureau", "--role", "deploy", login=f"{EMAIL}\t{PASSWORD}")
    code, report, _talk = run("pull", "--json")

    assert (code, report["code"]) == (4, "DK-I59")
    assert "dikalo keys server bureau --role pull." in json.dumps(report)


@pytest.mark.parametrize("role", ["deploy", "publish", "review"])
def test_what_lacks_a_login_names_the_command_that_stores_it(role: Role) -> None:
    """Without its role, the command would store one to pull, and the same message would come again."""
    said = LoginMissing(server="bureau", role=role).words()
    (command,) = re.findall(r"dikalo (keys server .*)\.$", said)
    found = keys_server.make_context("server", command.split()[2:])

    assert (found.params["name"], found.params["role"]) == ("bureau", role)


@pytest.mark.parametrize("code", ["DK-I35", "DK-I36"])
def test_what_could_not_be_read_has_a_remedy_of_its_own_at_a_server(code: str) -> None:
    """No cable and no folder is of any help there."""
    stick, server = NOTES[code](count=2).words().partition("If it lasts: ")[2].split("; ")

    assert "cable" in stick
    assert server == "of a server, tell its administrator."


def test_a_login_can_be_forgotten(logged_in: Run) -> None:
    """Afterwards nothing opens the server any more."""
    code, said, _talk = logged_in("keys", "server", "terrain", "--forget", "--json")

    assert (code, said["kept"]) == (0, False)
    assert logged_in("pull", "--json")[0] == 4


def test_the_login_of_pyodk_is_accepted_for_its_own_server(
    run: Run, central: tuple[Central, str], tmp_path: Path
) -> None:
    """Only when it names the same server."""
    run("keys", "server", "terrain", login=TOKEN)
    text = f'[central]\nbase_url = "{central[1]}"\nusername = "{EMAIL}"\npassword = "{PASSWORD}"\n'
    (tmp_path / PYODK).write_text(text.replace(central[1], "https://autre.example"), encoding="utf-8")
    other = run("pull", "--json")[0]
    (tmp_path / PYODK).write_text(text, encoding="utf-8")

    assert other == 4
    assert run("pull", "--json")[0] == 0


def test_the_login_of_pyodk_is_found_where_its_variable_says_and_serves_pull_alone(
    run: Run, central: tuple[Central, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that writes must be given an account of its own."""
    run("keys", "server", "terrain", login=TOKEN)
    text = f'[central]\nbase_url = "{central[1]}"\nusername = "{EMAIL}"\npassword = "{PASSWORD}"\n'
    (tmp_path / "ailleurs.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYODK_CONFIG_FILE", str(tmp_path / "ailleurs.toml"))
    pulled = run("pull", "--json")
    phones = run("phones", "list", "--server", "bureau")

    assert (pulled[0], pulled[1]["new"]) == (0, 5)
    assert phones[0] != 0
    assert "DK-I59" in phones[2]


def test_a_server_that_is_not_in_the_settings_is_named(run: Run) -> None:
    """Exit 2, with those that are."""
    code, said, _talk = run("keys", "server", "burau", "--json", login=TOKEN)

    assert (code, said["code"]) == (2, "DK-C24")
    assert "bureau" in said["message"]


def test_no_secret_is_said_or_stored_in_the_clear(logged_in: Run, tmp_path: Path) -> None:
    """Neither on a terminal, nor in the settings, nor in any byte of the workspace."""
    told = ""
    for words in (("pull", "-vv"), ("verify", "-vv"), ("pull", "--json")):
        _code, out, talk = logged_in(*words)
        told += str(out) + talk
    lying = b"".join(path.read_bytes() for path in sorted((tmp_path / "w").rglob("*")) if path.is_file())

    for secret in (TOKEN, PASSWORD, "jeton1"):
        assert secret not in told
        assert secret.encode() not in lying


def test_a_demonstration_reaches_no_server(
    tmp_path: Path, central: tuple[Central, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever its settings say."""
    found_demo(tmp_path / "demo", worker="coord-1")
    server = ServerSettings(name="bureau", kind="central", url=central[1], project=PROJECT)
    write(tmp_path / "demo", Settings(id="d" * 32, server=(server,)))
    code = cli.main(["-C", str(tmp_path / "demo"), "pull", "--json"])

    assert code == 2
    assert json.loads(capsys.readouterr().out)["code"] == "DK-I07"
    assert central[0].log == []


def test_a_page_for_people_is_an_error_and_the_next_pull_is_whole(
    logged_in: Run, central: tuple[Central, str]
) -> None:
    """An HTML page in place of data is an error with a code, and the next pull is whole."""
    central[0].knob = lambda request: (
        httpx.Response(200, text="<html>portail</html>", headers={"content-type": "text/html"})
        if "Submissions" in str(request.url)
        else None
    )
    code, said, _talk = logged_in("pull", "--json")
    central[0].knob = lambda _request: None

    assert (code, said["code"]) == (5, "DK-I85")
    assert logged_in("pull", "--json")[1]["new"] == 3


def test_a_form_that_fails_is_named_once_and_the_failure_is_said_at_the_end(
    logged_in: Run, kobo: tuple[Kobo, str]
) -> None:
    """Exit code 4; the other server and the other forms are pulled; the words of the failure stand there once."""
    part = f"/assets/{FORM}/data"
    kobo[0].knob = lambda request: httpx.Response(404, json={}) if part in request.url.path else None
    code, _out, talk = logged_in("pull")

    assert code == 4
    assert (
        f"DK-I78 · form {FORM} of the server terrain: not read to its end. The other forms were read." in talk
    )
    assert talk.count("This does not mean that nothing is new") == 1


def test_a_login_goes_into_the_keyring_when_a_person_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried first, then pulled with; without a keyring the way out is said and nothing is kept."""
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call] # it has no types
    refused = run("keys", "server", "terrain", "--keyring", "--json", login=TOKEN)
    held: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(fail.Keyring, "get_password", lambda _self, *name: held.get(name))
    monkeypatch.setattr(fail.Keyring, "set_password", lambda _self, *name: held.update({name[:2]: name[2]}))
    monkeypatch.setattr("sync_scripts.secrets.os_keyring._UNSAFE", ())
    code, said, _talk = run("keys", "server", "terrain", "--keyring", "--json", login=TOKEN)

    assert (refused[0], refused[1]["code"]) == (4, "DK-J03")
    assert (code, said["kept"], said["place"]) == (0, True, "keyring")
    assert [name for _service, name in held] == ["login:pull:terrain"]


@pytest.mark.parametrize("wrong", [{"authority": "not-there.pem"}, {"proxy": "ftp://127.0.0.1:9"}])
def test_a_server_whose_settings_cannot_be_used_stops_no_other(
    wrong: dict[str, str], logged_in: Run, run: Run, tmp_path: Path, kobo: tuple[Kobo, str]
) -> None:
    """The file of its certificate authority lay on a stick, say: that is told with its name, and the other is pulled."""
    found = config.load(tmp_path / "w")
    servers = tuple(structs.replace(one, **wrong) if one.name == "bureau" else one for one in found.server)
    write(tmp_path / "w", structs.replace(found, server=servers))
    code, said, talk = run("pull", "--json")
    looked, proof, _talk = run("verify", "--json")
    with opened(tmp_path / "w") as register, register.reading() as rows:
        held = rows.execute(select(func.count()).select_from(raw.submission)).scalar_one()

    assert held == 2, talk
    assert (code, looked, said["code"]) == (5, 5, "DK-I96")
    assert ("DK-I73" if "authority" in wrong else "DK-I74") in said["message"]
    assert [(one["server"], one["code"]) for one in proof["lost"]] == [("bureau", "DK-I96")]
