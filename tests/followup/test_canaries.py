"""Every field of the register's catalogue, walked for every tier: what a tier does not allow is in no file of that tier.

A canary lies in each field, in a row of each table; then every file that leaves is made and searched. A field is either
allowed, or carries a canary, or is named here with the reason why it cannot carry one. A new field is one of the three.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Column, select, update

from sync_scripts.config import NotifySettings
from sync_scripts.dossier.document import Header, Opened, document
from sync_scripts.followup.columns import ALLOWED, Tier
from sync_scripts.followup.outbound.export import export, export_all
from sync_scripts.notify.messages import body, letters
from sync_scripts.publish.audiences import Audience, leaving
from sync_scripts.publish.lists import case_list, case_row, cases_of, content, providers_in
from sync_scripts.register.building import notices
from sync_scripts.register.building.notices import Before
from sync_scripts.register.handover.choosing import choose
from sync_scripts.register.handover.codebook import codebook
from sync_scripts.register.handover.gathered import gather
from sync_scripts.register.handover.handovers import Request
from sync_scripts.register.queries.today import today
from sync_scripts.register.queries.views import alerts, cases
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import outbox
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import TABLES
from tests.followup.test_doors import CODE, LOCK, everything, order, stuffed
from tests.register.built import made
from tests.register.field import (
    ALERT,
    CASE,
    CLOSURE,
    COORDINATOR,
    FOLLOWUP,
    SITUATION,
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
FORMS = ("alert", "case", "followup", "closure", "situation")
Key = tuple[str, str]

COLUMNS: Final[dict[Key, Column[Any]]] = {
    (table.name, column.name): column for table in TABLES for column in table.columns
}

RAW: Final = frozenset({"submission", "event", "custody", "sharing", "release"})
"""Entities that the raw store keeps: no file is made of them but the ones that say so."""
UNSTORED: Final = {
    ("worker", "name"): "sealed, and asked for by nothing yet",
    ("provider", "address"): "never taken",
}
KEYED: Final = frozenset(key for key in register_fields() if key[0] == "consent" and key not in COLUMNS)
"""Purposes: they are the rows of the consents, named by ``purpose``."""

STEERS: Final[dict[Key, str]] = {
    **{(name, "case_code"): "names the case" for name, column in COLUMNS if column == "case_code"},
    **{
        key: "says whether something leaves"
        for key in COLUMNS
        if key[0] == "consent" or key[1] in {"consent_state", "withhold_from"}
    },
    ("case", "confidentiality"): "says how much of a case is shown",
    ("alert", "state"): "says whether an alert is worked on",
    ("task", "escalated_at"): "says when a message is due",
    ("task", "subject"): "names what a task is about",
    ("provider", "services"): "says that a shelter goes to phones as a bare code",
    ("worker", "code"): "names who may be put in charge",
    ("act", "incident_id"): "names the incident",
    ("need", "person_uid"): "names the person",
    ("intervention", "person_uid"): "names the person",
    ("interview", "person_uid"): "names the person",
    ("interview", "doc_date"): "says from when a child's consent counts",
    ("need", "met_on"): "says whether a need is still there",
}
"""Fields that are read in order to decide what is shown; with a canary in them another file would be made."""


ON_PHONES: Final = frozenset({("provider", "name"), ("provider", "department")})
"""What the phones' list of providers shows besides code and services."""


def names_rows(column: Column[Any]) -> bool:
    """Tell whether a column is part of the key by which rows are found: numbers and random ids, which say nothing."""
    return bool(column.primary_key) or column.name in {"uid", "intervention_id", "incident_id"}


@cache
def asked_at_level_3() -> frozenset[Key]:
    """Return the fields of level 3 that some question of the forms feeds."""
    return frozenset(
        (one.entity or "", one.field or "")
        for form in FORMS
        for one in map_of(form).questions
        if one.level == 3
    )


def fate(key: Key, tier: Tier) -> str:
    """Return what becomes of a field of the catalogue in the test of a tier."""
    if key in ALLOWED[tier]:
        return "allowed"
    if key in asked_at_level_3():
        return "sealed"
    if key in UNSTORED or key in KEYED or key[0] in RAW:
        return "elsewhere"
    column = COLUMNS.get(key)
    if column is None:
        return "nowhere"
    if key in STEERS or names_rows(column) or column.info["kind"] == "yes_no":
        return "steers"
    return "planted"


def value_of(column: Column[Any], number: int) -> Any:
    """Return a canary of the kind of a column; each is another one."""
    kind = column.info["kind"]
    if kind == "number":
        return 7_130_000_000 + number
    if kind == "date":
        return f"{1700 + number // 28}-03-{number % 28 + 1:02d}"
    if kind == "instant":
        return f"{1700 + number // 28}-04-{number % 28 + 1:02d}T08:00:00.000000Z"
    return f'["kanari{number}xq"]' if kind == "json" else f"kanari{number}xq"


