"""Opening: logged before the first byte, checked against rows, refused when anything was moved or changed."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pyrage
import pytest
from sqlalchemy import text, update

from sync_scripts.store import custody, durable
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Actor
from sync_scripts.store.errors import (
    ItemDamaged,
    PageUnopened,
    ReasonNeeded,
    RecipientsChanged,
    SealedFileLost,
)
from sync_scripts.store.schema.raw import erasure_pending, key_page
from sync_scripts.store.seal.sealed_files import path_of
from sync_scripts.store.seal.sealed_items import Holder, SealedItem
from sync_scripts.store.seal.sealed_rows import keep, lost_pages
from sync_scripts.store.seal.sealing import make_identity, seal_to
from sync_scripts.store.vault import OpenedItem, Vault, by_identity, items_named, items_of_scopes
from tests.store.databases import NOW, PERSON, WORKSPACE, World
from tests.store.test_chains import unguarded

SCRIPT = Path(__file__).parents[2] / "docs" / "open_item.py"
STORY = "Ils ont emmené mon frère devant l'église."


@pytest.fixture
def sealed(world: World) -> World:
    """Give a register with two pages: three texts of two scopes and a photo, and one more text."""
    with world.register.sealer() as sealer, world.register.writing() as rows:
        sealer.seal(STORY.encode(), "s1", "row", "incident:1", "uuid:1")
        sealer.seal(b"<alert/>", "s1", "raw", "submission:1", "uuid:1")
        sealer.seal(b"a name", "s2", "row", "person:2", "uuid:1")
        sealer.seal_stream(io.BytesIO(b"photo" * 1000), "s1", "file", "evidence:1", "uuid:1", name="É.jpg")
        keep(rows, sealer, NOW)
    with world.register.sealer() as sealer, world.register.writing() as rows:
        sealer.seal(b"another", "s3", "row", "incident:3", "uuid:3")
        keep(rows, sealer, NOW)
    return world


def items(world: World, *scopes: str) -> list[SealedItem]:
    """Return the items of some scopes."""
    with world.register.reading() as rows:
        return items_of_scopes(rows, scopes)


def open_all(world: World, holder: Holder = "V", *scopes: str) -> list[OpenedItem]:
    """Open everything, or some scopes, with one holder alone."""
    with world.vault(holder) as vault:
        return list(vault.open_items("a reason", items(world, *(scopes or ("s1", "s2", "s3")))))


def actions(world: World) -> list[str]:
    """Return what the chain of custody says was done."""
    with world.register.reading() as rows:
        return [line.entry["action"] for line in custody.read(rows)]


@pytest.mark.parametrize("holder", ["V", "R", "O"])
def test_each_holder_alone_opens_everything(sealed: World, holder: Holder) -> None:
    """Two lost keys of three lose nothing."""
    with sealed.vault(holder) as vault:
        opened = {
            item.item.row: item.data for item in vault.open_items("why", items(sealed, "s1", "s2", "s3"))
        }
        assert not vault.problems
    part = opened.pop("evidence:1")

    assert json.loads(part)["name"] == "É.jpg"  # the last item of that row
    assert opened == {
        "incident:1": STORY.encode(),
        "submission:1": b"<alert/>",
        "person:2": b"a name",
        "incident:3": b"another",
    }


def test_a_stranger_opens_nothing(sealed: World) -> None:
    """A key that is none of the pinned holders is not even tried."""
    with pytest.raises(RecipientsChanged):
        Vault(sealed.register, by_identity(make_identity().secret), PERSON, now=lambda: NOW)


def test_a_photo_is_opened_into_a_private_place_that_ends(sealed: World) -> None:
    """Nothing opened stays behind."""
    with sealed.vault() as vault:
        photo = next(
            item for item in vault.open_items("why", items(sealed, "s1")) if item.item.kind == "file"
        )
        assert photo.path is not None
        assert photo.path.read_bytes() == b"photo" * 1000
        assert photo.name == "É.jpg"
        if os.name != "nt":
            assert photo.path.stat().st_mode & 0o777 == 0o600
            assert photo.path.parent.stat().st_mode & 0o777 == 0o700
    assert not photo.path.parent.exists()


def test_what_a_killed_opening_left_is_removed(sealed: World) -> None:
    """At the next opening, if its process is gone."""
    with sealed.vault() as vault:
        place = vault.place()
        gone = place.with_name(place.name.replace(f"-{os.getpid()}-", "-999999999-"))
        gone.mkdir()
        with sealed.vault():
            assert place.exists()
        assert not gone.exists()


def test_a_reason_is_needed(sealed: World) -> None:
    """Blank is none; nothing is written and nothing is opened."""
    before = actions(sealed)
    with sealed.vault() as vault, pytest.raises(ReasonNeeded):
        next(vault.open_items("  ", items(sealed, "s1")))
    assert actions(sealed) == before


def test_what_was_opened_is_written_down(sealed: World) -> None:
    """Who, with which key, why, and exactly which items."""
    wanted = items(sealed, "s1")
    with Vault(
        sealed.register,
        by_identity(sealed.holders["R"].secret),
        Actor("lawyer-1", "claimed"),
        now=lambda: NOW,
    ) as vault:
        list(vault.open_items("  hearing on Monday ", wanted))
    with sealed.register.reading() as rows:
        head = custody.head(rows)
    assert head is not None

    assert head.entry["action"] == "OPENED"
    assert (head.entry["actor"], head.entry["object"]) == ("lawyer-1", "s1")
    assert head.entry["details"] == {
        "holder": "R",
        "items": {wanted[0].key_page: "0-1,3-4"},
        "proof": "claimed",
        "reason": "hearing on Monday",
        "scopes": ["s1"],
    }


def test_the_line_stands_before_the_first_page_is_decrypted(
    sealed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in between, the log says more than was seen, never less."""
    real, seen = pyrage.decrypt, []

    def watch(blob: bytes, identities: list[object]) -> bytes:
        seen.append(actions(sealed)[-1])
        return cast("bytes", real(blob, identities))

    monkeypatch.setattr(pyrage, "decrypt", watch)
    open_all(sealed)

    assert seen == ["OPENED", "OPENED"]


