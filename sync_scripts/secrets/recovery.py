"""The recovery key as people write it down and type it back. Never stored, never logged."""

from __future__ import annotations

from typing import Final

from sync_scripts.secrets.errors import RecoveryKeyWrong

PREFIX: Final = "AGE-SECRET-KEY-1"
LENGTH: Final = 74
GROUP: Final = 4


def in_groups(secret: str) -> str:
    """Return the key as it is shown: groups of four, five a line."""
    groups = [secret[at : at + GROUP] for at in range(0, len(secret), GROUP)]
    return "\n".join(" ".join(groups[at : at + 5]) for at in range(0, len(groups), 5))


def typed(text: str) -> str:
    """Return a key as typed: blanks out, capital letters. Its checksum is tested where it is used.

    Raises:
        RecoveryKeyWrong: it cannot be one.
    """
    whole = "".join(text.split()).upper()
    if not whole.startswith(PREFIX) or len(whole) != LENGTH or not whole.isascii():
        raise RecoveryKeyWrong
    return whole
