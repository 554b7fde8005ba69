"""Notices: written with their reason, told in five fields, sent once to each, and lost by nothing."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync_scripts.config import NotifySettings, Settings
from sync_scripts.notify import flush, try_out
from sync_scripts.notify.plan import MOST_TRIES, letters, next_try, ready, wakes
from sync_scripts.notify.sending import Outcome, deliver, suits
from sync_scripts.notify.words import FIELDS, TEMPLATES, Said, Template, TemplateUnsuitable, body
from sync_scripts.register import build, rebuild
from sync_scripts.register.notices import escalate
from sync_scripts.register.ruleset import load
from sync_scripts.store import logins, outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.destinations import destinations_of
from sync_scripts.store.outbox import Notice, Waiting
from tests.daily.sinks import mail, webhook
from tests.register.field import ALERT, CASE, Field, changed
from tests.store.databases import KEY

ZONE = load().zone
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)  # eleven in the evening at Douala
NIGHT_DESK = NotifySettings(name="night", level="high", lang="en")
DEPUTY = NotifySettings(name="deputy", level="low", role="deputy_coordinator")
ALL = NotifySettings(name="all", level="low")
DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})
GONE_SINCE = changed(ALERT, {"what": {"alert_icon": "missing"}, "when": {"when_rel": "month"}})


def settings(*destinations: NotifySettings) -> Settings:
    """Return the settings of a workspace with some destinations."""
    return Settings(id="0" * 32, notify=destinations)


def listening(
    register: Register, *destinations: NotifySettings, address: str = "json://127.0.0.1:9/"
) -> Settings:
    """Let some destinations be told, each with an address."""
    register.destinations = destinations_of(destinations)
    for one in destinations:
        logins.keep(register, one.name, "notify", logins.Kept(token=address))
    return settings(*destinations)


def held(register: Register) -> list[Waiting]:
    """Return the whole outbox."""
    with register.reading() as rows:
        return outbox.listed(rows)


def put(register: Register, *notices: Notice, at: datetime = NOON) -> int:
    """Write notices down."""
    with register.writing() as rows:
        return outbox.put(rows, notices, at)


def alert(number: int, level: str = "critical", region: str | None = "CM007") -> Notice:
    """Return a notice of an alert."""
    return Notice("alert", level, f"alert:alert/r{number}", region, instant(NOON + timedelta(hours=3)))


class Post:
    """Takes messages instead of Apprise; ``says`` answers by address."""

    def __init__(self, says: Callable[[str], Outcome] = lambda _address: "delivered") -> None:
        self.says = says
        self.sent: list[tuple[str, str]] = []

    def __call__(self, address: str, title: str, text: str) -> Outcome:
        """Keep one message."""
        self.sent.append((address, f"{title}\n{text}"))
        return self.says(address)


# --- written with the reason ------------------------------------------------------------------------------------------


def test_an_urgent_alert_brings_its_message_in_the_same_transaction(register: Register) -> None:
    """Stored together or not at all; what is below the level of a destination is not told."""
    field = Field(register)
    register.destinations = destinations_of([NIGHT_DESK, DEPUTY])
    field.send("alert", "r1", DANGER)
    field.send("alert", "r2", ALERT)

    (one,) = held(register)
    assert (one.destination, one.reason, one.level, one.region, one.state) == (
        "night",
        "alert",
        "critical",
        "CM007",
        "waiting",
    )


def test_a_transaction_that_is_undone_leaves_no_message(sqlite_register: Register) -> None:
    """The message is part of it."""
    field = Field(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    field.send("alert", "r1", DANGER, build_it=False)

    def undone() -> None:
        with sqlite_register.writing() as rows:
            build.apply(rows, [("alert", "r1")], field.draw, field.now)
            assert len(outbox.waiting(rows)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert held(sqlite_register) == []


def test_an_alert_that_grows_is_told_of_and_one_that_stays_is_not(sqlite_register: Register) -> None:
    """An edit that brings danger is news; the same alert again is none."""
    field = Field(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    field.send("alert", "r1", ALERT)
    assert held(sqlite_register) == []
    field.send("alert", "r1", DANGER, edit=1)
    field.send("alert", "r1", changed(DANGER, {"who": {"victim_count": "2_5"}}), edit=2)

    assert [one.level for one in held(sqlite_register)] == ["critical"]


def test_a_refused_consent_and_a_rebuild_tell_nobody(sqlite_register: Register) -> None:
    """What may not be worked on is not told of; what is built again is not news."""
    field = Field(sqlite_register)
    field.send("alert", "r0", DANGER)
    listening(sqlite_register, NIGHT_DESK)
    field.send("alert", "r1", changed(DANGER, {"gate": {"consent_alert": "refused"}}))
    rebuild.rebuild(sqlite_register, field.now)

    assert held(sqlite_register) == []


def test_of_a_c4_case_no_region_is_told(sqlite_register: Register) -> None:
    """A documented case is told of, and a C4 case without its place."""
    field = Field(sqlite_register)
    listening(sqlite_register, ALL)
    field.send("case", "c1", CASE)
    field.send("case", "c2", changed(CASE, {"consent": {"confidentiality": "C4"}}))

    assert [(one.reason, one.region) for one in held(sqlite_register)] == [("case", "CM007"), ("case", None)]


def test_the_same_reason_is_told_again_only_after_six_hours(sqlite_register: Register) -> None:
    """One reason, one level, one destination; another alert of the same level is another reason."""
    listening(sqlite_register, NIGHT_DESK)

    assert put(sqlite_register, alert(1), alert(1), alert(2)) == 2
    assert put(sqlite_register, alert(1), at=NOON + timedelta(hours=5, minutes=59)) == 0
    assert put(sqlite_register, alert(1), at=NOON + timedelta(hours=6, minutes=1)) == 1
    assert put(sqlite_register, alert(2, "high")) == 1


def test_a_destination_of_some_regions_is_told_of_those(sqlite_register: Register) -> None:
    """And of what has no region, because nobody else might be."""
    one = NotifySettings(name="north", level="low", regions=("CM007",))
    listening(sqlite_register, one)

    assert put(sqlite_register, alert(1), alert(2, region="CM010"), alert(3, region=None)) == 2


# --- what was not done in its time ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "share", "hours"),
    [(DANGER, 0.5, 3), (GONE_SINCE, 0.75, 24), (ALERT, 1.0, 72)],
    ids=["critical", "high", "medium"],
)
def test_it_goes_up_at_the_share_of_its_level(
    sqlite_register: Register, said: dict[str, object], share: float, hours: int
) -> None:
    """Half of three hours for what is critical, three quarters of a day for what is high, else the whole time; once."""
    field = Field(sqlite_register)
    field.send("alert", "r1", said)
    listening(sqlite_register, ALL)
    at = field.now + share * timedelta(hours=hours)

    def up(moment: datetime) -> int:
        with sqlite_register.writing() as rows:
            return escalate(rows, moment)

    assert up(at - timedelta(seconds=1)) == 0
    assert up(at) == 1
    assert up(at + timedelta(hours=7)) <= 1  # the first action may have come due by then, and is another step


def test_at_the_due_time_of_a_critical_alert_the_deputy_is_told(sqlite_register: Register) -> None:
    """First the coordinator, and when the time is over the deputy."""
    field = Field(sqlite_register)
    field.send("alert", "r1", DANGER)
    listening(sqlite_register, ALL, DEPUTY)
    with sqlite_register.writing() as rows:
        escalate(rows, field.now + timedelta(hours=2))
    assert {one.destination for one in held(sqlite_register)} == {"all"}
    with sqlite_register.writing() as rows:
        escalate(rows, field.now + timedelta(hours=3))

    assert {one.destination for one in held(sqlite_register)} == {"all", "deputy"}


def test_what_was_done_meanwhile_is_taken_back(sqlite_register: Register) -> None:
    """A message that still waits is cancelled when its reason is gone."""
    listening(sqlite_register, ALL)
    put(sqlite_register, Notice("escalation", "high", "alert:alert/gone", step="0"))
    with sqlite_register.writing() as rows:
        escalate(rows, NOON)

    assert [one.state for one in held(sqlite_register)] == ["cancelled"]


# --- what is said ---------------------------------------------------------------------------------------------------


def test_a_message_has_five_fields_and_no_sixth() -> None:
    """Another field is an error when the sentence is made, also one that hides behind an attribute."""
    assert {"count", "level", "region", "left", "reference"} == FIELDS
    for wrong in ("{name}", "{case_code}", "{count.real}", "{region[0]}", "{level!r}", "{count:>9}", "{}"):
        with pytest.raises(TemplateUnsuitable):
            Template("{count}", wrong)


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("reason", TEMPLATES)
def test_every_sentence_can_be_said_in_both_languages(lang: str, reason: str) -> None:
    """Singular and plural, with and without a region and a due time; no brace is left."""
    for count in (1, 3):
        for due in (
            None,
            instant(NOON + timedelta(hours=11, minutes=40)),
            instant(NOON - timedelta(hours=2)),
        ):
            for regions in (
                frozenset[str](),
                frozenset({"CM007"}),
                frozenset({"CM001", "CM002", "CM007", "CM010"}),
            ):
                text = body(Said(reason, count, "critical", regions, due, "K7Q4"), lang, NOON)
                assert "{" not in text
                assert "K7Q4" in text
                text.encode("cp1252")


def test_a_message_reads_like_this() -> None:
    """The example of the pages."""
    said = Said(
        "alert", 1, "critical", frozenset({"CM007"}), instant(NOON + timedelta(hours=11, minutes=40)), "K7Q4"
    )

    assert body(said, "en", NOON) == (
        "1 alert, level CRITICAL, region NW, time left 11 h 40. Open the register. Ref K7Q4"
    )


def test_no_canary_of_a_register_is_in_what_leaves(
    sqlite_register: Register, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Fifty canaries in answers, codes and places: none in bodies, titles, headers; no address in a log."""
    caplog.set_level(logging.DEBUG)
    field = Field(sqlite_register)
    with mail() as post, webhook() as hook:
        for name, url in (
            ("mail", f"{post.url}&name=canaryaddress"),
            ("hook", f"{hook.url}?+X-Own=canaryaddress"),
        ):
            logins.keep(sqlite_register, name, "notify", logins.Kept(token=url))
        both = [NotifySettings(name="mail", level="low"), NotifySettings(name="hook", level="low", lang="en")]
        sqlite_register.destinations = destinations_of(both)
        for number in range(10):
            field.send("alert", f"canary-root-{number}", stuffed(number))
            field.send(
                "case", f"canary-case-{number}", changed(CASE, {"incident": {"narrative": "canary-told"}})
            )
        with sqlite_register.writing() as rows:
            escalate(rows, field.now + timedelta(days=30))
        done = flush(sqlite_register, settings(*both), lambda: NOON + timedelta(days=30))
    out, err = capfd.readouterr()
    left = b"\n".join([*post.got, *hook.got]).decode()

    assert done.sent == len(post.got) + len(hook.got) > 4
    assert done.failed == 0
    # all numbers begin so; three digits alone stand in the random boundary of one mail in ten
    for code in ("canary-", "AL-", "DK-", "PF-01", "677000", "threat", "Bui", "CM007002"):
        assert code not in left, code
    ours = "".join(one.getMessage() for one in caplog.records if one.name != "mail.log")  # the sink's own
    assert "canaryaddress" not in out + err + ours
    assert "127.0.0.1" not in out + err + ours


