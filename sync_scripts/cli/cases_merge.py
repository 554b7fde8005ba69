"""``dikalo cases merge``: one case into another, after showing what would become of them."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _

import click

from sync_scripts.cli import handed
from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import reason_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either
from sync_scripts.register import decisions
from sync_scripts.register.closely import require_sight
from sync_scripts.register.decisions import Moved
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.labels import label
from sync_scripts.store.database import Actor, Register

__all__ = ["merge"]


def _moved(shell: Shell, done: Moved, *, dry_run: bool) -> None:
    document = {
        "schema": "dikalo.case-moved/1",
        "code": done.code,
        "was": done.was,
        "state": done.now,
        "to": done.to,
        "closure_reason": done.reason,
        "owner": done.owner,
        "dry_run": dry_run,
    }
    shell.show(document, done_lines(*_move_lines(done, dry_run=dry_run), dry_run=dry_run))


def _move_lines(done: Moved, *, dry_run: bool) -> Iterator[str]:
    """Yield what a case became; of a merged one where the work goes on and who takes it over."""
    yield either(
        _('Case {code}: "{was}" is now "{now}".'),
        _('Case {code}: "{was}" would become "{now}".'),
        dry_run=dry_run,
    ).format(code=done.code, was=label("case_state", done.was), now=label("case_state", done.now))
    if done.reason:
        yield either(
            _("Reason of the closure: {reason}."),
            _("The reason of the closure would be: {reason}."),
            dry_run=dry_run,
        ).format(reason=label("closure_reason", done.reason))
    if done.now == "merged" and done.owner:
        yield either(
            _("The work goes on in {into}, and what is still due in {code} goes to {owner}."),
            _("The work would go on in {into}, and what is still due in {code} would go to {owner}."),
            dry_run=dry_run,
        ).format(into=done.to, code=done.code, owner=done.owner)
    elif done.now == "merged":
        yield either(
            _("The work goes on in {into}; nobody is in charge of it yet: dikalo cases assign {into} WORKER"),
            _("The work would go on in {into}, of which nobody is in charge yet."),
            dry_run=dry_run,
        ).format(into=done.to)


@command("merge")
@click.argument("code", metavar=_("CODE"))
@click.argument("into", metavar=_("INTO"))
@reason_option
@as_option
@click.option("-y", "--yes", is_flag=True, help=_("Do not ask on a terminal whether they are to be merged."))
@dry_run_option
@pass_shell
def merge(
    shell: Shell, code: str, into: str, *, reason: str, as_code: str | None, yes: bool, dry_run: bool
) -> None:
    """Merge one case into another; on a terminal after showing what would become of them, for it is final."""

    def look(register: Register, actor: Actor) -> None:
        _look(shell, (code, into, reason), register, actor, ask=not (yes or dry_run))

    with decides(shell, "cases merge", as_code=as_code, dry_run=dry_run, asking=look) as by:
        done = decisions.merge(by, code, into, reason=reason)
    _moved(shell, done, dry_run=dry_run)


def _look(shell: Shell, typed: tuple[str, str, str], register: Register, actor: Actor, *, ask: bool) -> None:
    """Say what merging would do, as in a transaction that is undone, and ask on a terminal."""
    code, into, reason = typed
    with decisions.deciding(register, actor, shell.clock(), dry_run=True) as by:
        require_sight(by.rows, actor, code, into)
        levels = [case_of(by.rows, one)["confidentiality"] for one in (code, into)]
        done = decisions.merge(by, code, into, reason=reason)
    for line in _apart(done, *levels):
        shell.warn(line)
    if ask and not shell.json and handed.somebody_types():
        shell.say(
            _("{code} would be merged into {into}. This is final.").format(code=done.code, into=done.to)
        )
        for line in list(_move_lines(done, dry_run=True))[1:]:
            shell.say(line)
        shell.confirm(_("Merge {code} into {into}?").format(code=done.code, into=done.to), yes=False)


def _apart(done: Moved, own: str | None, kept: str | None) -> Iterator[str]:
    """Yield that two cases are not kept equally closely, where one is a C3 or C4 case, and that a closure waits in the kept one."""
    if own != kept and {own, kept} & {"C3", "C4"}:
        yield _(
            "The two cases are not kept equally closely: {code}: {own}; {into}: {kept}. Merging changes neither, and whoever "
            "sees one learns the code of the other."
        ).format(
            code=done.code,
            own=label("confidentiality", own),
            into=done.to,
            kept=label("confidentiality", kept),
        )
    if done.asked:
        yield _(
            "The closure of {into} was asked for without {code}: it cannot be signed as it is. Refuse it (dikalo approve {into} "
            '--withdraw --reason "…"), and ask for it again when all is dealt with.'
        ).format(into=done.to, code=done.code)
