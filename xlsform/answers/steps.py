"""The steps of a form in words: its groups and repeats in order, and when each of them, or a question, is asked. Reads no file.

Sentences are in the language chosen at start, questions and answers in the form's language that is asked for.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from gettext import gettext as _
from gettext import ngettext
from typing import Final

from xlsform import columns
from xlsform.answers.condition_words import Speaker
from xlsform.model import Form, Kind, Row, resolve

_LONGEST: Final = 70
"""Letters of a question where a condition names it."""


@dataclass(frozen=True, slots=True)
class Single:
    """A question or note with a condition of its own."""

    path: str
    question: str
    condition: str

    def __str__(self) -> str:
        """Return both as one line."""
        return _("{question}: only if {condition}").format(question=self.question, condition=self.condition)


@dataclass(slots=True)
class Step:
    """A group, a repeat, or questions that are in none (no ``path``); ``parts`` are what lies in it and has a condition."""

    path: str = ""
    title: str = ""
    condition: str = ""
    repeat: bool = False
    questions: int = 0
    parts: list[Step | Single] = field(default_factory=list)

    def heading(self) -> str:
        """Return the title, how many questions, and whether it is repeated; "" for a step of nothing but notes in no group."""
        count = ngettext("{n} question", "{n} questions", self.questions).format(n=self.questions)
        again = _("repeated") if self.repeat else ""
        return " · ".join(filter(None, (self.title, count if self.questions else "", again)))


def steps(form: Form, language: str) -> list[Step]:
    """Return the steps at the top of a form; what is in no group is gathered until the next group."""
    resolved = resolve(form)
    labels = {one.name: _label(one.row, language) for one in resolved.questions}
    speaker = Speaker(
        resolved, language, lambda name: _("“{answer}”").format(answer=_short(labels.get(name, name)))
    )
    stack = [Step()]
    for path, row in form.paths():
        where, label = "/".join(path), _label(row, language)
        if row.kind is Kind.END:
            stack.pop()
        elif row.base in columns.BEGIN:
            condition = speaker.say(row.cell("relevant"))
            step = Step(where, label, condition, repeat=row.kind is Kind.REPEAT)
            stack[-1].parts.append(step)
            stack.append(step)
        elif row.kind in {Kind.QUESTION, Kind.NOTE}:
            _add(stack, row, Single(where, _short(label), speaker.say(row.cell("relevant"))))
    return [one for one in stack[0].parts if isinstance(one, Step)]


def _add(stack: list[Step], row: Row, single: Single) -> None:
    """Count a question, and note one that has a condition."""
    step = stack[-1]
    if len(stack) == 1:
        last = step.parts[-1] if step.parts else None
        if not (isinstance(last, Step) and not last.path):
            step.parts.append(last := Step())
        step = last
    step.questions += row.kind is Kind.QUESTION
    if single.condition:
        step.parts.append(single)


def outline(form: Form, language: str) -> Iterator[tuple[int, Step | Single]]:
    """Yield each step of a form, and below it what lies in it and has a condition, with how deep it lies."""
    for step in steps(form, language):
        yield from _below(step, 0)


def _below(step: Step, depth: int) -> Iterator[tuple[int, Step | Single]]:
    yield depth, step
    for part in step.parts:
        if isinstance(part, Step):
            yield from _below(part, depth + 1)
        else:
            yield depth + 1, part


def _label(row: Row, language: str) -> str:
    return " ".join((row.text("label", language) or row.name).split())


def _short(text: str) -> str:
    return textwrap.shorten(text, _LONGEST, placeholder="…")
