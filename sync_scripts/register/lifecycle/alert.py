"""Where an alert and a case can go, and where their events have brought them. Pure; a move not listed is refused.

The tables are the whole truth of what is possible. Every refusal says why, in its own words and under its own code.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar, Final

import msgspec

from sync_scripts.errors import N_, Attention
from sync_scripts.register.labels import label
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.store.events import Event

__all__ = [
    "ALERT_MOVES",
    "CASE_LEFT",
    "INTERVENTION_FINAL",
    "AlertNow",
    "CaseNotOpen",
    "CaseNow",
    "MoveRefused",
    "ReasonMissing",
    "SecondPersonMissing",
    "SecondPersonSame",
    "alert_now",
    "can_follow",
    "case_now",
    "check_alert_move",
    "check_dismissal",
    "check_lowering",
]

ALERT_MOVES: Final[dict[str, tuple[str, ...]]] = {
    "received": ("triaged", "dismissed"),
    "triaged": ("info_requested", "linked", "opened", "duplicate", "referred_out", "dismissed"),
    "info_requested": ("triaged",),
    "duplicate": ("triaged",),
    "dismissed": ("triaged",),
    "linked": (),
    "opened": (),
    "referred_out": (),
}
"""State of an alert -> where it can go. ``received`` to ``dismissed`` is the program's own, for a refused consent."""

BY_RULE: Final = {("received", "dismissed")}
"""Moves that no person makes."""

CASE_LEFT: Final = frozenset({"closed", "merged", "transferred"})
"""States in which a case is no longer worked on."""

INTERVENTION_FINAL: Final = frozenset({"rejected", "revoked", "done", "not_done", "declined"})
"""States that an intervention never leaves: another try is another intervention."""

_INTERVENTION: Final[dict[str, frozenset[str]]] = {
    "planned": frozenset({"referred", "accepted", "ongoing"}) | INTERVENTION_FINAL,
    "referred": frozenset({"accepted", "ongoing"}) | INTERVENTION_FINAL,
    "accepted": frozenset({"ongoing"}) | INTERVENTION_FINAL,
    "ongoing": INTERVENTION_FINAL,
}


def can_follow(state: str, reported: str) -> bool:
    """Tell whether a follow-up may report a state after another: forwards, steps left out included."""
    return state == reported or reported in _INTERVENTION.get(state, frozenset())


# --- refusals -----------------------------------------------------------------------------------------------------


_COMMANDS: Final = {"triaged": "triage", "linked": "link", "opened": "open", "dismissed": "dismiss"}
"""State of an alert -> the command that brings it there, where there is one."""


def _way(to: str) -> str:
    word = label("alert_state", to)
    return f"{word} (dikalo alerts {_COMMANDS[to]})" if to in _COMMANDS else word


@dataclass(eq=False, kw_only=True)
class MoveRefused(Attention):
    """The alert cannot go there from where it is."""

    alert: str
    state: str
    wanted: str
    code: ClassVar[str] = "DK-R10"
    message: ClassVar[str] = N_(
        'The alert {alert} is "{state}"; from there it cannot become "{wanted}". Nothing was changed. It can become: '
        "{possible}."
    )

    def words(self) -> str:
        """Return the sentence with the labels of the states."""
        possible = [to for to in ALERT_MOVES[self.state] if (self.state, to) not in BY_RULE]
        return gettext(self.message).format(
            alert=self.alert,
            state=label("alert_state", self.state),
            wanted=label("alert_state", self.wanted),
            possible=", ".join(_way(to) for to in possible) or "-",
        )


@dataclass(eq=False, kw_only=True)
class CaseNotOpen(Attention):
    """An alert can be linked to an open case only."""

    case: str
    state: str
    code: ClassVar[str] = "DK-R11"
    message: ClassVar[str] = N_(
        'The case {case} is "{state}", so no alert can be linked to it. Nothing was changed. Choose an open case, or '
        "open a new one from the alert."
    )

    def words(self) -> str:
        """Return the sentence with the label of the state."""
        return gettext(self.message).format(case=self.case, state=label("case_state", self.state))


@dataclass(eq=False, kw_only=True)
class ReasonMissing(Attention):
    """This decision needs a reason."""

    alert: str
    code: ClassVar[str] = "DK-R12"
    message: ClassVar[str] = N_(
        "To lower or dismiss the alert {alert} a reason is needed: it is kept with the decision. Nothing was changed. "
        'Add --reason "…".'
    )


