"""``dikalo.toml`` written: whole or not at all, and so that it reads back as the same settings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from sync_scripts.config.names import refuse_names
from sync_scripts.config.settings import FILE, TABLES, Settings

__all__ = ["render", "write"]


def write(root: Path, settings: Settings) -> None:
    """Write ``dikalo.toml`` whole or not at all; replaces the one that is there.

    Raises:
        ServerNameTaken, ServerNameOwn: it could not be read back.
    """
    refuse_names(settings.server)
    part = root / f".{FILE}.part"
    with part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(render(settings))
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(root / FILE)


def render(settings: Settings) -> str:
    """Return the settings as TOML; `parse` gives the same settings back."""
    table: dict[str, Any] = msgspec.to_builtins(settings)
    plain = {key: value for key, value in table.items() if key not in TABLES and key != "holidays"}
    lines = [
        "# Settings of this workspace. Never write a password, a passphrase or a token here.",
        *_pairs(plain),
    ]
    for name in ("server", "team", "notify"):
        for member in table[name]:
            lines += ["", f"[[{name}]]", *_pairs(_given(member))]
    for name in ("register", "publish", "holidays"):
        pairs = list(_pairs(table[name]))
        lines += ["", f"[{name}]", *pairs] if pairs else []
    return "\n".join(lines) + "\n"


def _given(member: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a source's or team's table must say: nothing that is as it would be without being said."""
    return {key: value for key, value in member.items() if value or key in {"name", "kind"}}


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield ``key = value``; a JSON text, list or number is TOML too."""
    for key, value in table.items():
        if value is not None:
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
