"""The script of a filling as a page: one file, readable without sight, in grey and on paper. Asks nothing of any network.

Pictures are laid into the page. The words of the form carry their own language, so that a screen reader speaks them right.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from gettext import gettext as _
from html import escape

from xlsform.engine.telling import Another, Offered, Screen, Shown
from xlsform.lesson import script as words
from xlsform.lesson.script import Script

__all__ = ["page"]

LONG = 6
"""A list with more choices stands in two columns."""

_TAG = re.compile(r"&lt;/?(?:span|b|i|strong|em|br)\b.*?&gt;")
_STRONG = re.compile(r"\*\*(\S(?:.*?\S)?)\*\*")
_EMPHASIS = re.compile(r"(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)

_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1.5rem; max-width: 46rem; font: 1rem/1.5 system-ui, "DejaVu Sans", Arial, sans-serif;
  color: #1a1a1a; background: #fff; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
.top { border: 2px solid #1f3864; border-radius: .4rem; padding: .6rem 1rem; margin: 0 0 1.5rem; }
.top p { margin: .3rem 0; }
section { border: 1px solid #767676; border-radius: .6rem; padding: .8rem 1.1rem; margin: 0 0 1rem;
  break-inside: avoid; }
h2 { font-size: 1rem; margin: 0 0 .6rem; padding: 0 0 .3rem; border-bottom: 1px solid #767676; color: #1f3864; }
h3 { font-size: 1.1rem; margin: 1rem 0 .2rem; }
h3:first-of-type { margin-top: .2rem; }
.marks { font-weight: normal; font-size: .85rem; color: #404040; }
.hint { margin: .1rem 0 .4rem; color: #404040; }
.guidance { font-style: italic; }
ul { list-style: none; margin: .3rem 0; padding: 0; }
ul.long { columns: 2; column-gap: 1.5rem; }
li { break-inside: avoid; padding: .2rem 0 .2rem 1.9rem; text-indent: -1.9rem; }
li img { width: 48px; height: 48px; vertical-align: middle; margin-right: .5rem; }
.box { display: inline-block; width: 1.9rem; text-indent: 0; font-weight: bold; }
.chosen { font-weight: bold; background: #e8eef7; border-radius: .3rem; }
.answer { border-left: .3rem solid #1f3864; background: #e8eef7; margin: .4rem 0; padding: .35rem .7rem; }
.refused { border-left: .3rem solid #7a0019; background: #fbeaec; margin: .4rem 0; padding: .35rem .7rem; }
.between { margin: 0 0 1rem 1.1rem; }
.aside { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@page { size: A4; margin: 16mm; }
@media print { body { padding: 0; max-width: none; font-size: 10.5pt; } .top, .answer, .refused, .chosen {
  print-color-adjust: exact; } }
"""


def page(script: Script, language: str) -> str:
    """Return the page; ``language`` is the code of the language of the program."""
    return "\n".join(_lines(script, language)) + "\n"


def _lines(script: Script, language: str) -> Iterator[str]:
    title = escape(words.title_of(script))
    yield f'<!DOCTYPE html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>"
    yield '<div class="top">'
    for line in words.said_of(script):
        yield f"<p>{escape(line)}</p>"
    yield "</div>"
    for number, step in words.numbered(script):
        yield from _between(step) if isinstance(step, Another) else _screen(script, number, step)
    for line in words.end_words(script):
        yield f"<p><strong>{escape(line)}</strong></p>"
    yield "</main>\n</body>\n</html>"


def _between(step: Another) -> Iterator[str]:
    question, answer = words.another_words(step)
    yield f'<p class="between">{escape(question)} <strong>{escape(answer)}</strong></p>'


def _screen(script: Script, number: int, screen: Screen) -> Iterator[str]:
    yield f'<section aria-labelledby="s{number}">'
    name, where = words.heading(number, screen)
    beside = f' · <span lang="{escape(script.code)}">{escape(where)}</span>' if where else ""
    yield f'<h2 id="s{number}">{escape(name)}{beside}</h2>'
    for shown in screen.shown:
        yield from _shown(script, shown)
    yield "</section>"


def _shown(script: Script, shown: Shown) -> Iterator[str]:
    language = escape(script.code)
    marks = ", ".join(words.marks_of(shown))
    beside = f' <span class="marks">({escape(marks)})</span>' if marks else ""
    yield f'<h3><span lang="{language}">{_marked(shown.text)}</span>{beside}</h3>'
    if shown.hint:
        yield f'<p class="hint" lang="{language}">{_marked(shown.hint)}</p>'
    if shown.guidance:
        yield f'<p class="hint guidance" lang="{language}">{_marked(shown.guidance)}</p>'
    choices, left = words.choices_of(shown)
    if choices or left:
        shape = ' class="long"' if len(choices) > LONG else ""
        yield f'<ul{shape} lang="{language}">'
        yield from (_choice(script, shown, one) for one in choices)
        if left:
            yield f"<li>{escape(words.more_words(left))}</li>"
        yield "</ul>"
    elif answer := words.answer_words(shown):
        said = (
            f'<span lang="{language}">{_lined(answer)}</span>' if shown.answer == answer else escape(answer)
        )
        before = _("Answer:")
        yield f'<p class="answer"><span class="aside">{escape(before)} </span>{said}</p>'
    if shown.refused is not None:
        yield f'<p class="refused">{escape(words.refused_words(shown))}</p>'


def _choice(script: Script, shown: Shown, one: Offered) -> str:
    several = shown.type.startswith("select_multiple")
    sign = ("☑" if one.chosen else "☐") if several else ("●" if one.chosen else "○")
    chosen = _("(chosen)")
    said = f'<span class="aside"> {escape(chosen)}</span>' if one.chosen else ""
    mark = ' class="chosen"' if one.chosen else ""
    picture = _picture(script.pictures.get(one.image))
    return f'<li{mark}><span class="box" aria-hidden="true">{sign}</span>{picture}{_marked(one.label)}{said}</li>'


def _picture(raw: bytes | None) -> str:
    """Return a picture inside the page; its label stands beside it, so it has no words of its own."""
    if not raw:
        return ""
    kind = "png" if raw.startswith(b"\x89PNG") else "jpeg"
    return f'<img alt="" src="data:image/{kind};base64,{base64.b64encode(raw).decode()}">'


def _marked(said: str) -> str:
    """Show emphasis as phones do; leave out what only colours."""
    text = _TAG.sub("", escape(_HEADING.sub("", said), quote=False))
    text = _LINK.sub(r"\1", text)
    text = _STRONG.sub(r"<strong>\1</strong>", text)
    return _EMPHASIS.sub(r"<em>\1</em>", text).replace("\n", "<br>")


def _lined(said: str) -> str:
    return escape(said).replace("\n", "<br>")
