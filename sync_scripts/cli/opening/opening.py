"""What is sealed of one alert or case, and names for the check of a workbook: opened in a process of their own; what was opened, in words.

Nothing of it enters the process that shows lists; of names only marks come back.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any, Final

import click

from sync_scripts.cli.frame import apart
from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.cli.frame.options import ByKey, plain
from sync_scripts.cli.frame.questions import labelled
from sync_scripts.cli.frame.shell import Shell, option
from sync_scripts.cli.frame.typed import spoken
from sync_scripts.dossier.wording import entity_words
from sync_scripts.register.queries.pages import Page
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.errors import ReasonNeeded
from xlsform.visible import visible

_SOUNDS: Final = frozenset(
    {".aac", ".amr", ".3gp", ".m4a", ".mp3", ".mp4", ".oga", ".ogg", ".opus", ".wav", ".webm"}
)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Whether what is sealed of one alert or case is opened below its page, why, and whether it is heard."""

    reason: Annotated[
        str | None,
        plain(
            "--open",
            "Open what is sealed of it, too: the contact, the place, the story. Asks for the vault passphrase; who, "
            "when and why is written down first. - asks for the reason.",
            _("REASON"),
        ),
    ]
    listen: Annotated[
        bool, option("--listen", "With --open: play the voice message, and remove it again afterwards.")
    ]


def show_or_open(
    shell: Shell,
    code: str,
    opening: Opening,
    read: Callable[[Rows, str, Actor, str, datetime], Page],
    draw: Callable[[Page], Iterable[str]],
) -> None:
    """Show the page of one alert or case; with a reason the other process shows it, and below it what is sealed.

    Raises:
        click.UsageError: a voice message is to be played, and there is no reason for opening it.
    """
    if opening.listen and opening.reason is None:
        raise click.UsageError(
            _("--listen goes with --open REASON: a voice message is sealed. Nothing was opened.")
        )
    with shell.reading() as (workspace, rows):
        page = read(rows, code, workspace.actor(), shell.lang, shell.clock())
    if opening.reason is None:
        shell.show(page.document(), draw(page))
    else:
        open_in_child(shell, page.facts["code"], opening.reason, listen=opening.listen)


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


def check_reason(reason: str) -> None:
    """Let a reason for an opening pass.

    Raises:
        ReasonNeeded: there is none.
    """
    if not reason.strip():
        raise ReasonNeeded


def known_names(shell: Shell, by: ByKey, reason: str) -> KnownNames:
    """Let another process ask for a key of the vault and open every sealed name; return what finds them again.

    The caller does not hold the lock of the workspace yet: the other process takes it, and writes the opening down before it
    opens anything. Where it refuses, it says why, and this command ends with its exit code.

    Raises:
        ReasonNeeded: there is no reason; nothing was opened.
    """
    check_reason(reason)
    said = ["names", "--reason", reason, *spoken(by)]
    words = child_words(
        shell, *said, told_demo=True
    )  # this process says it, once, when it opens the workspace
    begins(shell)
    marks, code = apart.heard(apart.start(words, subprocess.PIPE))
    if code:
        click.echo(marks, nl=False)  # its refusal, where a document was asked for
        click.get_current_context().exit(code)
    return KnownNames.marked(json.loads(marks))


_TITLE: Final = "meta/instanceName"


_CONTACT: Final = "contact"
"""The field of an alert that holds a telephone or a code."""


def opened_lines(
    opened: Sequence[dict[str, Any]],
    problems: Sequence[dict[str, str]],
    closed: int,
    *,
    code: str | None,
    below: bool,
) -> Iterator[str]:
    """Yield the lines that say what was opened.

    Args:
        opened: the items, as ``dikalo vault open --json`` shows them.
        problems: key pages that are not as the register says.
        closed: how many items stay closed.
        code: of which alert or case; None where single items were named.
        below: it stands below the page of ``code``: a coordinator reads it, who needs no numbers of items.
    """
    if below:
        yield click.style(_("What was sealed"), bold=True)
    for item in opened:
        content = list(_content(item, code))
        if content:
            yield _heading(item, numbered=not below)
            yield from (
                f"    {visible(line)}" for line in content
            )  # the colours of our lines are none of theirs
    if below and (code or "").startswith("AL-") and _lacks_contact(opened):
        yield _("Nobody gave a contact with this alert: ask its focal point.")
    for problem in problems:
        yield _("Key page {page} is not as the register says ({problem}); this was written down.").format(
            page=problem["code"][:8], problem=problem["problem"]
        )
    if closed:
        yield ngettext(
            "{n} sealed item stays closed: the person whom it is about withdrew.",
            "{n} sealed items stay closed: the person whom they are about withdrew.",
            closed,
        ).format(n=closed)


def _heading(item: dict[str, Any], *, numbered: bool) -> str:
    """Return what an item is, in words; where ``numbered``, with what opens it alone (``--item``)."""
    entity, _colon, key = item["row"].partition(":")
    for_programs = key.startswith("uuid:") or "-" in key or entity == "attachment"
    words = _("Attached file") if entity == "attachment" else entity_words(entity)
    heading = click.style(words if for_programs or not key else f"{words} {key}", bold=True)
    if numbered:
        heading += f"  [{item['code']}]"
    if item["replaced"]:
        heading = _("{heading}  (an earlier version, replaced since)").format(heading=heading)
    return heading


def _content(item: dict[str, Any], code: str | None) -> Iterator[str]:
    """Yield what was opened; the title that a phone gives to a form is no answer of a person."""
    if "problem" in item:
        yield item["words"]
    for answer in item.get("answers", ()):
        if answer["code"] != _TITLE:
            yield labelled(answer["label"].removesuffix(_(" (optional)")), answer["value"])
    if "text" in item:
        yield from item["text"].splitlines()
    if "name" in item and item["file"]:
        yield _("{name}: put into the folder as {file}").format(name=item["name"], file=item["file"])
    elif "name" in item:
        yield _("{name}: a file; to get it: dikalo vault open {what} --reason TEXT --files FOLDER").format(
            name=item["name"], what=code or f"--item {item['code']}"
        )


def _lacks_contact(opened: Sequence[dict[str, Any]]) -> bool:
    """Tell whether what counts of an alert was opened and holds no contact."""
    alerts = [
        item
        for item in opened
        if item["row"].startswith("alert:") and "answers" in item and not item["replaced"]
    ]
    return bool(alerts) and not any(
        answer["code"] == _CONTACT for item in alerts for answer in item["answers"]
    )
