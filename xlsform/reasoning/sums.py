"""Two sums compared: what is left of their difference. Runs nothing."""

from __future__ import annotations

import math
from typing import Final

from xlsform.expressions.xpath import Binary
from xlsform.reasoning.atoms import Atom, Atoms, Here
from xlsform.reasoning.domains import TURNED, Numbers, compared
from xlsform.reasoning.worlds import Term, World, numbers, where

_NO_ATOMS: Final[tuple[Atom, ...]] = ()


def compare_sums(
    atoms: Atoms, world: World, said: Binary, here: Here, *, holds: bool
) -> tuple[World | None, tuple[Atom, ...]]:
    """Return what is possible when two sums compare so, or do not, and which atoms must then be there."""
    one, other = atoms.sum(said.left, here), atoms.sum(said.right, here)
    if one is None or other is None:
        return world, _NO_ATOMS
    counts = dict(one[0])
    for atom, count in other[0].items():
        counts[atom] = counts.get(atom, 0) - count
    number, operator = other[1] - one[1], said.operator
    term: Term = tuple(sorted(((a, c) for a, c in counts.items() if c), key=lambda pair: str(pair[0])))
    if not term:
        # the same on both sides: with no answer there, both can be
        is_so = bool(counts) or compared(operator, 0, number) is holds
        return (world if is_so else None), _NO_ATOMS
    first = term[0][1]
    term = tuple((atom, count / first) for atom, count in term)
    operator = operator if first > 0 else TURNED[operator]
    key: Atom | Term = term[0][0] if len(term) == 1 else term
    by_parts = _of_sum(atoms, world, term)
    known = numbers(world, key, by_parts).meet(by_parts)
    found = where(world, key, known.where(operator, number / first, holds=holds))
    must_be_there = (operator != "!=") is holds  # only numbers that are there can be so
    return found, tuple(atom for atom, _count in term) if must_be_there else _NO_ATOMS


def _of_sum(atoms: Atoms, world: World, term: Term) -> Numbers:
    """Return what a sum can be by what its parts can be."""
    low = high = 0.0
    empty, whole = False, True
    for atom, count in term:
        known = numbers(world, atom, atoms.initial(atom))
        empty, whole = empty or known.empty, whole and known.whole and count.is_integer()
        least = known.pieces[0][0][0] if known.pieces else -math.inf
        most = known.pieces[-1][1][0] if known.pieces else math.inf
        low += min(least * count, most * count)
        high += max(least * count, most * count)
    return Numbers(empty=empty, whole=whole).within(low, high)