def searched(value: Any) -> str:
    """Return what is looked for in a file."""
    return str(value).strip('[]"')[:10] if not str(value).startswith("[") else str(value)[2:-2]


def rows_everywhere(field: Field) -> None:
    """Put a row into each table that the forms left empty, beside the first interview."""
    with field.register.writing() as rows:
        filing = rows.execute(select(tables.filing.c.filing_no).where(tables.filing.c.case_code == CODE))
        number = min(filing.scalars())
        for table in TABLES:
            if rows.execute(select(table).limit(1)).first() is not None:
                continue
            made: dict[str, Any] = {}
            for column in table.columns:
                kind = column.info["kind"]
                made[column.name] = {"number": 1, "yes_no": False}.get(kind, "x")
            made |= {name: number for name in ("filing_no", "other_no") if name in made}
            made |= {name: CODE for name in ("case_code",) if name in made}
            rows.many(table, [made])


def plant(register: Register, tier: Tier) -> dict[Key, str]:
    """Put a canary into every field that has to carry one, in every row; return what is looked for, by field."""
    found = {}
    fields = [key for key in register_fields() if fate(key, tier) == "planted"]
    with register.writing() as rows:
        for number, key in enumerate(fields):
            column = COLUMNS[key]
            value = value_of(column, number)
            done = rows.execute(update(column.table).values({column.name: value}))
            assert done.rowcount, f"{key}: no row carries it"
            found[key] = searched(value)
    return found


@pytest.fixture
def full(sqlite_register: Register) -> tuple[Field, list[str]]:
    """Give a register in which every form has arrived with every sealed answer, and every table has a row."""
    field = Field(sqlite_register)
    canaries: list[str] = []
    people = {"victims": [victim(1), victim(2)], "acts": [act(1, "V1 V2")]}
    court = changed(
        FOLLOWUP,
        {
            "header": {"case_code": CODE, "fu_type": "legal"},
            "legal": {"legal_step": "hearing", "lawyer_code": "AV-01"},
        },
    )
    sent = [
        ("alert", "r1", ALERT),
        ("alert", "r2", ALERT),
        ("case", "c1", changed(CASE, people, {"consent": {"c_justice": "yes"}})),
        ("followup", "f1", service(CODE, "referred")),
        ("followup", "f2", court),
        ("closure", "k1", changed(CLOSURE, {"header": {"case_code": CODE}})),
        ("situation", "s1", SITUATION),
    ]
    for form, root, said in sent:
        made, theirs = stuffed(form, said)
        field.send(form, root, made)
        canaries += theirs
    rows_everywhere(field)
    return field, list(dict.fromkeys(canaries))


# --- the catalogue ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["T2", "T3"])
def test_every_field_of_the_catalogue_has_its_fate(tier: Tier) -> None:
    """Allowed, sealed, planted, or named with a reason: nothing is passed over, and nothing steers without need."""
    fates = {key: fate(key, tier) for key in register_fields()}
    by = {word: {key for key, one in fates.items() if one == word} for word in set(fates.values())}

    assert "nowhere" not in by
    assert by["allowed"] == ALLOWED[tier]
    assert {key for key, one in register_fields().items() if one.level == 3} == by["sealed"] | UNSTORED.keys()
    assert by["steers"] <= STEERS.keys() | {
        key for key, column in COLUMNS.items() if names_rows(column) or column.info["kind"] == "yes_no"
    }
    assert len(by["planted"]) > 150
    assert {key for key in by["planted"] if register_fields()[key].level == 2} > {
        ("incident", "date"),
        ("person", "age"),
        ("alert", "contact_tag"),
        ("person", "phone_tag"),
        ("assessment", "suicide_risk"),
    }


# --- the files ----------------------------------------------------------------------------------------------------


def lists_of_phones(field: Field) -> Iterator[tuple[str, str]]:
    """Yield every list that goes to phones, in each shape in which it goes."""
    everybody = Audience((), everywhere=True)
    going = leaving(cases_of(field.register, NOW), everybody)
    yield "cases.csv", case_list(going).decode()
    yield "providers.csv", content("providers.csv", providers_in(field.register)).decode()
    yield "entities", repr([case_row(one) for one in going])


