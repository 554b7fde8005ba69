"""Names that Windows keeps for devices: a file of such a name is none there, whatever its ending. Pure; touches no file."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_device"]

_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE | re.DOTALL
)


def is_device(name: str) -> bool:
    """Tell whether Windows would open a device in place of a file of this name.

    >>> [is_device(one) for one in ("CON", "com¹.jpg", "nul .tar.gz", "contrat.jpg", "com.jpg")]
    [True, True, True, False, False]
    """
    return bool(_DEVICE.fullmatch(name))
