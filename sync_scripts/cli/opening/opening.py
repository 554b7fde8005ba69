"""What is sealed of one alert or case, opened in a process of its own: nothing of it enters the one that shows lists."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from gettext import gettext as _
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from sync_scripts.cli.frame import apart
from sync_scripts.cli.frame.options import plain_text
from sync_scripts.cli.frame.paragraphs import for_stream
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.store.database import Actor, Rows

__all__ = [
    "begins",
    "by_two",
    "child_words",
    "compare_in_child",
    "in_child",
    "listen_to",
    "open_in_child",
    "open_options",
    "show_or_open",
    "sound",
]

_SOUNDS: Final = frozenset(
    {".aac", ".amr", ".3gp", ".m4a", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".wav", ".webm"}
)

_Function = TypeVar("_Function", bound=Callable[..., Any])


def open_options(function: _Function) -> _Function:
    """Add ``--open REASON`` and ``--listen`` to a command that shows one alert or case."""
    function = click.option(
        "--listen",
        is_flag=True,
        help=_("With --open: play the voice message, and remove it again afterwards."),
    )(function)
    return click.option(
        "--open",
        "reason",
        callback=plain_text,
        metavar=_("REASON"),
        help=_(
            "Open what is sealed of it, too: the contact, the place, the story. Asks for the vault passphrase; who, "
            "when and why is written down first. - asks for the reason."
        ),
    )(function)


def show_or_open(
    shell: Shell,
    code: str,
    page: Callable[[Rows, Actor, str, str], tuple[dict[str, Any], Iterable[str]]],
    *,
    reason: str | None,
    listen: bool,
) -> None:
    """Show the page of one alert or case; with a reason the other process shows it, and below it what is sealed.

    Raises:
        click.UsageError: a voice message is to be played, and there is no reason for opening it.
    """
    if listen and reason is None:
        raise click.UsageError(
            _("--listen goes with --open REASON: a voice message is sealed. Nothing was opened.")
        )
    with shell.reading() as (workspace, rows):
        document, told = page(rows, workspace.actor(), code, shell.lang)
    if reason is None:
        shell.show(document, told)
    else:
        open_in_child(shell, document["code"], reason, listen=listen)


def by_two(code: str) -> str:
    """Return the sentence that says how what is sealed of a C4 case, or of an alert of one, is opened."""
    return _(
        "What is sealed of it is opened by two people. One asks: dikalo vault ask {code} --reason TEXT. Another one agrees: dikalo "
        "approve {code}. Then one of the two opens it with --open and that reason."
    ).format(code=code)


def open_in_child(shell: Shell, code: str, reason: str, *, listen: bool) -> None:
    """Let another process open one record and show it below its page; remember how it ended.

    The caller has closed the workspace: the other process takes its lock, asks for the passphrase, writes the opening
    down and ends with everything that it opened. It shows the page, too: where the opening is refused, the refusal is all
    that is said.
    """
    in_child(shell, "open", code, "--reason", reason, "--page", *(["--listen"] if listen else []))


def in_child(shell: Shell, *said: str) -> None:
    """Run a command of ``dikalo vault`` in another process, and remember how it ended."""
    words = child_words(shell, *said, told_demo=shell.told_demo)
    sys.stdout.flush()
    begins(shell)

    if ended := apart.wait(apart.start(words)):
        shell.exit_code = ended


def begins(shell: Shell) -> None:
    """Say that another process begins: until it asks or shows something, seconds pass."""
    shell.under_way(_("Another process starts: nothing that it opens stays in this one …"))


def child_words(shell: Shell, *said: str, told_demo: bool) -> list[str]:
    """Return the words of a command of ``dikalo vault`` for another process, with what this one was told."""
    words = ["-C", str(shell.root), "--lang", shell.lang]
    options = {
        "--told-demo": told_demo,
        "--json": shell.json,
        "--quiet": shell.quiet,
        "--no-color": shell.color is False,
    }
    words += [option for option, given in options.items() if given]
    return [*words, "vault", *said]


def compare_in_child(shell: Shell, code: str, reason: str) -> None:
    """Let another process open what is needed to compare an alert with its links, and show it; as `open_in_child`."""
    in_child(shell, "compare", code, "--reason", reason)


def sound(path: Path, name: str) -> Path | None:
    """Return an opened recording under an ending that players know; None for what is no sound."""
    ending = Path(name).suffix.casefold()
    return path.rename(path.with_suffix(ending)) if ending in _SOUNDS else None


def listen_to(shell: Shell, recordings: Sequence[Path]) -> None:
    """Play recordings one after the other with the program of this computer, and wait until each was heard."""
    if not recordings:
        shell.warn(_("There is no voice message."))
    for number, path in enumerate(recordings, 1):
        if click.launch(str(path)) != 0:
            shell.warn(
                _(
                    "No program plays it here. Take the file with --files FOLDER instead, and delete it afterwards."
                )
            )
            return
        click.prompt(
            for_stream(
                _("Message {number} of {count} is playing. Press Enter when you have heard it").format(
                    number=number, count=len(recordings)
                ),
                sys.stderr,
            ),
            default="",
            show_default=False,
            prompt_suffix=_(": "),
            err=True,
        )
