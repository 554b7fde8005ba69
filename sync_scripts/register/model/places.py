"""Regions and departments as people write them: by name in French or English, by P-code, or in two letters of ISO 3166-2."""

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


DepartmentUnknown: Final = UsageProblem.declare(
    "DK-J21",
    "There is no department and no region {name}; the nearest is {nearest}. Nothing was done. Write names or codes "
    "with commas between them, such as Mezam, CM007005 or Nord-Ouest.",
)


@cache
def _departments() -> Mapping[str, Mapping[str, str]]:
    """Return P-code -> row of the list, in its order."""
    with (forms_root() / "lists" / "cm_admin.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["department_pcode"]: row for row in csv.DictReader(stream) if row["status"] == "active"}


@cache
def _names() -> Mapping[str, tuple[str, ...]]:
    """Return each way of writing -> the departments that are meant."""
    found: dict[str, tuple[str, ...]] = {}
    for code, row in _departments().items():
        letters = row["iso_3166_2"].rpartition("-")[2]
        for name in (row["region_pcode"], letters, *(row[f"region_{lang}"] for lang in LANGUAGES)):
            key = _folded(name)
            found[key] = (*(one for one in found.get(key, ()) if one != code), code)
    for code, row in _departments().items():
        found |= {_folded(code): (code,), _folded(row["department"]): (code,)}
    return found


def departments_of(text: str) -> tuple[str, ...]:
    """Return the P-codes of the departments that a text names, with commas between them; each once.

    Raises:
        DepartmentUnknown: one is none; names the nearest.

    >>> departments_of("momo, CM007005")
    ('CM007006', 'CM007005')
    """
    found: dict[str, None] = {}
    for part in (one.strip() for one in text.split(",") if one.strip()):
        codes = _names().get(_folded(part))
        if codes is None:
            near = get_close_matches(_folded(part), _names(), n=1, cutoff=0)
            raise DepartmentUnknown(name=part, nearest=name_of(_names()[near[0]][0]))
        found |= dict.fromkeys(codes)
    return tuple(found)


def name_of(code: str) -> str:
    """Return the name of a department; the code itself when there is none of that code."""
    row = _departments().get(code)
    return row["department"] if row else code


def region_around(code: str | None) -> str | None:
    """Return the P-code of the region in which a department lies; None where it is not known.

    >>> region_around("CM007005"), region_around(None)
    ('CM007', None)
    """
    row = _departments().get(code or "")
    return row["region_pcode"] if row else None


def listed(language: str) -> list[tuple[str, list[str]]]:
    """Return each region with the names of its departments."""
    found: dict[str, list[str]] = {}
    for row in _departments().values():
        found.setdefault(row[f"region_{language}"], []).append(row["department"])
    return list(found.items())


def _folded(text: str) -> str:
    """Return a text without case, accents and hyphens, for comparing what was typed."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("-", " "))
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())
