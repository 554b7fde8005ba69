"""Where a case goes: ``cases move``, ``merge``, and the services for its people, ``cases refer``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from gettext import gettext as _
from typing import Any

import click

from sync_scripts.cli import handed
from sync_scripts.cli.cautions import about_person, about_provider
from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import plain_text, reason_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import done_lines, either
from sync_scripts.cli.tree.cases import STATES
from sync_scripts.cli.written import DAY, TIME
from sync_scripts.register import decisions
from sync_scripts.register.closely import require_sight
from sync_scripts.register.decisions import By, Moved, Served
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.labels import label
from sync_scripts.register.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register

__all__ = ["merge", "move", "refer"]

SERVICE_STATES = ("referred", "accepted", "rejected", "revoked", "ongoing", "done", "not_done", "declined")


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


@command("move")
@click.argument("code", metavar=_("CODE"))
@click.argument("state", type=click.Choice(STATES), metavar=_("STATE"))
@reason_option
@click.option(
    "--because",
    metavar=_("REASON"),
    help=_("For a closure or a suspension: safety, lost_contact, survivor_request, deceased, unfounded …"),
)
@click.option(
    "--emergency", is_flag=True, help=_("It cannot wait for its assessment, which is due in 72 hours.")
)
@click.option(
    "--feedback",
    type=click.Choice(["yes", "no"]),
    help=_("For a closure without a form: whether the person was told the outcome."),
)
@click.option(
    "--risk",
    type=click.Choice(["low", "medium", "high", "unknown"]),
    help=_("For a closure where no form says it: the risk now."),
)
@click.option("--review", type=DAY, metavar=_("DAY"), help=_("For a suspension: when somebody looks again."))
@click.option(
    "--to", "receiver", callback=plain_text, metavar=_("CODE"), help=_("For a hand-over: who takes the case.")
)
@click.option(
    "--accepted", type=DAY, metavar=_("DAY"), help=_("For a hand-over: when the receiver accepted.")
)
@as_option
@dry_run_option
@pass_shell
def move(
    shell: Shell,
    code: str,
    state: str,
    *,
    reason: str,
    because: str | None,
    emergency: bool,
    feedback: str | None,
    risk: str | None,
    review: datetime | None,
    receiver: str | None,
    accepted: datetime | None,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Move one case."""
    closes = state == "closed"  # a second person decides that, with a passphrase typed by their own hand
    with decides(shell, "cases move", as_code=as_code, dry_run=dry_run, own_hand=closes) as by:
        done = decisions.move(
            by,
            code,
            state,
            reason=reason,
            because=because,
            emergency=emergency,
            feedback=feedback,
            risk=risk,
            review_on=review.date() if review else None,
            receiver=receiver,
            accepted_on=accepted.date() if accepted else None,
        )
    _moved(shell, done, dry_run=dry_run)


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


@command("refer")
@click.argument("code", metavar=_("CODE"))
@click.argument("service", required=False, metavar=_("[SERVICE]"))
@click.option(
    "--to", "provider", metavar=_("PROVIDER"), help=_("The provider; without it a service of our own.")
)
@click.option("--plan", "plan_only", is_flag=True, help=_("Only plan it: nobody is told anything yet."))
@click.option(
    "--for", "person", metavar=_("V1"), help=_("For this person; of a merged case with its code: DK-…-V1.")
)
@click.option("--within", metavar=_("TIME"), help=_("Within how long: 1_hour, 3_hours, 1_day, 3_days …"))
@click.option(
    "--number", metavar=_("NUMBER"), help=_("The intervention that is meant, by its number in the case.")
)
@click.option("--state", type=click.Choice(SERVICE_STATES), help=_("Where that intervention is by now."))
@click.option("--owner", metavar=_("CODE"), help=_("Who does it, for a service of our own."))
@click.option(
    "--note", callback=plain_text, metavar=_("TEXT"), help=_("What became of it, for the team. No names.")
)
@click.option("--appointment", type=TIME, metavar=_("WHEN"), help=_("When it is."))
@click.option(
    "--unlisted",
    is_flag=True,
    help=_("The provider gives this service although the directory does not say so; with --reason."),
)
@reason_option
@as_option
@dry_run_option
@pass_shell
def refer(
    shell: Shell,
    code: str,
    service: str | None,
    *,
    provider: str | None,
    plan_only: bool,
    person: str | None,
    within: str | None,
    number: str | None,
    state: str | None,
    owner: str | None,
    note: str | None,
    appointment: datetime | None,
    unlisted: bool,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Refer somebody, or follow a referral."""
    if (service is None) == (number is None):
        raise click.UsageError(_("Give a SERVICE for a new one, or --number for one that is there."))
    said = _said(provider if number else None, owner, note, appointment, person if number else None)
    if service is None and state is None and not said:
        raise click.UsageError(_("Say what became of it: --state, --note, --owner, --appointment …"))
    done: list[Served] = []
    with decides(shell, "cases refer", as_code=as_code, dry_run=dry_run) as by:
        if service is not None:
            more = {"person": person, "timeframe": within, "unlisted": unlisted, "reason": reason}
            done.append(_new(by, code, service, provider, plan_only=plan_only, **more))
        of, which = (code, number) if number else (done[0].code, done[0].intervention)
        if said:
            done.append(decisions.set_service(by, of, which, **said))
        if state is not None:
            done.append(decisions.move_service(by, of, which, state, reason=reason))
        told = [*about_provider(by, provider), *about_person(by, done[-1].code, done[-1].intervention)]
    _served(shell, done[-1], dry_run=dry_run)
    for caution in told:
        shell.warn(caution)


def _said(
    provider: str | None,
    owner: str | None,
    note: str | None,
    appointment: datetime | None,
    person: str | None,
) -> dict[str, Any]:
    """Return what was said of an intervention beside its state."""
    at = instant(appointment.replace(tzinfo=load().zone)) if appointment else None
    said = {
        "provider_code": provider,
        "owner_code": owner,
        "work_note": note,
        "appointment_at": at,
        "person_uid": person,
    }
    return {name: value for name, value in said.items() if value is not None}


def _new(
    by: By,
    code: str,
    service: str,
    provider: str | None,
    *,
    plan_only: bool,
    **more: Any,
) -> Served:
    if provider is not None and not plan_only:
        return decisions.refer(by, code, service, provider, **more)
    return decisions.plan_service(by, code, service, provider=provider, **more)


def _served(shell: Shell, done: Served, *, dry_run: bool) -> None:
    document = {
        "schema": "dikalo.service/1",
        "code": done.code,
        "number": done.number,
        "intervention": done.intervention,
        "service": done.service,
        "was": done.was,
        "state": done.now,
        "dry_run": dry_run,
    }
    told = either(
        _('Case {code}, intervention {number} ({service}): "{state}".'),
        _('Case {code}, intervention {number} ({service}) would be: "{state}".'),
        dry_run=dry_run,
    ).format(
        code=done.code,
        number=done.number,
        service=label("service", done.service),
        state=label("intervention_status", done.now),
    )
    shell.show(document, done_lines(told, dry_run=dry_run))
