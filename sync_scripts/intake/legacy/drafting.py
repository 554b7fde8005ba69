"""A map to begin with, for somebody who has never seen one: what each column of the list may go into, with its question. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sync_scripts.intake.legacy.mapping import SEALED_WORD, Target
from sync_scripts.register.model.places import folded
from sync_scripts.register.rules.labels import labels_of
from sync_scripts.texts import language

__all__ = ["draft"]

_OPTIONAL: Final = ("(facultatif)", "(optional)", ", facultatif)", ", optional)")
"""How a question says that it may be left open: nothing that tells one field from another."""
_CODES: Final = 6
"""Codes of a list that are shown; ``dikalo forms dictionary case`` has all."""


def draft(headings: Iterable[str], known: Mapping[str, Target]) -> str:
    """Return a map to begin with: columns whose heading is a field's question have their field, the others are sealed.

    Args:
        headings: of the list, in their order.
        known: the fields that a column can go into.
    """
    present = list(headings)
    by_label = {
        folded(_plain(label)): one.name
        for one in reversed([*known.values()])
        for label in (one.asked.fr, one.asked.en)
        if label
    }
    lines = [f"key = {_quoted(present[0])}", 'sheet = ""', 'list = ""', "", "[columns]"]
    taken: set[str] = set()
    for heading in present:
        field = by_label.get(folded(heading), SEALED_WORD)
        if field in taken:
            field = SEALED_WORD
        taken.add(field)
        lines.append(f"{_quoted(heading)} = {_quoted(field)}")
    return "\n".join([*lines, "", *_examples(known)])


def _examples(known: Mapping[str, Target]) -> Iterator[str]:
    yield '# [values."…"]'
    yield '# "Nord-Ouest" = "CM007"'
    yield ""
    yield "# entity.field:"
    for one in known.values():
        codes = list(labels_of(one.list, "fr")) if one.list else [one.kind]
        shown = ", ".join([*codes[:_CODES], *(["…"] if len(codes) > _CODES else [])])
        yield f"#   {one.name} = {_question(one)}"
        yield f"#       {shown}"


def _question(target: Target) -> str:
    """Return what the form asks there, in the language of the person."""
    asked = target.asked
    said = (asked.en or asked.fr) if language() == "en" else (asked.fr or asked.en)
    return " ".join(_plain(said or target.name).split())


def _plain(label: str) -> str:
    """Return a question without the words that say it may be left open.

    >>> _plain("Âge en années (facultatif)"), _plain("Rançon demandée (FCFA, facultatif)")
    ('Âge en années', 'Rançon demandée (FCFA)')
    """
    for words in _OPTIONAL:
        if label.endswith(words):
            return label.removesuffix(words).rstrip() + (")" if words.startswith(",") else "")
    return label


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
