"""What needs somebody now: what is critical, late, due today and this week, and what waits. Reads levels 0 to 2 only.

One line an alert or a case: the first of its open tasks. Of a C4 case the line says its code, level and due time, and what is to be
done to whom the page of the case says it: its owner and the coordination. Nothing here is decided, stored or opened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec.structs import asdict as to_dict
from sqlalchemy import Select, and_, func, or_, select

from sync_scripts.register.history.erasures import erased_codes
from sync_scripts.register.history.merges import danger_behind, dangers_behind
from sync_scripts.register.history.visibility import asked_closures, proposals, sealed_from
from sync_scripts.register.lifecycle.moves import CASE_LEFT, TO_DO
from sync_scripts.register.links.alerts import waiting
from sync_scripts.register.model.build_backlog import SetApart, set_apart
from sync_scripts.register.queries.openings import Replaced, replaced
from sync_scripts.register.queries.submissions import (
    Unplaced,
    at_servers,
    left_everywhere,
    unopened,
    unplaced,
)
from sync_scripts.register.rules.kinds import ASIDE, AWAY, CONSENT, CONSENT_NEAR, FIRST, OWED, RENEW
from sync_scripts.register.rules.ruleset import Ruleset, load
from sync_scripts.store import events as store_events
from sync_scripts.store.backups import Lack, lack
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import raw, workbooks
from sync_scripts.store.schema import register as tables
from sync_scripts.store.statements import PUT_ASIDE

if TYPE_CHECKING:
    from sync_scripts.store.outbox import Silence

__all__ = ["Item", "Pulled", "Replaced", "Today", "today"]

Bucket = Literal["critical", "overdue", "today", "week"]

BUCKETS: Final[tuple[Bucket, ...]] = ("critical", "overdue", "today", "week")
COUNTS: Final = (
    *("alerts", "cases", "consents", "quarantine", "messages", "conflicts"),
    *("approvals", "links", "supervisions", "closures", "files_left", "unopened", "at_servers"),
)
"""What the page counts."""
WEEK: Final = timedelta(days=7)
PROTECTED: Final = "C4"
NOBODY: Final = Actor("", "claimed")


class Item(msgspec.Struct, frozen=True):
    """One alert or case and the first thing that is due in it.

    Attributes:
        code: of the alert or case.
        bucket: where it stands on the page.
        level: its urgency.
        state: its state.
        kind: code of ``task_kind``; None of a C4 case to everybody else than its owner and the coordination.
        due_at: instant; None when nothing is due in it.
        region: P-code; None of a C4 case.
        owner: who has it; None when nobody has.
        past: it is no longer worked on, or erased; something is still owed in it.
    """

    code: str
    bucket: Bucket
    level: str
    state: str
    kind: str | None
    due_at: str | None
    region: str | None
    owner: str | None
    past: bool = False


@dataclass(frozen=True, slots=True)
class Pulled:
    """When a source last gave everything it had; None = never. ``failed``: the last try did not succeed."""

    server: str
    at: str | None
    failed: bool


@dataclass(frozen=True, slots=True)
class Today:
    """The page.

    Attributes:
        now: instant for which it holds.
        items: what is to be done, in the order in which it should be.
        alerts: alerts on which something is to be decided.
        cases: cases that are worked on.
        consents: alerts and cases that wait for a consent; ``consents_of_cases`` of them are cases.
        quarantine: submissions put aside and still unread.
        messages: notices that could not be delivered and are given up.
        pulled: the sources, the one that was not read for the longest time first.
        conflicts: cells of workbooks that came back and on which somebody must choose.
        approvals: decisions and closures that wait for a second person.
        supervisions: cases whose supervision is due by now.
        links: groups of alerts that may be about one event, counted to `links.waiting.MANY`.
        closures: closures that phones ask for and that nobody put before a second person yet.
        files_left: files that no pull took: too large, or of a name that could do harm; their server has the only copy.
        unopened: encrypted submissions that nobody has opened; an alert may be among them.
        at_servers: submissions that a server shows and did not hand over, or shows no more without a mark: an alert may be among them.
        ahead: instant of what was decided last, where that is still to come: a clock is or was wrong; else None.
        nobody_told: why nobody is told of a critical alert from this workspace: ``no_destination``, ``no_address``, ``no_region`` of
            something critical or late; None where somebody is. Whoever shows the page knows the settings and fills it in.
        replaced: whose passphrase a colleague replaced within the last week, and who did, the last one first.
        unplaced: visits and requests of closure with no code of a case, or one that nobody can read: they stand in no list, the last one first.
        set_apart: what is stored and could not be built for a fault of the program, alerts first: it stands in no list.
        backup: how old the newest backup is and what it lacks; None in a demonstration.
    """

    now: str
    items: tuple[Item, ...]
    alerts: int
    cases: int
    consents: int
    quarantine: int
    messages: int
    pulled: tuple[Pulled, ...]
    conflicts: int = 0
    approvals: int = 0
    links: int = 0
    supervisions: int = 0
    closures: int = 0
    consents_of_cases: int = 0
    files_left: int = 0
    unopened: int = 0
    at_servers: int = 0
    ahead: str | None = None
    nobody_told: Silence | None = None
    replaced: tuple[Replaced, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    set_apart: tuple[SetApart, ...] = ()
    backup: Lack | None = None

    def of(self, bucket: Bucket) -> list[Item]:
        """Return the items of one part of the page."""
        return [one for one in self.items if one.bucket == bucket]

    def document(self, most: int = 100) -> dict[str, Any]:
        """Return the page for ``--json``; of the items the first ``most``, all are counted."""
        return {
            "schema": "dikalo.today/1",
            "now": self.now,
            "counts": {bucket: len(self.of(bucket)) for bucket in BUCKETS}
            | {name: getattr(self, name) for name in COUNTS},
            "items": [to_dict(one) for one in self.items[:most]],
            "pulled": [asdict(one) for one in self.pulled],
            "ahead": self.ahead,
            "nobody_told": self.nobody_told,
            "replaced": [asdict(one) for one in self.replaced],
            "unplaced": [asdict(one) for one in self.unplaced],
            "set_apart": [one._asdict() for one in self.set_apart],
            "backup": to_dict(self.backup) if self.backup is not None else None,
        }


def today(rows: Rows, now: datetime, servers: Sequence[str] = (), actor: Actor = NOBODY) -> Today:
    """Return the page of an instant.

    Args:
        rows: a reading transaction.
        now: aware.
        servers: names of the sources of the settings.
        actor: who looks; without one somebody who sees no C4 case.
    """
    rules, asked = load(), workbooks.followup_conflict
    tasks = _where_they_go_on(rows, _open_tasks(rows))
    owed = {code for kind, _due_at, code, _of_alert in tasks if kind in OWED}
    found = _units(rows, owed, {code for kind, _due_at, code, _of_alert in tasks if kind == AWAY})
    due, consents = _due(tasks, found, instant(now + RENEW))
    end = _day_end(now, rules)
    ends = instant(now), instant(end), instant(end + WEEK)
    hidden = sealed_from(rows, actor)
    items = [one for code, unit in found.items() if (one := _item(code, unit, due.get(code), ends))]
    items = [msgspec.structs.replace(one, kind=None) if one.code in hidden else one for one in items]
    rank: dict[str, int] = {level.code: -level.rank for level in rules.levels}
    place = {bucket: number for number, bucket in enumerate(BUCKETS)}
    items.sort(key=lambda one: (place[one.bucket], one.due_at or "9", rank[one.level], one.code))
    return Today(
        now=instant(now),
        items=tuple(items),
        alerts=sum(code.startswith("AL") and (unit.aside or not unit.past) for code, unit in found.items()),
        cases=sum(code.startswith("DK") and (unit.aside or not unit.past) for code, unit in found.items()),
        consents=len(consents),
        quarantine=_count(rows, raw.place, PUT_ASIDE),
        messages=_count(rows, raw.outbox, raw.outbox.c.state == "given_up"),
        pulled=tuple(sorted(_pulled(rows, servers), key=lambda one: (one.at or "", one.server))),
        conflicts=_count(
            rows, asked, or_(asked.c.settled_at.is_(None), asked.c.choice == workbooks.REWRITTEN)
        ),
        approvals=len(proposals(rows)) + sum(unit.state == "closure_pending" for unit in found.values()),
        supervisions=_count(rows, tables.task, _supervised_by(instant(now))),
        links=waiting(rows),
        closures=len(asked_closures(rows)),
        consents_of_cases=sum(code.startswith("DK") for code in consents),
        files_left=left_everywhere(rows),
        unopened=unopened(rows, now),
        at_servers=at_servers(rows),
        ahead=store_events.ahead(rows, now),
        replaced=tuple(replaced(rows, now - WEEK)),
        unplaced=tuple(unplaced(rows)),
        set_apart=tuple(set_apart(rows)),
        backup=lack(rows, now),
    )


class _Unit(msgspec.Struct, frozen=True):
    """An alert to decide on, or a case that is worked on, or in which something is still due."""

    level: str
    state: str
    region: str | None
    owner: str | None
    secret: bool = False
    past: bool = False
    aside: bool = False


def _units(rows: Rows, owed: Collection[str], aside: Collection[str]) -> dict[str, _Unit]:
    """Return everything that is open, by code; of what was left or erased only where somebody is still ``owed`` something.

    ``aside`` are alerts and cases that were set aside or closed before danger came, or into which such a one was merged: that is
    due in them, and they are to be decided on.
    """
    alert, case = tables.alert.c, tables.case.c
    found: dict[str, _Unit] = {}
    gone, behind = erased_codes(rows), danger_behind(rows)
    open_alerts = select(alert.code, alert.level, alert.state, alert.region, alert.assigned_to).where(
        or_(alert.state.in_(TO_DO), alert.code.in_(sorted(owed)))
    )
    for code, level, state, region, owner in _tuples(rows, open_alerts):
        past = state not in TO_DO or code in gone
        if not past or code in owed:
            found[code] = _Unit(
                level or "low",
                state,
                region,
                owner,
                past=past,
                aside=code in aside and code not in gone,
            )
    open_cases = select(
        case.case_code,
        case.level,
        case.state,
        case.region,
        case.owner_code,
        case.confidentiality,
    ).where(
        or_(
            case.state.not_in(CASE_LEFT),
            case.case_code.in_(_left_undone()),
            case.case_code.in_(sorted(aside)),
        )
    )
    for code, level, state, region, owner, closeness in _tuples(rows, open_cases):
        past = state in CASE_LEFT or code in gone
        if state in CASE_LEFT or not past or code in owed:
            found[code] = _Unit(
                behind.get(code, level),
                state,
                region,
                owner,
                closeness == PROTECTED,
                past,
                code in aside and code not in gone,
            )
    return found


_Task = tuple[str, str, str, bool]
"""An open task: its kind, when it is due (instant), the code of its unit, whether that is an alert without a case."""


def _tuples(rows: Rows, asked: Select[Any]) -> Sequence[tuple[Any, ...]]:
    """Return all rows at once and without names: of fifteen thousand, names would cost more than the database."""
    return rows.execute(asked).all()


def _supervised_by(now: str) -> Any:
    """Return the condition on the supervisions that are due: nobody's next step, so they are counted and not listed."""
    task = tables.task.c
    return and_(task.kind.in_(ASIDE), task.done_at.is_(None), task.due_at <= now)


