"""What goes wrong in a classroom: errors of the person who starts it, and refusals that a phone shows.

    DikaloError
    +-- InboxInsideWorkspace, InboxForeign, InboxUnusable, InboxBusy    the folder
    +-- PortTaken, NetworkMissing, NothingToServe                       the start
    +-- Refused                                                         what a post is told; never kills the server

A refusal never repeats what was posted: no answer, no file name, no instance id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, DikaloError, UsageProblem

__all__ = [
    "BodyBroken",
    "BodyTooLarge",
    "Doctype",
    "FileConflict",
    "FormNotServed",
    "InboxBusy",
    "InboxForeign",
    "InboxInsideWorkspace",
    "InboxUnusable",
    "InstanceConflict",
    "InstanceIdMissing",
    "NetworkMissing",
    "NotFound",
    "NothingToServe",
    "OwnFault",
    "PortTaken",
    "Refused",
    "Unkept",
    "XmlMissing",
    "XmlTooBig",
    "XmlUnreadable",
]


@dataclass(eq=False, kw_only=True)
class InboxInsideWorkspace(UsageProblem):
    """An inbox is clear text and must not lie where a register lies."""

    folder: str
    workspace: str
    code: ClassVar[str] = "DK-L01"
    message: ClassVar[str] = N_(
        "The folder {folder} belongs to the workspace {workspace}. What phones send here stays in clear text, so it may "
        "not lie in a workspace. Nothing was written. Choose a folder outside it with --inbox."
    )


@dataclass(eq=False, kw_only=True)
class InboxForeign(UsageProblem):
    """The folder holds something else."""

    folder: str
    code: ClassVar[str] = "DK-L02"
    message: ClassVar[str] = N_(
        "The folder {folder} is not empty and was not made by dikalo for a classroom. Nothing was written. Choose a new "
        "or empty folder with --inbox."
    )


@dataclass(eq=False, kw_only=True)
class InboxUnusable(DikaloError):
    """The folder cannot be made, read or written."""

    folder: str
    errno: int
    code: ClassVar[str] = "DK-L03"
    message: ClassVar[str] = N_(
        "The folder {folder} cannot be used for a classroom (system error {errno}). Check its rights and the free "
        "space, or choose another folder with --inbox."
    )


@dataclass(eq=False, kw_only=True)
class InboxBusy(DikaloError):
    """Another classroom writes into this folder now."""

    folder: str
    code: ClassVar[str] = "DK-L04"
    message: ClassVar[str] = N_(
        "Another classroom is using the folder {folder} now. Stop it first, or choose another folder with --inbox."
    )


@dataclass(eq=False, kw_only=True)
class PortTaken(DikaloError):
    """The port cannot be listened on."""

    port: int
    code: ClassVar[str] = "DK-L05"
    message: ClassVar[str] = N_(
        "Port {port} is already used by another program on this computer, or may not be used. Nothing was started. "
        "Choose another one with --port, or --port 0 for any free one."
    )


@dataclass(eq=False, kw_only=True)
class NetworkMissing(DikaloError):
    """``--lan`` was asked and this computer has no address that a phone could reach."""

    code: ClassVar[str] = "DK-L06"
    message: ClassVar[str] = N_(
        "This computer is on no network, so no phone can reach it. Connect it to the Wi-Fi of the room, or switch on "
        "the shared connection of a phone, then start again."
    )


@dataclass(eq=False, kw_only=True)
class NothingToServe(DikaloError):
    """There is no form to hand out."""

    folder: str
    code: ClassVar[str] = "DK-L07"
    message: ClassVar[str] = N_(
        "There is no form in {folder}. Nothing was started. Put the forms (.xlsx) there, or run the command elsewhere."
    )


@dataclass(eq=False, kw_only=True)
class Refused(DikaloError):
    """The root of what a post is told instead of being kept; ``status`` is the HTTP answer."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "DK-L20"
    message: ClassVar[str] = N_("This was refused and nothing was kept.")


@dataclass(eq=False, kw_only=True)
class BodyBroken(Refused):
    """The post is no complete multipart body."""

    code: ClassVar[str] = "DK-L21"
    message: ClassVar[str] = N_("The sending was cut or garbled. Nothing was kept here. Send the form again.")


