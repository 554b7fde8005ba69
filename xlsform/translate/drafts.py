"""Translations that were started without a speaker: ``forms/library/drafts/CODE.csv``. Reads files, decides nothing.

A table for a translator shows them beside the empty cell. Only what a speaker writes into that cell comes back into a form.
"""

from __future__ import annotations

import csv
from pathlib import Path

from xlsform import pack

SOURCE = "fr"
"""Code of the language that the drafts were made from: their first column."""


def drafts(language: str, root: Path | None = None) -> dict[str, str]:
    """Return the drafts in a language, given by its code, by the French words; none where none were started.

    ``root`` is the folder of the shipped forms.
    """
    path = (root or pack.forms_root()) / "library" / "drafts" / f"{language}.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as opened:
        return {row[SOURCE]: row[language] for row in csv.DictReader(opened)}
