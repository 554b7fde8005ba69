"""What the register makes of people, acts, consents and follow-ups: uids decide, never positions or numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import (
    CASE,
    FOLLOWUP,
    Field,
    act,
    changed,
    dealt,
    flags,
    known,
    names,
    service,
    victim,
)


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register on SQLCipher."""
    return Field(sqlite_register)


def test_deleting_the_first_victim_does_not_move_the_facts_of_the_second(field: Field) -> None:
    """V2 stays V2, with the act that was done to her."""
    both = changed(CASE, {"victims": [victim(1), victim(2, victim_sex="m")], "acts": [act(1), act(2, "V2")]})
    field.send("case", "c1", both)
    field.send(
        "case", "c1", changed(both, {"victims": [victim(2, victim_sex="m")], "acts": [act(2, "V2")]}), edit=1
    )

    assert names(field.rows(tables.person), "uid", "pseudonym", "kind") == [("v2", "V2", "man")]
    assert names(field.rows(tables.act_victim), "act_uid", "person_uid") == [("a2", "v2")]
    assert names(field.rows(tables.act), "uid", "pseudonym") == [("a2", "A2")]
    assert flags(field) == ["interviewee_changed"]


def test_the_number_of_a_deleted_victim_is_never_given_again(field: Field) -> None:
    """A later submission of the case does not make somebody else V1."""
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2)]}))
    field.send("case", "c1", changed(CASE, {"victims": [victim(2)], "acts": [act(1, "V2")]}), edit=1)
    other = changed(CASE, {"victims": [victim(1, victim_uid="w1")], "acts": [act(1, "V1", act_uid="b1")]})
    field.send("case", "c2", known(dealt(0, "DK"), other))

    assert dict(names(field.rows(tables.person), "uid", "pseudonym")) == {"v2": "V2", "w1": "V3"}


def test_two_interviews_of_a_case_never_share_or_swap_victims(field: Field) -> None:
    """Both phones count from 1: the second one's numbers give way, its acts stay its own."""
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(3)]}))
    second = changed(
        CASE,
        {
            "victims": [victim(1, victim_uid="w1"), victim(2, victim_uid="w2")],
            "acts": [act(1, "V1", act_uid="b1"), act(2, "V1 V2", act_uid="b2")],
        },
    )
    field.send("case", "c2", known(dealt(0, "DK"), second))

    assert dict(names(field.rows(tables.person), "uid", "pseudonym")) == {
        "v1": "V1",
        "v3": "V3",
        "w1": "V4",
        "w2": "V2",
    }
    assert names(field.rows(tables.act_victim), "act_uid", "person_uid") == [
        ("a1", "v1"),
        ("b1", "w1"),
        ("b2", "w1"),
        ("b2", "w2"),
    ]


@pytest.mark.parametrize("victims", [[victim(2)], [victim(1), victim(1, victim_uid="twin")]])
def test_a_victim_code_that_fits_none_or_two_leaves_no_row_and_a_flag(
    field: Field, victims: list[dict[str, str]]
) -> None:
    """Nobody is guessed."""
    field.send("case", "c1", changed(CASE, {"victims": victims}))

    assert field.rows(tables.act_victim) == []
    assert flags(field) == ["victim_unresolved"]


def test_authors_sources_and_evidence_keep_their_links(field: Field) -> None:
    """An author's acts are resolved like an act's victims; pseudonyms follow the form's numbers."""
    said = changed(
        CASE,
        {
            "acts": [act(1), act(2)],
            "perpetrators": [
                {
                    "perp_uid": "p1",
                    "perp_no": "1",
                    "actor": "state_army",
                    "perp_acts": "A2 A9",
                    "involvement_degree": "direct",
                }
            ],
            "sources": [
                {"source_uid": "s1", "source_no": "1", "source_relation": "witness", "reliability": "A"}
            ],
            "evidence": [
                {"evidence_uid": "e1", "evidence_type": "photo", "taken_at": "2026-11-19T10:00:00.000+01:00"}
            ],
        },
    )
    field.send("case", "c1", said)

    assert names(field.rows(tables.involvement), "act_uid", "perpetrator_uid", "degree") == [
        ("a2", "p1", "direct")
    ]
    assert flags(field) == ["act_unresolved"]
    assert field.one(tables.information)["source_uid"] == "s1"
    assert field.one(tables.source)["pseudonym"] == "S1"
    assert field.one(tables.evidence)["pseudonym"] == "E1"
    assert field.one(tables.evidence)["taken_at"] == "2026-11-19T09:00:00.000000Z"
    assert field.one(tables.case)["confidentiality"] == "C3", "the author serves the State"


def test_a_detention_has_its_limits(field: Field) -> None:
    """The worked example: arrested on 20 November at 09:00 on a preliminary inquiry."""
    said = changed(
        CASE,
        {
            "acts": [
                act(
                    1,
                    violation="arrest_arbitrary",
                    detention={"arrested_at": "2026-11-20T09:00:00.000+01:00", "legal_basis": "preliminary"},
                )
            ]
        },
    )
    field.send("case", "c1", said)
    row = field.one(tables.detention)

    assert row["lawful_until"] == "2026-11-26T08:00:00.000000Z"
    assert row["next_limit_at"] == "2026-11-22T08:00:00.000000Z"
    assert field.one(tables.case)["urgency"] == "high"


