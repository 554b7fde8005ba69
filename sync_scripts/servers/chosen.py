"""Which forms of a server to pull. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet

__all__ = ["among", "unseen"]


def among(wanted: Sequence[str], beside: Iterable[str], there: Sequence[str]) -> list[str]:
    """Return the forms to pull: those wanted (none = all), and of those beside them what the server has.

    >>> among(("alert",), ("alert_nord", "alert_sud"), ["alert", "alert_nord", "essai"])
    ['alert', 'alert_nord']
    """
    if not wanted:
        return list(there)
    return list(dict.fromkeys((*wanted, *(form for form in beside if form in there))))


def unseen(
    wanted: Sequence[str], beside: Iterable[str], known: AbstractSet[str], there: Collection[str]
) -> list[str]:
    """Return the forms that were pulled once, that the settings still ask for, and that the server does not show.

    One that is named is pulled whether the server shows it or not, and says itself what is wrong.

    >>> unseen((), (), {"alert", "essai"}, ["alert"]), unseen(("alert",), ("sud",), {"essai", "sud"}, ["alert"])
    (['essai'], ['sud'])
    """
    asked = known & set(beside) if wanted else set(known)
    return sorted(asked - {*wanted, *there})
