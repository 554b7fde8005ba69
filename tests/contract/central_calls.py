"""What our client asks of a Central, call by call as it was recorded, with what it reads of each answer. One story."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import httpx
import msgspec

from sync_scripts.servers.central import lists, shapes
from tests.contract.central_forms import Copy
from tests.contract.central_lists import Dataset, Entity
from tests.contract.central_room import Site, workbook
from tests.contract.central_same import Kind, Recorded, recorded
from tests.contract.central_story import ACCENT, EDITED, FORM, LACKING, LATER, alerte, sealed
from tests.contract.central_world import World

CASE = {"code": "C-001", "statut": "ouvert", "geometry": "5.9 10.1 0 0", "date_ouverture": "2026-11-24"}
SEALED = "uuid:96c95e2a-93e7-44b9-bb9e-56a92f2f23cb"
ACCENTED = "uuid:7cae21d5-ff58-47fa-a986-22f8738cbaec"


class Kept(msgspec.Struct):
    """What is read of a row in the list of all rows."""

    uuid: str


class Counted(msgspec.Struct):
    """What is read of the server's own members of a row."""

    version: int


class Listed(msgspec.Struct):
    """What is read of a row in the feed of an entity list, beside its own members."""

    key: str = msgspec.field(name="__id")
    system: Counted = msgspec.field(name="__system")


class Page(msgspec.Struct):
    """What is read of the feed of an entity list."""

    value: tuple[Listed, ...]


