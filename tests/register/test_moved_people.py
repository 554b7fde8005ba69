"""Tests of people whose form goes to another case: what was decided about them, and who has heard of them, goes along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from sync_scripts.register.case_decisions.facts import correct
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consents.doors import covers_service
from sync_scripts.register.links.same import decide_person
from sync_scripts.register.model.errors import HeldByLaw
from sync_scripts.register.purging.person import erase_person
from sync_scripts.register.purging.seen import units
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_left_cases import leave
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, changed, dealt, known, service, victim

WHY: Final = "She wants it all to stop"
UID: Final = "w1"
SAID: Final[dict[str, Any]] = {"victims": [victim(1, victim_uid=UID)]}

PHOTO: Final = {"evidence_uid": "e2", "evidence_type": "photo", "faces_visible": "no"}

Road = Callable[[Work, str], None]


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """Give a case with two interviews, the second one's person V2; a provider; and another case."""
    made = begin(register)
    provider(made)
    second_case(made)
    made.field.send("case", "c2", known(CASE_CODE, changed(CASE, SAID)))
    return made


def other(work: Work) -> str:
    """Return the code of the other case."""
    return next(
        str(row["case_code"]) for row in work.field.rows(tables.case) if row["case_code"] != CASE_CODE
    )


def name(work: Work, uid: str = UID) -> str:
    """Return how somebody is called by now."""
    return next(str(row["pseudonym"]) for row in work.field.rows(tables.person) if row["uid"] == uid)


def state(work: Work, purpose: str = "services", uid: str = UID) -> str:
    """Return how a consent stands."""
    (row,) = [
        row
        for row in work.field.rows(tables.consent)
        if (row["person_uid"], row["purpose"]) == (uid, purpose)
    ]
    return str(row["state"])


def may(work: Work, code: str, uid: str = UID) -> bool:
    """Tell whether she may be referred to the provider."""
    with work.field.register.reading() as rows:
        return covers_service(rows, code, "health", work.field.now, uid=uid, provider="PRE-01")


def by_edit(work: Work, to: str) -> None:
    """Let the phone send the form again, with the other code."""
    work.field.send("case", "c2", known(to, changed(CASE, SAID)), edit=1)


def by_correction(work: Work, to: str) -> None:
    """Correct the code."""
    work.do(correct, CASE_CODE, "interview.2.case_code", to, reason="Wrong case")


def by_alert(work: Work, to: str) -> None:
    """Move the alert that the form of V1 names."""
    work.do(every_decision.move_alert, ALERT_CODE, to, reason="Wrong case")


ROADS: Final = {"edit": by_edit, "correction": by_correction, "alert": by_alert}


def moved(work: Work, road: str) -> str:
    """Send a person's form to the other case; return her uid."""
    to, uid = other(work), "v1" if road == "alert" else UID
    ROADS[road](work, to)
    (row,) = [row for row in work.field.rows(tables.person) if row["uid"] == uid]
    assert row["case_code"] == to
    return uid


@pytest.mark.parametrize("road", ROADS)
def test_who_withdrew_has_withdrawn_wherever_her_form_goes(work: Work, road: str) -> None:
    """No new yes was given; and it is due there that she is erased, and no more where nothing of her is left."""
    uid = "v1" if road == "alert" else UID
    work.do(consents.withdraw, CASE_CODE, person=name(work, uid), reason=WHY)
    (due,) = work.tasks("consent_purge")
    moved(work, road)
    assert (state(work, uid=uid), may(work, other(work), uid)) == ("withdrawn", False)
    (there,) = work.tasks("consent_purge")
    assert (there["subject"], there["due_at"]) == (f"case:{other(work)}", due["due_at"])
    (gone,) = work.tasks("consent_purge", done=True)
    assert gone["subject"] == f"case:{CASE_CODE}"
    with work.field.register.reading() as rows:
        asked = {one.code: one for one in units(rows, work.field.now)}
    assert asked[other(work)].withdrawn_at or asked[other(work)].some_withdrew


