"""Rules on texts that stand in the column of another language: exchanged between two columns, or never translated.

Libraries that tell languages apart need a model of letters, a second to load it, and more than the two words of a label. Here
two columns are asked against each other, so a short list of small words of each language is enough: a text has words of the
other language, none of its own, and its neighbour the other way round. What shows neither is left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations
from types import MappingProxyType
from typing import Final

from xlsform import columns
from xlsform.findings.problems import Finding, Spot
from xlsform.model import Form, Kind, Place, Resolved

_SMALL_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fr": """au aucun aucune aux avec avez avoir ce ces cet cette chez combien comme dans depuis des du elle elles est et
            eux femme fille garçon homme ici il ils je jour la le les leur leurs lui mais mois ne non nous où oui par pas personne
            personnes peut plus pour pourquoi quand que quel quelle quelles quels qui quoi sa sans sans se ses si son sont sous
            sur très un une vos votre vous été être autre autres
            bon mauvais besoin besoins chef décès enfant enfants eau école féminin masculin inconnu inconnue jamais lieu merci
            mère père ménage naissance nom nombre numéro parfois prix prénom quartier santé souvent téléphone toujours ville""",
        "en": """about all and any are at been both by can child did do does during each ever for from had has have her here his
            how if in is it its know last man many more much never no none not of only other others she than that the their them
            there these they this to two was we were what when where which who whom whose why will with woman year years yes you
            your always bad birth child children death father female first given good head health household male mother name need
            needs number often phone please price school sometimes thank thanks town unknown water""",
        "es": """al alguien alguna cada cómo con cuál cuándo cuánto cuántos del desde donde dónde ella ellos en eres es ese esta
            este ha han hay hombre los las mujer muy niño ninguno otra otro para pero por porque qué quién se sin sobre su sus
            también tiene una usted y ya años el lo sí""",
        "pt": """ao aos com como da das do dos ela ele em é esta está eu foi há homem mais mas mulher não nas no nos nenhum
            nenhuma onde os as ou outra outro para pela pelo por qual quando quantos que quem se sem seu sua são também tem um uma
            você sim anos""",
    }
)
_SCRIPTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("ar", "fa", "ur", "ps", "prs"), "\u0600\u06ff"),
        **dict.fromkeys(("am", "ti"), "\u1200\u137f"),
        **dict.fromkeys(("ru", "uk", "bg"), "\u0400\u04ff"),
    }
)
"""Languages told by their letters: the first and the last."""
_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "english": "en",
        "anglais": "en",
        "french": "fr",
        "français": "fr",
        "francais": "fr",
        "spanish": "es",
        "español": "es",
    }
)
"""What some call a language where its code should stand."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_REFERENCE: Final = re.compile(r"\$\{[^}]*\}")
_LATIN: Final = "\u02ff"
_LEAST: Final = 3
"""Words of another language, and none of its own, in a text that has no neighbour to compare it with."""


@lru_cache(maxsize=1)
def _owners() -> Mapping[str, str]:
    """Return the language of each word that only one of them has."""
    all_words = [(word, code) for code, text in _SMALL_WORDS.items() for word in {*text.split()}]
    counts = Counter(word for word, _code in all_words)
    return {word: code for word, code in all_words if counts[word] == 1}


def check_wrong_language(resolved: Resolved) -> Iterator[Finding]:
    """Yield each text that is written in the language of another column; of two that were exchanged, the first."""
    form = resolved.form
    known = {code: spoken for code in form.languages if (spoken := spoken_code(form, code))}
    if len(known) < 2:
        return
    pairs = [*combinations(known.items(), 2)]
    for path, column, texts, place in _texts(form):
        shows = {code: _shows(text) for code, text in texts.items() if code in known}
        found = next(((one[0], other[0]) for one, other in pairs if _are_exchanged(shows, one, other)), None)
        if found is None and place.sheet != columns.CHOICES:  # choices are often names
            found = _untranslated(texts, shows, known)
        if found is not None:
            spot = Spot(form, place, path, column, found[0])
            yield spot.finding("LANG-WRONG", other=form.languages[found[1]])


def spoken_code(form: Form, code: str) -> str:
    """Return the code of a language of which something is known, "" for any other."""
    name = form.languages[code]
    for said in (code.lower(), _NAMES.get(name.strip().lower(), "")):
        if said in _SMALL_WORDS or said in _SCRIPTS:
            return said
    return ""


def _texts(form: Form) -> Iterator[tuple[str, str, Mapping[str, str], Place]]:
    """Yield the texts that people read: the path, the column, what stands in each language, the place."""
    for path, row in form.paths():
        if row.kind not in {Kind.CALCULATE, Kind.METADATA}:
            for column, texts in row.texts.items():
                if column not in columns.MEDIA:
                    yield "/".join(path), column, texts, row.place
    for name, choices in form.choices.items():
        for choice in choices:
            yield f"{name}/{choice.name}", "label", choice.labels, choice.place


def _shows(text: str) -> Counter[str]:
    """Return how many words of a text belong to each language that is known."""
    owners, found = _owners(), Counter[str]()
    for word in _WORD.findall((_REFERENCE.sub(" ", text) if "${" in text else text).lower()):
        if (owner := owners.get(word)) is not None:
            found[owner] += 1
        elif word > _LATIN:
            found.update(code for code, letters in _SCRIPTS.items() if letters[0] <= word[0] <= letters[1])
    return found


def _are_exchanged(shows: Mapping[str, Counter[str]], one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Say whether each of two texts shows the language of the other column, and not its own."""
    return all(
        column in shows and shows[column][theirs] and not shows[column][own]
        for (column, own), (_, theirs) in ((one, other), (other, one))
    )


def _untranslated(
    texts: Mapping[str, str], shows: Mapping[str, Counter[str]], known: Mapping[str, str]
) -> tuple[str, str] | None:
    """Return a text that is wholly in the language of another column, and that language; the same text is told elsewhere."""
    return next(
        (
            (code, other)
            for code, found in shows.items()
            for other, spoken in known.items()
            if found[spoken] >= _LEAST and not found[known[code]] and texts[code] != texts.get(other)
        ),
        None,
    )