STORY: Final[tuple[tuple[str, Kind], ...]] = (
    ("session_create", shapes.Session),
    ("auth_bad_password", None),
    ("auth_none", None),
    ("auth_none_current", None),
    ("auth_bad_token", None),
    ("session_expired", None),
    ("auth_missing_field", None),
    ("user_current", None),
    ("user_current_extended", shapes.Account),
    ("project_with_key", shapes.ProjectSaid),
    ("project_list", shapes.ProjectSaid),
    ("x_deleted_project", None),
    ("notfound", None),
    ("no_v1", None),
    ("v2", None),
    ("form_create", shapes.FormSaid),
    ("publish_missing_attachment_ok", None),
    ("draft_attachments", shapes.FormFile),
    ("draft_attachment_upload", None),
    ("draft_attachment_upload_unknown", None),
    ("draft_attachments_after", shapes.FormFile),
    ("publish", None),
    ("project_extended_datasets", None),
    ("publish_again_no_draft", None),
    ("form_create_again", None),
    ("form_xlsx", None),
    ("draft_same_version", None),
    ("publish_same_version_409", None),
    ("publish_same_version_override", None),
    ("draft_empty_copy", None),
    ("draft_get", shapes.FormSaid),
    ("draft_wrong_formid", None),
    ("draft_attachment_link_dataset", None),
    ("draft_attachment_link_dataset_missing", None),
    ("draft_attachment_unlink", None),
    ("draft_attachment_delete", None),
    ("draft_delete", None),
    ("draft_v2", None),
    ("draft_v2_attachments", shapes.FormFile),
    ("publish_v2", None),
    ("form_version_detail", None),
    ("form_xlsx_version", None),
    ("form_get", shapes.FormSaid),
    ("form_get_extended", None),
    ("form_list", shapes.FormSaid),
    ("suivi_attachments", shapes.FormFile),
    ("form_list_extended", None),
    ("form_versions", shapes.FormSaid),
    ("app_user_create", shapes.AppUser),
    ("app_user_list", shapes.AppUser),
    ("actor_property_create", None),
    ("app_user_properties", None),
    ("datasets", None),
    ("dataset_create", lists.Dataset),
    ("dataset_create_dup", None),
    ("dataset_property_create", None),
    ("dataset_property_dup", None),
    ("dataset_property_name", None),
    ("dataset_property_space", None),
    ("dataset_get", lists.Dataset),
    ("dataset_patch_approval", None),
    ("dataset_accessfilter", lists.Dataset),
    ("dataset_owneronly", None),
    ("entity_create", None),
    ("entity_create_dup", None),
    ("entity_create_badprop", None),
    ("entity_create_nolabel", None),
    ("entity_create_nonstring", None),
    ("entity_create_uuid5", None),
    ("entity_create_uuid5_as4", None),
    ("entity_bulk_create", None),
    ("entity_bulk_create_one_bad", None),
    ("entity_bulk_dup", None),
    ("entities_list", Kept),
    ("entity_get", Kept),
    ("entities_odata", Page),
    ("entity_update_no_baseversion", None),
    ("entity_update", None),
    ("entity_update_conflict", None),
    ("entity_update_force", None),
    ("entity_update_same_data", None),
    ("entity_delete", None),
    ("entity_create_deleted_uuid", None),
    ("entities_deleted", Kept),
    ("entity_restore", None),
    ("entity_bulk_delete", None),
    ("entity_bulk_restore", None),
    ("assign_app_user", None),
    ("assign_app_user_simple", None),
    ("assignments_forms", lists.Assignment),
    ("public_link_create", None),
    ("public_links", lists.PublicLink),
    ("public_link_revoke", None),
    ("app_user_revoke", None),
    ("submission_xml", None),
    ("odata_submissions", shapes.Rows),
    ("odata_submissions_expand", shapes.Rows),
    ("odata_select", None),
    ("odata_select_expand_501", None),
    ("odata_filter_created_or_updated", None),
    ("odata_filter_updatedAt", shapes.Rows),
    ("odata_filter_review", None),
    ("odata_filter_review_null", None),
    ("odata_filter_parse_error", None),
    ("odata_orderby_skiptoken", None),
    ("odata_count_only", shapes.Rows),
    ("odata_edited_filter_id", shapes.Rows),
    ("odata_filter_bad_field", None),
    ("odata_skiptoken_bad", None),
    ("odata_skiptoken_unknown", shapes.Rows),
    ("form_404", None),
    ("submission_list", shapes.Listed),
    ("submission_list_extended", shapes.Listed),
    ("submission_get", None),
    ("submission_get_after_edit", None),
    ("versions", shapes.Version),
    ("version_xml", None),
    ("odata_after_edit_xml", None),
    ("submission_attachments", shapes.FileSaid),
    ("submission_attachments_missing", shapes.FileSaid),
    ("submission_attachment_download", None),
    ("submission_attachment_missing_404", None),
    ("attachments_accent", shapes.FileSaid),
    ("attachment_accent_download", None),
    ("keys_plain", None),
    ("enc_self_keys", shapes.PublicKey),
    ("enc_self_odata", shapes.Rows),
    ("enc_self_xml", None),
    ("enc_self_attachments", shapes.FileSaid),
    ("enc_managed_keys", shapes.PublicKey),
    ("enc_managed_odata", shapes.Rows),
    ("review_hasIssues", None),
    ("review_null", None),
    ("review_bad", None),
    ("odata_incremental_3way", shapes.Rows),
    ("submission_list_deleted", shapes.Listed),
    ("odata_deleted", None),
    ("submission_deleted_get_404", None),
    ("submission_restore", None),
    ("submission_delete", None),
    ("viewer_projects", shapes.ProjectSaid),
    ("viewer_odata", shapes.Rows),
    ("viewer_entities", Page),
    ("viewer_appusers", None),
    ("viewer_deploy", None),
    ("viewer_review", None),
    ("viewer_entity_patch", None),
    ("dataset_property_accent", None),
    ("dataset_property_dash", None),
    ("entities_odata_dash", Page),
    ("session_logout", None),
    ("session_after_logout", None),
)
"""What our client asks, in the order in which one state leads to the next, with what it reads of the answer."""
UPLOADED: Final = {
    "form_create": "alerte_v1",
    "form_create_again": "alerte_v1",
    "draft_same_version": "alerte_v1",
    "draft_v2": "alerte_v2",
}
STRANGERS: Final = {"auth_bad_token", "session_expired"}
"""Asked with a token that the server does not know, or no longer."""


def edit(world: World) -> None:
    """Edit the first submission, which announces its files again."""
    world.send(FORM, alerte(LATER, of=EDITED), {"photo1.png": None, "audit.csv": None})


