"""``dikalo pull, verify``: what is new, from the sources into the register; and whether everything that was sent is here, as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated

import click

from sync_scripts.backup.errors import PlaceUnknown
from sync_scripts.backup.leaving import seen
from sync_scripts.cli.frame.listing import first_of, form_name
from sync_scripts.cli.frame.logins import asking
from sync_scripts.cli.frame.options import AsCode, DryRun
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.cli.frame.typed import FOLDER
from sync_scripts.cli.work.waiting import count_line
from sync_scripts.errors import Damaged
from sync_scripts.intake.completeness.heads import Left
from sync_scripts.intake.completeness.proof import words as proof_words
from sync_scripts.intake.completeness.verify import RegisterNotWhole, ShortOfServer
from sync_scripts.intake.completeness.verify import verify as check
from sync_scripts.intake.places.missing_files import words as lacking_words
from sync_scripts.intake.places.skipped_files import words as left_words
from sync_scripts.intake.pull import NoSource, Way, sources
from sync_scripts.intake.pull import pull as fetch
from sync_scripts.intake.report import FormCount, FormTotals, FormTrouble, PullReport, Verified, words
from sync_scripts.register.care.form_learning import learn_forms, learn_holidays
from sync_scripts.servers.base import Server
from sync_scripts.store.seal.sealing import grouped
from sync_scripts.store.workspace import Workspace


@command("pull")
def pull(
    shell: Shell,
    *,
    folders: Annotated[tuple[Path, ...], place(_("[FOLDER]..."), type=click.Path(path_type=Path))],
    largest_mb: Annotated[
        int,
        option(
            "--largest-file",
            "Take files up to this size in this run, also those that earlier pulls left for being too large. The disk needs "
            "twice the room.",
            "MB",
            type=click.IntRange(100, 4000),
            show_default=True,
        ),
    ] = 100,
    as_code: AsCode,
    dry_run: DryRun,
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
        for line in pull_lines(done.report, done.failure.code):
            shell.warn(line)
        raise done.failure
    shell.show(done.report.document(), pull_lines(done.report))
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


def pull_lines(report: PullReport, ending: str = "") -> Iterator[str]:
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
    for one in report.forms:
        yield _form_line(one)
        if one.unknown:
            yield _unknown_line(one)
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


def _unknown_line(one: FormCount) -> str:
    """Say how many questions only the server's form has; their names may tell what was asked, so none is said."""
    words = ngettext(
        "  {form}: at the server, {n} question has a name that no form here knows. Its answers are sealed and stand in no list. If "
        "the change is yours, make it in the form here, too; then send the form again with dikalo forms deploy.",
        "  {form}: at the server, {n} questions have names that no form here knows. Their answers are sealed and stand in no "
        "list. If the change is yours, make it in the form here, too; then send the form again with dikalo forms deploy.",
        one.unknown,
    )
    return words.format(form=form_name(one.form, one.version), n=one.unknown)


@command("verify")
def verify(
    shell: Shell,
    *,
    offline: Annotated[bool, option("--offline", "Check the register only; look at no source.")],
    deep: Annotated[
        bool, option("--deep", "Fetch every version from the servers again and compare it; takes long.")
    ],
    against: Annotated[
        Path | None,
        option(
            "--against",
            "Another place of backups: a folder, whose heads of the chains are compared, beside those of the place of dikalo.toml.",
            type=FOLDER,
        ),
    ],
) -> None:
    """Verify; damage ends with exit code 6, a source that cannot be read with 5 or 4, what is not pulled yet with 3."""
    with shell.workspace(any_holders=True) as workspace, ExitStack() as stack:
        servers: list[Server] = []
        if not offline:
            with suppress(NoSource):
                servers = stack.enter_context(sources(workspace, ask=asking(shell)))
        progress = stack.enter_context(shell.progress(_("Submissions"), None))
        found = check(
            workspace.register, servers, progress, deep=deep, ends=_left_elsewhere(workspace, against)
        )
    failure = _failure(found)
    unseen = [_("No source was looked at: only the register itself was checked.")]
    document = {**found.document(), "sources": len(servers), "failure": failure.code if failure else None}
    ending = _verdict(found) if servers else unseen
    shell.show(document, [*verify_lines(found), *ending])  # first: what is damaged or short is named there
    if failure is not None:
        raise failure
    if found.lacking:
        shell.attention()
    if found.blind:
        shell.exit_code = max(found.exits)  # what could not be looked at is never "all is there"


def _left_elsewhere(workspace: Workspace, against: Path | None) -> Iterator[Left]:
    """Yield what was left of the heads of the chains at the places that are there; a place that was named has to be."""
    named = workspace.settings.backup.folder(workspace.root)
    if named is not None:
        yield from seen(workspace.register, named) or ()
    if against is not None:
        found = seen(workspace.register, against.absolute())
        if found is None:
            raise PlaceUnknown
        yield from found


def _failure(found: Verified) -> Damaged | None:
    """Return what is wrong with the register, damage before what is missing; None when nothing is."""
    if found.damaged:
        failed = ", ".join(one.name for one in found.checks if one.wrong)
        return RegisterNotWhole(found=found.damaged, checks=failed)
    return ShortOfServer(count=found.short) if found.short else None


