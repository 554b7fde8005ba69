"""Options of commands that open the vault: with which key, why, and whether texts are held against sealed names."""

from __future__ import annotations

from collections.abc import Callable
from gettext import gettext as _
from typing import Any, Final, TypeVar

import click

from sync_scripts.cli.frame.commands import write_into_shell
from sync_scripts.cli.frame.options import plain_text
from sync_scripts.cli.frame.shell import as_option

__all__ = ["KEYS", "holders_option", "key_option", "names_options", "why_option", "with_key"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

KEYS: Final = ("vault", "paper", "organisation")

key_option: Callable[[Any], Any] = click.option(
    "--key",
    "kind",
    type=click.Choice(KEYS),
    default=KEYS[0],
    show_default=True,
    help=_("The vault passphrase, the recovery key on paper, or the organisation's key."),
)

why_option: Callable[[Any], Any] = click.option(
    "--reason",
    default="",
    callback=plain_text,
    metavar=_("TEXT"),
    help=_("Why the vault is opened; written down. - asks for it, and no other program sees it."),
)


holders_option: Callable[[Any], Any] = click.option(
    "--holders",
    expose_value=False,
    callback=write_into_shell("holders"),
    metavar=_("FINGERPRINT"),
    help=_(
        "The fingerprint on the paper of your recovery key, with --key paper or organisation; without it you are asked."
    ),
)


def with_key(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say with which key and by whom."""
    made: Callable[..., None] = key_option(as_option(function))
    return made


def names_options(told: str) -> Callable[[_Function], _Function]:
    """Give a command ``--check-names`` with what it does there, and with which key and why the vault is opened for it."""

    def give(function: _Function) -> _Function:
        option = click.option("--check-names", is_flag=True, help=told)
        made: _Function = option(why_option(key_option(function)))
        return made

    return give
