"""What the people of cases agreed to, read from the register, and whether anything may still be done there: the input of `disclosure.sharing`. Levels 0 to 2; writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.consents import unread_forms
from sync_scripts.register.consents.other_records import NOBODY, CaseAgreed, across, join, records_elsewhere
from sync_scripts.register.consents.representatives import adults, children
from sync_scripts.register.consents.unread_forms import last_day
from sync_scripts.register.disclosure.sharing import (
    Agreed,
    Asked,
    alert_may_leave,
    gave_up,
    may_leave,
)
from sync_scripts.register.forms.answers import CONSENT_COLUMNS, Consent
from sync_scripts.register.history.erasures import erased_among, erased_of, taken_among
from sync_scripts.register.history.merges import merged_in, merged_of
from sync_scripts.register.history.person_decisions import TAKEN_OUT, taken_out
from sync_scripts.register.model.codes import chunks
from sync_scripts.register.model.errors import (
    AlertWithdrawn,
    AlreadyErased,
    CaseStopped,
    ConsentRefused,
    ContactRefused,
)
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables


def of_cases(rows: Rows, codes: Iterable[str]) -> dict[str, CaseAgreed]:
    """Return what was agreed to in some cases; one without an interview only when its alerts were withdrawn, or somebody taken out.

    Of one in which somebody gave up, also what people agreed to in the cases that were merged into it, as they stand now.
    """
    found = _of_cases(rows, codes)
    behind = merged_of(rows, [code for code, one in found.items() if _perhaps_stopped(one)])
    if not behind:
        return found
    merged = {one for codes in behind.values() for one in codes}
    theirs = _of_cases(rows, merged)
    going = _with_alerts(rows, merged - theirs.keys())
    for code, others in behind.items():
        people = tuple(person for one in others for person in theirs.get(one, NOBODY).people.values())
        told = not people and not found[code].people and not going.isdisjoint(others)
        found[code] = replace(found[code], merged=people, told=told)
    return found


def _with_alerts(rows: Rows, codes: Iterable[str]) -> set[str]:
    """Return those of some cases that have an alert."""
    filing = tables.filing
    asked = select(filing.c.case_code).join(tables.alert, tables.alert.c.filing_no == filing.c.filing_no)
    return {code for (code,) in rows.among(asked, filing.c.case_code, codes)}


def _perhaps_stopped(agreed: CaseAgreed) -> bool:
    """Tell whether a case can have stopped: most have not, and nothing more is looked for."""
    return not agreed.people or any(one.erased or gave_up(one) for one in agreed.people.values())


def _of_cases(rows: Rows, codes: Iterable[str]) -> dict[str, CaseAgreed]:
    """Return the same, of these very cases alone."""
    found = _as_kept(rows, codes)
    for some in chunks(sorted(found)):
        found |= across(rows, some, found)
    return found


def _as_kept(rows: Rows, codes: Iterable[str]) -> dict[str, CaseAgreed]:
    """Return the same as their rows say it, whatever somebody said in a case that was merged with one of them."""
    found: dict[str, CaseAgreed] = {}
    for some in chunks(sorted(codes)):
        minor = children(rows, some)
        grown = adults(rows, some)
        talks = _talks(rows, some)
        for code, consents in _consents(rows, some).items():
            people = {
                uid: Agreed(
                    tuple(theirs),
                    talks[code][1].get(interview, ""),
                    child=minor.get(uid) is not False,
                    minor=minor.get(uid) is True,
                    adult_from=grown.get((uid, interview)),
                )
                for (uid, interview), theirs in consents.items()
            }
            found[code] = CaseAgreed(talks[code][0], people)
        found |= _of_alerts(rows, [code for code in some if code not in found])
        gone = erased_among(rows, [f"case:{code}" for code in some])
        found |= {code: _erased(found.get(code, NOBODY)) for code in some if f"case:{code}" in gone}
        taken = taken_among(rows, some)
        found |= {code: _taken_out(found.get(code, NOBODY), who) for code, who in taken.items()}
    return found


def _erased(agreed: CaseAgreed) -> CaseAgreed:
    """Return what was agreed to in a case that is erased: nothing of it leaves, whoever asks."""
    people = {uid: msgspec.structs.replace(one, erased=True) for uid, one in agreed.people.items()}
    return replace(agreed, people=people, erased=True)


def _taken_out(agreed: CaseAgreed, who: Collection[str]) -> CaseAgreed:
    """Return what was agreed to in a case out of which somebody was taken: nothing of her leaves."""
    people = {
        uid: msgspec.structs.replace(one, erased=True) if uid in who else one
        for uid, one in agreed.people.items()
    }
    return replace(agreed, people=people, taken=frozenset(who))


def _of_alerts(rows: Rows, codes: list[str]) -> dict[str, CaseAgreed]:
    """Return the cases of nothing but alerts whose people refused or withdrew, every one of them."""
    alert, filing = tables.alert, tables.filing
    query = select(filing.c.case_code, alert.c.consent_state).join(
        alert, alert.c.filing_no == filing.c.filing_no
    )
    said: dict[str, list[str | None]] = defaultdict(list)
    for row in rows.execute(query.where(filing.c.case_code.in_(codes))) if codes else ():
        said[row.case_code].append(row.consent_state)
    ended = {code: tuple(states) for code, states in said.items() if set(states) <= _ENDED}
    return {code: CaseAgreed(None, {}, states) for code, states in ended.items()}


_ENDED: Final = frozenset({"refused", "withdrawn"})


_Theirs = dict[tuple[str, str], list[Consent]]
"""(uid, interview) -> consents."""


def _consents(rows: Rows, codes: list[str]) -> dict[str, _Theirs]:
    consent, filing = tables.consent, tables.filing
    query = select(consent, filing.c.case_code).join(filing, filing.c.filing_no == consent.c.filing_no)
    query = query.where(filing.c.case_code.in_(codes)).order_by(consent.c.filing_no, consent.c.purpose)
    found: dict[str, _Theirs] = defaultdict(lambda: defaultdict(list))
    for row in rows.execute(query).mappings():
        found[row["case_code"]][row["person_uid"], row["interview_id"]].append(consent_of(row))
    return {code: _first_talk(theirs) for code, theirs in found.items()}


def _first_talk(theirs: _Theirs) -> _Theirs:
    """Keep of each person the first talk that recorded anything, as every build does."""
    kept: _Theirs = {}
    seen: set[str] = set()
    for (uid, interview), consents in theirs.items():
        if uid not in seen:
            seen.add(uid)
            kept[uid, interview] = consents
    return kept


def consent_of(row: Mapping[Any, Any]) -> Consent:
    """Return a consent from its row."""
    return Consent(**{name: row[name] for name in CONSENT_COLUMNS})


def _talks(rows: Rows, codes: list[str]) -> dict[str, tuple[str | None, dict[str, str]]]:
    """Return the person interviewed first, and whom each interview excluded, by case."""
    talk, filing = tables.interview, tables.filing
    query = select(talk.c.interview_id, talk.c.person_uid, talk.c.withhold_from, filing.c.case_code)
    query = query.join(filing, filing.c.filing_no == talk.c.filing_no).where(filing.c.case_code.in_(codes))
    first: dict[str, str | None] = {}
    withheld: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows.execute(query.order_by(filing.c.first_received_at, filing.c.stamp, filing.c.root_id)):
        first.setdefault(row.case_code, row.person_uid)
        withheld[row.case_code][row.interview_id] = row.withhold_from or ""
    return defaultdict(lambda: (None, {}), {code: (uid, withheld[code]) for code, uid in first.items()})


def agreed_in(rows: Rows, code: str) -> CaseAgreed:
    """Return what was agreed to in one case, and what its people excluded where else they are kept: for what hands over.

    With the day of the last form that nobody could read, of the case, of what it was merged with, and of another case in which
    one of its people is kept, too: she may say no in it.
    """
    elsewhere = records_elsewhere(rows, code)
    agreed = join(rows, of_cases(rows, [code]).get(code, NOBODY), elsewhere)
    here = last_day(unread_forms.of_cases(rows, [code]))
    days = {
        uid: max(here, last_day(unread_forms.of_cases(rows, elsewhere.get(uid, {}).values())))
        for uid in agreed.people
    }
    if not any(days.values()):
        return agreed
    people = {uid: msgspec.structs.replace(one, unread=days[uid]) for uid, one in agreed.people.items()}
    return replace(agreed, people=people)


def require_handled(rows: Rows, found: Mapping[str, Any], on: date) -> None:
    """Let an alert pass that is handled, from its row as `alert_of` gives it; dismissing it asks nothing here.

    Raises:
        AlreadyErased: nothing is left of it.
        ConsentRefused, AlertWithdrawn: the person said no, or took the yes back.
    """
    require_not_erased(rows, f"alert:{found['stamp']}/{found['alert_id']}", found["code"])
    state = found["consent_state"]
    if alert_may_leave(Asked("list"), state, on).allowed:
        return
    if state == "refused":
        raise ConsentRefused(alert=found["code"])
    raise AlertWithdrawn(alert=found["code"])


def require_not_erased(rows: Rows, unit: str, code: str) -> None:
    """Let an alert or a case pass that was not erased, or for which something came since.

    Raises:
        AlreadyErased: on which day.
    """
    gone = erased_of(rows, [unit]).get(unit)
    if gone is not None:
        raise AlreadyErased(what=code, where=code, day=local_day(moment(gone.at), load()).isoformat())


def require_not_taken_out(rows: Rows, subject: str, place: tuple[str, str, str], code: str) -> None:
    """Let an answer pass that was not taken out with the person whose it was.

    Args:
        rows: the register.
        subject: under which decisions about the submission stand.
        place: entity, key of the record and field.
        code: of the case.

    Raises:
        AlreadyErased: on which day.
    """
    for event in store_events.read(rows, subjects=[subject], ops=[TAKEN_OUT]):
        if taken_out(event.payload, *place):
            day = local_day(moment(event.at), load()).isoformat()
            raise AlreadyErased(what=f"{code} {event.payload['person']}", day=day, where=code)


def require_going_on(rows: Rows, case: str, at: datetime) -> None:
    """Let a case pass, by its code, in which somebody goes on, or nobody was asked yet.

    Only to such a one is an alert tied, and only into such a one a case merged, a file added, or a note written.

    Raises:
        AlreadyErased: nothing is left of it.
        CaseStopped: everybody in it withdrew or refused.
    """
    require_not_erased(rows, f"case:{case}", case)
    if not goes_on(rows, case, at):
        raise CaseStopped(case=case)


def require_contact(rows: Rows, case: str, at: datetime) -> None:
    """Let a case pass, by its code, in which somebody may be contacted: nobody was asked whether, or not everybody said no.

    A yes that ran out is no bar: the person is to be asked again.

    Raises:
        AlreadyErased, CaseStopped: as `require_going_on`.
        ContactRefused: everybody in it, and in what was merged into it, refused to be contacted again, or took the yes back.
    """
    require_going_on(rows, case, at)
    if _no_contact(rows, case, at) and not _some_contact(rows, merged_in(rows, case), at):
        raise ContactRefused(case=case)


def _no_contact(rows: Rows, case: str, at: datetime) -> bool:
    """Tell whether people of a case were asked, and every one of them wants no contact."""
    said = _contacts(agreed_in(rows, case).people.values(), at)
    return bool(said) and said <= _NO_CONTACT


def _some_contact(rows: Rows, cases: Iterable[str], at: datetime) -> bool:
    """Tell whether somebody of some cases was asked, and does not refuse to be contacted."""
    people = [one for agreed in of_cases(rows, cases).values() for one in agreed.people.values()]
    return not _contacts(people, at) <= _NO_CONTACT


def _contacts(people: Iterable[Agreed], at: datetime) -> set[str]:
    asked, on = Asked("contact"), local_day(at, load())
    return {may_leave(asked, one, at, on).why for one in people}


_NO_CONTACT: Final = frozenset({"refused", "withdrawn", "erased"})


def goes_on(rows: Rows, case: str, at: datetime) -> bool:
    """Tell whether somebody in a case goes on, or nobody was asked yet."""
    return not of_cases(rows, [case]).get(case, NOBODY).stopped(at)


def going_on(rows: Rows, cases: Collection[str], at: datetime) -> frozenset[str]:
    """Return those of some cases that `require_going_on` lets pass: asked once for many, which costs a tenth of asking for each."""
    units = {f"case:{case}": case for case in cases}
    gone = {units[unit] for unit in erased_of(rows, units)}
    agreed = of_cases(rows, cases)
    return frozenset(case for case in cases if case not in gone and not agreed.get(case, NOBODY).stopped(at))
