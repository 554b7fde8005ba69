"""Notices: written with their reason, told in five fields, sent once to each, and lost by nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from sync_scripts.config import NotifySettings
from sync_scripts.notify import flush
from sync_scripts.notify.messages import Said, body, letters
from sync_scripts.register.building import build
from sync_scripts.register.building.notices import escalate, escalations
from sync_scripts.register.care import rebuild
from sync_scripts.register.queries.messages import still_stand
from sync_scripts.register.rules.kinds import KINDS as TASKS
from sync_scripts.register.rules.kinds import Words
from sync_scripts.register.rules.notice_kinds import FIELDS, KINDS, Sentence, TemplateUnsuitable
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import logins, outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.outbox import Notice
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import place, submission
from sync_scripts.store.statements import LOCKED, PUT_ASIDE
from tests import every_decision
from tests.daily.sinks import mail, webhook
from tests.daily.telling import (
    ALL,
    DANGER,
    DEPUTY,
    GONE_SINCE,
    NIGHT_DESK,
    NOON,
    Post,
    alert,
    held,
    listening,
    put,
    settings,
)
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed

PRODUCT = Path(outbox.__file__).parent.parent


def test_an_urgent_alert_brings_its_message_in_the_same_transaction(register: Register) -> None:
    """Stored together or not at all; what is below the level of a destination is not told."""
    field = Field(register)
    register.destinations = (NIGHT_DESK, DEPUTY)
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


def test_a_refusal_takes_back_what_waits_whatever_else_was_corrected(sqlite_register: Register) -> None:
    """Only a refusal that somebody wrote down is left to who did."""
    field = Field(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    field.send("alert", "r1", DANGER)
    code = field.rows(tables.alert)[0]["code"]
    with every_decision.deciding(sqlite_register, COORDINATOR, field.later(), draw=field.draw) as by:
        every_decision.correct(by, code, "alert.victim_count", "2_5", reason="Counted")
    states = [one.state for one in held(sqlite_register)]
    field.send("alert", "r1", changed(DANGER, {"gate": {"consent_alert": "refused"}}), edit=1)

    assert states == ["waiting"]
    assert [one.state for one in held(sqlite_register)] == ["cancelled"]


UNREAD: dict[str, dict[str, Any]] = {
    "quarantine": {"state": "quarantined", "problem": "DK-I10"},
    "waiting": {"state": "waiting", "waits": "key"},
    "erased": {"state": "erased", "reason": "unanswered", "problem": "DK-I26"},
    "gone": {"state": "gone", "reason": "unanswered"},
}
"""How it stands at its place that nobody can read something, by the kind of notice."""


def arrives_unread(
    register: Register, *forms: str, kinds: Iterable[str] = ("quarantine", "waiting"), server: str = "x"
) -> None:
    """Let something of each form be put aside, come encrypted without a key at hand, ...; of "" nothing says which form it is."""
    seen: dict[str, Any] = {"server": server, "first_at": instant(NOON), "size": 1, "moved_ns": 1}
    with register.writing() as rows:
        for kind in kinds:
            made = [
                seen | UNREAD[kind] | {"tag": f"{kind[0]}-{form}", "form": form or None} for form in forms
            ]
            rows.many(place, made)


def test_what_nobody_can_read_is_told_of_once(sqlite_register: Register) -> None:
    """Put aside, encrypted, changed after it was erased or deleted unread: an alert as the worst, all else as what needs two people."""
    Field(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    arrives_unread(sqlite_register, "alert", "followup", "of-somebody-else", kinds=UNREAD)
    with sqlite_register.writing() as rows:
        assert (escalations(rows, NOON), escalate(rows, NOON)) == (12, 12)
        assert escalate(rows, NOON + timedelta(hours=7)) == 0

    told = {(one.reason, one.level, one.subject): one.due_at for one in held(sqlite_register)}
    assert told.keys() == {
        (kind, level, f"{kind}:{kind[0]}-{form}")
        for kind in UNREAD
        for level, form in (("critical", "alert"), ("high", "followup"), ("high", "of-somebody-else"))
    }
    assert {at for (_kind, level, _about), at in told.items() if level == "critical"} == {
        instant(NOON + timedelta(hours=3))
    }
    with sqlite_register.reading() as rows:
        at_night = letters(outbox.waiting(rows), NOON + timedelta(hours=11), load().zone)
    assert [one.rows[0].level for one in at_night] == ["critical"], (
        "of one sentence and level one message, at night too"
    )
    assert len(at_night[0].rows) == len(UNREAD)


@pytest.mark.parametrize(
    ("brought", "level"), [((), "critical"), (("alert", "case"), "critical"), (("case",), "high")]
)
def test_what_says_no_form_is_as_urgent_as_what_its_source_brings(
    sqlite_register: Register, brought: tuple[str, ...], level: str
) -> None:
    """A broken file of a folder may be an alert where alerts come from there, or nothing came by now."""
    field = Field(sqlite_register)
    for number, form in enumerate(brought):
        field.send(form, f"r{number}", {"alert": ALERT, "case": CASE}[form])
    with sqlite_register.reading() as rows:
        (server,) = set(rows.execute(select(submission.c.server)).scalars()) or {"usb"}
        listening(sqlite_register, NIGHT_DESK)
    arrives_unread(sqlite_register, "", kinds=("quarantine",), server=server)
    with sqlite_register.writing() as rows:
        escalate(rows, NOON)
    assert [one.level for one in held(sqlite_register)] == [level]


def test_what_is_read_or_answered_by_now_is_told_to_nobody(sqlite_register: Register) -> None:
    """A message that waits for the morning is taken back when a person, or a pull, answered what it is about."""
    Field(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    arrives_unread(sqlite_register, "followup", kinds=UNREAD)
    with sqlite_register.writing() as rows:
        escalate(rows, NOON)
        rows.execute(place.update().values(state="stored", reason=None))
        escalate(rows, NOON + timedelta(minutes=15))
    assert {one.state for one in held(sqlite_register)} == {"cancelled"}


def test_what_nobody_can_read_is_told_to_who_was_out_of_reach_when_it_came(sqlite_register: Register) -> None:
    """Its message was given up; once that destination has an address it still stands, until somebody reads it."""
    Field(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    arrives_unread(sqlite_register, "alert", "followup")
    with sqlite_register.writing() as rows:
        escalate(rows, NOON)
        ids = [one.id for one in outbox.waiting(rows)]
        outbox.mark(rows, ids, "given_up", "no address", NOON, not_before=NOON)
        rows.execute(place.update().where(LOCKED).values(state="stored"))
        later = NOON + timedelta(days=7)
        found = still_stand(rows, outbox.given_up(rows, NIGHT_DESK.name), later)
        subjects = {one.subject for one in outbox.listed(rows) if one.id in found}

    assert subjects == {"quarantine:q-alert", "quarantine:q-followup"}


def test_an_alert_that_can_be_read_by_now_is_not_told_of_as_unread(sqlite_register: Register) -> None:
    """Solved, opened, or waiting only for its photos, which a pull opens by itself."""
    Field(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    arrives_unread(sqlite_register, "alert")
    with sqlite_register.writing() as rows:
        rows.execute(place.update().where(PUT_ASIDE).values(state="stored"))
        rows.execute(place.update().where(LOCKED).values(waits="files"))
        assert escalate(rows, NOON) == 0


def test_an_encrypted_alert_whose_files_never_come_is_told_of(sqlite_register: Register) -> None:
    """A pull opens it without them after half an hour; where that did not come about, its answers themselves are missing."""
    Field(sqlite_register)
    listening(sqlite_register, NIGHT_DESK)
    arrives_unread(sqlite_register, "alert")
    with sqlite_register.writing() as rows:
        rows.execute(place.update().where(PUT_ASIDE).values(state="stored"))
        rows.execute(place.update().where(LOCKED).values(waits="files"))
        assert escalate(rows, NOON + timedelta(hours=1)) == 0
        assert escalate(rows, NOON + timedelta(hours=3)) == 1
    assert [one.subject for one in held(sqlite_register)] == ["waiting:w-alert"]


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


def test_what_a_clock_that_ran_ahead_wrote_silences_nothing(sqlite_register: Register) -> None:
    """A year ahead it would wait a year, and the same reason with it; some minutes are another laptop's clock."""
    listening(sqlite_register, NIGHT_DESK)
    ahead = NOON + timedelta(days=400)

    assert put(sqlite_register, alert(1), at=ahead) == 1
    assert put(sqlite_register, alert(1)) == 1
    assert put(sqlite_register, alert(2), at=NOON + timedelta(minutes=9)) == 1
    assert put(sqlite_register, alert(2)) == 0


