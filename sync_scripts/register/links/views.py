"""The proposals as a person decides on them: in groups, the likeliest of each side by side, and why. Reads levels 0 to 2; never a tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.history.logbook import PENDING, Decided, Pair, Ties, decisions, pair_of
from sync_scripts.register.history.visibility import Sight, kind_of, shows
from sync_scripts.register.links.alerts import Block, Known, blocks, known, known_as, near
from sync_scripts.register.links.compare import NOTHING, Compared, Scale
from sync_scripts.register.links.grouping import BEST, mark_of, size
from sync_scripts.register.rules.link_rules import load
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

Line = dict[str, Any]

SIDE: Final = (
    "code",
    "state",
    "urgency",
    "case_code",
    "received_at",
    "date_min",
    "date_max",
    "department",
    "arrondissement",
    "icons",
    "victim_kind",
    "victim_count",
    "actor_kind",
    "info_source",
    "reporter_code",
)
"""What is shown of each of the two alerts."""


class Beside(msgspec.Struct, frozen=True):
    """An alert of a group, what the rules say of it beside the head, and what was decided."""

    alert: Known
    compared: Compared
    decided: Decided


class Group(msgspec.Struct, frozen=True):
    """Alerts beside one, of which the same was decided, or nothing yet.

    Attributes:
        head: the one.
        members: the likeliest first; no more than are named.
        more: how many there are besides.
        mark: what `decide.decide_group` is given to decide on the group as it was shown; empty where many heads are listed.
    """

    head: Known
    members: Sequence[Beside]
    more: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Groups of the register, the likeliest first.

    Attributes:
        groups: each with its links, as they are shown, and how many more there are.
        hidden: how many pairs this worker is not shown.
    """

    groups: list[Line]
    hidden: int

    @property
    def links(self) -> list[Line]:
        """All pairs that are named."""
        return [link for group in self.groups for link in group["links"]]


def proposals(rows: Rows, sight: Sight, *, code: str | None = None, everything: bool = False) -> Proposals:
    """Return what the rules propose and nobody decided yet.

    Args:
        rows: where from.
        sight: who asks.
        code: only what is beside this alert, decided or not.
        everything: decided pairs too, and those within a case; with a code every alert of a group, and not only the likeliest.

    Raises:
        AlertUnknown, ConsentRefused: as they say.
    """
    if code is not None:
        found, hidden = said_of(rows, sight, code, most=None if everything else BEST)
    else:
        decided = decisions(rows)
        found, hidden = _open(rows, sight, decided, within_cases=everything)
        if everything:
            more, kept = _all_decided(rows, sight, decided)
            found, hidden = [*found, *more], hidden + kept
    return Proposals(_lines(rows, found), hidden)


def _open(
    rows: Rows, sight: Sight, decided: Mapping[Pair, Decided], *, within_cases: bool
) -> tuple[list[Group], int]:
    found, hidden = [], 0
    for block in blocks(rows, _ties(decided), sight, within_cases=within_cases):
        for place, parts in block.crowd.groups():
            members = [_undecided(block, said, at) for said, at in block.crowd.best(parts)]
            found.append(Group(block.alerts[place], members, size(parts) - len(members)))
        hidden += block.crowd.hidden()
    return sorted(found, key=_order), hidden


def _ties(decided: Mapping[Pair, Decided]) -> Ties:
    return Ties({pair: now.decision for pair, now in decided.items()})


def _undecided(block: Block, said: Compared, place: int) -> Beside:
    return Beside(block.alerts[place], said, Decided())


def _order(group: Group) -> tuple[Any, ...]:
    return -group.members[0].compared.points, -len(group.members) - group.more, group.head.code


def said_of(rows: Rows, sight: Sight, text: str, *, most: int | None = BEST) -> tuple[list[Group], int]:
    """Return the groups of one alert, one for each decision and the undecided first; and how many pairs are not shown.

    Raises:
        AlertUnknown, ConsentRefused: as they say.
    """
    from sync_scripts.register.decisions.found import alert_of

    (head,) = known(rows, tables.alert.c.filing_no == alert_of(rows, text)["filing_no"])
    decided = decisions(rows)
    block = near(rows, head, _ties(decided), sight)
    place = block.alerts.index(head) if block.alerts else None
    parts = block.crowd.beside(place) if place is not None else ()
    hidden = block.crowd.hidden_beside(place) if place is not None else 0
    mine = {pair: now for pair, now in decided.items() if head.key in pair}
    by_decision = defaultdict(
        list, {PENDING: [_undecided(block, *one) for one in block.crowd.best(parts, None)]}
    )
    others, kept = _decided(rows, sight, head, mine)
    for one in others:
        by_decision[one.decided.decision].append(one)
    rest = size(parts) - len(by_decision[PENDING])
    groups = [
        _group(head, members, most, rest if decision == PENDING else 0)
        for decision, members in by_decision.items()
        if members
    ]
    return groups, hidden + kept


