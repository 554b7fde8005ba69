"""Where the events of a case have brought it. Pure; what events say was checked when they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.lifecycle.contacts import key_of, when
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.store.history.events import Event

__all__ = ["OWN_REQUEST", "CaseNow", "case_now"]

OWN_REQUEST: Final = "decision"
"""In the place of the form by which a closure is asked for: whoever moved the case gave a reason of their own."""


class CaseNow(msgspec.Struct, frozen=True):
    """Where the events of a case have brought it. Instants as text, None where nothing was decided.

    Attributes:
        state, owner: as decided last.
        since: when it came to its state.
        opened_at: when it was opened; ``by_person`` whether a person did.
        suspended_from, review_on: of a suspended case.
        emergency: since when it is at interventions as an emergency, while no plan was made.
        planned_at: when it first had an action plan.
        asked_at, asked_by, asked_proof, asked_risk, feedback: of the closure that is asked for; ``asked_owner`` who was in
            charge of the case then, ``asked_account`` through which account of a database server it was asked for,
            ``asked_request`` which request that is: the subject of a form, `OWN_REQUEST`, None of an earlier version;
            ``asked_known`` what whoever asked can have known of.
        asks: (when, which request) of each closure that was asked for.
        left_at: when it was closed, handed over or merged; ``left_known`` as ``asked_known``.
        closed_at, closure_reason, merged_into, transferred_to: as they say.
        urgency, confidentiality: levels that were decided; ``urgency_at`` when the urgency was.
        retention, hold, note: as decided last.
        due: day on which somebody decided to look after the case next; ``due_since`` when that was decided.
        owned_at: when somebody was first put in charge.
        resumed_at: when it was last taken up again, suspended or closed before.
        contacts: (when, whether the person was reached, key of the event) of each contact that somebody wrote down and nobody
            took back.
        answers: (when, approved or refused, which request) of each decision on a closure.
        took: (when, code, level, risk) of each case that was merged into it; level and risk as they stood there then, None
            of an earlier version.
    """

    state: str = "open_intake"
    owner: str | None = None
    opened_at: str | None = None
    closed_at: str | None = None
    by_person: bool = False
    since: str | None = None
    suspended_from: str | None = None
    review_on: str | None = None
    emergency: str | None = None
    planned_at: str | None = None
    asked_at: str | None = None
    asked_by: str | None = None
    asked_proof: str | None = None
    asked_owner: str | None = None
    asked_account: str | None = None
    asked_request: str | None = None
    asked_known: Known | None = None
    asked_risk: str | None = None
    feedback: str | None = None
    left_at: str | None = None
    left_known: Known | None = None
    closure_reason: str | None = None
    merged_into: str | None = None
    transferred_to: str | None = None
    urgency: str | None = None
    urgency_at: str | None = None
    confidentiality: str | None = None
    retention: str | None = None
    hold: bool = False
    note: str | None = None
    due: str | None = None
    due_since: str | None = None
    owned_at: str | None = None
    resumed_at: str | None = None
    contacts: tuple[tuple[str, bool, str], ...] = ()
    asks: tuple[tuple[str, str | None], ...] = ()
    answers: tuple[tuple[str, str, str | None], ...] = ()
    took: tuple[tuple[str, str, str | None, str | None], ...] = ()

    @property
    def known(self) -> Known:
        """Return what whoever closed it, handed it over or merged it can have known of."""
        return self.left_known or Known("")

    def taken_levels(self) -> list[str]:
        """Return the levels of the cases that were merged into it, as they stood there then."""
        return [level for _at, _code, level, _risk in self.took if level]


def case_now(events: Iterable[Event]) -> CaseNow:
    """Return where events, in their order, bring a case."""
    now = CaseNow()
    for event in events:
        if event.op in _STEPS:
            now = msgspec.structs.replace(now, **_STEPS[event.op](now, event))
    return now


def _opened(now: CaseNow, event: Event) -> dict[str, Any]:
    return {
        "opened_at": now.opened_at or event.at,
        "owner": event.payload.get("owner_code") or now.owner,
        "owned_at": now.owned_at or (event.at if event.payload.get("owner_code") else None),
        "by_person": now.by_person or event.actor.proof != "rule",
    }


def _moved(now: CaseNow, event: Event) -> dict[str, Any]:
    said, to, was = event.payload, event.payload["to"], now.state
    fields: dict[str, Any] = {"state": to, "since": event.at, "review_on": None, "suspended_from": None}
    if to == "suspended":
        fields |= {"suspended_from": was, "review_on": said["review_on"]}
    elif to == "intervention" and was == "open_intake":
        fields["emergency"] = event.at
    elif to == "action_plan":
        fields |= {"planned_at": now.planned_at or event.at, "emergency": None}
    elif to in CASE_LEFT:
        fields |= _left(now, event)
    if was == "suspended" or to == "reopened":
        fields["resumed_at"] = event.at
    if was != "suspended":
        fields |= _about_closing(now, event)
    return fields


def _left(now: CaseNow, event: Event) -> dict[str, Any]:
    said = event.payload
    return {
        "left_at": event.at,
        "left_known": Known.of(event),
        "closed_at": event.at if said["to"] == "closed" else None,
        "merged_into": said.get("into"),
        "transferred_to": said.get("transferred_to"),
        "owner": said.get("owner_code") or now.owner,
    }


_OF_CLOSING: Final = (
    "asked_at",
    "asked_by",
    "asked_proof",
    "asked_owner",
    "asked_account",
    "asked_request",
    "asked_known",
    "closure_reason",
)
"""What is forgotten of a closure that is refused, or after which the case was taken up again."""


def _about_closing(now: CaseNow, event: Event) -> dict[str, Any]:
    """Return what a move says of a closure: asked for, decided, or forgotten with what comes after it."""
    to, fields = event.payload["to"], dict[str, Any]()
    if to == "closure_pending":
        return _asked(now, event)
    if now.state == "closure_pending" and to in {"closed", "follow_up"}:
        decision = "approved" if to == "closed" else "refused"
        fields["answers"] = (*now.answers, (event.at, decision, event.payload.get("request")))
    if to in {"follow_up", "reopened"}:
        fields |= dict.fromkeys(_OF_CLOSING)
    if to == "reopened":
        fields |= {"closed_at": None, "left_at": None}
    return fields


def _asked(now: CaseNow, event: Event) -> dict[str, Any]:
    said = event.payload
    return {
        "asked_at": event.at,
        "asked_by": event.actor.code,
        "asked_proof": event.actor.proof,
        "asked_owner": now.owner,
        "asked_account": event.account,
        "asked_request": said.get("request"),
        "asked_known": Known.of(event),
        "asks": (*now.asks, (event.at, said.get("request"))),
        "asked_risk": said.get("risk"),
        "feedback": said.get("feedback"),
        "closure_reason": said.get("closure_reason"),
    }


_STEPS: Final[dict[str, Callable[[CaseNow, Event], dict[str, Any]]]] = {
    "case.open": _opened,
    "case.move": _moved,
    "case.assign": lambda now, event: {
        "owner": event.payload["owner_code"],
        "owned_at": now.owned_at or event.at,
    },
    "case.takes": lambda now, event: {
        "took": (
            *now.took,
            (
                event.at,
                event.payload["case_code"],
                event.payload.get("urgency"),
                event.payload.get("risk"),
            ),
        )
    },
    "case.contact": lambda now, event: {
        "contacts": (
            *now.contacts,
            (when(event), event.payload["reached"], key_of(event)),
        )
    },
    "case.contact_undo": lambda now, event: {
        "contacts": tuple(one for one in now.contacts if one[2] != event.payload["of"])
    },
    "case.urgency": lambda _now, event: {
        "urgency": event.payload["urgency"],
        "urgency_at": event.at,
    },
    "case.confidentiality": lambda _now, event: {"confidentiality": event.payload["confidentiality"]},
    "case.retention": lambda _now, event: {"retention": event.payload["retention_class"]},
    "case.hold": lambda _now, event: {"hold": event.payload["legal_hold"]},
    "case.due": lambda _now, event: {"due": event.payload["next_due"], "due_since": event.at},
    "case.note": lambda _now, event: {"note": event.payload["work_note"]},
}
"""Op of an event -> what it changes."""
