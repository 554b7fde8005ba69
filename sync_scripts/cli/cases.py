"""``dikalo cases``: the cases, what they hold at levels 0 to 2, what is due in them, and who is in charge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import new_option, reason_option, undo_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either, nothing_written
from sync_scripts.cli.written import TIME
from sync_scripts.register import decisions
from sync_scripts.register.decisions import Assigned, Contacted
from sync_scripts.register.ruleset import load

# --- decisions ----------------------------------------------------------------------------------------------------


@command("assign")
@click.argument("code", metavar=_("CODE"))
@click.argument("worker", metavar=_("WORKER"))
@new_option
@as_option
@dry_run_option
@pass_shell
def assign(shell: Shell, code: str, worker: str, *, new: bool, as_code: str | None, dry_run: bool) -> None:
    """Assign one case."""
    with decides(shell, "cases assign", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.assign(by, code, worker, new=new)
    document = {
        "schema": "dikalo.case-assigned/1",
        "code": done.code,
        "state": done.state,
        "was": done.was,
        "owner": done.owner,
        "tasks": done.tasks,
        "written": done.written and not dry_run,
        "dry_run": dry_run,
    }
    shell.show(document, _assigned(done, dry_run=dry_run))


@command("contacted")
@click.argument("code", metavar=_("CODE"))
@click.option("--failed", is_flag=True, help=_("Nobody was reached."))
@click.option(
    "--at",
    type=TIME,
    metavar=_("WHEN"),
    help=_("When, local time (2026-11-25T08:30); now without it."),
)
@undo_option
@reason_option
@as_option
@dry_run_option
@pass_shell
def contacted(
    shell: Shell,
    code: str,
    *,
    failed: bool,
    at: datetime | None,
    undo: bool,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Write one contact down, or take one back."""
    if undo and failed:
        raise click.UsageError(_("--undo takes back what was written down last; leave --failed out."))
    when = at.replace(tzinfo=load().zone) if at else None
    with decides(shell, "cases contacted", as_code=as_code, dry_run=dry_run) as by:
        if undo:
            done = decisions.undo_contact(by, code, reason=reason, at=when)
        else:
            done = decisions.contact(by, code, reached=not failed, at=when, reason=reason)
    document = {"schema": "dikalo.case-contacted/1", **asdict(done), "undone": undo, "dry_run": dry_run}
    told = _taken_back(done, dry_run=dry_run) if undo else _reached(done, dry_run=dry_run)
    shell.show(document, done_lines(*told, dry_run=dry_run))


def _taken_back(done: Contacted, *, dry_run: bool) -> Iterator[str]:
    if done.reached:
        told = _("Taken back: that the person of case {code} was reached. What is due is due as before.")
        would = _("It would be taken back that the person of case {code} was reached.")
    else:
        told = _("Taken back: that nobody was reached in case {code}.")
        would = _("It would be taken back that nobody was reached in case {code}.")
    yield either(told, would, dry_run=dry_run).format(code=done.code)


def _reached(done: Contacted, *, dry_run: bool) -> Iterator[str]:
    if done.reached:
        yield either(
            _("The person of case {code} was reached."),
            _("It would be written down that the person of case {code} was reached."),
            dry_run=dry_run,
        ).format(code=done.code)
        return
    failed = ngettext(
        "Case {code}: {n} contact failed since the person was last reached.",
        "Case {code}: {n} contacts in a row failed since the person was last reached.",
        done.failed,
    )
    would = ngettext(
        "Case {code}: it would be the contact no. {n} that failed since the person was last reached.",
        "Case {code}: it would be the contact no. {n} in a row that failed since the person was last reached.",
        done.failed,
    )
    yield either(failed, would, dry_run=dry_run).format(code=done.code, n=done.failed)
    if done.lost and not dry_run:
        yield _(
            "Propose a suspension: dikalo cases move {code} suspended --because lost_contact --review DAY, with a reason."
        ).format(code=done.code)


def _assigned(done: Assigned, *, dry_run: bool) -> Iterator[str]:
    if not done.written:
        yield _("The case {code} is with {owner} already. Nothing was written.").format(
            code=done.code, owner=done.owner
        )
        return
    if dry_run:
        yield from nothing_written(dry_run=dry_run)
    yield either(
        _("The case {code} is now with {owner}."),
        _("The case {code} would be with {owner}."),
        dry_run=dry_run,
    ).format(code=done.code, owner=done.owner)
    if done.was:
        yield either(_("Before: {owner}."), _("Now: {owner}."), dry_run=dry_run).format(owner=done.was)
    goes = ngettext("{count} open task goes along.", "{count} open tasks go along.", done.tasks)
    would = ngettext("{count} open task would go along.", "{count} open tasks would go along.", done.tasks)
    yield either(goes, would, dry_run=dry_run).format(count=done.tasks)
