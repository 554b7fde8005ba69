"""``dikalo.toml`` read and written: whole or not at all, and so that it reads back as the same settings.

A key that is not known is refused with the nearest one that is: a misspelt setting that is silently ignored is worse than an
error. Passwords, tokens and passphrases are refused wherever they stand.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from sync_scripts.config.settings import (
    FILE,
    FORMAT,
    TABLES,
    SecretInSettings,
    Settings,
    SettingsMissing,
    SettingsUnreadable,
    SettingUnknown,
    SettingUnsuitable,
    WorkspaceNewer,
    refuse_names,
)
from sync_scripts.errors import DikaloError

_SECRET_NAME: Final = re.compile(r"pass(word|phrase|wd)?$|secret|token|private|api_?key|^key$", re.IGNORECASE)


def load(root: Path, *, to_read: bool = False) -> Settings:
    """Return the settings of a workspace.

    Args:
        root: its folder.
        to_read: nothing is fetched, sent or decided: names by which two sources would pass for one are no reason to refuse.

    Raises:
        SettingsMissing: the folder holds no ``dikalo.toml``.
        SettingsUnreadable, SettingUnknown, SettingUnsuitable, SecretInSettings, WorkspaceNewer: as they say.
        ServerNameTaken, ServerNameOwn: two sources would pass for one.
    """
    try:
        data = (root / FILE).read_bytes()
    except OSError:
        raise SettingsMissing from None
    return parse(data, to_read=to_read)


def workspace_id(root: Path) -> str:
    """Return the id of a workspace, whatever else its settings say: what is unlocked must be locked in spite of a slip in them.

    Raises:
        SettingsMissing: the folder holds no ``dikalo.toml``.
        SettingsUnreadable: it is no TOML.
        SettingUnsuitable: it names no id.
    """
    try:
        found = _toml((root / FILE).read_bytes()).get("id")
    except OSError:
        raise SettingsMissing from None
    if not isinstance(found, str):
        raise SettingUnsuitable(key="id", expected=_expected("id"))
    return found


def parse(data: bytes, *, to_read: bool = False) -> Settings:
    """Return the settings written in TOML; takes and raises what `load` does, apart from a missing file."""
    table = _toml(data)
    made = table.get("format", FORMAT)
    if isinstance(made, int) and made > FORMAT:
        raise WorkspaceNewer(found=made, known=FORMAT)
    for key, value in _leaves(table, ""):
        _refuse_secret(key, value)
    _refuse_unknown(table)
    try:
        found = msgspec.convert(table, Settings)
    except msgspec.ValidationError as wrong:
        raise _unsuitable(str(wrong)) from None
    for lacking in (f"server.{server.lacking}" for server in found.server if server.lacking):
        raise SettingUnsuitable(key=lacking, expected=_expected(lacking))
    if not to_read:
        refuse_names(found.server)
    return found


def _toml(data: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as wrong:
        raise SettingsUnreadable(line=data[: wrong.start].count(b"\n") + 1) from None
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"at line (\d+)", str(wrong))
        raise SettingsUnreadable(line=int(found[1]) if found else data.count(b"\n") + 1) from None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every value that is no table, with its dotted path; numbers of a list count from 1."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, member in enumerate(value, 1):
            yield from _leaves(member, f"{path}[{number}]")
    else:
        yield path, value


def _refuse_secret(key: str, value: object) -> None:
    if _SECRET_NAME.search(key.rpartition(".")[2]):
        raise SecretInSettings(key=key)
    if isinstance(value, str) and "://" in value and _has_password(value):
        raise SecretInSettings(key=key)


def _has_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "@" in url
    return parts.password is not None or re.search(r"[?&](password|sslpassword|passfile)=", url) is not None


def _refuse_unknown(table: Mapping[str, Any]) -> None:
    _refuse_unknown_in("", table, Settings)
    for name, struct in TABLES.items():
        found = table.get(name, {})
        for member in found if isinstance(found, list) else [found]:
            if isinstance(member, dict):
                _refuse_unknown_in(f"{name}.", member, struct)


def _refuse_unknown_in(prefix: str, table: Mapping[str, Any], struct: type[msgspec.Struct]) -> None:
    known = struct.__struct_fields__
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0)[0]
            raise SettingUnknown(key=prefix + key, nearest=prefix + near)


_EXPECTED: Final = {
    "lang": '"fr" / "en"',
    "server.kind": '"folder" / "central" / "kobo"',
    "server.url": 'url = "https://…"',
    "server.project": "project = 1",
    "format": "1",
    "server.forms": '["alert", "case", "followup"]',
    "forms": '["alert", "case", "followup", "closure", "situation"]',
    "languages": '["fr", "en"]',
    "server": '[[server]] name = "…" kind = "folder" path = "…"',
    "register": '[register] url = "…"',
    "publish": '[publish] path = "…"',
    "backup": '[backup] path = "…"',
    "team": '[[team]] name = "…" departments = ["CM007002"] people = ["F12"]',
    "team.departments": '["CM007002"]',
    "team.people": '["F12"]',
    "team.forms": '["a…"]',
    "notify": '[[notify]] name = "…" level = "high"',
    "notify.level": '"critical" / "high" / "medium" / "low"',
    "notify.regions": '["CM007"]',
    "notify.lang": '"fr" / "en"',
    "notify.role": '"coordinator" / "deputy_coordinator"',
}


def _unsuitable(words: str) -> DikaloError:
    """Turn msgspec's sentence into ours; its path looks like ``$.server[0].kind``, a missing field is named before."""
    place = re.search(r"at `\$\.?([^`]*)`", words)
    path = re.sub(r"\[\d+\]", "", place[1]) if place else ""
    missing = re.search(r"missing required field `(\w+)`", words)
    key = ".".join(part for part in (path, missing[1] if missing else "") if part)
    return SettingUnsuitable(key=key, expected=_expected(key))


def _expected(key: str) -> str:
    return _EXPECTED.get(key, f'{key.rpartition(".")[2]} = "…"')


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
    for name in ("register", "publish", "backup", "holidays"):
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
