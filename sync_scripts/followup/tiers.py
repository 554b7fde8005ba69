"""What may stand in which sheet: one allow-list of register fields per tier. Never "all columns minus some".

T2 and T3 are the two levels of the workbook. T1 (aggregates) and T4 (one opened person) are not workbooks and hold
no column here. The lists come from the domain model, section 12.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from sync_scripts.errors import DikaloError

Tier = Literal["T2", "T3"]
Field = tuple[str, str]
"""A register field: (entity, field)."""


def _fields(entity: str, names: str) -> frozenset[Field]:
    return frozenset((entity, name) for name in names.split())


_T2 = (
    _fields(
        "case",
        "case_code state urgency level urgency_decided owner_code region department opened_at next_due work_note closure_reason",
    )
    | _fields("incident", "week")
    | _fields("need", "service")
    | _fields(
        "intervention",
        "number service provider_code status owner_code due_at requested_on done_at consent_ok work_note",
    )
    | _fields(
        "alert",
        "code state urgency level urgency_decided assigned_to region department week contact_due_at action_due_at",
    )
)
_T3 = (
    _T2
    | _fields("incident", "arrondissement verification")
    | _fields("act", "violation")
    | _fields("person", "kind age_band")
    | _fields("perpetrator", "actor")
    | _fields("legal_event", "step court hearing_at decision")
    | _fields("intervention", "appointment_at")
    | _fields("followup", "fu_type impact")
    | _fields("case", "risk confidentiality")
)
ALLOWED: dict[Tier, frozenset[Field]] = {"T2": _T2, "T3": _T3}

C4_FIELDS = _fields("case", "case_code state urgency level urgency_decided owner_code next_due")
"""All that a case of confidentiality C4 shows in any tier but T4."""


def tier_words(tier: str) -> str:
    """Return a tier as the first page of a workbook says it, in both languages."""
    words = {"T2": "le travail / the work", "T3": "le travail et les faits / the work and what happened"}
    return f"{tier} ({words[tier]})" if tier in words else tier


FieldNotAllowed: Final = DikaloError.declare(
    "DK-W01",
    "The field {entity}.{field} may not be in a workbook of tier {tier}. Nothing was written. "
    "Remove the column, or open the one record with « dikalo vault open CODE --reason TEXT ».",
)


def check(tier: Tier, fields: Iterable[Field]) -> None:
    """Refuse a set of columns that holds a field outside the tier's list.

    Raises:
        FieldNotAllowed: the first such field.
    """
    for entity, field in fields:
        if (entity, field) not in ALLOWED[tier]:
            raise FieldNotAllowed(entity=entity, field=field, tier=tier)
