"""A pull: what comes in once, what is an edit, what is put aside, and that doing it again changes nothing."""

from __future__ import annotations

import shutil
from operator import itemgetter

import msgspec
import pytest
from sqlalchemy import select, update

from sync_scripts.intake.encryption.unparking import parked
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import raw
from sync_scripts.store.schema.register import alert as alerts
from sync_scripts.store.seal import erasing
from sync_scripts.store.statements import NEVER_READ
from tests.encrypted.phone import encrypt
from tests.intake.scene import COORDINATOR, FORMS, Scene, alert, edit_of, entries, flags, story, uid
from tests.intake.test_decrypt import PUBLIC


def test_a_new_submission_is_stored_sealed_and_built(both: Scene) -> None:
    """One alert gives one raw version, one register row, one line of custody; its bytes come back from the vault."""
    content = alert(1, story("They came at night"))
    both.lay("a", content)
    report = both.pull()

    assert (report.seen, report.new, report.edited, report.quarantined_new) == (1, 1, 0, 0)
    assert not report.needs_person
    (row,) = both.rows(raw.submission)
    assert (row["root_id"], row["instance_id"], row["current"]) == (uid(1), uid(1), True)
    assert "night" not in row["open_part"]
    assert both.opened("raw") == [content]
    (part,) = both.opened("row")
    assert msgspec.json.decode(part)["fields"] == {"short_text": "They came at night"}
    (line,) = [row for row in both.rows(raw.custody) if '"RECEIVED"' in row["line"]]
    assert uid(1) in line["line"]
    assert both.dump()["alert"][0]


def test_pulling_twice_is_pulling_once(both: Scene) -> None:
    """A second pull reads nothing again, stores nothing and asks nobody."""
    for number in range(5):
        both.lay(f"a{number}", alert(number), {"note.txt": b"x"})
    both.lay("broken", b"<data>")
    first = both.pull()
    before = both.dump("run")
    second = both.pull()

    assert (first.new, first.quarantined_new, first.files_new) == (5, 1, 5)
    assert first.needs_person
    assert (second.seen, second.unchanged, second.new, second.quarantined_new) == (6, 6, 0, 0)
    assert (second.versions_before, second.quarantine_before, second.quarantine_open) == (5, 1, 1)
    assert not second.needs_person
    assert both.dump("run") == before


def test_an_edit_is_a_new_version_beside_the_old_one(both: Scene) -> None:
    """What was first said stays; the register shows the last word."""
    both.lay("a", alert(1, "<who><victim_count>1</victim_count></who>"))
    both.pull()
    both.lay("b", alert(2, "<who><victim_count>2_5</victim_count></who>", meta=edit_of(1)))
    report = both.pull()

    assert (report.new, report.edited) == (0, 1)
    assert [(row["root_id"], row["instance_id"], row["current"]) for row in both.rows(raw.submission)] == [
        (uid(1), uid(1), False),
        (uid(1), uid(2), True),
    ]
    assert [row["victim_count"] for row in both.rows(alerts)] == ["2_5"]
    assert len(both.opened("raw")) == 2


@pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "b", "a"), ("b", "a", "c"), ("b", "c", "a")])
def test_edits_find_their_root_in_any_order_of_one_pull(one: Scene, names: tuple[str, str, str]) -> None:
    """The order of a folder says nothing about the order of filling."""
    for name, number, meta in zip(names, (1, 2, 3), ("", edit_of(1), edit_of(2)), strict=True):
        one.lay(name, alert(number, meta=meta))
    report = one.pull()

    assert (report.new, report.edited) == (1, 2)
    assert {row["root_id"] for row in one.rows(raw.submission)} == {uid(1)}
    assert [row["instance_id"] for row in one.rows(raw.submission, raw.submission.c.current)] == [uid(3)]
    assert one.count(alerts) == 1


