"""Decisions about facts, proofs and corrections: how sure an incident is, where a piece of evidence is, what a form got wrong.

A correction is a person's value over that of a form, at levels 0 to 2, with a reason; both stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, select

from sync_scripts.register.case.case_decisions import proved, support
from sync_scripts.register.case.custody import ENDS
from sync_scripts.register.case_decisions.case_facts import CaseSeen, see
from sync_scripts.register.consents.agreements import require_not_taken_out
from sync_scripts.register.consents.doors import may_share
from sync_scripts.register.decisions.authority import require_own_hand
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of, case_of
from sync_scripts.register.decisions.guard_facts import of_person
from sync_scripts.register.decisions.levels import require_two_to_refuse
from sync_scripts.register.decisions.naming import not_corrected, one_of
from sync_scripts.register.decisions.possible import require_possible
from sync_scripts.register.forms.answers import Record
from sync_scripts.register.forms.formmap import Asked, FormMap, read_map
from sync_scripts.register.forms.loading import Shelf, load
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.forms.values import decisive, shape
from sync_scripts.register.history.corrections import CORRECT, RESTORE, corrected, subject_of
from sync_scripts.register.history.logbook import committed
from sync_scripts.register.history.visibility import CLOSEST, KeptByTwo
from sync_scripts.register.lifecycle.errors import ReasonMissing, check
from sync_scripts.register.lifecycle.guards import Facts
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import Root
from sync_scripts.register.model.errors import (
    CodeNotListed,
    DecidedNotCorrected,
    ErasureMissing,
    NotCorrectable,
    ThingUnknown,
)
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store import events as store_events
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import form_version


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


_SAID_AGAIN: Final = frozenset(("detention", day) for day in ENDS)
"""Days that may have been planned when they were told: to say one again once it is over says that it came."""


_KEPT: Final = frozenset({("assessment", "retaliation_risk"), ("followup", "risk_change")})
"""Answers of which the worst that any version said counts: to say what the last one says is a person's word on the others."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What lies over a collected value now: alert or case, entity, field, what was collected, what stands; and whether it is new."""

    code: str
    entity: str
    field: str
    was: str | None
    now: str | None
    written: bool = True


def correct(by: By, text: str, path: str, value: str, *, reason: str) -> Corrected:
    """Lay a value over one that a form collected; empty takes the answer away, and what stands already is no correction.

    Args:
        by: who decides.
        text: code of the alert or the case.
        path: ``entity.field``, where a case has several with the pseudonym or number between: ``person.V2.sex``.
        value: the corrected value, a code where the question has a list.
        reason: on what it rests; no names.

    Raises:
        AlertUnknown, CaseUnknown, ThingUnknown, NotCorrectable, CodeNotListed, ReasonMissing: as they say.
        OwnHandMissing: more rests on the answer than itself, and the code was only typed.
        DecidedNotCorrected: a guard stands before the value, and a correction would go round it.
        ValueImpossible: the form would not take it: out of its range, still to come.
        AlreadyErased: the answer was taken out with the person whose it was.
        RefusalDismisses: it would dismiss what one person must not dismiss.
    """
    code, filed, record, field = _meant(by, text, path)
    if not reason.strip():
        raise ReasonMissing(alert=code)
    require_not_taken_out(by.rows, subject_of(filed), (record.entity, record.key, field), code)
    said = value.strip() or None
    _require_may(by, code, record.entity, field, said)
    if said is not None:
        held = _map(by, filed)
        _readable(record.entity, field, said, _question(held, record.entity, field))
        require_possible(by, (filed, record), field, said, held=held)
    was = record.fields.get(field)
    if said == was and not _says_something(filed, record, field):
        return Corrected(code, record.entity, field, said, said, written=False)
    payload = {
        "entity": record.entity,
        "record": record.key,
        "field": field,
        "was": was if isinstance(was, str) else None,
        "value": said,
        "reason": reason.strip(),
        "what": code,
    }
    by.write(by.event(CORRECT, subject_of(filed), payload))
    return Corrected(code, record.entity, field, payload["was"], said)


