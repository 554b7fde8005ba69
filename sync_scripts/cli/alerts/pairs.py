"""What the commands share that show groups which may be one: alerts of one event, people of two cases. Opens nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from typing import Any, TypeVar

import click

from sync_scripts.cli.frame.options import plain_text
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.opening.opening import compare_in_child

__all__ = ["Asked", "not_opened", "pairs_options", "rest"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def pairs_options(*, opened: str) -> Callable[[_Function], _Function]:
    """Give a command the code, ``--all`` and ``--open`` of lists of groups; ``opened`` says what is compared then."""

    def give(function: _Function) -> _Function:
        reason = click.option("--open", "reason", callback=plain_text, metavar=_("REASON"), help=opened)
        everything = click.option(
            "--all",
            "everything",
            is_flag=True,
            help=_("Show what is decided, too; with a CODE all of each group, and not only the likeliest."),
        )
        code = click.argument("code", required=False, metavar=_("[CODE]"))
        made: _Function = code(everything(reason(function)))
        return made

    return give


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose pairs are shown, and why what is sealed of them is compared, too; None = of all, and nothing opened."""

    code: str | None
    reason: str | None

    def require_code(self, sentence: str) -> None:
        """Refuse with a sentence to open without a code.

        Raises:
            UsageError: it is so.
        """
        if self.reason is not None and self.code is None:
            raise click.UsageError(sentence)

    def show(self, shell: Shell, document: dict[str, Any], lines: Iterable[str]) -> None:
        """Show the pairs, and let another process compare what is sealed; with ``--json`` its document is the only one."""
        if self.code is None or self.reason is None:
            shell.show(document, lines)
            return
        if not shell.json:
            shell.show(document, lines)
        compare_in_child(shell, self.code, self.reason)


def rest(more: int, command: str, decide: str = "") -> Iterator[str]:
    """Yield how many of a group are not shown and what shows them, and how all of it are decided at once, if that is possible here."""
    if more:
        words = ngettext("and {n} more like it: {command}", "and {n} more like it: {command}", more)
        yield words.format(n=more, command=command)
    if decide:
        yield _("To decide on all of them at once: {command}").format(command=decide)


def not_opened(count: int) -> Iterator[str]:
    """Yield how many were not compared: no more than the likeliest are opened at a time."""
    if count:
        words = ngettext(
            "{n} more was not opened: decide on these first, then compare again.",
            "{n} more were not opened: decide on these first, then compare again.",
            count,
        )
        yield words.format(n=count)
