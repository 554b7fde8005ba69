"""What a phone fills in, question by question, and what it is given: the plain answers of each form, read back again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from random import Random

from lxml import etree

from tests import clock
from xlsform import pack
from xlsform.convert import Converted, convert
from xlsform.engine import Filled, Setting

MEDIA = pack.forms_root() / "media"
CASES = "name,label,department,due,status\nu1,DK-7F3K2M-4,CM007001,2026-12-01,follow_up\n"
PROVIDERS = "name,label,department,services\nPR-01,Centre de santé,CM007001,health\n"
OPEN_CASE = "DK-7F3K2M-4"


@cache
def converted(form_id: str) -> Converted:
    """Return the XForm of a committed workbook, and what the converter remarks."""
    return convert(pack.find(form_id).workbook.read_bytes(), name=f"{form_id}.xlsx")


def xform(form_id: str) -> str:
    """Return the XForm of a committed workbook."""
    return converted(form_id).xform


def answers(submission: bytes) -> dict[str, str]:
    """Return the leaves of a submission that hold text; of repeated names the last."""
    return {
        etree.QName(node).localname: node.text
        for node in etree.fromstring(submission).iter()
        if len(node) == 0 and node.text
    }


def today(_: Random) -> str:
    """Return the phone's own day."""
    return clock.phone_today().isoformat()


ALERT = {
    "gate/consent_alert": "not_asked",
    "danger/danger_now": "yes",
    "what/alert_icon": "arrest",
    "when/when_rel": "today",
    "where/region": "CM007",
    "where/department": "CM007001",
    "where/arrondissement": "CM007001002",
    "who/victim_kind": "man",
    "who/victim_count": "1",
    "arrest/held_since": "lt24",
    "known/info_source": "saw",
    "known/reporter_code": "PF07",
}
CASE = {
    "gate/interview_private": "yes",
    "gate/consent_explained": "OK",
    "gate/consent_case": "yes",
    "header/case_known": "no",
    "header/documenter_code": "EN03",
    "header/interview_language": "wes",
    "header/interpreter": "no",
    "header/prior_interviews": "0",
    "consent/consent_by": "self",
    "consent/c_document": "yes",
    "consent/c_services": "no",
    "consent/c_stats": "yes",
    "consent/c_justice": "no",
    "consent/c_advocacy": "no",
    "consent/c_un": "no",
    "consent/c_media": "no",
    "consent/c_photo_audio": "no",
    "consent/c_followup_contact": "no",
    "consent/consent_mode": "oral_witness",
    "incident/incident_date": "2026-01-10",
    "incident/date_precision": "estimate",
    "incident/region": "CM007",
    "incident/department": "CM007001",
    "incident/arrondissement": "CM007001002",
    "incident/place_type": "home",
    "perpetrators_any": "yes",
    "perpetrators/actor": "unknown",
    "perpetrators/perp_count": "unknown",
    "perpetrators/perp_acts": "A1",
    "perpetrators/involvement_degree": "unknown",
    "perpetrators/identification": "unknown",
    "sources_any": "yes",
    "sources/source_relation": "victim",
    "sources/reliability": "C",
    "sources/source_at_risk": "no",
    "evidence_any": "yes",
    "evidence/evidence_type": "other",
    "evidence/taken_by": "unknown",
    "evidence/original_kept": "unknown",
    "evidence/faces_visible": "no",
    "risk/threats_continue": "unknown",
    "risk/perp_near": "unknown",
    "risk/retaliation_risk": "unknown",
    "risk/exposes_documenter": "no",
    "verified/verification": "unverified",
}
CLOSURE = {
    "header/case_code": OPEN_CASE,
    "header/closer_code": "RD-01",
    "close/closure_reason": "goals_met",
    "close/survivor_agrees": "yes",
    "close/pending_legal": "no",
    "close/risk_now": "low",
    "close/feedback_given": "yes",
    "close/retention_class": "standard",
    "close/supervisor_code": "SU-01",
    "close/goals_any": "no",
}
SITUATION = {
    "header/reporter_code": "PF07",
    "header/period_start": "2026-01-05",
    "header/period_end": "2026-01-11",
    "header/region": "CM007",
    "context/security_level": "2",
    "context/network": "good",
    "events_any": "no",
    "services_any": "no",
    "tendency/trend": "same",
}
EMPTY = Setting(media=MEDIA)
"""A phone with the lists as they ship: all arrondissements, headers only of what the register publishes."""
VISIT: Mapping[str, str] = {
    "header/case_code": OPEN_CASE,
    "header/worker_code": "EN03",
    "header/fu_type": "contact",
    "result/outcome": "unknown",
    "result/risk_change": "same",
}


def victim(number: int, age_band: str = "25_59") -> dict[str, str]:
    """Answers of one row of victims."""
    return {
        f"victims[{number}]/{name}": text
        for name, text in {
            "unit": "individual",
            "consent_covers": "yes",
            "victim_sex": "f",
            "age_band": age_band,
            "displacement": "idp",
            "current_status": "safe",
        }.items()
    }


def act(number: int, violation: str, victims: str) -> dict[str, str]:
    """Answers of one row of acts."""
    return {f"acts[{number}]/violation": violation, f"acts[{number}]/act_victims": victims}


def several(submission: bytes, name: str) -> list[str]:
    """Return what stands under every element of a name, in order."""
    return [str(node.text) for node in etree.fromstring(submission).iter("{*}" + name)]


def refusals(filled: Filled) -> dict[str, str]:
    """Return what the phone would not take, and its message."""
    return {refusal.path: refusal.message for refusal in filled.refused}
