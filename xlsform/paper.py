"""A form on paper: which questions, in which words, with which room for the answer, as a page to print. Writes no file.

A sheet of paper has no lock: questions whose answers are sealed in the register (level 3, and what nobody classed) stay off it unless
identity is asked for; then each page says that it must be destroyed. Boxes are letters, not drawings, so that browsers and
LibreOffice print the same. The page itself is ``templates/paper.html``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from typing import Final, Literal

from xlsform import columns, pages
from xlsform.answers.condition_words import Speaker
from xlsform.errors import FormError
from xlsform.model import SEALED, Choice, Form, Kind, Question, Resolved, Row, Section, resolve

Room = Literal[
    "one", "several", "ranked", "listed", "line", "lines", "number", "date", "time", "moment", "tick", "phone"
]
"""Room for an answer: boxes of a list, the list at the end, lines, digits, or nothing because only the phone takes it."""

MOST_BOXES = 16
"""A longer list stands once at the end of the questionnaire."""


LanguageMissing: Final = FormError.declare(
    "DK-F91",
    "The form {form} has no language {language}. Nothing was written. Its languages: {known}.",
)


@dataclass(frozen=True, slots=True)
class Part:
    """The beginning of a group or repeat; ``depth`` 0 = at the top. ``repeat``: one copy for each row."""

    title: str
    condition: str
    repeat: bool
    depth: int


@dataclass(frozen=True, slots=True)
class End:
    """The end of a part."""


@dataclass(frozen=True, slots=True)
class Told:
    """A text that is read or read out; nothing is answered."""

    text: str
    condition: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its number on paper; ``choices`` stay empty unless its room is made of a list."""

    number: int
    name: str
    label: str
    hint: str
    condition: str
    required: bool
    room: Room
    choices: tuple[Choice, ...] = ()
    list: str = ""


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A form on paper.

    Attributes:
        language: code of the language of its questions.
        left_off: how many questions about identity are not on it.
        identity: whether questions of level 3 are on it.
        lists: the long lists, by name, which stand at the end.
    """

    title: str
    version: str
    language: str
    elements: tuple[Part | End | Told | Asked, ...]
    left_off: int
    identity: bool
    lists: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Return the questions alone."""
        return tuple(one for one in self.elements if isinstance(one, Asked))


def questionnaire(form: Form, language: str, *, identity: bool = False) -> Questionnaire:
    """Return what a form is on paper, in one of its languages ("" for a form that names none).

    Raises:
        LanguageMissing: the form does not speak it.
    """
    if language not in (form.languages or {"": ""}):
        known = ", ".join(form.languages) or "-"
        raise LanguageMissing(form=form.title or form.file, language=language or "-", known=known)
    resolved = resolve(form)
    shown = {one.path: one for one in resolved.questions if _is_shown(one, identity=identity)}
    writer = _Writer(resolved, language, shown)
    elements = tuple(writer.elements())
    asked = [one for one in elements if isinstance(one, Asked)]
    return Questionnaire(
        title=form.title,
        version=form.version,
        language=language,
        elements=elements,
        left_off=sum(one.kind is Kind.QUESTION and one.path not in shown for one in resolved.questions),
        identity=identity,
        lists={one.list: form.choices[one.list] for one in asked if one.room == "listed"},
    )


def _is_shown(question: Question, *, identity: bool) -> bool:
    if question.kind is Kind.NOTE:
        return True
    return (
        question.kind is Kind.QUESTION and question.type != "hidden" and (identity or question.level < SEALED)
    )


def text_in(texts: Mapping[str, str], language: str) -> str:
    """Return a text in a language, else in the first one that has it, else ""."""
    return texts.get(language) or next(iter(texts.values()), "")