def test_an_edit_may_come_before_what_it_edits(both: Scene) -> None:
    """The first version, brought later by another phone, joins its edit and does not count any more."""
    both.lay("b", alert(2, meta=edit_of(1)))
    both.pull()
    both.lay("a", alert(1))
    both.pull()

    assert [(row["root_id"], row["instance_id"], row["current"]) for row in both.rows(raw.submission)] == [
        (uid(1), uid(1), False),
        (uid(1), uid(2), True),
    ]
    assert both.count(alerts) == 1


def test_a_middle_version_that_comes_last_is_said(one: Scene) -> None:
    """Two versions that were taken for two submissions cannot be joined any more; a person is told."""
    one.lay("a", alert(1))
    one.lay("c", alert(3, meta=edit_of(2)))
    one.pull()
    one.lay("b", alert(2, meta=edit_of(1)))
    report = one.pull()

    assert dict(report.notes) == {"DK-I38": 1}
    assert report.needs_person
    assert one.count(raw.submission) == 3


def test_the_same_submission_at_two_places_is_one(both: Scene) -> None:
    """A copied phone brings again what the classroom received; it is counted once as a repeat, then known."""
    both.lay("a", alert(1))
    both.phone("A_2026-11-24_10-00-00", alert(1))
    first, second = both.pull(), both.pull()

    assert (first.new, first.repeats, second.repeats, second.unchanged) == (1, 1, 0, 2)
    assert both.count(raw.submission) == both.count(alerts) == 1


@pytest.mark.parametrize(
    "other",
    [
        alert(1, "<who><victim_count>2_5</victim_count></who>"),
        alert(1, story("another sealed sentence")),
        alert(1, "<story><photo>a.jpg</photo></story>"),
        alert(1).replace(b"<region>", b"<region> "),
    ],
    ids=["open answer", "sealed answer", "file", "blank"],
)
def test_the_same_number_with_other_content_is_put_aside(both: Scene, other: bytes) -> None:
    """Nothing received is overwritten: the first stays, the other waits for a person, sealed."""
    both.lay("a", alert(1))
    both.pull()
    before = both.rows(raw.submission)
    both.lay("b", other)
    report = both.pull()

    assert (report.quarantined_new, report.changed) == (1, 1)
    assert report.needs_person
    assert both.rows(raw.submission) == before
    assert list(entries(both)) == [("DK-I24", "open")]
    assert both.opened("quarantine") == [other]
    assert not both.pull().needs_person


def test_a_file_changed_in_its_place_is_put_aside_too(one: Scene) -> None:
    """Somebody edits the XML in the folder: seen, kept aside, the first version stays."""
    folder = one.lay("a", alert(1))
    one.pull()
    one.touch(folder / "submission.xml", alert(1, story("x")))
    report = one.pull()

    assert (report.changed, report.new) == (1, 0)
    assert one.count(raw.submission) == 1


def test_a_sealed_answer_of_the_same_length_is_only_found_by_the_vault(one: Scene) -> None:
    """The declared limit: no hash of a sealed answer is kept, so the everyday register cannot tell these two."""
    one.lay("a", alert(1, story("at night")))
    one.lay("b", alert(1, story("at noon.")))
    report = one.pull()

    assert (report.new, report.repeats, report.changed) == (1, 1, 0)


