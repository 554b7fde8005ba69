"""Withdraw the consent of an alert: in one transaction, with everything that follows from it.

The alert says only one thing of consent, so that is what is taken back. It is told of to nobody any more, nobody is called
and nothing opened from it; what waits to be sent is cancelled, tasks say whom to tell and when to erase. It stays to be
seen until somebody dismisses it, two people if it was urgent: one person's word that she withdrew dismisses nothing.
"""

from __future__ import annotations

from sqlalchemy import select

from sync_scripts.register.agreeing import WITHDRAW
from sync_scripts.register.consents.decide import Withdrawn, forget_snapshots, subjects_of
from sync_scripts.register.consents.recorded import NOBODY, of_cases
from sync_scripts.register.consents.refusals import AlertNotGiven
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of, alert_subject
from sync_scripts.register.decisions.knowing import of_person
from sync_scripts.register.lifecycle import Facts, ReasonMissing, check
from sync_scripts.store import outbox
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["withdraw_alert"]


def withdraw_alert(by: By, alert: str, *, reason: str = "") -> Withdrawn:
    """Take back the consent that an alert tells of.

    A case of which nothing is known but such alerts stops with them: it is off the next list of the phones, and what is
    kept of it in workbooks is gone. One whose people were interviewed goes on as they said.

    Raises:
        AlertUnknown, ConsentRefused, AlertNotGiven, ReasonMissing: as they say.
    """
    found = alert_of(by.rows, alert)
    code, was = found["code"], found["consent_state"] or "not_asked"
    if not reason.strip():
        raise ReasonMissing(alert=code)
    if was != "given":
        raise AlertNotGiven(alert=code, state=was)
    check("consent", code, was, "withdrawn", Facts(**of_person(by, reason)))
    before = _tasks(by.rows, found["filing_no"])
    payload = {"purposes": ["alert"], "was": {"alert": was}, "reason": reason.strip()}
    by.write(by.event(WITHDRAW, alert_subject(found), payload))
    case = found["case_code"]
    stops = case is not None and of_cases(by.rows, [case]).get(case, NOBODY).stopped(by.now)
    about = subjects_of(by.rows, case) if stops else [alert_subject(found)]
    return Withdrawn(
        code,
        "",
        ("alert",),
        stops,
        outbox.cancel(by.rows, about),
        forget_snapshots(by.rows, case) if stops else 0,
        len(_tasks(by.rows, found["filing_no"]) - before),
        case=case,
        now=found["state"],
    )


def _tasks(rows: Rows, number: int) -> set[str]:
    task = tables.task
    query = select(task.c.task_id).where(task.c.filing_no == number, task.c.done_at.is_(None))
    return set(rows.execute(query).scalars())
