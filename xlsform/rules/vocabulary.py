"""Which words of French and English are rare, and which belong to offices and have a plainer one. Reads its two lists and nothing else.

A word is rare when no form of it is among the 10,000 words that stand most often in books. The lists ``common.fr.txt`` and
``common.en.txt`` hold the beginnings of those words, without the endings below; they say where they come from and under which
licence. Books are not speech: what is common there may still be hard, so words of offices have a table of their own. Names and
abbreviations are not looked at, and of any other language nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

_ENDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fr": """ements ement issez issent aient erait eront erez antes ante ants ant ées és ée é ez ent er es ait ons era e s x
            ir re i is it""",
        "en": "ing ed es s ly er est d e",
    }
)
"""Language -> what is taken off a word to compare it with the others."""
_SHORTEST: Final = 3
"""Letters that are left of a word without its ending."""
_LEAST: Final = 4
"""Letters of a word that is looked at."""
_ELIDED: Final = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quelqu|presqu)['’]", re.IGNORECASE)
_PARTS: Final = re.compile(r"['’-]")
_SURELY_COMMON: Final = frozenset({"aujourd", "téléphone", "facultatif", "facultative"})
"""Not rare for who fills in forms, though books say it seldom, or in two pieces."""

_PLAINER: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "fr": MappingProxyType(
            {
                r"veuillez": "indiquez, choisissez",
                r"sus-?(?:mentionn|vis|cit|nomm)ée?s?": "ce, cette",
                r"ci-(?:après|joint)": "plus bas, avec ceci",
                r"ledit|ladite|lesdites?|lesdits|dudit": "ce, cette, ces",
                r"ultérieure?s?|ultérieurement": "plus tard",
                r"préalables?|préalablement|au préalable": "avant, d'abord",
                r"antérieure?s?|antérieurement": "avant",
                r"nonobstant": "malgré",
                r"afin (?:de|d'|que|qu')": "pour",
                r"en vue (?:de|d'|du|des)": "pour",
                r"au moyen (?:de|d'|du|des)": "avec",
                r"à l'issue (?:de|d'|du|des)": "après",
                r"au sein (?:de|d'|du|des)": "dans",
                r"à compter (?:de|d'|du|des)": "depuis, dès",
                r"dans le cadre (?:de|d'|du|des)": "pour, pendant",
                r"proc(?:éder|édez|ède|èdent|édé) (?:à|au|aux)": "faire",
                r"effectu(?:er|ez|e|ent|ées?|és?)": "faire",
                r"domiciliée?s?": "qui habite",
                r"sévices": "coups, violences",
                r"susceptibles? (?:de|d')": "qui peut",
                r"le cas échéant": "si besoin",
                r"relati(?:fs?|ves?) (?:à|au|aux)": "sur",
                r"s'av(?:èrent?|érer|éré|érée)": "être",
                r"sollicit(?:er|ez|e|ent|ées?|és?)": "demander",
                r"obtempér\w+": "obéir",
                r"imputables? (?:à|au|aux)": "à cause de",
                r"ressortissante?s?": "personne de ce pays",
                r"individus?": "personne",
                r"appréhendée?s?": "arrêté",
                r"gén(?:iteurs?|itrices?)": "père, mère",
                r"déclarante?s?": "personne qui raconte",
                r"modalités": "comment",
                r"attest(?:er|ez|e|ent)": "confirmer, dire que c'est vrai",
            }
        ),
        "en": MappingProxyType(
            {
                r"(?:afore|above)(?:mentioned|said)": "this, that",
                r"here(?:under|in|to|by|with|after)|there(?:of|in|to|by|with|after|upon)": "here, there, of it",
                r"forthwith": "at once",
                r"notwithstanding": "despite",
                r"ascertain(?:ed|s)?": "find out",
                r"commenc(?:e|es|ed|ing|ement)": "begin",
                r"terminat(?:e|es|ed|ing|ion)": "end",
                r"utili[sz](?:e|es|ed|ing|ation)": "use",
                r"prior to": "before",
                r"subsequent to|subsequent(?:ly)?": "after, later",
                r"in order to": "to",
                r"with (?:regard|respect|reference) to": "about",
                r"pertain(?:ing|s|ed)? to": "about",
                r"in the event (?:of|that)": "if",
                r"in lieu of": "instead of",
                r"pursuant to": "under, after",
                r"sustain(?:ed|s)? (?:bodily )?injur(?:y|ies)": "was hurt",
                r"kindly": "please",
                r"furnish(?:ed|es|ing)?": "give",
                r"endeavou?r(?:ed|s|ing)?": "try",
                r"facilitat(?:e|es|ed|ing|ion)": "help",
                r"resid(?:e|es|ed|ing)|domiciled": "live",
                r"remuneration": "pay",
                r"necessitat(?:e|es|ed|ing)": "need",
                r"expedit(?:e|es|ed|ing)": "hurry",
                r"henceforth": "from now on",
                r"hitherto": "until now",
                r"whilst": "while",
                r"particulars": "details",
                r"apprehended": "arrested",
            }
        ),
    }
)
"""Language -> how a word of offices is found -> what people say."""


def rare_words(sentences: Iterable[str], language: str) -> tuple[tuple[str, ...], int]:
    """Return the rare words of some sentences, each once and in their order, and how many different words were looked at.

    >>> rare_words(["Le ressortissant a subi des sévices", "Où habite-t-il"], "fr")
    (('ressortissant', 'sévices'), 4)
    """
    seen = dict.fromkeys(word for sentence in sentences for word in _parts(sentence))
    if language not in _ENDINGS or not seen:
        return (), 0
    common = _common(language)
    rare = (word for word in seen if common.isdisjoint(_stems(word, language)))
    return tuple(rare), len(seen)


def plainer(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield each word of offices in a text, as it stands there, and what people say instead.

    >>> list(plainer("Where did the person reside prior to this?", "en"))
    [('reside', 'live'), ('prior to', 'before')]
    """
    if language in _PLAINER:
        pattern, proposals = _offices(language)
        for found in pattern.finditer(text.replace("’", "'")):
            yield found[0], proposals[found.lastindex or 0]


@lru_cache(maxsize=4)
def _common(language: str) -> frozenset[str]:
    text = Path(__file__).with_name(f"common.{language}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(" ".join(lines).split()) | _SURELY_COMMON


@lru_cache(maxsize=4)
def _endings(language: str) -> tuple[str, ...]:
    return tuple(_ENDINGS[language].split())


@lru_cache(maxsize=4)
def _offices(language: str) -> tuple[re.Pattern[str], Mapping[int, str]]:
    rows = _PLAINER[language]
    pattern = "|".join(f"({row})" for row in rows)
    return re.compile(rf"(?<!\w)(?:{pattern})(?:(?<=')|(?!\w))", re.IGNORECASE), dict(
        enumerate(rows.values(), start=1)
    )


def _parts(sentence: str) -> Iterator[str]:
    """Yield the words of a sentence in small letters, without articles that are tied to them, names and abbreviations."""
    for number, word in enumerate(re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", sentence)):
        bare = _ELIDED.sub("", word)
        if bare.isupper() or (number and bare[:1].isupper()):
            continue
        yield from (part for part in _PARTS.split(bare.lower()) if len(part) >= _LEAST)


def _stems(word: str, language: str) -> Iterator[str]:
    yield word
    for ending in _endings(language):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            yield word[: -len(ending)]
