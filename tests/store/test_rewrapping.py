"""Other holders while a workspace lives: everything opens for those of now, at whatever moment the change was cut."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pyrage
import pytest
from sqlalchemy import select, text

from sync_scripts.config import RegisterSettings, Settings
from sync_scripts.secrets.errors import PassphrasesEqual, WrongPassphrase
from sync_scripts.secrets.kept_key import mark_of
from sync_scripts.secrets.slots import Pinned
from sync_scripts.store import custody, durable
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.errors import (
    HoldersUnaccepted,
    PageUnopened,
    RecipientsChanged,
    TooFewRecipients,
    VaultEarlier,
)
from sync_scripts.store.schema.raw import erasure_pending, key_page, sealed_item
from sync_scripts.store.seal import demo_keys, pinning
from sync_scripts.store.seal.holders import know_holders
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealed_rows import keep, lost_pages
from sync_scripts.store.seal.sealing import make_identity
from sync_scripts.store.vault import (
    NewVault,
    Rewrapping,
    Vault,
    VaultKey,
    by_identity,
    by_passphrase,
    changed,
    items_where,
    lay,
    unlock_with,
    waiting,
)
from sync_scripts.store.workspace import (
    open_unlocked,
    open_workspace,
    proofs,
    read_slots,
    settings_of,
    unlock,
    write_setting,
)
from tests.passphrases import SECOND
from tests.store.commands import DAY, VAULT, Run, found, pipe
from tests.store.databases import NOW
from tests.store.terminal import Terminal

PERSON = Actor("coord-1", "key")
R = demo_keys.IDENTITIES["R"]
HEAD_OFFICE = demo_keys.IDENTITIES["O"]
PAGES = 4


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a workspace for V and R with four key pages."""
    root = tmp_path_factory.mktemp("rewrap") / "w"
    found(root, organisation=False, settings=Settings(id="a" * 32))
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    for number in range(PAGES):
        _seal(workspace.register, f"text {number}")
    workspace.close()
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """Give a copy of it, where the commands of these tests look."""
    shutil.copytree(template, tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test pay for a real passphrase."""
    monkeypatch.setattr("sync_scripts.secrets.slots.usual_work", lambda: demo_keys.WORK)


def _seal(register: Register, said: str) -> None:
    with register.sealer() as sealer, register.writing() as rows:
        sealer.seal(said.encode(), "s1", "test", "workspace:test", said)
        keep(rows, sealer, NOW)


def old_v(root: Path, passphrase: str = VAULT) -> VaultKey:
    """Return V by a passphrase."""
    return by_passphrase(root, lambda: passphrase)


def begun(root: Path, key: VaultKey) -> Rewrapping:
    """Open a workspace with a key, ready to change holders."""
    keys = unlock_with(root, key)
    register = open_unlocked(keys).register
    if key.pinned is None:
        register.unsure = None  # whoever typed a key compared the fingerprint with the paper
    return Rewrapping(keys, register, key, PERSON, NOW + timedelta(days=30))


def change(root: Path, key: VaultKey, keys: dict[Holder, str | None], vault: NewVault | None = None) -> None:
    """Change holders from the beginning to the end."""
    work = begun(root, key)
    try:
        new: dict[Holder, str | None] = dict(keys)
        if vault is not None:
            new["V"] = vault.identity.public
        work.pin(changed(work.register.recipients, new), reason="a test", vault=vault)
        list(work.wrap())
        work.finish()
    finally:
        work.register.close()


def go_on(root: Path, key: VaultKey) -> None:
    """Go on with a change that was cut, and end it."""
    work = begun(root, key)
    try:
        lay(work.keys, work.register)
        list(work.wrap())
        assert work.finish()
    finally:
        work.register.close()


def read(root: Path, key: VaultKey) -> list[str | None]:
    """Return what a key opens of everything sealed; None for what it does not."""
    keys = unlock_with(root, key)
    workspace = open_unlocked(keys)
    try:
        with workspace.register.reading() as rows:
            items = items_where(rows, sealed_item.c.kind == "test")
        with Vault(workspace.register, key, PERSON, now=lambda: NOW) as opening:
            found = [None if one.problem else one.data.decode() for one in opening.open_items("why", items)]
            assert not opening.problems
            return sorted(found, key=str)
    finally:
        workspace.close()


def sound(root: Path) -> None:
    """Check chain and pages with the everyday key."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        assert custody.check(rows)
        assert list(lost_pages(rows)) == []
    workspace.close()


def named(root: Path, what: str) -> int:
    """Count the lines of the chain about something."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        found = [line for line in custody.read(rows) if line.entry["object"] == what]
    workspace.close()
    return len(found)


EVERYTHING = [f"text {number}" for number in range(PAGES)]


def test_a_head_office_is_added_afterwards(root: Path) -> None:
    """Old items and new ones open for O, and as before for V and R; O is named in the chain, unproved."""
    change(root, old_v(root), {"O": HEAD_OFFICE.public})
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    _seal(workspace.register, "text new")
    with workspace.register.reading() as rows:
        held, line = proofs(rows), [one.entry for one in custody.read(rows)]
    workspace.close()

    for key in (by_identity(HEAD_OFFICE.secret), by_identity(R.secret), old_v(root)):
        assert read(root, key) == [*EVERYTHING, "text new"]
    assert set(held) == {"V", "R"}
    pinned = next(one for one in line if one["action"] == "KEYS_CHANGED" and "was" in one["details"])
    assert pinned["details"]["reason"] == "a test"
    assert ["O", HEAD_OFFICE.public] in pinned["details"]["recipients"]
    sound(root)


def test_a_replaced_paper_opens_nothing_any_more(root: Path) -> None:
    """The new R opens all, V out of vault.age too; the old one neither pages nor day.age, and counts as no holder."""
    paper = make_identity()
    change(root, old_v(root), {"R": paper.public})

    assert read(root, by_identity(paper.secret)) == EVERYTHING
    with pytest.raises(PageUnopened):
        unlock_with(root, by_identity(R.secret))
    identity = pyrage.x25519.Identity.from_str(paper.secret)
    secret = pyrage.decrypt((root / "vault.age").read_bytes(), [identity]).decode()
    assert (
        VaultKey(None, str(pyrage.x25519.Identity.from_str(secret).to_public())).public == old_v(root).public
    )
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with pytest.raises(RecipientsChanged):
        by_identity(R.secret).holder_in(workspace.register)
    with workspace.register.reading() as rows:
        assert set(proofs(rows)) == {"V"}
    workspace.close()


def test_a_new_vault_key_has_a_new_passphrase(root: Path) -> None:
    """The new passphrase opens everything; the old one nothing; with R at hand the old V is not needed for it."""
    change(root, by_identity(R.secret), {}, NewVault(make_identity(), SECOND, "coord-1"))

    assert read(root, old_v(root, SECOND)) == EVERYTHING
    assert read(root, by_identity(R.secret)) == EVERYTHING
    with pytest.raises(WrongPassphrase):
        old_v(root)
    sound(root)


def test_a_new_vault_key_needs_a_passphrase_of_its_own(root: Path) -> None:
    """The everyday one would let whoever knows it open everything."""
    with pytest.raises(PassphrasesEqual):
        change(root, old_v(root), {}, NewVault(make_identity(), DAY, "coord-1"))
    with pytest.raises(PassphrasesEqual):
        change(root, old_v(root), {}, NewVault(make_identity(), VAULT, "coord-1"))
    assert read(root, old_v(root)) == EVERYTHING


def test_a_passphrase_of_a_change_that_was_cut_may_be_typed_again(root: Path) -> None:
    """Its slot was there and nothing pinned; the one of the second try takes its place."""
    first, heard = old_v(root), list[str]()

    def watch(name: str) -> None:
        heard.append(name)
        if name == "begin" and "rewrap.slot" in heard:
            raise Killed

    durable.watch(watch)
    with pytest.raises(Killed):
        change(root, first, {}, NewVault(make_identity(), SECOND, "coord-1"))
    durable.watch(None)
    change(root, first, {}, NewVault(make_identity(), SECOND, "coord-1"))

    assert read(root, old_v(root, SECOND)) == EVERYTHING
    assert len([one for one in read_slots(root) if one.key == "vault"]) == 1


def test_two_holders_are_the_least(root: Path) -> None:
    """Nobody is taken away when only one would be left."""
    work = begun(root, old_v(root))
    with pytest.raises(TooFewRecipients):
        changed(work.register.recipients, {"R": None})
    work.register.close()


class Killed(BaseException):
    """The end of the process at a step."""


@pytest.fixture
def killed_at() -> Iterator[Callable[[int], None]]:
    """Give a function that lets the process end at the n-th step from now on."""

    def at(number: int) -> None:
        left = number

        def watch(_name: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        durable.watch(watch)

    yield at
    durable.watch(None)


def all_steps(root: Path, keys: dict[Holder, str | None], vault: NewVault | None) -> list[str]:
    """Return the steps of a whole change."""
    names: list[str] = []
    durable.watch(names.append)
    change(root, old_v(root), keys, vault)
    durable.watch(None)
    return names


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_cut_at_any_step_it_goes_on_and_nothing_is_ever_lost(
    template: Path, tmp_path: Path, killed_at: Callable[[int], None], *, every: bool
) -> None:
    """O added, R and V replaced at once, cut before each write: old V and R open what is old, then all opens for the new."""
    paper, new_v = make_identity(), make_identity()
    keys: dict[Holder, str | None] = {"O": HEAD_OFFICE.public, "R": paper.public}
    vault = NewVault(new_v, SECOND, "coord-1")
    shutil.copytree(template, tmp_path / "whole")
    names = all_steps(tmp_path / "whole", keys, vault)
    assert names.count("rewrap.page") == PAGES

    for number, name in enumerate(names):
        if not every and name in names[:number]:
            continue  # the first of each kind here, each of them when there is time
        root = tmp_path / f"{number}"
        shutil.copytree(template, root)
        first = old_v(root)
        killed_at(number)
        with pytest.raises(Killed):
            change(root, first, keys, vault)
        durable.watch(None)
        steps_left = _after_the_cut(root, first, keys, vault)
        for key in (vault.identity.secret, paper.secret, HEAD_OFFICE.secret):
            assert read(root, by_identity(key)) == EVERYTHING, (name, steps_left)
        assert not _unlocks(root, first), name
        sound(root)


def _after_the_cut(root: Path, first: VaultKey, keys: dict[Holder, str | None], vault: NewVault) -> str:
    """Check what opens after a cut, then go on as a person would; return from where."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    pinned, named = bool(workspace.register.earlier), bool(workspace.register.recipients.only("O"))
    workspace.close()
    sound(root)
    new = by_identity(vault.identity.secret)
    opened = [read(root, one) for one in (first, new) if _unlocks(root, one)]
    assert {one for found in opened for one in found if one is not None} == set(EVERYTHING)
    if pinned:
        go_on(root, first if _unlocks(root, first) else new)
        return "pinned"
    if not named:
        change(root, first, keys, NewVault(vault.identity, vault.passphrase, vault.worker))
        return "nothing"
    return "ended"


def _unlocks(root: Path, key: VaultKey) -> bool:
    try:
        unlock_with(root, key)
    except (PageUnopened, VaultEarlier):
        return False
    return True


def test_what_is_sealed_while_pages_wait_is_sealed_for_the_new(root: Path) -> None:
    """A pull between the cut and its end seals to the holders of now; old pages still open with a key of before."""
    work = begun(root, old_v(root))
    work.pin(changed(work.register.recipients, {"R": make_identity().public}), reason="lost paper")
    next(work.wrap())
    _seal(work.register, "text new")
    assert waiting(work.register) == PAGES - 1
    with work.register.reading() as rows:
        pages = set(rows.execute(select(key_page.c.recipients)).scalars())
    assert len(pages) == 2
    work.register.close()

    assert read(root, old_v(root)) == [*EVERYTHING, "text new"]
    assert len([one for one in read(root, by_identity(R.secret)) if one is None]) == 2


def test_nothing_is_sealed_for_holders_of_before(root: Path) -> None:
    """A register that was open while another laptop changed the holders seals nothing more for those it knew."""
    work = begun(root, old_v(root))
    before = work.register.recipients
    work.pin(changed(before, {"O": HEAD_OFFICE.public}), reason="head office")
    work.register.recipients = before

    with pytest.raises(RecipientsChanged):
        _seal(work.register, "late")

    work.register.close()


def test_keys_of_erased_things_are_left_out(root: Path) -> None:
    """What waits to be struck is not carried on into the new page, and waits no more."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.writing() as rows:
        gone = rows.execute(select(sealed_item.c.key_page)).scalars().first()
        line = {"key_page": gone, "item": 0, "file": None, "at": "2026-11-25T00:00:00.000000Z"}
        rows.many(erasure_pending, [line])
        rows.execute(text("DELETE FROM sealed_item WHERE key_page = :page"), {"page": gone})
    workspace.close()
    work = begun(root, old_v(root))
    work.pin(changed(work.register.recipients, {"O": HEAD_OFFICE.public}), reason="a test")
    list(work.wrap())
    with work.register.reading() as rows:
        assert rows.execute(select(erasure_pending)).all() == []
        blob = rows.execute(select(key_page.c.blob).where(key_page.c.id == gone)).scalar_one()
    work.register.close()

    page = pyrage.decrypt(blob, [pyrage.x25519.Identity.from_str(HEAD_OFFICE.secret)])
    assert b'"items":[]' in page
    assert work.struck == 1
    sound(root)


# --- commands -------------------------------------------------------------------------------------------------------


def test_the_command_adds_a_head_office_and_says_so(run: Run, root: Path) -> None:
    """A reason is asked; a dry run writes nothing; afterwards the new key opens, and doctor asks for its proof."""
    words = ("keys", "rewrap", "--organisation", HEAD_OFFICE.public)
    refused = run(*words, vault=VAULT)
    planned = run("--json", *words, "--reason", "second holder", "--dry-run", vault=VAULT)
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    assert workspace.register.recipients.only("O") == []
    workspace.close()
    code, document, err = run("--json", *words, "--reason", "second holder", vault=VAULT)

    assert (refused[0], "DK-Q09" in refused[2]) == (2, True)
    assert [one["code"] for one in planned[1]["holders"]] == ["V", "R", "O"]
    assert (planned[1]["rewrapped"], planned[1]["left"]) == (0, PAGES)
    assert (code, document["rewrapped"], document["left"]) == (0, PAGES, 0), err
    assert read(root, by_identity(HEAD_OFFICE.secret)) == EVERYTHING
    assert run("keys", "rewrap", vault=VAULT)[0] == 0


def test_a_change_under_way_is_ended_before_another(run: Run, root: Path) -> None:
    """DK-Q11 names what to do; doctor shows how many pages wait."""
    work = begun(root, old_v(root))
    work.pin(changed(work.register.recipients, {"R": make_identity().public}), reason="lost paper")
    work.register.close()
    another = ("keys", "rewrap", "--organisation", HEAD_OFFICE.public, "--reason", "x")
    code, _out, err = run(*another, vault=VAULT)
    doctor = run("--json", "doctor", day=DAY)[1]

    assert (code, "DK-Q11" in err) == (1, True)
    assert "rewrap" in {one["code"] for one in doctor["findings"]}
    assert run("keys", "rewrap", vault=VAULT)[0] == 0
    assert run(*another, vault=VAULT)[0] == 0


def test_a_dry_run_says_how_many_pages_would_be_written(run: Run, root: Path) -> None:
    """Of a change to come, also of keys that are not made yet; and of one under way what is left of it."""
    new = run("keys", "rewrap", "--vault", "--reason", "copied", "--dry-run", vault=VAULT)
    nothing = run("keys", "rewrap", "--dry-run", vault=VAULT)
    work = begun(root, old_v(root))
    work.pin(changed(work.register.recipients, {"R": make_identity().public}), reason="lost paper")
    next(work.wrap())
    work.register.close()
    begun_then = run("keys", "rewrap", "--dry-run", vault=VAULT)

    assert f"{PAGES} key pages would be written again." in new[1]
    assert "key page" not in nothing[1]
    assert f"{PAGES - 1} key pages wait to be written again." in begun_then[1]


@pytest.mark.parametrize(
    ("given", "gone"),
    [
        (("--vault",), "vault"),
        (("--recovery", "new"), "recovery"),
        (("--organisation", HEAD_OFFICE.public), "organisation"),
    ],
)
def test_nobody_gets_a_key_and_is_taken_away_at_once(
    run: Run, root: Path, given: tuple[str, ...], gone: str
) -> None:
    """Refused before anything is opened, with both options named."""
    before = (root / "keys.json").read_bytes()
    code, _out, err = run("keys", "rewrap", *given, "--without", gone, "--reason", "x")

    assert (code, "DK-S51" in err) == (2, True)
    assert given[0] in err
    assert f"--without {gone}" in " ".join(err.split())
    assert (root / "keys.json").read_bytes() == before


def test_a_demonstration_keeps_its_published_keys(run: Run, demo: Path) -> None:
    """Nobody can make a demonstration look like a real workspace."""
    code, _out, err = run("keys", "rewrap", "--organisation", make_identity().public, "--reason", "x")
    assert (code, "DK-Q10" in err) == (2, True)
    assert demo.is_dir()


def test_the_vault_passphrase_is_changed_and_nothing_else(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new one opens all with the same V and today's cost; the old one nothing; the everyday one is refused."""
    before = old_v(root).public
    monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(DAY)))
    equal = run("keys", "passphrase", "--vault", vault=VAULT)
    assert named(root, "vault.slot") == 0, "what was refused is not written down as done"
    monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(SECOND)))
    code, _out, err = run("keys", "passphrase", "--vault", vault=VAULT)

    assert (equal[0], "DK-K06" in equal[2]) == (2, True)
    assert code == 0, err
    assert old_v(root, SECOND).public == before
    assert read(root, old_v(root, SECOND)) == EVERYTHING
    assert named(root, "vault.slot") == 1
    with pytest.raises(WrongPassphrase):
        old_v(root)
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    workspace.close()


