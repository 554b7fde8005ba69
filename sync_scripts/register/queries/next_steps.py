"""What a person may do next with an alert or a case, as commands to type. Only a hint: what is allowed, the lifecycle decides."""

from __future__ import annotations

from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final

__all__ = ["FORWARD", "after_alert", "after_case", "after_group"]

FORWARD: Final = {
    "open_intake": "assessment",
    "reopened": "assessment",
    "assessment": "action_plan",
    "action_plan": "intervention",
    "intervention": "follow_up",
    "follow_up": "closure_pending",
}
"""State of a case -> the one that usually comes next."""


def after_alert(state: Any, code: str, case: str | None = None, *, consent: str | None = None) -> list[str]:
    """Return the lines that name what usually comes next, nothing where the alert is at its end.

    Args:
        state: of the alert now.
        code: its code.
        case: the case that it belongs to.
        consent: what it says of consent, where that is known.
    """
    if consent == "withdrawn":
        return _after_withdrawal(state, code)
    if state == "received":
        return [_("Next: dikalo alerts triage {code}").format(code=code)]
    if state == "triaged":
        words = _("Next: dikalo alerts open {code} --owner CODE; or alerts link, ask, refer, dismiss")
        who = _("Codes of workers: dikalo people list; of providers: dikalo providers list")
        return [words.format(code=code), who]
    if state == "info_requested":
        return [_("Next, once it is answered: dikalo alerts triage {code}").format(code=code)]
    return [_("Next: dikalo cases show {code}").format(code=case)] if case else []


def after_case(state: Any, code: str, owner: str | None) -> list[str]:
    """Return the line that names what usually comes next in a case, nothing where it is at its end or waits for somebody."""
    if state not in FORWARD:
        return []
    if not owner:
        return [
            _("Next: dikalo cases assign {code} WORKER (who works here: dikalo people list)").format(
                code=code
            )
        ]
    words = _("Next: dikalo cases move {code} {state}; or cases contacted, note, refer, task")
    return [words.format(code=code, state=FORWARD[state])]


def after_group(came: int, command: str) -> list[str]:
    """Return the line that says how many came into a group after it was shown, if any: they stay a question."""
    words = ngettext(
        "{n} more came since it was shown; nothing was decided on it: {command}",
        "{n} more came since it was shown; nothing was decided on them: {command}",
        came,
    )
    return [words.format(n=came, command=command)] if came else []


def _after_withdrawal(state: Any, code: str) -> list[str]:
    if state in {"received", "info_requested"}:
        words = _("Next: dikalo alerts triage {code}, then dismiss it: the consent was withdrawn.")
        return [words.format(code=code)]
    words = _('Then dismiss it: dikalo alerts dismiss {code} --reason "…"')
    return [words.format(code=code)] if state == "triaged" else []
