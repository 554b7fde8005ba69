"""What Central answers, as far as we read it, and what a pull knows from it: handles, marks, statuses, ids, stamps, files. Asks nothing.

Unknown members are ignored, members that older servers lack may be absent. Field names are Central's own, turned by
``rename="camel"``. Central says the MD5 of a file as its ETag; one that keeps its files in a store (S3) leads there instead, and the
name of the object there ends with the SHA-1 of its bytes (getodk/central-backend of 2026, lib/util/blob.js, lib/external/s3.js).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from sync_scripts.servers.base import SHA1, Mark, Reader, Status
from sync_scripts.servers.http.errors import AnswerCut


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all shapes."""


class Session(Shape, frozen=True, kw_only=True):
    """A login."""

    token: str
    expires_at: str = ""


class Account(Shape, frozen=True, kw_only=True):
    """Who is asking; ``verbs`` are the rights over the whole site, in the extended answer only."""

    id: int = 0
    type: str = ""
    display_name: str = ""
    verbs: tuple[str, ...] = ()


class ProjectSaid(Shape, frozen=True, kw_only=True):
    """A project; ``verbs`` are the rights of the one who asks."""

    id: int
    name: str = ""
    archived: bool | None = None
    key_id: int | None = None
    verbs: tuple[str, ...] = ()


class FormSaid(Shape, frozen=True, kw_only=True):
    """A published form, or a draft.

    ``published_at`` is null of one that was never published; an answer without the member does not tell.
    """

    xml_form_id: str
    version: str | None = None
    hash: str | None = None
    sha256: str | None = None
    state: str = "open"
    published_at: str | msgspec.UnsetType | None = msgspec.UNSET
    draft_token: str | None = None
    key_id: int | None = None
    submissions: int | None = None

    @property
    def only_draft(self) -> bool:
        """Tell whether the server says that the form was never published."""
        return self.published_at is None

    @property
    def published(self) -> bool:
        """Tell whether the server says that the form was published."""
        return isinstance(self.published_at, str)


class FormFile(Shape, frozen=True, kw_only=True):
    """A file that a form asks for; ``hash`` is the MD5 of its bytes."""

    name: str
    exists: bool = False
    hash: str | None = None
    dataset_exists: bool = False


class System(Shape, frozen=True, kw_only=True):
    """What Central says of one submission beside its answers.

    All stamps are text of the server's clock in UTC; ``form_version`` is that of the *first* version.
    """

    submission_date: str
    updated_at: str | None = None
    deleted_at: str | None = None
    submitter_name: str | None = None
    attachments_present: int = 0
    attachments_expected: int = 0
    status: str | None = None
    review_state: str | None = None
    edits: int = 0
    form_version: str | None = None


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """The ``meta`` group of the present version."""

    instance_id: str | None = msgspec.field(default=None, name="instanceID")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One submission of the feed. ``root`` is its first instance id for life."""

    root: str = msgspec.field(name="__id")
    system: System = msgspec.field(name="__system")
    meta: Meta | None = None


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the feed."""

    value: tuple[Row, ...]
    count: int | None = msgspec.field(default=None, name="@odata.count")
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Version(Shape, frozen=True, kw_only=True):
    """One version of a submission."""

    instance_id: str
    created_at: str = ""
    current: bool = False
    form_version: str | None = None


class Listed(Shape, frozen=True, kw_only=True):
    """One submission of the light list."""

    instance_id: str
    created_at: str
    updated_at: str | None = None
    deleted_at: str | None = None
    review_state: str | None = None
    current_version: Version | None = None


class FileSaid(Shape, frozen=True, kw_only=True):
    """A file that a submission announces."""

    name: str
    exists: bool = False


class PublicKey(Shape, frozen=True, kw_only=True):
    """A key that submissions of a form were encrypted to; ``managed`` = the server can open them."""

    id: int
    public: str = ""
    managed: bool | None = None


class AppUser(Shape, frozen=True, kw_only=True):
    """A phone's account; ``token`` is null once it is revoked, and a secret until then."""

    id: int
    display_name: str = ""
    token: str | None = None

    def __repr__(self) -> str:
        """Leave the token out."""
        return f"AppUser({self.id})"


class Anything(msgspec.Struct, frozen=True):
    """An answer of which nothing is read."""


def status(form: str, row: Row) -> Status:
    """Return what the server says of a submission as a whole."""
    return Status(
        form=form,
        root_id=row.root,
        deleted_at=instant(row.system.deleted_at),
        review=row.system.review_state,
        files_missing=max(row.system.attachments_expected - row.system.attachments_present, 0),
        versions=row.system.edits + 1,
    )


def instance_id(row: Row) -> str:
    """Return the instance id of the version that counts; "" when the phone gave it none that could be read."""
    return (row.meta.instance_id if row.meta else None) or ""


def mark(form: str, row: Row) -> Mark:
    """Return the mark of a row that is not deleted."""
    return Mark(
        place=place(form, row.root, instance_id(row)),
        root_id=row.root,
        version=instance_id(row) or row.root,
        status=row.system.review_state or "",
        moved_ns=fingerprint(row) if row.system.attachments_expected else None,
    )


def place(form: str, root: str, version: str) -> str:
    """Return our handle of one version."""
    return f"{form}\t{root}\t{version}"


def parts(place: str) -> tuple[str, str, str]:
    """Return form, root and version of a handle."""
    form, root, version = place.split("\t", 2)  # an id is what a phone says: a tab in it ends no pull
    return form, root, version


def fingerprint(row: Row) -> int:
    """Return a number that moves when the files of a version do: its bytes never change, and a review is no reason to read."""
    said = row.system
    shown = (said.attachments_present, said.attachments_expected, said.status)
    return int.from_bytes(hashlib.blake2b(repr(shown).encode(), digest_size=7).digest())


def instant(stamp: str | None) -> datetime | None:
    """Return a stamp as an aware instant, None for none that can be read."""
    try:
        found = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found and found.tzinfo else None


_MD5 = re.compile("[0-9a-f]{32}")
_OBJECT = re.compile("blob-[0-9]+-([0-9a-f]{40})$")


def said_of(headers: Mapping[str, str], location: str) -> str:
    """Return what a Central says of a file's bytes, "" when it says nothing.

    Args:
        headers: of its own answer, names in small letters.
        location: where it leads for the bytes, "" = it has them itself.
    """
    if location:
        found = _OBJECT.search(urlsplit(location).path)
        return f"{SHA1}{found[1]}" if found else ""
    header = headers.get("etag", "")
    return (
        header.strip('"') if header and not header.startswith("W/") else ""
    )  # a weak one says nothing of bytes


class Proved:
    """Bytes that come in pieces, proved at their end. ``mark`` is what the server says of them, "" where it says nothing."""

    def __init__(self, body: Reader, mark: str, server: str) -> None:
        """Take a body, what the server says of it, and the server's host for an error."""
        self.mark: str = mark
        self._body = body
        self._server = server
        self._sum = None
        if mark.startswith(SHA1):
            self._sum = hashlib.sha1(usedforsecurity=False)
        elif _MD5.fullmatch(mark):
            self._sum = hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1, /) -> bytes:
        """Return at most ``size`` bytes, all that is left when negative; empty at the end.

        Raises:
            AnswerCut: the bytes are not those that the server announced.
        """
        piece = self._body.read(size)
        if self._sum is None:
            return piece
        self._sum.update(piece)
        if (not piece or size < 0) and self._sum.hexdigest() != self.mark.removeprefix(SHA1):
            raise AnswerCut(server=self._server)
        return piece
