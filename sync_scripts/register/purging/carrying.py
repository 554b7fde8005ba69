"""Carrying out what was confirmed: one unit, one transaction, without the vault. What statistics may keep stays readable.

The order inside the transaction: the event, the sealed rows, what stays of the answers, what speaks of it elsewhere (files,
quarantine, workbooks, notices), and the rows of the register built again. A cut leaves a unit whole or erased. What stays of
the answers is a tree of the same form version, so the register reads it by the same road as any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from sync_scripts.register.building.marks import build_arrived
from sync_scripts.register.consents.held_copies import forget_snapshots, subjects_of
from sync_scripts.register.decisions.base import By
from sync_scripts.register.forms.answers import Node, Tree, read_open_part, write_open_part
from sync_scripts.register.forms.formmap import Asked, FormMap
from sync_scripts.register.forms.loading import Shelf
from sync_scripts.register.model.codes import chunks, draw
from sync_scripts.register.purging.confirming import Confirmed, Why, dropped, standing, why_not
from sync_scripts.register.purging.seen import Covered, covered, may_count
from sync_scripts.register.rules.retention import Depth, Keeps, load
from sync_scripts.store import outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.durable import step
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import attachment, submission
from sync_scripts.store.seal import erasing


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one confirmed line.

    Attributes:
        one: the line.
        why: why it was dropped; None when it was erased.
        submissions, items, files, notices, snapshots: what was erased, cancelled and forgotten with it.
    """

    one: Confirmed
    why: Why | None = None
    submissions: int = 0
    items: int = 0
    files: int = 0
    notices: int = 0
    snapshots: int = 0


def _next(rows: Rows) -> Confirmed | None:
    """Return the first line that was confirmed and neither carried out nor dropped."""
    return next(iter(standing(rows)), None)


def carry_out(by: By, one: Confirmed) -> Done:
    """Erase one confirmed line, or drop it when it is not exactly what was confirmed any more. In the caller's transaction."""
    why = why_not(by.rows, one, by.now)
    if why is not None:
        dropped(by, one, why)
        return Done(one, why)
    step("purge.unit")
    return purge(by, one)


def purge(by: By, one: Confirmed, *, people: Sequence[str] = ()) -> Done:
    """Erase everything that identifies somebody in a unit; ``people`` are uids that may not come again in any submission."""
    found = covered(by.rows, one.unit)
    code = one.unit.removeprefix("case:") if one.unit.startswith("case:") else None
    counts = not one.rule.endswith("_withdrawn") and (code is None or may_count(by.rows, code))
    notices = outbox.cancel(by.rows, _subjects(by.rows, found))
    snapshots = _forget(by.rows, found)
    stands = _stands(by.rows, found)
    details = {"code": one.code, "depth": one.depth, "plan": one.plan, "rule": one.rule, "by": one.by}
    gone = erasing.erase(
        by.rows,
        found.scopes,
        found.ids | {f"{erasing.PERSON}{uid}" for uid in people},
        actor=by.actor,
        now=by.now,
        details={**details, "submissions": len(found.roots)},
    )
    step("purge.reduce")
    _reduce(by.rows, found, one.depth, may_count=counts)
    _let_go(by, found)
    payload = {**details, "submissions": len(found.roots), "items": gone.items, "files": gone.files}
    events = [
        by.event(
            "case.purge" if unit.startswith("case:") else "alert.purge",
            unit,
            {**payload, **stands.get(unit, {})},
        )
        for unit in found.units
    ]
    by.write(*events)
    return Done(one, None, len(found.roots), gone.items, gone.files, notices, snapshots)


def _subjects(rows: Rows, found: Covered) -> list[str]:
    codes = [unit.removeprefix("case:") for unit in found.units if unit.startswith("case:")]
    return [*found.units, *(subject for code in codes for subject in subjects_of(rows, code))]


def _stands(rows: Rows, found: Covered) -> dict[str, dict[str, Any]]:
    """Return what the rules said of each unit while they knew all of it: levels and ends of tasks that its traces keep."""
    stands: dict[str, dict[str, Any]] = {}
    codes = [unit.removeprefix("case:") for unit in found.units if unit.startswith("case:")]
    case, alert, filing = tables.case, tables.alert, tables.filing
    for row in rows.execute(select(case).where(case.c.case_code.in_(codes))):
        levels = {"urgency": row.urgency, "confidentiality": row.confidentiality}
        stands[f"case:{row.case_code}"] = {**levels, "ended": _ended(rows, row.case_code)}
    units = (unit for unit in found.units if unit.startswith("alert:"))
    query = select(filing.c.unit, alert.c.urgency, alert.c.score)
    query = query.join(alert, alert.c.filing_no == filing.c.filing_no)
    for row in rows.among(query, filing.c.unit, units):
        stands[row.unit] = {"urgency": row.urgency, "score": row.score}
    return stands


def _ended(rows: Rows, code: str) -> dict[str, str]:
    """Return when each task of a case ended, by its id: with the answers goes what told that it was done."""
    task, filing = tables.task.c, tables.filing.c
    query = select(task.task_id, task.done_at).join_from(
        tables.task, tables.filing, filing.filing_no == task.filing_no
    )
    found = rows.execute(query.where(filing.case_code == code, task.done_at.is_not(None)))
    return {row.task_id: row.done_at for row in found.all()}


