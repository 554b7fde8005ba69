"""The tables of the register: what the answers, the decisions and the rules together say. Never an answer of level 3.

Every table here is derived: ``rebuild`` can empty them all and give back the same bytes from the open parts, the
events and the form versions of the raw store. So nothing here is referenced by a foreign key, and nothing is written
by hand. Each column has one owner: a form (*collected*), a rule (*derived*), a person's event (*decided*), or the
*system*.

A submission is a form's stamp and a root id, so that one which came by two roads is one: ``filing`` says so, and gives
it a number, that of the arrival of its first version. Every other row of a submission begins its key with that number:
rows that arrive together lie together, which is what makes storing them in an encrypted file cheap.

How a table is written says ``register_table``.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, Table, text

from sync_scripts.store.schema.base import metadata, partial
from sync_scripts.store.schema.register_table import FILED, register_table

__all__ = ["FILED", "TABLES"]

filing: Table = register_table(
    "filing",
    system={
        0: "stamp! root_id! unit! case_code alert_code form! instance_id! form_version! versions:number!",
        1: "server! first_received_at:instant! received_at:instant!",
    },
    unique="stamp root_id",
    index="case_code alert_code",
)
"""Which unit and case each submission belongs to, which alert it names, and which raw version its rows come from."""

extra: Table = register_table(
    "extra",
    "filing_no path",
    system={1: "path label:json", 2: "value!"},
)

# --- alert --------------------------------------------------------------------------------------------------------

alert: Table = register_table(
    "alert",
    collected={
        0: "when_rel",
        1: "reporter_code danger_now icons region department victim_kind victim_count consent_state info_source "
        "safe_to_photo",
        2: "arrondissement special actor_kind hours_since held_since safe_to_contact contact_window",
    },
    derived={
        0: "alert_id ruleset",
        1: "week score:number urgency level clock_skew_h:number contact_due_at:instant action_due_at:instant",
        2: "date_min:date date_max:date contact_tag:number reasons:json",
    },
    decided={
        0: "case_code duplicate_of",
        1: "state! urgency_decided triaged_at:instant contacted_at:instant acted_at:instant assigned_to dismissed_by_2 "
        "referred_to",
        2: "dismiss_reason",
    },
    system={0: "code!", 1: "channel!"},
    unique="code",
)

Index("ix_alert_department_date_max", alert.c.department, alert.c.date_max)

alert_link: Table = register_table(
    "alert_link",
    "alert_a alert_b",
    decided={1: "decision! decided_by! decided_at:instant! proof!", 2: "decision_reason"},
    system={0: "alert_a alert_b"},
    index="alert_b",
)
"""Two alerts on which somebody decided, by form stamp and root id, the smaller id first. What the rules propose has no row."""

# --- case ---------------------------------------------------------------------------------------------------------

case: Table = register_table(
    "case",
    "case_code",
    derived={
        1: "urgency! level! region department confidentiality! service_only:yes_no! next_due:date",
        2: "risk",
    },
    decided={
        0: "merged_into",
        1: "state! suspended_from urgency_decided confidentiality_decided owner_code opened_at:instant! work_note "
        "retention_class legal_hold:yes_no! transferred_to review_on:date closed_at:instant closure_reason",
    },
    system={0: "case_code"},
)

interview: Table = register_table(
    "interview",
    collected={
        0: "case_code case_known alert_code is_private consent_explained script_version",
        1: "doc_date:date documenter_code interpreter prior_interviews:number consent_case confidentiality consent_by "
        "child_assent consent_mode",
        2: "language withhold_from",
    },
    derived={0: "interview_id person_uid"},
)

consent: Table = register_table(
    "consent",
    "filing_no person_uid purpose",
    derived={
        0: "interview_id person_uid",
        1: "purpose state scope given_at:date expires_at:date",
        2: "detail:json",
    },
    decided={
        1: "withdrawn_at:instant override_by_1 override_by_2 override_until:instant",
        2: "override_reason",
    },
)
"""Keyed entity: the fields that a form maps (``consent.stats``) are the rows here, named by ``purpose``."""

assessment: Table = register_table(
    "assessment",
    collected={
        1: "mandatory_report",
        2: "health_now suicide_risk threats_continue perp_near retaliation_risk exposes_documenter",
    },
    derived={0: "assessment_id case_code", 1: "has_safety_plan:yes_no!"},
)

need: Table = register_table(
    "need",
    "filing_no person_uid service",
    collected={1: "service rank:number"},
    derived={0: "case_code person_uid", 1: "opened_on:date met_on:date"},
)

# --- facts --------------------------------------------------------------------------------------------------------

incident: Table = register_table(
    "incident",
    collected={
        0: "date_precision time_of_day",
        1: "region department place_type verification",
        2: "date:date end_date:date arrondissement",
    },
    derived={0: "incident_id case_code", 1: "week"},
    decided={1: "verified_on:date verified_by"},
)

incident_link: Table = register_table(
    "incident_link",
    "filing_no other_code",
    collected={1: "link other_code"},
    derived={0: "incident_id"},
    decided={0: "other_incident"},
)

person: Table = register_table(
    "person",
    "filing_no uid",
    collected={
        0: "uid number:number unit",
        1: "covered_by_consent group_size:number group_women:number group_men:number group_girls:number "
        "group_boys:number sex age_band is_child:yes_no",
        2: "age:number civil_status displacement roles disability uasc pregnant language current_status",
    },
    derived={0: "case_code pseudonym", 1: "kind", 2: "phone_tag:number document_tag:number"},
)

act: Table = register_table(
    "act",
    "filing_no uid",
    collected={
        0: "uid number:number",
        1: "methods attribution",
        2: "violation gender_based physical_effects psych_effects ransom_xaf:number medical_exam medical_exam_on:date",
    },
    derived={0: "incident_id pseudonym"},
)

act_victim: Table = register_table(
    "act_victim",
    "filing_no act_uid person_uid",
    collected={1: "person_uid"},
    derived={0: "act_uid"},
)

detention: Table = register_table(
    "detention",
    "filing_no act_uid",
    collected={
        2: "arrested_at:instant place legal_basis lawyer_access family_contact statement_signed "
        "prosecutor_seen_on:date released_on:date"
    },
    derived={0: "act_uid", 2: "next_limit_at:instant lawful_until:instant"},
)

torture: Table = register_table("torture", "filing_no act_uid", derived={0: "act_uid"})
"""All ten topics are sealed: the row only says that some were answered."""

death: Table = register_table(
    "death",
    "filing_no act_uid",
    collected={2: "body_state autopsy certificate"},
    derived={0: "act_uid"},
)

loss: Table = register_table(
    "loss",
    "filing_no act_uid",
    collected={1: "types value_xaf:number"},
    derived={0: "act_uid"},
)

facility: Table = register_table(
    "facility",
    "filing_no act_uid",
    collected={1: "type people_affected:number closed_days:number"},
    derived={0: "act_uid"},
)

perpetrator: Table = register_table(
    "perpetrator",
    "filing_no uid",
    collected={0: "uid number:number", 1: "count_band sex age_type", 2: "actor relation"},
    derived={0: "case_code pseudonym"},
)

involvement: Table = register_table(
    "involvement",
    "filing_no act_uid perpetrator_uid",
    collected={1: "act_uid", 2: "degree basis"},
    derived={0: "perpetrator_uid"},
)

source: Table = register_table(
    "source",
    "filing_no uid",
    collected={0: "uid number:number", 2: "willing_testify at_risk"},
    derived={0: "case_code pseudonym"},
)

information: Table = register_table(
    "information",
    "filing_no source_uid",
    collected={1: "relation reliability"},
    derived={0: "source_uid incident_id"},
)

evidence: Table = register_table(
    "evidence",
    "filing_no uid",
    collected={0: "uid", 1: "type", 2: "taken_by taken_at:instant original_kept custody_from faces_visible"},
    derived={0: "incident_id case_code pseudonym", 1: "commitment integrity"},
    decided={0: "redacted_from", 1: "state!"},
)

# --- response -----------------------------------------------------------------------------------------------------

intervention: Table = register_table(
    "intervention",
    "filing_no number",
    collected={
        0: "number:number! timeframe",
        1: "service provider_code status requested_on:date appointment_at:instant consent_confirmed cost_xaf:number",
        2: "hours_to_care:number",
    },
    derived={0: "intervention_id case_code!", 1: "due_at:instant done_at:instant consent_ok:yes_no! impact"},
    decided={0: "person_uid", 1: "answered_at:instant owner_code work_note"},
)
"""Folded over the follow-ups and decisions of a case.

