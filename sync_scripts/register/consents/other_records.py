"""What a case's people agreed to, as a value, and what they said of it in another case, where both records are one person. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.consents.refusals import every_refusal
from sync_scripts.register.consents.talks import NO, Talks
from sync_scripts.register.disclosure.sharing import (
    Agreed,
    Answer,
    Asked,
    alert_may_leave,
    case_may_leave,
    may_leave,
    somebody_goes_on,
)
from sync_scripts.register.forms.answers import Consent
from sync_scripts.register.forms.loading import Shelf
from sync_scripts.register.forms.loading import load as load_submissions
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.corrections import CORRECT, RESTORE, corrected, subject_of
from sync_scripts.register.history.merges import one_case
from sync_scripts.register.history.person_decisions import ABOUT_PEOPLE, SAME, TAKEN_OUT, decided_about
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables


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


_PICTURES: Final = "photo_audio"


def join(rows: Rows, agreed: CaseAgreed, elsewhere: Mapping[str, Mapping[str, str]]) -> CaseAgreed:
    """Return what was agreed to in a case, with what its people excluded where else they are kept, by uid as `records_elsewhere` says."""
    people = {
        uid: _joined(rows, one, elsewhere[uid]) if uid in elsewhere else one
        for uid, one in agreed.people.items()
    }
    return replace(agreed, people=people) if elsewhere else agreed


def across(rows: Rows, codes: Iterable[str], found: Mapping[str, CaseAgreed]) -> dict[str, CaseAgreed]:
    """Return the cases in which somebody is who refused later, in a case that was merged with this one: it holds here, too.

    Inside one case that is in the rows already. Here the forms of these cases are read as if they were of one.

    Args:
        rows: where from.
        codes: of some cases.
        found: what was agreed to in them.
    """
    joined: dict[str, CaseAgreed] = {}
    said, cases = decided_about(rows, list(codes), [SAME]), Cases(rows)
    elsewhere = {
        (code, uid)
        for code, events in said.items()
        for event in events
        for uid in (event.payload["uid"], event.payload["other_uid"])
    }
    for code, uid in sorted(elsewhere):
        others = {case for case, _uid in records_with(rows, code, uid)} - {code}
        here = joined.get(code, found.get(code))
        if not others or here is None or uid not in here.people:
            continue
        under = msgspec.structs.replace(here.people[uid], consents=cases.consents(code, uid, others))
        joined[code] = replace(here, people={**here.people, uid: under})
    return joined


class Cases:
    """The interviews of some cases with what was decided about them, each read once, and several as if they were one."""

    def __init__(self, rows: Rows) -> None:
        """Read a case when it is first asked for."""
        self._rows = rows
        self._read: dict[str, CaseInput] = {}

    def of(self, code: str) -> CaseInput:
        """Return the interviews of one case, and what was decided about them and it."""
        if code not in self._read:
            self._read[code] = interviews_of(self._rows, code)
        return self._read[code]

    def consents(self, code: str, uid: str, others: Iterable[str]) -> tuple[Consent, ...]:
        """Return what somebody of a case agrees to, under what she refuses in other cases."""
        talks = self._talks(code, others).joined()
        hers = (talks[one.root[1]] for one in self.of(code).filed)
        return next((talk.people[uid] for talk in hers if uid in talk.people), ())

    def last_refused(self, code: str, uid: str, others: Iterable[str]) -> dict[str, str]:
        """Return when somebody last refused what she refuses in any record of her in some cases, at the latest, by purpose."""
        return self._talks(code, others).last_refused(uid)

    def _talks(self, code: str, others: Iterable[str]) -> Talks:
        given = self._together([code, *sorted({*others} - {code})])
        return Talks(given, load(), every_refusal(given, load()))

    def _together(self, codes: Sequence[str]) -> CaseInput:
        """Return some cases as if they were one, under the code of the first."""
        every = [self.of(code) for code in codes]
        events = {(event.workspace, event.seq): event for one in every for event in one.about_people}
        return CaseInput(
            codes[0],
            every[0].unit,
            sorted((filed for one in every for filed in one.filed), key=_arrival),
            sorted(events.values(), key=lambda one: (one.at, one.workspace, one.seq)),
            (),
            {},
            {subject: said for one in every for subject, said in one.said.items()},
        )


def interviews_of(rows: Rows, code: str) -> CaseInput:
    """Return the interviews of a case, and what was decided about them and it."""
    filing, talk, unit = tables.filing.c, tables.interview.c, f"case:{code}"
    query = select(filing.stamp, filing.root_id).join_from(
        tables.filing, tables.interview, filing.filing_no == talk.filing_no
    )
    roots = [(row.stamp, row.root_id) for row in rows.execute(query.where(filing.case_code == code))]
    found = list(load_submissions(rows, roots, Shelf(rows)).values())
    said: dict[str, list[Event]] = {subject_of(one): [] for one in found}
    for event in store_events.read(rows, subjects=list(said), ops=[CORRECT, RESTORE, TAKEN_OUT]):
        said[event.subject].append(event)
    filed = sorted((corrected(one, said[subject_of(one)]) for one in found), key=_arrival)
    decided = list(store_events.read(rows, subjects=[unit]))
    about = decided_about(rows, [code], sorted(ABOUT_PEOPLE)).get(code, ())
    came = [one for one in about if one.subject != unit]
    return CaseInput(code, unit, filed, decided, (), {}, said, brought=came)


def _arrival(one: Filed) -> tuple[object, object]:
    return one.received[0], one.root


def _joined(rows: Rows, agreed: Agreed, others: Iterable[str]) -> Agreed:
    """Return what a person agreed to, with what other records of her exclude."""
    consent, talk = tables.consent, tables.interview
    query = select(consent.c.purpose, consent.c.state, talk.c.withhold_from).join(
        talk, talk.c.filing_no == consent.c.filing_no
    )
    found = rows.execute(query.where(consent.c.person_uid.in_(sorted(others)))).all()
    withheld = {word for row in found for word in (row.withhold_from or "").split()}
    no = any(row.purpose == _PICTURES and row.state in NO for row in found)
    return msgspec.structs.replace(
        agreed,
        withheld=" ".join(sorted({*agreed.withheld.split(), *withheld})),
        denied=frozenset({_PICTURES}) if no else frozenset(),
    )


def records_elsewhere(rows: Rows, code: str) -> dict[str, dict[str, str]]:
    """Return the other records of the people of a case, by uid: uid and code of the case; also through a third one."""
    found: dict[str, dict[str, str]] = {}
    for uid, case in _same(rows, code):
        group, cases = {uid: code}, {code, case}
        before: set[str] = set()
        while group.keys() != before:
            before = set(group)
            for one in sorted(cases):
                for mine, other, where in _pairs(rows, one):
                    if mine in group:
                        group.setdefault(other, where)
                        cases = cases | {where}
        del group[uid]
        found[uid] = group
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
        row.uid: row.case_code for row in rows.among(select(person.uid, person.case_code), person.uid, uids)
    }


def records_with(rows: Rows, code: str, uid: str) -> list[tuple[str, str]]:
    """Return the other records of a person in one case, or in cases that were merged into one: code of the case, uid.

    Whatever she takes back there, she takes back in all of them.
    """
    within = one_case(rows, code)
    found, further = {(code, uid)}, [(code, uid)]
    while further:
        where, who = further.pop()
        for mine, other, there in _pairs(rows, where):
            if mine == who and there in within and (there, other) not in found:
                found.add((there, other))
                further.append((there, other))
    return sorted(found - {(code, uid)})
