"""Answers on which more rests than themselves: a level, a deadline, a consent, a guard, the case of a form. Pure.

Whoever corrects one of them decides. A code that was only typed proves nobody, so it corrects none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["DECISIVE", "decisive"]

DECISIVE: Final[Mapping[str, frozenset[str]]] = {
    entity: frozenset(fields.split())
    for entity, fields in {
        "alert": (
            "icons victim_kind special danger_now victim_count when_rel hours_since held_since info_source "
            "actor_kind consent_state safe_to_contact"
        ),
        "interview": (
            "case_code alert_code doc_date is_private consent_case consent_by consent_mode child_assent withhold_from "
            "confidentiality"
        ),
        "consent": (
            "document services refer_identity stats justice advocacy un media photo_audio followup_contact"
        ),
        "assessment": "health_now suicide_risk threats_continue perp_near retaliation_risk",
        "need": "service",
        "incident": "date date_precision time_of_day verification",
        "person": (
            "covered_by_consent unit group_size sex is_child age age_band uasc pregnant disability current_status"
        ),
        "act": "violation",
        "act_victim": "person_uid",
        "detention": "arrested_at legal_basis prosecutor_seen_on released_on",
        "perpetrator": "actor",
        "source": "at_risk",
        "information": "relation reliability",
        "evidence": "faces_visible",
        "intervention": "number service provider_code status timeframe requested_on appointment_at",
        "followup": "case_code fu_type risk_change next_due",
        "legal_event": "step court hearing_at decision decided_on",
        "closure": (
            "case_code closer_code reason risk_now pending_legal feedback_given retention_class supervisor_code"
        ),
    }.items()
}
"""Entity -> its fields of which triage, a clock, a consent, a guard or the place of a form is made."""


def decisive(entity: str, field: str) -> bool:
    """Tell whether more rests on an answer than itself."""
    return field in DECISIVE.get(entity, ())
