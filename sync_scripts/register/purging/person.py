"""A person asks to be erased: the whole case, when it is about nobody else; else she alone is taken out. Needs no plan.

The whole case needs no vault. Where others stand in it, her answers lie in the same sealed bytes as theirs: what would be
taken out is worked out here, and done by ``intake.redacting``, to which the bytes are handed opened.
"""

from __future__ import annotations

from sqlalchemy import select

from sync_scripts.register.consent_decisions.decide import Someone, someone
from sync_scripts.register.consents.agreements import of_cases, require_not_erased
from sync_scripts.register.consents.checks import written_refusals_of_interviews
from sync_scripts.register.consents.errors import PersonUnknown
from sync_scripts.register.consents.other_records import NOBODY
from sync_scripts.register.decisions.authority import require_own_hand
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.history.erasures import BY_PERSON, taken_among
from sync_scripts.register.model.errors import ErasedAlone, HeldByLaw, ReasonForErasure, WhoToErase
from sync_scripts.register.purging.carrying import Done, purge
from sync_scripts.register.purging.confirming import Confirmed, ever_urgent, looked_at
from sync_scripts.register.purging.parting import CameMeanwhile
from sync_scripts.register.purging.redaction import Redaction, Texts, planned, withdrew
from sync_scripts.register.purging.seen import covered, group_of, held_cases, unit_of
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables


def erase_person(by: By, case: str, person: str | None, *, reason: str) -> Done:
    """Erase everything that identifies the only person of a case, at once.

    Raises:
        CaseUnknown, PersonUnknown, WhoToErase, OwnHandMissing, AlreadyErased: as they say.
        ReasonForErasure: nobody said why.
        HeldByLaw: a legal hold is on the case.
        CameMeanwhile: the case is about others, too.
        LookedAtByAnother: of what the same person wrote down as withdrawn nobody else looked at it.
        ErasedAlone: it is or was urgent, and no withdrawal was written down at which somebody else could look.
    """
    who = _allowed(by, case, person, reason)
    code = who.case
    if _others(by.rows, who):
        raise CameMeanwhile(case=code)
    looked_at(by, f"case:{code}", code)
    unit = unit_of(by.rows, f"case:{code}", by.now)
    gave_up = (unit is not None and unit.withdrawn_at is not None) or _refused_by_hand(by, code)
    if not gave_up and _ever_urgent(by.rows, code):
        raise ErasedAlone(case=code)
    said = {"person": who.pseudonym, "person_uid": who.uid, "reason": reason.strip()}
    (event,) = by.write(by.event(BY_PERSON, f"case:{code}", said))
    one = Confirmed(
        plan=f"person:{event.seq}",
        at=instant(by.now),
        by=by.actor.code,
        unit=f"case:{code}",
        code=code,
        rule="case_withdrawn" if gave_up else "by_person",
        depth="identity",
        mark="",
    )
    return purge(by, one, people=[who.uid])


def redaction(by: By, case: str, person: str | None, texts: Texts, *, reason: str) -> Redaction:
    """Return what is taken out of a case for one of its people, once it may be; writes nothing.

    Raises:
        CaseUnknown, PersonUnknown, WhoToErase, OwnHandMissing, AlreadyErased: as they say.
        ReasonForErasure, HeldByLaw, LookedAtByAnother, ErasedAlone: as of `erase_person`.
        SharedTexts, TextNotShared, SharedWithOthers: see `planned`.
    """
    who = _allowed(by, case, person, reason)
    looked_at(by, f"case:{who.case}", who.case, person=who.uid)
    if not withdrew(by.rows, who) and _ever_urgent(by.rows, who.case):
        raise ErasedAlone(case=who.case)
    return planned(by.rows, who, texts)


def shared(rows: Rows, case: str, person: str | None) -> bool:
    """Tell whether a case is about others than a person, too.

    Raises:
        CaseUnknown, PersonUnknown, WhoToErase: as they say.
    """
    return bool(_others(rows, _meant(rows, str(case_of(rows, case)["case_code"]), person)))


def _allowed(by: By, case: str, person: str | None, reason: str) -> Someone:
    """Return who is erased, once whoever asks may; two people are asked for apart."""
    code = str(case_of(by.rows, case)["case_code"])
    require_own_hand(by, code)
    require_not_erased(by.rows, f"case:{code}", code)
    if not reason.strip():
        raise ReasonForErasure(case=code)
    who = _meant(by.rows, code, person)
    if code in held_cases(by.rows):
        raise HeldByLaw(case=code)
    return who


def _refused_by_hand(by: By, code: str) -> bool:
    """Tell whether everybody refuses, and a correction says so: who wrote it down is known, as of a withdrawal."""
    return bool(written_refusals_of_interviews(by.rows, code)) and of_cases(by.rows, [code]).get(
        code, NOBODY
    ).stopped(by.now)


def _ever_urgent(rows: Rows, code: str) -> bool:
    """Tell whether a case, one of its alerts, or what was merged into it ever had a level that takes two people."""
    return ever_urgent(rows, covered(rows, f"case:{code}").units)


def _meant(rows: Rows, code: str, person: str | None) -> Someone:
    """Return who is meant; asked for as this command takes it."""
    try:
        return someone(rows, code, person)
    except PersonUnknown as unknown:
        if not unknown.known:
            raise
        raise WhoToErase(case=code, known=unknown.known) from None


def _others(rows: Rows, who: Someone) -> bool:
    """Tell whether a case, and what was merged into it, is about anybody else who was not taken out yet."""
    person, filing, codes = tables.person, tables.filing, group_of(rows, who.case)
    taken = {uid for uids in taken_among(rows, codes).values() for uid in uids}
    query = (
        select(person.c.uid)
        .join(filing, filing.c.filing_no == person.c.filing_no)
        .where(filing.c.case_code.in_(codes), person.c.uid.not_in({who.uid, *taken}))
    )
    return rows.execute(query.limit(1)).first() is not None
