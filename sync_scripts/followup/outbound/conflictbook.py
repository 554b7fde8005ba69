"""The workbook of open questions: one line each, to be settled by a choice and handed back. Made, and read again.

Locked as the workbook that it comes from. A line shows what went out, what the register says and what the file says;
a text that looks like it identifies somebody is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from openpyxl.worksheet.worksheet import Worksheet

from sync_scripts.followup.cell_reader import Reader
from sync_scripts.followup.columns import Column, Lang, Line, Sheet, Tier, tier_words
from sync_scripts.followup.inbound.conflicts import Conflict
from sync_scripts.followup.inbound.reading import CameWorkbook, Row
from sync_scripts.followup.inbound.values import Bad, Cell, Choices, Value, text
from sync_scripts.followup.outbound import cells
from sync_scripts.followup.outbound.cells import put_text
from sync_scripts.followup.outbound.content import DOUALA, blank_version
from sync_scripts.followup.outbound.planning import Book, Filled, new_ulid
from sync_scripts.followup.outbound.workbook_file import Writer
from sync_scripts.store.detectors import hits

FORMAT: Final = "dikalo-conflicts/1"
MARKER: Final = "dk:conflicts"
EXPIRES_DAYS: Final = 35

KEEP: Final[Mapping[Lang, Mapping[str, str]]] = {
    "fr": {"register": "Registre", "file": "Fichier", "both": "Les deux", "other": "Autre"},
    "en": {"register": "Register", "file": "File", "both": "Both", "other": "Other"},
}

CONFLICTS: Final = Sheet(
    marker=MARKER,
    table="T_Conflits",
    fr="Conflits",
    en="Conflicts",
    help_fr="Choisissez dans « Garder » ce qui doit rester, puis rendez ce fichier. Une ligne sans choix reste ouverte.",
    help_en="Choose under “Keep” what shall stay, then give this file back. A line without a choice stays open.",
    columns=(
        Column("code", "Dossier", "Case", ("case", "case_code"), 14),
        Column("field", "Champ", "Field", None, 17),
        Column("base", "À l'export", "At the export", None, 24),
        Column("register", "Dans le registre", "In the register", None, 24),
        Column("changed", "Changé par", "Changed by", None, 15),
        Column("mine", "Dans votre fichier", "In your file", None, 24),
        Column("keep", "Garder", "Keep", None, 13, "choice", editable=True, choices="keep"),
        Column("other", "Autre valeur", "Other value", None, 24, editable=True),
    ),
)

_GUIDE: Final[tuple[tuple[str, str], ...]] = (
    (
        "Chaque ligne est une question : cellule changée des deux côtés, ou vidée, ou dont la date est douteuse.",
        "Each line is a question: a cell that changed on both sides, or was emptied, or whose date is doubtful.",
    ),
    (
        "Dans « Garder », choisissez Registre, Fichier, Les deux (notes seulement) ou Autre, avec la valeur à côté.",
        "Under “Keep” choose Register, File, Both (notes only) or Other, with the value beside it.",
    ),
    (
        "Une ligne sans choix reste ouverte. Si le registre a encore changé, la question revient, avec sa nouvelle valeur.",
        "A line without a choice stays open. If the register changed again, the question comes back with its new value.",
    ),
    (
        "« Retenu dans un fichier » : ce que la ligne dit n'est que là. Registre l'abandonne ; pour le prendre, réimportez ce fichier.",
        "“Held in a file”: what the line says stands there alone. Register lets it go; to take it, import that file again.",
    ),
    (
        "N'écrivez jamais un nom, un téléphone ni un lieu exact.",
        "Never write a name, a phone number or an exact place.",
    ),
    (
        "Enregistrez en .xlsx, puis : dikalo followup import CE-FICHIER --apply",
        "Save as .xlsx, then: dikalo followup import THIS-FILE --apply",
    ),
)


@dataclass(frozen=True, slots=True)
class Question:
    """One conflict in words: the column's name, the labels of the three values, and who changed the register last."""

    asked: Conflict
    column: str
    base: str
    register: str
    mine: str
    changed: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a line of the workbook says.

    Attributes:
        conflict_id: of the question.
        row: number of the line; ``place`` of its choice, such as ``Conflits!I6``.
        choice: register, file, both or other; None is left open; `Bad` is no choice of the list.
        other: the value typed beside, for the field to read.
    """

    conflict_id: str
    row: int
    title: str
    place: str
    choice: Value | Bad
    other: Cell


def conflict_book(
    questions: Sequence[Question], *, register_id: str, tier: Tier, lang: Lang, now: datetime, demo: bool
) -> Book:
    """Return the workbook of some questions, before any cell exists."""
    export_id = new_ulid(now)
    version = blank_version(column.key for column in CONFLICTS.columns)
    today: date = now.astimezone(DOUALA).date()
    return Book(
        export_id=export_id,
        register_id=register_id,
        exported_at=now,
        today=today,
        expires_on=today + timedelta(EXPIRES_DAYS),
        tier=tier,
        scope="conflicts",
        lang=lang,
        mark=export_id[-4:],
        demo=demo,
        protect=True,
        filled=(Filled(CONFLICTS, tuple(_line(one, version, lang) for one in questions)),),
        lists={"keep": tuple(KEEP[lang])},
        labels={"keep": KEEP[lang]},
        figures=(),
    )


def _line(one: Question, version: str, lang: Lang) -> Line:
    return Line(
        one.asked.conflict_id,
        version,
        {
            "code": one.asked.case_code,
            "field": one.column,
            "base": _shown(one.base, lang),
            "register": _shown(one.register, lang),
            "changed": one.changed or None,
            "mine": _shown(one.mine, lang),
            "keep": None,
            "other": None,
        },
    )


def _shown(words: str, lang: Lang) -> str:
    if words and next(hits(words), None) is not None:
        return (
            "(texte retenu : il semble identifier quelqu'un)"
            if lang == "fr"
            else "(text withheld: it seems to identify somebody)"
        )
    return words or ("(vide)" if lang == "fr" else "(blank)")


def conflict_bytes(book: Book) -> bytes:
    """Return the workbook, unlocked, as the bytes of an .xlsx file."""
    writer = Writer(book, [CONFLICTS], guide=_guide, heights=True)
    try:
        for line in book.filled[0].lines:
            writer.sheets[MARKER].put(line)
        return writer.finish(book, said={"format": FORMAT}, first=MARKER)
    finally:
        writer.close()


def _guide(sheet: Worksheet, book: Book, _specs: Sequence[Sheet]) -> None:
    sheet.title = "Mode d'emploi" if book.lang == "fr" else "How to use"
    sheet.sheet_view.showGridLines = False
    for letter in "AB":
        sheet.column_dimensions[letter].width = 66
    put_text(
        sheet["A1"],
        f"Conflits à trancher / Conflicts to settle · {tier_words(book.tier)}",
        sheet=sheet.title,
        at="A1",
    )
    sheet["A1"].font = cells.TITLE
    sheet.row_dimensions[1].height = 26
    for row, pair in enumerate(_GUIDE, start=3):
        for letter, words in zip("AB", pair, strict=True):
            at = f"{letter}{row}"
            put_text(sheet[at], words, sheet=sheet.title, at=at)
            sheet[at].font, sheet[at].alignment = cells.font(size=11), cells.WRAP
        sheet.row_dimensions[row].height = 48


def answers(came: CameWorkbook) -> Iterable[Answer]:
    """Yield what each line of a workbook of conflicts says, in either language."""
    choices = Choices(KEEP["fr"], [KEEP["fr"], KEEP["en"]])
    for sheet in came.of(MARKER):
        for row in sheet.rows():
            made = row.words("__id")
            if made is not None:
                yield Answer(
                    made,
                    row.number,
                    sheet.title,
                    f"{sheet.title}!{sheet.at('keep', row.number)}",
                    choices.read(_cell(row, "keep")),
                    _cell(row, "other"),
                )


def _cell(row: Row, key: str) -> Cell:
    return row.cells.get(key, Cell())


def other_value(reader: Reader, cell: Cell) -> Value | Bad:
    """Return what was typed as another value, read as the field's own cells are; a day may be typed as text."""
    if reader.column.kind == "text" and not reader.column.choices:
        return text(cell)
    return reader.read(cell)
