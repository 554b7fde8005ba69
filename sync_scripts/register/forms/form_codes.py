"""The codes of a case and of an alert that a form names. Pure; whether anybody dealt them is not asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_scripts.register.forms.records import Reading
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.model import codes

__all__ = ["case_named", "codes_named"]


def codes_named(filed: Filed) -> tuple[str | None, str | None]:
    """Return the codes of the case and the alert that a form names, as far as they can be read."""
    record = filed.one(filed.kind)
    fields: Mapping[str, Any] = record.fields if record is not None else {}
    case_code, alert = fields.get("case_code"), fields.get("alert_code")
    return (
        codes.read(case_code, "DK") if isinstance(case_code, str) else None,
        codes.read(alert, "AL") if isinstance(alert, str) else None,
    )


def case_named(filed: Filed, reading: Reading) -> str | None:
    """Return the code of the case that a version of a form names."""
    told = next((one for one in reading.records if one.entity == filed.kind), None)
    named = told.fields.get("case_code") if told is not None else None
    return codes.read(named, "DK") if isinstance(named, str) else None
