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

from sync_scripts.register.decided import OUTLIVE_CASE, STOPPED_TASKS
from sync_scripts.register.risen_now import LOOK, TOLD_LATE
from sync_scripts.register.states import CASE_LEFT
from sync_scripts.register.tasks import ended_by_decision
from sync_scripts.register.traces import OWED
from sync_scripts.store.events import Event

__all__ = ["ENDING", "Came", "Ended", "ways"]

Ended = Literal["done", "not_needed"]
RowOf = Mapping[Any, Any]


class Came(msgspec.Struct, frozen=True):
    """When forms of a unit came that may carry a refusal, or what a task asks for. Instants as text.

    Attributes:
        refused: alerts whose own form says no, by subject: when the version that says so came.
        talks: when interviews came, as far as no other form of the case came at that instant.
        told: kind of task -> when interviews came that tell that it is done.
        fell: kind of task -> when visits came that say that what it was for is declined, or comes to nothing.
    """

    refused: Mapping[str, str] = {}
    talks: Collection[str] = frozenset()
    told: Mapping[str, Collection[str]] = {}
    fell: Mapping[str, Collection[str]] = {}


_DOES: Final[Mapping[str, frozenset[str]]] = {
    "alert.triage": frozenset({"triage", LOOK, TOLD_LATE}),
    "case.urgency": frozenset({LOOK, "urgency_check", TOLD_LATE}),
    "alert.open": frozenset({"first_action"}),
    "alert.link": frozenset({"first_action"}),
    "alert.refer": frozenset({"first_action"}),
    "alert.contacted": frozenset({"first_contact"}),
    "case.contact": frozenset({"first_contact", "suspend_review"}),
    "case.open": frozenset({"assign"}),
    "case.assign": frozenset({"assign"}),
    "consent.record": frozenset({"consent_ask"}),
    "consent.withdraw": frozenset({"consent_ask"}),
    "consent.override": frozenset({"consent_ask"}),
    "intervention.move": frozenset({"referral_answer", "clinical_limit"}),
    "intervention.set": frozenset({"clinical_limit"}),
    "alert.purge": frozenset({"retention_review", "consent_purge"}),
    "case.purge": frozenset({"retention_review", "consent_purge"}),
}
"""Op of a decision -> the kinds of task that are done by it."""

_MOVE_DOES: Final[Mapping[str, frozenset[str]]] = {
    "action_plan": frozenset({"plan"}),
    "suspended": frozenset({"suspend_review"}),
    "closure_pending": frozenset({"closure_review"}),
    "closed": frozenset({"closure_review"}),
}
"""State to which a case is moved -> the kinds of task that are done by it."""

_ALERT_ENDS: Final = frozenset({"alert.dismiss", "alert.duplicate", "alert.refer"})
_PURGES: Final = frozenset({"alert.purge", "case.purge"})
_STOPS: Final = frozenset({"consent.record", "consent.withdraw", "consent.override", "value.correct"})
"""Ops of the decisions with which people take back, or refuse, what the work rests on."""
ENDING: Final = _ALERT_ENDS | _PURGES | _STOPS | {"case.move", "intervention.move"}
"""Ops of the decisions with which a task can lose its purpose."""
_BY_TALK: Final = frozenset({"first_contact", "consent_ask", "consent_review"})
"""Kinds of task that every interview does, also one in which the person says no."""
_OF_ALERT: Final = frozenset({"first_contact", "first_action"})


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
        if at in self._came.fell.get(kind, ()):
            return kind != "appointment" or bool(at < row["due_at"])
        if kind in _OF_ALERT and self._came.refused.get(row["subject"]) == at:
            return True
        if kind not in STOPPED_TASKS or self._stopped_by != at:
            return False
        if at in self._came.talks:
            return kind not in _BY_TALK and at not in self._came.told.get(kind, ())
        return at in self._came.refused.values()


def _does(event: Event, row: RowOf) -> bool:
    """Tell whether a decision does a task."""
    kind, said = row["kind"], event.payload
    if event.op == "case.move":
        return kind in _MOVE_DOES.get(said["to"], ())
    if event.op == "alert.dismiss":
        return kind == "withdrawal_check" and bool(said.get("second"))
    if event.op == "intervention.move" and kind == "appointment":
        return said["to"] == "done" or bool(event.at >= row["due_at"])
    if event.op == "intervention.move" and (said["to"] == "revoked" or _declined_care(kind, said)):
        return False
    return kind in _DOES.get(event.op, ())


def _ends(event: Event, row: RowOf) -> bool:
    """Tell whether with a decision that ends at which a task stands, nothing is left of what it was for."""
    kind = row["kind"]
    if event.op in _ALERT_ENDS:
        return bool(event.subject == row["subject"])
    if event.op == "case.move":
        return event.payload["to"] in CASE_LEFT and kind not in OUTLIVE_CASE
    if event.op in _PURGES:
        return kind not in OWED
    if event.op in _STOPS:
        return kind in STOPPED_TASKS
    return event.op == "intervention.move" and (
        kind in {"appointment", "referral_answer"} or _declined_care(kind, event.payload)
    )


def _declined_care(kind: str, said: Mapping[str, Any]) -> bool:
    """Tell whether care before a limit of medicine was declined: then nobody gave it, and nobody has to any more."""
    return kind == "clinical_limit" and said["to"] == "declined"