def test_what_cannot_be_read_as_a_number_or_date_is_flagged(field: Field) -> None:
    """The column stays empty, the answer stays in the submission."""
    field.send(
        "case", "c1", changed(CASE, {"victims": [victim(1, age="old")], "incident": {"incident_date": "?"}})
    )

    assert field.one(tables.person)["age"] is None
    assert flags(field) == ["value_unreadable", "value_unreadable"]


def test_consent_is_one_row_a_person_and_purpose(field: Field) -> None:
    """For the person interviewed and everybody the consent covers, and for nobody else."""
    said = changed(CASE, {"victims": [victim(1), victim(2), victim(3, consent_covers="no")]})
    field.send("case", "c1", said)
    found = {(row["person_uid"], row["purpose"]): row for row in field.rows(tables.consent)}

    assert {uid for uid, _ in found} == {"v1", "v2"}
    assert found["v1", "stats"]["state"] == "given"
    assert found["v1", "stats"]["expires_at"] == "2027-11-20"
    assert found["v1", "justice"]["state"] == "refused"
    assert (found["v1", "advocacy"]["state"], found["v1", "advocacy"]["scope"]) == ("given", "anonymous")
    assert found["v1", "refer_identity"]["detail"] == '{"services":["health","legal"]}'
    assert ("v1", "photo_audio") not in found, "what was not asked is no row, and no row is a no"


@pytest.mark.parametrize(("assent", "state"), [("yes", "assent"), ("no", "guardian")])
def test_a_guardian_speaks_for_a_child(field: Field, assent: str, state: str) -> None:
    """With the child's assent or without it."""
    field.send("case", "c1", changed(CASE, {"consent": {"consent_by": "guardian", "child_assent": assent}}))

    assert {row["state"] for row in field.rows(tables.consent)} == {state, "refused"}


def test_a_case_of_services_only_has_one_person_made_by_the_register(field: Field) -> None:
    """Nothing is documented; the phone given to reach her leaves its tag on that person."""
    said = {
        name: value for name, value in CASE.items() if name not in {"incident", "victims", "acts", "verified"}
    }
    said = changed(
        said,
        {"consent": {"c_document": "no"}, "reach": {"service_name": "Nobody", "service_phone": "699000000"}},
    )
    field.send("case", "c1", said)
    person = field.one(tables.person)

    assert (person["uid"], person["pseudonym"], person["phone_tag"]) == ("c1", "V1", 9)
    assert field.one(tables.case)["service_only"] is True
    assert {row["person_uid"] for row in field.rows(tables.need)} == {"c1"}
    assert field.rows(tables.incident) == []


def test_follow_ups_fold_into_interventions(field: Field) -> None:
    """Without a number the open one of the same service is meant; one that ended is not opened again."""
    field.send("case", "c1", CASE)
    case = dealt(0, "DK")
    field.send("followup", "f1", service(case, "referred"))
    field.send("followup", "f2", service(case, "accepted", provider_code="PRE-02"))
    field.send("followup", "f3", service(case, "done"))
    field.send("followup", "f4", service(case, "planned"))
    field.send("followup", "f5", service(case, "referred", service="legal"))

    assert names(field.rows(tables.intervention), "number", "service", "status", "provider_code") == [
        (1, "health", "done", "PRE-01"),
        (2, "health", "planned", "PRE-01"),
        (3, "legal", "referred", "PRE-01"),
    ]
    assert names(field.rows(tables.followup), "followup_id", "intervention_id") == [
        ("f1", "f1"),
        ("f2", "f1"),
        ("f3", "f1"),
        ("f4", "f4"),
        ("f5", "f5"),
    ]
    answers = [row for row in field.rows(tables.task) if row["kind"] == "referral_answer"]
    assert [row["done_at"] is None for row in answers] == [False, True]
    met = {row["service"]: row["met_on"] for row in field.rows(tables.need)}
    assert met == {"health": "2026-11-20", "legal": None}


def test_a_number_that_ended_or_was_never_given_is_remarked(field: Field) -> None:
    """The state of what ended is kept."""
    field.send("case", "c1", CASE)
    case = dealt(0, "DK")
    field.send("followup", "f1", service(case, "declined"))
    field.send("followup", "f2", service(case, "ongoing", intervention_no="1"))
    field.send("followup", "f3", service(case, "ongoing", intervention_no="7"))
    field.send("followup", "f4", service(case, "planned", intervention_no="7"))

    assert names(field.rows(tables.intervention), "number", "status") == [(1, "declined"), (7, "ongoing")]
    assert flags(field) == ["intervention_backwards", "intervention_ended", "intervention_unknown"]


