"""What the people of a case agreed to, read from the register: the input of `leaving`. Levels 0 to 2; writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.clocks import local_day
from sync_scripts.register.consent import Consent
from sync_scripts.register.leaving import Agreed, Answer, Asked, may_leave, stopped, warnings
from sync_scripts.register.ruleset import load
from sync_scripts.register.submissions import chunks
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["NOBODY", "CaseAgreed", "answer_for", "covers_service", "kept_from", "may_share", "of_cases"]


@dataclass(frozen=True, slots=True)
class CaseAgreed:
    """What was agreed to in one case.

    Attributes:
        first: uid of the person interviewed first; None without an interview.
        people: what each person agreed to, by uid; nobody is in it who was never spoken of in a talk.
    """

    first: str | None
    people: Mapping[str, Agreed]

    def of(self, uid: str | None) -> Agreed:
        """Return what one person agreed to; of a person without a row nothing."""
        return self.people.get(uid or self.first or "", Agreed())

    def stopped(self, at: datetime) -> bool:
        """Tell whether all work on the case has to stop; see `leaving.stopped`."""
        return stopped(self.people.values(), at)

    def answer(self, asked: Asked, at: datetime, uid: str | None = None) -> Answer:
        """Tell whether something may leave, for the person interviewed first unless another one is named."""
        return may_leave(asked, self.of(uid), at, local_day(at, load()))


NOBODY: CaseAgreed = CaseAgreed(None, {})
"""A case in which nobody was interviewed yet."""


def of_cases(rows: Rows, codes: Iterable[str]) -> dict[str, CaseAgreed]:
    """Return what was agreed to in some cases; one without an interview is not in it."""
    found: dict[str, CaseAgreed] = {}
    for some in chunks(sorted(codes)):
        children = _children(rows, some)
        talks = _talks(rows, some)
        for code, consents in _consents(rows, some).items():
            people = {
                uid: Agreed(
                    tuple(theirs),
                    talks[code][1].get(interview, ""),
                    child=children.get(uid) is not False,
                    minor=children.get(uid) is True,
                )
                for (uid, interview), theirs in consents.items()
            }
            found[code] = CaseAgreed(talks[code][0], people)
    return found


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


def _children(rows: Rows, codes: list[str]) -> dict[str, bool | None]:
    person = tables.person
    query = select(person.c.uid, person.c.is_child).where(person.c.case_code.in_(codes))
    return {row.uid: row.is_child for row in rows.execute(query)}


# --- one question -------------------------------------------------------------------------------------------------


def answer_for(rows: Rows, case_code: str, asked: Asked, at: datetime, uid: str | None = None) -> Answer:
    """Tell whether something about a person of a case may leave now: the question of every command that hands over."""
    return of_cases(rows, [case_code]).get(case_code, NOBODY).answer(asked, at, uid)


_SHARED: Final[dict[str, Asked]] = {
    "justice": Asked("bundle", "court", purpose="justice"),
    "un": Asked("bundle", "un", purpose="un"),
    "advocacy": Asked("uwazi", "public", purpose="advocacy"),
    "media": Asked("media_kit", "media"),
}


def may_share(rows: Rows, case_code: str, purpose: str, at: datetime) -> bool:
    """Tell whether a piece of evidence may be handed over for a purpose; before a court, a child needs a lawyer."""
    asked = _SHARED.get(purpose)
    if asked is None:
        return False
    legal = tables.legal_event
    lawyers = select(legal.c.lawyer_code).where(
        legal.c.case_code == case_code, legal.c.lawyer_code.is_not(None)
    )
    counsel = rows.execute(lawyers.limit(1)).first() is not None
    return answer_for(rows, case_code, msgspec.structs.replace(asked, counsel=counsel), at).allowed


def covers_service(
    rows: Rows, case_code: str, service: str | None, at: datetime, *, uid: str | None = None, by_others: bool
) -> bool:
    """Tell whether a person may be served or referred now, without identity.

    Args:
        rows: the register.
        case_code: the case.
        service: the service.
        at: the instant of the referral.
        uid: of the person; the one interviewed first unless another one is named.
        by_others: another organisation gives the service.
    """
    asked = Asked("referral", "other_ngo" if by_others else "us", service=service or "")
    return answer_for(rows, case_code, asked, at, uid).allowed


def kept_from(rows: Rows, case_code: str, intervention: str) -> tuple[str, ...]:
    """Return from whom the person served by an intervention wants it kept, where that bars nothing: family, community."""
    made = tables.intervention
    uid = rows.execute(select(made.c.person_uid).where(made.c.intervention_id == intervention)).scalar()
    agreed = of_cases(rows, [case_code]).get(case_code, NOBODY)
    return warnings(agreed.of(uid).withheld)
