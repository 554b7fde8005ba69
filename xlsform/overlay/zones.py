"""The places where an organisation works, first in the lists of a form: only the order changes, no place is chosen for anybody."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from xlsform.errors import FormError
from xlsform.overlay.bench import Standing
from xlsform.overlay.operations import Op, derive
from xlsform.overlay.sheets import Sheet, flat, form_of

_PLACE: Final = re.compile(r"CM[0-9]{3,9}")

ZoneUnknown: Final = FormError.declare(
    "DK-F34",
    "No list of the form {form} has a place with the code {codes}. Nothing was written. Regions and departments have codes "
    "such as CM007 and CM007002.",
)


def zone_first(stand: Standing, codes: Collection[str]) -> Sequence[Op]:
    """Return the organisation's operations with the places of a zone first in each list, all others in the base's order below.

    Args:
        stand: the form as it is here.
        codes: P-codes of regions or departments; none puts all places back into the order of the base.

    Raises:
        ZoneUnknown: a code that no list of the form has.
    """
    sheets, base = flat(stand.used or stand.base), flat(stand.base).choices
    lists = [name for name in sheets.choices.below if _is_of_places(sheets.choices, name)]
    known = {key.partition("/")[2] for name in lists for key in sheets.choices.below[name]}
    if unknown := sorted(set(codes) - known):
        raise ZoneUnknown(form=stand.form_id, codes=", ".join(unknown))
    for name in lists:
        order = {key: at for at, key in enumerate(base.below.get(name, ()))}
        sheets.choices.below[name].sort(key=lambda key: (not _is_in(key, codes), order.get(key, len(order))))
    version = stand.shipped.version
    return derive(stand.shipped, form_of(sheets, version=version, file=f"{stand.form_id}.xlsx"))


def _is_of_places(choices: Sheet, name: str) -> bool:
    keys = choices.below[name]
    return bool(name and keys) and all(_PLACE.fullmatch(key.partition("/")[2]) for key in keys)


def _is_in(key: str, codes: Collection[str]) -> bool:
    """Tell whether a place lies in the zone, or holds a part of it."""
    place = key.partition("/")[2]
    return any(place.startswith(code) or code.startswith(place) for code in codes)
