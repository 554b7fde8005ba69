"""The page of the corpus: what the form check finds of the faults that the tests plant, family by family."""

from __future__ import annotations

from tests.forms.faults.judging import Outcome, clean_forms, grave, outcomes
from tests.forms.faults.report import lines

_HEADS = {
    "fault-corpus.md": (
        "en",
        (
            "# What the form check finds of planted faults\n\n"
            "Made by `nox -s reference`; do not edit. `python -m tests.forms.faults` prints the same table.\n"
            "Each fault is one change of a sound form, with the code and the cell that must be named. *Found*: that code at that\n"
            "cell; *misled*: something else was said; *missed*: nothing new was said. Java is not asked. The families that begin\n"
            "with `rules:` are the tables of [What can be wrong with a form](form-problems.md).\n"
        ),
        (
            "{count} clean forms in the manner of others (capitals, hyphens, numeric choices, 500 questions, other scripts):\n"
            "false alarms of what breaks a form or loses answers: {false}.\n"
        ),
    ),
    "fault-corpus.fr.md": (
        "fr",
        (
            "# Ce que la vérification trouve des fautes plantées\n\n"
            "Page faite par `nox -s reference`\u00a0; ne pas modifier. `python -m tests.forms.faults` affiche le même tableau.\n"
            "Chaque faute est une seule modification d'un formulaire correct, avec le code et la cellule à nommer.\n"
            "*Trouvée*\u00a0: ce code, à cette cellule\u00a0; *mal nommée*\u00a0: autre chose a été dit\u00a0; *manquée*\u00a0: rien de\n"
            "nouveau n'a été dit. Java n'est pas interrogé. Les familles qui commencent par `rules:` sont les tableaux de\n"
            "[Ce qui peut clocher dans un formulaire](form-problems.fr.md).\n"
        ),
        (
            "{count} formulaires corrects à la manière d'autrui (majuscules, traits d'union, choix numériques, 500 questions,\n"
            "autres écritures)\u00a0; fausses alertes de ce qui bloque un formulaire ou perd des réponses\u00a0: {false}.\n"
        ),
    ),
}


def judged_pages() -> dict[str, str]:
    """Judge the corpus and the clean forms, and return the page."""
    return pages(list(outcomes()), sum(bool(grave(make())) for make in clean_forms().values()))


def pages(found: list[Outcome], false: int) -> dict[str, str]:
    """Return the page in both languages by its file name, from what was found and how many false alarms there were."""
    count = len(clean_forms())
    return {
        name: "\n".join((head, "\n".join(lines(found, language)), "", tail.format(count=count, false=false)))
        for name, (language, head, tail) in _HEADS.items()
    }
