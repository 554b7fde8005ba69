"""What Collect takes, what the hardened profile holds, and what is covered before anything is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync_scripts.config import ServerSettings
from sync_scripts.phones import settings as table
from sync_scripts.phones.access import (
    AddressUnfit,
    PhoneServer,
    SecretUnfit,
    ServerForPhonesMissing,
    choose,
    in_settings,
    place,
)
from sync_scripts.phones.settings import COVER, Holder, SettingUnfit, hardened, is_hardened, masked
from tests.qr.conftest import CENTRAL, TOKEN, settings

PROFILE: dict[str, Any] = json.loads("""
{"general": {"form_update_mode": "match_exactly", "periodic_form_updates_check": "every_six_hours",
   "autosend": "wifi_and_cellular", "delete_send": true, "hide_old_form_versions": true, "instance_sync": false,
   "constraint_behavior": "on_swipe", "guidance_hint": "yes_collapsed", "image_size": "medium", "high_resolution": false,
   "external_app_recording": false, "basemap_source": "osm", "navigation": "swipe_buttons", "app_language": "fr",
   "analytics": false, "background_location": false, "background_recording": false,
   "metadata_username": "E07", "metadata_phonenumber": "", "metadata_email": ""},
 "admin": {"change_server": false, "change_project_display": false, "form_update_mode": false,
   "periodic_form_updates_check": false, "hide_old_form_versions": false, "change_autosend": false,
   "delete_after_send": false, "change_constraint_behavior": false, "image_size": false, "high_resolution": false,
   "external_app_recording": false, "instance_form_sync": false, "change_form_metadata": false, "analytics": false,
   "view_sent": false, "access_settings": false, "bulk_finalize": false}}
""")


def with_(part: str, key: str, value: object) -> dict[str, Any]:
    """Return the hardened settings with one value changed."""
    chosen = settings()
    chosen[part] = {**chosen[part], key: value}
    return chosen


# --- the table ----------------------------------------------------------------------------------------------------


def test_the_table_knows_what_collect_knows() -> None:
    """32 general settings, 35 of the administration, 3 of the project; those that were given up are not among them."""
    assert {part: len(known) for part, known in table.TABLE.items()} == {
        "general": 32,
        "admin": 35,
        "project": 3,
    }
    given_up = {"default_completed", "selected_google_account", "google_sheets_url", "mark_as_finalized"}
    assert not given_up & {*table.GENERAL, *table.ADMIN}


@pytest.mark.parametrize(
    ("part", "key", "value", "expected"),
    [
        ("general", "delete_send", "true", "true / false"),
        ("general", "delete_send", 1, "true / false"),
        ("general", "font_size", 21, '"13" / "17" / "21" / "25" / "29"'),
        ("general", "image_size", "original", '"original_image_size" / "very_small"'),
        ("general", "autosend", "always", '"off" / "wifi_only"'),
        ("general", "protocol", "google_sheets", '"odk_default"'),
        ("general", "server_url", None, '"…"'),
        ("general", "app_language", "Français", '"…"'),
        ("admin", "admin_pw", 1234, '"…"'),
        ("admin", "view_sent", "no", "true / false"),
        ("project", "color", "blue", '"…"'),
        ("project", "color", "#12345", '"…"'),
        ("project", "name", ["Dikalo"], '"…"'),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error_that_says_what_is_taken(
    part: str, key: str, value: object, expected: str
) -> None:
    """A phone would refuse the whole code, or skip the value in silence."""
    (fault,) = table.faults(with_(part, key, value))
    assert (fault.code, fault.key) == ("DK-L70", f"{part}.{key}")
    assert fault.expected.split(" / ", maxsplit=1)[0] == expected.split(" / ", maxsplit=1)[0]
    with pytest.raises(SettingUnfit):
        table.require(with_(part, key, value))


def test_an_unknown_key_is_an_error_that_names_the_nearest() -> None:
    """A slip of the pen would leave a setting at Collect's default."""
    (fault,) = table.faults(with_("general", "delete_sent", True))
    assert (fault.key, fault.expected) == ("general.delete_sent", "general.delete_send ?")


@pytest.mark.parametrize(
    ("chosen", "wrong"),
    [
        ({}, ["general", "admin"]),
        ({"general": {}}, ["admin"]),
        ({"general": {}, "admin": []}, ["admin"]),
        ({"general": {}, "admin": {}, "extra": {}}, ["extra"]),
        ({"general": {}, "admin": {}}, []),
    ],
)
def test_the_two_parts_must_be_there_even_empty(chosen: dict[str, Any], wrong: list[str]) -> None:
    """Collect refuses a code without them."""
    assert [fault.key for fault in table.faults(chosen)] == wrong


def test_a_fault_never_shows_the_value() -> None:
    """What stands at the wrong place may be a password."""
    (fault,) = table.faults(with_("general", "autosend", TOKEN))
    assert TOKEN not in fault.words() + str(fault) + repr(fault) + str(fault.fields())


# --- the profile --------------------------------------------------------------------------------------------------


def test_the_profile_is_whole() -> None:
    """Every value of the hardened profile, the server, the person's code, a password, and nothing that is not taken."""
    made = settings()
    for part, chosen in PROFILE.items():
        assert {key: made[part].get(key) for key in chosen} == chosen
    assert made["general"].keys() - PROFILE["general"].keys() == {"server_url"}
    assert made["admin"].keys() - PROFILE["admin"].keys() == {"admin_pw"}
    assert made["general"]["server_url"] == f"https://central.example.org/v1/key/{TOKEN}/projects/3"
    assert list(table.faults(made)) == []
    assert is_hardened(made)


