"""Requests to close and reports on an area: which rows they make, and what they never do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.forms.formmap import form_map, remember
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.history.erasures import scopes_of
from sync_scripts.register.model.codes import read
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission
from tests.register import alone as decisions
from tests.register.beginnings import played_once
from tests.register.field import (
    ALERT,
    CASE,
    COORDINATOR,
    FOLLOWUP,
    SITUATION,
    Field,
    changed,
    closing,
    dealt,
    flags,
    names,
)
from xlsform import pack
from xlsform.sources import source
from xlsform.workbooks import writing


@pytest.fixture
@played_once
def field(register: Register) -> Field:
    """A register with one case, in the charge of RD-01."""
    made = Field(register)
    made.send("alert", "r1", ALERT)
    alert = dealt(0, "AL")
    decisions.triage(register, alert, COORDINATOR, made.later())
    decisions.open_case(register, alert, COORDINATOR, made.later(), owner="RD-01", draw=made.draw)
    made.send("case", "c1", changed(CASE, {"header": {"alert_code": alert}}))
    return made


CASE_CODE = dealt(0, "DK")
ASKED = ["closure_asked"]


def sound(field: Field) -> bool:
    """Tell whether a rebuild gives the same register."""
    return rebuild.check(field.register, field.later()).differing == ()


# --- closure ------------------------------------------------------------------------------------------------------


def test_a_request_makes_its_row_and_those_of_its_goals(field: Field) -> None:
    """All that was answered, in the case's unit; what is decided stays empty."""
    field.send("closure", "k1", closing(CASE_CODE))
    row = field.one(tables.closure)

    assert (row["closure_id"], row["case_code"], row["closer_code"]) == ("k1", CASE_CODE, "RD-01")
    assert (row["reason"], row["risk_now"], row["pending_legal"]) == ("goals_met", "low", "no")
    assert (row["satisfaction"], row["retention_class"], row["supervisor_code"]) == ("4", "standard", "SU-01")
    assert (row["decision"], row["decided_at"]) == (None, None)
    assert names(field.rows(tables.goal), "uid", "closure_id", "service", "status") == [
        ("g1", "k1", "health", "met"),
        ("g2", "k1", "legal", "partly"),
    ]
    assert [one["unit"] for one in field.rows(tables.filing) if one["stamp"] == "closure"] == [
        f"case:{CASE_CODE}"
    ]
    assert sound(field)


def test_a_request_closes_nothing(field: Field) -> None:
    """Only a person's event moves a case: its row and tasks are what they were, a flag and a task ask for a look."""
    before, due = field.one(tables.case), field.rows(tables.task)
    field.send("closure", "k1", closing(CASE_CODE, retention_class="minimal", risk_now="medium"))

    assert field.one(tables.case) | {"next_due": None} == before | {"next_due": None}
    more = [one for one in field.rows(tables.task) if one not in due]
    assert [one["kind"] for one in more] == ["closure_review"]
    assert len(field.rows(tables.task)) == len(due) + 1
    assert flags(field) == ASKED


