"""``dikalo demo, classroom``: the whole product on invented data in under a minute, and forms served to the phones of a training until stopped."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import click

from sync_scripts.classroom.desk import Lists, lists_of
from sync_scripts.classroom.inbox import open_inbox
from sync_scripts.classroom.page import join_text
from sync_scripts.classroom.protocol import shelf
from sync_scripts.classroom.running import Classroom, Rehearsal, rehearse, running
from sync_scripts.cli.frame.shell import FOLDER, Shell, command, option
from sync_scripts.demo.rounds import run
from sync_scripts.errors import N_, DikaloError
from sync_scripts.phones.code import draw_terminal
from xlsform.errors import FormError
from xlsform.pack import forms_root
from xlsform.preview.saves import saved


@command("demo")
def demo(
    shell: Shell,
    *,
    into: Annotated[
        Path, option("--into", "The folder to make; it must not exist yet.", type=FOLDER, show_default=True)
    ] = Path("dikalo-demo"),
) -> None:
    """Make the demonstration and tell its story."""
    place = _demo_place(click.get_current_context(), shell.root, into)
    story = run(place, lang=shell.lang, say=shell.say, clock=shell.clock)
    shell.show(story.document(), story.lines(_program()))
    if not story.as_expected:
        shell.attention()


def _demo_place(ctx: click.Context, root: Path, into: Path) -> Path:
    """Return the folder to make: that of ``--into``, or the workspace if ``-C`` named one; both at once are refused.

    The workspace that is set for every command alike is not meant: the demonstration would go into a real one.
    """
    typed = click.core.ParameterSource.COMMANDLINE
    line = [ctx, *([ctx.parent] if ctx.parent else [])]
    if all(one.get_parameter_source("workspace") is not typed for one in line):
        return into
    if ctx.get_parameter_source("into") is typed:
        raise click.UsageError(
            _("Name the folder of the demonstration with --into or with -C, not with both.")
        )
    return root


def _program() -> str:
    """Return how the person calls this program: by its place when the shell would not find its name."""
    place = Path(sys.argv[0])
    return "dikalo" if place.stem != "dikalo" or shutil.which("dikalo") else str(place.absolute())


@command("classroom")
def classroom(
    shell: Shell,
    *,
    lan: Annotated[
        bool, option("--lan", "Let the phones of the same Wi-Fi reach it, not only this computer.")
    ],
    port: Annotated[
        int,
        option("--port", "The port; 0 for any free one.", type=click.IntRange(0, 65535), show_default=True),
    ] = 8642,
    inbox: Annotated[
        Path | None, option("--inbox", "Where what arrives is kept; outside any workspace.", type=FOLDER)
    ],
    rehearse: Annotated[bool, option("--try", "Let a simulated phone do one round, then stop.")],
) -> None:
    """Start, tell how to join, wait; with ``--try`` rehearse instead of waiting."""
    lists = lists_of(shell.root)
    served = shelf(_forms(shell.root), lists.folders, lists.instead)
    if lists.whose in _EMPTY:
        shell.say(_(_EMPTY[lists.whose]))
    with ExitStack() as stack:
        where = inbox or (stack.enter_context(_passing(shell.root)) if rehearse else _beside(shell.root))
        started = stack.enter_context(running(served, open_inbox(where), port=port, lan=lan))
        if rehearse:
            _rehearse(shell, started, lists.whose, passing=inbox is None)
        else:
            _wait(shell, started, lists)


_EMPTY: Final = {
    "headings": N_(
        "This is a real workspace: its lists of cases and providers stay here. In the lesson these lists are empty and "
        "codes are typed. For filled lists, start the classroom in a demonstration (dikalo demo)."
    ),
    "empty": N_(
        "This folder has no register: the lists of cases and providers are empty and codes are typed. For filled lists, "
        "start the classroom in a demonstration (dikalo demo)."
    ),
}
"""Whose lists they are -> what is said where phones get them without a line."""


def _forms(root: Path) -> Path:
    """Return the workspace's own forms when it has some, else those that travel with dikalo."""
    own = root / "forms"
    return own if any(own.glob("*.xlsx")) else forms_root()


def _beside(root: Path) -> Path:
    """Return where the inbox lies when nobody says: beside the folder of work, never in it."""
    here = root.resolve()
    return here.parent / f"{here.name or 'dikalo'}-classroom"


@contextmanager
def _passing(root: Path) -> Iterator[Path]:
    """Give an inbox for one rehearsal, beside the folder of work, and take it away afterwards."""
    beside = _beside(root)
    with TemporaryDirectory(prefix=f"{beside.name}-try-", dir=beside.parent) as folder:
        yield Path(folder)


def _wait(shell: Shell, started: Classroom, lists: Lists) -> None:
    """Tell how to join, stay until Ctrl-C, tell how many came."""
    before = started.tally().count
    shell.show(_document(started, lists.whose), _invitation(started))
    own = shell.root / "forms"
    try:
        for _save in saved(own, own, partial(_pause, shell, started, threading.Event())):
            take_up(shell, started, lists)
    except KeyboardInterrupt:
        came = started.tally().count - before
        shell.say("")
        shell.say(
            ngettext(
                "Stopped. {count} submission arrived.", "Stopped. {count} submissions arrived.", came
            ).format(count=came)
        )
        shell.say(
            _("What arrived is in {folder}, in clear text: delete it when the training is over.").format(
                folder=started.inbox.root
            )
        )


