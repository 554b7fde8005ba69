"""``dikalo alerts list, cases list``: what came in and what is open, how urgent it is, what is due; and what a list is asked to hold.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext as _
from typing import Annotated, Final, Literal

import click

from sync_scripts.cli.frame.listing import show_list
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.config import LEVELS
from sync_scripts.errors import UsageProblem
from sync_scripts.register.lifecycle.moves import TO_DO
from sync_scripts.register.model import codes
from sync_scripts.register.queries.searches import Order, Wanted, kind_of, require_known, until
from sync_scripts.register.queries.searches import alerts as find_alerts
from sync_scripts.register.queries.searches import cases as find_cases
from sync_scripts.register.queries.views import ALERTS, CASES
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store.database import Rows
from sync_scripts.texts import language


def states_of(name: str) -> click.Choice[str]:
    """Return the codes of a list of the forms, one of which is to be typed."""
    return click.Choice([*labels_of(name, language())])


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


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What a list is asked to hold."""

    levels: Annotated[
        tuple[str, ...],
        option(
            "--urgency", "Only this urgency; may be given several times.", type=click.Choice(LEVELS[::-1])
        ),
    ]
    region: Annotated[
        str | None, option("--region", "Only this region: its letters (NW), code or name.", _("REGION"))
    ]
    owner: Annotated[str | None, option("--owner", "Only what this worker has.", _("CODE"))]
    mine: Annotated[bool, option("--mine", "Only what you have yourself.")]
    due: Annotated[
        str | None,
        option(
            "--due",
            "Only what is overdue, due today, this week, or until a day such as 2026-12-01.",
            _("WHEN"),
        ),
    ]
    task: Annotated[
        str | None,
        option(
            "--task",
            "Only with an open task of this kind, such as followup; consent for all that ask for one.",
            _("KIND"),
        ),
    ]
    text: Annotated[
        str | None,
        option("--text", "Only where all these words stand in what the list may show.", _("WORDS")),
    ]
    sort: Annotated[
        Order,
        option(
            "--sort", "What stands at the top: what is due first, or what is most urgent.", show_default=True
        ),
    ] = "due"

    def wanted(self, rows: Rows, worker: str, now: datetime) -> Wanted:
        """Return what is asked for now; ``worker`` is who asks.

        Raises:
            DueUnclear: ``due`` says no time.
            TaskUnknown: there is no such kind of task.
            WorkerUnknown: nobody of this code is known.
        """
        if self.owner:
            require_known(rows, self.owner)
        return Wanted(
            levels=self.levels,
            region=self.region,
            owner=worker if self.mine else self.owner,
            before=until(self.due, now) if self.due else None,
            task=kind_of(self.task) if self.task else None,
            words=self.text or "",
            order=self.sort,
            now=now,
        )


@command("list")
def list_alerts(
    shell: Shell,
    *,
    everything: Annotated[bool, option("--all", "Show all alerts, whatever their state.")],
    states: Annotated[
        tuple[str, ...], option("--state", "Only alerts in this state.", type=states_of("alert_state"))
    ],
    sought: Sought,
) -> None:
    """List alerts."""
    which: Sequence[str] | None = states or (None if everything else TO_DO)
    with shell.reading() as (workspace, rows):
        found = find_alerts(rows, sought.wanted(rows, workspace.worker, shell.clock()), which)
    show_list(shell, ALERTS, found)


@command("list")
def list_cases(
    shell: Shell,
    *,
    everything: Annotated[bool, option("--all", "Show closed, merged and transferred cases too.")],
    states: Annotated[
        tuple[str, ...], option("--state", "Only cases in this state.", type=states_of("case_state"))
    ],
    sought: Sought,
) -> None:
    """List cases."""
    with shell.reading() as (workspace, rows):
        wanted = sought.wanted(rows, workspace.worker, shell.clock())
        found = find_cases(rows, wanted, states, every=everything)
    show_list(shell, CASES, found)
