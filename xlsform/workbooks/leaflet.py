"""The sheet ``Lisez-moi`` of every built workbook: what a trainer must know before changing a form. Only words.

Both languages stand side by side and never follow the reader's language, so that the bytes of a workbook are the same
everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

TITLE = "Lisez-moi"

_LINES = (
    (
        "Ce classeur est un formulaire XLSForm, fait par dikalo. Vous pouvez l'ouvrir et l'adapter dans Excel ou LibreOffice.",
        "This workbook is an XLSForm made by dikalo. You may open and adapt it in Excel or LibreOffice.",
    ),
    (
        (
            "Feuille survey\u00a0: une ligne par question, dans l'ordre du téléphone. Feuille choices\u00a0: les réponses "
            "proposées. Feuille settings\u00a0: titre, identifiant, version."
        ),
        (
            "Sheet survey: one row for each question, in the order of the phone. Sheet choices: the answers offered. Sheet "
            "settings: title, id, version."
        ),
    ),
    (
        (
            "Colonne name\u00a0: ne la changez pas pour une question qui existe\u00a0; les réponses déjà reçues n'auraient plus de place. "
            "Les libellés, eux, se corrigent librement, dans toutes les langues à la fois."
        ),
        (
            "Column name: leave it alone for a question that exists; answers already received would lose their place. Labels may be "
            "corrected freely, in every language at once."
        ),
    ),
    (
        "Colonne register\u00a0: où va la réponse dans le registre. Vide\u00a0: la réponse est gardée à part, avec sa question.",
        "Column register: where the answer goes in the register. Empty: the answer is kept apart, with its question.",
    ),
    (
        (
            "Colonne sensitivity\u00a0: 0 public, 1 interne, 2 restreint, 3 scellé (noms, téléphones, lieux précis, récits, photos). "
            "Vide partout\u00a0: 3. On peut monter un niveau, jamais le baisser."
        ),
        (
            "Column sensitivity: 0 public, 1 internal, 2 restricted, 3 sealed (names, phones, exact places, narratives, photos). "
            "Empty everywhere: 3. A level may be raised, never lowered."
        ),
    ),
    (
        "Questions ajoutées\u00a0: donnez-leur un nom qui commence par org_ et placez-les derrière la question de consentement.",
        "Questions you add: give them a name that begins with org_ and put them behind the consent question.",
    ),
    (
        (
            "Jamais dans un formulaire\u00a0: identifiant du téléphone, position automatique, enregistrement en arrière-plan, noms de "
            "groupes armés parmi les choix."
        ),
        "Never in a form: the phone's identity, automatic position, background recording, names of armed groups among the choices.",
    ),
    (
        (
            "Les lignes grises appartiennent au socle commun. Les deux dernières lignes (dikalo_form, dikalo_version) sont écrites par "
            "dikalo\u00a0: ne les touchez pas."
        ),
        (
            "Grey rows belong to the common core. The last two rows (dikalo_form, dikalo_version) are written by dikalo: leave them "
            "as they are."
        ),
    ),
    (
        "Écrivez seulement du texte\u00a0: pas de formule, pas de date d'Excel, pas de cellules fusionnées, pas de ligne masquée.",
        "Write plain text only: no formula, no Excel date, no merged cells, no hidden row.",
    ),
    (
        (
            "Après un changement\u00a0: augmentez version (année, mois, jour, numéro\u00a0: 2026112502), puis lancez «\u00a0dikalo "
            "forms check fichier.xlsx\u00a0»."
        ),
        'After a change: raise version (year, month, day, number: 2026112502), then run "dikalo forms check file.xlsx".',
    ),
)


def lines(title: str) -> Iterator[tuple[str, str]]:
    """Yield the rows of the sheet, French beside English; the first one is the form's title."""
    yield title, title
    yield from _LINES
