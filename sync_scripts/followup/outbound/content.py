"""Choose the rows of the workbook: pure functions from register values to lines, in the order they are read.

Instants become days in Africa/Douala, the only zone people see. Nothing here reads a database or a clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sync_scripts.followup.columns import C4_FIELDS, Lang, Line, Sheet
from sync_scripts.register.disclosure.recipients import share_of

DOUALA = ZoneInfo("Africa/Douala")
URGENCIES = ("critical", "high", "medium", "low")
SOON_DAYS = 7
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the register knows of one open case, as far as a workbook may show it; ``stopped``: its people withdrew."""

    code: str
    state: str
    urgency: str | None
    owner: str | None
    region: str | None
    department: str | None
    opened_at: str | None
    next_due: str | None
    note: str | None
    closure: str | None
    confidentiality: str | None
    needs: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    arrondissement: str | None = None
    legal: str | None = None
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class InterventionFacts:
    """One service asked for or given in a case; ``provider`` empty means that we do it ourselves.

    ``person``, whom it is for, stands in no column: it only decides whether the row may be shown.
    """

    intervention_id: str
    case_code: str
    service: str | None
    provider: str | None
    owner: str | None
    due_at: str | None
    requested_on: str | None
    done_at: str | None
    status: str | None
    consent_ok: bool | None
    note: str | None
    person: str | None = None

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> InterventionFacts:
        """Return what a row of the register says."""
        said = "intervention_id case_code service provider_code owner_code due_at requested_on done_at status consent_ok"
        return cls(*(row[name] for name in (*said.split(), "work_note", "person_uid")))


Work = tuple[CaseFacts, tuple[InterventionFacts, ...]]
"""A case with its interventions."""


def day_of(instant: str | None) -> str | None:
    """Return the Douala day of an ISO instant or date, as ISO text."""
    if instant is None or len(instant) == 10:
        return instant
    return datetime.fromisoformat(instant).astimezone(DOUALA).date().isoformat()


def week_of(instant: str | None, lang: Lang) -> str | None:
    """Return the ISO week of an instant: ``2026-S40`` in French, ``2026-W40`` in English."""
    day = day_of(instant)
    if day is None:
        return None
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-{'S' if lang == 'fr' else 'W'}{week:02d}"


def flag_of(next_due: str | None, today: date) -> str:
    """Say where an open case stands on a day: ``overdue``, ``soon`` (due within seven days) or ``fine``.

    The one predicate behind the words and the colours of the workbook.
    """
    if next_due is None:
        return "fine"
    left = (date.fromisoformat(next_due) - today).days
    if left < 0:
        return "overdue"
    return "soon" if left <= SOON_DAYS else "fine"


def symbols(said: bytes) -> str:
    """Return 26 Crockford symbols that stand for what is said."""
    return crockford(int.from_bytes(hashlib.sha256(said).digest()[:17], "big") >> 6)


def crockford(number: int) -> str:
    """Return a number of 130 bits as 26 Crockford symbols."""
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def stable_id(register_id: str, sheet: str, key: str) -> str:
    """Return 26 Crockford symbols that name one row of one register, the same in every export."""
    return symbols(f"{register_id}\0{sheet}\0{key}".encode())


def version_of(values: Mapping[str, str | None]) -> str:
    """Return a short mark of the values that a row was exported with."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def rank(case: CaseFacts) -> tuple[int, str, str]:
    """Order cases as they are worked: most urgent, then earliest due, then by code."""
    urgency = URGENCIES.index(case.urgency) if case.urgency in URGENCIES else len(URGENCIES)
    return urgency, case.next_due or "9999", case.code


def _case_values(case: CaseFacts, today: date, lang: Lang) -> dict[str, str | None]:
    return {
        "code": case.code,
        "flag": flag_of(case.next_due, today),
        "opened": week_of(case.opened_at, lang),
        "region": case.region,
        "department": case.department,
        "needs": " ".join(case.needs) or None,
        "violations": " ".join(case.violations) or None,
        "people": " ".join(case.people) or None,
        "arrondissement": case.arrondissement,
        "legal": case.legal,
        "state": case.state,
        "urgency": case.urgency,
        "owner": case.owner,
        "next_due": case.next_due,
        "note": case.note,
        "closure": case.closure,
    }


def service_values(one: InterventionFacts) -> dict[str, str | None]:
    """Return an intervention under the keys of both sheets, actions and referrals."""
    return {
        "code": one.case_code,
        "service": one.service,
        "owner": one.owner,
        "due": day_of(one.due_at),
        "status": one.status,
        "done_on": day_of(one.done_at),
        "outcome": one.note if one.provider is None else one.status,
        "provider": one.provider,
        "sent_on": day_of(one.requested_on),
        "consent": None if one.consent_ok is None else ("yes" if one.consent_ok else "no"),
        "comment": one.note,
    }


def _line(
    sheet: Sheet,
    register_id: str,
    key: str,
    values: Mapping[str, str | None],
    *,
    masked: bool = False,
    record: str | None = None,
) -> Line:
    hidden = frozenset(
        column.key
        for column in sheet.columns
        if masked and column.source is not None and column.source not in C4_FIELDS
    )
    shown = {column.key: None if column.key in hidden else values[column.key] for column in sheet.columns}
    return Line(stable_id(register_id, sheet.marker, key), version_of(shown), shown, record, hidden)


def blank_version(keys: Iterable[str]) -> str:
    """Return the mark of a row that was handed out blank."""
    return version_of(dict.fromkeys(keys))


def spare_lines(sheet: Sheet, export_id: str) -> Iterator[Line]:
    """Yield the blank rows of a sheet, each with an id of its own."""
    blank = {column.key: None for column in sheet.columns}
    for number in range(sheet.spare):
        yield Line(stable_id(export_id, sheet.marker, f"spare {number}"), blank_version(blank), blank)


def in_order(cases: Iterable[CaseFacts], interventions: Iterable[InterventionFacts]) -> list[Work]:
    """Return each case with its interventions, as they are worked."""
    theirs: dict[str, list[InterventionFacts]] = {}
    for item in interventions:
        theirs.setdefault(item.case_code, []).append(item)
    return [(case, tuple(theirs.get(case.code, ()))) for case in sorted(cases, key=rank)]


def lines(
    sheet: Sheet, work: Iterable[Work], *, register_id: str, export_id: str, today: date, lang: Lang
) -> Iterator[Line]:
    """Yield the rows of one sheet from cases as they are worked, spare rows last."""
    for one in work:
        yield from lines_of(sheet, one, register_id=register_id, today=today, lang=lang)
    yield from spare_lines(sheet, export_id)


def lines_of(sheet: Sheet, one: Work, *, register_id: str, today: date, lang: Lang) -> Iterator[Line]:
    """Yield the rows of one sheet that show a case.

    A case of confidentiality C4, or whose people withdrew, shows five columns only, and none of its interventions.
    """
    case, interventions = one
    closed_door = case.stopped or share_of(case.confidentiality, "workbook", trusted=True) == "few"
    if sheet.marker in {"dk:todo", "dk:cases"}:
        values = _case_values(case, today, lang)
        if values["flag"] != "fine" or sheet.marker == "dk:cases":
            yield _line(sheet, register_id, case.code, values, masked=closed_door)
    elif not closed_door:
        ours = sheet.marker == "dk:actions"
        for item in sorted(interventions, key=lambda each: (each.due_at or "", each.intervention_id)):
            if (item.provider is None) == ours:
                name = item.intervention_id
                yield _line(sheet, register_id, name, service_values(item), record=name)
