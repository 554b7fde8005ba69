"""The dossier as one page to read and to print, and the parcel: document and page in one archive, sealed for whoever gets it.

HTML without a script, nothing loaded from anywhere (``templates/dossier.html``). Writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sync_scripts.dossier.wording import day, entity_words, kind_words, moment, spoken, unbroken, who
from sync_scripts.register.rules.kinds import label
from sync_scripts.store.seal.handover_sealing import seal_for, seal_under
from xlsform import pages
from xlsform.visible import visible

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


def archive(document: Mapping[str, Any]) -> bytes:
    """Return a ZIP of ``dossier.json`` and ``dossier.html``; the same document gives the same bytes."""
    at = datetime.fromisoformat(str(document["made_at"])).timetuple()[:6]
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as packed:
        for name, text in (
            ("dossier.html", page(document)),
            ("dossier.json", visible(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"),
        ):
            packed.writestr(
                ZipInfo(name, (at[0], at[1], at[2], at[3], at[4], at[5])), text.encode(), ZIP_DEFLATED
            )
    return written.getvalue()


def sealed(data: bytes, *, passphrase: str | None, key: str | None) -> bytes:
    """Return an age file of it, under a passphrase or for the public key of the receiver.

    Raises:
        ReceiverKeyUnsuitable, PassphraseWeak: as they say.
    """
    return seal_for(data, key) if key is not None else seal_under(data, passphrase or "")
