"""Withdrawals that nobody wrote down, and duplicates whose work stops with the case of the alert that was kept.

What somebody agreed to once and does not any more, and what has to be done; what has to be decided again. Yields what has to be written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import or_, select

from sync_scripts.register.case.consent_tasks import Occasions, Told
from sync_scripts.register.case.tasks import Matter, Occasion
from sync_scripts.register.consents.held_copies import stopped_among
from sync_scripts.register.consents.history import Agreement, Step
from sync_scripts.register.forms.answers import GIVEN, Consent
from sync_scripts.register.history.merges import kept_of, merged_of
from sync_scripts.register.history.person_decisions import WITHDRAW, gone_by
from sync_scripts.register.lifecycle.moves import CASE_OPEN
from sync_scripts.register.lifecycle.replay import AlertNow
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import PROGRAM, Rows
from sync_scripts.store.events import Event, NewEvent
from sync_scripts.store.schema import register as tables

_YES: Final = "yes"
_OTHERS: Final = "other_ngos"
_TO_OTHERS: Final = frozenset({"services", "refer_identity", "document"})
"""Purposes by which something goes to another organisation: whoever excludes those takes them back for it."""

Less = Mapping[str, frozenset[str]]
"""Purpose -> what it is, or was, given for: `_YES`, the services ticked, the scope, other organisations."""


class ImpliedWithdrawal(msgspec.Struct, frozen=True):
    """What a person took back by a form.

    Attributes:
        at: instant at which the register heard of it.
        uid: of the person.
        less: by purpose that was given until then, or given for more: what it is not given for any more.
        stands: that of it to which she has not agreed anew since.
    """

    at: str
    uid: str
    less: Less
    stands: Less

    @property
    def undocumented(self) -> bool:
        """Tell whether what was kept to be documented has to go."""
        return _YES in self.stands.get("document", ())


def implied_withdrawals(steps: Iterable[Step], events: Sequence[Event]) -> list[ImpliedWithdrawal]:
    """Return what people of a case took back without a withdrawal, in its order.

    What two people let go without her counts as given until she says no, also once it ran out: whoever got it has it.

    Args:
        steps: what people agreed to, instant by instant.
        events: decisions about the case, in order.
    """
    withdrawals = [one for one in events if one.op == WITHDRAW]
    last: dict[str, Agreement | None] = {}
    found: list[tuple[Step, str, Less]] = []
    for step in steps:
        for uid, now in sorted(step.people.items()):
            before = last.get(uid)
            last[uid] = now
            if before is not None and now is not None:  # an edit took the person away: a flag says so
                less = _less(_for_what(before), _for_what(now), _written(withdrawals, uid, step.at))
                if less:
                    found.append((step, uid, less))
    stand = {uid: _for_what(one, overridden=False) for uid, one in last.items() if one is not None}
    return _standing(found, stand)


def _standing(found: Iterable[tuple[Step, str, Less]], stand: Mapping[str, Less]) -> list[ImpliedWithdrawal]:
    """Return what was taken back, with what of it stands; of what was taken back twice at once only what was not before."""
    made: list[ImpliedWithdrawal] = []
    for step, uid, lost in found:
        less = lost
        for one in made if step.again else ():  # who got it hears of what she took back before, too
            less = _less(less, one.stands) if one.uid == uid else less
        if less:
            made.append(ImpliedWithdrawal(step.at, uid, less, _less(less, stand.get(uid, {}))))
    return made


def _written(withdrawals: Sequence[Event], uid: str, at: str) -> frozenset[str]:
    """Return what a person took back by a withdrawal at an instant, which raises tasks of its own.

    What is taken back in one record of her is written down in each of them, one after the other.
    """
    said = [one for one in withdrawals if one.at >= at]
    if not said or said[0].at != at:
        return frozenset()
    return frozenset(
        name for one in said if one.payload["person_uid"] == uid for name in one.payload["purposes"]
    )


def _less(before: Less, after: Less, written: Collection[str] = ()) -> Less:
    """Return what something is not given for any more; of purposes that were written down nothing."""
    lost = {name: what - after.get(name, frozenset()) for name, what in before.items() if name not in written}
    return {name: what for name, what in lost.items() if what}


def _for_what(agreed: Agreement, *, overridden: bool = True) -> Less:
    """Return what each purpose is given for; ``overridden``: also by two people without her."""
    others = frozenset() if _OTHERS in agreed.withheld.split() else frozenset({_OTHERS})
    return {
        one.purpose: _given_for(one) | (others if one.purpose in _TO_OTHERS else frozenset())
        for one in agreed.consents
        if (one.state in GIVEN and one.withdrawn_at is None) or (overridden and one.override_until)
    }


def _given_for(one: Consent) -> frozenset[str]:
    """Return what a consent was given for; somebody who may be named may also be spoken of without a name."""
    if one.purpose == "refer_identity" and one.detail:
        return frozenset({_YES, *msgspec.json.decode(one.detail).get("services", [])})
    return frozenset({_YES, "identified"}) if one.scope == "identified" else frozenset({_YES})


# --- what has to be done ------------------------------------------------------------------------------------------


def implied_erasures(found: Iterable[ImpliedWithdrawal], events: Sequence[Event]) -> Occasions:
    """Yield each after which what was kept to be documented is erased; ``events`` are decisions about the case, in order."""
    for one in found:
        if one.undocumented and gone_by(events, one.uid, "") != one.at:
            done_at = gone_by(events, one.uid, one.at)
            yield Occasion(moment(one.at), of=_of(one, one.uid), done_at=done_at)


def implied_receivers(found: Iterable[ImpliedWithdrawal], told: Sequence[Told]) -> Occasions:
    """Yield whoever got something by then; ``told`` is everybody who got something of the case."""
    for one in found:
        for who in (who for who in told if _hears(who, one)):
            of = _of(one, who.name or None)
            yield Occasion(moment(one.at), of=of, number=who.number, subject=who.subject)


def _of(one: ImpliedWithdrawal, about: str | None) -> Matter:
    return Matter(about=about, variant="taken_back", since=one.at)


def _hears(told: Told, one: ImpliedWithdrawal) -> bool:
    """Tell whether whoever got something hears of it: what was given since, on a yes since, is not meant."""
    if told.people is not None and one.uid not in told.people:
        return False
    before = told.since is not None and told.since <= one.at
    lost = one.less if before else one.stands
    return any(_rests_on(told, name, what) for name, what in lost.items())


def _rests_on(told: Told, purpose: str, lost: frozenset[str]) -> bool:
    """Tell whether what was given rests on what was taken back; who serves her with one service keeps what is for it."""
    if purpose not in told.purposes:
        return False
    of_services = purpose == "refer_identity" and lost.isdisjoint({_YES, _OTHERS})
    return not of_services or not told.service or told.service in lost


LEFT_ALONE: Final = "alert.alone"
"""Op of what is said of a duplicate, by rule, when the work on the alert that was kept stops."""
GOES_ON: Final = "kept_goes_on"
"""Name in the payload of the decision that an alert is a duplicate: whether somebody went on in the case of the kept one."""
_DUPLICATE: Final = "alert.duplicate"
_ENDED: Final = ("refused", "withdrawn")


def left_alone(rows: Rows, codes: Iterable[str], now: datetime) -> Iterator[NewEvent]:
    """Yield what is to be said of duplicates whose work stops by now with some cases that were built, each once.

    A case counts with the one in which it goes on, and with those that were merged into it. Of a case that was closed nothing
    is said: its work was done. Nor of a duplicate that was set aside when the case had stopped: who decided knew it.

    Args:
        rows: in the transaction of the building, after its rows were written.
        codes: of the cases.
        now: aware, the instant of the building.
    """
    noes = _with_noes(rows, codes)
    if not noes:
        return
    into = kept_of(rows, noes)
    tops = _open(rows, {into.get(code, code) for code in noes})
    kept = _alerts_of(rows, _with_merged(rows, tops))
    if not kept:  # as of most, for what follows reads the consents of all of them
        return
    stopped = tops.intersection(stopped_among(rows, noes, now))
    whole = _with_merged(rows, stopped)
    kept = {alert: code for alert, code in kept.items() if code in whole}
    one = tables.alert.c
    duplicates = select(one.alert_id, one.duplicate_of, tables.filing.c.stamp)
    duplicates = duplicates.join_from(tables.alert, tables.filing, tables.filing.c.filing_no == one.filing_no)
    goes_on = one.consent_state.is_(None) | one.consent_state.not_in(_ENDED)
    asked = duplicates.where(one.state == "duplicate", goes_on).order_by(one.filing_no)
    for row in list(rows.among(asked, one.duplicate_of, kept)):
        subject = f"alert:{row.stamp}/{row.alert_id}"
        if _unsaid(list(store_events.read(rows, subjects=[subject], ops=[_DUPLICATE, LEFT_ALONE]))):
            said = {"of": row.duplicate_of, "case_code": kept[row.duplicate_of]}
            yield NewEvent(LEFT_ALONE, subject, PROGRAM, said)


def _with_noes(rows: Rows, codes: Iterable[str]) -> set[str]:
    """Return those of some cases in which somebody said no: most are not looked at any further."""
    filing, consent, alert, wanted = tables.filing, tables.consent, tables.alert, set(codes)
    no = or_(consent.c.state.in_(_ENDED), consent.c.withdrawn_at.is_not(None))
    said = select(filing.c.case_code).join(consent, consent.c.filing_no == filing.c.filing_no).where(no)
    told = select(filing.c.case_code).join(alert, alert.c.filing_no == filing.c.filing_no)
    told = told.where(alert.c.consent_state.in_(_ENDED))
    asked = (said.distinct(), told.distinct())
    return {code for query in asked for (code,) in rows.among(query, filing.c.case_code, wanted)}


def _with_merged(rows: Rows, codes: set[str]) -> set[str]:
    return codes.union(*merged_of(rows, codes).values())


def _open(rows: Rows, codes: Iterable[str]) -> set[str]:
    """Return those of some cases that are worked on."""
    case = tables.case.c
    asked = select(case.case_code).where(case.state.in_(sorted(CASE_OPEN)))
    return {code for (code,) in rows.among(asked, case.case_code, codes)}


def _alerts_of(rows: Rows, codes: Iterable[str]) -> dict[str, str]:
    """Return the alerts of some cases, by their codes, each with its case."""
    filing, alert = tables.filing, tables.alert
    asked = select(alert.c.code, filing.c.case_code).join(filing, filing.c.filing_no == alert.c.filing_no)
    return {row.code: row.case_code for row in rows.among(asked, filing.c.case_code, codes)}


def _unsaid(events: Sequence[Event]) -> bool:
    """Tell whether nothing was said since an alert was set aside last, while somebody went on in the case of the kept one."""
    return bool(events) and events[-1].op == _DUPLICATE and events[-1].payload.get(GOES_ON) is not False


def alone_since(now: AlertNow, events: Iterable[Event]) -> datetime | None:
    """Return since when nobody works on the alert that was kept of a duplicate; ``events`` were decided about that, in order."""
    since = now.ended_at
    alone = [one for one in events if one.op == LEFT_ALONE and since is not None and one.at >= since]
    return moment(alone[-1].at) if now.state == "duplicate" and alone else None
