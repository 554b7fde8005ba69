"""Write the pages of forms that others published: ``python -m docs.published_forms FOLDER``. The forms are never copied.

Each finding that breaks a form or loses answers was looked at by a person, who says here why it is right. One that nobody looked
at stands on the page as such, and the command ends with exit code 1.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sync_scripts import clock
from xlsform.convert import converter
from xlsform.findings.causes import Cause, causes
from xlsform.findings.inspection import inspect
from xlsform.findings.profiles import Severity

REFERENCE = Path(__file__).parent / "reference"
LANGUAGES = {"fr": "published-forms.fr.md", "en": "published-forms.md"}
GRAVE = (Severity.BREAKS, Severity.LOSES, Severity.EXPOSES)
Said = tuple[str, str]
"""In French, in English."""

TITLES: Mapping[str, Said] = {
    "cht_delivery": ("Community Health Toolkit, accouchement", "Community Health Toolkit, delivery"),
    "cht_pregnancy": ("Community Health Toolkit, grossesse", "Community Health Toolkit, pregnancy"),
    "fmtm_slum": ("Field Mapping Tasking Manager, bidonville", "Field Mapping Tasking Manager, slum"),
    "fmtm_wildfire": ("Field Mapping Tasking Manager, incendie", "Field Mapping Tasking Manager, wildfire"),
    "hot_health": (
        "Humanitarian OpenStreetMap Team, structures de santé",
        "Humanitarian OpenStreetMap Team, health facilities",
    ),
    "kobo_goodeats": ("KoboToolbox, exercice sur la nourriture", "KoboToolbox, teaching form on food"),
    "kobo_tutorial": ("KoboToolbox, tutoriel", "KoboToolbox, tutorial"),
    "odk_external": ("ODK, listes externes", "ODK, external lists"),
    "pyx_spec": ("pyxform, spécification", "pyxform, specification"),
    "who_va152": ("OMS, autopsie verbale 1.5.2", "WHO, verbal autopsy 1.5.2"),
}
_ENGINE: Said = (
    (
        "ces fonctions sont celles du moteur de ce projet ; ODK Collect s'arrête devant elles. Ce n'est pas une faute là où ce "
        "formulaire tourne."
    ),
    "these are functions of that project's own engine; ODK Collect stops at them. No fault where this form runs.",
)
_FIELD_LIST: Said = (
    "une répétition dans un groupe d'un seul écran : Collect refuse cet écran.",
    "a repeat in a group on one screen: Collect refuses that screen.",
)
_META: Said = (
    "un groupe s'appelle `meta` : pyxform le refuse.",
    "a group is called `meta`: pyxform refuses it.",
)
_SAME_TEXT: Said = (
    "deux réponses ont le même texte dans cette langue : personne ne peut les distinguer.",
    "two answers have the same text in that language: nobody can tell them apart.",
)
_FROM_SERVER: Said = (
    "le fichier ne contient pas ce qu'il nomme ; le serveur du projet l'ajoute. Seul, le formulaire ne se convertit pas.",
    "the file does not hold what it names; the project's server adds it. By itself the form cannot be converted.",
)
REASONS: Mapping[tuple[str, str], Said] = {
    **{(name, "FUNC-UNKNOWN"): _ENGINE for name in ("cht_delivery", "cht_pregnancy")},
    **{(name, "REPEAT-IN-FIELDLIST"): _FIELD_LIST for name in ("cht_delivery", "cht_pregnancy")},
    **{(name, "NAME-RESERVED"): _META for name in ("cht_delivery", "cht_pregnancy")},
    **{(name, "CHOICE-DUP-LABEL"): _SAME_TEXT for name in ("fmtm_wildfire", "hot_health")},
    **{("hot_health", code): _FROM_SERVER for code in ("REF-UNKNOWN", "LOOKUP-LIST", "PX-LIST")},
    ("fmtm_wildfire", "PX-PYREF_003"): _FROM_SERVER,
    ("fmtm_slum", "CHOICE-UNKNOWN"): (
        (
            "quatre questions « quel autre ? » attendent la réponse `other` d'une liste qui n'a que oui et non : elles ne sont jamais "
            "posées. Une cinquième condition nomme `head`, que sa liste n'a pas."
        ),
        (
            'four questions "which other?" wait for the answer `other` of a list that has only yes and no: they are never asked. A '
            "fifth condition names `head`, which its list lacks."
        ),
    ),
    ("fmtm_wildfire", "CHOICE-UNKNOWN"): (
        "deux conditions nomment des réponses que leurs listes n'ont pas : ce qu'elles ouvrent n'est jamais demandé.",
        "two conditions name answers that their lists lack: what they open is never asked.",
    ),
    ("fmtm_wildfire", "FILTER-NOCOL"): (
        "le filtre nomme une colonne que les choix de sa liste n'ont pas : la liste est vide.",
        "the filter names a column that the choices of its list do not have: the list is empty.",
    ),
    ("who_va152", "NEVER-TRUE"): (
        "un avertissement attend plus d'une réponse à une question qui n'en permet qu'une : il n'est jamais affiché.",
        "a warning waits for more than one answer to a question that takes one: it is never shown.",
    ),
}
"""Name of a form and code -> why the finding is right."""
_UNSEEN: Said = ("**pas encore examiné.**", "**not looked at yet.**")

_HEAD: Said = (
    (
        "# La vérification passée sur des formulaires publiés par d'autres\n\n"
        "Page faite le {day} par `python -m docs.published_forms REPERTOIRE` ({converter}) ; ne pas modifier. Les formulaires sont "
        "tels que\nchaque projet les a publiés ; rien n'en est copié ici, sauf un nom ou deux. Demandé comme par `dikalo forms check "
        "FICHIER`,\ndonc comme ODK les prend (profil `odk`). Les *causes* sont ce qui s'affiche : une ligne pour ce qu'une seule "
        "correction règle.\nLe style n'est pas affiché.\n\n"
        "| formulaire | causes | bloque | perd | induit en erreur |\n|---|---|---|---|---|\n"
    ),
    (
        "# The form check run over forms that others published\n\n"
        "Made on {day} by `python -m docs.published_forms FOLDER` ({converter}); do not edit. The forms are as each project "
        "published\nthem; none is copied here beyond a name or two. Asked as by `dikalo forms check FILE`, so as ODK takes them "
        "(profile `odk`).\n*Causes* are what is shown: one line for what one mending ends. Style is not shown.\n\n"
        "| form | causes | breaks | loses | misleads |\n|---|---|---|---|---|\n"
    ),
)
_LOOKED: Said = (
    "\nChaque constat qui bloque ou perd a été examiné :\n",
    "\nEach of what breaks or loses was looked at:\n",
)
_MISLEADS: Said = ("\nCe qui induit en erreur, par code : ", "\nWhat misleads, by code: ")


@dataclass(frozen=True)
class Checked:
    """One form and what is shown of it."""

    path: Path
    causes: tuple[Cause, ...]

    def count(self, *severities: Severity) -> int:
        """Return how many causes are of these severities."""
        return sum(one.first.severity in severities for one in self.causes)

    def title(self, language: int) -> str:
        """Return what the page calls it; the kind of an old file is said."""
        name = TITLES.get(self.path.stem, (self.path.stem, self.path.stem))[language]
        return f"{name} (`.xls`)" if self.path.suffix == ".xls" else name


def checked(folder: Path) -> Iterator[Checked]:
    """Yield what the check says of each workbook of a folder."""
    for path in sorted(folder.iterdir()):
        if path.suffix in {".xlsx", ".xls"}:
            one = inspect(path, profile="odk")
            yield Checked(path, tuple(causes(one.shown)))


def page(forms: list[Checked], language: int, day: str) -> str:
    """Return the page in one language: 0 for French, 1 for English."""
    head = _HEAD[language].format(day=day, converter=converter())
    rows = [
        f"| {one.title(language)} | {len(one.causes)} | {one.count(Severity.BREAKS)} | "
        f"{one.count(Severity.LOSES, Severity.EXPOSES)} | {one.count(Severity.MISLEADS)} |\n"
        for one in forms
    ]
    misleads = Counter(
        one.first.code for form in forms for one in form.causes if one.first.severity is Severity.MISLEADS
    )
    shown = ", ".join(f"{code} {count}" for code, count in misleads.most_common())
    said = (*_looked_at(forms, language), f"{_MISLEADS[language]}{shown}.")
    return _spaced(f"{head}{''.join(rows)}{_LOOKED[language]}{''.join(said)}\n", language)


def _looked_at(forms: list[Checked], language: int) -> Iterator[str]:
    for form in forms:
        codes: dict[str, list[str]] = {}
        for one in form.causes:
            if one.first.severity in GRAVE:
                codes.setdefault(one.first.code, []).extend(one.places)
        for code, places in codes.items():
            why = REASONS.get((form.path.stem, code), _UNSEEN)[language]
            yield f"\n- **{form.title(language)}**, {code} ({', '.join(dict.fromkeys(places))}): {why}"
        if codes:
            yield "\n"


def _spaced(text: str, language: int) -> str:
    """Return French with its spaces that do not break."""
    if language:
        return text
    for sign in ":;?!»":
        text = text.replace(f" {sign}", f"\u00a0{sign}")
    return text.replace("« ", "«\u00a0").replace("): ", ")\u00a0: ")


def unseen(forms: list[Checked]) -> list[str]:
    """Return what breaks or loses and was not looked at, and reasons for what is no longer said."""
    said = {
        (form.path.stem, one.first.code)
        for form in forms
        for one in form.causes
        if one.first.severity in GRAVE
    }
    return [
        f"{'no longer said' if key in REASONS else 'not looked at'}: {' '.join(key)}"
        for key in sorted(said ^ REASONS.keys())
    ]


def main() -> int:
    """Write both pages and name what nobody looked at."""
    forms = list(checked(Path(sys.argv[1])))
    day = f"{clock.machine():%Y-%m-%d}"
    for language, name in enumerate(LANGUAGES.values()):
        (REFERENCE / name).write_text(page(forms, language, day), encoding="utf-8")
    left = unseen(forms)
    print(*left, sep="\n")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
