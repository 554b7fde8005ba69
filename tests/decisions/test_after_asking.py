"""What comes after a closure was asked for: whoever asked had not seen it, and the closure waits for another request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.case_decisions.cautions import require_shown, to_sign
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.model.errors import ShownChanged
from sync_scripts.register.queries.signing import to_sign_lines
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Register
from sync_scripts.store.events import NewEvent
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, FOLLOWUP, changed, dealt, known, victim

DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})
VISIT = {"header": {"case_code": CASE_CODE}}


def ask(work: Work) -> None:
    """Let the owner ask for the closure."""
    work.do(every_decision.move, CASE_CODE, "closure_pending", because="unfounded", feedback="yes", by=OWNER)


def linked(work: Work) -> str:
    """Tie another alert to the case, of somebody in danger, that had come before."""
    work.do(every_decision.link, dealt(1, "AL"), CASE_CODE)
    return f"the alert {dealt(1, 'AL')}"


def moved(work: Work) -> str:
    """Move an alert from a case of its own into this one."""
    work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02")
    work.do(every_decision.move_alert, dealt(1, "AL"), CASE_CODE, reason="Same event")
    return f"the alert {dealt(1, 'AL')}"


def edited(work: Work) -> str:
    """Let an alert of the case come again, of somebody in danger by now."""
    work.field.send("alert", "r1", DANGER, edit=1)
    return f"the alert {ALERT_CODE}"


def told(work: Work) -> str:
    """Let an interview of another victim arrive."""
    work.field.send("case", "c9", known(CASE_CODE, changed(CASE, {"victims": [victim(5)]})))
    return "an interview"


def grows(work: Work) -> str:
    """Let a visit report a growing risk."""
    work.field.send("followup", "f1", changed(FOLLOWUP, VISIT, {"result": {"risk_change": "up"}}))
    return "a visit that reports a growing risk"


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with one case of which nothing stands against a closure, and an alert that has none."""
    made = begin(register)
    made.field.send("alert", "r2", DANGER)
    made.do(every_decision.triage, dealt(1, "AL"))
    return made


@pytest.mark.parametrize("came", [linked, moved, edited, told, grows])
def test_what_came_since_keeps_a_closure_from_being_signed(work: Work, came: Callable[[Work], str]) -> None:
    """The refusal says what to do, and whoever would sign reads what came; asked for again it is as any other."""
    ask(work)
    words = came(work)
    needed = work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    assert "came after the closure was asked for" in needed
    assert "dikalo approve CODE --withdraw" in needed
    with work.field.register.reading() as rows:
        shown = "\n".join(to_sign_lines(to_sign(rows, CASE_CODE, "SU-01")))
    assert words in shown
    work.do(every_decision.move, CASE_CODE, "follow_up", reason="Something came", by=SUPERVISOR)
    work.do(every_decision.move, CASE_CODE, "closure_pending", because="unfounded", feedback="yes", by=OWNER)
    with work.field.register.reading() as rows:
        assert to_sign(rows, CASE_CODE, "SU-01").came == ()


def test_a_closure_is_signed_as_it_was_shown(work: Work) -> None:
    """Refused and asked for anew with another reason while the second person read: that is another request."""
    ask(work)
    shown = work.do(lambda by: to_sign(by.rows, CASE_CODE, by.actor.code), by=SUPERVISOR)
    work.do(require_shown, CASE_CODE, shown, by=SUPERVISOR)
    work.do(every_decision.move, CASE_CODE, "follow_up", reason="Not yet", by=SUPERVISOR)
    work.refused(every_decision.ProposalUnknown, require_shown, CASE_CODE, shown, by=SUPERVISOR)
    work.do(every_decision.move, CASE_CODE, "closure_pending", because="unfounded", feedback="yes", by=OWNER)
    work.refused(ShownChanged, require_shown, CASE_CODE, shown, by=SUPERVISOR)


