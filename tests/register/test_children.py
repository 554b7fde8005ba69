"""Who is a child is one question, asked of whatever was written down: the phone's own sum, the age, the band."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.representatives import adults, children
from sync_scripts.register.disclosure.sharing import Asked
from sync_scripts.register.rules.clocks import adult_from, child
from sync_scripts.register.urgency.claims import of_case
from sync_scripts.servers.desk import LEGACY
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.field import CASE, Field, changed, dealt, victim

UN = Asked("bundle", "un", purpose="un")


@pytest.mark.parametrize(
    ("young", "age", "band", "expected"),
    [
        (True, None, None, True),
        (None, 9, None, True),
        (None, None, "12_17", True),
        (False, 9, None, True),
        (False, None, "6_11", True),
        (True, 30, "25_59", True),
        (False, 30, "12_17", True),
        (False, None, None, False),
        (None, 18, None, False),
        (None, None, "60p", False),
        (None, None, "unknown", None),
        (None, None, None, None),
    ],
)
def test_the_stricter_of_what_was_written_down_counts(
    young: bool | None, age: int | None, band: str | None, expected: bool | None
) -> None:
    """One thing that says child is enough; an adult is only who is one by everything that says anything."""
    assert child({"is_child": young, "age": age, "age_band": band}) is expected


@given(
    young=st.none() | st.booleans(),
    age=st.none() | st.integers(0, 120),
    band=st.sampled_from([None, "0_5", "6_11", "12_17", "18_24", "25_59", "60p", "unknown"]),
)
def test_whoever_has_a_day_of_coming_of_age_is_a_child(
    young: bool | None, age: int | None, band: str | None
) -> None:
    """And of a child with an age or a band that says so the day is known."""
    row: dict[str, Any] = {"is_child": young, "age": age, "age_band": band}
    says = (age is not None and age < 18) or band in {"0_5", "6_11", "12_17"}
    assert (adult_from(row, date(2026, 11, 20)) is not None) == says
    assert not says or child(row)


def of_old(field: Field, **said: str | None) -> str:
    """Let a row of an old list arrive, on which no phone worked anything out; return the code of its case."""
    who = {name: value for name, value in {**victim(1), **said}.items() if value is not None}
    del who["victim_is_child"]
    answers = changed(CASE, {"victims": [who], "consent": {"confidentiality": "C1"}})
    field.send("case", "old1", answers, server=LEGACY)
    return dealt(0, "DK")


@pytest.mark.parametrize("said", [{"age": "9", "age_band": None}, {"age_band": "12_17"}])
def test_a_child_of_an_old_list_is_a_girl_everywhere(
    sqlite_register: Register, said: dict[str, str | None]
) -> None:
    """Her kind, her points, how closely she is kept, and whose yes counts for her."""
    work = Work(Field(sqlite_register))
    code = of_old(work.field, **said)

    assert work.field.one(tables.person)["is_child"] is None
    assert work.field.one(tables.person)["kind"] == "girl"
    assert work.case(code)["confidentiality"] >= "C3"
    with work.field.register.reading() as rows:
        assert any("girl" in text.lower() or "child" in text.lower() for text in of_case(rows, code, "en"))
        assert set(children(rows, [code]).values()) == {True}
        assert None not in adults(rows, [code]).values()
        assert adults(rows, [code])
    assert work.sound()


def test_a_corrected_age_makes_a_child_and_her_own_yes_opens_nothing(sqlite_register: Register) -> None:
    """An age of 10, typed over 40: her yes to the United Nations is that of a child from then on."""
    work = begin(sqlite_register)
    work.do(consents.record, CASE_CODE, {"un": "identified"}, person="V1")
    at = work.field.now
    with work.field.register.reading() as rows:
        assert of_cases(rows, [CASE_CODE])[CASE_CODE].answer(UN, at).allowed
    work.do(every_decision.correct, CASE_CODE, "person.V1.age", "10", reason="typed wrong")

    assert work.field.one(tables.person)["kind"] == "girl"
    with work.field.register.reading() as rows:
        answer = of_cases(rows, [CASE_CODE])[CASE_CODE].answer(UN, at)
    assert (answer.allowed, answer.why) == (False, "child")
    assert work.sound()


def test_a_corrected_band_keeps_a_case_closely(sqlite_register: Register) -> None:
    """A child is kept C3 at least, whoever found out that she is one."""
    work = begin(sqlite_register)
    work.do(every_decision.set_confidentiality, CASE_CODE, "C1", reason="nothing in it")
    before = work.case()["confidentiality"]
    work.do(every_decision.correct, CASE_CODE, "person.V1.age_band", "6_11", reason="typed wrong")
    assert before < "C3" <= work.case()["confidentiality"]
    assert work.sound()


def test_an_old_list_says_of_an_adult_that_she_is_one(sqlite_register: Register) -> None:
    """An age of 40 is as good as what a phone would have worked out of it."""
    work = Work(Field(sqlite_register))
    code = of_old(work.field, age="40", age_band=None)
    assert work.field.one(tables.person)["kind"] == "woman"
    with work.field.register.reading() as rows:
        assert set(children(rows, [code]).values()) == {False}
        assert adults(rows, [code]) == {}
