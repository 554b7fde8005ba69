"""How a record of a case is named where a person speaks of it: by the pseudonym of its person or act, else by a number.

Of several records none is guessed: the refusal lists them, each as it is typed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from sync_scripts.errors import UsageProblem, When
from sync_scripts.register.decisions.base import By
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.model.errors import ThingUnknown
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema import register as tables

_NUMBERED = ("person", "act", "perpetrator", "source", "evidence")


SeveralMeant: Final = UsageProblem.declare(
    "DK-R25",
    "{what} has several that {name} could mean. Nothing was changed. Say which one: {known}.",
)
NotCorrected: Final = UsageProblem.declare(
    "DK-R26",
    "{name} of {what} has no correction: it shows what the form collected. Nothing was changed. Corrected so far: "
    "{known}.",
    instead=(
        When(
            "known",
            "",
            "{name} of {what} has no correction: it shows what the form collected. Nothing was changed. {what} has no"
            " corrections.",
        ),
    ),
)


def one_of(by: By, code: str, path: str, filed: Sequence[Filed]) -> tuple[Filed, Record]:
    """Return the submission and the record that ``entity.field`` or ``entity.name.field`` means.

    Raises:
        ThingUnknown: there is none; names those that there are.
        SeveralMeant: there are several; names them.
    """
    entity, _, rest = path.strip().partition(".")
    name, _, field = rest.rpartition(".")
    found = {record.key: (one, record) for one in filed for record in one.all(entity)}
    names = names_of(by, code, entity, list(found))
    meant = [key for key in found if not name or name == key or names[key].upper() == name.upper()]
    if len(meant) == 1:
        return found[meant[0]]
    every = ", ".join(f"{entity}.{names[key]}.{field}" for key in found)
    if meant:
        raise SeveralMeant(what=code, name=path.strip(), known=every)
    raise ThingUnknown(what=code, name=path.strip(), known=every or _entities(filed))


def not_corrected(by: By, code: str, path: str, filed: Sequence[Filed]) -> UsageProblem:
    """Return the refusal to take back what nobody corrected; it names what is corrected."""
    known: list[str] = []
    for row in (row for one in filed for row in one.corrections):
        keys = list(dict.fromkeys(record.key for one in filed for record in one.all(row["entity"])))
        names = names_of(by, code, row["entity"], keys)
        known.append(f"{row['entity']}.{names.get(row['record'], row['record'])}.{row['field']}")
    return NotCorrected(what=code, name=path.strip(), known=", ".join(known))


def _entities(filed: Sequence[Filed]) -> str:
    """Return the entities of which something was answered."""
    return ", ".join(sorted({record.entity for one in filed for record in one.reading.records}))


def names_of(by: By, code: str, entity: str, keys: Sequence[str]) -> dict[str, str]:
    """Return what each record of an entity is called in a case: V1, A2; without a pseudonym 1, 2 … by arrival."""
    called = {} if entity == "alert" else _pseudonyms(by, code)
    return {key: called.get((entity, key)) or str(number) for number, key in enumerate(keys, start=1)}


def _pseudonyms(by: By, code: str) -> dict[tuple[str, str], str]:
    """Return the pseudonyms of a case, also of the detention, torture, death or loss that stands under an act."""
    found: dict[tuple[str, str], str] = {}
    filing = tables.filing
    for entity in _NUMBERED:
        table = metadata.tables[entity]
        query = select(table.c.uid, table.c.pseudonym).join(filing, filing.c.filing_no == table.c.filing_no)
        for row in by.rows.execute(query.where(filing.c.case_code == code)):
            under = ("detention", "torture", "death", "loss", "facility") if entity == "act" else ()
            found |= {(one, row.uid): row.pseudonym for one in (entity, *under)}
    return found
