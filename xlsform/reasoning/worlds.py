"""Worlds: what each thing that conditions speak of can still be. Only values; nothing is read.

What a world does not name can be anything. None in the place of a world means that nothing is possible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xlsform.reasoning.atoms import Atom
from xlsform.reasoning.domains import ANY_NUMBER, ANY_WORD, Domain, Numbers, Words, joined, met

Term = tuple[tuple[Atom, float], ...]
"""A sum: atoms and how often each counts, the first one once."""
World = Mapping[Atom | Term, Domain]
YES: Final = Words(frozenset({"1"}), others=False)
NO: Final = Words(frozenset({"0"}), others=False)
_EITHER: Final = Words(frozenset({"0", "1"}), others=False)


def where(world: World | None, key: Atom | Term, domain: Domain) -> World | None:
    """Return a world in which one thing is so."""
    return None if world is None or domain.nothing else {**world, key: domain}


def join(one: World | None, other: World | None) -> World | None:
    """Return what is possible in one of two worlds."""
    if one is None or other is None:
        return other if one is None else one
    both = {key: joined(one[key], other[key]) for key in one if key in other}
    return {key: domain for key, domain in both.items() if domain is not None}


def meet(one: World, other: World | None) -> World | None:
    """Return what is possible in two worlds at once."""
    if other is None:
        return None
    found = dict(one)
    for key, domain in other.items():
        both = met(found[key], domain) if key in found else domain
        if both.nothing:
            return None
        found[key] = both
    return found


def words(world: World, atom: Atom) -> Words:
    """Return what an atom can be as a word."""
    known = world.get(atom, ANY_WORD)
    return known if isinstance(known, Words) else ANY_WORD


def numbers(world: World, key: Atom | Term, initial: Domain) -> Numbers:
    """Return what an atom or a sum can be as a number."""
    known = world.get(key, initial)
    return known if isinstance(known, Numbers) else ANY_NUMBER


def truth(world: World, atom: Atom, *, holds: bool) -> World | None:
    """Return a world in which something holds, or does not, that is not looked into."""
    wanted = YES if holds else NO
    known = world.get(atom, _EITHER)
    is_possible = isinstance(known, Words) and wanted.words <= known.words
    return {**world, atom: wanted} if is_possible else None
