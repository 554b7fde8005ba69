"""What is taken back on a form, without a withdrawal: whoever got something hears of it, and what was kept is erased."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sync_scripts.register.alert_decisions.services import refer
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consents.doors import answer_for
from sync_scripts.register.disclosure.sharing import Asked
from sync_scripts.register.links.same import decide_person
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.agreeing import CODE, by, same_after_rebuild
from tests.register.beginnings import played_once
from tests.register.field import CASE, Field, changed, flags, known, service, victim
from tests.register.test_owed import case_with_directory

NO: dict[str, str | None] = {"c_services": "no", "c_document": "no", "c_refer_identity": None}


@pytest.fixture
@played_once
def field(register: Register) -> Field:
    """A case with a person who agreed to services, referred to a provider."""
    made = case_with_directory(register)
    made.send("case", "c1", CASE, edit=1)
    return made


def tasks(field: Field, kind: str) -> list[dict[str, Any]]:
    """Return the open tasks of a kind that a form raised."""
    rows = field.rows(tables.task)
    return [
        row
        for row in rows
        if row["kind"] == kind and row["done_at"] is None and row["variant"] == "taken_back"
    ]


def edited(field: Field, consent: dict[str, str | None], edit: int = 2) -> None:
    """Send the interview again with other answers to what she agrees to."""
    field.send("case", "c1", changed(CASE, {"consent": consent}), edit=edit)


def test_a_form_sent_again_with_a_no_is_told_like_a_withdrawal(field: Field) -> None:
    """Within a day, to the provider who has her data; what was kept to be documented is erased within thirty."""
    made = by(field, refer, CODE, "health", "PRE-01")
    edited(field, NO)
    (tell,), (erase,) = tasks(field, "tell_receiver"), tasks(field, "consent_purge")

    assert (tell["subject"], tell["due_at"]) == (
        f"intervention:{made.intervention}",
        instant(field.now + timedelta(hours=24)),
    )
    assert erase["due_at"] == instant(field.now + timedelta(days=30))
    assert same_after_rebuild(field)


def test_a_second_interview_that_refuses_is_told_once_both_are_one_person(field: Field) -> None:
    """Who refuses there is nobody who was referred, until somebody says so."""
    made = by(field, refer, CODE, "health", "PRE-01")
    said = {"victims": [victim(1, victim_uid="w1")], "consent": NO}
    field.send("case", "c2", known(CODE, changed(CASE, said)))
    assert tasks(field, "tell_receiver") == []
    by(field, decide_person, CODE, "V1", (CODE, "V3"), "same", reason="One voice")

    assert [row["subject"] for row in tasks(field, "tell_receiver")] == [f"intervention:{made.intervention}"]
    assert same_after_rebuild(field)


@pytest.mark.parametrize(
    ("consent", "told"),
    [
        ({"c_refer_identity": "health"}, False),  # legal was ticked before
        ({"c_refer_identity": "legal"}, True),
        ({"c_refer_identity": "no"}, True),
        ({"c_refer_identity": "health legal security"}, False),
        ({"withhold_from": "other_ngos"}, True),
        ({"withhold_from": "family"}, False),
        ({"c_stats": "no"}, False),
        ({"c_services": None}, True),
    ],
)
def test_less_than_before_is_told_only_where_it_rests_on_it(
    field: Field, consent: dict[str, str | None], told: bool
) -> None:
    """A purpose given for fewer services, or not for other organisations any more, was narrowed; counts concern no provider."""
    by(field, refer, CODE, "health", "PRE-01")
    edited(field, consent)

    assert (len(tasks(field, "tell_receiver")) == 1) is told
    assert tasks(field, "consent_purge") == []
    assert same_after_rebuild(field)


def test_who_says_no_at_the_beginning_of_the_form_takes_everything_back(field: Field) -> None:
    """Sent again as refused, with the code of the case: there is no person left in it, and the provider still has her data."""
    by(field, refer, CODE, "health", "PRE-01")
    field.send(
        "case",
        "c1",
        {
            "gate": {"interview_private": "yes", "consent_case": "no"},
            "header": {"case_known": "yes", "case_code": CODE},
        },
        edit=2,
    )

    assert len(tasks(field, "tell_receiver")) == 1
    assert same_after_rebuild(field)


def test_a_case_does_not_vanish_with_a_form_that_is_sent_again_as_refused(field: Field) -> None:
    """Nobody typed its code: the case was opened from this very form. Who has her data is told all the same; nothing leaves."""
    by(field, refer, CODE, "health", "PRE-01")
    field.send("case", "c1", {"gate": {"interview_private": "yes", "consent_case": "no"}}, edit=2)
    (row,) = field.rows(tables.case)
    with field.register.reading() as rows:
        leaves = answer_for(rows, CODE, Asked("referral", "other_ngo", service="health"), field.now).allowed

    assert (row["case_code"], field.rows(tables.person), leaves) == (CODE, [], False)
    assert len(tasks(field, "tell_receiver")) == 1
    assert "interviewee_changed" in flags(field)
    assert same_after_rebuild(field)


def test_a_form_that_was_refused_from_the_beginning_opens_no_case(field: Field) -> None:
    """Also when it is sent again as refused."""
    no = {"gate": {"interview_private": "yes", "consent_case": "no"}}
    field.send("case", "c9", no)
    field.send("case", "c9", no, edit=1)

    assert len(field.rows(tables.case)) == 1
    assert same_after_rebuild(field)


def test_a_yes_that_was_given_again_before_a_referral_is_told_nothing(field: Field) -> None:
    """Refused, agreed anew, and only then referred: the provider never had what she had taken back."""
    edited(field, NO)
    edited(field, {}, edit=3)
    by(field, decide.record, CODE, {"services": "yes", "document": "yes"}, reason="Asked again")
    by(field, refer, CODE, "health", "PRE-01")

    assert tasks(field, "tell_receiver") == []
    assert tasks(field, "consent_purge") == []
    assert same_after_rebuild(field)


def test_a_withdrawal_of_the_same_is_told_once(field: Field) -> None:
    """Written down first, and said on the form afterwards: one task, of the withdrawal."""
    by(field, refer, CODE, "health", "PRE-01")
    by(field, decide.withdraw, CODE, person="V1", reason="She called.")
    edited(field, NO)
    every = [row for row in field.rows(tables.task) if row["kind"] == "tell_receiver"]

    assert [row["workspace"] is not None for row in every] == [True]
    assert same_after_rebuild(field)


def test_a_transfer_is_told_once_of_everybody_who_refused_on_one_form(field: Field) -> None:
    """V1 and V2 are covered by one interview; whoever took the case over gets one call."""
    words: dict[str, Any] = {"receiver": "PRE-01", "accepted_on": date(2026, 11, 20), "reason": "x"}
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2)]}), edit=2)
    by(field, every_decision.move, CODE, "transferred", **words)
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), victim(2)], "consent": NO}), edit=3)

    assert len(tasks(field, "tell_receiver")) == 1
    assert len(tasks(field, "consent_purge")) == 2
    assert same_after_rebuild(field)


def test_a_referral_that_a_phone_reported_is_told_too(field: Field) -> None:
    """By whatever road the provider heard of her."""
    field.send("followup", "f1", service(CODE, "referred"))
    edited(field, NO)

    assert len(tasks(field, "tell_receiver")) == 1
    assert same_after_rebuild(field)