@dataclass(eq=False, kw_only=True)
class XmlMissing(Refused):
    """There is not exactly one ``xml_submission_file``."""

    code: ClassVar[str] = "DK-L22"
    message: ClassVar[str] = N_(
        "The sending holds no filled form. Nothing was kept. Send it again with ODK Collect."
    )


@dataclass(eq=False, kw_only=True)
class XmlUnreadable(Refused):
    """The XML is cut, not UTF-8, or not well-formed."""

    code: ClassVar[str] = "DK-L23"
    message: ClassVar[str] = N_(
        "The filled form cannot be read: it is cut or damaged. Nothing was kept. Open it again on the phone, save it "
        "and send it again; if it stays so, tell the trainer."
    )


@dataclass(eq=False, kw_only=True)
class Doctype(Refused):
    """The XML declares a DOCTYPE, which no phone writes."""

    code: ClassVar[str] = "DK-L24"
    message: ClassVar[str] = N_(
        "The filled form holds a declaration (DOCTYPE) that ODK Collect never writes. It was refused and nothing was "
        "kept. Tell the trainer."
    )


@dataclass(eq=False, kw_only=True)
class XmlTooBig(Refused):
    """The XML is over the limits of size, depth, elements or attributes."""

    code: ClassVar[str] = "DK-L25"
    message: ClassVar[str] = N_(
        "The filled form is larger or more deeply nested than any form of ours. It was refused and nothing was kept. "
        "Tell the trainer."
    )


@dataclass(eq=False, kw_only=True)
class InstanceIdMissing(Refused):
    """No ``meta/instanceID`` of the usual shape."""

    code: ClassVar[str] = "DK-L26"
    message: ClassVar[str] = N_(
        "The filled form has no identity of its own (instanceID), so it could not be told from another. Nothing was "
        "kept. Tell the trainer: the form on this phone needs to be downloaded again."
    )


@dataclass(eq=False, kw_only=True)
class FormNotServed(Refused):
    """The form is not one of this classroom's."""

    status: ClassVar[int] = 404
    code: ClassVar[str] = "DK-L27"
    message: ClassVar[str] = N_(
        "This classroom does not serve this form. Nothing was kept. Download the forms of this classroom and fill one "
        "of those."
    )


@dataclass(eq=False, kw_only=True)
class InstanceConflict(Refused):
    """Another XML is already here under the same instanceID."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "DK-L28"
    message: ClassVar[str] = N_(
        "Another filled form with the same identity is already here. It was not replaced and the new one was not kept. "
        "Tell the trainer."
    )


@dataclass(eq=False, kw_only=True)
class FileConflict(Refused):
    """Another file of the same name is already here for this submission, or twice in this post."""

    status: ClassVar[int] = 409
    code: ClassVar[str] = "DK-L29"
    message: ClassVar[str] = N_(
        "Two different files of one name came for this filled form. The first was not replaced and the new one was not "
        "kept. Tell the trainer."
    )


@dataclass(eq=False, kw_only=True)
class BodyTooLarge(Refused):
    """The post is over the limit."""

    megabytes: int
    status: ClassVar[int] = 413
    code: ClassVar[str] = "DK-L30"
    message: ClassVar[str] = N_(
        "The sending is larger than {megabytes} MB. Nothing was kept. Take a smaller photo or a shorter recording, then "
        "send again."
    )


@dataclass(eq=False, kw_only=True)
class Unkept(Refused):
    """The disk is full or cannot be written."""

    status: ClassVar[int] = 507
    code: ClassVar[str] = "DK-L31"
    message: ClassVar[str] = N_(
        "The computer of the classroom cannot write: its disk is full or not writable. Nothing was kept and the form "
        "is safe on the phone. Tell the trainer, then send again."
    )


@dataclass(eq=False, kw_only=True)
class OwnFault(Refused):
    """A fault of the classroom itself."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "DK-L32"
    message: ClassVar[str] = N_(
        "The classroom met a fault of its own. The form is safe on the phone. Send it again; if it fails again, tell "
        "the trainer."
    )


@dataclass(eq=False, kw_only=True)
class NotFound(Refused):
    """There is nothing at this address."""

    status: ClassVar[int] = 404
    code: ClassVar[str] = "DK-L33"
    message: ClassVar[str] = N_(
        "There is nothing at this address. Scan the code of the classroom again: the address changes from one "
        "classroom to the next."
    )
