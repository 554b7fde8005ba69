"""What people decide on alerts, declared: triaged, asked about, opened, linked, moved, referred, given to somebody, dismissed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from gettext import gettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.alert_decisions import event_links as links
from sync_scripts.register.alert_decisions.alert_moves import (
    ask,
    assign_alert,
    contacted,
    duplicate,
    move_alert,
    move_to_new_case,
    refer_out,
    undo_contacted,
    unlink,
)
from sync_scripts.register.alert_decisions.alerts import Decided, dismiss, link, open_case, triage
from sync_scripts.register.alert_decisions.event_links import LinkDecided
from sync_scripts.register.case_decisions.cautions import about_provider
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import (
    AT,
    CODE,
    NEW,
    UNDO,
    Declaration,
    named,
    one_of,
    option,
    place,
    switch,
)
from sync_scripts.register.links.grouping import marked_until
from sync_scripts.register.model import codes
from sync_scripts.register.queries.tasks import after_alert, after_group
from sync_scripts.register.rules.kinds import label


def _next(done: Decided) -> Iterable[str]:
    return () if done.proposal else after_alert(done.now, done.code, done.case)


_alert = partial(
    Declaration,
    schema="dikalo.decision/1",
    shows=named("code", "was", "proposal", state="now", case_code="case"),
    next_step=_next,
)
"""What all decisions on an alert share."""


def _triage(by: By, code: str, *, urgency: Any, owner: str | None, new: bool, reason: str) -> Decided:
    return triage(by, code, urgency=urgency, reason=reason, assigned_to=owner, new=new)


def _contacted(by: By, code: str, *, at: datetime | None, undo: bool, reason: str) -> Decided:
    if undo:
        return undo_contacted(by, code, reason=reason, at=at)
    return contacted(by, code, at=at, reason=reason)


def _link(by: By, code: str, case: str, *, reason: str) -> Decided:
    """Tie an alert to a case, or set it aside beside another alert: the code says which."""
    twin = codes.read(case, "DK") is None and codes.read(case, "AL") is not None
    return (duplicate if twin else link)(by, code, case, reason=reason)


def _move(by: By, code: str, case: str | None, *, owner: str | None, new: bool, reason: str) -> Decided:
    if case is not None:
        return move_alert(by, code, case, reason=reason)
    return move_to_new_case(by, code, owner=owner or "", reason=reason, new=new)


def _refer_cautions(by: By, _done: Decided, said: Any) -> Iterable[str]:
    return about_provider(by, said["provider"])


def _decide(by: By, code: str, other: str, decision: Any, *, reason: str) -> LinkDecided:
    """Decide on a pair, or on a group by its mark."""
    say = links.decide if marked_until(other) is None else links.decide_group
    return say(by, code, other, decision, reason)


def _one_event(done: LinkDecided) -> Iterable[str]:
    if not done.written:
        return
    if len(done.others) == 1:
        words = gettext('{alert} and {other}: "{decision}". Both alerts are kept.')
    else:
        words = gettext('{alert} and each of {n} others: "{decision}". All alerts are kept.')
    yield words.format(
        alert=done.alert,
        other=done.others[0],
        n=len(done.others),
        decision=label("link_decision", done.now),
    )


def _after_group(done: LinkDecided) -> Iterable[str]:
    return after_group(done.came, f"dikalo alerts links {done.alert}")


DECIDE: Final = Declaration(
    name="alerts decide",
    decide=_decide,
    writes=(),
    schema="dikalo.alert_link/1",
    about="alert",
    shows=named("was", "written", "came", decision="now", alerts=lambda done: [done.alert, *done.others]),
    reason=N_(
        "Why; needed to change a decision, and for a pair that the rules do not propose. No names. - asks for it."
    ),
    effects=_one_event,
    facts=_after_group,
    arguments=(
        CODE,
        place("other", N_("CODE|MARK")),
        place("decision", "same_event|related|not_same", choices=("same_event", "related", "not_same")),
    ),
)
TRIAGE: Final = _alert(
    name="alerts triage",
    decide=_triage,
    writes=("alert.triage",),
    arguments=(
        CODE,
        option(
            "urgency",
            "Set this level; lowering needs a reason, raising does not.",
            choices=("critical", "high", "medium", "low"),
        ),
        option("owner", "Give the alert to this worker.", N_("CODE")),
        NEW,
    ),
)
OPEN: Final = _alert(
    name="alerts open",
    decide=open_case,
    writes=("alert.open",),
    reason=False,
    draws=("case_code",),
    arguments=(
        CODE,
        option(
            "owner", "The worker who will be in charge of the case.", N_("CODE"), kind="worker", required=True
        ),
        NEW,
    ),
)
LINK: Final = _alert(
    name="alerts link",
    decide=_link,
    writes=("alert.link", "alert.duplicate"),
    arguments=(CODE, place("case", N_("CASE"))),
)
DISMISS: Final = _alert(name="alerts dismiss", decide=dismiss, writes=("alert.dismiss",), arguments=(CODE,))
CONTACTED: Final = _alert(
    name="alerts contacted",
    decide=_contacted,
    writes=("alert.contacted", "alert.contact_undo"),
    arguments=(CODE, AT, UNDO),
)
ASK: Final = _alert(name="alerts ask", decide=ask, writes=("alert.ask",), arguments=(CODE,))
REFER: Final = _alert(
    name="alerts refer",
    decide=refer_out,
    writes=("alert.refer",),
    arguments=(
        CODE,
        place("provider", N_("PROVIDER")),
        switch("vital", "A vital interest, without consent: a second person signs with dikalo approve."),
    ),
    cautions=_refer_cautions,
)
MOVE: Final = _alert(
    name="alerts move",
    decide=_move,
    writes=("alert.move",),
    draws=("case_code",),
    together=(
        one_of(
            ("case", "owner"), N_("Give the CASE it goes to, or --owner WORKER to open a new one for it.")
        ),
    ),
    arguments=(
        CODE,
        place("case", N_("CASE"), required=False),
        option("owner", "Instead of CASE: open a new one, which this worker is in charge of.", N_("CODE")),
        NEW,
    ),
)
UNLINK: Final = _alert(name="alerts unlink", decide=unlink, writes=("alert.triage",), arguments=(CODE,))
ASSIGN: Final = _alert(
    name="alerts assign",
    decide=assign_alert,
    writes=("alert.assign",),
    reason=False,
    arguments=(CODE, place("worker", N_("WORKER")), NEW),
)
