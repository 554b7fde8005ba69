"""What was copied from a phone may be a draft: the report says so, the register shows it, and better news takes it back."""

from __future__ import annotations

from sync_scripts.register.care import rebuild
from sync_scripts.register.case.flags import in_words
from sync_scripts.register.queries.pages import alert_view
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.intake.scene import COORDINATOR, Scene, alert, edit_of, uid

PHONE = "A_2026-11-24_10-00-00"


def doubts(made: Scene) -> list[str]:
    """Return the flags that say so, by what they are about."""
    return [row["subject"] for row in made.rows(tables.flag) if row["code"] == "maybe_draft"]


def test_a_phone_copy_may_hold_drafts(both: Scene) -> None:
    """Nothing in a phone's folder tells a draft from a finished form: it is taken, and the alert says what to ask."""
    both.phone(PHONE, alert(1))
    report = both.pull()
    (row,) = both.rows(tables.alert)
    with both.register.reading() as rows:
        shown = alert_view(rows, row["code"], COORDINATOR)

    assert (dict(report.notes), report.new) == ({"DK-I37": 1}, 1)
    assert doubts(both) == [f"alert:alert/{uid(1)}"]
    assert "maybe_draft" in {flag["code"] for flag in shown["flag_list"]}
    assert shown["flags"] == len(shown["flag_list"])
    assert "may be a draft" in in_words({"code": "maybe_draft"})


def test_what_came_finished_raises_no_doubt(both: Scene) -> None:
    """A classroom gets finished forms only; the same one on a phone's copy afterwards changes nothing."""
    both.lay("a", alert(1))
    both.pull()
    both.phone(PHONE, alert(1))
    both.pull()

    assert doubts(both) == []
    assert [row["maybe_draft"] for row in both.rows(raw.submission)] == [None]


def test_the_same_form_sent_later_takes_the_doubt_away(both: Scene) -> None:
    """The phone found its network again: it had been finished; a rebuild says the same."""
    both.phone(PHONE, alert(1))
    both.pull()
    both.lay("a", alert(1))
    report = both.pull()

    assert (report.new, report.repeats) == (0, 1)
    assert doubts(both) == []
    assert rebuild.check(both.register, both.now).differing == ()


def test_both_in_one_pull_raise_no_doubt(both: Scene) -> None:
    """Whichever lies first in the folder."""
    both.phone(PHONE, alert(1))
    both.lay("a", alert(1))
    both.phone("A_2026-11-24_11-00-00", alert(2))
    both.lay("z", alert(2))
    both.pull()

    assert doubts(both) == []


def test_an_edit_that_was_sent_is_what_counts(both: Scene) -> None:
    """The doubt is about the version that is read: a copied first version behind a sent edit is none."""
    both.phone(PHONE, alert(1))
    both.pull()
    assert doubts(both)
    both.lay("b", alert(9, "<who><victim_count>2_5</victim_count></who>", meta=edit_of(1)))
    both.pull()

    assert doubts(both) == []
    assert rebuild.check(both.register, both.now).differing == ()


def test_other_content_than_the_copy_is_put_aside(both: Scene) -> None:
    """The draft was changed before it was sent: the sent one waits for a person, and the doubt stays."""
    both.phone(PHONE, alert(1))
    both.pull()
    both.lay("a", alert(1, "<who><victim_count>2_5</victim_count></who>"))
    report = both.pull()

    assert report.quarantined_new == 1
    assert doubts(both) == [f"alert:alert/{uid(1)}"]
