"""Whether a person's move is listed and its guards hold, and if not why: in words of its own, with what would be needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from gettext import gettext
from typing import Any, Final

from sync_scripts.errors import N_, Declined, When
from sync_scripts.register.lifecycle.guards import GUARDS, Facts, lacking
from sync_scripts.register.lifecycle.moves import ALERT_MOVES, BY_RULE, MOVES, Matter, listed
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import Ruleset, load

_COMMANDS: Final = {
    "triaged": "triage",
    "info_requested": "ask",
    "linked": "link",
    "opened": "open",
    "duplicate": "link",
    "referred_out": "refer",
    "dismissed": "dismiss",
}
"""State of an alert -> the command that brings it there, where there is one."""


_NOTHING: Final = N_(
    "nothing else; a mistake is put right by dikalo alerts move CODE CASE, which brings it to another case, or by dikalo alerts "
    "move CODE --owner WORKER, which opens one for it"
)
"""What an alert can still become whose case is settled."""
_OTHER_COMMANDS: Final = {"merged": "dikalo cases merge"}
"""State of a case -> the command that brings it there, where it is not ``cases move``."""
_OF_CONSENT: Final = {"withdrawn": "dikalo consent withdraw"}
"""Answer about consent -> the command by which it is said, where it is not ``consent record``."""


_FINAL: Final = N_("nothing else: that is final")
_AT_ITS_END: Final[Mapping[Matter, str]] = {
    "alert": _NOTHING,
    "case": _FINAL,
    "incident": _FINAL,
    "intervention": N_(
        "nothing else: it ended, and another try is another intervention (dikalo cases refer CODE SERVICE)"
    ),
    "evidence": _FINAL,
    "consent": N_("nothing else: what was withdrawn stays withdrawn"),
    "link": _FINAL,
}
"""What is said of a state from which nothing leads on."""
_LISTS: Final[dict[Matter, str]] = {
    "alert": "alert_state",
    "case": "case_state",
    "incident": "verification",
    "intervention": "intervention_status",
    "evidence": "evidence_state",
    "consent": "consent_state",
    "link": "link_decision",
}


def _way(to: str) -> str:
    word = label("alert_state", to)
    return f"{word} (dikalo alerts {_COMMANDS[to]})" if to in _COMMANDS else word


def _ways_of_alert(error: Declined) -> str:
    """Return what an alert can become by a decision."""
    possible = [to for to in ALERT_MOVES[error.state] if (error.state, to) not in BY_RULE]
    return ", ".join(_way(to) for to in possible) or gettext(_NOTHING)


def _ways(error: Declined) -> str:
    """Return what a thing can become by a decision, each way as it is named and typed."""
    moves = (one for one in MOVES[error.matter] if one.was == error.state and not one.by_rule)
    possible = dict.fromkeys(one.to for one in moves)
    return ", ".join(_typed(error.matter, to) for to in possible) or gettext(_AT_ITS_END[error.matter])


def _typed(matter: Matter, to: str) -> str:
    if matter == "alert":
        return _way(to)
    if matter == "consent":
        return f"{label(_LISTS[matter], to)} ({_OF_CONSENT.get(to, 'dikalo consent record')})"
    return f"{label(_LISTS[matter], to)} ({_OTHER_COMMANDS.get(to, to)})"


def _wanted(error: Declined) -> str:
    return label(_LISTS[error.matter], error.wanted)


def needed_for(lacking: Iterable[str]) -> list[str]:
    """Return what would be needed so that some guards hold, in words."""
    rules = load().case
    numbers = {"tries": rules.suspend_after_failed_contacts, "days": rules.lost_contact_d}
    return [gettext(GUARDS[name].needed).format(**numbers) for name in lacking]


def _needed(error: Declined) -> str:
    """Return what would be needed, each in a line of its own where there are several."""
    needed = needed_for(error.lacking)
    return needed[0] if len(needed) == 1 else "".join(f"\n- {one}" for one in needed)


MoveRefused: Final = Declined.declare(
    "DK-R10",
    'The alert {alert} is "{state}"; from there it cannot become "{wanted}". Nothing was changed. It can become: '
    "{possible}.",
    shown={"state": partial(label, "alert_state"), "wanted": partial(label, "alert_state")},
    made={"possible": _ways_of_alert},
    also=(When("case", bool, "It belongs to the case {case}."),),
    case="",
)
CaseNotOpen: Final = Declined.declare(
    "DK-R11",
    'The case {case} is "{state}", so no alert can be linked to it. Nothing was changed. Choose an open case, or '
    "open a new one for the alert (dikalo alerts open CODE --owner WORKER; once it has a case or was referred out, dikalo "
    "alerts move CODE --owner WORKER).",
    also=(When("state", "suspended", "Or take that case up again first: dikalo cases move {case} back."),),
    shown={"state": partial(label, "case_state")},
)
ReasonMissing: Final = Declined.declare(
    "DK-R12",
    "For this decision on {alert} a reason is needed: it is kept with the decision. Nothing was changed. "
    'Add --reason "…".',
)
SecondPersonSame: Final = Declined.declare(
    "DK-R14",
    "{what} needs two people, and the first one was you. Nothing was changed. Somebody else signs in with a "
    "passphrase of their own (dikalo keys passphrase --for CODE gives one) and runs dikalo approve.",
)


MoveNotListed: Final = Declined.declare(
    "DK-R30",
    '{what} is "{state}"; from there it cannot become "{wanted}". Nothing was changed. It can become: {possible}.',
    made={
        "state": lambda error: label(_LISTS[error.matter], error.state),
        "wanted": _wanted,
        "possible": _ways,
    },
    matter="alert",
    state="",
    wanted="",
)


# ``lacking`` names the guards that do not hold.
GuardFails: Final = Declined.declare(
    "DK-R31",
    '{what} cannot become "{wanted}" yet. Nothing was changed. Needed: {needed}.',
    made={
        "wanted": _wanted,
        "needed": _needed,
    },
    matter="case",
    wanted="",
    lacking=(),
)


def check(matter: Matter, what: str, was: str, to: str, facts: Facts) -> None:
    """Let a person's move pass if it is listed and its guards hold.

    Args:
        matter: what kind of thing moves.
        what: the thing in words, at the beginning of a sentence: its code.
        was: its state.
        to: where it is to go.
        facts: what the guards may know.

    Raises:
        MoveNotListed: says where it can go.
        GuardFails: says everything that would be needed.
    """
    moves = [one for one in listed(matter, was, to) if not one.by_rule]
    if not moves:
        raise MoveNotListed(matter=matter, what=what, state=was, wanted=to)
    missing = tuple(lacking(moves[0], facts))
    if missing:
        raise GuardFails(matter=matter, what=what, wanted=to, lacking=missing)


def check_alert_move(alert: Mapping[str, Any], wanted: str) -> None:
    """Let a person's move of an alert, from its row, pass if it is listed.

    Raises:
        MoveRefused: it is not; says where the alert can go, and in which case it is.
    """
    state = alert["state"]
    if wanted not in ALERT_MOVES[state] or (state, wanted) in BY_RULE:
        raise MoveRefused(alert=alert["code"], state=state, wanted=wanted, case=alert["case_code"] or "")


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
