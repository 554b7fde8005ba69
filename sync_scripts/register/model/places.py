"""Regions as people write them: P-code, the two letters of ISO 3166-2, or the name in French or English."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from itertools import filterfalse
from typing import Final

from sync_scripts.errors import UsageProblem, When
from sync_scripts.texts import LANGUAGES
from xlsform.pack import forms_root

__all__ = ["RegionUnknown", "folded", "region_of", "short"]


RegionUnknown: Final = UsageProblem.declare(
    "DK-N01",
    "There is no region {region}. Nothing was done. Write its letters (NW), its code (CM007) or its name; the nearest "
    "is {nearest}.",
    instead=(
        When(
            "nearest",
            "",
            "There is no region {region}, nor one written like it. Nothing was done. Write its letters (NW), its code (CM007) or "
            "its name.",
        ),
    ),
)


def folded(text: str) -> str:
    """Return a text without case and accents, for comparing what was typed."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", plain)))
    return " ".join(plain.split())


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    with (forms_root() / "lists" / "cm_admin.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["region_pcode"]: row for row in csv.DictReader(stream)}


def short(region: str | None) -> str:
    """Return the letters of a region, ``NW``; what is no P-code comes back as it is, "" for none."""
    found = _rows().get(region or "")
    return found["iso_3166_2"].rpartition("-")[2] if found else region or ""


def region_of(text: str) -> str:
    """Return the P-code of a region however it is written.

    Raises:
        RegionUnknown: it is none; names the nearest that is like it.
    """
    known: dict[str, str] = {}
    for code, row in _rows().items():
        names = (code, row["iso_3166_2"], short(code), *(row[f"region_{lang}"] for lang in LANGUAGES))
        known |= {folded(name): code for name in names}
    wanted = folded(text)
    if wanted in known:
        return known[wanted]
    near = get_close_matches(wanted, known, n=1)
    raise RegionUnknown(region=text.strip(), nearest=short(known[near[0]]) if near else "")
