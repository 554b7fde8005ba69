"""Decide on a pair of alerts: same event, related, not the same. An event; both alerts stay what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import or_, select

from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of
from sync_scripts.register.links.derive import DECIDE, pair_of, relink, subject_of
from sync_scripts.register.links.errors import LinkNotShown, LinkReasonMissing, LinkWithItself
from sync_scripts.register.links.sight import may_see, sight_of
from sync_scripts.register.submissions import Root
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["LINK_MOVES", "Decision", "LinkDecided", "decide", "same_event_with"]

Decision = Literal["same_event", "related", "not_same"]

LINK_MOVES: Final[Mapping[str, tuple[Decision, ...]]] = {
    "pending": ("same_event", "related", "not_same"),
    "same_event": ("related", "not_same"),
    "related": ("same_event", "not_same"),
    "not_same": ("same_event", "related"),
}
"""Decision that stands -> those that can follow; one that replaces another needs a reason."""

_TAKEN_UP: Final = ("linked", "opened")


@dataclass(frozen=True, slots=True)
class LinkDecided:
    """What a decision on a pair did.

    Attributes:
        alert, other: codes of the two, as they were named.
        was, now: decision before and after.
        written: whether anything had to be written; not when it stood so already.
    """

    alert: str
    other: str
    was: str
    now: str
    written: bool


def decide(by: By, alert: str, other: str, decision: Decision, reason: str = "") -> LinkDecided:
    """Say whether two alerts tell of one event. The pair need not be one that the rules propose: people know more.

    Said again by somebody proved, what was only typed before is written down once more: a guard may rest on it.
    An alert that was set aside as a duplicate of the other one is triaged again when they are no longer one event.

    Raises:
        AlertUnknown, ConsentRefused, LinkWithItself, LinkReasonMissing, LinkNotShown: as they say.
    """
    from sync_scripts.register.decisions.alert_moves import unlink

    one, two = alert_of(by.rows, alert), alert_of(by.rows, other)
    if one["filing_no"] == two["filing_no"]:
        raise LinkWithItself(alert=one["code"])
    if not may_see(sight_of(by.rows, by.actor), one, two):
        raise LinkNotShown(alert=one["code"], other=two["code"])
    stands = _stands(by.rows, one["filing_no"], two["filing_no"])
    was = stands["decision"] if stands else "pending"
    numbers = (one["filing_no"], two["filing_no"])
    if was == decision and (by.actor.proof != "key" or _proved(by.rows, numbers)):
        return LinkDecided(one["code"], two["code"], was, was, written=False)
    proposed = stands is not None and was == "pending"
    if not proposed and not reason.strip():
        raise LinkReasonMissing(alert=one["code"], other=two["code"], was=was)
    pair = pair_of(_root(one), _root(two))
    payload = {
        "alerts": [list(root) for root in pair],
        "was": was,
        "decision": decision,
        "reason": reason.strip(),
        "points": stands["points"] if stands else None,
    }
    by.write(by.event(DECIDE, subject_of(pair), payload))
    relink(by.rows, list(numbers), also=[pair])
    for alert_, of in ((one, two), (two, one)):
        if (
            decision != "same_event"
            and alert_["state"] == "duplicate"
            and alert_["duplicate_of"] == of["code"]
        ):
            unlink(by, alert_["code"], reason=reason)  # nothing else takes it up any more
    return LinkDecided(one["code"], two["code"], was, decision, written=True)


def _root(alert: Mapping[str, Any]) -> Root:
    return alert["stamp"], alert["alert_id"]


def _stands(rows: Rows, one: int, other: int) -> Mapping[str, Any] | None:
    link = tables.alert_link
    pair = (link.c.filing_no == max(one, other)) & (link.c.other_no == min(one, other))
    found = rows.execute(select(link).where(pair)).mappings().first()
    return dict(found) if found is not None else None


def same_event_with(rows: Rows, number: int) -> list[str]:
    """Return the codes of the alerts that were taken up and that somebody proved decided to be the same event as one alert.

    What the move to ``duplicate`` needs: one of them at least.
    """
    alert, link = tables.alert, tables.alert_link
    theirs = or_(
        (link.c.filing_no == number) & (alert.c.filing_no == link.c.other_no),
        (link.c.other_no == number) & (alert.c.filing_no == link.c.filing_no),
    )
    chosen = select(alert.c.code, link.c.filing_no, link.c.other_no).join_from(alert, link, theirs)
    query = chosen.where(link.c.decision == "same_event", alert.c.state.in_(_TAKEN_UP))
    found = rows.execute(query.order_by(alert.c.code)).all()
    return [row.code for row in found if _proved(rows, (row.filing_no, row.other_no))]


def _proved(rows: Rows, numbers: tuple[int, int]) -> bool:
    """Tell whether whoever decided last on two alerts signed in with a key of their own."""
    filing = tables.filing
    query = select(filing.c.stamp, filing.c.root_id).where(filing.c.filing_no.in_(numbers))
    one, other = ((row.stamp, row.root_id) for row in rows.execute(query))
    events = list(store_events.read(rows, subjects=[subject_of(pair_of(one, other))], ops=[DECIDE]))
    return bool(events) and events[-1].actor.proof == "key"
