"""The facts of a case: incident, acts with their victims and sub-records, authors, sources, evidence and whom it involves. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from sync_scripts.register.case.custody import AHEAD, began, doubts, ended
from sync_scripts.register.case.flags import flag, raised
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.row_output import LETTERS, Case, RowOf, pieces
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import shape, when
from sync_scripts.register.history.arrivals import said_at
from sync_scripts.register.rules import clocks, own_deadlines
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import register as tables

LONGEST: Final = 32
"""Of a code typed by hand no more is kept than any code is long."""

_ANY_DAY: Final = frozenset({"flagrante"})
"""Bases of a custody that may begin on any day (art. 119(4) CPP)."""

INTEGRITY: Final[dict[str | None, str]] = {
    "whole": "ok",
    "beside": "ok",
    "provisional": "pending",
    "broken": "mismatch",
}
"""How a submission came encrypted -> what that says of the evidence in it; of one in the clear nothing is known."""

_UNDER_ACT: Final = {
    "torture": tables.torture,
    "death": tables.death,
    "loss": tables.loss,
    "facility": tables.facility,
}


class _Facts:
    """One submission's facts on their way into rows."""

    def __init__(self, filed: Filed, case: Case) -> None:
        self.filed = filed
        self.root_id = filed.root[1]
        self.case = case
        self.out = case.out
        self.unread: list[str] = []
        self.victims = _codes(filed.all("person"), LETTERS["person"])
        self.acts = _codes(filed.all("act"), LETTERS["act"])

    def row(self, table: Table, record: Record, **own: Any) -> RowOf:
        return shape(table).row(record.fields, self.unread, filing_no=self.filed.number, **own)

    def flag(self, code: str, detail: str = "") -> None:
        self.out.add(tables.flag, flag(self.filed, code, detail))


def facts(filed: Filed, case: Case) -> list[str]:
    """Add the facts of one submission; return the fields that could not be read."""
    here = _Facts(filed, case)
    _incident(here)
    _acts(here)
    _authors(here)
    _sources(here)
    _evidence(here, here.root_id)
    return here.unread


def shown(filed: Filed, case: Case, incident_id: str | None) -> list[str]:
    """Add evidence that was keyed in by itself, to an incident of the case if there is one; return as `facts`."""
    here = _Facts(filed, case)
    _evidence(here, incident_id)
    return here.unread


def _codes(records: Sequence[Record], letter: str) -> dict[str, list[str]]:
    """Return the uids that each code of the form fits: ``V2`` -> uids of the victims with number 2."""
    found: dict[str, list[str]] = defaultdict(list)
    for record in records:
        number = record.fields.get("number")
        if isinstance(number, str):
            found[f"{letter}{number}"].append(record.key)
    return found


def _resolved(code: object, codes: Mapping[str, list[str]]) -> str | None:
    fits = codes.get(code, []) if isinstance(code, str) else []
    return fits[0] if len(fits) == 1 else None


def _incident(here: _Facts) -> None:
    for record in here.filed.all("incident")[:1]:
        row = here.row(tables.incident, record, incident_id=here.root_id, case_code=here.case.code)
        row["week"] = _week(row["date"], row["date_precision"])
        _not_ahead(here, row)
        here.out.add(tables.incident, row)
        if record.fields and not {"narrative", "narrative_audio"} & record.fields.keys():
            here.flag("narrative_missing")
    for record in here.filed.all("incident_link"):
        row = here.row(tables.incident_link, record, incident_id=here.root_id)
        row["other_code"] = (row["other_code"] or "")[:LONGEST]
        here.out.add(tables.incident_link, row)


def _not_ahead(here: _Facts, row: RowOf) -> None:
    """Say when the facts are dated after the day on which somebody told of them."""
    if row["date"] is None:
        return
    told = said_at(here.filed, tables.incident, here.root_id, "date", row["date"])
    if date.fromisoformat(row["date"]) > clocks.local_day(told, here.case.rules):
        here.flag(AHEAD, "date")


def _week(day: str | None, precision: str | None) -> str | None:
    """Return the ISO week of a date, the month when its day is unknown, the year when the month is too."""
    if day is None:
        return None
    if precision == "unknown_month":
        return day[:4]
    return day[:7] if precision == "unknown_day" else clocks.week(date.fromisoformat(day))


def _acts(here: _Facts) -> None:
    for record in here.filed.all("act"):
        here.out.add(tables.act, here.row(tables.act, record, uid=record.key, incident_id=here.root_id))
    seen: set[tuple[str, str]] = set()
    for record in here.filed.all("act_victim"):
        uid = _resolved(record.fields.get("person_uid"), here.victims)
        if uid is None:
            here.flag("victim_unresolved", str(record.fields.get("person_uid", ""))[:8])
        elif (record.parent, uid) not in seen:
            seen.add((record.parent, uid))
            row = here.row(tables.act_victim, record, act_uid=record.parent)
            here.out.add(tables.act_victim, {**row, "person_uid": uid})
    for entity, table in _UNDER_ACT.items():
        for record in here.filed.all(entity):
            here.out.add(table, here.row(table, record, act_uid=record.parent or here.root_id))
    for record in here.filed.all("detention"):
        _detention(here, record)


