"""Refusal of consent through the one policy: when interviews came to refuse something, whose refusal it is, and which overrides ended by it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.form_versions import as_of, told_of
from sync_scripts.register.case.people import agreed, refused
from sync_scripts.register.disclosure.sharing import OVERRIDABLE
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import CORRECT, RESTORE, corrected, subject_of
from sync_scripts.register.history.person_decisions import OVERRIDE, RECORD, SAME, records_since
from sync_scripts.register.policy.measure import Decision, Measure, Rating, Reason, Statement
from sync_scripts.register.policy.standing import news
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

_ALWAYS: Final = "~"
"""Later than every instant."""
_MATTERS: Final = frozenset({OVERRIDE, RECORD, SAME})
"""Ops of the decisions beside which it matters when a form came to refuse; most cases hold none and are not looked at."""
EVERYBODY: Final = ""
"""Stands for the uid, and for the purpose, of a refusal of a whole interview."""
_Theirs = Mapping[str, frozenset[str]]
"""Purposes by uid."""


class Refusal(msgspec.Struct, frozen=True):
    """That an interview newly refuses something, or does not any more.

    Attributes:
        at: when a server had it, or when it was laid over the interview, as text.
        order: in which order this register read it; 0 of what was laid over it here.
        purposes: what nobody in the interview had refused before.
        hers: the same of each person, by uid; `EVERYBODY` of whoever an interview tells of that is refused itself.
        lifted: what each person had refused, and does not any more, by uid.
        lasts: no edit takes it back. One does where the talk could not be held in private, and where nothing was said yet: a form
            that began with a refusal, and was sent again with the talk.
    """

    at: str
    order: int
    purposes: frozenset[str]
    hers: _Theirs
    lifted: _Theirs = {}
    lasts: bool = True


class Kept(msgspec.Struct, frozen=True):
    """A refusal that stands although its form does not say it any more.

    Attributes:
        uid, purpose: whose, and of what; `EVERYBODY`, and everything, of an interview that was refused itself.
        since: instant of the edit that says something else.
    """

    uid: str
    purpose: str
    since: str


class Refusals(msgspec.Struct, frozen=True):
    """What the interviews of a case came to refuse, and which overrides ended by it.

    Attributes:
        said: id of an interview -> its refusals in order; read only where they matter.
        ends: workspace and number of an override -> purpose -> since when a refusal ended it.
        until, ended_until: what was said, or ended, later than that is not looked at.
    """

    said: Mapping[str, Sequence[Refusal]] = {}
    ends: Mapping[tuple[str, int], Mapping[str, str]] = {}
    until: str = _ALWAYS
    ended_until: str = _ALWAYS

    def by(self, at: str, *, before: bool = False) -> Refusals:
        """Return what had been said and had ended by an instant; ``before``: of overrides only what had ended before it."""
        last = at + _ALWAYS
        return msgspec.structs.replace(self, until=last, ended_until=at if before else last)

    def of(self, interview: str) -> list[Refusal]:
        """Return the refusals of an interview, in order."""
        return [one for one in self.said.get(interview, ()) if one.at < self.until]

    def ended(self, override: Event) -> frozenset[str]:
        """Return the purposes for which an override does not stand any more."""
        ends = self.ends.get((override.workspace, override.seq), {})
        return frozenset(purpose for purpose, since in ends.items() if since < self.ended_until)

    def news(self, interview: str, uid: str, purpose: str, known: Known) -> bool:
        """Tell whether a form refuses, for a person, what somebody wrote down as given who had not read that."""
        theirs = (
            one for one in self.of(interview) if EVERYBODY in one.hers or purpose in one.hers.get(uid, ())
        )
        return bool(unread([refusal(interview, one.at, one.order) for one in theirs], known))


def refusals_of(given: CaseInput, rules: Ruleset) -> Refusals:
    """Return what the interviews of a case came to refuse, as far as it matters, and which overrides do not stand any more.

    Of most cases nothing is looked for: their forms came once, and nobody decided beside them.
    """
    if given.untouched:
        return Refusals()
    if any(one.op in _MATTERS for one in given.about_people):
        return every_refusal(given, rules)
    edited = [one for one in given.of("interview") if len(one.history) > 1]
    return Refusals(_said(edited, given, rules)) if edited else Refusals()


def _said(interviews: Iterable[Filed], given: CaseInput, rules: Ruleset) -> dict[str, Sequence[Refusal]]:
    return {
        one.root[1]: tuple(of_interview(one, given.said.get(subject_of(one), ()), rules))
        for one in interviews
    }


def every_refusal(given: CaseInput, rules: Ruleset) -> Refusals:
    """Return what the interviews of a case came to refuse, and which overrides do not stand any more since then."""
    events, interviews = given.about_people, given.of("interview")
    said = _said(interviews, given, rules)
    here = {uid for one in interviews for uid in told_of(one)}
    same = [one for one in events if one.op == SAME]
    ends = {
        (one.workspace, one.seq): dict(
            _ends(one, said, records_since(same, given.code or "", one.payload["person_uid"], here))
        )
        for one in events
        if one.op == OVERRIDE
    }
    return Refusals(said, ends)


def of_interview(filed: Filed, said: Sequence[Event], rules: Ruleset) -> Iterator[Refusal]:
    """Yield when an interview came to refuse something, and when not any more, in order.

    Args:
        filed: the interview, with all its versions.
        said: what was decided about it, in order.
        rules: how long a consent holds.
    """
    orders = {instant(at): filed.arrival(at) for at, _ in filed.history}
    orders = dict.fromkeys((one.at for one in said if one.op in {CORRECT, RESTORE}), 0) | orders
    before: _Theirs = {}
    heard: _Theirs = {}  # the same of the last talk that was held, or refused after one that was
    began = False
    came = instant(filed.history[0][0])
    # what was laid over a form came after it, also where the clock of its server says that it has still to come
    for number, at in enumerate(sorted(orders, key=lambda one: (one != came, one))):
        lies = [one for one in said if one.at <= at] if number else []
        then = as_of(filed, lies, max(at, came))
        now = _refused(then, filed, rules, before)
        yield from _passed_over(filed, lies, at, rules, {**before, **now})
        began = began or (then is not None and not refused(then))
        lasts = then is None or not refused(then) or (EVERYBODY in now and began)
        known = heard if lasts else before
        hers, lifted = _more(now, known), _more(before, now)
        if hers or lifted:
            yield Refusal(at, orders[at], _every(now) - _every(known), hers, lifted, lasts)
        before = now
        heard = now if lasts else heard


def _passed_over(
    filed: Filed, lies: Sequence[Event], at: str, rules: Ruleset, known: _Theirs
) -> Iterator[Refusal]:
    """Yield what a version refused that came when a later one was here already, and that nothing else says: no sooner said than kept."""
    read = next((one[0] for one in filed.history if filed.is_read(one)), None)
    for when, reading in filed.history:
        if instant(when) == at and read is not None and when > read:
            version = corrected(filed.as_of(when, reading), lies)
            hers = _more(_refused(version, filed, rules, {}), known)
            if hers and (not refused(version) or EVERYBODY in hers):
                order = filed.arrival(when)
                yield Refusal(at, order, _every(hers) - _every(known), hers)
                yield Refusal(at, order, frozenset(), {}, hers)


def standing(said: Sequence[Refusal]) -> Iterator[tuple[str, str, Refusal]]:
    """Yield what each person refuses by now, and since when: uid, purpose, each version that newly said so and stands.

    Of an interview in which nobody is left that is what its talks refused, and what goes with all of it.
    """
    for (uid, purpose), (_since, found) in sorted(_stand(said).items()):
        yield from ((uid, purpose, one) for one in found)


def kept(said: Sequence[Refusal]) -> Iterator[Kept]:
    """Yield the refusals of an interview that stand although it does not say them any more, of anybody."""
    stand = _stand(said)
    now = {purpose for (_uid, purpose), (since, _found) in stand.items() if not since}
    for (uid, purpose), (since, found) in sorted(stand.items()):
        if found and purpose not in now:
            yield Kept(uid, purpose, since)


def _stand(said: Iterable[Refusal]) -> dict[tuple[str, str], tuple[str, list[Refusal]]]:
    """Return what said each refusal that stands, and since when an edit says something else; empty while the form says it."""
    found: dict[tuple[str, str], tuple[str, list[Refusal]]] = {}
    for one in said:
        for pair in _pairs(one.lifted):
            left = [] if one.order == 0 else [no for no in found.get(pair, ("", []))[1] if no.lasts]
            found[pair] = one.at, left
        for pair in _pairs(one.hers):
            found[pair] = "", [*found.get(pair, ("", []))[1], one]
    return found


def _pairs(noes: _Theirs) -> set[tuple[str, str]]:
    return {(uid, purpose) for uid, purposes in noes.items() for purpose in purposes}


def _more(noes: _Theirs, than: _Theirs) -> dict[str, frozenset[str]]:
    return {uid: more for uid, said in noes.items() if (more := said - than.get(uid, frozenset()))}


def _every(noes: _Theirs) -> frozenset[str]:
    return frozenset[str]().union(*noes.values())


def _refused(then: Filed | None, filed: Filed, rules: Ruleset, before: _Theirs) -> dict[str, frozenset[str]]:
    """Return what each person of an interview refuses, as it stood at an instant.

    A refusal at its beginning is that of everybody it told of, and comes on top of what the last talk refused.
    """
    if then is None:
        return {}
    if refused(then):
        record = then.one("interview")
        said = record is not None and record.fields.get("consent_case") == "no"
        whole = {EVERYBODY: frozenset({EVERYBODY})} if said else {}
        return {uid: OVERRIDABLE | before.get(uid, frozenset()) for uid in told_of(filed)} | whole
    return {
        uid: frozenset(one.purpose for one in consents if one.state == "refused")
        for uid, consents in agreed(then, rules).people.items()
    }


def _ends(
    override: Event, said: Mapping[str, Sequence[Refusal]], she: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the purposes of an override which a refusal ended that was news to it, and since when: the first one counts.

    Args:
        override: the event.
        said: of every interview of the case.
        she: the uids of the person's other records, each with since when it is decided that it is her.
    """
    known, found = Known.of(override), dict[str, str]()
    for interview, all_of in said.items():
        by_at = {one.at: one for one in all_of}
        for new in unread([refusal(interview, one.at, one.order) for one in all_of], known):
            one, since = by_at[instant(new.at)], instant(known.from_then(new.at))
            own = interview == override.payload["interview"]
            ends = dict.fromkeys(one.purposes, since) if own else _hers(one, since, she)
            for purpose in ends.keys() & set(override.payload["purposes"]):
                found[purpose] = min(ends[purpose], found.get(purpose, ends[purpose]))
    yield from sorted(found.items())


