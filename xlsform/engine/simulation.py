"""Random but valid submissions, from a seed: answers what is shown with what is offered, and tries again on refusal.

Only the answers come from the seed: the engine's ``uuid()`` and its clock cannot be seeded.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from xlsform.engine.filling import FRESH, datum
from xlsform.engine.jvm import ZONE, Java
from xlsform.engine.opened import Opened, Setting, opened, plain, walk, written
from xlsform.errors import N_, FormError

Rule = Callable[[random.Random], str]
TRIES = 50


@dataclass(eq=False, kw_only=True)
class NoAnswerFits(FormError):
    """A question takes none of the answers that could be thought of."""

    path: str

    code: ClassVar[str] = "DK-F56"
    message: ClassVar[str] = N_(
        "No random answer to {path} was accepted in 50 tries. Look at its constraint, or give a rule for its answers."
    )


@dataclass(frozen=True, slots=True)
class Simulated:
    """One random submission, and the paths of the questions it met (without row numbers)."""

    submission: bytes
    seen: frozenset[str]


@dataclass(frozen=True, slots=True)
class Habits:
    """How a simulated person answers.

    Attributes:
        rules: path without row numbers -> how to draw its answer.
        skip: share of optional questions left empty.
        rows: most rows of one repeat.
    """

    rules: Mapping[str, Rule] = field(default_factory=dict)
    skip: float = 0.2
    rows: int = 3


def simulate(xform: str, seed: int, habits: Habits | None = None, setting: Setting = FRESH) -> Simulated:
    """Fill a form at random; the same seed gives the same answers on the same day.

    Raises:
        NoAnswerFits: 50 tries at one question were refused.
        JavaMissing, EngineForked, MediaMissing, NoSuchLanguage, FormUnreadable: see ``opened``.
    """
    with opened(xform, setting) as screen:
        person = _Person(screen, random.Random(seed), habits or Habits())  # noqa: S311 - no secret, a rehearsal
        walk(screen, person.answer, person.another_row)
        _last_check(screen)
        screen.controller.finalizeFormEntry()
        return Simulated(written(screen), frozenset(person.seen))


def _last_check(screen: Opened) -> None:
    outcome = screen.form.validate()
    if outcome is not None:
        raise NoAnswerFits(path=str(outcome.failedPrompt.getReference().toString(False)))


@dataclass(slots=True)
class _Person:
    """Someone who answers whatever is asked."""

    screen: Opened
    rnd: random.Random
    habits: Habits
    seen: set[str] = field(default_factory=set)
    rows: Counter[str] = field(default_factory=Counter)

    def answer(self, path: str, prompt: Java) -> None:
        question = plain(path)
        self.seen.add(question)
        if prompt.isReadOnly():
            return
        for _ in range(TRIES):
            data = datum(self.screen.org, prompt, self._draw(question, prompt))
            if self.screen.controller.answerQuestion(prompt.getIndex(), data, True) == 0:
                return
        raise NoAnswerFits(path=question)

    def another_row(self, path: str) -> bool:
        repeat = plain(path)
        self.rows[repeat] += 1
        return self.rows[repeat] < self.habits.rows and self.rnd.random() < 0.6

    def _draw(self, question: str, prompt: Java) -> str:
        if question in self.habits.rules:
            return self.habits.rules[question](self.rnd)
        if not prompt.isRequired() and self.rnd.random() < self.habits.skip:
            return ""
        return self._choose(prompt) if prompt.getSelectChoices() is not None else self._type_in(prompt)

    def _choose(self, prompt: Java) -> str:
        names = [str(choice.getValue()) for choice in prompt.getSelectChoices()]
        one = prompt.getControlType() == self.screen.org.javarosa.core.model.Constants.CONTROL_SELECT_ONE
        size = 1 if one else self.rnd.randint(1, min(3, len(names) or 1))
        return " ".join(self.rnd.sample(names, size)) if names else ""

    def _type_in(self, prompt: Java) -> str:
        kind, rnd = self.screen.org.javarosa.core.model.Constants, self.rnd
        moment = datetime.now(ZoneInfo(ZONE)) - timedelta(minutes=rnd.randint(1, 400_000))
        typed: dict[int, Callable[[], str]] = {
            kind.DATATYPE_INTEGER: lambda: str(rnd.randint(0, 90)),
            kind.DATATYPE_DECIMAL: lambda: f"{rnd.uniform(0, 90):.2f}",
            kind.DATATYPE_DATE: lambda: moment.date().isoformat(),
            kind.DATATYPE_DATE_TIME: lambda: moment.isoformat(timespec="milliseconds"),
            kind.DATATYPE_TIME: lambda: moment.time().isoformat(timespec="milliseconds") + "+01:00",
            kind.DATATYPE_GEOPOINT: lambda: f"{rnd.uniform(4, 6.5):.5f} {rnd.uniform(9, 11):.5f} 0 5",
            kind.DATATYPE_BINARY: lambda: f"{rnd.randint(10**12, 10**13 - 1)}.jpg",
        }
        if prompt.getControlType() == kind.CONTROL_TRIGGER:
            return "OK"
        return typed.get(prompt.getDataType(), lambda: f"texte {rnd.randint(1, 999)}")()
