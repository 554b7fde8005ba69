"""An alert that was ever critical or high is not dismissed by one person, whatever it was made into since."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync_scripts.register.lifecycle.errors import ReasonMissing
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.work import SUPERVISOR, Work
from tests.register.beginnings import played_once
from tests.register.field import ALERT, Field, changed, dealt

CODE = dealt(0, "AL")
Story = Callable[[Work], None]


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register without an alert, in which two people work."""
    made = Work(Field(register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor")):
        made.do(every_decision.name_worker, code, roles)
    return made


def arrives(work: Work, danger: str = "no", edit: int = 0) -> None:
    """Let the alert arrive, or a version of it."""
    work.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": danger}}), edit=edit)


def never(work: Work) -> None:
    """It arrives as medium and is triaged as it is."""
    arrives(work)
    work.do(every_decision.triage, CODE)


def never_but_another_field_corrected(work: Work) -> None:
    """What is corrected rates it no higher."""
    never(work)
    work.do(every_decision.correct, CODE, "alert.victim_count", "1", reason="She called")


def lowered_by_another_person(work: Work) -> None:
    """The rules called it critical; a supervisor lowered it."""
    arrives(work, "yes")
    work.do(every_decision.triage, CODE)
    work.do(every_decision.triage, CODE, urgency="low", reason="The caller was reached", by=SUPERVISOR)


def corrected_down(work: Work) -> None:
    """The rules called it critical until an answer was corrected, before anybody triaged it."""
    arrives(work, "yes")
    work.do(every_decision.correct, CODE, "alert.danger_now", "no", reason="She called")
    work.do(every_decision.triage, CODE)


def corrected_up_and_back(work: Work) -> None:
    """A correction made it critical, and was taken back."""
    never(work)
    work.do(every_decision.correct, CODE, "alert.danger_now", "yes", reason="She called")
    work.do(every_decision.restore, CODE, "alert.danger_now", reason="It was yesterday's news")


def edited_down(work: Work) -> None:
    """Its first version was critical; the phone sent another one."""
    arrives(work, "yes")
    arrives(work, "no", edit=1)
    work.do(every_decision.triage, CODE)


def raised_and_lowered(work: Work) -> None:
    """A person raised it, and lowered it again."""
    never(work)
    work.do(every_decision.triage, CODE, urgency="high")
    work.do(every_decision.triage, CODE, urgency="low", reason="The caller was reached")


def dismissed_by_two_and_taken_back(work: Work) -> None:
    """It was dismissed by two people, and triaged again as low."""
    arrives(work, "yes")
    work.do(every_decision.triage, CODE)
    made = work.do(every_decision.dismiss, CODE, "A hoax")
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)
    work.do(every_decision.triage, CODE, urgency="low", reason="It was none")


@pytest.mark.parametrize("story", [never, never_but_another_field_corrected])
def test_what_was_never_urgent_is_dismissed_by_one_person(work: Work, story: Story) -> None:
    """Nobody waits for a second person where the rules ask for none."""
    story(work)
    done = work.do(every_decision.dismiss, CODE, "A hoax")

    assert (done.now, done.proposal) == ("dismissed", None)
    assert work.alert(CODE)["state"] == "dismissed"


@pytest.mark.parametrize(
    "story",
    [
        lowered_by_another_person,
        corrected_down,
        corrected_up_and_back,
        edited_down,
        raised_and_lowered,
        dismissed_by_two_and_taken_back,
    ],
)
def test_what_was_ever_urgent_is_dismissed_by_two(work: Work, story: Story) -> None:
    """However it stands by now: it is only proposed, and dismissed when the second person signs."""
    story(work)
    stands = work.alert(CODE)["urgency_decided"] or work.alert(CODE)["urgency"]
    expected = {"critical"} if story is edited_down else {"medium", "low"}  # an edit alone lowers none
    assert stands in expected
    made = work.do(every_decision.dismiss, CODE, "Nothing in it")
    assert (made.proposal is not None, work.alert(CODE)["state"]) == (True, "triaged")
    work.do(every_decision.sign, made.proposal, by=SUPERVISOR)

    assert (work.alert(CODE)["state"], work.alert(CODE)["dismissed_by_2"]) == ("dismissed", "SU-01")


def test_a_level_that_a_person_set_is_lowered_with_a_reason_only(work: Work) -> None:
    """Also where the rules would say less, and raising it again is free."""
    never(work)
    work.do(every_decision.triage, CODE, urgency="critical")
    work.refused(ReasonMissing, every_decision.triage, CODE, urgency="high")
    work.do(every_decision.triage, CODE, urgency="high", reason="The caller was reached")
    work.do(every_decision.triage, CODE, urgency="critical")

    assert work.alert(CODE)["urgency_decided"] == "critical"
