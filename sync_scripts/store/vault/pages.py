"""Key pages, items and sealed files as bytes: how each is opened and checked. Knows no database and logs nothing."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import msgspec
import pyrage
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sync_scripts.store.errors import ItemDamaged, PageUnopened
from sync_scripts.store.seal.sealed_items import SealedItem, label

LARGEST_PAGE: Final = 64 * 1024 * 1024
Keys: TypeAlias = dict[int, tuple[str, str]]
"""Item number -> kind and key, of one page."""


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is inside a key page: number, kind and key of each item, and whose they are."""

    items: tuple[tuple[int, str, str], ...]
    page: str
    v: int
    workspace: str


def page_problems(opened: Page, page: str, workspace: str, numbers: set[int]) -> Iterator[str]:
    """Yield how an opened page differs from its row, and its keys from the rows that need them."""
    said = [number for number, _, _ in opened.items]
    if len(set(said)) != len(said):
        yield "numbers"
    if len({key for _, _, key in opened.items}) != len(said):
        yield "keys"
    if opened.page != page:
        yield "page"
    if opened.workspace != workspace:
        yield "workspace"
    if set(said) != numbers:
        yield "items"


def decrypt_page(page: str, blob: bytes, identity: Any) -> Page:
    """Return what a key page holds.

    Raises:
        PageUnopened: damaged, too large, of an unknown format, or not sealed to this identity.
    """
    if len(blob) > LARGEST_PAGE:
        raise PageUnopened(page=page[:8])
    try:
        opened = msgspec.json.decode(pyrage.decrypt(blob, [identity]), type=Page)
    except (pyrage.DecryptError, msgspec.DecodeError, ValueError, RecursionError):
        raise PageUnopened(page=page[:8]) from None
    if opened.v != 1:
        raise PageUnopened(page=page[:8])
    return opened


def open_blob(item: SealedItem, workspace: str, keys: Keys) -> bytes:
    """Return the bytes of an item, whole.

    Raises:
        ItemDamaged: damaged, or not the item of its row, kind, version or workspace.
    """
    kind, key = keys.get(item.item, ("", ""))
    blob = item.blob or b""
    if kind != item.kind or blob[:1] != b"\x01":
        raise ItemDamaged(item=named(item))
    place = label(workspace, item.scope, item.kind, item.row, item.version)
    try:
        return AESGCM(base64.b64decode(key)).decrypt(blob[1:13], blob[13:], place)
    except (InvalidTag, ValueError):
        raise ItemDamaged(item=named(item)) from None


def part_name(item: SealedItem, after: SealedItem | None, workspace: str, keys: Keys) -> str:
    """Return the original name of a sealed file, after its part has confirmed that it is this file.

    Raises:
        ItemDamaged: the part is missing, or names another file.
    """
    if after is None or after.kind != "filepart":
        raise ItemDamaged(item=named(item))
    said = msgspec.json.decode(open_blob(after, workspace, keys))
    if said["sealed"] != item.file:
        raise ItemDamaged(item=named(item))
    return cast("str", said["name"])


def decrypt_file(source: Path, target: Path, key: str, item: SealedItem) -> None:
    """Write the opened bytes of a sealed file into a new file, or leave none.

    Raises:
        ItemDamaged: the file does not open with this key.
    """
    try:
        identity = pyrage.x25519.Identity.from_str(key)
        opened = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        with source.open("rb") as sealed, os.fdopen(opened, "wb") as plain:
            pyrage.decrypt_io(sealed, plain, [identity])
    except (pyrage.DecryptError, pyrage.IdentityError):
        target.unlink(missing_ok=True)
        raise ItemDamaged(item=named(item)) from None
    except OSError as error:
        target.unlink(missing_ok=True)
        if error.errno is None:  # pyrage's own word for a damaged chunk
            raise ItemDamaged(item=named(item)) from None
        raise


def named(item: SealedItem) -> str:
    """Return how an item is called in messages and on the command line."""
    return f"{item.key_page[:8]}/{item.item}"