def _left_undone() -> Select[Any]:
    """Return the query for cases that were left with something still due: merged, or owed to somebody who withdrew."""
    task, filing, case = tables.task.c, tables.filing.c, tables.case.c
    asked = select(filing.case_code).select_from(tables.case)
    asked = asked.join(tables.filing, filing.case_code == case.case_code)
    asked = asked.join(tables.task, task.filing_no == filing.filing_no)
    return asked.where(case.state.in_(CASE_LEFT), task.done_at.is_(None))


def _open_tasks(rows: Rows) -> list[_Task]:
    """Return the open tasks but supervisions, what is due first at the head; of an alert with a case the case's code."""
    task, filing, alert = tables.task.c, tables.filing.c, tables.alert.c
    asked = (
        select(task.kind, task.due_at, filing.case_code, alert.code)
        .select_from(tables.task)
        .join(tables.filing, filing.filing_no == task.filing_no)
        .outerjoin(tables.alert, alert.filing_no == task.filing_no)
        .where(task.done_at.is_(None), task.kind.not_in(ASIDE))
        .order_by(task.due_at, task.kind != FIRST, task.kind)
    )
    found = (
        (kind, due_at, of_case or of_alert, not of_case)
        for kind, due_at, of_case, of_alert in _tuples(rows, asked)
    )
    return [one for one in found if one[2]]


