"""What a decision is about: the alert, case or worker that a person named, found or refused. Writes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import bindparam, select

from sync_scripts.register.building.marks import build_first
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.history.merges import kept_of
from sync_scripts.register.lifecycle.errors import CaseNotOpen
from sync_scripts.register.lifecycle.moves import AFTERWARDS, CASE_LEFT, CASE_OPEN
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import (
    as_known,
    known_workers,
    nearest_alert,
    nearest_case,
    nearest_worker,
)
from sync_scripts.register.model.errors import (
    AlertUnknown,
    CaseLeft,
    CaseMerged,
    CaseUnknown,
    ConsentRefused,
    WorkerRetired,
    WorkerUnknown,
)
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables


def alert_of(rows: Rows, text: str) -> Mapping[str, Any]:
    """Return the row of the alert with a code as typed, and its ``stamp``.

    Raises:
        AlertUnknown: there is none; names the nearest code.
        ConsentRefused: the person refused; nothing is done with it.
    """
    code = codes.read(text, "AL")
    filing = tables.filing
    query = select(tables.alert, filing.c.stamp).join(filing, filing.c.filing_no == tables.alert.c.filing_no)
    query = query.where(tables.alert.c.code == code)
    found = rows.execute(query).mappings().first()
    if found is not None and build_first(rows, alert_subject(dict(found))):
        found = rows.execute(query).mappings().first()
    if found is None:
        raise AlertUnknown(alert=code or text.strip(), nearest=nearest_alert(rows, text))
    by_rule = found["state"] == "dismissed" and found["triaged_at"] is None
    if found["consent_state"] == "refused" and by_rule:
        raise ConsentRefused(alert=found["code"])
    return dict(found)


def alert_subject(alert: Mapping[str, Any]) -> str:
    """Return the subject of an alert's events, from its row as `alert_of` gives it."""
    return f"alert:{alert['stamp']}/{alert['alert_id']}"


_CASE: Final = select(tables.case).where(tables.case.c.case_code == bindparam("code"))


def case_of(rows: Rows, text: str) -> Mapping[str, Any]:
    """Return the row of the case with a code as typed. Its events stand under ``case:<CODE>``.

    Raises:
        CaseUnknown: there is none; names the nearest code.
    """
    code = codes.read(text, "DK")
    build_first(rows, f"case:{code}")
    found = rows.execute(_CASE, {"code": code}).mappings().first()
    if found is None:
        raise CaseUnknown(case=code or text.strip(), nearest=nearest_case(rows, text))
    return dict(found)


def require_worked_on(rows: Rows, case: Mapping[str, Any], op: str = "", *, serves: bool = False) -> None:
    """Let a case pass that is worked on, and one that was left if a decision is taken in its state all the same.

    Args:
        rows: where to look for the case in which the work goes on.
        case: its row as `case_of` gives it.
        op: of the decision, as `AFTERWARDS` names it.
        serves: somebody is to be served: the refusal says how she is named in the kept case.

    Raises:
        CaseMerged: names the case where the work goes on by now.
        CaseLeft: it was closed or handed over.
    """
    state = case["state"]
    if state not in CASE_LEFT or state in AFTERWARDS.get(op, ()):
        return
    if state == "merged":
        raise CaseMerged(case=case["case_code"], into=survivor(rows, case), serves=serves)
    raise CaseLeft(case=case["case_code"], state=state)


def survivor(rows: Rows, case: Mapping[str, Any]) -> str:
    """Return the code of the case in which the work on a merged case goes on: the last one, if that was merged again."""
    code = str(case["case_code"])
    return kept_of(rows, [code]).get(code, code)


def require_open(rows: Rows, case: Mapping[str, Any]) -> None:
    """Let a case pass to which an alert can be tied: an open one, which a suspended one is not.

    Raises:
        CaseMerged: names the case where the work goes on by now.
        CaseNotOpen: says what would be needed.
    """
    if case["state"] == "merged":
        require_worked_on(rows, case)
    if case["state"] not in CASE_OPEN:
        raise CaseNotOpen(case=case["case_code"], state=case["state"])


def worker_of(by: By, text: str, role: str, *, new: bool | None, takes_new: bool = True) -> str:
    """Return the code of a worker who is spoken of.

    Args:
        by: who speaks.
        text: the code as typed; capitals do not count.
        role: role of a worker who is new.
        new: False refuses a code that the register does not know, True names it to the register, None lets it pass
            (programs that deal codes themselves).
        takes_new: the command names somebody new with --new.

    Raises:
        CodeUnsuitable: it cannot be a worker's code.
        WorkerUnknown, WorkerRetired: as they say.
    """
    known = known_workers(by.rows)
    code = as_known(known, worker_code(text))
    if new is None:
        return code
    if not known.get(code, True):
        raise WorkerRetired(worker=code)
    if code not in known:
        if not new:
            raise WorkerUnknown(worker=code, nearest=nearest_worker(code, known), takes_new=takes_new)
        name_worker(by, code, role)
    return code
