"""A reader of one file of a source that stops at a limit, whatever the source said of its size."""

from __future__ import annotations

from sync_scripts.servers.base import FileGone, Reader

__all__ = ["Bounded", "TooLong"]


class TooLong(Exception):
    """More bytes came than one file may have."""


class Bounded:
    """A reader whose failures are those of a source, and which ends with `TooLong` behind so many bytes."""

    def __init__(self, source: Reader, limit: int) -> None:
        self._source = source
        self._left = limit

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes.

        Raises:
            FileGone: the source does not give them.
            TooLong: it gives more than it may.
        """
        try:
            data = self._source.read(size)
        except OSError as error:  # of the source; one of our own disk comes from the writer and goes through
            raise FileGone(errno=error.errno or 0) from None
        self._left -= len(data)
        if self._left < 0:
            raise TooLong
        return data
