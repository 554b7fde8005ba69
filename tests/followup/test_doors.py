"""What no file of a tier may hold: a canary in every field that the tier does not allow; and what consent does not let leave."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msoffcrypto
import openpyxl
import pytest
from sqlalchemy import Column, update

from sync_scripts.followup.columns import ALLOWED, Tier
from sync_scripts.followup.outbound.export import export, export_all
from sync_scripts.followup.outbound.gather import Scope, work
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.publish.audiences import Audience, leaving
from sync_scripts.publish.lists import case_list, cases_of, content, providers_in
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import TABLES
from tests.register.field import (
    ALERT,
    CASE,
    COORDINATOR,
    FOLLOWUP,
    Field,
    act,
    changed,
    dealt,
    map_of,
    service,
    victim,
)
from xlsform.pack import register_fields

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
LOCK = "sept lampes bleues gardent un puits"
CODE = dealt(0, "DK")


# --- canaries -----------------------------------------------------------------------------------------------------


def placed(said: Mapping[str, Any], path: tuple[str, ...], value: str) -> dict[str, Any]:
    """Return answers with one more, in the first repetition where there are several."""
    name, *rest = path
    made = dict(said)
    if not rest:
        return {**made, name: value}
    inside = made.get(name, {})
    if isinstance(inside, list):
        first = placed(inside[0] if inside else {}, tuple(rest), value)
        return {**made, name: [first, *inside[1:]]}
    return {**made, name: placed(inside, tuple(rest), value)}


def stuffed(form: str, said: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return answers with a canary in every question of level 3, and the canaries."""
    made, canaries = dict(said), []
    for number, question in enumerate(map_of(form).questions):
        if question.level == 3:
            canary = f"scelle{form}{number}kanari"
            made = placed(made, tuple(question.path), canary)
            canaries.append(canary)
    return made, canaries


def not_allowed(tier: Tier) -> Iterator[tuple[Any, Column[Any]]]:
    """Yield table and column of every field of level 2 that a tier does not allow, tags among them."""
    for table in TABLES:
        for column in table.columns:
            if column.info["level"] == 2 and (table.name, column.name) not in ALLOWED[tier]:
                yield table, column


def planted(register: Register, tier: Tier) -> list[str]:
    """Put a canary into every such field of every row; return them all."""
    canaries = []
    with register.writing() as rows:
        for number, (table, column) in enumerate(not_allowed(tier)):
            if column.primary_key or column.info["kind"] == "yes_no":
                continue
            value: Any = f"canari{number}xq"
            if column.info["kind"] == "number":
                value = 7_130_000_000 + number
            elif column.info["kind"] == "date":
                value = f"1907-03-{number % 28 + 1:02d}"
            elif column.info["kind"] == "instant":
                value = f"1907-04-{number % 28 + 1:02d}T08:00:00.000000Z"
            if table is tables.interview and column.name == "withhold_from":
                continue  # read by the function that lets facts leave
            rows.execute(update(table).values({column.name: value}))
            canaries.append(str(value)[:10])
    return canaries


def everything(path: Path) -> str:
    """Return all text of a workbook's parts, opened with the password."""
    raw = io.BytesIO(path.read_bytes())
    opened = io.BytesIO()
    file = msoffcrypto.OfficeFile(raw)
    file.load_key(password=LOCK)
    file.decrypt(opened)
    with zipfile.ZipFile(opened) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


@pytest.fixture
def full(sqlite_register: Register) -> tuple[Field, list[str]]:
    """Give a register in which every form has arrived with a canary in every sealed answer."""
    field = Field(sqlite_register)
    people = {"victims": [victim(1), victim(2)], "acts": [act(1, "V1 V2")]}
    alert, first = stuffed("alert", ALERT)
    case, second = stuffed("case", changed(CASE, people))
    field.send("alert", "r1", alert)
    field.send("case", "c1", case)
    visit, third = stuffed("followup", service(CODE, "referred"))
    field.send("followup", "f1", visit)
    court = changed(
        FOLLOWUP, {"header": {"case_code": CODE, "fu_type": "court"}, "court": {"court_step": "hearing"}}
    )
    field.send("followup", "f2", court)
    assert len(first + second + third) > 30
    return field, first + second + third