Its row is that of the follow-up that opened it; of the first submission of the case when a decision did.
"""

followup: Table = register_table(
    "followup",
    collected={
        0: "case_code",
        1: "worker_code fu_type impact next_due:date",
        2: "pss_meetings:number wellbeing risk_change",
    },
    derived={0: "followup_id intervention_id", 1: "at:instant"},
)

legal_event: Table = register_table(
    "legal_event",
    collected={2: "step court court_seat hearing_at:instant lawyer_code decision decided_on:date"},
    derived={0: "legal_id case_code", 2: "at:date appeal_until:date"},
)

shelter: Table = register_table(
    "shelter",
    derived={0: "shelter_id case_code"},
)
"""Every answer is sealed: the row only says that there was a stay."""

support: Table = register_table(
    "support",
    collected={2: "kind amount_xaf:number given_on:date receipt"},
    derived={0: "support_id case_code"},
)

# --- requests to close --------------------------------------------------------------------------------------------

closure: Table = register_table(
    "closure",
    collected={
        0: "case_code",
        1: "closer_code reason survivor_agrees pending_legal feedback_given satisfaction retention_class "
        "supervisor_code",
        2: "risk_now",
    },
    derived={0: "closure_id"},
    decided={1: "decision decided_at:instant"},
)
"""A claim from a phone: what it asks for is decided by an event of another person, and by nothing here."""

goal: Table = register_table(
    "goal",
    "filing_no uid",
    collected={0: "uid", 1: "service status"},
    derived={0: "closure_id"},
)

# --- context ------------------------------------------------------------------------------------------------------

situation: Table = register_table(
    "situation",
    collected={
        0: "period_start:date period_end:date lockdown_days:number schools_open_pct:number displaced_est:number "
        "displaced_direction network trend",
        1: "reporter_code region department security_level roads_blocked",
        2: "arrondissement comment",
    },
    derived={0: "situation_id"},
)
"""State of an area in a period; no person."""

situation_event: Table = register_table(
    "situation_event",
    "filing_no uid",
    collected={
        0: "uid",
        2: "date:date violation actor women:number men:number girls:number boys:number relation reliability",
    },
    derived={0: "situation_id"},
)
"""Counts that may tell of the same fact as an alert: never added to those."""

service_status: Table = register_table(
    "service_status",
    "filing_no uid",
    collected={0: "uid", 1: "service provider_code state pep_stock shelter_places:number"},
    derived={0: "situation_id"},
)

# --- work ---------------------------------------------------------------------------------------------------------

task: Table = register_table(
    "task",
    "filing_no task_id",
    derived={
        0: "task_id subject! workspace seq:number",
        1: "kind! about variant level was since:instant further_at:instant before_h:number due_at:instant! "
        "escalated_at:instant",
    },
    decided={1: "done_at:instant assigned_to"},
)
"""What is due. What tells a task apart from others of its kind under one subject stands in columns (``tasks.Matter``)."""
# What every list and page asks about dangers, of tens of thousands of tasks of which next to none are of these kinds.
partial("ix_task_danger", task.c.kind, where=text("kind IN ('set_aside_check')"))

flag: Table = register_table(
    "flag",
    "filing_no flag_id",
    derived={1: "code", 2: "detail now"},
    decided={0: "subject!", 1: "raised_by! resolved_by", 2: "message resolution"},
    system={0: "flag_id", 1: "raised_at:instant! resolved_at:instant"},
)

"""What somebody should look at: a rule says it by a code and what its sentence names, a person in words (``message``)."""

provider: Table = register_table(
    "provider",
    "provider_code",
    decided={
        1: "provider_code name services department opening verified_on:date on_phones:yes_no!",
        2: "contact",
    },
)
"""Directory of services. An address is never a column."""

correction: Table = register_table(
    "correction",
    "filing_no entity record field",
    decided={
        0: "entity record field",
        1: "corrected_by! corrected_at:instant! proof!",
        2: "was value reason!",
    },
)
"""A collected value over which a person's lies: both, and who said so. The row it belongs to shows the corrected one."""

worker: Table = register_table("worker", "code", decided={1: "code roles! active:yes_no!"})

TABLES: Final[tuple[Table, ...]] = tuple(
    table for table in metadata.sorted_tables if table.info.get("register")
)
"""Every table of the register, the filing included, by name."""
