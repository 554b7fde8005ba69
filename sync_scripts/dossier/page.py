"""The dossier as one page to read and to print: HTML without a script, nothing loaded from anywhere. Pure.

The page itself is ``templates/dossier.html``. Every table can be broken over pages; nothing says anything by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_scripts.dossier.sentences import entity_words, kind_words
from sync_scripts.dossier.writing import day, moment, spoken, unbroken, who
from sync_scripts.register.rules.kinds import label
from xlsform import pages

__all__ = ["page"]

Document = Mapping[str, Any]


def page(document: Document) -> str:
    """Return the page, in the language that is spoken at this moment."""

    def of(entity: str) -> list[Document]:
        return [one for one in document["records"] if one["entity"] == entity]

    return pages.page(
        "sync_scripts",
        "dossier.html",
        dossier=document,
        of=of,
        answers=_answers,
        day=day,
        moment=moment,
        unbroken=unbroken,
        who=who,
        label=label,
        entity_words=entity_words,
        kind_words=kind_words,
    )


def _answers(record: Document) -> list[tuple[str, str]]:
    """Return the questions of a record, each with its answer as people write it."""
    return [(one["label"], spoken(one["words"])) for one in record["fields"]]
