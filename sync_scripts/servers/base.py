"""What a server is to us: a source that shows submissions and hands over their bytes and files. Only ever read.

The protocol is written for three kinds of source, an ODK Central, a KoboToolbox and a folder. Values only: no raw
answer of a source passes this package, nothing here knows the register, and nothing here ever writes to a source.

How the three loops of a pull use it:

- *new*: ``pages(after)`` from the stored cursor on. A server may show again what is already held; that is free of
  effects. The next cursor travels in the page and is stored with the page's rows, never before.
- *sweep*: ``sweep()`` shows a light mark of everything, form by form, each beside the server's own count. Marks that
  moved are fetched; what a form no longer shows becomes a tombstone, but only when that form was shown to its end. A
  form that the sweep does not name proves nothing about its submissions.
- *audit*: ``pages(None)`` and everything is read and compared.

One form that cannot be read does not keep the others away: it comes as a :class:`Trouble`. Only a source that as a
whole does not answer raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, Literal, Protocol

import msgspec

from sync_scripts.errors import DikaloError, NotAllowed, Unreachable

Kind = Literal["folder", "central", "kobo", "desk"]
Shape = Literal["openrosa", "central", "kobo"]
Deletions = Literal["unknown", "stamped", "swept"]


class State(Enum):
    """Whether the person who filled the submission had finished it, as far as the source can tell."""

    FINISHED = "finished"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a kind of source can do, so that a pull asks for nothing that it cannot answer.

    ``deletions``: ``unknown`` = a missing submission proves nothing (folder); ``stamped`` = the server says so
    (Central); ``swept`` = seen only as absence from a complete sweep (Kobo).
    """

    edits_by_root: bool
    deletions: Deletions


class Sighting(msgspec.Struct, frozen=True):
    """One submission version that a source shows, before its bytes are read.

    ``place`` is the source's own handle. It may be a path, so it is never logged and never stored in clear.
    ``size`` and ``moved_ns`` tell cheaply whether the content or its files may have changed; both are 0 where the
    source does not say. ``content`` holds the bytes when the page brought them along. ``road`` says by which way the
    submission came to this source (``inbox``, ``phone``, ``briefcase``; a server: its kind). ``files`` is how many files
    lie beside it, ``None`` = only asking tells. ``tag`` is the tag of the place where it is known and the place itself
    is not. ``root_id``, ``received_at`` (aware UTC) and ``submitter`` are what a server says beside the bytes; they
    travel on to :class:`Found`. ``number`` is the server's own of the row, which names it to whoever runs the server,
    ``None`` = it has none. ``superseded`` = the source keeps this version as it is for good behind a later one.
    ``version`` is the instance id that the source says it is; what it then hands over must say the same. ``""`` = not said.
    ``barred`` is the code of the error that keeps it away although the source shows it; :meth:`Server.fetch` then asks for
    nothing and says :class:`Unread`, so that it is shown again. ``""`` = nothing does.
    """

    place: str
    size: int = 0
    moved_ns: int = 0
    road: str = ""
    content: bytes | None = None
    files: int | None = None
    tag: str | None = None
    root_id: str | None = None
    received_at: datetime | None = None
    submitter: str | None = None
    superseded: bool = False
    number: int | None = None
    version: str = ""
    barred: str = ""


class Found(msgspec.Struct, frozen=True):
    """One submission version with its exact bytes.

    ``root_id`` and ``deleted_at`` are what the server says beside the content; ``None`` = it says nothing, the
    content decides. ``received_at`` is the server's own stamp, aware UTC; ``None`` = it has none.
    """

    sighting: Sighting
    content: bytes
    shape: Shape = "openrosa"
    state: State = State.FINISHED
    received_at: datetime | None = None
    submitter: str | None = None
    root_id: str | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A submission that a source shows and could not hand over; seen again at the next pull.

    ``code`` is the code of the error. It is never "nothing new": a run that met one needs a person. ``asked`` = it was asked
    for; else it waits for the next run, since too many before it failed.
    """

    sighting: Sighting
    code: str
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Status:
    """What a server says of a submission as a whole, beside its bytes.

    ``deleted_at`` is the server's stamp, aware UTC; ``None`` = it is there. ``review`` is the server's own word, behind an
    ``@`` when it was given (Unix seconds), where the server says it; ``reviewer`` the account that gave it, ``""`` = not said.
    ``files_missing`` = announced and not arrived. ``versions`` is how many there ever were; ``None`` = it does not say.
    """

    form: str
    root_id: str
    deleted_at: datetime | None = None
    review: str | None = None
    files_missing: int = 0
    versions: int | None = None
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One form of a source that could not be read to its end; the source as a whole answers."""

    form: str
    failure: Unreachable | NotAllowed


