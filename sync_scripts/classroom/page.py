"""The start page: the code to scan, how many forms came in, which forms there are. Shows no answer, ever.

Whole without JavaScript; a script only refreshes the counts and the list. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

from typing import Any, Final

from sync_scripts.classroom import collect
from sync_scripts.classroom.desk import Arrival, Desk
from sync_scripts.classroom.forms import PREFIX
from sync_scripts.classroom.words import in_language, sentences
from sync_scripts.errors import N_
from sync_scripts.texts import LANGUAGES
from xlsform import pages

__all__ = ["POLICY", "choose_language", "live", "render"]

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_UNSEALED: Final = N_("came unsealed")


def choose_language(asked: str | None, accepted: str) -> str:
    """Return the language asked for in the address, else the first that the browser wants and we speak, else French."""
    wanted = [asked or "", *(piece.split(";")[0].strip() for piece in accepted.split(","))]
    return next((word[:2].lower() for word in wanted if word[:2].lower() in LANGUAGES), LANGUAGES[0])


def live(desk: Desk, language: str) -> dict[str, Any]:
    """Return what the page's script refreshes: numbers, and texts that are ready to show."""
    tally = desk.tally()
    counts = dict(tally.by_title)
    return {
        "count": tally.count,
        "full": desk.inbox.full,
        "by_form": {form.form_id: counts.get(form.title, 0) for form in desk.shelf.forms},
        "last": [_row(arrival, language) for arrival in tally.last],
    }


def render(desk: Desk, language: str) -> str:
    """Return the page in one language."""
    return pages.page(
        "sync_scripts",
        "classroom.html",
        _=sentences(language),
        desk=desk,
        language=language,
        now=live(desk, language),
        code=pages.Markup(collect.draw_svg(desk.addresses[0])),  # noqa: S704 - a drawing of ours, no text in it
        plain_title=_plain_title,
    )


def _row(arrival: Arrival, language: str) -> dict[str, str]:
    """Return one line of the list: the time on this computer's clock, the form, and what is odd about it."""
    at = arrival.at.astimezone()
    return {
        "at": f"{at:%H:%M:%S}",
        "form": _plain_title(arrival.title),
        "note": in_language(language, _UNSEALED) if arrival.in_clear else "",
    }


def _plain_title(title: str) -> str:
    """Return a form's title without the mark that everything on this page has in common."""
    return title.removeprefix(PREFIX)
