"""The names of sealed people, opened for one check and handed over in memory. Never printed, never written.

The opening is written down in the chain of custody, page by page, before anything is decrypted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from sync_scripts.cli.shell import Shell
from sync_scripts.cli.vault import vault_key
from sync_scripts.errors import N_, Damaged

if TYPE_CHECKING:
    from sync_scripts.store.workspace import Workspace

__all__ = ["NamesUnread", "sealed_names"]

_NAMES: Final = {
    "interview": ("service_name",),
    "person": ("full_name", "nickname"),
    "perpetrator": ("name_alias",),
    "source": ("name",),
}
"""Entity -> the sealed answers that are names."""


@dataclass(eq=False, kw_only=True)
class NamesUnread(Damaged):
    """Some sealed answers do not open, so that not all names are known."""

    count: int
    code: ClassVar[str] = "DK-W10"
    message: ClassVar[str] = N_(
        "{count} sealed records do not open, so not every name is known and the check would miss some. Nothing was "
        "written. Run dikalo verify to see what is damaged."
    )


def sealed_names(shell: Shell, workspace: Workspace, kind: str, reason: str, as_code: str | None) -> set[str]:
    """Ask for a key of the vault and return every sealed name of the register.

    Raises:
        ReasonNeeded: there is no reason; nothing was opened.
        NamesUnread: something does not open; what opened before is forgotten.
    """
    from sync_scripts.store.errors import ReasonNeeded
    from sync_scripts.store.vault import Vault

    if not reason.strip():
        raise ReasonNeeded
    found: set[str] = set()
    unread = 0
    with Vault(workspace.register, vault_key(shell, kind), workspace.actor(as_code), leave=None) as vault:
        for opened in vault.open_kinds(reason, "row"):
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
