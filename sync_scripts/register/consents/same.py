"""What somebody said of herself in another case, where it was decided that both records are one person. Reads only.

Inside one case her last no holds in every record of her, and that is in the rows: see `register.one_person`.

Whom a person excluded, she excluded: it holds for her wherever she is kept, and so does a no to pictures and sound. What
else she agreed to, or not, is of the facts of one case, and stays there. Rows are never joined.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from sqlalchemy import func, select

from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.brought import decided_about
from sync_scripts.register.clocks import local_day
from sync_scripts.register.consent import Consent, not_overridden
from sync_scripts.register.leaving import Agreed
from sync_scripts.register.merged import merged_in
from sync_scripts.register.ops import OVERRIDE, RECORD, SAME
from sync_scripts.register.roots import chunks
from sync_scripts.register.ruleset import load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

if TYPE_CHECKING:
    from sync_scripts.register.consents.recorded import CaseAgreed
    from sync_scripts.register.said_no import SaidNo

__all__ = ["across", "join", "last_noes", "records_with"]

_PICTURES: Final = "photo_audio"
_NO: Final = frozenset({"refused", "withdrawn"})


def join(rows: Rows, code: str, agreed: CaseAgreed) -> CaseAgreed:
    """Return what was agreed to in a case, with what its people excluded where they are kept besides."""
    groups = _groups(rows, code)
    people = {
        uid: _joined(rows, one, groups[uid] - {uid}) if uid in groups else one
        for uid, one in agreed.people.items()
    }
    return replace(agreed, people=people) if groups else agreed


def across(
    rows: Rows,
    codes: Iterable[str],
    found: Mapping[str, CaseAgreed],
    read: Callable[[Collection[str]], Mapping[str, CaseAgreed]],
) -> dict[str, CaseAgreed]:
    """Return the cases in which somebody is who said no later, in a case that was merged with this one: it holds here, too.

    Inside one case that is in the rows, see `register.one_person`. As there, a yes counts from the first instant at which it can
    have been given, which of a form is its day, and a no from the last one.

    Args:
        rows: where from.
        codes: of some cases.
        found: what was agreed to in them.
        read: returns the same of other cases.
    """
    joined: dict[str, CaseAgreed] = {}
    forms: _Forms = {}
    said = decided_about(rows, list(codes), [SAME])
    elsewhere = {
        (code, uid)
        for code, events in said.items()
        for event in events
        for uid in (event.payload["uid"], event.payload["other_uid"])
    }
    for code, uid in sorted(elsewhere):
        others = [one for one in records_with(rows, code, uid) if one[0] != code]
        here = joined.get(code, found.get(code))
        if not others or here is None or uid not in here.people:
            continue
        noes = _noes(rows, others, read(sorted({one for one, _uid in others})), forms)
        person = here.people[uid]
        recorded, signed = _recorded(rows, code, uid), _signed(rows, code, uid)
        consents = tuple(_under(_reached(one, noes, signed), noes, recorded) for one in person.consents)
        under = msgspec.structs.replace(person, consents=consents)
        joined[code] = replace(here, people={**here.people, uid: under})
    return joined


class _No(NamedTuple):
    """A no of a person in another case: when it was said (instant, at the latest), in which order its form was read, and how it stands."""

    at: str
    order: int
    how: Consent


_Noes = Mapping[str, Sequence[_No]]
"""Purpose -> what she refuses, or took back; the order is 0 of what came by no form."""
_Forms = dict[str, "list[tuple[bool, list[tuple[str, str, SaidNo]]]]"]
"""Code of a case -> to what each of its interviews says no, and whether nobody is left in it: read once for everybody in it."""


def _noes(
    rows: Rows, others: Iterable[tuple[str, str]], agreed: Mapping[str, CaseAgreed], forms: _Forms
) -> _Noes:
    """Return the noes of a person in other cases; of interviews in which nobody is left, by what they told before."""
    from sync_scripts.register.consents.no_heard import noes_in  # here: most lists need it not

    found: dict[str, list[_No]] = {}
    for code, uid in others:
        if code not in forms:
            forms[code] = noes_in(rows, code)
        hers = [(gone, purpose, no) for gone, left in forms[code] for who, purpose, no in left if who == uid]
        theirs = agreed[code].people.get(uid) if code in agreed else None
        came, recorded = _came(rows, code, uid), _recorded(rows, code, uid)
        standing = [one for one in theirs.consents if _says_no(one)] if theirs else []
        noes = [
            no
            for one in standing
            for no in _said(one, [no for _, what, no in hers if what == one.purpose], came, recorded)
        ]
        noes += [_No(no.at, no.order, Consent(what, "refused")) for gone, what, no in hers if gone]
        for no in noes:
            found.setdefault(no.how.purpose, []).append(no)
    return found


def _says_no(one: Consent) -> bool:
    return one.state in _NO or one.withdrawn_at is not None


def _said(
    one: Consent, forms: Sequence[SaidNo], came: str, recorded: Mapping[str, _Recorded]
) -> Iterator[_No]:
    """Yield when a no was said, at the latest: by a form, and written down."""
    known, state = recorded.get(one.purpose, (Known(""), ""))
    if one.withdrawn_at is not None:
        yield _No(max(one.withdrawn_at, known.at if state in _NO else ""), 0, one)
        return
    found = [_No(no.at, no.order, one) for no in forms]
    if state in _NO:
        found.append(_No(known.at, 0, one))
    yield from found or [_No(came, 0, one)]


def _came(rows: Rows, code: str, uid: str) -> str:
    """Return when the last form came that says something of somebody's consents."""
    consent, filing = tables.consent.c, tables.filing.c
    asked = select(func.max(filing.received_at)).join_from(
        tables.consent, tables.filing, filing.filing_no == consent.filing_no
    )
    return str(rows.execute(asked.where(consent.person_uid == uid, filing.case_code == code)).scalar())


