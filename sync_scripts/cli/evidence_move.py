"""``dikalo evidence move``: where a piece of evidence is by now, and of what it is the redacted copy. Opens nothing."""

from __future__ import annotations

from gettext import gettext as _

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import plain_text, reason_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either
from sync_scripts.register import decisions
from sync_scripts.register.labels import label

__all__ = ["move"]

STATES = ("sealed", "working_copy", "shared", "retained", "purged")


@command("move")
@click.argument("code", metavar=_("CODE"))
@click.argument("item", metavar="E1")
@click.argument("state", required=False, type=click.Choice(STATES), metavar=_("[STATE]"))
@click.option(
    "--purpose", metavar=_("PURPOSE"), help=_("For what it is shared: justice, un, advocacy, media.")
)
@click.option(
    "--to",
    "receiver",
    callback=plain_text,
    metavar=_("RECEIVER"),
    help=_("To whom it was given; needed for shared."),
)
@click.option("--redacted-from", "original", metavar="E2", help=_("It is the redacted copy of this one."))
@reason_option
@as_option
@dry_run_option
@pass_shell
def move(
    shell: Shell,
    code: str,
    item: str,
    state: str | None,
    *,
    purpose: str | None,
    receiver: str | None,
    original: str | None,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Move one piece of evidence."""
    if (state is None) == (original is None):
        raise click.UsageError(_("Give the state, or --redacted-from with the original."))
    if state == "shared" and not (receiver or "").strip():
        raise click.UsageError(_("Say with --to to whom it was given: it is written down."))
    with decides(shell, "evidence move", as_code=as_code, dry_run=dry_run) as by:
        if original is not None:
            done = decisions.set_redacted(by, code, item, original)
        else:
            done = decisions.move_evidence(
                by, code, item, state or "", reason=reason, purpose=purpose, receiver=receiver
            )
    document = {
        "schema": "dikalo.evidence-moved/1",
        "code": done.code,
        "evidence": done.name,
        "was": done.was,
        "now": done.now,
        "dry_run": dry_run,
    }
    told = either(
        _("Case {code}, {name}: {now}."), _("Case {code}, {name} would be: {now}."), dry_run=dry_run
    ).format(code=done.code, name=done.name, now=label("evidence_state", done.now))
    shell.show(document, done_lines(told, dry_run=dry_run))
