"""Somebody has a ``keys.json`` of before with its passphrase: a backup, a copied folder, a colleague who works here no more.

They open what was there when they copied it. After the passphrase was changed, or the colleague's taken away, they open nothing newer.
"""

from __future__ import annotations

import base64
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import pytest

from sync_scripts.clock import seconds
from sync_scripts.config import RegisterSettings, Settings
from sync_scripts.secrets import login_file, slots, worker_keys
from sync_scripts.secrets.errors import KeysDamaged, WrongPassphrase
from sync_scripts.secrets.kept_key import last_locked
from sync_scripts.secrets.slots import Slot
from sync_scripts.secrets.wrapped_file import PHONES, match_key
from sync_scripts.store import durable, engine, file_checks, logins
from sync_scripts.store.day_key import NEXT, begin, finish
from sync_scripts.store.errors import RegisterDamaged, RegisterReplaced
from sync_scripts.store.health import of_folder
from sync_scripts.store.lock import TURN, hold, take
from sync_scripts.store.logins import Kept
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import demo_keys, own_keys
from sync_scripts.store.vault import by_identity, by_passphrase, unlock_with
from sync_scripts.store.workspace import (
    DAY_AGE,
    REGISTER,
    Unlocked,
    open_unlocked,
    open_workspace,
    read_slots,
    unlock,
    write_setting,
)
from tests import spread
from tests.examples import ALL
from tests.passphrases import OTHER, SECOND
from tests.store.commands import DAY, VAULT, Run, fill, found

PAPER = demo_keys.IDENTITIES["R"].secret
THIRD = "onze chaises vides regardent la mer"
SEALED = 5
"""Items of a filled workspace."""


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test pay for a real passphrase."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a workspace of two workers, with something in it, whose phones have a password."""
    root = found(tmp_path / "w")
    keys = opened(root, DAY)
    own_keys.make(keys, "coord-2", OTHER, demo_keys.WORK).write()
    workspace = open_unlocked(keys)
    fill(workspace)
    workspace.close()
    durable.write_whole(root / PHONES.name, PHONES.wrap(keys.day_key, keys.settings.id, b"{}"))
    return root


def opened(root: Path, passphrase: str) -> Unlocked:
    """Return what a passphrase opens."""
    return unlock(root, secret=lambda _prompt: passphrase)


def day_key(root: Path, passphrase: str) -> bytes:
    """Return the everyday key that a passphrase opens."""
    return opened(root, passphrase).day_key


def note(root: Path, passphrase: str, value: str) -> None:
    """Write something into the register, as any command of the day does."""
    workspace = open_workspace(root, secret=lambda _prompt: passphrase)
    with workspace.register.writing() as rows:
        write_setting(rows, "noted", value)
    workspace.close()


def noted(keys: Unlocked) -> tuple[str, int]:
    """Return what was written, and how much is sealed there."""
    workspace = open_unlocked(keys)
    with workspace.register.reading() as rows:
        value = rows.execute(raw.setting.select().where(raw.setting.c.name == "noted")).one().value
        sealed = len(rows.execute(raw.sealed_item.select()).all())
    workspace.close()
    return value, sealed


def changed(keys: Unlocked, passphrase: str) -> Unlocked:
    """Begin to change the passphrase of whoever opened."""
    made = own_keys.make(keys, keys.worker, passphrase, demo_keys.WORK)
    workspace = open_unlocked(keys)
    try:
        return begin(keys, workspace.register, made)
    finally:
        workspace.close()


def opens(key: bytes, root: Path) -> list[str]:
    """Return which files of a folder an everyday key opens."""
    there = [REGISTER] if engine.opens(root / REGISTER, key) else []
    with_phones = True
    try:
        PHONES.unwrap(key, "e" * 32, (root / PHONES.name).read_bytes())
    except Exception:  # noqa: BLE001 - it does not open
        with_phones = False
    return [*there, *([PHONES.name] if with_phones else [])]