def restore(by: By, text: str, path: str, *, reason: str) -> Corrected:
    """Take a correction back: what the form collected stands again.

    Raises:
        As `correct`; NotCorrected where nothing was corrected.
    """
    code, filed, record, field = _meant(by, text, path)
    if not reason.strip():
        raise ReasonMissing(alert=code)
    _require_may(by, code, record.entity, field)
    over = [
        one
        for one in filed.corrections
        if (one["entity"], one["record"], one["field"]) == (record.entity, record.key, field)
    ]
    if not over:
        _, roots = _roots(by, text)
        raise not_corrected(by, code, path, list(_filed(by, roots, Shelf(by.rows))))
    payload = {
        "entity": record.entity,
        "record": record.key,
        "field": field,
        "was": over[0]["value"],
        "value": over[0]["was"],
        "reason": reason.strip(),
        "what": code,
    }
    by.write(by.event(RESTORE, subject_of(filed), payload))
    return Corrected(code, record.entity, field, over[0]["value"], over[0]["was"])


def _says_something(filed: Filed, record: Record, field: str) -> bool:
    """Tell whether to say an answer again, as it stands, says anything."""
    place = (record.entity, record.key, field)
    laid = any((one["entity"], one["record"], one["field"]) == place for one in filed.corrections)
    kept = (record.entity, field) in _KEPT and filed.versions > 1 and not laid
    return kept or (record.entity, field) in _SAID_AGAIN


def _require_may(by: By, code: str, entity: str, field: str, said: str | None = None) -> None:
    """Let a correction pass, unless it decides something that the code alone, or one person alone, must not decide."""
    if (entity, field, said is None) == ("incident", "verification", False):
        raise DecidedNotCorrected(what=code)
    if (entity, field) == ("interview", "confidentiality") and (said or "") < CLOSEST:
        _require_not_kept_by_two(by, code)
    if decisive(entity, field):
        require_own_hand(by, code)
    if (entity, field) == ("alert", "consent_state") and codes.read(code, "AL") is not None:
        require_two_to_refuse(by, alert_of(by.rows, code), said)


def _require_not_kept_by_two(by: By, code: str) -> None:
    """Let the answer of a case pass that one person opens; how closely a C4 case is kept, two people decide."""
    if case_of(by.rows, code)["confidentiality"] == CLOSEST:
        raise KeptByTwo(what=code)


def _meant(by: By, text: str, path: str) -> tuple[str, Filed, Record, str]:
    """Return the submission, record and field that a path means; of several records none is guessed."""
    code, roots = _roots(by, text)
    entity, _, rest = path.strip().partition(".")
    field = rest.rpartition(".")[2]
    if not field or entity not in metadata.tables:
        raise NotCorrectable(field=path)
    column = metadata.tables[entity].c.get(field)
    if column is None or column.info.get("owner") != "collected" or column.info["level"] > 2:
        raise NotCorrectable(field=path)
    shelf = Shelf(by.rows)
    filed = list(_filed(by, roots, shelf))
    one, record = one_of(by, code, path, filed)
    return code, one, record, field


def _roots(by: By, text: str) -> tuple[str, list[Root]]:
    filing = tables.filing
    query = select(filing.c.stamp, filing.c.root_id).order_by(filing.c.filing_no)
    if codes.read(text, "DK") is None and codes.read(text, "AL") is not None:
        alert = alert_of(by.rows, text)
        code, which = alert["code"], filing.c.filing_no == alert["filing_no"]
    else:
        code = case_of(by.rows, text)["case_code"]
        which = filing.c.case_code == code
    return code, [(row.stamp, row.root_id) for row in by.rows.execute(query.where(which))]


def _filed(by: By, roots: list[Root], shelf: Shelf) -> Iterator[Filed]:
    """Yield the submissions as they are corrected by now, in the order of their arrival."""
    for one in sorted(load(by.rows, roots, shelf).values(), key=lambda one: one.number):
        yield corrected(one, list(store_events.read(by.rows, subjects=[subject_of(one)])))


def _map(by: By, filed: Filed) -> FormMap:
    """Return the map of the form version of a submission."""
    asked = select(form_version.c.map).where(
        form_version.c.stamp == filed.root[0], form_version.c.version == filed.form_version
    )
    return read_map(by.rows.execute(asked).scalar_one())


def _question(held: FormMap, entity: str, field: str) -> Asked | None:
    """Return the question that feeds a field, None when the form has none."""
    return next((one for one in held.questions if (one.entity, one.field) == (entity, field)), None)


def _readable(entity: str, field: str, value: str, asked: Asked | None) -> None:
    if asked is not None and asked.list is not None:
        known = labels_of(asked.list, "en")
        if known and not set(value.split()) <= known.keys():
            raise CodeNotListed(value=value, possible=", ".join(list(known)[:30]))
    reader = shape(metadata.tables[entity]).readers.get(field)
    if reader is not None:
        try:
            reader(value)
        except (ValueError, OverflowError):
            raise NotCorrectable(field=field, value=value) from None
