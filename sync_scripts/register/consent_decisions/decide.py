"""Decide on consents: asked again and recorded, or withdrawn. Each is an event. For an override see `overriding`.

A withdrawal happens in one transaction: the consent, what waits to be sent, what is kept of workbooks, and the tasks that
follow from it. Nothing is erased here; a task says by when it must be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from sqlalchemy import select

from sync_scripts.register.consents import unread_forms
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.errors import (
    AnswerUnreadable,
    NothingToWithdraw,
    PersonUnknown,
    PurposeUnknown,
    ReasonForConsent,
    TalkToCome,
)
from sync_scripts.register.consents.held_copies import (
    forget,
    forget_person,
    stopped_among,
)
from sync_scripts.register.consents.other_records import NOBODY, records_with
from sync_scripts.register.consents.representatives import (
    SPOKEN,
    require_last_word,
    require_stands,
    spoken_for,
)
from sync_scripts.register.decisions.authority import require_own_hand
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.decisions.guard_facts import of_person
from sync_scripts.register.disclosure.sharing import overridden
from sync_scripts.register.forms.answers import GIVEN, Consent, given
from sync_scripts.register.history.person_decisions import RECORD, WITHDRAW
from sync_scripts.register.lifecycle.errors import check
from sync_scripts.register.lifecycle.guards import Facts
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Rows
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import register as tables

PURPOSES: Final = (
    "document",
    "services",
    "refer_identity",
    "stats",
    "justice",
    "advocacy",
    "un",
    "media",
    "photo_audio",
    "followup_contact",
)
"""What a person can agree to."""

_ANSWERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(PURPOSES, "yes, no, unable"),
    **dict.fromkeys(("advocacy", "un", "media"), "anonymous, identified, no, unable"),
    "refer_identity": "health legal …, no, unable",
    "followup_contact": "phone, visit, intermediary, no, unable",
}
_WORK: Final = frozenset({"document", "services"})
"""Purposes on which the work on a case rests."""


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of a case: code of the case, pseudonym, uid, and the interview that spoke of her."""

    case: str
    pseudonym: str
    uid: str
    interview: str
    number: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded: case, person, and by purpose the state before and after.

    ``unread`` = local day on which something came that nobody could read, where the answers are not of a later day: it may say no.
    """

    case: str
    person: str
    changes: tuple[tuple[str, str, str], ...]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did.

    Attributes:
        code, person, purposes: of which case or alert, whose, and what for.
        stops: the case is off the phones from now on.
        notices: messages that were waiting and are not sent any more.
        snapshots: rows kept of workbooks of which something is gone.
        tasks: kinds of the tasks that it raised, one for each, in order.
        also: other records of the same person, in which she took it back, too.
        case, now: of an alert: code of the case that it belongs to, and its state.
    """

    code: str
    person: str
    purposes: tuple[str, ...]
    stops: bool
    notices: int
    snapshots: int
    tasks: tuple[str, ...]
    case: str | None = None
    now: str = ""
    also: tuple[str, ...] = ()


def someone(rows: Rows, case_code: str, text: str | None) -> Someone:
    """Return the person of a case whose pseudonym was typed; without one, the only person there is.

    Raises:
        PersonUnknown: nobody is called so, several could be meant, or nobody was interviewed.
    """
    person, filing = tables.person, tables.filing
    query = select(person.c.pseudonym, person.c.uid, filing.c.root_id, filing.c.filing_no)
    query = query.join(filing, filing.c.filing_no == person.c.filing_no).where(
        filing.c.case_code == case_code
    )
    found = rows.execute(query.order_by(filing.c.filing_no, person.c.number, person.c.uid)).all()
    wanted = None if text is None else text.strip().upper()
    meant = [row for row in found if wanted in {None, row.pseudonym}]
    if len(meant) != 1:
        raise PersonUnknown(case=case_code, known=", ".join(row.pseudonym or "" for row in found))
    (row,) = meant
    return Someone(case_code, row.pseudonym or "", row.uid, row.root_id, row.filing_no)


def standing(rows: Rows, who: Someone) -> dict[str, Consent]:
    """Return what stands of the consents of a person, by purpose."""
    agreed = of_cases(rows, [who.case]).get(who.case)
    return {} if agreed is None else {one.purpose: one for one in agreed.of(who.uid).consents}


# --- asked again --------------------------------------------------------------------------------------------------


