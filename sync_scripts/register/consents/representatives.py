"""Who may answer for whom about a consent: a guardian for a child, the family for somebody who cannot be asked. Reads only.

Nobody answers over a person's own word. An older answer, typed in late, lifts no later refusal and widens no later consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, or_, select

from sync_scripts.register.consents.errors import (
    AnswerOutlived,
    AnswerRunOut,
    GuardianNoMore,
    SpeaksForHerself,
)
from sync_scripts.register.consents.other_records import Cases, records_with
from sync_scripts.register.consents.talks import says_no
from sync_scripts.register.forms.answers import GIVEN, Consent
from sync_scripts.register.history.person_decisions import RECORD, WITHDRAW, decided_about
from sync_scripts.register.rules.clocks import ADULT, CHILD_BANDS, adult_from, child, local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

SPOKEN: Final = "spoken"
"""Name in the payload of what was recorded: the purposes about which somebody else answered, and might."""
_NO: Final = frozenset({"refused", "withdrawn"})
_OTHERS: Final = frozenset({"guardian", "assent"})
"""States of a yes that somebody else gave."""
_ANY: Final = ""
"""Stands in the answers of `_words` for whoever spoke in the interview."""


def spoken_for(
    rows: Rows,
    person: tuple[str, str, str, str],
    made: Iterable[Consent],
    stands: Mapping[str, Consent],
    day: date,
) -> list[str]:
    """Return about which purposes somebody else might answer for a person: for a child, or about what she cannot be asked.

    For an adult also where whoever told of her in the interview was not herself, as with a missing man. Whose age nobody wrote
    down counts as a child, except that her own word stays hers. A no is never kept out: without that right it counts as hers.

    Args:
        rows: the register.
        person: code of the case, uid, pseudonym, id of the interview.
        made: what was answered.
        stands: what stands of hers, by purpose.
        day: of the talk.

    Raises:
        GuardianNoMore: she was a child, and is an adult by then, and it is a yes.
        SpeaksForHerself: she is an adult, or answered herself.
    """
    code, uid, pseudonym, interview = person
    grown = adults(rows, [code]).get((uid, interview))
    answered = list(made)
    if grown is not None and grown <= day.isoformat():
        if any(one.state in GIVEN for one in answered):
            raise GuardianNoMore(case=code, person=pseudonym, day=grown)
        return []
    child = children(rows, [code]).get(uid)
    if child:
        return [one.purpose for one in answered]
    words, might = _words(rows, code, uid), []
    for one in answered:
        before = stands.get(one.purpose)
        hers = words.get(one.purpose)
        others = hers is False or words.get(_ANY) is False
        if (before is not None and before.state == "unable") or not (hers or (child is False and not others)):
            might.append(one.purpose)
        elif one.state in GIVEN:
            age = "adult" if child is False else "age"
            whose = age if hers else ""
            raise SpeaksForHerself(case=code, person=pseudonym, purpose=one.purpose, answered=whose)
    return might


def _words(rows: Rows, code: str, uid: str) -> dict[str, bool]:
    """Return of each purpose about which somebody answered whether it was the person herself, in any record of her."""
    found: dict[str, bool] = {}
    for case, who in [(code, uid), *records_with(rows, code, uid)]:
        said = dict(_told(rows, case, who))
        for event in decided_about(rows, [case], [RECORD, WITHDRAW]).get(case, ()):
            if event.payload["person_uid"] == who:
                said |= _decided(event, said)
        for purpose, hers in said.items():
            found[purpose] = hers or found.get(purpose, False)
    return found


def _decided(event: Event, before: Mapping[str, bool]) -> dict[str, bool]:
    """Return the same of what was recorded or taken back; that she cannot be asked is no word of hers."""
    said: dict[str, Any] = event.payload
    if event.op == WITHDRAW:
        return dict.fromkeys(said["purposes"], True)
    answers = {one["purpose"]: one["state"] for one in said["consents"] if one["state"] != "unable"}
    return {purpose: _hers(said, purpose, state, before) for purpose, state in answers.items()}


def _hers(said: Mapping[str, Any], purpose: str, state: str, before: Mapping[str, bool]) -> bool:
    """Tell whether the person herself answered.

    An earlier version did not write that down: there a guardian answered about what nobody had, and whoever renewed a guardian's
    yes said no more than whose word it was by then.
    """
    if purpose in said.get(SPOKEN, ()):
        return False
    was = said["was"].get(purpose)
    if state in _OTHERS and was in _OTHERS:
        return before.get(purpose, False)
    return state not in _OTHERS or was not in {"not_asked", "unable"}


def _told(rows: Rows, case: str, uid: str) -> Iterator[tuple[str, bool]]:
    """Yield the same of what forms say: a yes is hers where it stands as given, a no where she was the one who spoke."""
    consent, talk, filing = tables.consent, tables.interview, tables.filing
    asked = (
        select(consent.c.purpose, consent.c.state, talk.c.consent_by)
        .join(talk, talk.c.filing_no == consent.c.filing_no)
        .join(filing, filing.c.filing_no == consent.c.filing_no)
        .where(consent.c.person_uid == uid, filing.c.case_code == case)
    )
    for row in rows.execute(asked):
        spoke = (row.consent_by or "self") == "self"
        yield _ANY, spoke
        if row.state == "given" or row.state in _NO:
            yield row.purpose, row.state == "given" or spoke


def children(rows: Rows, codes: Sequence[str]) -> dict[str, bool | None]:
    """Return of everybody in some cases whether it is a child, by uid; None where that is not known."""
    person = tables.person.c
    query = select(person.uid, person.is_child, person.age, person.age_band)
    found = rows.execute(query.where(person.filing_no.in_(_filings(codes)))).mappings()
    return {row["uid"]: child(dict(row)) for row in found}


def adults(rows: Rows, codes: Sequence[str]) -> dict[tuple[str, str], str | None]:
    """Return from which day each child is 18 for certain, by (uid, interview in which her age was written down)."""
    person, talk, filing = tables.person, tables.interview, tables.filing
    query = (
        select(
            person.c.uid,
            person.c.is_child,
            person.c.age,
            person.c.age_band,
            talk.c.interview_id,
            talk.c.doc_date,
            filing.c.first_received_at,
        )
        .join(talk, talk.c.filing_no == person.c.filing_no)
        .join(filing, filing.c.filing_no == person.c.filing_no)
        .where(
            filing.c.case_code.in_(codes),
            or_(person.c.is_child.is_(True), person.c.age < ADULT, person.c.age_band.in_(CHILD_BANDS)),
        )
    )
    return {
        (row["uid"], row["interview_id"]): adult_from(dict(row), _day(row))
        for row in rows.execute(query).mappings()
    }


def _filings(codes: Sequence[str]) -> Select[tuple[int]]:
    """Ask for what was filed in some cases: by it their people are found without a walk through everybody."""
    filing = tables.filing.c
    return select(filing.filing_no).where(filing.case_code.in_(codes))


def _day(talk: Mapping[Any, Any]) -> date:
    """Return the day of a talk: as it was written, else the day when the form arrived."""
    if talk["doc_date"]:
        return date.fromisoformat(talk["doc_date"])
    return local_day(moment(talk["first_received_at"]), load())


def require_last_word(
    rows: Rows,
    person: tuple[str, str, str],
    made: Iterable[Consent],
    stands: Mapping[str, Consent],
    today: date,
) -> None:
    """Let the answers of a talk pass that may be written down by its day. A no always may, and counts from now on.

    Args:
        rows: the register.
        person: code of the case, uid, pseudonym.
        made: the answers; each yes with the day of the talk.
        stands: what stands of hers, by purpose.
        today: the local day.

    Raises:
        AnswerRunOut: a yes of that day has run out by now.
        AnswerOutlived: she said no later, or something else.
    """
    code, uid, pseudonym = person
    noes: Mapping[str, str] | None = None
    for one in (one for one in made if one.state in GIVEN):
        on, until = date.fromisoformat(one.given_at or ""), one.expires_at or ""
        before = stands.get(one.purpose)
        if before is not None and says_no(before):
            noes = noes if noes is not None else _noes(rows, code, uid)
            at = noes.get(one.purpose)
            # never later than today: what is held here was heard, also of a server whose clock is ahead
            last = min(local_day(moment(at), load()), today) if at else today
        elif before is not None and before.given_at:
            last = min(date.fromisoformat(before.given_at), today)
        else:
            last = date.min
        if on < last:
            raise AnswerOutlived(
                case=code,
                person=pseudonym,
                purpose=one.purpose,
                day=last.isoformat(),
                on=on.isoformat(),
                no=before is not None and before.state not in GIVEN,
            )
        if until <= today.isoformat():
            raise AnswerRunOut(person=pseudonym, purpose=one.purpose, on=on.isoformat(), until=until)


def require_stands(
    rows: Rows,
    person: tuple[str, str, str],
    made: Iterable[Consent],
    stands: Mapping[str, Consent],
    today: date,
) -> None:
    """Let answers pass that stand once they are written down: nothing is called given that a later no keeps down.

    Raises:
        AnswerOutlived: one of them does not; it names the day of the no.
    """
    code, uid, pseudonym = person
    for one in (one for one in made if one.state in GIVEN):
        now = stands.get(one.purpose)
        if now is None or now.state not in GIVEN or now.withdrawn_at is not None:
            at, on = _noes(rows, code, uid).get(one.purpose), one.given_at or ""
            day = (min(local_day(moment(at), load()), today) if at else today).isoformat()
            raise AnswerOutlived(case=code, person=pseudonym, purpose=one.purpose, day=day, on=on, no=True)


def _noes(rows: Rows, code: str, uid: str) -> Mapping[str, str]:
    """Return when a person last refused, by purpose, in every record of her in the case and in those merged with it."""
    return Cases(rows).last_refused(code, uid, {case for case, _uid in records_with(rows, code, uid)})
