"""A form never keeps a case less closely by itself: it waits for people, and every door sees the stricter class meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from sync_scripts.cli.work.history import due
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.gather import work as working
from sync_scripts.publish.audiences import Audience, may_leave
from sync_scripts.publish.lists import cases_of
from sync_scripts.register.case_decisions.joint_opening import closely_kept, leave_needed
from sync_scripts.register.consents.confidentiality import Asked, Closeness, LessAsked, asked_in, in_force
from sync_scripts.register.history.person_decisions import KEEP
from sync_scripts.register.policy.measure import Rating, Statement
from sync_scripts.register.queries.pages import case_view
from sync_scripts.register.queries.views import cases
from sync_scripts.register.rules.kinds import label
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, FOLLOWUP, act, changed, dealt, victim

OTHER_CASE = dealt(1, "DK")


def asks(level: str | None, *more: Any, case: str | None = CASE_CODE) -> dict[str, Any]:
    """Return the interview of a case that asks for a class."""
    header = {"case_known": "yes", "case_code": case}
    return changed(CASE, {"header": header, "consent": {"confidentiality": level}}, *more)


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A case opened from an alert, its interview asking for C4."""
    made = begin(sqlite_register, consent=False)
    made.field.send("case", "c1", asks("C4"))
    assert made.case()["confidentiality"] == "C4"
    return made


def level(work: Work, code: str = CASE_CODE) -> str:
    """Return how closely a case is kept."""
    return str(work.case(code)["confidentiality"])


def waits(work: Work, code: str = CASE_CODE) -> LessAsked | None:
    """Return what waits for a decision, None for nothing."""
    open_ones = (row for row in work.tasks("confidentiality_check") if row["subject"] == f"case:{code}")
    return next((asked_in(row) for row in open_ones), None)


# --- by an edit ---------------------------------------------------------------------------------------------------


def test_an_edit_that_asks_for_less_waits_for_two_people(work: Work) -> None:
    """The task says which class, since when and by whose code; with C4 one person proposes and another one signs."""
    work.field.send("case", "c1", asks("C2", {"header": {"documenter_code": "EN-07"}}), edit=1)

    assert level(work) == "C4"
    asked = waits(work)
    assert asked is not None
    assert (asked.asked, asked.who) == ("C2", "EN-07")
    assert asked.at == work.field.rows(tables.filing)[-1]["received_at"]
    proposed = work.do(every_decision.set_confidentiality, CASE_CODE, "C2", reason="She speaks in public now")
    assert (proposed.written, level(work)) == (False, "C4")
    work.do(every_decision.sign, proposed.proposal, by=SUPERVISOR)
    assert (level(work), waits(work)) == ("C2", None)


RAPE = {"acts": [act(1, violation="rape")]}


@pytest.mark.parametrize(("comes", "stands"), [("before", "C2"), ("between", "C3"), ("after", "C3")])
def test_two_people_lower_below_what_the_facts_ask_for_what_both_had_read(
    work: Work, comes: str, stands: str
) -> None:
    """What an edit tells between proposal and signature the first of them had not seen: it counts."""
    work.field.send("case", "c1", asks("C2"), edit=1)
    work.do(every_decision.set_confidentiality, CASE_CODE, "C4")

    def tell(when: str) -> None:
        if when == comes:
            work.field.send("case", "c1", asks("C2", RAPE), edit=2)

    tell("before")
    made = work.do(every_decision.set_confidentiality, CASE_CODE, "C2", reason="She speaks in public now")
    tell("between")
    assert level(work) == "C4", "one person lowers nothing"
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    tell("after")

    assert (level(work), waits(work)) == (stands, None)


def test_an_edit_that_asks_for_more_counts_at_once_also_after_a_decision(work: Work) -> None:
    """And what was asked once more after two people had lowered it is not taken for what they had seen."""
    work.field.send("case", "c1", asks("C2"), edit=1)
    work.do(
        every_decision.sign,
        work.do(every_decision.set_confidentiality, CASE_CODE, "C2", reason="x").proposal,
        by=SUPERVISOR,
    )
    work.field.send("case", "c1", asks("C4"), edit=2)
    assert level(work) == "C4"
    work.field.send("case", "c1", asks("C3"), edit=3)
    asked = waits(work)
    assert (level(work), asked and asked.asked) == ("C4", "C3")
    again = work.do(every_decision.set_confidentiality, CASE_CODE, "C2", reason="x")
    work.do(every_decision.sign, again.proposal, by=SUPERVISOR)
    assert level(work) == "C2", "what was decided before is decided once more, and not taken for standing"