def _hers(said: Refusal, since: str, she: Mapping[str, str]) -> dict[str, str]:
    """Return what a person refused in another interview, and since when that is known to be her."""
    found: dict[str, str] = {}
    for uid in said.hers.keys() & she.keys():
        for purpose in said.hers[uid]:
            known = max(since, she[uid])
            found[purpose] = min(known, found.get(purpose, known))
    return found


GIVEN: Final = "given"
REFUSED: Final = "refused"


def _above(level: str, known: Mapping[str, int], said: Sequence[Reason]) -> bool:
    return level == GIVEN and any(one.id not in known for one in said)


REFUSAL: Final = Measure(levels=(GIVEN, REFUSED), alone=GIVEN, replaced=frozenset(), above=_above)


def refusal(form: str, at: str, order: int) -> Statement:
    """Return the statement that somebody refuses, which nothing before it said.

    Args:
        form: id of the interview, or of the decision, that says so.
        at: when, as text.
        order: in which order this register read it; 0 of what a person decided or laid over a form.
    """
    why = Reason(f"{form} {at}", 0, REFUSED)
    return Statement(form, 1, "", moment(at), order, Rating(REFUSED, (why,)), correction=order == 0)


def unread(refusals: Iterable[Statement], known: Known) -> list[Statement]:
    """Return the refusals that are news to a consent, or to an override, which knew so much."""
    found = news(refusals, [Decision(known, GIVEN)], REFUSAL)
    return [one.said for one in found if one.ended_at is None]


def consent_of_form(at: str) -> Known:
    """Return what a consent on a form covers that was given at an instant: of what came at once with it, nothing."""
    return Known(instant(moment(at) - timedelta(microseconds=1)))
