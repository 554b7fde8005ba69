"""A duplicate whose work stops with the case of the alert that was kept: decide again. Reads, and yields what has to be written.

Whoever sets an alert aside as a duplicate leaves it to the case of the other one. Once everybody there withdrew or refused
nobody works on either, though the second person said no such thing. An event by rule says so beside the duplicate: its task to
decide again is due within a first contact of its level, counted from that event, with a message, as when danger comes to an
alert that was set aside. Nothing is triaged again by rule; a person takes it back (``alerts unlink``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select

from sync_scripts.register.case.tasks import AlertTimes, Matter, task
from sync_scripts.register.consents.held_copies import stopped_among
from sync_scripts.register.history.merges import kept_of, merged_of
from sync_scripts.register.lifecycle.moves import CASE_OPEN
from sync_scripts.register.lifecycle.states import AlertNow
from sync_scripts.register.model.codes import chunks
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import AWAY
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import PROGRAM, Rows
from sync_scripts.store.events import Event, NewEvent
from sync_scripts.store.schema import register as tables

__all__ = ["GOES_ON", "LEFT_ALONE", "left_alone", "left_alone_tasks"]

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
    for some in chunks(sorted(kept)):
        asked = duplicates.where(one.state == "duplicate", one.duplicate_of.in_(some), goes_on)
        for row in rows.execute(asked.order_by(one.filing_no)).all():
            subject = f"alert:{row.stamp}/{row.alert_id}"
            if _unsaid(list(store_events.read(rows, subjects=[subject], ops=[_DUPLICATE, LEFT_ALONE]))):
                said = {"of": row.duplicate_of, "case_code": kept[row.duplicate_of]}
                yield NewEvent(LEFT_ALONE, subject, PROGRAM, said)


def _with_noes(rows: Rows, codes: Iterable[str]) -> set[str]:
    """Return those of some cases in which somebody said no: most are not looked at any further."""
    filing, consent, alert = tables.filing, tables.consent, tables.alert
    no = or_(consent.c.state.in_(_ENDED), consent.c.withdrawn_at.is_not(None))
    said = select(filing.c.case_code).join(consent, consent.c.filing_no == filing.c.filing_no).where(no)
    told = select(filing.c.case_code).join(alert, alert.c.filing_no == filing.c.filing_no)
    told = told.where(alert.c.consent_state.in_(_ENDED))
    return {
        code
        for some in chunks(sorted(codes))
        for query in (said, told)
        for code in rows.execute(query.where(filing.c.case_code.in_(some)).distinct()).scalars()
    }


def _with_merged(rows: Rows, codes: set[str]) -> set[str]:
    return codes.union(*merged_of(rows, codes).values())


def _open(rows: Rows, codes: Iterable[str]) -> set[str]:
    """Return those of some cases that are worked on."""
    case = tables.case.c
    asked = select(case.case_code).where(case.state.in_(sorted(CASE_OPEN)))
    return {
        code
        for some in chunks(sorted(codes))
        for code in rows.execute(asked.where(case.case_code.in_(some))).scalars()
    }


def _alerts_of(rows: Rows, codes: Iterable[str]) -> dict[str, str]:
    """Return the alerts of some cases, by their codes, each with its case."""
    filing, alert = tables.filing, tables.alert
    asked = select(alert.c.code, filing.c.case_code).join(filing, filing.c.filing_no == alert.c.filing_no)
    return {
        row.code: row.case_code
        for some in chunks(sorted(codes))
        for row in rows.execute(asked.where(filing.c.case_code.in_(some)))
    }


def _unsaid(events: Sequence[Event]) -> bool:
    """Tell whether nothing was said since an alert was set aside last, while somebody went on in the case of the kept one."""
    return bool(events) and events[-1].op == _DUPLICATE and events[-1].payload.get(GOES_ON) is not False


def left_alone_tasks(
    times: AlertTimes, now: AlertNow, events: Iterable[Event], rules: Ruleset
) -> Iterator[dict[str, Any]]:
    """Yield the task to decide again on a duplicate since nobody works on the alert that was kept.

    Args:
        times: of the alert; her own withdrawal or refusal ends it.
        now: where its events brought it.
        events: what was decided about it, in order.
        rules: how long a first contact may take.
    """
    level = times.level
    since = now.ended_at
    alone = [one for one in events if one.op == LEFT_ALONE and since is not None and one.at >= since]
    if now.state != "duplicate" or not alone:
        return
    at = moment(alone[-1].at)
    due_at = clocks.due(level, at, rules).contact
    yield task(
        times.number,
        times.subject,
        AWAY,
        due_at,
        of=Matter(level=level, variant=LEFT_ALONE, since=instant(at)),
        escalated_at=clocks.escalation(level, at, due_at, rules),
        done_at=times.stopped_at,
        assigned_to=times.assigned_to,
    )
