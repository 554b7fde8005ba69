"""A correction lies over a collected value: the rules see it, both are shown, and the form's version is untouched."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync_scripts.errors import UsageProblem
from sync_scripts.register.lifecycle.errors import ReasonMissing
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission
from tests import every_decision
from tests.decisions.test_verified import informed
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.field import CASE, FOLLOWUP, act, changed, victim


@pytest.fixture
def work(register: Register) -> Work:
    """A register with one case."""
    return begin(register)


def raw(work: Work) -> list[str]:
    """Return what the forms say."""
    with work.field.register.reading() as rows:
        return list(rows.execute(select(submission.c.open_part).order_by(submission.c.root_id)).scalars())


def test_a_corrected_alert_is_rated_again_and_a_decided_level_stands(work: Work) -> None:
    """The rules' result follows the facts; the person's level is never overwritten."""
    before = raw(work)
    assert work.alert()["urgency"] == "medium"
    done = work.do(every_decision.correct, ALERT_CODE, "alert.danger_now", "yes", reason="She called")
    row = work.field.one(tables.correction)

    assert (done.was, done.now) == ("no", "yes")
    assert (work.alert()["danger_now"], work.alert()["urgency"]) == ("yes", "critical")
    assert (row["was"], row["value"], row["corrected_by"], row["proof"]) == ("no", "yes", "CO-01", "key")
    assert raw(work) == before
    assert work.case()["urgency"] == "critical"
    assert work.sound()
    work.do(every_decision.restore, ALERT_CODE, "alert.danger_now", reason="It was yesterday's news")
    assert (work.alert()["danger_now"], work.alert()["urgency"]) == ("no", "medium")
    assert work.field.rows(tables.correction) == []


def test_a_human_level_outlasts_a_correction(work: Work) -> None:
    """Facts that are corrected change what the rules say and nothing that a person said."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="Checked on the spot")
    work.do(every_decision.correct, CASE_CODE, "assessment.suicide_risk", "yes", reason="The nurse said")

    assert (work.case()["urgency"], work.case()["urgency_decided"]) == ("critical", "low")


def test_a_person_of_several_is_named_by_pseudonym(work: Work) -> None:
    """V2 is meant, and V1 stays; without a name the refusal lists who there is."""
    said = {
        "victims": [victim(1), victim(2)],
        "acts": [act(1, "V1 V2")],
        "header": {"alert_code": ALERT_CODE},
    }
    work.field.send("case", "c1", changed(CASE, said), edit=1)
    known = work.refused(
        every_decision.SeveralMeant, every_decision.correct, CASE_CODE, "person.sex", "m", reason="x"
    )
    assert "person.V2" in known
    work.do(every_decision.correct, CASE_CODE, "person.V2.sex", "m", reason="The interviewer called")

    people = {row["pseudonym"]: (row["sex"], row["kind"]) for row in work.field.rows(tables.person)}
    assert people == {"V1": ("f", "woman"), "V2": ("m", "man")}


def test_a_case_code_typed_wrong_on_a_form_is_corrected(work: Work) -> None:
    """The form goes to its case: the correction decides where it is filed."""
    work.field.send("case", "c2", changed(CASE, {"header": {"case_code": "DK-ABC123-7"}}))
    (lost,) = [row for row in work.field.rows(tables.case) if row["case_code"] != CASE_CODE]
    work.do(every_decision.correct, lost["case_code"], "interview.case_code", CASE_CODE, reason="Misread")

    filed = {row["root_id"]: row["case_code"] for row in work.field.rows(tables.filing)}
    assert filed["c2"] == CASE_CODE


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("person.V1.full_name", "Nobody", every_decision.NotCorrectable),
        ("person.V1.pseudonym", "V9", every_decision.NotCorrectable),
        ("case.state", "closed", every_decision.NotCorrectable),
        ("nothing", "x", every_decision.NotCorrectable),
        ("act.A9.violation", "threat", every_decision.ThingUnknown),
        ("act.A1.violation", "made_up", every_decision.CodeNotListed),
        ("incident.date", "20.11.2026", every_decision.NotCorrectable),
    ],
)
def test_what_cannot_be_corrected_is_refused(
    work: Work, path: str, value: str, why: type[UsageProblem]
) -> None:
    """Sealed, derived or decided values, codes of no list, dates that cannot be read, records that are not there."""
    work.refused(why, every_decision.correct, CASE_CODE, path, value, reason="x")