def test_a_step_that_a_clock_ran_ahead_with_is_told_unless_it_was_sent(sqlite_register: Register) -> None:
    """Written once for good; but one that waits for next year tells nobody anything."""
    listening(sqlite_register, NIGHT_DESK)
    ahead, step = NOON + timedelta(days=400), replace(alert(1), step="due")

    assert put(sqlite_register, step, at=ahead) == 1
    assert put(sqlite_register, step) == 1
    assert put(sqlite_register, step, at=NOON + timedelta(days=2)) == 0


def test_a_reminder_that_a_clock_ran_ahead_with_is_sent_again_at_its_time(sqlite_register: Register) -> None:
    """It called late what was not; who got it looked, and found nothing late. At its time it must not stay silent."""
    to, post = listening(sqlite_register, NIGHT_DESK), Post()
    field = Field(sqlite_register)
    field.send("alert", "r1", DANGER)
    flush(sqlite_register, to, lambda: field.now, send=post)
    for after in (timedelta(days=30), timedelta(hours=2), timedelta(hours=2, minutes=30)):
        with sqlite_register.writing() as rows:
            escalate(rows, field.now + after)
        flush(sqlite_register, to, repeat(field.now + after).__next__, send=post)

    told = [text for _address, text in post.sent]
    assert len(told) == 3
    assert "late by" in told[1]
    assert "Still undone: 1 deadline" in told[2]
    assert "late by" not in told[2]