@pytest.mark.parametrize("deed", ["begin", "many", "commit"])
def test_nothing_is_opened_when_it_cannot_be_written_down(
    sealed: World, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    """A full disk at the log ends the opening before any page."""

    def fail(name: str) -> None:
        if name == deed:
            raise OSError(28, "No space left")

    def never(*_given: object) -> bytes:
        pytest.fail("a page was decrypted")

    wanted = items(sealed, "s1")
    before = actions(sealed)
    monkeypatch.setattr(pyrage, "decrypt", never)
    durable.watch(fail)
    try:
        with sealed.vault() as vault, pytest.raises(OSError, match="No space"):
            next(vault.open_items("why", wanted))
    finally:
        durable.watch(None)
    monkeypatch.undo()

    assert actions(sealed) == before


@pytest.mark.parametrize("column", ["blob", "scope", "row", "kind"])
def test_items_whose_rows_were_exchanged_do_not_open(sealed: World, column: str) -> None:
    """What stands at a victim's row is that victim's, or it is refused."""
    first, second = items(sealed, "s1")[:2]
    statement = {
        "blob": "UPDATE sealed_item SET blob = (SELECT blob FROM sealed_item WHERE key_page = :page AND item = :b)"
        " WHERE key_page = :page AND item = :a",
        "scope": "UPDATE sealed_item SET scope = 's2' WHERE key_page = :page AND item = :a",
        "row": "UPDATE sealed_item SET row = 'incident:9' WHERE key_page = :page AND item = :a",
        "kind": "UPDATE sealed_item SET kind = 'version' WHERE key_page = :page AND item = :a",
    }[column]
    unguarded(sealed.register, statement, page=first.key_page, a=first.item, b=second.item)

    opened = {(item.item.key_page, item.item.item): item for item in open_all(sealed)}
    moved = opened[first.key_page, first.item]
    assert isinstance(moved.problem, ItemDamaged)
    assert moved.problem.exit_code == 6
    with pytest.raises(ItemDamaged):
        _ = moved.data
    assert opened[second.key_page, second.item].data


def test_an_item_of_another_workspace_does_not_open(sealed: World) -> None:
    """Two laptops of one register cannot be played against each other."""
    with sealed.register.writing() as rows:
        rows.execute(update(key_page).values(workspace="f" * 32))
    with sealed.vault() as vault:
        opened = list(vault.open_items("why", items(sealed, "s1")))
        assert {problem.what for problem in vault.problems} == {"workspace"}
    assert all(item.problem for item in opened)


def test_every_flipped_bit_of_an_item_is_refused(sealed: World) -> None:
    """Damage is never shown as if it were an answer."""
    item = items(sealed, "s2")[0]
    with sealed.register.reading() as rows:
        blob = rows.execute(text("SELECT blob FROM sealed_item WHERE scope = 's2'")).scalar_one()
    from sync_scripts.store.vault import pages

    with sealed.register.reading() as rows:
        page = rows.execute(key_page.select().where(key_page.c.id == item.key_page)).one()
    identity = pyrage.x25519.Identity.from_str(sealed.holders["V"].secret)
    keys = {n: (kind, key) for n, kind, key in pages.decrypt_page(page.id, page.blob, identity).items}
    broken = [blob[:at] for at in range(len(blob))]
    broken += [
        blob[:at] + bytes([blob[at] ^ 1 << bit]) + blob[at + 1 :]
        for at in range(len(blob))
        for bit in range(8)
    ]
    for changed in broken:
        other = SealedItem(**{**{f: getattr(item, f) for f in item.__struct_fields__}, "blob": changed})
        with pytest.raises(ItemDamaged):
            pages.open_blob(other, WORKSPACE, keys)


def change_page(world: World, change: Callable[[bytes], bytes]) -> None:
    """Change the blob of the first item's page."""
    page = items(world, "s1")[0].key_page
    with world.register.writing() as rows:
        blob = rows.execute(key_page.select().where(key_page.c.id == page)).one().blob
        rows.execute(update(key_page).where(key_page.c.id == page).values(blob=change(blob)))


@pytest.mark.spread(3)
@pytest.mark.parametrize(
    "change",
    [
        lambda blob: b"",
        lambda blob: blob[: len(blob) // 2],
        lambda blob: blob[:-1],
        lambda blob: blob[:300] + bytes([blob[300] ^ 1]) + blob[301:],
        lambda blob: blob[:-20] + bytes([blob[-20] ^ 1]) + blob[-19:],
        lambda blob: blob + b"x",
        lambda blob: b"x" * (65 * 1024 * 1024),
    ],
    ids=["empty", "half", "cut", "head", "body", "longer", "huge"],
)
def test_a_damaged_page_is_refused_and_found_without_the_vault(
    sealed: World, change: Callable[[bytes], bytes]
) -> None:
    """Its items are said to be lost, the others open, and the everyday key alone finds it."""
    with sealed.register.reading() as rows:
        assert not list(lost_pages(rows))
    change_page(sealed, change)
    opened = open_all(sealed)

    assert {type(item.problem) for item in opened if item.item.scope != "s3"} == {PageUnopened}
    assert [item.data for item in opened if item.item.scope == "s3"] == [b"another"]
    with sealed.register.reading() as rows:
        assert list(lost_pages(rows)) == [items(sealed, "s1")[0].key_page]


def resealed(world: World, change: Callable[[dict[str, object]], object]) -> None:
    """Make a wrong page, sealed to the right holders: what a fault of the program could do."""
    identity = pyrage.x25519.Identity.from_str(world.holders["V"].secret)

    def remake(blob: bytes) -> bytes:
        page = json.loads(pyrage.decrypt(blob, [identity]))
        change(page)
        return seal_to(canonical(page).encode(), [holder.public for holder in world.holders.values()])

    change_page(world, remake)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("items", lambda page: page["items"].pop()),
        ("items", lambda page: page["items"].append([99, "row", "AAAA"])),
        ("numbers", lambda page: page["items"].append([0, "row", "AAAA"])),
        ("keys", lambda page: page["items"].append([*page["items"][0][:2], page["items"][0][2]])),
        ("page", lambda page: page.update(page="x")),
        ("workspace", lambda page: page.update(workspace="x")),
    ],
    ids=["missing", "too many", "number twice", "key twice", "page", "workspace"],
)
def test_a_page_that_is_not_as_its_rows_say_is_reported_and_the_rest_opens(
    sealed: World, what: str, change: Callable[[dict[str, object]], object]
) -> None:
    """A difference is written down; it does not keep an honest item shut."""
    resealed(sealed, change)
    with sealed.vault() as vault:
        opened = list(vault.open_items("why", items(sealed, "s2")))
        found = {problem.what for problem in vault.problems}

    assert what in found
    assert opened[0].data == b"a name"
    assert actions(sealed)[-1] == "VERIFIED"


