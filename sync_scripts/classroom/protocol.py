"""OpenRosa as a classroom speaks it: forms and files as a phone wants them, the three XML documents, which submission an XML is.

Refuses what no pull could read, in words for who holds the phone. Keeps and sends nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from lxml import etree

from sync_scripts.classroom.errors import (
    Doctype,
    FormNotServed,
    InstanceIdMissing,
    NothingToServe,
    XmlTooBig,
    XmlUnreadable,
)
from sync_scripts.errors import Attention, DikaloError
from sync_scripts.intake import errors as unreadable
from sync_scripts.intake.encryption.encrypted import DecryptError, read_manifest
from sync_scripts.intake.receive import answers

PREFIX: Final = "FORMATION – "
_ASKED_FOR: Final = re.compile(r"jr://(?:file-csv|file|images|audio|video|video-audio)/([^\"'<>\s]+)")
_TITLE: Final = b"<h:title>"


@dataclass(frozen=True, slots=True)
class ServedForm:
    """A form as phones get it.

    ``xform`` are the exact bytes handed out and ``digest`` their md5 in hex; ``asks_for`` names the files it reads;
    ``encrypts`` says that phones should seal what they send with it.
    """

    form_id: str
    version: str
    title: str
    xform: bytes
    digest: str
    asks_for: tuple[str, ...]
    encrypts: bool


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file beside a form; ``digest`` is the md5 of its bytes in hex."""

    name: str
    content: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The forms of a classroom, and the folders where their files are looked for, the first one first.

    Files are read anew each time: a list that was published meanwhile reaches the phones at their next update.
    ``instead`` holds what is handed out under some names, whatever lies in a folder.
    """

    forms: tuple[ServedForm, ...]
    folders: tuple[Path, ...] = ()
    instead: Mapping[str, bytes] = field(default_factory=dict)

    def form(self, form_id: str) -> ServedForm | None:
        """Return one form; None when this classroom does not serve it."""
        return next((form for form in self.forms if form.form_id == form_id), None)

    def media(self, form: ServedForm) -> tuple[MediaFile, ...]:
        """Return those of the files a form asks for that are here, by name."""
        found = (self._file(name) for name in form.asks_for)
        return tuple(file for file in found if file is not None)

    def missing(self) -> dict[str, tuple[str, ...]]:
        """Return, by id of form, the files that it asks for and that are not here: phones open it without them, in silence."""
        lacking = {
            form.form_id: tuple(sorted({*form.asks_for} - {file.name for file in self.media(form)}))
            for form in self.forms
        }
        return {form_id: names for form_id, names in lacking.items() if names}

    def _file(self, name: str) -> MediaFile | None:
        if name in self.instead:
            return MediaFile(name, self.instead[name], _md5(self.instead[name]))
        for folder in self.folders:
            path = folder / name
            if path.is_file():
                content = path.read_bytes()
                return MediaFile(name, content, _md5(content))
        return None


def shelf(workbooks: Path, media: Sequence[Path] = (), instead: Mapping[str, bytes] | None = None) -> Shelf:
    """Return what a folder of workbooks gives: each converted, their files from ``media``, then from its ``media/``.

    ``instead`` is handed out by name in the place of any file.

    Raises:
        NothingToServe: there is no workbook.
        FormError: one of them cannot be converted.
    """
    from xlsform.convert import convert
    from xlsform.pack import forms as packed_forms

    found = [form.workbook for form in packed_forms(workbooks) if form.workbook.is_file()]
    if not found:
        raise NothingToServe(folder=str(workbooks))
    served = (serve(convert(path.read_bytes(), name=path.name).xform) for path in found)
    return Shelf(tuple(served), (*media, workbooks / "media"), instead or {})


def serve(xform: str) -> ServedForm:
    """Return a converted form as this classroom hands it out, its title marked."""
    content = xform.encode().replace(_TITLE, _TITLE + PREFIX.encode(), 1)
    tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    data = tree.find(".//{*}instance")[0]
    submission = tree.find(".//{*}submission")
    return ServedForm(
        form_id=data.get("id", ""),
        version=data.get("version", ""),
        title=tree.findtext(".//{http://www.w3.org/1999/xhtml}title", "").strip(),
        xform=content,
        digest=_md5(content),
        asks_for=_asked_for(content.decode()),
        encrypts=submission is not None and bool(submission.get("base64RsaPublicKey")),
    )


def _asked_for(xform: str) -> tuple[str, ...]:
    """Return the plain file names of the addresses ``jr://…`` in a form, sorted."""
    return tuple(sorted(_plain_names(unescape(name) for name in _ASKED_FOR.findall(xform))))


