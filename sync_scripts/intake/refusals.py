"""Why a submission cannot be taken as it is: one class and one code a reason. Never holds an answer or a file name.

A refused submission is not lost: its bytes are sealed, it stands in quarantine under the code of its reason with the
place where reading stopped, and it is tried again.

    Refused, an Attention
        +-- TooLarge, NotUtf8, DoctypeRefused, NotWellFormed, TooDeep, TooManyElements, TooManyAttributes
        +-- NoForm, NoInstanceId, BadInstanceId, Encrypted, NotBelieved, ClearOnEncrypted
        +-- UnknownForm, UnknownVersion
        +-- ContentChanged, OtherVersion
"""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext as _
from typing import Any, ClassVar

from sync_scripts.errors import N_, Attention


@dataclass(eq=False, kw_only=True)
class Refused(Attention):
    """A submission that goes to quarantine.

    ``place`` says where reading stopped: a line, a path of the form, or nothing. ``form`` and ``version`` are what
    the submission says of itself, when it came that far and when they look like such names.
    """

    code: ClassVar[str] = "DK-I10"
    message: ClassVar[str] = N_("The submission could not be read.")
    place: str = ""
    form: str = ""
    version: str = ""

    def fields(self) -> dict[str, Any]:
        """Return the fields, the place in the language chosen at start."""
        return super().fields() | {"place": place_words(self.place)}


def place_words(place: str) -> str:
    """Return a stored place (``line 3``, ``byte 17``, a path) in the language chosen at start."""
    unit, _sep, number = place.partition(" ")
    if unit == "line":
        return _("line {number}").format(number=number)
    if unit == "byte":
        return _("byte {number}").format(number=number)
    return place


@dataclass(eq=False, kw_only=True)
class TooLarge(Refused):
    """More bytes than any honest submission has."""

    code: ClassVar[str] = "DK-I11"
    message: ClassVar[str] = N_(
        "The submission is larger than 5 MB, which no form of ours reaches. Look at where it comes from; nothing of it "
        "entered the register."
    )


@dataclass(eq=False, kw_only=True)
class NotUtf8(Refused):
    """Bytes that are no UTF-8, or a declaration of another encoding."""

    code: ClassVar[str] = "DK-I12"
    message: ClassVar[str] = N_(
        "The submission is not written in UTF-8 ({place}), so its letters cannot be trusted. It was probably damaged "
        "while it was copied: copy it again from the phone, then run the pull again."
    )


@dataclass(eq=False, kw_only=True)
class DoctypeRefused(Refused):
    """A document type or entities, which no phone writes."""

    code: ClassVar[str] = "DK-I13"
    message: ClassVar[str] = N_(
        "The submission holds a document type (DOCTYPE), which no phone writes and which can be an attack. It was not "
        "read. Find out who put it there."
    )


@dataclass(eq=False, kw_only=True)
class NotWellFormed(Refused):
    """XML that breaks off or is no XML."""

    code: ClassVar[str] = "DK-I14"
    message: ClassVar[str] = N_(
        "The submission breaks off or is damaged ({place}). Copy it again from the phone, or ask the enumerator to "
        "send it again, then run the pull again."
    )


@dataclass(eq=False, kw_only=True)
class TooDeep(Refused):
    """Groups within groups beyond any form."""

    code: ClassVar[str] = "DK-I15"
    message: ClassVar[str] = N_(
        "The submission is nested more than 50 levels deep, which no form of ours reaches. It was not read. Look at "
        "where it comes from."
    )


@dataclass(eq=False, kw_only=True)
class TooManyElements(Refused):
    """More answers than any form has."""

    code: ClassVar[str] = "DK-I16"
    message: ClassVar[str] = N_(
        "The submission holds more than 50,000 elements, which no form of ours reaches. It was not read. Look at where "
        "it comes from."
    )


@dataclass(eq=False, kw_only=True)
class TooManyAttributes(Refused):
    """More attributes on one element than any form has."""

    code: ClassVar[str] = "DK-I17"
    message: ClassVar[str] = N_(
        "An element of the submission has more than 100 attributes, which no form of ours reaches. It was not read. "
        "Look at where it comes from."
    )


@dataclass(eq=False, kw_only=True)
class NoForm(Refused):
    """No form id, so nobody knows what was asked."""

    code: ClassVar[str] = "DK-I18"
    message: ClassVar[str] = N_(
        "The submission does not say which form it belongs to, so its answers cannot be understood. If it is a blank "
        "form, take it out of the folder."
    )


