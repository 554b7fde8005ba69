"""What a person asks of the register: lists of alerts and cases, each with its columns and its rows; single ones are `pages`. Reads levels 0 to 2 only.

Sorted as one works: the most urgent first, then what is due first. A case of confidentiality C4 shows its code,
state, level, owner and due date, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from gettext import gettext
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Table, func, or_, select

from sync_scripts.errors import N_
from sync_scripts.register.history.merges import danger_behind, left_alerts_with_news
from sync_scripts.register.lifecycle.moves import CASE_LEFT, TO_DO
from sync_scripts.register.model.listings import (
    CONFIDENTIALITY,
    DEPARTMENT,
    FLAGS,
    REGION,
    URGENCY,
    Column,
    Listing,
    day,
    one_of,
    some_of,
    yes,
)
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import load, local
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

_LAST: Final = "9999"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert as a list has it.

    Attributes:
        urgency: the level that counts.
        urgency_by_rule: what the rules say alone.
        due_at: when the first of what is open is due.
        flags: how many are open; None of what belongs to a C4 case: of that a list shows a few columns alone.
    """

    code: str
    state: str
    urgency: str | None
    urgency_by_rule: str | None = None
    score: int | None = None
    region: str | None = None
    department: str | None = None
    icons: str | None = None
    week: str | None = None
    received_at: str | None = None
    assigned_to: str | None
    case_code: str | None
    due_at: str | None
    flags: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """A case as a list has it.

    Attributes:
        urgency: the level that counts.
        next_due: the day that is shown: what its page and the workbook show, a decided day too.
        flags: how many are open.
        due_at: when the first of what is open in it is due, which no decided day moves.
        supervision_at: since when its supervision is due.
    """

    code: str
    state: str
    urgency: str | None
    owner: str | None
    region: str | None = None
    department: str | None = None
    opened_at: str | None = None
    next_due: str | None
    confidentiality: str | None
    risk: str | None = None
    service_only: bool | None = None
    flags: int | None = None
    due_at: str | None = None
    supervision_at: str | None = None


def in_charge(owner: str | None, state: str) -> str | None:
    """Return who is in charge of a case; the words for nobody where somebody should be."""
    return owner or (None if state in CASE_LEFT else gettext("without owner"))


ALERTS: Final = Listing(
    "dikalo.alerts/1",
    "alerts",
    (
        Column("code", N_("code"), c4=True),
        URGENCY,
        Column("state", N_("state"), one_of("alert_state"), c4=True),
        Column("due_at", N_("due"), local, c4=True),
        Column("assigned_to", N_("given to"), c4=True),
        REGION(),
        DEPARTMENT,
        Column("icons", N_("facts"), some_of("alert_icon")),
        Column("case_code", N_("case"), c4=True),
        FLAGS,
    ),
    N_("No alert."),
    narrow="icons:24 department assigned_to state:8 flags case_code icons:12 region",
)
CASES: Final = Listing(
    "dikalo.cases/1",
    "cases",
    (
        Column("code", N_("code"), c4=True),
        URGENCY,
        Column("state", N_("state"), one_of("case_state"), c4=True),
        Column("next_due", N_("due"), c4=True),
        Column("supervision_at", N_("supervision due"), day, if_any=True),
        Column("owner", N_("in charge"), lambda one: in_charge(one.owner, one.state), whole=True, c4=True),
        REGION(),
        DEPARTMENT,
        CONFIDENTIALITY,
        FLAGS,
    ),
    N_("No case."),
    narrow="department supervision_at:10 state:10 owner:10 region flags owner",
)


def _explained(level: str | None) -> str:
    """Return a level of confidentiality with its words; nothing where there is none."""
    return f"{level} ({label('confidentiality', level)})" if level else ""


def level_in_words(found: Mapping[str, Any]) -> str:
    """Return the level of an alert or a case that counts, and what the rules or somebody said otherwise, from its page."""
    level, rule = label("urgency", found["urgency"]), found.get("urgency_by_rule")
    decided = found.get("urgency_decided")
    if decided and decided != found["urgency"]:
        return gettext("{level} (decided: {decided}, before new facts came: decide again)").format(
            level=level, decided=label("urgency", decided)
        )
    if rule and rule != found["urgency"]:
        return gettext("{level} (the rules say {rule})").format(level=level, rule=label("urgency", rule))
    return level