BROKEN = {
    "truncated": (alert(9)[:-30], "DK-I14"),
    "not utf-8": (alert(9, story("é")).decode().encode("latin-1"), "DK-I12"),
    "doctype": (alert(9).replace(b"<data", b"<!DOCTYPE data><data", 1), "DK-I13"),
    "entities": (alert(9).replace(b"<data", b'<!DOCTYPE d [<!ENTITY x "y">]><data', 1), "DK-I13"),
    "deep": (alert(9, "<g>" * 60 + "1" + "</g>" * 60), "DK-I15"),
    "many": (alert(9, "<q>1</q>" * 50_001), "DK-I16"),
    "large": (alert(9, story("x" * 5_000_000)), "DK-I11"),
    "no number": (alert(9).replace(uid(9).encode(), b""), "DK-I19"),
    "strange number": (alert(9).replace(uid(9).encode(), b"uuid:../../x"), "DK-I20"),
    "unknown form": (alert(9, form="other"), "DK-I22"),
    "unknown version": (alert(9, version="1999"), "DK-I23"),
    "empty": (b"", "DK-I14"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_taken_is_put_aside_and_stops_nothing(one: Scene, name: str) -> None:
    """Each kind has its code; the bytes are kept sealed; the submissions around it come in."""
    content, code = BROKEN[name]
    one.lay("a", alert(1))
    one.lay("b", content)
    one.lay("c", alert(2))
    report = one.pull()

    assert (report.new, report.quarantined_new) == (2, 1)
    assert list(entries(one)) == [(code, "open")]
    assert one.opened("quarantine") == [content]
    again = one.pull()
    assert (again.quarantined_new, again.quarantine_open, again.needs_person) == (0, 1, False)


def test_an_entry_is_closed_when_its_place_is_good(both: Scene) -> None:
    """A file that was still being copied is read at the next pull."""
    folder = both.lay("a", alert(1)[:-30])
    both.pull()
    both.touch(folder / "submission.xml", alert(1))
    report = both.pull()

    assert (report.new, report.solved, report.quarantine_open) == (1, 1, 0)
    assert list(entries(both)) == [("DK-I14", "solved")]


def test_what_was_erased_and_says_something_else_by_now_is_a_question(both: Scene) -> None:
    """What was put aside, was read and erased, and is shown again with other content: nothing is taken, and a person is asked."""
    folder = both.lay("a", alert(1)[:-30])
    both.pull()
    both.touch(folder / "submission.xml", alert(1))
    both.pull()
    with both.register.writing() as rows:
        rows.many(raw.erased, [{"id": uid(1), "scope": "s" * 32, "at": "2026-11-25T08:00:00.000000Z"}])
    both.touch(folder / "submission.xml", alert(1) + b"\n")
    both.pull()

    with both.register.reading() as rows:
        assert rows.execute(select(raw.place.c.state)).scalars().all() == ["erased"]
        assert rows.execute(select(raw.place.c.reason).where(NEVER_READ)).scalars().all() == ["unanswered"]
    assert list(entries(both)) == [("DK-I26", "given_up")]


ELSEWHERE = alert(1, story("at night")).replace(b"CM010", b"CM011")
SEALED = alert(1, story("at noon."))


@pytest.mark.parametrize(
    ("shown", "asked"),
    [
        ((alert(1, story("at night")),), 0),
        ((ELSEWHERE,), 1),
        ((ELSEWHERE, ELSEWHERE), 1),
        ((alert(1, story("at night")), ELSEWHERE), 1),
        ((SEALED,), 0),
    ],
    ids=[
        "the same",
        "open answer",
        "touched once more",
        "after the same",
        "sealed answer: the declared limit",
    ],
)
def test_other_content_of_one_length_under_the_number_of_what_was_erased(
    one: Scene, shown: tuple[bytes, ...], asked: int
) -> None:
    """Of the open answers two digits of their hash stay: what is not the same is a question, as it may tell of danger."""
    folder = one.lay("a", alert(1, story("at night")))
    one.pull()
    ((scope,),) = {(row["scope"],) for row in one.rows(raw.submission)}
    with one.register.writing() as rows:
        erasing.erase(rows, [scope], [uid(1)], actor=COORDINATOR, now=one.now, details={})
        rows.execute(update(raw.submission).values(erasing.emptied(None)))
    for content in shown:
        one.touch(folder / "submission.xml", content)
        one.pull()

    (row,) = one.rows(raw.submission)
    assert (row["open_part"], len(row["open_hash"])) == (None, 2)
    assert [row["problem"] for row in one.rows(raw.place) if row["reason"]] == ["DK-I26"] * asked
    told = [row for row in one.rows(raw.custody) if '"INTEGRITY"' in row["line"]]
    assert len(told) == asked


def test_other_bytes_in_the_place_of_what_waits_encrypted_are_sealed_and_it_still_waits(one: Scene) -> None:
    """A file that was still being copied over it: both are kept, and what waits can be opened."""
    sent = encrypt(PUBLIC, alert(1), {})
    folder = one.lay("b", sent.manifest, dict(sent.files))
    one.pull()
    (waits,) = waiting(one)
    cut = sent.manifest[:-30]
    for content in (cut, sent.manifest):
        one.touch(folder / "submission.xml", content)
        one.pull()
        assert waiting(one) == [waits]

    assert one.opened("quarantine") == [cut]
    assert one.opened("manifest") == [sent.manifest]


def waiting(made: Scene) -> list[tuple[str, int]]:
    """Return where the sealed bytes lie of what waits encrypted."""
    with made.register.reading() as rows:
        return [item.manifest for item in parked(rows)]


def test_an_unknown_version_comes_in_by_itself_once_it_is_imported(both: Scene) -> None:
    """After the import nobody has to remember what waited."""
    both.lay("a", alert(1, version="2027010101"))
    assert both.pull().quarantined_new == 1
    assert both.pull().new == 0
    both.know("alert", "2027010101")
    report = both.pull()

    assert (report.new, report.solved, report.quarantine_open) == (1, 1, 0)
    assert [row["form_version"] for row in both.rows(raw.submission)] == ["2027010101"]


def test_an_unknown_question_is_sealed_and_flagged(both: Scene) -> None:
    """An answer that no form version explains is kept, sealed, and a flag says so."""
    both.lay("a", alert(1, "<new_group><new_question>something said</new_question></new_group>"))
    both.pull()

    assert "something said" not in str(both.dump("sealed_item", "key_page"))
    fields = [msgspec.json.decode(part)["fields"] for part in both.opened("row")]
    assert fields == [{"new_group/new_question": "something said"}]
    assert "question_unknown" in flags(both)


def test_a_clock_years_off_is_flagged_and_counts_for_nothing(both: Scene) -> None:
    """The submission is pulled today whatever its phone believes."""
    both.lay("a", alert(1).replace(b"2026-11-24T", b"2023-11-24T"))
    report = both.pull()

    assert report.new == 1
    assert "clock_wrong" in flags(both)
    assert both.rows(raw.submission)[0]["received_at"] == instant(both.now)


def test_progress_counts_every_submission(one: Scene) -> None:
    """Long work shows how far it is."""
    for number in range(7):
        one.lay(f"a{number}", alert(number))
    seen: list[int] = []
    one.pull(progress=seen.append)

    assert sum(seen) == 7


def test_many_pages_are_many_transactions(one: Scene) -> None:
    """Each page is stored whole with its own key page; arrival numbers have no gap."""
    for number in range(120):
        one.lay(f"a{number:03}", alert(number))
    report = one.pull()

    assert report.new == 120
    assert one.count(raw.key_page) == 3
    assert [row["arrival"] for row in sorted(one.rows(raw.submission), key=itemgetter("arrival"))] == [
        *range(1, 121)
    ]


def test_the_run_is_written_down(both: Scene) -> None:
    """Each pull leaves a line with its counts and how it ended."""
    both.lay("a", alert(1))
    both.lay("b", b"")
    both.pull()
    (row,) = both.rows(raw.run)

    assert (row["command"], row["outcome"], row["actor_code"]) == ("pull", "attention", "coord-1")
    assert msgspec.json.decode(row["counts"])["new"] == 1


@pytest.mark.parametrize("form", ["alert", "case", "followup", "closure", "situation"])
def test_the_samples_come_in(one: Scene, form: str) -> None:
    """Everything that Collect's engine made of the scenarios is taken, but for the broken ones."""
    shutil.copytree(FORMS / "samples" / form, one.root / form)
    report = one.pull()
    broken = 3 if form == "alert" else 0

    assert report.seen == len(list((FORMS / "samples" / form).iterdir()))
    assert report.quarantined_new == broken
    assert report.new + report.edited == report.seen - broken
    assert set(dict(report.notes)) <= {"DK-I39"}
    announced = one.count(raw.attachment)
    assert one.count(raw.attachment, raw.attachment.c.state == "held") == announced == report.files_new
