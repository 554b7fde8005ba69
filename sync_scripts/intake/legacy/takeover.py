"""Keep the rows of an old list: one submission and one case each, sealed, in the ordinary way of a pull.

All rows that are taken stand in one transaction: a list that is cut off leaves nothing behind, and is taken over
again from its first row.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from sync_scripts.intake.desk.alert import keep
from sync_scripts.intake.legacy.comparing import Compared, sheets
from sync_scripts.intake.legacy.mapping import LEGACY, ListMap, form_map
from sync_scripts.intake.pull import Way
from sync_scripts.register.forms import formmap
from sync_scripts.servers.desk import LEGACY as SERVER
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables

__all__ = ["Taken", "take_over"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken over.

    Attributes:
        new: how many rows became cases. In a trial: would become.
        held: how many were in the register already, word for word.
        cases: row number in the list -> code of its case; empty in a trial.
        corrected: how many cases have a new version.
    """

    new: int
    held: int
    cases: dict[int, str]
    corrected: int = 0


def take_over(
    register: Register,
    found: Compared,
    mapped: ListMap,
    actor: Actor,
    way: Way,
    *,
    corrected: bool = False,
) -> Taken:
    """Take rows over; the caller holds the lock.

    Args:
        register: the open register.
        found: the rows, compared with it.
        mapped: the map of their list.
        actor: who takes them over.
        way: how a pull works.
        corrected: what has the number of a row that is there, and says something else, is that row, corrected.

    Raises:
        NotKept: a row was put aside.
        FormVersionTaken: cannot happen: the version follows from the map.
    """
    made = form_map(mapped)
    again = found.changed if corrected else ()
    if not way.dry_run and (found.new or again):
        with register.writing() as writing:
            formmap.remember_own(writing, made, instant(way.clock()))
        wanted = sheets(register.match_key, mapped, found, (*found.new, *again))
        keep(register, wanted, actor, replace(way, together=True), server=SERVER)
    rows = {one.row for one in (*found.new, *found.held, *again)}
    filed = {row: root for row, root in found.roots.items() if row in rows}
    cases = {} if way.dry_run else _cases(register, filed)
    return Taken(len(found.new), len(found.held), cases, len(again))


def _cases(register: Register, ids: dict[int, str]) -> dict[int, str]:
    filing = tables.filing
    with register.reading() as rows:
        asked: Any = select(filing.c.root_id, filing.c.case_code).where(filing.c.stamp == LEGACY)
        codes = {row.root_id: row.case_code for row in rows.execute(asked)}
    return {number: codes[root] for number, root in ids.items() if codes.get(root)}
