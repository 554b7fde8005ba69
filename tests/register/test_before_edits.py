"""No level and no risk of a case falls by an edit on a phone alone: it stays, somebody looks, a person lowers it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.register.building import build
from sync_scripts.register.case.flags import in_words
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.consents.errors import LookedAtByAnother
from sync_scripts.register.purging.person import erase_person
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import OWNER, SUPERVISOR, Work
from tests.register.field import ALERT, CASE, FOLLOWUP, Field, Said, act, changed, dealt, known, told

CODE, OTHER = dealt(0, "DK"), dealt(1, "DK")
KIND = "urgency_check"
TYPED = Actor("SU-01", "claimed")
RAPE = changed(CASE, {"acts": [act(1, violation="rape")]})
LESS = CASE
"""The same interview with a threat in the place of the rape."""


def a_case(register: Register) -> Work:
    """Return a critical case of nothing but its interview, in somebody's charge."""
    made = Work(Field(register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        made.do(every_decision.name_worker, code, roles)
    made.field.send("case", "c1", RAPE)
    made.do(every_decision.assign, CODE, "RD-01")
    return made


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Give a critical case."""
    return a_case(sqlite_register)


def looks(work: Work, code: str = CODE) -> list[tuple[str, str, bool]]:
    """Return what the tasks of a case ask about: by the forms now, as it stands, and whether that is done."""
    rows = [
        row for row in work.field.rows(tables.task) if (row["kind"], row["subject"]) == (KIND, f"case:{code}")
    ]
    return [(row["level"], row["was"], row["done_at"] is not None) for row in rows]


def remarks(work: Work) -> list[str]:
    """Return what is said of the risk."""
    return [told(row) for row in work.field.rows(tables.flag) if row["code"] == "risk_kept"]


def test_an_edit_that_drops_an_act_leaves_the_level(register: Register) -> None:
    """Within a day somebody decides; both values are in the task. On both databases a rebuild comes to the same."""
    work = a_case(register)
    assert (work.case()["urgency"], looks(work)) == ("critical", [])
    work.field.send("case", "c1", LESS, edit=1)
    (look,) = work.tasks(KIND)

    assert work.case()["urgency"] == "critical"
    assert looks(work) == [("medium", "critical", False)]
    assert look["due_at"] == instant(work.field.now + timedelta(days=1))
    assert look["assigned_to"] == "RD-01"
    assert work.sound()


def test_both_versions_in_one_page_come_to_the_same(work: Work) -> None:
    """A phone that was offline sends the form and its edit together."""
    work.field.send("case", "c2", known("DK-X", RAPE), build_it=False)
    work.field.send("case", "c2", known("DK-X", LESS), edit=1, build_it=False)
    with work.field.register.writing() as rows:
        build.apply(rows, [("case", "c2")], work.field.draw, work.field.now)

    assert work.case(OTHER)["urgency"] == "critical"
    assert looks(work, OTHER) == [("medium", "critical", False)]


def test_a_proved_person_lowers_it(work: Work) -> None:
    """With a reason; whoever only typed a code neither lowers it nor says that somebody looked."""
    work.field.send("case", "c1", LESS, edit=1)
    work.refused(
        every_decision.OwnHandMissing, every_decision.set_urgency, CODE, "medium", reason="x", by=TYPED
    )
    work.refused(every_decision.OwnHandMissing, every_decision.end_task, CODE, KIND, reason="x", by=TYPED)
    work.do(every_decision.set_urgency, CODE, "medium", reason="The enumerator chose the wrong act", by=OWNER)

    assert (work.case()["urgency"], work.case()["urgency_decided"]) == ("medium", "medium")
    assert looks(work) == [("medium", "critical", True)]


def test_what_a_person_had_decided_is_not_asked_again(work: Work) -> None:
    """The edit takes nothing away from a level that somebody set."""
    work.do(every_decision.set_urgency, CODE, "high", reason="She is safe", by=OWNER)
    work.field.send("case", "c1", LESS, edit=1)

    assert (work.case()["urgency"], work.case()["urgency_decided"], looks(work)) == ("medium", "high", [])


def test_a_further_edit_asks_only_for_what_it_takes_away(work: Work) -> None:
    """Who looked at the first has looked; what comes back asks nothing any more."""
    work.field.send("case", "c1", LESS, edit=1)
    work.do(every_decision.end_task, CODE, KIND, reason="Asked the enumerator", by=SUPERVISOR)
    work.field.send("case", "c1", changed(LESS, {"header": {"interview_language": "eng"}}), edit=2)
    assert looks(work) == [("medium", "critical", True)]
    work.field.send("case", "c1", RAPE, edit=3)

    assert (work.case()["urgency"], looks(work)) == ("critical", [])


def test_a_correction_is_a_persons_word(work: Work) -> None:
    """It lowers what the rules say, also of what an earlier version had said; taken back, that stands again."""
    work.do(every_decision.correct, CODE, "act.A1.violation", "threat", reason="Misheard")
    assert work.case()["urgency"] == "medium"
    work.field.send("case", "c1", changed(LESS, {"header": {"interview_language": "eng"}}), edit=1)
    assert (work.case()["urgency"], looks(work)) == ("medium", [])
    work.do(every_decision.restore, CODE, "act.A1.violation", reason="It was one")

    assert (work.case()["urgency"], looks(work)) == ("critical", [("medium", "critical", False)])


def test_what_raises_it_counts_at_once(work: Work) -> None:
    """An edit that adds asks nobody."""
    work.field.send("case", "c2", known("DK-X", LESS))
    assert work.case(OTHER)["urgency"] == "medium"
    work.field.send("case", "c2", known("DK-X", RAPE), edit=1)

    assert (work.case(OTHER)["urgency"], looks(work, OTHER)) == ("critical", [])


def test_a_form_that_goes_to_another_case_takes_no_level_along(work: Work) -> None:
    """The case that it leaves stays as urgent; somebody looks at it."""
    work.field.send("case", "c2", known(CODE, LESS))
    work.field.send("case", "c3", known("DK-X", LESS))
    work.field.send("case", "c1", known(OTHER, RAPE), edit=1)

    assert work.case()["urgency"] == "critical"
    assert looks(work) == [("medium", "critical", False)]
    assert work.case(OTHER)["urgency"] == "critical"


def test_a_further_edit_gives_nobody_more_time(work: Work) -> None:
    """The look is due from the first one that nobody has decided about."""
    work.field.send("case", "c2", known(CODE, LESS))
    work.field.send("case", "c3", known("DK-X", LESS))
    work.field.send("case", "c1", LESS, edit=1)
    (before,) = work.tasks(KIND)
    work.field.send("case", "c2", known(OTHER, LESS), edit=1)
    (after,) = work.tasks(KIND)

    assert (work.case()["urgency"], after["due_at"]) == ("critical", before["due_at"])


def test_a_person_who_moves_a_form_decides_that(work: Work) -> None:
    """The correction of its case says what the case is without it."""
    work.field.send("case", "c2", known(CODE, LESS))
    work.field.send("case", "c3", known("DK-X", LESS))
    work.do(every_decision.correct, CODE, "interview.1.case_code", OTHER, reason="The other woman")

    assert (work.case()["urgency"], looks(work)) == ("medium", [])


def test_an_alert_of_the_case_that_is_edited_down_lowers_nothing_either(sqlite_register: Register) -> None:
    """As long as nobody rated it by hand."""
    work = Work(Field(sqlite_register))
    work.do(every_decision.name_worker, "RD-01", "case_owner")
    work.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    work.do(every_decision.triage, dealt(0, "AL"))
    work.do(every_decision.open_case, dealt(0, "AL"), owner="RD-01")
    assert work.case()["urgency"] == "critical"
    work.field.send("alert", "r1", ALERT, edit=1)

    assert work.case()["urgency"] == "critical"
    assert looks(work) == [("medium", "critical", False)]
    assert work.sound()


def test_an_edit_that_was_read_after_the_alert_became_a_case_lowers_nothing(
    sqlite_register: Register,
) -> None:
    """A server had it before the case was opened; whoever opened it had read a critical alert."""
    work = a_case(sqlite_register)
    work.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    work.do(every_decision.triage, dealt(0, "AL"))
    at = work.field.later()
    code = work.do(every_decision.open_case, dealt(0, "AL"), owner="RD-01").case
    work.field.send("alert", "r1", ALERT, edit=1, received=at)
    assert work.case(code)["urgency"] == "critical"
    assert [(stands, done) for _now, stands, done in looks(work, code)] == [("critical", False)]
    assert work.sound()


@pytest.mark.parametrize("how", ["edited", "corrected"])
def test_what_was_urgent_before_is_not_erased_by_one_person(sqlite_register: Register, how: str) -> None:
    """Whoever wrote down that she takes everything back erases it only with somebody else who looked."""
    work = a_case(sqlite_register)
    if how == "edited":
        work.field.send("case", "c1", LESS, edit=1)
    else:
        work.do(every_decision.correct, CODE, "act.A1.violation", "threat", reason="Misheard")
    work.do(withdraw, CODE, reason="She called")
    work.refused(LookedAtByAnother, erase_person, CODE, "V1", reason="she asked")
    work.do(erase_person, CODE, "V1", reason="she asked", by=SUPERVISOR)


# --- risk ---------------------------------------------------------------------------------------------------------


def afraid(risk: str) -> dict[str, object]:
    """Return the interview with a risk of retaliation."""
    return changed(CASE, {"risk": {"retaliation_risk": risk}})


def test_a_risk_does_not_fall_by_an_edit(work: Work) -> None:
    """It stays, a remark has both values in words, and a correction lowers it."""
    work.field.send("case", "c2", known("DK-X", afraid("high")))
    work.field.send("case", "c2", known("DK-X", afraid("low")), edit=1)
    assert work.case(OTHER)["risk"] == "high"
    assert remarks(work) == ["risk_kept|high|low"]
    words = in_words({"code": "risk_kept", "detail": "high", "now": "low"})
    assert words.index("Low") < words.index("High"), "as the forms are now, and as it stands"
    work.do(every_decision.correct, OTHER, "assessment.retaliation_risk", "low", reason="Asked again")

    assert (work.case(OTHER)["risk"], remarks(work)) == ("low", [])


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("followup", changed(FOLLOWUP, {"header": {"case_code": CODE}, "result": {"risk_change": "low"}})),
        ("case", known("DK-X", afraid("up"))),
    ],
)
def test_a_word_of_the_other_list_says_nothing_and_stops_nothing(work: Work, form: str, said: Said) -> None:
    """A form that somebody adapted may ask with other words; the case is built all the same."""
    work.field.send(form, "x1", said)


def test_an_assessment_that_an_edit_takes_away_leaves_its_risk(work: Work) -> None:
    """Nothing said is less than low, too."""
    work.field.send("case", "c2", known("DK-X", afraid("high")))
    work.field.send("case", "c2", known("DK-X", {**afraid("high"), "risk": {}}), edit=1)

    assert (work.case(OTHER)["risk"], remarks(work)) == ("high", ["risk_kept|high"])


def test_a_visit_that_is_edited_lowers_no_risk(work: Work) -> None:
    """What one version called higher was higher; a new visit lowers it as ever."""

    def visit(root: str, change: str, edit: int = 0) -> None:
        said = changed(FOLLOWUP, {"header": {"case_code": CODE}, "result": {"risk_change": change}})
        work.field.send("followup", root, said, edit=edit)

    visit("f1", "up")
    assert work.case()["risk"] == "medium"
    visit("f1", "down", edit=1)
    assert (work.case()["risk"], remarks(work)) == ("medium", ["risk_kept|medium|low"])
    visit("f2", "down")

    assert work.case()["risk"] == "low"
