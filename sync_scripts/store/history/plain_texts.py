"""What people say of a decision is kept unsealed for ever: none of it may point to a person. Pure.

Whoever lets somebody type a text looks at it at once and can say where it stands; here, where a decision is written down,
nothing passes that no such door looked at. Codes, ids and days are left alone: some look like a number by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sync_scripts.store.detectors import hits
from sync_scripts.store.errors import TextIdentifies
from sync_scripts.store.schema import metadata

__all__ = ["FREE", "require_plain"]

FREE: Final = frozenset(
    (
        *("reason", "why", "suspend_reason", "message", "resolution", "work_note"),
        *("receiver", "transferred_to", "value"),
    )
)
"""Names in the payload of an event under which a person's own words stand, at any depth."""
_BEFORE: Final = frozenset({"was", "seen"})
"""Names under which stands what was there before: a text of once can be replaced by one that passes."""
_REPEATED: Final = frozenset(
    {("value.restore", "value"), ("flag.resolve", "message"), ("flag.open", "message")}
)
"""What a decision says again of what stands already: what was collected, the remark that is settled, or is not."""


def require_plain(op: str, payload: Mapping[str, Any]) -> None:
    """Let an event of a person pass in whose texts no telephone number and no coordinates stand.

    Args:
        op: what was decided.
        payload: of the event.

    Raises:
        TextIdentifies: they do.
    """
    for name, text in _texts(payload):
        if (op, name) in _REPEATED or (name == "value" and _amount(payload)):
            continue
        for kind in hits(text):
            raise TextIdentifies(what=kind)


def _texts(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        if name in _BEFORE:
            continue
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, Mapping):
                yield from _texts(one)
            elif isinstance(one, str) and name in FREE:
                yield name, one


def _amount(payload: Mapping[str, Any]) -> bool:
    """Tell whether a corrected answer is a number: eight digits in a row are what was lost, then."""
    table = metadata.tables.get(str(payload.get("entity")))
    column = table.c.get(str(payload.get("field"))) if table is not None else None
    return column is not None and column.info.get("kind") == "number"