def test_a_correction_needs_its_reason_and_can_take_an_answer_away(work: Work) -> None:
    """An empty value is one, too."""
    work.refused(ReasonMissing, every_decision.correct, CASE_CODE, "incident.place_type", "road", reason="")
    work.refused(
        every_decision.NotCorrected, every_decision.restore, CASE_CODE, "incident.place_type", reason="x"
    )
    work.do(every_decision.correct, CASE_CODE, "incident.place_type", "", reason="Nobody knows")

    assert work.field.one(tables.incident)["place_type"] is None


def test_what_stands_already_is_no_correction(work: Work) -> None:
    """Neither over what the form says nor over a correction is anything written; going back to the form's answer is."""

    def same(value: str) -> None:
        before, count = work.field.everything(), len(work.events())
        done = work.do(every_decision.correct, CASE_CODE, "person.sex", value, reason="x")
        assert (done.was, done.now) == (value, value)
        assert (work.field.everything(), len(work.events())) == (before, count)

    same("f")
    work.do(every_decision.correct, CASE_CODE, "person.sex", "m", reason="The interviewer called")
    same("m")
    back = work.do(every_decision.correct, CASE_CODE, "person.sex", "f", reason="A slip")

    assert (back.was, back.now) == ("m", "f")
    assert work.field.one(tables.person)["sex"] == "f"
    work.refused(ReasonMissing, every_decision.correct, CASE_CODE, "person.sex", "f", reason="")


def test_an_incident_is_verified_with_its_day_and_person(work: Work) -> None:
    """And what was verified can be doubted again."""
    work.refused(every_decision.CodeNotListed, every_decision.verify, CASE_CODE, "sure", reason="x")
    work.refused(
        every_decision.ThingUnknown, every_decision.verify, CASE_CODE, "verified", reason="x", number=2
    )
    informed(work, "victim", "witness")
    work.do(every_decision.verify, CASE_CODE, "verified", reason="Two witnesses")
    row = work.field.one(tables.incident)
    assert (row["verification"], row["verified_by"]) == ("verified", "CO-01")
    assert row["verified_on"] == work.field.now.date().isoformat()
    assert work.sound()
    work.do(every_decision.verify, CASE_CODE, "likely", reason="One took it back")

    assert work.field.one(tables.incident)["verified_on"] is None


# --- what the form would not take ---------------------------------------------------------------------------------


ARRESTED = "2026-11-20T06:00:00.000+01:00"


@pytest.fixture
def held(work: Work) -> Work:
    """A case in which somebody was arrested, twice, and a hearing is to come."""
    acts = [
        act(1, violation="arrest_arbitrary", detention={"arrested_at": ARRESTED, "legal_basis": "flagrante"}),
        act(2, violation="arrest_arbitrary", detention={"arrested_at": ARRESTED, "legal_basis": "flagrante"}),
    ]
    said = changed(CASE, {"acts": acts, "header": {"alert_code": ALERT_CODE}})
    work.field.send("case", "c1", said, edit=1)
    for number in (1, 2):
        legal = {"legal_step": "hearing", "court": "tgi", "hearing_at": "2026-12-10T09:00:00.000+01:00"}
        header = {"case_code": CASE_CODE, "fu_type": "legal"}
        work.field.send("followup", f"f{number}", changed(FOLLOWUP, {"header": header, "legal": legal}))
    return work


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("detention.A1.arrested_at", "2031-01-01", "2026-11-25T08:30"),
        ("detention.A1.arrested_at", "2031-01-01T08:00", "still to come"),
        ("detention.A1.arrested_at", "2026-11-20", "2026-11-25T08:30"),
        ("detention.A1.arrested_at", "1902-11-20T08:00", "120 years"),
        ("detention.A1.released_on", "2027-01-01", "still to come"),
        ("detention.A1.released_on", "2026-11-18", "not before the arrest"),
        ("detention.A2.prosecutor_seen_on", "2026-11-18", "not before the arrest"),
        ("legal_event.1.hearing_at", "2076-12-10T09:00", "too far ahead"),
        ("incident.date", "2027-01-01", "still to come"),
        ("incident.date", "1600-01-01", "is not allowed"),
        ("person.V1.age", "130", "0 to 120"),
        ("person.V1.age", "-1", "0 to 120"),
        ("interview.prior_interviews", "51", "0 to 50"),
    ],
)
def test_what_the_form_would_refuse_no_correction_brings(
    held: Work, path: str, value: str, words: str
) -> None:
    """The form's own limits count, and its own words are said; what cannot lie ahead never does."""
    why = (every_decision.ValueImpossible, every_decision.NotCorrectable)
    said = held.refused(why, every_decision.correct, CASE_CODE, path, value, reason="x")

    assert words in said


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("detention.A1.arrested_at", "2026-11-20T05:00"),
        ("detention.A1.released_on", "2026-11-20"),
        ("legal_event.2.hearing_at", "2026-12-20T09:00"),
        ("person.V1.age", "120"),
        ("incident.date", "2026-11-19"),
    ],
)
def test_what_the_form_would_take_is_corrected(held: Work, path: str, value: str) -> None:
    """A hearing lies ahead by nature; everything else up to now."""
    held.do(every_decision.correct, CASE_CODE, path, value, reason="x")


