"""``dikalo.toml`` changed by a command: only what differs is written; comments, order and blank lines stay.

Nothing is ever taken out: a source or a team that the wanted settings do not name stays as it is. The file is cut at the
heads of its tables and each piece is changed for itself, so that a comment before a head stays before it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final

import msgspec
import tomlkit

from sync_scripts import config
from sync_scripts.config import FILE, Settings
from sync_scripts.store.durable import write_whole

_MEMBERS: Final = ("server", "team", "notify")
"""Lists of tables whose members are known by their name."""
_HEAD: Final = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_-]+)\s*\]\]?\s*(#.*)?")
_QUIET: Final = re.compile(r"\s*(#.*)?")


def amend(root: Path, wanted: Settings) -> bool:
    """Make the file of a workspace say what is wanted; tell whether it had to be changed.

    Raises:
        SettingsMissing and the like: the file that is there cannot be read.
    """
    before = (root / FILE).read_bytes() if (root / FILE).is_file() else b""
    made = amended(before, wanted)
    if made != before:
        write_whole(root / FILE, made)
    return made != before


def amended(data: bytes, wanted: Settings) -> bytes:
    """Return the bytes of a settings file in which what differs from the wanted settings is changed.

    Raises:
        SettingsUnreadable and the like: it is no settings file.
    """
    if not data:
        return config.render(wanted).encode()
    now = config.parse(data)
    if now == wanted:
        return data
    was, will = msgspec.to_builtins(now), msgspec.to_builtins(wanted)
    pieces = list(_pieces(data.decode("utf-8-sig").replace("\r\n", "\n")))
    in_root = set(tomlkit.parse(pieces[0][1]))
    made = [_changed_root(pieces[0][1], was, will)]
    seen: Counter[str] = Counter()
    for head, body in pieces[1:]:
        name = _name(head)
        made.append(head + _changed(body, *_pair(name, was, will, seen[name])))
        seen[name] += 1
    made += _new_tables(was, will, in_root, in_root | set(seen))
    return "".join(made).encode()


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield head and body of each table; the first has no head."""
    head, body = "", ""
    for line in text.splitlines(keepends=True):
        if _HEAD.fullmatch(line.rstrip("\n")):
            yield head, body
            head, body = line, ""
        else:
            body += line
    yield head, body


def _name(head: str) -> str:
    found = _HEAD.fullmatch(head.rstrip("\n"))
    return found[1] if found else ""


def _pair(
    name: str, was: Mapping[str, Any], will: Mapping[str, Any], place: int
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return what one table said and what it shall say; a member that is not wanted says what it said."""
    if name not in _MEMBERS:
        return was[name], will[name]
    before = was[name][place]
    return before, next((one for one in will[name] if one["name"] == before["name"]), before)


def _changed_root(body: str, was: Mapping[str, Any], will: Mapping[str, Any]) -> str:
    """Return the part before the first head, lists written on one line included."""
    kept, tail = _parted(body)
    text = tomlkit.parse(kept)
    plain = [name for name, value in will.items() if name not in _MEMBERS and not isinstance(value, dict)]
    _change(text, {name: was[name] for name in plain}, {name: will[name] for name in plain})
    for name in (name for name in _MEMBERS if name in text):
        there: Any = text[name]
        for place, member in enumerate(list(there)):
            _change(member, *_pair(name, was, will, place))
        for member in _new(name, was, will):
            made = tomlkit.inline_table()
            _change(made, {}, member)
            there.append(made)
    return _ended(text.as_string()) + tail


def _changed(body: str, was: Mapping[str, Any], will: Mapping[str, Any]) -> str:
    if was == will:
        return body
    kept, tail = _parted(body)
    text = tomlkit.parse(kept)
    _change(text, was, will)
    return _ended(text.as_string()) + tail


def _parted(body: str) -> tuple[str, str]:
    """Return a body and the blank lines and comments behind its last value."""
    lines = body.splitlines(keepends=True)
    end = len(lines)
    while end and _QUIET.fullmatch(lines[end - 1].rstrip("\n")):
        end -= 1
    return "".join(lines[:end]), "".join(lines[end:])


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _change(table: MutableMapping[str, Any], was: Mapping[str, Any], will: Mapping[str, Any]) -> None:
    for key, value in will.items():
        if key in was and was[key] == value:
            continue
        if value is None:
            table.pop(key, None)
        else:
            table[key] = list(value) if isinstance(value, list | tuple) else value


def _new(name: str, was: Mapping[str, Any], will: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the members say that were not there before."""
    known = {one["name"] for one in was[name]}
    return [
        {key: value for key, value in one.items() if value or key in {"name", "kind"}}
        for one in will[name]
        if one["name"] not in known
    ]


def _new_tables(
    was: Mapping[str, Any], will: Mapping[str, Any], in_root: set[str], there: set[str]
) -> Iterator[str]:
    """Yield the tables that go to the end of the file."""
    for name, value in will.items():
        if isinstance(value, dict) and name not in there and value != was[name]:
            said = {key: one for key, one in value.items() if one is not None}
            yield f"\n[{name}]\n{tomlkit.dumps(said)}"
        if name in _MEMBERS and name not in in_root:
            for member in _new(name, was, will):
                yield f"\n[[{name}]]\n{tomlkit.dumps(member)}"
