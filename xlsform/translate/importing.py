"""What a table that came back changes in a form. Decides only: the caller writes, all of it or nothing.

A translation is taken when its row is still there and it keeps the placeholders and marks of today's source. One that was
made from other words is taken too, and remembered as to be looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from gettext import gettext
from typing import Final

from xlsform import columns
from xlsform.errors import N_, FormError
from xlsform.model import Choice, Form, Row
from xlsform.translate.languages import Language, added, of_form
from xlsform.translate.marks import damage
from xlsform.translate.memory import Kept, Memory
from xlsform.translate.table import Line, Table
from xlsform.translate.texts import Text, keys, texts

__all__ = ["Fault", "Planned", "TableOfOtherForm", "TranslationRefused", "plan"]

LONGEST = 32_767
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LEGAL = frozenset(("fr", "en"))
"""Languages in which the wording of the agreement belongs to the core."""
_CELLS = {
    "formula": N_("the cell holds a formula; write the words"),
    "date": N_("the cell holds a date; write it as text"),
    "fraction": N_("the cell holds a number; write it as text"),
    "error": N_("the cell holds an error of the spreadsheet"),
}


TableOfOtherForm: Final = FormError.declare(
    "DK-F81",
    "This table belongs to the form {table}, not to {form}. Nothing was changed. Name the form it belongs to, or take "
    "the right table.",
)
TranslationRefused: Final = FormError.declare(
    "DK-F82",
    "The translation was not taken, the form is as it was: {count} of its cells hold faults, named above. Correct them "
    "in the table and import it again.",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell of the table.

    ``code``: TABLE-PLACEHOLDER, TABLE-MARKUP, TABLE-CELL, TABLE-TEXT, TABLE-TWICE or TABLE-FROZEN.
    """

    code: str
    cell: str
    key: str
    what: str

    def document(self) -> dict[str, str]:
        """Return what ``--json`` shows."""
        return {"code": self.code, "cell": self.cell, "key": self.key, "what": self.what}


@dataclass(frozen=True, slots=True)
class Planned:
    """What an import does.

    Attributes:
        form: the form with the translations.
        language: the language translated into.
        is_new: the form did not have it.
        taken: how many texts it writes anew or differently.
        same: how many were there already, word for word.
        left: how many cells were left empty.
        stale: keys of translations made from other words than those of today.
        gone: keys of rows that the form has no more.
        filled: how many texts stand in, in the language translated from, because a translation is missing.
        faults: what is wrong; when there are any, nothing must be written.
        memory: what to remember.
    """

    form: Form
    language: Language
    is_new: bool
    taken: int
    same: int
    left: int
    stale: tuple[str, ...]
    gone: tuple[str, ...]
    filled: int
    faults: tuple[Fault, ...]
    memory: Memory


def plan(
    form: Form,
    table: Table,
    memory: Memory,
    *,
    frozen: Collection[str] = (),
    fill: bool = False,
) -> Planned:
    """Say what a table changes.

    Args:
        form: the form as it is.
        table: the table that came back.
        memory: what is remembered of these two languages.
        frozen: paths of rows whose French and English wording belongs to the core.
        fill: put the source's words where a translation is missing, so that the phone shows something.

    Raises:
        TableOfOtherForm: the table belongs to another form.
        LanguageNotInForm, LanguageUnnamed: its languages fit neither the form nor a new language.
    """
    if table.form != form.form_id:
        raise TableOfOtherForm(table=table.form, form=form.form_id or form.file)
    source, target = of_form(form, table.source), added(form, table.target)
    work = _Work(form, source, target, memory, frozenset(frozen))
    for line in table.lines:
        work.take(line)
    made = _with(form, target, work.words)
    filled = list(_stand_ins(made, source, target)) if fill else []
    if filled:
        made = _with(made, target, {text.key: text.by_language[source.code] for text in filled})
    return Planned(
        form=made,
        language=target,
        is_new=target.code not in form.languages,
        taken=work.taken,
        same=work.same,
        left=work.left,
        stale=tuple(work.stale),
        gone=tuple(work.gone),
        filled=len(filled),
        faults=tuple(work.faults),
        memory={key: kept for key, kept in work.memory.items() if key in work.texts},
    )


