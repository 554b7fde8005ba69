"""Kinds of notices and what their messages say: ``rules/notices.toml``, read strictly and once. Writes and sends none.

A sentence may name five fields and no sixth: a name, a code, a place below the region, what happened, a free text or a link has
none. One that asks for more is refused when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Final, Literal

from sync_scripts.errors import DikaloError
from sync_scripts.register.rules.kinds import Words
from sync_scripts.register.rules.ruleset import Strict, read

NOTICES: Final = Path(__file__).parent / "notices.toml"
FIELDS: Final = frozenset({"count", "level", "region", "left", "reference"})

TemplateUnsuitable: Final = DikaloError.declare(
    "DK-N10",
    'A message asks for the field "{field}", and messages may say five things only: count, level, region, time left, '
    "reference. Nothing was sent. Report this code to those who look after dikalo.",
)


def refuse_unknown(text: str) -> None:
    """Refuse a sentence with a field that no message may say; an attribute or an index of a field is one, too.

    Raises:
        TemplateUnsuitable: names the field.
    """
    for _text, name, form, conversion in Formatter().parse(text):
        if name is not None and (name not in FIELDS or form or conversion):
            raise TemplateUnsuitable(field=name)


class Sentence(Strict, frozen=True):
    """What a message says of one thing, and of several.

    Raises:
        TemplateUnsuitable: it asks for a field that no message may say.
    """

    one: Words
    many: Words

    def __post_init__(self) -> None:
        """Refuse other fields."""
        for words in (self.one, self.many):
            refuse_unknown(words.fr)
            refuse_unknown(words.en)

    def said(self, count: int, lang: str) -> str:
        """Return the sentence for so many in a language; French counts none as one does."""
        return (self.one if count == 1 or (count == 0 and lang == "fr") else self.many).said(lang)


class NoticeKind(Strict, frozen=True):
    """A kind of notice; the head of the file says what each word means."""

    subject: tuple[Literal["alert", "case", "place", "unit", "destination"], ...]
    name: Words
    opens: Words
    level: Literal["task", "unread", "low"]
    to: Literal["coordinator", "rules"]
    told: Literal["change", "once", "steps", "asked"]
    says: str
    tasks: frozenset[str] | Literal["any"] = frozenset()
    stands: bool = False


class _File(Strict, frozen=True):
    kinds: dict[str, NoticeKind]
    sentences: dict[str, Sentence]


_READ: Final = read(NOTICES, _File)
KINDS: Final[Mapping[str, NoticeKind]] = _READ.kinds
"""The kinds, in the order of the file, by code."""


def sentence_of(code: str) -> Sentence:
    """Return what a message of a kind says."""
    return _READ.sentences[KINDS[code].says]
