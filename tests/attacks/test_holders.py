"""Who holds the everyday key lets the register seal for a stranger: everything that comes opens with the stranger's key.

The everyday key opens the register, and nothing more is needed to write another holder into its row of settings, to write the
chain of custody again so that it agrees, and to lay its triggers as they were. What that key does not open is the slot of a
passphrase: there, and signed by the vault's key, stands for whom the workspace seals.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyrage
import pytest
from sqlalchemy import select, text

from sync_scripts.config import RegisterSettings, ServerSettings, Settings
from sync_scripts.secrets import kept_key, slots
from sync_scripts.secrets.agent import Held
from sync_scripts.secrets.wrapped_file import CLIENT
from sync_scripts.store import custody, engine
from sync_scripts.store.canonical import canonical, encoded
from sync_scripts.store.errors import DemoAndRealMixed, HoldersUnaccepted, HoldersUncompared
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import demo_keys, pinning
from sync_scripts.store.seal.holders import accept, know_holders, seen
from sync_scripts.store.seal.sealing import Recipients, make_identity
from sync_scripts.store.vault import (
    NewVault,
    Rewrapping,
    Vault,
    by_identity,
    by_passphrase,
    changed,
    unlock_with,
)
from sync_scripts.store.workspace import (
    REGISTER,
    Unlocked,
    open_unlocked,
    open_workspace,
    read_slots,
    unlock,
    write_setting,
)
from tests.passphrases import SECOND
from tests.store.commands import DAY, VAULT, Run, found
from tests.store.databases import NOW, PERSON

HEAD_OFFICE, PAPER = (demo_keys.IDENTITIES[one].secret for one in ("O", "R"))
STRANGER = make_identity()
ALERT = Path(__file__).parents[2] / "forms" / "samples" / "alert" / "a01"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a workspace with one submission pulled, and another one that waits in its folder."""
    source = (ServerSettings(name="stick", kind="folder", path="../stick"),)
    root = found(tmp_path / "w", settings=Settings(id="f" * 32, server=source))
    shutil.copytree(ALERT, tmp_path / "stick" / "first")
    return root


def keys_of(root: Path) -> Unlocked:
    """Return what the attacker has: the everyday key, however they came by it."""
    return unlock(root, secret=lambda _prompt: DAY)


def redirect(root: Path, day_key: bytes) -> Recipients:
    """Put a stranger in the place of the paper, as nothing but the everyday key allows; return the holders of then."""
    with engine.sqlcipher(root / REGISTER, day_key).begin() as made:
        held = dict(made.execute(select(raw.setting.c.name, raw.setting.c.value)).all())
        was = Recipients.of(dict(json.loads(held["recipients"])))
        new = Recipients.of({**dict(was.keys), "R": STRANGER.public})
        triggers = made.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _sql in triggers:
            made.execute(text(f'DROP TRIGGER "{name}"'))
        prev = custody.START
        for row in made.execute(select(raw.custody).order_by(raw.custody.c.seq)).all():
            line = json.loads(row.line)
            if line["object"] == was.fingerprint:
                line |= {"object": new.fingerprint}
                line["details"] |= {"recipients": [list(pair) for pair in new.keys]}
            data = encoded(line | {"prev": prev})
            prev = hashlib.sha256(data).hexdigest()
            made.execute(
                raw.custody.update().where(raw.custody.c.seq == row.seq).values(line=data.decode(), hash=prev)
            )
        for _name, sql in triggers:
            made.execute(text(sql))
        for name, value in (("recipients", canonical(new.keys)), *FORGED.items()):
            made.execute(raw.setting.update().where(raw.setting.c.name == name).values(value=value))
    return new


FORGED: dict[str, str] = {}
"""Other settings that the attacker writes at the same time."""


