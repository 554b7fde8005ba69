"""An ODK Central as a source: what may be new, the exact bytes of every version, files, light marks for a sweep.

The feed says which submissions are new or changed; their XML is then fetched version by version, because only the XML
is what the phone sent, and because a later version may not say which form version it was made with. A submission is
known by its first instance id for life; every later version is a place of its own.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sync_scripts.errors import Unreachable
from sync_scripts.servers.base import (
    Abilities,
    AttachmentRef,
    Found,
    Kind,
    Mark,
    NotPossible,
    Page,
    Reader,
    Sighting,
    Status,
    Sweep,
    Unread,
    batches,
)
from sync_scripts.servers.central import feed
from sync_scripts.servers.central.feed import CursorRepeated, RowsMissing
from sync_scripts.servers.central.project import Project
from sync_scripts.servers.central.shapes import Row, Rows
from sync_scripts.servers.http import CONNECTIONS
from sync_scripts.servers.http.errors import NotThere, ServerDown, TooLarge

PAGE = 1000
"""Rows asked for at once; halved when the server says that this is too much (504)."""
SWEEP = 5000
"""Marks asked for at once."""

_ABILITIES = Abilities(edits_by_root=True, deletions="stamped", review=True, published_lists=True)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the feed said about one version until its bytes are fetched."""

    received_at: datetime | None
    submitter: str | None


@dataclass(slots=True)
class Central:
    """One project of a Central, for pulling.

    Attributes:
        name: the server's name in the settings, part of every raw row's key.
        project: its calls, with a credential that may only read.
        wanted: ids of the forms to pull; empty = every published form.
    """

    name: str
    project: Project
    wanted: Sequence[str] = ()
    page: int = PAGE
    kind: Kind = "central"
    abilities: Abilities = _ABILITIES
    _said: dict[str, _Said] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Return host and project."""
        return f"central:{self.project.client.server}:{self.project.id}"

    def forms(self) -> list[str]:
        """Return the ids of the forms to pull; one that the server does not have is an error of its first call."""
        return list(self.wanted) or sorted(one.xml_form_id for one in self.project.forms())

    # --- new and changed ---

    def pages(self, after: str | None) -> Iterator[Page]:
        """Yield what may be new since the cursor, form by form, with what the server says of each submission.

        The first look of a server day goes 24 hours back, every other ten minutes.

        Raises:
            RowsMissing: a form's pages ended early; what came was handed on.
            CursorRepeated: a form's pages go round in a circle.
        """
        cursor = feed.Cursor.read(after)
        _project, date = self.project.said()
        today = date.date().isoformat() if date else ""
        wide = today != cursor.day
        for form in self.forms():
            cursor = yield from self._form(form, cursor, wide=wide)
        yield Page((), cursor.on(today).write())

    def _form(self, form: str, cursor: feed.Cursor, *, wide: bool) -> Generator[Page, None, feed.Cursor]:
        """Yield the pages of one form, and return the cursor after them."""
        position, top, more = cursor.at(form), self.page, True
        while more:
            walk = feed.begin(position, wide=wide)
            try:
                rows = self.project.rows(form, feed.query(walk, top))
            except ServerDown as failure:
                if failure.status != 504 or top == 1:
                    raise
                top = max(top // 2, 1)
                continue
            failed: Unreachable | None = None
            try:
                step = feed.step(self.project.client.server, form, position, walk, rows)
                position, more = step.position, step.more
            except (RowsMissing, CursorRepeated) as failure:  # begin again next time, from the same watermark
                position, failed = feed.Position(position.after), failure
            cursor = cursor.moved(form, position)
            yield self._page(form, rows.value, cursor.write())
            if failed is not None:
                raise failed
        return cursor

    def _page(self, form: str, rows: Sequence[Row], cursor: str | None) -> Page:
        self._said.clear()
        shown = [one for row in rows for one in self._sightings(form, row)]
        return Page(tuple(shown), cursor, tuple(status(form, row) for row in rows))

    def _sightings(self, form: str, row: Row) -> Iterator[Sighting]:
        """Yield every version of a row; a deleted one has none, since its bytes can no longer be fetched."""
        if row.system.deleted_at is not None:
            return
        moved = _fingerprint(row)
        for version, at in self._versions_of(form, row):
            place = _place(form, row.root, version)
            self._said[place] = _Said(_instant(at), row.system.submitter_name)
            current = version == instance_id(row)
            yield Sighting(
                place=place,
                moved_ns=moved if current else 0,
                road=self.kind,
                files=row.system.attachments_expected if current else 0,
            )

    def _versions_of(self, form: str, row: Row) -> list[tuple[str, str]]:
        """Return the versions of a row, oldest first, with their stamps; asks only when they are more than two."""
        first = row.system.submission_date
        if row.system.edits == 0:
            return [(instance_id(row), first)]
        if row.system.edits == 1:
            return [(row.root, first), (instance_id(row), row.system.updated_at or first)]
        found = [(one.instance_id, one.created_at) for one in self.project.versions(form, row.root)]
        return found[::-1]

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[Page]:
        """Yield pages that show these submissions as they are now; an id with a quote in it cannot be asked for."""
        for form, roots in batches(wanted):
            named = " or ".join(f"__id eq '{root}'" for root in roots if "'" not in root)
            if named:
                yield self._page(form, self.project.rows(form, {"$filter": named}).value, None)

    # --- bytes ---

    def fetch(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield the XML of these versions, in their order, at most four on the way at once.

        One that is gone or too large comes back as unread; a server that is down raises.
        """
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            yield from pool.map(self._fetch, sightings)

    def _fetch(self, one: Sighting) -> Found | Unread:
        form, root, version = _parts(one.place)
        try:
            content = self.project.xml(form, root, version or None)
        except (NotThere, TooLarge) as failure:
            return Unread(one, failure.code)
        said = self._said.get(one.place, _Said(None, None))
        return Found(
            one,
            content,
            shape="central",
            received_at=said.received_at,
            submitter=said.submitter,
            root_id=root,
        )

    # --- files ---

    def attachments(self, place: str) -> tuple[AttachmentRef, ...]:
        """Return the files that are there for a submission's present version."""
        form, root, _version = _parts(place)
        return tuple(
            AttachmentRef(place=place, name=unicodedata.normalize("NFC", one.name), handle=one.name)
            for one in self.project.files(form, root)
            if one.exists
        )

    def open(self, ref: AttachmentRef) -> AbstractContextManager[Reader]:
        """Open one file."""
        form, root, _version = _parts(ref.place)
        return self.project.file(form, root, ref.handle)

    # --- proof ---

    def sweep(self) -> Sweep:
        """Return a mark of every submission that is not deleted, and how many there are; nothing of their answers.

        The count is that of the first page, in the same answer: what arrives meanwhile is in neither.
        """
        asked: dict[str, str | int] = {"$top": SWEEP, "$count": "true"}
        begun = [(form, self.project.rows(form, asked)) for form in self.forms()]
        return Sweep(sum(rows.count or 0 for _form, rows in begun), self._marks(begun))

    def _marks(self, begun: list[tuple[str, Rows]]) -> Iterator[Mark]:
        """Yield the marks of the first pages and of those that follow; the first pages are let go on the way."""
        while begun:
            form, rows = begun.pop(0)
            ahead, before = feed.token(rows.next_link), ""
            yield from (_mark(form, row) for row in rows.value)
            while ahead and ahead != before:  # a circle ends, and falls short of the count
                rows = self.project.rows(form, {"$top": SWEEP, "$skiptoken": ahead})
                yield from (_mark(form, row) for row in rows.value)
                ahead, before = feed.token(rows.next_link), ahead

    def count(self) -> int:
        """Return how many submissions are not deleted, over all forms."""
        return sum(self.project.count(form) for form in self.forms())

    def publish(self, name: str, data: bytes) -> None:  # noqa: ARG002 - the protocol names them
        """Refuse: lists are published with another credential, by ``deploy``."""
        raise NotPossible(kind=self.kind, what="publish")