def order(tier: Tier, lang: Literal["fr", "en"] = "fr") -> Order:
    """Return what the coordinator asks for; a demonstration shows C3, so nothing is left out for that."""
    return Order(tier=tier, lang=lang, scope=Scope(), actor=COORDINATOR, now=NOW, demo=True)


@pytest.mark.parametrize("tier", ["T2", "T3"])
@pytest.mark.parametrize("large", [False, True], ids=["whole", "row by row"])
def test_no_canary_of_a_field_that_is_not_allowed_is_in_a_workbook(
    full: tuple[Field, list[str]], tmp_path: Path, tier: Tier, large: bool
) -> None:
    """Every field of level 2 outside the list, every sealed answer, every tag: in no part of the file, of either writer."""
    field, sealed = full
    canaries = planted(field.register, tier) + sealed
    path = tmp_path / "book.xlsx"
    write = export_all if large else export
    write(field.register, order(tier), path, password=LOCK)
    text = everything(path)

    assert len(canaries) > 100
    assert CODE in text
    assert [one for one in canaries if one in text] == []


@pytest.mark.parametrize("tier", ["T2", "T3"])
def test_the_canaries_would_be_found(full: tuple[Field, list[str]], tmp_path: Path, tier: Tier) -> None:
    """A field that is allowed and shown is found by the same search: the test above can fail."""
    field, _ = full
    with field.register.writing() as rows:
        rows.execute(update(tables.case).values(work_note="canari vu", department="CM007xyz"))
    path = tmp_path / "book.xlsx"
    export(field.register, order(tier), path, password=LOCK)

    assert {"canari vu", "CM007xyz"} <= {one for one in ("canari vu", "CM007xyz") if one in everything(path)}


def test_no_canary_is_on_the_phones(full: tuple[Field, list[str]]) -> None:
    """The list of open cases and the list of providers hold what they may, whatever else the register says."""
    field, sealed = full
    canaries = planted(field.register, "T2") + sealed
    everybody = Audience((), everywhere=True)
    with field.register.writing() as rows:
        blank = dict.fromkeys(column.name for column in tables.provider.columns)
        shelter = {
            "provider_code": "AB-1",
            "services": "safehouse",
            "name": "Maison canari",
            "contact": "canari-tel",
        }
        rows.many(tables.provider, [{**blank, **shelter, "department": "CM007002", "on_phones": True}])
    lists = case_list(leaving(cases_of(field.register, NOW), everybody))
    lists += content("providers.csv", providers_in(field.register))

    assert CODE.encode() in lists
    assert b"AB-1,AB-1,," in lists
    assert [one for one in [*canaries, "Maison canari", "canari-tel"] if one.encode() in lists] == []


def test_every_level_of_the_catalogue_is_looked_at() -> None:
    """The columns that get a canary are all columns of level 2 that the tier does not list, tag columns among them."""
    looked = {(table.name, column.name) for table, column in not_allowed("T2")}
    catalogue = {key for key, field in register_fields().items() if field.level == 2} - ALLOWED["T2"]
    kept_raw = {
        key for key in catalogue if key[0] in {"submission", "event", "custody", "sharing", "release"}
    }
    keyed = {key for key in catalogue if key[0] == "consent" and key not in looked}

    assert catalogue - kept_raw - keyed <= looked
    assert {("alert", "contact_tag"), ("person", "phone_tag"), ("person", "document_tag")} <= looked


# --- consent ------------------------------------------------------------------------------------------------------


def shown(field: Field, tier: Tier, at: datetime = NOW) -> Any:
    """Return what a workbook would say of the only case."""
    with field.register.reading() as rows:
        ((case, _services),) = work(rows, Scope(), detailed=tier == "T3", at=at)
    return case


