"""The table that a translator gets and gives back, as a workbook or as CSV. Builds, writes and reads it; decides nothing.

Headers are in French and English at once, so that a table finds its way back whatever the language of either computer.
Only three columns are read again: form, key and translation, and the source that the translation was made from.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from gettext import gettext
from types import MappingProxyType
from typing import Final

from xlsform.errors import N_, FormError
from xlsform.model import Form
from xlsform.translate.drafts import SOURCE
from xlsform.translate.memory import Memory, State, guarded, state_of, unguarded
from xlsform.translate.texts import Language, Text, texts
from xlsform.workbooks import tables, workbook
from xlsform.workbooks.layout import column_letter
from xlsform.workbooks.sheets import RawCell

SHEET = "traduction"
LARGEST = 20_000_000
"""Bytes of the largest CSV that is read."""
MOST = 50_000
"""Most rows of a table; the longest form has about 2,000 texts."""

_FORM, _KEY = "formulaire / form", "clé / key"
_WHERE, _KIND, _STATE = "endroit / place", "sorte / kind", "état / state"
_FROM, _ALSO, _TO = "de / from: ", "aussi / also: ", "vers / to: "
_DRAFT = "ébauche / draft"
_NOTE = "remarque / note"

_KINDS = {
    "question": N_("question"),
    "note": N_("note"),
    "group": N_("group"),
    "repeat": N_("repeated group"),
    "choice": N_("choice"),
    "place": N_("name of a place"),
    "metadata": N_("question"),
    "calculate": N_("calculation"),
}
_COLUMNS = {
    "hint": N_("hint"),
    "guidance_hint": N_("explanation"),
    "required_message": N_("message when empty"),
    "constraint_message": N_("message when wrong"),
}
_STATES = {State.MISSING: N_("MISSING"), State.CHANGED: N_("CHANGED"), State.DONE: ""}


TableUnreadable: Final = FormError.declare(
    "DK-F80",
    "{file} is not a table of translations: {why}. Take a table that dikalo forms translate export FORM --to LANGUAGE has written, and "
    "change only the column of the translation.",
    shown={"why": gettext},
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table that is written: a text, what is to do with it, the words it was made from, a draft to look at."""

    text: Text
    state: State
    was: str
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table that is read. ``kind`` is what the cell of the translation was; ``cell`` where it stands."""

    key: str
    source: str
    translation: str
    kind: str
    cell: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is read: of which form and version, from which language into which, by their full names."""

    form: str
    version: str
    source: str
    target: str
    lines: Sequence[Line] = field(repr=False)


# --- out ----------------------------------------------------------------------------------------------------------


def rows(
    form: Form,
    source: Language,
    target: Language,
    memory: Memory,
    earlier: Form | None = None,
    *,
    drafts: Mapping[str, str] = MappingProxyType({}),
) -> list[Row]:
    """Return the rows of the table of a form: every text that the source language has; ``drafts`` go by the French words."""
    before = {text.key: text for text in texts(earlier, source.code)} if earlier is not None else None
    return [
        Row(
            text,
            *state_of(text, source.code, target.code, memory, before),
            drafts.get(text.by_language.get(SOURCE, ""), ""),
        )
        for text in texts(form, source.code)
        if text.by_language.get(source.code)
    ]


def as_workbook(form: Form, found: Sequence[Row], source: Language, target: Language) -> bytes:
    """Return the table as a workbook: what is to do stands out, only translation and note are to be written into."""
    widths = {_FORM: 18, _KEY: 30, _WHERE: 32, _KIND: 18, _STATE: 12, _NOTE: 28, _DRAFT: 46}
    header = _header(form, found, source, target)
    columns = [
        tables.Column(
            name, widths.get(name, 46), name == _NOTE or name.startswith(_TO), name in {_FORM, _KEY}
        )
        for name in header
    ]
    call = [number for number, row in enumerate(found) if row.state is not State.DONE]
    cells = [_cells(form, row, source, target)[: len(header)] for row in found]
    guide = [tables.Column("Lisez-moi", 80), tables.Column("Read me", 80)]
    return tables.write([tables.Sheet(SHEET, columns, cells, call), tables.Sheet("Lisez-moi", guide, _GUIDE)])


