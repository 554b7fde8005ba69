"""What a stand-in Central holds of submissions, and how it describes one. Nothing here answers a request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree

PROJECT = 7
EMAIL, PASSWORD = "lecture@example.org", "phrase-inventee-12"
BASE = "https://central.example"
STORE = "s3.example"
ADMIN = 5
"""The number of the account that the stand-in begins with."""


@dataclass(slots=True)
class Version:
    """One version of a submission, exactly as it was sent; ``files`` are those announced, ``None`` = not arrived."""

    instance_id: str
    xml: bytes
    created: str
    by: int = ADMIN
    device: str | None = None
    agent: str | None = None
    number: int = 0
    files: dict[str, bytes | None] = field(default_factory=dict)


@dataclass(slots=True)
class Submission:
    """One submission with all its versions."""

    root: str
    created: str
    submitter: str
    versions: list[Version]
    updated: str | None = None
    deleted: str | None = None
    review: str | None = None
    visible: bool = True
    number: int = 0
    comments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def present(self) -> Version:
        """Return the version that counts."""
        return self.versions[-1]

    @property
    def files(self) -> dict[str, bytes | None]:
        """Return the files of the version that counts."""
        return self.present.files

    @property
    def first(self) -> Version:
        """Return the version that came first; its sender is the sender for life."""
        return self.versions[0]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, from what, by what program."""

    by: int = ADMIN
    name: str = "Enquêteur 1"
    device: str | None = None
    agent: str | None = None


def listed(one: Submission) -> dict[str, Any]:
    """Return what Central says of a submission, beside its answers."""
    return {
        "instanceId": one.root,
        "submitterId": one.first.by,
        "deviceId": one.first.device,
        "createdAt": one.created,
        "updatedAt": one.updated,
        "reviewState": one.review,
        "userAgent": one.first.agent,
        "deletedAt": one.deleted,
        "currentVersion": version(one, one.present),
    }


def version(one: Submission, each: Version, *, extended: bool = False) -> dict[str, Any]:
    """Return what Central says of one version."""
    said = {
        "submitterId": each.by,
        "createdAt": each.created,
        "instanceName": _meta(each.xml).get("instanceName"),
        "instanceId": each.instance_id,
        "current": each is one.present,
        "deviceId": each.device,
        "userAgent": each.agent,
    }
    return said | ({"formVersion": form_version(each.xml)} if extended else {})


def form_version(xml: bytes) -> str:
    """Return the version of the form that a submission names."""
    found = re.search(rb' version="([^"]*)"', xml)
    return found[1].decode() if found else ""


def ids(xml: bytes) -> tuple[str | None, str | None]:
    """Return instance id and deprecated id as Central reads them; broken XML has neither."""
    found = _meta(xml)
    return found.get("instanceID"), found.get("deprecatedID")


@lru_cache(maxsize=8192)
def _meta(xml: bytes) -> dict[str, str | None]:
    try:
        root = etree.fromstring(xml)
    except etree.XMLSyntaxError:
        return {}
    return {etree.QName(one).localname: one.text for one in root.iter() if isinstance(one.tag, str)}


@lru_cache(maxsize=8192)
def announced(xml: bytes) -> tuple[str, ...]:
    """Return the files that the manifest of an encrypted submission names, nothing for one in the clear."""
    try:
        root = etree.fromstring(xml)
    except etree.XMLSyntaxError:
        return ()
    if root.get("encrypted") != "yes":
        return ()
    wanted = {"file", "encryptedXmlFile"}
    return tuple(one.text or "" for one in root.iter(etree.Element) if etree.QName(one).localname in wanted)
