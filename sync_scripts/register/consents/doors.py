"""What may be done with what people of a case agreed to: the question of every command that hands something over. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Table, select

from sync_scripts.register.case.facts import CaseRows
from sync_scripts.register.case.facts import involved as involved_in
from sync_scripts.register.consents.agreements import agreed_in
from sync_scripts.register.disclosure.recipients import offices, receiver_of
from sync_scripts.register.disclosure.sharing import (
    Agreed,
    Answer,
    Asked,
    Receiver,
    may_leave,
    warnings,
)
from sync_scripts.register.history.erasures import taken_among
from sync_scripts.register.history.merges import merged_in
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables


def answer_for(rows: Rows, case_code: str, asked: Asked, at: datetime, uid: str | None = None) -> Answer:
    """Tell whether something about a person of a case may leave now: the question of every command that hands over."""
    return agreed_in(rows, case_code).answer(asked, at, uid)


def answers_for(
    rows: Rows, case_code: str, asked: Asked, at: datetime, people: Iterable[str] | None = None
) -> dict[str, Answer]:
    """Tell of each person of a case whether what is kept of her may leave now, by uid.

    For whatever speaks of several people at once: a dossier, a hand-over, a piece of evidence. It may leave when every
    answer says so; of a person who was never asked, or whom no talk covers, the answer is no.

    Args:
        rows: the register.
        case_code: the case.
        asked: as what, for what and to whom; whether a lawyer stands by is looked up.
        at: the instant.
        people: uids; everybody in the case without it.
    """
    agreed = agreed_in(rows, case_code)
    asked = msgspec.structs.replace(asked, counsel=asked.counsel or _has_lawyer(rows, case_code))
    who = _everybody(rows, case_code) if people is None else list(people)
    return {uid: agreed.answer(asked, at, uid) for uid in who}


def _everybody(rows: Rows, case_code: str) -> list[str]:
    person = tables.person
    query = select(person.c.uid).where(person.c.case_code == case_code)
    return list(rows.execute(query.order_by(person.c.filing_no, person.c.number, person.c.uid)).scalars())


def _has_lawyer(rows: Rows, case_code: str) -> bool:
    legal = tables.legal_event
    lawyers = select(legal.c.lawyer_code).where(
        legal.c.case_code == case_code, legal.c.lawyer_code.is_not(None)
    )
    return rows.execute(lawyers.limit(1)).first() is not None


# --- evidence -----------------------------------------------------------------------------------------------------

_SHARED: Final[dict[str, Asked]] = {
    "justice": Asked("evidence", "court", purpose="justice"),
    "un": Asked("evidence", "un", purpose="un"),
    "advocacy": Asked("evidence", "public", purpose="advocacy"),
    "media": Asked("evidence", "media", purpose="media"),
}


def may_share(
    rows: Rows, evidence: Mapping[Any, Any], purpose: str, at: datetime, receiver: str | None = None
) -> bool:
    """Tell whether a piece of evidence may be handed over for a purpose.

    Everybody whom it involves must have agreed to the purpose and to pictures and sound; before a court, a child needs a
    lawyer.

    Args:
        rows: the register.
        evidence: its row.
        purpose: justice, un, advocacy or media.
        at: the instant.
        receiver: to whom, as it was typed; whom somebody excluded does not get it for any purpose.
    """
    asked = _SHARED.get(purpose)
    if asked is None:
        return False
    people, doors = involved(rows, evidence), [asked]
    if receiver:
        kind, official = _to(rows, receiver)
        doors.append(msgspec.structs.replace(asked, receiver=kind, official=official))
    answers = [
        one for door in doors for one in answers_for(rows, evidence["case_code"], door, at, people).values()
    ]
    return bool(answers) and all(one.allowed for one in answers)


def involved(rows: Rows, evidence: Mapping[Any, Any]) -> list[str]:
    """Return the uids of the people whom a piece of evidence involves; see `case.facts.involved`."""
    code = evidence["case_code"]
    item, talk, act, suffered = tables.evidence, tables.interview, tables.act, tables.act_victim
    filing = tables.filing

    def theirs(table: Table) -> list[Mapping[Any, Any]]:
        query = select(table).join(filing, filing.c.filing_no == table.c.filing_no)
        return list(rows.execute(query.where(filing.c.case_code == code)).mappings())

    held = CaseRows(theirs(talk), theirs(act), theirs(suffered), theirs(item), _everybody(rows, code))
    return involved_in(evidence, held)


# --- services -----------------------------------------------------------------------------------------------------


def _to(rows: Rows, provider: str | None) -> tuple[Receiver, bool]:
    """Return who somebody outside is, and whether it is an office of the state, by the directory as it stands."""
    return receiver_of(provider, offices(rows))


def covers_service(
    rows: Rows,
    case_code: str,
    service: str | None,
    at: datetime,
    *,
    uid: str | None = None,
    provider: str | None,
) -> bool:
    """Tell whether a person may be served or referred now, without identity.

    Args:
        rows: the register.
        case_code: the case.
        service: the service.
        at: the instant of the referral.
        uid: of the person; the one interviewed first unless another one is named.
        provider: code of the organisation that gives the service; None for one of our own.
    """
    receiver, official = _to(rows, provider)
    asked = Asked("referral", receiver, service=service or "", official=official)
    return answer_for(rows, case_code, asked, at, uid).allowed


def identity_goes(rows: Rows, case_code: str, intervention: str, at: datetime) -> bool | None:
    """Tell whether the identity of the person may go along with a referral: only to a service that she ticked.

    None for a service of our own, which is no referral, and for one that somebody has answered already.
    """
    made = tables.intervention
    row = rows.execute(select(made).where(made.c.intervention_id == intervention)).mappings().one()
    receiver, official = _to(rows, row["provider_code"])
    if receiver == "us" or row["status"] not in {"planned", "referred"}:
        return None
    asked = Asked("referral_identity", receiver, service=row["service"] or "", official=official)
    return answer_for(rows, case_code, asked, at, row["person_uid"]).allowed


def may_transfer(rows: Rows, case_code: str, receiver: str | None, at: datetime) -> bool:
    """Tell whether a whole case may be handed over, with all that was merged into it.

    Everybody who is documented there agreed, and nobody excluded such receivers; who was never asked did not agree. Who
    was taken out is not asked: nothing of her is left to go. Where a yes cannot be told of anybody, it is no.
    """
    codes = [case_code, *merged_in(rows, case_code)]
    taken = taken_among(rows, codes)
    everybody: list[Agreed] = []
    for code, one in ((code, agreed_in(rows, code)) for code in codes):
        gone = taken.get(code, set())
        here = replace(one, people={uid: said for uid, said in one.people.items() if uid not in gone})
        if one.erased:
            continue
        if code != case_code and here.given_up(at):
            return False
        everybody += [here.of(uid) for uid in sorted({*_everybody(rows, code), *here.people} - gone)]
    kind, official = _to(rows, receiver or "")
    excluded = " ".join(one.withheld for one in everybody)
    asked, on = Asked("transfer", kind, official=official), local_day(at, load())
    people = [msgspec.structs.replace(one, withheld=excluded) for one in everybody]
    return bool(people) and all(may_leave(asked, one, at, on).allowed for one in people)


def kept_from(rows: Rows, case_code: str, intervention: str) -> tuple[str, ...]:
    """Return from whom the person served by an intervention wants it kept, where that bars nothing: family, community."""
    made = tables.intervention
    uid = rows.execute(select(made.c.person_uid).where(made.c.intervention_id == intervention)).scalar()
    agreed = agreed_in(rows, case_code)
    return warnings(agreed.of(uid).withheld)
