"""``dikalo people``: who works here, by code, with what roles, and what is in their hands. No name anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from operator import itemgetter
from typing import Any

import click

from sync_scripts.cli.frame.listing import listed
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.register.directory.staff import staff
from sync_scripts.register.rules.kinds import labels

__all__ = ["list_"]

Line = Mapping[str, Any]


@command("list")
@click.option("--all", "everybody", is_flag=True, help=_("Show those who no longer work here, too."))
@pass_shell
def list_(shell: Shell, *, everybody: bool) -> None:
    """List the people."""
    with shell.reading() as (_workspace, rows):
        found = [one for one in staff(rows) if one["active"] or everybody]
    document = {"schema": "dikalo.people/1", "people": found}
    shell.show(
        document, _lines(found) if found else _("Nobody yet: dikalo people add CODE --role coordinator")
    )


def _lines(found: Sequence[Line]) -> Iterator[str]:
    return listed(
        found,
        (
            (_("code"), itemgetter("code")),
            (_("roles"), lambda one: labels("worker_role", one["roles"])),
            (_("works here"), lambda one: _("yes") if one["active"] else _("no")),
            (_("open cases"), lambda one: one["cases"] or ""),
            (_("alerts"), lambda one: one["alerts"] or ""),
            (_("open tasks"), lambda one: one["tasks"] or ""),
        ),
        order=((_("roles"), 20), (_("works here"), 0), (_("alerts"), 0)),
    )
