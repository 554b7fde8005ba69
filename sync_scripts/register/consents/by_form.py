"""What workbooks in flight hold of somebody whose no came with a form: it goes in the transaction that builds the case.

What a workbook held is not derived, so what stands before and after a building is compared. A rebuild has no before: there
every no that stands counts, for the workbooks that went out before it was heard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sync_scripts.register.consents.history import WORK, History, refused_since
from sync_scripts.register.consents.in_workbooks import forget, forget_person, stopped_among
from sync_scripts.register.consents.recorded import NOBODY, CaseAgreed, of_cases
from sync_scripts.register.consents.same import interviews_of
from sync_scripts.register.consents.talks import NO
from sync_scripts.register.leaving import Agreed
from sync_scripts.register.merged import kept_of
from sync_scripts.register.roots import chunks
from sync_scripts.register.ruleset import load
from sync_scripts.store import outbox as outbox_store
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import outbox
from sync_scripts.store.schema.workbooks import followup_row

__all__ = ["Stood", "forget_refused", "forget_refused_alerts", "stood"]

Stood = Mapping[str, CaseAgreed]
"""Code of a case of which something may be held -> what was agreed to in it."""


def stood(rows: Rows, codes: Collection[str]) -> Stood:
    """Return what is agreed to in those of some cases of which a workbook, or a waiting message, may tell."""
    told = select(outbox.c.id).where(outbox.c.state == "waiting").limit(1)
    held = sorted(codes) if rows.execute(told).first() is not None else list(_in_workbooks(rows, codes))
    found = of_cases(rows, held) if held else {}
    return {code: found.get(code, NOBODY) for code in held}


def _in_workbooks(rows: Rows, codes: Collection[str]) -> Iterator[str]:
    """Yield those of some cases of which a workbook tells; of what was merged it tells under the code of the kept case."""
    kept, goes_on_in = followup_row.c, kept_of(rows, codes)
    held: set[str] = set()
    for some in chunks(sorted({*codes, *goes_on_in.values()})):
        asked = select(kept.case_code).where(kept.case_code.in_(some), kept["values"].is_not(None)).distinct()
        held.update(rows.execute(asked).scalars())
    yield from (code for code in sorted(codes) if not held.isdisjoint({code, goes_on_in.get(code, code)}))


def forget_refused(rows: Rows, before: Stood, now: datetime, *, afresh: bool = False) -> None:
    """Forget what is held of whoever refuses by now, and did not before.

    A withdrawal of this very instant is left to who wrote it down: it says how much went.

    Args:
        rows: in the transaction of the building, after its rows were written.
        before: what stood before it.
        now: instant of the building.
        afresh: everything is built anew: every no that stands counts.
    """
    after = of_cases(rows, before) if before else {}
    for code, was in before.items():
        stands, known = after.get(code, NOBODY), {} if afresh else was.people
        lost = {
            uid: _noes(one, now, overridden=afresh) - _noes(known.get(uid), now)
            for uid, one in stands.people.items()
        }
        lost |= dict.fromkeys(known.keys() - stands.people.keys(), WORK)  # the form holds nobody any more
        lost = {uid: purposes for uid, purposes in lost.items() if purposes}
        since = _since(rows, code) if lost and afresh else {}
        until = max(since.values(), default=None)
        for kept in stopped_among(rows, kept_of(rows, [code]).values(), now) if lost else ():
            forget(rows, kept, until)
        if lost and (stands.stopped(now) or not stands.people):
            forget(rows, code, until)
        for uid, purposes in lost.items():
            for purpose in sorted(purposes):
                forget_person(rows, code, uid, [purpose], since.get((uid, purpose)))


def forget_refused_alerts(
    rows: Rows, alerts: Iterable[Mapping[str, Any]], corrected: Iterable[Mapping[str, Any]], now: datetime
) -> None:
    """Take back what waits to be said of alerts whose form refuses, and what is held of a case that has nothing else.

    A refusal that somebody wrote down is left to who did: it says how much went.

    Args:
        rows: in the transaction of the building, after the rows of the alerts were written.
        alerts: those rows.
        corrected: the rows of what lies over their answers.
        now: instant of the building.
    """
    refused = [one for one in alerts if one["consent_state"] == "refused"]
    said = {one["filing_no"] for one in corrected if _refuses(one)} if refused else set()
    numbers = [one["filing_no"] for one in refused if one["filing_no"] not in said]
    filing = tables.filing.c
    codes: set[str] = set()
    for some in chunks(numbers):
        asked = select(filing.unit, filing.case_code).where(filing.filing_no.in_(some))
        found = rows.execute(asked).all()
        outbox_store.cancel(rows, [one.unit for one in found])
        codes |= {one.case_code for one in found if one.case_code}
    for code, agreed in (of_cases(rows, codes) if codes else {}).items():
        if not agreed.people and agreed.stopped(now):
            forget(rows, code)


def _refuses(correction: Mapping[str, Any]) -> bool:
    return (correction["field"], correction["value"]) == ("consent_state", "refused")


def _since(rows: Rows, code: str) -> Mapping[tuple[str, str], str]:
    """Return of each refusal of the work that stands in a case when the register heard it."""
    return refused_since(History(interviews_of(rows, code), load()).steps)


def _noes(agreed: Agreed | None, now: datetime, *, overridden: bool = False) -> frozenset[str]:
    """Return the purposes of the work to which somebody says no; those over which an override lies only where that is asked for."""
    return frozenset(
        one.purpose
        for one in (agreed.consents if agreed is not None else ())
        if one.purpose in WORK
        and one.state in NO
        and one.withdrawn_at != instant(now)
        and (overridden or not one.override_until)
    )
