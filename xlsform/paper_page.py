"""A questionnaire as a page to print, A4, black on white. Needs nothing but itself: pictures are laid in.

The head of each printed page says which form it is; with questions about identity also that the sheet must be destroyed.
Boxes are letters, not drawings, so that browsers and LibreOffice print the same.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from html import escape
from pathlib import Path
from typing import Final

from xlsform.model import Choice
from xlsform.paper import Asked, End, Part, Questionnaire, Told, text_in

__all__ = ["page"]

_ONE, _SEVERAL, _ONLY_IF = "○", "☐", "➜"
_DIGITS: Final = "|__|__|__|__|__|"
_DAY: Final = "|__|__| / |__|__| / |__|__|__|__|"
_TIME: Final = "|__|__| : |__|__|"
_FEW: Final = 3
"""So many short answers fit on one line."""

_STYLE: Final = """
@page { size: A4; margin: 12mm 14mm 14mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif } }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact }
body { margin: 0 auto; max-width: 182mm; font: 10pt/1.35 "DejaVu Sans", Arial, Helvetica, sans-serif; color: #000 }
table { width: 100%; border-collapse: collapse }
td { padding: 0; vertical-align: top }
p { margin: 1mm 0 }
h1 { font-size: 16pt; margin: 0 0 1mm }
h2 { font-size: 12pt; margin: 5mm 0 1.5mm; padding: 1mm 2mm; background: #e4e4e4; break-after: avoid }
h3 { font-size: 10.5pt; margin: 3mm 0 1mm; border-bottom: .3mm solid #888; break-after: avoid }
.head { font-size: 8pt; border-bottom: .3mm solid #000; padding-bottom: 1mm; margin-bottom: 3mm }
.destroy { font-size: 10pt; font-weight: bold; border: .6mm solid #000; padding: 1mm 2mm; margin-bottom: 1mm; text-align: center }
.frame { border: .3mm solid #000; padding: 2mm 3mm; margin: 2mm 0 }
.frame p { margin: 2mm 0 }
.ask { break-inside: avoid; margin: 0 0 3mm; padding-left: 9mm }
.number { display: inline-block; width: 9mm; margin-left: -9mm; font-weight: bold }
.if { font-style: italic; margin: 0 0 .5mm; break-inside: avoid; break-after: avoid }
.if:before { content: "➜ " }
.hint { font-size: 8.5pt; color: #333 }
.told { border-left: 1mm solid #888; padding-left: 3mm; break-inside: avoid }
.many { columns: 2 }
.many p { break-inside: avoid; margin: .4mm 0 }
.few span { display: inline-block; padding-right: 6mm }
.pictures { columns: 3 }
.pictures p { break-inside: avoid; margin: 0 0 1.5mm; display: flex; align-items: center }
.pictures img { width: 14mm; height: 14mm; vertical-align: middle; margin: 0 2mm; flex: none }
.line { border-bottom: .25mm solid #777; height: 6mm }
.annex { columns: 3; font-size: 8.5pt }
.annex p { break-inside: avoid; margin: .3mm 0 }
"""


def page(sheet: Questionnaire, media: Path | None = None) -> str:
    """Return the whole page; ``media`` is the folder with the pictures of choices."""
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{escape(sheet.language or "und")}"><head><meta charset="utf-8">',
        f"<title>{escape(sheet.title)}</title><style>{_STYLE}</style></head><body>",
        "<table><thead><tr><td>",
        *_head(sheet),
        "</td></tr></thead><tbody><tr><td>",
        *_opening(sheet),
        *_body(sheet, media),
        *_closing(sheet),
        "</td></tr></tbody></table></body></html>",
    ]
    return "\n".join(lines) + "\n"


def _head(sheet: Questionnaire) -> Iterator[str]:
    if sheet.identity:
        warning = _("HOLDS IDENTITIES: DESTROY AFTER ENTRY")
        yield f'<p class="destroy">{escape(warning)}</p>'
    version, number = _("version {version}").format(version=sheet.version), _("Sheet no.")
    yield f'<p class="head">{escape(sheet.title)} · {escape(version)} · {escape(number)} ____________</p>'


def _opening(sheet: Questionnaire) -> Iterator[str]:
    yield f"<h1>{escape(sheet.title)}</h1>"
    yield '<div class="frame">'
    who = _("Code of the person who fills it in (never a name):")
    yield f"<p>{escape(who)} ____________________</p>"
    when, entered = _("Date:"), _("Entered on the phone on:")
    yield f"<p>{escape(when)} {_DAY} &nbsp; {escape(entered)} {_DAY}</p></div>"
    signs = _(
        "{one} one answer · {several} several answers · * must be answered · {only} ask only if the sentence is true."
    )
    yield f"<p>{escape(signs.format(one=_ONE, several=_SEVERAL, only=_ONLY_IF))}</p>"
    caution = _("Paper has no lock: keep it on you, enter it the same day, then tear it up and burn it.")
    yield f"<p><b>{escape(caution)}</b></p>"
    if sheet.left_off:
        words = ngettext(
            "{n} question about identity is not on this paper: it is asked with the phone only.",
            "{n} questions about identity are not on this paper: they are asked with the phone only.",
            sheet.left_off,
        )
        yield f"<p>{escape(words.format(n=sheet.left_off))}</p>"


def _body(sheet: Questionnaire, media: Path | None) -> Iterator[str]:
    for one in sheet.elements:
        match one:
            case Part():
                yield from _part(one)
            case End():
                yield "</div>"
            case Told():
                yield f'<div class="told">{_condition(one.condition)}<p>{_plain(one.text)}</p></div>'
            case Asked():
                yield from _asked(one, sheet, media)


def _part(part: Part) -> Iterator[str]:
    heading = "h3" if part.depth else "h2"
    yield "<div>"
    if part.title:
        yield f"<{heading}>{_plain(part.title)}</{heading}>"
    if part.condition:
        yield _condition(part.condition)
    if part.repeat:
        words = _("Fill this part in once for each one; take another sheet if needed. Number: {box}")
        yield f"<p>{escape(words.format(box='|__|__|'))}</p>"


def _condition(condition: str) -> str:
    if not condition:
        return ""
    words = _("If {condition}:").format(condition=condition)
    return f'<p class="if">{escape(words)}</p>'


def _asked(one: Asked, sheet: Questionnaire, media: Path | None) -> Iterator[str]:
    star = " *" if one.required else ""
    yield f'<div class="ask">{_condition(one.condition)}'
    yield f'<p><span class="number">{one.number}.</span> <b>{_plain(one.label)}</b>{star}</p>'
    if one.hint:
        yield f'<p class="hint">{_plain(one.hint)}</p>'
    yield from _answer(one, sheet, media)
    yield "</div>"


def _answer(one: Asked, sheet: Questionnaire, media: Path | None) -> Iterator[str]:
    if one.room in {"one", "several", "ranked"}:
        yield from _boxes(one, sheet.language, media)
    elif one.room == "listed":
        where = _("Write the code or the word from the list “{list}” at the end:").format(list=one.list)
        yield f"<p>{escape(where)}</p>{_LINE}"
    elif one.room == "date":
        order = _("(day / month / year)")
        yield f"<p>{_DAY} {escape(order)}</p>"
    elif one.room == "tick":
        understood = _("Read and understood")
        yield f"<p>{_SEVERAL} {escape(understood)}</p>"
    elif one.room == "phone":
        later = _("Given on the phone when this sheet is entered.")
        yield f'<p class="hint">{escape(later)}</p>'
    else:
        yield _EMPTY[one.room]


_LINE: Final = '<div class="line"></div>'
_EMPTY: Final[Mapping[str, str]] = {
    "line": _LINE,
    "lines": _LINE * 4,
    "number": f"<p>{_DIGITS}</p>",
    "time": f"<p>{_TIME}</p>",
    "moment": f"<p>{_DAY} &nbsp; {_TIME}</p>",
}
"""Room without words."""


def _boxes(one: Asked, language: str, media: Path | None) -> Iterator[str]:
    sign = {"one": _ONE, "several": _SEVERAL, "ranked": "|__|"}[one.room]
    labels = [f"{sign} {_plain(text_in(choice.labels, language) or choice.name)}" for choice in one.choices]
    pictures = [_picture(choice, language, media) for choice in one.choices]
    if any(pictures):
        rows = (f"<p>{picture}{label}</p>" for picture, label in zip(pictures, labels, strict=True))
        yield f'<div class="pictures">{"".join(rows)}</div>'
    elif len(labels) <= _FEW:
        yield f'<div class="few">{" ".join(f"<span>{label}</span>" for label in labels)}</div>'
    else:
        yield f'<div class="many">{"".join(f"<p>{label}</p>" for label in labels)}</div>'


def _picture(choice: Choice, language: str, media: Path | None) -> str:
    name = text_in(choice.texts.get("image", {}), language)
    if media is None or not name.endswith(".png") or Path(name).name != name or not (media / name).is_file():
        return ""
    data = base64.b64encode((media / name).read_bytes()).decode()
    return f'<img alt="" width="53" height="53" src="data:image/png;base64,{data}">'


def _closing(sheet: Questionnaire) -> Iterator[str]:
    for name, choices in sheet.lists.items():
        title = _("List “{list}”").format(list=name)
        yield f"<h2>{escape(title)}</h2>"
        yield f'<div class="annex">{"".join(_entries(choices, sheet.language))}</div>'


def _entries(choices: Sequence[Choice], language: str) -> Iterator[str]:
    for choice in choices:
        label = text_in(choice.labels, language) or choice.name
        yield f"<p><b>{escape(choice.name)}</b> {_plain(label)}</p>"


_REFERENCE = re.compile(r"\$\{[^}]*\}")


def _plain(text: str) -> str:
    """Return a text for the page: answers that a phone would put into it become room to write."""
    return escape(_REFERENCE.sub("________", text)).replace("\n", "<br>")
