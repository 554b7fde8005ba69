"""An ODK Central as a source: what may be new, the exact bytes of every version, files, light marks for a sweep.

The feed says which submissions are new or changed; their XML is then fetched version by version, because only the XML
is what the phone sent, and because a later version may not say which form version it was made with. A submission is
known by its first instance id for life; every later version is a place of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers import base, inquiry
from sync_scripts.servers.central import feed, older, shapes
from sync_scripts.servers.central.project import Project
from sync_scripts.servers.central.shapes import Proved, Row, Rows
from sync_scripts.servers.http.errors import AddressUnusable, NotThere, Refused, ServerDown

PAGE = 1000
"""Rows asked for at once."""
SWEEP = 5000
"""Marks asked for at once; both are halved when the server says that this is too much (504)."""


@dataclass(slots=True)
class _Book:
    """Where the pages of all forms stand while they are taken."""

    cursor: feed.Cursor


@dataclass(frozen=True, slots=True)
class Central:
    """One project of a Central, for pulling.

    Attributes:
        name: the server's name in the settings, part of every raw row's key.
        project: its calls, with a credential that may only read.
        wanted: ids of the forms to pull; empty = every form but mere drafts.
        beside: ids of further forms to pull, where the server has them: copies that are some team's.
    """

    name: str
    project: Project
    wanted: Sequence[str] = ()
    beside: Sequence[str] = ()
    page: int = PAGE
    kind: base.Kind = "central"
    abilities: base.Abilities = base.Abilities(edits_by_root=True, deletions="stamped")  # noqa: RUF009 - a frozen value
    _seen: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Under "", the forms of the last look."""
    _earlier: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    """Places, of those shown, whose version another one stands before: their files are asked for by version."""
    _doing: dict[tuple[str, str], inquiry.Addresses] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """How the addresses of each form do in this run, by kind and form."""

    @property
    def origin(self) -> str:
        """Return host and project."""
        return f"central:{self.project.client.server}:{self.project.id}"

    def forms(self) -> list[str]:
        """Return the ids of the forms to pull; one that the server does not have is an error of its first call."""
        if self.wanted and not self.beside:
            found = list(self.wanted)
        else:
            there = sorted(one.xml_form_id for one in self.project.published())
            found = inquiry.among(self.wanted, self.beside, there)
        self._seen[""] = found
        return found

    def unseen(self, known: Collection[str], after: str | None) -> list[str]:
        """Return the forms that were pulled once and that the account does not see any more."""
        there = self._seen[""] if "" in self._seen else self.forms()
        return inquiry.unseen(self.wanted, self.beside, {*known, *feed.Cursor.read(after).forms}, there)

    # --- new and changed ---

    def pages(self, after: str | None) -> Iterator[base.Page]:
        """Yield what may be new since the cursor, form by form, with what the server says of each submission."""
        return self.pages_of(after, lambda _form: 0)

    def pages_of(self, after: str | None, worth: base.Worth) -> Iterator[base.Page]:
        """Do so for the forms that are worth it, in this order.

        The first look of a server day goes 24 hours back, every other ten minutes. A form that cannot be read, whose
        pages of this run end early (`RowsMissing`) or go round in a circle (`CursorRepeated`) comes as a trouble.
        """
        book = _Book(feed.Cursor.read(after))
        _project, date = self.project.said()
        today = date.date().isoformat() if date else ""
        forms, whole = inquiry.in_order(self.forms(), worth)
        wide = today != book.cursor.day
        if whole:
            self._doing.clear()
        for form in forms:
            try:
                yield from self._form(form, book, date, wide=wide)
            except (Unreachable, NotAllowed) as failure:
                whole = False
                yield base.Page((), book.cursor.write(), trouble=self._trouble(form, failure))
        if whole:  # else the last page said where it stands
            yield base.Page((), book.cursor.on(today).write())

    def _trouble(self, form: str, failure: Unreachable | NotAllowed) -> base.Trouble:
        """Return what one form did; raises when the project as a whole does not answer."""
        self.project.said()
        return base.Trouble(form, failure)

    def _form(self, form: str, book: _Book, now: datetime | None, *, wide: bool) -> Iterator[base.Page]:
        """Yield the pages of one form, and note where they lead.

        Pages that an earlier run left behind show nothing of what came since; behind them a walk of its own does. A token
        that the server refuses (another release of it, another database) is given up, or it would be refused in every run, and so is
        a walk of an earlier run that now ends early (a row is gone): the form is begun again from the same watermark, once a run.
        Where the server rather failed at it (500), the walk is kept until the beginning is answered: it may fail at everything.
        """
        position, amount, more = book.cursor.at(form), inquiry.Amount(self.page, least=1), True
        stored = position.walk.token if position.walk else ""
        resumed, again = position.walk is not None, False
        while more:
            walk = feed.begin(position, wide=wide, now=now)
            try:
                rows = amount.of(partial(self._rows, form, walk))
            except (Refused, ServerDown) as failure:
                if not feed.of_token(walk, failure.status, stored=stored):
                    raise
                position = feed.Position(position.after)
                if isinstance(failure, Refused):
                    book.cursor = book.cursor.moved(form, position)
                if again:
                    raise  # the cursor goes along with the trouble
                resumed, again = False, True
                continue
            failed: Unreachable | None = None
            try:
                step = feed.step(self.project.client.server, form, position, walk, rows)
                position, more = step.position, step.more
            except (
                feed.RowsMissing,
                inquiry.CursorRepeated,
            ) as failure:  # begin again next time, from the same watermark
                position, failed = feed.Position(position.after), failure
            page = self._page(form, rows.value)  # asks for versions: until they are there, nothing moves
            book.cursor = book.cursor.moved(form, position)
            yield replace(page, cursor=book.cursor.write())
            if failed is not None and not resumed:
                raise failed
            if resumed and (failed is not None or not more):
                resumed, more = False, True

    def _rows(self, form: str, walk: feed.Walk, top: int) -> Rows:
        return older.since(self.project, form, walk, top)

    def _page(self, form: str, rows: Sequence[Row]) -> base.Page:
        """Return what rows show, without a cursor; asks for the versions of those that were edited more than once."""
        addresses = self._addresses("versions", form)
        shown = [one for row in rows for one in self._sightings(form, row, addresses)]
        return base.Page(tuple(shown), None, tuple(shapes.status(form, row) for row in rows))

    def _sightings(self, form: str, row: Row, addresses: inquiry.Addresses) -> Iterator[base.Sighting]:
        """Yield every version of a row; a deleted one has none, since its bytes can no longer be fetched.

        Where the server does not tell the versions, the first one is shown, which is known, and the present one as
        barred: nobody could tell that those between are missing, once it is here.
        """
        if row.system.deleted_at is not None:
            return
        moved = shapes.fingerprint(row)
        versions, barred = self._versions_of(form, row, addresses)
        for version, at in versions:
            current = version == shapes.instance_id(row)
            at_place = shapes.place(form, row.root, version)
            if not current:
                self._earlier.add(at_place)
            yield base.Sighting(
                place=at_place,
                moved_ns=moved if current else 0,
                road=self.kind,
                files=row.system.attachments_expected if current else None,
                root_id=row.root,
                received_at=shapes.instant(at),
                submitter=row.system.submitter_name,
                superseded=not current,
                version=version
                or (row.root if row.system.edits == 0 else ""),  # an encrypted row shows no meta
                barred=barred if current else "",
            )

    def _versions_of(
        self, form: str, row: Row, addresses: inquiry.Addresses
    ) -> tuple[list[tuple[str, str]], str]:
        """Return the versions of a row, oldest first, with their stamps, and why they are not all; "" = they are.

        Asks only when they are more than two.
        """
        first = row.system.submission_date
        if row.system.edits == 0:
            return [(shapes.instance_id(row), first)], ""
        ends = [(row.root, first), (shapes.instance_id(row), row.system.updated_at or first)]
        if row.system.edits == 1:
            return ends, ""
        if addresses.enough:
            return ends, addresses.code
        try:
            with addresses.asking():
                found = [(one.instance_id, one.created_at) for one in self.project.versions(form, row.root)]
        except (NotAllowed, Unreachable) as failure:
            return ends, addresses.aside(failure)
        except AddressUnusable:
            return ends, NotThere.code
        addresses.answered()
        return found[::-1], ""

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[base.Page]:
        """Yield pages that show these submissions as they are now; an id with a quote or a slash in it cannot be asked for.

        Those of a form that is no longer pulled are not shown.
        """
        for form, roots in inquiry.batches(wanted):
            if self._pulled(form):
                yield from self._named(form, [root for root in roots if older.nameable(root)])

    def nameable(self, form: str, root: str) -> bool:
        """Tell whether `again` surely asks for a submission; of a form that is no longer pulled, none is wanted."""
        return not self._pulled(form) or older.askable(self.project, root)

    def _pulled(self, form: str) -> bool:
        return not self.wanted or form in {*self.wanted, *self.beside}

    def _named(self, form: str, roots: Sequence[str]) -> Iterator[base.Page]:
        if not roots:
            return
        try:
            turns = {root: turn for turn, root in enumerate(roots)}
            found = older.named(self.project, form, roots)
            yield self._page(form, sorted(found, key=lambda row: turns.get(row.root, 0)))
        except (Unreachable, NotAllowed) as failure:
            fewer = inquiry.halves(failure, roots)
            for each in fewer:
                yield from self._named(form, each)
            if not fewer:
                yield base.Page((), trouble=self._trouble(form, failure))

    # --- bytes ---

    def fetch(self, sightings: Iterable[base.Sighting]) -> Iterator[base.Found | base.Unread]:
        """Yield the XML of these versions, in their order, as many on the way at once as are worth it.

        One that is gone, too large, or whose address alone fails comes back as unread, and so do those of a form that are not
        asked for any more in this run; a server that is down raises.
        """
        return self.project.client.lanes.each(
            lambda one: self._fetch(self._addresses("xml", shapes.parts(one.place)[0]), one), sightings
        )

    def alive(self) -> object:
        """Ask for the project."""
        return self.project.said()

    def _addresses(self, kind: str, form: str) -> inquiry.Addresses:
        return self._doing.setdefault((kind, form), inquiry.Addresses(self.alive))

    def _fetch(self, addresses: inquiry.Addresses, one: base.Sighting) -> base.Found | base.Unread:
        if one.barred:
            return base.Unread(one, one.barred)
        if addresses.enough:
            return base.Unread(one, addresses.code, asked=False)
        form, root, version = shapes.parts(one.place)
        try:
            with addresses.asking():
                content = self.project.xml(form, root, version or None)
        except (NotAllowed, Unreachable) as failure:
            return base.Unread(one, addresses.aside(failure))
        except AddressUnusable:  # an id such as "..", which no address can name
            return base.Unread(one, NotThere.code)
        addresses.answered()
        return base.Found(
            one,
            content,
            shape="central",
            received_at=one.received_at,
            submitter=one.submitter,
            root_id=root,
        )

    # --- files ---

    def attachments(self, place: str) -> tuple[base.AttachmentRef, ...]:
        """Return the files that are there for a version."""
        form, root, _version = shapes.parts(place)
        with inquiry.gone_by_now():
            listed = self.project.files(form, root, self._own(place))
        return tuple(
            base.AttachmentRef(place=place, name=unicodedata.normalize("NFC", one.name), handle=one.name)
            for one in listed
            if one.exists
        )

    def hold(self, places: Iterable[str]) -> None:
        """Let the files of these places be asked for by version: an edit may have come since they were shown."""
        self._earlier.update(places)

    def _own(self, place: str) -> str | None:
        """Return the version by which the files of a place are asked for; None = it is the present one."""
        return shapes.parts(place)[2] if place in self._earlier else None

    @contextmanager
    def open(self, ref: base.AttachmentRef) -> Iterator[base.Reader]:
        """Open one file; bytes that do not give the digest that the server says were cut or changed."""
        form, root, _version = shapes.parts(ref.place)
        with inquiry.gone_by_now():
            opened = self.project.file(form, root, ref.handle, self._own(ref.place))
        with opened as body:
            yield Proved(body, shapes.said_of(body.headers, body.location), self.project.client.server)

    def mark_of(self, ref: base.AttachmentRef) -> str | None:
        """Return the digest of one file, None when it is not there any more, "" when this server says none."""
        form, root, _version = shapes.parts(ref.place)
        headers = self.project.file_headers(form, root, ref.handle, self._own(ref.place))
        return None if headers is None else shapes.said_of(headers, headers.get("location", ""))

    def place_of(self, form: str, root_id: str, instance_id: str) -> str:
        """Return the place of a present version."""
        return shapes.place(form, root_id, instance_id)

    # --- proof ---

    @property
    def deletions_late(self) -> bool:
        """Tell whether its pages were found to show no deletion, so that only a sweep does."""
        return older.DELETED_AT in self.project.lacks

    def sweep(self) -> base.Sweep:
        """Return a mark of every submission that is not deleted, and how many there are; nothing of their answers.

        The count of a form is that of its first page, in the same answer: what arrives meanwhile is in neither.
        """
        return base.Sweep(self._part(form) for form in self.forms())

    def _part(self, form: str) -> base.Part:
        recount = partial(self.project.count, form)
        amount = inquiry.Amount(SWEEP)
        try:
            rows = amount.of(lambda top: self.project.rows(form, {"$top": top, "$count": "true"}))
        except (Unreachable, NotAllowed) as failure:
            return base.Part(form, 0, iter([self._trouble(form, failure)]), recount)
        return base.Part(form, rows.count or 0, self._marks(form, rows, amount), recount)

    def _marks(self, form: str, rows: Rows, amount: inquiry.Amount) -> Iterator[base.Mark | base.Trouble]:
        """Yield the marks of the first page and of those that follow; a circle is a trouble, even where its rows are as many."""
        ahead, before, seen, count = feed.token(rows.next_link), "", len(rows.value), rows.count or 0
        yield from (shapes.mark(form, row) for row in rows.value)
        try:
            while ahead:
                if ahead == before or inquiry.too_many(seen, count):
                    raise inquiry.CursorRepeated(server=self.project.client.server, form=form)
                rows = amount.of(partial(self._further, form, ahead))
                yield from (shapes.mark(form, row) for row in rows.value)
                ahead, before, seen = feed.token(rows.next_link), ahead, seen + len(rows.value)
        except (Unreachable, NotAllowed) as failure:
            yield self._trouble(form, failure)

    def _further(self, form: str, token: str, top: int) -> Rows:
        return self.project.rows(form, {"$top": top, "$skiptoken": token})

    def count(self) -> int:
        """Return how many submissions are not deleted, over all forms."""
        return sum(self.project.count(form) for form in self.forms())