def _plain_names(names: Iterable[str]) -> set[str]:
    return {
        name for name in names if Path(name).name == name and not name.startswith(".") and "\\" not in name
    }


def _md5(content: bytes) -> str:
    """Return the digest that the phone protocol asks for; it proves nothing against an attacker."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


_HEAD: Final = "<?xml version='1.0' encoding='UTF-8'?>\n"
_LIST: Final = "http://openrosa.org/xforms/xformsList"
_MANIFEST: Final = "http://openrosa.org/xforms/xformsManifest"
_RESPONSE: Final = "http://openrosa.org/http/response"


def form_list(base: str, forms: Iterable[tuple[ServedForm, bool]]) -> str:
    """Return the list of forms under a base address; the bool says whether a form has files beside it."""
    rows = "".join(_xform(base, form, has_media) for form, has_media in forms)
    return f'{_HEAD}<xforms xmlns="{_LIST}">{rows}</xforms>'


def manifest(base: str, form: ServedForm, files: Iterable[MediaFile]) -> str:
    """Return the list of the files beside a form."""
    rows = "".join(
        "<mediaFile>"
        + _field("filename", file.name)
        + _field("hash", f"md5:{file.digest}")
        + _field("downloadUrl", f"{_address(base, form)}/media/{quote(file.name, safe='')}")
        + "</mediaFile>"
        for file in files
    )
    return f'{_HEAD}<manifest xmlns="{_MANIFEST}">{rows}</manifest>'


def response(message: str, *, success: bool) -> str:
    """Return what a phone shows to the person after sending."""
    nature = "submit_success" if success else "submit_error"
    said = f'<message nature="{nature}">{escape(message)}</message>'
    return f'{_HEAD}<OpenRosaResponse xmlns="{_RESPONSE}">{said}</OpenRosaResponse>'


def _xform(base: str, form: ServedForm, has_media: bool) -> str:
    address = _address(base, form)
    return (
        "<xform>"
        + _field("formID", form.form_id)
        + _field("name", form.title)
        + (_field("version", form.version) if form.version else "")
        + _field("hash", f"md5:{form.digest}")
        + _field("downloadUrl", f"{address}/form.xml")
        + (_field("manifestUrl", f"{address}/manifest") if has_media else "")
        + "</xform>"
    )


def _address(base: str, form: ServedForm) -> str:
    return f"{base}/forms/{quote(form.form_id, safe='')}"


def _field(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


LARGEST_XML: Final = answers.BYTES_LIMIT
_INSTANCE_ID: Final = re.compile(r"uuid:[0-9A-Za-z-]{8,64}")
_ON_THE_PHONE: Final[dict[type[Attention], type[DikaloError]]] = {
    unreadable.TooLarge: XmlTooBig,
    unreadable.TooDeep: XmlTooBig,
    unreadable.TooManyElements: XmlTooBig,
    unreadable.TooManyAttributes: XmlTooBig,
    unreadable.DoctypeRefused: Doctype,
    unreadable.NoForm: FormNotServed,
    unreadable.NoInstanceId: InstanceIdMissing,
    unreadable.BadInstanceId: InstanceIdMissing,
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands on the outside of a submission. ``instance_id`` begins with ``uuid:``."""

    form_id: str
    instance_id: str
    encrypted: bool = False


def open_envelope(content: bytes) -> Envelope:
    """Return the envelope of a submission's XML, plain or encrypted on the phone.

    Raises:
        XmlUnreadable: not UTF-8, cut, or not well-formed.
        Doctype: it declares a document type.
        XmlTooBig: over the pull's limits of bytes, levels, elements or attributes.
        InstanceIdMissing: no single ``meta/instanceID`` of the shape ``uuid:…``.
        FormNotServed: it does not say which form it is.
    """
    try:
        plain = answers.read(content).submission
    except unreadable.Encrypted:
        return _open_manifest(content)
    except unreadable.Refused as refused:
        raise _ON_THE_PHONE.get(type(refused), XmlUnreadable) from None
    return Envelope(plain.form, plain.instance_id)


def _open_manifest(content: bytes) -> Envelope:
    try:
        sealed = read_manifest(content)
    except DecryptError:
        raise XmlUnreadable from None
    if not _INSTANCE_ID.fullmatch(sealed.instance_id):
        raise InstanceIdMissing
    return Envelope(sealed.form_id, sealed.instance_id, encrypted=True)
