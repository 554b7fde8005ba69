"""``dikalo alerts``: what came in, how urgent it is and why, and what a person decides about it."""

from __future__ import annotations

from dataclasses import replace
from gettext import gettext as _
from typing import Any

import click

from sync_scripts.cli.alerts_moves import show_decided
from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import Worker, new_option, reason_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import either
from sync_scripts.register import codes, decisions

LEVELS = ("critical", "high", "medium", "low")


# --- decisions ----------------------------------------------------------------------------------------------------


@command("triage")
@click.argument("code", metavar=_("CODE"))
@click.option(
    "--urgency",
    type=click.Choice(LEVELS),
    help=_("Set this level; lowering needs a reason, raising does not."),
)
@reason_option
@click.option("--owner", metavar=_("CODE"), help=_("Give the alert to this worker."))
@new_option
@as_option
@dry_run_option
@pass_shell
def triage(
    shell: Shell,
    code: str,
    *,
    urgency: Any,
    reason: str,
    owner: str | None,
    new: bool,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Triage one alert."""
    with decides(shell, "alerts triage", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.triage(by, code, urgency=urgency, reason=reason, assigned_to=owner, new=new)
    told = either(_("Alert {code} is triaged."), _("Alert {code} would be triaged."), dry_run=dry_run)
    show_decided(shell, done, told.format(code=done.code), dry_run=dry_run)


@command("open")
@click.argument("code", metavar=_("CODE"))
@click.option(
    "--owner",
    required=True,
    type=Worker(),
    metavar=_("CODE"),
    help=_("The worker who will be in charge of the case."),
)
@new_option
@as_option
@dry_run_option
@pass_shell
def open_(shell: Shell, code: str, *, owner: str, new: bool, as_code: str | None, dry_run: bool) -> None:
    """Open a case."""
    with decides(shell, "alerts open", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.open_case(by, code, owner=owner, new=new)
    if dry_run:  # the code that was drawn is thrown away with the rest
        done = replace(done, case=None)
    told = either(
        _("Case {case} is opened from alert {code}."),
        _("A case would be opened from alert {code}."),
        dry_run=dry_run,
    )
    show_decided(shell, done, told.format(case=done.case, code=done.code), dry_run=dry_run)


@command("link")
@click.argument("code", metavar=_("CODE"))
@click.argument("case", metavar=_("CASE"))
@reason_option
@as_option
@dry_run_option
@pass_shell
def link(shell: Shell, code: str, case: str, *, reason: str, as_code: str | None, dry_run: bool) -> None:
    """Link one alert."""
    twin = codes.read(case, "DK") is None and codes.read(case, "AL") is not None
    with decides(shell, "alerts link", as_code=as_code, dry_run=dry_run) as by:
        decide = decisions.duplicate if twin else decisions.link
        done = decide(by, code, case, reason=reason)
    told = either(
        _("Alert {code} is tied to case {case}."),
        _("Alert {code} would be tied to case {case}."),
        dry_run=dry_run,
    )
    if twin:
        told = either(
            _("Alert {code} is set aside as a duplicate."),
            _("Alert {code} would be set aside as a duplicate."),
            dry_run=dry_run,
        )
    show_decided(shell, done, told.format(case=done.case, code=done.code), dry_run=dry_run)


@command("dismiss")
@click.argument("code", metavar=_("CODE"))
@reason_option
@as_option
@dry_run_option
@pass_shell
def dismiss(shell: Shell, code: str, *, reason: str, as_code: str | None, dry_run: bool) -> None:
    """Dismiss one alert."""
    with decides(shell, "alerts dismiss", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.dismiss(by, code, reason)
    told = either(_("Alert {code} is dismissed."), _("Alert {code} would be dismissed."), dry_run=dry_run)
    show_decided(shell, done, told.format(code=done.code), dry_run=dry_run)
