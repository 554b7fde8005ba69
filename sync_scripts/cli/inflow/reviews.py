"""``dikalo reviews``: what is decided here, shown to people who look at the server."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _

import click

from sync_scripts.cli.frame.logins import asking, chosen
from sync_scripts.cli.frame.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.frame.tense import deed
from sync_scripts.config import forms_of_teams
from sync_scripts.publish.reviews import Order, Pushed
from sync_scripts.publish.reviews import push as send

__all__ = ["push"]


@command("push")
@click.option("--server", "only", default="", metavar=_("SERVER"), help=_("Write to this server alone."))
@as_option
@dry_run_option
@pass_shell
def push(shell: Shell, *, only: str, as_code: str | None, dry_run: bool) -> None:
    """Write the reviews; a second run writes nothing."""
    with shell.workspace(write=not dry_run, command="reviews push") as workspace:
        now = shell.clock()
        workspace.require_proof(now)
        if only:
            chosen(workspace.settings.server, only)
        order = Order(
            workspace.root,
            workspace.actor(as_code),
            now,
            only=only,
            dry_run=dry_run,
            beside=forms_of_teams(workspace.settings.team),
        )
        done = send(workspace.register, workspace.settings.server, order, asking(shell), shell.say)
    document = {
        "schema": "dikalo.reviews/1",
        "dry_run": dry_run,
        "servers": [one.document() for one in done],
    }
    shell.show(document, (line for one in done for line in _lines(one, dry_run=dry_run)))
    codes = [one.failure.exit_code for one in done if one.failure is not None]
    shell.exit_code = max([shell.exit_code, *codes])


def _lines(done: Pushed, *, dry_run: bool) -> Iterator[str]:
    """Yield what became of it, for a person."""
    counts = done.counts
    written = deed(_("{server}: written {n}, already there {same}."), dry_run=dry_run)
    yield written.format(server=done.server, n=counts["write"], same=counts["same"])
    words = {
        "edited": deed(
            _("  left alone because they were edited after the decision; look at them again: {n}"),
            dry_run=dry_run,
        ),
        "others": deed(_("  left alone because somebody set another word there: {n}"), dry_run=dry_run),
        "absent": _("  no longer shown by the server: {n}"),
    }
    for name in ("edited", "others", "absent"):
        if counts[name]:
            yield words[name].format(n=counts[name])
    for form, code in done.troubles:
        yield _("  not looked at: the form {form} ({code})").format(form=form, code=code)
    if done.failure is not None:
        yield f"{done.server}: {done.failure.code} · {done.failure.words()}"
