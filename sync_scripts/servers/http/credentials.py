"""The secret that opens a server, shown to nobody, and who renews it once. Never stores and never asks for one."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import NoReturn

from sync_scripts.servers.http.errors import CredentialUnusable


class Credential:
    """One value of the ``Authorization`` header. Its ``repr`` is empty of it, and it can be neither pickled nor copied."""

    __slots__ = ("__header",)

    def __init__(self, header: str) -> None:
        self.__header = header

    @classmethod
    def token(cls, token: str, scheme: str = "Bearer") -> Credential:
        """Return a token's credential; ``scheme`` is ``Bearer`` (Central) or ``Token`` (Kobo).

        Raises:
            CredentialUnusable: the token is empty or cannot stand in a header.
        """
        if not token or not all("!" <= char <= "~" for char in token):
            raise CredentialUnusable
        return cls(f"{scheme} {token}")

    @classmethod
    def basic(cls, user: str, password: str) -> Credential:
        """Return the credential of a user name and a password.

        Raises:
            CredentialUnusable: one is empty, or the name holds a colon.
        """
        if not user or not password or ":" in user:
            raise CredentialUnusable
        packed = base64.b64encode(f"{user}:{password}".encode())
        return cls(f"Basic {packed.decode('ascii')}")

    def header(self) -> str:
        """Return the value of the header, for the one place that sends it."""
        return self.__header

    def __repr__(self) -> str:
        """Return the bare name of the class."""
        return "Credential()"

    def __reduce__(self) -> NoReturn:
        """Refuse: what is pickled is written somewhere."""
        raise TypeError


Login = Callable[[], Credential]
"""Makes a login and returns its credential. It may use the same client, with ``anonymous`` calls only."""


class Logins:
    """The credential in use: made at first need, replaced when a server refuses it; safe between threads."""

    def __init__(self, source: Credential | Login | None) -> None:
        self._login = source if callable(source) else None
        self._current = None if callable(source) else source
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Return the bare name of the class."""
        return "Logins()"

    def current(self) -> Credential | None:
        """Return the credential to send, after a first login if there is one to make."""
        with self._lock:
            if self._current is None and self._login is not None:
                self._current = self._login()
            return self._current

    def renew(self, refused: Credential | None) -> bool:
        """Tell whether there is now another credential than the refused one, after a new login if needed.

        Many threads may be refused at the same moment: the first makes the login, the others use it.
        """
        with self._lock:
            if self._current is not refused:
                return True
            if self._login is None:
                return False
            self._current = self._login()
            return True
