"""The start page: the code to scan, how many forms came in, which forms there are. Shows no answer, ever.

Whole without JavaScript; a script only refreshes the counts and the list. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

from sync_scripts.classroom import collect
from sync_scripts.classroom.desk import Arrival, Desk
from sync_scripts.classroom.forms import PREFIX, ServedForm
from sync_scripts.classroom.words import in_language
from sync_scripts.errors import N_
from sync_scripts.texts import LANGUAGES

__all__ = ["POLICY", "choose_language", "live", "render"]

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TEMPLATE: Final = Path(__file__).with_name("static") / "page.html"
_NAMES: Final = {"fr": "Français", "en": "English"}
_SENTENCES: Final = {
    "title": N_("Training classroom"),
    "skip": N_("Go to the content"),
    "languages": N_("Language of this page"),
    "caution": N_("Invented data only: what is sent here travels and stays in clear text."),
    "join": N_("Join with a phone"),
    "code_alt": N_("Code to scan with ODK Collect"),
    "step_open": N_("On the phone, open ODK Collect and add a project."),
    "step_scan": N_("Scan this code. The forms of the classroom come by themselves."),
    "step_send": N_("Fill in a form, finalise it, send it."),
    "by_hand": N_("Without a camera, enter this address as the server:"),
    "received": N_("Submissions received"),
    "last": N_("The last ones"),
    "none_yet": N_("Nothing yet. The first submission will appear here."),
    "no_script": N_(
        "This page does not refresh by itself in this browser: reload it to see new submissions."
    ),
    "lost": N_("The classroom no longer answers. What is not sent yet is safe on the phones."),
    "forms": N_("Forms of this classroom"),
    "footer": N_("No answer is shown here. When the training is over, delete the folder of received forms."),
}
_ONLY_HERE: Final = N_(
    "Only programs on this computer can reach it. For phones, start the classroom with --lan."
)
_VERSION: Final = N_("version {version}")
_ARRIVED: Final = N_("received")
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
        "by_form": {form.form_id: counts.get(form.title, 0) for form in desk.shelf.forms},
        "last": [_row(arrival, language) for arrival in tally.last],
    }


def render(desk: Desk, language: str) -> str:
    """Return the page in one language."""
    said = {name: escape(in_language(language, text)) for name, text in _SENTENCES.items()}
    shown = live(desk, language)
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        said,
        lang=language,
        base=desk.path,
        switch="".join(_switch(desk.path, code, current=code == language) for code in LANGUAGES),
        code=collect.draw_svg(desk.addresses[0]),
        addresses="".join(f"<li><code>{escape(one)}</code></li>" for one in desk.addresses),
        reach=_note(_ONLY_HERE, language) if "//127." in desk.addresses[0] else "",
        count=shown["count"],
        arrivals="".join(_arrival(row) for row in shown["last"]),
        hide_empty="hidden" if shown["last"] else "",
        cards="".join(_card(form, shown["by_form"][form.form_id], language) for form in desk.shelf.forms),
    )


def _row(arrival: Arrival, language: str) -> dict[str, str]:
    """Return one line of the list: the time on this computer's clock, the form, and what is odd about it."""
    at = arrival.at.astimezone()
    return {
        "at": f"{at:%H:%M:%S}",
        "form": _plain_title(arrival.title),
        "note": in_language(language, _UNSEALED) if arrival.in_clear else "",
    }


def _arrival(row: dict[str, str]) -> str:
    note = f' <em class="odd">{escape(row["note"])}</em>' if row["note"] else ""
    return f"<li><time>{row['at']}</time> <span>{escape(row['form'])}</span>{note}</li>"


def _switch(base: str, code: str, *, current: bool) -> str:
    mark = ' aria-current="true"' if current else ""
    return f'<li><a href="{base}?lang={code}" lang="{code}" hreflang="{code}"{mark}>{_NAMES[code]}</a></li>'


def _card(form: ServedForm, received: int, language: str) -> str:
    version = in_language(language, _VERSION, version=form.version)
    arrived = in_language(language, _ARRIVED)
    return (
        f'<li class="card"><h3>{escape(_plain_title(form.title))}</h3>'
        f'<p class="note">{escape(version)}</p>'
        f'<p class="tally"><strong data-form="{escape(form.form_id)}">{received}</strong> {escape(arrived)}</p></li>'
    )


def _note(message: str, language: str) -> str:
    return f'<p class="note">{escape(in_language(language, message))}</p>'


def _plain_title(title: str) -> str:
    """Return a form's title without the mark that everything on this page has in common."""
    return title.removeprefix(PREFIX)
