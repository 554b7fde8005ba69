"""``dikalo forms preview``: a form seen before it is sent, in a browser of this computer. Keeps no answer, changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from gettext import gettext as _
from threading import Event
from typing import Annotated

import click

from sync_scripts.classroom.preview import Preview, showing
from sync_scripts.cli.forms.checking import forms_folder, to_check
from sync_scripts.cli.frame.shell import Shell, command, option, place
from xlsform.preview import library

__all__ = ["preview"]


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
