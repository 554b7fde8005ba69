"""Pieces of a page: headings, paragraphs, tables, and how days, instants and codes are written. Everything typed is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from gettext import gettext as _
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["day", "h2", "moment", "p", "pairs", "spoken", "table", "unbroken", "who"]

_DOUALA: Final = ZoneInfo("Africa/Douala")
_BEFORE_SIGN: Final = re.compile("(?<=\\S) (?=[;:!?»])|(?<=«) ")


def h2(words: str) -> str:
    """Return a heading."""
    return f"<h2>{escape(words)}</h2>"


def p(words: str, look: str = "") -> str:
    """Return a paragraph, in one of the page's looks."""
    return f'<p class="{look}">{escape(words)}</p>' if look else f"<p>{escape(words)}</p>"


def pairs(*lines: tuple[str, str]) -> str:
    """Return a table of names and values, without those that have no value; nothing without any."""
    rows = "".join(
        f'<tr><th scope="row">{escape(unbroken(name))}</th><td class="story">{escape(value)}</td></tr>'
        for name, value in lines
        if value
    )
    return f'<table class="pairs">{rows}</table>' if rows else ""


def unbroken(words: str) -> str:
    """Return a question of a form with its French signs kept to their words: forms travel through Excel with plain blanks.

    Never for what somebody said: that stands as it was written.
    """
    return _BEFORE_SIGN.sub("\u00a0", words)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], raw: Sequence[int] = ()) -> str:
    """Return a table with headings; the columns in ``raw`` hold markup of our own already, wide as hashes are."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in headings)
    body = "".join(f"<tr>{_cells(row, raw)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], raw: Sequence[int]) -> str:
    return "".join(
        f'<td class="wide">{cell}</td>' if place in raw else f"<td>{escape(cell)}</td>"
        for place, cell in enumerate(row)
    )


def who(code: str, proof: str) -> str:
    """Return who did something, and whether nothing proves it."""
    return _("{code} (not proved)").format(code=code) if proof == "claimed" else code


def moment(text: str | None) -> str:
    """Return a stored instant as people in Cameroon write it; nothing for none."""
    if not text:
        return ""
    at = datetime.fromisoformat(text).astimezone(_DOUALA)
    return f"{day(at.date().isoformat())}, {at:%H:%M}"


def day(text: str | None) -> str:
    """Return a day as people write it: 25 November 2026."""
    if not text:
        return ""
    on = datetime.fromisoformat(text).astimezone(_DOUALA).date() if "T" in text else date.fromisoformat(text)
    names = (
        _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"), _("August"),
        _("September"), _("October"), _("November"), _("December"),
    )  # fmt: skip
    return _("{day} {month} {year}").format(day=_first(on.day), month=names[on.month - 1], year=on.year)


def _first(day: int) -> str:
    """Return a day of the month; the first is written in words of its own in French."""
    return _("1st") if day == 1 else str(day)


def spoken(words: str) -> str:
    """Return a value, a date or instant as people write it."""
    try:
        if len(words) == len("2026-11-25"):
            return day(date.fromisoformat(words).isoformat())
        if words.endswith("Z") and len(words) == len("2026-11-25T08:00:00.000000Z"):
            return moment(words)
    except ValueError:
        pass
    return words
