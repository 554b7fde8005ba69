"""A decided level never swallows a danger of which nobody knew when it was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_scripts.register.lifecycle.errors import GuardFails, ReasonMissing
from sync_scripts.register.queries import views
from sync_scripts.register.queries.today import today
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.register.rules.kinds import DANGER as LOOK
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests import every_decision
from tests.daily.telling import NIGHT_DESK, held, listening
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.copies import copied
from tests.register.field import ALERT, CASE, FOLLOWUP, changed, dealt, known

SECOND: Final = dealt(1, "AL")
DANGER: Final = changed(ALERT, {"danger": {"danger_now": "yes"}, "what": {"alert_icon": "killing"}})
THREATS: Final = known(CASE_CODE, changed(CASE, {"risk": {"threats_continue": "yes", "perp_near": "yes"}}))
SOON: Final = timedelta(hours=3)
"""Within this time somebody is reached of what is critical."""


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Return a case that the rules call less than critical."""
    made = begin(sqlite_register)
    assert made.case()["urgency"] not in {"critical", "low"}
    return made


def look(work: Work) -> dict[str, Any]:
    """Return of the tasks to decide on news the one that is due first."""
    return min(work.tasks(LOOK), key=lambda one: one["due_at"])


def listed(work: Work, code: str) -> str:
    """Return the level with which a list shows an alert or a case, the same as the page of the day does."""
    with work.field.register.reading() as rows:
        found = {one.code: one.urgency for one in views.cases(rows)}
        found |= {one.code: one.urgency for one in views.alerts(rows)}
        items = today(rows, work.field.now).items
    levels = {one.level for one in items if one.code == code} | {found[code]}
    (level,) = levels
    return str(level)


# --- tied to a case by a person -------------------------------------------------------------------------------------


def second_alert(work: Work, said: Mapping[str, Any] = DANGER) -> None:
    """Let a second alert arrive, and somebody triage it."""
    work.field.send("alert", "r2", said)
    work.do(every_decision.triage, SECOND)


def test_a_linked_alert_raises_a_decided_level(work: Work) -> None:
    """One person ties a killing of today to a case that was decided low: it is critical from then on."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    second_alert(work)
    work.do(every_decision.link, SECOND, CASE_CODE)

    assert work.case()["urgency_decided"] == "critical"
    assert listed(work, CASE_CODE) == "critical"
    assert not work.tasks(LOOK)


def test_a_moved_alert_raises_a_decided_level(work: Work) -> None:
    """The case into which an alert is moved is no less urgent than it."""
    second_alert(work)
    other = work.do(every_decision.open_case, SECOND, owner="RD-02").case
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.do(every_decision.move_alert, SECOND, CASE_CODE, reason="the same event")

    assert work.case()["urgency_decided"] == "critical"
    assert other != CASE_CODE


def test_a_linked_alert_lowers_nothing_and_changes_no_level_that_nobody_decided(work: Work) -> None:
    """What is less urgent changes nothing; a level of the rules follows by itself."""
    work.do(every_decision.set_urgency, CASE_CODE, "critical")
    second_alert(work, ALERT)
    work.do(every_decision.link, SECOND, CASE_CODE)
    assert work.case()["urgency_decided"] == "critical"
    work.do(every_decision.set_urgency, CASE_CODE, None, reason="as the rules say")
    assert work.case()["urgency_decided"] is None


def test_a_quiet_alert_that_is_linked_covers_no_danger_that_nobody_has_looked_at(work: Work) -> None:
    """Tying something of middle urgency is no look at what the interview told meanwhile."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.field.send("case", "c2", THREATS)
    second_alert(work, ALERT)
    work.do(every_decision.triage, SECOND, urgency="high")
    work.do(every_decision.link, SECOND, CASE_CODE)

    assert listed(work, CASE_CODE) == "critical"
    assert look(work)["subject"] == f"case:{CASE_CODE}"


# --- a form of a case -----------------------------------------------------------------------------------------------


def test_a_new_interview_puts_the_level_of_the_rules_back_in_force(work: Work) -> None:
    """The decision stays and is shown; lists, clocks and messages go by the rules, and somebody has three hours to look."""
    listening(work.field.register, NIGHT_DESK)
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    assert held(work.field.register) == []
    work.field.send("case", "c2", THREATS)

    assert (work.case()["urgency"], work.case()["urgency_decided"]) == ("critical", "low")
    assert listed(work, CASE_CODE) == "critical"
    assert look(work)["due_at"] == instant(work.field.now + SOON)
    assert look(work)["assigned_to"] == "RD-01"
    assert look(work)["escalated_at"] < look(work)["due_at"]
    (told,) = held(work.field.register)
    assert (told.reason, told.level, told.subject) == ("case", "critical", f"case:{CASE_CODE}")


