"""Keep the links of the register: whatever alerts are built, their links to all others are worked out anew.

A link follows from its two alerts, the events about it and the rules, and from nothing else; so the links that come
page by page are those that a rebuild gives. Only alerts of one department whose dates lie close together are compared.
What a person decided stays, also when the rules would no longer propose the pair. Nothing is merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import Select, delete, or_, select

from sync_scripts.register.links.compare import NOTHING, Compared, Scale, Told
from sync_scripts.register.links.rules import LinkRules, load
from sync_scripts.register.links.sieve import Sieve
from sync_scripts.register.submissions import Root, chunks
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission

__all__ = [
    "DECIDE",
    "Known",
    "LinkDecisions",
    "LinkNow",
    "decisions_of",
    "known",
    "link_now",
    "pair_of",
    "relink",
    "subject_of",
    "subjects_of",
]

DECIDE: Final = "link.decide"
"""What the event of a decision on a link is called."""

Pair = tuple[Root, Root]
"""Two alerts, the smaller id first."""


class LinkNow(msgspec.Struct, frozen=True):
    """What was decided on a pair; instants as text."""

    decision: str = "pending"
    by: str | None = None
    at: str | None = None
    reason: str | None = None


LinkDecisions = dict[Pair, LinkNow]
"""Pair of alerts -> what was decided on it."""


class Known(msgspec.Struct, frozen=True):
    """An alert, as far as links go.

    Attributes:
        number: of its submission.
        root: form stamp and root id.
        told: what is compared; None for an alert that was refused, with which nothing is done.
    """

    number: int
    root: Root
    told: Told | None


def subject_of(pair: Pair) -> str:
    """Return the subject under which the events of a pair stand."""
    return "alert_link:" + "|".join("/".join(root) for root in pair)


def pair_of(one: Root, other: Root) -> Pair:
    """Return two alerts in the order in which a link names them."""
    return (one, other) if _by_id(one) < _by_id(other) else (other, one)


def _by_id(root: Root) -> tuple[str, str]:
    return root[1], root[0]


def link_now(events: Iterable[Event]) -> LinkNow:
    """Return what stands of the decisions on one pair: the last one."""
    now = LinkNow()
    for event in events:
        said = event.payload
        now = LinkNow(said["decision"], event.actor.code, event.at, said.get("reason") or None)
    return now


def decisions_of(rows: Rows, subjects: Sequence[str] | None = None) -> LinkDecisions:
    """Return what was decided on some pairs, or on all of them."""
    by_pair: dict[Pair, list[Event]] = defaultdict(list)
    for event in store_events.read(rows, subjects=subjects, ops=[DECIDE]):
        a, b = (tuple(root) for root in event.payload["alerts"])
        by_pair[a, b].append(event)
    return {pair: link_now(events) for pair, events in by_pair.items()}


# --- reading ------------------------------------------------------------------------------------------------------


_ALERT: Final = tables.alert
_QUERY: Final[Select[Any]] = (
    select(
        _ALERT.c.filing_no,
        _ALERT.c.department,
        _ALERT.c.arrondissement,
        _ALERT.c.date_min,
        _ALERT.c.date_max,
        _ALERT.c.icons,
        _ALERT.c.victim_kind,
        _ALERT.c.victim_count,
        _ALERT.c.contact_tag,
        _ALERT.c.state,
        _ALERT.c.triaged_at,
        tables.filing.c.stamp,
        tables.filing.c.root_id,
        tables.filing.c.instance_id,
        tables.filing.c.first_received_at,
        submission.c.submitter,
    )
    .join(tables.filing, tables.filing.c.filing_no == _ALERT.c.filing_no)
    .join(submission, submission.c.arrival == _ALERT.c.filing_no)
)
"""An alert beside its filing, and the phone that first sent it."""


def known(rows: Rows, which: Any) -> list[Known]:
    """Return the alerts that fulfil a condition."""
    return [_known(row) for row in rows.execute(_QUERY.where(which)).all()]


def _known(row: Any) -> Known:
    """Return an alert from a row of `_QUERY`, whose columns are read by place: a block has thousands of them."""
    number, department, arrondissement, first, last, icons, victims, count, tag, state, triaged, *rest = row
    stamp, root_id, instance_id, received, submitter = rest
    if state == "dismissed" and triaged is None:
        return Known(number, (stamp, root_id), None)
    told = Told(
        instance_id,
        _ordinal(first),
        _ordinal(last),
        department,
        arrondissement,
        _codes(icons),
        _codes(victims),
        count or "",
        submitter,
        _seconds(received),
        tag,
    )
    return Known(number, (stamp, root_id), told)


@lru_cache(maxsize=4096)
def _codes(text: str | None) -> frozenset[str]:
    return frozenset((text or "").split())


@lru_cache(maxsize=4096)
def _ordinal(text: str | None) -> int | None:
    return None if text is None else date.fromisoformat(text).toordinal()


def _seconds(text: str) -> float:
    return moment(text).timestamp()


# --- working out --------------------------------------------------------------------------------------------------


def relink(
    rows: Rows,
    numbers: Iterable[int],
    *,
    gone: Iterable[int] = (),
    decided: Mapping[Pair, LinkNow] | None = None,
    also: Iterable[Pair] = (),
    rules: LinkRules | None = None,
) -> int:
    """Put the links of some alerts in the place of those that they had; return how many there are.

    Args:
        rows: the transaction in which the alerts were built.
        numbers: of the alerts whose rows are new.
        gone: numbers under which they, or alerts that are no more, stood before.
        decided: all decisions, by whoever builds everything afresh; else those of the links that stand are kept.
        also: pairs about which something was decided just now.
        rules: rules to use instead of those in force.
    """
    wanted = sorted(set(numbers))
    before = sorted({*wanted, *gone})
    theirs = _decided(rows, before, also) if decided is None else decided
    _clear(rows, before)
    touched = [one for some in chunks(wanted) for one in known(rows, _ALERT.c.filing_no.in_(some))]
    scale = Scale(rules or load())
    made = _proposed(rows, touched, scale)
    _add_decided(rows, made, touched, theirs, scale)
    lines = [_line(pair, compared, theirs, scale.rules) for pair, compared in made.values()]
    rows.many(tables.alert_link, lines)
    return len(lines)


_Dated = tuple[Known, Told]
_Made = dict[tuple[int, int], tuple[tuple[Known, Known], Compared]]
"""(later number, earlier number) -> the two alerts, and what the rules say of them."""


def _proposed(rows: Rows, touched: Sequence[Known], scale: Scale) -> _Made:
    """Find for each alert those of its block that the rules offer beside it."""
    made: _Made = {}
    for department, ours in _by_department(touched).items():
        block = _block(rows, department, ours, scale.rules.block.max_gap_days)
        sieve = Sieve(scale, [told for _, told in block])
        for one, told, among in _each(ours, [known_ for known_, _ in block]):
            for compared, found in sieve.offered(told, among):
                for place in found:
                    other = block[place][0]
                    made[_key(one, other)] = (one, other), compared
    return made


def _each(ours: Sequence[_Dated], block: Sequence[Known]) -> Iterator[tuple[Known, Told, int]]:
    """Yield alerts with the places, as bits, of those that each is still to be compared with.

    Of two that were both built now the later one is compared with the earlier one, once. One submission under two forms is
    nothing to decide on.
    """
    numbers = {one.number for one, _ in ours}
    same: dict[str, int] = defaultdict(int)
    fresh, at = 0, {}
    for place, one in enumerate(block):
        same[one.root[1]] |= 1 << place
        at[one.number] = place
        if one.number in numbers:
            fresh |= 1 << place
    for one, told in ours:
        later = fresh >> at[one.number] << at[one.number]
        yield one, told, ~later & ~same[one.root[1]]


def _key(one: Known, other: Known) -> tuple[int, int]:
    return max(one.number, other.number), min(one.number, other.number)


def _by_department(touched: Iterable[Known]) -> dict[str, list[_Dated]]:
    found: dict[str, list[_Dated]] = defaultdict(list)
    for one in touched:
        told = one.told
        if told is not None and told.department is not None and None not in {told.first, told.last}:
            found[told.department].append((one, told))
    return found


def _block(rows: Rows, department: str, ours: Sequence[_Dated], days: int) -> list[_Dated]:
    """Return the alerts of a department whose dates come near those of some of ours, ours among them, by number."""
    reach = timedelta(days=days)
    first = min(told.first for _, told in ours if told.first is not None)
    last = max(told.last for _, told in ours if told.last is not None)
    near = (
        (_ALERT.c.department == department)
        & (_ALERT.c.date_max >= (date.fromordinal(first) - reach).isoformat())
        & (_ALERT.c.date_min <= (date.fromordinal(last) + reach).isoformat())
    )
    found = [(one, one.told) for one in known(rows, near) if one.told is not None]
    return sorted(found, key=lambda dated: dated[0].number)


def _line(
    pair: tuple[Known, Known], compared: Compared, decided: Mapping[Pair, LinkNow], rules: LinkRules
) -> dict[str, Any]:
    one, other = pair
    a, b = named = pair_of(one.root, other.root)
    now = decided.get(named, LinkNow())
    number, other_no = _key(one, other)
    return {
        "filing_no": number,
        "other_no": other_no,
        "alert_a": a[1],
        "alert_b": b[1],
        "ruleset": rules.ruleset,
        "points": compared.points,
        "level": compared.level,
        "reasons": compared.stored,
        "decision": now.decision,
        "decided_by": now.by,
        "decided_at": now.at,
        "decision_reason": now.reason,
    }


# --- what people decided ------------------------------------------------------------------------------------------


def _touching(numbers: Sequence[int]) -> Any:
    link = tables.alert_link
    return or_(link.c.filing_no.in_(numbers), link.c.other_no.in_(numbers))


def _clear(rows: Rows, numbers: Sequence[int]) -> None:
    for some in chunks(numbers):
        rows.execute(delete(tables.alert_link).where(_touching(some)))


def _decided(rows: Rows, numbers: Sequence[int], also: Iterable[Pair]) -> LinkDecisions:
    """Return what was decided on the links that some alerts have, and on further pairs."""
    link = tables.alert_link
    found: set[tuple[int, int]] = set()
    for some in chunks(numbers):
        query = select(link.c.filing_no, link.c.other_no).where(_touching(some), link.c.decision != "pending")
        found |= {(row.filing_no, row.other_no) for row in rows.execute(query)}
    subjects = [*subjects_of(rows, found), *(subject_of(pair) for pair in also)]
    return decisions_of(rows, subjects) if subjects else {}


def subjects_of(rows: Rows, numbers: Iterable[tuple[int, int]]) -> list[str]:
    """Return what the events of some links stand under, from the numbers of both alerts of each."""
    found = sorted(set(numbers))
    roots = _roots(rows, {number for pair in found for number in pair})
    return [subject_of(pair_of(roots[one], roots[other])) for one, other in found]


def _roots(rows: Rows, numbers: Iterable[int]) -> dict[int, Root]:
    filing = tables.filing
    query = select(filing.c.filing_no, filing.c.stamp, filing.c.root_id)
    return {
        row.filing_no: (row.stamp, row.root_id)
        for some in chunks(sorted(numbers))
        for row in rows.execute(query.where(filing.c.filing_no.in_(some)))
    }


def _add_decided(
    rows: Rows, made: _Made, touched: Sequence[Known], decided: Mapping[Pair, LinkNow], scale: Scale
) -> None:
    """Add the pairs on which a person decided, whatever the rules say of them now."""
    ours = {one.root: one for one in touched}
    pairs = [pair for pair in decided if pair[0] in ours or pair[1] in ours]
    others = _alerts(rows, {root for pair in pairs for root in pair} - ours.keys())
    for pair in pairs:
        one, other = ((ours.get(root) or others.get(root)) for root in pair)
        if one is not None and other is not None and _key(one, other) not in made:
            dealt = one.told is None or other.told is None
            compared = NOTHING if dealt else scale.compare(one.told, other.told)  # type: ignore[arg-type]  # as dealt says
            made[_key(one, other)] = (one, other), compared


def _alerts(rows: Rows, roots: Iterable[Root]) -> dict[Root, Known]:
    by_stamp: dict[str, list[str]] = defaultdict(list)
    for stamp, root_id in sorted(roots):
        by_stamp[stamp].append(root_id)
    filing = tables.filing
    return {
        one.root: one
        for stamp, root_ids in by_stamp.items()
        for some in chunks(root_ids)
        for one in known(rows, (filing.c.stamp == stamp) & filing.c.root_id.in_(some))
    }
