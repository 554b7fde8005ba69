"""What guards may know, read from the rows: who decides, whether a person was reached, what came since a closure was asked for.

The rules say from how many tries on a suspension is proposed, and after how many days contact counts as lost.
What came after a closure was asked for, or was read here after it, whoever asked had not seen. A server may have had it before:
the laptop on which the closure was asked for had no network. Writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Table, select

from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.levels import alert_level
from sync_scripts.register.disclosure.sharing import stands
from sync_scripts.register.forms.loading import COUNTS, Shelf
from sync_scripts.register.forms.loading import load as load_submissions
from sync_scripts.register.history.arrivals import Known, versions_read_since
from sync_scripts.register.history.corrections import CORRECT, RESTORE, corrected, subject_of
from sync_scripts.register.history.person_decisions import INTO_CASE, TAKEN_OUT
from sync_scripts.register.lifecycle.errors import ReasonMissing
from sync_scripts.register.lifecycle.guards import Facts
from sync_scripts.register.lifecycle.replay import CONTACTS, CaseNow, key_of, standing_contacts, when
from sync_scripts.register.model.codes import same_worker
from sync_scripts.register.model.errors import ContactUnknown
from sync_scripts.register.obligations.upkeep import met
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables


def today_of(by: By) -> date:
    """Return the day of a decision where the work is done."""
    return local_day(by.now, load())


def of_person(by: By, reason: str = "") -> dict[str, Any]:
    """Return what guards may know of whoever decides, as arguments of `Facts`: nothing counts without a key."""
    own = by.actor.proof == "key"
    return {
        "by_person": by.actor.proof != "rule",
        "own_key": own,
        "roles": roles_of(by.rows, by.actor.code) if own else frozenset(),
        "reason": reason,
        "today": today_of(by),
    }


def roles_of(rows: Rows, code: str) -> frozenset[str]:
    """Return the roles of a worker who works here; none of anybody else."""
    worker = tables.worker
    query = select(worker.c.code, worker.c.roles).where(worker.c.active.is_(True))
    return frozenset(
        role for row in rows.execute(query) if same_worker(row.code, code) for role in row.roles.split()
    )


def known_provider(rows: Rows, text: str) -> str | None:
    """Return the code of a provider of the directory as it is written there, None when it has none of that code."""
    column = tables.provider.c.provider_code
    wanted = text.strip().upper()
    return next((code for code in rows.execute(select(column)).scalars() if code.upper() == wanted), None)


def agrees(by: By, case_code: str, *purposes: str, everybody: bool = False) -> bool:
    """Tell whether the recorded consent of somebody in a case holds today for all of some purposes.

    With ``everybody`` that of each person who was asked.
    An override that two people signed counts for as long as it lasts.
    """
    agreed = of_cases(by.rows, [case_code]).get(case_code)
    people = agreed.people.values() if agreed is not None else ()
    day = today_of(by)
    said = [all(stands(purpose, one, by.now, day) for purpose in purposes) for one in people]
    return bool(said) and all(said) if everybody else any(said)


def alert_facts(by: By, found: Mapping[str, Any], reason: str = "", **more: Any) -> Facts:
    """Return what guards may know of an alert, from its row."""
    return Facts(
        **of_person(by, reason),
        urgency=alert_level(found),
        consent_state=found["consent_state"],
        safe_to_contact=found["safe_to_contact"],
        **more,
    )


LOST = "lost_contact"
"""Reason of the list ``closure_reason`` that asks for it."""


_MINUTE = len("2026-11-25T08:30")


class Unreached(msgspec.Struct, frozen=True):
    """How many tries in a row failed, and for how many days nobody reached the person."""

    failed: int
    days: int

    @property
    def enough(self) -> bool:
        """Tell whether as many tries failed as a suspension is proposed after."""
        return self.failed >= load().case.suspend_after_failed_contacts

    @property
    def lost(self) -> bool:
        """Tell whether contact counts as lost: enough tries, and for long enough."""
        return self.enough and self.days >= load().case.lost_contact_d


def unreached(rows: Rows, code: str, opened_at: str, at: datetime, *, proved: bool) -> Unreached:
    """Return how it stands at an instant since the person was last reached, by a form or as somebody said.

    Who was never reached is looked for since the case was opened; days are those of the place where the work is done.
    A contact that was taken back counts no more.

    Args:
        rows: where forms and decisions are read.
        code: of the case.
        opened_at: when the case was opened.
        at: the instant.
        proved: only tries of people who signed in with a key of their own count, and only they take back that she was reached;
            that she was counts always.
    """
    undo = CONTACTS["case.contact"]
    said = store_events.read(rows, subjects=[f"case:{code}"], ops=["case.contact", undo])
    tried = standing_contacts(
        one
        for one in said
        if one.op != undo or not proved or not one.payload["reached"] or one.actor.proof == "key"
    )
    last = max(_by_forms(rows, code), *(when(one) for one in tried if one.payload["reached"]), "")
    failed = [one for one in tried if not one.payload["reached"] and when(one) > last]
    count = sum(1 for one in failed if one.actor.proof == "key" or not proved)
    since = local_day(moment(last or opened_at), load())
    return Unreached(count, (local_day(at, load()) - since).days)


def undoing(
    rows: Rows, subject: str, op: str, *, code: str, reason: str, at: datetime | None
) -> dict[str, Any]:
    """Return what an event says that takes back a contact: the one written down last, or of several of a time the last of them.

    Args:
        rows: where decisions are read.
        subject: of the alert or the case.
        op: of the contact.
        code: of the alert or the case, for whoever reads a refusal.
        reason: why; no names.
        at: when the contact was, to the minute, as the log shows it.

    Raises:
        ReasonMissing: there is no reason.
        ContactUnknown: no contact stands there, or none of that time.
    """
    if not reason.strip():
        raise ReasonMissing(alert=code)
    said = store_events.read(rows, subjects=[subject], ops=[op, CONTACTS[op]])
    minute = instant(at)[:_MINUTE] if at is not None else ""
    standing = [one for one in standing_contacts(said) if one.payload["at"].startswith(minute)]
    if not standing:
        raise ContactUnknown(what=code)
    last = standing[-1]
    reached = last.payload.get("reached", True)
    return {"of": key_of(last), "at": last.payload["at"], "reached": reached, "reason": reason.strip()}


def _by_forms(rows: Rows, code: str) -> str:
    """Return when a form of the case last says that the person was met or spoken to; empty when none does."""
    filing = tables.filing.c
    asked = rows.execute(select(filing.stamp, filing.root_id).where(filing.case_code == code))
    found = load_submissions(rows, [(row.stamp, row.root_id) for row in asked], Shelf(rows)).values()
    said: dict[str, list[Event]] = defaultdict(list)
    about = [subject_of(one) for one in found]
    for event in store_events.read(rows, subjects=about, ops=[CORRECT, RESTORE, TAKEN_OUT]):
        said[event.subject].append(event)
    visits = (corrected(one, said[subject_of(one)]) for one in found)
    return max((instant(one.at) for one in visits if met(one)), default="")


class Came(msgspec.Struct, frozen=True, order=True):
    """One thing that came: when, as text, what it is, and the code of an alert or case.

    Of a form it is when a server had it, which may be before the closure was asked for.
    """

    at: str
    what: Literal["alert", "interview", "risk_up", "merged"]
    code: str = ""


def came_since(rows: Rows, codes: Sequence[str], now: CaseNow) -> list[Came]:
    """Return what came since the closure was asked for, the oldest first; nothing where none was asked for.

    Args:
        rows: the register.
        codes: of the case, and of the cases merged into it.
        now: where the events of the case brought it.
    """
    if now.asked_at is None:
        return []
    known = now.asked_known or Known(now.asked_at)
    found = {*_forms(rows, codes, now.asked_at, known), *_tied(rows, codes, known)}
    found |= {Came(at, "merged", code) for at, code, _level, _risk in now.took if known.decided_since(at)}
    return sorted(found)


def _forms(rows: Rows, codes: Sequence[str], since: str, known: Known) -> Iterator[Came]:
    alert, talk, visit = tables.alert, tables.interview, tables.followup
    filing = tables.filing.c
    read = _read_since(rows, codes, known)

    def arrived(table: Table, column: ColumnElement[Any]) -> list[Any]:
        """Return the forms of a kind of which a version came to a server since, or was read here since."""
        query = select(filing.filing_no, filing.received_at, column)
        query = query.join(table, table.c.filing_no == filing.filing_no)
        found = rows.execute(query.where(filing.case_code.in_(codes))).all()
        return [row for row in found if row.received_at > since or row.filing_no in read]

    for row in arrived(alert, alert.c.code):
        yield Came(row.received_at, "alert", row.code)
    for row in arrived(talk, talk.c.interview_id):
        yield Came(row.received_at, "interview")
    for row in arrived(visit, visit.c.risk_change):
        if row.risk_change == "up":
            yield Came(row.received_at, "risk_up")


def _read_since(rows: Rows, codes: Sequence[str], known: Known) -> set[int]:
    """Return the numbers of the forms of which this register read a version since; of an earlier version nothing says so."""
    if known.arrival is None:
        return set()
    return set(rows.execute(versions_read_since(known, codes, COUNTS)).scalars())


def _tied(rows: Rows, codes: Sequence[str], known: Known) -> Iterator[Came]:
    """Yield the alerts that somebody brought into the case since, and that are in it."""
    alert, filing = tables.alert, tables.filing
    query = select(alert.c.code, filing.c.stamp, filing.c.root_id)
    query = query.join(filing, filing.c.filing_no == alert.c.filing_no)
    there = {
        f"alert:{row.stamp}/{row.root_id}": row.code
        for row in rows.execute(query.where(filing.c.case_code.in_(codes)))
    }
    for event in store_events.read(rows, subjects=list(there), ops=[*INTO_CASE]) if there else ():
        if known.decided_since(event.at) and event.payload["case_code"] in codes:
            yield Came(event.at, "alert", there[event.subject])
