"""A filling told screen by screen: what the person reads on the phone, what is offered, what is answered.

The words come from the engine, in the language that was chosen, with what was answered before laid in. One field-list group
or row is one screen; whether another row is wanted is asked between screens, as Collect does.

Of how many screens a filled form had only what was shown counts: notes too, the question whether another row is wanted does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from statistics import median

from xlsform.engine.filling import FRESH, Filled, Reason, Refusal, answer_one, finish
from xlsform.engine.jvm import Java
from xlsform.engine.opened import Opened, Setting, opened, plain, short, walk
from xlsform.model import Question, Resolved

_INDEX = re.compile(r"\[\d+\]$")


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the middle and the most of some counts; all 0 when there was nothing to count."""

    least: int = 0
    middle: float = 0
    most: int = 0

    @classmethod
    def of(cls, counts: Sequence[int]) -> Spread:
        """Return the spread of some counts."""
        return cls(min(counts), float(median(counts)), max(counts)) if counts else cls()

    def document(self) -> dict[str, float]:
        """Return what ``--json`` shows."""
        return {"min": self.least, "median": self.middle, "max": self.most}


def field_lists(form: Resolved) -> frozenset[tuple[str, ...]]:
    """Return the paths of the groups and repeats that are shown on one screen."""
    return frozenset(
        section.path
        for section in form.sections
        if {"field-list", "table-list"} & {*section.row.cell("appearance").split()}
    )


def screen_of(path: str, lists: frozenset[tuple[str, ...]]) -> str:
    """Return the place that stands for the screen of a question: its outermost field-list, else itself.

    >>> screen_of("victims[2]/sex", frozenset({("victims",)}))
    'victims[2]'
    """
    parts = path.split("/")
    names = tuple(_INDEX.sub("", part) for part in parts)
    length = next((size for size in range(1, len(parts)) if names[:size] in lists), len(parts))
    return "/".join(parts[:length])


