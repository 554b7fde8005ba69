"""The settings of a workspace: ``dikalo.toml`` read into frozen values, and written once. Never holds a secret.

A key that is not known is refused with the nearest one that is, because a misspelt setting that is silently ignored
is worse than an error. Passwords, tokens and passphrases are refused wherever they stand.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

import msgspec

from sync_scripts.errors import N_, DikaloError, UsageProblem

__all__ = [
    "FILE",
    "FORMAT",
    "PublishSettings",
    "RegisterSettings",
    "SecretInSettings",
    "ServerSettings",
    "SettingUnknown",
    "SettingUnsuitable",
    "Settings",
    "SettingsMissing",
    "SettingsUnreadable",
    "TeamSettings",
    "WorkspaceNewer",
    "load",
    "parse",
    "render",
    "write",
]

FILE: Final = "dikalo.toml"
FORMAT: Final = 1
_SECRET_NAME: Final = re.compile(r"pass(word|phrase|wd)?$|secret|token|private|api_?key|^key$", re.IGNORECASE)


@dataclass(eq=False, kw_only=True)
class SettingsMissing(UsageProblem):
    """The folder is no workspace."""

    code: ClassVar[str] = "DK-C10"
    message: ClassVar[str] = N_(
        "There is no dikalo.toml in this folder, so it is not a workspace. Nothing was done. Go to your workspace or "
        "name it with -C FOLDER; to make a new one, run: dikalo init."
    )


@dataclass(eq=False, kw_only=True)
class SettingsUnreadable(DikaloError):
    """The file is no TOML."""

    line: int
    code: ClassVar[str] = "DK-C11"
    message: ClassVar[str] = N_(
        "dikalo.toml cannot be read from line {line} on: it is not written as such a file must be. Nothing was done. "
        "Correct that line (a text stands between double quotes) and run the command again."
    )


@dataclass(eq=False, kw_only=True)
class SettingUnknown(DikaloError):
    """A key that means nothing here."""

    key: str
    nearest: str
    code: ClassVar[str] = "DK-C12"
    message: ClassVar[str] = N_(
        "dikalo.toml has a setting that does not exist: {key}. Nothing was done. The nearest one that exists is "
        "{nearest}; correct it or remove the line."
    )


@dataclass(eq=False, kw_only=True)
class SettingUnsuitable(DikaloError):
    """A known key with a value it cannot have."""

    key: str
    expected: str
    code: ClassVar[str] = "DK-C13"
    message: ClassVar[str] = N_(
        "In dikalo.toml the setting {key} is missing or has a value it cannot have. Nothing was done. It must be: "
        "{expected}."
    )


@dataclass(eq=False, kw_only=True)
class SecretInSettings(DikaloError):
    """A password or the like in a file that travels in the clear."""

    key: str
    code: ClassVar[str] = "DK-C14"
    message: ClassVar[str] = N_(
        "dikalo.toml holds a secret at {key}; this file is not encrypted and must never hold one. Nothing was done. "
        "Remove it there, change that password where it is used, and let PostgreSQL find it in its own password file."
    )


@dataclass(eq=False, kw_only=True)
class WorkspaceNewer(DikaloError):
    """The workspace was made by a later dikalo."""

    found: int
    known: int
    code: ClassVar[str] = "DK-C15"
    message: ClassVar[str] = N_(
        "This workspace was made by a newer dikalo (format {found}; this one knows {known}). Nothing was done. "
        "Install the newer dikalo and run the command again."
    )


class _Strict(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all tables of the file."""


class ServerSettings(_Strict, frozen=True, kw_only=True):
    """One source of submissions.

    Attributes:
        name: how this workspace calls it; part of the key of every submission that comes from it.
        kind: ``folder``, ``central`` (ODK Central) or ``kobo`` (KoboToolbox).
        path: of a folder.
        url: of a server, ``https://…``; of KoboToolbox the address of its API (``kf``).
        openrosa: the address that phones use, where it is another one (KoboToolbox, ``kc``).
        project: number of the project on Central.
        forms: ids of the forms to pull (KoboToolbox: asset uids); none = all that the account sees.
        authority: PEM file of the organisation's own certificate authority; a relative path starts at the workspace.
        proxy: ``http://…`` or ``socks5h://…``, the only way a proxy is ever used.
        reviews: people who look at the server may see what is decided here (``dikalo reviews push``).
    """

    name: str
    kind: Literal["folder", "central", "kobo"]
    path: str = ""
    url: str = ""
    openrosa: str = ""
    project: int | None = None
    forms: tuple[str, ...] = ()
    authority: str | None = None
    proxy: str | None = None
    reviews: bool = False

    @property
    def project_id(self) -> int:
        """Return the number of the project on Central, 0 where there is none."""
        return self.project or 0

    def folder(self, root: Path) -> Path:
        """Return the folder; a relative path starts at the workspace."""
        return root / self.path

    @property
    def lacking(self) -> str:
        """Return the name of the first setting that this kind of source cannot do without, "" when all are there."""
        needed = {"folder": ("path",), "central": ("url", "project"), "kobo": ("url",)}
        return next((name for name in needed[self.kind] if not getattr(self, name)), "")


