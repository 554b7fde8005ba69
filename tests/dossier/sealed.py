"""What is sealed of the case of these tests, as a pull would have sealed it; and how it is looked at again."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyrage
from sqlalchemy import select

from sync_scripts.store import custody, events
from sync_scripts.store.database import Register
from sync_scripts.store.events import Event
from sync_scripts.store.schema import raw
from sync_scripts.store.seal.sealed_rows import keep
from sync_scripts.store.workspace import open_workspace
from tests.passphrases import DAY, SECOND

OPENS = SECOND
"""Opens the files that these tests make."""
SCOPE = "folder-c1"
ROOT = "c1"
MINE, HERS, STORY, PHONE = "Canarie Une-Personne", "Canarie Autre-Personne", "Canari du récit", "699000001"
PLACE, RAW = "Canari du lieu", b"<case>canari brut</case>"


def seal_case(register: Register, now: datetime) -> None:
    """Seal names, story, raw bytes and one line of the chain for the submission ``c1``."""
    rows_of = {
        "person:v1": {"full_name": MINE, "phone": PHONE},
        "person:v2": {"full_name": HERS},
        "incident:c1": {"narrative": STORY, "village": PLACE},
        "extra:c1": {"own/question": "canari de rien"},
    }
    with register.sealer() as sealer, register.writing() as rows:
        for row, fields in rows_of.items():
            part = {"entity": row.partition(":")[0], "fields": fields, "v": 1}
            sealer.seal_part(part, SCOPE, "row", row, ROOT)
        sealed = sealer.seal_version(RAW, SCOPE, f"submission:{ROOT}", ROOT)
        details = {"sealed": sealed.sealed_sha256, "version": ROOT}
        custody.append(rows, [custody.Entry("RECEIVED", "CO-01", sealed.commitment, details)], now)
        keep(rows, sealer, now)


def unpacked(data: bytes) -> tuple[dict[str, Any], str]:
    """Return document and page of an archive."""
    with ZipFile(io.BytesIO(data)) as packed:
        assert packed.namelist() == ["dossier.html", "dossier.json"]
        return json.loads(packed.read("dossier.json")), packed.read("dossier.html").decode()


def opened(path: Path) -> tuple[dict[str, Any], str]:
    """Return document and page of a file under the passphrase."""
    return unpacked(pyrage.passphrase.decrypt(path.read_bytes(), OPENS))


def told(root: Path) -> tuple[list[Event], list[dict[str, Any]]]:
    """Return the events and the chain of a workspace."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    try:
        with workspace.register.reading() as rows:
            assert custody.check(rows)
            return list(events.read(rows)), [line.entry for line in custody.read(rows)]
    finally:
        workspace.close()


def items_named(root: Path, kind: str) -> dict[tuple[str, int], str]:
    """Return (page, item) -> row of what is sealed of a kind."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    held = raw.sealed_item
    with workspace.register.reading() as rows:
        found = {
            (one.key_page, one.item): one.row for one in rows.execute(select(held).where(held.c.kind == kind))
        }
    workspace.close()
    return found
