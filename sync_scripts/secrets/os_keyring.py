"""The keyring of the operating system, for a login that a person chose to keep there. Nothing is kept there unasked.

What is written is read back, because a keyring may take a secret and forget it. A keyring that keeps secrets in a
file in the clear is refused. The library is loaded when a keyring is used, and not before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sync_scripts.errors import Attention, NotAllowed, UsageProblem

_UNSAFE: Final = ("keyrings.alt", "keyring.backends.null", "keyring.backends.fail")
"""Modules of keyrings that keep nothing, or keep it in the clear."""


KeyringNotInstalled: Final = UsageProblem.declare(
    "DK-J02",
    'The library for the keyring of this computer is not installed. Nothing was kept or read. Install "dikalo'
    '[keyring]", or keep the login in the workspace: dikalo keys server SERVER without --keyring.',
)
NoKeyring: Final = NotAllowed.declare(
    "DK-J03",
    "This computer has no keyring that can be used: there is none (a server without a screen has none), it is "
    "locked, or it would keep secrets in the clear. Nothing was kept or read. Unlock it; or keep the login in the "
    "workspace: dikalo keys server SERVER without --keyring.",
)
KeyringForgot: Final = NotAllowed.declare(
    "DK-J04",
    "The login should be in the keyring of this computer, and it is not there: another user account, another "
    "computer, or somebody removed it. Nothing was asked of the server. Give it again with dikalo keys server SERVER.",
)
StillInKeyring: Final = Attention.declare(
    "DK-J05",
    "What is kept in the keyring of this computer could not be taken out: it is locked, or cannot be reached from here. "
    "This workspace no longer uses it, but whoever unlocks the keyring can. Unlock it and remove the entries {service} in "
    "its own window.",
)


@dataclass(frozen=True, slots=True)
class OsKeyring:
    """The keyring entries of one workspace.

    Attributes:
        workspace: id of the workspace.
    """

    workspace: str

    @property
    def service(self) -> str:
        """Return the name under which a person finds the entries in the keyring's own window."""
        return f"dikalo:{self.workspace}"

    def keep(self, name: str, secret: str) -> None:
        """Put a secret in, and read it back.

        Raises:
            KeyringNotInstalled, NoKeyring: it cannot be kept here.
        """
        self._call("set_password", name, secret)
        if self._call("get_password", name) != secret:
            raise NoKeyring

    def find(self, name: str) -> str:
        """Return a secret.

        Raises:
            KeyringNotInstalled, NoKeyring: there is no keyring to look in.
            KeyringForgot: it is not there.
        """
        found = self._call("get_password", name)
        if not isinstance(found, str):
            raise KeyringForgot
        return found

    def holds(self, name: str) -> bool:
        """Tell whether there is a secret of this name.

        Raises:
            KeyringNotInstalled, NoKeyring: there is no keyring to look in.
        """
        return self._call("get_password", name) is not None

    def forget(self, name: str) -> bool:
        """Remove a secret; tell whether it is gone: it may still lie in a keyring that is locked or cannot be reached."""
        try:
            if self._call("get_password", name) is not None:
                self._call("delete_password", name)
        except (KeyringNotInstalled, NoKeyring):
            return False
        return True

    def _call(self, deed: str, name: str, *secret: str) -> Any:  # what the library returns
        ring = _ring()
        try:
            return getattr(ring, deed)(self.service, name, *secret)
        except Exception:  # noqa: BLE001 - every backend has errors of its own, and their text may hold the secret
            raise NoKeyring from None


def _ring() -> Any:  # the library's own object
    try:
        import keyring
        from keyring.backend import KeyringBackend
    except ImportError:
        raise KeyringNotInstalled from None
    found = keyring.get_keyring()
    parts: list[KeyringBackend] = list(getattr(found, "backends", [found]))
    if not parts or any(type(part).__module__.startswith(_UNSAFE) for part in parts):
        raise NoKeyring
    return found
