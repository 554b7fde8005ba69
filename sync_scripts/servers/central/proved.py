"""A file of a Central while it is read: its bytes must give the digest that the server announced.

A Central says the MD5 of a file as its ETag. One that keeps its files in a store (S3) leads there instead, says no ETag,
and the name of the object there ends with the SHA-1 of its bytes. Rules: getodk/central-backend of 2026, lib/util/blob.js
and lib/external/s3.js; a question without the body (HEAD) is answered by the same code as one with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from sync_scripts.servers.base import SHA1, Reader
from sync_scripts.servers.http.errors import AnswerCut

__all__ = ["Proved", "said_of"]

_MD5 = re.compile("[0-9a-f]{32}")
_OBJECT = re.compile("blob-[0-9]+-([0-9a-f]{40})$")


def said_of(headers: Mapping[str, str], location: str) -> str:
    """Return what a Central says of a file's bytes, "" when it says nothing.

    Args:
        headers: of its own answer, names in small letters.
        location: where it leads for the bytes, "" = it has them itself.
    """
    if location:
        found = _OBJECT.search(urlsplit(location).path)
        return f"{SHA1}{found[1]}" if found else ""
    header = headers.get("etag", "")
    return (
        header.strip('"') if header and not header.startswith("W/") else ""
    )  # a weak one says nothing of bytes


class Proved:
    """Bytes that come in pieces, proved at their end. ``mark`` is what the server says of them, "" where it says nothing."""

    def __init__(self, body: Reader, mark: str, server: str) -> None:
        """Take a body, what the server says of it, and the server's host for an error."""
        self.mark: str = mark
        self._body = body
        self._server = server
        self._sum = None
        if mark.startswith(SHA1):
            self._sum = hashlib.sha1(usedforsecurity=False)
        elif _MD5.fullmatch(mark):
            self._sum = hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, all that is left when negative; empty at the end.

        Raises:
            AnswerCut: the bytes are not those that the server announced.
        """
        piece = self._body.read(size)
        if self._sum is None:
            return piece
        self._sum.update(piece)
        if (not piece or size < 0) and self._sum.hexdigest() != self.mark.removeprefix(SHA1):
            raise AnswerCut(server=self._server)
        return piece