def test_a_page_that_does_not_open_keeps_the_keys_of_before_counting(run: Run, root: Path) -> None:
    """One damaged page: exit code 6, the others are done, and nothing says that the change is over."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.writing() as rows:
        first = rows.execute(select(key_page.c.id).order_by(key_page.c.id)).scalars().first()
        rows.execute(text("UPDATE key_page SET blob = :blob WHERE id = :id"), {"blob": b"age", "id": first})
    workspace.close()
    words = ("keys", "rewrap", "--organisation", HEAD_OFFICE.public, "--reason", "second holder")
    code, document, err = run("--json", *words, vault=VAULT)
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    earlier = workspace.register.earlier
    workspace.close()

    assert (code, "DK-Q12" in err) == (6, True)
    assert (document["rewrapped"], document["left"]) == (PAGES - 1, 1)
    assert len(earlier) == 1
    assert len([one for one in read(root, by_identity(HEAD_OFFICE.secret)) if one is not None]) == PAGES - 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")
def test_a_lost_paper_is_replaced_at_a_terminal(root: Path) -> None:
    """The vault passphrase, the new one twice, the new paper typed back; a paper never typed back changes nothing."""
    words = ("-C", str(root), "--lang", "en", "keys", "rewrap", "--recovery", "new", "--reason", "lost paper")
    with Terminal(*words) as at:
        at.answer("Vault passphrase", VAULT)
        for _attempt in range(3):
            at.answer("Type it back", "AGE-SECRET-KEY-1")
        assert at.end() == 4
    assert read(root, by_identity(R.secret)) == EVERYTHING
    with Terminal(*words, "--vault") as at:
        at.answer("Vault passphrase", VAULT)
        at.answers(("New vault passphrase", SECOND), ("The same again", SECOND))
        at.wait_for("Type it back")
        shown = re.search(r"AGE- SECR.*?(?=\r?\n\r?\n)", at.seen, re.DOTALL)
        assert shown is not None
        paper = "".join(shown[0].split())
        at.answer("Type it back", paper.lower())
        assert at.end() == 0, at.all

    assert read(root, by_identity(paper)) == EVERYTHING
    assert read(root, old_v(root, SECOND)) == EVERYTHING
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        assert set(proofs(rows)) == {"V", "R"}
    workspace.close()


def two_laptops(url: str, tmp_path: Path) -> tuple[Path, Path]:
    """Make a register on PostgreSQL with four key pages, and two folders on it."""
    root, other = tmp_path / "w", tmp_path / "other"
    found(root, organisation=False, settings=Settings(id="b" * 32, register=RegisterSettings(url=url)))
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    for number in range(PAGES):
        _seal(workspace.register, f"text {number}")
    workspace.close()
    shutil.copytree(root, other)
    return root, other


@pytest.mark.parametrize("where", ["rewrap.file", "rewrap.page", "rewrap.slots"])
def test_on_postgresql_this_laptop_goes_on_and_another_one_follows_what_the_vault_signed(
    where: str, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    """Cut anywhere it goes on; the slots of the other laptop know those of before, and follow the signature of V."""
    root, other = two_laptops(new_database("template0"), tmp_path)

    def watch(name: str) -> None:
        if name == where:
            raise Killed

    vault = NewVault(make_identity(), SECOND, "coord-1")
    first = old_v(root)
    durable.watch(watch)
    with pytest.raises(Killed):
        change(root, first, {"O": HEAD_OFFICE.public}, vault)
    durable.watch(None)
    go_on(root, first)

    assert read(root, by_identity(HEAD_OFFICE.secret)) == EVERYTHING
    assert read(root, by_identity(vault.identity.secret)) == EVERYTHING
    sound(root)
    workspace = open_workspace(other, secret=lambda _prompt: DAY)
    assert workspace.register.recipients.only("V") == [vault.identity.public]
    workspace.close()


@pytest.mark.parametrize("typed", [True, False])
def test_another_laptop_that_follows_forgets_the_paper_that_was_replaced(
    typed: bool, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    """A lost paper opens nothing in the other folder any more, and the new one does: also where a program keeps the key."""
    root, other = two_laptops(new_database("template0"), tmp_path)
    paper = make_identity()
    change(root, old_v(root), {"R": paper.public})
    keys = unlock(other, secret=lambda _prompt: DAY)
    workspace = open_unlocked(keys)
    know_holders(keys if typed else replace(keys, slot=None), workspace.register)
    workspace.close()

    assert read(other, by_identity(paper.secret)) == EVERYTHING
    with pytest.raises(PageUnopened):
        unlock_with(other, by_identity(R.secret))
    assert (other / "vault.age").read_bytes() == (root / "vault.age").read_bytes()


def test_another_laptop_accepts_the_holders_that_a_colleague_changed(
    new_database: Callable[[str], str], tmp_path: Path, run: Run
) -> None:
    """V was lost, so nobody signed: it refuses, shows who changed what and why, asks, writes it down, and then seals for those of now."""
    first, laptop = two_laptops(new_database("template0"), tmp_path)
    (first / "vault.age").unlink()
    change(
        first, by_identity(R.secret), {"O": HEAD_OFFICE.public}, NewVault(make_identity(), SECOND, "coord-1")
    )
    (tmp_path / "w").rename(tmp_path / "first")
    laptop.rename(tmp_path / "w")  # where the commands of these tests look
    first, laptop = tmp_path / "first", tmp_path / "w"
    refused = run("approve", "list", day=DAY)
    shown = run("--json", "keys", "holders", day=DAY)
    unasked = run("keys", "holders", "--accept", day=DAY)
    tried = run("keys", "holders", "--accept", "--yes", "--dry-run", day=DAY)
    assert [one[0] for one in (refused, shown, unasked, tried)] == [0, 3, 2, 3], (
        "what only reads goes on, and says so"
    )
    assert ("DK-S50" in refused[2], "DK-C06" in unasked[2]) == (True, True)
    assert [(one["code"], one["state"]) for one in shown[1]["holders"]] == [
        ("V", "new"),
        ("R", "kept"),
        ("O", "new"),
        ("V", "gone"),
    ]
    assert [(one["actor"], one["reason"]) for one in shown[1]["changes"]] == [("coord-1", "a test")]
    with pytest.raises(HoldersUnaccepted):
        open_workspace(laptop, secret=lambda _prompt: DAY)
    code, said, err = run("--json", "keys", "holders", "--accept", "--yes", day=DAY)
    assert (code, said["accepted"], said["known"]) == (0, True, True), err
    workspace = open_workspace(laptop, secret=lambda _prompt: DAY)
    fingerprint = workspace.register.recipients.fingerprint
    _seal(workspace.register, "from the other laptop")
    workspace.close()
    again = run("--json", "keys", "holders", "--accept", day=DAY)

    assert said["fingerprint"] == again[1]["fingerprint"] == fingerprint
    assert (again[0], again[1]["accepted"]) == (0, False)
    assert read(laptop, by_identity(HEAD_OFFICE.secret)) == ["from the other laptop", *EVERYTHING]
    assert read(first, by_identity(HEAD_OFFICE.secret)) == ["from the other laptop", *EVERYTHING]
    assert named(laptop, fingerprint) == 3, "changed, pages begun, accepted"
    sound(laptop)


def test_holders_that_the_chain_does_not_name_are_never_accepted(
    new_database: Callable[[str], str], tmp_path: Path, run: Run
) -> None:
    """Whoever administers the server changed a row: no question, no acceptance."""
    root, _other = two_laptops(new_database("template0"), tmp_path)
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    stranger = changed(workspace.register.recipients, {"R": make_identity().public})
    with workspace.register.writing() as rows:
        write_setting(rows, "recipients", canonical(stranger.keys))
    workspace.close()
    before = (root / "keys.json").read_bytes()
    code, _out, err = run("keys", "holders", "--accept", "--yes", day=DAY)

    assert (code, "DK-S22" in err) == (6, True)
    assert (root / "keys.json").read_bytes() == before


def test_nothing_is_to_be_accepted_of_what_the_slot_knows(run: Run, root: Path) -> None:
    """Of a register in a file as of a shared one."""
    code, said, _err = run("--json", "keys", "holders", day=DAY)

    assert (code, said["known"], [one["state"] for one in said["holders"]]) == (0, True, ["kept", "kept"])
    assert root.is_dir()


def test_an_earlier_passphrase_of_the_vault_is_called_that(
    new_database: Callable[[str], str], tmp_path: Path, run: Run
) -> None:
    """A colleague changed the vault's key, signed: nothing is wrong, and the other laptop says what to do, before it follows and after."""
    root, other = two_laptops(new_database("template0"), tmp_path)
    vault = NewVault(make_identity(), SECOND, "coord-1")
    change(root, old_v(root), {}, vault)
    root.rename(tmp_path / "first")
    other.rename(tmp_path / "w")
    before = run("vault", "test", vault=VAULT)
    followed = run("keys", "holders", day=DAY)
    keys = unlock(tmp_path / "w", secret=lambda _prompt: DAY)
    mark = mark_of(read_slots(tmp_path / "w"), "coord-1")
    workspace = open_unlocked(keys)
    know_holders(keys, workspace.register)
    workspace.close()
    assert mark_of(read_slots(tmp_path / "w"), "coord-1") == mark, "what keeps the key for a while keeps it"
    after = run("vault", "test", vault=VAULT)

    assert followed[0] == 0
    for code, _out, said in (before, after):
        assert (code, "DK-S57" in said, "DK-S22" in said) == (4, True, False), said


