"""What a person asks of the register: lists and single alerts and cases, as plain values. Reads levels 0 to 2 only.

Sorted as one works: the most urgent first, then what is due first. A case of confidentiality C4 shows its code,
state, level, owner and due date, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, func, or_, select

from sync_scripts.register import codes
from sync_scripts.register.closely import without_closed
from sync_scripts.register.errors import AlertUnknown, CaseUnknown
from sync_scripts.register.handover.given import given_rows
from sync_scripts.register.links.sight import may_see_tasks, sealed_from
from sync_scripts.register.merged_danger import left_alerts_with_news, with_danger_behind
from sync_scripts.register.nearest import nearest_alert, nearest_case
from sync_scripts.register.ruleset import load
from sync_scripts.register.states import CASE_LEFT, TO_DO
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import register as tables

__all__ = ["TO_DO", "alert_view", "alerts", "case_view", "cases", "masked"]

_LAST: Final = "9999"
_OF_C4: Final = ("code", "state", "urgency", "owner", "next_due", "confidentiality")
_ALERT_OF_C4: Final = ("code", "state", "urgency", "assigned_to", "due_at", "case_code")
"""What a list shows of a case that is C4, and of its alerts."""

Line = dict[str, Any]


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


def _urgent_first(lines: list[Line], due: str) -> list[Line]:
    rank = {level.code: -level.rank for level in load().levels}
    return sorted(lines, key=lambda line: (rank.get(line["urgency"], 1), line[due] or _LAST, line["code"]))


# --- alerts -------------------------------------------------------------------------------------------------------


def alerts(
    rows: Rows,
    *,
    states: Sequence[str] | None = TO_DO,
    region: str | None = None,
    owner: str | None = None,
    code: str | None = None,
) -> list[Line]:
    """Return the alerts in some states (None = all), or the one of a code, the most urgent first, then what is due first.

    Those that were set aside before danger came are to be decided on again: they stand among what is `TO_DO`.
    """
    alert, filing = tables.alert.c, tables.filing.c
    query = select(
        filing.stamp,
        alert.alert_id,
        alert.code,
        alert.state,
        alert.level,
        alert.urgency,
        alert.score,
        alert.region,
        alert.department,
        alert.icons,
        alert.week,
        filing.first_received_at,
        alert.assigned_to,
        alert.case_code,
    ).join(tables.filing, filing.filing_no == alert.filing_no)
    if states is not None:
        again = [alert.filing_no.in_(left_alerts_with_news())] if states == TO_DO else []
        query = query.where(or_(alert.state.in_(states), *again))
    whose = owner and owner.strip().upper()  # capitals do not make another person
    for column, wanted in ((func.upper(alert.assigned_to), whose), (alert.code, code)):
        if wanted is not None:
            query = query.where(column == wanted)
    due, flagged = _due_by_subject(rows), _open_flags(rows, tables.flag.c.subject, "alert:")
    lines = [_alert_line(row, due, flagged) for row in rows.execute(query).all()]
    lines = lines if code is not None else _masked(rows, lines)
    if region is not None:  # as it is shown: no filter tells where an alert of a C4 case lies
        lines = [line for line in lines if line["region"] == region]
    return _urgent_first(lines, "due_at")


def _masked(rows: Rows, lines: list[Line]) -> list[Line]:
    """Return lines of alerts, those of a C4 case with the few columns that a list may hold of it."""
    if all(line["case_code"] is None for line in lines):
        return lines
    secret = select(tables.case.c.case_code).where(tables.case.c.confidentiality == "C4")
    hidden = set(rows.execute(secret).scalars())
    return [_mask(line) if line["case_code"] in hidden else line for line in lines]


def _mask(line: Line) -> Line:
    """Return a line, or a page, of an alert of a C4 case: what belongs to it besides is empty."""
    return {
        name: value if name in _ALERT_OF_C4 else [] if isinstance(value, list) else None
        for name, value in line.items()
    }


def masked(line: Mapping[str, Any]) -> bool:
    """Tell whether a line is of an alert of a C4 case, so that it shows the few columns alone."""
    return line["flags"] is None


def _alert_line(row: Sequence[Any], due: Mapping[str, str], flagged: Mapping[str, int]) -> Line:
    (
        stamp,
        alert_id,
        code,
        state,
        level,
        by_rule,
        score,
        region,
        department,
        icons,
        week,
        received,
        whose,
        case,
    ) = row
    subject = f"alert:{stamp}/{alert_id}"
    return {
        "code": code,
        "state": state,
        "urgency": level,
        "urgency_by_rule": by_rule,
        "score": score,
        "region": region,
        "department": department,
        "icons": icons,
        "week": week,
        "received_at": received,
        "due_at": due.get(subject),
        "assigned_to": whose,
        "case_code": case,
        "flags": flagged.get(subject, 0),
    }


def alert_view(rows: Rows, text: str, actor: Actor) -> Line:
    """Return all that the everyday register says of one alert, its tasks, flags and history.

    Of one of a C4 case only its line, but to whoever is in charge of the case and to the coordinator.

    Raises:
        AlertUnknown: there is none of that code.
    """
    code = codes.read(text, "AL")
    filing = tables.filing
    query = select(tables.alert, filing.c.stamp).join(filing, filing.c.filing_no == tables.alert.c.filing_no)
    found = rows.execute(query.where(tables.alert.c.code == code)).mappings().first()
    if found is None:
        raise AlertUnknown(alert=code or text.strip(), nearest=nearest_alert(rows, text))
    from sync_scripts.register.files_left import files_left  # here: a list counts no files
    from sync_scripts.register.task_lines import alert_tasks  # here: a list shows no task

    subject = f"alert:{found['stamp']}/{found['alert_id']}"
    (line,) = alerts(rows, states=None, code=code)
    fields = {
        name: value for name, value in found.items() if name not in {"stamp", "filing_no", "contact_tag"}
    }
    page = {
        **fields,
        **line,
        "corrections": _corrections(rows, found["filing_no"]),
        "tasks": alert_tasks(rows, subject, line["case_code"]),
        "flag_list": _flags(rows, tables.flag.c.subject == subject),
        "files_left": files_left(rows, filing.c.filing_no == found["filing_no"]),
        "history": _history(rows, [subject]),
    }
    return _mask(page) if line["case_code"] in sealed_from(rows, actor) else page


def _corrections(rows: Rows, number: int) -> list[Line]:
    made = tables.correction
    query = select(made).where(made.c.filing_no == number).order_by(made.c.corrected_at)
    return [
        {name: one for name, one in row.items() if name != "filing_no"}
        for row in rows.execute(query).mappings()
    ]


def _flags(rows: Rows, which: ColumnElement[bool]) -> list[Line]:
    from sync_scripts.register.flags import in_keys_and_words  # here: a list needs no words

    query = _filed(tables.flag).where(which).order_by(tables.flag.c.raised_at, tables.flag.c.message)
    return [
        in_keys_and_words(row["message"])
        | {name: row[name] for name in ("subject", "raised_at", "resolved_at")}
        for row in rows.execute(query).mappings()
    ]


def _filed(table: Table) -> Select[Any]:
    """Return the query for a table's rows beside the filing of their submissions."""
    return select(table).join(tables.filing, tables.filing.c.filing_no == table.c.filing_no)


