"""What people decide on alerts, declared: triaged, asked about, opened, linked, moved, referred, given to somebody, dismissed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register import codes, decisions
from sync_scripts.register.decisions import By, Decided
from sync_scripts.register.decisions.cautions import about_provider
from sync_scripts.register.declarations import AT, CODE, NEW, UNDO, Argument, Declaration, Together
from sync_scripts.register.next_steps import after_alert

__all__ = ["ASK", "ASSIGN", "CONTACTED", "DISMISS", "LINK", "MOVE", "OPEN", "REFER", "TRIAGE", "UNLINK"]


def _next(done: Decided) -> Iterable[str]:
    return () if done.proposal else after_alert(done.now, done.code, done.case)


_alert = partial(
    Declaration,
    schema="dikalo.decision/1",
    shows={"code": "code", "was": "was", "state": "now", "case_code": "case", "proposal": "proposal"},
    next_step=_next,
)
"""What all decisions on an alert share."""


def _triage(by: By, code: str, *, urgency: Any, owner: str | None, new: bool, reason: str) -> Decided:
    return decisions.triage(by, code, urgency=urgency, reason=reason, assigned_to=owner, new=new)


def _contacted(by: By, code: str, *, at: datetime | None, undo: bool, reason: str) -> Decided:
    if undo:
        return decisions.undo_contacted(by, code, reason=reason, at=at)
    return decisions.contacted(by, code, at=at, reason=reason)


def _link(by: By, code: str, case: str, *, reason: str) -> Decided:
    """Tie an alert to a case, or set it aside beside another alert: the code says which."""
    twin = codes.read(case, "DK") is None and codes.read(case, "AL") is not None
    return (decisions.duplicate if twin else decisions.link)(by, code, case, reason=reason)


def _move(by: By, code: str, case: str | None, *, owner: str | None, new: bool, reason: str) -> Decided:
    if case is not None:
        return decisions.move_alert(by, code, case, reason=reason)
    return decisions.move_to_new_case(by, code, owner=owner or "", reason=reason, new=new)


def _refer_cautions(by: By, _done: Decided, said: Any) -> Iterable[str]:
    return about_provider(by, said["provider"])


TRIAGE: Final = _alert(
    name="alerts triage",
    decide=_triage,
    writes=("alert.triage",),
    arguments=(
        CODE,
        Argument(
            name="urgency",
            choices=("critical", "high", "medium", "low"),
            help=N_("Set this level; lowering needs a reason, raising does not."),
        ),
        Argument(name="owner", shown=N_("CODE"), help=N_("Give the alert to this worker.")),
        NEW,
    ),
)
OPEN: Final = _alert(
    name="alerts open",
    decide=decisions.open_case,
    writes=("alert.open",),
    reason=False,
    draws=("case_code",),
    arguments=(
        CODE,
        Argument(
            name="owner",
            kind="worker",
            shown=N_("CODE"),
            required=True,
            help=N_("The worker who will be in charge of the case."),
        ),
        NEW,
    ),
)
LINK: Final = _alert(
    name="alerts link",
    decide=_link,
    writes=("alert.link", "alert.duplicate"),
    arguments=(CODE, Argument(name="case", shown=N_("CASE"), required=True)),
)
DISMISS: Final = _alert(
    name="alerts dismiss", decide=decisions.dismiss, writes=("alert.dismiss",), arguments=(CODE,)
)
CONTACTED: Final = _alert(
    name="alerts contacted",
    decide=_contacted,
    writes=("alert.contacted", "alert.contact_undo"),
    arguments=(
        CODE,
        AT,
        UNDO,
    ),
)
ASK: Final = _alert(name="alerts ask", decide=decisions.ask, writes=("alert.ask",), arguments=(CODE,))
REFER: Final = _alert(
    name="alerts refer",
    decide=decisions.refer_out,
    writes=("alert.refer",),
    arguments=(
        CODE,
        Argument(name="provider", shown=N_("PROVIDER"), required=True),
        Argument(
            name="vital",
            kind="flag",
            help=N_("A vital interest, without consent: a second person signs with dikalo approve."),
        ),
    ),
    cautions=_refer_cautions,
)
MOVE: Final = _alert(
    name="alerts move",
    decide=_move,
    writes=("alert.move",),
    draws=("case_code",),
    together=(
        Together(
            ("case", "owner"),
            1,
            1,
            N_("Give the CASE it goes to, or --owner WORKER to open a new one for it."),
        ),
    ),
    arguments=(
        CODE,
        Argument(name="case", shown=N_("CASE")),
        Argument(
            name="owner",
            shown=N_("CODE"),
            help=N_("Instead of CASE: open a new one, which this worker is in charge of."),
        ),
        NEW,
    ),
)
UNLINK: Final = _alert(
    name="alerts unlink", decide=decisions.unlink, writes=("alert.triage",), arguments=(CODE,)
)
ASSIGN: Final = _alert(
    name="alerts assign",
    decide=decisions.assign_alert,
    writes=("alert.assign",),
    reason=False,
    arguments=(CODE, Argument(name="worker", shown=N_("WORKER"), required=True), NEW),
)
