"""Since when nothing may be done any more with an alert, or in a case: the people withdrew, or refused. Pure.

Whether work has to stop is for `leaving` to say. Here is only since when: what is due ends at that instant, and never at
one that follows from today.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from sync_scripts.register.agreeing import Ended
from sync_scripts.register.case_input import Alert, CaseInput
from sync_scripts.register.consent import Consent
from sync_scripts.register.corrections import standing
from sync_scripts.register.ended_overrides import ended_by, ended_overrides
from sync_scripts.register.leaving import Agreed, stopped
from sync_scripts.register.lifecycle import alert_now
from sync_scripts.register.one_person import joined_talks
from sync_scripts.register.ops import CONSENT_OPS, SAME
from sync_scripts.register.people import no_since
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["alert_ended_at", "case_stopped_at"]


def alert_ended_at(
    alert_id: str, state: str | None, events: Sequence[Event], read_at: str | None = None
) -> str | None:
    """Return since when the person of an alert wants nothing done with it; None while it is handled.

    Args:
        alert_id: of the alert.
        state: what it says of consent by now.
        events: what was decided about it, in order.
        read_at: when the version that is read arrived: a refusal that nobody wrote down came with it.
    """
    if state == "withdrawn":
        return alert_now(events).withdrawn_at
    if state != "refused":
        return None
    said = standing(events).get(("alert", alert_id, "consent_state"))
    return said.at if said is not None else read_at


def case_stopped_at(people: Collection[Agreed], given: CaseInput, rules: Ruleset) -> str | None:
    """Return since when everybody in a case has withdrawn or refused; None while the work on it goes on.

    Alerts say it only as long as nobody in the case was asked anything.

    Args:
        people: what each person agrees to by now; most cases are not looked at any further.
        given: what the case is made of.
        rules: how long a consent holds and an override may last.
    """
    interviews, events = given.of("interview"), given.about_people
    ended = ended_overrides(given, rules)
    told = sorted(
        {event.at for event in events if event.op in CONSENT_OPS or event.op == SAME}
        | {_came(one) for one in interviews}
        | {at for ends in ended.overrides.values() for at in ends.values()}
        | {one.at for noes in ended.noes.values() for one in noes}
    )
    if not told or not any(one.consents for one in people):
        return _by_alerts(given.alerts, given.said)
    if not stopped(people, moment(told[-1])):
        return None
    since = None
    for at in reversed(told):
        if not stopped(_people(given, at, rules, ended), moment(at)):
            break
        since = at
    return since


def _came(interview: Filed) -> str:
    """Return when an interview said what it says of the work: the first time, or with the edit that refused all of it."""
    return instant(no_since(interview) or interview.received[0])


def _people(given: CaseInput, until: str, rules: Ruleset, ended: Ended) -> list[Agreed]:
    """Return what each person had agreed to at an instant, in the first talk that recorded it."""
    decided = [event for event in given.about_people if event.at <= until]
    talks = [one for one in given.of("interview") if _came(one) <= until]
    found: dict[str, Agreed] = {}
    for talk in joined_talks(talks, decided, given.code or "", rules, ended_by(ended, until)).values():
        for uid, consents in talk.people.items():
            found.setdefault(uid, Agreed(consents))
    went_on = [one for one in given.of("interview") if instant(one.received[0]) <= until < _came(one)]
    return [*found.values(), *(Agreed((_AGREED,)) for _ in went_on)]


_AGREED: Final = Consent("services", "given")
"""What keeps the work going until an edit refuses an interview that was held."""


def _by_alerts(alerts: Iterable[Alert], said: Mapping[str, Sequence[Event]]) -> str | None:
    ends = [
        alert_ended_at(
            one["alert_id"],
            one["consent_state"],
            said.get(f"alert:{one['stamp']}/{one['alert_id']}", ()),
            one["read_at"],
        )
        for one in alerts
    ]
    known = [at for at in ends if at is not None]
    return max(known) if known and len(known) == len(ends) else None
