"""``dikalo consent``: what people agreed to, asked again, withdrawn, or overridden for a vital interest by two people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from typing import Any

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.options import reason_option
from sync_scripts.cli.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.tense import either, nothing_written
from sync_scripts.cli.written import DAY
from sync_scripts.register import codes
from sync_scripts.register.consents import decide
from sync_scripts.register.consents.decide import PURPOSES
from sync_scripts.register.consents.errors import PurposeUnknown
from sync_scripts.register.consents.of_alerts import record_alert, withdraw_alert
from sync_scripts.register.consents.overriding import override as say
from sync_scripts.register.kinds import KINDS
from sync_scripts.register.labels import label, labels
from sync_scripts.register.next_steps import after_alert
from sync_scripts.texts import language

__all__ = ["override", "record", "withdraw"]


_person_option = click.option(
    "--person", metavar=_("V1"), help=_("Whose consent, where the case has several people.")
)


@command("record")
@click.argument("code", metavar=_("CODE"))
@click.argument("answers", nargs=-1, required=True, metavar=_("PURPOSE=ANSWER…"))
@_person_option
@click.option("--guardian", is_flag=True, help=_("A parent or guardian answered."))
@click.option("--assent", is_flag=True, help=_("And the child agreed, too."))
@click.option("--on", type=DAY, metavar=_("DAY"), help=_("Day of the talk; today without it."))
@reason_option
@as_option
@dry_run_option
@pass_shell
def record(
    shell: Shell,
    code: str,
    *,
    answers: Sequence[str],
    person: str | None,
    guardian: bool,
    assent: bool,
    on: datetime | None,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Record answers."""
    if assent and not guardian:
        raise click.UsageError(
            _("--assent is said beside --guardian: a child's agreement stands beside the guardian's consent.")
        )
    of_alert = codes.read(code, "AL") is not None
    if of_alert and (person or guardian):
        raise click.UsageError(
            _("An alert says one thing of consent: leave --person, --guardian and --assent out.")
        )
    day = on.date() if on else None
    with decides(shell, "consent record", as_code=as_code, dry_run=dry_run) as by:
        if of_alert:
            done = record_alert(by, code, " ".join(answers), on=day, reason=reason)
        else:
            said = dict(_parted(one) for one in answers)
            done = decide.record(
                by, code, said, person=person, guardian=guardian, assent=assent, on=day, reason=reason
            )
    document = {
        "schema": "dikalo.consent_record/1",
        "code": done.case,
        "person": done.person,
        "changes": [{"purpose": purpose, "was": was, "state": now} for purpose, was, now in done.changes],
        "dry_run": dry_run,
    }
    shell.show(document, [*nothing_written(dry_run=dry_run), *_changes(done, dry_run=dry_run)])


def _parted(text: str) -> tuple[str, str]:
    purpose, sign, answer = text.partition("=")
    if not sign:
        raise PurposeUnknown(purpose=purpose, possible=", ".join(PURPOSES))
    return purpose.strip(), answer


def _changes(done: Any, *, dry_run: bool) -> Iterator[str]:
    told = either(
        _("{who}, {purpose}: {was} -> {now}"),
        _("{who}, {purpose}: {was} would become {now}"),
        dry_run=dry_run,
    )
    for purpose, was, now in done.changes:
        yield told.format(
            who=f"{done.case} {done.person}".strip(),
            purpose=label("consent_purpose", purpose),
            was=label("consent_state", was),
            now=label("consent_state", now),
        )