def test_only_a_decision_ends_the_look_and_the_same_level_can_be_decided_again(work: Work) -> None:
    """Ending the task says nothing of the level; lowering it again needs a reason as before."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.field.send("case", "c2", THREATS)
    said = work.refused(
        every_decision.LevelNotDecided, every_decision.end_task, CASE_CODE, LOOK, reason="looked"
    )
    assert CASE_CODE in said
    work.refused(ReasonMissing, every_decision.set_urgency, CASE_CODE, "low")

    done = work.do(
        every_decision.set_urgency,
        CASE_CODE,
        "low",
        reason="she is with her sister, in another town",
        by=OWNER,
    )
    assert done.written
    assert not work.tasks(LOOK)
    assert listed(work, CASE_CODE) == "low"
    assert work.sound()
    work.field.send("case", "c3", THREATS)
    assert not work.tasks(LOOK)  # the rules say no more than was seen


def test_a_case_is_not_closed_over_a_danger_that_nobody_decided_on(work: Work) -> None:
    """Two people who close it decide on no level: the danger is decided on first, and then it is closed."""
    work.field.send("case", "c2", THREATS)
    work.do(every_decision.move, CASE_CODE, "closure_pending", because="unfounded", feedback="yes", by=OWNER)
    words = work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    assert "decide the level" in words
    assert len(work.tasks(LOOK)) == 1
    work.do(every_decision.set_urgency, CASE_CODE, "high", reason="Called: safe by now")
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"
    assert not work.tasks(AWAY)


def test_later_facts_never_make_the_look_later(work: Work) -> None:
    """What comes while nobody has looked gives nobody more time."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.field.send("case", "c2", THREATS)
    due = look(work)["due_at"]
    work.field.later(days=3)
    work.field.send("case", "c3", THREATS)
    work.field.send("case", "c2", changed(THREATS, {"risk": {"retaliation_risk": "high"}}), edit=1)
    assert look(work)["due_at"] == due


def test_a_form_that_brings_nothing_starts_no_clock(work: Work) -> None:
    """The time is counted from the interview that told of the danger, not from a quiet one before it."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.field.send("case", "c2", known(CASE_CODE))
    assert not work.tasks(LOOK)
    work.field.later(days=3)
    work.field.send("case", "c3", THREATS)
    assert look(work)["due_at"] == instant(work.field.now + SOON)


def test_a_linked_alert_that_grows_is_told_of(work: Work) -> None:
    """Nobody triages an alert that has a case; its edit raises the case, decided or not, and is told."""
    listening(work.field.register, NIGHT_DESK)
    work.field.send("alert", "r1", DANGER, edit=1)
    assert [(one.reason, one.level) for one in held(work.field.register)] == [("case", "critical")]
    assert listed(work, CASE_CODE) == "critical"


def test_a_linked_alert_that_grows_raises_a_decided_case(work: Work) -> None:
    """The same where somebody had decided a level."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    work.field.send("alert", "r1", DANGER, edit=1)
    assert look(work)["due_at"] == instant(work.field.now + SOON)
    assert listed(work, CASE_CODE) == "critical"


def test_what_a_person_corrects_is_a_new_fact_too(work: Work) -> None:
    """Whoever corrects an answer has decided no level."""
    work.do(every_decision.set_urgency, CASE_CODE, "low", reason="calmer")
    for name in ("threats_continue", "perp_near"):
        work.do(every_decision.correct, CASE_CODE, f"assessment.{name}", "yes", reason="misheard")
    assert listed(work, CASE_CODE) == "critical"
    assert look(work)["due_at"] <= instant(work.field.now + SOON)


# --- an alert -------------------------------------------------------------------------------------------------------


def test_an_edit_on_a_phone_puts_a_decided_alert_back(work: Work) -> None:
    """Decided low, then danger: the contact is due with the rules, somebody is told, and the list shows it."""
    listening(work.field.register, NIGHT_DESK)
    work.field.send("alert", "r2", ALERT)
    received = work.field.now
    work.do(every_decision.triage, SECOND, urgency="low", reason="known", assigned_to="RD-02")
    work.field.send("alert", "r2", DANGER, edit=1)

    row = work.alert(SECOND)
    assert (row["urgency"], row["urgency_decided"]) == ("critical", "low")
    assert row["contact_due_at"] == instant(received + SOON)
    assert look(work)["due_at"] == instant(work.field.now + SOON)
    assert listed(work, SECOND) == "critical"
    assert [(one.reason, one.level) for one in held(work.field.register)] == [("alert", "critical")]


