"""The page of the flags, made of ``rules/flags.toml``: what a rule says that somebody should look at, and what ends it, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from docs.rules_page import RulesPage
from docs.rules_words import Pair
from sync_scripts.register.case.flags import FLAGS, FlagKind

PAGES: Final = {"en": "flags.md", "fr": "flags.fr.md"}
HEAD: Final[Pair] = (
    """# The flags

Made from the rules files by `nox -s reference`; do not edit. A rule raises each flag: a person should look
at something. It decides nothing, and is settled by what somebody says of it (`dikalo cases task`). Words in braces stand for what the program knows:
never an answer.
""",
    """# Les points à vérifier

Page faite à partir des fichiers de règles par `nox -s reference` ; ne pas modifier. Une règle demande qu'une personne regarde
chaque point. Un point à vérifier ne décide rien ; il est clos quand quelqu'un dit ce qu'il en est (`dikalo cases task`). Les mots
entre accolades remplacent ce que le programme sait : jamais une réponse.
""",
)
COLUMNS: Final[tuple[Pair, ...]] = (
    ("code", "code"),
    ("about", "sujet"),
    ("what it says", "ce qu'il dit"),
    ("ends by itself when", "clos de lui-même quand"),
)
ABOUT: Final[Mapping[str, Pair]] = {
    "submission": ("any submission", "toute soumission"),
    "alert": ("alert", "alerte"),
    "interview": ("interview", "entretien"),
    "detention": ("detention", "détention"),
    "source": ("source", "source"),
    "followup": ("visit", "visite"),
    "case": ("case", "dossier"),
    "intervention": ("service", "service"),
    "closure": ("request of closure", "demande de fermeture"),
}
ENDS: Final[Mapping[str, Pair]] = {
    "said": ("never", "jamais"),
    "forms": (
        "the forms say so no longer, by an edit or a correction",
        "les soumissions ne le disent plus, après une modification ou une correction",
    ),
    "codes": (
        "a code is corrected, or what it names is here",
        "un code est corrigé, ou ce qu'il nomme est là",
    ),
    "server": ("the server says otherwise", "le serveur dit autre chose"),
    "files": ("its files came", "ses fichiers sont arrivés"),
    "consent": ("a consent is recorded", "un consentement est noté"),
    "decision": ("it is decided", "c'est décidé"),
}


def page(language: str) -> str:
    """Return the page of the flags in a language."""
    rules = RulesPage(language)
    rows = (_row(rules, code, kind) for code, kind in FLAGS.items())
    return "\n".join([rules.say(HEAD), rules.table(COLUMNS, rows)])


def _row(rules: RulesPage, code: str, kind: FlagKind) -> list[str]:
    about = " / ".join(rules.say(ABOUT[one]) for one in kind.about.split())
    return [f"`{code}`", about, kind.said(rules.lang), rules.say(ENDS[kind.ends])]
