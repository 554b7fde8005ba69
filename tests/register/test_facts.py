"""What the register makes of people, acts and consents: uids decide, never positions or numbers."""

from __future__ import annotations

import pytest

from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import (
    CASE,
    Field,
    act,
    changed,
    dealt,
    flags,
    known,
    names,
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
