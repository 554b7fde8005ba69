"""Random but valid submissions, from a seed: answers what is shown with what is offered, and tries again on refusal.

``simulate(xform, seed, habits=None, setting=FRESH) -> Simulated`` makes one. Many of them, and what they show about a form
(dead questions, leaks past the gate, length), are ``rehearsal.rehearse(form, xform, ...) -> Rehearsal``. Only the answers
come from the seed: the engine's ``uuid()`` and its clock cannot be seeded.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from xlsform.engine.filling import FRESH, datum
from xlsform.engine.hints import Hint
from xlsform.engine.jvm import Java
from xlsform.engine.opened import Opened, Setting, opened, path_of, plain, walk, written
from xlsform.errors import FormError

Rule = Callable[[random.Random], str]
TRIES = 50
CODE_TRIES = 600
"""Tries at a text with a pattern: a check sign lets one in 37 through."""
NO_HINT: Hint = Hint()
INSISTS = 0.9
"""How often a wanted code is chosen when it is offered."""
PAST_FIRST = 10
"""Tries at a date in the past; then come today and the days to come: hearings, ends of a period, deadlines."""


# ``seen``: the questions that were shown until then, without row numbers.
NoAnswerFits: Final = FormError.declare(
    "DK-F56",
    "No random answer to {path} was accepted in {tries} tries. Look at its constraint, at its choices, and at what is "
    "required there.",
    tries=0,
    seen=(),
)


@dataclass(frozen=True, slots=True)
class Simulated:
    """One random submission.

    Attributes:
        submission: what the phone would send.
        seen: paths of the questions that were shown, without row numbers.
        asked: the same in the order of showing, with row numbers: ``victims[2]/age``.
        answers: how many questions were answered.
    """

    submission: bytes
    seen: frozenset[str]
    asked: tuple[str, ...] = ()
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Habits:
    """How a simulated person answers.

    Attributes:
        rules: path without row numbers -> how to draw its answer.
        hints: path without row numbers -> what its constraint gives away.
        wants: path without row numbers -> codes to prefer, so that what hangs on them is met.
        skip: share of optional questions left empty.
        rows: most rows of one repeat.
    """

    rules: Mapping[str, Rule] = field(default_factory=dict)
    hints: Mapping[str, Hint] = field(default_factory=dict)
    wants: Mapping[str, frozenset[str]] = field(default_factory=dict)
    skip: float = 0.2
    rows: int = 3


def simulate(xform: str, seed: int, habits: Habits | None = None, setting: Setting = FRESH) -> Simulated:
    """Fill a form at random; the same seed gives the same answers on the same day.

    Raises:
        NoAnswerFits: every try at one question was refused.
        JavaMissing, EngineForked, MediaMissing, NoSuchLanguage, FormUnreadable: see ``opened``.
    """
    with opened(xform, setting) as screen:
        person = _Person(screen, random.Random(seed), habits or Habits())  # noqa: S311 - no secret, a rehearsal
        walk(screen, person.answer, person.another_row)
        _last_check(screen, person.asked)
        screen.controller.finalizeFormEntry()
        return Simulated(
            written(screen),
            frozenset(plain(path) for path in person.asked),
            tuple(person.asked),
            person.answers,
        )


def _last_check(screen: Opened, asked: Iterable[str]) -> None:
    outcome = screen.form.validate()
    if outcome is not None:
        raise NoAnswerFits(
            path=plain(path_of(outcome.failedPrompt)), tries=1, seen=frozenset(map(plain, asked))
        )


@dataclass(slots=True)
class _Person:
    """Someone who answers whatever is asked."""

    screen: Opened
    rnd: random.Random
    habits: Habits
    asked: list[str] = field(default_factory=list)
    answers: int = 0
    tried: int = 0
    rows: Counter[str] = field(default_factory=Counter)

    def answer(self, path: str, prompt: Java) -> None:
        question = plain(path)
        self.asked.append(path)
        if prompt.isReadOnly():
            return
        tries = CODE_TRIES if self.habits.hints.get(question, NO_HINT).pattern else TRIES
        for self.tried in range(tries):
            text = self._draw(question, prompt)
            data = datum(self.screen.org, prompt, text)
            if self.screen.controller.answerQuestion(prompt.getIndex(), data, True) == 0:
                self.answers += bool(text)
                return
        raise NoAnswerFits(path=question, tries=tries, seen=frozenset(map(plain, self.asked)))

    def another_row(self, path: str) -> bool:
        repeat = plain(path)
        self.rows[repeat] += 1
        return self.rows[repeat] < self.habits.rows and self.rnd.random() < 0.6

    def _draw(self, question: str, prompt: Java) -> str:
        if question in self.habits.rules:
            return self.habits.rules[question](self.rnd)
        wanted = self.habits.wants.get(question, frozenset())
        if not wanted and not prompt.isRequired() and self.rnd.random() < self.habits.skip:
            return ""
        hint = self.habits.hints.get(question, NO_HINT)
        if prompt.getSelectChoices() is not None:
            return self._choose(prompt, wanted, hint)
        return self._type_in(prompt, hint)

    def _choose(self, prompt: Java, wanted: frozenset[str], hint: Hint) -> str:
        kind = self.screen.org.javarosa.core.model.Constants
        names = [str(choice.getValue()) for choice in prompt.getSelectChoices()]
        good = [name for name in names if name in wanted]
        if good and self.rnd.random() < INSISTS:
            return self.rnd.choice(good)
        if prompt.getControlType() == kind.CONTROL_SELECT_ONE:
            size = 1
        elif prompt.getControlType() == kind.CONTROL_RANK:
            size = len(names)  # an order of all of them
        else:
            size = (hint.count(len(names), self.rnd) if self.tried % 2 else None) or self.rnd.randint(
                1, min(3, len(names) or 1)
            )
        return " ".join(self.rnd.sample(names, size)) if names else ""

    def _type_in(self, prompt: Java, hint: Hint) -> str:
        kind, rnd = self.screen.org.javarosa.core.model.Constants, self.rnd
        moment = self._moment(hint)
        number = hint.number(rnd) if self.tried % 2 else None
        typed: dict[int, Callable[[], str]] = {
            kind.DATATYPE_INTEGER: lambda: str(rnd.randint(0, 90) if number is None else round(number)),
            kind.DATATYPE_DECIMAL: lambda: f"{rnd.uniform(0, 90) if number is None else number:.2f}",
            kind.DATATYPE_DATE: lambda: moment.date().isoformat(),
            kind.DATATYPE_DATE_TIME: lambda: moment.isoformat(timespec="milliseconds"),
            kind.DATATYPE_TIME: lambda: moment.time().isoformat(timespec="milliseconds") + "+01:00",
            kind.DATATYPE_GEOPOINT: self._point,
            kind.DATATYPE_GEOTRACE: lambda: f"{self._point()}; {self._point()}",
            kind.DATATYPE_GEOSHAPE: self._shape,
            kind.DATATYPE_BINARY: lambda: f"{rnd.randint(10**12, 10**13 - 1)}.jpg",
        }
        if prompt.getControlType() == kind.CONTROL_TRIGGER:
            return "OK"
        return typed.get(prompt.getDataType(), lambda: hint.text(rnd) or f"texte {rnd.randint(1, 999)}")()

    def _moment(self, hint: Hint) -> datetime:
        """Return a moment in the past; after some refusals today, one to come, or one that the constraint names."""
        now = self.screen.now()
        day = hint.day(now.date(), self.rnd) if self.tried % 2 else None
        if day is not None:
            return datetime.combine(day, now.time(), now.tzinfo)
        back = self.rnd.randint(1, 400_000)
        return now - timedelta(minutes=back if self.tried < PAST_FIRST else self.rnd.choice((0, -back)))

    def _point(self) -> str:
        return f"{self.rnd.uniform(4, 6.5):.5f} {self.rnd.uniform(9, 11):.5f} 0 5"

    def _shape(self) -> str:
        corners = [self._point() for _ in range(3)]
        return "; ".join((*corners, corners[0]))
