"""What a missing consent stops, and what two people may do without it for a vital interest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.publish.audiences import Audience, leaving
from sync_scripts.publish.lists import cases_of
from sync_scripts.register.alert_decisions.services import move_service, plan_service
from sync_scripts.register.consent_decisions import decide, overriding
from sync_scripts.register.consent_decisions.views import case_consents
from sync_scripts.register.consents.errors import (
    LongerThanAllowed,
    OverrideNotFor,
)
from sync_scripts.register.decisions.proposals import sign
from sync_scripts.register.lifecycle.errors import GuardFails, SecondPersonSame
from sync_scripts.register.model.errors import OwnKeyMissing, ProposalStale
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests.register import test_leaving as matrix
from tests.register.agreeing import (
    CODE,
    SECOND,
    by,
    consents,
    same_after_rebuild,
)
from tests.register.beginnings import played_once
from tests.register.field import CASE, Field, changed, victim


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give one case with one person who agreed to services, documents and counts."""
    made = Field(sqlite_register)
    made.send("case", "c1", CASE)
    return made


# --- overridden ---------------------------------------------------------------------------------------------------


@pytest.fixture
@played_once
def refused(sqlite_register: Register) -> Field:
    """Give a case whose person agreed to being documented and to nothing else, with a service planned."""
    made = Field(sqlite_register)
    said = dict.fromkeys(("c_services", "c_justice", "c_un", "c_stats"), "no")
    made.send("case", "c1", changed(CASE, {"consent": {**said, "c_refer_identity": None}}))
    by(made, plan_service, CODE, "health", provider=None)
    return made


def test_an_override_is_signed_by_two_people_and_ends_by_itself(refused: Field) -> None:
    """Proposed: nothing. Signed: the service may begin, within the hours given and not after."""
    made = by(refused, overriding.override, CODE, hours=24, reason="Unconscious, bleeding.")
    with pytest.raises(GuardFails):
        by(refused, move_service, CODE, 1, "ongoing")
    by(refused, sign, made.proposal, actor=SECOND)
    row = consents(refused)["services"]

    assert (row["override_by_1"], row["override_by_2"], row["state"]) == ("CO-01", "SU-01", "refused")
    assert row["override_until"] == instant(refused.now + timedelta(hours=24))
    assert same_after_rebuild(refused)
    refused.later(hours=25)
    with pytest.raises(GuardFails):
        by(refused, move_service, CODE, 1, "ongoing")
    assert same_after_rebuild(refused)


def test_within_its_hours_an_override_lets_a_service_begin(refused: Field) -> None:
    """And what began under it is not flagged."""
    made = by(refused, overriding.override, CODE, hours=24, reason="Unconscious, bleeding.")
    by(refused, sign, made.proposal, actor=SECOND)
    by(refused, move_service, CODE, 1, "ongoing")

    assert refused.one(tables.intervention)["status"] == "ongoing"
    assert refused.one(tables.intervention)["consent_ok"]
    assert same_after_rebuild(refused)


def test_an_override_needs_two_different_people_with_keys_of_their_own(refused: Field) -> None:
    """Not the same person twice, and no code that was only typed."""
    with pytest.raises(OwnKeyMissing):
        by(refused, overriding.override, CODE, hours=24, reason="x", actor=Actor("CO-01", "claimed"))
    made = by(refused, overriding.override, CODE, hours=24, reason="x")
    with pytest.raises(SecondPersonSame):
        by(refused, sign, made.proposal)
    with pytest.raises(OwnKeyMissing):
        by(refused, sign, made.proposal, actor=Actor("SU-01", "claimed"))
    assert consents(refused)["services"]["override_until"] is None


def test_an_override_is_not_signed_once_things_have_changed(refused: Field) -> None:
    """The person was asked meanwhile: what was proposed stands on something else."""
    made = by(refused, overriding.override, CODE, hours=24, reason="x")
    by(refused, decide.record, CODE, {"services": "yes"})
    with pytest.raises(ProposalStale):
        by(refused, sign, made.proposal, actor=SECOND)


@pytest.mark.parametrize("purpose", ["stats", "justice", "advocacy", "un", "media", "photo_audio"])
def test_there_is_no_override_for_what_is_no_vital_interest(refused: Field, purpose: str) -> None:
    """Never court, advocacy, the United Nations, media, statistics."""
    with pytest.raises(OverrideNotFor):
        by(refused, overriding.override, CODE, purposes=[purpose], hours=1, reason="x")


@pytest.mark.parametrize("hours", [0, 73, -1])
def test_an_override_lasts_at_most_72_hours(refused: Field, hours: int) -> None:
    """Also not nothing at all."""
    with pytest.raises(LongerThanAllowed):
        by(refused, overriding.override, CODE, hours=hours, reason="x")


# --- doors --------------------------------------------------------------------------------------------------------


def test_no_referral_without_consent(refused: Field) -> None:
    """A referral asks for the recorded consent at the moment of the referral: refused, run out and withheld are a no."""
    with pytest.raises(GuardFails):
        by(refused, move_service, CODE, 1, "ongoing")
    by(refused, decide.record, CODE, {"services": "yes"})
    refused.later(days=400)
    with pytest.raises(GuardFails):
        by(refused, move_service, CODE, 1, "ongoing")
    by(refused, decide.record, CODE, {"services": "yes"})
    by(refused, move_service, CODE, 1, "ongoing")

    assert refused.one(tables.intervention)["status"] == "ongoing"
    assert same_after_rebuild(refused)


def test_each_person_is_referred_by_what_she_agreed_to_herself(register: Register) -> None:
    """V2 did not agree to anything: her referral is refused although V1 agreed."""
    field = Field(register)
    two = [victim(1), victim(2, consent_covers="no")]
    field.send("case", "c1", changed(CASE, {"victims": two}))
    by(field, plan_service, CODE, "health", person="V2")
    by(field, plan_service, CODE, "health")
    with pytest.raises(GuardFails):
        by(field, move_service, CODE, 1, "ongoing")
    by(field, move_service, CODE, 2, "ongoing")

    assert [bool(row["consent_ok"]) for row in field.rows(tables.intervention)] in (
        [False, True],
        [True, False],
    )
    assert same_after_rebuild(field)


def test_the_page_of_a_case_says_what_may_leave(field: Field) -> None:
    """Person by person, each door with its reason."""
    with field.register.reading() as rows:
        (person,) = case_consents(rows, CODE, field.now)["people"]
    doors = {name: one["why"] for name, one in person["may_leave"].items()}

    assert person["person"] == "V1"
    assert doors["referral"] == doors["report"] == doors["facts"] == ""
    assert doors["bundle"] == doors["mrm"] == doors["evidence"] == "refused"
    assert doors["uwazi"] == doors["transfer"] == ""
    assert doors.keys() >= {asked.output for asked in matrix.ASKED.values()} - matrix.WHOLE - {
        "referral_identity"
    }


def test_a_withdrawn_case_is_off_the_next_list_of_the_phones(field: Field) -> None:
    """Also on the list that goes to everybody; a consent that only ran out keeps it there, so that somebody asks."""
    everybody = Audience((), everywhere=True)
    assert [case.code for case in leaving(cases_of(field.register, field.now), everybody)] == [CODE]
    assert leaving(cases_of(field.register, field.later(days=500)), everybody)
    by(field, decide.withdraw, CODE, purposes=["services"], reason="She called.")
    assert leaving(cases_of(field.register, field.now), everybody)
    by(field, decide.withdraw, CODE, reason="She called.")

    assert leaving(cases_of(field.register, field.now), everybody) == []
