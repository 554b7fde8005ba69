"""Words for codes: labels of the shared lists, in French or English. Never a label of a person's answer of level 3."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from gettext import gettext

from sync_scripts.register.rules.kinds import KINDS
from sync_scripts.texts import LANGUAGES, language
from xlsform.pack import ListUnknown, shared_choices

__all__ = ["label", "labels", "labels_of"]


@cache
def _all(name: str) -> Mapping[str, Mapping[str, str]]:
    if name == "task_kind":
        return {code: {"fr": kind.fr, "en": kind.en} for code, kind in KINDS.items()}
    try:
        return {choice.name: choice.labels for choice in shared_choices(name, LANGUAGES)}
    except ListUnknown:
        return {}


def label(name: str, code: str | None, lang: str | None = None) -> str:
    """Return the label of a code of a list; the code itself when the list does not hold it, "" for no code."""
    return _label(name, code, lang or language()) if code else ""


@lru_cache(maxsize=4096)
def _label(name: str, code: str, lang: str) -> str:
    """Look a label up; kept, because a list asks for the same few thousands of times."""
    return _all(name).get(code, {}).get(lang) or code


def labels(name: str, codes: str | None, lang: str | None = None) -> str:
    """Return the labels of several codes that are set apart by blanks.

    Labels with a comma in them, such as "arrest, detention", are set apart by semicolons.
    """
    return _joined(name, codes or "", lang or language(), language())


@lru_cache(maxsize=4096)
def _joined(name: str, codes: str, lang: str, _spoken: str) -> str:
    """Join the labels; kept, because a list asks for the same few thousands of times, and each sign for the catalogue."""
    said = [label(name, code, lang) for code in codes.split()]
    return (gettext("; ") if any("," in one for one in said) else ", ").join(said)


def labels_of(name: str, lang: str) -> dict[str, str]:
    """Return a whole list, code -> label, in its order."""
    return {code: texts.get(lang) or code for code, texts in _all(name).items()}