def _history(rows: Rows, subjects: Sequence[str]) -> list[Line]:
    return [
        {
            "at": event.at,
            "op": event.op,
            "actor": event.actor.code,
            "proof": event.actor.proof,
            "hand": event.actor.hand if event.actor.proof == "claimed" else None,
            "subject": event.subject,
            "payload": event.payload,
        }
        for event in store_events.read(rows, subjects=subjects)
    ]


# --- cases --------------------------------------------------------------------------------------------------------


def cases(
    rows: Rows,
    *,
    everything: bool = False,
    region: str | None = None,
    owner: str | None = None,
    code: str | None = None,
) -> list[Line]:
    """Return the cases that are worked on (or all), or the one of a code, the most urgent first, then what is due first."""
    case = tables.case.c
    query = select(
        case.case_code,
        case.state,
        case.level,
        case.owner_code,
        case.region,
        case.department,
        case.opened_at,
        case.next_due,
        case.confidentiality,
        case.risk,
        case.service_only,
    )
    if not everything:
        query = query.where(case.state.not_in(CASE_LEFT))
    whose = func.upper(case.owner_code), owner and owner.strip().upper()
    for column, wanted in ((case.region, region), whose, (case.case_code, code)):
        if wanted is not None:
            query = query.where(column == wanted)
    flagged = _open_flags(rows, tables.filing.c.unit, "case:")
    lines = with_danger_behind(rows, [_case_line(row, flagged) for row in rows.execute(query).all()])
    return _urgent_first(lines, "next_due")


def _case_line(row: Sequence[Any], flagged: Mapping[str, int]) -> Line:
    code, state, level, owner, region, department, opened, due, confidentiality, risk, service_only = row
    line = {
        "code": code,
        "state": state,
        "urgency": level,
        "owner": owner,
        "region": region,
        "department": department,
        "opened_at": opened,
        "next_due": due,
        "confidentiality": confidentiality,
        "risk": risk,
        "service_only": service_only,
        "flags": flagged.get(f"case:{code}", 0),
    }
    if confidentiality == "C4":
        return {name: value if name in _OF_C4 else None for name, value in line.items()}
    return line


