"""Which forms say that the person was met or spoken to. Pure.

Only these end a first contact, a row of contacts that failed, and the days for which nobody reached her (record 0073). In doubt
a form says nothing: a reminder too many costs a click, one too few costs a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync_scripts.register.forms.submissions import Filed
from sync_scripts.servers.desk import LEGACY

__all__ = ["met"]

_TALKS: Final = frozenset({"contact", "security"})
"""Types of follow-up (list ``fu_type``) that are a visit or a talk. A step in court, a referral, a shelter or money are arranged with
others too; they say nothing of her."""
_CARE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "medical": (("intervention", "med_acts"), ("intervention", "hours_to_care")),
    "psychosocial": (("followup", "pss_meetings"), ("followup", "wellbeing")),
}
"""Types in which she is met once care is given, and the answers (entity, field) that tell of the care itself."""
_NO_CARE: Final = frozenset({None, "0"})
_WITH_HER: Final = frozenset({"ongoing", "done", "declined"})
"""States of a service (list ``intervention_status``) in which she was there, or said no herself. All others are about the provider."""


def met(filed: Filed) -> bool:
    """Tell whether a form says that somebody met or spoke to the person: an interview, or a visit in which she was heard.

    A row of an old list is no interview: nobody was met when it was imported.
    """
    if filed.kind == "interview":
        return filed.server != LEGACY
    return filed.kind == "followup" and _visited(filed) and not _unheard(filed)


def _visited(visit: Filed) -> bool:
    """Tell whether it is of a type in which she is met; of care only once there is some."""
    kind = _said(visit, "followup", "fu_type")
    if kind in _TALKS:
        return True
    if not isinstance(kind, str) or kind not in _CARE:
        return False
    status = _said(visit, "intervention", "status")
    return (
        status is None
        or status in _WITH_HER
        or any(_said(visit, *place) not in _NO_CARE for place in _CARE[kind])
    )


def _unheard(visit: Filed) -> bool:
    """Tell whether nothing was heard of her: how it helped, as she says, is unknown, and so is whether her risk changed.

    The form has no other words for a visit at which nobody was there.
    """
    return {_said(visit, "followup", name) for name in ("impact", "risk_change")} == {"unknown"}


def _said(visit: Filed, entity: str, field: str) -> object:
    record = visit.one(entity)
    return record.fields.get(field) if record is not None else None