class _Writer:
    """Goes through the rows once and writes down what stands on paper."""

    def __init__(self, form: Resolved, language: str, shown: Mapping[tuple[str, ...], Question]) -> None:
        self._form, self._language, self._shown = form, language, shown
        asked = [one for one in shown.values() if one.kind is Kind.QUESTION]
        self._numbers = {one.name: number for number, one in enumerate(asked, start=1)}
        self._speaker = Speaker(form, language, self._named)
        self._sections = {section.path: section for section in form.sections}

    def elements(self) -> Iterator[Part | End | Told | Asked]:
        """Yield parts, texts and questions; a part without any question or text is left out."""
        for path, row in self._form.form.paths():
            if path in self._sections:
                if self._holds_something(path):
                    yield End() if row.kind is Kind.END else self._part(self._sections[path])
            elif path in self._shown:
                yield self._told(row) if row.kind is Kind.NOTE else self._asked(self._shown[path])

    def _holds_something(self, path: tuple[str, ...]) -> bool:
        return any(one[: len(path)] == path for one in self._shown)

    def _part(self, section: Section) -> Part:
        return Part(
            title=self._text(section.row, "label"),
            condition=self._speaker.say(section.relevance),
            repeat=section.repeat,
            depth=len(section.path) - 1,
        )

    def _told(self, row: Row) -> Told:
        return Told(self._text(row, "label"), self._speaker.say(row.cell("relevant")))

    def _asked(self, question: Question) -> Asked:
        room, choices = _room(question, self._form.form)
        return Asked(
            number=self._numbers[question.name],
            name=question.name,
            label=self._text(question.row, "label") or question.name,
            hint=self._text(question.row, "hint"),
            condition=self._speaker.say(question.relevance),
            required=question.row.cell("required") not in {"", "no", "false", "false()"},
            room=room,
            choices=choices,
            list=question.list or "",
        )

    def _text(self, row: Row, column: str) -> str:
        return text_in(row.texts.get(column, {}), self._language)

    def _named(self, name: str) -> str:
        """Return how a condition calls a question: by its number on paper, else by its words."""
        if name in self._numbers:
            return _("question {n}").format(n=self._numbers[name])
        question = self._form.question(name)
        label = text_in(question.labels, self._language) if question is not None else ""
        return _("the question “{label}”, which only the phone asks,").format(label=label or name)


_ROOMS: Mapping[str, Room] = {
    "integer": "number",
    "decimal": "number",
    "range": "number",
    "date": "date",
    "time": "time",
    "dateTime": "moment",
    "acknowledge": "tick",
    **dict.fromkeys(("geopoint", "geotrace", "geoshape", "image", "audio", "video", "file"), "phone"),
}
_LISTED: Mapping[str, Room] = {"select_one": "one", "select_multiple": "several", "rank": "ranked"}


def _room(question: Question, form: Form) -> tuple[Room, tuple[Choice, ...]]:
    choices = form.choices.get(question.list or "", ())
    if question.type in columns.SELECTS and (not choices or _is_bare(choices)):
        return "line", ()
    if question.type in _LISTED:
        return ("listed", ()) if len(choices) > MOST_BOXES else (_LISTED[question.type], choices)
    if question.type == "text" and "multiline" in question.row.cell("appearance").split():
        return "lines", ()
    return _ROOMS.get(question.type, "line"), ()


def _is_bare(choices: tuple[Choice, ...]) -> bool:
    """Tell whether a list only numbers something (V1, V2): on paper the number is written."""
    return len(choices) > MOST_BOXES and all(
        set(choice.labels.values()) <= {choice.name} for choice in choices
    )


_REFERENCE = re.compile(r"\$\{[^}]*\}")


def page(sheet: Questionnaire, media: Path | None = None) -> str:
    """Return the whole page; ``media`` is the folder with the pictures of choices."""

    def pictures(choices: Sequence[Choice]) -> list[bytes]:
        return [_picture(text_in(one.texts.get("image", {}), sheet.language), media) for one in choices]

    def label(choice: Choice) -> pages.Markup:
        return _plain(text_in(choice.labels, sheet.language) or choice.name)

    elements = [(type(one).__name__, one) for one in sheet.elements]
    return pages.page(
        "xlsform", "paper.html", sheet=sheet, elements=elements, pictures=pictures, label=label, plain=_plain
    )


def _picture(name: str, media: Path | None) -> bytes:
    """Return the picture of a choice; empty without one, and of a name that leads out of the folder."""
    if media is None or not name.endswith(".png") or Path(name).name != name or not (media / name).is_file():
        return b""
    return (media / name).read_bytes()


def _plain(text: str) -> pages.Markup:
    """Return a text for the page: answers that a phone would put into it become room to write."""
    return pages.lined(_REFERENCE.sub("________", text))