def test_giving_the_alert_to_somebody_decides_no_level(work: Work) -> None:
    """Only a triage with a level has seen what there is."""
    work.field.send("alert", "r2", ALERT)
    work.do(every_decision.triage, SECOND, urgency="low", reason="known")
    work.field.send("alert", "r2", DANGER, edit=1)
    work.do(every_decision.triage, SECOND, assigned_to="RD-02")
    work.do(every_decision.assign_alert, SECOND, "RD-01")
    assert listed(work, SECOND) == "critical"
    work.refused(every_decision.LevelNotDecided, every_decision.end_task, SECOND, LOOK, reason="looked")

    work.do(every_decision.triage, SECOND, urgency="low", reason="the caller took it back")
    assert listed(work, SECOND) == "low"
    assert not work.tasks(LOOK)


def test_what_was_proposed_before_the_danger_came_is_not_signed_after_it(work: Work) -> None:
    """Two people dismissed what they had seen, and nothing else."""
    work.field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "unknown"}}))
    work.do(every_decision.triage, SECOND, urgency="high")
    work.do(every_decision.triage, SECOND, urgency="low", reason="known")
    proposed = work.do(every_decision.dismiss, SECOND, "rumour")
    assert proposed.proposal
    work.field.send("alert", "r2", DANGER, edit=1)
    work.refused(every_decision.ProposalStale, every_decision.sign, proposed.proposal, by=OWNER)


# --- whatever comes -------------------------------------------------------------------------------------------------


def _decide(work: Work, level: Any) -> None:
    work.do(every_decision.set_urgency, CASE_CODE, level, reason="as I see it")


FACTS: Final[dict[str, Callable[[Work, int], None]]] = {
    "quiet": lambda work, turn: work.field.send("case", f"q{turn}", known(CASE_CODE)),
    "threats": lambda work, turn: work.field.send("case", f"t{turn}", THREATS),
    "retaliation": lambda work, turn: work.field.send(
        "case", f"p{turn}", known(CASE_CODE, changed(CASE, {"risk": {"retaliation_risk": "high"}}))
    ),
    "edited": lambda work, turn: work.field.send("alert", "r1", DANGER, edit=turn),
    "visit": lambda work, turn: work.field.send(
        "followup",
        f"f{turn}",
        changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}, "result": {"risk_change": "up"}}),
    ),
}
STEPS: Final = st.lists(st.sampled_from([*FACTS, "low", "medium", "high", "wait"]), min_size=2, max_size=6)


@pytest.fixture
def fresh(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Iterator[Callable[[], Register]]:
    """Give a function that makes an empty register for each example."""
    made: list[Register] = []

    def make() -> Register:
        made.append(copied(template_file, holders, tmp_path, f"{len(made)}.db"))
        return made[-1]

    yield make
    for one in made:
        one.close()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_after_a_new_fact_nothing_is_due_later_than_the_rules_say(
    fresh: Callable[[], Register], steps: list[str]
) -> None:
    """Unless somebody decided after that fact, the first thing due is never later than a first contact of the rules' level."""
    work = begin(fresh())
    decided, seen, fact, since = None, work.case()["urgency"], work.field.now, 0
    for turn, step in enumerate(steps, start=1):
        if step == "wait":
            work.field.later(days=2)
        elif step in FACTS:
            FACTS[step](work, turn)
            fact, since = work.field.now, since + 1
        else:
            decided, seen, since = step, work.case()["urgency"], 0
            _decide(work, step)
        _check(work, decided, seen, fact, news=since > 0)
    assert work.sound()


def _check(work: Work, decided: str | None, seen: str, fact: datetime, *, news: bool) -> None:
    row, rank = work.case(), load().rank
    assert row["urgency_decided"] == decided  # no rule decides
    if decided is None or rank(row["urgency"]) <= rank(decided) or not news:
        assert listed(work, CASE_CODE) == (decided or row["urgency"])
        return
    if rank(row["urgency"]) <= rank(seen) and not work.tasks(LOOK):
        assert listed(work, CASE_CODE) == decided  # nothing else than was seen
        return
    assert listed(work, CASE_CODE) == row["urgency"]
    due = [one["due_at"] for one in work.field.rows(tables.task) if one["done_at"] is None]
    assert min(due) <= instant(clocks.due(row["urgency"], fact, load()).contact)
    assert look(work)["due_at"] <= instant(clocks.due(row["urgency"], fact, load()).contact)