def test_a_destination_of_some_regions_is_told_of_those(sqlite_register: Register) -> None:
    """And of what has no region, because nobody else might be."""
    one = NotifySettings(name="north", level="low", regions=("CM007",))
    listening(sqlite_register, one)

    assert put(sqlite_register, alert(1), alert(2, region="CM010"), alert(3, region=None)) == 2


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


@pytest.mark.parametrize(
    "deputy", [None, replace(DEPUTY, regions=("CM010",)), replace(DEPUTY, level="critical")]
)
def test_without_a_deputy_the_coordinator_is_told_at_the_due_time(
    sqlite_register: Register, deputy: NotifySettings | None
) -> None:
    """Nor with one of another region; once more, and not before. Nobody of another level is told instead."""
    field = Field(sqlite_register)
    field.send("alert", "r1", DANGER)
    field.send("alert", "r2", GONE_SINCE)
    listening(sqlite_register, ALL, *([deputy] if deputy else []))

    def told(hours: float) -> list[str]:
        before = {one.id for one in held(sqlite_register)}
        with sqlite_register.writing() as rows:
            escalate(rows, field.now + timedelta(hours=hours))
        return [one.destination for one in held(sqlite_register) if one.id not in before]

    other = deputy is not None and not deputy.regions
    assert told(1) == ["all"]
    assert told(2.1) == (["deputy"] if other else ["all"])
    assert told(2.2) == []


def test_a_flush_by_itself_tells_of_what_is_undone(sqlite_register: Register) -> None:
    """What it would write is counted without writing; then each is written once."""
    field = Field(sqlite_register)
    field.send("alert", "r1", DANGER)
    listening(sqlite_register, ALL)
    at = field.now + timedelta(hours=2)
    with sqlite_register.reading() as rows:
        assert escalations(rows, at) == 1
        assert escalations(rows, field.now) == 0
    assert held(sqlite_register) == []
    with sqlite_register.writing() as rows:
        assert escalate(rows, at) == 1
    with sqlite_register.reading() as rows:
        assert escalations(rows, at) == 0


def test_what_was_done_meanwhile_is_taken_back(sqlite_register: Register) -> None:
    """A message that still waits is cancelled when its reason is gone."""
    listening(sqlite_register, ALL)
    put(sqlite_register, Notice("escalation", "high", "alert:alert/gone", step="0"))
    with sqlite_register.writing() as rows:
        escalate(rows, NOON)

    assert [one.state for one in held(sqlite_register)] == ["cancelled"]


def test_a_message_has_five_fields_and_no_sixth() -> None:
    """Another field is an error when the sentence is read, also one that hides behind an attribute."""
    assert {"count", "level", "region", "left", "reference"} == FIELDS
    for wrong in ("{name}", "{case_code}", "{count.real}", "{region[0]}", "{level!r}", "{count:>9}", "{}"):
        with pytest.raises(TemplateUnsuitable):
            Sentence(Words("{count}", "{count}"), Words(wrong, "{count}"))


def test_every_kind_of_notice_is_told_and_no_other() -> None:
    """What a kind says of tasks is in the table of tasks; each is written by one place of the product, which names no other."""
    code = "".join(
        one.read_text("utf-8")
        for folder in ("notify", "register/building")
        for one in (PRODUCT / folder).glob("*.py")
    )
    for name, kind in KINDS.items():
        assert kind.tasks == "any" or kind.tasks <= TASKS.keys()
        assert f'"{name}"' in code, name
        assert (kind.told == "steps") == (kind.to == "rules") == (kind.tasks == "any")


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("reason", KINDS)
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
        sqlite_register.destinations = tuple(both)
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
