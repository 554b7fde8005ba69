"""What can be wrong with ``dikalo.toml``. Never repeats a value of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, DikaloError, UsageProblem

__all__ = [
    "SecretInSettings",
    "ServerNameOwn",
    "ServerNameTaken",
    "SettingUnknown",
    "SettingUnsuitable",
    "SettingsMissing",
    "SettingsUnreadable",
    "WorkspaceNewer",
]


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


@dataclass(eq=False, kw_only=True)
class ServerNameTaken(DikaloError):
    """Two sources of one name, which would pass for one: what the second holds would never come."""

    name: str
    code: ClassVar[str] = "DK-C16"
    message: ClassVar[str] = N_(
        "In dikalo.toml two [[server]] are called {name} (capitals make no difference). What is pulled is kept by that name, "
        "so submissions of one of them would never come; nothing was done. Give the one that was added last a name of its own and keep "
        "its login under it (dikalo keys server NAME), then pull: what was left out comes, and what is here stays one submission each. "
        "If that pull calls some gone at {name} (DK-I55, DK-I57, DK-H17) that are at the other one, nobody deleted them; say so: dikalo "
        "retention purged {name}"
    )


@dataclass(eq=False, kw_only=True)
class ServerNameOwn(DikaloError):
    """A server is called as the program calls something else."""

    name: str
    code: ClassVar[str] = "DK-C17"
    message: ClassVar[str] = N_(
        "In dikalo.toml a server is called {name}; the program keeps something else under that name (folders, what is keyed "
        "in, old lists), and the two would be taken for one. Nothing was done. Give the server another name and keep its "
        "login under it (dikalo keys server NAME)."
    )
