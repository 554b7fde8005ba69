"""Care is due at once where nobody knows the hour, and no edit on a phone takes a service within hours away or moves it later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_scripts.register.building.notices import escalate
from sync_scripts.register.case.tasks import limit_of
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from tests import every_decision
from tests.daily.telling import ALL, DEPUTY, held, listening
from tests.decisions.test_left_cases import leave
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, FOLLOWUP, act, changed, dealt, flags, known, service, victim
from tests.register.test_critical import legal

SEXUAL = {"what": {"alert_icon": "sexual"}}
CODE = dealt(1, "AL")


def told(work: Work, day: str | None, *, number: int = 1, **incident: str) -> datetime:
    """Let an interview arrive that tells of a rape on some day; return when it did."""
    said = {
        "header": {"alert_code": ALERT_CODE},
        "incident": {"incident_date": day, **incident},
        "victims": [victim(1), victim(2)],
        "acts": [act(number, "V1", violation="rape")],
    }
    work.field.send("case", f"c{number}", changed(CASE, said))
    return work.field.now


def due(work: Work, *, done: bool = False) -> list[tuple[str, datetime]]:
    """Return subject and due time of each clinical limit."""
    rows = work.tasks("clinical_limit", done=done)
    return sorted((row["subject"], datetime.fromisoformat(row["due_at"])) for row in rows)


@pytest.mark.parametrize("precision", ["unknown_day", "unknown_month"])
def test_an_act_whose_day_nobody_knows_brings_care_at_once(register: Register, precision: str) -> None:
    """Within three hours of the first word of it, whatever level was decided."""
    work = begin(register, consent=False)
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="To be seen")
    arrived = told(work, "2026-11-01", date_precision=precision)
    (row,) = work.tasks("clinical_limit")

    assert due(work) == [("act:a1", arrived + timedelta(hours=3))]
    assert row["escalated_at"] < row["due_at"]
    assert row["assigned_to"] == "RD-01"
    assert work.sound()


@pytest.mark.parametrize(("day", "left"), [("2026-10-31", 1), ("2026-10-01", 1), ("2026-09-30", 0)])
def test_it_is_due_as_long_as_a_limit_can_be_ahead(sqlite_register: Register, day: str, left: int) -> None:
    """On 5 November she may have been raped on the last day of October, whatever day was typed; not of September."""
    work = begin(sqlite_register, consent=False)
    work.field.now = datetime.fromisoformat("2026-11-05T10:00:00+00:00")
    told(work, day, date_precision="unknown_day")

    assert len(due(work)) == left


def test_her_own_care_ends_it_and_nobody_elses(sqlite_register: Register) -> None:
    """Given or declined since the register knows of it."""
    work = begin(sqlite_register, consent=False)
    told(work, "2026-11-19", date_precision="unknown_day")
    for person, left in (("V2", 1), ("V1", 0)):
        made = work.do(every_decision.plan_service, CASE_CODE, "health", person=person)
        work.do(every_decision.move_service, CASE_CODE, made.number, "declined")
        assert len(due(work)) == left
    assert work.sound()


def test_a_day_that_comes_takes_its_place(sqlite_register: Register) -> None:
    """Corrected to a day that is known, its limits have their reminders; six of them."""
    work = begin(sqlite_register, consent=False)
    told(work, "2026-11-19", date_precision="unknown_day")
    work.do(every_decision.correct, CASE_CODE, "incident.date_precision", "exact", reason="She knows the day")

    assert len(due(work)) == 6
    assert all(row["before_h"] for row in work.tasks("clinical_limit"))
    assert work.sound()


@pytest.mark.parametrize("hours", ["lt72", "72_120", "unknown", None])
def test_an_alert_of_sexual_violence_is_brought_to_care_with_its_first_contact(
    register: Register, hours: str | None
) -> None:
    """A band of hours gives no instant; called back, she is not yet cared for."""
    work = begin(register)
    work.field.send("alert", "r2", changed(ALERT, SEXUAL, {"sexual": {"hours_since": hours}}))
    arrived = work.field.now
    work.do(every_decision.triage, CODE, urgency="low", reason="To be seen")
    work.do(every_decision.contacted, CODE)

    assert due(work) == [("alert:alert/r2", arrived + timedelta(hours=3))]
    assert work.sound()


@pytest.mark.parametrize("more", [{"sexual": {"hours_since": "gt120"}}, {"what": {"alert_icon": "threat"}}])
def test_another_alert_or_one_past_every_limit_is_not(
    sqlite_register: Register, more: dict[str, object]
) -> None:
    """There is no limit ahead."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", changed(ALERT, SEXUAL, more))

    assert due(work) == []


