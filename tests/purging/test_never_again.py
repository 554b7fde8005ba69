"""What was erased never comes back: served again, edited, by another road, put aside, or as a late file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import ErasedEdited, ErasedShown
from sync_scripts.intake.places import purged
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.register.building.unread_notices import unread
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.queries.submissions import at_servers
from sync_scripts.servers.folder import Folder
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw
from sync_scripts.store.statements import OPEN
from tests.intake.scene import COORDINATOR, edit_of, story, uid
from tests.purging.ground import CANARY, VOICE, Ground, calm, photo
from tests.purging.test_run import dismissed

PROVED = Actor(COORDINATOR.code, "key")
LATE = b"a photo that comes late " * 99


def erased(ground: Ground) -> None:
    """Erase the first alert."""
    dismissed(ground)
    ground.erase_all_due()
    assert CANARY.encode() not in ground.everything()


def pulled(ground: Ground) -> int:
    """Pull; return how much of what was erased was left where it is, nothing of it being here."""
    report = ground.scene.pull()
    notes = dict(report.notes)
    edits = notes.get(ErasedEdited.code, 0)
    assert report.erased == notes.get(ErasedShown.code, 0) + edits
    assert (report.new, report.edited, report.files_new, report.quarantined_new) == (0, 0, 0, 0)
    assert report.needs_person == bool(edits)
    assert CANARY.encode() not in ground.everything()
    assert VOICE not in ground.everything()
    assert ground.sound()
    return report.erased


def test_the_same_version_served_again_is_left_where_it_is(both: Ground) -> None:
    """It is counted and said the first time, and is no news after that."""
    erased(both)
    both.scene.touch(both.scene.root / "alert" / "a1" / "submission.xml", calm(1, photo()))
    assert pulled(both) == 1
    before = both.scene.dump("run")
    assert pulled(both) == 0
    assert both.scene.dump("run", "custody") == {k: v for k, v in before.items() if k != "custody"}


def test_an_edit_of_it_is_left_too_and_so_is_an_edit_of_that(both: Ground) -> None:
    """An edit names the erased version; an edit of the edit names only the edit, which is known by then."""
    erased(both)
    both.scene.lay("a1b", calm(11, story(CANARY), meta=edit_of(1)))
    assert pulled(both) == 1
    assert both.gone(11)
    both.scene.lay("a1c", calm(12, story(CANARY), meta=edit_of(11)))
    assert pulled(both) == 1
    assert both.gone(12)


@pytest.mark.parametrize(
    ("where", "shown", "names"),
    [
        ("a1b", calm(11, story(CANARY), meta=edit_of(1)), {uid(1), uid(11)}),
        ("a1", calm(1, story(CANARY)), {uid(1)}),
        ("elsewhere", calm(1, story(CANARY)), {uid(1)}),
    ],
    ids=["a new version", "its own number", "its own number in another place"],
)
def test_what_is_new_of_it_is_told_until_a_person_says_what_became_of_it(
    one: Ground, where: str, shown: bytes, names: set[str]
) -> None:
    """Nothing of it is taken, and it may tell of danger: a message goes, the page of the day counts it, and a person ends that."""
    erased(one)
    one.scene.now += timedelta(hours=1)
    one.scene.lay(where, shown)
    if where == "a1":
        one.scene.touch(one.scene.root / "alert" / where / "submission.xml", shown)
    report = one.scene.pull()
    again = one.scene.pull()
    with one.scene.register.reading() as rows:
        (told,) = unread(rows, one.scene.now)
        counted = at_servers(rows)
        (kept,) = rows.execute(select(raw.place).where(OPEN)).mappings()
    (entry,) = [found for found in one.scene.aside() if found.problem == "DK-I26"]

    assert (dict(report.notes)[ErasedEdited.code], report.needs_person) == (1, True)
    assert ErasedEdited.code not in dict(again.notes)
    assert (told.reason, told.level, counted) == ("erased", "critical", 1)
    assert (entry.state, entry.kept) == ("given_up", False)
    assert set(kept["names"].split()) == names
    assert CANARY.encode() not in one.everything()
    day = one.scene.now + timedelta(days=1)
    with deciding(one.scene.register, PROVED, one.scene.now) as by:
        tags, server = Tagger(one.scene.register.match_key), one.scene.server.name
        name = purged.plan(by.rows, tags, server, day).id
        done = purged.confirm(by, tags, server, day, name=name, reason="read at the server")
    with one.scene.register.reading() as rows:
        assert (done.count, at_servers(rows), list(unread(rows, one.scene.now))) == (1, 0, [])
    one.scene.pull()
    assert at(one) == 0


def at(one: Ground) -> int:
    """Return how many submissions are at servers, or gone there, and not explained."""
    with one.scene.register.reading() as rows:
        return at_servers(rows)


def test_a_chain_of_edits_that_comes_at_once_is_left(one: Ground) -> None:
    """Of several edits on one page only the first names what was erased."""
    erased(one)
    one.scene.lay("a1c", calm(12, story(CANARY), meta=edit_of(11)))
    one.scene.lay("a1b", calm(11, story(CANARY), meta=edit_of(1)))
    assert pulled(one) == 2


def test_another_source_brings_it_no_better(one: Ground) -> None:
    """A copy on a stick, and the folder of a phone, are other places and other servers."""
    erased(one)
    stick = one.scene.root.parent / "stick" / "alert" / "copy"
    stick.mkdir(parents=True)
    (stick / "submission.xml").write_bytes(calm(1, photo()))
    (stick / "v.amr").write_bytes(VOICE)
    other = Folder(one.scene.root.parent / "stick")
    other.name = "another"
    report = one.scene.pull(other)
    assert (report.new, report.erased, report.files_new) == (0, 1, 0)
    assert CANARY.encode() not in one.everything()
    assert VOICE not in one.everything()
    one.scene.phone("alert_2026", calm(1, photo()))
    assert pulled(one) == 1


def test_a_late_file_of_it_is_not_taken(one: Ground) -> None:
    """A file that the answers announced and that comes only now is nobody's any more."""
    one.scene.lay("a3", calm(3, photo("late.amr")))
    one.scene.pull()
    assert [
        row["state"] for row in one.scene.rows(raw.attachment, raw.attachment.c.instance_id == uid(3))
    ] == ["missing"]
    dismissed(one, 3)
    one.erase_all_due()
    one.scene.lay("a3", calm(3, photo("late.amr")), {"late.amr": LATE})
    one.scene.pull()
    assert LATE not in one.everything()
    assert one.sound()


