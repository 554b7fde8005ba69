"""What holds in a workspace at any moment, however it was disturbed. Looks at a copy, changes nothing."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from sqlalchemy import select, text, union

from sync_scripts.errors import DikaloError
from sync_scripts.store import custody, events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema.raw import attachment, erasure_pending, key_page, sealed_item, submission
from sync_scripts.store.seal.sealed_files import INCOMING, damaged
from sync_scripts.store.seal.sealed_items import Holder, Identity
from sync_scripts.store.seal.sealed_rows import lost_pages
from sync_scripts.store.vault import Vault, by_identity, items_where
from sync_scripts.store.workspace import Unlocked, Workspace, open_unlocked
from tests import clock

CHECKER = Actor("checker", "rule")


class Expectations(Protocol):
    """What a case says of its workspace."""

    holders: Mapping[Holder, Identity]
    canaries: tuple[bytes, ...]

    def amiss(self, workspace: Workspace, folder: Path, *, complete: bool) -> Iterable[str]:
        """Yield what else is wrong."""

    def state(self, workspace: Workspace) -> Mapping[str, object]:
        """Return what a run came to, by name."""


@dataclass
class Found:
    """What a look at a workspace found: what is wrong, in words for a developer, and after a complete run its state."""

    wrong: list[str]
    state: Mapping[str, object] = field(default_factory=dict)


def look(keys: Unlocked, folder: Path, case: Expectations, *, complete: bool) -> Found:
    """Return the invariants that do not hold, and the state.

    Args:
        keys: the open keys.
        folder: the workspace is in its ``w``.
        case: every item must open with each of its holders alone, none of its canaries may lie in clear text.
        complete: a run has ended well: nothing temporary may be left, and no sealed file without a row.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        copy = Path(place) / "w"
        shutil.copytree(folder / "w", copy)
        found = Found([f"clear text: {name}" for name in _in_clear(copy, case.canaries)])
        if complete:
            found.wrong += _left_over(copy / "sealed" / INCOMING)
        try:
            workspace = open_unlocked(replace(keys, root=copy))
        except DikaloError as error:
            found.wrong.append(f"does not open: {error.code}")
            return found
        try:
            workspace.register.settle()
            found.wrong += _of_rows(workspace)
            found.wrong += case.amiss(workspace, folder, complete=complete)
            found.wrong += _unopened(workspace, case.holders)
            if complete and not found.wrong:
                found.wrong += _unnamed(workspace)
                found.state = case.state(workspace)
        except DikaloError as error:
            found.wrong.append(f"cannot be read: {error.code}")
        finally:
            workspace.close()
    return found


def _in_clear(root: Path, canaries: tuple[bytes, ...]) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and any(canary in path.read_bytes() for canary in canaries):
            yield path.name


def _left_over(incoming: Path) -> Iterator[str]:
    if incoming.is_dir():
        yield from (f"temporary: {path.name}" for path in incoming.iterdir())


def _unnamed(workspace: Workspace) -> Iterator[str]:
    """Yield the sealed files on the shelves that no row names."""
    with workspace.register.reading() as rows:
        named = {*rows.execute(select(sealed_item.c.file)).scalars()}
    for path in workspace.register.folder.glob("??/*"):
        if path.stem not in named:
            yield f"sealed file without a row: {path.name[:8]}"


def _of_rows(workspace: Workspace) -> Iterator[str]:
    with workspace.register.reading() as rows:
        yield from _of_database(rows)
        custody.check(rows)
        events.check(rows)
        yield from (f"key page: {page[:8]}" for page in lost_pages(rows))
        yield from _received_once(rows)
        needed = union(select(sealed_item.c.key_page), select(erasure_pending.c.key_page))
        empty = select(key_page.c.id).where(key_page.c.id.not_in(needed))
        yield from (f"page without an item: {page[:8]}" for page in rows.execute(empty).scalars())
        named = [*rows.execute(select(sealed_item.c.file).where(sealed_item.c.file.is_not(None))).scalars()]
    yield from (f"sealed file: {name[:8]}" for name in damaged(workspace.register.folder, iter(named)))


def _of_database(rows: Rows) -> Iterator[str]:
    if rows.dialect != "sqlite":
        return
    for check, well in (
        ("cipher_integrity_check", []),
        ("integrity_check", ["ok"]),
        ("foreign_key_check", []),
    ):
        said = [str(row[0]) for row in rows.execute(text(f"PRAGMA {check}"))]
        if said != well:
            yield f"{check}: {len(said)}"


def _received_once(rows: Rows) -> Iterator[str]:
    """Every version and every file held, or erased since, was received once, by a line of its own; so were bytes put aside."""
    lines = [line.entry for line in custody.read(rows) if line.entry["action"] == "RECEIVED"]
    if len({line["object"] for line in lines}) != len(lines):
        yield "RECEIVED twice"
    files = sorted(line["details"]["file"] for line in lines if "file" in line["details"])
    held = {*rows.execute(select(attachment.c.file).where(attachment.c.state == "held")).scalars()}
    gone = len(rows.execute(select(attachment.c.tag).where(attachment.c.state == "erased")).all())
    if not held <= {*files} or len(files) != len(held) + gone:
        yield f"files RECEIVED: {len(files)}"
    versions = len(rows.execute(select(submission.c.arrival)).all())
    aside = {line["object"] for line in lines if "quarantine" in line["details"]}
    if len(lines) - len(files) - len(aside) != versions:
        yield f"RECEIVED {len(lines) - len(files) - len(aside)}, versions {versions}"
    kept = select(sealed_item.c.blob, sealed_item.c.file).where(sealed_item.c.kind == "quarantine")
    if aside != {row.file or hashlib.sha256(row.blob).hexdigest() for row in rows.execute(kept)}:
        yield f"put aside RECEIVED: {len(aside)}"


def _unopened(workspace: Workspace, holders: Mapping[Holder, Identity]) -> Iterator[str]:
    with workspace.register.reading() as rows:
        every = items_where(rows)
    for holder, identity in holders.items():
        key = by_identity(identity.secret)
        with Vault(workspace.register, key, CHECKER, now=clock.now) as vault:
            dead = [item for item in vault.open_items("invariants", every) if item.problem is not None]
            yield from (f"{holder} does not open {item.item!r}" for item in dead)
            yield from (f"{holder}: page {problem.page[:8]} {problem.what}" for problem in vault.problems)
