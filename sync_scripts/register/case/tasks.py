"""Tasks: what is due, raised by a rule and ended by a fact or a decision, never typed as free work; and what is left of an erased unit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, TypeVar

import msgspec

from sync_scripts.register.case.flags import digest
from sync_scripts.register.forms.row_output import Output, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import KINDS, OUTLIVE_ERASURE, allowed
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables


class Matter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a task is about, and what tells it apart from others of its kind under one subject. Each is a column of its row.

    Attributes:
        about: key of what raised it: a form, a person, a piece of evidence, whoever was told.
        variant: which of several: the name of a limit, a rule or a reason, the turn of one that comes again.
        level: level that the task asks about.
        was: level that was decided, or that stood.
        since: from when the matter counts, an instant as text.
        further_at: when more of the same came, where that was later.
        before_h: hours from its due time to the limit before which it is a reminder.
        workspace, seq: event that raised it.
    """

    about: str | None = None
    variant: str | None = None
    level: str | None = None
    was: str | None = None
    since: str | None = None
    further_at: str | None = None
    before_h: int | None = None
    workspace: str | None = None
    seq: int | None = None


ANY: Final = Matter()
"""Matter of the only task of its kind under a subject."""
_NO_PARTS: Final = ("",) * len(Matter.__struct_fields__)
_NO_COLUMNS: Final = msgspec.structs.asdict(ANY)


def of_event(event: Event, about: str | None = None) -> Matter:
    """Return the matter that an event raised; ``about`` tells several apart that it raised."""
    return Matter(about=about, since=event.at, workspace=event.workspace, seq=event.seq)


def matter_of(row: Mapping[Any, Any]) -> Matter:
    """Return the matter of a task, from its row."""
    return Matter(*(row[name] for name in Matter.__struct_fields__))


def task_id(subject: str, kind: str, of: Matter = ANY) -> str:
    """Return the id of a task: it follows from subject, kind and matter, in whatever register it is raised."""
    if of is ANY:
        return digest(subject, kind, *_NO_PARTS)
    return digest(subject, kind, *["" if one is None else str(one) for one in msgspec.structs.astuple(of)])


def limit_of(due_at: str, before_h: int | None) -> datetime:
    """Return the limit before which a task is a reminder; of any other task its due time."""
    return moment(due_at) + timedelta(hours=before_h or 0)


def task(
    number: int,
    subject: str,
    kind: str,
    due_at: datetime | str,
    *,
    of: Matter = ANY,
    escalated_at: datetime | None = None,
    done_at: str | None = None,
    assigned_to: str | None = None,
) -> dict[str, Any]:
    """Return the row of a task.

    Args:
        number: of the submission that raised it.
        subject: ``entity:id`` of what it is about.
        kind: code of the list ``task_kind``.
        due_at: when it is due.
        of: what it is about beside its subject.
        escalated_at: when it goes one step up if it is still open.
        done_at: when a fact or a decision ended it.
        assigned_to: who has it.
    """
    return {
        "filing_no": number,
        "task_id": task_id(subject, kind, of),
        "subject": subject,
        "kind": kind,
        **(_NO_COLUMNS if of is ANY else msgspec.structs.asdict(of)),
        "due_at": due_at if isinstance(due_at, str) else instant(due_at),
        "escalated_at": instant(escalated_at) if escalated_at else None,
        "done_at": done_at,
        "assigned_to": assigned_to,
    }


class Occasion(msgspec.Struct, frozen=True):
    """What opens a task: a fact or a decision, as it stands by now. The rest follows from the kind, and from what is looked after.

    Attributes:
        at: from when the clock of the kind counts; the due time itself, where that is a day or a limit.
        due_at: when it is due, where the clock does not say so.
        of: what it is about beside its subject.
        done_at: when a fact or a decision ended it.
        level: whose clock it has, where that is not the level that stands.
        up: when it goes one step up, where the kind does not say so.
        number, subject: beside which submission it stands, and what it is about, where that is not the whole.
        in_hand: whoever is in charge has it, of whatever kind it is.
    """

    at: datetime
    due_at: datetime | None = None
    of: Matter = ANY
    done_at: str | None = None
    level: str | None = None
    up: datetime | None = None
    number: int | None = None
    subject: str | None = None
    in_hand: bool = False


class Holder(msgspec.Struct, frozen=True):
    """What is looked after: an alert, a case or a submission.

    Attributes:
        number: of the submission beside which its tasks stand.
        subject: what they are about.
        worker: who is in charge.
        rules: their clocks.
        level: that stands, whose clocks they have.
        events: decisions among which those about tasks are looked for, in order.
    """

    number: int
    subject: str
    worker: str | None
    rules: Ruleset
    level: str = "low"
    events: Sequence[Event] = ()


Rows = Iterator[dict[str, Any]]


State = TypeVar("State")
Conditions = Sequence[tuple[str, Callable[[State], Iterable[Occasion]]]]
"""Kinds of tasks, each with the condition that opens one."""


def tasks_of(state: State, holder: Holder, conditions: Conditions[State]) -> Rows:
    """Yield the tasks that a state opens, in the order of the table; of a kind that comes again, until one of them is open."""
    for kind, opens in conditions:
        for one in opens(state):
            if KINDS[kind].again:
                yield from _in_turn(kind, one, holder)
            else:
                yield _opened(kind, one, holder)


