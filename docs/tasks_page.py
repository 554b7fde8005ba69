"""The page of the kinds of tasks, made of ``rules/tasks.toml``: what opens each, when it is due, what ends it, whose it is.

The numbers beside them are those of the rules; a clock that has no words here stops the making of the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from docs.rules_page import RulesPage
from docs.rules_words import Pair
from sync_scripts.register.rules.kinds import KINDS, Kind, label

PAGES: Final = {"en": "tasks.md", "fr": "tasks.fr.md"}
HEAD: Final[Pair] = (
    """# The kinds of tasks

Made from the rules files by `nox -s reference`; do not edit. A rule opens each task, and a fact or a decision ends it.
The times are those of [the rules](rules.md).
""",
    """# Les types de tâches

Page faite à partir des fichiers de règles par `nox -s reference` ; ne pas modifier. Une règle ouvre chaque tâche, un fait ou
une décision la termine. Les délais sont ceux [des règles](rules.fr.md).
""",
)
COLUMNS: Final[tuple[Pair, ...]] = (
    ("task", "tâche"),
    ("opened when", "ouverte quand"),
    ("due", "échéance"),
    ("ended when", "terminée quand"),
    ("whose", "à qui"),
)
WHO: Final[Mapping[str, Pair]] = {
    "worker": ("worker in charge", "agent chargé"),
    "owner": ("case owner", "responsable"),
    "supervisor": ("supervisor", "superviseur"),
    "coordination": ("coordination", "coordination"),
    "other": ("somebody else", "une autre personne"),
}
CLOCKS: Final[Mapping[str, Pair]] = {
    "day": ("the day that was told or decided", "le jour annoncé ou décidé"),
    "clinical": ("before each medical limit", "avant chaque limite médicale"),
    "custody": ("before each limit of police custody", "avant chaque limite de la garde à vue"),
    "hearing": ("before the hearing", "avant l'audience"),
    "appeal": ("before the last day to appeal", "avant le dernier jour pour faire appel"),
    "timeframe_h": (
        "the time within which the service is wanted",
        "le délai dans lequel le service est voulu",
    ),
    "retention": (
        "the end of the time for which it is kept",
        "la fin du temps pendant lequel les données sont gardées",
    ),
}


def page(language: str) -> str:
    """Return the page of the kinds of tasks in a language."""
    rules = RulesPage(language)
    rows = (_row(rules, code, kind) for code, kind in KINDS.items())
    return "\n".join([rules.say(HEAD), rules.table(COLUMNS, rows)])


def _row(rules: RulesPage, code: str, kind: Kind) -> list[str]:
    opens, ends = (rules.say((words.en, words.fr)) for words in (kind.opens, kind.ends))
    name = rules.say((label("task_kind", code, "en"), label("task_kind", code, "fr")))
    return [name, opens, _due(rules, kind), ends, rules.say(WHO[kind.who])]


def _due(rules: RulesPage, kind: Kind) -> str:
    """Return when a task of a kind is due: the number of the rules that its clock names, or words."""
    if kind.within_h is not None:
        return rules.amount("h", kind.within_h)
    if kind.clock in CLOCKS:
        return rules.say(CLOCKS[kind.clock])
    return rules.times(*kind.clock.split("."))
