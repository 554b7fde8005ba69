"""The card that hands a code over: one A5 page (HTML) with the code, four steps, and what must become of the paper.

In the language chosen at start. It holds the code and therefore its secrets; the administration password is never
written out on it, because the card stays with the person who holds the phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from sync_scripts.phones.code import draw_png
from xlsform import pages

__all__ = ["Card", "page"]

App = Literal["collect", "kobocollect"]
_APPS: Final = {"collect": "ODK Collect", "kobocollect": "KoboCollect"}


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
    return pages.page(
        "sync_scripts", "card.html", card=card, app=_APPS[card.app], picture=draw_png(card.text)
    )
