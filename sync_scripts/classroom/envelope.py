"""Which form and which submission an XML is. Refuses what no pull could read, in words for who holds the phone.

The pull's own parser decides, so that the classroom never takes what the register would put aside as unreadable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sync_scripts.classroom.errors import (
    Doctype,
    FormNotServed,
    InstanceIdMissing,
    XmlTooBig,
    XmlUnreadable,
)
from sync_scripts.errors import Attention, DikaloError
from sync_scripts.intake import errors as unreadable
from sync_scripts.intake.encryption.encrypted import DecryptError, read_manifest
from sync_scripts.intake.receive import answers

__all__ = ["LARGEST_XML", "Envelope", "open_envelope"]

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
