"""The settings of a workspace: ``dikalo.toml`` read into frozen values, and written once. Never holds a secret."""

from __future__ import annotations

from sync_scripts.config.errors import (
    SecretInSettings,
    ServerNameOwn,
    ServerNameTaken,
    SettingsMissing,
    SettingsUnreadable,
    SettingUnknown,
    SettingUnsuitable,
    WorkspaceNewer,
)
from sync_scripts.config.names import DESK, LEGACY, OWN_NAMES, plain, refuse_names, taken_names, unfit_name
from sync_scripts.config.reading import load, parse, workspace_id
from sync_scripts.config.settings import (
    FILE,
    FORMAT,
    NotifySettings,
    PublishSettings,
    RegisterSettings,
    ServerSettings,
    Settings,
    TeamSettings,
)
from sync_scripts.config.teams import copies, forms_of_teams, original, uids_of_teams
from sync_scripts.config.writing import render, write

__all__ = [
    "DESK",
    "FILE",
    "FORMAT",
    "LEGACY",
    "OWN_NAMES",
    "NotifySettings",
    "PublishSettings",
    "RegisterSettings",
    "SecretInSettings",
    "ServerNameOwn",
    "ServerNameTaken",
    "ServerSettings",
    "SettingUnknown",
    "SettingUnsuitable",
    "Settings",
    "SettingsMissing",
    "SettingsUnreadable",
    "TeamSettings",
    "WorkspaceNewer",
    "copies",
    "forms_of_teams",
    "load",
    "original",
    "parse",
    "plain",
    "refuse_names",
    "render",
    "taken_names",
    "uids_of_teams",
    "unfit_name",
    "workspace_id",
    "write",
]