def test_a_request_reaches_nobody(register: Register) -> None:
    """A first contact is a visit or an interview; asking for closure at a desk is none."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    alert = dealt(0, "AL")
    decisions.triage(register, alert, COORDINATOR, field.later())
    decisions.open_case(register, alert, COORDINATOR, field.later(), owner="RD-01", draw=field.draw)
    field.send("closure", "k1", closing(CASE_CODE))
    contact = next(row for row in field.rows(tables.task) if row["kind"] == "first_contact")
    assert contact["done_at"] is None
    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}}))
    contact = next(row for row in field.rows(tables.task) if row["kind"] == "first_contact")
    assert contact["done_at"] is not None


@pytest.mark.parametrize(
    ("said", "flag"),
    [
        ({"pending_legal": "yes"}, "closure_procedure"),
        ({"risk_now": "high"}, "closure_risk"),
        ({"risk_now": "unknown"}, "closure_risk"),
        ({"risk_now": None}, "closure_risk"),
        ({"feedback_given": None}, "closure_feedback"),
        ({"supervisor_code": "rd-01 "}, "closure_own_approval"),
    ],
)
def test_what_the_form_refuses_is_looked_at_again(field: Field, said: dict[str, Any], flag: str) -> None:
    """A form can be old, changed or forged: the register says what nobody may approve."""
    field.send("closure", "k1", closing(CASE_CODE, **said))

    assert flags(field) == sorted([*ASKED, flag])
    assert sound(field)


@pytest.mark.parametrize(
    "said",
    [
        {"pending_legal": "yes", "closure_reason": "relocated"},
        {"risk_now": "medium"},
        {"feedback_given": "no"},
        {"supervisor_code": "SU-02"},
    ],
)
def test_what_may_be_approved_raises_no_more_than_the_request(field: Field, said: dict[str, Any]) -> None:
    """The other side of each guard."""
    field.send("closure", "k1", closing(CASE_CODE, **said))
    assert flags(field) == ASKED


def test_the_owner_cannot_be_the_one_who_decides(field: Field) -> None:
    """Two persons: also not the one in charge of the case; it is looked at again when the case changes hands."""
    field.send("closure", "k1", closing(CASE_CODE, supervisor_code="RD-07"))
    assert flags(field) == ASKED
    decisions.assign(field.register, CASE_CODE, "RD-07", COORDINATOR, field.later(), new=True)
    assert flags(field) == ["closure_asked", "closure_own_approval"]
    assert sound(field)


def test_an_unreadable_code_waits_and_an_edit_brings_it_home(field: Field) -> None:
    """Nothing is lost: the row is there, the flag says what is missing, and the edit moves it into its case."""
    field.send("closure", "k1", closing("no code"))
    assert flags(field) == ["case_code_unreadable"]
    assert len(field.rows(tables.closure)) == 1
    field.send("closure", "k1", closing(CASE_CODE), edit=1)
    assert flags(field) == ASKED
    assert [one["unit"] for one in field.rows(tables.filing) if one["stamp"] == "closure"] == [
        f"case:{CASE_CODE}"
    ]
    assert sound(field)


def test_a_typed_code_is_the_same_answer(field: Field) -> None:
    """Chosen from the list or typed: one field, one case, no remark."""
    header = {"header": {"case_code_typed": CASE_CODE}}
    field.send(
        "closure", "k1", changed(closing(CASE_CODE), {"header": {"case_code": None, **header["header"]}})
    )
    field.send("followup", "f1", changed(FOLLOWUP, header))

    assert field.one(tables.closure)["case_code"] == CASE_CODE
    assert field.one(tables.followup)["case_code"] == CASE_CODE
    assert flags(field) == ASKED
    assert {one["case_code"] for one in field.rows(tables.filing)} == {CASE_CODE}


def test_an_edit_takes_goals_away(field: Field) -> None:
    """The version that counts is the newest."""
    field.send("closure", "k1", closing(CASE_CODE))
    field.send("closure", "k1", changed(closing(CASE_CODE, goals_any="no"), {"goals": []}), edit=1)

    assert field.rows(tables.goal) == []
    assert sound(field)


def test_the_vault_finds_a_request_with_its_case(field: Field) -> None:
    """What is opened for a case includes its requests to close."""
    field.send("closure", "k1", closing(CASE_CODE))
    with field.register.reading() as rows:
        assert "folder-k1" in scopes_of(rows, CASE_CODE)
    assert read(CASE_CODE, "DK") == CASE_CODE


# --- situation ----------------------------------------------------------------------------------------------------


def test_a_report_makes_rows_of_its_own(field: Field) -> None:
    """One area, two events, one service; numbers are numbers, days are days."""
    field.send("situation", "s1", SITUATION)
    row = field.one(tables.situation)

    assert (row["situation_id"], row["region"], row["period_start"], row["period_end"]) == (
        *("s1", "CM007", "2026-11-09", "2026-11-15"),
    )
    assert (row["lockdown_days"], row["displaced_est"], row["schools_open_pct"]) == (2, 120, None)
    assert names(field.rows(tables.situation_event), "uid", "situation_id", "violation", "women", "men") == [
        ("e1", "s1", "burning", 9, None),
        ("e2", "s1", "mass_roundup", None, 14),
    ]
    assert names(field.rows(tables.service_status), "uid", "service", "provider_code", "state") == [
        ("s1", "health", "PRE-01", "partial")
    ]
    (filed,) = [one for one in field.rows(tables.filing) if one["stamp"] == "situation"]
    assert (filed["unit"], filed["case_code"]) == ("situation:situation/s1", None)
    assert sound(field)


def test_a_report_touches_no_alert_and_no_case(field: Field) -> None:
    """Its events are never added to counts of alerts, acts or cases."""
    mine = {"filing", "extra", "flag", "situation", "situation_event", "service_status"}
    before = {name: rows for name, rows in field.everything().items() if name not in mine}
    field.send("situation", "s1", SITUATION)

    assert {name: rows for name, rows in field.everything().items() if name not in mine} == before


def test_an_edit_replaces_the_report(field: Field) -> None:
    """Rows that are gone are gone, the others keep their uid."""
    field.send("situation", "s1", SITUATION)
    quiet = changed(
        SITUATION, {"events_any": "no", "events": [], "tendency": {"trend": "same", "comment": None}}
    )
    field.send("situation", "s1", quiet, edit=1)

    assert field.rows(tables.situation_event) == []
    assert (field.one(tables.situation)["trend"], field.one(tables.situation)["comment"]) == ("same", None)
    assert len(field.rows(tables.service_status)) == 1
    assert sound(field)


def test_a_number_that_is_none_is_flagged_and_kept_out(field: Field) -> None:
    """Another program may write anything: the column stays empty, the answer is in the submission."""
    field.send("situation", "s1", changed(SITUATION, {"context": {"displaced_est": "many"}}))

    assert field.one(tables.situation)["displaced_est"] is None
    assert flags(field) == ["value_unreadable"]


# --- both ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "said", "raised"),
    [
        (
            "closure",
            changed(
                closing(CASE_CODE, supervisor_code="SU-77"),
                {
                    "goals": [
                        {"goal_uid": f"g{n}", "goal_service": "ransom_support", "goal_status": "met"}
                        for n in (1, 2)
                    ]
                },
            ),
            {"supervisor_code": "SU-77", "goal_service": "ransom_support"},
        ),
        ("situation", SITUATION, {"comment": "People leave before dark.", "event_violation": "mass_roundup"}),
    ],
)
def test_what_an_organisation_seals_stays_sealed(
    field: Field, form: str, said: dict[str, Any], raised: dict[str, str]
) -> None:
    """A form may set a question higher, never lower: then the answer is in no column, and the rest is as before."""
    reader = sealing(field, form, raised.keys())
    field.send(form, "x1", said, reader=reader)

    assert [row["stamp"] for row in field.rows(tables.filing)].count(form) == 1
    kept = str([field.rows(table) for table in tables.TABLES if table.name != "filing"]) + str(
        field.rows(submission)
    )
    assert [text for text in raised.values() if repr(text) in kept or f'"{text}"' in kept] == []
    assert len(field.rows(tables.goal if form == "closure" else tables.situation_event)) == 2
    assert sound(field)


def sealing(field: Field, form: str, names_: Collection[str]) -> Reader:
    """Let the register know a version of a form in which some questions are sealed; return what reads it."""
    path = pack.find(form).source
    assert path is not None
    shipped = source.load(path)
    survey = tuple(
        replace(row, cells={**row.cells, "sensitivity": "3"}) if row.name in names_ else row
        for row in shipped.survey
    )
    other = replace(shipped, survey=survey, settings={**shipped.settings, "version": "2026112601"})
    with field.register.writing() as rows:
        remember(rows, writing.write(other), "2026-11-20T08:00:00.000000Z")
    return Reader(form_map(other))


def test_two_reports_of_one_week_stay_two(field: Field) -> None:
    """Nobody adds up or merges what two people saw."""
    field.send("situation", "s1", SITUATION)
    field.send("situation", "s2", SITUATION)

    assert len(field.rows(tables.situation)) == 2
    assert len(field.rows(tables.situation_event)) == 4
