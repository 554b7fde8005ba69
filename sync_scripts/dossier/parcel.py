"""The parcel: document and page in one archive, sealed for whoever gets it. Writes nothing; what it returns can be kept anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sync_scripts.dossier.page import page
from sync_scripts.store.seal.handover_sealing import seal_for, seal_under
from xlsform.visible import visible

__all__ = ["archive", "sealed"]


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
