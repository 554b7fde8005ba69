"""What recordings ask of the stand-in beside the calls of our client: in rooms, each with a small world of its own.

A room is a row of questions in the order in which one state leads to the next. What the recorder did not keep, the bytes
of workbooks and of what phones sent, is invented here, with the ids of the recording.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import httpx

from tests.contract.central_room import Ask, Room, answers, workbook
from tests.contract.central_world import BASE, PASSWORD

FORM: Final = "alerte"
VERSION: Final = "2026112502"
EDITED: Final = "uuid:0d3f4b3d-f135-4e43-8a7d-dece48767ab1"
LATER: Final = "uuid:ef927205-c1e9-40bc-ac0c-0f2656ba29ce"
LACKING: Final = "uuid:80df1265-0ee8-4e92-af79-ed076be3d8c2"
OTHER: Final = "2795c54f-6b6d-4d51-8d5d-47b19c440246"
CASE: Final = "4cc18a44-de7e-4ac4-83fb-9c44183ffbf5"
COORDINATOR: Final = ("coord@example.org", "phrase-de-bureau-7")
COMMUNES: Final = b"name,label,region\nbuea,Buea,sw\n"
PICTURE: Final = b"\x89PNG invented"


def alerte(
    own: str,
    *,
    of: str = "",
    form: str = FORM,
    version: str = VERSION,
    photo: str = "photo1.png",
    log: str = "audit.csv",
    urgency: int = 3,
) -> bytes:
    """Return a filled alert with two people and two injuries each, as a phone sends it."""
    told = f"<deprecatedID>{of}</deprecatedID>" if of else ""
    people = "".join(
        f"<victimes><nom>V{one}</nom><age>{20 + one}</age><sexe>f</sexe><photo_victime/>"
        f"<blessures><desc_b>b{one}a</desc_b></blessures><blessures><desc_b>b{one}b</desc_b></blessures></victimes>"
        for one in (0, 1)
    )
    return (
        f'<data id="{form}" version="{version}"><start>2026-11-25T09:00:00.000+01:00</start><end/>'
        "<deviceid>collect:abc</deviceid><username/>"
        "<lieu><region>nw</region><commune>bamenda1</commune><gps>5.95 10.15 1200 5</gps></lieu>"
        "<date_incident>2026-11-20</date_incident><violations>torture vbg</violations><recit>inventé</recit>"
        f"<photo>{photo}</photo>{people}<urgence>{urgency}</urgence>"
        f"<meta><audit>{log}</audit><instanceID>{own}</instanceID>{told}"
        "<instanceName>2026-11-20 nw</instanceName></meta></data>"
    ).encode()


def sealed(form: str, version: str, own: str) -> bytes:
    """Return an invented manifest of an encrypted submission."""
    return (
        f'<data xmlns="http://www.opendatakit.org/xforms/encrypted" id="{form}" version="{version}" encrypted="yes">'
        '<base64EncryptedKey>x</base64EncryptedKey><orx:meta xmlns:orx="http://openrosa.org/xforms">'
        f"<orx:instanceID>{own}</orx:instanceID></orx:meta><media><file>p.png.enc</file></media>"
        "<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>"
        "<base64EncryptedElementSignature>x</base64EncryptedElementSignature></data>"
    ).encode()


def sent(xml: bytes, *names: str) -> dict[str, bytes]:
    """Return the parts that a phone sends."""
    return {"xml_submission_file": xml, **dict.fromkeys(names, PICTURE)}


def of_a_case(form: str, own: str, tag: str, answers: str) -> bytes:
    """Return a submission that makes or changes a row of a list."""
    meta = f"<meta>{tag}<instanceID>uuid:{own}</instanceID></meta>"
    return f'<data id="{form}" version="1">{answers}{meta}</data>'.encode()


def update(own: str, key: str, base: int, word: str, branch: str = "") -> bytes:
    """Return a follow-up that changes a row from a version; ``branch`` = of a phone that was offline."""
    offline = f' trunkVersion="1" branchId="{branch}"' if branch else ""
    tag = f'<entity dataset="cas" id="{key}" update="1" baseVersion="{base}"{offline}/>'
    answers = f"<cas>{key}</cas><statut>{word}</statut><note>n-{word}</note>"
    return of_a_case("cas_suivi", own, tag, answers)


# --- forms, phones, submissions ---


def published(room: Room) -> Room:
    """Return a room with the first version of the form on the phones."""
    room.upload(FORM, "alerte_v1", communes=COMMUNES)
    return room


def second_version(room: Room) -> None:
    """Publish the second version, and let the phone fill two forms."""
    room.upload(FORM, "alerte_v2", f"forms/{FORM}/draft")
    room.give(FORM, "simple")


def reviewed(room: Room) -> None:
    """Review the first one, and take it back."""
    for state in ("hasIssues", None):
        room.ask("PATCH", f"forms/{FORM}/submissions/{EDITED}", json={"reviewState": state})


def seen(room: Room) -> None:
    """Take what the feed says of itself: the ETag of just these submissions."""
    room.etag = room.ask("GET", f"forms/{FORM}.svc/Submissions").headers.get("etag", "")


def there_and_back(room: Room) -> None:
    """Put one into the trash and take it out again; the worker notes which choices there are."""
    room.world.work()
    room.world.delete(FORM, LACKING)
    room.world.restore(FORM, LACKING)


def exported(room: Room) -> None:
    """Take one export more."""
    room.ask("GET", f"forms/{FORM}/submissions.csv")


FIRST: Final = sent(alerte(EDITED), "photo1.png", "audit.csv")
SIMPLE: Final = (
    b'<data id="simple" version="1"><nom>A</nom><meta><instanceID>uuid:s%d</instanceID></meta></data>'
)
ACCENT: Final = "photo été n°1.png"

FORMS_AND_PHONES: Final = (
    Ask("form_xml"),
    Ask("form_fields"),
    Ask("form_create_xml_publish"),
    Ask("form_create_xml_dup"),
    Ask("form_create_malformed"),
    Ask("draft_formid_mismatch"),
    Ask("form_create_bad_xlsx", body=workbook("bad")),
    Ask("form_create_warn", body=workbook("warn")),
    Ask("form_publish_missing_attachment", body=workbook("sans_id")),
    Ask("formList_before_publish", "phone", after=second_version),
    Ask("formList_no_header", "phone"),
    Ask("formList", "phone"),
    Ask("manifest", "phone"),
    Ask("openrosa_form_xml", "phone"),
    Ask("openrosa_form_attachment", "phone"),
    Ask("openrosa_head", "phone"),
    Ask("openrosa_submission_noaccess", "phone", sent(SIMPLE % 1)),
    Ask("openrosa_submit_201", "phone", FIRST),
    Ask("openrosa_submit_duplicate_identical", "phone", sent(alerte(EDITED))),
    Ask("openrosa_submit_duplicate_changed", "phone", sent(alerte(EDITED, urgency=1))),
    Ask("openrosa_submit_missing_attachment", "phone", sent(alerte(LACKING))),
    Ask("openrosa_submit_malformed", "phone", sent(b'<data id="alerte" version="2026112502"><a></data>')),
    Ask(
        "openrosa_submit_no_instanceid",
        "phone",
        sent(b'<data id="alerte" version="2026112502"><recit>x</recit></data>'),
    ),
    Ask("openrosa_submit_not_xml", "phone", sent(b"plain")),
    Ask("openrosa_submit_no_xml_part", "phone", {"x": b"x"}),
    Ask("openrosa_submit_no_header", "phone", sent(alerte("uuid:n"))),
    Ask("openrosa_submit_bad_key", "phone", sent(alerte("uuid:n"))),
    Ask("openrosa_submit_bad_version", "phone", sent(alerte("uuid:n", version="nope"))),
    Ask("openrosa_submit_unknown_form", "phone", sent(alerte("uuid:n", form="inconnu"))),
    Ask("openrosa_submit_as_webuser", body=sent(SIMPLE % 2)),
    Ask("rest_submit"),
    Ask("rest_submit_duplicate"),
    Ask("rest_submit_malformed"),
    Ask("odata_service"),
    Ask("odata_metadata"),
    Ask("odata_single"),
    Ask("odata_single_nav"),
    Ask("odata_subtable"),
    Ask("odata_subtable_nested"),
    Ask("odata_orderby"),
    Ask("odata_select_group"),
    Ask("odata_bad_select"),
    Ask("odata_table_404"),
    Ask("odata_wkt_default"),
    Ask("odata_304", after=seen),
    Ask("comment_create"),
    Ask("comment_empty"),
    Ask("comment_list"),
    Ask(
        "openrosa_edit", "phone", after=reviewed, body=sent(alerte(LATER, of=EDITED, urgency=5), "photo1.png")
    ),
    Ask("openrosa_edit_stale", "phone", sent(alerte("uuid:n", of=EDITED))),
    Ask("openrosa_edit_unknown", "phone", sent(alerte("uuid:n", of="uuid:zzz"))),
    Ask("rest_edit_put"),
    Ask("rest_edit_put_conflict"),
    Ask("odata_after_edit"),
    Ask("diffs"),
    Ask("submission_audits"),
    Ask("submission_get_by_new_id_redirect"),
    Ask("submitters"),
    Ask("openrosa_late_attachment", "phone", sent(alerte(LACKING), "photo1.png")),
    Ask("attachment_put_rest"),
    Ask("attachment_delete"),
    Ask("audits_filter"),
    Ask("export_csv", after=there_and_back),
    Ask("audits", after=exported),
    Ask("audits_bad"),
    Ask("geojson"),
    Ask("openrosa_submit_accent_filename", "phone", sent(alerte("uuid:é", photo=ACCENT), ACCENT)),
    Ask(
        "openrosa_submit_deleted_dup",
        "phone",
        sent(alerte(LACKING)),
        after=lambda room: room.world.delete(FORM, LACKING),
    ),
    Ask("audits_submission_delete"),
    Ask("audits_purge", after=lambda room: room.world.purge(FORM, LACKING)),
    Ask("project_formlist_admin"),
    Ask("form_state_closed"),
    Ask("openrosa_submit_closed", "phone", sent(SIMPLE % 3)),
    Ask("form_delete"),
    Ask("forms_deleted"),
    Ask("form_restore"),
    Ask("auth_basic_http", "basic"),
    Ask("auth_basic_fwdhttps", "basic"),
)

# --- people ---


def staffed(room: Room) -> Room:
    """Return a room with a submission that was reviewed."""
    published(room).upload(FORM, "alerte_v2", f"forms/{FORM}/draft")
    room.world.send(FORM, alerte(EDITED))
    room.world.review(FORM, EDITED, "approved")
    return room


def coordinator_made(room: Room) -> None:
    """Note the number of the new account."""
    room.numbers["coordinator"] = room.world.newest_person()


PEOPLE: Final = (
    Ask("user_create", said={"email": COORDINATOR[0], "password": COORDINATOR[1]}),
    Ask("user_create_dup", after=coordinator_made),
    Ask("user_create_weak", said={"email": "x@example.org", "password": "1234567890"}),
    Ask("roles"),
    Ask("assign_viewer"),
    Ask("assignments"),
    Ask("viewer_audits", "coordinator", after=lambda room: room.log_in("coordinator", *COORDINATOR)),
    Ask("viewer_comment", "coordinator"),
    Ask("viewer_sub_audits", "coordinator"),
    Ask("assign_manager"),
    Ask("manager_audits", "coordinator"),
    Ask("manager_users", "coordinator"),
    Ask("manager_review", "coordinator"),
)

# --- entity lists ---


def creation_published(room: Room) -> None:
    """Publish the form that makes the list."""
    room.ask("POST", "forms/cas_creation/draft/publish")


def follow_up_published(room: Room) -> None:
    """Publish the form that the list is carried with, and give both to the phone."""
    room.ask("PATCH", "forms/cas_suivi/draft/attachments/cas.csv", json={"dataset": True})
    room.ask("POST", "forms/cas_suivi/draft/publish")
    room.give("cas_creation", "cas_suivi")


def worked(room: Room) -> None:
    """Let the worker take what came."""
    room.world.work()


def another_case(room: Room) -> None:
    """Make a second row, changed once, beside the one that a phone made."""
    room.world.work()
    room.ask("POST", "datasets/cas/properties", json={"name": "risque"})
    room.ask(
        "POST", "datasets/cas/entities", json={"uuid": OTHER, "label": "Cas C-002", "data": {"code": "C-002"}}
    )
    room.ask("PATCH", f"datasets/cas/entities/{OTHER}?baseVersion=1", json={"data": {"statut": "clos"}})


CREATE: Final = of_a_case(
    "cas_creation",
    "d484c744-219d-4169-a8bf-7c7b8c4da881",
    f'<entity dataset="cas" id="{CASE}" create="1"><label>Cas C-001</label></entity>',
    "<code>C-001</code><statut>ouvert</statut><g>5.9 10.1 0 0</g><date_ouv>2026-11-24</date_ouv>",
)
LOST: Final = "6e412e56-a845-444e-9939-fa1f564d1628"
HELD: Final = "54575c33-cdbb-4951-a9af-f10bed53364f"

ENTITIES: Final = (
    Ask("entity_form_cas_creation", body=workbook("cas_creation")),
    Ask("dataset_diff"),
    Ask("entity_form_cas_suivi", body=workbook("cas_suivi"), after=creation_published),
    Ask("entity_submission_create", "phone", sent(CREATE), after=follow_up_published),
    Ask("entity_versions", after=worked),
    Ask("entity_audits"),
    Ask("entities_csv", after=another_case),
    Ask("entities_csv_304"),
    Ask("entities_odata_filter"),
    Ask("entities_odata_filter_prop"),
    Ask("entities_odata_metadata"),
    Ask("entities_odata_search"),
    Ask("suivi_manifest", "phone"),
    Ask("suivi_dataset_csv", "phone"),
    Ask("dataset_integrity", "phone"),
    Ask("entity_submission_update", "phone", sent(update("u1", CASE, 1, "suivi"))),
    Ask("entity_submission_update_conflict", "phone", sent(update("u2", CASE, 1, "clos")), after=worked),
    Ask("entity_get_conflict", after=worked),
    Ask("entities_odata_conflict"),
    Ask("entity_versions_relevant"),
    Ask("entity_diffs"),
    Ask("entity_resolve"),
    Ask(
        "entity_offline_branch_out_of_order",
        "phone",
        sent(update(HELD, CASE, 9, "clos", "0b5a6f0e-3a52-4c35-8d0c-6a2f1d1f9b11")),
    ),
    Ask("submission_audits_entity", after=worked),
    Ask("entity_submission_update_missing", "phone", sent(update("u3", LOST, 1, "clos"))),
    Ask("audits_entity_error", after=worked),
    Ask("audits_nonverbose_tail"),
)

# --- encryption ---


def keyed(room: Room) -> None:
    """Give the phone the form with a key of its own."""
    room.give("chiffre_self")


def another_project(room: Room, said: httpx.Response) -> None:
    """Note the number of the project that was made; the stand-in has only one."""
    if room.site.base != BASE:
        room.site.projects[3] = said.json()["id"]


def managed(room: Room) -> None:
    """Give a phone of that project the form that the server gave its key."""
    room.settle(3)
    room.give("chiffre_managed")


def sealed_by_server(room: Room) -> dict[str, bytes]:
    """Return what a phone sends under the version that the server gave the form."""
    version = room.world.version_of("chiffre_managed")
    return sent(sealed("chiffre_managed", version, "uuid:c2"), "p.png.enc", "submission.xml.enc")


ENCRYPTED: Final = (
    Ask("enc_self_create", body=workbook("chiffre_self")),
    Ask(
        "enc_self_submit",
        "phone",
        sent(sealed("chiffre_self", "1", "uuid:c1"), "p.png.enc", "submission.xml.enc"),
        after=keyed,
    ),
    Ask("project_create", then=another_project),
    Ask("key_set_short", said={"passphrase": "abc", "hint": "h"}),
    Ask("key_set", said={"passphrase": PASSWORD, "hint": "la phrase"}),
    Ask("key_set_again", said={"passphrase": PASSWORD}),
    Ask("enc_managed_create", body=workbook("chiffre_managed")),
    Ask("enc_managed_form_xml"),
    Ask("enc_managed_submit", "phone", sealed_by_server, after=managed),
    Ask("enc_managed_redeploy", body=workbook("chiffre_managed")),
    Ask("enc_managed_draft"),
    Ask("enc_managed_republish"),
)


def as_it_is(room: Room) -> Room:
    """Return a room in which nothing is."""
    return room


ROOMS: Final[dict[str, tuple[Callable[[Room], Room], tuple[Ask, ...]]]] = {
    "forms and phones": (published, FORMS_AND_PHONES),
    "people": (staffed, PEOPLE),
    "entity lists": (as_it_is, ENTITIES),
    "encryption": (as_it_is, ENCRYPTED),
}
"""All rooms, with the questions asked in each."""


def answered(name: str, room: Room | None = None) -> dict[str, httpx.Response]:
    """Return the answers to all questions of a room; ``room`` = on other ground than the stand-in."""
    begin, asks = ROOMS[name]
    return answers(begin(room or Room()), asks)