@command("withdraw")
@click.argument("code", metavar=_("CODE"))
@click.argument("purposes", nargs=-1, metavar=_("[PURPOSE…]"))
@_person_option
@reason_option
@as_option
@dry_run_option
@pass_shell
def withdraw(
    shell: Shell,
    code: str,
    *,
    purposes: Sequence[str],
    person: str | None,
    reason: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Withdraw consents."""
    of_alert = codes.read(code, "AL") is not None
    if of_alert and (purposes or person):
        raise click.UsageError(_("An alert says one thing of consent: leave the purposes and --person out."))
    with decides(shell, "consent withdraw", as_code=as_code, dry_run=dry_run) as by:
        if of_alert:
            done = withdraw_alert(by, code, reason=reason)
        else:
            done = decide.withdraw(by, code, person=person, purposes=purposes, reason=reason)
    document = {
        "schema": "dikalo.consent_withdraw/1",
        "code": done.code,
        "person": done.person,
        "purposes": list(done.purposes),
        "stops": done.stops,
        "notices_cancelled": done.notices,
        "snapshots_emptied": done.snapshots,
        "also": list(done.also),
        "tasks": len(done.tasks),
        "task_kinds": list(done.tasks),
        "dry_run": dry_run,
    }
    told = _would_withdraw(done, of_alert=of_alert) if dry_run else _withdrawn(done, of_alert=of_alert)
    shell.show(document, [*nothing_written(dry_run=dry_run), *told])


def _would_withdraw(done: Any, *, of_alert: bool) -> Iterator[str]:
    """Yield what a withdrawal would do."""
    if of_alert:
        yield _("The consent to the alert {code} would be withdrawn.").format(code=done.code)
    else:
        yield _("It would be written down that {person} of the case {code} withdrew: {purposes}.").format(
            person=done.person, code=done.code, purposes=labels("consent_purpose", " ".join(done.purposes))
        )
    if done.also:
        yield _("It would hold for the same person as {people}, too.").format(people=", ".join(done.also))
    if done.stops:
        yield _("All work on the case would stop, and the next dikalo publish would take it off the phones.")
    if done.snapshots:
        told = ngettext(
            "What is kept of {n} row of workbooks would go.",
            "What is kept of {n} rows of workbooks would go.",
            done.snapshots,
        )
        yield told.format(n=done.snapshots)
    if done.notices:
        told = ngettext(
            "{n} waiting message would be taken back.",
            "{n} waiting messages would be taken back.",
            done.notices,
        )
        yield told.format(n=done.notices)
    if done.tasks:
        told = ngettext(
            "{n} task would be raised: {what}.", "{n} tasks would be raised: {what}.", len(done.tasks)
        )
        yield told.format(n=len(done.tasks), what=_what(done.tasks))
    else:
        yield _("No task would be raised.")


def _what(kinds: Sequence[str]) -> str:
    """Return what tasks ask for, each thing once."""
    short = {code: one.short.said(language()) for code, one in KINDS.items() if one.short is not None}
    return _("; ").join(short.get(kind) or label("task_kind", kind) for kind in dict.fromkeys(kinds))


def _withdrawn(done: Any, *, of_alert: bool) -> Iterator[str]:
    """Yield what a withdrawal did, and what is to be done next."""
    if of_alert:
        yield _("The consent to the alert {code} is withdrawn.").format(code=done.code)
    else:
        yield _("{person} of the case {code} withdrew: {purposes}.").format(
            person=done.person, code=done.code, purposes=labels("consent_purpose", " ".join(done.purposes))
        )
    if done.also:
        yield _("It holds for the same person as {people}, too.").format(people=", ".join(done.also))
    if done.stops:
        yield _("All work on the case stops. The next dikalo publish takes it off the phones.")
    if done.snapshots:
        told = ngettext(
            "What was kept of {n} row of workbooks is gone.",
            "What was kept of {n} rows of workbooks is gone.",
            done.snapshots,
        )
        yield told.format(n=done.snapshots)
    if done.notices:
        told = ngettext(
            "{n} waiting message was taken back.", "{n} waiting messages were taken back.", done.notices
        )
        yield told.format(n=done.notices)
    if done.tasks:
        told = ngettext("{n} task was raised: {what}.", "{n} tasks were raised: {what}.", len(done.tasks))
        yield told.format(n=len(done.tasks), what=_what(done.tasks))
    else:
        yield _("No task was raised.")
    if of_alert:
        yield from after_alert(done.now, done.code, consent="withdrawn")
    if done.stops:
        yield _("Then close it: dikalo cases move {code} closure_pending --because consent_withdrawn").format(
            code=done.case or done.code
        )


@command("override")
@click.argument("code", metavar=_("CODE"))
@click.argument("purposes", nargs=-1, metavar=_("[PURPOSE…]"))
@_person_option
@click.option(
    "--hours",
    type=int,
    default=72,
    show_default=True,
    help=_("How long it lasts from the second signature on."),
)
@reason_option
@dry_run_option
@pass_shell
def override(
    shell: Shell,
    code: str,
    *,
    purposes: Sequence[str],
    person: str | None,
    hours: int,
    reason: str,
    dry_run: bool,
) -> None:
    """Propose an override; only a key of one's own counts, so there is no other code to act under."""
    with decides(shell, "consent override", dry_run=dry_run) as by:
        done = say(by, code, person=person, purposes=purposes or ("services",), hours=hours, reason=reason)
    document = {
        "schema": "dikalo.consent_override/1",
        "code": done.case,
        "person": done.person,
        "purposes": list(done.purposes),
        "hours": done.hours,
        "signed_before": list(done.before),
        "proposal": done.proposal,
        "dry_run": dry_run,
    }
    told = either(
        _(
            "Proposed as {proposal}. Nothing may leave before a second person signs: dikalo approve {proposal}"
        ),
        _("It would be proposed. Nothing could leave before a second person signs."),
        dry_run=dry_run,
    )
    shell.show(
        document,
        [
            *nothing_written(dry_run=dry_run),
            told.format(proposal=done.proposal),
            *_again(done, dry_run=dry_run),
        ],
    )


def _again(done: Any, *, dry_run: bool) -> Iterator[str]:
    if done.before:
        told = either(
            _(
                "There was one lately, signed by {who}: one of the two signatures must be somebody else's, and it is the last."
            ),
            _(
                "There was one lately, signed by {who}: one of the two signatures would have to be somebody else's, and it would "
                "be the last."
            ),
            dry_run=dry_run,
        )
        yield told.format(who=", ".join(done.before))
