"""What each talk of a case recorded of consent, with all that people decided since, and every refusal of one person over it. Pure.

An override stands in for somebody who cannot be asked: a refusal that it had not read ends it. A consent that was written down
ends with a refusal that its form came to say since. Somebody may tell her story twice, and be kept under V1 and V2: where it was
decided that both are one person, what she refused last is refused in every record of her. A consent stays with the record in
which it was given: that two are one may be said by anybody, and must let nothing leave. What a form recorded is never touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import Any, Final

import msgspec

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.flags import flag
from sync_scripts.register.case.form_versions import told_of
from sync_scripts.register.case.people import Talk, agreed, refused
from sync_scripts.register.consents.refusals import (
    EVERYBODY,
    Kept,
    Refusal,
    Refusals,
    consent_of_form,
    kept,
    refusal,
    standing,
    unread,
)
from sync_scripts.register.disclosure.sharing import Agreed
from sync_scripts.register.forms.answers import GIVEN, Consent, not_overridden
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.person_decisions import (
    CONSENT_OPS,
    OVERRIDE,
    RECORD,
    REDACT,
    WITHDRAW,
    records_of_one,
)
from sync_scripts.register.policy.measure import Statement
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

NO: Final = frozenset({"refused", "withdrawn"})
"""States of a consent that say no."""
_YES: Final = GIVEN | {"unable"}
_MISSING: Final = Consent("", "not_asked")
_People = dict[str, dict[str, Consent]]
_No = tuple[Statement, Consent]
"""A refusal, and how it stands."""
Refused = Mapping[str, Sequence[_No]]
"""Purpose -> what a person refuses or took back in any record of her."""


def says_no(one: Consent) -> bool:
    """Tell whether a consent is refused, or was taken back."""
    return one.state in NO or one.withdrawn_at is not None


class Talks:
    """What each interview of a case recorded of consent, with all that was decided since, and every last refusal, over it."""

    def __init__(self, given: CaseInput, rules: Ruleset, refusals: Refusals) -> None:
        """Take what a case is made of, and what its forms refuse."""
        interviews, events = given.of("interview"), given.about_people
        self._refusals = refusals
        told, decided = told_by(interviews), defaultdict[str, list[Event]](list)
        for event in events:
            for name in concerned(event, told):
                decided[name].append(event)
        self._alone = {one.root[1]: talk_of(one, decided[one.root[1]], rules, refusals) for one in interviews}
        self._gone = {one.root[1] for one in interviews if refused(one)}
        self._place = {one.root[1]: number for number, one in enumerate(interviews)}
        self._told = told
        self._groups = records_of_one(events, given.code or "", told)
        self._answers = Answers(interviews, rules)
        for event in events:
            self._answers.add(event)

    def joined(self) -> dict[str, Talk]:
        """Return the talk by the id of its interview."""
        talks = dict(self._alone)
        for group in self._groups:
            noes = self._refused(group)
            for name in self._speaking(group):
                talks[name] = self._answers.under(talks[name], name, group, noes)
        return talks

    def last_refused(self, uid: str) -> dict[str, str]:
        """Return when somebody last refused what she refuses in any record of her, at the latest, by purpose."""
        group = next((one for one in self._groups if uid in one), frozenset({uid}))
        return {
            purpose: instant(max(no.at for no, _how in noes))
            for purpose, noes in self._refused(group).items()
        }

    def _refused(self, group: frozenset[str]) -> Refused:
        names = self._speaking(group)
        talks = {name: self._alone[name] for name in names}
        gone = [name for name in names if name in self._gone]
        return self._answers.refused(talks, group, gone, self._refusals)

    def _speaking(self, group: frozenset[str]) -> list[str]:
        """Return the interviews that tell of a person, by arrival."""
        return sorted(
            {name for uid in group for name in self._told.get(uid, ())}, key=self._place.__getitem__
        )


def talks_of(given: CaseInput, rules: Ruleset, refusals: Refusals) -> dict[str, Talk]:
    """Return the talk by the id of its interview; of an untouched case what each recorded."""
    if given.untouched:
        return {one.root[1]: talk_of(one, (), rules, refusals) for one in given.of("interview")}
    return Talks(given, rules, refusals).joined()


def told_by(interviews: Iterable[Filed]) -> dict[str, list[str]]:
    """Return the interviews of which any version tells of somebody, or which are hers, by uid."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in interviews:
        for uid in told_of(one):
            found[uid].append(one.root[1])
    return found