def record(
    by: By,
    case: str,
    answers: Mapping[str, str],
    *,
    person: str | None = None,
    guardian: bool = False,
    assent: bool = False,
    on: date | None = None,
    reason: str = "",
) -> Recorded:
    """Record what a person answered when she was asked, or asked again.

    Args:
        by: who asked.
        case: code of the case.
        answers: answer by purpose.
        person: pseudonym; not needed where there is one person.
        guardian: a parent or guardian answered, or the family of somebody who cannot be asked.
        assent: and the child agreed, too.
        on: day of the talk; today without it. A no counts from now on whatever its day.
        reason: how it came about; no names.

    Raises:
        CaseUnknown, PersonUnknown, PurposeUnknown, AnswerUnreadable, TalkToCome, AnswerOutlived, AnswerRunOut,
            GuardianNoMore, SpeaksForHerself, MoveNotListed: as they say. A consent that was given is taken back with `withdraw`, not by
            recording a no. A no to what two people do without her is always heard.
        OwnHandMissing: the code was only typed.
    """
    code = case_of(by.rows, case)["case_code"]
    require_own_hand(by, code)
    who = someone(by.rows, code, person)
    today = local_day(by.now, load())
    day = on or today
    agreed = of_cases(by.rows, [code]).get(code, NOBODY).of(who.uid)
    yes = "given" if not guardian else "assent" if assent else "guardian"
    made = [_answered(purpose, answer, yes, day) for purpose, answer in answers.items()]
    stands = {one.purpose: one for one in agreed.consents}
    named = (code, who.uid, who.pseudonym)
    if day > today and any(one.state != "refused" for one in made):
        raise TalkToCome(day=day.isoformat())
    spoken = spoken_for(by.rows, (*named, who.interview), made, stands, day) if guardian else []
    require_last_word(by.rows, named, made, stands, today)
    changes = [(one.purpose, _state(stands.get(one.purpose), today), one.state) for one in made]
    _check_changes(
        by, who, changes, reason, {name for name, one in stands.items() if overridden(one, by.now)}
    )
    payload = {
        "interview": who.interview,
        "person": who.pseudonym,
        "person_uid": who.uid,
        "consents": [asdict(one) for one in made],
        "was": {purpose: was for purpose, was, _ in changes},
        "reason": reason.strip(),
        **({SPOKEN: spoken} if spoken else {}),
    }
    by.write(by.event(RECORD, f"case:{code}", payload))
    require_stands(by.rows, named, made, standing(by.rows, who), today)
    for one in stopped_among(by.rows, [code], by.now):
        forget(by.rows, one)
    refused = [purpose for purpose, _was, now in changes if now == "refused"]
    forget_person(by.rows, code, who.uid, refused)
    agrees = any(one.state in GIVEN for one in made)
    unread = unread_forms.not_later(unread_forms.of_cases(by.rows, [code]), day) if agrees else ""
    return Recorded(code, who.pseudonym, tuple(changes), unread)


def _check_changes(
    by: By, who: Someone, changes: Iterable[tuple[str, str, str]], reason: str, without_her: Collection[str]
) -> None:
    """Let answers pass whose moves are listed; a renewal or a review is no move, and a no ends what is done without her."""
    for purpose, was, now in changes:
        ends = now == "refused" and purpose in without_her and was in {"refused", "withdrawn"}
        if not (ends or {now, was} <= GIVEN or now == was == "unable"):
            check("consent", f"{who.case} {who.pseudonym}", was, now, Facts(**of_person(by, reason)))


def _answered(purpose: str, answer: str, yes: str, day: date) -> Consent:
    if purpose not in PURPOSES:
        raise PurposeUnknown(purpose=purpose, possible=", ".join(PURPOSES))
    said = " ".join(answer.split()).lower()
    if said == "unable":
        return Consent(purpose, "unable")
    listed = _ANSWERS[purpose].startswith("yes") and said == "yes"
    named = purpose in {"refer_identity", "followup_contact", "advocacy", "un", "media"} and said not in {
        "yes",
        "",
    }
    made = (
        given(purpose, said, yes, day, load().case.consent_renew_months)
        if listed or named or said == "no"
        else None
    )
    if made is None or (purpose == "refer_identity" and not _services(said)):
        raise AnswerUnreadable(purpose=purpose, possible=_ANSWERS[purpose])
    return made


def _services(said: str) -> bool:
    from sync_scripts.register.rules.kinds import labels_of

    return said == "no" or set(said.split()) <= labels_of("service", "en").keys()


def _state(one: Consent | None, today: date) -> str:
    """Return the state that a move starts from: one that ran out counts as not asked."""
    if one is None:
        return "not_asked"
    if one.state in GIVEN and (one.expires_at or "") <= today.isoformat():
        return "not_asked"
    return one.state


# --- withdrawn ----------------------------------------------------------------------------------------------------