def test_the_vault_s_passphrase_accepts_holders_and_who_signs_comes_back(root: Path, run: Run) -> None:
    """Nobody signed a change, so both passphrases refuse. With the vault's key both know it again, and follow the next signed change."""
    change(root, old_v(root), {"O": HEAD_OFFICE.public})
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        statements = pinning.parse(settings_of(rows)[pinning.STATEMENTS])
    unsigned = (*statements[:-1], msgspec.structs.replace(statements[-1], signature=""))
    with workspace.register.writing() as rows:
        write_setting(rows, pinning.STATEMENTS, pinning.render(unsigned))
    workspace.close()
    assert run("vault", "test", vault=VAULT)[0] == 6
    code, said, err = run(
        "--json", "keys", "holders", "--accept", "--key", "vault", "--yes", day=DAY, vault=VAULT
    )

    assert (code, said["accepted"]) == (0, True), err
    assert run("vault", "test", vault=VAULT)[0] == 0
    assert [one.signer for one in (old_v(root).pinned, day_pinned(root)) if one] == [
        statements[-1].signer
    ] * 2
    change(root, old_v(root), {"R": make_identity().public})
    open_workspace(root, secret=lambda _prompt: DAY).close()  # signed: nobody is asked anything
    again = run("--json", "keys", "holders", "--accept", "--key", "vault", "--yes", day=DAY, vault=VAULT)
    assert (again[0], again[1]["accepted"]) == (0, False)


def day_pinned(root: Path) -> Pinned | None:
    """Return what the everyday slot knows."""
    return unlock(root, secret=lambda _prompt: DAY).pinned


def test_nothing_is_struck_for_holders_of_before(root: Path) -> None:
    """Another laptop changed the holders while this register was open: no page is written again for those who were taken away."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.writing() as rows:
        page = rows.execute(select(sealed_item.c.key_page, sealed_item.c.item)).first()
        assert page is not None
        rows.many(erasure_pending, [{"key_page": page.key_page, "item": page.item, "at": NOW.isoformat()}])
        write_setting(
            rows,
            "recipients",
            canonical(changed(workspace.register.recipients, {"O": HEAD_OFFICE.public}).keys),
        )
    with pytest.raises(RecipientsChanged), Vault(workspace.register, old_v(root), PERSON, now=lambda: NOW):
        pytest.fail("opened")
    workspace.close()
