"""What a person may decide, what is refused and why, and what each decision leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sync_scripts.errors import Worded
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.proposals import sign
from sync_scripts.register.lifecycle.errors import CaseNotOpen, MoveRefused, ReasonMissing, check_alert_move
from sync_scripts.register.lifecycle.moves import ALERT_MOVES
from sync_scripts.secrets.errors import CodeUnsuitable
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from tests.register import alone as decisions
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt, names


@pytest.fixture
def field(register: Register) -> Field:
    """Give a field over a register, on both databases."""
    return Field(register)


def alert(field: Field, root: str = "r1", **danger: str) -> str:
    """Let an alert arrive; return its code."""
    field.send("alert", root, changed(ALERT, {"danger": danger}))
    return str({row["alert_id"]: row["code"] for row in field.rows(tables.alert)}[root])


def events(field: Field) -> list[Event]:
    """Return all events."""
    with field.register.reading() as rows:
        return list(store_events.read(rows))


def refused(error: type[Worded], deed: Callable[..., Any], field: Field, *args: Any, **more: Any) -> str:
    """See that a decision is refused and nothing is changed by it; return the words."""
    before = field.everything(), len(events(field))
    with pytest.raises(error) as caught:
        deed(field.register, *args, COORDINATOR, field.later(), **more)
    assert (field.everything(), len(events(field))) == before
    return caught.value.words()


def test_triage_lets_the_rules_stand_or_sets_another_level(field: Field) -> None:
    """Raising is free; the rules' result is kept beside the decision; the event says who and how that was proved."""
    code = alert(field)
    done = decisions.triage(
        field.register, code, Actor("CO-02", "claimed"), field.later(), urgency="critical"
    )
    row = field.one(tables.alert)

    assert (done.was, done.now) == ("received", "triaged")
    assert (row["state"], row["urgency"], row["urgency_decided"]) == ("triaged", "medium", "critical")
    assert row["contact_due_at"] == "2026-11-20T12:00:00.000000Z", "the decided level sets the deadline"
    last = events(field)[-1]
    assert (last.op, last.actor.code, last.actor.proof) == ("alert.triage", "CO-02", "claimed")
    assert (last.payload["was"], last.payload["rule"]) == ("received", "medium")


def test_lowering_needs_a_reason(field: Field) -> None:
    """A human decision is never overwritten by a rule, and never made without saying why."""
    code = alert(field, danger_now="yes")
    words = refused(ReasonMissing, decisions.triage, field, code, urgency="low")
    decisions.triage(
        field.register, code, COORDINATOR, field.later(), urgency="low", reason="Checked by telephone"
    )

    assert code in words
    assert field.one(tables.alert)["urgency_decided"] == "low"


def test_a_triaged_alert_can_be_given_to_another_worker_but_not_triaged_twice(field: Field) -> None:
    """Twice the same is a mistake worth naming."""
    code = alert(field)
    decisions.triage(field.register, code, COORDINATOR, field.later())
    words = refused(MoveRefused, decisions.triage, field, code)
    decisions.triage(field.register, code, COORDINATOR, field.later(), assigned_to="RD-02")

    assert "Triaged" in words
    assert field.one(tables.alert)["assigned_to"] == "RD-02"


def test_a_case_is_opened_with_its_owner_and_a_dealt_or_drawn_code(field: Field) -> None:
    """The code is an event, so a rebuild gives it back; a taken or false one is refused."""
    first, second = alert(field), alert(field, "r2")
    decisions.triage(field.register, first, COORDINATOR, field.later())
    done = decisions.open_case(
        field.register, first, COORDINATOR, field.later(), owner="RD-01", case_code="dk 7q2m4x b"
    )
    decisions.triage(field.register, second, COORDINATOR, field.later())
    for taken in ("DK-7Q2M4X-B", "DK-7Q2M4X-C"):
        refused(decisions.CaseCodeTaken, decisions.open_case, field, second, owner="RD-01", case_code=taken)

    case = field.one(tables.case)
    assert done.case == case["case_code"] == "DK-7Q2M4X-B"
    assert (case["owner_code"], case["state"], case["department"]) == ("RD-01", "open_intake", "CM007002")
    assert names(field.rows(tables.alert), "state", "case_code") == [
        ("opened", "DK-7Q2M4X-B"),
        ("triaged", None),
    ]


def test_nothing_is_opened_linked_or_dismissed_before_it_is_triaged(field: Field) -> None:
    """A person must have seen the result of the rules."""
    code = alert(field)
    field.send("case", "c1", CASE)

    refused(MoveRefused, decisions.open_case, field, code, owner="RD-01")
    refused(MoveRefused, decisions.link, field, code, dealt(0, "DK"))
    refused(MoveRefused, decisions.dismiss, field, code, "A reason")


def test_what_is_opened_twice_is_told_with_its_case(field: Field) -> None:
    """Whoever types it again learns that the case is there, and which."""
    code = alert(field)
    decisions.triage(field.register, code, COORDINATOR, field.later())
    decisions.open_case(field.register, code, COORDINATOR, field.later(), owner="RD-01", new=True)

    assert field.one(tables.case)["case_code"] in refused(
        MoveRefused, decisions.open_case, field, code, owner="RD-01"
    )


