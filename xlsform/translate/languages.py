"""The languages of forms and their names: ``Pidgin (wes)``. A name ends with its code in brackets, as phones need it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from xlsform.errors import FormError
from xlsform.model import Form

__all__ = ["KNOWN", "LanguageNotInForm", "LanguageUnnamed", "added", "of_form"]

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
