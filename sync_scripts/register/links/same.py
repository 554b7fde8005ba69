"""Decide on two records, or on a group after it was shown: one person, or not. Events; the rows of both stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts.errors import Declined, UsageProblem
from sync_scripts.register.consents.held_copies import forget, stopped_among
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.history.person_decisions import SAME
from sync_scripts.register.history.visibility import sight_of
from sync_scripts.register.lifecycle.errors import ReasonMissing
from sync_scripts.register.links.grouping import mark_of, marked_until
from sync_scripts.register.links.people import groups
from sync_scripts.register.model.errors import CodeNotListed, ThingUnknown
from sync_scripts.register.rules.kinds import label
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

LinkWithItself: Final = UsageProblem.declare(
    "DK-R70",
    "Both codes are the alert {alert}: a decision needs two alerts. Nothing was changed. Give the code of the other "
    "one; dikalo alerts links {alert} shows which ones the rules propose.",
)
PersonWithItself: Final = UsageProblem.declare(
    "DK-R09",
    "Both codes are {person} of the case {case}: a decision needs two people. Nothing was changed. Give the case and the code of the "
    "other one; dikalo person links {case} shows whom the rules propose.",
)
LinkReasonMissing: Final = Declined.declare(
    "DK-R71",
    'The alerts {alert} and {other} are "{was}". To decide on a pair that the rules do not propose, or to change a '
    'decision, a reason is needed: it is kept. Nothing was changed. Add --reason "…".',
    shown={"was": partial(label, "link_decision")},
)
LinkNotShown: Final = Declined.declare(
    "DK-R72",
    "The alerts {alert} and {other} tell of sexual violence: only the worker in charge of the case decides on them, and "
    "the coordinator while there is no case. Nothing was changed. Ask that person.",
)
GroupChanged: Final = Declined.declare(
    "DK-G01",
    "No group beside {alert} is {mark} any more: something of it was changed or decided since it was shown. Nothing was "
    "changed. Look at it again, then give the mark that is shown now.",
)


DECISIONS: Final = ("same", "not_same")


class Same(msgspec.Struct, frozen=True):
    """What was decided of two records: both cases and pseudonyms, and the decision."""

    code: str
    person: str
    other_code: str
    other_person: str
    decision: str


class SameMany(msgspec.Struct, frozen=True):
    """What was decided of a record and a group beside it: how many are in it, and how many came after it was shown."""

    code: str
    person: str
    others: int
    came: int
    decision: str


def decide_person(
    by: By, case: str, person: str, other: tuple[str, str], decision: str, *, reason: str
) -> Same:
    """Say whether two records are one person. Both stay; the history of both cases says it. It can be decided anew.

    Args:
        by: who decides.
        case: code of the case of the one.
        person: pseudonym there (V1).
        other: code of the case of the other, and the pseudonym there.
        decision: one of `DECISIONS`.
        reason: on what that rests; no names.

    Raises:
        CaseUnknown, ThingUnknown, PersonWithItself, CodeNotListed, ReasonMissing: as they say.
    """
    one, second = _record(by, case, person), _record(by, *other)
    if one["uid"] == second["uid"]:
        raise PersonWithItself(case=second["case"], person=second["person"])
    _write(by, one, [second], decision, reason)
    return Same(one["case"], one["person"], second["case"], second["person"], decision)


def decide_people(by: By, case: str, person: str, mark: str, decision: str, *, reason: str) -> SameMany:
    """Say the same of a record and each of a group that was shown beside it, as `grouping` marks it.

    Raises:
        CaseUnknown, ThingUnknown, CodeNotListed, ReasonMissing: as they say.
        GroupChanged: no group of this record is the one that was shown.
    """
    one, until = _record(by, case, person), marked_until(mark) or 0
    shown = groups(by.rows, sight_of(by.rows, by.actor), code=case, everything=True)
    for group in shown.groups:
        members = [each.member for each in group.beside if each.member[0] <= until]
        if group.head == one["uid"] and mark_of(group.head, members) == mark.strip().upper():
            others = {uid for _number, uid in members}
            records = [record for record in _named(by.rows) if record["uid"] in others]
            _write(by, one, records, decision, reason)
            return SameMany(
                one["case"], one["person"], len(members), len(group.beside) - len(members), decision
            )
    raise GroupChanged(alert=f"{one['case']} {one['person']}", mark=mark.strip().upper())


def _write(
    by: By, one: Mapping[str, str], others: Sequence[Mapping[str, str]], decision: str, reason: str
) -> None:
    if decision not in DECISIONS:
        raise CodeNotListed(value=decision, possible=", ".join(DECISIONS))
    if not reason.strip():
        raise ReasonMissing(alert=one["case"])
    events = []
    for other in others:
        for mine, theirs in {one["case"]: (one, other), other["case"]: (other, one)}.values():
            payload = {
                "uid": mine["uid"],
                "person": mine["person"],
                "other_uid": theirs["uid"],
                "other_case": theirs["case"],
                "other_person": theirs["person"],
                "decision": decision,
                "reason": reason.strip(),
            }
            events.append(by.event(SAME, f"case:{mine['case']}", payload))
    by.write(*events)
    for case_code in stopped_among(by.rows, {each["case"] for each in (one, *others)}, by.now):
        forget(by.rows, case_code)


def _named(rows: Rows, code: str | None = None) -> list[dict[str, str]]:
    """Return the people of all cases, or of one: case, uid and pseudonym."""
    person, filing = tables.person, tables.filing
    asked = select(filing.c.case_code, person.c.uid, person.c.pseudonym)
    asked = asked.join(filing, filing.c.filing_no == person.c.filing_no).order_by(person.c.pseudonym)
    one = filing.c.case_code == code if code is not None else filing.c.case_code.is_not(None)
    return [
        {"case": row.case_code, "uid": row.uid, "person": row.pseudonym}
        for row in rows.execute(asked.where(one))
    ]


def _record(by: By, case: str, name: str) -> dict[str, str]:
    code = case_of(by.rows, case)["case_code"]
    found = _named(by.rows, code)
    for one in found:
        if one["person"] == name.strip().upper():
            return one
    known = ", ".join(one["person"] for one in found) or "-"
    raise ThingUnknown(what=code, name=name.strip().upper(), known=known)
