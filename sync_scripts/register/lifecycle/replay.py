"""Where the events of an alert and of a case have brought them. Pure; what events say was checked when they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.store.events import Event


class AlertNow(msgspec.Struct, frozen=True):
    """Where the events of an alert have brought it. Instants as text; None where nothing was decided.

    Attributes:
        urgency: the level that was decided; ``urgency_at`` when that was.
        triaged_at: when somebody last triaged it; ``triaged_known`` what whoever did can have known of.
        ended_at: when it was dismissed, referred to somebody else, or found to be a duplicate.
        contacts: (key of the event, when) of each contact that stands; ``contacted_at`` is the earliest.
        second: whoever agreed to its dismissal.
        withdrawn_at: when the person took her consent to the alert back.
    """

    state: str = "received"
    code: str | None = None
    urgency: str | None = None
    urgency_at: str | None = None
    triaged_at: str | None = None
    triaged_known: Known | None = None
    contacted_at: str | None = None
    contacts: tuple[tuple[str, str], ...] = ()
    acted_at: str | None = None
    ended_at: str | None = None
    assigned_to: str | None = None
    case_code: str | None = None
    dismiss_reason: str | None = None
    second: str | None = None
    duplicate_of: str | None = None
    referred_to: str | None = None
    channel: str | None = None
    withdrawn_at: str | None = None


def alert_now(events: Iterable[Event]) -> AlertNow:
    """Return where events, in their order, bring an alert. What they say was checked when they were written."""
    now = AlertNow()
    for event in events:
        if event.op in _ALERT_STEPS:
            now = msgspec.structs.replace(now, **_ALERT_STEPS[event.op](now, event))
    return now


def _triaged(now: AlertNow, event: Event) -> dict[str, Any]:
    return {
        "state": "triaged",
        **_level(event),
        "triaged_at": event.at,
        "triaged_known": Known.of(event),
        "assigned_to": event.payload.get("assigned_to") or now.assigned_to,
        **dict.fromkeys(("ended_at", "dismiss_reason", "second", "duplicate_of")),
    }


def _level(event: Event) -> dict[str, Any]:
    """Return the level after a triage; one that only carries along what was decided before has seen nothing new."""
    level = event.payload.get("urgency")
    if level is not None and event.payload.get("carried"):
        return {"urgency": level}
    if level is None:
        return dict.fromkeys(("urgency", "urgency_at"))
    return {"urgency": level, "urgency_at": event.at}


def _placed(now: AlertNow, event: Event) -> dict[str, Any]:
    return {
        "state": "opened" if event.op == "alert.open" else "linked",
        "case_code": event.payload["case_code"],
        "acted_at": now.acted_at or event.at,
    }


def _alert_moved(now: AlertNow, event: Event) -> dict[str, Any]:
    """Return what a move to another case changes; what was referred out by mistake is set aside no more.

    That it went out stays written down: its receiver is told what she takes back. It was no first action, though.
    """
    case = {"case_code": event.payload["case_code"]}
    if now.case_code is not None:
        return case
    return {
        **case,
        "state": "linked",
        "acted_at": event.at,
        "ended_at": None,
    }


def _referred(now: AlertNow, event: Event) -> dict[str, Any]:
    return {
        "state": "referred_out",
        "referred_to": event.payload["provider_code"],
        "acted_at": now.acted_at or event.at,
        "ended_at": event.at,
    }


def _dismissed(_now: AlertNow, event: Event) -> dict[str, Any]:
    said = event.payload
    return {
        "state": "dismissed",
        "ended_at": event.at,
        "dismiss_reason": said["reason"],
        "second": said.get("second"),
    }


def _reached(contacts: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {"contacts": contacts, "contacted_at": min((at for _key, at in contacts), default=None)}


_ALERT_STEPS: Final[dict[str, Callable[[AlertNow, Event], dict[str, Any]]]] = {
    "alert.code": lambda now, event: {"code": now.code or event.payload["code"]},
    "alert.channel": lambda _now, event: {"channel": event.payload["channel"]},
    "alert.triage": _triaged,
    "alert.assign": lambda _now, event: {"assigned_to": event.payload["assigned_to"]},
    "alert.contacted": lambda now, event: _reached((*now.contacts, (key_of(event), when(event)))),
    "alert.contact_undo": lambda now, event: _reached(
        tuple(one for one in now.contacts if one[0] != event.payload["of"])
    ),
    "alert.ask": lambda _now, _event: {"state": "info_requested"},
    "alert.open": _placed,
    "alert.link": _placed,
    "alert.move": _alert_moved,
    "alert.duplicate": lambda _now, event: {
        "state": "duplicate",
        "duplicate_of": event.payload["of"],
        "ended_at": event.at,
    },
    "alert.refer": _referred,
    "alert.dismiss": _dismissed,
    "consent.withdraw": lambda now, event: {"withdrawn_at": now.withdrawn_at or event.at},
}
"""Op of an event -> what it changes."""


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
    def merged_at(self) -> str | None:
        """Return when it was merged into another case; None for one that was not."""
        return self.left_at if self.state == "merged" else None

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
        if event.op in _CASE_STEPS:
            now = msgspec.structs.replace(now, **_CASE_STEPS[event.op](now, event))
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


_CASE_STEPS: Final[dict[str, Callable[[CaseNow, Event], dict[str, Any]]]] = {
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


CONTACTS: Final = {"alert.contacted": "alert.contact_undo", "case.contact": "case.contact_undo"}
"""Op of a contact -> op by which it is taken back; ``of`` in the payload of that one is the key of the contact."""


def key_of(event: Event) -> str:
    """Return what names a contact in the event that takes it back."""
    return f"{event.workspace}:{event.seq}"


def when(contact: Event) -> str:
    """Return from when a contact counts: when it is said to have been, but no later than it was written down (see record 0079)."""
    said: str = contact.payload["at"]
    return min(said, contact.at)


def standing_contacts(events: Iterable[Event]) -> list[Event]:
    """Return the contacts that nobody took back, in order."""
    said = list(events)
    undone = {event.payload["of"] for event in said if event.op in CONTACTS.values()}
    return [event for event in said if event.op in CONTACTS and key_of(event) not in undone]
