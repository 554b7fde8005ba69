"""``dikalo pull``: what is new, from the sources into the register."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from gettext import gettext as _
from pathlib import Path

import click

from sync_scripts.cli.frame.listing import form_name
from sync_scripts.cli.frame.logins import asking
from sync_scripts.cli.frame.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.inflow.set_apart import count_line
from sync_scripts.cli.inflow.verify import trouble_line, unread_lines
from sync_scripts.intake.completeness.proof import words as proof_words
from sync_scripts.intake.places.missing_files import words as lacking_words
from sync_scripts.intake.places.skipped_files import words as left_words
from sync_scripts.intake.pull import Way, sources
from sync_scripts.intake.pull import pull as fetch
from sync_scripts.intake.report import FormCount, PullReport, words
from sync_scripts.register.care.form_learning import learn_forms, learn_holidays
from sync_scripts.store.workspace import Workspace


@command("pull")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar=_("[FOLDER]..."))
@click.option(
    "--largest-file",
    "largest_mb",
    type=click.IntRange(100, 4000),
    default=100,
    show_default=True,
    metavar="MB",
    help=_(
        "Take files up to this size in this run, also those that earlier pulls left for being too large. The disk needs "
        "twice the room."
    ),
)
@as_option
@dry_run_option
@pass_shell
def pull(
    shell: Shell, folders: tuple[Path, ...], largest_mb: int, as_code: str | None, dry_run: bool
) -> None:
    """Pull, and say what came; exit code 3 when this run met something that needs a person."""
    largest = largest_mb * 1_000_000
    with shell.workspace(write=not dry_run, command="pull", how="long") as workspace:
        workspace.require_proof(shell.clock())
        if not dry_run:
            learn(shell, workspace)
        with (
            sources(workspace, folders, asking(shell), largest=largest) as servers,
            ExitStack() as shown,
        ):
            halves = _Halves(shell, shown)
            way = Way(
                clock=shell.clock,
                progress=halves.submissions,
                files=halves.files,
                between=halves.between,
                dry_run=dry_run,
                file_limit=largest,
            )
            done = fetch(workspace.register, servers, workspace.actor(as_code), way)
    if done.failure is not None:
        for line in lines(done.report, done.failure.code):
            shell.warn(line)
        raise done.failure
    shell.show(done.report.document(), lines(done.report))
    if done.report.needs_person:
        shell.attention()


class _Halves:
    """Shows how far a pull is: submissions while answers come, then files."""

    def __init__(self, shell: Shell, shown: ExitStack) -> None:
        self._shell = shell
        self._shown = shown
        self._first = True
        self._count = shown.enter_context(shell.progress(_("Submissions"), None))

    def submissions(self, more: int) -> None:
        """Show that more submissions were looked at; those that are asked for once more were counted."""
        if self._first:
            self._count(more)

    def files(self, more: int) -> None:
        """Show that more files came."""
        if not self._first:
            self._count(more)

    def between(self) -> None:
        """Count files from now on; it comes again while files do."""
        if not self._first:
            return
        self._first = False
        self._shown.close()
        self._count = self._shown.enter_context(self._shell.progress(_("Files"), None))


def learn(shell: Shell, workspace: Workspace) -> None:
    """Let the register learn the workspace's forms and dates of holidays, and say what it cannot learn."""
    now = shell.clock()
    wrong = learn_holidays(workspace.register, workspace.settings.holidays, workspace.actor(), now)
    learnt = learn_forms(workspace.register, workspace.forms, now)
    if learnt.versions:
        shell.say(_("Form versions learnt: {versions}.").format(versions=", ".join(learnt.versions)))
    for problem in (*wrong, *learnt.problems):
        shell.warn(f"{problem.code} · {problem.words()}")
        shell.attention()


def lines(report: PullReport, ending: str = "") -> Iterator[str]:
    """Yield the report for a person; ``ending`` is the code of the failure whose words follow."""
    if report.dry_run:
        yield _("Nothing was written: this only shows what a pull would do.")
    yield _(
        "New: {new}. Edited: {edited}. Already known: {known}. Put aside: {aside}. Files: {files}."
    ).format(
        new=report.new,
        edited=report.edited,
        known=report.unchanged + report.repeats,
        aside=report.quarantined_new,
        files=report.files_new,
    )
    yield from (_form_line(one) for one in report.forms)
    if report.solved:
        yield _("Put aside before and readable now: {count}.").format(count=report.solved)
    yield from (f"{code} · {words(code, count)}" for code, count in report.notes)
    yield from (trouble_line(one, ending) for one in report.troubles)
    if not report.dry_run:
        yield from filter(None, map(proof_words, report.proofs))
    if report.quarantine_open:
        yield _("In quarantine: {count}. See them with: dikalo quarantine list.").format(
            count=report.quarantine_open
        )
    yield from count_line(report.set_apart)
    yield from unread_lines(report.unread_of)
    if report.files_waiting:
        yield _("Files still awaited: {count}.").format(count=report.files_waiting)
    yield from (lacking_words(one) for one in report.lacking)
    yield from (left_words(one) for one in report.left)


def _form_line(one: FormCount) -> str:
    return _("  {form}: new {new}, edited {edited}, again {again}, put aside {aside}").format(
        form=form_name(one.form, one.version),
        new=one.new,
        edited=one.edited,
        again=one.repeats,
        aside=one.quarantined,
    )