def test_of_several_none_is_guessed(held: Work) -> None:
    """The refusal lists them, each as it is typed; a detention is called as its act."""
    said = held.refused(
        every_decision.SeveralMeant,
        every_decision.correct,
        CASE_CODE,
        "detention.legal_basis",
        "none",
        reason="x",
    )
    assert "detention.A1.legal_basis, detention.A2.legal_basis" in said
    said = held.refused(
        every_decision.ThingUnknown,
        every_decision.correct,
        CASE_CODE,
        "detention.A9.legal_basis",
        "none",
        reason="x",
    )
    assert "detention.A2.legal_basis" in said
    said = held.refused(
        every_decision.ThingUnknown, every_decision.correct, CASE_CODE, "closure.reason", "x", reason="x"
    )
    assert "detention" in said
    held.do(every_decision.correct, CASE_CODE, "legal_event.2.court", "tpi", reason="Misread")

    assert [row["court"] for row in held.field.rows(tables.legal_event)] == ["tgi", "tpi"]


def test_a_correction_pushes_no_deadline_back(held: Work) -> None:
    """Neither arrest nor basis nor hearing: what was due by the form stays due, and so does the level."""

    def due() -> dict[tuple[str, str], str]:
        rows = held.field.rows(tables.task)
        kinds = {"custody_limit", "hearing"}
        return {(row["subject"], row["task_id"]): row["due_at"] for row in rows if row["kind"] in kinds}

    before, level = due(), held.case()["urgency"]
    limits = [row["lawful_until"] for row in held.field.rows(tables.detention)]
    for act_name in ("A1", "A2"):
        path = f"detention.{act_name}"
        held.do(every_decision.correct, CASE_CODE, f"{path}.arrested_at", "2026-11-20T14:00", reason="x")
        held.do(every_decision.correct, CASE_CODE, f"{path}.legal_basis", "terrorism", reason="x")
    held.do(every_decision.correct, CASE_CODE, "legal_event.1.hearing_at", "2027-03-10T09:00", reason="x")
    held.do(every_decision.correct, CASE_CODE, "legal_event.2.hearing_at", "", reason="x")
    after = due()

    assert before
    assert all(after[place] <= at for place, at in before.items())
    assert any(at.startswith("2027-03-03") for at in after.values()), "the later hearing is recalled, too"
    assert [row["lawful_until"] for row in held.field.rows(tables.detention)] == limits
    assert held.case()["urgency"] == level
    assert {row["arrested_at"] for row in held.field.rows(tables.detention)} == {
        "2026-11-20T13:00:00.000000Z"
    }


def test_taking_back_names_what_is_corrected(held: Work) -> None:
    """Nothing lies there: the refusal names what could be taken back."""
    assert "has no corrections" in held.refused(
        every_decision.NotCorrected, every_decision.restore, CASE_CODE, "incident.place_type", reason="x"
    )
    held.do(every_decision.correct, CASE_CODE, "detention.A2.legal_basis", "none", reason="x")
    said = held.refused(
        every_decision.NotCorrected, every_decision.restore, CASE_CODE, "incident.place_type", reason="x"
    )

    assert "detention.A2.legal_basis" in said
