"""Rules on languages: whoever chooses one on the phone reads all of the form in it, and the same form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import combinations

from xlsform import columns
from xlsform.findings.problems import Finding, Spot, at_setting
from xlsform.model import Choice, Form, Place, Resolved
from xlsform.rules.conditions import references
from xlsform.workbooks import layout

_CODED = re.compile(r".*\S \(([a-z]{2,3}(?:-[A-Za-z0-9]+)*)\)")

LEAST_WORDS = 4
"""A text of so many words that is the same in two languages was probably never translated."""


def check(form: Resolved) -> Iterator[Finding]:
    """Yield missing and uneven translations, languages spelt twice, and labels that cannot be told apart."""
    yield from _names(form.form)
    for path, texts, place in _texts(form.form):
        yield from _translations(form.form, path, texts, place)
    yield from _labels(form.form)


def _texts(form: Form) -> Iterator[tuple[str, Mapping[str, Mapping[str, str]], Place]]:
    for path, row in form.paths():
        yield "/".join(path), row.texts, row.place
    for name, choices in form.choices.items():
        for choice in choices:
            yield f"{name}/{choice.name}", choice.texts, choice.place


def _translations(
    form: Form, path: str, texts: Mapping[str, Mapping[str, str]], place: Place
) -> Iterator[Finding]:
    for column, by_language in texts.items():
        here = Spot(form, place, path, column)
        if form.languages and by_language.get(""):
            yield here.finding("TR-MIXED")
            continue
        for code in form.languages:
            if not by_language.get(code):
                yield replace(here, language=code).finding("TR-MISSING")
        yield from _uneven(here, by_language)
        yield from _same(here, by_language)


def _uneven(here: Spot, texts: Mapping[str, str]) -> Iterator[Finding]:
    used = {code: references(text) for code, text in texts.items() if text}
    shared = frozenset.intersection(*used.values()) if used else frozenset()
    for code, names in used.items():
        if extra := names - shared:
            yield replace(here, language=code).finding("TR-REF", names=", ".join(sorted(extra)))


def _same(here: Spot, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a sentence that stands in two languages in the same words; media and bare references have none."""
    seen: dict[str, str] = {}
    for code, text in texts.items():
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"\$\{[^}]*\}", " ", text))
        if here.column in columns.MEDIA or len(words) < LEAST_WORDS:
            continue
        if (other := seen.setdefault(" ".join(text.split()), code)) != code:
            yield replace(here, language=code).finding("TR-SAME", other=here.form.languages.get(other, other))


def _names(form: Form) -> Iterator[Finding]:
    header = Spot(form, Place(file=form.file, sheet=columns.SURVEY, row=1))
    names = list(form.languages.values())
    for name in names:
        if not _CODED.fullmatch(name):
            yield header.finding("LANG-CODE", name=name)
    for one, other in combinations(names, 2):
        if _alike(one, other):
            yield header.finding("LANG-SPELL", name=one, other=other)
    default = form.settings.get("default_language", "")
    if default and default not in names:
        words = {"name": default, "known": ", ".join(names) or "-"}
        yield at_setting(form, "default_language").finding("LANG-DEFAULT", **words)


def _alike(one: str, other: str) -> bool:
    """Say whether two names of languages are one name spelt twice."""
    plain = [unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() for name in (one, other)]
    bare = [re.sub(r"[^a-z]", "", text.lower()) for text in plain]
    codes = [coded[1] if (coded := _CODED.fullmatch(name)) else "" for name in (one, other)]
    likeness = SequenceMatcher(None, bare[0], bare[1]).ratio()
    return bare[0] == bare[1] or codes[0] == codes[1] != "" or likeness > 0.9


def _labels(form: Form) -> Iterator[Finding]:
    for name, choices in form.choices.items():
        seen: dict[tuple[object, ...], Choice] = {}
        for choice in choices:
            for code, text in choice.labels.items():
                # choices of one label under different parents never stand on one screen
                key = (code, text.strip(), tuple(sorted(choice.cells.items())))
                if (other := seen.setdefault(key, choice)) is not choice:
                    here = Spot(form, choice.place, f"{name}/{choice.name}", "label", code)
                    header = layout.header(form, "label", code)
                    words = {"list": name, "name": choice.name, "other": other.name, "header": header}
                    yield here.finding("CHOICE-DUP-LABEL", **words)
