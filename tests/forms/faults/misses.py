"""The planted faults that are not found yet, each by its words and with what it would take. Nothing else may be missed."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MISSES"]

MISSES: Mapping[str, tuple[str, str]] = {
    "menage: cell mineurs.calculation concat(${taille}, ${taille})": (
        "deux nombres collés là où leur somme est voulue\u00a0: coller des nombres se fait aussi exprès, pour un code",
        "two numbers put together where their sum is meant: numbers are also put together on purpose, for a code",
    ),
    "menage: cell mineurs.calculation int((${arrivee} - ${jour}) div 365.25)": (
        "une différence retournée, toujours négative\u00a0: rien ne dit qu'un nombre négatif n'est pas voulu",
        "a difference turned round, always negative: nothing says that a negative number is not meant",
    ),
    "menage: cell mineurs.calculation substr(${telephone}, 1, 3)": (
        "une partie de texte comptée à partir de 1, comme dans un tableur\u00a0: elle existe aussi à partir de 0",
        "a part of a text counted from 1, as in a spreadsheet: counted from 0 it exists as well",
    ),
    "menage: cell mineurs.calculation 100 div ${taille}": (
        "une division par une réponse qui peut être zéro\u00a0: presque tout nombre peut l'être, l'alerte serait partout",
        "a division by an answer that may be zero: nearly every number may be, and it would be said everywhere",
    ),
    "market: cell Bag_Kilo.calculation if(${Q04_Price} = '', 0, ${Q04_Price} + ${Q01_Town})": (
        "un code de choix écrit en chiffres, additionné comme un nombre\u00a0: des points se comptent de la même façon",
        "a code of a choice in digits, added like a number: scores are counted in the same way",
    ),
    "menage: cell etat.readonly yes": (
        "une question visible que personne ne peut remplir\u00a0: d'anciens formulaires écrivent ainsi leurs notes",
        "a question on the screen that nobody can answer: older forms write their notes so",
    ),
    "menage: cell etat.label::Français (fr) L'abri": (
        "deux questions du même libellé\u00a0: sous deux groupes, c'est courant et voulu",
        "two questions with the same label: under two groups that is common, and meant",
    ),
}
"""Words of a fault -> why it is missed or misled, in French and in English."""