def withdraw(
    by: By, case: str, *, person: str | None = None, purposes: Sequence[str] = (), reason: str = ""
) -> Withdrawn:
    """Take back what a person agreed to: everything, or some purposes; in every record of her in the case.

    What two people do without her ends with it, too, also where she had agreed to nothing: she was reached, and says no.
    From this transaction on her facts are in no workbook, nor in what is kept of those that are out, and tasks say whom to
    tell and when to erase. Once everybody took back what the work rested on, the case is on no list of the phones, all that is
    kept of workbooks is gone, and no waiting message speaks of it; as long as somebody goes on, so does the work for them.

    Raises:
        CaseUnknown, PersonUnknown, PurposeUnknown, NothingToWithdraw, ReasonForConsent: as they say.
    """
    code = case_of(by.rows, case)["case_code"]
    who = someone(by.rows, code, person)
    check_purposes(purposes)
    if not reason.strip():
        raise ReasonForConsent(case=code)
    asked = list(purposes) or list(PURPOSES)
    every = [who, *(_kept_as(by.rows, *one) for one in records_with(by.rows, code, who.uid))]
    taken = [(one, given) for one in every if (given := _given(by, one, asked))]
    if not taken:
        raise NothingToWithdraw(case=code, person=who.pseudonym, purposes=" ".join(asked))
    events = [_taken_back(by, one, given, reason) for one, given in taken]
    codes = sorted({code, *(one.case for one, _ in taken)})
    before = _tasks(by.rows, codes)
    by.write(*events)
    stopped = stopped_among(by.rows, codes, by.now)
    forgotten = [forget(by.rows, one) for one in stopped] if _WORK & set(asked) else []
    # also where her case stopped: what is done for somebody of a merged one stands under the code of the kept one
    hers = sum(forget_person(by.rows, one.case, one.uid, given) for one, given in taken)
    return Withdrawn(
        code,
        who.pseudonym,
        tuple(one for one in asked if any(one in given for _, given in taken)),
        code in stopped,
        sum(notices for notices, _ in forgotten),
        hers + sum(snapshots for _, snapshots in forgotten),
        raised(before, _tasks(by.rows, codes)),
        also=tuple(one.pseudonym if one.case == code else f"{one.case}-{one.pseudonym}" for one in every[1:]),
    )


def _kept_as(rows: Rows, code: str, uid: str) -> Someone:
    """Return a person of a case by her uid."""
    person, filing = tables.person, tables.filing
    query = select(person.c.pseudonym, filing.c.root_id, filing.c.filing_no)
    query = query.join(filing, filing.c.filing_no == person.c.filing_no)
    row = rows.execute(query.where(filing.c.case_code == code, person.c.uid == uid)).one()
    return Someone(code, row.pseudonym or "", uid, row.root_id, row.filing_no)


def _given(by: By, who: Someone, asked: Sequence[str]) -> dict[str, str]:
    """Return the states of what a person agreed to, or two people do without her by now, among some purposes."""
    stands = standing(by.rows, who)
    given = (one for one in stands.values() if one.state in GIVEN or overridden(one, by.now))
    states = {one.purpose: one.state for one in given}
    return {purpose: states[purpose] for purpose in asked if purpose in states}


def _taken_back(by: By, who: Someone, given: Mapping[str, str], reason: str) -> NewEvent:
    """Return the event by which one record says that something is taken back."""
    for state in (one for one in given.values() if one in GIVEN):
        facts = Facts(**of_person(by, reason))
        check("consent", f"{who.case} {who.pseudonym}", state, "withdrawn", facts)
    payload = {
        "person": who.pseudonym,
        "person_uid": who.uid,
        "purposes": list(given),
        "was": dict(given),
        "reason": reason.strip(),
    }
    return by.event(WITHDRAW, f"case:{who.case}", payload)


def check_purposes(purposes: Iterable[str]) -> None:
    """Let purposes pass that there are.

    Raises:
        PurposeUnknown: one of them is none.
    """
    for one in purposes:
        if one not in PURPOSES:
            raise PurposeUnknown(purpose=one, possible=", ".join(PURPOSES))


def raised(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Return the kinds of the tasks that are open now and were not before, each by its id."""
    return tuple(sorted(kind for made, kind in after.items() if made not in before))


def _tasks(rows: Rows, codes: Sequence[str]) -> dict[str, str]:
    """Return the kinds of the open tasks of cases, by their ids."""
    task, filing = tables.task, tables.filing
    query = select(task.c.task_id, task.c.kind).join(filing, filing.c.filing_no == task.c.filing_no)
    found = rows.execute(query.where(filing.c.case_code.in_(codes), task.c.done_at.is_(None)))
    return {row.task_id: row.kind for row in found}
