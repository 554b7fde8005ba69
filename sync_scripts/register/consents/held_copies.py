"""What is held of people outside the register, in workbooks that are out and in messages that wait, and how it goes once they refuse.

Where others in the case go on, what is held of a person goes and theirs stays; of a case that stops everything goes. A base that is
emptied is never written in, so no edit is lost with it. What a workbook held is not derived, so of a refusal that came with a form
what stands before and after a building is compared. A rebuild has no before: there every refusal that stands counts, for the
workbooks that went out before it was heard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, delete, or_, select, update

from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.history import WORK, History, refused_since
from sync_scripts.register.consents.other_records import NOBODY, CaseAgreed, interviews_of
from sync_scripts.register.consents.talks import NO
from sync_scripts.register.disclosure.sharing import Agreed
from sync_scripts.register.history.merges import kept_of
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import outbox
from sync_scripts.store.canonical import canonical, instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.workbooks import followup_conflict, followup_export, followup_row

_FACTS: Final = {
    "document": frozenset({"violations", "people", "arrondissement", "legal"}),
    "services": frozenset({"needs"}),
}
"""Purpose -> keys of the columns that show what it covers; a workbook made from now on asks for each person."""


def forget_person(
    rows: Rows, code: str, uid: str, purposes: Collection[str], until: str | None = None
) -> int:
    """Take what a purpose covered of a person out of what is kept of every workbook; return how many rows held something.

    A column that tells of several people goes whole: whose part was whose cannot be told from it.

    Args:
        rows: in the transaction of the decision.
        code: of the case in which she is kept.
        uid: of the person.
        purposes: what does not stand any more.
        until: workbooks that went out after this instant hold nothing of it; None for all of them.
    """
    keys = frozenset[str]().union(*(_FACTS.get(one, frozenset()) for one in purposes))
    hers = list(_services_of(rows, code, uid)) if "services" in purposes else []
    kept = followup_row.c
    gone = update(followup_row).where(
        kept.record_id.in_(hers), kept["values"].is_not(None), *_out_by(kept.export_id, until)
    )
    count = int(rows.execute(gone.values({"values": None})).rowcount) if hers else 0
    if hers:
        asked = followup_conflict.c
        theirs = delete(followup_conflict).where(asked.record_id.in_(hers))
        rows.execute(theirs.where(*_out_by(asked.export_id, until)))
    return count + (_without(rows, code, keys, until) if keys else 0)


def _out_by(export: ColumnElement[str], until: str | None) -> list[ColumnElement[bool]]:
    """Return the condition that a workbook went out by an instant; none for every workbook."""
    if until is None:
        return []
    return [export.in_(select(followup_export.c.export_id).where(followup_export.c.at <= until))]


def _without(rows: Rows, code: str, keys: Collection[str], until: str | None) -> int:
    """Leave some columns out of what is kept of a case; a column that is not there is compared with nothing."""
    kept = followup_row.c
    of_case = select(followup_row).where(kept.case_code == code, kept["values"].is_not(None))
    of_case = of_case.where(*_out_by(kept.export_id, until))
    count = 0
    for row in rows.execute(of_case).mappings().all():
        said = msgspec.json.decode(row["values"], type=dict[str, str | None])
        if all(said.get(key) is None for key in keys):
            continue
        left = canonical({key: value for key, value in said.items() if key not in keys})
        same = [kept[name] == row[name] for name in ("export_id", "sheet", "row_id")]
        rows.execute(update(followup_row).where(*same).values({"values": left}))
        count += 1
    return count


def _services_of(rows: Rows, code: str, uid: str) -> Iterator[str]:
    """Yield the services of a person; one that names nobody is of whoever was interviewed first."""
    made = tables.intervention.c
    first = of_cases(rows, [code]).get(code, NOBODY).first
    for row in rows.execute(select(made.intervention_id, made.person_uid).where(made.case_code == code)):
        if (row.person_uid or first) == uid:
            yield row.intervention_id


# --- a whole case ---


def stopped_among(rows: Rows, codes: Iterable[str], at: datetime) -> list[str]:
    """Return which of some cases have stopped, and of those in which the merged ones among them go on: nobody is left there."""
    every = set(codes)
    every |= set(kept_of(rows, every).values())
    return sorted(code for code, agreed in of_cases(rows, every).items() if agreed.stopped(at))


def forget(rows: Rows, code: str, until: str | None = None) -> tuple[int, int]:
    """Take back what waits to be sent of a case and what is kept of it in workbooks; return how much of each.

    ``until`` as in `forget_person`.
    """
    return outbox.cancel(rows, subjects_of(rows, code)), forget_snapshots(rows, code, until)


def subjects_of(rows: Rows, code: str) -> list[str]:
    """Return everything under which a message about a case, its alerts or its tasks can wait."""
    task, filing = tables.task, tables.filing
    theirs = select(task.c.subject).join(filing, filing.c.filing_no == task.c.filing_no)
    tasks = rows.execute(theirs.where(filing.c.case_code == code)).scalars()
    roots = rows.execute(
        select(filing.c.stamp, filing.c.root_id).where(
            filing.c.case_code == code, filing.c.unit.like("alert:%")
        )
    )
    return [f"case:{code}", *tasks, *(f"alert:{row.stamp}/{row.root_id}" for row in roots)]


def forget_snapshots(rows: Rows, code: str, until: str | None = None) -> int:
    """Take the values of a case out of what is kept of every workbook; the rows stay, so that a file is still known.

    Open questions about the case go too: they hold what a workbook said. The services of a merged case stand there under the
    code of the one that was kept. ``until`` as in `forget_person`.
    """
    asked, kept, made = followup_conflict.c, followup_row.c, tables.intervention.c
    services = select(made.intervention_id).where(made.case_code == code)
    theirs = delete(followup_conflict).where(or_(asked.case_code == code, asked.record_id.in_(services)))
    rows.execute(theirs.where(*_out_by(asked.export_id, until)))
    mine = or_(kept.case_code == code, kept.record_id.in_(services))
    gone = update(followup_row).where(mine, kept["values"].is_not(None), *_out_by(kept.export_id, until))
    return int(rows.execute(gone.values({"values": None})).rowcount)


# --- a refusal that came with a form ---


Stood = Mapping[str, CaseAgreed]
"""Code of a case of which something may be held -> what was agreed to in it."""


def stood(rows: Rows, codes: Collection[str]) -> Stood:
    """Return what is agreed to in those of some cases of which a workbook, or a waiting message, may tell."""
    if not codes:
        return {}
    told = select(raw.outbox.c.id).where(raw.outbox.c.state == "waiting").limit(1)
    held = sorted(codes) if rows.execute(told).first() is not None else list(_in_workbooks(rows, codes))
    found = of_cases(rows, held) if held else {}
    return {code: found.get(code, NOBODY) for code in held}


def _in_workbooks(rows: Rows, codes: Collection[str]) -> Iterator[str]:
    """Yield those of some cases of which a workbook tells; of what was merged it tells under the code of the kept case."""
    kept, goes_on_in = followup_row.c, kept_of(rows, codes)
    asked = select(kept.case_code).where(kept["values"].is_not(None)).distinct()
    held = {code for (code,) in rows.among(asked, kept.case_code, {*codes, *goes_on_in.values()})}
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
    found = list(rows.among(select(filing.unit, filing.case_code), filing.filing_no, numbers))
    outbox.cancel(rows, [one.unit for one in found])
    codes = {one.case_code for one in found if one.case_code}
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
