"""How a task ended: done, or not needed any more because what it was for ended. Pure.

A task keeps only when it ended. Which of the two it was follows from what happened at that instant: a decision or a form
that does such a task, or one with which the alert, the case or the consent that asked for it ended. Nobody is said to
have done what nobody did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from sync_scripts.register.case.tasks import ended_by_decision
from sync_scripts.register.consents.checks import CHECK
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.rules.kinds import (
    DONE_BY,
    DONE_BY_MOVE,
    KINDS,
    OUTLIVE_CASE,
    OUTLIVE_ERASURE,
    STOPPED_TASKS,
)
from sync_scripts.store.events import Event

__all__ = ["ENDING", "Came", "Ended", "ways"]

Ended = Literal["done", "not_needed"]
RowOf = Mapping[Any, Any]


class Came(msgspec.Struct, frozen=True):
    """When forms of a unit came that may carry a refusal, or what a task asks for. Instants as text.

    Attributes:
        refused: alerts whose own form says no, by subject: when the version that says so came.
        talks: when interviews came, as far as no other form of the case came at that instant.
        told: what interviews tell (`Kind.told_by`) -> when they came.
        fell: what a task asks of a service (`Kind.of_service`) -> when visits came that say that what it was for is declined, or comes to nothing.
    """

    refused: Mapping[str, str] = {}
    talks: Collection[str] = frozenset()
    told: Mapping[str, Collection[str]] = {}
    fell: Mapping[str, Collection[str]] = {}


_ALERT_ENDS: Final = frozenset({"alert.dismiss", "alert.duplicate", "alert.refer"})
_PURGES: Final = frozenset({"alert.purge", "case.purge"})
_STOPS: Final = frozenset({"consent.record", "consent.withdraw", "consent.override", "value.correct"})
"""Ops of the decisions with which people take back, or refuse, what the work rests on."""
ENDING: Final = _ALERT_ENDS | _PURGES | _STOPS | {"case.move", "intervention.move"}
"""Ops of the decisions with which a task can lose its purpose."""


def ways(tasks: Sequence[RowOf], events: Iterable[Event], came: Came | None = None) -> Iterator[Ended | None]:
    """Yield how each task of a unit ended; None for one that is open.

    Args:
        tasks: all of an alert without a case, or of a case with its alerts.
        events: what was decided about the alert, or about the case and its alerts, in order.
        came: when forms came that may have ended a task.
    """
    known = _Known(tasks, list(events), came or Came())
    for row in tasks:
        if row["done_at"] is None:
            yield None
        else:
            yield "not_needed" if known.without_purpose(row) else "done"


class _Known:
    """What is known of the tasks of a unit."""

    def __init__(self, tasks: Sequence[RowOf], events: Sequence[Event], came: Came) -> None:
        self._said = ended_by_decision(events)
        self._came = came
        self._at: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            self._at[event.at].append(event)
        worked = [row["done_at"] for row in tasks if row["kind"] in STOPPED_TASKS]
        self._stopped_by = None if None in worked else max(worked, default=None)

    def without_purpose(self, row: RowOf) -> bool:
        """Tell whether a task that ended did so only because what it was for ended."""
        happened = self._at.get(row["done_at"], ())
        if row["task_id"] in self._said or any(_does(event, row) for event in happened):
            return False
        return any(_ends(event, row) for event in happened) or self._by_form(row)

    def _by_form(self, row: RowOf) -> bool:
        """Tell whether a form that says no ended a task: nothing that stops with it may have ended later."""
        at, kind = row["done_at"], row["kind"]
        if at in self._came.fell.get(KINDS[kind].of_service or "", ()):
            return KINDS[kind].of_service != "appointment" or bool(at < row["due_at"])
        if KINDS[kind].by_refusal and self._came.refused.get(row["subject"]) == at:
            return True
        if kind not in STOPPED_TASKS or self._stopped_by != at:
            return False
        if at in self._came.talks:
            return not KINDS[kind].by_talk and at not in self._came.told.get(KINDS[kind].told_by or "", ())
        return at in self._came.refused.values()


def _does(event: Event, row: RowOf) -> bool:
    """Tell whether a decision does a task."""
    kind, said = row["kind"], event.payload
    if event.op == "case.move":
        return kind in DONE_BY_MOVE.get(said["to"], ())
    if event.op == "alert.dismiss":
        return kind == CHECK and bool(said.get("second"))
    if event.op == "intervention.move" and KINDS[kind].of_service == "appointment":
        return said["to"] == "done" or bool(event.at >= row["due_at"])
    if event.op == "intervention.move" and (said["to"] == "revoked" or _declined_care(kind, said)):
        return False
    return kind in DONE_BY.get(event.op, ())


def _ends(event: Event, row: RowOf) -> bool:
    """Tell whether with a decision that ends at which a task stands, nothing is left of what it was for."""
    kind = row["kind"]
    if event.op in _ALERT_ENDS:
        return bool(event.subject == row["subject"])
    if event.op == "case.move":
        return event.payload["to"] in CASE_LEFT and kind not in OUTLIVE_CASE
    if event.op in _PURGES:
        return kind not in OUTLIVE_ERASURE
    if event.op in _STOPS:
        return kind in STOPPED_TASKS
    return event.op == "intervention.move" and (
        KINDS[kind].of_service in {"appointment", "answer"} or _declined_care(kind, event.payload)
    )


def _declined_care(kind: str, said: Mapping[str, Any]) -> bool:
    """Tell whether care before a limit of medicine was declined: then nobody gave it, and nobody has to any more."""
    return KINDS[kind].of_service == "care" and said["to"] == "declined"
