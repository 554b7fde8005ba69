"""An override is no way to go on without asking: it comes once more within thirty days, with somebody else's signature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from sync_scripts.register.consent_decisions import decide, overriding
from sync_scripts.register.consents.errors import OverrideNeedsOther, OverrideTooOften
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.register.decisions.proposals import sign
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.field import CASE, COORDINATOR, Field, changed, dealt, victim

CODE = dealt(0, "DK")
SECOND, THIRD = Actor("SU-01", "key"), Actor("RD-01", "key")


def unasked(register: Register) -> Field:
    """Return a case of two people who agreed to nothing."""
    made = Field(register)
    said = dict.fromkeys(("c_services", "c_justice", "c_un", "c_stats", "c_document"), "no")
    two = {"victims": [victim(1), victim(2)], "consent": {**said, "c_refer_identity": None}}
    made.send("case", "c1", changed(CASE, two))
    return made


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give it."""
    return unasked(sqlite_register)


def by(field: Field, what: Callable[..., Any], *given: Any, actor: Actor = COORDINATOR, **said: Any) -> Any:
    """Take one decision in a transaction of its own, an hour later."""
    with deciding(field.register, actor, field.later()) as who:
        return what(who, *given, **said)


def propose(field: Field, *, actor: Actor = COORDINATOR, **said: Any) -> overriding.Overridden:
    """Propose an override for V1, for three days."""
    made = {"person": "V1", "hours": 72, "reason": "Unconscious, bleeding."} | said
    return by(field, overriding.override, CODE, actor=actor, **made)  # type: ignore[no-any-return]


def signed(field: Field, *, first: Actor = COORDINATOR, second: Actor = SECOND, **said: Any) -> None:
    """Let two people sign one."""
    by(field, sign, propose(field, actor=first, **said).proposal, actor=second)


def until(field: Field) -> str | None:
    """Return until when somebody may act without V1's consent to services."""
    (row,) = (
        one for one in field.rows(tables.consent) if (one["person_uid"], one["purpose"]) == ("v1", "services")
    )
    return None if row["override_until"] is None else str(row["override_until"])


@pytest.mark.parametrize(("first", "second"), [(COORDINATOR, SECOND), (SECOND, COORDINATOR)])
def test_the_same_two_people_do_not_sign_again(field: Field, first: Actor, second: Actor) -> None:
    """Whoever of the two proposes it: the signature is refused, nothing is written; capitals make nobody else."""
    signed(field)
    before = until(field)
    field.later(days=4)
    again = propose(field, actor=first)
    with pytest.raises(OverrideNeedsOther):
        by(field, sign, again.proposal, actor=Actor(second.code.lower(), "key"))

    assert again.before == ("CO-01", "SU-01")
    assert until(field) == before


@pytest.mark.parametrize(("first", "second"), [(COORDINATOR, THIRD), (THIRD, SECOND)])
def test_a_third_person_can_sign_once_more(field: Field, first: Actor, second: Actor) -> None:
    """Beside one of the two, in either place; then it lasts as long as any."""
    signed(field)
    before = until(field)
    field.later(days=4)
    signed(field, first=first, second=second)

    assert (until(field) or "") > (before or "")


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_a_third_code_through_an_account_of_before_is_no_third_person(register: Register) -> None:
    """On a database server: the two accounts signed already, whatever code the second one goes by now."""
    field = unasked(register)
    signed(field)
    field.later(days=4)
    again = propose(field)
    with pytest.raises(OverrideNeedsOther):
        through(field, "SU-01", again.proposal)
    by(field, sign, again.proposal, actor=THIRD)

    assert until(field)


def through(field: Field, account: str, proposal: str) -> None:
    """Sign as the third person, logged in with somebody's account."""
    with field.register.writing() as rows:
        rows.execute(text(f'SET LOCAL SESSION AUTHORIZATION "{account}"'))
        sign(By(rows, THIRD, field.later()), proposal)


def test_the_third_time_is_refused_whoever_signs(field: Field) -> None:
    """By then the person, the family or the guardian must have been asked."""
    signed(field)
    field.later(days=4)
    signed(field, second=THIRD)
    field.later(days=4)
    before = field.everything()
    with pytest.raises(OverrideTooOften):
        propose(field, actor=Actor("CO-09", "key"))
    assert field.everything() == before


def test_what_was_proposed_before_is_counted_when_it_is_signed(field: Field) -> None:
    """Two proposals for two people do not slip past the rule: it is asked again at the signature."""
    signed(field)
    field.later(days=4)
    waits = propose(field)
    with deciding(field.register, SECOND, field.later()) as who:
        before = overriding._before(who, decide.someone(who.rows, CODE, "V1"), ["services"])

    assert before == [("CO-01", "SU-01")]
    with pytest.raises(OverrideNeedsOther):
        by(field, sign, waits.proposal, actor=SECOND)


def test_it_is_counted_for_one_person_and_purpose(field: Field) -> None:
    """Another person's life, or another purpose, is another matter."""
    signed(field)
    signed(field, person="V2")
    signed(field, purposes=["document"])
    with pytest.raises(OverrideNeedsOther):
        signed(field, purposes=["services", "refer_identity"])


def test_after_thirty_days_it_is_a_new_one(field: Field) -> None:
    """Counted from the end of the last one, by the rules file: a moment before, the same two are refused."""
    signed(field)
    days = load().case.override_again_d
    ends = field.now + timedelta(hours=72, days=days)
    field.now = ends - timedelta(hours=3)
    with pytest.raises(OverrideNeedsOther):
        signed(field)
    by(field, every_decision.withdraw, CODE, "Another one is written.")
    field.now = ends + timedelta(hours=1)
    signed(field)

    assert (days, load().case.override_most) == (30, 2)


def test_the_command_says_that_it_is_the_last(
    field: Field, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever proposes a second one reads who signed the first."""
    from tests.register.running import runner

    run = runner(field.register, monkeypatch, capsys)
    first = run("consent", "override", CODE, "--person", "V1", "--reason", "Unconscious.", "--hours", "5")
    by(field, sign, CODE, actor=SECOND)
    again = run("consent", "override", CODE, "--person", "V1", "--reason", "Unconscious.", "--hours", "5")

    assert (first[0], again[0]) == (0, 0)
    assert "signed by" not in first[1]
    assert "SU-01" in again[1]
