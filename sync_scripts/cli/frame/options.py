"""Options that commands share: why, whom, with which key, days, times and files as people write them; and what ``--dry-run`` changes in a sentence.

What cannot be read is refused with an example. Opens and prints nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext as _
from typing import IO, Annotated, Any, Final, Literal

import click

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.commands import write_into_shell
from sync_scripts.cli.frame.layout import for_stream
from sync_scripts.cli.frame.typed import Typed, option
from sync_scripts.errors import N_

TO_ASK: Final = "-"
"""What stands for a text that is to be asked for: what is typed behind a command is shown by every list of programs."""


class Worker(click.types.StringParamType):
    """The code of somebody who works here; whoever leaves it out is told where the codes stand."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Return what stands behind the error of click."""
        del param, ctx
        return _("The codes of those who work here: dikalo people list.")


def plain_text(_ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """Let a text pass that holds no telephone number and no coordinates; ask for it where `TO_ASK` stands in its place.

    Raises:
        TextIdentifies: it does.
    """
    if text == TO_ASK:
        text = _asked(param)
    if text:
        # of commands about forms, too, which load nothing of a register
        from sync_scripts.store.detectors import hits
        from sync_scripts.store.errors import TextIdentifies

        for kind in hits(text):
            raise TextIdentifies(what=kind)
    return text


def plain_answer(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """Let an answer pass as `plain_text` does; where its field takes a number alone, an amount is no telephone number."""
    from sync_scripts.store.schema import metadata

    entity, _dot, rest = ctx.params.get("field", "").strip().partition(".")
    table = metadata.tables.get(entity)
    column = table.c.get(rest.rpartition(".")[2]) if table is not None else None
    if column is not None and column.info.get("kind") == "number":
        return text
    return plain_text(ctx, param, text)


def _asked(param: click.Parameter) -> str:
    """Return a text that a person types at the terminal, or the next line that another program hands over."""
    if not handed.somebody_types():
        return sys.stdin.readline().strip()
    name = (
        param.opts[0] if isinstance(param, click.Option) else param.make_metavar(click.get_current_context())
    )
    told = _("{name} (no list of programs shows it)").format(name=name)
    return str(click.prompt(for_stream(told, sys.stderr), default="", show_default=False, err=True)).strip()


DryRun = Annotated[bool, option("--dry-run", "Show what would be done, and do nothing.")]
"""The same report, and nothing is written."""
AsCode = Annotated[str | None, option("--as", "Act under this worker's code.", _("CODE"))]
"""Another worker's code, which is kept as claimed."""
Yes = Annotated[bool, option("-y --yes", "Answer yes to every question.")]
"""Answers `Shell.confirm`."""
_WHY: Final = N_("Why; kept with the decision. No names. - asks for it, and no other program sees it.")


def plain(names: str, help: str = "", shown: str | None = None) -> Typed:  # noqa: A002 - as click has it
    """Return an option whose text names nobody."""
    return option(names, help, shown, callback=plain_text)


def reason_option(what: str = _WHY) -> Typed:
    """Return ``--reason``; ``what`` says what it is for, where that is not the usual one."""
    return plain("--reason", what, _("TEXT"))


Reason = Annotated[str, reason_option()]
Custody = Annotated[
    str, reason_option(N_("Why; kept in the chain of custody. - asks for it, and no other program sees it."))
]
Why = Annotated[
    str,
    reason_option(N_("Why the vault is opened; written down. - asks for it, and no other program sees it.")),
]
KeyKind = Annotated[
    Literal["vault", "paper", "organisation"],
    option(
        "--key",
        "The vault passphrase, the recovery key on paper, or the organisation's key.",
        default="vault",
        show_default=True,
    ),
]
"""With which key the vault is opened."""


@dataclass(frozen=True, kw_only=True)
class ByKey:
    """With which key something is opened, and who opens it, where no passphrase says it."""

    kind: KeyKind = "vault"
    as_code: AsCode = None


Password = Annotated[bool, option("--password-prompt", "Type the password instead of having one drawn.")]

holders_option: Callable[[Any], Any] = click.option(
    "--holders",
    expose_value=False,
    callback=write_into_shell("holders"),
    metavar=_("FINGERPRINT"),
    help=_(
        "The fingerprint on the paper of your recovery key, with --key paper or organisation; without it you are asked."
    ),
)


_DAY: Final = "%Y-%m-%d"
_TIMES: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")


class When(click.ParamType[datetime]):
    """A day, or a day with its time, without a zone: whoever asked says of which clock.

    Attributes:
        formats: patterns, as of ``strptime``.
        example: one that fits, shown to somebody whose own does not.
    """

    name = "when"

    def __init__(self, *formats: str, example: str) -> None:
        self.formats: tuple[str, ...] = formats
        self.example: str = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return what was written; refuse what fits no pattern."""
        if isinstance(value, datetime):
            return value
        for pattern in self.formats:
            try:
                return datetime.strptime(str(value).strip(), pattern)  # noqa: DTZ007 - its reader knows the zone
            except ValueError:
                continue
        words = _("'{given}' is not understood. Write it as {example}.")
        return self.fail(words.format(given=value, example=self.example), param, ctx)


DAY: Final = When(_DAY, example="2026-11-25")
TIME: Final = When(*_TIMES, example="2026-11-25T08:30")
DAY_OR_TIME: Final = When(_DAY, *_TIMES, example="2026-11-25 / 2026-11-25T08:30")


class TextFile(click.File):
    """A file of text to read, or ``-`` for standard input; why it cannot be opened is said in the person's language."""

    def __init__(self) -> None:
        super().__init__(encoding="utf-8")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> IO[Any]:
        """Open the file; refuse one that is not there or cannot be read."""
        if isinstance(value, str) and value != "-":
            click.Path(exists=True, dir_okay=False, readable=True).convert(value, param, ctx)
        return super().convert(value, param, ctx)


def either(done: str, would: str, *, dry_run: bool) -> str:
    """Return the sentence that is true: of what was done, or of what would be done without the dry run."""
    return would if dry_run else done


def nothing_written(*, dry_run: bool) -> Iterator[str]:
    """Yield the line that stands above everything that a dry run says."""
    if dry_run:
        yield _("Nothing was written: this only shows what would be done.")


def deed(sentence: str, *, dry_run: bool) -> str:
    """Return a sentence of what was done; with a dry run as what would be, as far from the edge."""
    if not dry_run:
        return sentence
    said = sentence.lstrip(" ")
    return sentence[: len(sentence) - len(said)] + _("Would be done: {told}").format(told=said)


def would(sentences: Iterable[str], *, dry_run: bool) -> Iterator[str]:
    """Yield sentences of what was done; with a dry run as what would be, after a line that says that nothing was."""
    yield from nothing_written(dry_run=dry_run)
    for one in filter(None, sentences):
        yield deed(one, dry_run=dry_run)
