"""``dikalo vault names``: the names of sealed people, opened for a check and handed on as marks. Started by the check alone.

No name leaves this process: the one that reads or writes a workbook gets marks under a key drawn for the run, by which it
finds whether a name that it has before it is one of them. The opening is written down page by page, before anything is
decrypted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Final

import click

from sync_scripts.cli.deciding import plain_text
from sync_scripts.cli.shell import Command, Shell, pass_shell
from sync_scripts.errors import Damaged

__all__ = ["NamesUnread", "names"]

_NAMES: Final = {
    "interview": ("service_name",),
    "person": ("full_name", "nickname"),
    "perpetrator": ("name_alias",),
    "source": ("name",),
}
"""Entity -> the sealed answers that are names."""


NamesUnread: Final = Damaged.declare(
    "DK-W10",
    "{count} sealed records do not open, so not every name is known and the check would miss some. Nothing was "
    "written. Run dikalo verify to see what is damaged.",
)


def names(with_key: Callable[[Callable[..., None]], Callable[..., None]]) -> click.Command:
    """Return the command; ``with_key`` gives it the options that say with which key and by whom."""

    @click.command("names", cls=Command, hidden=True)
    @click.option("--reason", required=True, callback=plain_text)
    @with_key
    @pass_shell
    def command(shell: Shell, *, reason: str, kind: str, as_code: str | None) -> None:
        """Open every name, and write its marks on standard output: one line of JSON."""
        from sync_scripts.store.detectors import KnownNames

        click.echo(json.dumps(KnownNames(_sealed_names(shell, reason, kind, as_code)).marks()))

    return command


def _sealed_names(shell: Shell, reason: str, kind: str, as_code: str | None) -> set[str]:
    """Return every sealed name of the register.

    Raises:
        NamesUnread: something does not open; what opened before is forgotten.
    """
    from sync_scripts.cli.vault import unlocked
    from sync_scripts.store.vault import Vault

    found: set[str] = set()
    unread = 0
    with (
        unlocked(shell, kind, as_code, "vault names") as (workspace, key, actor),
        Vault(workspace.register, key, actor, leave=None) as opening,
    ):
        for opened in opening.open_kinds(reason, "row"):
            if opened.problem is None:
                found.update(_names_in(opened.data))
            else:
                unread += 1
    if unread:
        raise NamesUnread(count=unread)
    return found


def _names_in(data: bytes) -> Iterator[str]:
    import msgspec

    part = msgspec.json.decode(data)
    for field in _NAMES.get(part["entity"], ()):
        value = part["fields"].get(field)
        if isinstance(value, str):
            yield value