ALERT_FACTS: Final = (
    Column("code", N_("Alert")),
    Column("state", N_("State"), one_of("alert_state")),
    Column("urgency", N_("Urgency"), level_in_words, whole=True),
    Column("score", N_("Points")),
    Column("received_at", N_("Received"), local),
    Column("case_code", N_("Case")),
    Column("assigned_to", N_("Given to")),
    Column("region", N_("Region"), one_of("cm_admin:region")),
    Column("department", N_("Department"), one_of("cm_admin:department")),
    Column("arrondissement", N_("Subdivision"), one_of("cm_admin:arrondissement")),
    Column("icons", N_("What happened"), some_of("alert_icon")),
    Column("when_rel", N_("When"), one_of("when_rel")),
    Column("danger_now", N_("Danger now"), one_of("yes_no_unknown")),
    Column("victim_kind", N_("Who"), some_of("victim_kind")),
    Column("victim_count", N_("How many"), one_of("victim_count")),
    Column("special", N_("Among them"), some_of("special")),
    Column("actor_kind", N_("Alleged perpetrator"), one_of("actor_kind")),
    Column("info_source", N_("How it is known"), one_of("info_source")),
    Column("consent_state", N_("Consent"), one_of("consent_state")),
    Column("safe_to_contact", N_("Safe to contact"), one_of("safe_contact")),
    Column("contact_window", N_("When and how"), some_of("contact_window")),
    Column("reporter_code", N_("Focal point")),
    Column("dismiss_reason", N_("Dismissed because")),
    Column("duplicate_of", N_("Duplicate of")),
    Column("referred_to", N_("Referred to")),
    Column("contacted_at", N_("Reached"), local),
)
"""What the page of an alert says at its head."""
CASE_FACTS: Final = (
    Column("code", N_("Case")),
    Column("state", N_("State"), one_of("case_state")),
    Column("urgency", N_("Urgency"), level_in_words, whole=True),
    Column("risk", N_("Risk"), one_of("risk_level")),
    Column("confidentiality", N_("Confidentiality"), _explained),
    Column("owner", N_("In charge"), lambda one: in_charge(one["owner"], one["state"]), whole=True),
    Column("opened_at", N_("Opened"), local),
    Column("next_due", N_("Next due")),
    Column("region", N_("Region"), one_of("cm_admin:region")),
    Column("department", N_("Department"), one_of("cm_admin:department")),
    Column("service_only", N_("Services only"), yes),
    Column("suspended_from", N_("Before it was suspended"), one_of("case_state")),
    Column("review_on", N_("Looked at again on")),
    Column("closure_reason", N_("Closed because"), one_of("closure_reason")),
    Column("merged_into", N_("Merged into")),
    Column("merged_here", N_("Merged into this one"), lambda codes: " ".join(codes or ())),
    Column("transferred_to", N_("Handed over to")),
    Column("retention_class", N_("Kept"), one_of("retention_class")),
    Column("legal_hold", N_("Legal hold"), yes),
    Column("work_note", N_("Work note")),
)
"""What the page of a case says at its head."""

_ALERT, _CASE = tables.alert.c, tables.case.c