def rows_of(path: Path, sheet: str) -> list[list[Any]]:
    """Return the filled rows of one sheet of a T2 workbook without a password."""
    book = openpyxl.load_workbook(path)
    return [
        [cell.value for cell in row]
        for row in book[sheet].iter_rows(min_row=2)
        if any(cell.value for cell in row)
    ]


def test_facts_and_needs_leave_with_their_consent(register: Register) -> None:
    """Documents given: facts; services given: needs; each without the other: nothing of the other."""
    field = Field(register)
    field.send("case", "c1", CASE)
    whole = shown(field, "T3")
    field.send(
        "case", "c1", changed(CASE, {"consent": {"c_services": "no", "c_refer_identity": None}}), edit=1
    )
    without_services = shown(field, "T3")

    assert (whole.violations, whole.people) == (("threat",), ("woman",))
    assert whole.needs
    assert without_services.needs == ()
    assert without_services.violations == ("threat",)


def test_a_consent_that_ran_out_takes_the_facts_along(register: Register) -> None:
    """Twelve months later the row is there, without needs and facts: somebody has to ask again."""
    field = Field(register)
    field.send("case", "c1", CASE)
    case = shown(field, "T3", datetime(2027, 11, 25, tzinfo=UTC))

    assert (case.code, case.violations, case.people, case.needs, case.arrondissement) == (
        CODE,
        (),
        (),
        (),
        None,
    )
    assert case.stopped is False


def test_a_withdrawn_case_shows_five_columns_and_no_service(register: Register, tmp_path: Path) -> None:
    """Only what is needed to stop: code, state, urgency, owner, what is due."""
    field = Field(register)
    field.send("case", "c1", CASE)
    field.send("followup", "f1", service(CODE, "referred"))
    with deciding(register, COORDINATOR, field.later()) as by:
        decide.withdraw(by, CODE, reason="She called.")
    path = tmp_path / "book.xlsx"
    export(register, order("T2", "en"), path, password=None)
    text = "\n".join(str(row) for name in ("Cases", "Referrals") for row in rows_of(path, name))

    assert CODE in text
    assert "PRE-01" not in text
    assert "North-West" not in text
    assert shown(field, "T3").violations == ()


def test_a_person_who_withdrew_is_not_among_the_others(register: Register) -> None:
    """V2 withdrew: neither her kind nor what only she suffered is shown; what V1 suffered is."""
    field = Field(register)
    two = {
        "victims": [victim(1), victim(2, victim_sex="m")],
        "acts": [act(1, "V1"), act(2, "V2", violation="beating")],
    }
    field.send("case", "c1", changed(CASE, two))
    before = shown(field, "T3")
    with deciding(register, COORDINATOR, field.later()) as by:
        decide.withdraw(by, CODE, person="V2", reason="He called.")
    after = shown(field, "T3")

    assert (set(before.people), set(before.violations)) == ({"woman", "man"}, {"threat", "beating"})
    assert (after.people, after.violations, after.stopped) == (("woman",), ("threat",), False)


@pytest.mark.parametrize("alone", [True, False])
def test_a_person_who_refused_is_not_among_the_others(register: Register, *, alone: bool) -> None:
    """Nobody told of her in a talk, and asked she said no: not her kind, nor what only she suffered; nor of a no to documents."""
    field = Field(register)
    girl = victim(2, consent_covers="no", age_band="12_17", victim_is_child="1")
    acts = [act(1, "V1"), act(2, "V2", violation="rape")]
    field.send("case", "c1", changed(CASE, {"victims": [victim(1), girl], "acts": acts}))
    said = {"document": "no"} if alone else {"document": "no", "services": "no"}
    with deciding(register, COORDINATOR, field.later()) as by:
        decide.record(by, CODE, said, person="V2", reason="Asked at the clinic.")
    case = shown(field, "T3")

    assert (case.people, case.violations, case.stopped) == (("woman",), ("threat",), False)
