"""The classroom's sentences in French and in English at once, whatever language the command speaks.

The person who reads them holds a phone and was never asked for a language. Holds no sentence itself.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache

from sync_scripts.errors import Worded
from sync_scripts.texts import DOMAIN, LANGUAGES, LOCALE

__all__ = ["in_language", "of_error", "on_one_line", "sentences"]


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, str(LOCALE), languages=[language], fallback=True)


def sentences(language: str) -> Callable[[str], str]:
    """Return what says a sentence in ``fr`` or ``en``, its braces as they are."""
    return _catalogue(language).gettext


def in_language(language: str, message: str, /, **fields: object) -> str:
    """Return one sentence in ``fr`` or ``en``, its braces filled."""
    return sentences(language)(message).format(**fields)


def on_one_line(message: str, /, **fields: object) -> str:
    """Return the sentence in every language, the first one first, for a small screen."""
    said = dict.fromkeys(in_language(language, message, **fields) for language in LANGUAGES)
    return " / ".join(said)


def of_error(error: Worded) -> str:
    """Return an error's sentence in every language, after its code."""
    fields = error.fields()
    return " ".join([f"{error.code} ·", *(on_one_line(one, **fields) for one in error.sentences())])
