"""A form leaves one case for another: both are kept at least as closely, and the one that it leaves as urgent. Writes nothing.

Reminders of a visit that an edit took out of its case, into none, stay where they were; the history of the case says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.case.case_input import Before, CaseInput
from sync_scripts.register.case.flags import raised
from sync_scripts.register.case.form_versions import told_of
from sync_scripts.register.case.response import response
from sync_scripts.register.case.tasks import Matter, matter_of, task
from sync_scripts.register.forms.row_output import Case, Output, RowOf
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.corrections import subject_of
from sync_scripts.register.history.merges import where_it_goes_on
from sync_scripts.register.history.person_decisions import KEEP, LEFT, REMINDERS
from sync_scripts.register.history.visibility import CLOSEST
from sync_scripts.register.model.codes import CASE, Root
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.kinds import LIMITS, REFERRALS
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import PROGRAM, Rows
from sync_scripts.store.events import Event, NewEvent, read
from sync_scripts.store.schema import register as tables

HOLD: Final = "case.hold"
"""Op of a legal hold that is put on a case, or taken off it."""

Load = Callable[[Iterable[Root]], Mapping[Root, Filed]]


def kept_as_before(
    rows: Rows,
    filed: Mapping[Root, Filed],
    before: Mapping[Root, Before],
    now: Mapping[Root, str | None],
    *,
    load: Load,
    rules: Ruleset,
) -> Iterator[NewEvent]:
    """Yield the events, by rule, that keep cases as closely as before.

    An interview takes its class along; of other forms, which have none, only what belonged to a C4 case is kept so. The event
    about an interview names who outside had heard of those of whom it tells, that about the case that it leaves whom it told of.
    A case that gets anything of one under legal hold is held, too; also what was in no case in between, so a form that leaves
    for none says which case it left. The history of the case that a visit leaves says so.

    Args:
        rows: the transaction, in which the cases still stand as they were.
        filed: submissions that are built.
        before: where they belonged.
        now: code of the case in which each is now.
        load: returns submissions as the register reads them.
        rules: in force.
    """
    left = {root: one.case_code for root, one in before.items() if root in now and one.case_code != now[root]}
    levels = _levels(rows, {code for code in left.values() if code})
    for root, code in sorted(left.items()):
        kind, (level, urgency) = filed[root].kind, levels.get(code or "", (None, None))
        if code is None or level is None:
            continue
        yield from form_gone(kind, filed[root].key, code, now[root], by_hand=_by_hand(filed[root]))
        if kind == "followup" and now[root] is None and not _by_hand(filed[root]):
            yield from left_behind(rows, filed[root].number, code)
        if kind != "interview" and level != CLOSEST:
            if now[root] is None:
                yield NewEvent(LEFT, f"{kind}:{filed[root].key}", PROGRAM, {"case_code": code})
            continue
        people = sorted(told_of(filed[root])) if kind == "interview" else []
        if people:
            kept: dict[str, Any] = {"confidentiality": level, "people": people}
            kept |= {} if _by_hand(filed[root]) else {"urgency": urgency}
            yield NewEvent(KEEP, f"{CASE}{code}", PROGRAM, kept)
        said: dict[str, Any] = {"confidentiality": level, "case_code": code}
        if people:
            said |= {
                "people": people,
                "receivers": _receivers(rows, code, root, people, load=load, rules=rules),
            }
        yield NewEvent(KEEP, f"{kind}:{filed[root].key}", PROGRAM, said)
    loose = {subject_of(filed[root]): now[root] for root, code in left.items() if code is None}
    yield from hold_follows(rows, {(code, now[root]) for root, code in left.items()}, loose)


def hold_follows(
    rows: Rows,
    moves: Collection[tuple[str | None, str | None]],
    loose: Mapping[str, str | None] = MappingProxyType({}),
) -> Iterator[NewEvent]:
    """Yield the legal hold, by rule, on each case that gets something of one under legal hold and is not held itself.

    A case that was merged is held with the one in which it goes on.

    Args:
        rows: the transaction, in which the cases still stand as they were.
        moves: code of the case that is left, and of the one that is entered.
        loose: subject of each form that was in no case, and the code of the one that is entered. What counts is the case that
            it left last, where that was held by then and still is.
    """
    pairs = {(left, entered) for left, entered in moves if left and entered}
    if not pairs and not any(loose.values()):
        return
    case = tables.case.c
    held = set(rows.execute(select(case.case_code).where(case.legal_hold)).scalars().all())
    if not held:
        return
    into = where_it_goes_on(rows)
    pairs |= {(left, entered) for left, entered in _by_way_of_none(rows, loose, into) if entered}
    subjects = [f"{CASE}{entered}" for _left, entered in pairs]
    last = _holds(read(rows, subjects=subjects, ops=[HOLD])) if subjects else {}
    ends = {into.get(code, code) for code in held}
    for code in sorted({entered for left, entered in pairs if into.get(left, left) in ends}):
        if into.get(code, code) not in ends and not last.get(f"{CASE}{code}"):
            yield NewEvent(HOLD, f"{CASE}{code}", PROGRAM, {"legal_hold": True, "was": False, "reason": ""})


def _by_way_of_none(
    rows: Rows, loose: Mapping[str, str | None], into: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    """Yield the case that each form left last, if it was held by then, and the one that the form enters."""
    asked = sorted(subject for subject, entered in loose.items() if entered)
    left = {one.subject: one for one in read(rows, subjects=asked, ops=[KEEP, LEFT])} if asked else {}
    for subject, one in left.items():
        code = one.payload.get("case_code")  # events of before named no case
        if code is None:
            continue
        end = into.get(code, code)
        group = sorted(f"{CASE}{some}" for some in {end, code, *into} if into.get(some, some) == end)
        by_then = (said for said in read(rows, subjects=group, ops=[HOLD]) if said.at <= one.at)
        if any(_holds(by_then).values()):
            yield code, loose[subject]


def _holds(said: Iterable[Event]) -> dict[str, bool]:
    """Return whether each case is under legal hold after some decisions about that, by unit."""
    return {one.subject: one.payload["legal_hold"] for one in said}


def _receivers(
    rows: Rows, code: str, root: Root, people: Collection[str], *, load: Load, rules: Ruleset
) -> list[dict[str, Any]]:
    """Return which provider has heard of whom of an interview, with which service, in the case that it leaves.

    Where nobody is named, the person is served who was interviewed first.
    """
    filing, talk, visit = tables.filing.c, tables.interview.c, tables.followup.c
    first = (
        select(filing.stamp, filing.root_id, talk.person_uid)
        .join_from(tables.filing, tables.interview, filing.filing_no == talk.filing_no)
        .where(filing.case_code == code)
        .order_by(filing.first_received_at, filing.stamp, filing.root_id)
    )
    one = rows.execute(first.limit(1)).first()
    hers = one.person_uid if one is not None and (one.stamp, one.root_id) == root else None
    visits = select(filing.stamp, filing.root_id).join_from(
        tables.filing, tables.followup, filing.filing_no == visit.filing_no
    )
    roots = [(row.stamp, row.root_id) for row in rows.execute(visits.where(filing.case_code == code))]
    followups = sorted(load(roots).values(), key=lambda one: (one.received[0], one.root)) if roots else []
    case = Case(code, rules, Output())
    found = response(followups, case, list(read(rows, subjects=[f"{CASE}{code}"])))
    told = {
        (provider, uid or hers, one.row["service"])
        for one in found
        for provider, uid in one.told
        if (uid or hers) in people
    }
    return [
        {"provider_code": provider, "person_uid": uid, "service": service}
        for provider, uid, service in sorted(told, key=str)
    ]


def _by_hand(filed: Filed) -> bool:
    """Tell whether a person's correction moved a form: then that one decided what the case is without it."""
    return any(one["field"] in {"case_code", "alert_code"} for one in filed.corrections)


