"""``dikalo alerts list, cases list``: what came in and what is open, how urgent it is, what is due; and what a list is asked to hold.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from gettext import gettext as _
from operator import itemgetter
from typing import Any, Final, Literal, TypeVar

import click

from sync_scripts.cli.frame.listing import (
    confidentiality_explained,
    flags_explained,
    listed,
    local,
    regions_explained,
)
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.errors import UsageProblem
from sync_scripts.register.lifecycle.moves import TO_DO
from sync_scripts.register.model import codes
from sync_scripts.register.model.places import short
from sync_scripts.register.queries.searches import Order, Wanted, day_shown, kind_of, require_known, until
from sync_scripts.register.queries.searches import alerts as find_alerts
from sync_scripts.register.queries.searches import cases as find_cases
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.texts import language

__all__ = [
    "ALERT_STATES",
    "CASE_STATES",
    "OtherKind",
    "in_charge",
    "list_alerts",
    "list_cases",
    "meant",
    "wanted",
    "wanted_options",
]


_Function = TypeVar("_Function", bound=Callable[..., Any])

LEVELS: Final = ("critical", "high", "medium", "low")
ORDERS: Final = ("due", "urgency")


OtherKind: Final = UsageProblem.declare(
    "DK-N03",
    "{given} is a code of another kind. Nothing was shown. You probably want: {command}.",
)


def meant(kind: Literal["AL", "DK"], text: str) -> None:
    """Refuse the code of a case where an alert is asked for, and the other way round.

    Raises:
        OtherKind: names the command that was probably meant.
    """
    other: Literal["AL", "DK"] = "DK" if kind == "AL" else "AL"
    if not text.strip().upper().startswith(other):
        return
    found = codes.read(text, other)
    if found is not None:
        words = {"AL": "dikalo alerts show {code}", "DK": "dikalo cases show {code}"}
        raise OtherKind(given=found, command=words[other].format(code=found))


def wanted_options(owner_help: str) -> Callable[[_Function], _Function]:
    """Give a list its filters; ``owner_help`` says whose it shows."""
    options = (
        click.option(
            "--urgency",
            "levels",
            multiple=True,
            type=click.Choice(LEVELS),
            help=_("Only this urgency; may be given several times."),
        ),
        click.option(
            "--region", metavar=_("REGION"), help=_("Only this region: its letters (NW), code or name.")
        ),
        click.option("--owner", metavar=_("CODE"), help=owner_help),
        click.option("--mine", is_flag=True, help=_("Only what you have yourself.")),
        click.option(
            "--due",
            metavar=_("WHEN"),
            help=_("Only what is overdue, due today, this week, or until a day such as 2026-12-01."),
        ),
        click.option(
            "--task",
            metavar=_("KIND"),
            help=_(
                "Only with an open task of this kind, such as followup; consent for all that ask for one."
            ),
        ),
        click.option(
            "--text",
            metavar=_("WORDS"),
            help=_("Only where all these words stand in what the list may show."),
        ),
        click.option(
            "--sort",
            type=click.Choice(ORDERS),
            default=ORDERS[0],
            show_default=True,
            help=_("What stands at the top: what is due first, or what is most urgent."),
        ),
    )

    def give(function: _Function) -> _Function:
        for option in reversed(options):
            function = option(function)
        return function

    return give


def wanted(
    worker: str,
    now: datetime,
    *,
    levels: tuple[str, ...],
    region: str | None,
    owner: str | None,
    mine: bool,
    due: str | None,
    task: str | None,
    text: str | None,
    sort: Order,
) -> Wanted:
    """Return what is asked for now; ``worker`` is who asks.

    Raises:
        DueUnclear: ``due`` says no time.
        TaskUnknown: there is no such kind of task.
    """
    return Wanted(
        levels=levels,
        region=region,
        owner=worker if mine else owner,
        before=until(due, now) if due else None,
        task=kind_of(task) if task else None,
        words=text or "",
        order=sort,
        now=now,
    )


Line = Mapping[str, Any]

ALERT_STATES = (
    "received",
    "triaged",
    "info_requested",
    "linked",
    "opened",
    "duplicate",
    "referred_out",
    "dismissed",
)


@command("list")
@click.option("--all", "everything", is_flag=True, help=_("Show all alerts, whatever their state."))
@click.option(
    "--state", "states", multiple=True, type=click.Choice(ALERT_STATES), help=_("Only alerts in this state.")
)
@wanted_options(_("Only alerts given to this worker."))
@pass_shell
def list_alerts(shell: Shell, /, *, everything: bool, states: tuple[str, ...], **asked: Any) -> None:
    """List alerts."""
    which: Sequence[str] | None = states or (None if everything else TO_DO)
    with shell.reading() as (workspace, rows):
        if asked["owner"]:
            require_known(rows, asked["owner"])
        found = find_alerts(rows, wanted(workspace.worker, shell.clock(), **asked), which)
    shell.show(
        {"schema": "dikalo.alerts/1", "alerts": found}, _alert_lines(found) if found else _("No alert.")
    )


def _alert_lines(found: Sequence[Line]) -> Iterator[str]:
    return listed(
        found,
        (
            (_("code"), itemgetter("code")),
            (_("urgency"), lambda line: label("urgency", line["urgency"])),
            (_("state"), lambda line: label("alert_state", line["state"])),
            (_("due"), lambda line: local(line["due_at"])),
            (_("given to"), itemgetter("assigned_to")),
            (_("region"), lambda line: short(line["region"])),
            (_("department"), lambda line: label("cm_admin:department", line["department"])),
            (_("facts"), lambda line: labels("alert_icon", line["icons"])),
            (_("case"), itemgetter("case_code")),
            (_("flags"), lambda line: line["flags"] or ""),
        ),
        order=(
            (_("facts"), 24),
            (_("department"), 0),
            (_("given to"), 0),
            (_("state"), 8),
            (_("flags"), 0),
            (_("case"), 0),
            (_("facts"), 12),
            (_("region"), 0),
        ),
        notes={
            _("region"): regions_explained(line["region"] for line in found),
            **({_("flags"): flags_explained()} if any(line["flags"] for line in found) else {}),
        },
    )


CASE_STATES = (
    "open_intake",
    "assessment",
    "action_plan",
    "intervention",
    "follow_up",
    "closure_pending",
    "closed",
    "reopened",
    "suspended",
    "transferred",
    "merged",
)


@command("list")
@click.option("--all", "everything", is_flag=True, help=_("Show closed, merged and transferred cases too."))
@click.option(
    "--state", "states", multiple=True, type=click.Choice(CASE_STATES), help=_("Only cases in this state.")
)
@wanted_options(_("Only the cases of this worker."))
@pass_shell
def list_cases(shell: Shell, /, *, everything: bool, states: tuple[str, ...], **asked: Any) -> None:
    """List cases."""
    with shell.reading() as (workspace, rows):
        if asked["owner"]:
            require_known(rows, asked["owner"])
        found = find_cases(rows, wanted(workspace.worker, shell.clock(), **asked), states, every=everything)
    shell.show({"schema": "dikalo.cases/1", "cases": found}, _case_lines(found) if found else _("No case."))


def _case_lines(found: Sequence[Line]) -> Iterator[str]:
    lang, nobody = language(), _("without owner")  # once, and not for each of thousands of lines
    return listed(
        found,
        (
            (_("code"), itemgetter("code")),
            (_("urgency"), lambda line: label("urgency", line["urgency"], lang)),
            (_("state"), lambda line: label("case_state", line["state"], lang)),
            (_("due"), day_shown),
            (_("in charge"), lambda line: in_charge(line, nobody)),
            (_("region"), lambda line: short(line["region"])),
            (_("department"), lambda line: label("cm_admin:department", line["department"], lang)),
            (_("confid."), itemgetter("confidentiality")),
            (_("flags"), lambda line: line["flags"] or ""),
        ),
        order=(
            (_("department"), 0),
            (_("state"), 10),
            (_("in charge"), 10),
            (_("region"), 0),
            (_("flags"), 0),
            (_("in charge"), 0),
        ),
        notes={
            _("region"): regions_explained(line["region"] for line in found),
            _("confid."): confidentiality_explained(line["confidentiality"] for line in found),
            **({_("flags"): flags_explained()} if any(line["flags"] for line in found) else {}),
        },
    )


def in_charge(line: Line, nobody: str) -> str | None:
    """Return who is in charge of a case; the words for nobody where somebody should be."""
    if line["owner"] or line["state"] in {"closed", "merged", "transferred"}:
        return line["owner"] or None
    return nobody