def stuffed(number: int) -> dict[str, object]:
    """Return an urgent alert with a canary in every place where a person may type."""
    return changed(
        DANGER,
        {
            "known": {"reporter_code": f"canary-{number}-a"},
            "contact": {"contact_code": f"67700{number:04}"},
            "story": {"short_text": f"canary-{number}-b", "place_hint": f"canary-{number}-c"},
        },
    )


# --- when ------------------------------------------------------------------------------------------------------------


def test_nothing_but_what_is_critical_goes_at_night() -> None:
    """From nine in the evening to six in the morning at Douala."""
    six = datetime(2026, 11, 26, 5, 0, tzinfo=UTC)

    assert wakes("critical", NIGHT, ZONE) == NIGHT
    assert wakes("high", NIGHT, ZONE) == six
    assert wakes("high", datetime(2026, 11, 26, 2, 0, tzinfo=UTC), ZONE) == six
    assert wakes("high", six, ZONE) == six
    assert wakes("high", datetime(2026, 11, 25, 19, 59, tzinfo=UTC), ZONE).hour == 19
    assert wakes("high", datetime(2026, 11, 25, 20, 0, tzinfo=UTC), ZONE) == six


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
        again = next_try([done], NOON)
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


# --- to whom ----------------------------------------------------------------------------------------------------------


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


