"""Every text of a form that a translator must see, the languages it is in, and what a translation must keep of it. Pure.

Each text has a key that does not change and the place where it is read. Media are not texts. The words are the translator's
business; placeholders, tags and emphasis are the form's: one that is lost makes a form that no phone opens.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gettext import gettext
from types import MappingProxyType
from typing import Final

from xlsform import columns
from xlsform.errors import N_, FormError
from xlsform.model import Form, Kind, Row

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


KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "fr": "Français (fr)",
        "en": "English (en)",
        "wes": "Pidgin (wes)",
        "fub": "Fulfulde (fub)",
        "ewo": "Ewondo (ewo)",
        "bum": "Bulu (bum)",
        "bas": "Basaa (bas)",
        "dua": "Duala (dua)",
        "bax": "Bamun (bax)",
        "lns": "Lamnso' (lns)",
        "ha": "Hausa (ha)",
        "kr": "Kanuri (kr)",
        "shu": "Arabe choa (shu)",
        "ar": "العربية (ar)",
    }
)
"""Names by code (ISO 639) of what is spoken around the forms."""

_NAME = re.compile(r"\S.*\(([a-z]{2,3}(?:-[A-Za-z0-9]+)*)\)")


LanguageNotInForm: Final = FormError.declare(
    "DK-F84",
    "The form {form} has no language {language}; its languages are: {languages}. A form without languages needs them "
    "first: rename the column label to label::Français (fr), and so on.",
)
LanguageUnnamed: Final = FormError.declare(
    "DK-F83",
    "{language} names no language that can be added. Write its name and, in brackets, its code of two or three letters, "
    "for instance: Hausa (ha). Codes known here: {known}.",
)


@dataclass(frozen=True, slots=True)
class Language:
    """A language of a form: its code and its full name."""

    code: str
    name: str


def of_form(form: Form, given: str) -> Language:
    """Return a language that the form has, by code or name; "" is its default.

    Raises:
        LanguageNotInForm: it has none such.
    """
    wanted = given or next(iter(form.languages), "")
    for code, name in form.languages.items():
        if wanted.lower() in {code.lower(), name.lower()}:
            return Language(code, name)
    known = ", ".join(form.languages.values()) or "-"
    raise LanguageNotInForm(form=form.form_id or form.file, language=wanted or "-", languages=known)


def added(form: Form, given: str) -> Language:
    """Return a language by code or name, one of the form or a new one.

    Raises:
        LanguageUnnamed: it is new and has no name with a code.
    """
    try:
        return of_form(form, given or "?")
    except LanguageNotInForm:
        pass
    name = KNOWN.get(given.lower(), " ".join(given.split()))
    found = _NAME.fullmatch(name)
    if found is None or found[1] in form.languages:
        raise LanguageUnnamed(language=given, known=", ".join(KNOWN))
    return Language(found[1], name)


_PLACEHOLDER = re.compile(r"\$\{\s*([^}\s]+)\s*\}")
_OUTPUT = re.compile(r"<\s*output\b[^>]*?/?\s*>", re.IGNORECASE)
_ALIKE = re.compile(r"\$\s*[{(\[]|\$\s+\w+\s*\}|(?<!\$)\{\s*[A-Za-z_][\w-]*\s*\}|\$\{")
_TAG = re.compile(r"<\s*(/?)\s*([A-Za-z][\w-]*)((?:\s[^<>]*)?)>")
_LINK = re.compile(r"\[[^\]\n]*\]\(\s*([^)\s]+)\s*\)")
_HEADING = re.compile(r"^#{1,6}\s", re.MULTILINE)
_STRONG = re.compile(r"\*\*|__(?=\S)|(?<=\S)__")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=[^\s*])[^*\n]+?(?<=[^\s*])\*(?![\w*])")
_VOID = frozenset(("br", "hr", "img", "output"))


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that a translation lost or added: ``code`` is TABLE-PLACEHOLDER or TABLE-MARKUP."""

    code: str
    message: str
    found: str

    @property
    def words(self) -> str:
        """What is wrong, in the language chosen at start."""
        return gettext(self.message).format(found=self.found)


def damage(source: str, translation: str) -> Iterator[Damage]:
    """Yield what a translation does not keep of its source."""
    yield from _placeholders(source, translation)
    yield from _markup(_without(source), _without(translation))


def _placeholders(source: str, translation: str) -> Iterator[Damage]:
    for wanted, had in (
        (_names(source), _names(translation)),
        (_outputs(source), _outputs(translation)),
    ):
        if lost := wanted - had:
            yield Damage("TABLE-PLACEHOLDER", N_("{found} of the source is missing"), ", ".join(sorted(lost)))
        if more := had - wanted:
            yield Damage("TABLE-PLACEHOLDER", N_("{found} is not in the source"), ", ".join(sorted(more)))
    known = set(_ALIKE.findall(_without(source)))
    if alike := [sign for sign in _ALIKE.findall(_without(translation)) if sign not in known]:
        yield Damage(
            "TABLE-PLACEHOLDER",
            N_("{found} looks like a damaged placeholder; write it as in the source"),
            alike[0],
        )


def _names(text: str) -> set[str]:
    return {f"${{{name}}}" for name in _PLACEHOLDER.findall(text)}


def _outputs(text: str) -> set[str]:
    return {" ".join(one.split()) for one in _OUTPUT.findall(text)}


def _without(text: str) -> str:
    """Take the sound placeholders out."""
    return _OUTPUT.sub("", _PLACEHOLDER.sub("", text))


def _markup(source: str, translation: str) -> Iterator[Damage]:
    if difference := _difference(_tags(source), _tags(translation)):
        yield Damage(
            "TABLE-MARKUP", N_("the tags are not those of the source: {found}"), " ".join(difference)
        )
    elif unclosed := _unclosed(translation):
        yield Damage("TABLE-MARKUP", N_("the tag {found} is not closed, or closed twice"), unclosed)
    if difference := _difference(Counter(_LINK.findall(source)), Counter(_LINK.findall(translation))):
        yield Damage(
            "TABLE-MARKUP", N_("the links are not those of the source: {found}"), " ".join(difference)
        )
    for pattern, sign in ((_STRONG, "**"), (_HEADING, "#")):
        wanted, had = len(pattern.findall(source)), len(pattern.findall(translation))
        if bool(wanted) != bool(had) or (sign == "**" and had % 2 and not wanted % 2):
            yield Damage(
                "TABLE-MARKUP", N_("the signs {found} of the source are missing, odd, or too many"), sign
            )
    if bool(_EMPHASIS.search(source)) != bool(_EMPHASIS.search(translation)):
        yield Damage("TABLE-MARKUP", N_("the signs {found} of the source are missing, odd, or too many"), "*")


def _tags(text: str) -> Counter[str]:
    return Counter(
        f"<{slash}{name.lower()}{' ' + ' '.join(more.split()) if more.strip() else ''}>"
        for slash, name, more in _TAG.findall(text)
    )


def _difference(one: Counter[str], other: Counter[str]) -> list[str]:
    return sorted((one - other).keys() | (other - one).keys())


def _unclosed(text: str) -> str:
    open_tags: list[str] = []
    for slash, name, more in _TAG.findall(text):
        tag = name.lower()
        if tag in _VOID or more.rstrip().endswith("/"):
            continue
        if not slash:
            open_tags.append(tag)
        elif not open_tags or open_tags.pop() != tag:
            return f"</{tag}>"
    return f"<{open_tags[-1]}>" if open_tags else ""