def test_a_key_that_waits_to_be_struck_is_no_difference(sealed: World) -> None:
    """An erasure deletes rows at once and the key later."""
    gone = items(sealed, "s2")[0]
    with sealed.register.writing() as rows:
        rows.many(erasure_pending, [{"key_page": gone.key_page, "item": gone.item, "file": None, "at": "x"}])
        rows.execute(text("DELETE FROM sealed_item WHERE scope = 's2'"))
    with sealed.vault() as vault:
        list(vault.open_items("why", items(sealed, "s1")))
        assert not vault.problems
    with sealed.register.reading() as rows:
        assert not list(lost_pages(rows))


def photo_of(world: World) -> SealedItem:
    """Return the sealed photo."""
    return next(item for item in items(world, "s1") if item.file is not None)


def problem_of_photo(world: World) -> object:
    """Open the photo and return what was wrong."""
    photo = photo_of(world)
    with world.register.reading() as rows:
        named = items_named(rows, [(photo.key_page, photo.item)])
    with world.vault() as vault:
        return next(vault.open_items("why", named)).problem


def test_a_lost_file_is_said(sealed: World) -> None:
    """The row is there, the file is not."""
    name = photo_of(sealed).file
    assert name is not None
    path_of(sealed.register.folder, name).unlink()
    assert isinstance(problem_of_photo(sealed), SealedFileLost)