def screens(asked: Iterable[str], lists: frozenset[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return the questions that were shown, screen by screen, in their order."""
    made: list[list[str]] = []
    last = ""
    for path in asked:
        here = screen_of(path, lists)
        if here != last:
            made.append([])
        made[-1].append(path)
        last = here
    return tuple(tuple(one) for one in made)


_ROW = re.compile(r"\[(\d+)\]$")


@dataclass(frozen=True, slots=True)
class Offered:
    """A choice on the screen; ``image`` is the name of its picture, if it has one."""

    code: str
    label: str
    chosen: bool
    image: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A question or note on the screen.

    Attributes:
        path: with row numbers.
        type: first word of the type in the survey sheet.
        text: the question, in the language chosen.
        hint: what stands in small letters below; ``guidance`` what a tap shows.
        required: whether it must be answered.
        level: how secret the answer is, 0 to 3.
        choices: what is offered, () for what is typed.
        answer: what was typed or is shown; for choices, their labels.
        refused: why the phone did not take the answer; None when it did. ``says`` is what it shows then.
    """

    path: str
    type: str
    text: str
    hint: str
    guidance: str
    required: bool
    level: int
    choices: tuple[Offered, ...]
    answer: str
    refused: Reason | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: the labels of the groups around it, outermost first, the number of its row, what it shows."""

    where: tuple[str, ...]
    row: int | None
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Another:
    """The question whether one more row is wanted: the label of the repeat, and the answer."""

    label: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A filling told, and what came of it."""

    steps: tuple[Screen | Another, ...]
    filled: Filled

    @property
    def screens(self) -> tuple[Screen, ...]:
        """The screens, without the questions between them."""
        return tuple(step for step in self.steps if isinstance(step, Screen))


def rows_left_out(form: Resolved, answers: Mapping[str, str]) -> list[str]:
    """Return the repeats of which there is no row: the first one, there from the start, is then deleted."""
    repeats = ["/".join(section.path) for section in form.sections if section.repeat]
    said = [plain(path) for path in answers]
    return [path for path in repeats if not any(one.startswith(f"{path}/") for one in said)]


def tell(form: Resolved, xform: str, answers: Mapping[str, str], setting: Setting = FRESH) -> Told:
    """Fill an empty form and tell it.

    Args:
        form: the form, resolved.
        xform: what a phone gets of it.
        answers: path of a question -> answer, as `filling.fill` takes them.
        setting: language, media.

    Raises:
        JavaMissing, EngineForked, MediaMissing, NoSuchLanguage, FormUnreadable: see ``opened``.
    """
    with opened(xform, setting) as screen:
        teller = _Teller(screen, form, answers)
        walk(screen, teller.ask, teller.more, rows_left_out(form, answers))
        return Told(
            tuple(_grouped(teller.told, form)), finish(screen, teller.asked, teller.left, teller.refused)
        )


class _Teller:
    """Answers whatever is prepared and writes down what is seen."""

    def __init__(self, screen: Opened, form: Resolved, answers: Mapping[str, str]) -> None:
        self._screen = screen
        self._questions = {"/".join(one.path): one for one in form.questions}
        self.left = {short(path): text for path, text in answers.items()}
        self.asked: list[str] = []
        self.refused: list[Refusal] = []
        self.told: list[tuple[tuple[str, ...], Shown] | Another] = []

    def ask(self, path: str, prompt: Java) -> None:
        """Look, answer, and look at the answer."""
        self.asked.append(path)
        where = tuple(
            _text(one.getLongText()) for one in self._screen.model.getCaptionHierarchy(prompt.getIndex())
        )
        seen = self._seen(path, prompt)
        text = self.left.pop(path, None)
        if not prompt.isReadOnly():
            refused = answer_one(self._screen, path, prompt, text)
            self.refused += refused
            if refused:
                seen = replace(seen, refused=refused[0].reason, says=refused[0].message)
        self.told.append((tuple(label for label in where[:-1] if label), self._answered(seen, prompt, text)))

    def more(self, row: str) -> bool:
        """Say whether an answer is prepared in the next row."""
        wanted = any(path.startswith(f"{row}/") for path in self.left)
        caption = self._screen.model.getCaptionPrompt()
        self.told.append(Another(_text(caption.getLongText()), wanted))
        return wanted

    def _seen(self, path: str, prompt: Java) -> Shown:
        question = self._questions.get(plain(path))
        return Shown(
            path=path,
            type=question.type if question is not None else "",
            text=_text(prompt.getQuestionText()),
            hint=_text(prompt.getHelpText()),
            guidance=_guidance(prompt),
            required=bool(prompt.isRequired()),
            level=_level(question),
            choices=tuple(self._offered(prompt)),
            answer="",
        )

    def _offered(self, prompt: Java) -> Iterator[Offered]:
        for choice in prompt.getSelectChoices() or ():
            image = _text(prompt.getSpecialFormSelectChoiceText(choice, "image"))
            yield Offered(
                str(choice.getValue()),
                _text(prompt.getSelectChoiceText(choice)),
                chosen=False,
                image=PurePosixPath(image).name,
            )

    def _answered(self, seen: Shown, prompt: Java, text: str | None) -> Shown:
        """Mark what was chosen, or note what was typed; what the phone refused is shown as it was given."""
        if seen.refused is not None:
            codes = set((text or "").split())
        else:
            given = prompt.getAnswerValue()
            codes = set(str(given.uncast().getString()).split()) if given is not None else set()
        choices = tuple(replace(one, chosen=one.code in codes) for one in seen.choices)
        if choices:
            answer = ", ".join(one.label for one in choices if one.chosen)
        else:
            answer = (
                (text or "") if seen.refused is not None else _text(prompt.getAnswerText()) or (text or "")
            )
        return replace(seen, choices=choices, answer=answer)


def _grouped(
    told: list[tuple[tuple[str, ...], Shown] | Another], form: Resolved
) -> Iterator[Screen | Another]:
    """Lay the questions of one screen together."""
    lists = field_lists(form)
    here, where, shown = "", tuple[str, ...](), list[Shown]()
    for one in told:
        place = "" if isinstance(one, Another) else screen_of(one[1].path, lists)
        if shown and place != here:
            yield Screen(where, _row(shown[0].path), tuple(shown))
            shown = []
        if isinstance(one, Another):
            yield one
        else:
            where = where if shown else one[0]
            shown.append(one[1])
        here = place
    if shown:
        yield Screen(where, _row(shown[0].path), tuple(shown))


def _row(path: str) -> int | None:
    """Return the number of the row of the innermost repeat around a place: None for a first row or none."""
    rows = [found for part in path.split("/")[:-1] if (found := _ROW.search(part))]
    return int(rows[-1][1]) if rows else None


def _guidance(prompt: Java) -> str:
    help_id = prompt.getQuestion().getHelpTextID()
    return _text(prompt.getSpecialFormQuestionText(help_id, "guidance")) if help_id else ""


def _level(question: Question | None) -> int:
    return question.level if question is not None else 3


def _text(said: object) -> str:
    return "" if said is None else str(said).strip()