def _group(head: Known, members: Sequence[Beside], most: int | None, rest: int) -> Group:
    """Return a group of which the likeliest are named; ``rest`` were decided to be one with others of it."""
    mark = mark_of(head.key, ((one.alert.number, one.alert.key) for one in members))
    named = members[:most]
    return Group(head, named, len(members) - len(named) + rest, mark)


def _decided(rows: Rows, sight: Sight, head: Known, mine: Mapping[Pair, Decided]) -> tuple[list[Beside], int]:
    """Return the alerts on which something was decided beside one, the likeliest first, and how many are not shown."""
    others = known_as(rows, {key for pair in mine for key in pair} - {head.key})
    scale = Scale(load())
    found = [
        Beside(one, _compared(scale, head, one), mine[pair_of(head.root, one.root)])
        for one in others.values()
        if _shown(sight, head, one)
    ]
    found.sort(key=lambda beside: (-beside.compared.points, beside.alert.received, beside.alert.root))
    return found, len(others) - len(found)


def _shown(sight: Sight, one: Known, other: Known) -> bool:
    return shows(sight, *(kind_of(sight, alert.case, alert.icons) for alert in (one, other)))


def _compared(scale: Scale, one: Known, other: Known) -> Compared:
    return NOTHING if one.told is None or other.told is None else scale.compare(one.told, other.told)


def _all_decided(rows: Rows, sight: Sight, decided: Mapping[Pair, Decided]) -> tuple[list[Group], int]:
    """Return every decided pair, under the alert of the two that a server received first."""
    alerts = known_as(rows, {key for pair in decided for key in pair})
    scale, found, hidden = Scale(load()), defaultdict(list), 0
    for pair, now in decided.items():
        both = sorted(
            (alerts[key] for key in pair if key in alerts), key=lambda one: (one.received, one.root)
        )
        if len(both) == len(pair):
            one, other = both
            if _shown(sight, one, other):
                found[one.key].append(Beside(other, _compared(scale, one, other), now))
            else:
                hidden += 1
    groups = [Group(alerts[key], members, 0) for key, members in found.items()]
    return sorted(groups, key=_order), hidden


# --- as they are shown --------------------------------------------------------------------------------------------


def _lines(rows: Rows, groups: Iterable[Group]) -> list[Line]:
    every = list(groups)
    sides = _sides(rows, {one.number for group in every for one in (group.head, *_alerts(group))})
    return [
        {
            "code": group.head.code,
            "links": [_line(sides, group.head, one) for one in group.members],
            "more": group.more,
            "mark": group.mark,
        }
        for group in every
    ]


def _alerts(group: Group) -> Iterator[Known]:
    return (one.alert for one in group.members)


def _line(sides: Mapping[int, Line], head: Known, one: Beside) -> Line:
    """Return a pair, the alert that arrived first before the other."""
    earlier, later = sorted((head.number, one.alert.number))
    return {
        "alerts": [sides[earlier], sides[later]],
        "ruleset": load().ruleset,
        "points": one.compared.points,
        "level": one.compared.level,
        "reasons": one.compared.stored,
        "decision": one.decided.decision,
        "decided_by": one.decided.by,
        "decided_at": one.decided.at,
        "decision_reason": one.decided.reason,
    }


def of_alert(rows: Rows, sight: Sight, code: str) -> tuple[list[Line], int]:
    """Return what is beside an alert as its page names it: the other alert, how likely, what was decided; and how many more.

    Pairs that were decided not to be the same are not among them.
    """
    groups = [
        group for group in said_of(rows, sight, code)[0] if group.members[0].decided.decision != "not_same"
    ]
    found = [
        {
            "code": one.alert.code,
            "level": one.compared.level,
            "points": one.compared.points,
            "decision": one.decided.decision,
        }
        for group in groups
        for one in group.members
    ]
    return found, sum(group.more for group in groups)


def _sides(rows: Rows, numbers: Iterable[int]) -> dict[int, Line]:
    alert, filing = tables.alert, tables.filing
    query = select(alert, filing.c.first_received_at.label("received_at"))
    query = query.join(filing, filing.c.filing_no == alert.c.filing_no)
    return {
        row.filing_no: {**{name: getattr(row, name) for name in SIDE}, "urgency": row.level}
        for row in rows.among(query, alert.c.filing_no, numbers)
    }
