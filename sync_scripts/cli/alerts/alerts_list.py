"""``dikalo alerts list``: what came in, how urgent it is, and what is due. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from operator import itemgetter
from typing import Any

import click

from sync_scripts.cli.frame.legends import flags_explained, regions_explained
from sync_scripts.cli.frame.listing import listed, local
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.cli.frame.wanted import wanted, wanted_options
from sync_scripts.register.lifecycle.moves import TO_DO
from sync_scripts.register.model.places import short
from sync_scripts.register.queries.searches import alerts as find
from sync_scripts.register.queries.searches import require_known
from sync_scripts.register.rules.kinds import label, labels

__all__ = ["STATES", "list_"]

Line = Mapping[str, Any]

STATES = (
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
    "--state", "states", multiple=True, type=click.Choice(STATES), help=_("Only alerts in this state.")
)
@wanted_options(_("Only alerts given to this worker."))
@pass_shell
def list_(shell: Shell, /, *, everything: bool, states: tuple[str, ...], **asked: Any) -> None:
    """List alerts."""
    which: Sequence[str] | None = states or (None if everything else TO_DO)
    with shell.reading() as (workspace, rows):
        if asked["owner"]:
            require_known(rows, asked["owner"])
        found = find(rows, wanted(workspace.worker, shell.clock(), **asked), which)
    shell.show({"schema": "dikalo.alerts/1", "alerts": found}, _lines(found) if found else _("No alert."))


def _lines(found: Sequence[Line]) -> Iterator[str]:
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
