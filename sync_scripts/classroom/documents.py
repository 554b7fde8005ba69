"""The three XML documents of the phone protocol, as ODK Collect wants them. Pure.

Collect refuses a whole list when one form lacks one of its fields, and installs a form without its files, in
silence, when anything is wrong in the manifest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from sync_scripts.classroom.forms import MediaFile, ServedForm

__all__ = ["form_list", "manifest", "response"]

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
