"""The door of phones of a stand-in Central, in OpenRosa: the list of forms, their files, and what phones send.

A phone's key is in the address; a web account may come by the same road with its token. Refusals are XML without a
number: a phone decides by the status. See https://docs.getodk.org/openrosa/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx
from lxml import etree

from tests.contract.central_answers import Failed, as_xml, forbidden, md5, missing, sent_as
from tests.contract.central_sending import accept, addressed, parts
from tests.contract.central_state import PROJECT, Sender

if TYPE_CHECKING:
    from tests.contract.central_world import World

_RESPONSE: Final = "http://openrosa.org/http/response"
_LIST: Final = "http://openrosa.org/xforms/xformsList"
_MANIFEST: Final = "http://openrosa.org/xforms/xformsManifest"
_HEADERS: Final = {
    "x-openrosa-version": "1.0",
    "x-openrosa-accept-content-length": "100000000",
    "content-language": "en",
}
_KIND: Final = "text/xml; charset=utf-8"


def is_door(rest: list[str]) -> bool:
    """Tell whether an address below a project speaks OpenRosa."""
    match rest:
        case ["formList"] | ["submission"]:
            return True
        case ["forms", _, "manifest"] | ["datasets", _, "integrity"]:
            return True
    return False


def by_key(world: World, request: httpx.Request, token: str, rest: list[str]) -> httpx.Response:
    """Answer an address below the key of a phone; an unknown or revoked one may do nothing."""
    found = [number for number, one in world.published.phones.items() if token and one["token"] == token]
    if rest[:2] != ["projects", str(PROJECT)] or not found:
        return _refused(forbidden())
    world.asker = found[0]
    mine = set(world.published.phones[found[0]]["forms"])
    below = rest[2:]
    if is_door(below):
        return answer(world, request, below, mine)
    match below:
        case ["forms", name] if name.endswith(".xml") and name.removesuffix(".xml") in mine:
            return as_xml(world.published.xml(name.removesuffix(".xml")))
        case ["forms", form, "attachments", name] if form in mine and form in world.published.published:
            data = world.published.served(world.published.published[form], name, found[0])
            if data is not None:
                return sent_as(name, data)
    raise missing()


def answer(world: World, request: httpx.Request, rest: list[str], mine: set[str] | None) -> httpx.Response:
    """Answer a question in OpenRosa; ``mine`` = the forms that the asker may fill, ``None`` = all."""
    if request.headers.get("x-openrosa-version") != "1.0":
        text = "An expected header field (X-OpenRosa-Version) did not match the expected format."
        return _refused(Failed(400.6, text, field="X-OpenRosa-Version"))
    try:
        said = _answered(world, request, rest, mine)
    except Failed as failed:
        said = _refused(failed)
    said.headers.update(_HEADERS)
    return said


def _answered(world: World, request: httpx.Request, rest: list[str], mine: set[str] | None) -> httpx.Response:
    match request.method, rest:
        case "HEAD", ["submission"]:
            return httpx.Response(204)
        case "POST", ["submission"]:
            return _taken(world, request, mine)
        case "GET", ["formList"]:
            return _sent(_form_list(world, request, mine))
        case "GET", ["forms", form, "manifest"] if form in world.published.published:
            if mine is not None and form not in mine:
                raise forbidden()
            return _sent(_manifest(world, request, form, None if mine is None else world.asker))
        case "GET", ["datasets", name, "integrity"] if name in world.published.lists.lists:
            return _sent(_integrity(world, request, name))
    raise missing()


def _taken(world: World, request: httpx.Request, mine: set[str] | None) -> httpx.Response:
    sent = parts(request.headers.get("content-type", ""), request.content)
    xml = sent.pop("xml_submission_file", None)
    if xml is None:
        raise Failed(
            400.7, "Required multipart POST field xml_submission_file missing.", field="xml_submission_file"
        )
    form = addressed(world, xml)
    if mine is not None and form not in mine:
        raise forbidden()
    accept(world, form, xml, sent, sender(world, request))
    return _message("full submission upload was successful!", status=201)


def sender(world: World, request: httpx.Request) -> Sender:
    """Return who sends, as the address and the headers tell it."""
    device, agent = request.url.params.get("deviceID"), request.headers.get("user-agent")
    return Sender(world.asker, world.actor(world.asker)["displayName"], device, agent)


def _refused(failed: Failed) -> httpx.Response:
    return _message(failed.message, status=failed.status, nature="error")


def _message(text: str, *, status: int, nature: str = "") -> httpx.Response:
    top = etree.Element(f"{{{_RESPONSE}}}OpenRosaResponse", nsmap={None: _RESPONSE}, items="0")
    etree.SubElement(top, f"{{{_RESPONSE}}}message", nature=nature).text = text
    return _sent(top, status)


def _sent(top: Any, status: int = 200) -> httpx.Response:
    content = etree.tostring(top, xml_declaration=True, encoding="UTF-8")
    return httpx.Response(status, content=content, headers={"content-type": _KIND})


def _base(request: httpx.Request) -> str:
    """Return the address of the project as it was asked, with the key in it."""
    return str(request.url).partition(f"/projects/{PROJECT}")[0] + f"/projects/{PROJECT}"


def _form_list(world: World, request: httpx.Request, mine: set[str] | None) -> Any:
    """Return the published forms that take new submissions and that the asker may fill, by name."""
    top = etree.Element(f"{{{_LIST}}}xforms", nsmap={None: _LIST})
    for form in sorted(world.published.published):
        if (mine is not None and form not in mine) or world.published.states.get(form, "open") != "open":
            continue
        said = world.published.described(form)
        where = f"{_base(request)}/forms/{form}"
        told = {
            "formID": form,
            "name": said["name"],
            "version": said["version"],
            "hash": f"md5:{said['hash']}",
            "downloadUrl": f"{where}.xml",
        }
        if world.published.published[form].files:
            told["manifestUrl"] = f"{where}/manifest"
        _members(etree.SubElement(top, f"{{{_LIST}}}xform"), told)
    return top


def _manifest(world: World, request: httpx.Request, form: str, phone: int | None) -> Any:
    """Return the files that are there; of one that an entity list fills, where its rows can be checked."""
    top = etree.Element(f"{{{_MANIFEST}}}manifest", nsmap={None: _MANIFEST})
    held = world.published.published[form]
    for name in sorted(held.files):
        data = world.published.served(held, name, phone)
        if data is None:
            continue
        filled = name in held.linked
        entry = etree.SubElement(top, f"{{{_MANIFEST}}}mediaFile", {"type": "entityList"} if filled else {})
        told = {
            "filename": name,
            "hash": f"md5:{md5(data)}",
            "downloadUrl": f"{_base(request)}/forms/{form}/attachments/{name}",
        }
        if filled:
            told["integrityUrl"] = f"{_base(request)}/datasets/{name.removesuffix('.csv')}/integrity"
        _members(entry, told)
    return top


def _members(at: Any, told: dict[str, str]) -> None:
    space = etree.QName(at).namespace
    for name, text in told.items():
        etree.SubElement(at, f"{{{space}}}{name}").text = text


def _integrity(world: World, request: httpx.Request, name: str) -> Any:
    """Return which rows of a list are gone, of those that are asked for."""
    wanted = {one for one in request.url.params.get("id", "").split(",") if one}
    top = etree.Element("data")
    within = etree.SubElement(top, "entities")
    for key, row in world.published.lists.lists[name].rows.items():
        if not wanted or key in wanted:
            entry = etree.SubElement(within, "entity", id=key)
            etree.SubElement(entry, "deleted").text = str(row.deleted).lower()
    return top
