"""Settings of a phone as they may be shown: secrets covered, everything else as it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sync_scripts.phones.keys import TABLE, Kind

__all__ = ["COVER", "masked"]

COVER: Final = "••••••"

_OPEN_TEXTS: Final = frozenset(
    {"server_url", "username", "app_language", "metadata_username", "name", "icon", "color"}
)
"""Texts that may be shown. Any other text, and whatever is not known, is covered unless it is empty."""

_TOKEN: Final = re.compile(r"(/key/)[^/]*")
_LOGIN: Final = re.compile(r"(://)[^/@]*@")
_REST: Final = re.compile(r"[?#].*", re.DOTALL)


def masked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with passwords, tokens and every value that the table does not know covered."""
    return {
        part: {key: _shown(part, key, value) for key, value in chosen.items()}
        if isinstance(chosen, Mapping)
        else COVER
        for part, chosen in settings.items()
    }


def _shown(part: str, key: str, value: object) -> object:
    kind = TABLE.get(part, {}).get(key)
    if value == "" or _is_plain(kind, value):
        return value
    if kind is None or key not in _OPEN_TEXTS or not isinstance(value, str):
        return COVER
    return _bare(value) if key == "server_url" else value


def _is_plain(kind: Kind | None, value: object) -> bool:
    """Tell whether a value is a switch or one of the words that Collect knows: it cannot be a secret."""
    return kind is not None and bool(kind.switch or kind.words) and kind.takes(value)


def _bare(address: str) -> str:
    for pattern, instead in ((_TOKEN, rf"\g<1>{COVER}"), (_LOGIN, rf"\g<1>{COVER}@"), (_REST, f"?{COVER}")):
        address = pattern.sub(instead, address)
    return address
