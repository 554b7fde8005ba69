"""The stand-in against recorded answers of a real Central: the same status, the same code, the same shape.

The stand-in invents no member that a real answer lacks, and gives every member that our client reads there. Answers of
a submission are left out of the comparison: the stand-in takes no form apart, and our client never asks for them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

import httpx
import msgspec
import pytest

from sync_scripts.servers.central import shapes
from tests.servers.central_world import BASE, EMAIL, PASSWORD, PROJECT, World

HERE = Path(__file__).parents[1] / "recordings" / "central"
FORM = "alerte"
EDITED = "uuid:0d3f4b3d-f135-4e43-8a7d-dece48767ab1"
LACKING = "uuid:80df1265-0ee8-4e92-af79-ed076be3d8c2"
ACCENTED = "uuid:7cae21d5-ff58-47fa-a986-22f8738cbaec"
Kind = type[msgspec.Struct] | None

STORY: Final[tuple[tuple[str, Kind], ...]] = (
    ("session_create", shapes.Session),
    ("auth_bad_password", None),
    ("auth_none", None),
    ("user_current_extended", shapes.Account),
    ("project_with_key", shapes.ProjectSaid),
    ("notfound", None),
    ("no_v1", None),
    ("v2", None),
    ("form_create", shapes.FormSaid),
    ("draft_attachments", shapes.FormFile),
    ("draft_attachment_upload", None),
    ("draft_attachment_upload_unknown", None),
    ("publish", None),
    ("publish_again_no_draft", None),
    ("form_create_again", None),
    ("form_xlsx", None),
    ("draft_same_version", None),
    ("publish_same_version_409", None),
    ("publish_same_version_override", None),
    ("draft_empty_copy", None),
    ("draft_delete", None),
    ("draft_v2", None),
    ("draft_v2_attachments", shapes.FormFile),
    ("publish_v2", None),
    ("form_get", shapes.FormSaid),
    ("form_list", shapes.FormSaid),
    ("form_versions", shapes.FormSaid),
    ("app_user_create", shapes.AppUser),
    ("app_user_list", shapes.AppUser),
    ("assign_app_user", None),
    ("app_user_revoke", None),
    ("odata_submissions", shapes.Rows),
    ("odata_count_only", shapes.Rows),
    ("odata_edited_filter_id", shapes.Rows),
    ("odata_filter_bad_field", None),
    ("odata_skiptoken_bad", None),
    ("odata_skiptoken_unknown", shapes.Rows),
    ("form_404", None),
    ("submission_list", shapes.Listed),
    ("versions", shapes.Version),
    ("version_xml", None),
    ("submission_xml", None),
    ("submission_attachments", shapes.FileSaid),
    ("submission_attachments_missing", shapes.FileSaid),
    ("submission_attachment_download", None),
    ("submission_attachment_missing_404", None),
    ("attachments_accent", shapes.FileSaid),
    ("attachment_accent_download", None),
    ("keys_plain", None),
    ("enc_self_keys", shapes.PublicKey),
    ("enc_self_odata", shapes.Rows),
    ("enc_managed_keys", shapes.PublicKey),
    ("enc_managed_odata", shapes.Rows),
    ("review_hasIssues", None),
    ("review_null", None),
    ("review_bad", None),
    ("odata_incremental_3way", shapes.Rows),
    ("submission_list_deleted", shapes.Listed),
    ("submission_deleted_get_404", None),
    ("session_logout", None),
)
"""What our client asks, in the order in which one state leads to the next, with what it reads of the answer."""
UNANSWERED: Final = {
    "form_create_bad_xlsx": "the stand-in converts no form; it refuses what is no workbook at all, with the same number",
    "odata_bad_select": "the stand-in takes no form apart, so it knows no field that a form lacks",
}
"""Recordings of calls that the stand-in does not answer, and why. What our client decides by none of them."""
UPLOADED: Final = {
    "form_create": "alerte_v1",
    "form_create_again": "alerte_v1",
    "draft_same_version": "alerte_v1",
    "draft_v2": "alerte_v2",
}
BEFORE: Final[dict[str, Callable[[World], None]]] = {
    "odata_incremental_3way": lambda world: world.delete(FORM, LACKING),
}


@dataclass(frozen=True)
class Recorded:
    """One recorded question and its answer."""

    name: str
    request: dict[str, Any]
    response: dict[str, Any]


def recorded(name: str) -> Recorded:
    """Return a recording."""
    said = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    return Recorded(name, said["request"], said["response"])


def world() -> World:
    """Return a project in the state of the recordings: one edited submission, one without its files, one with accents."""
    made = World(forms={FORM: []}, now=datetime(2026, 11, 25, 9, 11, tzinfo=UTC))
    for root, files in (
        (EDITED, {"photo1.png": b"x" * 69, "audit.csv": b"a"}),
        (LACKING, {"photo1.png": None, "audit.csv": None}),
        (ACCENTED, {"photo été n°1.png": b"x" * 69}),
    ):
        made.send(FORM, instance(root), dict(files))
    made.send(FORM, instance("uuid:ef927205-c1e9-40bc-ac0c-0f2656ba29ce", of=EDITED))
    for form, version in (("chiffre_self", "1"), ("chiffre_managed", "1[encrypted:AaIR7U95]")):
        made.forms[form] = []
        made.send(form, sealed(form, version), {"submission.xml.enc": b"x" * 32})
    return made


def sealed(form: str, version: str) -> bytes:
    """Return an invented manifest of an encrypted submission."""
    return (
        f'<data id="{form}" version="{version}" encrypted="yes"><base64EncryptedKey>x</base64EncryptedKey>'
        f"<meta><instanceID>uuid:{form}</instanceID></meta>"
        "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    ).encode()


def instance(own: str, of: str = "") -> bytes:
    """Return an invented submission."""
    told = f"<deprecatedID>{of}</deprecatedID>" if of else ""
    return f'<data id="{FORM}" version="2026112502"><meta><instanceID>{own}</instanceID>{told}</meta></data>'.encode()


def asked(one: Recorded, told: dict[str, str]) -> httpx.Request:
    """Return the request as our world needs it: its project, its tokens, its numbers."""
    where = re.sub(r"^/v1/projects/[23](?=[/?]|$)", f"/v1/projects/{PROJECT}", one.request["path"])
    where = re.sub("TOKEN", told.get(f"token of {one.name}", told.get("token", "")), where)
    where = re.sub(r"app-user/[0-9]+", f"app-user/{told.get('phone', '')}", where)
    headers = {
        name: f"Bearer {told.get('token', '')}" if name == "Authorization" else value
        for name, value in one.request["headers"].items()
    }
    sent = one.request.get("json")
    if one.name == "session_create":
        sent = {"email": EMAIL, "password": PASSWORD}
    body: Any = one.request.get("body")
    if one.name in UPLOADED:
        body = (HERE / "forms" / f"{UPLOADED[one.name]}.xlsx").read_bytes()
    more: dict[str, Any] = {"json": sent} if "json" in one.request else {"content": body} if body else {}
    return httpx.Request(one.request["method"], BASE + where, headers=headers, **more)


def told_by(name: str, response: httpx.Response) -> dict[str, str]:
    """Return what later requests need of an answer."""
    if name == "session_create":
        return {"token": response.json()["token"]}
    if name == "app_user_create":
        return {"token of app_user_revoke": response.json()["token"], "phone": str(response.json()["id"])}
    return {}


@pytest.fixture(scope="module")
def answers() -> dict[str, httpx.Response]:
    """Ask the stand-in everything, in order."""
    here, told, found = world(), dict[str, str](), {}
    for name, _kind in STORY:
        if name in BEFORE:
            BEFORE[name](here)
        found[name] = here.answer(asked(recorded(name), told))
        told |= told_by(name, found[name])
    return found


def paths(value: object, at: str = "") -> Iterator[str]:
    """Yield the places of all members; of a list, those of its first value. Answers of a submission are left out."""
    if isinstance(value, list):
        yield from paths(value[0], f"{at}[]") if value else ()
    elif isinstance(value, dict):
        for name, inner in value.items():
            if at == ".value[]" and not name.startswith(("__", "meta")):
                continue
            if at == ".value[].meta" and name != "instanceID":
                continue
            yield f"{at}.{name}"
            if f"{at}.{name}" != ".preferences":
                yield from paths(inner, f"{at}.{name}")


def reads(kind: Kind, at: str) -> Iterator[str]:
    """Yield the places that our client reads, of an answer at ``at``."""
    for one in msgspec.structs.fields(kind) if kind else ():
        place = f"{at}.{one.encode_name}"
        yield place
        inner = [each for each in (one.type, *get_args(one.type)) if isinstance(each, type)]
        below = next((each for each in inner if issubclass(each, msgspec.Struct)), None)
        is_list = getattr(one.type, "__origin__", None) is tuple
        yield from reads(below, f"{place}[]" if is_list else place)


def test_a_key_that_the_server_keeps_is_known(answers: dict[str, httpx.Response]) -> None:
    """As it was recorded: true for one that Central made, null for one of our own."""
    for name in ("enc_self_keys", "enc_managed_keys"):
        want = [one["managed"] for one in recorded(name).response["body"]]
        assert [one["managed"] for one in answers[name].json()] == want


@pytest.mark.parametrize(("name", "kind"), STORY, ids=[name for name, _kind in STORY])
def test_the_stand_in_answers_as_a_real_central_did(
    name: str, kind: Kind, answers: dict[str, httpx.Response]
) -> None:
    """Status, Central's own number of an error, and the members of the body."""
    want, got = recorded(name).response, answers[name]
    assert got.status_code == want["status"]
    if not isinstance(want["body"], dict | list):
        return
    body: Any = got.json()
    there, here = set(paths(want["body"])), set(paths(body))
    read = set(reads(kind, "[]" if isinstance(want["body"], list) else ""))

    assert here - there == set()
    assert (read & there) - here == set()
    if isinstance(want["body"], dict) and got.status_code >= 400:
        assert body["code"] == want["body"]["code"]


def test_every_recording_is_answered_or_named() -> None:
    """Nothing is left out in silence, and what is left out is little."""
    with (HERE / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        names = {row["name"] for row in csv.DictReader(file, delimiter="\t")}

    assert names == {path.stem for path in HERE.glob("*.json")}
    assert names == {name for name, _kind in STORY} | UNANSWERED.keys()
    assert len(UNANSWERED) <= len(names) / 10