def test_old_keys_open_nothing_newer(run: Run, root: Path, tmp_path: Path) -> None:
    """The passphrase was seen, so it is changed: with the old file beside the new register it opens neither that nor its files."""
    shutil.copytree(root, tmp_path / "copied")
    before = day_key(root, DAY)
    assert opens(before, root) == [REGISTER, PHONES.name]
    code, _out, said = run("keys", "passphrase", day=DAY, new=SECOND)
    assert code == 0, said
    note(root, SECOND, "after")

    assert opens(before, root) == []
    with pytest.raises(WrongPassphrase):
        day_key(root, DAY)
    (root / slots.FILE).write_bytes((tmp_path / "copied" / slots.FILE).read_bytes())
    with pytest.raises(Exception, match="DK-S07"):
        open_workspace(root, secret=lambda _prompt: DAY)
    assert opens(day_key(tmp_path / "copied", DAY), tmp_path / "copied") == [REGISTER, PHONES.name]


def test_a_colleague_who_left_opens_nothing_newer(run: Run, root: Path) -> None:
    """Their slot goes, and with it the key that it opened; nobody else types anything."""
    there = (root / slots.FILE).read_bytes()
    before = day_key(root, OTHER)
    code, out, said = run("keys", "passphrase", "--remove", "--for", "COORD-2", "--json", day=DAY)

    assert (code, out["removed"]) == (0, True), said
    assert opens(before, root) == []
    assert [one.worker for one in read_slots(root) if one.key == "day"] == ["coord-1"]
    (root / slots.FILE).write_bytes(there)
    assert opens(day_key(root, OTHER), root) == []


def test_the_others_go_on_with_their_passphrases(run: Run, root: Path) -> None:
    """So do the paper, the head office and the vault; what is sealed opens, and the chain says what was done."""
    note(root, DAY, "before")
    sound = run("verify", "--offline", "--json", day=OTHER)
    assert run("keys", "passphrase", day=DAY, new=SECOND)[0] == 0
    key = day_key(root, OTHER)

    assert key == day_key(root, SECOND)
    for holder in (by_passphrase(root, lambda: VAULT), by_identity(PAPER)):
        assert unlock_with(root, holder).day_key == key
    assert noted(opened(root, OTHER)) == ("before", SEALED)
    verified = run("verify", "--offline", "--json", day=OTHER)
    assert wrong(verified[1]) == wrong(sound[1])
    with engine.sqlcipher(root / REGISTER, key).connect() as made:
        lines = made.execute(raw.custody.select()).all()
    assert [one.line for one in lines if '"day.key"' in one.line]
    assert (root / REGISTER).stat().st_mode & 0o777 == 0o600


def wrong(said: Any) -> list[tuple[str, Any]]:
    """Return what ``verify`` found of each kind."""
    return [(one["code"], one["wrong"]) for one in said["checks"]]


class Killed(BaseException):
    """The process is gone."""


def killed_at(number: int) -> Callable[[str], None]:
    """Return what ends the process at a step."""
    left = iter(range(number))

    def watch(_name: str) -> None:
        if next(left, None) is None:
            raise Killed

    return watch


STRIDE = 1 if ALL else 3
"""At every third step in the usual run, each in its turn, and at each by ``nox -s faults``."""


def stops() -> Iterator[int]:
    """Yield the numbers of the steps until one comes at which nothing is left to be killed."""
    yield from range(spread.TURN % STRIDE, 60, STRIDE)


