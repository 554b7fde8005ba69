"""Erased without the vault is gone at once; its keys are struck before anything else is opened. On both databases."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyrage
import pytest
from sqlalchemy import select

from sync_scripts.store import custody, durable, health
from sync_scripts.store.errors import DatabaseFailed
from sync_scripts.store.schema.raw import erased, erasure_pending, key_page, sealed_item
from sync_scripts.store.seal import erasing
from sync_scripts.store.seal.erasing import ORPHANS, tidy
from sync_scripts.store.seal.sealed_files import path_of
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealed_rows import keep, lost_pages
from sync_scripts.store.vault.pages import decrypt_page
from tests.store.databases import NOW, PERSON, World, every_byte
from tests.store.test_vault import actions, open_all

GONE = ("s1", "s3")


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def vaulted(world: World) -> World:
    """Give a register with two pages: three texts of two scopes and a photo, and one more text."""
    with world.register.sealer() as sealer, world.register.writing() as rows:
        sealer.seal(b"a story", "s1", "row", "incident:1", "uuid:1")
        sealer.seal(b"<alert/>", "s1", "raw", "submission:1", "uuid:1")
        sealer.seal(b"a name", "s2", "row", "person:2", "uuid:1")
        sealer.seal_stream(
            io.BytesIO(b"photo" * 1000), "s1", "file", "evidence:1", "uuid:1", name="\u00c9.jpg"
        )
        keep(rows, sealer, NOW)
    with world.register.sealer() as sealer, world.register.writing() as rows:
        sealer.seal(b"another", "s3", "row", "incident:3", "uuid:3")
        keep(rows, sealer, NOW)
    return world


def erase(world: World, *scopes: str) -> erasing.Deleted:
    """Erase some scopes."""
    with world.register.writing() as rows:
        done = erasing.erase(rows, scopes, ["uuid:1"], actor=PERSON, now=NOW, details={"reason": "test"})
    erasing.finish(world.register)
    return done


def stored(world: World, table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    with world.register.reading() as rows:
        return [dict(row) for row in rows.execute(select(table)).mappings()]


def pages(world: World, holder: Holder = "V") -> dict[str, set[tuple[int, str]]]:
    """Return what a holder finds in every key page: numbers and keys."""
    secret = pyrage.x25519.Identity.from_str(world.holders[holder].secret)
    return {
        row["id"]: {
            (number, key) for number, _kind, key in decrypt_page(row["id"], row["blob"], secret).items
        }
        for row in stored(world, key_page)
    }


def sound(world: World) -> bool:
    """Tell whether every page is what the chain says."""
    with world.register.reading() as rows:
        return not list(lost_pages(rows)) and custody.check(rows) > 0


def test_the_rows_and_the_file_are_gone_at_once(vaulted: World) -> None:
    """No item of the scope is left, its file is not, the others are; the names wait to be struck."""
    (name,) = [row["file"] for row in stored(vaulted, sealed_item) if row["file"]]
    path = path_of(vaulted.register.folder, name)
    assert path.exists()
    done = erase(vaulted, "s1")
    assert (done.items, done.files) == (4, 1)
    assert {row["scope"] for row in stored(vaulted, sealed_item)} == {"s2", "s3"}
    assert not path.exists()
    assert len(stored(vaulted, erasure_pending)) == 4
    assert [(row["id"], row["scope"]) for row in stored(vaulted, erased)] == [("uuid:1", "s1")]
    assert actions(vaulted)[-1] == "ERASED"
    assert sound(vaulted)


def test_nothing_of_the_sealed_bytes_is_left_in_any_file(sqlite_world: World) -> None:
    """The register's file and its log hold none of the erased blobs: overwritten, and the log is written back."""
    with sqlite_world.register.sealer() as sealer, sqlite_world.register.writing() as rows:
        sealer.seal(b"text" * 50, "s1", "row", "incident:1", "uuid:1")
        sealer.seal_stream(io.BytesIO(b"photo" * 1000), "s1", "file", "evidence:1", "uuid:1", name="a.jpg")
        keep(rows, sealer, NOW)
    folder = sqlite_world.register.folder
    (name,) = [row["file"] for row in stored(sqlite_world, sealed_item) if row["file"]]
    photo = path_of(folder, name).read_bytes()
    erase(sqlite_world, "s1")
    assert photo not in every_byte(folder)
    wal = folder.parent / "register.db-wal"
    assert not wal.exists() or wal.stat().st_size == 0


