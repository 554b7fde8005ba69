"""The tables of the register against the catalogue of fields: names, owners, levels."""

from __future__ import annotations

from sync_scripts.store.schema.register import TABLES
from xlsform.pack import RegisterField, register_fields

LATER = {
    "sharing",
    "release",
}
"""Entities that no form of today feeds."""
RAW = {"submission", "event", "custody"}
"""Kept by the raw store."""
OURS = {"filing_no", "other_no"}
"""How every row knows its submission, and a link the other one."""


def catalogue(entity: str) -> dict[str, RegisterField]:
    """Return the fields of an entity that have a column."""
    fields = {name: field for (owner, name), field in register_fields().items() if owner == entity}
    if entity == "consent":  # keyed: the collected fields are the values of the column purpose
        fields = {name: field for name, field in fields.items() if field.owner != "collected"}
    return {name: field for name, field in fields.items() if field.level < 3}


def test_every_entity_that_the_forms_feed_has_its_table() -> None:
    """No entity of the catalogue is forgotten, none is invented."""
    entities = {entity for entity, _ in register_fields()}

    assert {table.name for table in TABLES} == (entities - LATER - RAW) | {"filing"}


def test_every_column_has_the_owner_and_level_of_the_catalogue() -> None:
    """One owner a column, the level of the domain, nothing missing and nothing of level 3."""
    for table in TABLES:
        if table.name == "filing":
            continue
        columns = {
            c.name: (c.info["owner"], c.info["level"])
            for c in table.columns
            if c.name not in OURS - catalogue(table.name).keys()
        }
        assert columns == {
            name: (field.owner, field.level) for name, field in catalogue(table.name).items()
        }, table


def test_no_column_holds_what_is_sealed() -> None:
    """A field of level 3 has no column in any table of the register."""
    sealed = {(entity, name) for (entity, name), field in register_fields().items() if field.level == 3}

    assert not sealed & {(table.name, column.name) for table in TABLES for column in table.columns}


def test_values_have_the_kind_of_the_catalogue() -> None:
    """What the catalogue calls a date, an instant, a number or yes/no is kept as one."""
    kinds = {"date": "date", "datetime": "instant", "int": "number", "bool": "yes_no", "json": "json"}
    for table in TABLES:
        for name, field in catalogue(table.name).items():
            if field.type in kinds:
                assert table.c[name].info["kind"] == kinds[field.type], (table.name, name)
