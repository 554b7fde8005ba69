"""What a list is asked to hold, as options that alerts and cases share; and which kind of code was meant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from gettext import gettext as _
from typing import Any, Final, Literal, TypeVar

import click

from sync_scripts.errors import UsageProblem
from sync_scripts.register.model import codes
from sync_scripts.register.queries.searches import Order, Wanted, kind_of, until

__all__ = ["OtherKind", "meant", "wanted", "wanted_options"]

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