def strangers_pages(root: Path) -> int:
    """Return how many key pages open with the stranger's key."""
    opened = 0
    identity = pyrage.x25519.Identity.from_str(STRANGER.secret)
    with engine.sqlcipher(root / REGISTER, keys_of(root).day_key).connect() as made:
        for blob in made.execute(select(raw.key_page.c.blob)).scalars():
            try:
                pyrage.decrypt(blob, [identity])
            except pyrage.DecryptError:
                continue
            opened += 1
    return opened


def stored(root: Path) -> dict[str, int]:
    """Return how much the register holds of what arrives."""
    with engine.sqlcipher(root / REGISTER, keys_of(root).day_key).connect() as made:
        tables = (raw.key_page, raw.sealed_item, raw.submission, raw.place)
        return {one.name: len(made.execute(select(one)).all()) for one in tables}


def test_nothing_is_sealed_for_a_stranger(run: Run, root: Path, tmp_path: Path) -> None:
    """The next pull stops with words to do: nothing is stored, nothing put aside, nothing lost at the source."""
    assert run("pull", day=DAY)[0] in {0, 3}
    before = stored(root)
    redirect(root, keys_of(root).day_key)
    shutil.copytree(ALERT.parent / "a02", tmp_path / "stick" / "second")
    pulled = run("pull", day=DAY)
    went = run("sync", "--dry-run", day=DAY)
    rewrapped = run("keys", "rewrap", vault=VAULT)

    assert strangers_pages(root) == 0
    assert stored(root) == before
    assert (tmp_path / "stick" / "second" / "submission.xml").is_file()
    for code, _out, said in (pulled, went, rewrapped):
        assert (code, "DK-S50" in said, "dikalo keys holders" in said) == (6, True, True), said


def test_the_change_is_seen_by_whoever_looks(run: Run, root: Path) -> None:
    """``verify`` and ``doctor`` name it, with the fingerprint to compare; what only reads warns and goes on."""
    sound = run("verify", "--offline", "--json", day=DAY)
    new = redirect(root, keys_of(root).day_key)
    verified = run("verify", "--offline", "--json", day=DAY)
    looked = run("doctor", "--open", "--json", day=DAY)
    read = run("alerts", "list", day=DAY)

    assert next(one for one in sound[1]["checks"] if one["code"] == "holders")["wrong"] == []
    assert (sound[0], verified[0]) == (0, 6)
    assert [one["code"] for one in verified[1]["checks"] if one["wrong"]] == ["holders"]
    (finding,) = (one for one in looked[1]["findings"] if one["code"] == "holders")
    assert finding["level"] == "bad"
    assert new.fingerprint[:4] in finding["words"]
    assert (read[0], "DK-S50" in read[2]) == (0, True)


