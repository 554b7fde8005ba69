"""Why a move is refused: in words of its own, under a code of its own, with what would be needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar, Final

from sync_scripts.errors import N_, Declined
from sync_scripts.register.labels import label
from sync_scripts.register.lifecycle.guards import GUARDS
from sync_scripts.register.lifecycle.moves import ALERT_MOVES, BY_RULE, MOVES, Matter
from sync_scripts.register.ruleset import load

__all__ = [
    "CaseNotOpen",
    "GuardFails",
    "MoveNotListed",
    "MoveRefused",
    "ReasonMissing",
    "SecondPersonSame",
    "needed_for",
]

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


def _way(to: str) -> str:
    word = label("alert_state", to)
    return f"{word} (dikalo alerts {_COMMANDS[to]})" if to in _COMMANDS else word


@dataclass(eq=False, kw_only=True)
class MoveRefused(Declined):
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
            possible=", ".join(_way(to) for to in possible) or gettext(_NOTHING),
        )


@dataclass(eq=False, kw_only=True)
class CaseNotOpen(Declined):
    """An alert can be linked to an open case only."""

    case: str
    state: str
    code: ClassVar[str] = "DK-R11"
    message: ClassVar[str] = N_(
        'The case {case} is "{state}", so no alert can be linked to it. Nothing was changed. Choose an open case, or '
        "open a new one for the alert (dikalo alerts open CODE --owner WORKER; once it has a case or was referred out, dikalo "
        "alerts move CODE --owner WORKER)."
    )

    def words(self) -> str:
        """Return the sentence with the label of the state, and how a suspended case is taken up again."""
        told = gettext(self.message).format(case=self.case, state=label("case_state", self.state))
        again = gettext(_AGAIN).format(case=self.case)
        return f"{told} {again}" if self.state == "suspended" else told


_AGAIN: Final = N_("Or take that case up again first: dikalo cases move {case} back.")


@dataclass(eq=False, kw_only=True)
class ReasonMissing(Declined):
    """This decision needs a reason."""

    alert: str
    code: ClassVar[str] = "DK-R12"
    message: ClassVar[str] = N_(
        "For this decision on {alert} a reason is needed: it is kept with the decision. Nothing was changed. "
        'Add --reason "…".'
    )


@dataclass(eq=False, kw_only=True)
class SecondPersonSame(Declined):
    """One person stands for two."""

    what: str
    code: ClassVar[str] = "DK-R14"
    message: ClassVar[str] = N_(
        "{what} needs two people, and the first one was you. Nothing was changed. Somebody else signs in with a "
        "passphrase of their own (dikalo keys passphrase --for CODE gives one) and runs dikalo approve."
    )


_LISTS: Final[dict[Matter, str]] = {
    "alert": "alert_state",
    "case": "case_state",
    "incident": "verification",
    "intervention": "intervention_status",
    "evidence": "evidence_state",
    "consent": "consent_state",
    "link": "link_decision",
}


@dataclass(eq=False, kw_only=True)
class MoveNotListed(Declined):
    """The thing cannot go there from where it is."""

    matter: Matter
    what: str
    state: str
    wanted: str
    code: ClassVar[str] = "DK-R30"
    message: ClassVar[str] = N_(
        '{what} is "{state}"; from there it cannot become "{wanted}". Nothing was changed. It can become: {possible}.'
    )

    def words(self) -> str:
        """Return the sentence with the labels of the states."""
        states = _LISTS[self.matter]
        moves = (one for one in MOVES[self.matter] if one.was == self.state and not one.by_rule)
        possible = dict.fromkeys(one.to for one in moves)
        return gettext(self.message).format(
            what=self.what,
            state=label(states, self.state),
            wanted=label(states, self.wanted),
            possible=", ".join(self._way(to) for to in possible) or gettext(_AT_ITS_END[self.matter]),
        )

    def _way(self, to: str) -> str:
        """Return how a state is named and typed."""
        if self.matter == "alert":
            return _way(to)
        if self.matter == "consent":
            return f"{label(_LISTS[self.matter], to)} ({_OF_CONSENT.get(to, 'dikalo consent record')})"
        return f"{label(_LISTS[self.matter], to)} ({_OTHER_COMMANDS.get(to, to)})"


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


@dataclass(eq=False, kw_only=True)
class GuardFails(Declined):
    """The move is possible, but not as things are; ``lacking`` names the guards that do not hold."""

    matter: Matter
    what: str
    wanted: str
    lacking: tuple[str, ...]
    code: ClassVar[str] = "DK-R31"
    message: ClassVar[str] = N_('{what} cannot become "{wanted}" yet. Nothing was changed. Needed: {needed}.')

    def words(self) -> str:
        """Return the sentence with what would be needed, each in a line of its own where there are several."""
        needed = needed_for(self.lacking)
        told = gettext(self.message).format(
            what=self.what,
            wanted=label(_LISTS[self.matter], self.wanted),
            needed=needed[0] if len(needed) == 1 else "".join(f"\n- {one}" for one in needed),
        )
        return told.replace(" \n", "\n")


def needed_for(lacking: Iterable[str]) -> list[str]:
    """Return what would be needed so that some guards hold, in words."""
    rules = load().case
    numbers = {"tries": rules.suspend_after_failed_contacts, "days": rules.lost_contact_d}
    return [gettext(GUARDS[name].needed).format(**numbers) for name in lacking]
