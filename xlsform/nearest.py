"""What is probably meant by a word that is not known: the most alike of the known ones, else the first few of them."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

__all__ = ["nearest"]

FEW = 5
_SAME = {"oui": "yes", "non": "no", "yes": "oui", "no": "non", "vrai": "yes", "faux": "no"}


def nearest(word: str, known: Collection[str], *, cutoff: float = 0.6) -> str:
    """Return the known word that is most like this one; the first few when none is, ``-`` when there are none."""
    lower = {name.lower(): name for name in reversed([*known])}
    plain = word.strip().strip("'\"").lower()
    if plain in lower or _SAME.get(plain) in lower:
        return lower.get(plain) or lower[_SAME[plain]]
    if alike := get_close_matches(plain, list(lower), n=1, cutoff=cutoff):
        return lower[alike[0]]
    few = [*dict.fromkeys(name for name in known if name)]
    return ", ".join(few[:FEW]) + (", …" if len(few) > FEW else "") if few else "-"
