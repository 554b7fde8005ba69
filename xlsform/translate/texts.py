"""Every text of a form that a translator must see, each with a key that does not change and the place where it is read.

Media are not texts: they are recordings and pictures, which somebody makes. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlsform import columns
from xlsform.model import Form, Kind, Row

__all__ = ["WORDS", "Text", "keys", "texts"]

WORDS: tuple[str, ...] = tuple(
    name for name in columns.SURVEY_COLUMNS if name in columns.TRANSLATED and name not in columns.MEDIA
)
"""The translated columns that hold words, in the order in which a person reads them."""

PLACES: frozenset[str] = frozenset(("region", "department", "arrondissement"))
_LONGEST = 60
_USES = 2


@dataclass(frozen=True, slots=True)
class Text:
    """One text.

    Attributes:
        key: ``survey/<path>/<column>`` or ``choices/<list>/<name>/<column>``; "#2" behind it the second time.
        column: ``label``, ``hint``, …
        path: of the question, or list and choice.
        where: what stands around it on the phone, in the language that was asked for.
        kind: ``question``, ``note``, ``group``, ``repeat``, ``choice``, ``place``.
        by_language: the words, by language code.
    """

    key: str
    column: str
    path: str
    where: str
    kind: str
    by_language: Mapping[str, str]


def keys(form: Form) -> Iterator[tuple[str, int | tuple[str, int]]]:
    """Yield the key of each row without its column: with its number in the survey, or its list and number there."""
    met: Counter[str] = Counter()
    for number, (path, row) in enumerate(form.paths()):
        if row.kind is not Kind.END:
            yield _unique(f"survey/{'/'.join(path)}", met), number
    for name, choices in form.choices.items():
        for number, choice in enumerate(choices):
            yield _unique(f"choices/{name}/{choice.name}", met), (name, number)


def _unique(key: str, met: Counter[str]) -> str:
    met[key] += 1
    return key if met[key] == 1 else f"{key}#{met[key]}"


def texts(form: Form, language: str = "") -> Iterator[Text]:
    """Yield the texts of a form, in the order of its sheets.

    ``language`` is the code in which ``where`` is written; the form's default when it is "".
    """
    code = language or next(iter(form.languages), "")
    around = dict(_around(form, code))
    uses = _uses(form, code)
    for key, at in keys(form):
        if isinstance(at, int):
            row = form.survey[at]
            yield from _each(key, row.texts, around[at], str(row.kind))
        else:
            name, number = at
            where = uses.get(name, name)
            kind = "place" if name in PLACES else "choice"
            yield from _each(key, form.choices[name][number].texts, where, kind)


def _each(key: str, found: Mapping[str, Mapping[str, str]], where: str, kind: str) -> Iterator[Text]:
    path = key.partition("/")[2]
    for column in WORDS:
        words = {code: text for code, text in found.get(column, {}).items() if text}
        if words:
            yield Text(f"{key}/{column}", column, path, where, kind, words)


def _around(form: Form, code: str) -> Iterator[tuple[int, str]]:
    """Yield for each row the labels of the groups around it: ``Où › Personne touchée``."""
    open_rows: list[Row] = []
    for number, row in enumerate(form.survey):
        if row.kind is Kind.END:
            open_rows.pop()
            continue
        yield number, " › ".join(_shown(one, code) for one in open_rows) or form.title
        if row.base in columns.BEGIN:
            open_rows.append(row)


def _uses(form: Form, code: str) -> dict[str, str]:
    """Return for each list the questions that offer it: two by their labels, then how many more."""
    found: dict[str, list[str]] = {}
    for row in form.survey:
        if row.list_name:
            found.setdefault(row.list_name, []).append(_shown(row, code))
    return {
        name: " · ".join(shown[:_USES]) + (f" · +{len(shown) - _USES}" if len(shown) > _USES else "")
        for name, shown in found.items()
    }


def _shown(row: Row, code: str) -> str:
    text = " ".join((row.labels.get(code) or row.name).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