def test_killed_at_any_step_the_change_stands_or_was_never_made(root: Path, tmp_path: Path) -> None:
    """Whoever comes next opens everything, also what was written in between, and ends it; the old passphrase is one or the other."""
    note(root, DAY, "before")
    killed = 0
    for number in stops():
        place = shutil.copytree(root, tmp_path / f"killed-{number}")
        before = day_key(place, DAY)
        durable.watch(killed_at(number))
        try:
            finish(changed(unlock(place, secret=lambda _prompt: DAY), SECOND))
        except Killed:
            killed += 1
        else:
            break
        finally:
            durable.watch(None)
        mine = next(one for one in (SECOND, DAY) if opened_by(place, one))
        for passphrase in (mine, OTHER):
            assert noted(opened(place, passphrase)) == ("before", SEALED)
        for holder in (by_passphrase(place, lambda: VAULT), by_identity(PAPER)):
            assert noted(unlock_with(place, holder)) == ("before", SEALED)
        note(place, OTHER, "in between")
        ended = finish(opened(place, mine))
        assert noted(ended) == ("in between", SEALED)
        if mine == SECOND:
            assert opens(before, place) == []
            assert not (place / NEXT).exists()
        for holder in (by_passphrase(place, lambda: VAULT), by_identity(PAPER)):
            assert unlock_with(place, holder).day_key == ended.day_key
    assert killed > 20 // STRIDE


def opened_by(root: Path, passphrase: str) -> bool:
    """Tell whether a passphrase opens a slot."""
    try:
        opened(root, passphrase)
    except WrongPassphrase:
        return False
    return True


def sealed_anew(slot: Slot, key: bytes, bond: bytes) -> Slot:
    """Return an everyday slot to whose public key somebody sealed an everyday key by hand."""
    if slot.key != "day":
        return slot
    about = slots._about(slot)
    sealed = worker_keys.seal([key], slot.public, bond, about)
    bonds = worker_keys.seal([bond], slot.public, bond, about + sealed.encode())
    vouched = worker_keys.voucher(key, about + slot.public.encode())
    return msgspec.structs.replace(slot, sealed=sealed, bonds=bonds, vouched=vouched)


def lay(root: Path, there: Sequence[Slot]) -> None:
    """Write slots, as anybody can who may write into the folder."""
    (root / slots.FILE).write_bytes(slots.render(there))


def test_who_was_taken_away_seals_no_old_key_to_a_newer_passphrase(
    run: Run, root: Path, tmp_path: Path
) -> None:
    """He puts the register of then back, and knows its key and the bond: a passphrase set since refuses, one of before does not."""
    code, _out, said = run("keys", "passphrase", "--for", "coord-3", day=DAY, new=THIRD)
    assert code == 0, said
    shutil.copytree(root, tmp_path / "copied")
    his = opened(root, OTHER)
    bond = his.slot.bond if his.slot else b""
    assert run("keys", "passphrase", "--remove", "--for", "coord-2", day=DAY)[0] == 0
    assert run("keys", "passphrase", day=DAY, new=SECOND)[0] == 0
    shutil.copyfile(tmp_path / "copied" / REGISTER, root / REGISTER)
    lay(root, [sealed_anew(one, his.day_key, bond) for one in read_slots(root)])

    with pytest.raises(KeysDamaged):
        opened(root, SECOND)
    assert opened(root, THIRD).day_key == his.day_key, (
        "what docs/en/keys.md says of those who did not change theirs"
    )


def test_a_bond_goes_with_the_last_slot_that_holds_it(root: Path) -> None:
    """However often it is changed, a slot knows no more of them than there are slots, and one."""
    passphrases = [DAY, SECOND] * 3
    for before, after in itertools.pairwise(passphrases):
        finish(changed(opened(root, before), after))
    slot = opened(root, passphrases[-1]).slot
    assert slot is not None
    assert [worker_keys.name_of(one) for one in slot.bonds] == sorted(
        {one.bond for one in read_slots(root) if one.key == "day"},
        key=lambda name: name == slot.slot.bond,
    )
    assert opened(root, OTHER).day_key == day_key(root, passphrases[-1])


def test_what_was_opened_before_a_change_is_not_called_damaged(root: Path) -> None:
    """Somebody typed the passphrase and waited behind the change, or holds its key all day: nothing is to be put back from a backup."""
    typed = [opened(root, OTHER), unlock_with(root, by_identity(PAPER))]
    begun = changed(opened(root, DAY), SECOND)
    half = opened(root, OTHER)
    finish(begun)
    for keys in (*typed, half):
        with pytest.raises(RegisterReplaced):
            open_unlocked(keys)
    with pytest.raises(RegisterReplaced):
        finish(half)


