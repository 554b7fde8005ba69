"""Decisions about facts and proofs: how sure an incident is, which incident is meant, where a piece of evidence is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, select

from sync_scripts.register.case_course.case_decisions import proved, support
from sync_scripts.register.case_decisions.case_facts import CaseSeen, see
from sync_scripts.register.consents.doors import may_share
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.knowing import of_person
from sync_scripts.register.history.commitments import committed
from sync_scripts.register.lifecycle import Facts, ReasonMissing, check
from sync_scripts.register.model.decision_errors import CodeNotListed, ErasureMissing, ThingUnknown
from sync_scripts.register.rules.labels import labels_of
from sync_scripts.store.schema import register as tables

__all__ = ["Settled", "move_evidence", "name_other_incident", "set_redacted", "verify"]


@dataclass(frozen=True, slots=True)
class Settled:
    """What was decided: the case, the thing in it, its value before and after."""

    code: str
    name: str
    was: str | None
    now: str


def _rows(by: By, table: Table, code: str) -> list[Mapping[Any, Any]]:
    filing = tables.filing
    query = select(table).join(filing, filing.c.filing_no == table.c.filing_no)
    return list(
        by.rows.execute(query.where(filing.c.case_code == code).order_by(*table.primary_key)).mappings()
    )


def verify(by: By, case: str, verification: str, *, reason: str, number: int = 1) -> Settled:
    """Say how sure the incident of a case is by now.

    Args:
        by: who decides.
        case: code of the case.
        verification: code of the list ``verification``.
        reason: on what that rests; no names.
        number: which incident, counted by arrival, where a case has several.

    Raises:
        CaseUnknown, CodeNotListed, ThingUnknown, ReasonMissing, MoveNotListed, GuardFails: as they say.
    """
    seen = see(by, case)
    if verification not in labels_of("verification", "en"):
        raise CodeNotListed(value=verification, possible=", ".join(labels_of("verification", "en")))
    rows = _rows(by, tables.incident, seen.code)
    if not 1 <= number <= len(rows):
        raise ThingUnknown(
            what=seen.code, name=str(number), known=", ".join(map(str, range(1, len(rows) + 1)))
        )
    if not reason.strip():
        raise ReasonMissing(alert=seen.code)
    row = rows[number - 1]
    if row["verification"] is not None or verification != _UNSAID:
        known = Facts(**of_person(by, reason), **_supported(by, seen.code, row["incident_id"]))
        check("incident", seen.code, row["verification"] or _UNSAID, verification, known)
    payload = {
        "incident": row["incident_id"],
        "was": row["verification"],
        "verification": verification,
        "reason": reason.strip(),
    }
    by.write(by.event("incident.verify", seen.unit, payload))
    return Settled(seen.code, str(number), row["verification"], verification)


_UNSAID: Final = "unverified"
"""What an incident is of which nobody said anything yet."""


def _supported(by: By, code: str, incident: str) -> dict[str, Any]:
    return support(incident, _rows(by, tables.information, code), _rows(by, tables.evidence, code))


def name_other_incident(by: By, case: str, other_case: str, *, number: int = 1) -> Settled:
    """Say which incident of another case is meant by a link that an interview typed.

    Raises:
        CaseUnknown, ThingUnknown: as they say.
    """
    seen, other = see(by, case), see(by, other_case)
    links = [row for row in _rows(by, tables.incident_link, seen.code) if row["other_code"] == other.code]
    incidents = _rows(by, tables.incident, other.code)
    if not links or not 1 <= number <= len(incidents):
        raise ThingUnknown(
            what=seen.code, name=other.code, known=", ".join(row["incident_id"] for row in incidents)
        )
    chosen = incidents[number - 1]["incident_id"]
    payload = {"other_code": other.code, "was": links[0]["other_incident"], "other_incident": chosen}
    by.write(by.event("incident.other", seen.unit, payload))
    return Settled(seen.code, other.code, links[0]["other_incident"], chosen)


# --- evidence -----------------------------------------------------------------------------------------------------


def _item(by: By, seen: CaseSeen, name: str) -> Mapping[Any, Any]:
    rows = _rows(by, tables.evidence, seen.code)
    for row in rows:
        if name.upper() == row["pseudonym"] or name == row["uid"]:
            return row
    known = ", ".join(str(row["pseudonym"]) for row in rows) or "-"
    raise ThingUnknown(what=seen.code, name=name, known=known)


def move_evidence(
    by: By,
    case: str,
    name: str,
    to: str,
    *,
    reason: str = "",
    purpose: str | None = None,
    receiver: str | None = None,
) -> Settled:
    """Say where a piece of evidence is by now: sealed, a working copy made, shared for a purpose, retained.

    ``receiver`` says to whom it was given, when it was shared. ``purged`` is refused: it is erased with its case or person.

    Raises:
        CaseUnknown, ThingUnknown, MoveNotListed, GuardFails, ErasureMissing: as they say.
    """
    seen = see(by, case)
    row = _item(by, seen, name)
    copies = {one["redacted_from"] for one in _rows(by, tables.evidence, seen.code)}
    facts = Facts(
        **of_person(by, reason),
        commitment=proved(row) and (row["commitment"] is not None or committed(by.rows, row)),
        share_consent=purpose is not None and may_share(by.rows, row, purpose, by.now, receiver),
        faces=row["faces_visible"],
        redacted=row["uid"] in copies,
        purpose=purpose,
        hold=seen.row["legal_hold"],
    )
    check("evidence", f"{seen.code} {row['pseudonym']}", row["state"], to, facts)
    if to == "purged":
        raise ErasureMissing(case=seen.code, item=str(row["pseudonym"]))
    payload = {
        "uid": row["uid"],
        "evidence": row["pseudonym"],
        "was": row["state"],
        "to": to,
        "reason": reason.strip(),
    }
    shared = {"purpose": purpose, "receiver": " ".join((receiver or "").split())}
    payload |= {name: value for name, value in shared.items() if value}
    by.write(by.event("evidence.move", seen.unit, payload))
    return Settled(seen.code, str(row["pseudonym"]), row["state"], to)


def set_redacted(by: By, case: str, name: str, original: str) -> Settled:
    """Say that a piece of evidence is the redacted copy of another one of the same case.

    Raises:
        CaseUnknown, ThingUnknown: as they say.
    """
    seen = see(by, case)
    copy, first = _item(by, seen, name), _item(by, seen, original)
    if copy["uid"] == first["uid"]:
        raise ThingUnknown(what=seen.code, name=original, known="-")
    payload = {"uid": copy["uid"], "evidence": copy["pseudonym"], "original": first["uid"]}
    by.write(by.event("evidence.redacted", seen.unit, payload | {"was": copy["redacted_from"]}))
    return Settled(seen.code, str(copy["pseudonym"]), copy["redacted_from"], str(first["pseudonym"]))
