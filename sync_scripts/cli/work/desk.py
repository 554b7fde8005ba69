"""What comes to the desk: ``dikalo alerts new``, a report by telephone asked in the terminal, and ``dikalo evidence``, proof that was brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any, Final, TextIO

import click

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.one_run import PATIENCE_S
from sync_scripts.cli.frame.options import DAY_OR_TIME, AsCode, DryRun, TextFile, would
from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.cli.work.interviewing import (
    Beside,
    Stopped,
    ask_all,
    must_be_terminal,
    own_screen,
    read_answers,
    told,
)
from sync_scripts.cli.work.until_kept import GivenUp, NobodyThere, let_go, sure, until_kept
from sync_scripts.errors import DikaloError
from sync_scripts.intake.desk import NewAlert, keep_alert, new_id
from sync_scripts.intake.evidence import Brought
from sync_scripts.intake.evidence import add as keep
from sync_scripts.intake.pull import Way
from sync_scripts.register.care.desk_entries import known
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.forms.desk_forms import Tellers, known_tellers, newest_workbook
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import load, local
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.clear_files import Leaving, leaving
from sync_scripts.store.database import Actor
from sync_scripts.store.workspace import Unlocked, Workspace
from xlsform.answers.interview import Interview
from xlsform.answers.media_choices import choices_of
from xlsform.workbooks.workbook import read

_COMMAND: Final = "alerts new"
"""What the lock of the workspace says to whoever waits."""
_TELLER: Final = "reporter_code"
"""The question for the code of whoever tells it, which stands open."""
CHANNELS = ("phone", "sms", "whatsapp", "walk_in", "partner", "community", "media")


@command("new")
def new_alert(
    shell: Shell,
    *,
    channel: Annotated[
        str, option("--channel", "How the alert reached you.", type=click.Choice(CHANNELS), show_default=True)
    ] = "phone",
    source: Annotated[
        TextIO | None,
        option(
            "--from",
            "Take the answers from a JSON file (question name to code or text) instead of asking; - reads them.",
            _("FILE"),
            type=TextFile(),
        ),
    ],
    as_code: AsCode,
    dry_run: DryRun,
) -> None:
    """Enter one alert."""
    keys = shell.keys()
    with shell.workspace(keys=keys) as workspace:  # and closed again before anybody is asked
        workspace.require_proof(shell.clock())
        actor = workspace.actor(as_code)
        with workspace.register.reading() as rows:
            workbook = newest_workbook(rows, "alert")
            tellers = Tellers({workspace.worker: True} | known_tellers(rows, workspace.settings.team))
        interview = _interview(workspace, workbook)
    desk = _Desk(shell, keys, interview, actor, channel, dry_run)
    if source is None:
        made = _asked(desk, tellers)
    elif shell.json or not handed.somebody_types():
        made = desk.keep(_given(shell, interview, source, tellers))
    else:
        made = desk.until_kept(_given(shell, interview, source, tellers))
    shell.show({"schema": "dikalo.alerts.new/1", "dry_run": dry_run, **made}, _told(made, dry_run=dry_run))


class _Desk:
    """One report and how it is kept; once, however often that is tried."""

    def __init__(  # noqa: PLR0917 - what the command was told
        self, shell: Shell, keys: Unlocked, interview: Interview, actor: Actor, channel: str, dry_run: bool
    ) -> None:
        self.shell, self.interview = shell, interview
        self._keys, self._actor, self._channel, self._dry_run = keys, actor, channel, dry_run
        self._started = shell.clock()
        self._id = new_id()

    def keep(
        self, answers: Mapping[str, str], *, whole: bool = True, patience: float = 0.0
    ) -> dict[str, Any]:
        """Open the register for writing and take the report into it; one that is not whole bears a remark.

        Raises:
            StoreLocked, NotKept and the others: it is not in the register, or how it came is not noted.
        """
        with self.shell.workspace(
            write=not self._dry_run, command=_COMMAND, keys=self._keys, patience=patience, how="decides"
        ) as workspace:
            return keep_alert(
                workspace.register,
                NewAlert(self.interview, answers, self._channel, self._started, whole),
                self._actor,
                Way(clock=self.shell.clock, dry_run=self._dry_run),
                instance_id=self._id,
            )

    def until_kept(
        self,
        answers: Mapping[str, str],
        typed: Sequence[str] = (),
        leaving: Leaving | None = None,
        *,
        whole: bool = True,
    ) -> dict[str, Any]:
        """Keep the report, and let no error take it away; ``typed`` shows it to somebody who gives it up.

        Raises:
            GivenUp: somebody did, and it is not known to be in the register.
            NobodyThere: it could not be kept, and whoever typed it is gone.
            NotKept: it lies sealed among what was put aside.
        """
        say = Questions(self.shell)
        try:
            return until_kept(
                say, lambda: self.keep(answers, whole=whole, patience=PATIENCE_S), typed, leaving
            )
        except GivenUp:
            made = self._there()
            if made is None:
                raise
            return made

    def _there(self) -> dict[str, Any] | None:
        """Return what the register says of a report that was given up: perhaps only the last step did not succeed."""
        try:
            with (
                self.shell.workspace(keys=self._keys) as workspace,
                workspace.register.reading() as rows,
            ):
                return known(rows, (self.interview.form.form_id, self._id))
        except (DikaloError, OSError):
            return None


def _interview(workspace: Workspace, workbook: bytes) -> Interview:
    """Return the questions, with the choices that lie in files of the form."""
    form = read(workbook, file="alert.xlsx").form
    return Interview(form, choices_of(form, workspace.forms / "media"))


def _given(shell: Shell, interview: Interview, source: TextIO, tellers: Tellers) -> dict[str, str]:
    """Return answers that were written down beforehand.

    Raises:
        AnswersUnreadable, AnswersWrong, AskedNowhere: as they say.
        CodeUnsuitable: who tells it is given by something that is no code.
    """
    answers = read_answers(interview, source.read(), shell.lang)
    if _TELLER in answers:
        answers[_TELLER] = tellers.as_code(answers[_TELLER])
    return answers


def _asked(desk: _Desk, tellers: Tellers) -> dict[str, Any]:
    """Ask and keep, on a screen that is cleared when the report is kept, or somebody threw it away.

    A closed window, or a computer that is being shut down, ends the questions: what was answered is kept without asking.

    Raises:
        click.Abort: somebody threw it away, or nothing was answered.
    """
    shell = desk.shell
    must_be_terminal(shell)
    with leaving() as end, own_screen():
        try:
            shell.warn(
                _(
                    "Answer by number. Ctrl-C ends early. This screen is cleared at the end: it may hold names."
                )
            )
            begun = _answered(shell, desk.interview, tellers, end)
            typed = [*told(desk.interview, begun.answers, shell.lang)]
            made = desk.until_kept(begun.answers, typed, end, whole=begun.whole)
        finally:
            let_go()
    if end.heard:
        shell.exit_code = 130
    return made


def _answered(shell: Shell, interview: Interview, tellers: Tellers, end: Leaving) -> Stopped:
    """Return what is answered and is to be kept; a report that is cut short may be kept as far as it goes.

    When nobody is there any more to say whether, it is kept: whoever looks at it later can dismiss it.

    Raises:
        click.Abort: somebody threw it away, or nothing was answered when the window was closed.
    """
    say, begun, beside = Questions(shell), None, Beside(_hints(), {_TELLER: tellers.read})
    while True:
        begun = ask_all(interview, shell.lang, beside, begun, end)
        try:
            if end.heard or _to_keep(say, begun, end):
                break
        except NobodyThere:
            break
    if not begun.answers:
        raise click.Abort
    return begun


def _to_keep(say: Questions, begun: Stopped, end: Leaving) -> bool:
    """Return whether it is to be kept; False = the questions go on.

    Raises:
        click.Abort: somebody threw it away.
        NobodyThere: nobody answers any more.
    """
    if begun.whole:
        question = _("Keep this alert?")
    else:
        question = _("The questions are not at their end. Keep what was answered so far?")
    with suppress(OSError):  # the window may be gone
        say.tell("")
    if sure(say, question, default=begun.whole, leaving=end):
        return True
    if sure(say, _("Throw away what was answered? No: the questions go on."), default=False, leaving=end):
        raise click.Abort
    return False


def _hints() -> dict[str, str]:
    """Return what is said under questions whose own hint is about the phone."""
    return {
        "arrondissement": _("The usual name of the town is in brackets."),
        _TELLER: _("The code of the focal point who tells it, or your own where it is none; never a name."),
        "contact_code": _(
            "A number that the person says is safe. It shows here while you type, and is sealed."
        ),
    }


def _told(made: Mapping[str, Any], *, dry_run: bool) -> list[str]:
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


TYPES = (
    "photo",
    "video",
    "audio",
    "medical_cert",
    "autopsy",
    "court_doc",
    "statement_victim",
    "statement_witness",
    "affidavit",
    "letter",
    "social_media",
    "object",
    "other",
)
BY = ("documenter", "victim", "witness", "third_party", "unknown")
YES_NO = ("yes", "no", "unknown")


@command("add")
def add_evidence(
    shell: Shell,
    *,
    file: Annotated[Path, place(_("FILE"), type=click.Path(path_type=Path))],
    case: Annotated[str, option("--case", "The case it belongs to.", _("CODE"))],
    type_: Annotated[str, option("--type", "What it is.", type=click.Choice(TYPES))],
    taken_by: Annotated[str | None, option("--taken-by", "Who took or wrote it.", type=click.Choice(BY))],
    taken_at: Annotated[
        datetime | None,
        option(
            "--taken-at",
            "When, as 2026-11-25 or 2026-11-25T14:30, the time of Cameroon.",
            _("DAY"),
            type=DAY_OR_TIME,
        ),
    ],
    original_kept: Annotated[
        str | None,
        option("--original-kept", "Whether the original still exists elsewhere.", type=click.Choice(YES_NO)),
    ],
    faces: Annotated[str | None, option("--faces", "Whether faces can be seen.", type=click.Choice(YES_NO))],
    custody_from: Annotated[
        str | None, option("--from", "Who handed it over: a code, never a name.", _("CODE"))
    ],
    sure: Annotated[
        bool,
        option("--sure", "The type is right, though the file does not begin like one: seal it as it is."),
    ],
    as_code: AsCode,
    dry_run: DryRun,
) -> None:
    """Add one file."""
    at = taken_at.replace(tzinfo=load().zone).isoformat() if taken_at else ""
    about = {
        "taken_by": taken_by or "",
        "taken_at": at,
        "original_kept": original_kept or "",
        "faces_visible": faces or "",
        "custody_from": worker_code(custody_from) if custody_from else "",
    }
    with shell.workspace(write=not dry_run, command="evidence add") as workspace:
        workspace.require_proof(shell.clock())
        with workspace.register.reading() as rows:
            code = str(case_of(rows, case)["case_code"])
        said = {name: value for name, value in about.items() if value}
        brought = Brought(code, file, type_, said, sure)
        done = keep(
            workspace.register, brought, workspace.actor(as_code), Way(clock=shell.clock, dry_run=dry_run)
        )
    if done["new"]:
        words = _("Sealed into the case {case} as {number}.").format(case=code, number=done["number"] or "…")
        left = [] if dry_run else [_("Now remove the file yourself, safely.")]
        text = "\n".join([*would([words], dry_run=dry_run), *left])
    else:
        text = _("This file is in the case {case} already, as {number}.").format(
            case=code, number=done["number"]
        )
    shell.show({"schema": "dikalo.evidence.add/1", "dry_run": dry_run, "case": code, **done}, text)
