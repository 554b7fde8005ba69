"""What goes wrong in a classroom, and its sentences in French and in English at once, whatever language the command speaks.

Errors of the person who starts it, and refusals that a phone shows: whoever holds it was never asked for a language.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache
from typing import Final

from sync_scripts.errors import DikaloError, UsageProblem, Worded
from sync_scripts.texts import DOMAIN, LANGUAGES, LOCALE

InboxInsideWorkspace: Final = UsageProblem.declare(
    "DK-L01",
    "The folder {folder} belongs to the workspace {workspace}. What phones send here stays in clear text, so it may "
    "not lie in a workspace. Nothing was written. Choose a folder outside it with --inbox.",
)
InboxForeign: Final = UsageProblem.declare(
    "DK-L02",
    "The folder {folder} is not empty and was not made by dikalo for a classroom. Nothing was written. Choose a new "
    "or empty folder with --inbox.",
)
InboxUnusable: Final = DikaloError.declare(
    "DK-L03",
    "The folder {folder} cannot be used for a classroom (system error {errno}). Check its rights and the free "
    "space, or choose another folder with --inbox.",
)
InboxBusy: Final = DikaloError.declare(
    "DK-L04",
    "Another classroom is using the folder {folder} now. Stop it first, or choose another folder with --inbox.",
)
PortTaken: Final = DikaloError.declare(
    "DK-L05",
    "Port {port} is already used by another program on this computer, or may not be used. Nothing was started. "
    "Choose another one with --port, or --port 0 for any free one.",
)
NetworkMissing: Final = DikaloError.declare(
    "DK-L06",
    "This computer is on no network, so no phone can reach it. Connect it to the Wi-Fi of the room, or switch on "
    "the shared connection of a phone, then start again.",
)
NothingToServe: Final = DikaloError.declare(
    "DK-L07",
    "There is no form in {folder}. Nothing was started. Put the forms (.xlsx) there, or run the command elsewhere.",
)


# The root of what a post is told instead of being kept; ``status`` is the HTTP answer.
Refused: Final = DikaloError.declare("DK-L20", "This was refused and nothing was kept.", status=400)

BodyBroken: Final = Refused.declare(
    "DK-L21",
    "The sending was cut or garbled. Nothing was kept here. Send the form again.",
)
XmlMissing: Final = Refused.declare(
    "DK-L22",
    "The sending holds no filled form. Nothing was kept. Send it again with ODK Collect.",
)
XmlUnreadable: Final = Refused.declare(
    "DK-L23",
    "The filled form cannot be read: it is cut or damaged. Nothing was kept. Open it again on the phone, save it "
    "and send it again; if it stays so, tell the trainer.",
)
Doctype: Final = Refused.declare(
    "DK-L24",
    "The filled form holds a declaration (DOCTYPE) that ODK Collect never writes. It was refused and nothing was "
    "kept. Tell the trainer.",
)
XmlTooBig: Final = Refused.declare(
    "DK-L25",
    "The filled form is larger or more deeply nested than any form of ours. It was refused and nothing was kept. "
    "Tell the trainer.",
)
InstanceIdMissing: Final = Refused.declare(
    "DK-L26",
    "The filled form has no identity of its own (instanceID), so it could not be told from another. Nothing was "
    "kept. Tell the trainer: the form on this phone needs to be downloaded again.",
)
FormNotServed: Final = Refused.declare(
    "DK-L27",
    "This classroom does not serve this form. Nothing was kept. Download the forms of this classroom and fill one "
    "of those.",
    status=404,
)
InstanceConflict: Final = Refused.declare(
    "DK-L28",
    "Another filled form with the same identity is already here. It was not replaced and the new one was not kept. "
    "Tell the trainer.",
    status=409,
)
FileConflict: Final = Refused.declare(
    "DK-L29",
    "Two different files of one name came for this filled form. The first was not replaced and the new one was not "
    "kept. Tell the trainer.",
    status=409,
)
BodyTooLarge: Final = Refused.declare(
    "DK-L30",
    "The sending is larger than {megabytes} MB. Nothing was kept. Take a smaller photo or a shorter recording, then "
    "send again.",
    status=413,
)
Unkept: Final = Refused.declare(
    "DK-L31",
    "The computer of the classroom cannot write: its disk is full or not writable. Nothing was kept and the form "
    "is safe on the phone. Tell the trainer, then send again.",
    status=507,
)
InboxFull: Final = Refused.declare(
    "DK-L34",
    "The classroom has received all that it may keep ({megabytes} MB). Nothing more was kept and the form is safe on the phone. "
    "Tell the trainer: start the classroom with another folder (--inbox), or delete what is no longer needed.",
    status=507,
)
HostUnknown: Final = Refused.declare(
    "DK-L35",
    "This classroom answers at its address in numbers only. Nothing was kept. Scan the code of the classroom again.",
    status=421,
)
CodeRests: Final = Refused.declare(
    "DK-L36",
    "Too many wrong addresses were tried, so the short address rests for a minute. Nothing was kept and the form is safe on the "
    "phone. Scan the code of the classroom, or try again in a minute.",
    status=429,
)
OwnFault: Final = Refused.declare(
    "DK-L32",
    "The classroom met a fault of its own. The form is safe on the phone. Send it again; if it fails again, tell "
    "the trainer.",
    status=500,
)
NotFound: Final = Refused.declare(
    "DK-L33",
    "There is nothing at this address. Scan the code of the classroom again: the address changes from one "
    "classroom to the next.",
    status=404,
)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, str(LOCALE), languages=[language], fallback=True)


def sentences(language: str) -> Callable[[str], str]:
    """Return what says a sentence in ``fr`` or ``en``, its braces as they are."""
    return _catalogue(language).gettext


def in_language(language: str, message: str, /, **fields: object) -> str:
    """Return one sentence in ``fr`` or ``en``, its braces filled."""
    return sentences(language)(message).format(**fields)


def on_one_line(message: str, /, **fields: object) -> str:
    """Return the sentence in every language, the first one first, for a small screen."""
    said = dict.fromkeys(in_language(language, message, **fields) for language in LANGUAGES)
    return " / ".join(said)


def of_error(error: Worded) -> str:
    """Return an error's sentence in every language, after its code."""
    fields = error.fields()
    return " ".join([f"{error.code} ·", *(on_one_line(one, **fields) for one in error.sentences())])