def test_a_destination_without_a_usable_address_is_a_fault_of_the_settings(sqlite_register: Register) -> None:
    """It is named, and what waits for it is kept."""
    to = listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    logins.forget(sqlite_register, "night", "notify")
    done = flush(sqlite_register, to, lambda: NOON, send=Post())
    assert (done.misconfigured, done.needs_person) == (("night",), True)

    logins.keep(sqlite_register, "night", "notify", logins.Kept(token="nonsense"))  # noqa: S106 - an address
    assert flush(sqlite_register, to, lambda: NOON + timedelta(minutes=2)).misconfigured == ("night",)
    assert not suits("nonsense")
    assert [one.state for one in held(sqlite_register)] == ["waiting"]


def test_what_waits_for_a_destination_of_another_laptop_is_left_alone(sqlite_register: Register) -> None:
    """Two laptops on one register, each with its own destinations."""
    listening(sqlite_register, NIGHT_DESK)
    put(sqlite_register, alert(1))
    post = Post()

    assert flush(sqlite_register, settings(ALL), lambda: NOON, send=post).sent == 0
    assert post.sent == []


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sync_scripts.config import NotifySettings, Settings
from sync_scripts.notify import flush
from sync_scripts.notify.sending import deliver
from sync_scripts.store import engine
from sync_scripts.store.database import Register
from sync_scripts.store.sealing import Recipients

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
