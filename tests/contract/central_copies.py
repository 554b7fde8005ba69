"""One version of a form as a stand-in Central keeps it: a workbook with the XForm made of it, or an XForm alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tests.contract import central_xform as xform
from tests.contract.central_answers import Failed, md5
from xlsform.errors import FormError
from xlsform.model import Form, media
from xlsform.workbooks import workbook


@dataclass(slots=True)
class Copy:
    """One version of a form: the workbook, and its files, ``None`` = asked for and not there."""

    workbook: bytes
    version: str
    files: dict[str, bytes | None]
    linked: set[str] = field(default_factory=set)
    """Names of files that an entity list fills."""
    source: bytes = b""
    """The XForm of a form that came without a workbook."""
    stamps: dict[str, str] = field(default_factory=dict)
    """When each of its files came."""

    @property
    def title(self) -> str:
        """Return its name for people."""
        if self.source:
            return xform.read(self.source).title
        return str(_read(self.workbook).settings.get("form_title") or "")

    @property
    def named(self) -> bool:
        """Tell whether it says its own id; only a workbook may say none."""
        return bool(self.source or _read(self.workbook).settings.get("form_id"))

    @property
    def sealed(self) -> bool:
        """Tell whether phones encrypt for a key of the form's own."""
        if self.source:
            return xform.read(self.source).sealed
        return bool(_read(self.workbook).settings.get("public_key"))

    def digests(self) -> dict[str, str]:
        """Return what tells this version from others: of a workbook its own digests, not those of its XForm."""
        content = self.source or self.workbook
        sha = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        return {"hash": md5(content), "sha": sha, "sha256": hashlib.sha256(content).hexdigest()}

    def known(self) -> xform.XForm | None:
        """Return what its XForm says, None for a workbook that a test invented and no phone could read."""
        try:
            return xform.read(self.source or xform.converted(self.workbook))
        except Failed:
            return None

    def xml(self, *, managed: bool = False) -> bytes:
        """Return the XForm that phones get: its version may have been given anew; ``managed`` adds the server's key."""
        made = self.source or xform.converted(self.workbook)
        version = self.version.encode()
        made = re.sub(rb'(<data id="[^"]*" version=")[^"]*', lambda found: found[1] + version, made, count=1)
        if managed:
            key = base64.b64encode(hashlib.sha512(version).digest())
            made = made.replace(b"</model>", b'<submission base64RsaPublicKey="%s"/></model>' % key, 1)
        return made


@lru_cache(maxsize=32)
def _read(raw: bytes) -> Form:
    return workbook.read(raw, file="x.xlsx").form


def copied(raw: bytes, before: Copy | None, *, xml: bool) -> tuple[str, Copy]:
    """Return the id in an upload and what it makes; files carry over by name.

    Raises:
        Failed: it is no form.
    """
    held, stamps = (before.files, before.stamps) if before else ({}, {})

    def carried(names: Iterable[str]) -> dict[str, bytes | None]:
        return {name: held.get(name) for name in names}

    if xml:
        known = xform.read(raw)
        return known.form, Copy(b"", known.version, carried(known.files), source=raw, stamps=dict(stamps))
    try:
        form = _read(raw)
    except FormError as refused:
        text = "The given XLSForm file was not valid. Please see the error details for more information."
        raise Failed(400.15, text, error=str(refused), warnings=None) from refused
    known = xform.read(xform.converted(raw))
    return known.form, Copy(raw, form.version, carried(media(form)), stamps=dict(stamps))


def file_said(copy: Copy, name: str, *, whole: bool = True) -> dict[str, Any]:
    """Return what a Central says of a file of a form; its digest only when it is kept as a file."""
    data, filled = copy.files[name], name in copy.linked
    kept = data is not None and not filled
    said: dict[str, Any] = {"name": name, "type": "file"}
    if whole or kept:
        said["hash"] = md5(data) if data is not None and not filled else None
    said |= {"exists": data is not None, "blobExists": kept, "datasetExists": filled}
    said |= {"updatedAt": copy.stamps[name]} if name in copy.stamps else {}
    return said | ({"size": len(data)} if data is not None and not filled else {})
