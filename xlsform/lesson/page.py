"""The script of a filling as a page: one file, readable without sight, in grey and on paper. Asks nothing of any network.

Pictures are laid into the page. The words of the form carry their own language, so that a screen reader speaks them right.
The page itself is ``templates/lesson.html``.
"""

from __future__ import annotations

import re

from xlsform import pages
from xlsform.lesson import script as words
from xlsform.lesson.script import Script
from xlsform.pages import Markup, escape

_TAG = re.compile(r"</?(?:span|b|i|strong|em|br)\b.*?>")
_STRONG = re.compile(r"\*\*(\S(?:.*?\S)?)\*\*")
_EMPHASIS = re.compile(r"(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6}\s+", re.MULTILINE)


def page(script: Script, language: str) -> str:
    """Return the page; ``language`` is the code of the language of the program."""
    return pages.page("xlsform", "lesson.html", script=script, language=language, words=words, marked=_marked)


def _marked(said: str) -> Markup:
    """Show emphasis as phones do; leave out what only colours."""
    text = _LINK.sub(r"\1", _TAG.sub("", _HEADING.sub("", said)))
    text = _STRONG.sub(r"<strong>\1</strong>", str(escape(text)))
    return Markup(_EMPHASIS.sub(r"<em>\1</em>", text).replace("\n", "<br>"))  # noqa: S704 - escaped above