def test_a_damaged_register_is_called_damaged(root: Path) -> None:
    """Where nobody changed a key, nothing else is said."""
    keys = opened(root, OTHER)
    (root / REGISTER).write_bytes(os.urandom(8192))
    with pytest.raises(RegisterDamaged):
        open_unlocked(keys)


def test_who_keeps_going_hears_of_it_before_the_register_is_another_file(root: Path) -> None:
    """Killed right there, a watch asks for the passphrase and takes nothing for damage."""
    begun = changed(opened(root, DAY), SECOND)
    before = last_locked(root)
    names: list[str] = []

    def watch(name: str) -> None:
        names.append(name)
        if name == "day.place":
            raise Killed

    durable.watch(watch)
    try:
        with pytest.raises(Killed):
            finish(begun)
    finally:
        durable.watch(None)
    assert "day.place" in names
    assert last_locked(root) != before


def test_while_it_is_changed_no_slot_is_made_beside_it(run: Run, root: Path) -> None:
    """It would open the old key alone, and be vouched for by that: then the change could never be brought to its end."""
    reader = open_workspace(root, secret=lambda _prompt: OTHER)
    with reader.register.reading() as rows:
        rows.execute(raw.setting.select()).all()
        note(root, DAY, "in the log")
        assert run("keys", "passphrase", day=DAY, new=SECOND)[0] == 3
        code, _out, said = run("keys", "passphrase", "--for", "coord-3", day=SECOND, new=THIRD)
        assert (code, "DK-S58" in said) == (1, True), said
    reader.close()
    assert finish(opened(root, SECOND)).changing is None


def test_taken_away_but_not_at_its_end_is_said_so(run: Run, root: Path) -> None:
    """As long as the register is under the old key, an old file with his passphrase opens it: the words say nothing else."""
    reader = open_workspace(root, secret=lambda _prompt: OTHER)
    with reader.register.reading() as rows:
        rows.execute(raw.setting.select()).all()
        note(root, DAY, "in the log")
        code, out, said = run("keys", "passphrase", "--remove", "--for", "coord-2", day=DAY)
        assert (code, "DK-S58" in said) == (3, True), said
        assert "still opens it" in " ".join(out.split())
        assert "opens nothing here any more" not in " ".join(out.split())
    reader.close()


def test_decisions_go_on_while_the_register_is_copied(root: Path) -> None:
    """A round has the turn for no longer than the copy takes its place; what was decided meanwhile is in no lost file."""
    begun = changed(opened(root, DAY), SECOND)
    free: dict[str, bool] = {}

    def decides(name: str) -> None:
        if name in {"file.sync", "day.place"} - free.keys():
            opened_file = os.open(root / TURN, os.O_RDWR | os.O_CREAT, 0o600)
            free[name] = take(opened_file)
            os.close(opened_file)
            if name == "file.sync" and free[name]:
                durable.watch(None)
                note(root, OTHER, "decided")
                durable.watch(decides)

    with hold(root, "sync", how="long"):
        durable.watch(decides)
        try:
            left = finish(begun)
        finally:
            durable.watch(None)
        assert (left.changing is not None, free) == (True, {"file.sync": True})
        assert not (root / NEXT).exists()
        durable.watch(decides)
        try:
            ended = finish(left)
        finally:
            durable.watch(None)
    assert (noted(ended), free) == (("decided", SEALED), {"file.sync": True, "day.place": False})


def test_whoever_writes_next_reads_no_page_again(root: Path) -> None:
    """Each page of the copy was read; to read them again under the turn, others would wait as long as for the copy."""
    finish(changed(opened(root, DAY), SECOND))
    assert file_checks.since(root / REGISTER, datetime.fromtimestamp(seconds(), UTC)) is not None


