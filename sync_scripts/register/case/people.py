"""The people of a case: victims, their consents, what they need. Pure.

The first repetition of victims is the person interviewed. Where only services were agreed to, and nobody was
documented, the register makes that person itself, under the id of the interview.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final

import msgspec

from sync_scripts.register.case.flags import flag
from sync_scripts.register.forms.answers import (
    CONSENT_COLUMNS,
    Consent,
    Reading,
    Record,
    Sealed,
    Value,
    given,
    yes_of,
)
from sync_scripts.register.forms.row_output import Case, RowOf
from sync_scripts.register.forms.submissions import Filed, once
from sync_scripts.register.forms.values import day, shape
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.clocks import child
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.servers.desk import LEGACY
from sync_scripts.store.canonical import moment
from sync_scripts.store.schema import register as tables


def refused(filed: Filed) -> bool:
    """Tell whether an interview was refused, or not held because it was not safe: nothing is documented then."""
    record = filed.one("interview")
    return record is None or _says_no(record)


def _says_no(record: Record) -> bool:
    return "no" in map(record.fields.get, GATE)


def ever_documented(filed: Filed) -> bool:
    """Tell whether an interview that is refused by now was held once: an edit or a correction laid the no over it."""
    laid = any(_of_gate(one) for one in filed.corrections)
    return laid or any(_holds(reading) for _, reading in filed.history)


def _of_gate(correction: Mapping[str, Any]) -> bool:
    return correction["entity"] == "interview" and correction["field"] in GATE


def _holds(reading: Reading) -> bool:
    """Tell whether a version of an interview says no no: also where only services were agreed to, and nobody stands in it."""
    return any(one.entity == "interview" and not _says_no(one) for one in reading.records)


def _collected_holds(filed: Filed) -> bool:
    """Tell whether the version that is read was held, whatever lies over it."""
    record = filed.one("interview")
    if record is None:
        return False
    was = {one["field"]: one["was"] for one in filed.corrections if _of_gate(one)}
    return not any((was[field] if field in was else record.fields.get(field)) == "no" for field in GATE)


def no_since(filed: Filed) -> datetime | None:
    """Return when a no was laid over an interview that was held, by an edit on the phone or by a correction; None where none was."""
    if not refused(filed):
        return None
    said = [
        moment(one["corrected_at"]) for one in filed.corrections if _of_gate(one) and one["value"] == "no"
    ]
    stands = _collected_holds(filed)
    earlier = [(at, _holds(one)) for at, one in filed.history if one is not filed.reading]
    if not stands and not any(holds for _, holds in earlier):
        return None
    edited = [] if stands else [_edited_since(filed)]
    return min([*said, *edited], default=None)


def _edited_since(filed: Filed) -> datetime:
    """Return when the first of the versions came since which an interview is refused on the phone."""
    since = filed.received[1]
    for at, reading in reversed(filed.history):
        if reading is not filed.reading and _holds(reading):
            break
        since = at
    return since


GATE: Final = frozenset({"consent_case", "is_private"})
"""Answers at the beginning of a form without which nothing is documented."""


def interviewee(reading: Reading, root_id: str) -> str:
    """Return the uid of the person interviewed: the first victim, else the person that the register makes."""
    first = next((record for record in reading.records if record.entity == "person"), None)
    return first.key if first is not None else root_id


def stand_in(filed: Filed) -> Record | None:
    """Return the person that the register makes of an interview in which nobody was documented."""
    if filed.one("interview") is None or refused(filed) or filed.one("person") is not None:
        return None
    return Record("person", filed.root[1], filed.root[1], {"number": "1"})


def documented_on(filed: Filed, rules: Ruleset) -> date:
    """Return the day of the talk: as it was written, else the day when the form arrived."""
    record = filed.one("interview")
    text = record.fields.get("doc_date") if record is not None else None
    if isinstance(text, str):
        try:
            return day(text)
        except ValueError:
            pass
    return clocks.local_day(filed.received[0], rules)


class Talk(msgspec.Struct, frozen=True):
    """What one interview recorded of consent: by person, and whom it excluded."""

    day: date
    people: Mapping[str, tuple[Consent, ...]]
    withheld: str


@once
def agreed(filed: Filed, rules: Ruleset) -> Talk:
    """Return the consents of one interview, for the person interviewed and everybody it covers.

    A no that an edit or a correction laid over the whole of it refuses what the work rests on; whoever spoke is called by the interview then.
    """
    record = filed.one("interview")
    by: Mapping[str, Value] = record.fields if record is not None else {}
    on = documented_on(filed, rules)
    yes, months, found = yes_of(by), rules.case.consent_renew_months, []
    for one in filed.all("consent"):
        ((purpose, answer),) = one.fields.items()
        made = given(purpose, answer, yes, on, months)
        if made is not None:
            found.append(made)
    covered = [one.key for one in filed.all("person") if one.fields.get("covered_by_consent") == "yes"]
    if no_since(filed) is not None:
        found = [Consent(purpose, "refused") for purpose in ("document", "services")]
    if filed.server == LEGACY:
        found = [Consent("document", "not_asked")]  # somebody from an old list: nobody asked
    who = dict.fromkeys([interviewee(filed.reading, filed.root[1]), *covered])
    withheld = by.get("withhold_from")
    everything = tuple(found)
    return Talk(on, dict.fromkeys(who, everything), withheld if isinstance(withheld, str) else "")


_COLUMNS: Final = attrgetter(*CONSENT_COLUMNS)


def consents(filed: Filed, talk: Talk, case: Case) -> None:
    """Add the consents of one interview."""
    as_collected = talk is agreed(filed, case.rules)  # as nearly all are
    made = _collected(filed, case.rules) if as_collected else _consents(filed, talk)
    case.take(filed, {tables.consent: made})


@once
def _collected(filed: Filed, rules: Ruleset) -> Sequence[RowOf]:
    return _consents(filed, agreed(filed, rules))


def _consents(filed: Filed, talk: Talk) -> Sequence[RowOf]:
    own = {"filing_no": filed.number, "interview_id": filed.root[1]}
    return [
        {**own, "person_uid": uid, **dict(zip(CONSENT_COLUMNS, _COLUMNS(one), strict=True))}
        for uid, everything in talk.people.items()
        for one in everything
    ]


def talk(filed: Filed, case: Case) -> list[str]:
    """Add an interview itself; return the fields that could not be read."""
    unread: list[str] = []
    record = filed.one("interview")
    if record is not None:
        row = shape(tables.interview).row(
            record.fields,
            unread,
            filing_no=filed.number,
            interview_id=filed.root[1],
            person_uid=interviewee(filed.reading, filed.root[1]) if case.code else None,
        )
        case.out.add(tables.interview, row)
    return unread


def people(filed: Filed, case: Case) -> list[str]:
    """Add the people of one submission; return the fields that could not be read."""
    unread: list[str] = []
    made = stand_in(filed)
    for record in filed.all("person") if made is None else [made]:
        row = shape(tables.person).row(
            record.fields,
            unread,
            filing_no=filed.number,
            uid=record.key,
            case_code=case.code,
        )
        row["kind"] = _kind(row)
        row["phone_tag"] = _tag(record.fields.get("phone"))
        row["document_tag"] = _tag(record.fields.get("national_id"))
        if made is not None:
            interview = filed.one("interview")
            row["phone_tag"] = _tag(interview.fields.get("service_phone")) if interview else None
        case.out.add(tables.person, row)
    _flag_another(filed, case)
    return unread


def _kind(row: RowOf) -> str:
    if row["unit"] not in {None, "individual"}:
        return "group"
    young = bool(child(row))
    kinds = {"f": ("woman", "girl"), "m": ("man", "boy")}
    return kinds[row["sex"]][young] if row["sex"] in kinds else "unknown"


def _tag(value: Any) -> int | None:
    return value.tag if isinstance(value, Sealed) else None


def _flag_another(filed: Filed, case: Case) -> None:
    """Raise a flag when an edit took away the person interviewed, to whom the consents belong."""
    if len(filed.history) < 2:
        return
    first = next(
        (reading for _, reading in filed.history if any(r.entity == "person" for r in reading.records)), None
    )
    now = interviewee(filed.reading, filed.root[1])
    if first is not None and interviewee(first, filed.root[1]) != now:
        case.out.add(tables.flag, flag(filed, "interviewee_changed"))


def assessed(filed: Filed, case: Case) -> list[str]:
    """Add what one interview found of needs, threats and safety; return the fields that could not be read."""
    unread: list[str] = []
    record = filed.one("assessment")
    if record is not None:
        row = shape(tables.assessment).row(
            record.fields,
            unread,
            filing_no=filed.number,
            assessment_id=filed.root[1],
            case_code=case.code,
            has_safety_plan="safety_plan" in record.fields,
        )
        case.out.add(tables.assessment, row)
    return unread


def needs(filed: Filed, case: Case) -> list[str]:
    """Add what the person interviewed needs; return the fields that could not be read."""
    unread: list[str] = []
    who, since = interviewee(filed.reading, filed.root[1]), documented_on(filed, case.rules).isoformat()
    records: Sequence[Record] = filed.all("need")
    for record in records:
        service = record.fields.get("service")
        if not isinstance(service, str):
            continue
        row = shape(tables.need).row(
            record.fields,
            unread,
            filing_no=filed.number,
            case_code=case.code,
            person_uid=who,
            opened_on=since,
        )
        case.out.add(tables.need, row)
    return unread


def met(rows: Iterable[RowOf], met_on: Mapping[tuple[str, str], Sequence[str]]) -> None:
    """Say of needs when they were met: by a service of their kind that was given to her, on the day on which she told of it or later.

    What somebody else got, or she herself before, was for another one.

    Args:
        rows: the needs of a case.
        met_on: days on which each service was given to each person, the first one first; by (uid, service).
    """
    for row in rows:
        given_on = met_on.get((row["person_uid"], row["service"]), ())
        row["met_on"] = next((day for day in given_on if day >= row["opened_on"]), None)