def test_a_form_that_comes_back_finds_what_was_said_in_both(work: Work) -> None:
    """There and back: the no of the first case, and what is decided in the second; nothing is done twice."""
    work.do(consents.withdraw, CASE_CODE, person=name(work), purposes=["stats"], reason=WHY)
    by_edit(work, other(work))
    work.do(consents.withdraw, other(work), person=name(work), purposes=["advocacy"], reason=WHY)
    work.field.send("case", "c2", known(CASE_CODE, changed(CASE, SAID)), edit=2)
    assert {state(work, "stats"), state(work, "advocacy")} == {"withdrawn"}
    assert state(work) == "given"


def test_what_is_decided_later_where_she_was_is_about_others(work: Work) -> None:
    """Whoever stays there can say what they want."""
    by_edit(work, other(work))
    work.do(consents.withdraw, CASE_CODE, reason=WHY)
    assert (state(work), state(work, uid="v1")) == ("given", "withdrawn")


def test_what_she_answered_when_she_was_asked_again_goes_along(work: Work) -> None:
    """The form says no to it; she said yes later, and what she said last is what holds."""
    work.do(consents.record, CASE_CODE, {"un": "anonymous"}, person=name(work), reason="Asked")
    by_edit(work, other(work))
    assert state(work, "un") == "given"


@pytest.mark.parametrize("road", ROADS)
def test_who_heard_of_her_by_a_decision_is_told(work: Work, road: str) -> None:
    """She was referred in the case that her form left, and takes it back in the one in which she is."""
    uid = "v1" if road == "alert" else UID
    work.do(every_decision.refer, CASE_CODE, "health", "PRE-01", person=name(work, uid))
    moved(work, road)
    assert work.tasks("tell_receiver") == []
    work.do(consents.withdraw, other(work), person=name(work, uid), reason=WHY)
    (told,) = work.tasks("tell_receiver")
    assert told["subject"] == f"case:{other(work)}"


def test_who_heard_of_her_by_a_visit_is_told(work: Work) -> None:
    """A form of a visit names nobody: it is about whoever was interviewed first."""
    work.field.send("followup", "f1", service(CASE_CODE, "referred", provider_code="PRE-01"))
    moved(work, "alert")
    work.do(consents.withdraw, other(work), person=name(work, "v1"), reason=WHY)
    assert len(work.tasks("tell_receiver")) == 1


def test_who_was_told_before_is_not_told_again(work: Work) -> None:
    """What she took back there is owed there, whatever becomes of her form."""
    work.do(every_decision.refer, CASE_CODE, "health", "PRE-01", person=name(work))
    work.do(consents.withdraw, CASE_CODE, person=name(work), reason=WHY)
    (told,) = work.tasks("tell_receiver")
    by_edit(work, other(work))
    assert [one["task_id"] for one in work.tasks("tell_receiver")] == [told["task_id"]]


def test_two_who_are_one_are_one_wherever_their_forms_are(work: Work) -> None:
    """Decided in one case, taken back in the other one: it is taken back in both records of her."""
    work.do(decide_person, CASE_CODE, "V1", (CASE_CODE, name(work)), "same", reason="She said so")
    by_edit(work, other(work))
    moved(work, "alert")
    done = work.do(consents.withdraw, other(work), person=name(work), reason=WHY)
    assert done.also == (name(work, "v1"),)
    assert (state(work), state(work, uid="v1")) == ("withdrawn", "withdrawn")


@pytest.mark.parametrize("road", ROADS)
def test_what_a_court_asked_to_keep_is_kept_where_it_goes(work: Work, road: str) -> None:
    """The case that gets it is held by rule, once; a person takes that off."""
    work.do(every_decision.set_hold, CASE_CODE, held=True, reason="The court asked")
    uid = moved(work, road)
    work.do(consents.withdraw, other(work), person=name(work, uid), reason=WHY)
    work.refused(HeldByLaw, erase_person, other(work), name(work, uid), reason="She asked")
    held = [one for one in work.events() if one.op == "case.hold" and one.subject.endswith(other(work))]
    assert [(one.actor.proof, one.payload["legal_hold"]) for one in held] == [("rule", True)]
    work.do(every_decision.set_hold, other(work), held=False, reason="Judged")
    assert work.case(other(work))["legal_hold"] is False