def test_from_c3_one_proved_person_decides(sqlite_register: Register) -> None:
    """A child of whom a later version says that she is grown up; a code that was typed decides nothing."""
    work = begin(sqlite_register, consent=False)
    girl = victim(1, age_band="12_14", victim_is_child="1")
    work.field.send("case", "c1", asks("C1", {"victims": [girl]}))
    assert level(work) == "C3"
    work.field.send("case", "c1", asks("C1", {"victims": [victim(1)]}), edit=1)

    assert level(work) == "C3"
    asked = waits(work)
    assert asked is not None
    assert asked.asked == "C1"
    decide = (every_decision.set_confidentiality, CASE_CODE, "C1")
    work.refused(every_decision.OwnHandMissing, *decide, by=Actor("CO-01", "claimed"), reason="x")
    assert work.do(*decide, reason="Her papers were seen").written
    assert (level(work), waits(work)) == ("C1", None)
    assert work.sound()


def test_an_alert_that_is_moved_away_lowers_nothing(register: Register) -> None:
    """The case was C3 because of the child that it told of; anybody may move an alert, and a proved person lowers the case."""
    work = begin(register, consent=False)
    work.field.send("alert", "r2", changed(ALERT, {"who": {"victim_kind": "girl"}}))
    work.do(every_decision.triage, dealt(1, "AL"))
    work.do(every_decision.link, dealt(1, "AL"), CASE_CODE)
    work.field.send("case", "c1", asks("C1"))
    assert level(work) == "C3"
    work.field.send("alert", "r3", ALERT)
    work.do(every_decision.triage, dealt(2, "AL"))
    work.do(every_decision.open_case, dealt(2, "AL"), owner="RD-02")
    work.do(
        every_decision.move_alert,
        dealt(1, "AL"),
        OTHER_CASE,
        by=Actor("RD-02", "claimed"),
        reason="Another girl",
    )

    asked = waits(work)
    assert (level(work), asked and asked.asked) == ("C3", "C1")
    assert work.sound()
    work.do(every_decision.set_confidentiality, CASE_CODE, "C1", reason="It was about somebody else")
    assert (level(work), waits(work)) == ("C1", None)
    assert work.sound()


def test_whoever_leaves_it_at_that_is_not_asked_again(work: Work) -> None:
    """By ending the task or by deciding for the class that is in force; a further edit asks anew."""
    work.field.send("case", "c1", asks("C3"), edit=1)
    work.do(every_decision.end_task, CASE_CODE, "confidentiality_check", reason="It stays so")
    assert (level(work), waits(work)) == ("C4", None)
    work.field.send("case", "c1", asks("C2"), edit=2)
    assert waits(work) is not None
    assert work.do(every_decision.set_confidentiality, CASE_CODE, "C4").written
    assert (level(work), waits(work)) == ("C4", None)


def test_both_versions_in_one_page_come_to_the_same(sqlite_register: Register) -> None:
    """What the register never showed was asked for all the same."""
    work = begin(sqlite_register, consent=False)
    work.field.send("case", "c1", asks("C4"), build_it=False)
    work.field.send("case", "c1", asks("C1"), edit=1)

    assert level(work) == "C4"
    assert work.sound()


def test_an_alert_changed_on_the_phone_lowers_nothing(sqlite_register: Register) -> None:
    """Where it alone asked for C3; and the code of whoever reported it is named."""
    work = begin(sqlite_register, consent=False)
    work.field.send("alert", "r1", changed(ALERT, {"what": {"alert_icon": "sexual"}}), edit=1)
    work.field.send("case", "c1", asks("C1"))
    assert level(work) == "C3"
    work.field.send("alert", "r1", ALERT, edit=2)

    asked = waits(work)
    assert (level(work), asked and (asked.asked, asked.who)) == ("C3", ("C1", "PF-01"))
    assert work.sound()


def test_the_first_answer_sets_the_class(sqlite_register: Register) -> None:
    """C3 while nobody asked for anything is nobody's wish."""
    work = begin(sqlite_register, consent=False)
    assert level(work) == "C3"
    work.field.send("case", "c1", asks("C1"))

    assert (level(work), waits(work)) == ("C1", None)


def test_what_a_form_asks_for_is_news_though_another_one_had_named_no_class(
    sqlite_register: Register,
) -> None:
    """C3 where an edit names no class any more is asked for by nobody: a rape that another form tells of later is not known by it."""
    work = begin(sqlite_register, consent=False)
    work.field.send("case", "c1", asks("C1"))
    work.field.send("case", "c1", asks(None), edit=1)
    assert level(work) == "C3"
    assert work.do(every_decision.set_confidentiality, CASE_CODE, "C1", reason="She asked for it").written
    assert level(work) == "C1"
    work.field.send("case", "c2", asks("C1", {"acts": [act(1, violation="rape")]}))

    assert level(work) == "C3"
    assert work.sound()