def _where_they_go_on(rows: Rows, tasks: list[_Task]) -> list[_Task]:
    """Return open tasks with danger that came into a merged case under the code of the one that was kept."""
    if all(kind != AWAY for kind, _due_at, _code, _of_alert in tasks):
        return tasks
    kept = {code: into for into, code, _level, _due_at in dangers_behind(rows)}
    return [
        (kind, due_at, kept.get(code, code) if kind == AWAY else code, of_alert)
        for kind, due_at, code, of_alert in tasks
    ]


def _due(
    tasks: Iterable[_Task], known: Mapping[str, _Unit], renewed_by: str
) -> tuple[dict[str, tuple[str, str]], set[str]]:
    """Return what is due first in each unit (instant, kind), and which units wait for a consent.

    A consent that runs out later than ``renewed_by`` need not be asked for yet.
    """
    first: dict[str, tuple[str, str]] = {}
    consents: set[str] = set()
    for kind, due_at, code, of_alert in tasks:
        if code not in known or (of_alert and known[code].past and kind not in OWED):
            continue
        if code not in first:
            first[code] = (due_at, kind)
        sealed = code.startswith("DK") and known[code].secret  # no list tells what is to be done in it
        if not sealed and kind in CONSENT and (kind not in CONSENT_NEAR or due_at <= renewed_by):
            consents.add(code)
    return first, consents


