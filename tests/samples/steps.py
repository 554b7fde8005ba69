"""What is done to a submission after the engine: identities and times that stay, another server's marks, damage.

Each step is named in ``forms/samples/LISEZMOI.md``; no answer is touched.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
KOBO_ASSET = "aDikaloEchantillonFictif"
KOBO_FORM = "0f0e0d0c0b0a09080706050403020100"
KOBO_VERSION = "vDikaloEchantillonFictif"


def lasting_ids(xml: bytes, name: str, known: bytes = b"") -> bytes:
    """Give each new uuid a value that only depends on the sample's name, so that making samples again changes nothing.

    Uuids that stand in ``known``, the version before, are kept.
    """
    kept = set(_UUID.findall(known))
    new: dict[bytes, bytes] = {}

    def lasting(found: re.Match[bytes]) -> bytes:
        old = found[0]
        if old in kept:
            return old
        return new.setdefault(old, _uuid(f"{name}/{len(new)}").encode())

    return _UUID.sub(lasting, xml)


def _uuid(text: str) -> str:
    return str(uuid.UUID(bytes=hashlib.sha256(text.encode()).digest()[:16], version=4))


def clock(xml: bytes, *, start: datetime | None, end: datetime) -> bytes:
    """Set when the phone opened and finished the form; seconds differ from sample to sample, by its identity."""
    seed = hashlib.sha256(_UUID.findall(xml)[-1]).digest()
    for element, moment, byte in ((b"start", start, 0), (b"end", end, 2)):
        if moment is not None:
            exact = moment.replace(second=seed[byte] % 60, microsecond=1000 * (seed[byte + 1] * 3))
            text = exact.isoformat(timespec="milliseconds").encode()
            xml = re.sub(rb"<" + element + rb">[^<]*<", b"<" + element + b">" + text + b"<", xml, count=1)
    return xml


_NOTED: Final = rb"<(?:start|end|phone_account)>[^<]*</(?:start|end|phone_account)>"
"""What the phone notes of itself: KoboToolbox moves it out of its group."""


def as_kobo(xml: bytes) -> bytes:
    """Turn it into what KoboToolbox keeps of it: its own form id, version and root name, its three additions, and clocks first."""
    root = re.compile(rb'<data id="[^"]*" version="[^"]*"')
    opening = f'<{KOBO_ASSET} id="{KOBO_ASSET}" version="1 (2026-11-16 08:30:00)"'.encode()
    xml = root.sub(opening, xml, count=1).replace(b"</data>", f"</{KOBO_ASSET}>".encode())
    xml = xml.replace(b">", b">\x00", 2).replace(b"\x00", b"", 1)
    noted = b"".join(re.findall(_NOTED, xml))
    xml = re.sub(_NOTED, b"", xml)
    xml = xml.replace(b"\x00", f"<formhub><uuid>{KOBO_FORM}</uuid></formhub>".encode() + noted)
    xml = xml.replace(b"<meta>", f"<__version__>{KOBO_VERSION}</__version__><meta>".encode())
    own = re.findall(rb"<instanceID>([^<]*)</instanceID>", xml)[0]
    return xml.replace(b"</meta>", b"<rootUuid>" + own + b"</rootUuid></meta>")


def as_central(xml: bytes) -> bytes:
    """Write it as the web form of ODK Central does: no declaration, no namespaces, times in UTC's zone, closed empties."""
    xml = re.sub(rb"<\?xml[^>]*\?>\s*", b"", xml)
    xml = re.sub(rb' xmlns:[a-z]+="[^"]*"', b"", xml)

    def utc(found: re.Match[bytes]) -> bytes:
        moment = datetime.fromisoformat(found[0].decode())
        return (moment - (moment.utcoffset() or moment - moment)).replace(tzinfo=None).isoformat(
            timespec="milliseconds"
        ).encode() + b"+00:00"

    return re.sub(rb"\d{4}-\d\d-\d\dT[\d:.]+\+01:00", utc, xml).replace(b" />", b"/>")


def truncated(xml: bytes) -> bytes:
    """Keep the first half, as when a file was copied while it was written."""
    return xml[: len(xml) // 2]


def doctype(xml: bytes) -> bytes:
    """Put a document type with an entity before the root; nothing refers to it."""
    return xml.replace(b"?>", b'?><!DOCTYPE data [<!ENTITY a "b">]>', 1)


def anonymous(xml: bytes) -> bytes:
    """Take its identity away."""
    return re.sub(rb"<instanceID>[^<]*</instanceID>", b"", xml)


METADATA: Mapping[str, Callable[[bytes], bytes]] = {"kobo": as_kobo, "central": as_central}
DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "truncated": truncated,
    "doctype": doctype,
    "anonymous": anonymous,
}
