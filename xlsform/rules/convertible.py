"""Forms that the converter surely takes without a word, so that a check need not run it: only what is in these tables. Pure.

pyxform takes longer than all rules together, and of most forms it says nothing. A form is plain when each of its rows, names, texts and
references is of a kind that pyxform was seen to take; whatever else stands in it - a parameter, an old spelling, an entity, a
reference with a blank - is left to pyxform. The tests convert every plain form of the corpus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from xlsform import columns
from xlsform.model import Choice, Form, Kind, Row

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CHOICE: Final = re.compile(r"[A-Za-z0-9_-]+")
_LANGUAGE: Final = re.compile(r"[^():]+ \([a-z]{2,3}\)")
_FILE: Final = re.compile(r"[A-Za-z0-9_]+\.csv")
_REFERENCE: Final = re.compile(r"\$\{(?:last-saved#)?([A-Za-z][A-Za-z0-9_]*)\}")
_OWN_LISTS: Final = re.compile(r"pulldata|search\s*\(")
_MARKUP: Final = re.compile(r"[<&].*\$\{|\$\{.*[<&]", re.DOTALL)
_PARAMETERS: Final[Mapping[str, re.Pattern[str]]] = {
    "image": re.compile(r"max-pixels=\d+"),
    "select_one_from_file": re.compile(r"value=[a-z_]+ label=[a-z_]+"),
    "audio": re.compile(r"(?:quality=(?:voice-only|low|normal|external))?"),
    "geopoint": re.compile(""),
}
_RESERVED: Final = frozenset(("meta", "data", "instanceid", "entity", "audit"))
_TYPES: Final = frozenset(
    [
        "text",
        "integer",
        "decimal",
        "date",
        "time",
        "dateTime",
        "note",
        "calculate",
        "hidden",
        "barcode",
        "acknowledge",
        "image",
        "audio",
        "file",
        "geopoint",
        "today",
        "start",
        "end",
        "username",
    ]
)
_SETTINGS: Final = frozenset(
    [
        "form_id",
        "form_title",
        "version",
        "default_language",
        "instance_name",
        "style",
        "public_key",
        "submission_url",
    ]
)
_CELLS: Final = frozenset(
    [
        "required",
        "relevant",
        "constraint",
        "calculation",
        "choice_filter",
        "repeat_count",
        "appearance",
        "parameters",
        "default",
        "readonly",
    ]
) | {columns.REGISTER, columns.SENSITIVITY}
_DEEPEST: Final = 20
"""Groups inside groups: the converter goes down into each."""
_LABELLED: Final = frozenset((Kind.QUESTION, Kind.NOTE, Kind.REPEAT))
_WITH_LISTS: Final = frozenset(("select_one", "select_multiple", "rank"))
_SPECIAL_LOOKS: Final = re.compile(r"search|table-list|label")


def is_plain(form: Form) -> bool:
    """Say whether the converter takes the form, and says nothing of it."""
    return (
        _has_plain_settings(form)
        and _has_plain_names(form)
        and all(_is_plain_row(form, row) for row in form.survey)
        and all(_is_plain_list(form, choices) for choices in form.choices.values())
        and _refers_to_questions(form)
    )


def _has_plain_settings(form: Form) -> bool:
    names = form.languages.values()
    ids = form.settings.get("form_id", "")
    return (
        form.settings.keys() <= _SETTINGS
        and _NAME.fullmatch(ids) is not None
        and all(_LANGUAGE.fullmatch(name) for name in names)
        and form.settings.get("default_language", next(iter(names), "")) in {"", *names}
        and not any(name.strip().lower() in {"entities", "external_choices", "osm"} for name in form.others)
        and all(_is_plain_column(column) for _sheet, column, _language in form.letters)
    )


def _is_plain_column(column: str) -> bool:
    return column in columns.TRANSLATED or re.fullmatch(r"[a-z_][a-z_0-9]*", column) is not None


def _has_plain_names(form: Form) -> bool:
    """Say whether all names are there, words of plain letters, and none is there twice; no row lies too deep."""
    names = [row.name.lower() for row in form.survey if row.kind is not Kind.END]
    names += [
        f"{row.name}_count".lower() for row in form.survey if row.cell("repeat_count")
    ]  # the converter adds it
    lists = [name.lower() for name in form.choices]
    files = {(row.list_file or "").rpartition(".")[0].lower() for row in form.survey}
    return (
        max((len(path) for path, _row in form.paths()), default=0) <= _DEEPEST
        and all(_NAME.fullmatch(name) and name not in _RESERVED for name in names)
        and all(_NAME.fullmatch(name) for name in lists)
        and len(set(names)) == len(names)
        and files.isdisjoint(lists)
    )


def _is_plain_row(form: Form, row: Row) -> bool:
    if row.kind is Kind.END:
        return True
    parameters = row.cell("parameters")
    known = _PARAMETERS.get(row.base)
    needed = row.base == "image" or bool(parameters)
    return (
        _is_plain_type(form, row)
        and row.cells.keys() <= _CELLS
        and (not needed or (known is not None and known.fullmatch(parameters) is not None))
        and (row.base != "calculate" or bool(row.cell("calculation")) or "${" in row.cell("default"))
        and not _SPECIAL_LOOKS.search(row.cell("appearance"))
        and (row.kind not in _LABELLED or "label" in row.texts)
        and (row.base in columns.SELECTS or not row.cell("choice_filter"))
        and _is_translated(form, row.texts)
    )


def _is_plain_type(form: Form, row: Row) -> bool:
    words = row.type.split(" ")
    if row.base in _WITH_LISTS:
        return len(words) == 2 and bool(form.choices.get(words[1]))
    if row.base == "select_one_from_file":
        return len(words) == 2 and _FILE.fullmatch(words[1]) is not None
    return row.type in _TYPES or row.type in columns.BEGIN


def _is_plain_list(form: Form, choices: tuple[Choice, ...]) -> bool:
    names = {choice.name for choice in choices}
    return (
        len(names) == len(choices)
        and all(_CHOICE.fullmatch(name) for name in names)
        and all("label" in choice.texts and _is_translated(form, choice.texts) for choice in choices)
    )


def _is_translated(form: Form, texts: Mapping[str, Mapping[str, str]]) -> bool:
    """Say whether each text of a row is there in every language."""
    needed = form.languages.keys() or {""}
    return all(by_language.keys() == needed for by_language in texts.values())


def _refers_to_questions(form: Form) -> bool:
    """Say whether every ``${`` is the start of a reference to a row that is there."""
    names = {row.name for row in form.survey if row.kind is not Kind.END}
    written = [text for row in form.survey for text in _values(row.texts)]
    computed = [*form.settings.values(), *(text for row in form.survey for text in row.cells.values())]
    offered = (text for choices in form.choices.values() for one in choices for text in _values(one.texts))
    return (
        all(_refers_to(text, names) for text in (*written, *computed) if "$" in text)
        and not any(_MARKUP.search(text) for text in written)
        and not any(_OWN_LISTS.search(text) for text in computed)
        and not any("${" in text for text in offered)
    )


def _refers_to(text: str, names: AbstractSet[str]) -> bool:
    found = _REFERENCE.findall(text)
    return text.count("${") == len(found) and names >= {*found}


def _values(texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    return (text for by_language in texts.values() for text in by_language.values())
