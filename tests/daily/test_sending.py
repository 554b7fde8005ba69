"""When messages go and to whom: nights, several at once, tries, kills, proxies. None is lost, none goes astray."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync_scripts.cli.setup.notify import flushed_lines
from sync_scripts.config import NotifySettings
from sync_scripts.notify import flush, in_all, try_out
from sync_scripts.notify.messages import MOST_TRIES, letters, next_try, ready, wakes
from sync_scripts.notify.sending import Outcome, deliver, receivers
from sync_scripts.store import logins, outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests.daily.sinks import webhook
from tests.daily.telling import (
    ALL,
    NIGHT,
    NIGHT_DESK,
    NOON,
    ZONE,
    Post,
    alert,
    held,
    listening,
    put,
    settings,
)
from tests.store.databases import KEY


def test_nothing_but_what_is_critical_goes_at_night() -> None:
    """From nine in the evening to six in the morning at Douala."""
    six = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)

    assert wakes("critical", NIGHT, ZONE) == NIGHT
    assert wakes("high", NIGHT, ZONE) == six
    assert wakes("high", datetime(2026, 11, 26, 2, 0, tzinfo=UTC), ZONE) == six
    assert wakes("high", six, ZONE) == six
    assert wakes("high", datetime(2026, 11, 25, 19, 59, tzinfo=UTC), ZONE).hour == 19
    assert wakes("high", datetime(2026, 11, 25, 20, 0, tzinfo=UTC), ZONE) == six


def test_what_is_due_before_the_morning_goes_at_night() -> None:
    """At six nobody could do it any more; what was late in the evening already waits like the rest."""
    six = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)
    tonight = NIGHT + timedelta(hours=4)

    assert wakes("high", NIGHT, ZONE, tonight) == NIGHT
    assert wakes("low", NIGHT, ZONE, six) == NIGHT
    assert wakes("high", NIGHT, ZONE, six + timedelta(minutes=1)) == six
    assert wakes("high", NIGHT, ZONE, NIGHT - timedelta(minutes=1)) == six


def test_several_reasons_become_one_message_with_a_count(sqlite_register: Register) -> None:
    """Of one destination and level; what is critical goes first."""
    to = listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1, "high"), alert(2, "high"), alert(3))
    post = Post()
    done = flush(sqlite_register, to, lambda: NOON, send=post)

    assert done.sent == 2
    assert ["1 alert," in post.sent[0][1], "2 alerts," in post.sent[1][1]] == [True, True]
    assert {one.reference for one in held(sqlite_register)} != {None}


def test_tries_follow_after_1_5_30_120_minutes_then_daily_ten_in_all(sqlite_register: Register) -> None:
    """And then it is given up, which somebody must see."""
    minutes = []
    for done in range(MOST_TRIES):
        again = next_try(done, NOON)
        minutes.append(None if again is None else (again - NOON) // timedelta(minutes=1))
    assert minutes == [1, 5, 30, 120, 1440, 1440, 1440, 1440, 1440, None]

    to = listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    now, results = NOON, []
    for _try in range(MOST_TRIES):
        results.append(flush(sqlite_register, to, lambda: now, send=Post(lambda _a: "failed")))  # noqa: B023 - used at once
        now += timedelta(days=1, minutes=1)

    assert [one.failed for one in results] == [1] * 9 + [0]
    assert results[-1].given_up == 1
    assert results[-1].needs_person
    assert [one.state for one in held(sqlite_register)] == ["given_up"]


def test_a_server_that_is_reached_lets_what_failed_go_beside_its_turns(sqlite_register: Register) -> None:
    """Whose daily try always falls into an hour without a network is not given up while there is one at others."""
    to = listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    now, offline = NOON, Post(lambda _address: "failed")
    for minutes in (1, 5, 30, 120, 0):
        flush(sqlite_register, to, lambda: now, send=offline)  # noqa: B023 - used at once
        now += timedelta(minutes=minutes)
    (before,) = held(sqlite_register)
    assert (before.attempts, before.not_before) == (5, instant(now + timedelta(days=1)))

    def reached(after: timedelta, post: Post) -> int:
        flush(sqlite_register, to, lambda: now + after, send=post, reached=True)
        return len(post.sent)

    soon, failing, again = (Post(lambda _address: "failed") for _ in range(3))
    assert reached(timedelta(minutes=59), soon) == 0
    assert reached(timedelta(hours=1), failing) == 1
    assert reached(timedelta(hours=1, minutes=15), again) == 0
    (kept,) = held(sqlite_register)
    assert (kept.attempts, kept.not_before, kept.state) == (5, before.not_before, "waiting")
    assert flush(sqlite_register, to, lambda: now + timedelta(hours=2), send=Post()).sent == 0
    assert reached(timedelta(hours=2), Post()) == 1
    assert [one.state for one in held(sqlite_register)] == ["sent"]


@pytest.mark.parametrize("tried", [4, 9])
def test_what_joins_an_older_message_has_tries_and_times_of_its_own(
    sqlite_register: Register, tried: int
) -> None:
    """It is neither given up nor put off by what happened before it was written."""
    to = listening(sqlite_register, NIGHT_DESK)
    failing = Post(lambda _address: "failed")
    put(sqlite_register, alert(1))
    now = NOON
    for _try in range(tried):
        flush(sqlite_register, to, lambda: now, send=failing)  # noqa: B023 - used at once
        now += timedelta(days=1, minutes=1)
    put(sqlite_register, alert(2), at=now)
    done = flush(sqlite_register, to, lambda: now, send=failing)
    old, new = held(sqlite_register)

    assert len(failing.sent) == tried + 1  # one message told of both
    assert (new.state, new.attempts, new.not_before) == ("waiting", 1, instant(now + timedelta(minutes=1)))
    assert (old.state, old.attempts) == ("given_up" if tried == MOST_TRIES - 1 else "waiting", tried + 1)
    assert (done.failed, done.given_up, done.needs_person) == (1, tried // 9, tried == MOST_TRIES - 1)
    assert flush(sqlite_register, to, lambda: now + timedelta(minutes=1), send=Post()).sent == 1


@pytest.mark.parametrize("days", [-400, -2, 2, 400])
def test_a_clock_that_jumps_holds_nothing_back(sqlite_register: Register, days: int) -> None:
    """Back or forth, what waits goes at the next flush."""
    listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    with sqlite_register.writing() as rows:
        (one,) = outbox.waiting(rows)
        outbox.mark(rows, [one.id], "waiting", "failed", NOON, not_before=NOON + timedelta(hours=2))
    (one,) = held(sqlite_register)

    assert not ready(one, NOON + timedelta(hours=1), ZONE)
    assert ready(one, NOON + timedelta(days=days), ZONE)
    assert len(letters([one], NOON + timedelta(days=days), ZONE)) == 1


def test_only_the_destination_that_failed_is_tried_again(sqlite_register: Register) -> None:
    """The one that has its message is not troubled twice."""
    to = listening(sqlite_register, NIGHT_DESK, ALL)
    logins.keep(sqlite_register, "all", "notify", logins.Kept(token="json://dead"))  # noqa: S106 - an address
    put(sqlite_register, alert(1))
    first = Post(lambda address: "failed" if "dead" in address else "delivered")
    assert flush(sqlite_register, to, lambda: NOON, send=first).failed == 1
    second = Post()
    done = flush(sqlite_register, to, lambda: NOON + timedelta(minutes=2), send=second)

    assert [address for address, _text in second.sent] == ["json://dead"]
    assert (done.sent, done.failed) == (1, 0)


def test_a_message_that_failed_is_told_as_failed_until_it_went(sqlite_register: Register) -> None:
    """Its next try is a minute off: it does not only wait for its time, as what came in the night does."""
    to = listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    early = flush(sqlite_register, to, lambda: NOON, send=Post(lambda _address: "failed"), critical_only=True)
    dry = flush(sqlite_register, to, lambda: NOON, send=Post(), dry_run=True)
    late = flush(sqlite_register, to, lambda: NOON, send=Post())
    gone = flush(sqlite_register, to, lambda: NOON + timedelta(minutes=1), send=Post())

    assert [(one.failed, one.waiting) for one in (early, dry, late, gone)] == [(1, 0)] * 3 + [(0, 0)]
    assert [in_all([early, one]).failed for one in (late, gone)] == [1, 0]
    assert "Not delivered, tried again later: 1." in list(flushed_lines(late))


def test_a_destination_without_a_usable_address_is_a_fault_of_the_settings(sqlite_register: Register) -> None:
    """It is named, and what waits for it is kept."""
    to = listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    logins.forget(sqlite_register, "night", "notify")
    done = flush(sqlite_register, to, lambda: NOON, send=Post())
    assert (done.misconfigured, done.needs_person) == (("night",), True)

    logins.keep(sqlite_register, "night", "notify", logins.Kept(token="nonsense"))  # noqa: S106 - an address
    assert flush(sqlite_register, to, lambda: NOON + timedelta(minutes=2)).misconfigured == ("night",)
    assert receivers("nonsense") == 0
    assert [one.state for one in held(sqlite_register)] == ["waiting"]


def test_what_waits_for_a_destination_of_another_laptop_is_left_alone(sqlite_register: Register) -> None:
    """Two laptops on one register, each with its own destinations."""
    listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    post = Post()

    assert flush(sqlite_register, settings(ALL), lambda: NOON, send=post).sent == 0
    assert post.sent == []


@pytest.mark.parametrize("outcome", ["failed", "delivered"])
def test_what_was_taken_back_while_it_was_being_sent_stays_taken_back(
    sqlite_register: Register, outcome: Outcome
) -> None:
    """Another laptop on one register takes it back; however the sending ends, nothing is sent again."""
    to = listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1), alert(2))
    first, _second = held(sqlite_register)

    def slow(_address: str, _title: str, _text: str) -> Outcome:
        with sqlite_register.writing() as rows:
            assert outbox.cancel(rows, [first.subject]) == 1
        return outcome

    flush(sqlite_register, to, lambda: NOON, send=slow)
    later = Post()
    flush(sqlite_register, to, lambda: NOON + timedelta(minutes=5), send=later)
    states = [one.state for one in held(sqlite_register)]

    assert states == ["cancelled", "sent"]
    assert ["2 alerts" in text for _address, text in later.sent] == [False] * (outcome == "failed")


def test_what_was_taken_back_before_its_turn_is_not_sent(sqlite_register: Register) -> None:
    """A slow service may hold the messages behind it for minutes: each is looked at again when its turn comes."""
    to = listening(sqlite_register, NotifySettings(name="night", level="low", lang="en"))
    put(sqlite_register, alert(1), alert(2, "high"), alert(3, "high"), alert(4, "medium"))
    sent = []

    def slow(_address: str, _title: str, text: str) -> Outcome:
        sent.append(text)
        with sqlite_register.writing() as rows:
            outbox.cancel(rows, [alert(2).subject, alert(4).subject])
        return "delivered"

    done = flush(sqlite_register, to, lambda: NOON, send=slow)

    assert (done.sent, ["1 alert," in one for one in sent]) == (2, [True, True])
    assert {one.subject: one.state for one in held(sqlite_register)} == {
        alert(number).subject: "cancelled" if number in {2, 4} else "sent" for number in range(1, 5)
    }


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sync_scripts.cli.setup.notify import flushed_lines
from sync_scripts.config import NotifySettings, Settings
from sync_scripts.notify import flush
from sync_scripts.notify.sending import deliver
from sync_scripts.store import engine
from sync_scripts.store.database import Register
from sync_scripts.store.seal.sealing import Recipients

path, key, moment = Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), sys.argv[3]
made = engine.sqlcipher(path, key)
register = Register(made, "0123456789abcdef0123456789abcdef", False, path.parent, Recipients(()), b"")

def killed(address, title, text):
    if moment == "after":
        assert deliver(address, title, text) == "delivered"
    os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(id="0" * 32, notify=(NotifySettings(name="night"),))
flush(register, settings, lambda: datetime(2026, 11, 25, 11, tzinfo=UTC), send=killed)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is not of Windows")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_the_sending_loses_no_message(
    sqlite_register: Register, tmp_path: Path, moment: str
) -> None:
    """Killed before it was handed over or before that was written down: it goes at the next flush."""
    to = listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    with webhook() as hook:
        logins.keep(sqlite_register, "night", "notify", logins.Kept(token=hook.url))
        told = [sys.executable, "-c", KILLED, str(tmp_path / "register.db"), KEY.hex(), moment]
        done = subprocess.run(told, check=False, cwd=Path(__file__).parents[2])
        assert done.returncode == -signal.SIGKILL
        assert [one.state for one in held(sqlite_register)] == ["waiting"]
        assert flush(sqlite_register, to, lambda: NOON).sent == 1

    assert len(hook.got) == (1 if moment == "before" else 2)


def test_no_proxy_of_the_environment_sees_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes where the address says, and the environment is what it was afterwards."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    before = dict(os.environ)
    with webhook() as hook:
        assert deliver(hook.url, "DIKALO", "one") == "delivered"

    assert len(hook.got) == 1
    assert dict(os.environ) == before


def test_a_service_that_sends_us_elsewhere_is_not_followed() -> None:
    """A redirection would carry the message to somebody whom nobody named."""
    with webhook() as hook:
        hook.status = 302
        assert deliver(hook.url, "DIKALO", "one") == "failed"
        assert len(hook.got) == 1


def test_a_test_message_says_that_nothing_happened(sqlite_register: Register) -> None:
    """It goes to the address that is tried, and is no part of the outbox."""
    post = Post()
    status, reference = try_out(sqlite_register, NIGHT_DESK, NOON, send=post, address="json://new")

    assert status == "delivered"
    assert post.sent[0][0] == "json://new"
    assert reference in post.sent[0][1]
    assert held(sqlite_register) == []
    assert try_out(sqlite_register, NIGHT_DESK, NOON, send=post)[0] == "no address"
