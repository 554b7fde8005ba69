"""One submission of a stand-in KoboToolbox, and the row that is made of its XML: answers by path, files, place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree

from tests.contract.kobo_said import kind_of

SYSTEM = frozenset(
    (
        *("_id", "_uuid", "_submission_time", "_submitted_by", "_validation_status", "_attachments"),
        *("meta/rootUuid", "meta/instanceID", "meta/deprecatedID"),
    )
)
"""What a row has without a look at its answers."""
SIZES = ("large", "medium", "small")


@dataclass(slots=True)
class Submission:
    """One submission; only its present version can be read."""

    number: int
    root: str
    xml: bytes
    received: str
    replaced: str | None = None
    status: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes, bool]] = field(default_factory=dict)
    """By uid: name, bytes, deleted."""
    visible: bool = True
    phantom: bool = False  # left behind by a sending that failed: listed, without any XML
    submitter: str | None = "enum1"  # None: sent without an account
    past: list[str] = field(default_factory=list)
    """Ids of versions that were replaced: nothing finds them any more."""

    @property
    def instance(self) -> str:
        """Return the id of the present version, with its prefix."""
        return ids(self.xml)[0] or ""

    @property
    def posted(self) -> bytes:
        """Return the XML without its first line, as a list of many shows it."""
        return re.sub(rb"^\s*<\?xml[^>]*\?>\s*", b"", self.xml)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a form says of its answers: which nodes may come again, and which one is the place.

    Attributes:
        repeats: paths without the root, ``victims/injuries``; None = of no form, what comes twice is repeated.
        place: path of the first geopoint; "" = none.
        points: paths of all geopoints.
        owner: account whose form it is.
        deployment: id of the deployment, a part of the names of files.
    """

    repeats: frozenset[str] | None = None
    place: str = ""
    points: frozenset[str] = frozenset()
    owner: str = "coord"
    deployment: str = "x"


BARE = Layout()


@lru_cache(maxsize=50_000)
def ids(xml: bytes) -> tuple[str | None, str | None]:
    """Return the id of a version, and of the one that it replaces."""
    root = etree.fromstring(xml)
    here = [one for one in root.iterchildren(tag=etree.Element) if etree.QName(one).localname == "meta"]
    found = {
        etree.QName(one).localname: one.text for meta in here for one in meta.iterchildren(tag=etree.Element)
    }
    return found.get("instanceID"), found.get("deprecatedID")


@lru_cache(maxsize=50_000)
def root_of(xml: bytes) -> tuple[str, str]:
    """Return the form that a submission names, and its version."""
    found = etree.fromstring(xml)
    return str(found.get("id", "")), str(found.get("version", ""))


def answers(xml: bytes, layout: Layout) -> dict[str, Any]:
    """Return the answers by path, all of them text; what is empty is not there."""
    return _inside(etree.fromstring(xml), "", layout)


def _inside(node: Any, at: str, layout: Layout) -> dict[str, Any]:
    found: dict[str, Any] = {}
    children = list(node.iterchildren(tag=etree.Element))
    twice = Counter(etree.QName(one).localname for one in children)
    for one in children:
        name = etree.QName(one).localname
        path = f"{at}/{name}" if at else name
        inner = _inside(one, path, layout)
        again = path in layout.repeats if layout.repeats is not None else twice[name] > 1 and len(one) > 0
        if again and inner:
            found.setdefault(path, []).append(inner)
        elif inner:
            found |= inner
        elif not len(one) and (one.text or "").strip():
            found.setdefault(path, one.text)
    return found


def named(xml: bytes, layout: Layout) -> dict[str, str]:
    """Return where each file is named: by the text of an answer, its place with the numbers of repeats, from 1."""
    found: dict[str, str] = {}
    for path, text in _leaves(etree.fromstring(xml), "", layout):
        found.setdefault(text, "" if path.startswith(("meta/", "media/")) or text.endswith(".enc") else path)
    return found


def _leaves(node: Any, at: str, layout: Layout) -> Iterator[tuple[str, str]]:
    seen: Counter[str] = Counter()
    for one in node.iterchildren(tag=etree.Element):
        name = etree.QName(one).localname
        path = f"{at}/{name}" if at else name
        seen[name] += 1
        bare = re.sub(r"\[[0-9]+\]", "", path)
        inner = f"{path}[{seen[name]}]" if bare in (layout.repeats or ()) else path
        if len(one):
            yield from _leaves(one, inner, layout)
        elif one.text:
            yield path, one.text


def row(one: Submission, fields: list[str] | None, layout: Layout = BARE, at: str = "") -> dict[str, Any]:
    """Return a row: all of it, or ``fields`` of it, in which the status is shown empty when it was not asked for.

    ``at`` is the address of the form's rows, which the addresses of files begin with.
    """
    bare = one.instance.removeprefix("uuid:")
    found: dict[str, Any] = {
        "_id": one.number,
        "meta/instanceID": one.instance,
        "_submission_time": one.received,
        "_submitted_by": one.submitter,
        "_validation_status": one.status,
    }
    if fields is None or "_attachments" in fields:
        found["_attachments"] = attachments(one, layout, at, fields)
    if fields is None or not SYSTEM.issuperset(fields):
        told = answers(one.xml, layout)
        found = told | found | {"_xform_id_string": root_of(one.xml)[0], "_status": "submitted_via_web"}
        found["_geolocation"] = located(told, layout)
        if b"encryptedXmlFile" in one.xml:  # nothing of the answers, and the names of the files as text
            found = {
                "base64EncryptedKey": "x",
                "encryptedXmlFile": "submission.xml.enc",
                "media/file": "x",
            } | found
    found |= {"meta/deprecatedID": one.replaced} if one.replaced else {}
    if fields is not None:
        found = {name: value for name, value in found.items() if name in fields or name == "_id"}
        if "_validation_status" not in fields:
            found["_validation_status"] = {}
    return found | {"_uuid": bare, "meta/rootUuid": one.root}


def located(told: dict[str, Any], layout: Layout) -> list[float | None]:
    """Return latitude and longitude of the first geopoint."""
    words = str(told.get(layout.place, "")).split()
    return [float(word) for word in words[:2]] if len(words) > 1 else [None, None]


def attachments(
    one: Submission, layout: Layout, at: str, fields: list[str] | None = None
) -> list[dict[str, Any]]:
    """Return the files of a submission, those deleted included; a picture has three more addresses.

    The place of a file is told only when the answer that names it was asked for too.
    """
    where = named(one.xml, layout)
    bare = one.root.removeprefix("uuid:")
    found = []
    for uid, (name, _content, deleted) in one.files.items():
        url = f"{at}{one.number}/attachments/{uid}/"
        place = where.get(name, "")
        stored = re.sub(r"[^\w.-]", "_", name)
        told: dict[str, Any] = {
            "download_url": url,
            "mimetype": kind_of(name),
            "filename": f"{layout.owner}/attachments/{layout.deployment}/{bare}/{stored}",
            "media_file_basename": name,
            "uid": uid,
            "is_deleted": deleted,
            "question_xpath": place if _asked_for(place, fields) else "",
        }
        if told["mimetype"].startswith("image/"):
            told |= {f"download_{size}_url": f"{url}{size}/" for size in SIZES}
        found.append(told)
    return found


def _asked_for(place: str, fields: list[str] | None) -> bool:
    bare = re.sub(r"\[[0-9]+\]", "", place)
    return fields is None or any(bare == one or bare.startswith(f"{one}/") for one in fields)