def test_a_statement_that_the_attacker_signs_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They derive a signer from a key of their own, for the first naming anew or for one more; neither is followed."""
    keys = keys_of(root)
    new = Recipients.of({**dict(_recipients(keys).keys), "R": STRANGER.public})
    own = {"by": STRANGER.secret, "vault": STRANGER.secret}
    first = pinning.named(keys.settings.id, (), new, **own)
    before = _statements(keys)
    for number, forged in enumerate(
        (first, (*before, *pinning.named(keys.settings.id, before, new, **own)[1:]))
    ):
        copied = shutil.copytree(root, root.parent / f"copy-{number}")
        monkeypatch.setitem(FORGED, pinning.STATEMENTS, pinning.render(forged))
        redirect(copied, keys.day_key)
        with pytest.raises(HoldersUnaccepted):
            open_workspace(copied, secret=lambda _prompt: DAY)


def test_holders_of_before_do_not_come_back(root: Path) -> None:
    """The paper was stolen and replaced: the register of before that is laid in its place would seal for the thief again."""
    earlier = (root / REGISTER).read_bytes()
    key = by_passphrase(root, lambda: VAULT)
    keys = unlock_with(root, key)
    register = open_unlocked(keys).register
    work = Rewrapping(keys, register, key, PERSON, NOW)
    work.pin(changed(register.recipients, {"R": STRANGER.public}), reason="stolen paper")
    list(work.wrap())
    work.finish()
    register.close()
    workspace = open_workspace(root, secret=lambda _prompt: DAY)  # signed: nobody is asked anything
    know_holders(keys_of(root), workspace.register)  # as every command does that writes
    workspace.close()
    (root / REGISTER).write_bytes(earlier)

    with pytest.raises(HoldersUnaccepted):
        open_workspace(root, secret=lambda _prompt: DAY)


def test_who_accepts_holders_accepts_no_signer_of_the_attacker(root: Path) -> None:
    """The vault's key was lost, so a change is unsigned and accepted by voice. The attacker had put in who signs the next one."""
    (root / "vault.age").unlink()
    key = by_identity(PAPER)
    keys = unlock_with(root, key)
    register = open_unlocked(keys).register
    register.unsure = None  # they compared the fingerprint with the paper
    work = Rewrapping(keys, register, key, PERSON, NOW)
    vault = NewVault(make_identity(), SECOND, "coord-1")
    work.pin(changed(register.recipients, {"V": vault.identity.public}), reason="lost", vault=vault)
    list(work.wrap())
    work.finish()
    before = _statements(keys)
    forged = pinning.named(keys.settings.id, before, register.recipients, by="", vault=STRANGER.secret)[-1]
    accepted = (*before[:-1], msgspec.structs.replace(before[-1], signer=forged.signer))
    with register.writing() as rows:
        write_setting(rows, pinning.STATEMENTS, pinning.render(accepted))
    register.close()

    mine = keys_of(root)
    workspace = open_unlocked(mine, any_holders=True)
    found = seen(mine, workspace.register)
    assert not found.known
    accept(mine, workspace.register, found, PERSON, NOW)
    workspace.close()
    open_workspace(root, secret=lambda _prompt: DAY).close()  # they are known now
    new = Recipients.of({**dict(found.now.keys), "R": STRANGER.public})
    last = pinning.named(keys.settings.id, accepted, new, by=STRANGER.secret, vault=STRANGER.secret)
    FORGED[pinning.STATEMENTS] = pinning.render(last)
    try:
        redirect(root, keys.day_key)
    finally:
        FORGED.clear()
    with pytest.raises(HoldersUnaccepted):
        open_workspace(root, secret=lambda _prompt: DAY)


