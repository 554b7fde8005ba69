"""The settings of a phone: what ODK Collect takes, the hardened ones of a person, and how they may be shown. Pure.

Read in the source of ODK Collect (August 2026). A phone refuses a code whole when a value has the wrong type, and skips in
silence a key or a value that it does not know: both are faults here. What is locked is what a search or a slip must not open
(server, sending, deleting after sending, updates, what is told about the phone); deleting drafts, going back and the language
stay open on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from gettext import gettext
from types import MappingProxyType
from typing import Any, Final

from sync_scripts.errors import N_, DikaloError
from sync_scripts.phones.access import PhoneServer, place

SettingUnfit: Final = DikaloError.declare(
    "DK-L70",
    "The setting {key} is not one that ODK Collect takes: {why} ({expected}). A phone would refuse the whole code, or "
    "skip this setting without a word. No code was made.",
    shown={"why": gettext},
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a setting takes: a switch, one of some words, or a text (``pattern`` = what it must look like)."""

    switch: bool = False
    words: tuple[str, ...] = ()
    pattern: str = ""

    def takes(self, value: object) -> bool:
        """Tell whether Collect takes this value."""
        if self.switch:
            return isinstance(value, bool)
        if not isinstance(value, str):
            return False
        if self.words:
            return value in self.words
        return not self.pattern or re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        """Return what it takes as it would be written."""
        if self.switch:
            return "true / false"
        return " / ".join(f'"{word}"' for word in self.words) or '"…"'


def _words(text: str) -> Kind:
    return Kind(words=tuple(text.split()))


_SWITCH: Final = Kind(switch=True)
_TEXT: Final = Kind()

GENERAL: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "protocol": _words("odk_default"),
        "server_url": _TEXT,
        "username": _TEXT,
        "password": _TEXT,
        "appTheme": _words("system light_theme dark_theme"),
        "app_language": Kind(pattern=r"|[a-z]{2,3}([-_][A-Za-z]{2,4})?"),
        "font_size": _words("13 17 21 25 29"),
        "navigation": _words("swipe buttons swipe_buttons"),
        "basemap_source": _words("google mapbox osm usgs stamen carto"),
        "google_map_style": _words("1 2 3 4"),
        "mapbox_map_style": _TEXT,
        "usgs_map_style": _TEXT,
        "carto_map_style": _TEXT,
        "reference_layer": _TEXT,
        "form_update_mode": _words("manual previously_downloaded match_exactly"),
        "periodic_form_updates_check": _words(
            "every_fifteen_minutes every_one_hour every_six_hours every_24_hours"
        ),
        "automatic_update": _SWITCH,
        "hide_old_form_versions": _SWITCH,
        "autosend": _words("off wifi_only cellular_only wifi_and_cellular"),
        "delete_send": _SWITCH,
        "constraint_behavior": _words("on_swipe on_finalize"),
        "high_resolution": _SWITCH,
        "image_size": _words("original_image_size small very_small medium large"),
        "guidance_hint": _words("no yes yes_collapsed"),
        "external_app_recording": _SWITCH,
        "instance_sync": _SWITCH,
        "analytics": _SWITCH,
        "metadata_username": _TEXT,
        "metadata_phonenumber": _TEXT,
        "metadata_email": _TEXT,
        "background_location": _SWITCH,
        "background_recording": _SWITCH,
    }
)

ADMIN: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "admin_pw": _TEXT,
        **dict.fromkeys(
            (
                # main menu
                "edit_saved",
                "send_finalized",
                "view_sent",
                "get_blank",
                "delete_saved",
                # settings
                "change_server",
                "change_project_display",
                "change_app_theme",
                "change_app_language",
                "change_font_size",
                "change_navigation",
                "maps",
                "form_update_mode",
                "periodic_form_updates_check",
                "automatic_update",
                "hide_old_form_versions",
                "change_autosend",
                "delete_after_send",
                "change_constraint_behavior",
                "high_resolution",
                "image_size",
                "guidance_hint",
                "external_app_recording",
                "instance_form_sync",
                "change_form_metadata",
                "analytics",
                # while filling
                "moving_backwards",
                "access_settings",
                "change_language",
                "jump_to",
                "save_mid",
                "save_as_draft",
                "finalize_in_form_entry",
                "bulk_finalize",
            ),
            _SWITCH,
        ),
    }
)

