"""How commands reach a server: TLS always verified, no proxy but that of the settings. Seen through the whole command."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sync_scripts import cli
from sync_scripts.config import ServerSettings, Settings
from sync_scripts.secrets import slots
from sync_scripts.servers.http import client
from sync_scripts.store import logins
from sync_scripts.store.founding import NewKeys, create_workspace
from sync_scripts.store.logins import Kept
from sync_scripts.store.seal import demo_keys
from tests.cli.setup.scene import opened
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT, World
from tests.contract.serving import serving
from tests.contract.test_http import certificate
from tests.faults.far_case import STEADY
from tests.store.commands import DAY, VAULT, pipe
from tests.store.databases import NOW

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
Run = Callable[..., tuple[int, Any]]


@contextmanager
def self_signed(folder: Path, world: World) -> Iterator[tuple[str, Path]]:
    """Give a Central behind a certificate that nobody vouches for, and the file that does."""
    pem = certificate(folder, name="localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with serving(world.answer, context) as url:
        yield url.replace("http://127.0.0.1", "https://localhost"), pem


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a workspace with one Central; returns exit code and document."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    monkeypatch.setattr(client, "Patience", lambda: STEADY)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    def go(settings: ServerSettings, *words: str) -> tuple[int, Any]:
        root = tmp_path / settings.name
        if not root.exists():
            office = demo_keys.IDENTITIES["O"].public
            keys = NewKeys(day=DAY, vault=VAULT, organisation=office, work=demo_keys.WORK)
            made = Settings(id="e" * 32, server=(settings,))
            create_workspace(root, settings=made, worker="c1", keys=keys, now=NOW, proved=("V", "O"))
            with opened(root) as workspace:
                logins.keep(workspace.register, settings.name, "pull", Kept(account=EMAIL, password=PASSWORD))
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        monkeypatch.setenv("DIKALO_SERVER_FD", str(pipe(f"{EMAIL}\t{PASSWORD}")))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return go


@pytest.mark.parametrize(
    "words", [("pull",), ("verify",), ("keys", "server", "bureau"), ("doctor", "--open")]
)
def test_a_certificate_that_nobody_vouches_for_is_refused_with_its_remedy(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """No login leaves; with the organisation's authority in the settings the same server is believed."""
    world = World(forms={"alert": []})
    with self_signed(tmp_path, world) as (url, pem):
        server = ServerSettings(name="bureau", kind="central", url=url, project=PROJECT)
        code, said = run(server, *words)
        asked = list(world.log)
        trusted = ServerSettings(name="central", kind="central", url=url, project=PROJECT, authority=str(pem))
        again = run(trusted, *("central" if one == "bureau" else one for one in words))

    told = json.dumps(said)
    assert code in {3, 5}
    assert "DK-I92" in told
    assert "PEM" in told or words == ("verify",)  # its document names codes alone
    assert asked == []
    assert again[0] in {0, 3}
    assert "DK-I92" not in json.dumps(again[1])
    assert world.logins >= 1


def test_init_names_the_remedy_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Before any login is typed; a certificate of the organisation's own is given with the answers."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    monkeypatch.setattr(client, "Patience", lambda: STEADY)
    world = World(forms={"alert": []})
    with self_signed(tmp_path, world) as (url, pem):
        answers = f'worker = "RD-01"\n[[server]]\nname = "bureau"\nurl = "{url}"\nproject = 7\n'
        codes = []
        for more in ("", f"authority = '{pem}'\n"):
            path = tmp_path / "reponses.toml"
            path.write_text(answers + more, encoding="utf-8")
            capsys.readouterr()
            code = cli.main(
                ["-C", str(tmp_path / "w"), "init", "--answers", str(path), "--dry-run", "--json"]
            )
            codes.append((code, json.loads(capsys.readouterr().out).get("code")))

    assert codes == [(5, "DK-I92"), (0, None)]
    assert [path for _method, path, _status in world.log] == ["/v1/users/current"]


def test_no_proxy_is_taken_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the variables say, the way is the straight one."""
    world = World(forms={"alert": []})
    strangers: list[str] = []
    with serving(world.answer) as url, serving(_noting(strangers)) as elsewhere:
        for name in PROXIES:
            monkeypatch.setenv(name, elsewhere)
        monkeypatch.setenv("NO_PROXY", "")
        server = ServerSettings(name="bureau", kind="central", url=url, project=PROJECT)
        codes = [run(server, *words)[0] for words in (("pull",), ("keys", "server", "bureau"))]

    assert codes == [0, 0]
    assert strangers == []


def test_a_proxy_of_the_settings_carries_everything(run: Run) -> None:
    """The login, the pull and its end; the server itself hears nothing directly."""
    world = World(forms={"alert": []})
    through: list[str] = []
    own = threading.get_ident()

    def carry(request: httpx.Request) -> httpx.Response:
        through.append(request.url.path)
        assert threading.get_ident() != own
        return world.answer(request)

    with serving(carry) as proxy:
        server = ServerSettings(
            name="bureau", kind="central", url="http://127.0.0.1:9", project=PROJECT, proxy=proxy
        )
        code, _said = run(server, "pull")

    assert code == 0
    assert through[0].endswith("/v1/sessions")
    assert "/v1/sessions/jeton" in through[-1]


def _noting(seen: list[str]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(502)

    return answer
