"""How much of a case a list may hold, by how closely it is kept. Pure."""

from __future__ import annotations

from typing import Literal

__all__ = ["Share", "share_of"]

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
