"""The provider that a phone chose from a list. ODK Central knows the rows of a list by uuid, the register by code.

The uuid of a row follows from its code, and an event says which codes were ever sent to which list, so that a rebuild
gives the same codes. What is chosen from a list that this register never sent stays as it came.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sync_scripts.register.forms.records import Reading, Record
from sync_scripts.store.database import Rows
from sync_scripts.store.history import events

__all__ = ["FIELD", "PUBLISHED", "SUBJECT", "chosen_row", "coded", "is_row", "named", "row_uuid"]

PUBLISHED: Final = "publish.providers"
"""The event that says which codes of providers were sent to a list for the first time."""
SUBJECT: Final = "publish:lists"
FIELD: Final = "provider_code"
_NAMES = uuid.UUID(
    "6b1f7a52-4a8e-5f0e-9d55-9a2f4f3b7c10"
)  # ours: makes a row's uuid the same on every laptop
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def row_uuid(code: str, place: str = "") -> str:
    """Return the uuid of a code: always the same, and of the form that ODK Central takes (version 4).

    ``place`` names the project and list of a Central, where no two rows of the whole server may share a uuid.
    """
    name = f"{place}/{code}" if place else code
    return str(uuid.UUID(bytes=uuid.uuid5(_NAMES, name).bytes, version=4))


def named(rows: Rows) -> dict[str, str]:
    """Return the code of every row that was ever sent to a list of providers, by its uuid."""
    found: dict[str, str] = {}
    for event in events.read(rows, ops=[PUBLISHED]):
        place = str(event.payload["place"])
        found |= {row_uuid(code, place): code for code in event.payload["codes"]}
    return found


def is_row(value: object) -> bool:
    """Tell whether an answer looks like the row of a list, not like a code."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def coded(reading: Reading, codes: Mapping[str, str]) -> Reading:
    """Return a reading with the codes of its providers in place of the rows that were chosen."""
    return msgspec.structs.replace(reading, records=tuple(_coded(one, codes) for one in reading.records))


def _coded(record: Record, codes: Mapping[str, str]) -> Record:
    chosen: Any = record.fields.get(FIELD)
    if not is_row(chosen) or chosen not in codes:
        return record
    return msgspec.structs.replace(record, fields={**record.fields, FIELD: codes[chosen]})


def chosen_row(reading: Reading) -> bool:
    """Tell whether a reading names a provider by the row of a list."""
    return any(FIELD in one.fields and is_row(one.fields[FIELD]) for one in reading.records)
