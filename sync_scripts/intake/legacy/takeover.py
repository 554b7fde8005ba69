"""Keep the rows of an old list that the register has not: one submission and one case each, sealed, in the ordinary way of a pull.

A row is told apart by its number within its list, and known again by all that it says. The same number with other words may
be a correction, or the row of another list: a person says which, the program never does. All rows that are taken stand in
one transaction: a list that is cut off leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from sync_scripts.intake.desk import Sheet, keep, own_id
from sync_scripts.intake.legacy.mapping import LEGACY, ListMap, form_map, paths
from sync_scripts.intake.legacy.plan import OldRow, Rejected
from sync_scripts.intake.pull import Way
from sync_scripts.register.forms import formmap
from sync_scripts.servers.desk import LEGACY as SERVER
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission
from sync_scripts.store.seal import erasing

_REPEATS: Final = ("people", "acts", "authors")


@dataclass(frozen=True, slots=True)
class Compared:
    """The rows of a list beside the register.

    Attributes:
        roots: row number -> the id under which its case is, or would be, filed.
        new: what is not there yet. held: what is there, word for word.
        changed: what has the number of a row that is there, and says something else.
        before: row number of a changed one -> id of the version that is there.
        twins: what is there word for word under another name of the list.
        erased: what was erased here, or has the number of what was erased, or of that out of which somebody was.
    """

    roots: Mapping[int, str]
    new: tuple[OldRow, ...]
    held: tuple[OldRow, ...]
    changed: tuple[OldRow, ...]
    before: Mapping[int, str]
    twins: tuple[OldRow, ...]
    erased: tuple[OldRow, ...]

    def rejected(self, key: str, *, corrected: bool) -> Iterator[Rejected]:
        """Yield the rows that are not taken as they are, by the cell that tells them apart; ``key`` is its heading."""
        why = {"twin": self.twins, "erased": self.erased, "other": () if corrected else self.changed}
        wrong = [(one, name) for name, rows in why.items() for one in rows]
        for one, name in sorted(wrong, key=lambda pair: pair[0].row):
            yield Rejected(one.row, one.cell, key, name)


class _Held(NamedTuple):
    """The version of a row that counts; ``erased``: it, or somebody in it."""

    instance_id: str
    replaces: str
    erased: bool


def compare(register: Register, rows: Sequence[OldRow], mapped: ListMap) -> Compared:
    """Compare rows with what was taken over before."""
    made = _Comparing(register.match_key, mapped)
    roots = {one.row: made.root(one) for one in rows}
    firsts = {one.row: made.version(one, "") for one in rows}
    elsewhere = {one.row: own_id(register.match_key, LEGACY, one.key) for one in rows}
    with register.reading() as reading:
        held = _held(reading)
        gone = erasing.among(reading, [*roots.values(), *firsts.values()])
    words = {one.instance_id for one in held.values()}
    found: dict[str, list[OldRow]] = {name: [] for name in ("new", "held", "changed", "twins", "erased")}
    for one in rows:
        root, first = roots[one.row], firsts[one.row]
        here, other = held.get(root), held.get(elsewhere[one.row])
        if here is not None:
            name = "held" if made.same(one, here) else "erased" if here.erased else "changed"
        elif root in gone or first in gone:
            name = "erased"
        elif first in words or (other is not None and made.same(one, other)):
            name = "twins"
        else:
            name = "new"
        found[name].append(one)
    before = {one.row: held[roots[one.row]].instance_id for one in found["changed"]}
    return Compared(roots=roots, before=before, **{name: tuple(those) for name, those in found.items()})


def sheets(key: bytes, mapped: ListMap, found: Compared, rows: Iterable[OldRow]) -> Iterator[Sheet]:
    """Yield the submissions of compared rows; the id of each follows from what it says and replaces.

    Args:
        key: the match key.
        mapped: the map of their list.
        found: what they were compared with.
        rows: those to be taken.
    """
    made = _Comparing(key, mapped)
    for one in rows:
        root, replaces = found.roots[one.row], found.before.get(one.row, "")
        own = made.version(one, replaces)
        said = _answers(one, root)
        yield Sheet(LEGACY, made.form.version, own, said, root_id=root, replaces=replaces)


def _answers(one: OldRow, root: str) -> list[tuple[tuple[str, ...], str]]:
    """Return the answers, the one person, act and author with ids that stay the same in every version of the row."""
    plain = root.removeprefix("uuid:")
    present = {path[0] for path, _answer in one.answers}
    uids = [((group, "uid"), f"{plain}-{group}") for group in _REPEATS if group in present]
    return [*uids, *one.answers]


class _Comparing:
    """How rows of one list are told apart and known again."""

    def __init__(self, key: bytes, mapped: ListMap) -> None:
        self.key, self.list = key, mapped.list
        self.form = form_map(mapped)
        self._columns = {path: mapped.columns[heading] for heading, path in paths(mapped).items()}

    def root(self, one: OldRow) -> str:
        """Return the id under which a row's case is filed: its number, in its list."""
        return own_id(self.key, LEGACY, *([self.list] if self.list else []), one.key)

    def version(self, one: OldRow, replaces: str) -> str:
        """Return the id of a version: all that the row says, whichever the order of its columns, and what it replaces."""
        said = sorted(self._said(one))
        return own_id(self.key, LEGACY, "row", replaces, *(part for three in said for part in three))

    def _said(self, one: OldRow) -> Iterator[tuple[str, str, str]]:
        for path, value in one.answers:
            if path in self._columns:
                column = self._columns[path]
                where = column.target.name if column.target is not None else str(column.level)
                yield column.heading, where, value

    def same(self, one: OldRow, held: _Held) -> bool:
        """Tell whether a row says, word for word, what was taken over, whatever of that is left."""
        return held.instance_id == self.version(one, held.replaces)


def _held(rows: Rows) -> dict[str, _Held]:
    table = submission.c
    erased = (table.status == "erased") | table.redacted_at.is_not(None)
    asked = select(table.root_id, table.instance_id, table.deprecated_id, erased)
    found: Iterable[Any] = rows.stream(asked.where(table.server == SERVER, table.current))
    return {root: _Held(own, before or "", bool(gone)) for root, own, before, gone in found}


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
