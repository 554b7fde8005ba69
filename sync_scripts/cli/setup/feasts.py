"""``dikalo doctor --holidays``: the public holidays of this year and the next, which are estimates, and the law behind each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from gettext import gettext as _
from operator import itemgetter
from typing import Any, Final

from sync_scripts.cli.frame.listing import listed
from sync_scripts.errors import N_
from sync_scripts.register.rules.deadlines import feasts, name_of, suitable_holidays, year_of
from sync_scripts.texts import language

__all__ = ["LAWS", "feasts_of", "told"]

LAWS: Final = (
    N_("law 73/5 of 1973, art. 2"),
    N_("law 73/5 of 1973, art. 3"),
    N_("law 76/8 of 1976, art. 4: declared by the President"),
    N_("not in law 73/5 as changed in 1976; the package lists it: to be confirmed each year"),
)
"""The legal sources that the rules name, so that each has its French."""


def feasts_of(settings_say: Mapping[str, str], today: date) -> list[dict[str, Any]]:
    """Return the public holidays of a year and the next by day, those of ``[holidays]`` in the place of estimates.

    Raises:
        HolidayWrong: a line of the settings names no day or no feast.
    """
    own = suitable_holidays(settings_say)
    return [
        {
            "day": one.day.isoformat(),
            "feast": one.code,
            "name": name_of(one.code, language()),
            "estimated": one.estimated,
            "own": own.get(one.day.isoformat()) == one.code,
            "law": _(feasts()[one.code].law),
        }
        for year in (today.year, today.year + 1)
        for one in year_of(year, own)
    ]


def told(found: list[dict[str, Any]]) -> Iterator[str]:
    """Yield them as a list, and how an estimate is confirmed."""
    yield from listed(
        found,
        (
            (_("day"), itemgetter("day")),
            (_("feast"), itemgetter("name")),
            (_("code"), itemgetter("feast")),
            (_("date"), _sure),
            (_("law"), itemgetter("law")),
        ),
        order=((_("law"), 0), (_("code"), 12)),
    )
    for one in (one for one in found if one["estimated"]):
        yield _(
            'Once it is announced, under [holidays] in dikalo.toml: {day} = "{code}", with the day that was said.'
        ).format(day=one["day"], code=one["feast"])
        return


def _sure(one: Mapping[str, Any]) -> str:
    if one["estimated"]:
        return _("estimated")
    return _("by dikalo.toml") if one["own"] else _("fixed")
