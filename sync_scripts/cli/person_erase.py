"""``dikalo person erase``: what identifies a person is gone at once, where the case is about nobody else."""

from __future__ import annotations

import sys
from gettext import gettext as _
from typing import TYPE_CHECKING

import click

from sync_scripts.cli.deciding import decides, done_lines, plain_text
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell

if TYPE_CHECKING:
    from sync_scripts.store.database import Actor, Register

__all__ = ["erase"]


@command(
    "erase",
    help=_(
        "Erase what identifies the person of a case, at once and for good: everything that is sealed, and of the answers all but "
        "what statistics may keep. Needs no vault; asks for a passphrase of your own. Where the case is about others, too, it is "
        "refused. A legal hold stops it."
    ),
)
@click.argument("code", metavar=_("CODE"))
@click.argument("who", required=False, metavar=_("[PERSON]"))
@click.option(
    "--reason",
    default="",
    callback=plain_text,
    metavar=_("TEXT"),
    help=_("Why; kept with the decision. No names."),
)
@click.option(
    "--yes", is_flag=True, help=_("Do not ask again on a terminal after showing what would be erased.")
)
@as_option
@dry_run_option
@pass_shell
def erase(
    shell: Shell, code: str, who: str | None, *, reason: str, as_code: str | None, yes: bool, dry_run: bool
) -> None:
    """Erase a person."""
    from sync_scripts.register.purging.person import erase_person
    from sync_scripts.store import erasing

    asks = not (yes or dry_run or shell.json) and sys.stdin.isatty()

    def look(register: Register, actor: Actor) -> None:
        if asks:
            _ask(shell, register, actor, code)

    with decides(
        shell,
        "person erase",
        as_code=as_code,
        dry_run=dry_run,
        own_hand=True,
        before=look,
        after=erasing.finish,
    ) as by:
        done = erase_person(by, code, who, reason=reason)
    document = {
        "schema": "dikalo.person-erased/1",
        "code": done.one.code,
        "submissions": done.submissions,
        "items": done.items,
        "files": done.files,
        "notices": done.notices,
        "snapshots": done.snapshots,
        "dry_run": dry_run,
    }
    told = _(
        "{code}: erased ({items} sealed, {files} files). Its keys are struck when the vault is next opened: dikalo vault test. "
        "What was handed over, and what servers and phones still hold, is not reached from here: dikalo person shared {code}."
    )
    shell.show(
        document,
        done_lines(told.format(code=done.one.code, items=done.items, files=done.files), dry_run=dry_run),
    )


def _ask(shell: Shell, register: Register, actor: Actor, code: str) -> None:
    """Say what would go and that it is final, and ask; what is refused anyway is refused without a question."""
    from sync_scripts.register.closely import require_sight
    from sync_scripts.register.purging.person import would_erase

    with register.reading() as rows:
        require_sight(rows, actor, code)
        found = would_erase(rows, code)
    told = _(
        "{code} would be erased for good (submissions: {submissions}, sealed: {items}, files: {files}). Nobody can bring it back."
    )
    shell.say(
        told.format(code=found.code, submissions=found.submissions, items=found.items, files=found.files)
    )
    shell.confirm(_("Erase this?"), yes=False)