_Recorded = tuple[Known, str]
"""When somebody last wrote down what a person answered, with what had been read by then; and the state of that answer."""


def _recorded(rows: Rows, code: str, uid: str) -> dict[str, _Recorded]:
    """Return what somebody last wrote down of a person's answers, by purpose."""
    events = decided_about(rows, [code], [RECORD]).get(code, ())
    return {
        answer["purpose"]: (Known(event.at, event.payload.get(ARRIVAL)), answer["state"])
        for event in events
        if event.payload["person_uid"] == uid
        for answer in event.payload["consents"]
    }


def _signed(rows: Rows, code: str, uid: str) -> dict[str, Known]:
    """Return when the last override of a person was signed, by purpose."""
    events = decided_about(rows, [code], [OVERRIDE]).get(code, ())
    return {
        purpose: Known(event.at, event.payload.get(ARRIVAL))
        for event in events
        if event.payload["person_uid"] == uid
        for purpose in event.payload["purposes"]
    }


def _reached(one: Consent, noes: _Noes, signed: Mapping[str, Known]) -> Consent:
    """Return a consent without an override that was signed before a no, or before it was read: it stood in for her until then."""
    if not one.override_until:
        return one
    known = signed.get(one.purpose, Known(""))
    later = any(known.missed(no.at, no.order) for no in noes.get(one.purpose, ()))
    return not_overridden(one) if later else one


def _under(one: Consent, noes: _Noes, recorded: Mapping[str, _Recorded]) -> Consent:
    """Return a consent as it stands under a no that is no older; a no of its own stays as it is."""
    if _says_no(one):
        return one
    known, _state = recorded.get(one.purpose, (Known(""), ""))
    later = [no for no in noes.get(one.purpose, ()) if not _older(no, one, known)]
    if not later:
        return one
    no = max(later, key=itemgetter(0)).how
    if no.withdrawn_at is not None:
        return replace(one, state="withdrawn", withdrawn_at=no.withdrawn_at)
    return replace(one, state="refused", scope=None, detail=None, given_at=None, expires_at=None)


def _older(no: _No, one: Consent, known: Known) -> bool:
    """Tell whether a no is older than a yes, or had been read when that was written down on the day of its talk."""
    day, rules = one.given_at or "", load()
    if known.at > no.at or day > local_day(moment(no.at), rules).isoformat():
        return True
    return known.held(no.order) and (not day or day >= local_day(moment(known.at), rules).isoformat())


