"""What the commands share that show pairs which may be one: alerts of one event, people of two cases. Opens nothing itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from gettext import gettext as _
from typing import Any, TypeVar

import click

from sync_scripts.cli.opening import compare_in_child
from sync_scripts.cli.options import plain_text
from sync_scripts.cli.shell import Shell

__all__ = ["Asked", "pairs_options"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def pairs_options(*, opened: str) -> Callable[[_Function], _Function]:
    """Give a command the code, ``--all`` and ``--open`` of lists of pairs; ``opened`` says what is compared then."""

    def give(function: _Function) -> _Function:
        reason = click.option("--open", "reason", callback=plain_text, metavar=_("REASON"), help=opened)
        everything = click.option(
            "--all", "everything", is_flag=True, help=_("Show pairs that are decided, too.")
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
