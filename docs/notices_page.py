"""The page of the kinds of notices, made of ``rules/notices.toml``: what opens each, its level, who gets it, how often, what it says.

A word of the table that has none here stops the making of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from docs.rules_page import RulesPage
from docs.rules_words import Pair
from sync_scripts.register.rules.kinds import labels
from sync_scripts.register.rules.notice_kinds import KINDS, NoticeKind, sentence_of

PAGES: Final = {"en": "notices.md", "fr": "notices.fr.md"}
HEAD: Final[Pair] = (
    """# The kinds of notices

Made from the rules files by `nox -s reference`; do not edit. A rule writes each notice, and a message tells of it
([messages](../en/messages.md)). A message says five things: how many, the level, the region, the time left, a reference. It never holds a
name, a code, a place below the region, what happened, a text that somebody wrote, or a link.

By night, from nine in the evening to six, only what is critical goes, and what is due before the morning.
""",
    """# Les types de messages

Page faite à partir des fichiers de règles par `nox -s reference` ; ne pas modifier. Une règle écrit chaque avis, un message le
dit ([messages](../messages.md)). Un message dit cinq choses : combien, le niveau, la région, le temps qui reste, une référence. Il ne contient jamais
un nom, un code, un lieu plus précis que la région, ce qui s'est passé, un texte écrit par une personne, ni un lien.

La nuit, de 21 h à 6 h, seul part ce qui est critique, ou dû avant le matin.
""",
)
COLUMNS: Final[tuple[Pair, ...]] = (
    ("notice", "avis"),
    ("about", "sujet"),
    ("written when", "écrit quand"),
    ("its task", "sa tâche"),
    ("level", "niveau"),
    ("told to", "à qui"),
    ("how often", "combien de fois"),
    ("what it says", "ce que dit le message"),
)
SUBJECT: Final[Mapping[str, Pair]] = {
    "alert": ("alert", "alerte"),
    "case": ("case", "dossier"),
    "place": ("a submission at its source", "une soumission à sa source"),
    "unit": ("a submission that came", "une soumission reçue"),
    "destination": ("a destination", "une destination"),
}
LEVEL: Final[Mapping[str, Pair]] = {
    "task": (
        "that of the alert or case, and never less than its task has",
        "celui de l'alerte ou du dossier, et jamais moins que celui de sa tâche",
    ),
    "unread": (
        "critical for an alert, and for what says no form where its source brings alerts; high for all else",
        "critique pour une alerte, et pour ce qui ne dit pas son formulaire quand sa source apporte des alertes ; élevé pour le reste",
    ),
    "low": ("low", "faible"),
}
TO: Final[Mapping[str, Pair]] = {
    "coordinator": ("coordination", "coordination"),
    "rules": (
        "coordination, then the deputy (see the rules)",
        "coordination, puis l'adjoint (voir les règles)",
    ),
}
TOLD: Final[Mapping[str, Pair]] = {
    "change": (
        "at each change, the same again after six hours at the earliest",
        "à chaque changement, le même au plus tôt six heures après",
    ),
    "once": ("once", "une fois"),
    "steps": ("once at each step", "une fois à chaque étape"),
    "asked": ("whenever somebody asks", "à la demande"),
}
STANDS: Final[Pair] = ("; taken back when it is no longer so", " ; annulé quand ce n'est plus vrai")
ANY: Final[Pair] = ("each", "chacune")


def page(language: str) -> str:
    """Return the page of the kinds of notices in a language."""
    rules = RulesPage(language)
    rows = (_row(rules, code, kind) for code, kind in KINDS.items())
    return "\n".join([rules.say(HEAD), rules.table(COLUMNS, rows)])


def _row(rules: RulesPage, code: str, kind: NoticeKind) -> list[str]:
    name, opens, says = (
        rules.say((words.en, words.fr)) for words in (kind.name, kind.opens, sentence_of(code).one)
    )
    about = ", ".join(rules.say(SUBJECT[one]) for one in kind.subject)
    tasks = rules.say(ANY) if kind.tasks == "any" else labels("task_kind", " ".join(sorted(kind.tasks)))
    often = rules.say(TOLD[kind.told]) + (rules.say(STANDS) if kind.stands else "")
    return [name, about, opens, tasks, rules.say(LEVEL[kind.level]), rules.say(TO[kind.to]), often, says]
