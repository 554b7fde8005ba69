"""``dikalo vault names``: the names of sealed people, opened for a check and handed on as marks. Started by the check alone.

No name leaves this process: the one that reads or writes a workbook gets marks under a key drawn for the run, by which it
finds whether a name that it has before it is one of them. The opening is written down page by page, before anything is
decrypted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import click
import msgspec

from sync_scripts.cli.frame.key_options import with_key
from sync_scripts.cli.frame.options import plain_text
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.cli.opening.vault import unlocked
from sync_scripts.errors import Damaged
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.vault import Vault

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


@command("names")
@click.option("--reason", required=True, callback=plain_text)
@with_key
@pass_shell
def names(shell: Shell, *, reason: str, kind: str, as_code: str | None) -> None:
    """Open every name, and write its marks on standard output: one line of JSON."""
    click.echo(json.dumps(KnownNames(_sealed_names(shell, reason, kind, as_code)).marks()))


def _sealed_names(shell: Shell, reason: str, kind: str, as_code: str | None) -> set[str]:
    """Return every sealed name of the register.

    Raises:
        NamesUnread: something does not open; what opened before is forgotten.
    """
    found: set[str] = set()
    unread = 0
    with (
        unlocked(shell, kind, as_code, "vault names") as (workspace, key, actor),
        Vault(workspace.register, key, actor, leave=None, now=shell.clock) as opening,
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
    part = msgspec.json.decode(data)
    for field in _NAMES.get(part["entity"], ()):
        value = part["fields"].get(field)
        if isinstance(value, str):
            yield value
