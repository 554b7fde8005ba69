"""What is still possible when a condition holds, or does not: one reading of conditions for all rules that ask for their truth.

`Reading.assume` narrows a world; None proves that the condition cannot be so. What is not understood narrows nothing: only a
contradiction proves something. Nothing is ever run.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol

from xlsform.expressions.formulas import Formula
from xlsform.expressions.patterns import width
from xlsform.expressions.xpath import Binary, Call, Literal, Node, Ref, sides_of
from xlsform.model import Question
from xlsform.reasoning.atoms import COUNT, DEEPEST, GIVE_NUMBERS, Atom, Atoms, Here, here_of
from xlsform.reasoning.domains import (
    ORDER,
    TURNED,
    Domain,
    Numbers,
    Said,
    Words,
    choice_left,
    is_true,
    number_left,
)
from xlsform.reasoning.facts import NUMBERS, SEVERAL, Facts
from xlsform.reasoning.sums import compare_sums
from xlsform.reasoning.worlds import NO, YES, World, join, meet, numbers, truth, where, words

_Wanted = tuple[Node, bool]

MOST_STEPS: Final = 1500
"""Steps of one question to a form; what would take more is not known."""
MOST_THINGS: Final = 60
"""What one world may speak of; what stands behind more answers than that is not followed."""
_TWICE: Final = 4
"""Conditions inside conditions down to which both sides of an ``and`` are read again after the last."""


class Known(Protocol):
    """What was worked out before of a form, for whoever reads one more formula of it."""

    def calculated(self, question: Question, formula: Formula, said: Said) -> World | None:
        """Return the world in which a calculated value compares so."""

    def shown(self, path: tuple[str, ...]) -> World | None:
        """Return the world of a row that is shown."""


class Reading:
    """One question to the facts of a form.

    Args:
        facts: the form.
        believed: the cells (path, column) whose formulas may be used besides the one that is asked for; None = all.
        known: what is possible where a row is shown, worked out once; None = each time anew, by ``believed``.
    """

    def __init__(
        self, facts: Facts, believed: Collection[tuple[str, str]] | None = None, known: Known | None = None
    ) -> None:
        self.facts: Facts = facts
        self.atoms: Atoms = Atoms(facts)
        self.used: dict[tuple[str, str], Formula] = {}
        self._believed, self._known = believed, known
        self._steps = self._depth = 0

    def again(self) -> Reading:
        """Return it with all its steps to go: for one more row of a list."""
        self._steps = 0
        return self

    def start(self, question: Question) -> World:
        """Return the world of a constraint: there is an answer, whatever it is."""
        mark: World = {Atom("asked", question.name): YES}
        if question.type in SEVERAL:
            many = Atom("many", question.name)
            return {many: numbers({}, many, self.atoms.initial(many)).where(">", 0, holds=True), **mark}
        known = self.facts.domain(question)
        there = known.among({""}, holds=False) if isinstance(known, Words) else known.there()
        return {Atom("answer", question.name): there, **mark}

    def both(self, world: World | None, formulas: Iterable[Formula]) -> World | None:
        """Return what is possible when these formulas hold too, as far as they may be used."""
        for formula in formulas:
            if world is None:
                return None
            world = self._believe(world, formula)
        return world

    def assume(self, world: World, node: Node, here: Here, *, holds: bool = True) -> World | None:
        """Return what is possible when a condition holds, or does not; None when that cannot be."""
        self._steps += 1
        if self._steps > MOST_STEPS or self._depth > DEEPEST:
            return world
        self._depth += 1
        found = self._assume(world, node, here, holds=holds)
        if self._depth == 1 and isinstance(node, Binary) and node.operator in {"and", "or"}:
            found = self._passed(world, found, here)
        self._depth -= 1
        return found

    def _passed(self, before: World, found: World | None, here: Here) -> World | None:
        """Hold what a whole condition leaves of answers against their constraints again: they were read before its last part."""
        changed = [
            key.of
            for key in found or ()
            if isinstance(key, Atom) and (found or {})[key] is not before.get(key)
        ]
        for name in dict.fromkeys(name for name in changed if isinstance(name, str) and name != here.own):
            question = self.facts.anywhere(name)
            if found is None or question is None or Atom("asked", name) not in found:
                continue
            constraint = self.facts.constraint(question)
            found = found if constraint is None else self._believe(found, constraint)
        return found

    def _assume(self, world: World, node: Node, here: Here, *, holds: bool) -> World | None:
        if isinstance(node, Call):
            return self._called(world, node, here, holds=holds)
        if not isinstance(node, Binary):
            return world
        if node.operator in TURNED:
            return self._compare(world, node, here, holds=holds)
        if node.operator in {"and", "or"}:
            sides = [(side, holds) for side in sides_of(node, node.operator)]
            each = self._all if (node.operator == "and") is holds else self._any
            return each(world, sides, here)
        return world

    def _called(self, world: World, node: Call, here: Here, *, holds: bool) -> World | None:
        match node:
            case Call("not", (inner,)):
                return self.assume(world, inner, here, holds=not holds)
            case Call("true" | "false" as word, ()):
                return world if (word == "true") is holds else None
            case Call("if", (condition, yes, no)):
                return join(
                    self._all(world, [(condition, True), (yes, holds)], here),
                    self._all(world, [(condition, False), (no, holds)], here),
                )
            case Call("regex", (text, Literal(pattern, False))) if (
                holds and (wide := width(pattern)) is not None
            ):
                return self._wide(self._truth(world, node, here, holds=True), text, wide, here)
            case Call("selected", (several, one)):
                sides = (self.atoms.value(several, here), self.atoms.value(one, here))
                return self._selected(world, Call("selected", sides), here, holds=holds)
            case _:
                return self._truth(world, node, here, holds=holds)

    def _wide(self, world: World | None, text: Node, wide: tuple[int, int], here: Here) -> World | None:
        """Hold the length of a text against that of what its pattern matches."""
        for sign, length in zip((">=", "<="), wide, strict=True):
            if world is not None:
                said = Binary(sign, Call("string-length", (text,)), Literal(str(length), number=True))
                world = self._sums(world, said, here, holds=True)
        return world

    # --- and, or --------------------------------------------------------------------------------------------------

    def _all(self, world: World | None, sides: Sequence[_Wanted], here: Here) -> World | None:
        # what is said last may close a side of an `or` that was read before
        twice = self._depth < _TWICE and any(_has_sides(side) for side, _ in sides)
        for side, holds in [*sides, *(sides if twice else ())]:
            if world is None:
                return None
            world = self.assume(world, side, here, holds=holds)
        return world

    def _any(self, world: World, sides: Sequence[_Wanted], here: Here) -> World | None:
        found: World | None = None
        for side, holds in sides:
            found = join(found, self.assume(world, side, here, holds=holds))
            if found is not None and not found:
                return found  # anything is possible already
        return found

    def _truth(self, world: World, node: Node, here: Here, *, holds: bool) -> World | None:
        """Remember whether something holds that is not looked into."""
        atom = self.atoms.atom("truth", node, here)
        return world if atom is None else truth(world, atom, holds=holds)

    # --- comparisons ----------------------------------------------------------------------------------------------

    def _compare(self, world: World, node: Binary, here: Here, *, holds: bool) -> World | None:
        left, right = self.atoms.value(node.left, here), self.atoms.value(node.right, here)
        operator = node.operator
        if isinstance(left, Literal):
            left, right, operator = right, left, TURNED[operator]
        if isinstance(right, Literal):
            return self._with_literal(world, left, (operator, right, holds), here)
        return self._sums(world, Binary(operator, left, right), here, holds=holds)

    def _with_literal(self, world: World, left: Node, said: Said, here: Here) -> World | None:
        """Compare something with something fixed."""
        operator, right, holds = said
        if isinstance(left, Literal):
            return world if is_true(operator, left, right) is holds else None
        if isinstance(left, Call) and left.name == "if" and len(left.arguments) == 3:
            return self._cases(world, left, said, here)
        if (question := self.atoms.question(left, here)) is not None:
            return self._answer(world, question, said)
        is_number = isinstance(left, Binary) or (isinstance(left, Call) and left.name in GIVE_NUMBERS)
        if operator in ORDER or right.number or is_number:
            return self._sums(world, Binary(operator, left, right), here, holds=holds)
        atom = self.atoms.atom("text", left, here)
        return world if atom is None else _worded(world, atom, said)

    def _cases(self, world: World, choice: Call, said: Said, here: Here) -> World | None:
        """Compare what an ``if`` gives: one branch or the other."""
        condition, yes, no = choice.arguments
        operator, other, holds = said
        return join(
            self._all(world, [(condition, True), (Binary(operator, yes, other), holds)], here),
            self._all(world, [(condition, False), (Binary(operator, no, other), holds)], here),
        )

    def _sums(self, world: World, node: Binary, here: Here, *, holds: bool) -> World | None:
        is_order = node.operator in ORDER
        if not (is_order or self.atoms.is_number(node.left, here) or self.atoms.is_number(node.right, here)):
            same = Binary("=", node.left, node.right)
            return self._truth(world, same, here, holds=(node.operator == "=") is holds)
        found, there = compare_sums(self.atoms, world, node, here, holds=holds)
        for atom in there:
            question = self.facts.anywhere(atom.of) if isinstance(atom.of, str) else None
            if found is None or question is None:
                continue
            if atom.kind == "many":
                found = self._several(found, question)
            else:
                known = numbers(found, atom, self.atoms.initial(atom))
                found = self._met(where(found, atom, known.there()), question)
        if found is not None and len(there) > 1:  # by now it is known what its parts can be
            found, _there = compare_sums(self.atoms, found, node, here, holds=holds)
        return found

    # --- answers --------------------------------------------------------------------------------------------------

    def _answer(self, world: World, question: Question, said: Said) -> World | None:
        """Compare the answer to a question with something fixed."""
        operator, other, holds = said
        if question.type in SEVERAL:
            return self._chosen(world, question, said)
        if (formula := self.facts.calculation(question)) is not None:
            return self._calculated(world, question, formula, said)
        initial = self.facts.domain(question)
        atom = Atom("answer", question.name)
        known = world.get(atom, initial)
        left: Domain | None
        if isinstance(known, Numbers):
            left = number_left(known, said)
        elif isinstance(initial, Words) and not initial.others:
            left = choice_left(initial, known, said)
        elif operator in ORDER or other.number:
            return self._sums(
                world, Binary(operator, Ref(question.name), other), _everywhere(question), holds=holds
            )
        else:
            left = known.among({other.value}, holds=(operator == "=") is holds)
        return world if left is None else self._met(where(world, atom, left), question)

    def _chosen(self, world: World, question: Question, said: Said) -> World | None:
        """Say of a question with several answers whether it has any; what else is compared with it narrows nothing."""
        operator, other, holds = said
        if operator in ORDER or other.value:
            return world
        atom = Atom("many", question.name)
        many = numbers(world, atom, self.atoms.initial(atom)).where(operator, 0, holds=holds)
        return self._several(where(world, atom, many), question)

    def _calculated(self, world: World, question: Question, formula: Formula, said: Said) -> World | None:
        """Compare a calculated value: by what it is calculated from, where that is a choice of fixed values."""
        node = formula.parsed.node
        is_plain = isinstance(node, Literal) or (isinstance(node, Call) and node.name == "if")
        is_plain = is_plain or (isinstance(node, Binary) and node.operator in {"+", "-", "*"})
        if not is_plain or not self._may_use(formula):
            operator, other, holds = said
            if operator in ORDER or other.number:
                here = _everywhere(question)
                return self._sums(world, Binary(operator, Ref(question.name), other), here, holds=holds)
            return _worded(world, Atom("text", Ref(question.name)), said)
        if self._known is not None:
            return meet(world, self._known.calculated(question, formula, said))
        return self.calculated(world, question, formula, said)

    def calculated(self, world: World, question: Question, formula: Formula, said: Said) -> World | None:
        """Return the world in which a calculation, where it is made, compares so with something fixed."""
        operator, other, holds = said
        found, shown = None, self._shown(world, question)
        if shown is not None and formula.parsed.node is not None:
            node = Binary(operator, formula.parsed.node, other)
            found = self.assume(shown, node, here_of(formula), holds=holds)
        may_be_hidden = any(True for _ in self.facts.shown_when(question.path))
        if may_be_hidden and is_true(operator, Literal(""), other) is holds:
            found = join(found, world)
        return found

    # --- choices --------------------------------------------------------------------------------------------------

    def _selected(self, world: World, node: Call, here: Here, *, holds: bool) -> World | None:
        several, one = node.arguments
        if isinstance(several, Literal):
            return self._among(world, several, one, here, holds=holds)
        question, word = (
            self.atoms.question(several, here),
            one.value.strip() if isinstance(one, Literal) else "",
        )
        if question is None or not word:
            return self._truth(world, node, here, holds=holds)
        if question.type not in SEVERAL:
            is_plain = " " not in word and question.type not in NUMBERS
            return (
                self.assume(world, Binary("=", several, Literal(word)), here, holds=holds)
                if is_plain
                else world
            )
        if word not in (self.facts.values(question) or ()):
            return world  # told by the rule on answers of a list
        return self._several(truth(world, Atom("has", question.name, word), holds=holds), question)

    def _among(self, world: World, several: Literal, one: Node, here: Here, *, holds: bool) -> World | None:
        """Say whether an answer is one of some words."""
        question = self.atoms.question(one, here)
        if question is None or question.type in NUMBERS | SEVERAL:
            return self._truth(world, Call("selected", (several, one)), here, holds=holds)
        sides = [(Binary("=", one, Literal(word)), holds) for word in several.value.split()]
        return (self._any if holds else self._all)(world, sides, here)

    def _several(self, world: World | None, question: Question) -> World | None:
        """Hold the number of what is chosen against what is, and what is not."""
        if world is None:
            return None
        values = self.facts.values(question) or frozenset()
        known = [world.get(Atom("has", question.name, word)) for word in values]
        atom = Atom("many", question.name)
        most = len(values) - known.count(NO) if values else math.inf
        many = numbers(world, atom, COUNT).within(known.count(YES), most)
        found = where(world, atom, many)
        if found is not None and many.where("=", 0, holds=True).nothing:
            return self._asked(found, question)
        return found

    # --- answers that are there -----------------------------------------------------------------------------------

    def _met(self, world: World | None, question: Question) -> World | None:
        """Follow an answer that must be there: it was asked, and passed its constraint."""
        known = world.get(Atom("answer", question.name)) if world is not None else None
        return world if world is None or known is None or known.empty else self._asked(world, question)

    def _asked(self, world: World, question: Question) -> World | None:
        mark = Atom("asked", question.name)
        if mark in world:
            return world
        found = self._shown({**world, mark: YES}, question)
        constraint = self.facts.constraint(question)
        return found if found is None or constraint is None else self._believe(found, constraint)

    def _shown(self, world: World, question: Question) -> World | None:
        if self._known is not None:
            known = self._known.shown(question.path)
            too_much = known is not None and len(world) + len(known) > MOST_THINGS
            return world if too_much else meet(world, known)
        return self.both(world, self.facts.shown_when(question.path))

    def _believe(self, world: World, formula: Formula) -> World | None:
        if formula.parsed.node is None or not self._may_use(formula):
            return world
        return self.assume(world, formula.parsed.node, here_of(formula))

    def _may_use(self, formula: Formula) -> bool:
        key = (formula.spot.path, formula.column)
        if self._believed is not None and key not in self._believed:
            return False
        self.used.setdefault(key, formula)
        return True


# --- parts --------------------------------------------------------------------------------------------------------


def _everywhere(question: Question) -> Here:
    """Return a place from which a question is read as one answer."""
    return Here(repeat=question.repeat)


def _worded(world: World, atom: Atom, said: Said) -> World | None:
    operator, other, holds = said
    return where(world, atom, words(world, atom).among({other.value}, holds=(operator == "=") is holds))


def _has_sides(node: Node) -> bool:
    if isinstance(node, Binary):
        return node.operator in {"and", "or"}
    return isinstance(node, Call) and node.name in {"not", "if", "selected"}