def _columns(line: type, table: Table, **other: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
    """Return the column of each field of a line: that of its name, but for ``other``; a field without any is looked up beside."""
    return {
        one.name: other[one.name] if one.name in other else table.c[one.name]
        for one in fields(line)
        if one.name in other or one.name in table.c
    }


_OF_ALERT: Final = _columns(
    AlertLine,
    tables.alert,
    urgency=_ALERT.level,
    urgency_by_rule=_ALERT.urgency,
    received_at=tables.filing.c.first_received_at,
)
_OF_CASE: Final = _columns(
    CaseLine, tables.case, code=_CASE.case_code, urgency=_CASE.level, owner=_CASE.owner_code
)
Line = dict[str, Any]
Row = TypeVar("Row", AlertLine, CaseLine)


def _due_by_subject(rows: Rows) -> dict[str, str]:
    """Return the earliest due time of what is still open, by subject."""
    task = tables.task
    query = select(task.c.subject, func.min(task.c.due_at)).where(task.c.done_at.is_(None))
    found: Any = rows.execute(query.group_by(task.c.subject)).all()
    return dict(found)


def _open_flags(rows: Rows, column: Any, kind: str) -> dict[str, int]:
    """Return how many flags are open, by a column of the flag or of its filing that begins with a kind of subject."""
    filing, flag = tables.filing, tables.flag
    query = select(column, func.count()).join_from(flag, filing, filing.c.filing_no == flag.c.filing_no)
    query = query.where(flag.c.resolved_at.is_(None), column.startswith(kind))
    found: Any = rows.execute(query.group_by(column)).all()
    return dict(found)


def _urgent_first(lines: list[Row], due: str) -> list[Row]:
    rank: dict[str | None, int] = {level.code: -level.rank for level in load().levels}
    return sorted(lines, key=lambda line: (rank.get(line.urgency, 1), getattr(line, due) or _LAST, line.code))


# --- alerts -------------------------------------------------------------------------------------------------------


def alerts(
    rows: Rows,
    *,
    states: Sequence[str] | None = TO_DO,
    region: str | None = None,
    owner: str | None = None,
    code: str | None = None,
) -> list[AlertLine]:
    """Return the alerts in some states (None = all), or the one of a code, the most urgent first, then what is due first.

    Those that were set aside before danger came are to be decided on again: they stand among what is `TO_DO`.
    """
    alert, filing = tables.alert.c, tables.filing.c
    query = select(filing.unit, *_OF_ALERT.values()).join(tables.filing, filing.filing_no == alert.filing_no)
    if states is not None:
        again = [alert.filing_no.in_(left_alerts_with_news())] if states == TO_DO else []
        query = query.where(or_(alert.state.in_(states), *again))
    whose = owner and owner.strip().upper()  # capitals do not make another person
    for column, wanted in ((func.upper(alert.assigned_to), whose), (alert.code, code)):
        if wanted is not None:
            query = query.where(column == wanted)
    due, flagged = _due_by_subject(rows), _open_flags(rows, tables.flag.c.subject, "alert:")
    lines = [_alert_values(row, due, flagged) for row in rows.execute(query).all()]
    hidden = _hidden(rows, lines) if code is None else frozenset()
    found = [AlertLine(**(mask(line) if line["case_code"] in hidden else line)) for line in lines]
    if region is not None:  # as it is shown: no filter tells where an alert of a C4 case lies
        found = [line for line in found if line.region == region]
    return _urgent_first(found, "due_at")


def _hidden(rows: Rows, lines: list[Line]) -> frozenset[str]:
    """Return the codes of the cases of which, and of whose alerts, a list shows a few columns alone."""
    if all(line["case_code"] is None for line in lines):
        return frozenset()
    secret = select(tables.case.c.case_code).where(tables.case.c.confidentiality == "C4")
    return frozenset(rows.execute(secret).scalars())


def mask(line: Line) -> Line:
    """Return a line, or a page, of an alert of a C4 case: what belongs to it besides is empty."""
    return {
        name: value if name in ALERTS.of_c4 else [] if isinstance(value, list) else None
        for name, value in line.items()
    }


def masked(line: Mapping[str, Any]) -> bool:
    """Tell whether a page is of an alert of a C4 case, so that it shows the few columns alone."""
    return line["flags"] is None


def _alert_values(row: Sequence[Any], due: Mapping[str, str], flagged: Mapping[str, int]) -> Line:
    unit, *values = row
    line = dict(zip(_OF_ALERT, values, strict=True))
    return {**line, "due_at": due.get(unit), "flags": flagged.get(unit, 0)}


# --- cases --------------------------------------------------------------------------------------------------------


def cases(
    rows: Rows,
    *,
    everything: bool = False,
    owner: str | None = None,
    code: str | None = None,
) -> list[CaseLine]:
    """Return the cases that are worked on (or all), or the one of a code, the most urgent first, then what is due first."""
    case, query = tables.case.c, select(*_OF_CASE.values())
    if not everything:
        query = query.where(case.state.not_in(CASE_LEFT))
    whose = func.upper(case.owner_code), owner and owner.strip().upper()
    for column, wanted in (whose, (case.case_code, code)):
        if wanted is not None:
            query = query.where(column == wanted)
    flagged = _open_flags(rows, tables.filing.c.unit, "case:")
    found = rows.execute(query).all()
    behind = danger_behind(rows) if found else {}
    return _urgent_first([_case_line(row, flagged, behind) for row in found], "next_due")


def _case_line(row: Sequence[Any], flagged: Mapping[str, int], behind: Mapping[str, str]) -> CaseLine:
    line = dict(zip(_OF_CASE, row, strict=True))
    line["urgency"] = behind.get(line["code"], line["urgency"])
    line["flags"] = flagged.get(f"case:{line['code']}", 0)
    if line["confidentiality"] == "C4":
        line = {name: value for name, value in line.items() if name in CASES.of_c4}
    return CaseLine(**line)