def _detention(here: _Facts, record: Record) -> None:
    row = here.row(tables.detention, record, act_uid=record.parent or here.root_id)
    here.out.add(tables.detention, row)
    basis = row["legal_basis"]
    if basis == "none":
        here.flag("custody_untitled")
    if basis is not None and basis not in here.case.rules.custody:
        here.flag("custody_basis_unknown", basis[:32])
    doubted = list(doubts(here.filed, row, here.case.rules))
    for code, name, told in doubted:
        subject = f"detention:{row['act_uid']}"
        here.out.add(tables.flag, raised(here.filed.number, instant(told), subject, code, name))
    if row["arrested_at"] is not None and AHEAD not in [code for code, _name, _told in doubted]:
        _rest_day(here, when(row["arrested_at"]), row["legal_basis"])
    _limits(here, row)


def _limits(here: _Facts, row: RowOf) -> None:
    """Say until when a custody can be lawful and which limit was ahead; as long as it goes on a flag says if that is assumed."""
    rules = here.case.rules
    since = began(here.filed, row, here.out.rows[tables.incident], rules)
    over = ended(here.filed, row, rules) is not None
    watched = [_watched(at, side, rules) for at, side in since.at]
    if not watched or (since.assumed and over):
        return
    until = min(clock.lawful_until for clock in watched)
    row["lawful_until"] = instant(until)
    ahead = (clock.next_limit(here.filed.received[1]) for clock in watched)
    following = [limit for limit in ahead if limit is not None]
    if following and not over:
        row["next_limit_at"] = instant(min(following))
    if since.assumed:
        told = until.astimezone(rules.zone).strftime("%Y-%m-%d %H:%M")
        subject = f"detention:{row['act_uid']}"
        here.out.add(tables.flag, flag(here.filed, "custody_hour_assumed", told, subject=subject, at=0))


def _watched(began_at: datetime, row: Mapping[str, Any], rules: Ruleset) -> clocks.CustodyClock:
    basis = row["legal_basis"] if row["legal_basis"] in rules.custody else None
    return clocks.custody(began_at, basis, rules)


def _rest_day(here: _Facts, arrested: datetime, basis: str | None) -> None:
    """Say when a custody began on a day on which the law lets none be ordered; no clock moves for it."""
    rules = here.case.rules
    if not rules.custody_task.weekend_flag or basis in _ANY_DAY:
        return
    found = own_deadlines.rest_day(clocks.local_day(arrested, rules), rules.own_holidays)
    if found is not None:
        here.flag("custody_rest_day", own_deadlines.mark(found))


def _authors(here: _Facts) -> None:
    for record in here.filed.all("perpetrator"):
        row = here.row(tables.perpetrator, record, uid=record.key, case_code=here.case.code)
        here.out.add(tables.perpetrator, row)
    seen: set[tuple[str, str]] = set()
    for record in here.filed.all("involvement"):
        act = _resolved(record.fields.get("act_uid"), here.acts)
        if act is None:
            here.flag("act_unresolved", str(record.fields.get("act_uid", ""))[:8])
        elif (act, record.parent) not in seen:
            seen.add((act, record.parent))
            row = here.row(
                tables.involvement,
                record,
                root_id=here.root_id,
                perpetrator_uid=record.parent or here.root_id,
            )
            here.out.add(tables.involvement, {**row, "act_uid": act})


def _sources(here: _Facts) -> None:
    for record in here.filed.all("source"):
        row = here.row(tables.source, record, uid=record.key, case_code=here.case.code)
        here.out.add(tables.source, row)
    for record in here.filed.all("information"):
        row = here.row(tables.information, record, incident_id=here.root_id, source_uid=record.key)
        here.out.add(tables.information, row)


def _evidence(here: _Facts, incident_id: str | None) -> None:
    for record in pieces(here.filed.all("evidence"), here.filed.root):
        row = here.row(
            tables.evidence,
            record,
            uid=record.key,
            incident_id=incident_id,
            case_code=here.case.code,
            integrity=INTEGRITY.get(here.filed.encryption),
            state="received",
        )
        here.out.add(tables.evidence, row)


Row = Mapping[Any, Any]


class CaseRows(msgspec.Struct, frozen=True):
    """What the rows of a case say of its people: interviews, acts, who suffered them, evidence, and everybody's uid."""

    interviews: Sequence[Row]
    acts: Sequence[Row]
    suffered: Sequence[Row]
    evidence: Sequence[Row]
    people: Sequence[str]


def involved(item: Row, rows: CaseRows) -> list[str]:
    """Return the uids of the people whom a piece of evidence involves, each once."""
    found = dict.fromkeys(_of_item(item, rows))
    for original in rows.evidence:
        if original["uid"] == item["redacted_from"]:
            found |= dict.fromkeys(_of_item(original, rows))
    return list(found)


def _of_item(item: Row, rows: CaseRows) -> Iterable[str]:
    talked = [one["person_uid"] for one in rows.interviews if one["filing_no"] == item["filing_no"]]
    if not any(talked):
        return rows.people
    acts = {one["uid"] for one in rows.acts if one["incident_id"] == item["incident_id"]}
    return [*talked, *(one["person_uid"] for one in rows.suffered if one["act_uid"] in acts)]
