"""The words for the codes that a workbook shows: which shared list stands behind which column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sync_scripts.followup.outbound.content import URGENCIES
from sync_scripts.followup.sheets import Lang
from sync_scripts.register.rules.kinds import labels_of

__all__ = ["JOINTS", "labels_in", "several"]

_LISTS = {
    "state": "case_state",
    "urgency": "urgency",
    "service": "service",
    "status": "intervention_status",
    "closure_reason": "closure_reason",
    "yes_no": "yes_no",
    "victim_kind": "victim_kind",
    "violation": "violation_codes",
    "legal_step": "legal_step",
    "region": "cm_admin:region",
    "department": "cm_admin:department",
    "arrondissement": "cm_admin:arrondissement",
}
_FLAGS: Mapping[Lang, Mapping[str, str]] = {
    "fr": {"overdue": "▲ En retard", "soon": "● Sous 7 j", "fine": "○ À jour"},
    "en": {"overdue": "▲ Overdue", "soon": "● Within 7 d", "fine": "○ On time"},
}


_COMMA: Final = ", "
_APART: Final[Mapping[Lang, str]] = {"fr": "\u00a0; ", "en": "; "}
JOINTS: Final = (_COMMA, *_APART.values())
"""What stands between several labels in a cell; in workbooks of before always a comma."""


def several(labels: Iterable[str], lang: Lang) -> str:
    """Return several labels as one text; where one has a comma in it, semicolons tell where the next begins."""
    said = list(labels)
    return (_APART[lang] if any("," in one for one in said) else _COMMA).join(said)


def labels_in(lang: Lang) -> dict[str, dict[str, str]]:
    """Return list -> code -> label, in the order of the lists. Urgencies are numbered, so that they sort."""
    found = {name: labels_of(shared, lang) for name, shared in _LISTS.items()}
    found["urgency"] = {
        code: f"{at} · {found['urgency'][code]}" for at, code in enumerate(URGENCIES, start=1)
    }
    found["flag"] = dict(_FLAGS[lang])
    return found