def _names() -> dict[str, str]:
    """Return what a person calls each check of the register."""
    return {
        "database": _("database"),
        "custody": _("chain of custody"),
        "holders": _("for whom it seals"),
        "events": _("decisions"),
        "heads": _("heads of the chains, left with backups"),
        "key_pages": _("sealed items and their key pages"),
        "sealed_files": _("sealed files"),
        "versions": _("submissions stored"),
        "received": _("sealed bytes of submissions, as they came"),
        "waiting": _("encrypted submissions that wait, and their files"),
        "form_keys": _("sealed keys of forms"),
    }


def verify_lines(found: Verified) -> Iterator[str]:
    """Yield what was found for a person."""
    for one in found.forms:
        yield _("{form}: at the source {instances} = {parts}").format(
            form=form_name(one.form, one.version), instances=one.instances, parts=" + ".join(_parts(one))
        )
    yield from unread_lines(found.awaited)
    yield from (trouble_line(one) for one in found.troubles)
    yield from hidden_lines(found.hidden)
    yield from partly_lines(found.partly)
    for done in found.checks:
        state = _("DAMAGED: {wrong}").format(wrong=first_of(done.wrong, 20)) if done.wrong else _("sound")
        yield _("{what}: {count}, {state}").format(
            what=_names().get(done.name, done.name), count=done.looked_at, state=state
        )
    yield _("Fingerprint of the holders: {fingerprint}").format(fingerprint=grouped(found.holders))
    yield from (_lost_line(one) for one in found.lost)
    yield from _left(found)
    yield from (left_words(one) for one in found.left)
    yield from count_line(found.set_apart)


def _verdict(found: Verified) -> Iterator[str]:
    """Yield what it comes to: proved, or nothing; what is missing or damaged was said, line by line."""
    if found.proved and not found.files_waiting:
        yield _("Everything that the sources hold is here, and what is here is sound.")


def _lost_line(one: FormTrouble) -> str:
    """Return what a person reads of a source that could not be read."""
    return _("{code} · {server}: {words} Nothing is known of what it holds.").format(
        code=one.code, server=one.server, words=one.words
    )


def _parts(one: FormTotals) -> Iterator[str]:
    """Yield what the instances of a form are; together they are all of them."""
    told = (
        (one.versions, _("stored {n}")),
        (one.repeats, _("again {n}")),
        (one.quarantined, _("put aside {n}")),
        (one.waiting, _("sealed and waiting {n}")),
        (one.erased, _("erased here and never taken again {n}")),
        (one.changed, _("with another content than here {n}")),
        (one.short, _("gone past by earlier pulls and not here {n}")),
        (one.unreadable, _("that cannot be read {n}")),
        (one.not_pulled, _("not pulled yet {n}")),
    )
    yield told[0][1].format(n=one.versions)
    yield from (words.format(n=n) for n, words in told[1:] if n)


def _left(found: Verified) -> Iterator[str]:
    """Yield what is to be said of the whole, each where there is any."""
    told = (
        (found.gone_unseen, _("Deleted at a server before they could be pulled: {count}.")),
        (found.elsewhere, _("Stored, and at no source any more: {count}.")),
        (
            found.by_server,
            _("Sealed here, and readable at their server alone, which keeps the key: {count}."),
        ),
        (found.files_waiting, _("Files still awaited: {count}.")),
        (found.owed, _("Shown by a server and not handed over when they were asked for: {count}.")),
        (
            found.heads_restored,
            _(
                "Heads of the chains that differ because an older backup was put back since, as the chain of custody says: {count}. "
                "If nobody did that, tell the person responsible for security."
            ),
        ),
        (found.not_pulled, _("Not pulled yet: {count}. Run: dikalo pull.")),
    )
    yield from (words.format(count=count) for count, words in told if count)


def unread_lines(unread_of: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield, form by form, the versions that are known to be there and whose exact content is not here yet."""
    by_form: dict[tuple[str, str], list[str]] = {}
    for server, form, mark in unread_of:
        by_form.setdefault((server, form), []).append(mark)
    for (server, form), marks in sorted(by_form.items()):
        yield _(
            "Versions whose exact content is not here yet, of the form {form} of the server {server}: {count} ({marks}). "
            "The next pull asks for them again."
        ).format(form=form, server=server, count=len(marks), marks=first_of(marks, 10))


def hidden_lines(hidden: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the forms of which nothing is known, since the account of their server does not see them any more."""
    for server, form in hidden:
        yield _(
            "Form {form} of the server {server}: not seen any more by the account, so nothing is known of what was sent with "
            "it since. Give the right back, or take the form out of the archive or the trash."
        ).format(form=form, server=server)


def partly_lines(partly: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the forms of whose other submissions nothing is known, since the account may read only some."""
    for server, form in partly:
        yield _(
            "Form {form} of the server {server}: the account may read only some of its submissions, and the server counts no "
            "others, so nothing is known of those. At the server, in the settings of the form, Sharing, give the account the right to "
            "view all submissions."
        ).format(form=form, server=server)


def trouble_line(one: FormTrouble, ending: str = "") -> str:
    """Return what a person reads of a form that could not be read to its end; ``ending`` is the code said last anyway."""
    if one.code == ending:
        return _(
            "{code} · form {form} of the server {server}: not read to its end. The other forms were read."
        ).format(code=one.code, form=one.form, server=one.server)
    return _("{code} · form {form} of the server {server}: {words} The other forms were read.").format(
        code=one.code, form=one.form, server=one.server, words=one.words
    )