def test_it_goes_on_in_the_case_until_an_interview_tells_of_the_act(sqlite_register: Register) -> None:
    """Opening a case is no care, nor is an interview about something else; then the clock of the act takes over."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", changed(ALERT, SEXUAL))
    work.do(every_decision.triage, CODE)
    work.do(every_decision.open_case, CODE, owner="RD-01")
    header = {"header": {"alert_code": CODE}}
    work.field.send("case", "c2", changed(CASE, header))
    assert [subject for subject, _at in due(work)] == ["alert:alert/r2"]
    said = {"incident": {"incident_date": "2026-11-20"}, "acts": [act(3, violation="rape")]}
    work.field.send("case", "c3", changed(CASE, header, said))
    (ended,) = work.tasks("clinical_limit", done=True)

    assert {subject for subject, _at in due(work)} == {"act:a3"}
    assert ended["subject"] == "alert:alert/r2"
    assert datetime.fromisoformat(ended["done_at"]) == work.field.now
    assert work.sound()


def test_a_dismissal_or_a_refusal_ends_it(sqlite_register: Register) -> None:
    """Nobody is brought anywhere against her will."""
    work = begin(sqlite_register)
    work.field.send("alert", "r2", changed(ALERT, SEXUAL))
    work.do(every_decision.triage, CODE)
    work.field.send("alert", "r2", changed(ALERT, SEXUAL, {"gate": {"consent_alert": "refused"}}), edit=1)

    assert due(work) == []


@pytest.mark.parametrize(
    ("field", "value"), [("icons", "threat"), ("icons", "threat sexual"), ("hours_since", "gt120")]
)
def test_a_correction_of_the_alert_takes_it_away_no_more_than_one_of_the_act(
    register: Register, field: str, value: str
) -> None:
    """Neither before there is a case nor in it: a person ends it, with a reason."""
    work = begin(register)
    work.field.send("alert", "r2", changed(ALERT, SEXUAL))
    before = due(work)
    work.do(every_decision.correct, CODE, f"alert.{field}", value, reason="Somebody called")
    assert due(work) == before != []
    assert work.sound()
    work.do(every_decision.triage, CODE)
    work.do(every_decision.link, CODE, CASE_CODE)
    assert due(work) == before
    assert work.sound()
    work.do(every_decision.end_task, CASE_CODE, "clinical_limit", reason="She was never touched")

    assert due(work) == []


@pytest.mark.parametrize("later", [{"what": {"alert_icon": "threat"}}, {"sexual": {"hours_since": "gt120"}}])
def test_an_edit_on_a_phone_takes_it_away_no_more(register: Register, later: dict[str, object]) -> None:
    """Neither before triage nor after it, nor in the case: whoever has the phone ends nobody's care."""
    work = begin(register)
    work.field.send("alert", "r2", changed(ALERT, SEXUAL))
    before = due(work)
    work.field.send("alert", "r2", changed(ALERT, SEXUAL, later), edit=1)
    assert due(work) == before != []
    assert work.sound()
    work.do(every_decision.triage, CODE)
    work.do(every_decision.link, CODE, CASE_CODE)
    assert due(work) == before
    assert work.sound()
    work.do(every_decision.end_task, CASE_CODE, "clinical_limit", reason="She was never touched")

    assert due(work) == []


