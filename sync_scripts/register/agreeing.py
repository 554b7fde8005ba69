"""What people decided about consents, laid over what the talks recorded: asked again, withdrawn, overridden. Pure.

An override stands in for somebody who cannot be asked: whatever no comes later ends it. A yes that was written down ends with the
no of a form that came later. What a form recorded is never touched. The tasks that follow from a consent are `owed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import msgspec

from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.consent import GIVEN, Consent, not_overridden
from sync_scripts.register.flags import flag
from sync_scripts.register.leaving import Agreed
from sync_scripts.register.ops import CONSENT_OPS, OVERRIDE, RECORD, WITHDRAW
from sync_scripts.register.people import Talk
from sync_scripts.register.redacted import REDACT
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.said_no import SaidNo
from sync_scripts.register.submissions import Filed
from sync_scripts.store.canonical import moment
from sync_scripts.store.events import Event

__all__ = [
    "RECORD",
    "Ended",
    "agreed_of",
    "complaint_flags",
    "last_said",
    "over",
]


class Ended(msgspec.Struct, frozen=True):
    """What forms said no to, also after something was decided.

    Attributes:
        overrides: workspace and number of an override -> purpose -> since when a form's no ended it.
        noes: id of an interview -> when it came to say no, in order; looked for only where it matters.
    """

    overrides: Mapping[tuple[str, int], Mapping[str, str]] = {}
    noes: Mapping[str, Sequence[SaidNo]] = {}

    def taken_back(self, interview: str, uid: str, purpose: str, known: Known) -> bool:
        """Tell whether an interview came to say no after something was written down over it.

        Not its first version, nor one that was read here by then: whoever wrote it down had that before them.
        """
        said = (one for one in self.noes.get(interview, ()) if purpose in one.hers.get(uid, ()))
        return any(one.at > known.at and not (one.first or known.held(one.order)) for one in said)


def over(talk: Talk, interview: str, events: Iterable[Event], rules: Ruleset, ended: Ended) -> Talk:
    """Return a talk with all that was decided since laid over it.

    Args:
        talk: what the interview recorded.
        interview: its id.
        events: decisions about the case, in order.
        rules: how long an override may last.
        ended: what forms said no to, also later.
    """
    people = {uid: {one.purpose: one for one in found} for uid, found in talk.people.items()}
    for event in events:
        if event.op == OVERRIDE:
            _override(people, interview, event, rules, ended.overrides.get((event.workspace, event.seq), {}))
        elif event.op == RECORD:
            _record(people, interview, event, ended)
        elif event.op in _STEPS:
            _STEPS[event.op](people, interview, event)
    return msgspec.structs.replace(talk, people={uid: tuple(found.values()) for uid, found in people.items()})


_People = dict[str, dict[str, Consent]]


def _record(people: _People, interview: str, event: Event, ended: Ended) -> None:
    said, uid = event.payload, event.payload["person_uid"]
    if said["interview"] != interview:
        return
    theirs, known = people.setdefault(uid, {}), Known(event.at, said.get(ARRIVAL))
    for one in said["consents"]:
        if ended.taken_back(interview, uid, one["purpose"], known):
            continue  # the form was sent again since, with a no
        theirs[one["purpose"]] = _asked(theirs.get(one["purpose"]), Consent(**one), event.at)


def _asked(before: Consent | None, now: Consent, at: str) -> Consent:
    """Return what stands once somebody was asked: a no ends an override, and that she cannot be asked is why there is one."""
    if before is None or not before.override_until:
        return now
    if now.state == "unable":
        return replace(before, state="unable") if before.state == "not_asked" else before
    return _no_more(before, at) if now.state == "refused" else now


def _withdraw(people: _People, _interview: str, event: Event) -> None:
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
    """Return what stands once somebody said no to what was done without her.

    Refused: she can be asked again; a withdrawal stays one.
    """
    if one.withdrawn_at is not None:
        return not_overridden(one)
    return replace(not_overridden(one), state="refused", withdrawn_at=at)


def _override(
    people: _People, interview: str, event: Event, rules: Ruleset, ended: Mapping[str, str]
) -> None:
    said = event.payload
    longest = moment(event.at) + timedelta(hours=rules.case.override_max_h)
    if said["interview"] != interview or moment(said["until"]) > longest:
        return
    theirs = people.setdefault(said["person_uid"], {})
    for purpose in (one for one in said["purposes"] if one not in ended):
        theirs[purpose] = replace(
            theirs.get(purpose) or Consent(purpose, "not_asked"),
            override_reason=said["reason"],
            override_by_1=said["first"],
            override_by_2=said["second"],
            override_until=said["until"],
            override_from=event.at,
        )


def _taken_out(people: _People, _interview: str, event: Event) -> None:
    """Let whoever was taken out agree to nothing any more, whether or not that was written down before."""
    theirs = people.get(event.payload["person_uid"], {})
    for purpose, one in theirs.items():
        if one.state in GIVEN and one.withdrawn_at is None:
            theirs[purpose] = replace(not_overridden(one), state="withdrawn", withdrawn_at=event.at)
        else:
            theirs[purpose] = not_overridden(one)


_STEPS: Final = {WITHDRAW: _withdraw, REDACT: _taken_out}


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
            yield flag(one, f"followup:{one.key}", "complaint_withheld")


def last_said(events: Iterable[Event]) -> str | None:
    """Return when something was last decided about consents; None if never."""
    return max((event.at for event in events if event.op in CONSENT_OPS), default=None)
