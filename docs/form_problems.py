"""The page of form problems: every code of the form check with a faulty form and the mended one.

Made of the tables that the tests plant, so that it cannot say anything else than what the check does.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from gettext import gettext
from pathlib import Path

from sync_scripts import texts
from tests.forms.rules import faults
from xlsform.convert import ConversionFailed, convert
from xlsform.errors import FormError
from xlsform.findings.catalogue import CATALOGUE
from xlsform.findings.inspection import inspect
from xlsform.findings.problems import Finding
from xlsform.model import Form
from xlsform.workbooks import workbook

PAGES = {"en": "form-problems.md", "fr": "form-problems.fr.md"}
LONGEST = 16
"""Lines of a table that are shown; the middle of a longer one is left out."""


@dataclass(frozen=True)
class Words:
    """What the page itself says in one language."""

    head: str
    faulty: str
    mended: str
    levels: Mapping[str, str]
    harms: Mapping[str, str]
    families: Mapping[str, str]
    never: str
    """Heading of the codes that no workbook can bring about."""
    side: int
    """Which of the two remarks of a table."""


_WORDS = {
    "en": Words(
        head="# What can be wrong with a form\n\n"
        "Made from the program's own sentences and tests by `nox -s reference`; do not edit. `dikalo forms check` says these\n"
        "things with the cell or the line. For each code the page says what happens to data, whoever made the form, and what is\n"
        "done about it in forms of the register: an error stops build and deploy, a warning asks for a look, a note is a remark.\n"
        "In forms of others (profiles `odk` and `kobo`) what breaks the form, loses answers or exposes people is an error, what\n"
        "misleads people a warning, and style is shown with `--style` only.\n"
        "Tables are shortened to the columns that matter; `@` stands before a date cell, `#` before a number cell. Forms of\n"
        "other people are checked without the rules on consent, secrecy and the register unless `--profile ours` is given.\n\n"
        "![A form with six faults, as the command shows it in French](../pictures/verification.png)\n",
        faulty="Wrong:",
        mended="Right:",
        levels={"error": "Error", "warn": "Warning", "info": "Note"},
        harms={
            "breaks": "breaks the form",
            "loses": "loses or mixes answers",
            "exposes": "exposes people",
            "misleads": "misleads people",
            "style": "style",
        },
        families={
            "cells": "Cells, columns and sheets",
            "names": "Names and versions",
            "languages": "Languages, labels and media",
            "logic": "Conditions and calculations",
            "expressions": "Numbers, texts, dates and functions",
            "placement": "Rows, order and answers filled in",
            "calculated": "Calculations, and or or, classes of numbers",
            "lists": "Lists and filters",
            "offered": "What people are offered",
            "screens": "Screens",
            "safety": "Consent, secrecy and safety",
            "mapping": "The register",
            "converter": "What the converter says",
            "engine": "What ODK Collect's engine says (`--deep`)",
        },
        never="What the converter says to programs only, never of a workbook",
        side=1,
    ),
    "fr": Words(
        head="# Ce qui peut clocher dans un formulaire\n\n"
        "Page faite à partir des phrases et des tests du programme par `nox -s reference`\u00a0; ne pas modifier.\n"
        "`dikalo forms check` dit ces choses avec la cellule ou la ligne. Pour chaque code, la page dit ce qui arrive aux données,\n"
        "quel que soit l'auteur du formulaire, et ce qui s'ensuit dans les formulaires du registre\u00a0: une erreur arrête la\n"
        "construction et le déploiement, un avertissement demande un coup d'œil, une note est une remarque. Dans les formulaires\n"
        "d'autrui (profils `odk` et `kobo`), ce qui bloque le formulaire, perd des réponses ou expose des personnes est une\n"
        "erreur, ce qui induit en erreur un avertissement\u00a0; le style ne s'affiche qu'avec `--style`.\n"
        "Les tableaux sont réduits aux colonnes qui comptent\u00a0; `@` précède une cellule de date, `#` une cellule de nombre.\n"
        "Les formulaires d'autres personnes sont vérifiés sans les règles sur le consentement, le secret et le registre, sauf avec\n"
        "`--profile ours`.\n\n"
        "![Un formulaire à six fautes, comme la commande le montre](../pictures/verification.png)\n",
        faulty="Faux\u00a0:",
        mended="Juste\u00a0:",
        levels={"error": "Erreur", "warn": "Avertissement", "info": "Note"},
        harms={
            "breaks": "bloque le formulaire",
            "loses": "perd ou mélange des réponses",
            "exposes": "expose des personnes",
            "misleads": "induit en erreur",
            "style": "style",
        },
        families={
            "cells": "Cellules, colonnes et feuilles",
            "names": "Noms et versions",
            "languages": "Langues, libellés et médias",
            "logic": "Conditions et calculs",
            "expressions": "Nombres, textes, dates et fonctions",
            "placement": "Lignes, ordre et réponses remplies d'avance",
            "calculated": "Calculs, and ou or, classes de nombres",
            "lists": "Listes et filtres",
            "offered": "Ce qui est proposé",
            "screens": "Écrans",
            "safety": "Accord, secret et sécurité",
            "mapping": "Le registre",
            "converter": "Ce que dit le convertisseur",
            "engine": "Ce que dit le moteur d'ODK Collect (`--deep`)",
        },
        never="Ce que le convertisseur ne dit qu'à des programmes, jamais d'un classeur",
        side=0,
    ),
}


class _Dots(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


_DOTS = _Dots()


def page(language: str) -> str:
    """Return the page in one language."""
    texts.speak(language)
    words = _WORDS[language]
    parts, seen = [words.head], set[str]()
    for family, title in words.families.items():
        parts.append(f"## {title}\n")
        for planted in getattr(faults, family).TABLES:
            if planted.code not in seen:
                seen.add(planted.code)
                parts += _entry(planted.code, words)
    parts.append(f"## {words.never}\n")
    for code in sorted(faults.UNPLANTED):
        parts += _entry(code, words)
    return "\n".join(parts)


def _entry(code: str, words: Words) -> Iterator[str]:
    tables = [one for one in faults.ALL if one.code == code]
    problem = CATALOGUE[code]
    said = _finding(code)
    yield f"### {code}\n"
    what, why, fix = (
        (said.what, said.why, said.fix)
        if said is not None
        else tuple(gettext(text).format_map(_DOTS) for text in (problem.what, problem.why, problem.fix))
    )
    head = f"*{words.levels[problem.level]}; {words.harms[problem.severity]}.*"
    yield f"{head} {_plain(what)} {_plain(why)} {_plain(fix)}\n"
    for one in tables:
        remark = one.remark[words.side]
        yield f"{words.faulty} {remark}".rstrip() + f"\n\n```text\n{_shown(one.faulty)}\n```\n"
        if one.mended != one.faulty:
            yield f"{words.mended}\n\n```text\n{_shown(one.mended)}\n```\n"


@cache
def _finding(code: str) -> Finding | None:
    """Return what is found in the first faulty form of a code without Java; None when nothing or only the engine finds it."""
    planted = next((one for one in faults.ALL if one.code == code), None)
    if planted is None or planted.by in {"engine", "fills"}:
        return None
    with tempfile.TemporaryDirectory(prefix="dikalo-") as folder:
        path = planted.write(Path(folder, "essai"), mended=False)
        found = inspect(path, planted.target).findings if planted.by == "check" else _converted(path)
    return next(one for one in found if one.code == planted.code)


def _converted(path: Path) -> tuple[Finding, ...]:
    try:
        raw = path.read_bytes()
        return convert(raw, "central", name=path.name, form=_form(raw)).findings
    except ConversionFailed as failed:
        return tuple(failed.findings)


def _form(raw: bytes) -> Form | None:
    try:
        return workbook.read(raw, file="essai.xlsx").form
    except FormError:
        return None


def _shown(table: str) -> str:
    lines = [re.sub(r"\s+", " ", line).strip() for line in table.splitlines()]
    if len(lines) > LONGEST:
        lines = [*lines[: LONGEST // 2], "…", *lines[-2:]]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return re.sub(r"([*_<\[\]$`])", r"\\\1", re.sub(r"\s+", " ", text)).strip()
