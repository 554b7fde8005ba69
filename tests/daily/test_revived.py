"""What was given up as a destination had no address is told once it has one, if it is still to be done; once, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sync_scripts.notify import flush, revive
from sync_scripts.notify.messages import MOST_TRIES
from sync_scripts.notify.sending import Outcome
from sync_scripts.register.building import notices
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.store.database import Register
from tests.daily.telling import ALL, DANGER, Post, held, listening, settings
from tests.decisions.work import Work, begin
from tests.register.field import ALERT, changed, dealt

CODE = dealt(1, "AL")


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """A register with one case, and a destination without an address."""
    made = begin(sqlite_register)
    sqlite_register.destinations = (ALL,)
    return made


def lose(work: Work, *, says: Outcome | None = None) -> None:
    """Try until everything that waits is given up."""
    post = Post(lambda _address: says or "failed")
    for _try in range(MOST_TRIES):
        work.field.later(days=1)
        flush(work.field.register, settings(ALL), lambda: work.field.now, send=post)


def overdue(work: Work) -> int:
    """Write down what is undone by now; return how many messages are new."""
    with work.field.register.writing() as rows:
        return notices.escalate(rows, work.field.now)


def address(work: Work) -> None:
    """Give the destination its address."""
    listening(work.field.register, ALL)


def sent(work: Work) -> list[str]:
    """Flush twice, with a minute in between; return what was sent."""
    post = Post()
    for _time in range(2):
        flush(work.field.register, settings(ALL), lambda: work.field.now, send=post)
        work.field.later(minutes=1)
    return [text for _address, text in post.sent]


def states(work: Work) -> list[tuple[str, str]]:
    """Return reason and state of every message."""
    return [(one.reason, one.state) for one in held(work.field.register)]


def test_what_is_still_undone_is_told_once(work: Work) -> None:
    """The news of the alert is too late to say; that its deadlines are over is not."""
    work.field.send("alert", "r2", DANGER)
    work.field.later(hours=4)
    assert overdue(work)
    lose(work)
    assert {state for _reason, state in states(work)} == {"given_up"}
    overdue(work)
    address(work)
    told = sent(work)

    assert len(told) == len({one.level for one in held(work.field.register) if one.state == "sent"})
    assert {reason for reason, state in states(work) if state == "sent"} == {"escalation"}
    assert ("alert", "given_up") in states(work)
    assert overdue(work) == 0, "nothing is written a second time"


def test_what_was_done_meanwhile_is_not_told(work: Work) -> None:
    """Nor what she took back."""
    for root in ("r2", "r3"):
        work.field.send("alert", root, DANGER)
    work.field.later(hours=4)
    overdue(work)
    lose(work)
    work.do(withdraw_alert, CODE, reason="She called")
    withdrawn = "alert:alert/r2"
    address(work)
    sent(work)

    mine = [one.state for one in held(work.field.register) if one.subject == withdrawn]
    others = [one.state for one in held(work.field.register) if one.subject == "alert:alert/r3"]
    assert set(mine) <= {"given_up", "cancelled"}
    assert "sent" in others


def test_news_of_which_the_time_is_still_to_come_is_told(work: Work) -> None:
    """An alert of the lowest level has a week: it can be heard of before its deadline."""
    old = {
        "what": {"alert_icon": "extortion"},
        "when": {"when_rel": "older"},
        "known": {"info_source": "rumour"},
    }
    work.field.send("alert", "r2", changed(ALERT, old))
    (news,) = [one for one in held(work.field.register) if one.reason == "alert"]
    assert news.level == "low"
    lose(work)
    address(work)
    assert news.due_at is not None
    work.field.now = datetime.fromisoformat(news.due_at) - timedelta(hours=1)

    assert any("1 alert" in one for one in sent(work))


def test_another_address_revives_what_failed_at_the_old_one(work: Work) -> None:
    """Asked for by hand, as a test message went through; by itself only what had none."""
    work.field.send("alert", "r2", DANGER)
    work.field.later(hours=4)
    overdue(work)
    address(work)
    lose(work)
    assert sent(work) == []
    assert revive(work.field.register, ALL.name, work.field.now) > 0
    assert revive(work.field.register, ALL.name, work.field.now) == 0

    assert sent(work) != []


def test_who_has_no_address_yet_waits_on(work: Work) -> None:
    """And what waits or was sent is never touched."""
    work.field.send("alert", "r2", DANGER)
    work.field.later(hours=4)
    overdue(work)
    lose(work)

    assert revive(work.field.register, ALL.name, work.field.now) == 0
    assert {state for _reason, state in states(work)} == {"given_up"}
