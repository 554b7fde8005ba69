"""Keep the rows of an old list: one submission and one case each, sealed, in the ordinary way of a pull.

A row is told apart by its key, so the same list taken over again, or after a cut, brings nothing twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.intake.desk import Sheet, keep, own_id
from sync_scripts.intake.legacy.mapping import LEGACY, ListMap, form_map
from sync_scripts.intake.legacy.plan import OldRow
from sync_scripts.intake.pull import Way
from sync_scripts.register import formmap
from sync_scripts.servers.desk import LEGACY as SERVER
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission

__all__ = ["Taken", "take_over"]

_REPEATS: Final = ("people", "acts", "authors")


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over.

    Attributes:
        new: how many rows became cases. In a trial: would become.
        held: how many were in the register already; they were left as they are.
        cases: row number in the list -> code of its case; empty in a trial.
    """

    new: int
    held: int
    cases: dict[int, str]


def take_over(register: Register, rows: Sequence[OldRow], mapped: ListMap, actor: Actor, way: Way) -> Taken:
    """Take rows over; the caller holds the lock.

    Raises:
        NotKept: a row was put aside.
        FormVersionTaken: cannot happen: the version follows from the map.
    """
    made = form_map(mapped)
    ids = {one.row: own_id(register.match_key, LEGACY, one.key) for one in rows}
    with register.reading() as reading:
        asked = select(submission.c.instance_id).where(submission.c.server == SERVER)
        held = {row.instance_id for row in reading.stream(asked)}
    new = [one for one in rows if ids[one.row] not in held]
    if not way.dry_run and new:
        with register.writing() as writing:
            formmap.remember_own(writing, made, instant(way.clock()))
        sheets = (Sheet(LEGACY, made.version, ids[one.row], _answers(one, ids[one.row])) for one in new)
        keep(register, sheets, actor, way, server=SERVER)
    return Taken(len(new), len(rows) - len(new), {} if way.dry_run else _cases(register, ids))


def _answers(one: OldRow, instance_id: str) -> list[tuple[tuple[str, ...], str]]:
    """Return the answers, the one person, act and author with ids that follow from the row's."""
    plain = instance_id.removeprefix("uuid:")
    present = {path[0] for path, _answer in one.answers}
    uids = [((group, "uid"), f"{plain}-{group}") for group in _REPEATS if group in present]
    return [*uids, *one.answers]


def _cases(register: Register, ids: dict[int, str]) -> dict[int, str]:
    filing = tables.filing
    with register.reading() as rows:
        asked: Any = select(filing.c.root_id, filing.c.case_code).where(filing.c.stamp == LEGACY)
        codes = {row.root_id: row.case_code for row in rows.execute(asked)}
    return {number: codes[root] for number, root in ids.items() if codes.get(root)}