def _levels(rows: Rows, codes: set[str]) -> dict[str, tuple[str, str]]:
    """Return how closely some cases are kept, and how the rules rate them."""
    case = tables.case.c
    return {
        row.case_code: (row.confidentiality, row.urgency)
        for row in rows.among(
            select(case.case_code, case.confidentiality, case.urgency), case.case_code, codes
        )
    }


_KEPT: Final = ("subject", "kind", "due_at", "escalated_at")
"""What of a reminder is kept beside its matter."""


def left_behind(rows: Rows, number: int, code: str) -> Iterator[NewEvent]:
    """Yield the event, by rule, with the open reminders of a visit that leaves a case for none; nothing where it has none.

    Args:
        rows: the transaction, in which the case still stands as it was.
        number: of the visit.
        code: of the case.
    """
    one = tables.task.c
    asked = select(tables.task).where(one.filing_no == number, one.done_at.is_(None))
    urgent = one.kind.in_(sorted(REFERRALS)) & one.escalated_at.is_not(None)
    mine = asked.where(one.kind.in_(sorted(LIMITS)) | urgent).order_by(one.due_at, one.task_id)
    found = [
        {name: row[name] for name in _KEPT} | {"of": msgspec.to_builtins(matter_of(row))}
        for row in rows.execute(mine).mappings()
    ]
    if found:
        yield NewEvent(REMINDERS, f"case:{code}", PROGRAM, {"reminders": found})