def case_view(rows: Rows, text: str, actor: Actor) -> Line:
    """Return all that the everyday register says of one case.

    Of a C4 case only its line, and what is due to whoever is in charge of it and to the coordinator.

    Raises:
        CaseUnknown: there is none of that code.
    """
    code = codes.read(text, "DK")
    found = cases(rows, everything=True, code=code) if code is not None else []
    if not found or code is None:
        raise CaseUnknown(case=code or text.strip(), nearest=nearest_case(rows, text))
    from sync_scripts.register.files_left import files_left  # here: a list counts no files
    from sync_scripts.register.task_lines import case_tasks  # here: a list shows no task

    unit = f"case:{code}"
    shown = may_see_tasks(rows, actor, found[0])
    line = {**found[0], "tasks": case_tasks(rows, code) if shown else []}
    if line["confidentiality"] == "C4":
        return line
    from sync_scripts.register.links.people import joined  # here: what decides on people reads lists, too

    sealed = sealed_from(rows, actor)
    interviews = _of_case(rows, tables.interview, code)
    keys = rows.execute(
        select(tables.filing.c.stamp, tables.filing.c.root_id).where(tables.filing.c.case_code == code)
    )
    kinds = ("interview", "followup", "closure", "evidence")
    subjects = [unit, *(f"{kind}:{row.stamp}/{row.root_id}" for row in keys for kind in kinds)]
    beside = (tables.filing.c.case_code == code) & tables.flag.c.subject.not_like("alert:%")
    return {
        **line,
        **_decided(rows, code),
        "flag_list": _flags(rows, (tables.filing.c.unit == unit) | beside),
        "files_left": files_left(rows, tables.filing.c.case_code == code),
        "corrections": _of_case(rows, tables.correction, code, "corrected_at"),
        "alerts": [one for one in alerts(rows, states=None) if one["case_code"] == code],
        "interviews": interviews,
        "consents": _of_case(rows, tables.consent, code),
        "people": _of_case(rows, tables.person, code),
        "same_people": joined(rows, code, sealed),
        "incidents": _of_case(rows, tables.incident, code),
        "acts": _with_victims(rows, code),
        "needs": _of_case(rows, tables.need, code),
        "interventions": _of_case(rows, tables.intervention, code, "number"),
        "followups": _of_case(rows, tables.followup, code, "at"),
        "closures": _with_goals(rows, code),
        "shared": given_rows(rows, code),
        "history": without_closed(_history(rows, subjects), sealed),
    }


_DECIDED: Final = (
    "suspended_from",
    "review_on",
    "merged_into",
    "transferred_to",
    "work_note",
    "retention_class",
    "legal_hold",
    "closure_reason",
    "closed_at",
)
"""What people decided about a case beside its line."""


def _decided(rows: Rows, code: str) -> Line:
    """Return what people decided about a case, and the cases that were merged into it."""
    case = tables.case
    row = rows.execute(select(case).where(case.c.case_code == code)).mappings().one()
    merged = rows.execute(select(case.c.case_code).where(case.c.merged_into == code)).scalars()
    return {
        **{name: row[name] for name in _DECIDED},
        "urgency_by_rule": row["urgency"],
        "urgency_decided": row["urgency_decided"],
        "merged_here": sorted(merged),
    }


def _of_case(rows: Rows, table: Table, code: str, order: str = "") -> list[Line]:
    """Return the rows of a table that come from the forms of a case, in the order of their arrival."""
    first = [table.c[order]] if order else []
    query = _filed(table).where(tables.filing.c.case_code == code)
    query = query.order_by(*first, tables.filing.c.filing_no, *table.primary_key)
    hidden = {"filing_no", "phone_tag", "document_tag"}
    return [
        {name: one for name, one in row.items() if name not in hidden}
        for row in rows.execute(query).mappings()
    ]


def _with_victims(rows: Rows, code: str) -> list[Line]:
    """Return the acts of a case, each with the pseudonyms of those who suffered it."""
    people = {row["uid"]: row["pseudonym"] for row in _of_case(rows, tables.person, code)}
    suffered: dict[str, list[str]] = defaultdict(list)
    for row in _of_case(rows, tables.act_victim, code):
        suffered[row["act_uid"]].append(people.get(row["person_uid"], "?"))
    return [{**row, "victims": sorted(suffered[row["uid"]])} for row in _of_case(rows, tables.act, code)]


def _with_goals(rows: Rows, code: str) -> list[Line]:
    """Return the requests to close a case, each with when it came and the goals that it reports."""
    goals: dict[str, list[Line]] = defaultdict(list)
    for row in _of_case(rows, tables.goal, code):
        goals[row["closure_id"]].append({"service": row["service"], "status": row["status"]})
    asked = select(tables.filing.c.root_id, tables.filing.c.first_received_at)
    theirs = rows.execute(asked.where(tables.filing.c.case_code == code))
    came = {row.root_id: row.first_received_at for row in theirs}
    return [
        {**row, "received_at": came.get(row["closure_id"]), "goals": goals[row["closure_id"]]}
        for row in _of_case(rows, tables.closure, code)
    ]
