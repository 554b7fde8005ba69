"""What is keyed in at the desk: stored, sealed, triaged and rebuilt like a submission from a phone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from sync_scripts.intake.desk import NewAlert, NotKept, Sheet, keep, keep_alert, own_id, write
from sync_scripts.intake.pull import Way
from sync_scripts.register.care.rebuild import check
from sync_scripts.servers.desk import DESK
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.intake.scene import COORDINATOR, FORMS, NOW, VERSION, Scene, uid
from xlsform.answers.interview import Interview
from xlsform.answers.media_choices import choices_of
from xlsform.workbooks.workbook import read

ANSWERS = {
    "consent_alert": "given",
    "danger_now": "yes",
    "alert_icon": "arrest",
    "when_rel": "today",
    "region": "CM007",
    "department": "CM007001",
    "arrondissement": "CM007001001",
    "victim_kind": "man",
    "victim_count": "1",
    "held_since": "lt24",
    "info_source": "third",
    "safe_to_contact": "yes",
    "contact_code": "600 00 09 99",
    "story_any": "yes",
    "short_text": "CANARI-RECIT",
}


@pytest.fixture(scope="module")
def interview() -> Interview:
    """Return the shipped alert form as an interview."""
    form = read((FORMS / "alert.xlsx").read_bytes(), file="alert.xlsx").form
    return Interview(form, choices_of(form, Path("nowhere")))


def way() -> Way:
    """Return a pull whose clock stands."""
    return Way(clock=lambda: NOW)


def told(interview: Interview, channel: str = "phone") -> NewAlert:
    """Return an alert by telephone that took three minutes."""
    return NewAlert(interview, ANSWERS, channel, NOW - timedelta(minutes=3))


def alerts(rows: Rows) -> list[dict[str, object]]:
    """Return the alerts of a register."""
    return [dict(row) for row in rows.execute(select(tables.alert)).mappings()]


def test_an_alert_by_telephone_is_triaged_at_once(both: Scene, interview: Interview) -> None:
    """It has a code, a level, deadlines from now, and its channel; a rebuild gives the same bytes."""
    made = keep_alert(both.register, told(interview), COORDINATOR, way())
    with both.register.reading() as rows:
        (row,) = alerts(rows)
    assert made["code"] == row["code"]
    assert (row["urgency"], row["channel"], row["region"]) == ("critical", "phone", "CM007")
    assert row["contact_tag"] is not None
    assert row["clock_skew_h"] == 0
    assert check(both.register, NOW).differing == ()


def test_nothing_sealed_of_it_lies_in_the_clear(both: Scene, interview: Interview) -> None:
    """The number and the story are in no open part; no question of it is unknown to the form."""
    keep_alert(both.register, told(interview), COORDINATOR, way())
    with both.register.reading() as rows:
        (kept,) = rows.execute(select(raw.submission)).mappings().all()
        flags = {row.code for row in rows.execute(select(tables.flag))}
    assert kept["server"] == DESK
    assert kept["submitter"] == COORDINATOR.code
    assert "CANARI" not in kept["open_part"]
    assert "999" not in kept["open_part"]
    assert "question_unknown" not in flags


def test_how_it_came_is_kept_and_survives_a_rebuild(both: Scene, interview: Interview) -> None:
    """A visit to the office is no telephone call."""
    keep_alert(both.register, told(interview, "walk_in"), COORDINATOR, way())
    with both.register.reading() as rows:
        assert [row["channel"] for row in alerts(rows)] == ["walk_in"]
    assert check(both.register, NOW).differing == ()


def test_a_trial_keeps_nothing(both: Scene, interview: Interview) -> None:
    """With a dry run the register stays as it was."""
    made = keep_alert(both.register, told(interview), COORDINATOR, Way(clock=lambda: NOW, dry_run=True))
    assert made["code"] is None
    with both.register.reading() as rows:
        assert alerts(rows) == []


def test_the_same_sheet_twice_is_one(both: Scene, interview: Interview) -> None:
    """A command that was cut off and is run again does not make two alerts."""
    first = keep_alert(both.register, told(interview), COORDINATOR, way(), instance_id=uid(1))
    again = keep_alert(both.register, told(interview), COORDINATOR, way(), instance_id=uid(1))
    assert first["code"] == again["code"]
    with both.register.reading() as rows:
        assert len(alerts(rows)) == 1


def test_a_sheet_of_an_unknown_form_is_put_aside_and_said(both: Scene) -> None:
    """What the register cannot read is never called kept."""
    with pytest.raises(NotKept):
        keep(both.register, [Sheet("nobody", VERSION, uid(1), [(("a",), "b")])], COORDINATOR, way())


def test_a_sheet_is_written_as_a_phone_writes_it() -> None:
    """Groups are opened once, repetitions are told apart, and what XML cannot hold is left out."""
    sheet = Sheet(
        "f",
        "1",
        uid(1),
        [
            (("g", "a"), "x & <y>"),
            (("g", "b"), "two\x00\x0blines\nhere"),
            (("many[1]", "c"), "1"),
            (("many[2]", "c"), "2"),
        ],
    )
    text = write(sheet).decode()
    assert text.count("<g>") == 1
    assert "<a>x &amp; &lt;y&gt;</a><b>twolines\nhere</b>" in text
    assert "<many><c>1</c></many><many><c>2</c></many>" in text
    assert f"<meta><instanceID>{uid(1)}</instanceID></meta>" in text


def test_an_id_follows_from_the_matter_and_the_key() -> None:
    """The same parts give the same id, other parts or another key another one; parts never run into each other."""
    assert own_id(b"k", "a", b"b") == own_id(b"k", "a", b"b")
    assert (
        len({own_id(b"k", "a", "b"), own_id(b"k", "ab"), own_id(b"q", "a", "b"), own_id(b"k", "ab", "")}) == 4
    )
