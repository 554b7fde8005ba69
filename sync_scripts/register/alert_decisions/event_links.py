"""Decide on pairs of alerts: same event, related, not the same; one pair, or a group after it was shown. Events; the alerts stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from sqlalchemy import select

from sync_scripts.register.alert_decisions.alert_moves import unlink
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import alert_of
from sync_scripts.register.history.logbook import (
    DECIDE,
    PENDING,
    SAME,
    Decided,
    Pair,
    decisions,
    pair_of,
    subject_of,
)
from sync_scripts.register.history.visibility import kind_of, shows, sight_of
from sync_scripts.register.links.alerts import Known, codes_of, known, known_as, one_event
from sync_scripts.register.links.compare import Scale
from sync_scripts.register.links.grouping import mark_of, marked_until
from sync_scripts.register.links.same import GroupChanged, LinkNotShown, LinkReasonMissing, LinkWithItself
from sync_scripts.register.links.views import Group, said_of
from sync_scripts.register.rules.link_rules import load
from sync_scripts.store.database import Rows
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import register as tables

Decision = Literal["same_event", "related", "not_same"]

LINK_MOVES: Final[Mapping[str, tuple[Decision, ...]]] = {
    "pending": ("same_event", "related", "not_same"),
    "same_event": ("related", "not_same"),
    "related": ("same_event", "not_same"),
    "not_same": ("same_event", "related"),
}
"""Decision that stands -> those that can follow; one that replaces another needs a reason."""


@dataclass(frozen=True, slots=True)
class LinkDecided:
    """What a decision did.

    Attributes:
        alert: code of the alert, as it was named.
        others: codes of the others; one, or those of a group.
        was, now: decision before and after.
        written: whether anything had to be written; not when it stood so already.
        came: how many came into a group after it was shown; nothing was decided on them.
    """

    alert: str
    others: tuple[str, ...]
    was: str
    now: str
    written: bool
    came: int = 0


class _Asked(msgspec.Struct, frozen=True):
    """A pair to decide on: the other alert, what stands, and the points that the rules give where they propose it."""

    other: Known
    stands: Decided
    points: int | None


def decide(by: By, alert: str, other: str, decision: Decision, reason: str = "") -> LinkDecided:
    """Say whether two alerts tell of one event. The pair need not be one that the rules propose: people know more.

    Said again by somebody proved, what was only typed before is written down once more: a guard may rest on it.
    An alert that was set aside as a duplicate of another one is triaged again when nothing makes them one event any more.

    Raises:
        AlertUnknown, ConsentRefused, LinkWithItself, LinkReasonMissing, LinkNotShown: as they say.
    """
    one, two = _named(by.rows, alert), _named(by.rows, other)
    if one.number == two.number:
        raise LinkWithItself(alert=one.code)
    sight = sight_of(by.rows, by.actor)
    if not shows(sight, *(kind_of(sight, each.case, each.icons) for each in (one, two))):
        raise LinkNotShown(alert=one.code, other=two.code)
    stands = decisions(by.rows, [one.key]).get(pair_of(one.root, two.root), Decided())
    told = one.told is not None and two.told is not None and one.root[1] != two.root[1]
    compared = Scale(load()).compare(one.told, two.told) if told else None  # type: ignore[arg-type]  # as told says
    points = compared.points if compared is not None and compared.offered else None
    return _decided(by, one, [_Asked(two, stands, points)], decision, reason)


def decide_group(by: By, alert: str, mark: str, decision: Decision, reason: str = "") -> LinkDecided:
    """Say the same of an alert and each of a group that was shown beside it, as `views.proposals` marks it: an event each.

    What arrived since it was shown stays a question.

    Raises:
        AlertUnknown, ConsentRefused, LinkReasonMissing: as they say.
        GroupChanged: no group of this alert is the one that was shown.
    """
    until = marked_until(mark) or 0
    groups, _hidden = said_of(by.rows, sight_of(by.rows, by.actor), alert, most=None)
    for group in groups:
        shown = [one for one in group.members if one.alert.number <= until]
        if (
            mark_of(group.head.key, ((one.alert.number, one.alert.key) for one in shown))
            == mark.strip().upper()
        ):
            asked = [_Asked(one.alert, one.decided, one.compared.points) for one in shown]
            done = _decided(by, group.head, asked, decision, reason)
            return _with(done, group, len(shown))
    raise GroupChanged(alert=_named(by.rows, alert).code, mark=mark.strip().upper())


def _with(done: LinkDecided, group: Group, shown: int) -> LinkDecided:
    return LinkDecided(
        done.alert, done.others, done.was, done.now, done.written, came=len(group.members) - shown
    )


def _named(rows: Rows, text: str) -> Known:
    (found,) = known(rows, tables.alert.c.filing_no == alert_of(rows, text)["filing_no"])
    return found


def _decided(by: By, head: Known, asked: Sequence[_Asked], decision: Decision, reason: str) -> LinkDecided:
    was = asked[0].stands.decision
    others = tuple(one.other.code for one in asked)
    new = [one for one in asked if one.stands.decision != decision or _proves(by, one.stands)]
    if not new:
        return LinkDecided(head.code, others, was, was, written=False)
    for one in new:
        if (one.stands.decision != PENDING or one.points is None) and not reason.strip():
            raise LinkReasonMissing(alert=head.code, other=one.other.code, was=one.stands.decision)
    before = decisions(by.rows) if was == SAME != decision else {}
    by.write(*(_event(by, head, one, decision, reason) for one in new))
    by.catch_up(subject_of(pair_of(head.root, new[0].other.root)))
    if before:
        _part(by, head, before, reason)
    return LinkDecided(head.code, others, was, decision, written=True)


def _proves(by: By, stands: Decided) -> bool:
    """Tell whether saying again what was only typed makes it proved."""
    return by.actor.proof == "key" != stands.proof


def _event(by: By, head: Known, one: _Asked, decision: Decision, reason: str) -> NewEvent:
    alerts = sorted((head.root, one.other.root), key=lambda root: (root[1], root[0]))
    payload = {
        "alerts": [list(root) for root in alerts],
        "was": one.stands.decision,
        "decision": decision,
        "reason": reason.strip(),
        "points": one.points,
    }
    return by.event(DECIDE, subject_of(pair_of(head.root, one.other.root)), payload)


def _part(by: By, head: Known, before: Mapping[Pair, Decided], reason: str) -> None:
    """Triage again whatever was set aside as a duplicate of an alert with which nothing makes it one event any more."""
    alert, now = tables.alert.c, decisions(by.rows)
    of = select(alert.duplicate_of).where(alert.state == "duplicate", alert.duplicate_of.is_not(None))
    for one in known_as(by.rows, one_event(before, head.key)).values():
        kept = by.rows.execute(of.where(alert.filing_no == one.number)).scalar()
        if kept is not None and kept not in codes_of(by.rows, one_event(now, one.key)):
            unlink(by, one.code, reason=reason)  # nothing else takes it up any more
