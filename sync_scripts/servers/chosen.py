"""Which forms of a server to pull. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet

__all__ = ["among", "in_order", "unseen"]


def among(wanted: Sequence[str], beside: Iterable[str], there: Sequence[str]) -> list[str]:
    """Return the forms to pull: those wanted (none = all), and of those beside them what the server has.

    >>> among(("alert",), ("alert_nord", "alert_sud"), ["alert", "alert_nord", "essai"])
    ['alert', 'alert_nord']
    """
    if not wanted:
        return list(there)
    return list(dict.fromkeys((*wanted, *(form for form in beside if form in there))))


def in_order(forms: Sequence[str], worth: Callable[[str], int | None]) -> tuple[list[str], bool]:
    """Return the forms that are worth asking for, the lowest number first, and whether none is left out.

    >>> in_order(["case", "alert", "closure"], {"alert": 0, "case": 1}.get)
    (['alert', 'case'], False)
    """
    found = sorted((number, place) for place, form in enumerate(forms) if (number := worth(form)) is not None)
    return [forms[place] for _number, place in found], len(found) == len(forms)


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
