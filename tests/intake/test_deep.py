"""The deep rebuild: from the sealed bytes, opened with V, the same open parts and the same register."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_scripts.backup.erasures import erase_again
from sync_scripts.backup.head import Erasure
from sync_scripts.intake.completeness.soundness import KINDS, DeepDiffers, DeepRead, compare, require_deep
from sync_scripts.register.care import rebuild
from sync_scripts.store import custody
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import raw
from sync_scripts.store.seal.sealed_items import SealedItem
from tests.intake.scene import COORDINATOR, Scene, alert, edit_of, story, uid
from tests.store.databases import NOW
from tests.store.test_chains import unguarded


@pytest.fixture
def filled(both: Scene) -> Scene:
    """Give three alerts with sealed answers, an edit, a phone's copy and a broken one, on both databases."""
    both.lay("a", alert(1, story("They came at night") + "<odd><thing>not of this form</thing></odd>"))
    both.lay("b", alert(2, story("They came again")))
    both.lay("c", alert(9, story("Another story"), meta=edit_of(1)))
    both.phone("A_2026-11-24_10-00-00", alert(3, story("On the phone")))
    both.lay("broken", alert(4)[:-30])
    both.pull()
    return both


def opened(made: Scene) -> Iterator[tuple[SealedItem, bytes | None]]:
    """Open what the deep rebuild needs, with V alone."""
    with made.world.vault() as vault:
        for one in vault.open_kinds("deep rebuild", *KINDS):
            yield one.item, one.data if one.problem is None else None


def deep(made: Scene) -> DeepRead:
    """Read everything again."""
    return compare(made.register, opened(made))


def test_the_sealed_bytes_give_the_same_register(filled: Scene) -> None:
    """Every open part and every sealed answer follows from the bytes that arrived, the register from them."""
    before = filled.rows(raw.submission)
    found = deep(filled)
    require_deep(found)

    assert found == DeepRead(versions=4, different=(), lost=())
    assert rebuild.check(filled.register, NOW).differing == ()
    assert filled.rows(raw.submission) == before, "what arrived is never changed"
    with filled.register.reading() as rows:
        actions = [line.entry["action"] for line in custody.read(rows)]
    assert "OPENED" in actions


@pytest.mark.parametrize("holder", ["R", "O"])
def test_each_holder_alone_can_do_it(filled: Scene, holder: str) -> None:
    """V may be lost."""
    with filled.world.vault(holder) as vault:  # type: ignore[arg-type] # R or O
        found = compare(
            filled.register,
            ((one.item, one.content) for one in vault.open_kinds("deep rebuild", *KINDS)),
        )
    assert found == DeepRead(4, (), ())


def test_an_open_part_that_was_tampered_with_is_found(filled: Scene) -> None:
    """A rebuild alone would believe it: the register follows from it as well as from the true one."""
    (row,) = [row for row in filled.rows(raw.submission) if row["instance_id"] == uid(2)]
    forged = row["open_part"].replace('"danger_now","yes"', '"danger_now","no"')
    assert forged != row["open_part"]
    statement = "UPDATE submission SET open_part = :part WHERE instance_id = :name"
    unguarded(filled.register, statement, part=forged, name=uid(2))
    rebuild.rebuild(filled.register, NOW)
    assert rebuild.check(filled.register, NOW).differing == ()
    found = deep(filled)

    assert (len(found.different), found.lost) == (1, ())
    with pytest.raises(DeepDiffers) as caught:
        require_deep(found)
    assert found.different[0] in caught.value.words()
    assert uid(2) not in caught.value.words()


def test_a_sealed_answer_that_is_not_the_form_s_is_found(filled: Scene) -> None:
    """Exchanged, missing or one too many: the sum of what should be and what is comes to nothing only if all agree."""

    def but_one(kind: str, data: bytes | None) -> Iterator[tuple[SealedItem, bytes | None]]:
        done = False
        for item, content in opened(filled):
            if item.kind == kind and not done:
                done = True
                if data is not None:
                    yield item, data
            else:
                yield item, content

    other = json.dumps({"entity": "alert", "fields": {"short_text": "another"}, "pad": " ", "v": 1}).encode()
    assert len(compare(filled.register, but_one("row", other)).different) == 1
    assert len(compare(filled.register, but_one("row", None)).different) == 1


def test_bytes_that_do_not_open_are_lost(filled: Scene) -> None:
    """A version whose bytes are gone is named, and is not taken for a difference."""
    found = compare(
        filled.register, ((item, None if item.kind == "raw" else data) for item, data in opened(filled))
    )

    assert (found.versions, found.different, len(found.lost)) == (0, (), 4)
    with pytest.raises(DeepDiffers):
        require_deep(found)


def test_bytes_of_another_version_are_a_difference(filled: Scene) -> None:
    """Each item's label says whose bytes they are; what they hold must say so, too."""
    found = compare(
        filled.register,
        (
            (item, alert(7) if item.kind == "raw" and item.version == uid(2) else data)
            for item, data in opened(filled)
        ),
    )
    assert len(found.different) == 1


def test_nothing_of_the_answers_stays(filled: Scene, tmp_path: Path) -> None:
    """What was read again is compared and forgotten: no file, no table holds it."""
    deep(filled)
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    laid = b"".join(path.read_bytes() for path in filled.root.rglob("*.xml"))

    assert b"They came at night" in laid
    assert held.count(b"They came at night") == laid.count(b"They came at night")


def test_what_stays_sealed_of_others_after_a_restore_is_no_difference(filled: Scene) -> None:
    """Somebody was erased again of an older copy: the exact bytes went whole, and with them what the others' answers are compared with."""
    with filled.register.writing() as rows:
        erase_again(rows, [Erasure(uid(2), "another", instant(NOW))], COORDINATOR, NOW)

    assert deep(filled) == DeepRead(versions=3, different=(), lost=())