def heard(work: Work, at: datetime) -> list[str | None]:
    """Return the due times of what the coordinator is told as undone by an instant."""
    with work.field.register.writing() as rows:
        escalate(rows, at)
    return [one.due_at for one in held(work.field.register) if (one.reason, one.destination) == TOLD]


TOLD = ("escalation", "all")


def raped(work: Work) -> None:
    """Let an interview tell of a rape of the evening before."""
    told(work, "2026-11-19", time_of_day="evening")


def arrested(work: Work) -> None:
    """Let an interview tell of an arrest of this morning."""
    since = {"arrested_at": "2026-11-20T08:00:00.000+01:00", "legal_basis": "preliminary"}
    acts = [act(1, violation="arrest_arbitrary", detention=since)]
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}, "acts": acts}))


def summoned(work: Work) -> None:
    """Let a follow-up tell of a hearing to come."""
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}))
    work.field.send("followup", "f1", legal(CASE_CODE, hearing_at="2026-12-10T09:00:00.000+01:00"))


def judged(work: Work) -> None:
    """Let a follow-up tell of a judgment of the day before."""
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}))
    said = {"decision": "acquittal", "decided_on": "2026-11-19"}
    work.field.send("followup", "f1", legal(CASE_CODE, "judgment", **said))


@pytest.mark.parametrize(
    ("happens", "kind"),
    [
        (raped, "clinical_limit"),
        (arrested, "custody_limit"),
        (summoned, "hearing"),
        (judged, "appeal_limit"),
    ],
)
def test_who_does_not_see_the_page_is_told_at_each_reminder(
    sqlite_register: Register, happens: Callable[[Work], None], kind: str
) -> None:
    """At the time of the reminder, not before it, with the time of its limit, and no more once it was ended."""
    work = begin(sqlite_register, consent=False)
    happens(work)
    due = sorted(work.tasks(kind), key=lambda row: row["due_at"])
    first, last = due[0]["due_at"], due[-1]["due_at"]
    limits = [instant(limit_of(row["due_at"], row["before_h"])) for row in due]
    listening(sqlite_register, ALL, DEPUTY)
    at = datetime.fromisoformat(first)
    before = heard(work, at - timedelta(seconds=1))
    then = heard(work, at)
    while work.tasks(kind):
        work.do(every_decision.end_task, CASE_CODE, work.tasks(kind)[0]["task_id"][:8], reason="Seen to")
    after = heard(work, datetime.fromisoformat(last))

    assert (limits[0] in before, limits[0] in then) == (False, True)
    assert after.count(limits[-1]) == then.count(limits[-1])


AT_ONCE = service(CASE_CODE, "planned", timeframe="1_hour")
REFERRED = service(CASE_CODE, "referred", timeframe="1_hour")
EMPTY = changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}})


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with a case, and a provider."""
    made = begin(sqlite_register)
    made.do(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})
    return made


def asked(work: Work) -> list[tuple[str, str, str]]:
    """Return the open reminders of services: kind, due time, step up."""
    rows = [row for kind in ("referral_due", "referral_answer") for row in work.tasks(kind)]
    return [(row["kind"], row["due_at"], row["escalated_at"]) for row in rows]


def edited(work: Work, *versions: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Send a visit and its edits; return the reminders of the first version."""
    work.field.send("followup", "f1", versions[0])
    first = asked(work)
    for number, said in enumerate(versions[1:], start=1):
        work.field.send("followup", "f1", said, edit=number)
    return first


LESS: dict[str, dict[str, Any]] = {
    "more time": {"intervention": {"timeframe": "14_days"}},
    "no time": {"intervention": {"timeframe": None}},
    "another day": {"intervention": {"timeframe": "3_days", "requested_on": None}},
}


@pytest.mark.parametrize("less", LESS)
@pytest.mark.parametrize("first", [AT_ONCE, REFERRED], ids=["planned", "referred"])
def test_an_edit_gives_no_service_within_hours_more_time(
    work: Work, first: dict[str, Any], less: str
) -> None:
    """The reminder is due, and goes up, as it was; a remark says so."""
    before = edited(work, first, changed(first, LESS[less]))

    assert asked(work) == before
    assert len(before) == 1
    assert "service_kept" in flags(work.field)


