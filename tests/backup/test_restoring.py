"""A laptop is gone: with the paper alone, with the organisation's key alone, or with the vault's, everything is there again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from sync_scripts.backup import finding, place
from sync_scripts.backup.erasures import Again
from sync_scripts.backup.errors import (
    KeyOpensNothing,
    NoCopySound,
    PlaceAbsent,
    PlaceNewer,
    PlaceUnknown,
    RestoreDiffers,
)
from sync_scripts.backup.head import render
from sync_scripts.backup.rehearsal import rehearse
from sync_scripts.backup.restoring import Restored, Wish, restore
from sync_scripts.cli.opening.restore import _lines
from sync_scripts.config import RegisterSettings, Settings
from sync_scripts.intake.completeness.soundness import checks
from sync_scripts.phones.access import PASSWORDS, keep_password, passwords
from sync_scripts.register.care.rebuild import digest
from sync_scripts.secrets import slots
from sync_scripts.secrets.errors import WrongPassphrase
from sync_scripts.store import backups, custody, logins
from sync_scripts.store.errors import HoldersUncompared, RegisterNewer, RegisterTaken, WorkspaceExists
from sync_scripts.store.founding import new_id
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema.raw import erased, sealed_item, submission
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealing import Recipients, make_identity, seal_to
from sync_scripts.store.vault import Vault, VaultKey, by_identity, by_passphrase, by_slots, items_where
from sync_scripts.store.workspace import Workspace, open_unlocked, open_workspace, read_slots, unlock
from tests.backup.places import Desk, after
from tests.backup.test_making import PERSON, erase
from tests.faults.store_case import StoreCase
from tests.passphrases import OTHERS_VAULT, SECOND
from tests.store.commands import CASE, DAY, STORY, VAULT, fill, found
from tests.store.databases import every_byte

CANARY = "canary of a login"
NEW_DAY, NEW_VAULT = SECOND, OTHERS_VAULT
CHANGES = {"custody", "setting", "secret"}
"""Tables in which a restore writes what it did, and new keys."""


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)


def key_of(holder: Holder, desk: Desk) -> VaultKey:
    """Return the key of a holder, with nothing of the lost laptop at hand but the stick."""
    if holder == "V":
        return by_slots(slots.parse(place.reached(desk.stick).vault), lambda: VAULT)
    return by_identity(demo_keys.IDENTITIES[holder].secret)


def wish(**more: Any) -> Wish:
    """Return how a test restores: somebody compared the fingerprint."""
    said: dict[str, Any] = {
        "worker": "coord-2",
        "day": NEW_DAY,
        "vault": NEW_VAULT,
        "url": None,
        "compare": lambda *_any: None,
        "clock": lambda: after(3),
    }
    return Wish(**(said | more))


def back(desk: Desk, folder: Path, holder: Holder = "R", **more: Any) -> Restored:
    """Restore from the stick into a folder."""
    key = key_of(holder, desk)
    source = place.reached(desk.stick)
    return restore(folder, source, finding.opened(source, key), key, wish(**more))


def content(workspace: Workspace) -> dict[str, str]:
    """Return a hash of each table but those that a restore changes."""
    with workspace.register.reading() as rows:
        return {
            table.name: digest(rows, table) for table in metadata.sorted_tables if table.name not in CHANGES
        }


def opened(workspace: Workspace, key: VaultKey) -> dict[tuple[str, int], bytes]:
    """Return every sealed thing, opened."""
    with workspace.register.reading() as rows:
        items = items_where(rows)
    with Vault(workspace.register, key, PERSON, now=lambda: after(4)) as vault:
        return {(one.item.key_page, one.item.item): one.data for one in vault.open_items("test", items)}


def gone(desk: Desk) -> tuple[dict[str, str], dict[tuple[str, int], bytes]]:
    """Remember what the workspace held, and destroy it."""
    held = content(desk.workspace), opened(desk.workspace, key_of("O", desk))
    desk.workspace.close()
    shutil.rmtree(desk.workspace.root)
    return held


@pytest.mark.parametrize("holder", ["R", "O", "V"])
def test_everything_is_there_again_with_one_key_alone(at_desk: Desk, tmp_path: Path, holder: Holder) -> None:
    """Rows, sealed things and files are equal; the new passphrase opens, the old one does not."""
    at_desk.backup()
    rows, things = gone(at_desk)
    new = tmp_path / "new"

    done = back(at_desk, new, holder)

    assert (done.files, done.missing, done.erased.scopes, done.holder, done.vault) == (1, (), 0, holder, True)
    with pytest.raises(WrongPassphrase):
        open_workspace(new, secret=lambda _question: DAY)
    workspace = open_workspace(new, secret=lambda _question: NEW_DAY)
    try:
        assert content(workspace) == rows
        assert opened(workspace, key_of("R", at_desk)) == things
        assert opened(workspace, by_passphrase(new, lambda: NEW_VAULT)) == things
        with workspace.register.reading() as reading:
            last = custody.head(reading)
            assert len(backups.copies(reading)) == 1
            entries = [line.entry["action"] for line in custody.read(reading)]
        assert last is not None
        assert "RESTORED" in entries
        assert workspace.worker == "coord-2"
    finally:
        workspace.close()


def test_it_goes_on_working_and_backing_up(at_desk: Desk, tmp_path: Path) -> None:
    """The next backup at the same place is the second one; settings and forms are back, too."""
    forms = at_desk.workspace.forms / "own.yaml"
    forms.write_text("a: b\n", encoding="utf-8")
    before = at_desk.backup()
    gone(at_desk)
    new = tmp_path / "new"
    back(at_desk, new)
    workspace = open_workspace(new, secret=lambda _question: NEW_DAY)
    try:
        made = Desk(workspace, at_desk.stick).backup(days=4)
    finally:
        workspace.close()

    assert made.files == 0
    assert made.copy.number > before.copy.number
    assert (new / "forms" / "own.yaml").read_text("utf-8") == "a: b\n"
    assert {slot.worker for slot in read_slots(new)} == {"coord-2"}


@pytest.mark.parametrize("holder", ["R", "V"])
def test_the_passwords_of_phones_are_back_under_the_new_key(
    at_desk: Desk, tmp_path: Path, holder: Holder
) -> None:
    """Those of a file that is altered are not: the next codes draw new ones, and all else is back."""
    root = at_desk.workspace.root
    keep_password(unlock(root, secret=lambda _question: DAY), "OBS-7", "k7q4zzq7k4")
    at_desk.backup()
    (root / PASSWORDS).write_bytes(b"{}")
    altered = Desk(at_desk.workspace, tmp_path / "second")
    altered.backup()
    gone(at_desk)

    for desk, folder, kept in ((at_desk, "new", {"OBS-7": "k7q4zzq7k4"}), (altered, "other", {})):
        done = back(desk, tmp_path / folder, holder)
        assert any("did not come back" in line for line in _lines(done, "coord-2")) == (not kept)
        assert passwords(unlock(tmp_path / folder, secret=lambda _question: NEW_DAY)) == kept


def test_nobody_who_was_erased_comes_back(at_desk: Desk, tmp_path: Path) -> None:
    """An older copy is put back since the newest is damaged: its list of erasures counts all the same."""
    at_desk.backup()
    older = at_desk.stick.with_name("older")
    shutil.copytree(at_desk.stick, older)
    erase(at_desk, days=1)
    made = at_desk.backup(days=2)
    for path in older.iterdir():
        if not (at_desk.stick / path.name).exists():
            shutil.copytree(path, at_desk.stick / path.name) if path.is_dir() else shutil.copy(
                path, at_desk.stick
            )
    for path in older.glob("??/*.age"):
        (at_desk.stick / path.parent.name).mkdir(exist_ok=True)
        shutil.copy(path, at_desk.stick / path.parent.name)
    at_desk.place().copy(made.copy.name).write_bytes(b"damaged")
    gone(at_desk)

    done = back(at_desk, tmp_path / "new")

    assert (done.skipped, done.erased) == (1, Again(1, (CASE,)))
    workspace = open_workspace(tmp_path / "new", secret=lambda _question: NEW_DAY)
    try:
        with workspace.register.reading() as rows:
            assert rows.execute(select(erased.c.id)).scalars().all() == ["person:2"]
            left = select(sealed_item.c.kind).where(sealed_item.c.scope.in_(("s1", "s2")))
            assert rows.execute(left).scalars().all() == ["row"]
            told = select(submission.c.open_part).where(submission.c.scope == "s1")
            assert rows.execute(told).scalars().all() == [None]
        assert [*workspace.register.folder.glob("??/*.age")] == []
    finally:
        workspace.close()


def test_a_workspace_is_never_overwritten(at_desk: Desk, tmp_path: Path) -> None:
    """Not even by its own backup."""
    at_desk.backup()

    with pytest.raises(WorkspaceExists):
        back(at_desk, at_desk.workspace.root)


def test_a_key_of_nobody_opens_nothing(at_desk: Desk, tmp_path: Path) -> None:
    """And nothing is made."""
    at_desk.backup()
    with pytest.raises(KeyOpensNothing):
        finding.opened(at_desk.place(), by_identity(make_identity().secret))


def test_holders_that_nobody_compared_are_refused_before_anything_is_made(
    at_desk: Desk, tmp_path: Path
) -> None:
    """A backup that somebody else made, sealed to our paper, must not make us seal for them."""
    at_desk.backup()

    def refuse(_recipients: Recipients, _settings: Settings) -> None:
        raise HoldersUncompared

    with pytest.raises(HoldersUncompared):
        back(at_desk, tmp_path / "new", compare=refuse)
    assert not (tmp_path / "new").exists()


def test_no_backup_there(tmp_path: Path, at_desk: Desk) -> None:
    """A folder that is not there, one that is no place, and one whose copies are all damaged."""
    with pytest.raises(PlaceAbsent):
        place.reached(tmp_path / "nowhere")
    with pytest.raises(PlaceUnknown):
        place.reached(tmp_path)
    made = at_desk.backup()
    data = bytearray(at_desk.place().copy(made.copy.name).read_bytes())
    data[len(data) // 2] ^= 1
    at_desk.place().copy(made.copy.name).write_bytes(data)
    with pytest.raises(NoCopySound):
        back(at_desk, tmp_path / "new")


def test_a_missing_file_is_said_and_all_else_is_back(at_desk: Desk, tmp_path: Path) -> None:
    """A stick that lost something."""
    at_desk.backup()
    for path in at_desk.stick.glob("??/*.age"):
        path.write_bytes(b"other bytes")

    done = back(at_desk, tmp_path / "new")

    assert (done.files, len(done.missing)) == (0, 1)


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Desk]:
    """Give a workspace in which everything is sound, each version received once; a demonstration, whose keys are at hand."""
    case = StoreCase(items=6)
    case.prepare(tmp_path)
    workspace = open_unlocked(case.unlock(tmp_path))
    case.run(workspace, tmp_path)
    yield Desk(workspace, tmp_path / "stick")
    workspace.close()


def test_a_rehearsal_changes_nothing_and_says_what_is_newer(whole: Desk) -> None:
    """Beside the workspace; the stick and the workspace are byte for byte what they were."""
    whole.backup()
    before = every_byte(whole.stick)
    root, register = whole.workspace.root, whole.workspace.register

    done = rehearse(root, whole.place(), key_of("R", whole), PERSON, lambda: after(1), present=register)

    assert done.opened >= 5
    assert done.lacks == backups.Extent(arrival=0, events=0, erased=0)
    assert every_byte(whole.stick) == before
    assert [*root.glob(".rehearsal-*")] == []


def test_a_restored_register_is_sound(whole: Desk, tmp_path: Path) -> None:
    """Every check of verify says what it said before; a demonstration stays one."""
    with whole.workspace.register.reading() as rows:
        before = [(one.name, one.wrong) for one in checks(rows, whole.workspace.register)]
    whole.backup()
    back(whole, tmp_path / "new")
    workspace = open_workspace(tmp_path / "new", secret=lambda _question: "")
    try:
        with workspace.register.reading() as rows:
            assert [(one.name, one.wrong) for one in checks(rows, workspace.register)] == before
        assert workspace.demo
    finally:
        workspace.close()


def test_a_rehearsal_finds_a_register_that_was_changed_since(at_desk: Desk, tmp_path: Path) -> None:
    """The present chain does not hold the line at which the backup ended: rewritten, or another register."""
    at_desk.backup()
    other = open_workspace(
        found(tmp_path / "o", settings=Settings(id=new_id())), secret=lambda _question: DAY
    )
    try:
        with pytest.raises(RestoreDiffers):
            rehearse(
                other.root,
                at_desk.place(),
                key_of("R", at_desk),
                PERSON,
                lambda: after(1),
                present=other.register,
            )
    finally:
        other.close()


def test_a_rehearsal_finds_a_lost_file(whole: Desk) -> None:
    """Each sealed file at the place is read."""
    whole.backup()
    next(iter(whole.stick.glob("??/*.age"))).write_bytes(b"other")

    root, register = whole.workspace.root, whole.workspace.register
    with pytest.raises(RestoreDiffers) as refused:
        rehearse(root, whole.place(), key_of("R", whole), PERSON, lambda: after(1), present=register)
    assert refused.value.what.startswith("sealed_files")


def test_a_shared_register_comes_back_as_a_file_and_into_another_database(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    """From PostgreSQL with the paper alone: rows and openings equal, logins and the key of tags too."""
    settings = Settings(id="e" * 32, register=RegisterSettings(url=new_database("template0")))
    workspace = open_workspace(found(tmp_path / "w", settings=settings), secret=lambda _question: DAY)
    desk = Desk(workspace, tmp_path / "stick")
    fill(workspace)
    logins.keep(workspace.register, "kobo", "pull", logins.Kept(account=CANARY))
    tags = workspace.register.match_key
    desk.backup()
    told = every_byte(desk.stick)
    assert STORY.encode() not in told
    assert CANARY.encode() not in told
    rows, things = gone(desk)

    for url, folder in ((None, tmp_path / "file"), (new_database("template0"), tmp_path / "base")):
        done = back(desk, folder, url=url)
        assert done.missing == ()
        again = open_workspace(folder, secret=lambda _question: NEW_DAY)
        try:
            assert again.register.dialect == ("postgresql" if url else "sqlite")
            assert content(again) == rows
            assert opened(again, key_of("O", desk)) == things
            assert again.register.match_key == tags
            kept = logins.find(again.register, "kobo", "pull")
            assert kept is not None
            assert kept.account == CANARY
        finally:
            again.close()
    with pytest.raises(RegisterTaken):
        back(desk, tmp_path / "third", url=url)
    assert not (tmp_path / "third" / "dikalo.toml").exists()


def test_a_copy_of_a_newer_program_is_refused(at_desk: Desk, tmp_path: Path) -> None:
    """Its register has a later layout, or its head says more: nothing is made."""
    made = at_desk.backup()
    key, source = key_of("R", at_desk), at_desk.place()
    path = source.head(made.copy.name)
    head = finding.opened(source, key)[0].head
    path.write_bytes(seal_to(render(msgspec.structs.replace(head, layout="9999")), [key.public]))
    with pytest.raises(RegisterNewer):
        back(at_desk, tmp_path / "new")
    path.write_bytes(seal_to(render(msgspec.structs.replace(head, v=2)), [key.public]))
    with pytest.raises(PlaceNewer):
        back(at_desk, tmp_path / "new")
    assert not (tmp_path / "new").exists()
