"""A case is rated again after an interview, after a visit that reports a growing risk, after a correction; what people decided stands."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.beginnings import played_once
from tests.register.field import CASE, COORDINATOR, FOLLOWUP, Field, act, changed, dealt
from tests.register.test_critical import ARRESTED, detained

CODE = dealt(0, "DK")


@pytest.fixture
@played_once
def field(register: Register) -> Field:
    """A register with a man who was arrested on the day of the interview."""
    made = Field(register)
    made.send("case", "c1", detained(arrested_at=ARRESTED, legal_basis="preliminary"))
    return made


def visit(field: Field, root: str, risk: str) -> None:
    """Let a visit arrive eight days later."""
    field.later(days=8)
    said = {"header": {"case_code": CODE}, "result": {"risk_change": risk, "next_due": "2026-12-20"}}
    field.send("followup", root, changed(FOLLOWUP, said))


def rated(field: Field) -> tuple[str, str | None]:
    """Return what the rules say of the case, and what a person decided."""
    case = field.one(tables.case)
    return case["urgency"], case["urgency_decided"]


def decide(field: Field, what: Any, *words: Any, **more: Any) -> None:
    """Decide something."""
    with deciding(field.register, COORDINATOR, field.later()) as by:
        what(by, CODE, *words, **more)


def sound(field: Field) -> bool:
    """Tell whether a rebuild comes to the same."""
    return rebuild.check(field.register, field.later()).differing == ()


def test_a_growing_risk_rates_a_case_again(field: Field) -> None:
    """He is still held on that day, which is critical; a visit that reports no change rates nothing again."""
    assert rated(field) == ("high", None)
    visit(field, "f1", "same")
    assert rated(field) == ("high", None)
    visit(field, "f2", "up")

    assert rated(field) == ("critical", None)
    assert sound(field)


def test_another_interview_rates_a_case_again(field: Field) -> None:
    """With what it adds."""
    said = {"header": {"case_code": CODE}, "acts": [act(1, violation="rape", act_uid="b1")]}
    field.send("case", "c2", changed(CASE, said))

    assert rated(field) == ("critical", None)
    assert sound(field)


def test_a_correction_rates_a_case_again(field: Field) -> None:
    """And taken back, it is as before."""
    decide(field, every_decision.correct, "assessment.suicide_risk", "yes", reason="Misheard")
    assert rated(field) == ("critical", None)
    decide(field, every_decision.restore, "assessment.suicide_risk", reason="It was somebody else")

    assert rated(field) == ("high", None)
    assert sound(field)


def test_what_a_person_decided_outlasts_every_rating(field: Field) -> None:
    """The rules' result is kept beside it."""
    decide(field, every_decision.set_urgency, "medium", reason="The lawyer is there")
    visit(field, "f1", "up")
    assert rated(field) == ("critical", "medium")
    decide(field, every_decision.correct, "assessment.suicide_risk", "yes", reason="Misheard")

    assert rated(field) == ("critical", "medium")
    assert sound(field)