def test_no_hold_comes_from_a_case_without_one(work: Work) -> None:
    """Nor does one go back to where it came from."""
    by_edit(work, other(work))
    work.do(every_decision.set_hold, other(work), held=True, reason="The court asked")
    assert not work.case(CASE_CODE)["legal_hold"]
    work.field.send("case", "c2", known(CASE_CODE, changed(CASE, SAID)), edit=2)
    assert work.case(CASE_CODE)["legal_hold"]


def test_where_evidence_is_and_how_sure_an_incident_is_goes_along(work: Work) -> None:
    """What was retained is not at hand again, and what somebody verified is verified, because a form changes case."""
    shown = {**SAID, "evidence_any": "yes", "evidence": [PHOTO]}
    work.field.send("case", "c2", known(CASE_CODE, changed(CASE, shown)), edit=1)
    mine = next(row["filing_no"] for row in work.field.rows(tables.filing) if row["root_id"] == "c2")
    incident = next(row for row in work.field.rows(tables.incident) if row["filing_no"] == mine)
    sure = {"incident": incident["incident_id"], "was": None, "verification": "verified", "reason": "Seen"}
    with every_decision.deciding(work.field.register, COORDINATOR, work.field.later()) as by:
        by.write(by.event("evidence.move", f"case:{CASE_CODE}", {"uid": "e2", "was": "", "to": "retained"}))
        by.write(by.event("incident.verify", f"case:{CASE_CODE}", sure))
    work.field.send("case", "c2", known(other(work), changed(CASE, shown)), edit=2)
    (piece,) = work.field.rows(tables.evidence)
    (there,) = [row for row in work.field.rows(tables.incident) if row["filing_no"] == mine]
    assert (piece["case_code"], piece["state"]) == (other(work), "retained")
    assert there["verification"] == "verified"


def test_who_stays_is_erased_where_she_is(work: Work) -> None:
    """Her withdrawal does not go along with the form of somebody else: nothing could end that there."""
    work.do(consents.withdraw, CASE_CODE, person=name(work), reason=WHY)
    moved(work, "alert")
    assert [one["subject"] for one in work.tasks("consent_purge")] == [f"case:{CASE_CODE}"]
    with work.field.register.reading() as rows:
        assert other(work) not in {one.code for one in units(rows, work.field.now)}


def test_whoever_is_to_be_erased_is_named_as_she_is_called_now(work: Work) -> None:
    """In the case that her form left somebody else may bear the name; there nobody is to be erased."""
    two = {"victims": [victim(1, victim_uid="o1"), victim(2, victim_uid="o2")]}
    work.field.send("case", "c5", known(other(work), changed(CASE, two)))
    work.do(consents.withdraw, CASE_CODE, person=name(work), reason=WHY)
    by_edit(work, other(work))
    with work.field.register.reading() as rows:
        found = {one.code: one for one in units(rows, work.field.now)}
    assert [who for who, _at in found[other(work)].some_withdrew] == [name(work)]
    assert CASE_CODE not in found or found[CASE_CODE].some_withdrew == ()


def test_who_took_over_the_case_of_a_merged_one_is_told(work: Work) -> None:
    """It was handed over with all that was merged into it, her form among that."""
    work.field.send("alert", "r3", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    third = str(work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02").case)
    by_edit(work, other(work))
    work.do(every_decision.merge, other(work), CASE_CODE, reason="Same facts")
    leave(work, "transferred")
    work.field.send("case", "c2", known(third, changed(CASE, SAID)), edit=2)
    work.do(consents.withdraw, third, person=name(work), reason=WHY)
    assert {one["subject"] for one in work.tasks("tell_receiver")} >= {f"case:{third}"}