def _late(work: Work) -> datetime:
    """Return an hour before the closure was asked for."""
    with work.field.register.reading() as rows:
        asked = next(one for one in reversed(list(store_events.read(rows, ops=["case.move"]))))
    return moment(asked.at) - timedelta(hours=1)


def alert_read_late(work: Work) -> str:
    """Read an edit of an alert of the case, of somebody in danger, that a server had before."""
    work.field.send("alert", "r1", DANGER, edit=1, received=_late(work))
    return f"the alert {ALERT_CODE}"


def interview_read_late(work: Work) -> str:
    """Read an interview that a server had before."""
    said = known(CASE_CODE, changed(CASE, {"victims": [victim(5)]}))
    work.field.send("case", "c9", said, received=_late(work))
    return "an interview"


def edit_read_late(work: Work) -> str:
    """Read an edit of the interview of the case that a server had before."""
    said = changed(CASE, {"header": {"alert_code": ALERT_CODE}, "risk": {"threats_continue": "yes"}})
    work.field.send("case", "c1", said, edit=1, received=_late(work))
    return "an interview"


def visit_read_late(work: Work) -> str:
    """Read a visit that reports a growing risk and that a server had before."""
    said = changed(FOLLOWUP, VISIT, {"result": {"risk_change": "up"}})
    work.field.send("followup", "f1", said, received=_late(work))
    return "a visit that reports a growing risk"


LATE = (alert_read_late, interview_read_late, edit_read_late, visit_read_late)


@pytest.mark.parametrize("came", LATE)
def test_what_a_server_had_and_nobody_had_read_was_not_seen(work: Work, came: Callable[[Work], str]) -> None:
    """A laptop without network asked for the closure; what it reads afterwards came before it, and is news all the same."""
    ask(work)
    words = came(work)
    assert "came after" in work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    with work.field.register.reading() as rows:
        shown = "\n".join(to_sign_lines(to_sign(rows, CASE_CODE, "SU-01")))
    assert "though a server had it before" in shown
    assert words in shown
    assert work.sound()
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)  # nor after a rebuild
    rebuild.rebuild(work.field.register, work.field.later())
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


def test_what_comes_again_by_another_road_was_seen(work: Work) -> None:
    """The same version from another server says nothing new."""
    ask(work)
    said = changed(CASE, {"header": {"alert_code": ALERT_CODE}})
    work.field.send("case", "c1", said, server="central", same=True, received=_late(work))
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


def test_a_closure_that_an_earlier_version_asked_for_goes_by_time(work: Work) -> None:
    """It does not say what the register held: what a server had later is news, and only that."""
    with every_decision.deciding(work.field.register, OWNER, work.field.later()) as by:
        said = {"was": "open_intake", "to": "closure_pending", "closure_reason": "unfounded"}
        said |= {"request": "decision", "feedback": "yes"}
        by.write(NewEvent("case.move", f"case:{CASE_CODE}", OWNER, said))
    interview_read_late(work)
    with work.field.register.reading() as rows:
        assert to_sign(rows, CASE_CODE, "SU-01").came == ()
    grows(work)
    work.refused(GuardFails, every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)


def again(_work: Work) -> None:
    """Let nothing come."""


def quiet(work: Work) -> None:
    """Let a visit report that all is as it was."""
    work.field.send("followup", "f1", changed(FOLLOWUP, VISIT, {"result": {"risk_change": "same"}}))


def elsewhere(work: Work) -> None:
    """Let an alert have a case of its own."""
    work.do(every_decision.open_case, dealt(1, "AL"), owner="RD-02")


@pytest.mark.parametrize("came", [again, quiet, elsewhere])
def test_what_changes_nothing_keeps_no_closure_back(work: Work, came: Callable[[Work], Any]) -> None:
    """The supervisor signs what was asked for."""
    ask(work)
    came(work)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"


def test_what_came_before_it_was_asked_for_was_seen(work: Work) -> None:
    """By whoever asked; what stands against it, stands by itself."""
    linked(work)
    told(work)
    ask(work)
    work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)

    assert work.case()["state"] == "closed"
