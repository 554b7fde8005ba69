"""The stand-in of KoboToolbox against recorded answers of a real one: the same status, headers, members and answers.

Two stories: one form from its import on, and the account in which everything else happened.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import pytest

from sync_scripts.servers.kobo import shapes, sharing
from tests.contract.kobo_same import Kind, answers, compare, table
from tests.contract.kobo_tale import ALERT, BULK, HERE, TALE, load
from tests.contract.kobo_tale import world as account
from tests.contract.kobo_teller import Teller
from tests.contract.kobo_world import BASE, TOKEN, World

CENTRAL = HERE.parent / "central" / "forms"
"""Two versions of an invented form: the recorder's own were not kept."""
FORMS: Final[dict[str, Kind]] = {
    "10_import_create": shapes.Import,
    "11_import_status": shapes.Import,
    "13_deploy": None,
    "93_redeploy_post_again": None,
    "20_formList_token": None,
    "23_manifest": None,
    "90_import_replace": shapes.Import,
    "91_import_replace_status": shapes.Import,
    "92_asset_after_replace": shapes.AssetDetail,
    "93_patch_active_only": None,
    "93_redeploy_wrong_version": None,
    "94_redeploy": None,
    "95_asset_after_redeploy": sharing.Facts,
    "96_formlist_after_redeploy": None,
    "97_import_bad_file": shapes.Import,
    "97_import_bad_file_status": shapes.Import,
    "98_asset_as_xlsx": None,
    "100_file_base64": None,
    "100_file_dup": None,
    "103_manifest_before_redeploy": None,
    "104_redeploy_media": None,
    "105_manifest_after_redeploy": None,
    "107_file_delete": None,
    "93_patch_empty": None,
    "108_archive": None,
    "108_unarchive": None,
    "169_users_lookup": None,
    "169_users_list_nonadmin": None,
    "70_perm_assign_add": None,
    "78_anon_add": None,
    "78_anon_remove": None,
    "181_q_deployed": shapes.Assets,
}
"""One form from its import on, in the order in which one state leads to the next."""
SENT: Final = {"10_import_create": "alerte_v1", "90_import_replace": "alerte_v2"}
DEPLOYS: Final = {"94_redeploy", "104_redeploy_media"}
LEFT: Final = 0
"""Recordings that are left unanswered today, of 234: a ceiling that may only fall."""
KINDS: Final[dict[str, Kind]] = {
    "72_perm_list": shapes.Assigned,
    "102_file_list": shapes.FormMediaList,
    "01_me": shapes.Me,
    "02_environment": shapes.Environment,
    "160_assets_limit": shapes.Assets,
    "12_asset_detail": shapes.Asset,
    "80_bulk_default_limit": shapes.Rows,
    "80_bulk_limit_5000": shapes.Rows,
    "81_keyset_page": shapes.Rows,
    "82_query_id_gt": shapes.Rows,
    "163_fields_with_status": shapes.Rows,
    "163_fields_without_status": shapes.Rows,
    "164_query_uuid_in": shapes.Rows,
    "189_fingerprint_page": shapes.Rows,
    "166_history_window": shapes.History,
    "167_history_unknown_field": shapes.History,
    "190_history_one_root_uuid": shapes.History,
    "33_data_list": shapes.Rows,
    "80_data_all_rows": shapes.Rows,
    "61_vs_patch": shapes.Validation,
    "47_history": shapes.History,
    "68_history_submission_actions": shapes.History,
    "69_history_since": shapes.History,
    "191_history_limit": shapes.History,
    "180_view_only_data": shapes.Rows,
    "81_next_link": shapes.Rows,
    "41_after_edit1": shapes.Row,
    "180_view_only_asset": sharing.Facts,
    "110_enc_asset": sharing.Facts,
    "60_vs_get": shapes.Validation,
    "98_import_bad_reference": shapes.Import,
    "89_history_delete": shapes.History,
}
"""What our client reads of answers of the story."""


