"""One way to write a decision down: who decides, when and by what road, inside one open transaction.

Nothing here knows what may be decided; that is `lifecycle` and the modules beside this one. Opens nothing sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NoReturn

from sync_scripts.register.building import build, marks
from sync_scripts.register.building.portions import NotBuilt, each_alone, named
from sync_scripts.register.case.case_input import codes_of, turned
from sync_scripts.register.history.arrivals import KEPT_WITH, held_by_now
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import DrawCode
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.events import Event, NewEvent

_MANY: Final = 200
"""Units that are built at a time: their submissions are in memory together."""


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, and where it is written.

    Attributes:
        rows: the open transaction; what was decided before in it is seen.
        actor: who, and how that was proved.
        now: instant of the decision.
        via: by what road it came, when not by a command: export, file, sheet, cell. Kept in the event's payload.
        draw: gives a code for a new case.
        waiting: units that `together` will build; None while each decision is built at once.
        going: codes of cases of which was asked already whether they go on; nothing decided here may change that.
        written: every event of this transaction so far, by whatever road: what was done is told from them.
        held: what whoever filled in what is taken now had before them, where that is not what the register holds by now.
    """

    rows: Rows
    actor: Actor
    now: datetime
    via: Mapping[str, Any] | None = None
    draw: DrawCode = codes.draw
    waiting: set[str] | None = None
    going: frozenset[str] = frozenset()
    written: list[Event] = field(default_factory=list)
    held: Mapping[str, Any] = field(default_factory=dict)

    def through(self, via: Mapping[str, Any] | None) -> By:
        """Return the same person deciding by a certain road."""
        return replace(self, via=via)

    def event(self, op: str, subject: str, payload: Mapping[str, Any]) -> NewEvent:
        """Return the event of a decision, its road in the payload, and where it is needed what the register held by then.

        Args:
            op: what is decided: ``case.move``.
            subject: the unit that it changes: ``alert:<stamp>/<root>``, ``case:<CODE>``.
            payload: old and new values up to level 2.
        """
        said = dict(payload) if self.via is None else {**payload, "via": dict(self.via)}
        if op in KEPT_WITH:
            said |= self.held or held_by_now(self.rows)
        return NewEvent(op, subject, self.actor, said)

    def write(self, *events: NewEvent) -> list[Event]:
        """Append events, build what they are about, and return them as they stand.

        Once a clock that was ahead is right again, what it moved is built, too: see `case.case_input.turned`.
        """
        again = turned(self.rows, self.now)
        written = store_events.append(self.rows, events, self.now)
        self.written.extend(written)
        self.build({event.subject for event in events} | again)
        return written

    def build(self, units: set[str]) -> None:
        """Build units again; inside `together` when enough of them wait."""
        if self.waiting is None:
            self._carry_out(units)
            return
        self.waiting.update(units)
        if len(self.waiting) >= _MANY:
            self.catch_up()

    def catch_up(self, unit: str | None = None) -> None:
        """Build all that waits, so that rows say what was decided; with a unit, only if that one waits."""
        if self.waiting and (unit is None or unit in self.waiting):
            units = set(self.waiting)
            self.waiting.clear()
            self._carry_out(units)

    def _carry_out(self, units: Collection[str]) -> None:
        """Build what was decided about.

        Raises:
            NotBuilt: the program has a fault about one of them; whoever decides is refused, for rows that do not say what was decided
                would be taken for what stands.
        """

        def built(some: Iterable[str]) -> None:
            build.apply_units(self.rows, some, self.draw, self.now)

        for unit, fault in each_alone(self.rows, sorted(units), built).items():
            raise NotBuilt(
                fault=named(fault), case="".join(codes_of([unit]))
            ) from None  # its words may hold a value

    @contextmanager
    def together(self) -> Iterator[By]:
        """Build many units at a time, which costs a fifth of building each by itself.

        Rows of a unit that waits are those from before: whoever decides on it again, or reads it, asks `catch_up` first.
        """
        inner = replace(self, waiting=set())
        yield inner
        inner.catch_up()


@contextmanager
def deciding(
    register: Register,
    actor: Actor,
    now: datetime,
    *,
    via: Mapping[str, Any] | None = None,
    draw: DrawCode = codes.draw,
    dry_run: bool = False,
) -> Iterator[By]:
    """Give one transaction to decide in: kept whole at the end, undone whole after any refusal or with ``dry_run``.

    What is stored and not yet built is built first: who decides has all of it before them. What a decision says of every unit is built
    behind it, in transactions of its own.
    """
    with transaction(register, keep=not dry_run) as rows:
        marks.build_before_deciding(rows, draw, now)
        yield By(rows, actor, now, via, draw)
    if not dry_run and marks.marked_all(rows):
        marks.build_again(register, marks.Again(draw, now), lambda _more: None)


class _Undo(Exception):
    """Leaves a transaction without keeping anything of it."""


@contextmanager
def transaction(register: Register, *, keep: bool) -> Iterator[Rows]:
    """Give a writing transaction; with ``keep`` false all of it is undone at the end, without an error."""
    try:
        with register.writing() as rows:
            yield rows
            if not keep:
                _leave()
    except _Undo:
        pass


def _leave() -> NoReturn:
    raise _Undo
