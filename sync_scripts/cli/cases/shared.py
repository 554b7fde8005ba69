"""What was given to whom, as tables: in the page of a case, and for a person who asks. Opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import gettext as _
from typing import Any

import click

from sync_scripts.cli.cases.given import given_part
from sync_scripts.cli.frame.listing import table
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.register.consent_decisions.decide import someone
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.handover.handovers import given_rows
from sync_scripts.register.history.visibility import require_sight

__all__ = ["shared"]

Line = Mapping[str, Any]


@command("shared")
@click.argument("code", metavar=_("CODE"))
@click.option("--person", metavar="V1", help=_("Whose, where there are several people."))
@pass_shell
def shared(shell: Shell, code: str, *, person: str | None) -> None:
    """Show what was given."""
    with shell.reading() as (workspace, rows):
        require_sight(rows, workspace.actor(), code)
        case = case_of(rows, code)["case_code"]
        who = someone(rows, case, person).pseudonym if person is not None else None
        found = [
            one for one in given_rows(rows, case) if who is None or not one["people"] or who in one["people"]
        ]
    _heading, headings, lines = given_part(found)
    document = {"schema": "dikalo.shared/1", "code": case, "person": who, "shared": found}
    shell.show(
        document,
        table(headings, lines) if lines else _("Nothing was given to anybody, as far as was written down."),
    )