def asked_of_forms(said: dict[str, Any], world: World, told: dict[str, str]) -> httpx.Request:
    """Return the request as it is for the form that was imported before."""
    one, name = said["request"], said["name"]
    uid, held = next(iter(world.deployed.assets.items()), ("", None))
    where = re.sub(r"/a[A-Za-z0-9]{21}(?=[/.])", f"/{uid}", one["path"])
    where = re.sub(r"/xformsManifest/1$", f"/xformsManifest/{uid}", where)
    where = re.sub(r"/imports/.+/$", f"/imports/{told.get('task', '')}/", where)
    where = re.sub(r"(/files|/permission-assignments)/[^/]+/$", rf"\1/{told.get('made', '')}/", where)
    more: dict[str, Any] = {"json": one["json"]} if "json" in one else {}
    if name in DEPLOYS and held is not None:
        more = {"json": one["json"] | {"version_id": held.version}}
    if "files" in one:
        book = CENTRAL / f"{SENT[name]}.xlsx" if name in SENT else None
        fields = {
            field: re.sub(r"/assets/\w+/", f"/assets/{uid}/", value) for field, value in one["form"].items()
        }
        more = {"data": fields, "files": {"file": ("x.xlsx", book.read_bytes() if book else b"no workbook")}}
    headers = {"Authorization": f"Token {TOKEN}"}
    query = urlencode(one.get("query", {}))
    made = httpx.Request(one["method"], f"{BASE}{where}?{query}", headers=headers, **more)
    made.read()
    return made


@pytest.fixture(scope="module")
def of_forms() -> dict[str, httpx.Response]:
    """Ask the stand-in what is about forms, in order."""
    here, told, found = World(forms={}), dict[str, str](), {}
    here.deployed.users |= {"enum1", "viewer"}
    for name in FORMS:
        found[name] = here.answer(asked_of_forms(load(name), here, told))
        said = found[name].json() if "json" in found[name].headers.get("content-type", "") else {}
        if "import" in name and found[name].status_code == 201:
            told["task"] = said["uid"]
        if name in {"100_file_base64", "78_anon_add"}:
            told["made"] = said["uid"] if "uid" in said else said["url"].rstrip("/").rpartition("/")[2]
    return found


@pytest.mark.parametrize("name", FORMS)
def test_the_stand_in_deploys_as_a_real_kobotoolbox_did(
    name: str, of_forms: dict[str, httpx.Response]
) -> None:
    """Status, headers and members, for one form from its import on."""
    compare(load(name), of_forms[name], FORMS[name])


def test_only_a_new_version_reaches_phones(of_forms: dict[str, httpx.Response]) -> None:
    """To switch a form on or off leaves deployed what was deployed, and is itself said as it was recorded."""
    for name in ("93_patch_active_only", "94_redeploy", "108_archive", "108_unarchive"):
        assert of_forms[name].json()["active"] == load(name)["response"]["body"]["active"]
    real = [load(name)["response"]["body"] for name in ("93_patch_active_only", "94_redeploy")]
    ours = [of_forms[name].json() for name in ("93_patch_active_only", "94_redeploy")]

    assert [len({one["version_id"] for one in each}) for each in (real, ours)] == [2, 2]


@pytest.fixture(scope="module")
def of_the_account() -> dict[str, httpx.Response]:
    """Ask the stand-in the whole story, in order."""
    teller = Teller(account())
    return {name: teller.tell(load(name)) for name in TALE}


@pytest.mark.parametrize("name", TALE)
def test_the_stand_in_answers_as_a_real_kobotoolbox_did(
    name: str, of_the_account: dict[str, httpx.Response]
) -> None:
    """Status, headers and all members; of the rows the answers too, letter by letter, and how many there are."""
    same(load(name), of_the_account[name])


def same(said: dict[str, Any], got: httpx.Response) -> None:
    """Compare an answer of the account, its rows letter by letter."""
    compare(said, got, KINDS.get(said["name"]))
    want = said["response"]["body"]
    if not isinstance(want, dict | list):
        return
    body = got.json()
    if BULK not in said["request"]["path"]:  # its rows are ours
        assert answers(body) == answers(want)
    if isinstance(want, dict) and f"{ALERT}/data/" in said["request"]["path"]:
        assert body.get("count") == want.get("count")


