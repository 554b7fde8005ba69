"""The alerts as far as links go: those of a department as a crowd in which events are looked for, and which people tied.

What is proposed follows from the alerts, the decisions and the rules as they stand when somebody looks. Nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import Select, select

from sync_scripts.register.history.logbook import SAME, Decided, Pair, Ties, decisions, key_of
from sync_scripts.register.history.visibility import Sight, kind_of
from sync_scripts.register.links.compare import Compared, Scale, Told
from sync_scripts.register.links.grouping import Bits, Crowd, Parts, Sieve
from sync_scripts.register.model.codes import Root, chunks
from sync_scripts.register.rules.link_rules import load
from sync_scripts.store.canonical import moment
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission


class Known(msgspec.Struct, frozen=True):
    """An alert, as far as links go.

    Attributes:
        number: of its submission.
        root: form stamp and root id.
        version: whose sealed part counts.
        case: code of the case that it belongs to.
        icons: what it tells of, as stored.
        told: what is compared; None for an alert that was refused, with which nothing is done.
    """

    number: int
    root: Root
    code: str
    version: str
    case: str | None
    icons: str | None
    received: str
    told: Told | None

    @property
    def key(self) -> str:
        """What it is called in a decision."""
        return key_of(self.root)


_ALERT: Final = tables.alert
_QUERY: Final[Select[Any]] = (
    select(
        _ALERT.c.filing_no,
        _ALERT.c.code,
        _ALERT.c.case_code,
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
    """Return the alerts that fulfil a condition, the first that a server received first: no pull has another order."""
    found = [_known(row) for row in rows.execute(_QUERY.where(which)).all()]
    return sorted(found, key=lambda one: (one.received, one.root))


def known_as(rows: Rows, keys: Iterable[str]) -> dict[str, Known]:
    """Return alerts by their keys, as far as there are such."""
    by_stamp: dict[str, list[str]] = defaultdict(list)
    for key in sorted(keys):
        stamp, _, root_id = key.partition("/")
        by_stamp[stamp].append(root_id)
    filing = tables.filing.c
    return {
        one.key: one
        for stamp, root_ids in by_stamp.items()
        for some in chunks(root_ids)
        for one in known(rows, (filing.stamp == stamp) & filing.root_id.in_(some))
    }


def _known(row: Any) -> Known:
    """Return an alert from a row of `_QUERY`, whose columns are read by place: a block has thousands of them."""
    number, code, case, department, arrondissement, first, last, icons, victims, count, tag, *rest = row
    state, triaged, stamp, root_id, instance_id, received, submitter = rest
    told = None
    if state != "dismissed" or triaged is not None:
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
            moment(received).timestamp(),
            tag,
        )
    return Known(number, (stamp, root_id), code, instance_id, case, icons, received, told)


@lru_cache(maxsize=4096)
def _codes(text: str | None) -> frozenset[str]:
    return frozenset((text or "").split())


@lru_cache(maxsize=4096)
def _ordinal(text: str | None) -> int | None:
    return None if text is None else date.fromisoformat(text).toordinal()


# --- blocks -------------------------------------------------------------------------------------------------------


class Block:
    """The alerts of one department whose days are known, and what is proposed among them.

    Attributes:
        alerts: in their order.
        crowd: the same, as sets.
    """

    def __init__(
        self, alerts: Sequence[Known], ties: Ties, sight: Sight | None = None, *, within_cases: bool
    ) -> None:
        """Sort them into sets; ``within_cases``: alerts that are in one case already are a question, too."""
        self.alerts: list[Known] = [one for one in alerts if _comparable(one)]
        told = [one.told for one in self.alerts if one.told is not None]
        sieve = Sieve(Scale(load()), told)

        def offered(place: int, among: Bits) -> Parts[Compared]:
            return sieve.offered(told[place], among)

        self.crowd: Crowd[Compared] = Crowd(
            [one.key for one in self.alerts],
            offered,
            ties=ties,
            apart=[_labels(one, within_cases=within_cases) for one in self.alerts],
            kinds=[kind_of(sight, one.case, one.icons) for one in self.alerts] if sight is not None else (),
            sight=sight,
        )


def _comparable(one: Known) -> bool:
    told = one.told
    return told is not None and None not in {told.department, told.first, told.last}


def _labels(one: Known, *, within_cases: bool) -> list[tuple[str, str]]:
    """Return what two alerts share that are no question: one submission under two forms; a case, to which somebody tied both."""
    found = [("submission", one.root[1])]
    return found if one.case is None or within_cases else [*found, ("case", one.case)]


def blocks(
    rows: Rows, ties: Ties, sight: Sight | None = None, *, within_cases: bool = False
) -> Iterator[Block]:
    """Yield the alerts of each department; without ``sight`` as somebody sees them who is shown everything."""
    departments = rows.execute(select(_ALERT.c.department).where(_ALERT.c.department.is_not(None)).distinct())
    for department in sorted(departments.scalars()):
        found = known(rows, _ALERT.c.department == department)
        yield Block(found, ties, sight, within_cases=within_cases)


def near(rows: Rows, one: Known, ties: Ties, sight: Sight | None) -> Block:
    """Return the alerts that can be proposed beside one: of its department, their days not too far; none if its own are not known."""
    told = one.told
    if told is None or told.department is None or told.first is None or told.last is None:
        return Block((), ties, sight, within_cases=True)
    reach = timedelta(days=load().block.max_gap_days)
    there = (
        (_ALERT.c.department == told.department)
        & (_ALERT.c.date_max >= (date.fromordinal(told.first) - reach).isoformat())
        & (_ALERT.c.date_min <= (date.fromordinal(told.last) + reach).isoformat())
    )
    return Block(known(rows, there), ties, sight, within_cases=True)


_TAKEN_UP: Final = ("linked", "opened")


def one_event(decided: Mapping[Pair, Decided], key: str, *, proved: bool = False) -> list[str]:
    """Return what decisions make one event with an alert, the alert too; never what was decided not to be one with itself.

    ``proved``: only by decisions of somebody who signed in with a key of their own.
    """
    counts = {pair: now.decision for pair, now in decided.items() if now.proof == "key" or not proved}
    ties = Ties(counts)
    against = {pair for pair, now in decided.items() if now.decision != SAME and key in pair}
    apart = {each for pair in against for each in pair} - {key}
    keys = {each for pair in counts for each in pair} | {key}
    return sorted(each for each in keys - apart if ties.of(each) == ties.of(key))


def codes_of(rows: Rows, keys: Iterable[str]) -> set[str]:
    """Return the codes of some alerts."""
    return {one.code for one in known_as(rows, keys).values()}


def same_event_with(rows: Rows, number: int) -> list[str]:
    """Return the codes of the alerts that were taken up and that decisions of somebody proved make the same event as one alert.

    What the move to ``duplicate`` needs: one of them at least.
    """
    (one,) = known(rows, tables.alert.c.filing_no == number)
    codes = codes_of(rows, one_event(decisions(rows), one.key, proved=True)) - {one.code}
    alert = tables.alert.c
    taken = select(alert.code).where(alert.state.in_(_TAKEN_UP), alert.code.in_(sorted(codes)))
    return sorted(rows.execute(taken).scalars())


MANY: Final = 100
"""Nobody needs to know how many more than these wait, and it would cost the page of the day to count them."""


def waiting(rows: Rows) -> int:
    """Return how many groups nobody decided yet, as `views.proposals` lists or hides them; `MANY` when there are so many or more."""
    ties = Ties({pair: now.decision for pair, now in decisions(rows).items()})
    groups = (group for block in blocks(rows, ties) for group in block.crowd.groups())
    return sum(1 for _group in islice(groups, MANY))
