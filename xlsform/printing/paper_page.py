"""A questionnaire as a page to print, A4, black on white. Needs nothing but itself: pictures are laid in.

The head of each printed page says which form it is; with questions about identity also that the sheet must be destroyed.
Boxes are letters, not drawings, so that browsers and LibreOffice print the same. The page itself is ``templates/paper.html``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from xlsform import pages
from xlsform.model import Choice
from xlsform.printing.paper import Questionnaire, text_in

__all__ = ["page"]

_REFERENCE = re.compile(r"\$\{[^}]*\}")


def page(sheet: Questionnaire, media: Path | None = None) -> str:
    """Return the whole page; ``media`` is the folder with the pictures of choices."""

    def pictures(choices: Sequence[Choice]) -> list[bytes]:
        return [_picture(text_in(one.texts.get("image", {}), sheet.language), media) for one in choices]

    def label(choice: Choice) -> pages.Markup:
        return _plain(text_in(choice.labels, sheet.language) or choice.name)

    elements = [(type(one).__name__, one) for one in sheet.elements]
    return pages.page(
        "xlsform", "paper.html", sheet=sheet, elements=elements, pictures=pictures, label=label, plain=_plain
    )


def _picture(name: str, media: Path | None) -> bytes:
    """Return the picture of a choice; empty without one, and of a name that leads out of the folder."""
    if media is None or not name.endswith(".png") or Path(name).name != name or not (media / name).is_file():
        return b""
    return (media / name).read_bytes()


def _plain(text: str) -> pages.Markup:
    """Return a text for the page: answers that a phone would put into it become room to write."""
    return pages.lined(_REFERENCE.sub("________", text))
