"""Where no destination is for a region, or none has an address, whoever looks is told, and what was given up is told once it has one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_scripts.cli.setup import doctor
from sync_scripts.config import NotifySettings, Settings
from sync_scripts.notify import flush, revive
from sync_scripts.notify.messages import MOST_TRIES
from sync_scripts.notify.sending import Outcome
from sync_scripts.register.building import notices
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.queries.messages import Unheard, nobody_told, unheard
from sync_scripts.store import logins
from sync_scripts.store.database import Register
from tests import clock
from tests.daily.telling import ALL, DANGER, Post, held, listening, settings
from tests.decisions.work import Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, Field, changed, dealt
from tests.register.running import Opened, Ran, over

ADDRESS = "json://127.0.0.1:9/"
NW, LT = "CM007", "CM005"
NORTH_WEST = NotifySettings(name="nw", level="low", regions=(NW,))
LITTORAL = NotifySettings(name="lt", level="critical", regions=(LT,))
DEPUTY = NotifySettings(name="deputy", role="deputy_coordinator")
EVERYBODY = NotifySettings(name="all", level="critical")


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give a register with an alert of the north-west that is not critical."""
    made = Field(sqlite_register)
    made.send("alert", "r1", ALERT)
    return made


def left(field: Field, *settings: NotifySettings, days: float = 0, addressed: bool = True) -> Unheard:
    """Return of what nobody is told, some days later."""
    for one in settings:
        if addressed:
            logins.keep(field.register, one.name, "notify", logins.Kept(token=ADDRESS))
    with field.register.reading() as rows:
        return unheard(field.register, rows, settings, field.now + timedelta(days=days))


def test_what_is_late_in_a_region_that_nobody_has(field: Field) -> None:
    """Counted is each alert or case once, and only where no coordinator is for its region, or for all."""
    assert left(field, LITTORAL) == Unheard()
    assert left(field, LITTORAL, days=30) == Unheard(1, (NW,))
    assert left(field, LITTORAL, NORTH_WEST, days=30) == Unheard()
    assert left(field, LITTORAL, EVERYBODY, days=30) == Unheard()


def test_a_deputy_of_every_region_hears_of_no_alert_that_came(field: Field) -> None:
    """He is told of what the coordinator did not do in time, and nobody tells the coordinator."""
    field.send("alert", "r2", DANGER)

    assert left(field, LITTORAL, DEPUTY) == Unheard(1, (NW,))


def test_what_is_critical_counts_as_it_comes(field: Field) -> None:
    """Not only once it is late."""
    field.send("alert", "r2", DANGER)

    assert left(field, LITTORAL) == Unheard(1, (NW,))


def test_a_destination_without_an_address_hears_nothing(field: Field) -> None:
    """Nor does no destination."""
    assert left(field, NORTH_WEST, days=30, addressed=False) == Unheard(1, (NW,))
    assert left(field, days=30) == Unheard(1, (NW,))
    with field.register.reading() as rows:
        now = field.now + timedelta(days=30)
        assert nobody_told(field.register, rows, (), now) == "no_destination"
        assert nobody_told(field.register, rows, (NORTH_WEST,), now) == "no_address"
        logins.keep(field.register, "lt", "notify", logins.Kept(token=ADDRESS))
        assert nobody_told(field.register, rows, (LITTORAL,), now) == "no_region"


def test_the_page_doctor_and_the_list_say_so(
    run: Ran, field_: Field, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how many and of which regions, and what helps."""
    opened: Any = Opened(field_.register, settings=Settings(id="0" * 32, notify=(LITTORAL,)))
    run = over(opened, monkeypatch, capsys)
    logins.keep(field_.register, "lt", "notify", logins.Kept(token=ADDRESS))
    words = "Nobody is told of"
    assert json.loads(run("--json")[1])["nobody_told"] == "no_region"
    assert words in run()[1]
    found = json.loads(run("notify", "list", "--json")[1])
    assert (found["nobody_told"], found["unheard"] > 0) == ("no_region", True)
    assert words in " ".join(run("notify", "list")[2].split())
    told = {one.code: one for one in doctor.of_open(opened, clock.now(), offline=True)}
    assert words in told["notify-region"].words
    assert "NW" in told["notify-region"].words


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