def test_nothing_is_copied_while_somebody_keeps_a_part_in_the_log(root: Path) -> None:
    """A page in a browser reads: each command that writes would copy the whole register in vain."""
    begun = changed(opened(root, DAY), SECOND)
    reader = open_workspace(root, secret=lambda _prompt: OTHER)
    names: list[str] = []
    with reader.register.reading() as rows:
        rows.execute(raw.setting.select()).all()
        note(root, OTHER, "in the log")
        durable.watch(names.append)
        try:
            assert finish(begun).changing is not None
        finally:
            durable.watch(None)
    reader.close()
    assert "day.copy" not in names


_LATE = """
import sys
from pathlib import Path
from sync_scripts.errors import DikaloError
from sync_scripts.store import engine
from sync_scripts.store.schema import raw
made = engine.sqlcipher(Path(sys.argv[1]), bytes.fromhex(sys.stdin.readline()))
with engine.transaction(made, reads=True) as rows:
    rows.execute(raw.setting.select()).all()
print("open", flush=True)
sys.stdin.readline()
try:
    with engine.transaction(made, reads=True) as rows:
        rows.execute(raw.setting.select()).all()
except DikaloError as told:
    print(told.code, flush=True)
else:
    print("read", flush=True)
made.dispose()
"""
"""A page of another process, which opens the register to read it, and reads again when it is told to."""


