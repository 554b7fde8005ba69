"""A person asks to be erased: the whole case, when it is about nobody else. Needs no vault, and no plan.

Where others stand in the same submissions, their answers lie in the same sealed bytes; that is refused, with who they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from sync_scripts.register.consents.decide import Someone, someone
from sync_scripts.register.consents.handled import require_not_erased
from sync_scripts.register.consents.refusals import PersonUnknown
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.decisions.proof import require_own_hand
from sync_scripts.register.erased import BY_PERSON
from sync_scripts.register.purging.carrying import Done, purge
from sync_scripts.register.purging.confirming import Confirmed, looked_at
from sync_scripts.register.purging.refusals import HeldByLaw, ReasonForErasure, SharedWithOthers, WhoToErase
from sync_scripts.register.purging.seen import covered, group_of, held_cases, unit_of
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["Would", "erase_person", "would_erase"]


def erase_person(by: By, case: str, person: str | None, *, reason: str) -> Done:
    """Erase everything that identifies the only person of a case, at once.

    Raises:
        CaseUnknown, PersonUnknown, WhoToErase, OwnHandMissing, AlreadyErased: as they say.
        ReasonForErasure: nobody said why.
        HeldByLaw: a legal hold is on the case.
        SharedWithOthers: the case is about others, too.
        LookedAtByAnother: of what the same person wrote down as withdrawn nobody else looked at it.
    """
    code = str(case_of(by.rows, case)["case_code"])
    require_own_hand(by, code)
    require_not_erased(by.rows, f"case:{code}", code)
    if not reason.strip():
        raise ReasonForErasure(case=code)
    who = _meant(by, code, person)
    if code in held_cases(by.rows):
        raise HeldByLaw(case=code)
    others = _others(by, code, who.uid)
    if others:
        raise SharedWithOthers(case=code, person=who.pseudonym, others=", ".join(others))
    looked_at(by, f"case:{code}", code)
    said = {"person": who.pseudonym, "person_uid": who.uid, "reason": reason.strip()}
    (event,) = by.write(by.event(BY_PERSON, f"case:{code}", said))
    unit = unit_of(by.rows, f"case:{code}", by.now)
    withdrew = unit is not None and unit.withdrawn_at is not None
    one = Confirmed(
        plan=f"person:{event.seq}",
        at=instant(by.now),
        by=by.actor.code,
        unit=f"case:{code}",
        code=code,
        rule="case_withdrawn" if withdrew else "by_person",
        depth="identity",
        mark="",
    )
    return purge(by, one, people=[who.uid])


@dataclass(frozen=True, slots=True)
class Would:
    """What of a case would go: its code, how many submissions, how many sealed items and files."""

    code: str
    submissions: int
    items: int
    files: int


def would_erase(rows: Rows, case: str) -> Would:
    """Return what an erasure of the only person of a case would take; writes nothing.

    Raises:
        CaseUnknown, AlreadyErased: as they say.
    """
    code = str(case_of(rows, case)["case_code"])
    require_not_erased(rows, f"case:{code}", code)
    found = covered(rows, f"case:{code}")
    return Would(code, len(found.roots), found.items, found.files)


def _meant(by: By, code: str, person: str | None) -> Someone:
    """Return who is meant; asked for as this command takes it."""
    try:
        return someone(by.rows, code, person)
    except PersonUnknown as unknown:
        if not unknown.known:
            raise
        raise WhoToErase(case=code, known=unknown.known) from None


def _others(by: By, code: str, uid: str) -> list[str]:
    """Return whom else a case, and what was merged into it, is about; by pseudonym, with the case where it is another."""
    person, filing = tables.person, tables.filing
    query = (
        select(person.c.pseudonym, filing.c.case_code)
        .join(filing, filing.c.filing_no == person.c.filing_no)
        .where(filing.c.case_code.in_(group_of(by.rows, code)), person.c.uid != uid)
        .distinct()
    )
    found = {
        row.pseudonym or "?" if row.case_code == code else f"{row.case_code} {row.pseudonym or '?'}"
        for row in by.rows.execute(query)
    }
    return sorted(found)