def left_behind_tasks(
    number: int, events: Iterable[Event], there: Collection[str], owner: str | None
) -> Iterator[RowOf]:
    """Yield the reminders that visits left in a case.

    Args:
        number: of the submission beside which they stand.
        events: what was decided about the case, in order.
        there: ids of the tasks that its forms raise by now: a visit that came back has its own.
        owner: who is in charge.
    """
    made: dict[str, RowOf] = {}
    for event in (one for one in events if one.op == REMINDERS):
        for one in event.payload["reminders"]:
            of = msgspec.convert(one["of"], Matter)
            kept = {name: one[name] for name in _KEPT}
            row = task(number, one["subject"], one["kind"], one["due_at"], of=of, assigned_to=owner) | kept
            made[row["task_id"]] = row
    yield from (row for name, row in made.items() if name not in there)


GONE: Final = "case.form_left"
"""Op of the event, by rule, in the history of the case that a form leaves."""
KINDS: Final = frozenset({"followup", "closure"})
"""Forms of which nothing is left in a case that they leave; of an interview its class and its people are (`moved_submissions`)."""


def form_gone(kind: str, key: str, left: str, entered: str | None, *, by_hand: bool) -> Iterator[NewEvent]:
    """Yield the event that a form left a case.

    Args:
        kind: of the form.
        key: of the form.
        left: code of the case that it was in.
        entered: code of the one in which it is now; None where it is in none.
        by_hand: a person moved it, by a correction.
    """
    if kind in KINDS:
        said = {"kind": kind, "form": key, "other_case": entered, "by_hand": by_hand}
        yield NewEvent(GONE, f"case:{left}", PROGRAM, said)


def gone_flags(given: CaseInput, rules: Ruleset) -> Iterator[RowOf]:
    """Yield a remark for each day on which an edit took a form out of a case that is not back."""
    there = {one.key for one in given.filed}
    said = (one for one in given.events if one.op == GONE and not one.payload["by_hand"])
    gone = [moment(one.at) for one in said if one.payload["form"] not in there]
    days = {clocks.local_day(at, rules): at for at in reversed(gone)}
    for day, at in sorted(days.items()):
        yield raised(given.first, instant(at), given.unit, "visit_gone", day.isoformat())