def test_a_kept_key_knows_the_holders_too(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the passphrase is typed once in a while, what keeps the key keeps all that its slot says."""
    keys = keys_of(root)
    assert keys.pinned is not None
    held = Held(keys.day_key, keys.settings.id, keys.worker, "", keys.pinned)
    monkeypatch.setattr(kept_key, "find", lambda *_given: held)
    new = redirect(root, keys.day_key)
    code, _out, said = run("pull")

    assert (code, "DK-S50" in said) == (6, True)
    assert new.only("R") == [STRANGER.public]


def test_a_typed_key_seals_for_nobody_unknown(run: Run, root: Path) -> None:
    """The paper opens the register without any slot: its holder compares the fingerprint, which is another one now."""
    fingerprint = run("keys", "holders", "--json", day=DAY)[1]["fingerprint"]
    redirect(root, keys_of(root).day_key)
    words = ("keys", "rewrap", "--key", "organisation", "--as", "boss")
    unasked = run(*words, vault=HEAD_OFFICE)
    compared = run(*words, "--holders", fingerprint, vault=HEAD_OFFICE)

    assert (unasked[0], "DK-S26" in unasked[2]) == (4, True)
    assert (compared[0], "DK-S27" in compared[2]) == (6, True)
    assert strangers_pages(root) == 0


def test_nothing_below_the_commands_seals_for_whom_nobody_knows(root: Path) -> None:
    """A typed key that nobody compared: no sealer, no other holders, no page written again."""
    key = by_identity(PAPER)
    keys = unlock_with(root, key)
    register = open_unlocked(keys).register
    work = Rewrapping(keys, register, key, PERSON, NOW)
    with pytest.raises(HoldersUncompared):
        register.sealer()
    with pytest.raises(HoldersUncompared):
        work.pin(changed(register.recipients, {"O": None}), reason="x")
    with pytest.raises(HoldersUncompared):
        list(work.wrap())
    register.close()


def test_an_opening_writes_no_page_again_for_a_stranger(run: Run, root: Path) -> None:
    """Keys of erased things are struck when the vault opens, and their pages sealed again: not for holders whom nobody knows."""
    assert run("pull", day=DAY)[0] in {0, 3}
    day_key = keys_of(root).day_key
    with engine.sqlcipher(root / REGISTER, day_key).begin() as made:
        page, item = made.execute(select(raw.sealed_item.c.key_page, raw.sealed_item.c.item)).all()[0]
        line = {"key_page": page, "item": item, "file": None, "at": "2026-11-25T00:00:00.000000Z"}
        made.execute(raw.erasure_pending.insert().values(**line))
    redirect(root, day_key)
    key = by_identity(HEAD_OFFICE)
    workspace = open_unlocked(unlock_with(root, key))
    with Vault(workspace.register, key, PERSON, now=lambda: NOW) as vault:
        assert vault.struck.pages == 0
    workspace.close()

    assert strangers_pages(root) == 0


@pytest.mark.parametrize("beside", [True, False])
def test_a_forged_slot_of_a_demonstration_opens_nothing(root: Path, beside: bool) -> None:
    """Its passphrase is published, so nobody would be asked for one: beside real slots, and in their place."""
    keys = keys_of(root)
    new = redirect(root, keys.day_key)
    assert keys.pinned is not None
    forged = slots.wrap(
        keys.day_key,
        demo_keys.DAY_PASSPHRASE,
        name="day",
        pinned=msgspec.structs.replace(keys.pinned, holders=new.fingerprint),
        workspace=keys.settings.id,
        worker=keys.worker,
        demo=True,
        work=demo_keys.WORK,
    )
    (root / slots.FILE).write_bytes(slots.render([*(read_slots(root) if beside else ()), forged]))
    with engine.sqlcipher(root / REGISTER, keys.day_key).begin() as made:
        made.execute(raw.setting.delete().where(raw.setting.c.name == "demo"))
        made.execute(raw.setting.insert().values(name="demo", value="yes"))

    with pytest.raises(DemoAndRealMixed):
        open_workspace(root, secret=lambda _prompt: DAY)
    if beside:
        with pytest.raises(DemoAndRealMixed):
            unlock(root, secret=lambda _prompt: DAY)


def test_the_administrator_of_a_shared_register_redirects_nothing(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    """They write row and chain, and who also has an everyday key writes ``client.json``: the slots know better."""
    url = new_database("template0")
    root = found(tmp_path / "p", settings=Settings(id="c" * 32, register=RegisterSettings(url=url)))
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    new = Recipients.of({**dict(workspace.register.recipients.keys), "R": STRANGER.public})
    with workspace.register.writing() as rows:
        custody.append(rows, [custody.Entry("KEYS_CHANGED", "x", new.fingerprint)], NOW)
        for name, value in (("recipients", canonical(new.keys)), ("recipients.line", "2")):
            write_setting(rows, name, value)
    workspace.close()
    keys = keys_of(root)
    data = CLIENT.wrap(keys.day_key, keys.settings.id, bytes(32))
    (root / CLIENT.name).write_bytes(data)

    with pytest.raises(HoldersUnaccepted):
        open_workspace(root, secret=lambda _prompt: DAY)


def _recipients(keys: Unlocked) -> Recipients:
    workspace = open_unlocked(keys)
    workspace.close()
    return workspace.register.recipients


def _statements(keys: Unlocked) -> tuple[pinning.Statement, ...]:
    with engine.sqlcipher(keys.root / REGISTER, keys.day_key).connect() as made:
        asked = select(raw.setting.c.value).where(raw.setting.c.name == pinning.STATEMENTS)
        return pinning.parse(made.execute(asked).scalar_one())