def test_a_class_that_is_named_no_more_is_no_news(sqlite_register: Register) -> None:
    """C3 was asked for, and decided on: the default asks for nothing more."""
    work = begin(sqlite_register, consent=False)
    work.field.send("case", "c1", asks("C3"))
    assert work.do(every_decision.set_confidentiality, CASE_CODE, "C1", reason="She asked for it").written
    work.field.send("case", "c1", asks(None), edit=1)

    assert (level(work), waits(work)) == ("C1", None)


def test_an_answer_that_a_person_corrected_is_decided(sqlite_register: Register) -> None:
    """Also where the form had arrived more than once: a correction lies over all its versions."""
    work = begin(sqlite_register, consent=False)
    work.field.send("case", "c1", asks("C3"))
    work.field.send("case", "c1", asks("C3", {"incident": {"place_type": "home"}}), edit=1)
    work.do(every_decision.correct, CASE_CODE, "interview.confidentiality", "C2", reason="Misheard")

    assert (level(work), waits(work)) == ("C2", None)
    assert work.sound()


# --- by going to another case -------------------------------------------------------------------------------------


def two_cases(work: Work) -> None:
    """Open another case, which asks for C1, and let the first one hold a second interview, of C2."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, dealt(1, "AL"))
    work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02")
    work.field.send("case", "c9", asks("C1", case=OTHER_CASE))
    work.field.send("case", "c2", asks("C2"))
    assert (level(work), level(work, OTHER_CASE)) == ("C4", "C1")


@pytest.mark.parametrize(("root", "own"), [("c1", "C4"), ("c2", "C2")])
def test_an_interview_that_leaves_keeps_both_cases_closely(work: Work, root: str, own: str) -> None:
    """The case that it leaves stays as it was, and the one that gets it is kept so, too, whatever it asks for itself."""
    two_cases(work)
    work.field.send("case", root, asks(own, case=OTHER_CASE), edit=1)

    assert (level(work), level(work, OTHER_CASE)) == ("C4", "C4")
    assert work.sound()
    left = {"c1": (CASE_CODE, "C2"), "c2": (OTHER_CASE, "C2")}[root]
    asked = waits(work, left[0])
    assert asked is not None
    assert (asked.asked, asked.who) == (left[1], "")
    made = work.do(every_decision.set_confidentiality, left[0], left[1], reason="x")
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    assert (level(work, left[0]), waits(work, left[0])) == (left[1], None)


def test_what_left_a_c4_case_is_opened_by_two_wherever_it_went(work: Work) -> None:
    """Also once the case that got it was lowered by two, or where it is in no case any more; until the one it left is."""
    two_cases(work)
    work.field.send("case", "c2", asks("C2", case=OTHER_CASE), edit=1)
    lowered = work.do(every_decision.set_confidentiality, OTHER_CASE, "C2", reason="x")
    work.do(every_decision.sign, lowered.proposal, by=SUPERVISOR)
    with work.field.register.reading() as rows:
        assert leave_needed(rows, ["folder-c2"]) == [(CASE_CODE,)]
        assert leave_needed(rows, ["folder-c9"]) == []
    work.field.send("case", "c2", asks("C2", {"gate": {"consent_case": "no"}}, case=None), edit=2)
    with work.field.register.reading() as rows:
        assert leave_needed(rows, ["folder-c2"]) == [(CASE_CODE,)]


def test_a_correction_of_its_code_or_a_moved_alert_opens_no_way_round(work: Work) -> None:
    """One person moves the interview; how closely it is kept is not theirs to say by that."""
    two_cases(work)
    work.field.send(
        "case", "c3", asks("C2", {"header": {"case_known": "no", "alert_code": ALERT_CODE}}, case=None)
    )
    work.do(every_decision.move_alert, ALERT_CODE, OTHER_CASE, reason="Another fact")

    assert level(work, OTHER_CASE) == "C4"


def test_a_follow_up_takes_along_only_what_two_people_open(work: Work) -> None:
    """A wrong code that was mended on the phone raises nothing else."""
    two_cases(work)
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": OTHER_CASE}}))
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}}), edit=1)
    assert [event for event in work.events() if event.op == KEEP] == []
    work.field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": OTHER_CASE}}), edit=2)

    assert level(work, OTHER_CASE) == "C4"


# --- every door ---------------------------------------------------------------------------------------------------


def test_every_door_sees_the_stricter_class_meanwhile(work: Work, run: Callable[..., dict[str, Any]]) -> None:
    """The list for phones, workbooks, lists, the page, the log, what opens, the dossier."""
    work.field.send("case", "c1", asks("C1"), edit=1)
    at = work.field.later()
    register = work.field.register

    (open_case,) = cases_of(register, at)
    assert open_case.confidentiality == "C4"
    assert may_leave(open_case, Audience((), everywhere=True)) == "secret"
    with register.reading() as rows:
        ((facts, *_),) = working(rows, Scope(), detailed=True, at=at)
        assert facts.confidentiality == "C4"
        assert closely_kept(rows) == {CASE_CODE}
        assert leave_needed(rows, ["folder-c1"]) == [(CASE_CODE,)]
        (line,) = cases(rows)
        assert (line.region, line.risk) == (None, None)
        assert case_view(rows, CASE_CODE, OTHER)["tasks"] == []
        kinds = {one["kind"] for one in case_view(rows, CASE_CODE, OWNER)["tasks"] if one["done_at"] is None}
        assert "confidentiality_check" in kinds
    told = run("cases", "show", CASE_CODE)
    assert "people" not in told
    (asked,) = [one["asked"] for one in told["tasks"] if one["asked"] is not None]
    assert (asked["asked"], asked["who"]) == ("C1", "EN-01")
    (sentence,) = [one for one in due(told["tasks"]) if "EN-01" in one]
    assert label("confidentiality", "C1") in sentence
    assert run("cases", "show", CASE_CODE, by=OTHER)["tasks"] == []


# --- the course, as a table ---------------------------------------------------------------------------------------


def day(at: int) -> datetime:
    """Return the instant of a step."""
    return datetime(2026, 11, at, 8, tzinfo=UTC)


def event(op: str, at: int, level: str) -> Event:
    """Return a decision, or what was kept by rule."""
    return Event("w", 1, instant(day(at)), op, "case:X", {"confidentiality": level}, COORDINATOR, "")


def form(name: str, *versions: tuple[int, str]) -> list[Asked]:
    """Return what the versions of a form ask for, each with its day; empty for nothing."""
    return [
        Asked(Statement(name, place, "", day(at), 0, Rating(level, ())), level)
        for place, (at, level) in enumerate(versions, 1)
    ]


DECIDE = "case.confidentiality"


@pytest.mark.parametrize(
    ("asked", "said", "stands"),
    [
        ([], [], ("C3", None)),
        (form("a", (1, "C2")), [], ("C2", None)),
        ([*form("a", (1, "")), *form("b", (2, "C1"))], [], ("C1", None)),
        (form("a", (1, "C4"), (2, "C3")), [], ("C4", "C3")),
        (form("a", (1, "C4"), (2, "C3"), (3, "C4")), [], ("C4", None)),
        (form("a", (1, "C3"), (2, "C1")), [], ("C3", "C1")),
        ([*form("a", (1, "C2")), *form("b", (2, "C4"))], [], ("C4", None)),
        (form("a", (1, "C4")), [event(DECIDE, 2, "C3")], ("C3", None)),
        (form("a", (1, "C4"), (3, "C2")), [event(DECIDE, 2, "C4")], ("C4", None)),
        (form("a", (1, "C4"), (3, "C2")), [event(DECIDE, 2, "C3")], ("C3", None)),
        (form("a", (1, "C2"), (3, "C4")), [event(DECIDE, 2, "C1")], ("C4", None)),
        (form("a", (1, "C4"), (2, "C2"), (4, "C4")), [event(DECIDE, 3, "C2")], ("C4", None)),
        ([*form("a", (1, "C4")), *form("b", (3, "C4"))], [event(DECIDE, 2, "C2")], ("C2", None)),
        (form("a", (1, "C2")), [event(KEEP, 2, "C4")], ("C4", "C2")),
        (form("a", (1, "C2")), [event(KEEP, 2, "C4"), event(DECIDE, 3, "C2")], ("C2", None)),
        (form("a", (1, "C2")), [event(DECIDE, 2, "C2"), event(KEEP, 3, "C4")], ("C4", "C2")),
    ],
    ids=[
        "nothing asked",
        "asked once",
        "the first answer",
        "less",
        "less, and as before again",
        "facts that ask for C3 gone",
        "more by another form",
        "decided",
        "decided closely, then less",
        "decided, then still less",
        "decided, then more",
        "decided after less was asked for, then as before again",
        "decided, then the same by another form",
        "kept when a form left",
        "kept, then decided",
        "decided, then kept when a form left",
    ],
)
def test_the_course(asked: list[Asked], said: list[Event], stands: tuple[str, str | None]) -> None:
    """More counts at once, less waits, a decision holds until more than it read is asked for."""
    found: Closeness = in_force(asked, said)

    assert (found.level, found.waits and found.waits.asked) == stands


def test_what_was_read_after_the_decision_is_not_covered_whatever_a_server_says() -> None:
    """A laptop without network decided; a server had the version before."""
    late = [
        Asked(msgspec.structs.replace(one.made, arrival=order), one.by_now)
        for one, order in zip(form("a", (1, "C2"), (2, "C4")), (1, 3), strict=True)
    ]
    decided = event(DECIDE, 3, "C1")
    decided.payload["arrival"] = 1

    assert in_force(late, [decided]).level == "C4"
