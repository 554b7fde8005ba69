"""What a table that came back changes in a form, and the files that then hold it. The caller writes, all of it or nothing.

A translation is taken when its row is still there and it keeps the placeholders and marks of today's source. One that was made
from other words is taken too, and remembered as to be looked at again. What is made is read back and compared before it is handed
over, so that no translation costs a form anything else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from gettext import gettext
from pathlib import Path
from typing import Final

from xlsform import columns, pack
from xlsform.build import core_rows
from xlsform.errors import N_, FormError
from xlsform.model import Choice, Form, Row
from xlsform.rules import not_endless
from xlsform.sources import emit, plain_yaml, source
from xlsform.translate.memory import Kept, Memory
from xlsform.translate.table import Line, Table
from xlsform.translate.texts import Language, Text, added, damage, keys, of_form, texts
from xlsform.workbooks import importing, layout, workbook, writing

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
        names: how many of them are names of places as the table had them from the start.
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
    names: int
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
        names=work.names,
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
        self.taken = self.names = self.same = self.left = 0
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
            self.names += text.kind == "place" and line.translation == now
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


NotTheSame: Final = FormError.declare(
    "DK-F89",
    "{file} was not written: read again, the form would differ in more than its translation. Nothing was changed. Save "
    "the workbook in Excel or LibreOffice, check it with dikalo forms check, and try again.",
)


@dataclass(frozen=True, slots=True)
class Held:
    """A form and the file that is its truth; ``sheets`` are those of its workbook that a rewriting would leave out."""

    form: Form
    path: Path
    sheets: tuple[str, ...] = ()


def hold(path: Path, root: Path) -> Held:
    """Read the form of a source or a workbook that is going to be rewritten.

    Raises:
        FormError: it cannot be read.
        ImportStopped: cells of the workbook would lose their content.
    """
    if path.suffix.lower() in {".yaml", ".yml"}:
        return Held(source.load(path, root), path)
    reading = workbook.read(workbook.load(path), file=path.name)
    not_endless(reading.form, path.name)
    if stopped := importing.blocking(reading.findings):
        raise importing.ImportStopped(file=path.name, count=len(stopped))
    sheets = tuple(name for name in reading.form.others if name != layout.TITLE)
    return Held(reading.form, path, sheets)


def protected_words(form_id: str, root: Path) -> tuple[str, ...]:
    """Return the paths of the rows whose wording an organisation may not change, by the core that is nearest.

    Raises:
        FormError: ``core.yaml`` cannot be read.
    """
    path = root / "core.yaml"
    path = path if path.is_file() else pack.forms_root() / "core.yaml"
    if not path.is_file():
        return ()
    file = pack.shown(path)
    top = plain_yaml.parse(plain_yaml.decode(path.read_bytes(), file), file)
    return plain_yaml.texts_under(top, form_id, "texts")


def rewritten(held: Held, form: Form, root: Path) -> tuple[bytes, Sequence[str]]:
    """Return the bytes of the form's file with a changed form, and the comments of its source that find no place.

    Raises:
        NotTheSame: reading the file again gives another form.
        CellTooLong, CharacterForbidden: a text that a workbook cannot hold.
    """
    if held.path.suffix.lower() in {".yaml", ".yml"}:
        written = emit.write(form, old=importing.old_text(held.path), root=root)
        raw, back = written.text.encode(), source.read(written.text.encode(), file=held.path.name, root=root)
        lost = [comment for _line, comment in written.lost]
    else:
        core = root if (root / "core.yaml").is_file() else pack.forms_root()
        raw = writing.write(form, core=core_rows(form.form_id, core))
        back, lost = workbook.read(raw, file=held.path.name).form, []
    if back != form:
        raise NotTheSame(file=held.path.name)
    return raw, lost