@dataclass(eq=False, kw_only=True)
class SecondPersonMissing(Attention):
    """Dismissing an urgent alert needs two people."""

    alert: str
    urgency: str
    code: ClassVar[str] = "DK-R13"
    message: ClassVar[str] = N_(
        'The alert {alert} is "{urgency}": a second person must agree before it is dismissed. Nothing was changed. Add '
        "that person's code with --second CODE."
    )

    def words(self) -> str:
        """Return the sentence with the label of the level."""
        return gettext(self.message).format(alert=self.alert, urgency=label("urgency", self.urgency))


@dataclass(eq=False, kw_only=True)
class SecondPersonSame(Attention):
    """One person stands for two."""

    alert: str
    code: ClassVar[str] = "DK-R14"
    message: ClassVar[str] = N_(
        "The second person for the alert {alert} must be somebody else than the one who decides. Nothing was changed. "
        "Give the code of another worker."
    )


# --- alerts -------------------------------------------------------------------------------------------------------


class AlertNow(msgspec.Struct, frozen=True):
    """Where the events of an alert have brought it. Instants as text; None where nothing was decided."""

    state: str = "received"
    code: str | None = None
    urgency: str | None = None
    triaged_at: str | None = None
    acted_at: str | None = None
    dismissed_at: str | None = None
    assigned_to: str | None = None
    case_code: str | None = None
    dismiss_reason: str | None = None
    second: str | None = None
    channel: str | None = None


def alert_now(events: Iterable[Event]) -> AlertNow:
    """Return where events, in their order, bring an alert. What they say was checked when they were written."""
    now = AlertNow()
    for event in events:
        now = _alert_step(now, event)
    return now


def _alert_step(now: AlertNow, event: Event) -> AlertNow:
    said = event.payload
    match event.op:
        case "alert.code":
            return msgspec.structs.replace(now, code=now.code or said["code"])
        case "alert.channel":
            return msgspec.structs.replace(now, channel=said["channel"])
        case "alert.triage":
            return msgspec.structs.replace(
                now,
                state="triaged",
                urgency=said.get("urgency"),
                triaged_at=event.at,
                assigned_to=said.get("assigned_to") or now.assigned_to,
                dismissed_at=None,
                dismiss_reason=None,
                second=None,
            )
        case "alert.open" | "alert.link":
            state = "opened" if event.op == "alert.open" else "linked"
            return msgspec.structs.replace(
                now, state=state, case_code=said["case_code"], acted_at=now.acted_at or event.at
            )
        case "alert.dismiss":
            return msgspec.structs.replace(
                now,
                state="dismissed",
                dismissed_at=event.at,
                dismiss_reason=said["reason"],
                second=said.get("second"),
            )
        case _:
            return now


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


def check_dismissal(
    alert: str, urgency: str | None, reason: str, people: tuple[str, str | None], rules: Ruleset
) -> None:
    """Let a dismissal pass: with a reason, and from the urgent levels with a second person.

    Args:
        alert: code of the alert.
        urgency: the level that stands, decided or by rule.
        reason: why, in the decider's words.
        people: code of who decides, and of the second person if there is one.
        rules: which levels need two.

    Raises:
        ReasonMissing, SecondPersonMissing, SecondPersonSame: as they say.
    """
    first, second = people
    needed = rules.override.dismiss
    if needed.reason_required and not reason.strip():
        raise ReasonMissing(alert=alert)
    if second is not None and second.strip().upper() == first.strip().upper():
        raise SecondPersonSame(alert=alert)
    if urgency in needed.second_person_levels and second is None:
        raise SecondPersonMissing(alert=alert, urgency=urgency or "")


# --- cases --------------------------------------------------------------------------------------------------------


class CaseNow(msgspec.Struct, frozen=True):
    """Where the events of a case have brought it. ``opened_at`` is None when no person opened it."""

    state: str = "open_intake"
    owner: str | None = None
    opened_at: str | None = None
    closed_at: str | None = None


def case_now(events: Sequence[Event]) -> CaseNow:
    """Return where events, in their order, bring a case."""
    now = CaseNow()
    for event in events:
        if event.op == "case.open":
            now = msgspec.structs.replace(
                now, opened_at=now.opened_at or event.at, owner=event.payload.get("owner_code") or now.owner
            )
        elif event.op == "case.assign":
            now = msgspec.structs.replace(now, owner=event.payload["owner_code"])
    return now