def messages(field: Field) -> Iterator[tuple[str, str]]:
    """Yield every message that is written of what is urgent or late, in both languages."""
    field.register.destinations = (NotifySettings(name="d", level="low"),)
    with field.register.writing() as rows:
        notices.escalate(rows, NOW.replace(year=2027))
        every = [dict(row) for row in rows.execute(select(tables.alert)).mappings()]
        subjects = {row["code"]: f"alert:alert/{row['alert_id']}" for row in every}
        levelled = [dict(row, level="critical", region="CM007") for row in every]
        notices.of_alerts(rows, Before(), made(alerts=levelled), subjects, NOW)
        found = rows.execute(select(tables.case)).mappings()
        levelled = [dict(row, level="critical", region="CM007") for row in found]
        notices.of_cases(rows, Before(), made(cases=levelled), NOW)
        waiting = outbox.waiting(rows)
    assert waiting
    for number, letter in enumerate(letters(waiting, NOW.replace(year=2028), load().zone)):
        for lang in ("fr", "en"):
            yield f"message {number} {lang}", body(letter.said("K7Q4"), lang, NOW)


def files(field: Field, tier: Tier, folder: Path) -> Mapping[str, str]:
    """Return every file of a tier by name, as text."""
    found = {}
    for name, write in (("whole", export), ("row by row", export_all)):
        for lang in ("fr", "en"):
            path = folder / f"{name}-{lang}.xlsx"
            write(field.register, order(tier, lang), path, password=LOCK)
            found[f"workbook, {name}, {lang}"] = everything(path)
    return found


@pytest.mark.parametrize("tier", ["T2", "T3"])
def test_no_canary_is_in_a_file_of_its_tier(
    full: tuple[Field, list[str]], tmp_path: Path, tier: Tier
) -> None:
    """Workbooks of both writers in both languages, the lists of phones, the messages: nothing but what is allowed."""
    field, sealed = full
    planted = plant(field.register, tier)
    outside = {**files(field, tier, tmp_path), **dict(messages(field))}
    phones = dict(lists_of_phones(field))
    canaries = [*planted.values(), *sealed]
    on_phones = [one for key, one in planted.items() if key not in ON_PHONES] + sealed

    assert len(canaries) > 220
    assert len(set(canaries)) == len(canaries)
    assert sum(CODE in text for text in (*outside.values(), *phones.values())) >= 6
    assert {(name, one) for name, text in outside.items() for one in canaries if one in text} == set()
    assert {(name, one) for name, text in phones.items() for one in on_phones if one in text} == set()


@pytest.mark.parametrize(
    ("tier", "key"),
    [
        ("T2", ("case", "work_note")),
        ("T2", ("case", "closure_reason")),
        ("T3", ("incident", "arrondissement")),
    ],
)
def test_the_canaries_would_be_found(
    full: tuple[Field, list[str]], tmp_path: Path, tier: Tier, key: Key
) -> None:
    """A field that is allowed and shown is found by the same search: the test above can fail."""
    field, _ = full
    with field.register.writing() as rows:
        rows.execute(update(COLUMNS[key].table).values({key[1]: "kanari999xq"}))

    assert any("kanari999xq" in text for text in files(field, tier, tmp_path).values())


def test_no_sealed_answer_is_on_a_screen_either(full: tuple[Field, list[str]]) -> None:
    """The lists and the page of the day, whole, as they are piped: levels 0 to 2 only."""
    field, sealed = full
    with field.register.reading() as rows:
        shown = json.dumps([alerts(rows, states=None), cases(rows, everything=True)], default=str)
        shown += repr(today(rows, NOW))

    assert CODE in shown
    assert [one for one in sealed if one in shown] == []


def test_a_dossier_holds_nothing_of_another_case(full: tuple[Field, list[str]]) -> None:
    """T4 is one case: a canary in every row of another one, of every field and level, is not in it."""
    field, _ = full
    other = dealt(1, "DK")
    said = changed(CASE, {"victims": [victim(7)], "acts": [act(7, "V1")]})
    field.send("case", "c2", said)
    field.send("followup", "f9", service(other, "referred"))
    canaries = []
    with field.register.writing() as rows:
        numbers = list(
            rows.execute(
                select(tables.filing.c.filing_no).where(tables.filing.c.case_code == other)
            ).scalars()
        )
        for number, (key, column) in enumerate(sorted(COLUMNS.items())):
            if "filing_no" not in column.table.c or names_rows(column) or key[0] == "filing":
                continue
            if column.name in {"case_code", "person_uid", "filing_no"} or column.info["kind"] == "yes_no":
                continue
            value = value_of(column, number)
            done = rows.execute(
                update(column.table).where(column.table.c.filing_no.in_(numbers)).values({column.name: value})
            )
            canaries += [searched(value)] * bool(done.rowcount)
    with field.register.reading() as rows:
        found = gather(rows, CODE)
        chosen = choose(found, Request("justice", "court", "TGI"), NOW, NOW.date())
        header = Header("r", NOW, COORDINATOR, "x", "", "fr", demo=True)
        text = json.dumps(document(found, chosen, Opened(), codebook(rows), header), default=str)

    assert CODE in text
    assert len(canaries) > 60
    assert [one for one in [*canaries, other] if one in text] == []
