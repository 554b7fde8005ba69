"""A workspace with sealed things in it, for the tests of commands: made of rows, opened, asked for its chain."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sync_scripts.config import ServerSettings, Settings, write
from sync_scripts.store import custody
from sync_scripts.store.canonical import canonical
from sync_scripts.store.database import Rows
from sync_scripts.store.founding import NewKeys, create_demo, create_workspace
from sync_scripts.store.schema import raw, register
from sync_scripts.store.seal import demo_keys
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealed_rows import keep
from sync_scripts.store.workspace import Workspace, open_workspace
from tests import passphrases
from tests.store.databases import NOW

DAY, VAULT = passphrases.DAY, passphrases.VAULT
STORY = "Ils ont emmené mon frère devant l'église."
ALERT, CASE = "AL-7Q2M4X-B", "DK-K7Q4ZZ-6"
Run = Callable[..., tuple[int, Any, str]]


def pipe(text: str) -> int:
    """Return a descriptor from which a text can be read once."""
    read, write = os.pipe()
    os.write(write, text.encode() + b"\n")
    os.close(write)
    return read


_founded: dict[tuple[Any, ...], dict[Path, tuple[int, bytes | None]]] = {}
"""Workspaces that were founded in this process, file by file with their modes: the same again is laid as it was.

To found one derives two keys of passphrases and takes each step of the layout; of the same salt no key is derived again.
"""


def found(
    root: Path,
    *,
    day: str = DAY,
    vault: str | None = VAULT,
    worker: str = "coord-1",
    organisation: bool = True,
    proved: tuple[Holder, ...] = ("V", "R"),
    settings: Settings | None = None,
    server: tuple[ServerSettings, ...] = (),
    now: datetime = NOW,
) -> Path:
    """Make a real workspace; the recovery key and the organisation's are the published ones. Return its folder.

    Of the same words all have the same keys: who needs two that differ makes the second one with `create_workspace`.
    """
    keys = NewKeys(
        day=day,
        vault=vault,
        recovery=demo_keys.IDENTITIES["R"].public,
        organisation=demo_keys.IDENTITIES["O"].public if organisation else None,
        work=demo_keys.WORK,
    )
    settings = settings or Settings(id="e" * 32, server=server)

    def make() -> None:
        create_workspace(root, settings=settings, worker=worker, keys=keys, now=now, proved=proved)

    if settings.register.url:
        make()
    else:
        _laid(root, settings, (settings.id, day, vault, worker, organisation, proved, now), make)
    return root


def found_demo(root: Path, *, settings: Settings | None = None, worker: str = "demo-1") -> Path:
    """Make a demonstration, which opens without a passphrase; return its folder."""
    settings = settings or Settings(id="d" * 32)

    def make() -> None:
        create_demo(root, settings=settings, worker=worker, now=NOW)

    _laid(root, settings, (settings.id, worker), make)
    return root


def _laid(root: Path, settings: Settings, key: tuple[Any, ...], make: Callable[[], None]) -> None:
    """Make a workspace, or lay the one that was made; of the settings nothing but ``dikalo.toml`` speaks."""
    if key not in _founded:
        make()
        _founded[key] = {
            path.relative_to(root): (path.stat().st_mode, path.read_bytes() if path.is_file() else None)
            for path in (root, *sorted(root.rglob("*")))
        }
        return
    for name, (mode, content) in _founded[key].items():
        place = root / name
        if content is None:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.write_bytes(content)
        place.chmod(mode)
    write(root, settings)


def fill(workspace: Workspace) -> None:
    """Store one alert of two persons with a photo, opened as a case, and another alert."""
    with workspace.register.sealer() as sealer, workspace.register.writing() as rows:
        store_alert(rows, "uuid:1", {"s1": "", "s2": "person:2"}, ALERT, CASE)
        store_alert(rows, "uuid:2", {"s3": ""}, "AL-ABC123-6", None)
        part = {"entity": "alert", "fields": {"short_text": STORY}, "v": 1}
        sealer.seal_part(part, "s1", "row", "alert:uuid:1", "uuid:1")
        sealer.seal(b"<alert/>", "s1", "raw", "submission:uuid:1", "uuid:1")
        sealer.seal_stream(io.BytesIO(b"photo"), "s2", "file", "person:2", "uuid:1", name="../../été:1.jpg")
        sealer.seal_part({**part, "fields": {"short_text": "other"}}, "s3", "row", "alert:uuid:2", "uuid:2")
        keep(rows, sealer, NOW)


def store_alert(rows: Rows, root: str, scopes: dict[str, str], code: str, case: str | None) -> None:
    """Store the rows that lead from codes to scopes."""
    where = {"server": "stick", "form": "alert", "root_id": root}
    kinds = {row: "person" if row else "submission" for row in scopes.values()}
    (own,) = (id_ for id_, row in scopes.items() if not row)
    made = [
        {"id": id_, "kind": kinds[row], **where, "row": row, "submission": own if row else None}
        for id_, row in scopes.items()
    ]
    rows.many(raw.scope, made)
    arrival = int(root[-1])
    version: dict[str, object] = {
        **where,
        "instance_id": root,
        "stamp": "alert",
        "form_version": "1",
        "received_at": "2026-11-25T08:00:00.000000Z",
        "status": "ok",
        "scope": next(iter(scopes)),
        "size": 8,
        "open_part": canonical([]),
        "open_hash": "0",
        "current": True,
        "arrival": arrival,
    }
    rows.many(raw.submission, [version])
    known: dict[str, object] = {
        "stamp": "alert",
        "root_id": root,
        "alert_id": root,
        "code": code,
        "case_code": case,
    }
    known |= {"unit": f"alert:alert/{root}", "alert_code": code, "state": "opened"}
    known |= {"received_at": NOW.isoformat(), "first_received_at": NOW.isoformat(), "filing_no": arrival}
    for table in (register.filing, register.alert):
        row = {column.name: known.get(column.name, version.get(column.name)) for column in table.columns}
        for column in table.columns:
            if row[column.name] is None and not column.nullable:
                row[column.name] = 1 if column.info["kind"] in {"number", "yes_no"} else "-"
        rows.many(table, [row])


def last_line(root: Path) -> dict[str, Any]:
    """Return the last line of the chain."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        head = custody.head(rows)
    workspace.close()
    assert head is not None
    return head.entry