def status(form: str, row: Row) -> Status:
    """Return what the server says of a submission as a whole."""
    return Status(
        form=form,
        root_id=row.root,
        deleted_at=_instant(row.system.deleted_at),
        review=row.system.review_state,
        files_missing=max(row.system.attachments_expected - row.system.attachments_present, 0),
    )


def instance_id(row: Row) -> str:
    """Return the instance id of the version that counts; "" when the phone gave it none that could be read."""
    return (row.meta.instance_id if row.meta else None) or ""


def _mark(form: str, row: Row) -> Mark:
    return Mark(
        place=_place(form, row.root, instance_id(row)),
        root_id=row.root,
        version=instance_id(row) or row.root,
        status=row.system.review_state or "",
        attachments=row.system.attachments_present,
    )


def _place(form: str, root: str, version: str) -> str:
    return f"{form}\t{root}\t{version}"


def _parts(place: str) -> tuple[str, str, str]:
    form, root, version = place.split("\t")
    return form, root, version


def _fingerprint(row: Row) -> int:
    """Return a number that moves when anything the feed shows beside the answers moves."""
    said = row.system
    shown = (said.updated_at, said.attachments_present, said.attachments_expected, said.status)
    return int.from_bytes(hashlib.blake2b(repr(shown).encode(), digest_size=7).digest())


def _instant(stamp: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found and found.tzinfo else None
