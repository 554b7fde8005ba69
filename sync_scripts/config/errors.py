"""What can be wrong with ``dikalo.toml``. Never repeats a value of it."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import DikaloError, UsageProblem

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
