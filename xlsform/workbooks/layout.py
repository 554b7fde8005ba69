"""Which column stands where in a built workbook, and the words of its sheet ``Lisez-moi``. Decides only; `workbook` writes by it.

Both languages of the sheet stand side by side and never follow the reader's language, so that the bytes of a workbook are the same
everywhere. Problems name cells by the same layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xlsform import columns
from xlsform.model import Choice, Form, Place, Row


@dataclass(frozen=True, slots=True)
class Front:
    """A sheet of questions to a person, before the form: rows of texts, one of them the header.

    ``links`` maps (row, column) to the address of a cell of the form, ``offers`` a column to what may be chosen in it;
    both are counted from 1. ``ask`` are the columns that a person fills in.
    """

    title: str
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    header: int
    links: Mapping[tuple[int, int], str]
    offers: Mapping[int, str]
    ask: frozenset[int]


def sheet_columns(form: Form, sheet: str) -> list[tuple[str, str]]:
    """Return the columns of a sheet as the build lays it out: (column, language code), "" where not translated.

    A column that no row uses is left out, except the few without which a sheet is none. Unknown ones come last.
    """
    if sheet == columns.SETTINGS:
        used = {name: {""} for name in settings(form)}
        return _ordered(form, used, columns.SETTINGS_COLUMNS)
    known, always = _SHEETS[sheet]
    rows: list[Row] | list[Choice] = (
        list(form.survey) if sheet == columns.SURVEY else [c for some in form.choices.values() for c in some]
    )
    used = {name: ({""} if name not in columns.TRANSLATED else {*form.languages} or {""}) for name in always}
    for row in rows:
        for name in row.cells:
            used.setdefault(name, {""})
        for name, texts in row.texts.items():
            used.setdefault(name, set(form.languages)).update(texts)
    return _ordered(form, used, known)


_SHEETS = {
    columns.SURVEY: (
        columns.SURVEY_COLUMNS,
        ("type", "name", "label", "calculation"),
    ),  # the stamps calculate
    columns.CHOICES: (columns.CHOICE_COLUMNS, ("list_name", "name", "label")),
}


def _ordered(form: Form, used: Mapping[str, set[str]], known: Sequence[str]) -> list[tuple[str, str]]:
    """Order columns as the table says, the unknown ones by name, languages as declared."""
    names = [name for name in known if name in used] + sorted(set(used) - set(known))
    languages = ["", *form.languages]
    return [(name, code) for name in names for code in languages if code in used[name]]


def letters(form: Form) -> Mapping[tuple[str, str, str], str]:
    """Return the letter of every column: (sheet, column, language code) -> ``K``."""
    return {
        (sheet, column, language): column_letter(number)
        for sheet in (columns.SURVEY, columns.CHOICES, columns.SETTINGS)
        for number, (column, language) in enumerate(sheet_columns(form, sheet), start=1)
    }


def address(form: Form, place: Place, column: str, language: str = "") -> str:
    """Return the address of a cell, ``survey!K12``; "" when the row is not known.

    For a source it is where the built workbook has the cell.
    """
    letter = (form.letters or letters(form)).get((place.sheet, column, language), "")
    return f"{place.sheet}!{letter}{place.row}" if letter and place.row else ""


def beside(form: Form, place: Place, column: str) -> str:
    """Return the cell of a row to look at when a column is not there: of another language, else the first one."""
    if not place.row:
        return ""
    known = [
        letter for (sheet, name, _), letter in form.letters.items() if (sheet, name) == (place.sheet, column)
    ]
    return f"{place.sheet}!{known[0] if known else 'A'}{place.row}"


WIDTHS: Mapping[str, int] = {
    "type": 22,
    "name": 22,
    "list_name": 20,
    "label": 44,
    "hint": 36,
    "guidance_hint": 30,
    "required": 10,
    "required_message": 24,
    "relevant": 30,
    "constraint": 30,
    "constraint_message": 26,
    "calculation": 30,
    "choice_filter": 20,
    "appearance": 20,
    "parameters": 18,
    "default": 18,
    columns.REGISTER: 20,
    columns.SENSITIVITY: 11,
    "form_title": 30,
    "instance_name": 50,
    "default_language": 20,
}
"""Width of a column in letters; of any other 18. Three pages of A4 hold all of them."""


def column_letter(number: int) -> str:
    """Return the letters of the n-th column, 1 = A, 27 = AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def settings(form: Form) -> dict[str, str]:
    """Return the row of the settings sheet: what the form says, and the default language, which is its first one."""
    first = next(iter(form.languages.values()), "")
    return {**({"default_language": first} if first else {}), **form.settings}


