"""A case that stands as its forms came is derived by fewer questions, and says the same."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import pytest

from sync_scripts.register.building import case_unit
from sync_scripts.register.care import rebuild
from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.forms.row_output import Output
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.database import Register
from tests.register.field import (
    CASE,
    COORDINATOR,
    FOLLOWUP,
    Field,
    act,
    changed,
    closing,
    dealt,
    service,
    victim,
)
from tests.register.test_rebuild import busy


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Derive each case a second time by all questions, and note whether it was an untouched one."""
    seen: list[bool] = []
    real = case_unit.derive

    def both(given: CaseInput, rules: Ruleset, out: Output) -> None:
        mine, asked = Output(), Output()
        every = copy(given)
        object.__setattr__(every, "untouched", False)
        real(given, rules, mine)
        real(every, rules, asked)
        assert rows_of(mine) == rows_of(asked)
        seen.append(given.untouched)
        real(given, rules, out)

    monkeypatch.setattr(case_unit, "derive", both)
    return seen


def rows_of(out: Output) -> dict[str, list[list[tuple[str, Any]]]]:
    """Return the rows by the name of their table, in an order of their own."""
    return {
        table.name: sorted(sorted((name, repr(said)) for name, said in row.items()) for row in rows)
        for table, rows in out.rows.items()
        if rows
    }


INTERVIEWS: Mapping[str, Mapping[str, Any]] = {
    "plain": CASE,
    "refused": {"gate": {"interview_private": "yes", "consent_case": "no"}},
    "nothing agreed": changed(
        CASE, {"consent": {"c_document": "no", "c_services": "no", "c_followup_contact": "no"}}
    ),
    "nobody asked": changed(CASE, {"consent": {"c_document": None, "c_services": None}}),
    "urgent": changed(
        CASE, {"risk": {"threats_continue": "yes", "perp_near": "yes", "retaliation_risk": "high"}}
    ),
    "no day": changed(CASE, {"incident": {"incident_date": None}}),
    "no sure day": changed(
        CASE, {"incident": {"date_precision": "unknown_day"}, "acts": [act(1, violation="rape")]}
    ),
    "care": changed(CASE, {"acts": [act(1, violation="rape")], "verified": {"verification": "verified"}}),
    "child": changed(CASE, {"victims": [victim(1, age_band="6_11", victim_is_child="1"), victim(2)]}),
    "custody": changed(
        CASE,
        {
            "acts": [
                act(
                    1,
                    violation="arbitrary_arrest",
                    arrested_at="2026-11-20T06:00:00.000+01:00",
                    legal_basis="none",
                )
            ]
        },
    ),
    "nobody in it": changed(CASE, {"victims": [], "acts": []}),
    "closely kept": changed(CASE, {"consent": {"confidentiality": "C4", "withhold_from": "authorities"}}),
}


@pytest.mark.parametrize("name", INTERVIEWS)
def test_a_case_as_it_came_says_the_same_by_fewer_questions(
    sqlite_register: Register, derived: list[bool], name: str
) -> None:
    """Whatever the interview tells, alone, with visits and with a request to close it. What a second one says may take something back."""
    field = Field(sqlite_register)
    field.send("case", "c1", INTERVIEWS[name])
    assert derived == [True]
    case = dealt(0, "DK")
    field.send(
        "followup", "f1", changed(FOLLOWUP, {"header": {"case_code": case}, "result": {"risk_change": "up"}})
    )
    field.send("followup", "f2", service(case, "referred"))
    field.send("followup", "f3", service(case, "done"))
    field.send("closure", "k1", closing(case))
    assert all(derived)
    field.send("case", "c2", changed(CASE, {"header": {"case_known": "yes", "case_code": case}}))
    assert derived[-1] == (name == "refused")  # which opened no case
    field.send("case", "c1", CASE, edit=1)
    assert not derived[-1]
    derived.clear()
    rebuild.rebuild(sqlite_register, field.later())
    assert False in derived


@pytest.mark.parametrize("purposes", [["document", "services"], ["stats"], ["services"]])
def test_a_withdrawal_touches_a_case_whose_form_came_once(
    sqlite_register: Register, derived: list[bool], purposes: list[str]
) -> None:
    """Nothing was edited or corrected, and yet not all stands as it came."""
    field = Field(sqlite_register)
    field.send("case", "c1", INTERVIEWS["urgent"])
    with deciding(sqlite_register, COORDINATOR, field.later()) as by:
        decide.withdraw(by, dealt(0, "DK"), purposes=purposes, reason="She called.")
    assert derived == [True, False]


def test_whatever_happened_both_say_the_same(sqlite_register: Register, derived: list[bool]) -> None:
    """Where a little of everything has happened, most cases are touched, and none is taken for an untouched one."""
    busy(sqlite_register)
    assert set(derived) == {True, False}