def test_what_a_phone_notes_of_itself_lies_where_a_real_kobotoolbox_lays_it(
    of_the_account: dict[str, httpx.Response],
) -> None:
    """First, outside the group in which the workbook had it: in the form that people see, and in what phones send."""
    names = ("192_content_metadata_first", "193_form_xml_metadata_first")
    contents, forms = ((load(name)["response"]["body"], of_the_account[name]) for name in names)
    lay = [
        [row.get("$xpath", "") for row in told["data"]["survey"]]
        for told in (contents[0], contents[1].json())
    ]
    for text in (forms[0], forms[1].text):
        (root,) = re.findall(r"<instance>\s*(<.*?)</instance>", text, re.DOTALL)
        lay.append(re.findall(r"<(start|compte|g|nom)\b", root))

    assert lay == [["start", "compte", "g", "g/nom", ""]] * 2 + [["start", "compte", "g", "nom"]] * 2


PLANTED: Final[dict[str, tuple[str, Callable[[httpx.Response], httpx.Response]]]] = {
    "status": ("67_query_vs", lambda got: httpx.Response(204, headers=got.headers, content=got.content)),
    "member lost": ("41_after_edit1", lambda got: other(got, b'"mimetype"', b'"kind"')),
    "member of a refusal": ("80_limit_0", lambda got: other(got, b'"limit"', b'"start"')),
    "word of a refusal": ("83_sort_bad", lambda got: other(got, b"JSON", b"XML")),
    "answer": ("43_after_edit2", lambda got: other(got, b"A-003-mod2", b"A-003")),
    "row lost": ("81_next_link", lambda got: other(got, b'"count":7', b'"count":6')),
    "namespace": ("155_paired_manifest", lambda got: other(got, b"xformsManifest", b"xformsList")),
    "node": ("76_formlist_enum", lambda got: other(got, b"downloadUrl", b"url")),
    "word to a phone": ("44_edit_stale", lambda got: other(got, b"old version", b"older one")),
    "protocol": ("24_submission_head", lambda got: without(got, "x-openrosa-version")),
    "length": ("30_submission_created", lambda got: without(got, "x-openrosa-accept-content-length")),
    "hour": ("30_submission_created", lambda got: without(got, "date")),
    "place": ("30_submission_created", lambda got: without(got, "location")),
    "challenge": ("20_formList_basic", lambda got: without(got, "www-authenticate")),
    "kind": ("114_enc_att", lambda got: without(got, "content-disposition")),
}
"""By what is wrong: a recording, and how its answer is spoilt."""


def other(got: httpx.Response, old: bytes, new: bytes) -> httpx.Response:
    """Return an answer with another text."""
    assert old in got.content
    headers = {name: text for name, text in got.headers.items() if name != "content-length"}
    return httpx.Response(got.status_code, headers=headers, content=got.content.replace(old, new))


def without(got: httpx.Response, name: str) -> httpx.Response:
    """Return an answer without one of its headers."""
    assert name in got.headers
    headers = {one: text for one, text in got.headers.items() if one != name}
    return httpx.Response(got.status_code, headers=headers, content=got.content)


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_not_the_same_is_seen(what: str, of_the_account: dict[str, httpx.Response]) -> None:
    """A comparison that cannot fail would prove nothing."""
    name, spoil = PLANTED[what]
    spoilt = spoil(of_the_account[name])

    with pytest.raises(AssertionError):
        same(load(name), spoilt)


def test_every_recording_is_answered_or_named_with_a_reason() -> None:
    """Over the whole index of what was recorded, not over what is kept here of it."""
    names = [row["file"].removesuffix(".json") for row in table(HERE / "INDEX.tsv")]
    left = {row["name"]: row["why"] for row in table(HERE / "UNANSWERED.tsv")}

    assert sorted(names) == sorted([*FORMS, *TALE, *left])
    assert {path.stem for path in HERE.glob("*.json")} == FORMS.keys() | set(TALE)
    assert all(left.values())
    assert len(left) == LEFT