@dataclass(frozen=True, slots=True)
class Page:
    """A bounded number of sightings, and where to go on once they are stored.

    ``cursor`` is opaque: stored and sent back, never read. ``None`` = the source has no cursor. ``statuses`` are of
    the submissions that the page shows, deleted ones too. ``trouble`` = here a form broke off; the others follow.
    ``later`` = so many came while the form was shown: with this page it is shown to the end that it had then, as far as the
    source tells.
    """

    sightings: tuple[Sighting, ...]
    cursor: str | None = None
    statuses: tuple[Status, ...] = ()
    trouble: Trouble | None = None
    later: int = 0


Worth = Callable[[str], int | None]
"""Which forms are asked for, by what the source calls them: the lower number first, None not at all."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a sweep shows of one submission: enough to see an edit, a status change or a late file.

    ``root_id`` is ``None`` where the source does not name it: then only ``version`` tells. ``moved_ns`` is that of the
    sighting which a page would show; ``None`` = there are no files, or this sweep does not say. ``status`` and ``reviewer``
    are what :class:`Status` calls ``review`` and ``reviewer``. ``blurred`` = something of this is written in a way that cannot
    be read and has the value of what is not said: it is there, and what became of it is not known. ``version`` is then "",
    where that is it.
    """

    place: str
    root_id: str | None
    version: str
    status: str = ""
    moved_ns: int | None = None
    reviewer: str = ""
    blurred: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Light marks of everything that a source holds of one form, ``""`` = of all that it holds.

    It is whole when ``count`` equals the marks seen. A :class:`Trouble` among the marks is the last of them, and what
    was seen until then proves nothing. ``recount`` asks how many there are now. ``some`` asks whether the account is shown only
    some of them, so that what is not shown may be there.
    """

    form: str
    count: int
    marks: Iterator[Mark | Trouble]
    recount: Callable[[], int]
    some: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Sweep:
    """Marks of everything a source holds, form by form. Forms that it does not name were not looked at."""

    parts: Iterator[Part]


@dataclass(frozen=True, slots=True)
class AttachmentRef:
    """One file beside a submission, as the source lists it.

    ``name`` is the name the answers use; it comes from outside and is never a path on this machine. ``handle`` is
    what the source needs to find the file again, ``""`` = it is there and cannot be had yet. ``size`` in bytes, ``None`` =
    the source does not say. ``mark`` is what it says of the very bytes, another one as soon as the file is replaced; ``""`` =
    the listing does not say. A digest of another kind than the source usually names has `SHA1` before it.
    """

    place: str
    name: str
    handle: str
    size: int | None = None
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did to a submission at its server, as the server's own history has it.

    ``account`` did it, at the server's stamp ``at``, aware UTC; "untold": before that, more than the history hands over.
    """

    form: str
    root_id: str
    kind: Literal["edited", "deleted", "untold"]
    account: str
    at: datetime


SHA1 = "sha1:"
"""Begins a digest of another kind than the one that a source usually names."""


class Reader(Protocol):
    """Bytes that come in pieces."""

    def read(self, size: int = ..., /) -> bytes:
        """Return at most ``size`` bytes; empty at the end."""
        ...


class Server(Protocol):
    """A source of submissions. Every method may raise :class:`Unreachable`; none returns "nothing" for a failure."""

    @property
    def name(self) -> str:
        """The server's part of a raw row's key: one per configured server, one for all folders together."""
        ...

    @property
    def origin(self) -> str:
        """What tells this source from others of the same name; enters the tags of its places, stored nowhere."""
        ...

    @property
    def kind(self) -> Kind:
        """Which kind of source this is."""
        ...

    @property
    def abilities(self) -> Abilities:
        """What this source can do."""
        ...

    def pages(self, after: str | None) -> Iterator[Page]:
        """Yield what may be new since the cursor ``after``; ``None`` = everything. A form's failure is a trouble."""
        ...

    def sweep(self) -> Sweep:
        """Return light marks of everything the source holds, form by form; asks only when a part is taken."""
        ...

    def fetch(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield the bytes of these sightings, one by one, in their order."""
        ...

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[Page]:
        """Yield pages that show these submissions as they are now, by form and root; one that is gone is not shown."""
        ...

    def attachments(self, place: str) -> tuple[AttachmentRef, ...]:
        """Return the files that the source holds for one submission."""
        ...

    def open(self, ref: AttachmentRef) -> AbstractContextManager[Reader]:
        """Open one file for reading, never following a link."""
        ...

    def count(self) -> int:
        """Return how many submission versions the source holds now, for the proof of completeness."""
        ...


# ``asked``: the file itself was asked for; else none of many before it came.
FileGone: Final = Unreachable.declare(
    "DK-I04",
    "A file that was listed could not be read any more (system error {errno}). It will be looked for at the next "
    "pull.",
    asked=True,
)
NotPossible: Final = DikaloError.declare(
    "DK-I05",
    'A source of the kind "{kind}" cannot do this: {what}.',
)
