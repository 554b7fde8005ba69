"""What a message may say: five fields, and no sixth. Pure.

Count, level, region, time left and a reference drawn for the message. A name, a code, a place below the region, what
happened, a free text or a link has no field here, and a sentence that asks for one is refused when the program starts.
"""

from __future__ import annotations

import gettext
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from string import Formatter
from typing import Final

from sync_scripts.errors import N_, DikaloError
from sync_scripts.register.model.codes import ALPHABET
from sync_scripts.register.model.places import short
from sync_scripts.register.rules.clocks import span
from sync_scripts.register.rules.kinds import label
from sync_scripts.texts import DOMAIN, LOCALE

__all__ = ["FIELDS", "TEMPLATES", "TITLE", "Said", "Template", "TemplateUnsuitable", "body", "new_reference"]

FIELDS: Final = frozenset({"count", "level", "region", "left", "reference"})
TITLE: Final = "DIKALO"
"""The title of every message: it says nothing but whose it is."""

_FEW: Final = 3


TemplateUnsuitable: Final = DikaloError.declare(
    "DK-N10",
    'A message asks for the field "{field}", and messages may say five things only: count, level, region, time left, '
    "reference. Nothing was sent. Report this code to those who look after dikalo.",
)


class Template:
    """A sentence in singular and plural, checked when it is made.

    Raises:
        TemplateUnsuitable: it asks for another field.
    """

    def __init__(self, one: str, many: str) -> None:
        for text in (one, many):
            refuse_unknown(text)
        self.one: str = one
        self.many: str = many


def refuse_unknown(text: str) -> None:
    """Refuse a sentence with a field that no message may say; an attribute or an index of a field is one, too.

    Raises:
        TemplateUnsuitable: names the field.
    """
    for _text, name, form, conversion in Formatter().parse(text):
        if name is None:
            continue
        if name not in FIELDS or form or conversion:
            raise TemplateUnsuitable(field=name)


def _n(one: str, many: str) -> Template:
    return Template(one, many)


ngettext = _n  # so that the sentences below are found by whoever gathers them for translation

TEMPLATES: Final[Mapping[str, Template]] = {
    "alert": ngettext(
        "{count} alert, level {level}, region {region}, time left {left}. Open the register. Ref {reference}",
        "{count} alerts, level {level}, region {region}, time left {left}. Open the register. Ref {reference}",
    ),
    "case": ngettext(
        "{count} case, level {level}, region {region}, time left {left}. Open the register. Ref {reference}",
        "{count} cases, level {level}, region {region}, time left {left}. Open the register. Ref {reference}",
    ),
    "escalation": ngettext(
        "Still undone: {count} deadline, level {level}, region {region}, time left {left}. Open the register. Ref {reference}",
        "Still undone: {count} deadlines, level {level}, region {region}, time left {left}. Open the register. Ref {reference}",
    ),
    "test": ngettext(
        "Test message: nothing has happened. Ref {reference}",
        "Test message: nothing has happened. Ref {reference}",
    ),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says.

    Attributes:
        reason: which sentence.
        count: how many things of that reason.
        level: code of the urgency.
        regions: P-codes.
        due_at: the earliest due time; instant, None when nothing is due.
        reference: drawn for this message.
    """

    reason: str
    count: int
    level: str
    regions: frozenset[str]
    due_at: str | None
    reference: str


def new_reference() -> str:
    """Draw what a person can quote about a message; it says nothing outside the register."""
    return "".join(secrets.choice(ALPHABET) for _place in range(4))


def body(said: Said, lang: str, now: datetime) -> str:
    """Return the text of a message in a language.

    Raises:
        TemplateUnsuitable: the translation asks for a field that no message may say.
    """
    known = _catalogue(lang)
    template = TEMPLATES[said.reason]
    text = known.ngettext(template.one, template.many, said.count)
    refuse_unknown(text)
    return text.format(
        count=said.count,
        level=label("urgency", said.level, lang).upper(),
        region=_regions(said.regions, known),
        left=_left(said.due_at, now, known),
        reference=said.reference,
    )


@cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [lang], fallback=True)


_SEVERAL: Final = N_("several")
_NONE_LEFT: Final = N_("none, late by {span}")


def _regions(regions: Iterable[str], known: gettext.NullTranslations) -> str:
    names = sorted(map(short, regions))
    if len(names) > _FEW:
        return known.gettext(_SEVERAL)
    return ", ".join(names) or "-"


def _left(due_at: str | None, now: datetime, known: gettext.NullTranslations) -> str:
    if due_at is None:
        return "-"
    left = datetime.fromisoformat(due_at) - now
    words = span(left, known.gettext)
    return words if left.total_seconds() >= 0 else known.gettext(_NONE_LEFT).format(span=words)
