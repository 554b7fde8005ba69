"""What a form says of each of its questions, as the reading of conditions needs it: possible answers, conditions, calculations.

Runs nothing. A name that stands twice is known of neither question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from xlsform.expressions.formulas import Formula, formulas, is_dynamic, select_values
from xlsform.model import Kind, Question, Resolved, Section
from xlsform.reasoning.domains import ANY_NUMBER, ANY_WORD, Domain, Numbers, Words, as_number

NUMBERS: Final = frozenset(("integer", "decimal", "range", "date", "dateTime", "today", "start", "end"))
"""Types whose answers phones compare as numbers; a day is one."""
SEVERAL: Final = frozenset(("select_multiple", "rank"))
_WHOLE: Final = frozenset(("integer", "date", "today"))
_LARGEST: Final = 2**31
"""No phone takes a larger whole number."""


class Facts:
    """The questions of one form by name, and the formulas that say when they are asked and what they may be."""

    def __init__(self, form: Resolved, known: Iterable[Formula] | None = None) -> None:
        self.form = form
        self.formulas: list[Formula] = list(formulas(form) if known is None else known)
        self._at = {(one.spot.path, one.column): one for one in self.formulas}
        names = Counter(one.name for one in form.questions)
        names.update(one.path[-1] for one in form.sections)
        self._named = {one.name: one for one in form.questions if names[one.name] == 1}
        self._domains: dict[str, Domain] = {}

    @cached_property
    def by_path(self) -> dict[tuple[str, ...], Section]:
        """Groups and repeats by their path."""
        return {one.path: one for one in self.form.sections}

    def question(self, name: str, repeat: tuple[str, ...]) -> Question | None:
        """Return the one question of that name, if a formula in that repeat reads one answer of it."""
        found = self._named.get(name)
        return found if found is not None and repeat[: len(found.repeat)] == found.repeat else None

    def anywhere(self, name: str) -> Question | None:
        """Return the one question of that name, wherever it is read."""
        return self._named.get(name)

    def formula(self, path: tuple[str, ...], column: str) -> Formula | None:
        """Return the formula in a cell that can be understood."""
        found = self._at.get(("/".join(path), column))
        return found if found is not None and found.parsed.node is not None else None

    def shown_when(self, path: tuple[str, ...]) -> Iterator[Formula]:
        """Yield the conditions of a row, those of its groups first."""
        for end in range(1, len(path) + 1):
            if (found := self.formula(path[:end], "relevant")) is not None:
                yield found

    def constraint(self, question: Question) -> Formula | None:
        """Return the constraint that every answer of a question has passed, None when some may not have."""
        if question.kind is not Kind.QUESTION or question.type == "hidden" or _is_filled(question):
            return None
        return self.formula(question.path, "constraint")

    def calculation(self, question: Question) -> Formula | None:
        """Return the formula that gives a calculated row its value at any time."""
        if question.kind is not Kind.CALCULATE or question.row.cell("trigger"):
            return None
        return self.formula(question.path, "calculation")

    def values(self, question: Question) -> frozenset[str] | None:
        """Return the answers that can be chosen; None when they are not written in the form, or something else can fill it."""
        values = None if _is_filled(question) else select_values(self.form.form, question)
        return frozenset(values) if values is not None else None

    def domain(self, question: Question) -> Domain:
        """Return what a question can hold, no answer included."""
        if question.name not in self._domains:
            self._domains[question.name] = self._domain(question)
        return self._domains[question.name]

    def _domain(self, question: Question) -> Domain:
        if question.type == "range":
            return _of_range(question)
        if question.type in NUMBERS:
            is_whole = question.type in _WHOLE and not question.row.cell("calculation")
            number = replace(ANY_NUMBER, whole=is_whole)
            return number.within(-_LARGEST, _LARGEST) if question.type == "integer" else number
        values = self.values(question) if question.type == "select_one" else None
        return Words(values | {""}, others=False) if values is not None else ANY_WORD


def _is_filled(question: Question) -> bool:
    """Say whether something else than the person can give the answer."""
    default = question.row.cell("default")
    return bool(question.row.cell("calculation")) or (bool(default) and is_dynamic(default, question.type))


def _of_range(question: Question) -> Numbers:
    said = dict(re.findall(r"(\w+)\s*=\s*(\S+)", question.row.cell("parameters")))
    start, end, step = (
        as_number(said.get(name, plain)) for name, plain in (("start", "1"), ("end", "10"), ("step", "1"))
    )
    number = replace(ANY_NUMBER, whole=start.is_integer() and step.is_integer())
    return number.within(start, end) if start <= end else ANY_NUMBER
