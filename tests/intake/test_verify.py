"""Verify: every instance accounted for, and every planted fault found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from sync_scripts.errors import Damaged
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.report import FormTotals, Verified
from sync_scripts.servers.folder import Folder
from sync_scripts.store.schema import raw
from tests.intake.scene import FORMS, VERSION, Scene, alert, story


def checked(scene: Scene) -> Verified:
    """Verify with the scene's source."""
    return verify(scene.register, [scene.server])


def wrong(found: Verified) -> set[str]:
    """Return the names of the checks that failed."""
    return {one.name for one in found.checks if one.wrong}


def test_every_instance_is_accounted_for(both: Scene) -> None:
    """Instances = versions + repeats + put aside, for each form version."""
    both.lay("a", alert(1), {"p.jpg": b"photo"})
    both.phone("A_2026-11-24_10-00-00", alert(1))
    both.lay("b", alert(2)[:-20])
    both.lay("c", alert(3))
    both.lay("d", alert(3, story("other")))
    both.pull()
    found = checked(both)

    assert not found.damaged
    assert (found.not_pulled, found.elsewhere, found.files_waiting, found.offline) == (0, 0, 0, ())
    assert found.forms == (
        FormTotals("", "", instances=1, quarantined=1),
        FormTotals("alert", VERSION, instances=4, versions=2, repeats=1, quarantined=1),
    )
    assert {one.name: one.looked_at for one in found.checks}["sealed_files"] == 1


def test_what_was_not_pulled_is_counted(both: Scene) -> None:
    """A new instance, and a broken one, that no pull has seen."""
    both.lay("a", alert(1))
    both.pull()
    both.lay("b", alert(2))
    both.lay("c", b"broken")

    assert checked(both).not_pulled == 2


def test_a_source_that_is_gone_is_said(one: Scene) -> None:
    """The register is still checked; nothing is claimed about the source."""
    one.lay("a", alert(1))
    one.pull()
    shutil.rmtree(one.root)
    found = checked(one)

    assert found.offline == ("DK-I01",)
    assert (found.damaged, found.not_pulled, found.elsewhere) == (0, 0, 1)


def test_a_version_that_no_source_shows_is_said(one: Scene) -> None:
    """A missing folder proves nothing, so it is only counted."""
    one.lay("a", alert(1))
    folder = one.lay("b", alert(2))
    one.pull()
    shutil.rmtree(folder)

    assert checked(one).elsewhere == 1


def test_the_samples_are_all_accounted_for(one: Scene) -> None:
    """The whole set of samples verifies after a pull."""
    for form in ("alert", "case", "followup", "closure", "situation"):
        shutil.copytree(FORMS / "samples" / form, one.root / form)
    one.pull()
    found = checked(one)

    assert (found.damaged, found.not_pulled, found.elsewhere) == (0, 0, 0)
    assert sum(form.instances for form in found.forms) == one.server.count()


def lose_file(scene: Scene) -> None:
    """Remove a sealed file."""
    next(scene.register.folder.rglob("*.age")).unlink()


def flip_file(scene: Scene) -> None:
    """Change one byte of a sealed file."""
    path = next(scene.register.folder.rglob("*.age"))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def rename_file(scene: Scene) -> None:
    """Give a sealed file another name after the commit."""
    path = next(scene.register.folder.rglob("*.age"))
    path.rename(path.with_name("0" * 64 + ".age"))


def without_guards(scene: Scene, *statements: str) -> None:
    """Change rows as somebody with the key and another program could."""
    with scene.register.engine.connect() as connection:
        names = (
            connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        )
        connection.commit()
        raw_connection = connection.connection
        raw_connection.execute("PRAGMA query_only=OFF")
        raw_connection.execute("PRAGMA foreign_keys=OFF")
        for name in names:
            raw_connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw_connection.execute(statement)
    scene.register.engine.dispose()


FAULTS: dict[str, tuple[Callable[[Scene], None], str]] = {
    "file lost": (lose_file, "sealed_files"),
    "file changed": (flip_file, "sealed_files"),
    "file renamed": (rename_file, "sealed_files"),
    "page changed": (
        lambda scene: without_guards(scene, "UPDATE key_page SET blob = x'00' WHERE rowid = 1"),
        "key_pages",
    ),
    "page lost": (
        lambda scene: without_guards(scene, "DELETE FROM key_page WHERE rowid = 1"),
        "key_pages",
    ),
    "item lost": (
        lambda scene: without_guards(scene, "DELETE FROM sealed_item WHERE kind = 'raw'"),
        "versions",
    ),
    "chain changed": (
        lambda scene: without_guards(
            scene, "UPDATE custody SET line = replace(line, 'a', 'b') WHERE seq = 1"
        ),
        "custody",
    ),
    "event lost": (lambda scene: without_guards(scene, "DELETE FROM event WHERE seq = 1"), "events"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_found(one: Scene, name: str) -> None:
    """Each kind of damage has its check, and the other sources of truth stay sound where they can."""
    for number in range(3):
        one.lay(f"a{number}", alert(number, story("x")), {"p.jpg": b"photo"})
    one.pull()
    assert not checked(one).damaged
    deed, check = FAULTS[name]
    deed(one)
    found = checked(one)

    assert check in wrong(found)
    assert found.document()["ok"] is False


def test_a_flipped_byte_of_the_database_is_found(one: Scene, tmp_path: Path) -> None:
    """Damage of the file itself is damage, whichever page it hits."""
    for number in range(30):
        one.lay(f"a{number}", alert(number))
    one.pull()
    one.register.engine.dispose()
    path = tmp_path / "register.db"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    try:
        damaged = bool(checked(one).damaged)
    except Damaged:
        damaged = True

    assert damaged


def test_verify_changes_nothing(one: Scene, tmp_path: Path) -> None:
    """Looking leaves every table as it is."""
    one.lay("a", alert(1), {"p.jpg": b"photo"})
    one.pull()
    before = one.dump()
    checked(one)

    assert one.dump() == before
    assert verify(one.register, []).forms == ()
    assert verify(one.register, [Folder(tmp_path / "nowhere")]).offline == ("DK-I01",)
    assert one.count(raw.submission) == 1
