"""The hardened settings of one person's phone, whole. Pure: the secrets are handed in.

What is locked, and why: the server, sending, deleting after sending, updates and what is told about the phone may not
be changed without the administration password, so that neither a search nor a slip opens them. Left open on purpose:
deleting drafts (a defender must be able to do it fast), going back (corrections, consent taken back), the language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.phones.errors import SettingUnfit
from sync_scripts.phones.keys import require
from sync_scripts.phones.server import PhoneServer, place

__all__ = ["Holder", "hardened", "is_hardened"]

_GENERAL: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "form_update_mode": "match_exactly",
        "periodic_form_updates_check": "every_six_hours",
        "autosend": "wifi_and_cellular",
        "delete_send": True,
        "hide_old_form_versions": True,
        "instance_sync": False,
        "constraint_behavior": "on_swipe",
        "guidance_hint": "yes_collapsed",
        "image_size": "medium",
        "high_resolution": False,
        "external_app_recording": False,
        "basemap_source": "osm",
        "navigation": "swipe_buttons",
        "analytics": False,
        "background_location": False,
        "background_recording": False,
        "metadata_phonenumber": "",
        "metadata_email": "",
    }
)

_LOCKED: Final = (
    "change_server",
    "change_project_display",
    "form_update_mode",
    "periodic_form_updates_check",
    "hide_old_form_versions",
    "change_autosend",
    "delete_after_send",
    "change_constraint_behavior",
    "image_size",
    "high_resolution",
    "external_app_recording",
    "instance_form_sync",
    "change_form_metadata",
    "analytics",
    "view_sent",
    "access_settings",
    "bulk_finalize",
)

_FEWEST_CHARACTERS: Final = 8


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the phone, and how it looks.

    Attributes:
        code: the person's code, never a name; it travels with every submission.
        admin_password: opens what is locked; another one for each person.
        language: of Collect's own words, ``fr`` or ``en``.
        project: name of the project on the phone; neutral, because a search reads it.
    """

    code: str
    admin_password: str = field(repr=False)
    language: str = "fr"
    project: str = "Dikalo"


def hardened(server: PhoneServer, secret: str, holder: Holder) -> dict[str, Any]:
    """Return the settings of one phone, ready to be encoded.

    Raises:
        AddressUnfit, SecretUnfit: see `server.place`.
        SettingUnfit: no administration password worth the name, or a value that Collect does not take.
    """
    if len(holder.admin_password) < _FEWEST_CHARACTERS:
        raise SettingUnfit(
            key="admin.admin_pw", why=N_("its type or value is wrong"), expected=f"≥ {_FEWEST_CHARACTERS}"
        )
    settings = {
        "general": {
            **_GENERAL,
            **place(server, secret),
            "app_language": holder.language,
            "metadata_username": holder.code,
        },
        "admin": {"admin_pw": holder.admin_password, **dict.fromkeys(_LOCKED, False)},
        "project": {"name": holder.project, "icon": holder.project[:1].upper(), "color": "#1F6F8B"},
    }
    require(settings)
    return settings


def is_hardened(settings: Mapping[str, Any]) -> bool:
    """Tell whether settings lock and switch off at least what the hardened profile does, with a password."""
    general, admin = settings.get("general"), settings.get("admin")
    if not isinstance(general, Mapping) or not isinstance(admin, Mapping):
        return False
    return (
        bool(admin.get("admin_pw"))
        and all(admin.get(key) is False for key in _LOCKED)
        and all(general.get(key) == value for key, value in _GENERAL.items())
    )
