"""A file of a Central while it is read: its bytes must give the MD5 that the server announced as its ETag."""

from __future__ import annotations

import hashlib
import re

from sync_scripts.servers.base import Reader
from sync_scripts.servers.http.errors import AnswerCut

_MD5 = re.compile("[0-9a-f]{32}")


class Proved:
    """Bytes that come in pieces, proved at their end. ``mark`` is the server's ETag, "" where it gives none."""

    def __init__(self, body: Reader, mark: str, server: str) -> None:
        """Take a body, what the server says of it, and the server's host for an error."""
        self.mark: str = mark
        self._body = body
        self._server = server
        self._sum = hashlib.md5(usedforsecurity=False) if _MD5.fullmatch(mark) else None

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, all that is left when negative; empty at the end.

        Raises:
            AnswerCut: the bytes are not those that the server announced.
        """
        piece = self._body.read(size)
        if self._sum is None:
            return piece
        self._sum.update(piece)
        if (not piece or size < 0) and self._sum.hexdigest() != self.mark:
            raise AnswerCut(server=self._server)
        return piece