class RegisterSettings(_Strict, frozen=True, kw_only=True):
    """Where the register is: SQLCipher in the workspace unless ``url`` names a PostgreSQL."""

    url: str | None = None


class PublishSettings(_Strict, frozen=True, kw_only=True):
    """Where lists for the phones are published, and the file of the providers that may stand on phones."""

    path: str = "out/phones"
    providers: str = "providers.csv"

    def folder(self, root: Path) -> Path:
        """Return the folder; a relative path starts at the workspace."""
        return root / self.path


class TeamSettings(_Strict, frozen=True, kw_only=True):
    """People who share their work, and the zone whose cases their phones may hold.

    Attributes:
        name: a plain word; also a folder's name.
        departments: P-codes of the zone.
        people: worker codes, never names; the phones of ODK Central carry the same codes.
        forms: KoboToolbox, the asset uids of this team's own forms.
    """

    name: str
    departments: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


class NotifySettings(_Strict, frozen=True, kw_only=True):
    """Somebody who is told of what is urgent; the address is kept with the logins and never here.

    Attributes:
        name: a plain word, such as ``coordination``.
        level: told from this urgency up.
        regions: P-codes of the regions of which it is told; none = all.
        lang: language of the messages.
        role: ``coordinator``, or ``deputy_coordinator`` who is told of what the coordinator did not do in time.
    """

    name: str
    level: Literal["critical", "high", "medium", "low"] = "high"
    regions: tuple[str, ...] = ()
    lang: Literal["fr", "en"] = "fr"
    role: Literal["coordinator", "deputy_coordinator"] = "coordinator"


class Settings(_Strict, frozen=True, kw_only=True):
    """Everything ``dikalo.toml`` says.

    Attributes:
        id: the workspace's own random id; each laptop has another.
        format: the version of the workspace's layout.
        lang: language of the program here, ``fr`` or ``en``.
        zone: IANA time zone in which days and deadlines are counted and times shown.
        forms: form ids that this organisation uses.
        languages: languages in which the forms are asked.
        server: the sources, in the order they are pulled.
        register: where the register is.
        publish: where lists for the phones go.
        team: who works where; without it no list of cases leaves.
        notify: who is told of what is urgent.
        holidays: ISO day -> feast, where the organisation confirms or corrects the date of a public holiday.
    """

    id: str
    format: int = FORMAT
    lang: Literal["fr", "en"] = "fr"
    zone: str = "Africa/Douala"
    forms: tuple[str, ...] = ("alert", "case", "followup", "closure", "situation")
    languages: tuple[str, ...] = ("fr", "en")
    server: tuple[ServerSettings, ...] = ()
    register: RegisterSettings = RegisterSettings()
    publish: PublishSettings = PublishSettings()
    team: tuple[TeamSettings, ...] = ()
    notify: tuple[NotifySettings, ...] = ()
    holidays: Mapping[str, str] = {}  # msgspec gives each one a copy


_TABLES: Final[dict[str, type[msgspec.Struct]]] = {
    "register": RegisterSettings,
    "publish": PublishSettings,
    "server": ServerSettings,
    "team": TeamSettings,
    "notify": NotifySettings,
}


def load(root: Path) -> Settings:
    """Return the settings of a workspace.

    Raises:
        SettingsMissing: the folder holds no ``dikalo.toml``.
        SettingsUnreadable, SettingUnknown, SettingUnsuitable, SecretInSettings, WorkspaceNewer: as they say.
    """
    try:
        data = (root / FILE).read_bytes()
    except OSError:
        raise SettingsMissing from None
    return parse(data)


def parse(data: bytes) -> Settings:
    """Return the settings written in TOML; raises what `load` raises, apart from a missing file."""
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
    return found


def write(root: Path, settings: Settings) -> None:
    """Write ``dikalo.toml`` whole or not at all; replaces the one that is there."""
    part = root / f".{FILE}.part"
    with part.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(render(settings))
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(root / FILE)


def render(settings: Settings) -> str:
    """Return the settings as TOML; `parse` gives the same settings back."""
    table: dict[str, Any] = msgspec.to_builtins(settings)
    plain = {key: value for key, value in table.items() if key not in _TABLES and key != "holidays"}
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
    for name, struct in _TABLES.items():
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


def _unsuitable(words: str) -> SettingUnsuitable:
    """Turn msgspec's sentence into ours; its path looks like ``$.server[0].kind``, a missing field is named before."""
    place = re.search(r"at `\$\.?([^`]*)`", words)
    path = re.sub(r"\[\d+\]", "", place[1]) if place else ""
    missing = re.search(r"missing required field `(\w+)`", words)
    key = ".".join(part for part in (path, missing[1] if missing else "") if part)
    return SettingUnsuitable(key=key, expected=_expected(key))


def _expected(key: str) -> str:
    return _EXPECTED.get(key, f'{key.rpartition(".")[2]} = "…"')
