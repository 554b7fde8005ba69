"""A list that goes round in a circle: one error for every kind of server. Asks nothing."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import Unreachable

__all__ = ["CursorRepeated", "too_many"]


CursorRepeated: Final = Unreachable.declare(
    "DK-I51",
    "The server {server} sends the same page of the form {form} again and again. What came is stored. Run the "
    "command again later; if it happens twice, tell the administrator of the server.",
)


def too_many(seen: int, count: int) -> bool:
    """Tell whether so many rows came, of so many counted at first, that pages must be repeating.

    Rows may come or be edited while a list is read, so some more than counted are no circle; twice as many and a
    thousand are. A server that counts nothing says nothing.

    >>> too_many(10_500, 10_000), too_many(21_001, 10_000), too_many(50_000, 0)
    (False, True, False)
    """
    return count > 0 and seen > 2 * count + 1_000
