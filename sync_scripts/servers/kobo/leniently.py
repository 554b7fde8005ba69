"""Rows that are not written as KoboToolbox writes them: read one by one, so that one of them keeps no other away.

Only where a page cannot be read as a whole. What says nothing (``null``) is as if it was left out; a number in place of a
text is that text, and a text in place of a number that number. What is left is blurred: the row is there, and waits until
it can be read.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sync_scripts.servers.http.call import Answer
from sync_scripts.servers.http.errors import ShapeUnknown
from sync_scripts.servers.kobo.shapes import Blurred, Row, Rows, Unparted

__all__ = ["row", "rows"]

_FIELDS: Final = {one.encode_name: one for one in msgspec.structs.fields(Row)}
_NUMBER: Final = "_id"


def rows(answer: Answer) -> Rows:
    """Return a page of data.

    Raises:
        ShapeUnknown: it is none.
        Unreachable: what else `Answer.json` raises.
    """
    try:
        return answer.json(Rows)
    except ShapeUnknown:
        page = answer.json(Unparted)
        return Rows(count=page.count, results=tuple(map(_alone, page.results)))


def row(answer: Answer) -> Row:
    """Return one row.

    Raises:
        ShapeUnknown: it is none, or something of it cannot be read.
        Unreachable: what else `Answer.json` raises.
    """
    try:
        return answer.json(Row)
    except ShapeUnknown:
        found = _alone(answer.json(msgspec.Raw))
        if isinstance(found, Blurred):
            raise
        return found


def _alone(raw: msgspec.Raw) -> Row:
    try:
        return msgspec.json.decode(raw, type=Row)
    except msgspec.MsgspecError:
        pass
    try:
        said = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return Blurred(id=0, unread=frozenset(_FIELDS))
    found: dict[str, Any] = {}
    unread = set()
    for name in _FIELDS.keys() & said.keys():
        try:
            value = _spoken(msgspec.json.decode(said[name]))
            if value is not None:
                found[_FIELDS[name].name] = _read(value, _FIELDS[name].type)
        except msgspec.MsgspecError:
            unread.add(name)
    if "id" not in found:
        found["id"] = 0
        unread.add(_NUMBER)
    return Blurred(**found, unread=frozenset(unread)) if unread else Row(**found)


def _read(value: Any, kind: Any) -> Any:
    """Return a value as what it should be. Raises `msgspec.ValidationError`."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        if type(value) is int:
            return msgspec.convert(str(value), kind)
        if type(value) is str:
            return msgspec.convert(value, kind, strict=False)
        raise


def _spoken(value: Any) -> Any:
    """Return a value without the members that say nothing."""
    if isinstance(value, dict):
        return {name: _spoken(inner) for name, inner in value.items() if inner is not None}
    return [_spoken(inner) for inner in value] if isinstance(value, list) else value
