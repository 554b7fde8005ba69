"""What else becomes of an alert: ``alerts contacted``, ``ask``, ``refer``, ``move``, ``unlink``, ``assign``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from gettext import gettext as _

import click

from sync_scripts.cli.cautions import about_provider
from sync_scripts.cli.deciding import decides
from sync_scripts.cli.next_steps import after_alert
from sync_scripts.cli.options import new_option, reason_option, undo_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either, waits
from sync_scripts.cli.written import TIME
from sync_scripts.register import decisions
from sync_scripts.register.decisions import Decided
from sync_scripts.register.ruleset import load

__all__ = ["ask", "assign", "contacted", "move", "refer", "show_decided", "unlink"]


def show_decided(shell: Shell, done: Decided, sentence: str, *, dry_run: bool) -> None:
    """Show what was decided on an alert, and what comes next; of a proposal, who must sign it instead."""
    document = {
        "schema": "dikalo.decision/1",
        "code": done.code,
        "was": done.was,
        "state": done.now,
        "case_code": done.case,
        "proposal": done.proposal,
        "dry_run": dry_run,
    }
    waiting = waits(done.code, done.proposal, dry_run=dry_run) if done.proposal else sentence
    told = done_lines(waiting, dry_run=dry_run)
    if not (dry_run or done.proposal):
        told += after_alert(done.now, done.code, done.case)
    shell.show(document, told)


@command("contacted")
@click.argument("code", metavar=_("CODE"))
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
    at: datetime | None,
    undo: bool,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Note the first contact, or take it back."""
    when = at.replace(tzinfo=load().zone) if at else None
    with decides(shell, "alerts contacted", as_code=as_code, dry_run=dry_run) as by:
        if undo:
            done = decisions.undo_contacted(by, code, reason=reason, at=when)
        else:
            done = decisions.contacted(by, code, at=when, reason=reason)
    if undo:
        told = either(
            _("Taken back: that the person of alert {code} was reached. What is due is due as before."),
            _("It would be taken back that the person of alert {code} was reached."),
            dry_run=dry_run,
        )
    else:
        told = either(
            _("The person of alert {code} was reached."),
            _("It would be written down that the person of alert {code} was reached."),
            dry_run=dry_run,
        )
    show_decided(shell, done, told.format(code=done.code), dry_run=dry_run)


@command("ask")
@click.argument("code", metavar=_("CODE"))
@reason_option
@as_option
@dry_run_option
@pass_shell
def ask(shell: Shell, code: str, *, reason: str, as_code: str | None, dry_run: bool) -> None:
    """Ask for more."""
    with decides(shell, "alerts ask", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.ask(by, code, reason=reason)
    told = either(
        _("Noted: more is to be asked about alert {code}. Ask the focal point now; the program asks nobody."),
        _("It would be noted that more is to be asked about alert {code}; the program asks nobody."),
        dry_run=dry_run,
    )
    show_decided(shell, done, told.format(code=done.code), dry_run=dry_run)


@command("refer")
@click.argument("code", metavar=_("CODE"))
@click.argument("provider", metavar=_("PROVIDER"))
@click.option(
    "--vital",
    is_flag=True,
    help=_("A vital interest, without consent: a second person signs with dikalo approve."),
)
@reason_option
@as_option
@dry_run_option
@pass_shell
def refer(
    shell: Shell,
    code: str,
    provider: str,
    *,
    vital: bool,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Refer an alert."""
    with decides(shell, "alerts refer", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.refer_out(by, code, provider, reason=reason, vital=vital)
        cautions = list(about_provider(by, provider))
    told = either(
        _("Alert {code} is referred to {provider}."),
        _("Alert {code} would be referred to {provider}."),
        dry_run=dry_run,
    )
    told = told.format(code=done.code, provider=provider.strip().upper())
    show_decided(shell, done, told, dry_run=dry_run)
    for caution in cautions:
        shell.warn(caution)


@command("move")
@click.argument("code", metavar=_("CODE"))
@click.argument("case", metavar=_("CASE"), required=False)
@click.option(
    "--owner",
    metavar=_("CODE"),
    help=_("Instead of CASE: open a new one, which this worker is in charge of."),
)
@new_option
@reason_option
@as_option
@dry_run_option
@pass_shell
def move(
    shell: Shell,
    code: str,
    case: str | None,
    *,
    owner: str | None,
    new: bool,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Move an alert."""
    if (case is None) == (owner is None):
        raise click.UsageError(_("Give the CASE it goes to, or --owner WORKER to open a new one for it."))
    with decides(shell, "alerts move", as_code=as_code, dry_run=dry_run) as by:
        if case is not None:
            done = decisions.move_alert(by, code, case, reason=reason)
        else:
            done = decisions.move_to_new_case(by, code, owner=owner or "", reason=reason, new=new)
    if case is None and dry_run:  # the code that was drawn is thrown away with the rest
        told = _("Alert {code} would be tied to a new case.")
        done = replace(done, case=None)
    else:
        told = either(
            _("Alert {code} is now tied to case {case}."),
            _("Alert {code} would be tied to case {case}."),
            dry_run=dry_run,
        )
    show_decided(shell, done, told.format(code=done.code, case=done.case), dry_run=dry_run)


@command("unlink")
@click.argument("code", metavar=_("CODE"))
@reason_option
@as_option
@dry_run_option
@pass_shell
def unlink(shell: Shell, code: str, *, reason: str, as_code: str | None, dry_run: bool) -> None:
    """Undo a duplicate."""
    with decides(shell, "alerts unlink", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.unlink(by, code, reason=reason)
    told = either(
        _("Alert {code} is triaged again."), _("Alert {code} would be triaged again."), dry_run=dry_run
    )
    show_decided(shell, done, told.format(code=done.code), dry_run=dry_run)


@command("assign")
@click.argument("code", metavar=_("CODE"))
@click.argument("worker", metavar=_("WORKER"))
@new_option
@as_option
@dry_run_option
@pass_shell
def assign(shell: Shell, code: str, worker: str, *, new: bool, as_code: str | None, dry_run: bool) -> None:
    """Assign an alert."""
    with decides(shell, "alerts assign", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.assign_alert(by, code, worker, new=new)
    told = either(
        _("Alert {code} is now with {worker}."),
        _("Alert {code} would be with {worker}."),
        dry_run=dry_run,
    )
    show_decided(shell, done, told.format(code=done.code, worker=worker.strip()), dry_run=dry_run)
