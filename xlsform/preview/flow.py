"""The flow of a form as a picture: the steps of a form as shapes, with the way around and back.

A page is made of them by ``templates/flow.html``, which prints: one drawing for each group at the top, so that none is cut by the end of a
sheet.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import gettext as _
from typing import Final, Literal

from xlsform.answers.steps import Step, steps
from xlsform.model import Form

WIDTH: Final = 720
"""Width of a drawing; its height is as needed."""
_LINE: Final = 17
_PAD: Final = 10
_LETTER: Final = 6.4
"""Width of a letter, about; a line that is drawn wider than its box would be cut."""
_RAIL: Final = 26
"""Room beside a box: on the left for the way around it, on the right for the way back."""


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


def drawings(form: Form, language: str) -> Iterator[Drawing]:
    """Yield the drawings of a form, in one of its languages."""
    before = ""
    for step in steps(form, language):
        shapes: list[Shape] = []
        bottom = _draw(step, _RAIL, 0, WIDTH - 2 * _RAIL, shapes, same=step.condition == before)
        before = step.condition
        yield Drawing(step.title, bottom, tuple(shapes))


# --- where it stands ----------------------------------------------------------------------------------------------


def _draw(step: Step, x: float, y: float, width: float, shapes: list[Shape], *, same: bool = False) -> float:
    """Add the shapes of a step from here down; return where it ends. ``same``: its condition is that of the step before."""
    if step.condition:
        words = _("Under the same condition") if same else _("Only if {condition}")
        lines = _wrapped(words.format(condition=step.condition), width)
        height = len(lines) * _LINE + _PAD
        shapes.append(Shape("condition", x, y, width=width, height=height))
        y = _write("text", lines, x, y + _PAD / 2, shapes) + _PAD / 2 + 6
    at = len(shapes)
    below = _write("title", _wrapped(step.heading(), width), x, y + _PAD, shapes)
    for part in step.parts:
        if isinstance(part, Step):
            below = _draw(part, x + _RAIL, below + _PAD, width - 2 * _RAIL, shapes)
        else:
            below = _write("text", _wrapped(f"– {part}", width), x, below + 4, shapes)
    below += _PAD
    kind: Literal["repeat", "group"] = "repeat" if step.repeat else "group"
    shapes.insert(at, Shape(kind, x, y, width=width, height=below - y))
    return below


def _wrapped(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, int((width - 2 * _PAD) / _LETTER)) or [""]


def _write(
    kind: Literal["title", "text"], lines: list[str], x: float, y: float, shapes: list[Shape]
) -> float:
    shapes += [Shape(kind, x + _PAD, y + (at + 0.75) * _LINE, line) for at, line in enumerate(lines)]
    return y + len(lines) * _LINE