def header(form: Form, column: str, language: str) -> str:
    """Return a header as it is written: ``label::Français (fr)``."""
    return f"{column}::{form.languages[language]}" if language else column


def stamps(form: Form, original: str = "") -> tuple[tuple[str, str], ...]:
    """Return name and calculation of the two rows that every built survey ends with; a copy names its original."""
    return stamps_of({**form.settings, "form_id": original} if original else form.settings)


def stamps_of(said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return name and calculation of the stamps for what the settings say."""
    values = (said.get("form_id", ""), said.get("version", ""))
    return tuple((name, _quoted(value)) for name, value in zip(columns.STAMPS, values, strict=True))


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"


TITLE = "Lisez-moi"

_LINES = (
    (
        "Ce classeur est un formulaire XLSForm, fait par dikalo. Vous pouvez l'ouvrir et l'adapter dans Excel ou LibreOffice.",
        "This workbook is an XLSForm made by dikalo. You may open and adapt it in Excel or LibreOffice.",
    ),
    (
        (
            "Feuille survey\u00a0: une ligne par question, dans l'ordre du téléphone. Feuille choices\u00a0: les réponses "
            "proposées. Feuille settings\u00a0: titre, identifiant, version."
        ),
        (
            "Sheet survey: one row for each question, in the order of the phone. Sheet choices: the answers offered. Sheet "
            "settings: title, id, version."
        ),
    ),
    (
        (
            "Colonne name\u00a0: ne la changez pas pour une question qui existe\u00a0; les réponses déjà reçues n'auraient plus de place. "
            "Les libellés, eux, se corrigent librement, dans toutes les langues à la fois."
        ),
        (
            "Column name: leave it alone for a question that exists; answers already received would lose their place. Labels may be "
            "corrected freely, in every language at once."
        ),
    ),
    (
        "Colonne register\u00a0: où va la réponse dans le registre. Vide\u00a0: la réponse est gardée à part, avec sa question.",
        "Column register: where the answer goes in the register. Empty: the answer is kept apart, with its question.",
    ),
    (
        (
            "Colonne sensitivity\u00a0: 0 public, 1 interne, 2 restreint, 3 scellé (noms, téléphones, lieux précis, récits, photos). "
            "Vide partout\u00a0: 3. On peut monter un niveau, jamais le baisser."
        ),
        (
            "Column sensitivity: 0 public, 1 internal, 2 restricted, 3 sealed (names, phones, exact places, narratives, photos). "
            "Empty everywhere: 3. A level may be raised, never lowered."
        ),
    ),
    (
        "Questions ajoutées\u00a0: donnez-leur un nom qui commence par org_ et placez-les derrière la question de consentement.",
        "Questions you add: give them a name that begins with org_ and put them behind the consent question.",
    ),
    (
        (
            "Jamais dans un formulaire\u00a0: identifiant du téléphone, position automatique, enregistrement en arrière-plan, noms de "
            "groupes armés parmi les choix."
        ),
        "Never in a form: the phone's identity, automatic position, background recording, names of armed groups among the choices.",
    ),
    (
        (
            "Les lignes grises appartiennent au socle commun. Les deux dernières lignes (dikalo_form, dikalo_version) sont écrites par "
            "dikalo\u00a0: ne les touchez pas."
        ),
        (
            "Grey rows belong to the common core. The last two rows (dikalo_form, dikalo_version) are written by dikalo: leave them "
            "as they are."
        ),
    ),
    (
        "Écrivez seulement du texte\u00a0: pas de formule, pas de date d'Excel, pas de cellules fusionnées, pas de ligne masquée.",
        "Write plain text only: no formula, no Excel date, no merged cells, no hidden row.",
    ),
    (
        (
            "Après un changement\u00a0: mettez les images et les sons dans forms/media, enregistrez le classeur, puis lancez «\u00a0dikalo "
            "forms save fichier.xlsx\u00a0». La commande vérifie tout et donne elle-même la nouvelle version."
        ),
        (
            'After a change: put pictures and sounds into forms/media, save the workbook, then run "dikalo forms save '
            'file.xlsx". The command checks everything and gives the new version by itself.'
        ),
    ),
    (
        (
            "Si le formulaire ne vient pas de dikalo\u00a0: augmentez version vous-même (année, mois, jour, numéro\u00a0: 2026112502), "
            "puis lancez «\u00a0dikalo forms check fichier.xlsx\u00a0»."
        ),
        (
            "If the form is not one of dikalo's: raise version yourself (year, month, day, number: 2026112502), then run "
            '"dikalo forms check file.xlsx".'
        ),
    ),
)


def lines(title: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of the sheet, French beside English; the first one is the form's title."""
    yield title, title
    yield from _LINES