def as_csv(form: Form, found: Sequence[Row], source: Language, target: Language) -> bytes:
    """Return the table as CSV with semicolons and a byte order mark, as spreadsheets of the field open it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    header = _header(form, found, source, target)
    writer.writerow(header)
    writer.writerows(
        [guarded(cell) for cell in _cells(form, row, source, target)[: len(header)]] for row in found
    )
    return out.getvalue().encode("utf-8-sig")


def _header(form: Form, found: Sequence[Row], source: Language, target: Language) -> list[str]:
    """Return the headings; a column of drafts is the last one, where there are any."""
    others = [name for code, name in form.languages.items() if code not in {source.code, target.code}]
    also = [f"{_ALSO}{name}" for name in others]
    drafted = [_DRAFT] if any(row.draft for row in found) else []
    words = [f"{_FROM}{source.name}", *also, f"{_TO}{target.name}"]
    return [_FORM, _KEY, _WHERE, _KIND, _STATE, *words, _NOTE, *drafted]


def _cells(form: Form, row: Row, source: Language, target: Language) -> list[str]:
    words = row.text.by_language
    others = [code for code in form.languages if code not in {source.code, target.code}]
    translation = "" if row.state is State.MISSING else words.get(target.code, "")
    if not translation and row.text.kind == "place":
        translation = words[source.code]  # a name stays a name, unless the translator knows better
    return [
        f"{form.form_id} {form.version}".strip(),
        row.text.key,
        row.text.where,
        _kind(row.text),
        gettext(_STATES[row.state]) if _STATES[row.state] else "",
        words[source.code],
        *(words.get(code, "") for code in others),
        translation,
        gettext("was: {text}").format(text=row.was) if row.was else "",
        row.draft,
    ]


def _kind(text: Text) -> str:
    kind = gettext(_KINDS.get(text.kind, text.kind))
    return f"{kind}, {gettext(_COLUMNS[text.column])}" if text.column in _COLUMNS else kind


_GUIDE = (
    (
        "Écrivez seulement dans la colonne « vers / to » et, si vous voulez, dans « remarque / note ».",
        'Write only in the column "vers / to" and, if you like, in "remarque / note".',
    ),
    (
        "Les lignes jaunes restent à faire : le texte manque, ou la phrase d'origine a changé depuis.",
        "Yellow rows are to do: the text is missing, or the original sentence has changed since.",
    ),
    (
        "Gardez tels quels ${nom}, <output …>, **gras** et les balises : le téléphone en a besoin.",
        "Keep ${name}, <output …>, **bold** and tags as they are: the phone needs them.",
    ),
    (
        "Écrivez comme on parle : la phrase sera lue à voix haute, à une personne qui a peur ou qui est fatiguée.",
        "Write as people speak: the sentence will be read aloud, to somebody frightened or tired.",
    ),
    (
        "Colonne « ébauche / draft » : un début, sans personne qui parle la langue. Rien n'en est repris ; écrivez la bonne phrase.",
        'Column "ébauche / draft": a start, without a speaker of the language. Nothing is taken from it; write the right words.',
    ),
    (
        "Une case laissée vide ne change rien.",
        "A cell left empty changes nothing.",
    ),
    (
        "Rendez le fichier tel quel, dans le même format : dikalo forms translate import.",
        "Give the file back as it is, in the same format: dikalo forms translate import.",
    ),
)


# --- back ---------------------------------------------------------------------------------------------------------

_NAMED = re.compile(r"(?P<what>from|to)\s*:\s*(?P<name>\S.*)$")


def read(raw: bytes, *, file: str) -> Table:
    """Read a table that came back; ``file`` is its name in messages.

    Raises:
        TableUnreadable: it is no such table.
        NotAWorkbook, WorkbookLocked, WorkbookTooLarge, WorkbookActive: a workbook that cannot be opened.
    """
    is_csv = file.lower().endswith((".csv", ".txt", ".tsv"))
    sheet, cells = _csv_cells(raw, file) if is_csv else _workbook_cells(raw, file)
    first = min(cells, default=0)
    header = {number: " ".join(cell.text.split()) for number, cell in cells.get(first, {}).items()}
    places = _places(header, file)
    filled = {number: row for number, row in cells.items() if number > first and places["key"] in row}
    if len(filled) > MOST:
        raise TableUnreadable(file=file, why=N_("it has too many rows"))
    form, version = _form(filled, places, file)
    return Table(
        form=form,
        version=version,
        source=_language(header[places["from"]]),
        target=_language(header[places["to"]]),
        lines=tuple(_lines(filled, places, sheet)),
    )


def _places(header: Mapping[int, str], file: str) -> dict[str, int]:
    """Return the number of each column that is read."""
    found: dict[str, int] = {}
    for number, text in header.items():
        named = _NAMED.search(text)
        name = {_FORM: "form", _KEY: "key"}.get(text) or (named["what"] if named else "")
        if name in found:
            raise TableUnreadable(file=file, why=N_("a column stands there twice"))
        if name:
            found[name] = number
    if {"form", "key", "from", "to"} - found.keys():
        raise TableUnreadable(
            file=file,
            why=N_("its first row lacks the columns form, key, from or to; they must stay as they were"),
        )
    return found


def _language(header: str) -> str:
    found = _NAMED.search(header)
    return found["name"].strip() if found else ""


def _form(
    cells: Mapping[int, Mapping[int, RawCell]], places: Mapping[str, int], file: str
) -> tuple[str, str]:
    forms = {row[places["form"]].text for row in cells.values() if places["form"] in row}
    if len(forms) != 1:
        why = N_("it holds rows of several forms") if forms else N_("it has no rows")
        raise TableUnreadable(file=file, why=why)
    form, _, version = forms.pop().strip().partition(" ")
    return form, version


def _lines(
    cells: Mapping[int, Mapping[int, RawCell]], places: Mapping[str, int], sheet: str
) -> Iterator[Line]:
    empty = RawCell("", "text")
    for number, row in sorted(cells.items()):
        translation = row.get(places["to"], empty)
        yield Line(
            key=row[places["key"]].text.strip(),
            source=row.get(places["from"], empty).text,
            translation=translation.text,
            kind=translation.kind,
            cell=f"{sheet}{column_letter(places['to'])}{number}",
        )


def _workbook_cells(raw: bytes, file: str) -> tuple[str, Mapping[int, Mapping[int, RawCell]]]:
    sheets = workbook.cells(raw, file=file)
    found = next((sheet for sheet in sheets if sheet.name == SHEET), sheets[0] if sheets else None)
    if found is None:
        raise TableUnreadable(file=file, why=N_("it has no rows"))
    return f"{found.name}!", found.rows


def _csv_cells(raw: bytes, file: str) -> tuple[str, Mapping[int, Mapping[int, RawCell]]]:
    if len(raw) > LARGEST:
        raise TableUnreadable(file=file, why=N_("it is larger than any table of translations"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        why = N_('it is not saved as UTF-8; save it as "CSV UTF-8", or use the workbook (xlsx)')
        raise TableUnreadable(file=file, why=why) from None
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    read_: dict[int, dict[int, RawCell]] = {}
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            cells = {
                index: RawCell(_unguarded(cell), "text") for index, cell in enumerate(row, 1) if cell.strip()
            }
            if cells:
                read_[number] = cells
    except csv.Error:
        raise TableUnreadable(
            file=file, why=N_("its quotation marks do not close, or a cell is far too long")
        ) from None
    return "", read_


def _unguarded(text: str) -> str:
    return unguarded(text.replace("\r\n", "\n").replace("\r", "\n").strip())