def _joined(rows: Rows, agreed: Agreed, others: Iterable[str]) -> Agreed:
    """Return what a person agreed to, with what other records of her exclude."""
    consent, talk = tables.consent, tables.interview
    query = select(consent.c.purpose, consent.c.state, talk.c.withhold_from).join(
        talk, talk.c.filing_no == consent.c.filing_no
    )
    found = rows.execute(query.where(consent.c.person_uid.in_(sorted(others)))).all()
    withheld = {word for row in found for word in (row.withhold_from or "").split()}
    no = any(row.purpose == _PICTURES and row.state in _NO for row in found)
    return msgspec.structs.replace(
        agreed,
        withheld=" ".join(sorted({*agreed.withheld.split(), *withheld})),
        denied=frozenset({_PICTURES}) if no else frozenset(),
    )


def _groups(rows: Rows, code: str) -> dict[str, frozenset[str]]:
    """Return the records that are one person with one of a case, by its uid; also through a third one."""
    found: dict[str, frozenset[str]] = {}
    for uid, case in _same(rows, code):
        group, cases = {uid}, {code, case}
        before: set[str] = set()
        while group != before:
            before = set(group)
            for one in sorted(cases):
                for mine, other, where in _pairs(rows, one):
                    if mine in group:
                        group.add(other)
                        cases = cases | {where}
        found[uid] = frozenset(group)
    return found


def _same(rows: Rows, code: str) -> list[tuple[str, str]]:
    """Return who of a case is somebody elsewhere, and where."""
    return [(mine, where) for mine, _other, where in _pairs(rows, code)]


def _pairs(rows: Rows, code: str) -> list[tuple[str, str, str]]:
    """Return the pairs of a case that were decided to be one person: uid, uid elsewhere, code of the case in which that is now.

    Also those that were decided where a form of the case was before. That two are not one is believed of a proved person only,
    once they were said to be one: it lets something leave.
    """
    stands: dict[frozenset[str], tuple[tuple[str, str, str], ...]] = {}
    for event in decided_about(rows, [code], [SAME]).get(code, ()):
        said, there = event.payload, event.subject.removeprefix("case:")
        mine, other, where = said["uid"], said["other_uid"], said["other_case"]
        pair = frozenset({mine, other})
        if said["decision"] == "same":
            back = ((other, mine, there),) if where == there else ()
            stands[pair] = ((mine, other, where), *back)
        elif event.actor.proof == "key":
            stands.pop(pair, None)
    now = _cases_now(rows, {uid for pair in stands for uid in pair})
    return sorted(
        (mine, other, now.get(other, where)) for some in stands.values() for mine, other, where in some
    )


def _cases_now(rows: Rows, uids: set[str]) -> dict[str, str]:
    """Return in which case some people are kept, by uid."""
    person = tables.person.c
    return {
        row.uid: row.case_code
        for some in chunks(sorted(uids))
        for row in rows.execute(select(person.uid, person.case_code).where(person.uid.in_(some)))
    }


def last_noes(
    rows: Rows, records: Iterable[tuple[str, str]], agreed: Mapping[str, CaseAgreed]
) -> dict[str, str]:
    """Return when a person last said no, at the latest, by purpose, of what some records of her say no to.

    Args:
        rows: where from.
        records: code of the case and uid of each.
        agreed: what was agreed to in these cases.
    """
    noes = _noes(rows, records, agreed, {})
    return {purpose: max(no.at for no in hers) for purpose, hers in noes.items()}


def records_with(rows: Rows, code: str, uid: str) -> list[tuple[str, str]]:
    """Return the other records of a person in one case, or in cases that were merged into one: code of the case, uid.

    Whatever she takes back there, she takes back in all of them.
    """
    case = tables.case
    into = rows.execute(select(case.c.merged_into).where(case.c.case_code == code)).scalar()
    top = code
    while into is not None and into != code:
        top = str(into)
        into = rows.execute(select(case.c.merged_into).where(case.c.case_code == top)).scalar()
    one_case = {top, *merged_in(rows, top)}
    found, further = {(code, uid)}, [(code, uid)]
    while further:
        where, who = further.pop()
        for mine, other, there in _pairs(rows, where):
            if mine == who and there in one_case and (there, other) not in found:
                found.add((there, other))
                further.append((there, other))
    return sorted(found - {(code, uid)})
