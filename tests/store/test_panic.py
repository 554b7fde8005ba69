"""``dikalo panic``: nothing on this computer opens the register any more, at once; the paper still does, and a backup brings it back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sync_scripts import cli
from sync_scripts.backup.making import make
from sync_scripts.backup.planning import prepared
from sync_scripts.config import ServerSettings
from sync_scripts.secrets import agent, destruction, kept_key, os_keyring, slots
from sync_scripts.store import logins
from sync_scripts.store.logins import Kept
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.vault import by_identity, unlock_with
from sync_scripts.store.workspace import DAY_AGE, open_unlocked, open_workspace
from tests.contract.kobo_world import TOKEN, World
from tests.contract.serving import serving
from tests.passphrases import SECOND
from tests.store.commands import ALERT, DAY, Run, found, pipe
from tests.store.databases import NOW

PAPER = demo_keys.IDENTITIES["R"].secret


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give a runtime folder of its own, and end whatever agent is left in it."""
    with TemporaryDirectory(prefix="dk") as own:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(Path(own).resolve()))
        monkeypatch.setenv("LOCALAPPDATA", str(Path(own).resolve()))
        yield
        agent.lock("e" * 32)


class Ring:
    """A keyring in memory; ``broken`` removes nothing, ``deaf`` cannot be asked."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.written: list[tuple[str, str]] = []
        self.broken = self.deaf = False

    def set_password(self, service: str, name: str, secret: str) -> None:
        """Keep a secret."""
        self.held[service, name] = secret
        self.written.append((name, secret))

    def get_password(self, service: str, name: str) -> str | None:
        """Return a secret."""
        if self.deaf:
            raise OSError
        return self.held.get((service, name))

    def delete_password(self, service: str, name: str) -> None:
        """Remove a secret."""
        if self.broken:
            raise OSError
        del self.held[service, name]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    """Put a keyring in memory in the place of the system's."""
    made = Ring()
    monkeypatch.setattr(os_keyring, "_ring", lambda: made)
    return made


def test_nothing_opens_afterwards_and_the_sealed_is_as_it_was(real: Path, run: Run, ring: Ring) -> None:
    """Slots, copies of them, drafts and the last worker's code are gone; register, sealed files, day.age and vault.age stay."""
    (real / "keys.json~").write_bytes((real / slots.FILE).read_bytes())
    (real / "part-0011").write_bytes((real / slots.FILE).read_bytes())
    (real / kept_key.LAST_WORKER).write_text("coord-1")
    stay = {
        path: path.read_bytes()
        for path in sorted(real.rglob("*"))
        if path.is_file() and not path.name.startswith((".l", "keys.json", "part-"))
    }
    assert run("unlock", day=DAY)[0] == 0

    code, said, _err = run("panic", "--yes", "--json")

    assert code == 0
    assert (said["passphrases"], said["left"], said["was_unlocked"]) == (2, [], True)
    assert said["keyring"] == {"removed": 0, "state": "empty"}
    assert agent.ask("e" * 32) is None
    assert not [path.name for path in real.iterdir() if path.name.startswith(("keys", "part-", ".last"))]
    assert {path: path.read_bytes() for path in stay} == stay
    assert run("alerts", "list", "--json", day=DAY)[1]["code"] == "DK-K01"
    assert kept_key.last_locked(real) > 0, "who keeps going hears of it"


