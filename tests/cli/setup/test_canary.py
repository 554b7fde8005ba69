"""The login of each role is said and stored nowhere in the clear, whatever the command and whatever a server throws back.

Planted: for each role another account and password (Central), another token (KoboToolbox), and the bearer tokens that a
login gives. Searched: what is printed and said at the highest verbosity, every log line, the tracebacks, every file of the
workspace, of the home folder and of the temporary one, every row of the register, and what other processes can see.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from sync_scripts import cli
from sync_scripts.cli.forms import deployment
from sync_scripts.secrets import slots
from sync_scripts.servers.http import client
from sync_scripts.store.logins import ROLES
from sync_scripts.store.schema import metadata
from sync_scripts.store.seal import demo_keys
from tests.cli.setup.scene import FORMS, HEAD_OFFICE, kept, opened, two_servers
from tests.contract import kobo_world
from tests.contract.central_forms import Copy
from tests.contract.serving import serving
from tests.faults.far_case import STEADY
from tests.intake.scene import alert
from tests.store.commands import DAY, VAULT, pipe

PEOPLE = ("pull", "publish", "deploy")
ACCOUNTS = {role: f"canari-{role}@example.org" for role in PEOPLE}
PASSWORDS = {role: f"mot-de-passe-canari-{role}-1987" for role in PEOPLE}
TOKENS = {role: f"{number}canar1{number}f00d{number}" * 2 + "0" * 16 for number, role in enumerate(PEOPLE, 1)}
BEARER = "jeton-de-session-canari"
CANARIES = (*PASSWORDS.values(), *TOKENS.values(), BEARER)

ANSWERS = """
worker = "RD-01"
organisation = "{head}"
[[server]]
name = "bureau"
url = "{central}"
[[server]]
name = "terrain"
url = "{kobo}"
[[person]]
code = "F12"
[[team]]
name = "nord"
departments = ["Mezam"]
people = ["F12"]
"""
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("pull",),
    ("verify",),
    ("publish",),
    ("forms", "deploy", "situation"),
    ("phones", "list"),
    ("phones", "add", "F12"),
    ("phones", "lost", "F12"),
    ("doctor", "--open"),
)


@dataclass
class Planted:
    """Both servers, which know the planted logins only; an echo throws back what a request held."""

    folder: Path
    central_url: str = ""
    kobo_url: str = ""
    echo: Callable[[str], httpx.Response] | None = None
    used: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    watch: Callable[[], str] = field(default=lambda: "")

    def answer(
        self, request: httpx.Request, inner: Callable[[httpx.Request], httpx.Response]
    ) -> httpx.Response:
        """Note whose login it is, look at the processes, and answer, or throw back what came."""
        given = request.headers.get("authorization", "")
        body = request.content.decode("latin-1")
        self.used |= {role for role in PEOPLE if TOKENS[role] in given or PASSWORDS[role] in body}
        self.seen.append(self.watch())
        login = request.url.path.endswith("/sessions") and request.method == "POST"
        if self.echo is not None and not login:
            return self.echo(f"{given} {body} {request.url}")
        if given.startswith("Token "):
            known = given.removeprefix("Token ") in TOKENS.values()
            request.headers["authorization"] = f"Token {kobo_world.TOKEN}" if known else "Token x"
        return inner(request)


@pytest.fixture
def planted(tmp_path: Path) -> Iterator[Planted]:
    """Give both servers with something to pull and a form to deploy."""
    made, numbers = Planted(tmp_path), count()
    with two_servers() as servers:
        central, kobo = servers.central, servers.kobo
        for number in (1, 2):
            central.send("alert", alert(number))
        central.published.published["alert"] = Copy((FORMS / "situation.xlsx").read_bytes(), "1", {})
        kobo.deployed.users |= {"f12"}

        def sessions(request: httpx.Request) -> httpx.Response | None:
            if request.url.path != "/v1/sessions" or request.method != "POST":
                return None
            said = json.loads(request.content)
            pairs = {(ACCOUNTS[role], PASSWORDS[role]) for role in PEOPLE}
            if (said["email"], said["password"]) not in pairs:
                return httpx.Response(401, json={"message": f"no {said}", "code": 401.2})
            token = f"{BEARER}{next(numbers)}"
            central.tokens.add(token)
            return httpx.Response(200, json={"token": token, "csrf": "c", "expiresAt": "", "createdAt": ""})

        central.knob = sessions
        with (
            serving(lambda request: made.answer(request, central.answer)) as one,
            serving(lambda request: made.answer(request, kobo.answer)) as other,
        ):
            made.central_url, made.kobo_url = one, other
            yield made


@pytest.fixture
def run(
    planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run one command at the highest verbosity; returns exit code and everything printed and said."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    monkeypatch.setattr(client, "Patience", lambda: STEADY)
    (tmp_path / "temp").mkdir()
    for name, value in {
        "HOME": "",
        "USERPROFILE": "",
        "TMPDIR": "temp",
        "TEMP": "temp",
        "TMP": "temp",
    }.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    monkeypatch.setattr(deployment, "PAUSE_S", 0.0)  # this server never hands files on to phones

    def go(*words: str, **secrets: str) -> tuple[int, str]:
        for name, text in {"DIKALO_KEY_FD": DAY, **secrets}.items():
            monkeypatch.setenv(name, str(pipe(text)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), "-vv", *words])
        for name in secrets:
            monkeypatch.delenv(name)
        return code, "".join(capsys.readouterr())

    return go


@pytest.fixture
def ready(run: Callable[..., tuple[int, str]], planted: Planted, tmp_path: Path) -> str:
    """Set everything up with init and keys server; return all that was said meanwhile."""
    path = tmp_path / "reponses.toml"
    path.write_text(
        ANSWERS.format(head=HEAD_OFFICE, central=planted.central_url, kobo=planted.kobo_url), encoding="utf-8"
    )
    lines = [f"bureau\t{role}\t{ACCOUNTS[role]}\t{PASSWORDS[role]}" for role in PEOPLE]
    lines += [f"terrain\t{role}\t{TOKENS[role]}" for role in PEOPLE[:2]]
    _code, told = run(
        "init", "--answers", str(path), "--json", DIKALO_VAULT_FD=VAULT, DIKALO_LOGINS_FD="\n".join(lines)
    )
    code, more = run("keys", "server", "terrain", "--role", "deploy", DIKALO_SERVER_FD=TOKENS["deploy"])
    refused, wrong = run("keys", "server", "terrain", DIKALO_SERVER_FD=TOKENS["pull"][::-1])

    assert (code, refused) == (0, 4)
    assert {role for role in ROLES if kept(tmp_path / "w", "bureau", role)} >= set(PEOPLE)
    return told + more + wrong.replace(TOKENS["pull"][::-1], BEARER)


ECHOES: dict[str, Callable[[str], httpx.Response] | None] = {
    "calm": None,
    "an error in JSON": lambda text: httpx.Response(500, json={"message": text, "code": 500.1}),
    "a page": lambda text: httpx.Response(
        200, text=f"<html>{text}</html>", headers={"content-type": "text/html"}
    ),
    "no right": lambda text: httpx.Response(403, json={"message": text, "code": 403.1, "detail": text}),
    "broken JSON": lambda text: httpx.Response(
        200, text='{"x": "' + text, headers={"content-type": "application/json"}
    ),
    "a redirect": lambda text: httpx.Response(302, headers={"location": f"http://127.0.0.2:9/{text[:40]}"}),
}


@pytest.mark.parametrize("name", ECHOES)
def test_no_login_is_said_or_stored_in_the_clear(
    ready: str,
    run: Callable[..., tuple[int, str]],
    planted: Planted,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """By any command, with any answer, in words and in JSON."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    logging.getLogger("httpcore").setLevel(logging.DEBUG)
    planted.echo, planted.used, told = ECHOES[name], set(), ready
    roles: dict[tuple[str, ...], set[str]] = {}
    for words in COMMANDS:
        planted.used = set()
        code, said = run(*words, *(("--json",) if len(told) % 2 else ()))
        told += said
        roles[words] = set(planted.used)
        assert code in {0, 3, 4, 5}, (code, words, said)
        assert "Traceback" not in said

    assert found(told + caplog.text) == []
    assert found(files(planted.folder)) == []
    assert found(cells(planted.folder / "w")) == []
    assert roles[("pull",)] == roles[("verify",)] == {"pull"}
    assert roles[("publish",)] == roles[("phones", "list")] == {"publish"}
    assert roles["forms", "deploy", "situation"] == {"deploy"}