@pytest.mark.parametrize("first", [AT_ONCE, REFERRED], ids=["planned", "referred"])
def test_an_edit_that_takes_the_service_out_leaves_its_reminder(work: Work, first: dict[str, Any]) -> None:
    """Nothing else is made of it: no service in the case. A person ends the reminder, for good."""
    before = edited(work, first, EMPTY)
    assert asked(work) == before
    assert "service_kept" in flags(work.field)
    assert work.sound()
    work.do(every_decision.end_task, CASE_CODE, before[0][0], reason="Nobody needs it", by=OWNER)
    work.field.send("followup", "f1", changed(EMPTY, {"result": {"fu_note": "Seen"}}), edit=2)

    assert asked(work) == []


def test_an_edit_tells_what_became_of_it(work: Work) -> None:
    """It was referred since, then done: that counts as before."""
    before = edited(work, AT_ONCE, REFERRED)
    assert [row[0] for row in asked(work)] == ["referral_answer"]
    assert asked(work)[0][1:] == before[0][1:]
    work.field.send("followup", "f1", service(CASE_CODE, "done", timeframe="14_days"), edit=2)

    assert asked(work) == []
    assert "service_kept" not in flags(work.field)


def test_a_routine_service_follows_its_form(work: Work) -> None:
    """Nobody is in danger by a day more."""
    routine = service(CASE_CODE, "planned", timeframe="3_days")
    (before,) = edited(work, routine, changed(routine, {"intervention": {"timeframe": "14_days"}}))
    assert asked(work)[0][1] > before[1]
    work.field.send("followup", "f1", EMPTY, edit=2)

    assert asked(work) == []
    assert "service_kept" not in flags(work.field)


def test_a_person_and_a_later_visit_give_it_another_time(work: Work) -> None:
    """A decision before or after the edit; a visit of its own."""
    later = changed(AT_ONCE, {"intervention": {"timeframe": "14_days"}})
    (before,) = edited(work, AT_ONCE, later)
    work.do(every_decision.set_service, CASE_CODE, 1, timeframe="3_days")
    assert asked(work)[0][1] > before[1]
    work.field.send("followup", "f2", service(CASE_CODE, "planned", timeframe="7_days"))
    work.field.send("followup", "f2", EMPTY, edit=1)

    assert asked(work)[0][1] > before[1]


def test_what_leaves_for_another_case_is_asked_for_there(work: Work) -> None:
    """It was sent with a wrong code: nothing of it stays behind."""
    work.field.send("case", "c9", known(dealt(1, "DK"), CASE))
    (before,) = edited(work, AT_ONCE, changed(AT_ONCE, {"header": {"case_code": dealt(1, "DK")}}))
    assert [row[1] for row in asked(work)] == [before[1]]
    assert "service_kept" not in flags(work.field)


@pytest.mark.parametrize("code", ["DK-?", None])
def test_a_visit_that_leaves_for_no_case_leaves_its_reminder(work: Work, code: str | None) -> None:
    """Its code cannot be read any more: the service is asked for where it was, until it is back or a person ends that."""
    gone = changed(AT_ONCE, {"header": {"case_code": code}})
    before = edited(work, AT_ONCE, gone)
    assert asked(work) == before
    assert work.sound()
    work.field.send("followup", "f1", AT_ONCE, edit=2)
    assert asked(work) == before
    assert work.sound()
    work.field.send("followup", "f1", gone, edit=3)
    work.do(every_decision.end_task, CASE_CODE, "referral_due", reason="It was a slip", by=OWNER)

    assert asked(work) == []


def test_a_case_that_is_left_asks_for_nothing_more(work: Work) -> None:
    """The reminder ends with the work, as every one."""
    edited(work, AT_ONCE, EMPTY)
    leave(work, "closed")

    assert asked(work) == []