def test_slots_are_overwritten_before_they_are_removed(real: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What held a wrapped key is written over in place: another name for the same file finds nothing of it."""
    twin = real / "twin"
    os.link(real / slots.FILE, twin)
    before = twin.read_bytes()

    assert destruction.destroy_slots(real) == ()
    assert b"wrapped" in before
    assert twin.read_bytes() == b""


def test_it_takes_less_than_a_second(real: Path, run: Run, ring: Ring) -> None:
    """From the answer until neither a passphrase nor a kept key opens anything; also with as many slots as there may be."""
    (real / "keys.json.1").write_bytes(b"x" * slots.LARGEST)
    assert run("unlock", day=DAY)[0] == 0

    code, said, _err = run("panic", "--yes", "--json")

    assert code == 0
    assert said["seconds"] < 1


def test_it_asks_first_and_does_nothing_unanswered(real: Path, run: Run) -> None:
    """Without a terminal it is refused, and a dry run says what would be gone and how it comes back."""
    was = (real / slots.FILE).read_bytes()

    assert run("panic", "--json")[1]["code"] == "DK-C06"
    code, said, _err = run("--lang", "en", "panic", "--dry-run")
    assert code == 0
    assert "2 passphrases would open nothing" in said
    assert "restore FOLDER --key paper" in said
    assert run("panic", "--dry-run", "--json")[1]["seconds"] is None
    assert (real / slots.FILE).read_bytes() == was


def test_the_keyring_is_overwritten_and_emptied(real: Path, run: Run, ring: Ring) -> None:
    """The key of unlock --keyring, and logins that were kept there."""
    os_keyring.OsKeyring("e" * 32).keep(logins.entry("stick", "pull"), '{"token":"t"}')
    assert run("unlock", "--keyring", day=DAY)[0] == 0
    ring.written.clear()

    code, said, _err = run("panic", "--yes", "--json")

    assert (code, ring.held) == (0, {})
    assert said["keyring"] == {"removed": 2, "state": "empty"}
    assert sorted(name for name, _secret in ring.written) == ["day", "login:pull:stick"]
    assert not any("token" in secret or "key" in secret for _name, secret in ring.written)
    assert not (real / kept_key.MARKER).exists()


def test_a_keyring_that_keeps_its_entry_is_said(real: Path, run: Run, ring: Ring) -> None:
    """The slots are gone all the same; one that cannot be asked, and was never used, is no alarm."""
    assert run("unlock", "--keyring", day=DAY)[0] == 0
    ring.broken = True

    code, said, _err = run("panic", "--yes", "--json")
    assert (code, said["keyring"]["state"]) == (3, "stuck")
    assert not (real / slots.FILE).exists()

    (real / kept_key.MARKER).unlink()
    ring.deaf = True
    code, said, _err = run("panic", "--yes", "--json")
    assert (code, said["keyring"]["state"], said["passphrases"]) == (0, "unasked", 0)


def test_a_file_that_cannot_be_destroyed_is_named(
    real: Path, run: Run, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where another program may have it open: what else there is goes, and the command fails."""
    monkeypatch.setattr(destruction, "_destroyed", lambda path: path.name != slots.FILE)
    assert run("unlock", day=DAY)[0] == 0

    code, _said, err = run("panic", "--yes")
    assert (code, "DK-N67" in err, "keys.json" in err) == (4, True, True)
    assert agent.ask("e" * 32) is None


def test_a_slip_in_the_settings_holds_up_nothing(real: Path, run: Run, ring: Ring) -> None:
    """The slots say which workspace it is; in a folder that is none it is said."""
    assert run("unlock", day=DAY)[0] == 0
    (real / "dikalo.toml").write_text("id = \n", "utf-8")
    assert run("panic", "--yes", "--json")[1]["was_unlocked"]
    assert (agent.ask("e" * 32), (real / slots.FILE).exists()) == (None, False)

    (real / "dikalo.toml").unlink()
    assert run("panic", "--yes", "--json")[1]["code"] == "DK-C10"


@pytest.mark.parametrize("unlocked", [True, False])
def test_tokens_are_ended_where_somebody_had_unlocked(
    tmp_path: Path, run: Run, ring: Ring, *, unlocked: bool
) -> None:
    """Once each; without the everyday key they cannot be read, and that is said."""
    world = World(forms={})
    with serving(world.answer) as address:
        root = found(tmp_path / "w", server=(ServerSettings(name="terrain", kind="kobo", url=address),))
        workspace = open_workspace(root, secret=lambda _question: DAY)
        for role in ("pull", "publish"):
            logins.keep(workspace.register, "terrain", role, Kept(token=TOKEN))
        workspace.close()
        if unlocked:
            assert run("unlock", day=DAY)[0] == 0

        code, said, err = run("panic", "--yes", "--json")

    asked = [(method, path) for method, path, _status in world.log]
    if unlocked:
        assert (code, said["tokens"]) == (0, [{"server": "terrain", "ended": True, "code": None}])
        assert (world.tokens, asked) == ({}, [("DELETE", "/token/")])
    else:
        assert (code, said["tokens"], asked) == (0, [], [])
    assert TOKEN not in repr((said, err))


def test_without_a_network_the_token_is_said_to_live(tmp_path: Path, run: Run, ring: Ring) -> None:
    """And what is here is destroyed before anybody is asked."""
    with serving(World(forms={}).answer) as address:
        pass
    root = found(tmp_path / "w", server=(ServerSettings(name="terrain", kind="kobo", url=address),))
    os_keyring.OsKeyring("e" * 32).keep(logins.entry("terrain", "pull"), f'{{"token":"{TOKEN}"}}')

    code, said, _err = run("--lang", "en", "panic", "--yes")

    assert (code, ring.held, (root / slots.FILE).exists()) == (3, {}, False)
    assert "terrain: the token was not ended" in said
    assert TOKEN not in said


def test_the_paper_brings_it_back(
    real: Path, run: Run, ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a backup into a new folder; and what is newer is read in the old one. The passphrases of before open neither."""
    workspace = open_workspace(real, secret=lambda _question: DAY)
    make(workspace, prepared(workspace, tmp_path / "stick"), NOW)
    workspace.close()
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    assert run("panic", "--yes", "--json")[1]["way_back"]

    words = ("vault", "open", ALERT, "--key", "paper", "--reason", "way back", "--as", "COORD-1")
    holders = open_holders(real)
    assert run(*words, vault=PAPER)[0] == 0
    new = tmp_path / "new"
    monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(PAPER)))
    monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(SECOND)))
    again = ("restore", str(tmp_path / "stick"), "--key", "paper", "--as", "COORD-1", "--holders", holders)
    assert cli.main(["-C", str(new), *again]) == 0

    back = open_workspace(new, secret=lambda _question: SECOND)
    assert back.worker == "COORD-1"
    back.close()
    assert (real / DAY_AGE).exists()


def open_holders(root: Path) -> str:
    """Return the fingerprint of the holders as the paper says it."""
    workspace = open_unlocked(unlock_with(root, by_identity(PAPER)))
    try:
        return workspace.register.recipients.fingerprint
    finally:
        workspace.close()