class _Work:
    """Goes through the table once; gathers what to write and what is wrong."""

    def __init__(
        self, form: Form, source: Language, target: Language, memory: Memory, frozen: frozenset[str]
    ) -> None:
        self.texts = {text.key: text for text in texts(form, source.code)}
        self.memory = dict(memory)
        self.words: dict[str, str] = {}
        self.taken = self.same = self.left = 0
        self.stale: list[str] = []
        self.gone: list[str] = []
        self.faults: list[Fault] = []
        self._source, self._target = source.code, target.code
        self._frozen = frozen if target.code in _LEGAL else frozenset[str]()

    def take(self, line: Line) -> None:
        """Take one row, or note why not."""
        text = self.texts.get(line.key)
        if line.kind == "formula" or line.kind in _CELLS:
            self._fault("TABLE-CELL", line, gettext(_CELLS[line.kind]))
        elif not line.translation:
            self.left += 1
        elif text is None or not text.by_language.get(self._source):
            self.gone.append(line.key)
        elif line.key in self.words and self.words[line.key] != line.translation:
            self._fault("TABLE-TWICE", line, gettext("this text is given twice, in different words"))
        elif not self._is_faulty(line, text):
            self._keep(line, text)

    def _is_faulty(self, line: Line, text: Text) -> bool:
        before = len(self.faults)
        if len(line.translation) > LONGEST or _CONTROL.search(line.translation):
            self._fault(
                "TABLE-TEXT", line, gettext("the text is too long for a cell, or holds a control character")
            )
        for one in damage(text.by_language[self._source], line.translation):
            self._fault(one.code, line, one.words)
        if text.path in self._frozen and line.translation != text.by_language.get(self._target):
            self._fault(
                "TABLE-FROZEN",
                line,
                gettext("this wording is protected: what a person agrees to stays as it is"),
            )
        return len(self.faults) > before

    def _keep(self, line: Line, text: Text) -> None:
        now = text.by_language[self._source]
        if line.translation == text.by_language.get(self._target):
            self.same += 1
        else:
            self.taken += 1
        self.words[line.key] = line.translation
        if " ".join(line.source.split()) != " ".join(now.split()):
            self.stale.append(line.key)
        self.memory[line.key] = self._remembered(line, now)

    def _remembered(self, line: Line, now: str) -> Kept:
        """Remember today's words, or those that the translator saw when they were others."""
        return Kept(line.source if line.key in self.stale else now, line.translation)

    def _fault(self, code: str, line: Line, what: str) -> None:
        self.faults.append(Fault(code, line.cell, line.key, what))


def _stand_ins(form: Form, source: Language, target: Language) -> Iterator[Text]:
    for text in texts(form, source.code):
        if text.by_language.get(source.code) and not text.by_language.get(target.code):
            yield text


def _with(form: Form, target: Language, words: Mapping[str, str]) -> Form:
    """Lay translations into a form; a new language also gets the media that all the others share."""
    new = target.code not in form.languages
    survey = list(form.survey)
    choices = {name: list(rows) for name, rows in form.choices.items()}
    for key, at in keys(form):
        if isinstance(at, int):
            survey[at] = replace(survey[at], texts=_laid(survey[at], key, form, target.code, words, new=new))
        else:
            name, number = at
            row = choices[name][number]
            choices[name][number] = replace(row, texts=_laid(row, key, form, target.code, words, new=new))
    return replace(
        form,
        languages={**form.languages, target.code: target.name},
        survey=tuple(survey),
        choices={name: tuple(rows) for name, rows in choices.items()},
        letters={},
    )


def _laid(
    row: Row | Choice, key: str, form: Form, code: str, words: Mapping[str, str], *, new: bool
) -> dict[str, Mapping[str, str]]:
    laid: dict[str, Mapping[str, str]] = {}
    for column, by_language in row.texts.items():
        own = words.get(f"{key}/{column}", by_language.get(code, ""))
        if new and column in columns.MEDIA and _is_shared(by_language, form):
            own = next(iter(by_language.values()))
        laid[column] = _ordered({**by_language, code: own} if own else by_language, form, code)
    return laid


def _is_shared(by_language: Mapping[str, str], form: Form) -> bool:
    """Tell whether every language of the form shows the same file."""
    return len({by_language.get(code) for code in form.languages}) == 1 and bool(by_language)


def _ordered(by_language: Mapping[str, str], form: Form, code: str) -> dict[str, str]:
    order = ["", *form.languages, code]
    return {one: by_language[one] for one in dict.fromkeys((*order, *by_language)) if one in by_language}