@pytest.mark.parametrize(
    ("consent", "header", "asked", "ok"),
    [
        ({}, {}, {}, True),
        ({"c_services": "no"}, {}, {}, False),
        ({"withhold_from": "other_ngos"}, {}, {}, False),
        ({"withhold_from": "other_ngos"}, {}, {"provider_code": None}, True),
        ({"withhold_from": "authorities"}, {}, {"service": "police"}, False),
        ({"withhold_from": "family"}, {}, {"service": "police"}, True),
        ({}, {"doc_date": "2025-11-19"}, {}, False),
    ],
)
def test_the_recorded_consent_says_whether_a_referral_is_covered(
    field: Field, consent: dict[str, str], header: dict[str, str], asked: dict[str, Any], ok: bool
) -> None:
    """Not the phone's word of the day: services refused, a body excluded, consent run out."""
    field.send("case", "c1", changed(CASE, {"consent": consent, "header": header}))
    field.send("followup", "f1", service(dealt(0, "DK"), "referred", **asked))

    assert field.one(tables.intervention)["consent_ok"] is ok
    assert ("consent_not_covering" in flags(field)) is not ok


def test_a_health_referral_is_due_before_the_clinical_limit(field: Field) -> None:
    """Fourteen days were given; the 72 h of the act come first, also once its day is edited; an act long past caps nothing."""
    recent = changed(CASE, {"acts": [act(1, violation="rape")], "incident": {"incident_date": "2026-11-19"}})
    field.send("case", "c1", recent)
    field.send("followup", "f1", service(dealt(0, "DK"), "planned", timeframe="14_days"))
    assert field.one(tables.intervention)["due_at"] == "2026-11-21T23:00:00.000000Z"

    old = changed(recent, {"incident": {"incident_date": "2026-10-01"}})
    field.send("case", "c1", old, edit=1)
    assert field.one(tables.intervention)["due_at"] == "2026-11-21T23:00:00.000000Z"

    field.send("case", "c2", old)
    field.send("followup", "f2", service(dealt(1, "DK"), "planned", timeframe="14_days"))
    due_at = {row["case_code"]: row["due_at"] for row in field.rows(tables.intervention)}
    assert due_at[dealt(1, "DK")] > "2026-12-03"


@pytest.mark.parametrize("first", ["2026-11-20", "2026-12-24", None])
@pytest.mark.parametrize("then", ["2026-11-20", "2026-11-23", "2026-12-24"])
def test_no_later_visit_and_no_day_to_come_moves_a_health_referral_behind_its_limit(
    field: Field, first: str | None, then: str
) -> None:
    """A limit that was ahead when the service was first asked for caps it for good, whatever day is typed."""
    recent = changed(CASE, {"acts": [act(1, violation="rape")], "incident": {"incident_date": "2026-11-19"}})
    field.send("case", "c1", recent)
    field.send("followup", "f1", service(dealt(0, "DK"), "planned", timeframe="14_days", requested_on=first))
    assert field.one(tables.intervention)["due_at"] == "2026-11-21T23:00:00.000000Z"
    field.later(days=3)
    field.send("followup", "f2", service(dealt(0, "DK"), "planned", timeframe="3_days", requested_on=then))

    assert field.one(tables.intervention)["due_at"] <= "2026-11-21T23:00:00.000000Z"


def test_a_visit_that_tells_the_same_request_again_gives_nobody_more_time(field: Field) -> None:
    """On the same day an hour later, and on the next day; a request of another day is another one."""
    field.send("case", "c1", CASE)
    at_once = service(dealt(0, "DK"), "planned", timeframe="1_hour")
    field.send("followup", "f1", at_once)
    due = field.one(tables.intervention)["due_at"]
    field.send("followup", "f2", at_once)
    assert field.one(tables.intervention)["due_at"] == due
    field.later(days=1)
    field.send("followup", "f3", at_once)
    assert field.one(tables.intervention)["due_at"] <= due
    field.send("followup", "f4", changed(at_once, {"intervention": {"requested_on": "2026-11-21"}}))

    assert field.one(tables.intervention)["due_at"] == instant(field.now + timedelta(minutes=30))


def test_a_follow_up_that_moves_to_another_case_takes_its_intervention_along(field: Field) -> None:
    """Both cases are built again."""
    field.send("case", "c1", CASE)
    field.send("case", "c2", CASE)
    field.send("followup", "f1", service(dealt(0, "DK"), "planned"))
    field.send("followup", "f1", service(dealt(1, "DK"), "planned"), edit=1)

    assert names(field.rows(tables.intervention), "case_code") == [(dealt(1, "DK"),)]


def test_risk_follows_assessment_and_follow_ups(field: Field) -> None:
    """Low, then growing: medium; and the case is rated again as of that visit."""
    field.send("case", "c1", CASE)
    up = changed(FOLLOWUP, {"header": {"case_code": dealt(0, "DK")}, "result": {"risk_change": "up"}})
    assert field.one(tables.case)["risk"] == "low"
    field.send("followup", "f1", up)

    assert field.one(tables.case)["risk"] == "medium"
