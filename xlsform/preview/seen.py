"""What a preview shows of one form: the XForm opened in each language, where each answer goes, what the check says, what it cannot show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from gettext import gettext as _
from pathlib import Path
from typing import Final

from lxml import etree

from xlsform.answers import dictionary
from xlsform.answers.steps import Step, outline
from xlsform.errors import N_, FormError
from xlsform.findings.causes import Cause, causes
from xlsform.findings.inspection import Inspection, inspect
from xlsform.lesson.kit import Kit, kit, list_file
from xlsform.model import Form, media


@dataclass(frozen=True, slots=True)
class Choosing:
    """A question whose answers are in the form itself: its place, its words, and the words of each answer by code."""

    path: str
    question: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A form as the browser gets it; ``kit`` is None while it cannot be turned into what phones read.

    Attributes:
        places: path of a question -> how secret its answer is and where it goes, in words.
    """

    checked: Inspection
    kit: Kit | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def languages(self) -> Mapping[str, str]:
        """Return the form's languages by code; one without a name for a form that names none."""
        form = self.kit.form.form if self.kit is not None else None
        return (form.languages if form is not None else {}) or {"": ""}

    def xform(self, language: str) -> bytes:
        """Return the XForm with this language as the one it opens in."""
        if self.kit is None:
            return b""
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(self.kit.xform.encode(), parser)
        name = self.languages.get(language, "")
        for translation in root.iterfind(".//{*}itext/{*}translation"):
            translation.attrib.pop("default", None)
            if translation.get("lang") == name:
                translation.set("default", "true()")
        return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))

    def file(self, name: str) -> bytes | None:
        """Return a picture, sound or list beside the form, None when it is not there; lists of a register get invented rows."""
        if self.kit is None or name not in media(self.kit.form.form) or Path(name).name != name:
            return None
        try:
            return list_file(name, self.kit.media)[0]
        except FormError:
            return None

    def causes(self) -> list[Cause]:
        """Return what the check shows."""
        return causes(self.checked.shown)

    def conditions(self, language: str) -> list[tuple[str, str, str]]:
        """Return place, words and condition of each group, repeat, question or note that is not always shown."""
        found = [] if self.kit is None else outline(self.kit.form.form, self._spoken(language))
        named = [
            (one.path, one.title if isinstance(one, Step) else one.question, one.condition)
            for _depth, one in found
        ]
        return [one for one in named if one[2]]

    def choosing(self, language: str) -> list[Choosing]:
        """Return the questions whose answers can be chosen, in the order of the form."""
        if self.kit is None:
            return []
        lists, spoken = self.kit.form.form.choices, self._spoken(language)
        return [
            Choosing(
                "/".join(one.path),
                one.labels.get(spoken) or one.name,
                {choice.name: choice.labels.get(spoken) or choice.name for choice in lists.get(one.list, ())},
            )
            for one in self.kit.form.questions
            if one.list
        ]

    def _spoken(self, language: str) -> str:
        return language if language in self.languages else next(iter(self.languages))

    def unlike(self) -> Iterator[tuple[str, bool]]:
        """Yield what is otherwise on a phone, and whether this form has something of it."""
        form = self.kit.form.form if self.kit is not None else None
        for words, concerns in _UNLIKE:
            yield _(words), form is not None and concerns(form)


def see(path: Path, root: Path) -> Seen:
    """Read, check and convert a form; never raises what is wrong with it: that is in what was checked."""
    checked = inspect(path, root=root)
    try:
        made = kit(path, root)
    except FormError as failure:
        is_said = checked.findings or checked.failure
        return Seen(checked if is_said else replace(checked, form=None, failure=failure))
    found = {entry.path: _place(entry) for entry in dictionary.entries(made.form.form)}
    return Seen(checked, made, found)


def _place(entry: dictionary.Entry) -> str:
    return " · ".join(filter(None, (entry.path, dictionary.level_words(entry.sensitivity), entry.register)))


def _has(*columns: str) -> Callable[[Form], bool]:
    return lambda form: any(row.cell(one) or row.texts.get(one) for row in form.survey for one in columns)


def _remembers(form: Form) -> bool:
    return any("${last-saved#" in cell for row in form.survey for cell in row.cells.values())


def _asks(*types: str) -> Callable[[Form], bool]:
    return lambda form: any(row.base in types for row in form.survey)


_UNLIKE: Final[tuple[tuple[str, Callable[[Form], bool]], ...]] = (
    (N_("Pages: all questions are below each other; a phone shows one screen after another."), bool),
    (
        N_("Guidance hints run together with hints; on a phone set up by dikalo they open at a touch."),
        _has("guidance_hint"),
    ),
    (N_("Answers of the last form saved on the phone: here these questions start empty."), _remembers),
    (
        N_("Encryption: nothing is sent or kept, so nothing is encrypted."),
        lambda form: "public_key" in form.settings,
    ),
    (
        N_("The position and the map: not asked for, and no map is fetched."),
        _asks("geopoint", "geotrace", "geoshape"),
    ),
    (
        N_("The camera, the microphone and signatures: choose a file instead."),
        _asks("image", "audio", "video"),
    ),
    (
        N_("Lists that the register fills on a phone: here invented rows stand in them."),
        _asks("select_one_from_file", "select_multiple_from_file"),
    ),
    (N_("Buttons are in French or English; errors of the library itself are in English."), bool),
)
"""What is otherwise on a phone -> whether a form has something of it."""

BUTTONS: Final = (
    N_("Send"),
    N_("Add"),
    N_("Remove"),
    N_("Cancel"),
    N_("Today"),
    N_("Clear"),
    N_("Change language"),
    N_("Choose image"),
    N_("Take picture"),
    N_("Get location"),
    N_("Save location"),
    N_("Finding your location"),
    N_("Cannot access location"),
    N_("Try again"),
    N_("Rank items"),
    N_("Powered by"),
    N_("No results found"),
    N_("No available options"),
    N_("1 question with error."),
    N_("{n} questions with errors."),
    N_("Condition not satisfied: constraint"),
    N_("Condition not satisfied: required"),
)
"""What the library says by itself, word by word as it does; the browser says it in the language of the form."""
