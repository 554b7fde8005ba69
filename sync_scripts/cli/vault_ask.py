"""``dikalo vault ask``: ask a second person to agree that what is sealed of a C4 case be opened. Opens nothing itself."""

from __future__ import annotations

from gettext import gettext as _

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import reason_option
from sync_scripts.cli.shell import Shell, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either
from sync_scripts.register.decisions.opening_asked import ask_opening, take_back
from sync_scripts.register.ruleset import load

__all__ = ["ask"]


@command("ask")
@click.argument("code", metavar=_("CODE"))
@reason_option
@click.option("--withdraw", is_flag=True, help=_("Take back what was asked, or agreed already."))
@dry_run_option
@pass_shell
def ask(shell: Shell, code: str, *, reason: str, withdraw: bool, dry_run: bool) -> None:
    """Ask, or take it back."""
    with decides(shell, "vault ask", dry_run=dry_run, own_hand=True, anyone=True) as by:
        if withdraw:
            taken = take_back(by, code, reason=reason)
            what, proposal, state = taken.what, taken.id, "withdrawn"
            told = either(
                _("{code}: what was asked ({proposal}) is taken back. Nothing is opened by it any more."),
                _("{code}: what was asked ({proposal}) would be taken back."),
                dry_run=dry_run,
            )
        else:
            made = ask_opening(by, code, reason=reason)
            what, proposal, state = made.what, made.id, "waits"
            told = either(
                _(
                    "{code}: asked. Somebody else agrees with a passphrase of their own: dikalo approve {proposal}. From then on "
                    "one of you two may open it for {hours} hours, for this reason."
                ),
                _(
                    "{code}: it would be asked. Once somebody else agreed, one of you two could open it for {hours} hours, for this "
                    "reason."
                ),
                dry_run=dry_run,
            )
    document = {
        "schema": "dikalo.vault-ask/1",
        "code": what,
        "proposal": proposal,
        "state": state,
        "dry_run": dry_run,
    }
    told = told.format(code=what, proposal=proposal, hours=load().case.opening_by_two_h)
    shell.show(document, done_lines(told, dry_run=dry_run))