def _item(code: str, unit: _Unit, due: tuple[str, str] | None, ends: tuple[str, str, str]) -> Item | None:
    """Return the line of a unit; None when it can wait for more than a week. ``ends``: of now, the day, seven days."""
    due_at, kind = due or (None, None)
    bucket: Bucket
    past = unit.past and not unit.aside
    if unit.level == "critical" and not past:
        bucket = "critical"
    elif due_at is None or due_at >= ends[2]:
        return None
    else:
        bucket = "overdue" if due_at < ends[0] else "today" if due_at < ends[1] else "week"
    region = None if unit.secret else unit.region
    return Item(code, bucket, unit.level, unit.state, kind, due_at, region, unit.owner, past)


def _day_end(now: datetime, rules: Ruleset) -> datetime:
    """Return the midnight that ends the local day."""
    day = now.astimezone(rules.zone).date() + timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=rules.zone).astimezone(UTC)


def _count(rows: Rows, table: Any, rule: Any) -> int:
    return int(rows.execute(select(func.count()).select_from(table).where(rule)).scalar_one())


def _pulled(rows: Rows, servers: Sequence[str]) -> Iterator[Pulled]:
    """Yield when each source was last read to its end. A run names all the sources that it read."""
    left = dict.fromkeys(servers, False)
    asked = (
        select(raw.run.c.server, raw.run.c.outcome, raw.run.c.ended_at)
        .where(raw.run.c.command == "pull", raw.run.c.outcome != "running")
        .order_by(raw.run.c.started_at.desc())
    )
    for row in rows.stream(asked):
        if not left:
            return
        for name in [one for one in row.server.split(",") if one in left]:
            if row.outcome == "failed":
                left[name] = True
            else:
                yield Pulled(name, instant(moment(row.ended_at)), left.pop(name))
    yield from (Pulled(name, None, failed) for name, failed in left.items())
