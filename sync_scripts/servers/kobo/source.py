"""KoboToolbox as a source: what is new, the exact bytes of every version, files, light marks for the sweep.

Kobo cuts pages silently, has no "changed since" and a clock that the sender may set, so nothing here trusts a page
size or a time: new rows come by their number with an overlap, and edits, deletions and statuses by a sweep over light
marks whose number must equal the server's own count. Rules: reference of KoboToolbox, 1 and 8.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec

from sync_scripts.errors import N_, NotAllowed, Unreachable
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
from sync_scripts.servers.http.errors import NotThere, ServerDown, TooLarge
from sync_scripts.servers.kobo.account import FIELDS, MARKS, Account
from sync_scripts.servers.kobo.listing import ListUnreadable, bare, cut
from sync_scripts.servers.kobo.shapes import Row

OVERLAP_ROWS = 200
OVERLAP = timedelta(minutes=10)
"""Numbers are given before a row can be seen: the last rows are asked for again, by number and by time."""
XML_AT_ONCE = 200
"""Submissions of one XML list: about 2 kB of URL."""

_ABILITIES = Abilities(edits_by_root=True, deletions="swept", review=True, published_lists=True)


@dataclass(eq=False, kw_only=True)
class NotLoggedIn(NotAllowed):
    """Kobo answers strangers with 200 and an empty world."""

    code: ClassVar[str] = "DK-I53"
    message: ClassVar[str] = N_(
        "The server {server} treats dikalo as a visitor without an account, and shows visitors an empty list. Nothing "
        "was taken. Enter the account's API token again."
    )
    server: str


@dataclass(eq=False, kw_only=True)
class PagesShort(Unreachable):
    """Fewer rows came than the server counted."""

    code: ClassVar[str] = "DK-I54"
    message: ClassVar[str] = N_(
        "The server {server} counts {count} submissions and showed {seen}. What came is stored; the rest is asked for "
        "again at the next pull. If this happens twice, run dikalo doctor."
    )
    server: str
    count: int
    seen: int


class Cursor(msgspec.Struct, frozen=True):
    """The opaque text that intake stores: for each form the numbers to go on from."""

    forms: dict[str, int] = {}

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Return a stored cursor; one that cannot be read starts again."""
        try:
            return msgspec.json.decode(text, type=cls) if text else cls()
        except msgspec.MsgspecError:
            return cls()

    def moved(self, form: str, number: int) -> Cursor:
        """Return the cursor with one form elsewhere."""
        return Cursor({**self.forms, form: max(number, self.forms.get(form, 0))})

    def write(self) -> str:
        """Return the text to store."""
        return msgspec.json.encode(self, order="deterministic").decode()


