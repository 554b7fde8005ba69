"""From forms that arrive to rows of the register: alerts, cases and what they share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.register import decisions, rebuild
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission
from tests.register.field import (
    ALERT,
    CASE,
    COORDINATOR,
    FOLLOWUP,
    Field,
    act,
    changed,
    dealt,
    flags,
    map_of,
    names,
    service,
    victim,
)


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register on SQLCipher."""
    return Field(sqlite_register)


def known(case_code: str, said: Any = CASE, **header: str) -> dict[str, Any]:
    """Return an interview that names its case."""
    return changed(said, {"header": {"case_known": "yes", "case_code": case_code, **header}})


# --- alerts -------------------------------------------------------------------------------------------------------


def test_an_alert_is_rated_and_stays_received(field: Field) -> None:
    """Pull computes the urgency; only a person makes it triaged."""
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    row = field.one(tables.alert)

    assert (row["state"], row["urgency"], row["urgency_decided"]) == ("received", "critical", None)
    assert row["code"] == dealt(0, "AL")
    assert row["contact_due_at"] == "2026-11-20T12:00:00.000000Z"
    assert sorted(names(field.rows(tables.task), "kind", "done_at")) == [
        ("first_action", None),
        ("first_contact", None),
        ("triage", None),
    ]
    assert row["contact_tag"] == 9
    assert (row["date_min"], row["date_max"], row["week"]) == ("2026-11-13", "2026-11-18", "2026-W47")


def test_a_refused_alert_is_dismissed_by_rule(field: Field) -> None:
    """No rating, no task, only its count; and nobody can take it up again."""
    field.send("alert", "r1", {"gate": {"consent_alert": "refused"}})
    row = field.one(tables.alert)

    assert (row["state"], row["urgency"], row["triaged_at"]) == ("dismissed", None, None)
    assert field.rows(tables.task) == []
    with pytest.raises(decisions.ConsentRefused):
        decisions.triage(field.register, row["code"], COORDINATOR, field.now, reason="again")


def test_consent_that_was_not_asked_must_be_asked_within_seven_days(field: Field) -> None:
    """Else what identifies must go."""
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    due = {row["kind"]: row["due_at"] for row in field.rows(tables.task)}

    assert due["consent_ask"] == "2026-11-27T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("ended", "expected"),
    [(-23, []), (-30, ["clock_skew"]), (30, ["clock_ahead"]), (3 * 365 * 24, ["clock_wrong"])],
)
def test_a_phone_whose_clock_is_off_by_more_than_a_day_is_remarked(
    field: Field, ended: int, expected: list[str]
) -> None:
    """Either way; three years off, the dates are counted from the time of arrival."""
    arrives = field.now + timedelta(hours=1)
    field.send("alert", "r1", ALERT, ended=arrives + timedelta(hours=ended))
    row = field.one(tables.alert)

    assert flags(field) == expected
    assert row["clock_skew_h"] == -ended
    if ended > 0:
        assert row["date_max"] == "2026-11-18"


def test_an_edit_is_rated_anew_but_keeps_code_and_clock(field: Field) -> None:
    """The deadline counts from the first arrival, and a person's decision stays."""
    field.send("alert", "r1", ALERT)
    before = field.one(tables.alert)
    decisions.triage(field.register, before["code"], COORDINATOR, field.later(), urgency="high")
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=1)
    after = field.one(tables.alert)

    assert (after["code"], after["urgency"], after["urgency_decided"]) == (before["code"], "critical", "high")
    assert after["date_min"] == before["date_min"]
    assert after["contact_due_at"] == "2026-11-21T09:00:00.000000Z"
    assert flags(field) == ["edited_after_triage"]


def test_one_submission_by_two_roads_is_one_alert_and_a_flag(field: Field) -> None:
    """Both raw rows are kept; the register counts once."""
    field.send("alert", "r1", ALERT)
    field.send("alert", "r1", ALERT, server="central")

    assert len(field.rows(submission)) == 2
    assert len(field.rows(tables.alert)) == 1
    assert flags(field) == ["two_roads"]


