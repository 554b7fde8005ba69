"""One event of a clock that was years ahead moves no deadline of what is decided later by a right clock, and keeps its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.care import rebuild
from sync_scripts.register.consent_decisions import decide, overriding
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.decisions.proposals import sign
from sync_scripts.register.disclosure.sharing import overridden
from sync_scripts.register.queries.today import today
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register
from sync_scripts.store.event_times import SECOND, Turn, counted, following
from sync_scripts.store.health import of_register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import event, submission
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, changed, dealt, service

FAR = timedelta(days=1500)


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """Give a case of one woman, with a referral that is out."""
    made = begin(register)
    made.field.send("followup", "f1", service(CASE_CODE, "referred"))
    return made


def ahead(work: Work, what: Any = every_decision.set_note, *words: Any, **more: Any) -> None:
    """Decide one thing by a clock that is four years ahead; by the right clock no time goes by."""
    with every_decision.deciding(
        work.field.register, COORDINATOR, work.field.now + FAR, draw=work.field.draw
    ) as by:
        what(by, *(words or (CASE_CODE, "Called the clinic")), **more)


def due(work: Work, kind: str) -> list[timedelta]:
    """Return in how long from now the open tasks of a kind are due."""
    return [moment(one["due_at"]) - work.field.now for one in work.tasks(kind)]


def ordered(work: Work) -> bool:
    """Tell whether events are read as they were numbered, each later than the one before, and the chain holds."""
    found = work.events()
    with work.field.register.reading() as rows:
        assert store_events.check(rows) == len(found)
    assert [one.seq for one in found] == list(range(1, len(found) + 1))
    return all(one.at < other.at for one, other in pairwise(found))


def test_what_follows_counts_from_its_own_clock(work: Work) -> None:
    """A withdrawal: whom to tell within 24 hours, and what to erase within 30 days; an order that nobody changes."""
    ahead(work)
    work.do(decide.withdraw, CASE_CODE, reason="She called")

    (told,) = due(work, "tell_receiver")
    assert abs(told - timedelta(hours=24)) < timedelta(seconds=1)
    assert all(one < timedelta(days=30, seconds=1) for one in due(work, "consent_purge"))
    assert work.tasks("consent_purge")
    assert ordered(work)


def test_a_case_that_is_opened_then_is_due_as_any_other(work: Work) -> None:
    """By a form, and from an alert."""
    ahead(work)
    work.field.send("case", "c2", CASE)
    work.field.send("alert", "r2", changed(ALERT, {"what": {"alert_icon": "arrest"}}))
    work.do(every_decision.triage, dealt(1, "AL"))
    work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-01")

    assert all(one < timedelta(days=8) for one in due(work, "assessment"))
    assert due(work, "assessment")
    opened = [row["opened_at"] for row in work.field.rows(tables.case)]
    assert max(opened) <= instant(work.field.now)


def test_an_override_begins_when_it_is_signed(work: Work) -> None:
    """So it is in force, and ends in time."""
    ahead(work)
    made = work.do(overriding.override, CASE_CODE, purposes=("services",), hours=24, reason="Unconscious")
    work.do(sign, made.proposal, by=SUPERVISOR)

    with work.field.register.reading() as rows:
        (person,) = of_cases(rows, [CASE_CODE])[CASE_CODE].people.values()
    (one,) = [one for one in person.consents if one.override_until]
    assert overridden(one, work.field.now)
    assert not overridden(one, work.field.now + timedelta(hours=24))


def test_what_was_written_ahead_counts_from_the_turn_at_the_latest(work: Work) -> None:
    """The withdrawal itself came by the wrong clock: the first decision by a right one puts its deadlines where they belong."""
    ahead(work, decide.withdraw, CASE_CODE, reason="She called")
    assert due(work, "tell_receiver") == [FAR + timedelta(hours=24)]
    work.field.send("alert", "r2", ALERT)

    assert all(one <= timedelta(hours=24) for one in due(work, "tell_receiver"))
    assert ordered(work)


def test_a_register_that_went_on_after_it_is_put_right(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """As earlier versions left one: what was decided by right clocks since stands years ahead."""
    with monkeypatch.context() as patch:
        patch.setattr(store_events, "turn_back", lambda _rows, _now: [])
        ahead(work)
        work.do(decide.withdraw, CASE_CODE, reason="She called")
        assert due(work, "tell_receiver")[0] > FAR
    rebuild.rebuild(work.field.register, work.field.later(), draw=work.field.draw)

    assert all(one <= timedelta(hours=24) for one in due(work, "tell_receiver"))
    assert ordered(work)


def test_a_no_that_comes_later_is_later(work: Work) -> None:
    """A yes by the wrong clock is no last word for years: her form says no afterwards."""
    ahead(work, decide.record, CASE_CODE, {"photo_audio": "yes"})
    work.do(every_decision.set_note, CASE_CODE, "The clock is right")
    work.field.later(days=2)
    no = changed(CASE, {"header": {"alert_code": ALERT_CODE}, "consent": {"c_photo_audio": "no"}})
    work.field.send("case", "c1", no, edit=1)

    states = {row["purpose"]: row["state"] for row in work.field.rows(tables.consent)}
    assert states["photo_audio"] == "refused"


def test_a_clock_that_is_behind_moves_nothing(work: Work) -> None:
    """The battery of a laptop is empty: it begins in 2000, before anything was, and later than what servers had."""
    work.do(decide.withdraw, CASE_CODE, purposes=["refer_identity"], reason="She called")
    work.field.send("alert", "r2", ALERT, server="central")
    before = work.field.rows(tables.task)
    for wrong in (datetime(2000, 1, 1, tzinfo=UTC), work.field.now - timedelta(hours=5)):
        with every_decision.deciding(work.field.register, COORDINATOR, wrong, draw=work.field.draw) as by:
            every_decision.set_note(by, CASE_CODE, f"{wrong}")

    assert work.field.rows(tables.task) == before
    assert ordered(work)


def test_it_is_said_until_it_is_put_right(work: Work) -> None:
    """On the page of the day, and by the doctor; nothing is said of a register in order."""

    def said() -> tuple[str | None, list[str]]:
        with work.field.register.reading() as rows:
            page = today(rows, work.field.now).ahead
        found = of_register(work.field.register, work.field.now)
        return page, [one.code for one in found if one.code == "events-ahead"]

    assert said() == (None, [])
    ahead(work)
    assert said() == (instant(work.field.now + FAR), ["events-ahead"])
    work.do(every_decision.set_note, CASE_CODE, "The clock is right")
    assert said() == (None, [])


def test_the_places_of_events_are_never_changed(work: Work) -> None:
    """What stands in the chain stays: the instant that an event counts from is beside it."""
    ahead(work)
    work.do(every_decision.set_note, CASE_CODE, "The clock is right")
    with work.field.register.reading() as rows:
        places = list(rows.execute(event.select().order_by(event.c.seq)).mappings())

    assert [one["at"] for one in places] == sorted(one["at"] for one in places)
    assert places[-1]["at"] > instant(work.field.now + FAR - timedelta(days=1))
    assert work.events()[-1].at < instant(work.field.now + timedelta(seconds=1))


# --- what was keyed in by such a clock ----------------------------------------------------------------------------

GRAVE = changed(ALERT, {"what": {"alert_icon": "arrest"}})


def keyed_in(work: Work, root: str, *, server: str = "desk") -> None:
    """Let an alert be keyed in by a clock that is four years ahead; by the right clock no time goes by."""
    work.field.now += FAR
    work.field.send("alert", root, GRAVE, server=server)
    work.field.now -= FAR


def contact_due(work: Work, root: str) -> timedelta:
    """Return in how long from now the first contact of an alert is due."""
    (at,) = [row["contact_due_at"] for row in work.field.rows(tables.alert) if row["alert_id"] == root]
    return moment(at) - work.field.now


def reached(work: Work, root: str) -> str | None:
    """Return when whoever sent an alert was reached, None while nobody was."""
    found: list[str | None] = [
        row["contacted_at"] for row in work.field.rows(tables.alert) if row["alert_id"] == root
    ]
    return found[0]


@pytest.mark.parametrize("server", ["desk", "legacy", "folder"])
def test_an_alert_keyed_in_by_it_is_due_from_the_turn(work: Work, server: str) -> None:
    """Keyed in, of an old list or of a folder: our own clock says when; the row keeps what it said."""
    keyed_in(work, "r2", server=server)
    assert contact_due(work, "r2") > FAR
    work.do(every_decision.set_note, CASE_CODE, "The clock is right")

    assert timedelta(0) < contact_due(work, "r2") <= timedelta(hours=72)
    with work.field.register.reading() as rows:
        kept = rows.execute(submission.select().where(submission.c.root_id == "r2")).mappings().one()
        assert kept["received_at"] > instant(work.field.now + FAR - timedelta(hours=2))
        assert store_events.check(rows)


def test_a_server_that_shows_an_alert_afterwards_puts_it_right_too(work: Work) -> None:
    """Another form that comes by the right clock; and what comes later is not moved by the turn."""
    keyed_in(work, "r2")
    work.field.send("alert", "r3", GRAVE, server="central")
    assert contact_due(work, "r2") <= timedelta(hours=72)
    work.field.later(days=3)
    work.field.send("alert", "r4", GRAVE, server="desk")
    (first,) = [one for one in work.field.rows(tables.filing) if one["root_id"] == "r4"]

    assert first["first_received_at"] == instant(work.field.now)


def test_what_was_done_about_it_by_that_clock_keeps_its_order(work: Work) -> None:
    """A call after the alert counts, also once both count from the turn; one before it in the case does not."""
    keyed_in(work, "r2")
    ahead(work, every_decision.contacted, dealt(1, "AL"))
    assert reached(work, "r2") is not None
    keyed_in(work, "r3")
    work.do(every_decision.set_note, CASE_CODE, "The clock is right")

    called, filed = reached(work, "r2"), {one["root_id"]: one for one in work.field.rows(tables.filing)}
    assert called is not None
    assert filed["r2"]["first_received_at"] <= called < filed["r3"]["first_received_at"]
    assert filed["r3"]["first_received_at"] <= instant(work.field.now)
    assert reached(work, "r3") is None


def test_versions_of_that_clock_keep_their_order(work: Work) -> None:
    """The last one counts."""
    keyed_in(work, "r2")
    work.field.now += FAR
    for edit in (1, 2):
        said = changed(ALERT, {"what": {"alert_icon": "arrest" if edit == 1 else "threat"}})
        work.field.send("alert", "r2", said, edit=edit, server="desk")
    work.field.now -= FAR
    work.do(every_decision.set_note, CASE_CODE, "The clock is right")

    (found,) = [row for row in work.field.rows(tables.alert) if row["alert_id"] == "r2"]
    assert "threat" in found["icons"]


_STEP = st.tuples(st.integers(-4000, 4000), st.integers(1, 3), st.booleans())


@given(st.lists(_STEP, max_size=12))
def test_whatever_clocks_say_the_order_stays(steps: list[tuple[int, int, bool]]) -> None:
    """Hours that the clock jumps, events that are written then, and whether the register turns first."""
    now, last = datetime(2026, 11, 20, tzinfo=UTC), None
    written: list[tuple[str, str | None]] = []
    turns: list[Turn] = []
    before = 0
    for hours, count, turn in steps:
        now += timedelta(hours=hours)
        for number in range(count + turn):
            is_turn = turn and number == 0 and last is not None
            counts, place = following(last, now, turns=is_turn)
            if is_turn:
                near = [one for one, _ in written if one >= instant(counts - SECOND)]
                turns.append(Turn(instant(place), counts, near))
                before = len(written) + 1
            last = instant(counts), instant(place)
            written.append((last[1], last[0] if last[0] != last[1] else None))

    since = [counted(place, clock, turns) for place, clock in written]
    assert [place for place, _ in written] == sorted({place for place, _ in written})
    assert since == sorted(set(since))
    assert all(one <= place for one, (place, _) in zip(since, written, strict=True))
    assert not turns or max(since[:before]) <= instant(turns[-1].at)
