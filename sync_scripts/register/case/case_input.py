"""Everything that the rows of one case are made of, fetched before anything is derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync_scripts.register.case.form_versions import Entered
from sync_scripts.register.forms.submissions import Filed, case_named
from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.history.corrections import CORRECT, RESTORE
from sync_scripts.register.history.merges import GoesOn
from sync_scripts.register.history.person_decisions import KEEP, Stay
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event

__all__ = ["ALERT_COLUMNS", "Alert", "CaseInput"]

Alert = Mapping[str, Any]

ALERT_COLUMNS = [
    "filing_no",
    "alert_id",
    "code",
    "state",
    "urgency",
    "urgency_decided",
    "level",
    "reasons",
    "icons",
    "hours_since",
    "victim_kind",
    "actor_kind",
    "region",
    "department",
    "consent_state",
    "assigned_to",
    "triaged_at",
    "contacted_at",
    "acted_at",
    "referred_to",
    "case_code",
]
"""What a case reads of its alerts, besides their form stamp and when they were received."""


@dataclass(frozen=True, slots=True)
class CaseInput:
    """Everything that a case is made of.

    Attributes:
        code: its code; None for forms without a case.
        unit: what is built again together.
        filed: its submissions by arrival.
        events: what was decided about it, in order.
        alerts: its alerts by arrival, each with its form ``stamp``, when it was ``received``, and when the version that
            is read was (``read_at``).
        named: the alerts that its forms name, by code.
        said: what was decided about its submissions and alerts, by subject.
        edited: those of its alerts that arrived more than once, by number.
        goes_on: of a merged case: what was decided about the one in which the work goes on, and about those in between.
        stays: where its interviews were before.
        there: what was decided about those cases, by unit.
        brought: of that, what holds for the people of its interviews, in order.
        offices: codes of the providers that are offices of the state, as the directory stands.
        first: the number of its first submission; 0 for a case that has none left.
    """

    code: str | None
    unit: str
    filed: Sequence[Filed]
    events: Sequence[Event]
    alerts: Sequence[Alert]
    named: Mapping[str, Alert]
    said: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    edited: Mapping[int, Filed] = field(default_factory=dict)
    goes_on: GoesOn = field(default_factory=GoesOn)
    stays: Sequence[Stay] = ()
    there: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    brought: Sequence[Event] = ()
    offices: frozenset[str] = frozenset()
    first: int = field(init=False)

    def __post_init__(self) -> None:
        """Find the number of the first submission of the case; 0 for a case that has none left."""
        numbers = [one.number for one in self.filed] + [row["filing_no"] for row in self.alerts]
        object.__setattr__(self, "first", min(numbers, default=0))

    @property
    def about_people(self) -> Sequence[Event]:
        """Return what was decided about the case, and before about its people and what they told where their forms were then.

        In order.
        """
        if not self.brought:
            return self.events
        every = [*self.brought, *self.events]
        return sorted(every, key=lambda one: (one.at, one.workspace, one.seq))

    def entered(self, filed: Filed) -> Entered | None:
        """Return when an interview came from another case; None of any other form.

        That is with the version since which it names this case, or when a person moved it: behind all that was there.
        """
        said = self.said.get(f"{filed.kind}:{filed.key}", ())
        moves = [one.at for one in said if one.op == KEEP]
        if not moves:
            return None
        by_hand = [
            one for one in said if one.op in {CORRECT, RESTORE} and one.payload["field"] == "case_code"
        ]
        named = [case_named(filed, reading) for _at, reading in filed.history]
        other = max((nth for nth, one in enumerate(named, 1) if one != named[-1]), default=0)
        if other and not by_hand:
            at, _reading = filed.history[other]
            return Entered(Known(instant(at), filed.arrival(at)))
        return Entered(Known.of(by_hand[-1]) if by_hand else Known(moves[-1]), by_hand=True)

    def of(self, kind: str) -> list[Filed]:
        """Return its submissions of a kind, by arrival."""
        return [one for one in self.filed if one.kind == kind]