def test_the_next_opening_strikes_the_keys_first(vaulted: World) -> None:
    """No page holds an erased key, an empty page is gone, the rest opens with each holder, and the chain says what was done."""
    keys = pages(vaulted)
    wanted = {(row["key_page"], row["item"]) for row in stored(vaulted, sealed_item) if row["scope"] in GONE}
    dead = {key for page, held in keys.items() for number, key in held if (page, number) in wanted}
    assert len(dead) == len(wanted) == 5
    erase(vaulted, *GONE)
    assert pages(vaulted) == keys  # erasing touched no page: it has no key for it
    (opened,) = open_all(vaulted, "R", "s2")
    assert opened.data == b"a name"
    left = pages(vaulted)
    assert len(left) == 1  # one page had nothing else
    assert not dead & {key for held in left.values() for _number, key in held}
    assert stored(vaulted, erasure_pending) == []
    assert sound(vaulted)
    for holder in ("V", "O"):
        assert [one.data for one in open_all(vaulted, holder, "s2")] == [b"a name"]
    said = actions(vaulted)
    assert said.index("OPENED") > max(
        i for i, one in enumerate(said) if one == "ERASED" and i < said.index("OPENED")
    )
    assert said[: said.index("OPENED")].count("ERASED") == 4  # erased, about to strike, two pages


def test_doctor_counts_what_waits(vaulted: World) -> None:
    """Until the vault was opened, doctor says how many keys wait and since when."""
    erase(vaulted, "s1")
    found = [one for one in health.of_register(vaulted.register, NOW) if one.code == "erasure"]
    assert len(found) == 1
    open_all(vaulted, "V", "s2")
    assert not [one for one in health.of_register(vaulted.register, NOW) if one.code == "erasure"]


def test_a_page_that_does_not_open_keeps_its_keys_waiting(vaulted: World) -> None:
    """A damaged page stops no other one; its keys still wait, and that is said."""
    erase(vaulted, *GONE)
    with vaulted.register.writing() as rows:
        worst = rows.execute(select(key_page.c.id).order_by(key_page.c.id)).scalars().first()
        rows.execute(key_page.update().where(key_page.c.id == worst).values(blob=b"x"))
    with vaulted.vault("V") as vault:
        assert vault.struck.pages == 1
        assert vault.struck.unopened == (worst,)
    assert {row["key_page"] for row in stored(vaulted, erasure_pending)} == {worst}


def test_a_second_time_changes_nothing(vaulted: World) -> None:
    """Erased twice, the list has one line; struck twice, no page is touched."""
    erase(vaulted, "s1")
    erase(vaulted, "s1")
    assert len(stored(vaulted, erased)) == 1
    open_all(vaulted, "V", "s2")
    before = stored(vaulted, key_page)
    open_all(vaulted, "V", "s2")
    assert stored(vaulted, key_page) == before


def test_the_list_only_grows(vaulted: World) -> None:
    """What may not come again cannot be taken off the list by a slip of the program."""
    erase(vaulted, "s1")
    for statement in (erased.delete(), erased.update().values(scope="s9")):
        with pytest.raises(DatabaseFailed), vaulted.register.writing() as rows:
            rows.execute(statement)


def test_the_list_is_asked_by_id(vaulted: World) -> None:
    """Only what was erased is found."""
    erase(vaulted, "s1")
    with vaulted.register.reading() as rows:
        assert erasing.among(rows, ["uuid:1", "uuid:2"]) == {"uuid:1": "s1"}


def test_a_file_left_by_a_crash_is_removed_at_the_next_start(vaulted: World) -> None:
    """Its name stands in what waits, so it is removed without the seven days, also from where it was set aside."""
    (name,) = [row["file"] for row in stored(vaulted, sealed_item) if row["file"]]
    folder = vaulted.register.folder
    with vaulted.register.writing() as rows:
        erasing.erase(rows, ["s1"], [], actor=PERSON, now=NOW, details={})
    aside = folder / ORPHANS / f"{name}.age"
    aside.parent.mkdir()
    aside.write_bytes(path_of(folder, name).read_bytes())
    with vaulted.register.reading() as rows:
        tidied = tidy(rows, folder, NOW)
    assert tidied.orphans == 0
    assert not aside.exists()
    assert not path_of(folder, name).exists()


def killings(world: World, run: Any) -> Iterator[int]:
    """Run something again and again, killed one step later each time, until it ends by itself."""
    for number in range(200):
        left = number

        def count(_name: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        durable.watch(count)
        try:
            run()
        except Killed:
            durable.watch(None)
            yield number
        else:
            return
        finally:
            durable.watch(None)
    pytest.fail("it never ended")


def test_striking_may_be_killed_at_any_step(vaulted: World) -> None:
    """After each kill every page is what the chain says, and what is not erased opens; in the end no erased key is left."""
    erase(vaulted, *GONE)

    def run() -> None:
        with vaulted.vault("V"):
            pass

    kills = 0
    for _number in killings(vaulted, run):
        kills += 1
        assert sound(vaulted)
    assert kills > 10
    assert stored(vaulted, erasure_pending) == []
    assert [one.data for one in open_all(vaulted, "O", "s2")] == [b"a name"]
