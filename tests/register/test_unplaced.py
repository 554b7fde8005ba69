"""A visit whose case code nobody can read stands in no list: the page of the day says so, and whom to ask."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from sync_scripts import texts
from sync_scripts.cli.work.today import page
from sync_scripts.register.building import build
from sync_scripts.register.queries.submissions import Unplaced
from sync_scripts.register.queries.today import today
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import submission
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.field import CASE, FOLLOWUP, changed, closing, flags, known

UNREADABLE = "DK-?"
UNREAD = "case_code_unreadable"
LOST = changed(FOLLOWUP, {"header": {"case_code": UNREADABLE}})


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """A register with one case."""
    return begin(sqlite_register)


def seen(work: Work) -> list[Unplaced]:
    """Return what the page of the day says of forms in no case."""
    with work.field.register.reading() as rows:
        return list(today(rows, work.field.now).unplaced)


def test_it_stands_on_the_page_until_it_is_sent_again(work: Work) -> None:
    """Who says to have filled it, and when a server had it first; nothing of what it tells."""
    work.field.send("followup", "f1", LOST)
    at = instant(work.field.now)
    work.field.send("followup", "f1", changed(LOST, {"result": {"fu_note": "Seen"}}), edit=1)
    assert seen(work) == [Unplaced("followup", "RD-01", at)]
    assert work.sound()
    work.field.send("followup", "f1", changed(LOST, {"header": {"case_code": CASE_CODE}}), edit=2)

    assert seen(work) == []


def test_a_request_of_closure_too_the_last_one_first(work: Work) -> None:
    """Each names its own sender."""
    work.field.send("followup", "f1", LOST)
    work.field.send("closure", "k1", closing(UNREADABLE, closer_code="EN-07"))

    assert [one.form for one in seen(work)] == ["closure", "followup"]


@pytest.mark.parametrize("said", [None, "", "  "])
def test_no_code_at_all_is_seen_as_well(work: Work, said: str | None) -> None:
    """A phone that had no list of cases lets both questions go by; what came so waits for somebody to say which case is meant."""
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": said}}))
    work.field.send("closure", "k1", changed(closing(""), {"header": {"case_code": said}}))

    assert [one.form for one in seen(work)] == ["closure", "followup"]
    assert flags(work.field) == [UNREAD, UNREAD]
    assert work.sound()
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}}), edit=1)
    assert [one.form for one in seen(work)] == ["closure"]


def test_an_interview_without_a_code_opens_its_case_and_is_no_matter(work: Work) -> None:
    """It needs no code, whether it was refused or not."""
    work.field.send("case", "c8", CASE)
    work.field.send("case", "c9", changed(CASE, {"gate": {"consent_case": "no"}}))

    assert seen(work) == []
    assert UNREAD not in flags(work.field)


def test_what_opens_a_case_or_was_refused_is_not_among_them(work: Work) -> None:
    """A documented interview has a case of its own, and nobody waits for a refused one."""
    work.field.send("case", "c8", known(UNREADABLE))
    work.field.send("case", "c9", known(UNREADABLE, changed(CASE, {"gate": {"consent_case": "no"}})))

    assert seen(work) == []


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_says_whom_to_ask(work: Work, lang: str) -> None:
    """One line that a terminal holds, and the whole list for programs."""
    work.field.send("followup", "f1", LOST)
    with work.field.register.reading() as rows:
        found = today(rows, work.field.now)
    texts.speak(lang)
    (line,) = (one for one in page(found, "CO-01") if "RD-01" in one)

    assert len(line) <= 80
    assert found.document()["unplaced"] == [
        {"form": "followup", "worker": "RD-01", "received_at": instant(work.field.now)}
    ]


def test_what_its_server_deleted_asks_nobody_any_more(work: Work) -> None:
    """Whoever sent it found out; it stays in the register, with its remark."""
    work.field.send("followup", "f1", LOST)
    with work.field.register.writing() as rows:
        mine = submission.c.root_id == "f1"
        rows.execute(update(submission).where(mine).values(gone_at=instant(work.field.later())))
        build.apply(rows, [("followup", "f1")], work.field.draw, work.field.now)

    assert "gone_at_server" in flags(work.field)
    assert seen(work) == []
