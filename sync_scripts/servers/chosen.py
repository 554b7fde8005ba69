"""Which forms of a server to pull. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["among"]


def among(wanted: Sequence[str], beside: Iterable[str], there: Sequence[str]) -> list[str]:
    """Return the forms to pull: those wanted (none = all), and of those beside them what the server has.

    >>> among(("alert",), ("alert_nord", "alert_sud"), ["alert", "alert_nord", "essai"])
    ['alert', 'alert_nord']
    """
    if not wanted:
        return list(there)
    return list(dict.fromkeys((*wanted, *(form for form in beside if form in there))))