@pytest.mark.usefixtures("ready")
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_no_other_process_can_see_a_login(planted: Planted, tmp_path: Path) -> None:
    """While a pull talks to the server: not in the words of a command, not in an environment, here or in a child."""
    planted.watch = processes
    read = pipe(DAY)
    done = subprocess.run(
        [sys.executable, "-m", "sync_scripts", "-C", str(tmp_path / "w"), "-vv", "pull"],
        pass_fds=[read],
        env={**os.environ, "DIKALO_KEY_FD": str(read)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    os.close(read)

    assert done.returncode == 0, done.stderr
    assert sum("sync_scripts" in one for one in planted.seen) > 3
    assert found("".join(planted.seen) + done.stdout + done.stderr) == []


def processes() -> str:
    """Return the words and the environments of all processes that can be read."""
    texts = []
    for place in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                texts.append((place / name).read_bytes().decode("latin-1"))
            except OSError:
                continue
    return "\n".join(texts)


def files(root: Path) -> str:
    """Return every byte below a folder."""
    return "".join(path.read_bytes().decode("latin-1") for path in sorted(root.rglob("*")) if path.is_file())


def cells(root: Path) -> str:
    """Return every value of every table as the everyday key sees it, but the one for secrets."""
    with opened(root) as workspace, workspace.register.reading() as rows:
        values: list[Any] = [
            value
            for table in metadata.sorted_tables
            if table.name != "secret" and table.info.get("only", rows.dialect) == rows.dialect
            for row in rows.execute(select(table))
            for value in row
        ]
    return str(values)


def found(text: str) -> list[str]:
    """Return which canaries a text holds, also in hexadecimal."""
    return [one for one in CANARIES if one in text or one.encode().hex() in text]


def test_the_search_finds_what_is_planted(tmp_path: Path) -> None:
    """Were the search blind, the tests above would prove nothing."""
    (tmp_path / "trace").write_bytes(b"x" + PASSWORDS["deploy"].encode())

    assert found(files(tmp_path)) == [PASSWORDS["deploy"]]
    assert found(TOKENS["pull"].encode().hex()) == [TOKENS["pull"]]
