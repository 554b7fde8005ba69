"""Where the events of an alert have brought it, and what a person may decide about it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from sync_scripts.register.history.arrivals import Known
from sync_scripts.register.lifecycle.contacts import key_of, when
from sync_scripts.register.lifecycle.errors import MoveRefused, ReasonMissing
from sync_scripts.register.lifecycle.moves import ALERT_MOVES, BY_RULE
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.history.events import Event

__all__ = ["AlertNow", "alert_now", "check_alert_move", "check_lowering"]


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
        if event.op in _STEPS:
            now = msgspec.structs.replace(now, **_STEPS[event.op](now, event))
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


def _moved(now: AlertNow, event: Event) -> dict[str, Any]:
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
        **_ended(event),
    }


def _ended(event: Event) -> dict[str, Any]:
    """Return when an alert was set aside."""
    return {"ended_at": event.at}


def _dismissed(_now: AlertNow, event: Event) -> dict[str, Any]:
    said = event.payload
    return {
        "state": "dismissed",
        **_ended(event),
        "dismiss_reason": said["reason"],
        "second": said.get("second"),
    }


def _reached(contacts: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {"contacts": contacts, "contacted_at": min((at for _key, at in contacts), default=None)}


_STEPS: Final[dict[str, Callable[[AlertNow, Event], dict[str, Any]]]] = {
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
    "alert.move": _moved,
    "alert.duplicate": lambda _now, event: {
        "state": "duplicate",
        "duplicate_of": event.payload["of"],
        **_ended(event),
    },
    "alert.refer": _referred,
    "alert.dismiss": _dismissed,
    "consent.withdraw": lambda now, event: {"withdrawn_at": now.withdrawn_at or event.at},
}
"""Op of an event -> what it changes."""


def check_alert_move(alert: str, state: str, wanted: str) -> None:
    """Let a person's move pass if it is listed.

    Raises:
        MoveRefused: it is not; says where the alert can go.
    """
    if wanted not in ALERT_MOVES[state] or (state, wanted) in BY_RULE:
        raise MoveRefused(alert=alert, state=state, wanted=wanted)


def check_lowering(
    alert: str, rule_says: str | None, wanted: str | None, reason: str, rules: Ruleset
) -> None:
    """Let a decided level pass: raising is free, lowering below the rules' result needs a reason.

    Raises:
        ReasonMissing: it would be lowered without one.
    """
    lowered = wanted is not None and rule_says is not None and rules.rank(wanted) < rules.rank(rule_says)
    if lowered and rules.override.lower.reason_required and not reason.strip():
        raise ReasonMissing(alert=alert)