def _pause(shell: Shell, started: Classroom, told: threading.Event) -> bool:
    """Wait a second, and warn once when nothing more is kept; says that the class goes on."""
    threading.Event().wait(1)  # without a limit Windows would not hear Ctrl-C
    if started.inbox.full and not told.is_set():
        told.set()
        shell.warn(
            _(
                "The folder of this classroom is full: nothing more is kept. Start it with another folder (--inbox)."
            )
        )
    return False


def take_up(shell: Shell, started: Classroom, lists: Lists) -> None:
    """Hand out the forms as they lie there now; where one of them cannot be, the class goes on with all as they were."""
    before = {form.form_id: form.digest for form in started.desk.shelf.forms}
    try:
        now = shelf(_forms(shell.root), lists.folders, lists.instead)
    except (DikaloError, FormError) as refused:
        shell.warn(refused.words())
        shell.warn(_("The class goes on with the forms from before."))
        return
    started.desk.shelf = now
    for form in now.forms:
        if before.get(form.form_id) != form.digest:
            shell.say(
                _(
                    "The class has taken up version {version} of the form {form}. A phone gets it when its list of blank forms is "
                    "refreshed."
                ).format(version=form.version, form=form.form_id)
            )
    if gone := sorted(before.keys() - {form.form_id for form in now.forms}):
        shell.say(_("No longer in this class: {forms}").format(forms=", ".join(gone)))
    for line in _missing(started):
        shell.warn(line)


def _missing(started: Classroom) -> Iterator[str]:
    """Yield which files phones will lack, and where they belong."""
    for form, names in started.desk.shelf.missing().items():
        yield _(
            "The form {form} names files that are not here, and phones will lack: {files}. Put them into forms/media."
        ).format(form=form, files=", ".join(names))


def _rehearse(shell: Shell, started: Classroom, lists: str, *, passing: bool) -> None:
    """Let the simulated phone do one round and report what it met."""
    shell.say(_("A simulated phone does what a phone of the class will do."))
    done = rehearse(started)
    if not done.whole:
        shell.attention()
    shell.show(_document(started, lists) | _outcome(done), _report(started, done))
    if passing:
        shell.say(_("What it sent was invented, and is deleted again."))


def _document(started: Classroom, lists: str) -> dict[str, Any]:
    return {
        "schema": "dikalo.classroom/1",
        "address": started.addresses[0],
        "addresses": list(started.addresses),
        "typed": list(started.desk.typed),
        "inbox": str(started.inbox.root),
        "lists": lists,
        "forms": [
            {"code": form.form_id, "version": form.version, "title": form.title}
            for form in started.desk.shelf.forms
        ],
        "missing": [
            {"code": form, "files": list(names)} for form, names in started.desk.shelf.missing().items()
        ],
    }


def _invitation(started: Classroom) -> Iterator[str]:
    """Yield what a trainer reads: the code to scan, the page to project, where things go."""
    address = started.addresses[0]
    yield _("Scan this code with ODK Collect:")
    yield draw_terminal(join_text(address))
    first, *others = started.desk.typed
    yield _("Address of the classroom, and page to project: {address}").format(address=first)
    for other in others:
        yield _("If phones do not reach it, try: {address}").format(address=other)
    if "//127." in address:
        yield _("Only this computer can reach it. For phones, start again with --lan.")
    yield _("Forms: {titles}").format(titles=", ".join(form.title for form in started.desk.shelf.forms))
    yield _("What arrives goes to {folder}, in clear text: invented data only.").format(
        folder=started.inbox.root
    )
    yield from _missing(started)
    yield _("Stop with Ctrl-C.")


def _outcome(done: Rehearsal) -> dict[str, Any]:
    return {
        "whole": done.whole,
        "downloaded": list(done.updated.downloaded),
        "files": len(done.updated.files),
        "without_media": list(done.updated.without_media),
        "sent": len(done.sent),
        "received": done.received,
        "refused": [{"code": form, "status": sent.status} for form, sent in done.refused],
    }


def _report(started: Classroom, done: Rehearsal) -> Iterator[str]:
    forms, files = len(done.updated.forms), len(done.updated.files)
    yield from _missing(started)
    yield ngettext("It fetched {count} form.", "It fetched {count} forms.", forms).format(count=forms)
    yield ngettext(
        "It fetched {count} file beside them.", "It fetched {count} files beside them.", files
    ).format(count=files)
    sent = len(done.sent)
    yield ngettext(
        "It sent {count} submission; {received} arrived.",
        "It sent {count} submissions; {received} arrived.",
        sent,
    ).format(count=sent, received=done.received)
    for form in done.updated.without_media:
        yield _("The files beside the form {form} could not be fetched.").format(form=form)
    for form, answer in done.refused:
        yield _("A submission of {form} was refused (HTTP {status}).").format(form=form, status=answer.status)
    yield (
        _("A phone can work with this classroom.") if done.whole else _("A phone would meet these problems.")
    )
