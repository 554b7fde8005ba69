"""``dikalo forms preview, watch, map``: a form seen before it is sent, checked at each save, drawn as a picture. Keeps no answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from gettext import gettext as _
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import click

from sync_scripts import texts
from sync_scripts.classroom.preview import Preview, showing
from sync_scripts.cli.forms.annotating import ANNOTATE, annotate_copy, require_copy
from sync_scripts.cli.forms.checking import forms_folder, summary, to_check
from sync_scripts.cli.forms.finding_words import cause_lines
from sync_scripts.cli.forms.printing import form_of
from sync_scripts.cli.frame.options import DryRun, either
from sync_scripts.cli.frame.shell import Shell, command, option, place
from xlsform import pages
from xlsform.build import replace
from xlsform.findings.causes import causes
from xlsform.findings.inspection import Inspection, inspect
from xlsform.findings.problems import Finding
from xlsform.model import Form
from xlsform.preview import flow, library, saves


@command("preview")
def preview(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM OR FILE"))],
    language: Annotated[
        tuple[str, ...],
        option(
            "--language",
            "A language of the form to show, such as fub; may be repeated. The first two if not given.",
            _("CODE"),
        ),
    ],
    port: Annotated[
        int,
        option("--port", "The port; 0 for any free one.", type=click.IntRange(0, 65535), show_default=True),
    ] = 0,
) -> None:
    """Serve the preview until Ctrl-C; fetch the library first where it is not there yet."""
    root = forms_folder(shell)
    (path,) = to_check(root, (form,))
    shown = Preview(path, root, language, shell.lang)
    spoken = shown.seen().languages
    if unknown := [one for one in language if one not in spoken]:
        raise click.BadParameter(
            _("the form does not speak {language}; it speaks: {known}").format(
                language=unknown[0], known=", ".join(spoken)
            ),
            param_hint="--language",
        )
    files = library.folder()
    if not files.is_dir():
        shell.say(_("Fetching ODK Web Forms, once, by npm."))
        library.fetch(files)
    with showing(shown, files, port=port) as address:
        document = {
            "schema": "dikalo.forms.preview/1",
            "address": address,
            "file": shown.seen().checked.file,
            "languages": shown.languages(),
        }
        shell.show(document, _invitation(address))
        stay = Event()
        with suppress(KeyboardInterrupt):
            while not stay.wait(1):  # without a limit Windows would not hear Ctrl-C
                pass
        shell.say("")


def _invitation(address: str) -> Iterator[str]:
    yield _("Open this address in a browser of this computer: {address}").format(address=address)
    yield _("The page reloads when the form is saved. Answers are never sent or kept.")
    yield _("Stop with Ctrl-C.")


@command("watch")
def watch(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM OR FILE"))],
    annotate: Annotated[Path | None, ANNOTATE],
) -> None:
    """Check once, then after each save until Ctrl-C."""
    if shell.json:
        raise click.UsageError(_("forms watch is for people; programs ask for: dikalo forms check --json"))
    root = forms_folder(shell)
    (path,) = to_check(root, (form,))
    require_copy([path], annotate)
    seen = inspect(path, root=root)
    shell.show({"schema": "dikalo.forms.watch/1"}, _all_lines(seen))
    annotate_copy(shell, path, seen, annotate)
    shell.say(_("Waiting for the next save. Stop with Ctrl-C."))
    stay = Event()
    with suppress(KeyboardInterrupt):
        for _save in saves.saved(path, root, lambda: stay.wait(1)):
            now = inspect(path, root=root)
            at = shell.clock().astimezone()
            shell.show({"schema": "dikalo.forms.watch/1"}, [f"{at:%H:%M:%S}", *_news_lines(seen, now)])
            annotate_copy(shell, path, now, annotate)
            seen = now if now.failure is None else seen
    shell.say("")


def _all_lines(seen: Inspection) -> Iterator[str]:
    found = causes(seen.shown)
    for cause in found:
        yield from cause_lines(cause, seen.profile)
    yield summary(seen, found)


def _news_lines(before: Inspection, now: Inspection) -> Iterator[str]:
    """Yield what a save changed: first what is new, then what is corrected, then how much there is in all."""
    new, mended = saves.news(before.shown, now.shown)
    if now.failure is None:
        for cause in causes(new):
            yield from cause_lines(cause, now.profile)
        yield from map(_mended_line, mended)
        if not (new or mended):
            yield _("Nothing new, nothing corrected.")
    yield summary(now, causes(now.shown))


def _mended_line(finding: Finding) -> str:
    word = click.style(_("CORRECTED"), fg="green", bold=True)
    return f"{word} {finding.code} · {finding.where}"


@command("map")
def map_(
    shell: Shell,
    *,
    form: Annotated[str, place(_("FORM OR FILE"))],
    output: Annotated[Path | None, option("-o --output", "The file to write: .html.")],
    dry_run: DryRun,
) -> None:
    """Draw the flow of a form in each of its languages."""
    found, _media = form_of(shell, form)
    target = output or Path(f"{found.form_id or 'form'}-flow.html")
    if target.suffix.lower() not in {".html", ".htm"}:
        raise click.BadParameter(_("the name of the file must end in .html"), param_hint="-o")
    parts = [_part(found, code, name, shell.lang) for code, name in (found.languages or {"": ""}).items()]
    title = _("{form}: the flow").format(form=found.title or target.stem)
    page = pages.page("xlsform", "flow.html", title=title, language=shell.lang, parts=parts, width=flow.WIDTH)
    if not dry_run:
        replace(target, page.encode())
    document = {
        "schema": "dikalo.forms.map/1",
        "dry_run": dry_run,
        "form": found.form_id,
        "file": str(target),
    }
    words = either(_("Written: {file}"), _("Nothing was written; it would be {file}."), dry_run=dry_run)
    shell.show(document, words.format(file=target.name))


def _part(form: Form, code: str, name: str, before: str) -> dict[str, Any]:
    """Return the drawings in a language of the form, and their sentences in it, too, where dikalo speaks it."""
    texts.speak(code if code in texts.LANGUAGES else before)
    try:
        legend = _(
            "Yellow: a condition; where it does not hold, the way along the dotted line goes on below. Broken frame with an arrow: "
            "repeated for each one."
        )
        drawings = list(flow.drawings(form, code))
        return {
            "code": code,
            "name": name,
            "legend": legend,
            "end": _("End of the form"),
            "drawings": drawings,
        }
    finally:
        texts.speak(before)
