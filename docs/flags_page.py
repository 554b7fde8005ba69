"""The page of the flags, made of ``case/flags.py``: what a rule says that somebody should look at, by its code, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext
from typing import Final

from docs.rules_words import Pair
from sync_scripts import texts
from sync_scripts.register.case.flags import FLAGS

PAGES: Final = {"en": "flags.md", "fr": "flags.fr.md"}
HEAD: Final[Pair] = (
    """# The flags

Made from the program's own sentences by `nox -s reference`; do not edit. A rule raises each flag: a person should look
at something. It decides nothing, and is settled by what somebody says of it (`dikalo cases task`). Words in braces stand for what the program knows:
never an answer.
""",
    """# Les points à vérifier

Page faite à partir des phrases du programme par `nox -s reference` ; ne pas modifier. Une règle demande qu'une personne regarde
chaque point. Un point à vérifier ne décide rien ; il est clos quand quelqu'un dit ce qu'il en est (`dikalo cases task`). Les mots
entre accolades remplacent ce que le programme sait : jamais une réponse.
""",
)
COLUMNS: Final[Pair] = ("| code | what it says |", "| code | ce qu'il dit |")


def page(language: str) -> str:
    """Return the page of the flags in a language."""
    texts.speak(language)
    return "\n".join(_parts(("en", "fr").index(language)))


def _parts(place: int) -> Iterator[str]:
    yield HEAD[place]
    yield COLUMNS[place]
    yield "|---|---|"
    for code, words in FLAGS.items():
        yield f"| `{code}` | {gettext(words)} |"
    yield ""
