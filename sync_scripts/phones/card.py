"""The card that hands a code over: one A5 page (HTML) with the code, four steps, and what must become of the paper.

In the language chosen at start. It holds the code and therefore its secrets; the administration password is never
written out on it, because the card stays with the person who holds the phone.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from gettext import gettext as _
from html import escape
from typing import Final, Literal

from sync_scripts.phones.code import draw_png

__all__ = ["Card", "page"]

App = Literal["collect", "kobocollect"]
_APPS: Final = {"collect": "ODK Collect", "kobocollect": "KoboCollect"}

_STYLE: Final = """
@page { size: 148mm 210mm; margin: 8mm 10mm }
* { box-sizing: border-box }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact }
body { margin: 0 auto; max-width: 128mm; font: 9.5pt/1.3 "DejaVu Sans", Arial, Helvetica, sans-serif; color: #1d2733 }
header { border-bottom: 1mm solid #1f6f8b; padding-bottom: 2mm; margin-bottom: 3mm }
h1 { font-size: 15pt; margin: 0 }
header p { font-size: 12pt }
header b { font-size: 15pt; letter-spacing: .05em }
figure { margin: 0; text-align: center }
figure img { width: 78mm; height: 78mm; image-rendering: pixelated }
ol { margin: 2mm 0; padding-left: 7mm }
li { margin: .8mm 0 }
aside { border: .6mm solid #c2410c; padding: 2mm 3mm; margin-top: 3mm }
h2 { font-size: 11pt; margin: 0 0 1mm; color: #9a3412 }
p { margin: .6mm 0; font-size: 9pt }
aside.free { border-color: #1f6f8b }
aside.free h2 { color: #1f6f8b }
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows.

    Attributes:
        text: the text of the code.
        project: how the project is called on the phone.
        code: the person's code; "" for a classroom's card, which holds no secret and is for everybody.
        address: what to type without a camera; only for a classroom, "" otherwise.
    """

    text: str
    project: str
    code: str = ""
    address: str = ""
    app: App = "collect"
    language: str = "fr"


def page(card: Card) -> str:
    """Return the card as one page that needs nothing else."""
    title = _("Classroom: join with a phone") if not card.code else _("Set up the phone")
    picture = _("Code to scan")
    return "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{escape(card.language)}"><head><meta charset="utf-8">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<header><h1>{escape(title)}</h1><p>{_whose(card)}</p></header>",
            f'<figure><img alt="{escape(picture)}" width="320" height="320" src="{_picture(card.text)}"></figure>',
            "<ol>",
            *(f"<li>{escape(step)}</li>" for step in _steps(card)),
            "</ol>",
            *_caution(card),
            "</body></html>",
            "",
        )
    )


def _whose(card: Card) -> str:
    project = escape(_("Project: {project}").format(project=card.project))
    if not card.code:
        return project
    whose = _("Code of the person:")
    return f"{escape(whose)} <b>{escape(card.code)}</b> · {project}"


def _picture(text: str) -> str:
    return f"data:image/png;base64,{base64.b64encode(draw_png(text)).decode()}"


def _steps(card: Card) -> Iterator[str]:
    yield (
        _("Connect the phone to the Wi-Fi of the classroom.")
        if card.address
        else _("Lock the phone with a code of its own: without it, this card protects nothing.")
    )
    yield _(
        "Open {app}. The first time, touch “Configure with QR code”; later, the round sign at the top right, then “Add "
        "project”."
    ).format(app=_APPS[card.app])
    yield _("Hold the phone in front of this code until the project “{project}” opens.").format(
        project=card.project
    )
    yield _("Touch “Start new form”: the forms come by themselves. If none comes, look at the connection.")


def _caution(card: Card) -> Iterable[str]:
    if not card.code:
        heading = _("For the training only")
        yield f'<aside class="free"><h2>{escape(heading)}</h2>'
        for sentence in (
            _("Invented data only: what is sent here travels and stays in clear text."),
            _("This code holds no secret; it is worth nothing after the training."),
        ):
            yield f"<p>{escape(sentence)}</p>"
        if card.address:
            typed = _("Without a camera, enter this address as the server: {address}")
            yield f"<p>{escape(typed.format(address=card.address))}</p>"
    else:
        heading = _("This paper is a key: destroy it once the phone is set up")
        yield f"<aside><h2>{escape(heading)}</h2>"
        for sentence in (
            _("Whoever photographs this code can send in your name, and read its passwords."),
            _("Only the person with this code uses it, on one phone. Do not send it by message or e-mail."),
            _("Lost card, lost or seized phone: warn your coordinator at once, who closes this access."),
        ):
            yield f"<p>{escape(sentence)}</p>"
    yield "</aside>"
