"""Rules on what a calculation holds when it is read: something else at each opening of the form, or nothing where a condition hides it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from xlsform.expressions.conditions import references
from xlsform.expressions.formulas import COMPARERS, Formula
from xlsform.expressions.functions import FUNCTIONS
from xlsform.expressions.types import Type, Types
from xlsform.expressions.xpath import (
    Binary,
    Call,
    Filtered,
    Node,
    Path,
    Ref,
    Word,
    parse,
    walk,
    written,
)
from xlsform.findings.problems import Finding
from xlsform.model import Kind, Question
from xlsform.reasoning.atoms import here_of
from xlsform.reasoning.facts import Facts
from xlsform.reasoning.known import KnownRows
from xlsform.reasoning.reading import Reading
from xlsform.rules.logic.emptiness import asks_for, is_guarded

_CHANCE: Final = frozenset(("random", "uuid"))
_CLOCK: Final = {"today": "today", "now": "start"}
"""Functions that tell the time, and the type of the row that keeps when a form was begun."""

_COUNTING: Final = frozenset(("+", "-", "*", "div", "mod", "<", ">", "<=", ">="))


def check_calculated(types: Types, facts: Facts) -> Iterator[Finding]:
    """Yield what is computed anew at each opening and must stay, and what is read where a group hides it."""
    for one in types.formulas:
        if any(f"{name}(" in one.text for name in _CHANCE):
            yield from _chance(one, _read_once(types))
        if any(f"{name}(" in one.text for name in _CLOCK):
            yield from _clock(types, one)
    yield from _hidden(facts)


# --- anew at each opening -----------------------------------------------------------------------------------------


def _read_once(types: Types) -> frozenset[str]:
    """Return the questions that nothing reads but a ``once()``, which keeps what they first held."""
    inside, elsewhere = set[str](), set[str]()
    for one in types.formulas:
        for node, above in one.parts():
            if isinstance(node, Ref):
                (inside if _is_kept(above) else elsewhere).add(node.name)
    return frozenset(inside - elsewhere)


def _is_kept(above: tuple[Node, ...]) -> bool:
    return any(isinstance(outer, Call) and outer.name == "once" for outer in above)


def _is_once_only(one: Formula) -> bool:
    """Say whether it is computed at one moment only: when the form is first opened, or when another answer changes."""
    return one.column == "default" or (
        one.column == "calculation"
        and isinstance(one.owner, Question)
        and bool(one.owner.row.cell("trigger"))
    )


def _chance(one: Formula, kept: frozenset[str]) -> Iterator[Finding]:
    owner = one.owner
    if _is_once_only(one) or (isinstance(owner, Question) and owner.name in kept):
        return
    for node, above in one.parts():
        if isinstance(node, Call) and node.name in _CHANCE and not _is_kept(above):
            near = f"once({one.text if one.column == 'calculation' else written(node)})"
            yield one.finding("CHANCE-ANEW", value=written(node), near=near)
            return


def _clock(types: Types, one: Formula) -> Iterator[Finding]:
    """Yield a date, a code or an age that is stored and moves with the clock."""
    if one.column != "calculation" or _is_once_only(one) or not isinstance(one.owner, Question):
        return
    for node, above in one.parts():
        if not (isinstance(node, Call) and node.name in _CLOCK) or _is_kept(above):
            continue
        is_age = any(isinstance(outer, Binary) and outer.operator == "div" for outer in above)
        if not is_age and not _is_stored(node, above):
            continue
        gives = types.of(one.parsed.node, one.owner).type if one.parsed.node is not None else Type.UNKNOWN
        if is_age or gives in {Type.DATE, Type.DATETIME, Type.TEXT}:
            kind = _CLOCK[node.name]
            row = next((each.name for each in types.form.questions if each.type == kind), kind)
            near = one.text.replace(f"{node.name}()", f"${{{row}}}")
            yield one.finding("CLOCK-ANEW", value=one.text, near=near, row=row, type=kind)
            return


def _is_stored(node: Node, above: tuple[Node, ...]) -> bool:
    """Say whether it goes into the value, not only into a condition on which the value hangs."""
    for outer, inner in pairwise((*above, node)):
        if isinstance(outer, Binary) and outer.operator in {*COMPARERS, "and", "or"}:
            return False
        if isinstance(outer, Call):
            function = FUNCTIONS.get(outer.name)
            is_asked = outer.name == "if" and outer.arguments[:1] == (inner,)
            if is_asked or (function is not None and function.gives == Type.BOOLEAN):
                return False
    return True


# --- nothing where a group hides it -------------------------------------------------------------------------------


def _hidden(facts: Facts) -> Iterator[Finding]:
    """Yield what reads a calculation where its group is not shown, though all that it is made of has been asked."""
    known, told = KnownRows(facts), set[str]()
    calculated = {
        one.name for one in facts.form.questions if one.kind is Kind.CALCULATE and len(one.path) > 1
    }
    for one in facts.formulas:
        told.clear()
        for node, above in one.parts() if references(one.text) & calculated else ():
            if not isinstance(node, Ref) or node.last or node.name in told:
                continue
            question = facts.question(node.name, one.repeat)
            if question is None or question.kind is not Kind.CALCULATE or is_guarded(one, node.name):
                continue
            group = _hiding(known, one, question, (*above, node))
            if group is not None:
                told.add(node.name)
                words = {"name": node.name, "cells": group.cell, "value": group.text}
                yield one.finding("CALC-HIDDEN", **words)


def _hiding(known: KnownRows, one: Formula, question: Question, way: tuple[Node, ...]) -> Formula | None:
    """Return the condition that may hide a calculation where this formula reads it; ``way``: down to the reference."""
    facts, path = known.facts, one.owner.path if one.owner is not None else ()
    groups = [
        group
        for group in facts.shown_when(question.path if _is_counted(way) else question.path[:-1])
        if group.owner is not None and path[: len(group.owner.path)] != group.owner.path
    ]
    asked = _made_of(facts, question) if groups else None
    world = known.shown(path[:-1] if one.column == "relevant" else path)
    for part, holds in _around(way) if asked is not None else ():
        if world is not None:
            world = Reading(facts, known=known).assume(world, part, here_of(one), holds=holds)
    for group in groups if asked is not None and world is not None else ():
        under = group.owner.path if group.owner is not None else ()
        own = isinstance(group.owner, Question)  # says itself when it is computed
        made_there = any(
            each.path[: len(under)] == under
            or (each.name in references(group.text) if own else asks_for(each.name, group.text))
            for each in asked or ()
        )
        node = group.parsed.node
        if node is None or made_there:
            continue
        if Reading(facts, known=known).assume(world or {}, node, here_of(group), holds=False) is not None:
            return group
    return None


def _around(way: tuple[Node, ...]) -> list[tuple[Node, bool]]:
    """Return what holds, or does not, where a part of an expression counts."""
    found: list[tuple[Node, bool]] = []
    for outer, inner in pairwise(way):
        if isinstance(outer, Binary) and outer.operator == "and":
            found += [(side, True) for side in (outer.left, outer.right) if side is not inner]
        if isinstance(outer, Call) and outer.name == "if" and inner in outer.arguments[1:]:
            found.append((outer.arguments[0], inner == outer.arguments[1]))
    return found


def _is_counted(way: tuple[Node, ...]) -> bool:
    """Say whether a number is needed: nothing makes nothing of the whole."""
    return len(way) > 1 and isinstance(way[-2], Binary) and way[-2].operator in _COUNTING


def _made_of(facts: Facts, question: Question) -> list[Question] | None:
    """Return the questions that people answer and that a calculation is made of; None when something in it is not known."""
    found: dict[str, Question] = {}
    left, done = [question], set[str]()
    while left:
        one = left.pop()
        if one.name in done:
            continue
        done.add(one.name)
        for part, _above in walk(parse(one.row.cell("calculation")).node):
            if isinstance(part, Path | Filtered | Word):
                return None
            if isinstance(part, Ref) and not part.last:
                inner = facts.anywhere(part.name)
                if inner is None:
                    return None
                if inner.kind is Kind.CALCULATE:
                    left.append(inner)
                else:
                    found[inner.name] = inner
    return [*found.values()]