def test_a_changed_file_is_not_opened(sealed: World) -> None:
    """Not even its beginning: a stream is used only after its end was verified."""
    name = photo_of(sealed).file
    assert name is not None
    path = path_of(sealed.register.folder, name)
    path.write_bytes(path.read_bytes()[:-10])
    assert isinstance(problem_of_photo(sealed), SealedFileLost)


def test_a_file_exchanged_for_another_is_not_opened(sealed: World) -> None:
    """Its part names the file by its hash, whoever renamed the row."""
    with sealed.register.sealer() as sealer, sealed.register.writing() as rows:
        other = sealer.seal_stream(io.BytesIO(b"other"), "s9", "file", "evidence:9", "uuid:9").item
        keep(rows, sealer, NOW)
    photo = photo_of(sealed)
    assert other.file is not None
    unguarded(sealed.register, "UPDATE sealed_item SET file = 'x' WHERE file = :file", file=other.file)
    unguarded(
        sealed.register,
        "UPDATE sealed_item SET file = :other WHERE file = :file",
        other=other.file,
        file=photo.file,
    )
    assert isinstance(problem_of_photo(sealed), ItemDamaged)


def test_everything_of_a_kind_is_read_for_a_deep_rebuild(sealed: World) -> None:
    """Page by page, logged on the way."""
    with sealed.vault() as vault:
        raw = [item.data for item in vault.open_kinds("deep rebuild", "raw")]
        rows = [item.data for item in vault.open_kinds("deep rebuild", "row")]
    assert raw == [b"<alert/>"]
    assert sorted(rows) == sorted([STORY.encode(), b"a name", b"another"])
    assert actions(sealed).count("OPENED") == 2
