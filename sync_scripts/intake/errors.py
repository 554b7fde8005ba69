"""Why a submission cannot be taken as it is: one class and one code a reason. Never holds an answer or a file name.

A refused submission is not lost: its bytes are sealed, it stands in quarantine under the code of its reason with the
place where reading stopped, and it is tried again.

    Refused, an Attention
        +-- TooLarge, NotUtf8, DoctypeRefused, NotWellFormed, TooDeep, TooManyElements, TooManyAttributes
        +-- NoForm, NoInstanceId, BadInstanceId, Encrypted, NotBelieved, ClearOnEncrypted
        +-- UnknownForm, UnknownVersion
        +-- ContentChanged, OtherVersion, EditOfErased
"""

from __future__ import annotations

from gettext import gettext as _
from typing import Final

from sync_scripts.errors import Attention


def place_words(place: str) -> str:
    """Return a stored place (``line 3``, ``byte 17``, a path) in the language chosen at start."""
    unit, _sep, number = place.partition(" ")
    if unit == "line":
        return _("line {number}").format(number=number)
    if unit == "byte":
        return _("byte {number}").format(number=number)
    return place


# A submission that goes to quarantine. ``place`` says where reading stopped: a line, a path of the form, or nothing.
# ``form`` and ``version`` are what it says of itself, when it came that far and when they look like such names.
Refused: Final = Attention.declare(
    "DK-I10",
    "The submission could not be read.",
    shown={"place": place_words},
    place="",
    form="",
    version="",
)
TooLarge: Final = Refused.declare(
    "DK-I11",
    "The submission is larger than 5 MB, which no form of ours reaches. Look at where it comes from; nothing of it "
    "entered the register.",
)
NotUtf8: Final = Refused.declare(
    "DK-I12",
    "The submission is not written in UTF-8 ({place}), so its letters cannot be trusted. It was probably damaged "
    "while it was copied: copy it again from the phone, then run the pull again.",
)
DoctypeRefused: Final = Refused.declare(
    "DK-I13",
    "The submission holds a document type (DOCTYPE), which no phone writes and which can be an attack. It was not "
    "read. Find out who put it there.",
)
NotWellFormed: Final = Refused.declare(
    "DK-I14",
    "The submission breaks off or is damaged ({place}). Copy it again from the phone, or ask the enumerator to "
    "send it again, then run the pull again.",
)
TooDeep: Final = Refused.declare(
    "DK-I15",
    "The submission is nested more than 50 levels deep, which no form of ours reaches. It was not read. Look at "
    "where it comes from.",
)
TooManyElements: Final = Refused.declare(
    "DK-I16",
    "The submission holds more than 50,000 elements, which no form of ours reaches. It was not read. Look at where "
    "it comes from.",
)
TooManyAttributes: Final = Refused.declare(
    "DK-I17",
    "An element of the submission has more than 100 attributes, which no form of ours reaches. It was not read. "
    "Look at where it comes from.",
)
NoForm: Final = Refused.declare(
    "DK-I18",
    "The submission does not say which form it belongs to, so its answers cannot be understood. If it is a blank "
    "form, take it out of the folder.",
)
NoInstanceId: Final = Refused.declare(
    "DK-I19",
    "The submission has no number of its own (instanceID), so it cannot be told from others. Ask the enumerator to "
    "fill it in again with a current form.",
)
BadInstanceId: Final = Refused.declare(
    "DK-I20",
    "A number of the submission ({place}) is not written as phones write it, or stands there twice. It was not "
    "taken, because it could pass for another submission.",
)
Encrypted: Final = Refused.declare(
    "DK-I21",
    "The submission says that it is encrypted and brings no key: it was damaged on its way. It is kept as it came; ask "
    "the enumerator to send it again while the phone still has it.",
)
NotBelieved: Final = Refused.declare(
    "DK-E08",
    "An encrypted submission of the form {form} is not what it says ({place}): something was changed or damaged on its "
    "way. Nothing of it was believed. It is kept exactly as it came; ask the enumerator while the phone still has it, "
    "and the administrator of the server what happened.",
)
ClearOnEncrypted: Final = Refused.declare(
    "DK-E09",
    "The submission came unencrypted, although version {version} of the form {form} is encrypted on the phone: the "
    "server's administrators could read it, or it was not made by a phone of yours. Look at that phone; when you know "
    "who sent it, take it with dikalo quarantine retry CODE --take-clear.",
)
UnknownForm: Final = Refused.declare(
    "DK-I22",
    "The submission belongs to the form {form}, which this register does not know. Import the form (dikalo forms "
    "import WORKBOOK), then run: dikalo quarantine retry.",
)
UnknownVersion: Final = Refused.declare(
    "DK-I23",
    "The submission was filled in with version {version} of the form {form}, which this register does not know. "
    "Put the workbook of that version into the folder forms of the workspace, then run: dikalo quarantine retry.",
)
ContentChanged: Final = Refused.declare(
    "DK-I24",
    "A submission with the same number is already in the register, with other content. The first one stays; this one "
    "is in quarantine, and nothing of it is lost. Ask the enumerator today whether these are two people: if so, let "
    "the second form be filled in again on the phone, or type it in: dikalo alerts new.",
)
OtherVersion: Final = Refused.declare(
    "DK-I25",
    "The source shows a submission of the form {form} under one number, and what it handed over says another: it may be "
    "made to take the place of somebody else's. It was kept exactly as it came, and nothing of it entered the register. "
    "Ask the administrator of the server which account sent it.",
)
EditOfErased: Final = Refused.declare(
    "DK-I26",
    "A new version of a submission of the form {form} that was erased here: nothing of it was kept. It may tell of danger, or contain a "
    "refusal. Read it today where it lies, type in what is urgent (dikalo alerts new), and let it be deleted there. Then say so: dikalo "
    "retention purged SERVER",
)


REASONS: Final = {kind.code: kind for kind in (Refused, *Refused.__subclasses__())}
"""Every reason by its code, so that a stored code can be worded again."""