PROJECT: Final[Mapping[str, Kind]] = MappingProxyType(
    {"name": _TEXT, "icon": _TEXT, "color": Kind(pattern=r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")}
)

TABLE: Final[Mapping[str, Mapping[str, Kind]]] = MappingProxyType(
    {"general": GENERAL, "admin": ADMIN, "project": PROJECT}
)
"""Part of the settings -> key -> what it takes. ``general`` and ``admin`` must be there, even empty."""

_REQUIRED: Final = ("general", "admin")


def faults(settings: Mapping[str, Any]) -> Iterator[DikaloError]:
    """Yield what a phone would refuse or skip, in the order of the settings; nothing for settings that work."""
    for part in _REQUIRED:
        if part not in settings:
            yield SettingUnfit(key=part, why=N_("it is missing"), expected="{}")
    for part, chosen in settings.items():
        known = TABLE.get(part)
        if known is None:
            yield SettingUnfit(key=part, why=N_("it does not exist"), expected=" / ".join(TABLE))
        elif not isinstance(chosen, Mapping):
            yield SettingUnfit(key=part, why=N_("its type or value is wrong"), expected="{…}")
        else:
            yield from _faults_in(part, chosen, known)


def _faults_in(part: str, chosen: Mapping[str, Any], known: Mapping[str, Kind]) -> Iterator[DikaloError]:
    for key, value in chosen.items():
        name = f"{part}.{key}"
        if key not in known:
            near = get_close_matches(str(key), known, n=1, cutoff=0)
            yield SettingUnfit(key=name, why=N_("it does not exist"), expected=f"{part}.{near[0]} ?")
        elif not known[key].takes(value):
            yield SettingUnfit(key=name, why=N_("its type or value is wrong"), expected=str(known[key]))


def require(settings: Mapping[str, Any]) -> None:
    """Let settings pass that a phone takes whole.

    Raises:
        SettingUnfit: the first one that it would refuse or skip.
    """
    for fault in faults(settings):
        raise fault


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


COVER: Final = "••••••"

_OPEN_TEXTS: Final = frozenset(
    {"server_url", "username", "app_language", "metadata_username", "name", "icon", "color"}
)
"""Texts that may be shown. Any other text, and whatever is not known, is covered unless it is empty."""

_TOKEN: Final = re.compile(r"(/key/)[^/]*")
_LOGIN: Final = re.compile(r"(://)[^/@]*@")
_REST: Final = re.compile(r"[?#].*", re.DOTALL)


def masked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with passwords, tokens and every value that the table does not know covered."""
    return {
        part: {key: _shown(part, key, value) for key, value in chosen.items()}
        if isinstance(chosen, Mapping)
        else COVER
        for part, chosen in settings.items()
    }


def _shown(part: str, key: str, value: object) -> object:
    kind = TABLE.get(part, {}).get(key)
    if value == "" or _is_plain(kind, value):
        return value
    if kind is None or key not in _OPEN_TEXTS or not isinstance(value, str):
        return COVER
    return _bare(value) if key == "server_url" else value


def _is_plain(kind: Kind | None, value: object) -> bool:
    """Tell whether a value is a switch or one of the words that Collect knows: it cannot be a secret."""
    return kind is not None and bool(kind.switch or kind.words) and kind.takes(value)


def _bare(address: str) -> str:
    for pattern, instead in ((_TOKEN, rf"\g<1>{COVER}"), (_LOGIN, rf"\g<1>{COVER}@"), (_REST, f"?{COVER}")):
        address = pattern.sub(instead, address)
    return address