def concerned(event: Event, told: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the interviews over which a decision can lie."""
    if event.op in {RECORD, OVERRIDE}:
        return [event.payload["interview"]]
    return told.get(event.payload["person_uid"], ()) if event.op in CONSENT_OPS else ()


def talk_of(interview: Filed, events: Sequence[Event], rules: Ruleset, refusals: Refusals) -> Talk:
    """Return what one interview recorded, with all that was decided since laid over it."""
    talk, name = agreed(interview, rules), interview.root[1]
    everything = next(iter(talk.people.values()))  # the same for all of them
    if (
        not events
        and name not in refusals.said
        and len({one.purpose for one in everything}) == len(everything)
    ):
        return talk  # nothing lies over it
    people = {uid: {one.purpose: one for one in found} for uid, found in talk.people.items()}
    for one in kept(refusals.of(name)):
        # also of whoever the form has since put in her place
        for uid in [one.uid] if one.uid in people else people:
            _keep_refused(people[uid], one.purpose)
    for event in events:
        if event.op == OVERRIDE:
            _override(people, name, event, rules, refusals)
        elif event.op == RECORD:
            _record(people, name, event, refusals)
        elif event.op in _STEPS:
            _STEPS[event.op](people, event)
    return msgspec.structs.replace(talk, people={uid: tuple(found.values()) for uid, found in people.items()})


def kept_refusals(talk: Talk, said: Sequence[Refusal]) -> list[Kept]:
    """Return what an interview does not refuse any more, and what stays refused since nobody has decided on it."""
    stand = {one.purpose for some in talk.people.values() for one in some if one.state == "refused"}
    return [one for one in kept(said) if one.purpose in stand]


def _keep_refused(theirs: dict[str, Consent], refused: str) -> None:
    """Let what a person refused stand refused."""
    for purpose in list(theirs) if refused == EVERYBODY else [refused]:
        if theirs.get(purpose, _MISSING).state in _YES | {"not_asked"}:
            theirs[purpose] = Consent(purpose, "refused")


# --- one decision -------------------------------------------------------------------------------------------------


def _record(people: _People, interview: str, event: Event, refusals: Refusals) -> None:
    said, uid = event.payload, event.payload["person_uid"]
    if said["interview"] != interview:
        return
    theirs, known = people.setdefault(uid, {}), Known.of(event)
    for one in said["consents"]:
        if not refusals.news(interview, uid, one["purpose"], known):
            theirs[one["purpose"]] = _asked(theirs.get(one["purpose"]), Consent(**one), event.at)


def _asked(before: Consent | None, now: Consent, at: str) -> Consent:
    """Return what stands once somebody was asked: a refusal ends an override, and that she cannot be asked is why there is one."""
    if before is None or not before.override_until:
        return now
    if now.state == "unable":
        return replace(before, state="unable") if before.state == "not_asked" else before
    return _no_more(before, at) if now.state == "refused" else now


def _withdraw(people: _People, event: Event) -> None:
    theirs = people.get(event.payload["person_uid"], {})
    was = event.payload.get("was", {})
    for purpose in event.payload["purposes"]:
        one = theirs.get(purpose)
        if one is not None and one.override_until and was.get(purpose) not in GIVEN:
            theirs[purpose] = _no_more(one, event.at)
        elif one is not None:
            at = one.withdrawn_at or event.at
            theirs[purpose] = replace(not_overridden(one), state="withdrawn", withdrawn_at=at)


def _no_more(one: Consent, at: str) -> Consent:
    """Return what stands once somebody refused what was done without her: she can be asked again; a withdrawal stays one."""
    if one.withdrawn_at is not None:
        return not_overridden(one)
    return replace(not_overridden(one), state="refused", withdrawn_at=at)


def _override(people: _People, interview: str, event: Event, rules: Ruleset, refusals: Refusals) -> None:
    said = event.payload
    longest = moment(event.at) + timedelta(hours=rules.case.override_max_h)
    if said["interview"] != interview or moment(said["until"]) > longest:
        return
    theirs, ended = people.setdefault(said["person_uid"], {}), refusals.ended(event)
    for purpose in (one for one in said["purposes"] if one not in ended):
        theirs[purpose] = replace(
            theirs.get(purpose) or Consent(purpose, "not_asked"),
            override_reason=said["reason"],
            override_by_1=said["first"],
            override_by_2=said["second"],
            override_until=said["until"],
            override_from=event.at,
        )


def _taken_out(people: _People, event: Event) -> None:
    """Let whoever was taken out agree to nothing any more, whether or not that was written down before."""
    theirs = people.get(event.payload["person_uid"], {})
    for purpose, one in theirs.items():
        if one.state in GIVEN and one.withdrawn_at is None:
            theirs[purpose] = replace(not_overridden(one), state="withdrawn", withdrawn_at=event.at)
        else:
            theirs[purpose] = not_overridden(one)


_STEPS: Final = {WITHDRAW: _withdraw, REDACT: _taken_out}


# --- one person in several records --------------------------------------------------------------------------------


class Answers:
    """When each answer of a case was given: a consent as early as it can have been, a refusal as late."""

    def __init__(self, interviews: Iterable[Filed], rules: Ruleset) -> None:
        """Take the interviews; decisions are added in their order."""
        self._came = {one.root[1]: instant(one.received[0]) for one in interviews}
        self._rules = rules
        self._recorded: dict[tuple[str, str, str], tuple[Known, str]] = {}

    def add(self, event: Event) -> None:
        """Read a decision: of what somebody was asked the last answer counts."""
        for answer in event.payload["consents"] if event.op == RECORD else ():
            place = event.payload["interview"], event.payload["person_uid"], answer["purpose"]
            self._recorded[place] = Known.of(event), answer["state"]

    def refused(
        self, talks: Mapping[str, Talk], group: frozenset[str], gone: Iterable[str], refusals: Refusals
    ) -> Refused:
        """Return the refusals of one person by purpose; of interviews in which nobody is left, by what they told before.

        Args:
            talks: by the id of their interview, each as it is by itself.
            group: the uids of her records.
            gone: ids of the interviews in which nobody is left.
            refusals: of all of them.
        """
        found: dict[str, list[_No]] = defaultdict(list)
        for name, talk in talks.items():
            left = list(standing(refusals.of(name)))
            for uid in sorted(group & talk.people.keys()):
                for one in filter(says_no, talk.people[uid]):
                    forms = [no for who, what, no in left if (who, what) == (uid, one.purpose)]
                    said = self._said(one, name, uid, [refusal(name, no.at, no.order) for no in forms])
                    found[one.purpose] += ((no, one) for no in said)
        for name in gone:
            answered = {(uid, one.purpose) for uid, answers in talks[name].people.items() for one in answers}
            for uid, purpose, no in standing(refusals.of(name)):
                if uid in group and (uid, purpose) not in answered:
                    found[purpose].append((refusal(name, no.at, no.order), Consent(purpose, "refused")))
        return found

    def under(self, talk: Talk, interview: str, group: frozenset[str], refused: Refused) -> Talk:
        """Return a talk with each consent of a person, and what was done without her, under her later refusals."""
        people = {
            uid: tuple(self._under(one, interview, uid, refused.get(one.purpose, ())) for one in answers)
            if uid in group
            else answers
            for uid, answers in talk.people.items()
        }
        return msgspec.structs.replace(talk, people=people)

    def _said(
        self, one: Consent, interview: str, uid: str, forms: Sequence[Statement]
    ) -> Iterator[Statement]:
        """Yield when a consent was refused, at the latest: by the form, which may have come to say it with an edit, or written down."""
        known, state = self._recorded.get((interview, uid, one.purpose), (Known(""), ""))
        yield from forms
        if one.withdrawn_at is not None:
            yield refusal(interview, max(one.withdrawn_at, known.at), 0)
        elif state in NO:
            yield refusal(interview, known.at, 0)
        elif not forms:
            yield refusal(interview, self._came[interview], 0)

    def _under(self, one: Consent, interview: str, uid: str, mine: Sequence[_No]) -> Consent:
        # of what forms say, that is in `Refusals.ends`: which of them the two had not seen
        if one.override_from is not None and any(
            no.correction and instant(no.at) > one.override_from for no, _how in mine
        ):
            one = not_overridden(one)
        if one.state not in _YES or one.withdrawn_at is not None:
            return one
        new = {no.at for no in unread([no for no, _how in mine], self._yes(one, interview, uid))}
        after = [(no.at, how) for no, how in mine if no.at in new]
        if not after:
            return one
        _at, how = max(after, key=itemgetter(0))
        if how.withdrawn_at is not None:
            return replace(one, state="withdrawn", withdrawn_at=how.withdrawn_at)
        return replace(one, state="refused", scope=None, detail=None, given_at=None, expires_at=None)

    def _yes(self, one: Consent, interview: str, uid: str) -> Known:
        """Return what a consent covers: what had been read when it was written down on the day of its talk, else what was said before.

        A phone that was not connected says it later, never sooner.
        """
        known, _state = self._recorded.get((interview, uid, one.purpose), (None, ""))
        heard = known.at if known is not None else self._came[interview]
        day = date.fromisoformat(one.given_at) if one.given_at else None
        if day is not None and day < local_day(moment(heard), self._rules):
            return consent_of_form(instant(datetime.combine(day, time.min, self._rules.zone)))
        return known if known is not None else consent_of_form(heard)


# --- what is made of them -----------------------------------------------------------------------------------------


def agreed_of(talk: Talk, uid: str, child: bool | None, adult_from: str | None = None) -> Agreed:
    """Return what one person agreed to in a talk; whose age is not known counts as a child."""
    return Agreed(
        talk.people.get(uid, ()),
        talk.withheld,
        child=child is not False,
        minor=child is True,
        adult_from=adult_from,
    )


_COMPLAINTS: Final = frozenset({"complaint_police", "complaint_prosecutor"})


def complaint_flags(followups: Iterable[Filed], talks: Iterable[Talk]) -> Iterator[dict[str, Any]]:
    """Yield a flag for each follow-up that reports a complaint although somebody in the case excluded the authorities."""
    if not any("authorities" in talk.withheld.split() for talk in talks):
        return
    for one in followups:
        record = one.one("legal_event")
        if record is not None and record.fields.get("step") in _COMPLAINTS:
            yield flag(one, "complaint_withheld")


def last_decided(events: Iterable[Event]) -> str | None:
    """Return when something was last decided about consents; None if never."""
    return max((event.at for event in events if event.op in CONSENT_OPS), default=None)