@dataclass(slots=True)
class Kobo:
    """One account of a KoboToolbox, for pulling.

    Attributes:
        name: the server's name in the settings, part of every raw row's key.
        account: its calls, with a token that should do no more than read.
        wanted: uids of the forms to pull; empty = every deployed form that the account sees.
        light: leave the files out of a sweep, which makes it six times shorter.
    """

    name: str
    account: Account
    wanted: Sequence[str] = ()
    light: bool = False
    kind: Kind = "kobo"
    abilities: Abilities = _ABILITIES
    _said: dict[str, Row] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Return the host; the rows' numbers are unique over the whole server."""
        return f"kobo:{self.account.client.server}"

    def forms(self) -> list[str]:
        """Return the uids of the forms to pull.

        Raises:
            NotLoggedIn: the server does not know who is asking, so what it shows proves nothing.
        """
        if not self.account.me().username:
            raise NotLoggedIn(server=self.account.client.server)
        if self.wanted:
            return list(self.wanted)
        found: list[str] = []
        while len(page := self.account.assets(len(found)).results):
            found += [one.uid for one in page]
        return found

    # --- new ---

    def pages(self, after: str | None) -> Iterator[Page]:
        """Yield what is new since the cursor, with the overlap, form by form.

        Raises:
            PagesShort: a form's rows ended early; what came was handed on.
            NotLoggedIn: as `forms`.
        """
        cursor = Cursor.read(after)
        for form in self.forms():
            seen, count = 0, None
            number = cursor.forms.get(form, 0)
            while True:
                rows = self.account.rows(form, number, FIELDS)
                count = rows.count if count is None else count
                seen += len(rows.results)
                if not rows.results:
                    break
                number = rows.results[-1].id
                cursor = cursor.moved(form, _overlapped(number, rows.results))
                yield self._page(form, rows.results, cursor.write())
            if seen < count:
                raise PagesShort(server=self.account.client.server, count=count, seen=seen)

    def _page(self, form: str, rows: Sequence[Row], cursor: str | None) -> Page:
        self._said = {place(form, row): row for row in rows}
        shown = tuple(self._sighting(form, row) for row in rows)
        return Page(shown, cursor, tuple(status(form, row) for row in rows))

    def _sighting(self, form: str, row: Row) -> Sighting:
        return Sighting(place=place(form, row), moved_ns=0, road=self.kind)

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[Page]:
        """Yield pages that show these submissions as they are now."""
        for form, roots in batches(wanted):
            yield self._page(form, self.account.of_roots(form, roots).results, None)

    # --- bytes ---

    def fetch(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield the XML of these versions, in their order, two hundred at a time.

        What the list does not hold is asked for alone; one that is gone comes back as unread.
        """
        batch: list[Sighting] = []
        for one in sightings:
            if batch and (len(batch) == XML_AT_ONCE or _parts(one.place)[0] != _parts(batch[0].place)[0]):
                yield from self._batch(batch)
                batch = []
            batch.append(one)
        if batch:
            yield from self._batch(batch)

    def _batch(self, batch: Sequence[Sighting]) -> Iterator[Found | Unread]:
        form = _parts(batch[0].place)[0]
        listed = self._listed(form, [_parts(one.place)[1] for one in batch])
        for one in batch:
            _form, number, version = _parts(one.place)
            content = listed.get(version)
            yield self._alone(one, form, number) if content is None else self._found(one, content)

    def _listed(self, form: str, numbers: Sequence[int]) -> dict[str, bytes]:
        try:
            return cut(self.account.xml_list(form, numbers))
        except (ListUnreadable, TooLarge):
            return {}
        except ServerDown as failure:
            if failure.status != 504:
                raise
            return {}

    def _alone(self, one: Sighting, form: str, number: int) -> Found | Unread:
        try:
            return self._found(one, bare(self.account.xml(form, number)))
        except (NotThere, TooLarge) as failure:
            return Unread(one, failure.code)

    def _found(self, one: Sighting, content: bytes) -> Found:
        row = self._said.get(one.place)
        return Found(
            one,
            content,
            shape="kobo",
            received_at=_instant(row.received) if row else None,
            submitter=row.submitter if row else None,
            root_id=_id(row.root) or None if row else None,
        )

    # --- files ---

    def attachments(self, place: str) -> tuple[AttachmentRef, ...]:
        """Return the files that are there, under the names the answers use."""
        form, number, _version = _parts(place)
        return tuple(
            AttachmentRef(
                place=place,
                name=unicodedata.normalize("NFC", one.media_file_basename or one.filename.rpartition("/")[2]),
                handle=one.uid or str(one.id),
            )
            for one in self.account.row(form, number).attachments
            if not one.is_deleted and (one.uid or one.id is not None)
        )

    def open(self, ref: AttachmentRef) -> AbstractContextManager[Reader]:
        """Open one file."""
        form, number, _version = _parts(ref.place)
        return self.account.file(form, number, ref.handle)

    # --- proof ---

    def sweep(self) -> Sweep:
        """Return a light mark of every submission, and how many the server counts."""
        forms = self.forms()
        return Sweep(sum(self.account.count(form) for form in forms), self._marks(forms))

    def _marks(self, forms: Sequence[str]) -> Iterator[Mark]:
        fields = MARKS if self.light else (*MARKS, "_attachments")
        for form in forms:
            number = 0
            while rows := self.account.rows(form, number, fields).results:
                yield from (_mark(form, row) for row in rows)
                number = rows[-1].id

    def count(self) -> int:
        """Return how many submissions there are, over all forms."""
        return sum(self.account.count(form) for form in self.forms())

    def publish(self, name: str, data: bytes) -> None:  # noqa: ARG002 - the protocol names them
        """Refuse: a source may only read; lists go out under the login of the role publish."""
        raise NotPossible(kind=self.kind, what="publish")


def place(form: str, row: Row) -> str:
    """Return our handle of one version: form, number, instance id."""
    return f"{form}\t{row.id}\t{_id(row.instance or row.uuid)}"


def status(form: str, row: Row) -> Status:
    """Return what the server says of a submission as a whole."""
    return Status(form=form, root_id=_id(row.root or row.uuid), review=row.validation.uid or None)


def _mark(form: str, row: Row) -> Mark:
    return Mark(
        place=place(form, row),
        root_id=_id(row.root or row.uuid),
        version=_id(row.uuid),
        status=row.validation.uid,
        attachments=sum(not one.is_deleted for one in row.attachments),
    )


def _overlapped(number: int, rows: Sequence[Row]) -> int:
    """Return the number to go on from: so many rows, or so much time, before the last."""
    last = _instant(rows[-1].received)
    recent = [row.id for row in rows if last and (at := _instant(row.received)) and last - at <= OVERLAP]
    return min([max(number - OVERLAP_ROWS, 0), *(one - 1 for one in recent)])


def _parts(place: str) -> tuple[str, int, str]:
    form, number, version = place.split("\t")
    return form, int(number), version


def _id(text: str) -> str:
    """Return an id with its prefix, which Kobo leaves out here and there."""
    return text if not text or text.startswith("uuid:") else f"uuid:{text}"


def _instant(text: str) -> datetime | None:
    """Return Kobo's stamp as an aware instant; it has no zone and means UTC."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and not found.tzinfo else found
