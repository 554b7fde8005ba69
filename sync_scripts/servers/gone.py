"""What a server no longer has of one submission is a matter of that submission, never of the whole pull."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sync_scripts.servers.base import FileGone
from sync_scripts.servers.http.errors import NotThere


@contextmanager
def gone_by_now() -> Iterator[None]:
    """Say that a file is gone, instead of "not there" about the server: deleted since it was listed, or lost there.

    Raises:
        FileGone: looked for again at the next pull, while everything else goes on.
    """
    try:
        yield
    except NotThere:
        raise FileGone(errno=errno.ENOENT) from None
