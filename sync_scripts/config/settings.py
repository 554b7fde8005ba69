"""The settings of a workspace as frozen values, a table of ``dikalo.toml`` each; names of servers; copies of forms for teams.

Reads and writes nothing. An error never repeats a value of the file: it may be a secret.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from sync_scripts.errors import DikaloError, UsageProblem

SettingsMissing: Final = UsageProblem.declare(
    "DK-C10",
    "There is no dikalo.toml in this folder, so it is not a workspace. Nothing was done. Go to your workspace or "
    "name it with -C FOLDER; to make a new one, run: dikalo init.",
)
SettingsUnreadable: Final = DikaloError.declare(
    "DK-C11",
    "dikalo.toml cannot be read from line {line} on: it is not written as such a file must be. Nothing was done. "
    "Correct that line (a text stands between double quotes) and run the command again.",
)
SettingUnknown: Final = DikaloError.declare(
    "DK-C12",
    "dikalo.toml has a setting that does not exist: {key}. Nothing was done. The nearest one that exists is "
    "{nearest}; correct it or remove the line.",
)
SettingUnsuitable: Final = DikaloError.declare(
    "DK-C13",
    "In dikalo.toml the setting {key} is missing or has a value it cannot have. Nothing was done. It must be: "
    "{expected}.",
)
SecretInSettings: Final = DikaloError.declare(
    "DK-C14",
    "dikalo.toml holds a secret at {key}; this file is not encrypted and must never hold one. Nothing was done. "
    "Remove it there, change that password where it is used, and let PostgreSQL find it in its own password file.",
)
WorkspaceNewer: Final = DikaloError.declare(
    "DK-C15",
    "This workspace was made by a newer dikalo (format {found}; this one knows {known}). Nothing was done. "
    "Install the newer dikalo and run the command again.",
)
ServerNameTaken: Final = DikaloError.declare(
    "DK-C16",
    "In dikalo.toml two [[server]] are called {name} (capitals make no difference). What is pulled is kept by that name, "
    "so submissions of one of them would never come; nothing was done. Give the one that was added last a name of its own and keep "
    "its login under it (dikalo keys server NAME), then pull: what was left out comes, and what is here stays one submission each. "
    "If that pull calls some gone at {name} (DK-I55, DK-I57, DK-H17) that are at the other one, nobody deleted them; say so: dikalo "
    "retention purged {name}",
)
ServerNameOwn: Final = DikaloError.declare(
    "DK-C17",
    "In dikalo.toml a server is called {name}; the program keeps something else under that name (folders, what is keyed "
    "in, old lists), and the two would be taken for one. Nothing was done. Give the server another name and keep its "
    "login under it (dikalo keys server NAME).",
)


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


class BackupSettings(_Strict, frozen=True, kw_only=True):
    """Where backups go: a folder on a stick or another disk. Without it ``dikalo sync`` makes none."""

    path: str | None = None

    def folder(self, root: Path) -> Path | None:
        """Return the folder; a relative path starts at the workspace, and none is none."""
        return root / self.path if self.path else None


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


COORDINATOR: Final = "coordinator"
"""Role of those who get what arrives, what is late, and what no destination of another role gets."""
LEVELS: Final = ("low", "medium", "high", "critical")
"""The levels of urgency, the least one first."""


class NotifySettings(_Strict, frozen=True, kw_only=True):
    """Somebody who is told of what is urgent; the address is kept with the logins and never here.

    Attributes:
        name: a plain word, such as ``coordination``.
        level: told from this urgency up.
        regions: P-codes of the regions of which it is told; none = all. What has no region is told to everybody.
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
        backup: where backups go.
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
    backup: BackupSettings = BackupSettings()
    team: tuple[TeamSettings, ...] = ()
    notify: tuple[NotifySettings, ...] = ()
    holidays: Mapping[str, str] = {}  # msgspec gives each one a copy

    @property
    def names(self) -> tuple[str, ...]:
        """Names that this organisation gave: of servers, teams, people and destinations, which a guesser of passphrases tries first."""
        servers = (part for one in self.server for part in (one.name, one.url))
        teams = (part for one in self.team for part in (one.name, *one.people))
        return (*servers, *teams, *(one.name for one in self.notify))


TABLES: Final[dict[str, type[msgspec.Struct]]] = {
    "register": RegisterSettings,
    "publish": PublishSettings,
    "backup": BackupSettings,
    "server": ServerSettings,
    "team": TeamSettings,
    "notify": NotifySettings,
}
"""Name of a table -> what it may hold."""


def original(name: str, forms: Iterable[str]) -> str | None:
    """Return the form of which a name is a copy's, None for what is a form itself or nobody's copy.

    >>> original("followup_nord", ("case", "followup"))
    'followup'
    """
    known = tuple(forms)
    if name in known:
        return None
    return max((one for one in known if name.startswith(f"{one}_")), key=len, default=None)


def copies(settings: Settings) -> dict[str, str]:
    """Return the form of each copy that some team has, in the order of the settings."""
    named = ((name, original(name, settings.forms)) for name in forms_of_teams(settings.team))
    return {name: form for name, form in named if form is not None}


def forms_of_teams(teams: Iterable[TeamSettings]) -> tuple[str, ...]:
    """Return what the servers call the forms that are some team's alone, each once."""
    return tuple(dict.fromkeys(name for one in teams for name in one.forms))


def uids_of_teams(settings: Settings) -> tuple[str, ...]:
    """Return what some KoboToolbox calls the forms that are some team's alone.

    A form's own name, and a copy's, are a Central's: they are nobody's uid.
    """
    central = {*settings.forms, *copies(settings)}
    return tuple(name for name in forms_of_teams(settings.team) if name not in central)


DESK: Final = "desk"
"""Server name of what is keyed in, one report at a time."""
LEGACY: Final = "legacy"
"""Server name of old lists that were taken over."""
OWN_NAMES: Final = frozenset({"folder", DESK, LEGACY})
"""Under which the program keeps what comes from folders, what is keyed in and old lists."""


def plain(name: str) -> str:
    """Return a name as it is compared.

    >>> plain("Centr\u0041l ") == plain("central")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).strip()


def refuse_names(servers: Iterable[ServerSettings]) -> None:
    """Refuse names by which two sources would pass for one.

    Raises:
        ServerNameTaken: two sources bear one name, and one of them is a server.
        ServerNameOwn: a server bears a name under which the program keeps something else.
    """
    wrong = unfit_name(servers)
    if wrong is not None:
        raise wrong


def unfit_name(servers: Iterable[ServerSettings]) -> DikaloError | None:
    """Return what is wrong with the first name by which two sources would pass for one; None where each has its own."""
    before: dict[str, ServerSettings] = {}
    for one in servers:
        name = plain(one.name)
        first = before.setdefault(name, one)
        if one.kind != "folder" and name in OWN_NAMES:
            return ServerNameOwn(name=one.name)
        if first is not one and not first.kind == one.kind == "folder":
            return ServerNameTaken(name=one.name)
    return None


def taken_names(servers: Iterable[ServerSettings]) -> set[str]:
    """Return, as they are compared, the names that a further server may not have."""
    return {plain(one.name) for one in servers} | OWN_NAMES