def test_an_edit_that_came_by_one_road_only_still_counts(field: Field) -> None:
    """Of two roads the one that holds the newer version is read."""
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=1, server="central")
    field.send("alert", "r1", ALERT, server="folder")

    assert field.one(tables.alert)["danger_now"] == "yes"


# --- cases --------------------------------------------------------------------------------------------------------


def test_a_documented_case_without_code_gets_one(field: Field) -> None:
    """The register opens a case for an interview that names none."""
    field.send("case", "c1", CASE)
    case = field.one(tables.case)

    assert case["case_code"] == dealt(0, "DK")
    assert (case["state"], case["region"], case["confidentiality"]) == ("open_intake", "CM007", "C2")
    assert names(field.rows(tables.person), "uid", "pseudonym", "kind") == [("v1", "V1", "woman")]
    assert names(field.rows(tables.act_victim), "act_uid", "person_uid") == [("a1", "v1")]
    assert sorted(names(field.rows(tables.need), "service", "rank")) == [("health", 2), ("legal", 1)]
    assert field.one(tables.assessment)["has_safety_plan"] is True
    assert flags(field) == []


def test_a_refused_interview_is_counted_and_opens_no_case(field: Field) -> None:
    """It holds stamps, privacy, script version and the refusal, and nothing else is made of it."""
    field.send("case", "c1", {"gate": {"interview_private": "yes", "consent_case": "no"}})

    assert field.rows(tables.case) == field.rows(tables.person) == field.rows(tables.task) == []
    assert field.one(tables.interview)["consent_case"] == "no"


def test_an_interview_joins_the_case_of_its_alert(field: Field) -> None:
    """No case code on the form, but an alert that was opened: that is the case."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    opened = decisions.open_case(field.register, alert, COORDINATOR, field.later(), owner="RD-01")
    field.send("case", "c1", changed(CASE, {"header": {"alert_code": alert}}))

    assert field.one(tables.case)["case_code"] == opened.case
    assert field.one(tables.case)["owner_code"] == "RD-01"
    assert flags(field) == []


def test_an_interview_that_names_a_waiting_alert_says_so(field: Field) -> None:
    """People link: the register opens a case and asks for the link; once linked, the flag is gone."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    field.send("case", "c1", changed(CASE, {"header": {"alert_code": alert}}))
    waiting = flags(field)
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    decisions.link(field.register, alert, dealt(0, "DK"), COORDINATOR, field.later())

    assert waiting == ["alert_without_case"]
    assert flags(field) == []


def test_a_form_that_names_an_alert_hears_what_becomes_of_it(field: Field) -> None:
    """The alert goes to another case: the form's own case is told, though nothing of it was touched."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    field.send("case", "c1", changed(CASE, {"header": {"alert_code": alert}}))
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    decisions.open_case(field.register, alert, COORDINATOR, field.later(), owner="RD-01", draw=field.draw)

    assert flags(field) == ["alert_elsewhere"]
    assert rebuild.check(field.register, field.later()).differing == ()


def test_a_code_that_nobody_opened_is_kept_with_a_flag(field: Field) -> None:
    """Nothing is lost because a list was lost; but somebody must look."""
    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": "DK-7Q2M4X-B"}}))
    field.send("followup", "f2", changed(FOLLOWUP, {"header": {"case_code": "no code"}}))

    assert names(field.rows(tables.case), "case_code") == [("DK-7Q2M4X-B",)]
    assert flags(field) == ["case_code_unreadable", "case_unknown"]
    assert len(field.rows(tables.followup)) == 2


def test_a_case_drawn_by_the_register_is_no_unknown_case(field: Field) -> None:
    """A follow-up on it raises no flag."""
    field.send("case", "c1", CASE)
    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": dealt(0, "DK")}}))

    assert flags(field) == []


def test_an_edit_can_move_an_interview_to_another_case(field: Field) -> None:
    """The case that is left has no rows any more, unless somebody had opened it."""
    field.send("case", "c1", CASE)
    field.send("case", "c2", CASE)
    field.send("case", "c1", known(dealt(1, "DK")), edit=1)

    assert names(field.rows(tables.case), "case_code") == [(dealt(1, "DK"),)]
    assert {row["case_code"] for row in field.rows(tables.person)} == {dealt(1, "DK")}
    field.send("case", "c1", CASE, edit=2)
    assert [row[0] for row in names(field.rows(tables.case), "case_code")] == [dealt(0, "DK"), dealt(1, "DK")]


# --- people and acts ----------------------------------------------------------------------------------------------


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


# --- consent ------------------------------------------------------------------------------------------------------


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


# --- urgency and what is due --------------------------------------------------------------------------------------


def test_a_case_is_as_urgent_as_its_most_urgent_alert_or_its_facts(field: Field) -> None:
    """Raising an alert raises its case at once."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)
    decisions.triage(field.register, alert["code"], COORDINATOR, field.later())
    decisions.open_case(field.register, alert["code"], COORDINATOR, field.later(), owner="RD-01")
    assert field.one(tables.case)["urgency"] == alert["urgency"]

    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=1)
    assert field.one(tables.case)["urgency"] == "critical"


