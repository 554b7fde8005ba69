"""Decide on the consent of an alert: recorded, or withdrawn in one transaction, with everything that follows from it.

The alert says only one thing of consent, so that is what is taken back. It is told of to nobody any more, nobody is called
and nothing opened from it; what waits to be sent is cancelled, tasks say whom to tell and when to erase. It stays to be
seen until somebody dismisses it, two people if it was urgent: one person's word that she withdrew dismisses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.register.consent_decisions.decide import Recorded, Withdrawn, raised
from sync_scripts.register.consents import unread_forms
from sync_scripts.register.consents.errors import (
    AlertNotGiven,
    AnswerOutlived,
    AnswerUnreadable,
    TalkToCome,
)
from sync_scripts.register.consents.held_copies import forget, stopped_among
from sync_scripts.register.consents.unread_forms import UnreadForm
from sync_scripts.register.decisions.authority import require_own_hand
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of, alert_subject
from sync_scripts.register.decisions.guard_facts import of_person
from sync_scripts.register.decisions.levels import highest_ever, require_two_to_refuse
from sync_scripts.register.history.corrections import CORRECT, RESTORE, standing
from sync_scripts.register.history.person_decisions import WITHDRAW
from sync_scripts.register.lifecycle.errors import ReasonMissing, check
from sync_scripts.register.lifecycle.guards import Facts
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store import outbox
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

ASKED: Final = "asked_on"
"""In the decision: local day of the talk, as it was said."""


def record_alert(by: By, alert: str, state: str, *, on: date | None = None, reason: str = "") -> Recorded:
    """Record what became of the consent of an alert: asked for, refused, or the person cannot be asked.

    A refusal dismisses an alert that nobody had triaged. The state lies over what the phone said; both show. Whoever agreed may say so
    again: beside what nobody could read only a yes of a later day counts.

    Args:
        by: who asked.
        alert: its code.
        state: given, refused or unable.
        on: day of the talk; today without it. A no counts from now on whatever its day.
        reason: how it came about; no names.

    Raises:
        AlertUnknown, ConsentRefused, AnswerUnreadable, MoveNotListed, TalkToCome, AnswerOutlived: as they say.
        OwnHandMissing: the code was only typed.
        RefusalDismisses: it would dismiss what one person must not dismiss.
    """
    found = alert_of(by.rows, alert)
    require_own_hand(by, found["code"])
    said = state.strip().lower()
    if said not in {"given", "refused", "unable"}:
        raise AnswerUnreadable(purpose="alert", possible="given, refused, unable")
    was = found["consent_state"] or "not_asked"
    day = on or local_day(by.now, load())
    _check_day(by, found, was, said, day)
    if not was == said == "given":
        check("consent", found["code"], was, said, Facts(**of_person(by, reason)))
    require_two_to_refuse(by, found, said)
    payload = {
        "entity": "alert",
        "record": found["alert_id"],
        "field": "consent_state",
        "was": was,
        "value": said,
        ASKED: day.isoformat(),
        "reason": reason.strip(),
        "what": found["code"],
        "level": highest_ever(by.rows, found),
    }
    by.write(by.event(CORRECT, alert_subject(found), payload))
    if said == "refused":
        _forget(by, found, _stopped_with(by, found))
    unread = unread_forms.not_later(_unread(by.rows, found), day) if said == "given" else ""
    return Recorded(found["code"], "", (("alert", was, said),), unread)


def all_read(rows: Rows, found: Mapping[str, Any]) -> bool:
    """Tell whether everything that came of an alert could be read, or its consent was asked for on a later day: what was not may say no."""
    place = ("alert", found["alert_id"], "consent_state")
    said = standing(store_events.read(rows, subjects=[alert_subject(found)], ops=[CORRECT, RESTORE])).get(
        place
    )
    day = said.payload.get(ASKED) if said is not None and said.payload["value"] == "given" else None
    return not unread_forms.not_later(_unread(rows, found), date.fromisoformat(day) if day else date.min)


def _unread(rows: Rows, found: Mapping[str, Any]) -> list[UnreadForm]:
    return unread_forms.of_alert(rows, (found["stamp"], found["alert_id"]), found["code"])


def _check_day(by: By, found: Mapping[str, Any], was: str, said: str, day: date) -> None:
    """Let an answer pass by its day: none to come, and no yes that is older than the no; as in a case."""
    today = local_day(by.now, load())
    if said == "refused":
        return
    if day > today:
        raise TalkToCome(day=day.isoformat())
    last = min(local_day(moment(_refused_at(by.rows, found)), load()), today)
    if was == "refused" and day < last:
        raise AnswerOutlived(
            case=found["code"], person="", purpose="", day=last.isoformat(), on=day.isoformat(), no=True
        )


def _refused_at(rows: Rows, found: Mapping[str, Any]) -> str:
    """Return when the register heard of the no to an alert, at the latest: by its form, or by what was laid over it."""
    filing = tables.filing.c
    came = rows.execute(select(filing.received_at).where(filing.filing_no == found["filing_no"])).scalar_one()
    laid = store_events.read(rows, subjects=[alert_subject(found)], ops=[CORRECT])
    noes = (one.at for one in laid if one.payload["field"] == "consent_state")
    return max([str(came), *noes])


def _stopped_with(by: By, found: Mapping[str, Any]) -> list[str]:
    """Return the case of an alert, and the one in which that goes on, as far as all work on them stops by now."""
    case = found["case_code"]
    return [] if case is None else stopped_among(by.rows, [case], by.now)


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
    payload = {
        "purposes": ["alert"],
        "was": {"alert": was},
        "reason": reason.strip(),
        "level": highest_ever(by.rows, found),
    }
    by.write(by.event(WITHDRAW, alert_subject(found), payload))
    stopped = _stopped_with(by, found)
    notices, snapshots = _forget(by, found, stopped)
    tasks = raised(before, _tasks(by.rows, found["filing_no"]))
    return Withdrawn(
        code,
        "",
        ("alert",),
        found["case_code"] in stopped,
        notices,
        snapshots,
        tasks,
        case=found["case_code"],
        now=found["state"],
    )


def _forget(by: By, found: Mapping[str, Any], stopped: Iterable[str]) -> tuple[int, int]:
    """Take back what waits to be sent of an alert, and with it all that is kept of the cases that stop."""
    own = outbox.cancel(by.rows, [alert_subject(found)])
    gone = [forget(by.rows, one) for one in stopped]
    return own + sum(notices for notices, _ in gone), sum(snapshots for _, snapshots in gone)


def _tasks(rows: Rows, number: int) -> dict[str, str]:
    """Return the kinds of the open tasks of an alert, by their ids."""
    task = tables.task
    query = select(task.c.task_id, task.c.kind).where(task.c.filing_no == number, task.c.done_at.is_(None))
    return {row.task_id: row.kind for row in rows.execute(query)}
