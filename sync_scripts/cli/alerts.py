"""``dikalo alerts``: what came in, how urgent it is and why, and what a person decides about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from typing import TYPE_CHECKING, Any

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.history import decided, due, to_look_at
from sync_scripts.cli.listing import details, local, table
from sync_scripts.cli.shell import Shell, dry_run_option, group, pass_shell

if TYPE_CHECKING:
    from sync_scripts.register.decisions import Decided

Line = Mapping[str, Any]

STATES = (
    "received",
    "triaged",
    "info_requested",
    "linked",
    "opened",
    "duplicate",
    "referred_out",
    "dismissed",
)
LEVELS = ("critical", "high", "medium", "low")


@group("alerts", help=_("Alerts: see them, triage them, open cases from them."))
def alerts() -> None:
    """Group of the commands about alerts."""


@alerts.command("list", help=_("List the alerts on which something is to be decided, the most urgent first."))
@click.option("--all", "everything", is_flag=True, help=_("Show all alerts, whatever their state."))
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help=_("Only alerts in this state.")
)
@click.option("--region", metavar=_("P-CODE"), help=_("Only alerts of this region, such as CM007."))
@click.option("--owner", metavar=_("CODE"), help=_("Only alerts given to this worker."))
@pass_shell
def list_(
    shell: Shell, *, everything: bool, states: tuple[str, ...], region: str | None, owner: str | None
) -> None:
    """List alerts."""
    from sync_scripts.register.views import TO_DO
    from sync_scripts.register.views import alerts as read

    wanted: Sequence[str] | None = states or (None if everything else TO_DO)
    with shell.workspace() as workspace, workspace.register.reading() as rows:
        found = read(rows, states=wanted, region=region, owner=owner)
    shell.show({"schema": "dikalo.alerts/1", "alerts": found}, _lines(found) if found else _("No alert."))


def _lines(found: Sequence[Line]) -> Iterator[str]:
    from sync_scripts.register.labels import label, labels

    headings = [
        _("code"),
        _("urgency"),
        _("state"),
        _("due"),
        _("department"),
        _("facts"),
        _("case"),
        _("flags"),
    ]
    return table(
        headings,
        (
            (
                line["code"],
                label("urgency", line["urgency"]),
                label("alert_state", line["state"]),
                local(line["due_at"]),
                label("cm_admin:department", line["department"]),
                labels("alert_icon", line["icons"]),
                line["case_code"],
                line["flags"] or "",
            )
            for line in found
        ),
    )


@alerts.command(
    "show", help=_("Show one alert: where it stands, why it is so urgent, what is due, what was decided.")
)
@click.argument("code", metavar=_("CODE"))
@pass_shell
def show(shell: Shell, code: str) -> None:
    """Show one alert; nothing that is sealed."""
    from sync_scripts.register.triage import reasons_in_words
    from sync_scripts.register.views import alert_view

    with shell.workspace() as workspace, workspace.register.reading() as rows:
        found = alert_view(rows, code)
    reasons = reasons_in_words(found["reasons"], shell.lang) if found["reasons"] else []
    document = {
        "schema": "dikalo.alert/1",
        **found,
        "reasons_in_words": [{"rule": rule, "text": text} for rule, text in reasons],
    }
    shell.show(document, _told(found, [text for _rule, text in reasons]))


def _told(found: Line, reasons: Sequence[str]) -> Iterator[str]:
    yield from details(_about(found))
    if reasons:
        yield ""
        yield _("Why this level")
        yield from (f"- {sentence}" for sentence in reasons)
    yield from due(found["tasks"])
    yield from to_look_at(found["flag_list"])
    yield from decided(found["history"])


def _about(found: Line) -> Iterator[tuple[str, object]]:
    from sync_scripts.register.labels import label, labels

    level = label("urgency", found["urgency"])
    if found["urgency_decided"] and found["urgency_decided"] != found["urgency_by_rule"]:
        level = _("{level} (the rules say {rule})").format(
            level=level, rule=label("urgency", found["urgency_by_rule"])
        )
    yield _("Alert"), found["code"]
    yield _("State"), label("alert_state", found["state"])
    yield _("Urgency"), level
    yield _("Points"), found["score"]
    yield _("Received"), local(found["received_at"])
    yield _("Case"), found["case_code"]
    yield _("Given to"), found["assigned_to"]
    yield _("Region"), label("cm_admin:region", found["region"])
    yield _("Department"), label("cm_admin:department", found["department"])
    yield _("Arrondissement"), label("cm_admin:arrondissement", found["arrondissement"])
    yield _("What happened"), labels("alert_icon", found["icons"])
    yield _("When"), label("when_rel", found["when_rel"])
    yield _("Danger now"), label("yes_no_unknown", found["danger_now"])
    yield _("Who"), labels("victim_kind", found["victim_kind"])
    yield _("How many"), label("victim_count", found["victim_count"])
    yield _("Among them"), labels("special", found["special"])
    yield _("Alleged author"), label("actor_kind", found["actor_kind"])
    yield _("How it is known"), label("info_source", found["info_source"])
    yield _("Consent"), label("consent_state", found["consent_state"])
    yield _("Safe to contact"), label("safe_contact", found["safe_to_contact"])
    yield _("When and how"), labels("contact_window", found["contact_window"])
    yield _("Focal point"), found["reporter_code"]
    yield _("Dismissed because"), found["dismiss_reason"]


# --- decisions ----------------------------------------------------------------------------------------------------


_new_option = click.option(
    "--new", is_flag=True, help=_("The worker is new here: name the code to the register, too.")
)
_as_option = click.option("--as", "as_code", metavar=_("CODE"), help=_("Act under this worker's code."))


def _done(shell: Shell, done: Decided, sentence: str, *, dry_run: bool) -> None:
    document = {
        "schema": "dikalo.decision/1",
        "code": done.code,
        "was": done.was,
        "state": done.now,
        "case_code": done.case,
        "dry_run": dry_run,
    }
    told = [sentence]
    if dry_run:
        told.insert(0, _("Nothing was written: this only shows what would be done."))
    shell.show(document, told)


@alerts.command(
    "triage", help=_("Say that you saw the result of the rules, and let it stand or set another level.")
)
@click.argument("code", metavar=_("CODE"))
@click.option(
    "--urgency",
    type=click.Choice(LEVELS),
    help=_("Set this level; lowering needs a reason, raising does not."),
)
@click.option("--reason", default="", metavar=_("TEXT"), help=_("Why; kept with the decision. No names."))
@click.option("--owner", metavar=_("CODE"), help=_("Give the alert to this worker."))
@_new_option
@_as_option
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
    from sync_scripts.register import decisions

    with decides(shell, "alerts triage", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.triage(by, code, urgency=urgency, reason=reason, assigned_to=owner, new=new)
    _done(shell, done, _("Alert {code} is triaged.").format(code=done.code), dry_run=dry_run)


@alerts.command("open", help=_("Open a new case from a triaged alert and give it to a worker."))
@click.argument("code", metavar=_("CODE"))
@click.option(
    "--owner", required=True, metavar=_("CODE"), help=_("The worker who will be in charge of the case.")
)
@_new_option
@_as_option
@dry_run_option
@pass_shell
def open_(shell: Shell, code: str, *, owner: str, new: bool, as_code: str | None, dry_run: bool) -> None:
    """Open a case."""
    from dataclasses import replace

    from sync_scripts.register import decisions

    with decides(shell, "alerts open", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.open_case(by, code, owner=owner, new=new)
    if dry_run:  # the code that was drawn is thrown away with the rest
        done = replace(done, case=None)
    told = _("Case {case} is opened from alert {code}.").format(case=done.case or "DK-…", code=done.code)
    _done(shell, done, told, dry_run=dry_run)


@alerts.command("link", help=_("Tie a triaged alert to a case that is open."))
@click.argument("code", metavar=_("CODE"))
@click.argument("case", metavar=_("CASE"))
@_as_option
@dry_run_option
@pass_shell
def link(shell: Shell, code: str, case: str, *, as_code: str | None, dry_run: bool) -> None:
    """Link one alert."""
    from sync_scripts.register import decisions

    with decides(shell, "alerts link", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.link(by, code, case)
    told = _("Alert {code} is tied to case {case}.").format(case=done.case, code=done.code)
    _done(shell, done, told, dry_run=dry_run)


@alerts.command(
    "dismiss",
    help=_("Dismiss a triaged alert, with a reason. A critical or high one needs a second person's code."),
)
@click.argument("code", metavar=_("CODE"))
@click.option("--reason", default="", metavar=_("TEXT"), help=_("Why; kept with the decision. No names."))
@click.option("--second", metavar=_("CODE"), help=_("The second person, for a critical or high alert."))
@_new_option
@_as_option
@dry_run_option
@pass_shell
def dismiss(
    shell: Shell,
    code: str,
    *,
    reason: str,
    second: str | None,
    new: bool,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Dismiss one alert."""
    from sync_scripts.register import decisions

    with decides(shell, "alerts dismiss", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.dismiss(by, code, reason, second=second, new=new)
    _done(shell, done, _("Alert {code} is dismissed.").format(code=done.code), dry_run=dry_run)