def test_who_opens_the_old_file_at_its_last_moment_takes_nothing_with_them(root: Path) -> None:
    """Between the end of its log and the copy taking its place: they hear of the change, and what is written after stays."""
    begun = changed(opened(root, DAY), SECOND)
    key = day_key(root, OTHER)
    command = [sys.executable, "-c", _LATE, str(root / REGISTER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as late:
        assert late.stdin
        assert late.stdout
        words = late.stdin, late.stdout

        def watch(name: str) -> None:
            if name == "day.place":
                words[0].write(key.hex() + "\n")
                words[0].flush()
                assert words[1].readline() == "open\n"

        durable.watch(watch)
        try:
            finish(begun)
        finally:
            durable.watch(None)
        held = open_workspace(root, secret=lambda _prompt: SECOND)
        with held.register.writing() as rows:
            write_setting(rows, "noted", "after")
        told = late.communicate("\n", timeout=60)[0]
        held.close()
    assert told == "DK-S56\n"
    assert noted(opened(root, OTHER)) == ("after", SEALED)


def test_who_has_no_slot_seals_no_key_to_anybody(root: Path) -> None:
    """Somebody who can write the file, and knows every public key in it: what they seal there is refused."""
    mine = b"s" * 32
    lay(root, [sealed_anew(one, mine, b"b" * 32) for one in read_slots(root)])
    with pytest.raises(KeysDamaged):
        opened(root, DAY)


def test_no_key_is_given_to_a_planted_pair(root: Path) -> None:
    """A slot with a public key of the attacker's own, laid there by somebody who knew only the key of before: no change is begun."""
    keys = opened(root, DAY)
    finish(changed(keys, SECOND))
    _secret, public = worker_keys.make_pair()
    there = read_slots(root)
    planted = [
        msgspec.structs.replace(one, public=public) if one.worker == "coord-2" else one for one in there
    ]
    bond = keys.slot.bond if keys.slot else b""
    planted = [sealed_anew(one, keys.day_key, bond) if one.worker == "coord-2" else one for one in planted]
    lay(root, planted)
    now = opened(root, SECOND)
    with pytest.raises(KeysDamaged):
        changed(now, DAY)
    assert read_slots(root) == tuple(planted)


def test_a_command_that_was_open_meanwhile_writes_into_no_lost_file(root: Path) -> None:
    """A page in a browser has the register open for hours: it says so, and nothing that is answered goes into the old file."""
    open_all_day = open_workspace(root, secret=lambda _prompt: OTHER)
    finish(changed(opened(root, DAY), SECOND))
    with pytest.raises(RegisterReplaced), open_all_day.register.writing() as rows:
        write_setting(rows, "noted", "lost")
    with pytest.raises(RegisterReplaced):  # the log beside it belongs to the new file
        open_all_day.register.settle()
    open_all_day.close()
    note(root, OTHER, "kept")


def test_nothing_of_the_copy_is_in_clear(root: Path) -> None:
    """Nor is the key anywhere beside it."""
    seen: list[bytes] = []

    def watch(name: str) -> None:
        if name == "day.place":
            seen.append((root / NEXT).read_bytes())

    durable.watch(watch)
    try:
        keys = finish(changed(opened(root, DAY), SECOND))
    finally:
        durable.watch(None)
    assert seen
    assert b"CREATE TABLE" not in seen[0]
    with closing(sqlite3.connect(root / REGISTER)) as clear, pytest.raises(sqlite3.DatabaseError):
        clear.execute("SELECT * FROM sqlite_master").fetchall()
    files = [one.read_bytes() for one in root.rglob("*") if one.is_file()]
    for form in (keys.day_key, keys.day_key.hex().encode(), base64.b64encode(keys.day_key)):
        assert not any(form in one for one in files)
    sealed = pyrage.decrypt((root / DAY_AGE).read_bytes(), [pyrage.x25519.Identity.from_str(PAPER)])
    assert sealed == keys.day_key
    assert replace(keys).changing is None


def test_who_reads_at_that_moment_loses_nothing(run: Run, root: Path) -> None:
    """What they keep from being written back stays where it is: the new passphrase opens, and the next command ends the change."""
    reader = open_workspace(root, secret=lambda _prompt: OTHER)
    with reader.register.reading() as rows:
        rows.execute(raw.setting.select()).all()
        note(root, DAY, "in the log")
        code, _out, said = run("keys", "passphrase", day=DAY, new=SECOND)
        assert (code, "DK-S58" in said) == (3, True), said
        assert noted(opened(root, SECOND)) == ("in the log", SEALED)
        assert opened(root, SECOND).changing is not None
        assert "day-key" in [one.code for one in of_folder(root, Settings(id="e" * 32))]
        refused = run("keys", "passphrase", day=SECOND, new=DAY)
        assert (refused[0], "DK-S58" in refused[2]) == (1, True)
        assert not (root / NEXT).exists()
    reader.close()
    before = opened(root, SECOND).day_key
    ended = finish(opened(root, SECOND))
    assert noted(ended) == ("in the log", SEALED)
    assert opens(before, root) == []
    assert "day-key" not in [one.code for one in of_folder(root, Settings(id="e" * 32))]


def test_on_postgresql_the_files_beside_open_nothing_newer(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    """Its tables are under no key of ours; what this laptop keeps beside them is, and another laptop goes on with its own."""
    settings = Settings(id="c" * 32, register=RegisterSettings(url=new_database("template0")))
    root = found(tmp_path / "p", settings=settings)
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    logins.keep(workspace.register, "kobo", "pull", Kept(token="t" * 40))
    tags = workspace.register.match_key
    workspace.close()
    other = shutil.copytree(root, tmp_path / "other")
    before = day_key(root, DAY)
    finish(changed(opened(root, DAY), SECOND))

    assert match_key(root, settings.id, before) is None
    with pytest.raises(login_file.LoginsDamaged):
        login_file.LoginFile(root / login_file.FILE, settings.id, before).find("login:pull:kobo")
    for place, passphrase in ((root, SECOND), (other, DAY)):
        for keys in (opened(place, passphrase), unlock_with(place, by_identity(PAPER))):
            workspace = open_unlocked(keys)
            kept = logins.find(workspace.register, "kobo", "pull")
            assert (kept and kept.token, workspace.register.match_key) == ("t" * 40, tags)
            workspace.close()
    assert unlock_with(other, by_identity(PAPER)).day_key == before
