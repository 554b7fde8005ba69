"""The settings as frozen values, a table of the file each. Reads and writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

__all__ = [
    "FILE",
    "FORMAT",
    "TABLES",
    "NotifySettings",
    "PublishSettings",
    "RegisterSettings",
    "ServerSettings",
    "Settings",
    "TeamSettings",
]

FILE: Final = "dikalo.toml"
FORMAT: Final = 1


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
        files_from: other hosts that hold the server's files (a storage of its own); a download is followed there, and nowhere else.
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
    files_from: tuple[str, ...] = ()
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
        needed = {"folder": ("path",), "central": ("name", "url", "project"), "kobo": ("name", "url")}
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
        forms: this team's own forms: KoboToolbox, their asset uids; a Central before 2026.2, the ids of its copies, which
            begin with that of the form and ``_`` (``followup_nord``): so dikalo makes them itself.
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


TABLES: Final[dict[str, type[msgspec.Struct]]] = {
    "register": RegisterSettings,
    "publish": PublishSettings,
    "server": ServerSettings,
    "team": TeamSettings,
    "notify": NotifySettings,
}
"""Name of a table -> what it may hold."""