def test_a_broken_copy_of_it_is_not_put_aside(one: Ground) -> None:
    """Changed bytes under its number would go into quarantine, sealed: not of something erased."""
    erased(one)
    one.scene.touch(one.scene.root / "alert" / "a1" / "submission.xml", calm(1, story(CANARY + " changed")))
    assert pulled(one) == 1
    assert [entry.kept for entry in one.scene.aside()] == [False]


def test_verify_counts_it_apart(one: Ground) -> None:
    """What a source shows is stored, or erased; nothing is short, and nothing is at no source any more."""
    erased(one)
    found = verify(one.scene.register, [one.scene.server])
    (form,) = found.forms
    assert (form.instances, form.versions, form.erased, form.not_pulled, form.quarantined) == (2, 1, 1, 0, 0)
    assert (found.damaged, found.short, found.elsewhere) == (0, 0, 0)


def test_a_dry_run_says_the_same(one: Ground) -> None:
    """What a pull would do is what it does."""
    erased(one)
    one.scene.lay("a1b", calm(11, story(CANARY), meta=edit_of(1)))
    before = one.scene.dump()
    report = one.scene.pull(dry_run=True)
    assert (report.new, report.edited, report.erased) == (0, 0, 1)
    assert one.scene.dump() == before


def test_a_false_claim_takes_nothing_with_it_that_lives(one: Ground) -> None:
    """Forms that say they replace an erased one, and name a living one as themselves or as their root."""
    erased(one)
    one.scene.lay("b1", calm(50))
    assert one.scene.pull().new == 1
    one.scene.lay("itself", calm(50, story("another story"), meta=edit_of(1)))
    one.scene.lay("root", calm(60, meta=f"{edit_of(1)}<rootUuid>{uid(50)}</rootUuid>"))
    report = one.scene.pull()
    assert (report.quarantined_new, report.erased) == (1, 1)
    assert (one.gone(50), one.gone(60)) == (False, True)
    one.scene.lay("b2", calm(51, meta=edit_of(50)))
    report = one.scene.pull()

    assert (report.edited, report.erased) == (1, 0)
    assert one.sound()
