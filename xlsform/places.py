"""The administrative units of Cameroon as a phone needs them. Reads rows, yields text; opens no file, asks no network.

`forms/lists/cm_admin.csv` is the truth: one row an arrondissement. From it come the lists `region` and `department`
of the forms, and the media file `arrondissements.csv`, which is too long for the sheet of choices.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

COLUMNS = ("name", "label", "department")
"""Columns of ``arrondissements.csv``: P-code, what a person reads, P-code of the department it is filtered by."""

_SEATS = ";"
"""What separates several everyday names of one town in the administrative list."""


def arrondissements(units: Iterable[Mapping[str, str]]) -> str:
    """Return the media file ``arrondissements.csv``: active units in the order of the list, LF, no BOM.

    A label is the official name with the everyday name of the seat town in brackets, because people say "Fonfuka" and
    the list says "Bum". Names are the same in French and English, so there is one label.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for unit in units:
        if unit["status"] == "active":
            rows.writerow((unit["arrondissement_pcode"], label(unit), unit["department_pcode"]))
    return out.getvalue()


def label(unit: Mapping[str, str]) -> str:
    """Return what a person reads for one arrondissement.

    >>> label({"arrondissement": "Bum", "seat_alias": "Fonfuka"})
    'Bum (Fonfuka)'
    >>> label({"arrondissement": "Batibo", "seat_alias": ""})
    'Batibo'
    """
    seats = [seat.strip() for seat in unit["seat_alias"].split(_SEATS) if seat.strip()]
    return f"{unit['arrondissement']} ({', '.join(seats)})" if seats else unit["arrondissement"]
