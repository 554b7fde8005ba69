"""The tables of the register: what the answers, the decisions and the rules together say. Never an answer of level 3.

Every table here is derived: ``rebuild`` can empty them all and give back the same bytes from the open parts, the
events and the form versions of the raw store. So nothing here is referenced by a foreign key, and nothing is written
by hand. Each column has one owner: a form (*collected*), a rule (*derived*), a person's event (*decided*), or the
*system*. Rows of one submission are keyed on the form's stamp and the root id, so that one submission which came by
two roads is one row; where the domain names that id (``alert_id``, ``incident_id`` …) the column is the root id.

A table is written as one line of names an owner and level: ``name``, ``name:kind``, ``name!`` when it is never empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from sync_scripts.store.schema.base import LONG, WORDS, YES_NO, Owner, column, metadata

__all__ = ["BY_ROOT", "BY_UNIT", "TABLES", "root_column"]

Level = Literal[0, 1, 2]
Names = Mapping[Level, str]

_KINDS: Final = {
    "text": WORDS,
    "date": WORDS,
    "instant": WORDS,
    "json": WORDS,
    "number": LONG,
    "yes_no": YES_NO,
}
"""How a value is kept: dates as ISO days, instants in UTC with six decimals, JSON as canonical text."""


def _columns(owner: Owner, names: Names, key: tuple[str, ...]) -> Iterator[Column[Any]]:
    for level, line in names.items():
        for word in line.split():
            name, _, kind = word.rstrip("!").partition(":")
            empty = not word.endswith("!") and name not in key
            made = column(name, _KINDS[kind or "text"], owner=owner, level=level, nullable=empty)
            made.info["kind"] = kind or "text"
            yield made


_NONE: Names = {}


def _table(
    name: str,
    key: str,
    *,
    root: str = "",
    collected: Names = _NONE,
    derived: Names = _NONE,
    decided: Names = _NONE,
    system: Names = _NONE,
    unique: str = "",
    index: str = "",
) -> Table:
    """Return a table; ``key`` names the primary key, ``root`` the column that holds the root id."""
    words = tuple(key.split())
    owners: dict[Owner, Names] = {
        "system": system,
        "collected": collected,
        "derived": derived,
        "decided": decided,
    }
    return Table(
        name,
        metadata,
        *(one for owner, names in owners.items() for one in _columns(owner, names, words)),
        PrimaryKeyConstraint(*words),
        *(UniqueConstraint(one) for one in unique.split()),
        *(Index(f"ix_{name}_{one}", one) for one in index.split()),
        info={"root": root},
        sqlite_with_rowid=False,
    )


filing = _table(
    "filing",
    "stamp root_id",
    root="root_id",
    system={
        0: "stamp root_id unit! case_code alert_code form! instance_id! form_version! versions:number!",
        1: "server! first_received_at:instant! received_at:instant!",
    },
    index="unit alert_code",
)
"""Which unit each submission belongs to, and which of its raw versions the rows come from."""

extra = _table(
    "extra",
    "stamp root_id path",
    root="root_id",
    system={0: "stamp root_id", 1: "path label:json", 2: "value!"},
)

# --- alert --------------------------------------------------------------------------------------------------------

alert = _table(
    "alert",
    "stamp alert_id",
    root="alert_id",
    collected={
        0: "when_rel",
        1: "reporter_code danger_now icons region department victim_kind victim_count consent_state info_source "
        "safe_to_photo",
        2: "arrondissement special actor_kind hours_since held_since safe_to_contact contact_window",
    },
    derived={
        0: "alert_id ruleset",
        1: "week score:number urgency clock_skew_h:number contact_due_at:instant action_due_at:instant",
        2: "date_min:date date_max:date contact_tag:number reasons:json",
    },
    decided={
        0: "case_code",
        1: "state! urgency_decided triaged_at:instant contacted_at:instant acted_at:instant assigned_to dismissed_by_2",
        2: "dismiss_reason",
    },
    system={0: "stamp code!", 1: "channel!"},
    unique="code",
    index="case_code",
)

# --- case ---------------------------------------------------------------------------------------------------------

case = _table(
    "case",
    "case_code",
    derived={1: "urgency! region department confidentiality! service_only:yes_no! next_due:date", 2: "risk"},
    decided={
        0: "merged_into",
        1: "state! suspended_from urgency_decided owner_code opened_at:instant! work_note retention_class "
        "legal_hold:yes_no! transferred_to closed_at:instant closure_reason",
    },
    system={0: "case_code"},
)

interview = _table(
    "interview",
    "stamp interview_id",
    root="interview_id",
    collected={
        0: "case_code case_known alert_code is_private consent_explained script_version",
        1: "doc_date:date documenter_code interpreter prior_interviews:number consent_case confidentiality consent_by "
        "child_assent consent_mode",
        2: "language withhold_from",
    },
    derived={0: "interview_id person_uid"},
    system={0: "stamp"},
)

consent = _table(
    "consent",
    "stamp interview_id person_uid purpose",
    root="interview_id",
    derived={
        0: "interview_id person_uid",
        1: "purpose state scope given_at:date expires_at:date",
        2: "detail:json",
    },
    decided={
        1: "withdrawn_at:instant override_by_1 override_by_2 override_until:instant",
        2: "override_reason",
    },
    system={0: "stamp"},
)
"""Keyed entity: the fields that a form maps (``consent.stats``) are the rows here, named by ``purpose``."""

assessment = _table(
    "assessment",
    "stamp assessment_id",
    root="assessment_id",
    collected={
        1: "mandatory_report",
        2: "health_now suicide_risk threats_continue perp_near retaliation_risk exposes_documenter",
    },
    derived={0: "assessment_id case_code", 1: "has_safety_plan:yes_no!"},
    system={0: "stamp"},
)

need = _table(
    "need",
    "stamp root_id person_uid service",
    root="root_id",
    collected={1: "service rank:number"},
    derived={0: "case_code person_uid", 1: "opened_on:date met_on:date"},
    system={0: "stamp root_id"},
)

# --- facts --------------------------------------------------------------------------------------------------------

incident = _table(
    "incident",
    "stamp incident_id",
    root="incident_id",
    collected={
        0: "date_precision time_of_day",
        1: "region department place_type verification",
        2: "date:date end_date:date arrondissement",
    },
    derived={0: "incident_id case_code", 1: "week"},
    decided={1: "verified_on:date verified_by"},
    system={0: "stamp"},
)

incident_link = _table(
    "incident_link",
    "stamp incident_id other_code",
    root="incident_id",
    collected={1: "link other_code"},
    derived={0: "incident_id"},
    decided={0: "other_incident"},
    system={0: "stamp"},
)

person = _table(
    "person",
    "stamp root_id uid",
    root="root_id",
    collected={
        0: "uid number:number unit",
        1: "covered_by_consent group_size:number group_women:number group_men:number group_girls:number "
        "group_boys:number sex age_band is_child:yes_no",
        2: "age:number civil_status displacement roles disability uasc pregnant language current_status",
    },
    derived={0: "case_code pseudonym", 1: "kind", 2: "phone_tag:number document_tag:number"},
    system={0: "stamp root_id"},
)

act = _table(
    "act",
    "stamp incident_id uid",
    root="incident_id",
    collected={
        0: "uid number:number",
        1: "methods attribution",
        2: "violation gender_based physical_effects psych_effects ransom_xaf:number medical_exam medical_exam_on:date",
    },
    derived={0: "incident_id pseudonym"},
    system={0: "stamp"},
)

act_victim = _table(
    "act_victim",
    "stamp root_id act_uid person_uid",
    root="root_id",
    collected={1: "person_uid"},
    derived={0: "act_uid"},
    system={0: "stamp root_id"},
)

detention = _table(
    "detention",
    "stamp root_id act_uid",
    root="root_id",
    collected={
        2: "arrested_at:instant place legal_basis lawyer_access family_contact statement_signed "
        "prosecutor_seen_on:date released_on:date"
    },
    derived={0: "act_uid", 2: "next_limit_at:instant lawful_until:instant"},
    system={0: "stamp root_id"},
)

torture = _table(
    "torture", "stamp root_id act_uid", root="root_id", derived={0: "act_uid"}, system={0: "stamp root_id"}
)
"""All ten topics are sealed: the row only says that some were answered."""

death = _table(
    "death",
    "stamp root_id act_uid",
    root="root_id",
    collected={2: "body_state autopsy certificate"},
    derived={0: "act_uid"},
    system={0: "stamp root_id"},
)

loss = _table(
    "loss",
    "stamp root_id act_uid",
    root="root_id",
    collected={1: "types value_xaf:number"},
    derived={0: "act_uid"},
    system={0: "stamp root_id"},
)

facility = _table(
    "facility",
    "stamp root_id act_uid",
    root="root_id",
    collected={1: "type people_affected:number closed_days:number"},
    derived={0: "act_uid"},
    system={0: "stamp root_id"},
)

perpetrator = _table(
    "perpetrator",
    "stamp root_id uid",
    root="root_id",
    collected={0: "uid number:number", 1: "count_band sex age_type", 2: "actor relation"},
    derived={0: "case_code pseudonym"},
    system={0: "stamp root_id"},
)

involvement = _table(
    "involvement",
    "stamp root_id act_uid perpetrator_uid",
    root="root_id",
    collected={1: "act_uid", 2: "degree basis"},
    derived={0: "perpetrator_uid"},
    system={0: "stamp root_id"},
)

source = _table(
    "source",
    "stamp root_id uid",
    root="root_id",
    collected={0: "uid number:number", 2: "willing_testify at_risk"},
    derived={0: "case_code pseudonym"},
    system={0: "stamp root_id"},
)

information = _table(
    "information",
    "stamp incident_id source_uid",
    root="incident_id",
    collected={1: "relation reliability"},
    derived={0: "source_uid incident_id"},
    system={0: "stamp"},
)

evidence = _table(
    "evidence",
    "stamp incident_id uid",
    root="incident_id",
    collected={0: "uid", 1: "type", 2: "taken_by taken_at:instant original_kept custody_from faces_visible"},
    derived={0: "incident_id case_code pseudonym", 1: "commitment integrity"},
    decided={0: "redacted_from", 1: "state!"},
    system={0: "stamp"},
)

# --- response -----------------------------------------------------------------------------------------------------

intervention = _table(
    "intervention",
    "stamp intervention_id",
    root="intervention_id",
    collected={
        0: "number:number! timeframe",
        1: "service provider_code status requested_on:date appointment_at:instant consent_confirmed cost_xaf:number",
        2: "hours_to_care:number",
    },
    derived={0: "intervention_id case_code!", 1: "due_at:instant done_at:instant consent_ok:yes_no! impact"},
    decided={0: "person_uid", 1: "answered_at:instant owner_code work_note"},
    system={0: "stamp"},
    index="case_code",
)
"""Folded over the follow-ups of a case; its root is the follow-up that opened it."""

followup = _table(
    "followup",
    "stamp followup_id",
    root="followup_id",
    collected={
        0: "case_code",
        1: "worker_code fu_type impact next_due:date",
        2: "pss_meetings:number wellbeing risk_change",
    },
    derived={0: "followup_id intervention_id", 1: "at:instant"},
    system={0: "stamp"},
)

legal_event = _table(
    "legal_event",
    "stamp legal_id",
    root="legal_id",
    collected={2: "step court court_seat hearing_at:instant lawyer_code decision decided_on:date"},
    derived={0: "legal_id case_code", 2: "at:date appeal_until:date"},
    system={0: "stamp"},
)

shelter = _table(
    "shelter",
    "stamp shelter_id",
    root="shelter_id",
    derived={0: "shelter_id case_code"},
    system={0: "stamp"},
)
"""Every answer is sealed: the row only says that there was a stay."""

support = _table(
    "support",
    "stamp support_id",
    root="support_id",
    collected={2: "kind amount_xaf:number given_on:date receipt"},
    derived={0: "support_id case_code"},
    system={0: "stamp"},
)

# --- work ---------------------------------------------------------------------------------------------------------

task = _table(
    "task",
    "task_id",
    derived={0: "task_id subject! origin!", 1: "kind! due_at:instant! escalated_at:instant"},
    decided={1: "done_at:instant assigned_to"},
    system={0: "unit!"},
    index="unit",
)

flag = _table(
    "flag",
    "flag_id",
    decided={0: "subject!", 1: "raised_by! resolved_by", 2: "message! resolution"},
    system={0: "flag_id unit!", 1: "raised_at:instant! resolved_at:instant"},
    index="unit",
)

worker = _table("worker", "code", decided={1: "code roles! active:yes_no!"})

TABLES: Final[tuple[Table, ...]] = tuple(table for table in metadata.sorted_tables if "root" in table.info)
"""Every table of the register, the filing included, by name."""

BY_ROOT: Final = tuple(table for table in TABLES if table.info["root"])
"""Tables whose rows belong to one submission."""

BY_UNIT: Final = (task, flag)
"""Tables whose rows belong to a unit."""


def root_column(table: Table) -> Column[Any]:
    """Return the column of a table that holds the root id of its row's submission."""
    return table.c[table.info["root"]]
