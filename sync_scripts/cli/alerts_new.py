"""``dikalo alerts new``: a report that came by telephone, asked in the terminal. Parses, calls, prints."""

from __future__ import annotations

from gettext import gettext as _
from typing import TYPE_CHECKING, Any, TextIO

import click

from sync_scripts.cli.shell import Command, Shell, as_option, dry_run_option, pass_shell
from sync_scripts.cli.written import TextFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync_scripts.store.workspace import Workspace
    from xlsform.interview import Interview

__all__ = ["new"]

CHANNELS = ("phone", "sms", "whatsapp", "walk_in", "partner", "community", "media")


@click.command(
    "new",
    cls=Command,
    help=_(
        "Enter an alert that came by telephone, message or visit: the questions of the alert form, one by one. It is "
        "sealed, triaged and shown like an alert from a phone."
    ),
)
@click.option(
    "--channel",
    type=click.Choice(CHANNELS),
    default="phone",
    show_default=True,
    help=_("How the alert reached you."),
)
@click.option(
    "--from",
    "source",
    type=TextFile(),
    metavar=_("FILE"),
    help=_(
        "Take the answers from a JSON file (question name to code or text) instead of asking; - reads them."
    ),
)
@as_option
@dry_run_option
@pass_shell
def new(shell: Shell, *, channel: str, source: TextIO | None, as_code: str | None, dry_run: bool) -> None:
    """Enter one alert."""
    from datetime import UTC, datetime

    from sync_scripts.intake.desk import NewAlert, keep_alert
    from sync_scripts.intake.pull import Way
    from sync_scripts.register.asked import newest_workbook

    with shell.workspace(write=not dry_run, command="alerts new") as workspace:
        workspace.require_proof(datetime.now(UTC))
        with workspace.register.reading() as rows:
            workbook = newest_workbook(rows, "alert")
        interview = _interview(workspace, workbook)
        started = datetime.now(UTC)
        answers = _given(shell, interview, source) if source else _asked(shell, interview)
        made = keep_alert(
            workspace.register,
            NewAlert(interview, answers, channel, started),
            workspace.actor(as_code),
            Way(dry_run=dry_run),
        )
    shell.show({"schema": "dikalo.alerts.new/1", "dry_run": dry_run, **made}, _told(made, dry_run=dry_run))


def _interview(workspace: Workspace, workbook: bytes) -> Interview:
    """Return the questions, with the choices that lie in files of the form."""
    from xlsform.interview import Interview
    from xlsform.media_choices import choices_of
    from xlsform.workbook import read

    form = read(workbook, file="alert.xlsx").form
    return Interview(form, choices_of(form, workspace.forms / "media"))


def _given(shell: Shell, interview: Interview, source: TextIO) -> dict[str, str]:
    """Return answers that were written down beforehand.

    Raises:
        AnswersUnreadable, AnswersWrong, AskedNowhere: as they say.
    """
    from sync_scripts.cli.interviewing import read_answers

    return read_answers(interview, source.read(), shell.lang)


def _asked(shell: Shell, interview: Interview) -> dict[str, str]:
    """Ask; a report that is cut short may be kept as far as it goes."""
    from sync_scripts.cli.interviewing import ask_all, must_be_terminal, own_screen
    from sync_scripts.cli.questions import Questions

    must_be_terminal(shell)
    with own_screen():
        shell.warn(
            _("Answer by number. Ctrl-C ends early. This screen is cleared at the end: it may hold names.")
        )
        ended = ask_all(interview, shell.lang, _hints())
        if ended.whole:
            question = _("Keep this alert?")
        else:
            question = _("The questions are not at their end. Keep what was answered so far?")
        if not Questions(shell).yes(question, default=ended.whole):
            raise click.Abort
    return ended.answers


def _hints() -> dict[str, str]:
    """Return what is said under questions whose own hint is about the phone."""
    return {
        "arrondissement": _("The usual name of the town is in brackets."),
        "reporter_code": _("The code of the focal point who tells it; never a name."),
        "contact_code": _(
            "A number that the person says is safe. It shows here while you type, and is sealed."
        ),
    }


def _told(made: Mapping[str, Any], *, dry_run: bool) -> list[str]:
    from sync_scripts.cli.listing import local
    from sync_scripts.register.labels import label

    if dry_run:
        return [_("Nothing was written: the answers fit the form.")]
    lines = [_("Alert {code} is in the register.").format(code=made["code"])]
    if made["urgency"]:
        lines.append(
            _("{level}: first contact before {contact}, first action before {action}.").format(
                level=label("urgency", made["urgency"]),
                contact=local(made["contact_due_at"]),
                action=local(made["action_due_at"]),
            )
        )
    return [*lines, _("Next: dikalo alerts show {code}").format(code=made["code"])]
