"""Every setting that ODK Collect reads from a code, with its type and the values it takes. Only the table and its check.

Read in the source of ODK Collect (August 2026). A phone refuses a code whole when a value has the wrong type, and
skips in silence a key or a value that it does not know: both are faults here. Settings that Collect has given up
(``google_sheets_url``, ``mark_as_finalized`` and the like) are not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final

from sync_scripts.errors import N_, DikaloError
from sync_scripts.phones.errors import SettingUnfit

__all__ = ["ADMIN", "GENERAL", "PROJECT", "TABLE", "Kind", "faults", "require"]


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
