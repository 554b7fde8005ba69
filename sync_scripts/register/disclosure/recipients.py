"""Who somebody outside is, for what may leave to them, and how much of a case a list may hold. One answer for all roads. Pure."""

from __future__ import annotations

from typing import Final, Literal

from sqlalchemy import select

from sync_scripts.register.disclosure.sharing import Receiver
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.register import provider

_POLICE: Final = "police"
_KINDS: Final[dict[str, Receiver]] = {
    "court": "court",
    "authority": "authority",
    "un": "un",
    "ngo": "other_ngo",
}
"""How a receiver outside the directory begins -> what it is."""


_PERHAPS_OFFICES: Final = select(provider.c.provider_code, provider.c.services).where(
    provider.c.services.contains(_POLICE)
)


def is_office(services: str | None) -> bool:
    """Tell of a provider by what it gives whether it is an office of the state: the police."""
    return _POLICE in (services or "").split()


def offices(rows: Rows) -> frozenset[str]:
    """Return the codes of the providers of the directory that are offices of the state."""
    found = rows.execute(_PERHAPS_OFFICES)
    return frozenset(row.provider_code.upper() for row in found if is_office(row.services))


def receiver_of(code: str | None, known: frozenset[str]) -> tuple[Receiver, bool]:
    """Return who somebody outside is, and whether it is an office of the state.

    The directory says of a provider that it is the police; what is not in it says what it is, as in ``authority:NAME``.
    Anybody else counts as another organisation.

    Args:
        code: of a provider, or how a receiver was named; None for ourselves.
        known: the `offices` of the directory.
    """
    if code is None:
        return "us", False
    if code.strip().upper() in known:
        return "other_ngo", True
    word, colon, _ = code.partition(":")
    return (_KINDS.get(word.strip().lower(), "other_ngo") if colon else "other_ngo"), False


Share = Literal["all", "few", "none"]
"""All that a list may hold, the few columns of a C4 case, or not in it at all."""


def share_of(confidentiality: str | None, where: Literal["workbook", "phones"], *, trusted: bool) -> Share:
    """Return how much of a case a list may hold.

    Args:
        confidentiality: C1 to C4; anything else counts as C4.
        where: a workbook, or the phones, which can be lost.
        trusted: everybody who gets it is the case's owner, of the owner's team, or coordinates.
    """
    if confidentiality in {"C1", "C2"}:
        return "all"
    if not trusted:
        return "none"
    if confidentiality == "C3":
        return "all"
    return "few" if where == "workbook" else "none"
