"""The flow of a form as a picture: its groups and repeats in order, and when each of them, or a question, is skipped. Shapes only.

A page is made of them by ``templates/flow.html``, which prints: one drawing for each group at the top, so that none is cut by the end of a
sheet. Sentences are in the language chosen at start, questions and answers in the form's language that is drawn.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from gettext import gettext as _
from gettext import ngettext
from typing import Final, Literal

from xlsform import columns
from xlsform.answers.dictionary import Speaker
from xlsform.model import Form, Kind, Row, resolve

WIDTH: Final = 720
"""Width of a drawing; its height is as needed."""
_LINE: Final = 17
_PAD: Final = 10
_LETTER: Final = 6.4
"""Width of a letter, about; a line that is drawn wider than its box would be cut."""
_RAIL: Final = 26
"""Room beside a box: on the left for the way around it, on the right for the way back."""
_LONGEST: Final = 70
"""Letters of a question where a condition names it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A box, or a line of text; of a box also its size, and the way around (``skips``) or back (``repeats``)."""

    kind: Literal["group", "repeat", "condition", "title", "text"]
    x: float
    y: float
    text: str = ""
    width: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """What stands at the top of the form, with all that lies in it."""

    title: str
    height: float
    shapes: tuple[Shape, ...]


@dataclass(slots=True)
class _Step:
    """A group, a repeat, or questions that are in none; parts are steps, and lines on questions with a condition."""

    title: str
    condition: str = ""
    repeat: bool = False
    questions: int = 0
    parts: list[_Step | str] = field(default_factory=list)


def drawings(form: Form, language: str) -> Iterator[Drawing]:
    """Yield the drawings of a form, in one of its languages."""
    before = ""
    for step in _steps(form, language):
        shapes: list[Shape] = []
        bottom = _draw(step, _RAIL, 0, WIDTH - 2 * _RAIL, shapes, same=step.condition == before)
        before = step.condition
        yield Drawing(step.title, bottom, tuple(shapes))


# --- what there is ------------------------------------------------------------------------------------------------


def _steps(form: Form, language: str) -> list[_Step]:
    resolved = resolve(form)
    labels = {one.name: _label(one.row, language) for one in resolved.questions}
    speaker = Speaker(
        resolved, language, lambda name: _("“{answer}”").format(answer=_short(labels.get(name, name)))
    )
    stack = [_Step("")]
    for row in form.survey:
        if row.kind is Kind.END:
            stack.pop()
        elif row.base in columns.BEGIN:
            step = _Step(
                _label(row, language), speaker.say(row.cell("relevant")), repeat=row.kind is Kind.REPEAT
            )
            stack[-1].parts.append(step)
            stack.append(step)
        elif row.kind in {Kind.QUESTION, Kind.NOTE}:
            _add(stack, row, _label(row, language), speaker.say(row.cell("relevant")))
    return [one for one in stack[0].parts if isinstance(one, _Step)]


def _add(stack: list[_Step], row: Row, label: str, condition: str) -> None:
    """Count a question, and note one that has a condition; what is in no group is gathered until the next group."""
    step = stack[-1]
    if len(stack) == 1:
        last = step.parts[-1] if step.parts else None
        if not (isinstance(last, _Step) and not last.title):
            step.parts.append(last := _Step(""))
        step = last
    step.questions += row.kind is Kind.QUESTION
    if condition:
        step.parts.append(
            _("{question}: only if {condition}").format(question=_short(label), condition=condition)
        )


def _label(row: Row, language: str) -> str:
    return " ".join((row.text("label", language) or row.name).split())


def _short(text: str) -> str:
    return textwrap.shorten(text, _LONGEST, placeholder="…")


# --- where it stands ----------------------------------------------------------------------------------------------


def _draw(step: _Step, x: float, y: float, width: float, shapes: list[Shape], *, same: bool = False) -> float:
    """Add the shapes of a step from here down; return where it ends. ``same``: its condition is that of the step before."""
    if step.condition:
        words = _("Under the same condition") if same else _("Only if {condition}")
        lines = _wrapped(words.format(condition=step.condition), width)
        height = len(lines) * _LINE + _PAD
        shapes.append(Shape("condition", x, y, width=width, height=height))
        y = _write("text", lines, x, y + _PAD / 2, shapes) + _PAD / 2 + 6
    at = len(shapes)
    below = _write("title", _wrapped(_heading(step), width), x, y + _PAD, shapes)
    for part in step.parts:
        if isinstance(part, str):
            below = _write("text", _wrapped(f"– {part}", width), x, below + 4, shapes)
        else:
            below = _draw(part, x + _RAIL, below + _PAD, width - 2 * _RAIL, shapes)
    below += _PAD
    kind: Literal["repeat", "group"] = "repeat" if step.repeat else "group"
    shapes.insert(at, Shape(kind, x, y, width=width, height=below - y))
    return below


def _heading(step: _Step) -> str:
    count = ngettext("{n} question", "{n} questions", step.questions).format(n=step.questions)
    again = _("repeated") if step.repeat else ""
    return " · ".join(filter(None, (step.title, count if step.questions else "", again)))


def _wrapped(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, int((width - 2 * _PAD) / _LETTER)) or [""]


def _write(
    kind: Literal["title", "text"], lines: list[str], x: float, y: float, shapes: list[Shape]
) -> float:
    shapes += [Shape(kind, x + _PAD, y + (at + 0.75) * _LINE, line) for at, line in enumerate(lines)]
    return y + len(lines) * _LINE
