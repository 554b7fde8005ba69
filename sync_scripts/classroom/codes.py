"""The code in the address of a classroom: the long one is scanned, the short one is typed and can be guessed only slowly.

All wrong codes of all phones count together: whoever guesses is not told from whoever mistypes. Once too many came, the short code
rests for a while, the right one too, or its answer would tell it from a wrong one. The long code opens at any time.
"""

from __future__ import annotations

import hmac
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.classroom.errors import CodeRests, NotFound

__all__ = ["PER_MINUTE", "SlowDoor"]

PER_MINUTE: Final = 20
"""Wrong codes that a minute may see: at this pace 30 bits are guessed in fifty years."""
_MINUTE_S: Final = 60.0
_ADDRESS: Final = re.compile(r"(/t/[^/]+)(.*)", re.DOTALL)


@dataclass
class SlowDoor:
    """What lets a request through to the classroom.

    Attributes:
        path: secret path of the address that is scanned.
        short_path: that of the one that is typed.
        beat: seconds of a clock that only goes forward.
    """

    path: str
    short_path: str
    beat: Callable[[], float] = time.monotonic
    _wrong: deque[float] = field(default_factory=deque, repr=False)

    def straight(self, asked: str) -> str:
        """Return the path of a request under the long code.

        Raises:
            NotFound: its code is wrong, or it has none.
            CodeRests: it is none of the long code, and too many wrong ones came.
        """
        found = _ADDRESS.fullmatch(asked)
        if found is None:
            raise NotFound
        code, below = found[1], found[2]
        if _same(code, self.path):
            return asked
        now = self.beat()
        while self._wrong and now - self._wrong[0] >= _MINUTE_S:
            self._wrong.popleft()
        if len(self._wrong) >= PER_MINUTE:
            raise CodeRests
        if not _same(code, self.short_path):
            self._wrong.append(now)
            raise NotFound
        return self.path + below


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
