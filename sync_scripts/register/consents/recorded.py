"""What the people of a case agreed to, read from the register: the input of `leaving`. Levels 0 to 2; writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Table, select

from sync_scripts.register.clocks import local_day
from sync_scripts.register.consent import Consent
from sync_scripts.register.consents.grown import adults, children
from sync_scripts.register.consents.same import across, join
from sync_scripts.register.erased import erased_among, taken_among
from sync_scripts.register.involving import CaseRows
from sync_scripts.register.involving import involved as involved_in
from sync_scripts.register.leaving import (
    Agreed,
    Answer,
    Asked,
    Receiver,
    alert_may_leave,
    case_may_leave,
    gave_up,
    may_leave,
    somebody_goes_on,
    warnings,
)
from sync_scripts.register.merged import merged_in, merged_of
from sync_scripts.register.outside import offices, receiver_of
from sync_scripts.register.roots import chunks
from sync_scripts.register.ruleset import load
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = [
    "NOBODY",
    "CaseAgreed",
    "agreed_in",
    "answer_for",
    "answers_for",
    "covers_service",
    "identity_goes",
    "involved",
    "kept_from",
    "may_share",
    "may_transfer",
    "of_cases",
]


@dataclass(frozen=True, slots=True)
class CaseAgreed:
    """What was agreed to in one case.

    Attributes:
        first: uid of the person interviewed first; None without an interview.
        people: what each person agreed to, by uid; nobody is in it who was never spoken of in a talk.
        alerts: what its alerts say of consent; looked at only as long as nobody was interviewed.
        erased: the case was erased, and nothing came for it since: nothing of it leaves.
        merged: what people agreed to in the cases that were merged into it, as what is done for them is done here; looked for only
            where somebody of its own gave something up.
        told: nobody was interviewed there, or here, and an alert of theirs goes on.
        taken: who was taken out, by uid; also somebody who was never spoken of in a talk.
    """

    first: str | None
    people: Mapping[str, Agreed]
    alerts: tuple[str | None, ...] = ()
    erased: bool = False
    merged: tuple[Agreed, ...] = ()
    told: bool = False
    taken: frozenset[str] = frozenset()

    def of(self, uid: str | None) -> Agreed:
        """Return what one person agreed to; of a person without a row nothing."""
        who = uid or self.first or ""
        return self.people.get(who, Agreed(erased=self.erased or who in self.taken))

    def answer(self, asked: Asked, at: datetime, uid: str | None = None) -> Answer:
        """Tell whether something may leave, for the person interviewed first unless another one is named."""
        return may_leave(asked, self.of(uid), at, local_day(at, load()))

    def whole(self, asked: Asked, at: datetime) -> Answer:
        """Tell whether what says only that the case is there may leave: its row in a list, a message.

        Also while only somebody of a case that was merged into it goes on: what is done for her is done here.
        """
        own = self.own(asked, at)
        if own.allowed or self.erased:
            return own
        going = self.told or somebody_goes_on(asked, self.merged, at, local_day(at, load()))
        return Answer(allowed=True) if going else own

    def own(self, asked: Asked, at: datetime) -> Answer:
        """Tell the same by the people of this very case: what is kept in it is about them alone."""
        on = local_day(at, load())
        if self.erased:
            return Answer(allowed=False, why="erased")
        if self.people or not self.alerts:
            return case_may_leave(asked, self.people.values(), at, on)
        answers = [alert_may_leave(asked, state, on) for state in self.alerts]
        return next((one for one in answers if one.allowed), answers[0])

    def stopped(self, at: datetime) -> bool:
        """Tell whether all work on the case has to stop: everybody in it, and in what was merged into it, withdrew or refused."""
        return not self.whole(Asked("list"), at).allowed

    def given_up(self, at: datetime) -> bool:
        """Tell whether everybody in this very case withdrew or refused, whoever goes on in what was merged into it."""
        return not self.own(Asked("list"), at).allowed


NOBODY: CaseAgreed = CaseAgreed(None, {})
"""A case in which nobody was interviewed yet."""


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
    found: set[str] = set()
    for some in chunks(sorted(codes)):
        found.update(rows.execute(asked.where(filing.c.case_code.in_(some))).scalars())
    return found


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
    names = (
        "purpose",
        "state",
        "scope",
        "detail",
        "given_at",
        "expires_at",
        "withdrawn_at",
        "override_reason",
        "override_by_1",
        "override_by_2",
        "override_until",
    )
    return Consent(**{name: row[name] for name in names})


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


# --- one question -------------------------------------------------------------------------------------------------


def agreed_in(rows: Rows, code: str) -> CaseAgreed:
    """Return what was agreed to in one case, and what its people excluded where else they are kept: for what hands over."""
    return join(rows, code, of_cases(rows, [code]).get(code, NOBODY))


def answer_for(rows: Rows, case_code: str, asked: Asked, at: datetime, uid: str | None = None) -> Answer:
    """Tell whether something about a person of a case may leave now: the question of every command that hands over."""
    return agreed_in(rows, case_code).answer(asked, at, uid)


def answers_for(
    rows: Rows, case_code: str, asked: Asked, at: datetime, people: Iterable[str] | None = None
) -> dict[str, Answer]:
    """Tell of each person of a case whether what is kept of her may leave now, by uid.

    For whatever speaks of several people at once: a dossier, a hand-over, a piece of evidence. It may leave when every
    answer says so; of a person who was never asked, or whom no talk covers, the answer is no.

    Args:
        rows: the register.
        case_code: the case.
        asked: as what, for what and to whom; whether a lawyer stands by is looked up.
        at: the instant.
        people: uids; everybody in the case without it.
    """
    agreed = agreed_in(rows, case_code)
    asked = msgspec.structs.replace(asked, counsel=asked.counsel or _has_lawyer(rows, case_code))
    who = _everybody(rows, case_code) if people is None else list(people)
    return {uid: agreed.answer(asked, at, uid) for uid in who}


def _everybody(rows: Rows, case_code: str) -> list[str]:
    person = tables.person
    query = select(person.c.uid).where(person.c.case_code == case_code)
    return list(rows.execute(query.order_by(person.c.filing_no, person.c.number, person.c.uid)).scalars())


def _has_lawyer(rows: Rows, case_code: str) -> bool:
    legal = tables.legal_event
    lawyers = select(legal.c.lawyer_code).where(
        legal.c.case_code == case_code, legal.c.lawyer_code.is_not(None)
    )
    return rows.execute(lawyers.limit(1)).first() is not None


# --- evidence -----------------------------------------------------------------------------------------------------

_SHARED: Final[dict[str, Asked]] = {
    "justice": Asked("evidence", "court", purpose="justice"),
    "un": Asked("evidence", "un", purpose="un"),
    "advocacy": Asked("evidence", "public", purpose="advocacy"),
    "media": Asked("evidence", "media", purpose="media"),
}


def may_share(
    rows: Rows, evidence: Mapping[Any, Any], purpose: str, at: datetime, receiver: str | None = None
) -> bool:
    """Tell whether a piece of evidence may be handed over for a purpose.

    Everybody whom it involves must have agreed to the purpose and to pictures and sound; before a court, a child needs a
    lawyer.

    Args:
        rows: the register.
        evidence: its row.
        purpose: justice, un, advocacy or media.
        at: the instant.
        receiver: to whom, as it was typed; whom somebody excluded does not get it for any purpose.
    """
    asked = _SHARED.get(purpose)
    if asked is None:
        return False
    people, doors = involved(rows, evidence), [asked]
    if receiver:
        kind, official = _to(rows, receiver)
        doors.append(msgspec.structs.replace(asked, receiver=kind, official=official))
    answers = [
        one for door in doors for one in answers_for(rows, evidence["case_code"], door, at, people).values()
    ]
    return bool(answers) and all(one.allowed for one in answers)


def involved(rows: Rows, evidence: Mapping[Any, Any]) -> list[str]:
    """Return the uids of the people whom a piece of evidence involves; see `involving`."""
    code = evidence["case_code"]
    item, talk, act, suffered = tables.evidence, tables.interview, tables.act, tables.act_victim
    filing = tables.filing

    def theirs(table: Table) -> list[Mapping[Any, Any]]:
        query = select(table).join(filing, filing.c.filing_no == table.c.filing_no)
        return list(rows.execute(query.where(filing.c.case_code == code)).mappings())

    held = CaseRows(theirs(talk), theirs(act), theirs(suffered), theirs(item), _everybody(rows, code))
    return involved_in(evidence, held)


# --- services -----------------------------------------------------------------------------------------------------


def _to(rows: Rows, provider: str | None) -> tuple[Receiver, bool]:
    """Return who somebody outside is, and whether it is an office of the state, by the directory as it stands."""
    return receiver_of(provider, offices(rows))


def covers_service(
    rows: Rows,
    case_code: str,
    service: str | None,
    at: datetime,
    *,
    uid: str | None = None,
    provider: str | None,
) -> bool:
    """Tell whether a person may be served or referred now, without identity.

    Args:
        rows: the register.
        case_code: the case.
        service: the service.
        at: the instant of the referral.
        uid: of the person; the one interviewed first unless another one is named.
        provider: code of the organisation that gives the service; None for one of our own.
    """
    receiver, official = _to(rows, provider)
    asked = Asked("referral", receiver, service=service or "", official=official)
    return answer_for(rows, case_code, asked, at, uid).allowed


def identity_goes(rows: Rows, case_code: str, intervention: str, at: datetime) -> bool | None:
    """Tell whether the identity of the person may go along with a referral: only to a service that she ticked.

    None for a service of our own, which is no referral, and for one that somebody has answered already.
    """
    made = tables.intervention
    row = rows.execute(select(made).where(made.c.intervention_id == intervention)).mappings().one()
    receiver, official = _to(rows, row["provider_code"])
    if receiver == "us" or row["status"] not in {"planned", "referred"}:
        return None
    asked = Asked("referral_identity", receiver, service=row["service"] or "", official=official)
    return answer_for(rows, case_code, asked, at, row["person_uid"]).allowed


def may_transfer(rows: Rows, case_code: str, receiver: str | None, at: datetime) -> bool:
    """Tell whether a whole case may be handed over, with all that was merged into it.

    Everybody who is documented there agreed, and nobody excluded such receivers; who was never asked did not agree. Who
    was taken out is not asked: nothing of her is left to go. Where a yes cannot be told of anybody, it is no.
    """
    codes = [case_code, *merged_in(rows, case_code)]
    found, taken = of_cases(rows, codes), taken_among(rows, codes)
    everybody: list[Agreed] = []
    for code, one in ((code, join(rows, code, found.get(code, NOBODY))) for code in codes):
        gone = taken.get(code, set())
        here = replace(one, people={uid: said for uid, said in one.people.items() if uid not in gone})
        if one.erased:
            continue
        if code != case_code and here.given_up(at):
            return False
        everybody += [here.of(uid) for uid in sorted({*_everybody(rows, code), *here.people} - gone)]
    kind, official = _to(rows, receiver or "")
    excluded = " ".join(one.withheld for one in everybody)
    asked, on = Asked("transfer", kind, official=official), local_day(at, load())
    people = [msgspec.structs.replace(one, withheld=excluded) for one in everybody]
    return bool(people) and all(may_leave(asked, one, at, on).allowed for one in people)


def kept_from(rows: Rows, case_code: str, intervention: str) -> tuple[str, ...]:
    """Return from whom the person served by an intervention wants it kept, where that bars nothing: family, community."""
    made = tables.intervention
    uid = rows.execute(select(made.c.person_uid).where(made.c.intervention_id == intervention)).scalar()
    agreed = agreed_in(rows, case_code)
    return warnings(agreed.of(uid).withheld)
