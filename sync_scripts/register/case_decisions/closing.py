"""Which request a closure rests on, and what its moves keep of it. Pure.

A second person approves what was asked for and nothing else: the reason that the first person gave, or the one of the form
that they took up. Another form that asks for the same case stays undecided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sync_scripts.errors import UsageProblem
from sync_scripts.register.case_decisions.case_facts import CaseSeen
from sync_scripts.register.lifecycle import OWN_REQUEST

__all__ = [
    "ASKED",
    "BecauseMisplaced",
    "of_closing",
    "request_key",
    "require_place",
    "said_reason",
    "that_waits",
]

ASKED: Final = "closure_pending"
"""State of a case whose closure waits for a second person."""

Form = Mapping[str, Any]


BecauseMisplaced: Final = UsageProblem.declare(
    "DK-R96",
    "--because belongs to asking for the closure of {case} and to suspending it; this move keeps none, and a closing "
    "keeps the reason that was asked for. Nothing was changed. Leave it out; say why with --reason.",
)


def request_key(form: Form) -> str:
    """Return the subject under which decisions name the request of a form."""
    return f"closure:{form['stamp']}/{form['root_id']}"


def _meant(seen: CaseSeen, because: str | None) -> Form | None:
    """Return the form that asks for a closure for this reason, the newest one if no reason is said; None for one's own."""
    if because is None:
        return seen.form
    return next((one for one in seen.forms if one["reason"] == because), None)


def said_reason(seen: CaseSeen, because: str | None) -> str | None:
    """Return why the closure is asked for: as said, else as the form says."""
    form = _meant(seen, because)
    return because or (form["reason"] if form else None)


def that_waits(seen: CaseSeen) -> Form | None:
    """Return the form by which the closure that waits was asked for; None where the first person gave their own reason.

    Earlier versions did not write down which one: it is one of the same reason that had come by then.
    """
    now = seen.now
    if now.asked_request is not None:
        return next((one for one in seen.forms if request_key(one) == now.asked_request), None)
    came = [one for one in seen.forms if one["first_received_at"] <= (now.asked_at or "")]
    return next((one for one in came if one["reason"] == now.closure_reason), None)


def of_closing(seen: CaseSeen, wanted: str, because: str | None) -> dict[str, Any]:
    """Return what a move keeps of a closure: asked for, approved or refused; and why a case is suspended. Else nothing."""
    was = seen.row["state"]
    if wanted == "suspended":
        return {"suspend_reason": because}
    if wanted == ASKED and was != "suspended":
        form = _meant(seen, because)
        request = request_key(form) if form else OWN_REQUEST
        return {"closure_reason": said_reason(seen, because), "request": request}
    if was != ASKED or wanted not in {"closed", "follow_up"}:
        return {}
    form = that_waits(seen)
    request = seen.now.asked_request or (request_key(form) if form else OWN_REQUEST)
    reason = seen.now.closure_reason if wanted == "closed" else None
    return {"closure_reason": reason, "request": request}


def require_place(seen: CaseSeen, wanted: str, because: str | None) -> None:
    """Let a reason of the list pass where it is kept, or where it is the one that was asked for.

    Raises:
        BecauseMisplaced: it would not be kept.
    """
    asks = wanted == ASKED and seen.row["state"] != "suspended"
    same = wanted == "closed" and because == seen.now.closure_reason
    if because is not None and not (wanted == "suspended" or asks or same):
        raise BecauseMisplaced(case=seen.code)
