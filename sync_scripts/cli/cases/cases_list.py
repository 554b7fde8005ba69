"""``dikalo cases list``: what is open, where it stands, what is due. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from operator import itemgetter
from typing import Any

import click

from sync_scripts.cli.frame.legends import (
    confidentiality_explained,
    flags_explained,
    regions_explained,
)
from sync_scripts.cli.frame.listing import listed
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.cli.frame.wanted import wanted, wanted_options
from sync_scripts.register.model.places import short
from sync_scripts.register.queries.searches import cases as find
from sync_scripts.register.queries.searches import day_shown, require_known
from sync_scripts.register.rules.kinds import label
from sync_scripts.texts import language

__all__ = ["STATES", "in_charge", "list_"]

Line = Mapping[str, Any]

STATES = (
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
    "--state", "states", multiple=True, type=click.Choice(STATES), help=_("Only cases in this state.")
)
@wanted_options(_("Only the cases of this worker."))
@pass_shell
def list_(shell: Shell, /, *, everything: bool, states: tuple[str, ...], **asked: Any) -> None:
    """List cases."""
    with shell.reading() as (workspace, rows):
        if asked["owner"]:
            require_known(rows, asked["owner"])
        found = find(rows, wanted(workspace.worker, shell.clock(), **asked), states, every=everything)
    shell.show({"schema": "dikalo.cases/1", "cases": found}, _lines(found) if found else _("No case."))


def _lines(found: Sequence[Line]) -> Iterator[str]:
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