@dataclass(eq=False, kw_only=True)
class NoInstanceId(Refused):
    """No instanceID, so it could never be told from another."""

    code: ClassVar[str] = "DK-I19"
    message: ClassVar[str] = N_(
        "The submission has no number of its own (instanceID), so it cannot be told from others. Ask the enumerator to "
        "fill it in again with a current form."
    )


@dataclass(eq=False, kw_only=True)
class BadInstanceId(Refused):
    """An instanceID, or an id of an earlier version, that no phone makes."""

    code: ClassVar[str] = "DK-I20"
    message: ClassVar[str] = N_(
        "A number of the submission ({place}) is not written as phones write it, or stands there twice. It was not "
        "taken, because it could pass for another submission."
    )


@dataclass(eq=False, kw_only=True)
class Encrypted(Refused):
    """It says that it is encrypted, and is no manifest of an encrypted submission."""

    code: ClassVar[str] = "DK-I21"
    message: ClassVar[str] = N_(
        "The submission says that it is encrypted and brings no key: it was damaged on its way. It is kept as it came; ask "
        "the enumerator to send it again while the phone still has it."
    )


@dataclass(eq=False, kw_only=True)
class NotBelieved(Refused):
    """Encrypted, and not what its manifest and its signature say."""

    code: ClassVar[str] = "DK-E08"
    message: ClassVar[str] = N_(
        "An encrypted submission of the form {form} is not what it says ({place}): something was changed or damaged on its "
        "way. Nothing of it was believed. It is kept exactly as it came; ask the enumerator while the phone still has it, "
        "and the administrator of the server what happened."
    )


@dataclass(eq=False, kw_only=True)
class ClearOnEncrypted(Refused):
    """In the clear, of a version that phones encrypt."""

    code: ClassVar[str] = "DK-E09"
    message: ClassVar[str] = N_(
        "The submission came unencrypted, although version {version} of the form {form} is encrypted on the phone: the "
        "server's administrators could read it, or it was not made by a phone of yours. Look at that phone; when you know "
        "who sent it, take it with dikalo quarantine retry CODE --take-clear."
    )


@dataclass(eq=False, kw_only=True)
class UnknownForm(Refused):
    """A form that the register does not know."""

    code: ClassVar[str] = "DK-I22"
    message: ClassVar[str] = N_(
        "The submission belongs to the form {form}, which this register does not know. Import the form (dikalo forms "
        "import WORKBOOK), then run: dikalo quarantine retry."
    )


@dataclass(eq=False, kw_only=True)
class UnknownVersion(Refused):
    """A known form in a version that the register does not know."""

    code: ClassVar[str] = "DK-I23"
    message: ClassVar[str] = N_(
        "The submission was filled in with version {version} of the form {form}, which this register does not know. "
        "Put the workbook of that version into the folder forms of the workspace, then run: dikalo quarantine retry."
    )


@dataclass(eq=False, kw_only=True)
class ContentChanged(Refused):
    """The same number with other content."""

    code: ClassVar[str] = "DK-I24"
    message: ClassVar[str] = N_(
        "A submission with the same number is already in the register, with other content. The first one stays; this "
        "one was put aside, and nothing of it is lost. Ask the enumerator today whether these are two people: if so, let "
        "the second form be filled in again on the phone, or type it in: dikalo alerts new."
    )


@dataclass(eq=False, kw_only=True)
class OtherVersion(Refused):
    """Not the version that the source said it is, by the number it says of itself."""

    code: ClassVar[str] = "DK-I25"
    message: ClassVar[str] = N_(
        "The source shows a submission of the form {form} under one number, and what it handed over says another: it may be "
        "made to take the place of somebody else's. It was kept exactly as it came, and nothing of it entered the register. "
        "Ask the administrator of the server which account sent it."
    )


REASONS: dict[str, type[Refused]] = {
    reason.code: reason
    for reason in (
        Refused,
        TooLarge,
        NotUtf8,
        DoctypeRefused,
        NotWellFormed,
        TooDeep,
        TooManyElements,
        TooManyAttributes,
        NoForm,
        NoInstanceId,
        BadInstanceId,
        Encrypted,
        NotBelieved,
        ClearOnEncrypted,
        UnknownForm,
        UnknownVersion,
        ContentChanged,
        OtherVersion,
    )
}
"""Every reason by its code, so that a stored code can be worded again."""