def test_facts_alone_rate_a_case(field: Field) -> None:
    """A girl, violated two days before: critical, whatever else was answered."""
    said = changed(
        CASE,
        {
            "victims": [victim(1, age_band="12_17", victim_is_child="1")],
            "acts": [act(1, violation="rape")],
        },
    )
    field.send("case", "c1", said)
    case = field.one(tables.case)

    assert (case["urgency"], case["confidentiality"]) == ("critical", "C3")


def test_next_due_is_the_earliest_open_task(field: Field) -> None:
    """And it moves when that task is done."""
    field.send("case", "c1", CASE)
    assert field.one(tables.case)["next_due"] == "2026-12-04"
    open_tasks = {row["kind"] for row in field.rows(tables.task) if row["done_at"] is None}
    assert open_tasks == {"plan", "followup"}

    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": dealt(0, "DK")}}))
    assert field.one(tables.case)["next_due"] == "2026-12-01"


def test_whoever_visited_since_has_made_the_first_contact(field: Field) -> None:
    """A task of an alert is ended by the facts of its case."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    opened = decisions.open_case(field.register, alert, COORDINATOR, field.later(), owner="RD-01")
    before = {row["kind"]: row["done_at"] for row in field.rows(tables.task)}
    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": opened.case}}))
    after = {(row["kind"], row["origin"]): row["done_at"] for row in field.rows(tables.task)}

    assert before["first_contact"] is None
    assert before["first_action"] is not None
    assert after["first_contact", "triage"] is not None


# --- interventions ------------------------------------------------------------------------------------------------


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
    """Fourteen days were given; the 72 h of the act come first, and an act long past caps nothing."""
    recent = changed(CASE, {"acts": [act(1, violation="rape")], "incident": {"incident_date": "2026-11-19"}})
    field.send("case", "c1", recent)
    field.send("followup", "f1", service(dealt(0, "DK"), "planned", timeframe="14_days"))
    assert field.one(tables.intervention)["due_at"] == "2026-11-21T23:00:00.000000Z"

    old = changed(recent, {"incident": {"incident_date": "2026-10-01"}})
    field.send("case", "c1", old, edit=1)
    assert field.one(tables.intervention)["due_at"] > "2026-12-03"


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


# --- nothing sealed -----------------------------------------------------------------------------------------------


def test_no_sealed_answer_is_in_any_table(field: Field) -> None:
    """Every question of level 3 of the three forms answered with a mark that appears nowhere."""
    mark = "canary-K7Q4-words"
    for form, base in (("alert", ALERT), ("case", CASE), ("followup", FOLLOWUP)):
        said: dict[str, Any] = changed(base)
        for asked in map_of(form).questions:
            if asked.level == 3 and len(asked.path) > 1:
                where = said.setdefault(asked.path[0], {})
                where = where[0] if isinstance(where, list) else where
                for name in asked.path[1:-1]:
                    where = where.setdefault(name, {})
                where[asked.path[-1]] = mark
        if form == "followup":
            said = changed(said, {"header": {"case_code": dealt(0, "DK")}})
        field.send(form, f"{form}-1", said)
    everything = str(field.everything()) + str(field.rows(submission))

    assert len(field.rows(tables.torture)) == len(field.rows(tables.shelter)) == 1
    assert mark not in everything
