"""``dikalo log``: what was decided and opened, by whom, when and why, in words. Nothing that is sealed; changes nothing."""

from __future__ import annotations

from datetime import datetime
from gettext import gettext as _

import click

from sync_scripts.cli.cases.history import event_lines
from sync_scripts.cli.forms.written import DAY
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.queries.event_words import told_line
from sync_scripts.register.queries.openings import openings
from sync_scripts.register.queries.submissions import server_deeds
from sync_scripts.register.queries.tasks import beside_events
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant


@command("log")
@click.argument("code", required=False, metavar=_("[CODE]"))
@click.option("--since", type=DAY, metavar=_("DAY"), help=_("Only from this day on."))
@click.option("--last", type=click.IntRange(1), metavar=_("NUMBER"), help=_("Only the last ones."))
@pass_shell
def log(shell: Shell, code: str | None, *, since: datetime | None, last: int | None) -> None:
    """Read the log."""
    begin = instant(since.replace(tzinfo=load().zone)) if since else None
    with shell.reading() as (workspace, rows):
        who = workspace.actor()
        both = [*logbook(rows, code, since=begin, actor=who), *openings(rows, code, since=begin, actor=who)]
        both += server_deeds(rows, code, since=begin, actor=workspace.actor())
        found = beside_events(rows, code, who, sorted(both, key=lambda one: one["at"]))
    found = found[-last:] if last else found
    lines = [{**one, "words": told_line(one)} for one in found]
    none = _("Nothing was decided from that day on.") if since else _("Nothing was decided yet.")
    shell.show(
        {"schema": "dikalo.log/1", "events": lines},
        event_lines(found) if found else none,
    )