def test_an_alert_is_linked_to_an_open_case_only(field: Field) -> None:
    """An unknown case, and a case that is left, are refused each in its own words."""
    code = alert(field)
    field.send("case", "c1", CASE)
    decisions.triage(field.register, code, COORDINATOR, field.later())
    refused(decisions.CaseUnknown, decisions.link, field, code, "DK-7Q2M4X-B")
    with field.register.writing() as rows:
        rows.execute(tables.case.update().values(state="closed"))
    words = refused(CaseNotOpen, decisions.link, field, code, dealt(0, "DK"))
    assert "Closed" in words
    with field.register.writing() as rows:
        rows.execute(tables.case.update().values(state="open_intake"))
    decisions.link(field.register, code, dealt(0, "DK"), COORDINATOR, field.later())

    assert field.one(tables.alert)["case_code"] == dealt(0, "DK")


def test_dismissing_an_urgent_alert_needs_a_second_person(field: Field) -> None:
    """The first person only proposes; nothing changes until another one signs with a key of their own."""
    code = alert(field, danger_now="yes")
    decisions.triage(field.register, code, COORDINATOR, field.later())
    refused(ReasonMissing, decisions.dismiss, field, code, " ")
    proposed = decisions.dismiss(field.register, code, "A hoax", COORDINATOR, field.later())
    assert (proposed.now, field.one(tables.alert)["state"]) == ("triaged", "triaged")
    with deciding(field.register, Actor("CO-02", "key"), field.later()) as by:
        sign(by, proposed.proposal or "")
    row = field.one(tables.alert)

    assert (row["state"], row["dismiss_reason"], row["dismissed_by_2"]) == ("dismissed", "A hoax", "CO-02")
    left = [task["kind"] for task in field.rows(tables.task) if not task["done_at"]]
    assert left == ["retention_review"]


def test_a_dismissal_can_be_taken_back_with_a_reason(field: Field) -> None:
    """The alert is triaged again and its tasks are open again."""
    code = alert(field)
    decisions.triage(field.register, code, COORDINATOR, field.later())
    decisions.dismiss(field.register, code, "Unfounded", COORDINATOR, field.later())
    refused(ReasonMissing, decisions.triage, field, code)
    decisions.triage(field.register, code, COORDINATOR, field.later(), reason="The witness called")
    row = field.one(tables.alert)

    assert (row["state"], row["dismiss_reason"]) == ("triaged", None)
    assert {task["kind"] for task in field.rows(tables.task) if not task["done_at"]} - {"retention_review"}


def test_what_is_final_stays_final(field: Field) -> None:
    """An opened alert goes nowhere; the refusal says where it could go: nowhere."""
    code = alert(field)
    decisions.triage(field.register, code, COORDINATOR, field.later())
    decisions.open_case(field.register, code, COORDINATOR, field.later(), owner="RD-01")

    words = refused(MoveRefused, decisions.dismiss, field, code, "Too late")
    assert "Case opened" in words


@pytest.mark.parametrize("state", ALERT_MOVES)
@pytest.mark.parametrize("wanted", ALERT_MOVES)
def test_a_move_that_is_not_listed_is_refused(state: str, wanted: str) -> None:
    """And one that is listed passes, but for the one that only the program makes."""
    listed = wanted in ALERT_MOVES[state] and (state, wanted) != ("received", "dismissed")
    if listed:
        check_alert_move({"code": "AL-1", "state": state, "case_code": None}, wanted)
        return
    with pytest.raises(MoveRefused):
        check_alert_move({"code": "AL-1", "state": state, "case_code": None}, wanted)


def test_a_dry_run_decides_nothing(field: Field) -> None:
    """It says what would be, and leaves neither row nor event."""
    code = alert(field)
    before = field.everything(), len(events(field))
    done = decisions.triage(field.register, code, COORDINATOR, field.later(), dry_run=True)

    assert done.now == "triaged"
    assert (field.everything(), len(events(field))) == before


def test_unknown_alerts_and_unsuitable_codes_are_named(field: Field) -> None:
    """A code that is misread is never another alert's."""
    code = alert(field)
    decisions.triage(field.register, code, COORDINATOR, field.later())

    assert "AL-7Q2M4X-B" in refused(decisions.AlertUnknown, decisions.triage, field, "al 7q2m4x b")
    refused(CodeUnsuitable, decisions.open_case, field, code, owner="A Full Name, with a comma")


def test_workers_are_known_by_code_and_roles(field: Field) -> None:
    """The last word about a worker counts; there is no place for a name."""
    decisions.add_worker(field.register, "RD-01", "case_owner", COORDINATOR, field.later())
    decisions.add_worker(field.register, "RD-01", "supervisor case_owner", COORDINATOR, field.later())

    assert field.one(tables.worker) == {"code": "RD-01", "roles": "case_owner supervisor", "active": True}