def _opened(kind: str, one: Occasion, holder: Holder) -> dict[str, Any]:
    row, level = KINDS[kind], one.level or holder.level
    due_at, up = one.due_at or one.at + allowed(kind, level, holder.rules), one.up
    if up is None and row.step_up is not None:
        share = row.step_up == "share"
        up = clocks.escalation(level, one.at, due_at, holder.rules) if share else due_at
    return task(
        one.number or holder.number,
        one.subject or holder.subject,
        kind,
        due_at,
        of=one.of,
        escalated_at=up,
        done_at=one.done_at,
        assigned_to=holder.worker if one.in_hand or row.who in _IN_HAND else None,
    )


_IN_HAND: Final = frozenset({"worker", "owner"})
"""Whose task is that of whoever is in charge; anybody may take one of the others."""


def _in_turn(kind: str, first: Occasion, holder: Holder) -> Rows:
    """Yield tasks that come one after the other: each is due that much later than the end of the one before."""
    ended, at = ended_by_decision(holder.events), first.at
    for turn in count():
        of = msgspec.structs.replace(first.of, variant=str(turn), since=instant(first.at))
        made = _opened(kind, msgspec.structs.replace(first, at=at, of=of), holder)
        yield made
        if made["task_id"] not in ended:
            return
        at = moment(ended[made["task_id"]])


def earliest(occasions: Iterable[Occasion]) -> Iterable[Occasion]:
    """Return occasions, of those for one limit the first."""
    found: dict[tuple[str | None, Matter], Occasion] = {}
    for one in occasions:
        matter = one.subject, one.of
        if matter not in found or one.at < found[matter].at:
            found[matter] = one
    return found.values()


def ended_by_decision(events: Iterable[Event]) -> dict[str, str]:
    """Return when each task was ended by a decision that stands, by its id."""
    found: dict[str, str] = {}
    for event in events:
        if event.op == "task.done":
            found[event.payload["task"]] = event.at
        elif event.op == "task.open":
            found.pop(event.payload["task"], None)
    return found


def _files_awaited(filed: Iterable[Filed]) -> Iterator[Occasion]:
    """Yield those that were opened without their files, which nothing proves; once they have come there is no such task."""
    for one in filed:
        if one.encryption == "provisional" and one.gone is None and not one.erased:
            of = Matter(about=one.key, variant=one.instance_id)
            yield Occasion(one.received[1], of=of, number=one.number)


def _deleted(filed: Iterable[Filed]) -> Iterator[Occasion]:
    """Yield those that every server has deleted: somebody looks at it."""
    for one in filed:
        if one.gone is not None:
            yield Occasion(one.gone, of=Matter(about=one.key), number=one.number)


SUBMISSIONS: Final[Conditions[Sequence[Filed]]] = (
    ("files_ask", _files_awaited),
    ("server_deleted", _deleted),
)
"""What submissions open by how they stand at their servers; what was decided stays as it is."""


_OPS: Final = frozenset({"alert.purge", "case.purge"})


def purge_of(events: Iterable[Event]) -> Event | None:
    """Return the event by which a unit was erased, the last where it was done in two steps; None while it was not."""
    found = None
    for event in events:
        if event.op in _OPS:
            found = event
    return found


_GOES_ON: Final = frozenset({"consent.record", "case.move", "case.contact"})
"""Decisions after an erasure that show that the work is taken up again: what is due then is due."""


def end_tasks(rows: Iterable[RowOf], at: str, ended: Mapping[str, str] | None = None) -> None:
    """End every task that an erasure leaves without a purpose; one that had ended before it, when it ended.

    Args:
        rows: the tasks of a unit, as far as what is left of its forms still asks for them.
        at: when it was erased.
        ended: when each had ended by then, by its id: with what told it went what said so.
    """
    known = ended or {}
    for row in (one for one in rows if one["kind"] not in OUTLIVE_ERASURE):
        if row["task_id"] in known or row["done_at"] is None or row["done_at"] > at:
            row["done_at"] = known.get(row["task_id"], at)


def alert_trace(row: dict[str, Any], event: Event) -> None:
    """Take out of the row of an alert what identifies somebody or was typed; keep the level that it had."""
    said = event.payload
    row |= {"urgency": said.get("urgency"), "score": said.get("score")}
    row["level"] = row["urgency_decided"] or row["urgency"]
    row |= dict.fromkeys(("contact_tag", "reasons", "dismiss_reason", "date_min", "date_max"))


def case_trace(out: Output, event: Event, events: Iterable[Event]) -> None:
    """Take out of the rows of a case what people typed; end what is due in it, and call its evidence erased."""
    said = event.payload
    for row in out.rows[tables.case]:
        row |= {name: said[name] for name in ("urgency", "confidentiality") if said.get(name)}
        row |= {"work_note": None, "next_due": None, "level": row["urgency_decided"] or row["urgency"]}
    for row in out.rows[tables.intervention]:
        row["work_note"] = None
    for row in out.rows[tables.evidence]:
        row["state"] = "purged"
    for table in (tables.flag, tables.correction):
        out.rows[table].clear()
    if not any(one.op in _GOES_ON and one.at > event.at for one in events):
        end_tasks(out.rows[tables.task], event.at, said.get("ended"))