def _reduce(rows: Rows, found: Covered, depth: Depth, *, may_count: bool) -> None:
    """Leave of every version what may stay; a version that was never opened keeps nothing."""
    keeps, shelf = load().keeps, Shelf(rows)
    key = ("server", "form", "root_id", "instance_id")
    for one in found.versions:
        left = None
        if one["open_part"] is not None:
            form_map = shelf.reader(one["stamp"], one["form_version"]).form_map
            left = reduced(one["open_part"], form_map, keeps, depth, may_count=may_count)
        which = [submission.c[name] == one[name] for name in key]
        rows.execute(update(submission).where(*which).values(erasing.emptied(left)))


def _let_go(by: By, found: Covered) -> None:
    """Let nothing point to what is gone: files that were held or awaited, bytes that were put aside."""
    for some in chunks(sorted({one["instance_id"] for one in found.versions})):
        gone = update(attachment).where(attachment.c.instance_id.in_(some))
        by.rows.execute(gone.values(**erasing.GONE, at=instant(by.now)))
    for some in chunks(found.scopes):
        erasing.let_go(by.rows, some, by.now)


def _forget(rows: Rows, found: Covered) -> int:
    """Take what workbooks said of it out of what is kept of them; return how many rows."""
    codes = [unit.removeprefix("case:") for unit in found.units if unit.startswith("case:")]
    return sum(forget_snapshots(rows, code) for code in codes)


def run(register: Register, actor: Actor, now: datetime) -> Iterator[Done]:
    """Carry out everything that was confirmed, one transaction a unit; yield what became of each.

    May be cut anywhere: what was erased stays so, what was not is done by the next run. Files left by a cut are removed first.
    """
    erasing.finish(register)
    while True:
        with register.writing() as rows:
            build_arrived(rows, draw, now)
            one = _next(rows)
            if one is None:
                break
            done = carry_out(By(rows, actor, now), one)
        if done.why is None:
            erasing.finish(register)
        yield done


def would(rows: Rows, now: datetime) -> Iterator[Done]:
    """Yield what a run would do now, and write nothing."""
    for one in standing(rows):
        why = why_not(rows, one, now)
        found = covered(rows, one.unit)
        yield Done(one, why, len(found.roots), found.items, found.files) if why is None else Done(one, why)


_OPEN = 1
"""With ``identity`` the answers up to this level stay."""


def reduced(open_part: str, form_map: FormMap, keeps: Keeps, depth: Depth, *, may_count: bool = True) -> str:
    """Return an open part without what is not kept: no mark of a sealed answer, no tag, nothing that nobody mapped.

    Where somebody said that statistics may not have it, or a form asks and nobody answered, only the keys stay.

    Args:
        open_part: as it stands.
        form_map: of the version that it was filled with.
        keeps: what stays.
        depth: how much goes.
        may_count: whether what people agreed to since the form lets statistics keep anything.
    """
    questions = {asked.path: asked for asked in form_map.questions}
    tree = read_open_part(open_part)
    wanted = set(keeps.always)
    if may_count and _may_count(tree, questions):
        wanted |= keeps.statistics
        if depth == "identity":
            wanted |= set(_open_fields(form_map))
    return write_open_part(tuple(_kept(tree, (), questions, wanted)))


def _open_fields(form_map: FormMap) -> Iterator[str]:
    """Yield the fields whose every question in this version is of level 0 or 1."""
    from xlsform.pack import register_fields

    known = register_fields()
    closed = {f"{one.entity}.{one.field}" for one in form_map.questions if one.level > _OPEN}
    for one in form_map.questions:
        name, field = f"{one.entity}.{one.field}", known.get((one.entity or "", one.field or ""))
        if name not in closed and field is not None and field.level <= _OPEN and one.type != "text":
            yield name


def _may_count(tree: Tree, questions: dict[tuple[str, ...], Asked]) -> bool:
    """Tell whether the statistics of the organisation may keep what was answered: an alert, or where stats were agreed to."""
    asks = any(_field(one) == ("consent", "stats") for one in questions.values())
    return not asks or "yes" in set(_answers(tree, (), questions, ("consent", "stats")))


def _answers(
    nodes: Iterable[Node],
    path: tuple[str, ...],
    questions: dict[tuple[str, ...], Asked],
    field: tuple[str, str],
) -> Iterator[str]:
    for node in nodes:
        here = (*path, node.name)
        if isinstance(node.value, tuple):
            yield from _answers(node.value, here, questions, field)
        elif (
            isinstance(node.value, str)
            and (asked := questions.get(here)) is not None
            and _field(asked) == field
        ):
            yield node.value


def _field(asked: Asked) -> tuple[str | None, str | None]:
    return asked.entity, asked.field


def _kept(
    nodes: Iterable[Node], path: tuple[str, ...], questions: dict[tuple[str, ...], Asked], wanted: set[str]
) -> Iterator[Node]:
    for node in nodes:
        here = (*path, node.name)
        if isinstance(node.value, tuple):
            inside = tuple(_kept(node.value, here, questions, wanted))
            if inside:
                yield Node(node.name, inside)
        elif isinstance(node.value, str):
            asked = questions.get(here)
            if asked is not None and f"{asked.entity}.{asked.field}" in wanted:
                yield node