def test_what_a_defender_needs_stays_open() -> None:
    """Deleting drafts, going back, changing the language, saving half-filled: never locked."""
    open_ = {"delete_saved", "moving_backwards", "change_language", "save_mid", "edit_saved"}
    assert not open_ & settings()["admin"].keys()


@pytest.mark.parametrize("password", ["", "short"])
def test_there_is_no_profile_without_an_administration_password(password: str) -> None:
    """Without it, whoever holds the phone opens every lock."""
    with pytest.raises(SettingUnfit):
        hardened(CENTRAL, TOKEN, Holder("E07", password))


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("general", "delete_send", False),
        ("general", "background_location", True),
        ("admin", "change_server", True),
        ("admin", "admin_pw", ""),
    ],
)
def test_one_open_lock_is_seen(part: str, key: str, value: object) -> None:
    """Somebody who inspects a code is told when it is not the protected profile."""
    assert not is_hardened(with_(part, key, value))
    assert not is_hardened({"general": {}, "admin": []})


# --- the server ---------------------------------------------------------------------------------------------------


def test_kobo_takes_an_account() -> None:
    """User name and password are settings; the address is the one for phones, as given."""
    server = PhoneServer("kobo", "https://kc.example.org/", "e07")
    assert place(server, "a password") == {
        "server_url": "https://kc.example.org",
        "username": "e07",
        "password": "a password",
    }


@pytest.mark.parametrize(
    "url",
    [
        "http://central.example.org",
        "central.example.org",
        "https://",
        "https://[::1",
        "https://central.example.org:port",
        "https://me:secret@central.example.org",
        "https://central.example.org/?x=1",
        "https://central.example.org/#x",
        "https://central.example.org/v1/key/abc/projects/1",
        "https://central.example.org/ x",
        "https://central.example.org/\n",
        "javascript:alert(1)",
        "",
    ],
)
def test_only_a_plain_https_address_is_given_to_phones(url: str) -> None:
    """Anything else would send in clear, or carry somebody's login."""
    with pytest.raises(AddressUnfit):
        place(PhoneServer("central", url, "3"), TOKEN)


@pytest.mark.parametrize("number", ["", "0", "x", "3/forms", "-1"])
def test_a_project_is_a_number(number: str) -> None:
    """The address is put together from it."""
    with pytest.raises(AddressUnfit):
        place(PhoneServer("central", "https://central.example.org", number), TOKEN)


@pytest.mark.parametrize("token", ["", "short", TOKEN + "x", TOKEN[:-1] + "/", TOKEN[:-1] + " "])
def test_a_token_looks_like_one(token: str) -> None:
    """A cut token would only be noticed in the field."""
    with pytest.raises(SecretUnfit):
        place(CENTRAL, token)


def test_a_pasted_token_may_have_blanks_around_it() -> None:
    """As copied from a page."""
    assert place(CENTRAL, f" {TOKEN}\n") == place(CENTRAL, TOKEN)


def test_a_kobo_without_an_address_for_phones_is_said() -> None:
    """The address of its interface is another host: a phone would find nothing there."""
    (server,) = in_settings((ServerSettings(name="kobo", kind="kobo", url="https://kf.example.org"),))
    with pytest.raises(AddressUnfit, match="DK-L73") as told:
        place(PhoneServer(server.kind, server.url, "e07"), "a password")
    assert "openrosa" in told.value.words()


def test_the_settings_of_the_workspace_name_the_servers() -> None:
    """Central by url and project, Kobo by its host for phones; folders are no servers for phones."""
    tables = (
        ServerSettings(name="stick", kind="folder", path="x"),
        ServerSettings(name="main", kind="central", url="https://central.example.org", project=3),
        ServerSettings(
            name="kobo", kind="kobo", url="https://kf.example.org", openrosa="https://kc.example.org"
        ),
    )
    found = list(in_settings(tables))
    assert found == [
        PhoneServer("central", "https://central.example.org", "3", "main"),
        PhoneServer("kobo", "https://kc.example.org", "", "kobo"),
    ]
    assert choose(found, "main") == found[0]
    assert choose(found[:1], None) == found[0]
    for wrong, name in ((found, None), (found, "other"), ([], None)):
        with pytest.raises(ServerForPhonesMissing):
            choose(wrong, name)


# --- what is shown ------------------------------------------------------------------------------------------------


def test_secrets_are_covered_and_the_rest_is_shown() -> None:
    """Token and passwords are covered; switches, words, the server and the person's code can be checked."""
    shown = masked(settings())
    assert shown["general"]["server_url"] == f"https://central.example.org/v1/key/{COVER}/projects/3"
    assert shown["admin"]["admin_pw"] == COVER
    assert shown["general"]["metadata_username"] == "E07"
    assert shown["general"]["delete_send"] is True
    assert TOKEN not in json.dumps(shown)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("general", "password", "canary"),
        ("general", "unknown", "canary"),
        ("general", "metadata_phonenumber", "canary"),
        ("general", "metadata_email", "canary@example.org"),
        ("general", "server_url", "https://me:canary@example.org/"),
        ("general", "server_url", "https://example.org/?token=canary"),
        ("general", "server_url", {"canary": 1}),
        ("general", "autosend", "canary"),
        ("general", "delete_send", "canary"),
        ("admin", "admin_pw", "canary"),
        ("extra", "x", "canary"),
    ],
)
def test_what_is_not_known_to_be_harmless_is_covered(part: str, key: str, value: object) -> None:
    """Also at a place where no secret belongs."""
    assert "canary" not in json.dumps(masked({part: {key: value}}))
    assert "canary" not in json.dumps(masked({"general": "canary", "x": ["canary"]}))
