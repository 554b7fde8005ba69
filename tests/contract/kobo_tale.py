"""The recorded story of an account: its forms, the order of the questions, and what happened that no recording shows.

One world goes through all of it, so that each answer stands on what was done before.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from tests.contract.kobo_content import written
from tests.contract.kobo_forms import Asset
from tests.contract.kobo_world import TOKEN, World

HERE = Path(__file__).parents[1] / "recordings" / "kobo"
AT: Final = "http://kobo.example"
ALERT, BULK, SEALED = "aiUe6rc2v6Czgh6SFTjBAT", "atsnUxptrCAfjLE8eJXPxy", "aHpadwE6iEcubzyk8pJCip"
FOLLOW, COLUMNS = "awBZ8Lk7SqLNvH5DdHbhBV", "a4zAWPsDHBzGe9hxYYDpnu"
NOTED, NUMBER = "aUAuXYfKrLnWUgmu7iuBVr", "47"
"""A form with a clock and an account inside a group, and the number by which phones knew it."""
PASSWORD: Final = "invented"  # noqa: S105 - invented
TOKENS: Final = {"coord": TOKEN} | {name: f"{name:0<40}" for name in ("enum1", "viewer", "sup2")}

ORDER: Final = """
00_bad_token 00_no_auth 01_me 02_environment 03_assets_list 12_asset_detail 20_formList_noauth
20_formList_userurl_anon 22_form_xml 24_submission_head 32_submission_anon_rejected 32_submission_bad_xml
32_submission_enum_noperm 32_submission_no_media 32_submission_unknown_form 33_data_list
44_edit_attachment_name_clash 42_edit_unknown_deprecated 42_edit_drops_media 45_by_root_uuid
45_by_current_uuid 45_by_unknown_uuid 46_missing 46_missing_asset 47_history 48_data_xml 48_one_xml_unedited
49_data_geojson 50_versions 30_submission_created 31_submission_duplicate 31_same_id_other_content 40_edit1
41_after_edit1 42_edit2 43_after_edit2 44_edit_stale 45_by_intermediate_uuid 52_bulk_update
53_after_bulk_update 54_bulk_update_bad_field 55_duplicate 60_vs_get 61_vs_patch 62_vs_patch_bad 63_vs_bulk
63_vs_bulk_query 64_vs_bulk_noconfirm 65_vs_delete 66_vs_bulk_badid 67_query_vs 68_history_submission_actions
69_history_noperm 69_history_since 69_history_actions 71_perm_assign_partial 71_perm_partial_bad 72_perm_list
73_enum_submits 74_enum_data 75_partial_viewer_data 75_partial_viewer_forbidden_row
75_partial_viewer_validate_forbidden 76_formlist_enum 75_sup2_no_perm 77_perm_bulk 78_anon_submit 80_limit_0
80_limit_abc 80_limit_minus_1 80_data_all_rows 81_next_link 82_query_id_gt 82_query_submission_time
83_query_bad_json 83_query_bad_op 83_query_edited 83_query_regex 83_query_repeat 83_sort_bad
85_att_b0_png_download_small_url 85_att_b0_png_download_url 85_att_t1_wav_download_url
85_att_audit_csv_download_url 86_att_badid 86_att_noauth 86_att_mp3 86_att_xpath 86_att_xpath_repeat
87_att_delete 87_after_att_delete 87_att_deleted_download 88_delete_one 88_delete_again
89_bulk_delete_old_shape 89_bulk_delete_noconfirm 89_bulk_delete 89_history_delete 98_import_bad_reference
98_deploy_bad_reference 98_xform_preview 98_create_asset_json 101_file_url 109_submit_archived 110_enc_deploy
110_enc_asset 111_enc_form_xml 112_enc_submit 113_enc_data 114_enc_att 115_enc_xml 120_export_create
121_export_status 122_export_download 123_export_setting 124_sync_csv 124_sync_csv_follow 124_sync_xlsx
124_sync_xlsx_follow 125_export_bad 130_hook_create 132_hook_delete 140_counts 141_content 144_service_usage
101_file_upload 102_file_list 106_media_download_0 106_media_download_1 106_media_download_2 150_enable_sharing
151_deploy_suivi 152_paired_create 153_paired_list 154_redeploy_suivi 155_paired_manifest 156_paired_media_0
157_paired_external 160_assets_limit 161_minimal_list 162_assets_hash 163_fields_with_status
163_fields_without_status 164_query_uuid_in 165_query_compare_number_as_number
165_query_compare_number_as_string 166_history_window 167_history_unknown_field 168_perms_catalog
171_audit_logs_forbidden 172_v1_gone 173_method_not_allowed 174_accept_csv 175_briefcase_list
176_query_version 180_view_only_asset 180_view_only_data 180_view_only_history 182_media_accent_nfc
182_media_accent_nfd 182_media_space 182_media_absent 182_media_other_name 183_split_1 183_split_2
184_backdated 190_history_one_root_uuid 191_history_limit 54_bulk_update_repeat_indexed
54_bulk_update_repeat_unindexed 04_token 04_token_bad_password 20_formList_basic 46_missing_asset_accept_json
46_missing_asset_detail_json 48_xml_with_fields 48_xml_with_sort 80_bulk_default_limit 80_bulk_limit_5000
188_row_after_repeat_edits_xml 81_count_param 81_keyset_page 81_offset_param 81_start_beyond_end
83_query_bad_op_nested 83_query_unknown_field 185_media_rows 186_split_row 187_backdated_row
188_row_after_repeat_edits 189_fingerprint_page 48_xml_page 16_extra_columns_asset 16_extra_columns_content
99_delete_asset 192_content_metadata_first 193_form_xml_metadata_first 194_hooks_list 195_user_unknown
196_permission_gone 197_file_gone 198_files_behind_the_last
"""
TALE: Final = tuple(ORDER.split())


def _texts(french: str, english: str) -> dict[str, str]:
    return {"label::Français (fr)": french, "label::English (en)": english}


def _begin(kind: str, name: str) -> dict[str, str]:
    return {"type": f"begin_{kind}", "name": name} | _texts(name.title(), name.title())


def _ask(kind: str, name: str, **more: str) -> dict[str, str]:
    return {"type": kind, "name": name} | _texts(name.title(), name.title()) | more


def _book(name: str, form: str, survey: list[dict[str, str]], **settings: str) -> bytes:
    lists = {"gravite": "123", "violations": ("tuerie", "detention"), "sexe": "fm"}
    choices = [
        {"list_name": held, "name": one} | _texts(one, one) for held, names in lists.items() for one in names
    ]
    told = {"form_title": name, "id_string": form, "form_id": form, "version": "1"}
    told |= {"default_language": "Français (fr)"} | settings
    content: dict[str, Any] = {
        "survey": survey,
        "choices": choices,
        "settings": {k: v for k, v in told.items() if k != "id_string"},
    }
    if form == "columns":  # no choices, and a sheet of our own, of which the server keeps the name
        content |= {"choices": [], "dictionary_notes": [{"note": "invented"}]}
    return written(content, name)


def alert(*more: dict[str, str]) -> bytes:
    """Return the workbook of an alert: victims with injuries, pictures, a voice, a place, a way."""
    first = [{"type": name, "name": name} for name in ("start", "end", "deviceid", "username", "audit")]
    inside = [
        _ask("text", "code_alerte", required="yes"),
        _ask("date", "date_faits", required="yes"),
        _ask("select_one gravite", "gravite"),
        _ask("select_multiple violations", "violations"),
        _ask("geopoint", "lieu_gps"),
        _ask("geotrace", "trajet"),
        _ask("text", "recit"),
        _ask("image", "photo"),
        _ask("audio", "temoignage"),
    ]
    victims = [_ask("text", "nom"), _ask("integer", "age"), _ask("select_one sexe", "sexe")]
    injuries = [_ask("text", "description"), _ask("image", "photo_blessure")]
    end = [{"type": "end_repeat"}, {"type": "end_repeat"}]
    count = {"type": "calculate", "name": "nb", "calculation": "count(${victimes})"}
    survey = [*first, _begin("group", "alerte"), *inside, {"type": "end_group"}, _begin("repeat", "victimes")]
    survey += [*victims, _begin("repeat", "blessures"), *injuries, *end, count, *more]
    return _book("Alerte rapide", "alerte_rapide", survey, instance_name="concat('ALERTE-', ${code_alerte})")


def _columns() -> bytes:
    """Return a workbook with our two columns, which the server keeps."""
    name = _ask("text", "nom", register="name", sensitivity="3") | {"hint::Français (fr)": "aide"}
    victims = [{"type": "calculate", "name": "uid", "calculation": "once(uuid())", "register": "uid"}]
    victims[0]["sensitivity"] = "2"
    stamp = {"type": "calculate", "name": "dikalo_form", "calculation": "'alert'"}
    survey = [_begin("group", "g") | {"register": "case"}, name, {"type": "end_group"}]
    survey += [_begin("repeat", "v") | {"register": "person"}, *victims]
    survey += [_ask("text", "age", register="age", sensitivity="2"), {"type": "end_repeat"}, stamp]
    return _book("Colonnes", "columns", survey)


def _noted() -> bytes:
    """Return a workbook in which the phone notes something of itself inside a group."""
    noted = [{"type": "start", "name": "start"}, {"type": "username", "name": "compte"}]
    survey = [_begin("group", "g"), *noted, _ask("text", "nom"), {"type": "end_group"}]
    return _book("Rangé", "range", survey)


def world() -> World:
    """Return the account at the beginning: its forms, of which two are not deployed yet, and the form of many rows."""
    made = World(forms={}, manages=True, now=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    made.tokens = {token: name for name, token in TOKENS.items()}
    made.passwords, made.deployed.users = {"coord": PASSWORD}, {"enum1", "viewer", "sup2"}
    sealed = _book(
        "Alerte chiffrée",
        "chiffree",
        [_ask("text", "nom_victime"), _ask("image", "photo")],
        public_key="MIIB",
    )
    follow = _book("Suivi", "suivi", [{"type": "xml-external", "name": "alertes"}, _ask("text", "note")])
    for uid, raw, deployed in (
        (ALERT, alert(), "v1"),
        (BULK, alert(), "v1"),
        (SEALED, sealed, None),
        (FOLLOW, follow, None),
        (COLUMNS, _columns(), "v1"),
        (NOTED, _noted(), "v1"),
    ):
        made.deployed.assets[uid] = Asset(uid, raw, "form", "v1", deployed, title="Alerte rapide")
        made.forms[uid] = []
    made.note(ALERT, "deploy", "coord", latest_version_uid="v1", latest_deployed_version_uid="v1")
    made._numbers = itertools.count(100)
    for number in range(44):
        own = f"uuid:{number:08d}-0000-4000-8000-000000000000"
        made.send(f'<d id="{BULK}"><meta><instanceID>{own}</instanceID></meta></d>'.encode(), form=BULK)
    made._numbers = itertools.count(7)
    return made


def load(name: str) -> dict[str, Any]:
    """Return a recording."""
    said: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return said


def content(name: str) -> bytes:
    """Return the invented bytes of a file."""
    return f"bytes of {name}".encode()


def _rights(world: World, *held: tuple[str, str]) -> None:
    for user, right in held:
        world.deployed.assets[ALERT].rights[world.deployed.uid("p")] = (user, right)


def _first_row(world: World) -> None:
    """Post the row whose posting was not recorded: with every file."""
    files = {name: content(name) for name in ("photo1.png", "t1.wav", "b0.png", "b1.png", "audit.csv")}
    xml = load("30_submission_created")["request"]["xml"].replace("A-003", "A-001")
    own = "45aa696a-102e-4e82-8525-26d266a1dead"
    world.send(
        xml.replace("67ebdf96-b385-446c-8d01-dbaefdc88734", own).encode(), files, form=ALERT, by="coord"
    )


def _enumerator(world: World) -> None:
    """Give the enumerator what lets her send, and post her first row, whose posting was not recorded."""
    _rights(world, ("enum1", "add_submissions"))
    xml = (
        load("73_enum_submits")["request"]["xml"].replace("E-002", "E-001").replace("gravite>3", "gravite>2")
    )
    own = "f43d43e8-54b3-4730-93a9-9b51ef5fa16d"
    world.send(xml.replace("06dc9291-dd3f-4930-a557-f672cbf3daba", own).encode(), form=ALERT)


def _approved(world: World) -> None:
    root = "uuid:67ebdf96-b385-446c-8d01-dbaefdc88734"
    world.validate(root, "validation_status_approved", form=ALERT)


def _closed(world: World) -> None:
    asset = world.deployed.assets[ALERT]
    asset.rights = {uid: held for uid, held in asset.rights.items() if held[0] != "AnonymousUser"}


def _bad_reference(world: World) -> None:
    """Import a form that refers to a question it does not have; the recording begins with the question how it went."""
    _second_version(world)
    survey = [_ask("text", "q1", relevant="${nope} = 1")]
    files = {"file": ("x.xlsx", _book("Q", "q", survey))}
    login = {"Authorization": f"Token {TOKEN}"}
    request = httpx.Request("POST", f"{AT}/api/v2/imports/", files=files, headers=login)
    request.read()
    task = world.answer(request).json()["uid"]
    world.deployed.imports["irDoZYAEqJ35ijyYEgZhrm"] = world.deployed.imports[task]


def _second_version(world: World) -> None:
    asset = world.deployed.assets[ALERT]
    asset.workbook, asset.version = alert(_ask("text", "note_suivi")), "v2"
    _deploy(world)


def _deploy(world: World) -> None:
    where = f"{AT}/api/v2/assets/{ALERT}/deployment/"
    world.answer(httpx.Request("PATCH", where, json={}, headers={"Authorization": f"Token {TOKEN}"}))


def _list(world: World) -> None:
    world.deployed.assets[ALERT].media["flist"] = ("cas.csv", b"name,label\nC001,Cas 1\n")


def _switch(world: World, *, active: bool) -> None:
    world.deployed.assets[ALERT].active = active


BEFORE: Final[dict[str, Callable[[World], None]]] = {
    "32_submission_anon_rejected": _first_row,
    "40_edit1": _approved,
    "71_perm_assign_partial": _enumerator,
    "78_anon_submit": lambda world: _rights(world, ("AnonymousUser", "add_submissions")),
    "80_limit_0": _closed,
    "98_import_bad_reference": _bad_reference,
    "101_file_upload": _list,
    "106_media_download_0": _deploy,
    "109_submit_archived": lambda world: _switch(world, active=False),
    "110_enc_deploy": lambda world: _switch(world, active=True),
}
