"""Logins of servers: encrypted on both databases, one role apart from the others, in the OS keyring only by choice."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import keyring
import msgspec
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoBackend
from keyring.backends.null import Keyring as Forgetful
from sqlalchemy import text

from sync_scripts.config import RegisterSettings, Settings
from sync_scripts.secrets.login_file import LoginFile, LoginsDamaged, _File, _Wrapped
from sync_scripts.secrets.os_keyring import KeyringForgot, KeyringNotInstalled, NoKeyring, StillInKeyring
from sync_scripts.store import logins
from sync_scripts.store.database import Register
from sync_scripts.store.founding import NewKeys, create_workspace, new_id
from sync_scripts.store.logins import ROLES, Kept
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.workspace import open_workspace
from tests.store.commands import DAY, VAULT
from tests.store.databases import NOW

VIEWER = Kept(account="lecture@example.org", password="mot-de-passe-temoin-1")  # noqa: S106 - invented
MANAGER = Kept(account="gestion@example.org", password="mot-de-passe-temoin-2")  # noqa: S106 - invented


@dataclass
class Ring(KeyringBackend):
    """A keyring of the test, in memory."""

    held: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is held."""
        self.asked.append(username)
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Hold it."""
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Let it go."""
        del self.held[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    """Give this computer a keyring."""
    before = keyring.get_keyring()
    made = Ring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture(params=["sqlite", "postgresql"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Register]:
    """Give the register of a workspace, on each database in turn."""
    url = request.getfixturevalue("new_database")("template0") if request.param == "postgresql" else None
    keys = NewKeys(
        day=DAY,
        vault=VAULT,
        organisation=demo_keys.IDENTITIES["O"].public,
        work=demo_keys.WORK,
    )
    settings = Settings(id=new_id(), register=RegisterSettings(url=url))
    create_workspace(tmp_path / "w", settings=settings, worker="coord-1", keys=keys, now=NOW)
    workspace = open_workspace(tmp_path / "w", secret=lambda _prompt: DAY)
    yield workspace.register
    workspace.close()


def in_clear(register: Register, root: Path, secret: str) -> list[str]:
    """Return the files, and the tables of a database server, in which a secret can be read."""
    found = [path.name for path in root.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    if register.dialect == "postgresql":
        with register.reading() as rows:
            names = rows.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).scalars()
            for name in list(names):
                lines = rows.execute(text(f'SELECT t::text FROM "{name}" t')).scalars()  # noqa: S608 - names of tables
                found += [name for line in lines if secret in line or secret.encode().hex() in line]
    return found


def test_a_login_is_kept_found_replaced_and_forgotten(register: Register, tmp_path: Path) -> None:
    """On both databases alike, and in no byte that somebody without the key could read."""
    logins.keep(register, "bureau", "pull", Kept(account="x", password="ancien"))  # noqa: S106 - invented
    logins.keep(register, "bureau", "pull", VIEWER)
    logins.keep(register, "bureau", "publish", MANAGER)

    assert logins.find(register, "bureau", "pull") == VIEWER
    assert logins.find(register, "bureau", "publish") == MANAGER
    assert logins.find(register, "terrain", "pull") is None
    assert {role for role in ROLES if logins.where(register, "bureau", role)} == {"pull", "publish"}
    for secret in (VIEWER.password, MANAGER.password, VIEWER.account):
        assert in_clear(register, tmp_path / "w", secret) == []
    assert [logins.forget(register, "bureau", "pull") for _time in range(2)] == [True, False]
    assert logins.find(register, "bureau", "pull") is None
    assert logins.find(register, "bureau", "publish") == MANAGER


def test_the_laptop_keeps_logins_over_a_restart(register: Register, tmp_path: Path) -> None:
    """Who opens the workspace again has them, without typing them again."""
    logins.keep(register, "bureau", "pull", VIEWER)
    again = open_workspace(tmp_path / "w", secret=lambda _prompt: DAY)
    try:
        assert logins.find(again.register, "bureau", "pull") == VIEWER
    finally:
        again.close()


@pytest.mark.parametrize("register", ["postgresql"], indirect=True)
def test_beside_a_database_server_no_login_can_take_the_place_of_another(
    register: Register, tmp_path: Path
) -> None:
    """Server, role and workspace are bound; what was altered is refused, and only that."""
    logins.keep(register, "bureau", "pull", VIEWER)
    logins.keep(register, "bureau", "deploy", MANAGER)
    path = tmp_path / "w" / "logins.json"
    said = json.loads(path.read_bytes())
    held = said["logins"]
    held["login:pull:bureau"] = held["login:deploy:bureau"]
    path.write_text(json.dumps(said), encoding="utf-8")

    assert path.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    with pytest.raises(LoginsDamaged):
        logins.find(register, "bureau", "pull")
    assert logins.find(register, "bureau", "deploy") == MANAGER
    with pytest.raises(LoginsDamaged):
        LoginFile(path, "f" * 32, bytes(32)).find("login:deploy:bureau")


@pytest.mark.parametrize("register", ["postgresql"], indirect=True)
@pytest.mark.parametrize("data", [b"", b"[]", b'{"v":1}', b"\xff", b"x" * 300_000])
def test_a_broken_file_of_logins_is_said(register: Register, tmp_path: Path, data: bytes) -> None:
    """Never taken for "no login"."""
    (tmp_path / "w" / "logins.json").write_bytes(data)

    with pytest.raises(LoginsDamaged):
        logins.find(register, "bureau", "pull")


def test_a_file_of_many_keys_is_still_read(tmp_path: Path) -> None:
    """Keys of forms are never taken out: what is written must not grow past what is read."""
    file = LoginFile(tmp_path / "form-keys.json", "f" * 32, bytes(32))
    held = {f"form-key:{number}": _Wrapped("A" * 16, "A" * 1700) for number in range(300)}
    file.path.write_bytes(msgspec.json.encode(_File(workspace="f" * 32, logins=held)))
    file.path.write_bytes(file.with_entry("form-key:last", b"x"))

    assert file.find("form-key:last") == b"x"


def test_the_keyring_is_used_by_choice_alone(register: Register, tmp_path: Path, ring: Ring) -> None:
    """Another role's login is not asked of it; one that moves back into the workspace leaves it."""
    logins.keep(register, "bureau", "pull", VIEWER)
    untouched = list(ring.asked)
    logins.keep(register, "bureau", "publish", MANAGER, place="keyring")
    ring.asked.clear()
    found = logins.find(register, "bureau", "pull"), list(ring.asked)

    assert untouched == []
    assert found == (VIEWER, [])
    assert logins.find(register, "bureau", "publish") == MANAGER
    assert logins.where(register, "bureau", "publish") == "keyring"
    assert in_clear(register, tmp_path / "w", MANAGER.password) == []
    ((service, _name),) = ring.held
    assert service == f"dikalo:{register.workspace_id}"
    logins.keep(register, "bureau", "publish", MANAGER)
    assert ring.held == {}
    assert logins.find(register, "bureau", "publish") == MANAGER


def test_a_login_can_be_forgotten_in_the_keyring_too(register: Register, ring: Ring) -> None:
    """Nothing stays behind; and what somebody else removed there is said, not taken for "no login"."""
    logins.keep(register, "bureau", "pull", VIEWER, place="keyring")
    ring.held.clear()
    with pytest.raises(KeyringForgot):
        logins.find(register, "bureau", "pull")
    logins.keep(register, "bureau", "pull", VIEWER, place="keyring")

    assert logins.forget(register, "bureau", "pull")
    assert ring.held == {}
    assert logins.where(register, "bureau", "pull") is None


class Shut(Ring):
    """A keyring that was locked meanwhile."""

    def delete_password(self, service: str, username: str) -> None:
        """Fail."""
        raise OSError(service, username)


def test_a_login_that_stays_in_the_keyring_is_said(register: Register) -> None:
    """Who removes a login because a laptop goes away must know that it is still there; here it is not used any more."""
    before = keyring.get_keyring()
    keyring.set_keyring(Shut())
    try:
        logins.keep(register, "bureau", "pull", VIEWER, place="keyring")
        with pytest.raises(StillInKeyring) as still:
            logins.forget(register, "bureau", "pull")
    finally:
        keyring.set_keyring(before)

    assert f"dikalo:{register.workspace_id}" in still.value.words()
    assert logins.where(register, "bureau", "pull") is None


class Broken(Ring):
    """A keyring whose error quotes what it was given, as some do."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Fail."""
        raise OSError(password)


class InTheClear(Ring):
    """A keyring that writes into a file."""


InTheClear.__module__ = "keyrings.alt.file"


@pytest.mark.parametrize(
    "backend", [NoBackend, Forgetful, Broken, InTheClear], ids=["none", "forgets", "fails", "clear"]
)
def test_a_keyring_that_cannot_keep_a_login_is_refused(
    register: Register, ring: Ring, backend: type[KeyringBackend]
) -> None:
    """A computer without one, one that forgets, one that fails, one in the clear: the login before is still there."""
    logins.keep(register, "bureau", "pull", MANAGER)
    keyring.set_keyring(backend())

    with pytest.raises(NoKeyring) as refused:
        logins.keep(register, "bureau", "pull", VIEWER, place="keyring")
    assert VIEWER.password not in str(refused.value) + repr(refused.value.__cause__)
    assert logins.find(register, "bureau", "pull") == MANAGER


def test_without_the_library_the_way_out_is_said(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an optional part of the installation."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(KeyringNotInstalled) as refused:
        logins.keep(register, "bureau", "pull", VIEWER, place="keyring")
    assert "dikalo[keyring]" in refused.value.words()


def test_the_library_is_not_loaded_unless_it_is_used() -> None:
    """Asking for a login that is kept in the workspace starts no conversation with the desktop."""
    import subprocess

    code = "import sys, sync_scripts.store.logins, sync_scripts.intake.connections; print('keyring' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False"]