def lay_lists(world: World) -> None:
    """Lay two entity lists there, and a form that is carried with one of them."""
    columns = ["code", "statut", "geometry", "date_ouverture", "derniere_note"]
    held = {"4cc18a44-de7e-4ac4-83fb-9c44183ffbf5": Entity("Cas C-001", CASE)}
    world.published.lists.lists |= {
        "cas": Dataset(columns, held, fed={"code": ["cas_suivi"]}),
        "communes": Dataset(),
    }
    book = workbook("alerte_v1")
    world.published.published["cas_suivi"] = Copy(book, "1", {"cas.csv": b"(list)"}, {"cas.csv"})


BEFORE: Final[dict[str, Callable[[World], None]]] = {
    "viewer_projects": lambda world: setattr(world, "views", True),
    "dataset_property_accent": lambda world: setattr(world, "views", False),
    "project_extended_datasets": lay_lists,
    "odata_submissions": edit,
    "odata_incremental_3way": lambda world: world.delete(FORM, LACKING),
}


def world() -> World:
    """Return a project in the state of the recordings: one edited submission, one without its files, one with accents."""
    made = World(forms={FORM: []}, now=datetime(2026, 11, 25, 9, 11, tzinfo=UTC))
    for root, files in (
        (EDITED, {"photo1.png": b"x" * 69, "audit.csv": b"a"}),
        (LACKING, {"photo1.png": None, "audit.csv": None}),
        (ACCENTED, {ACCENT: b"x" * 69}),
    ):
        made.send(FORM, alerte(root), dict(files))
    for form, version, own in (
        ("chiffre_self", "1", SEALED),
        ("chiffre_managed", "1[encrypted:AaIR7U95]", "uuid:m"),
    ):
        made.forms[form] = []
        made.send(form, sealed(form, version, own), {"submission.xml.enc": b"x" * 32})
    return made


def asked(one: Recorded, told: dict[str, str], site: Site) -> httpx.Request:
    """Return the request as our world needs it: its project, its tokens, its numbers."""
    where = site.put(one.request["path"])
    where = re.sub("TOKEN", told.get(f"token of {one.name}", told.get("token", "")), where)
    where = re.sub(r"(app-users?)/[0-9]+", rf"\1/{told.get('phone', '')}", where)
    token = "unknown" if one.name in STRANGERS else told.get("token", "")
    headers = {
        name: f"Bearer {token}" if name == "Authorization" else value
        for name, value in one.request["headers"].items()
    }
    sent = one.request.get("json")
    if one.name == "session_create":
        sent = {"email": site.email, "password": site.password}
    body: Any = one.request.get("body")
    if one.name in UPLOADED:
        body = workbook(UPLOADED[one.name])
    more: dict[str, Any] = {"json": sent} if "json" in one.request else {"content": body} if body else {}
    return httpx.Request(one.request["method"], site.base + where, headers=headers, **more)


def told_by(name: str, response: httpx.Response) -> dict[str, str]:
    """Return what later requests need of an answer."""
    if name == "session_create":
        return {"token": response.json()["token"]}
    if name == "public_link_create":
        return {"token of public_link_revoke": response.json()["token"]}
    if name == "app_user_create":
        return {"token of app_user_revoke": response.json()["token"], "phone": str(response.json()["id"])}
    return {}


def answered(here: World | None = None) -> dict[str, httpx.Response]:
    """Ask the stand-in everything, in order."""
    one = here or world()
    return told_of(one.answer, {name: partial(deed, one) for name, deed in BEFORE.items()}, Site(), {})


def told_of(
    answer: Callable[[httpx.Request], httpx.Response],
    before: Mapping[str, Callable[[], object]],
    site: Site,
    told: dict[str, str],
) -> dict[str, httpx.Response]:
    """Ask everything, in order; ``before`` = what happens before a question, ``told`` = what is known of the answers so far."""
    found: dict[str, httpx.Response] = {}
    for name, _kind in STORY:
        if name in before:
            before[name]()
        found[name] = answer(asked(recorded(name), told, site))
        told |= told_by(name, found[name])
    return found
