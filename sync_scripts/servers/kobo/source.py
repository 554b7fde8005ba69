"""KoboToolbox as a source: what is new, the exact bytes of every version, files, light marks for the sweep.

Kobo cuts pages silently, has no "changed since" and a clock that the sender may set, so nothing here trusts a page
size or a time: new rows come by their number with an overlap, and edits, deletions and statuses by a sweep over light
marks whose number must equal the server's own count. Rules: reference of KoboToolbox, 1 and 8.
"""

from __future__ import annotations

import errno
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Final

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers import base, inquiry
from sync_scripts.servers.http.errors import ShapeUnknown
from sync_scripts.servers.kobo import sharing
from sync_scripts.servers.kobo.account import FIELDS, LIMIT, MARKS, Account, FormsMissing
from sync_scripts.servers.kobo.listing import ROWS_AT_ONCE, Fetching
from sync_scripts.servers.kobo.rows import (
    Cursor,
    Position,
    Reached,
    Recent,
    Walk,
    behind,
    fingerprint,
    ident,
    instant,
    mark_of,
    parts,
    place,
    statuses,
    unread,
    untold,
)
from sync_scripts.servers.kobo.shapes import Row
from sync_scripts.servers.kobo.sharing import Partly

OVERLAP_ROWS = 200
OVERLAP = timedelta(minutes=10)
"""Numbers are given before a row can be seen: the last rows are asked for again, by number and by time."""
RECENT = 20_000
"""Rows remembered for the overlap by time, at most."""

_ABILITIES = base.Abilities(edits_by_root=True, deletions="swept")


PagesShort: Final = Unreachable.declare(
    "DK-I54",
    "The server {server} counts {count} submissions and showed {seen}. What came is stored; the rest is asked for "
    "again at the next pull. If this happens twice, run dikalo doctor.",
)


@dataclass(slots=True)
class _Book:
    """Where the pages of all forms stand while they are taken, and the last rows of the form at hand."""

    cursor: Cursor
    recent: Recent = field(default_factory=lambda: Recent(0, 0, OVERLAP, 0))


@dataclass(frozen=True, slots=True)
class Kobo:
    """One account of a KoboToolbox, for pulling.

    Attributes:
        name: the server's name in the settings, part of every raw row's key.
        account: its calls, with a token that should do no more than read.
        wanted: uids of the forms to pull; empty = every deployed form that the account sees.
        beside: uids of further forms to pull, where the account sees them: those that are some team's.
    """

    name: str
    account: Account
    wanted: Sequence[str] = ()
    beside: Sequence[str] = ()
    kind: base.Kind = "kobo"
    abilities: base.Abilities = _ABILITIES
    _seen: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Under "", the forms of the last look."""
    _doing: dict[str, inquiry.Addresses] = field(default_factory=dict, init=False, repr=False, compare=False)
    """How the addresses of each form do in this run."""
    _partly: Partly = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Begin with no right known."""
        object.__setattr__(self, "_partly", Partly(self.account))

    @property
    def origin(self) -> str:
        """Return the host; the rows' numbers are unique over the whole server."""
        return f"kobo:{self.account.client.server}"

    def forms(self) -> list[str]:
        """Return the uids of the forms to pull; where the list of forms fails, those that are named, with their own troubles.

        Raises:
            NotLoggedIn: the server does not know who is asking, so what it shows proves nothing.
            FormsMissing, ShapeUnknown: the list fails, and none is named.
        """
        self._partly.begin(self.account.known().username)
        self._seen[""] = found = self._listed_forms()
        return found

    def _listed_forms(self) -> list[str]:
        if self.wanted and not self.beside:
            return list(self.wanted)
        try:
            there = self._partly.listed(self.account.deployed())
        except (FormsMissing, ShapeUnknown):
            if not self.wanted:
                raise
            there = list(self.beside)
        return inquiry.among(self.wanted, self.beside, there)

    def unseen(self, known: Collection[str], after: str | None) -> list[str]:
        """Return the forms that were pulled once and that the account does not see any more."""
        there = self._seen[""] if "" in self._seen else self.forms()
        return inquiry.unseen(self.wanted, self.beside, {*known, *Cursor.read(after).forms}, there)

    def partly(self) -> list[str]:
        """Return the forms of which the account does not surely read every submission."""
        return self._partly.among(self._seen[""] if "" in self._seen else self.forms())

    # --- new ---

    def pages(self, after: str | None) -> Iterator[base.Page]:
        """Yield what is new since the cursor, with the overlap, form by form."""
        return self.pages_of(after, lambda _form: 0)

    def pages_of(self, after: str | None, worth: base.Worth) -> Iterator[base.Page]:
        """Do so for the forms that are worth it, in this order.

        A form that cannot be read, or that shows fewer rows than it counts (`PagesShort`), comes as a trouble; its
        cursor stays where all is surely held.

        Raises:
            NotLoggedIn: as `forms`.
        """
        book = _Book(Cursor.read(after))
        forms, whole = inquiry.in_order(self.forms(), worth)
        if whole:
            self._doing.clear()
        for form in forms:
            try:
                yield from self._form(form, book)
            except (Unreachable, NotAllowed) as failure:
                yield base.Page((), book.cursor.write(), trouble=self._trouble(form, failure))

    def _trouble(self, form: str, failure: Unreachable | NotAllowed) -> base.Trouble:
        """Return what one form did; raises when the server as a whole does not answer."""
        self.account.me()
        return base.Trouble(form, failure)

    def _form(self, form: str, book: _Book) -> Iterator[base.Page]:
        """Yield the rows of one form, lowest number first, as many as were counted when it began.

        Its cursor moves once these were seen. What comes meanwhile is left: a busy form keeps no other one waiting.
        """
        position, amount = book.cursor.at(form), inquiry.Amount(LIMIT)
        walk = position.walk
        at = Reached(walk.number if walk else position.after)
        floor = max(position.after, walk.number - OVERLAP_ROWS) if walk else position.after
        book.recent = Recent(floor, OVERLAP_ROWS, OVERLAP, RECENT)
        while True:
            left, shown, at = self._rows(form, at, FIELDS, amount)
            walk = walk or Walk(position.after, left + len(shown))
            if not shown:
                break
            walk = Walk(at.number, walk.count, walk.seen + len(shown))
            book.recent.add(shown)
            reached = Position(max(position.after, book.recent.again_from(walk.number)))
            here = reached if walk.seen >= walk.count else Position(position.after, walk)
            book.cursor = book.cursor.moved(form, here)
            whole = (
                walk.seen >= walk.count and not at.beside
            )  # rows without a number may be the same ones again
            yield replace(self._page(form, shown, book.cursor.write()), later=left if whole else 0)
            if whole:
                break
        if walk.seen < walk.count:
            yield self._counted_again(form, position, walk, book)
        elif (
            form not in book.cursor.forms
        ):  # an empty one: that it was seen is worth knowing once it is hidden
            book.cursor = book.cursor.moved(form, position)
            yield base.Page((), book.cursor.write())

    def _counted_again(self, form: str, position: Position, walk: Walk, book: _Book) -> base.Page:
        """Return the end of a walk that showed fewer rows than were counted when it began, if there are no more by now.

        Raises:
            PagesShort: there are more; the form is begun again from where all is surely held.
        """
        if walk.seen < self.account.rows(form, position.after, MARKS, limit=1).count:
            book.cursor = book.cursor.moved(form, Position(position.after))
            raise PagesShort(server=self.account.client.server, count=walk.count, seen=walk.seen)
        reached = max(position.after, book.recent.again_from(walk.number))
        book.cursor = book.cursor.moved(form, Position(reached))
        return base.Page((), book.cursor.write())

    def _rows(
        self, form: str, at: Reached, fields: Sequence[str], amount: inquiry.Amount
    ) -> tuple[int, Sequence[Row], Reached]:
        """Return how many rows there are behind the next page, those of that page, and how far they lead.

        What leads back to where we have been would be read for ever.
        """
        rows = amount.of(partial(self.account.rows, form, at.number, fields, start=at.beside))
        shown, reached = behind(at, rows.results)
        if shown and (reached.number < at.number or reached == at or reached.beside > rows.count):
            raise inquiry.CursorRepeated(server=self.account.client.server, form=form)
        return max(rows.count - at.beside - len(shown), 0), shown, reached

    def _page(self, form: str, rows: Sequence[Row], cursor: str | None) -> base.Page:
        shown = tuple(self._sighting(form, row) for row in rows)
        return base.Page(shown, cursor, statuses(form, rows))

    def _sighting(self, form: str, row: Row) -> base.Sighting:
        return base.Sighting(
            place=place(form, row),
            moved_ns=fingerprint(row),
            road=self.kind,
            files=sum(not one.is_deleted for one in row.attachments),
            root_id=ident(row.root) or None,
            received_at=instant(row.received),
            submitter=row.submitter,
            number=row.id or None,
            version=ident(row.instance or row.uuid),
            barred=ShapeUnknown.code if unread(row) else "",
        )

    def again(self, wanted: Iterable[tuple[str, str]]) -> Iterator[base.Page]:
        """Yield pages that show these submissions as they are now; not those of a form that is no longer pulled."""
        for form, roots in inquiry.batches(wanted):
            if self.wanted and form not in {*self.wanted, *self.beside}:
                continue
            yield from self._named(form, roots)

    def _named(self, form: str, roots: Sequence[str]) -> Iterator[base.Page]:
        try:
            turns = {root: turn for turn, root in enumerate(roots)}
            found = self.account.of_roots(form, roots).results
            yield self._page(
                form, sorted(found, key=lambda row: turns.get(ident(row.root or row.uuid), 0)), None
            )
        except (Unreachable, NotAllowed) as failure:
            fewer = inquiry.halves(failure, roots)
            for each in fewer:
                yield from self._named(form, each)
            if not fewer:
                yield base.Page((), trouble=self._trouble(form, failure))

    # --- bytes ---

    def fetch(self, sightings: Iterable[base.Sighting]) -> Iterator[base.Found | base.Unread]:
        """Yield the XML of these versions, in their order; see `Fetching.all`."""
        return Fetching(self.account, self._doing).all(sightings)

    def alive(self) -> object:
        """Ask whose token it is."""
        return self.account.me()

    # --- files ---

    def attachments(self, place: str) -> tuple[base.AttachmentRef, ...]:
        """Return the files that are there, under the names the answers use.

        None of an edit that came since the place was shown: they are its own.

        Raises:
            FileGone: ESTALE, another version stands in this row by now.
        """
        form, number, version = parts(place)
        with inquiry.gone_by_now():
            row = self.account.row(form, number)
        if ident(row.instance or row.uuid) not in {"", version}:
            raise base.FileGone(errno=errno.ESTALE)
        listed = row.attachments
        return tuple(
            base.AttachmentRef(
                place=place,
                name=unicodedata.normalize("NFC", one.media_file_basename or one.filename.rpartition("/")[2]),
                handle=one.uid or str(one.id),
                mark=one.uid or str(one.id),
            )
            for one in listed
            if not one.is_deleted and (one.uid or one.id is not None)
        )

    def open(self, ref: base.AttachmentRef) -> AbstractContextManager[base.Reader]:
        """Open one file."""
        form, number, _version = parts(ref.place)
        with inquiry.gone_by_now():
            return self.account.file(form, number, ref.handle)

    # --- proof ---

    def sweep(self) -> base.Sweep:
        """Return a light mark of every submission, and how many the server counts."""
        return base.Sweep(self._part(form) for form in self.forms())

    def sweep_lightly(self) -> base.Sweep:
        """Return the same without the files, which are most of it: four addresses each, of every submission."""
        return base.Sweep(self._part(form, light=True) for form in self.forms())

    def _part(self, form: str, *, light: bool = False) -> base.Part:
        recount = partial(self.account.count, form)
        try:
            some = partial(self._partly.now, form)
            return base.Part(form, recount(), self._marks(form, light=light), recount, some)
        except (Unreachable, NotAllowed) as failure:
            return base.Part(form, 0, iter([self._trouble(form, failure)]), recount)

    def _marks(self, form: str, *, light: bool) -> Iterator[base.Mark | base.Trouble]:
        """Yield the marks of all rows, also of those that cannot be read: each is there, and is counted.

        It ends with a page behind which there is nothing: another one would show what came since, again and again.
        """
        fields = MARKS if light else (*MARKS, "_attachments")
        at, amount, left = Reached(0), inquiry.Amount(LIMIT), 1
        try:
            while left or at.beside:
                left, shown, at = self._rows(form, at, fields, amount)
                if not shown:
                    return
                yield from (mark_of(form, row, light=light) for row in self._plainly(form, shown, fields))
        except (Unreachable, NotAllowed) as failure:
            yield self._trouble(form, failure)

    def _plainly(self, form: str, rows: Sequence[Row], fields: Sequence[str]) -> Iterator[Row]:
        """Yield the rows of a page; one that does not tell its version as it should, with what else tells it."""
        numbers = [row.id for row in rows if row.id and untold(row)]
        fuller: dict[int, Row] = {}
        for start in range(0, len(numbers), ROWS_AT_ONCE):
            some, asked = numbers[start : start + ROWS_AT_ONCE], (*fields, "meta/instanceID")
            fuller |= {row.id: row for row in self.account.numbered(form, some, asked).results}
        return (fuller.get(row.id, row) for row in rows)

    def who(self, wanted: Iterable[tuple[str, str]]) -> tuple[base.Deed, ...] | None:
        """Return who edited or deleted these submissions, and when; None where the history cannot be asked."""
        return sharing.who(self.account, wanted)

    def count(self) -> int:
        """Return how many submissions there are, over all forms."""
        return sum(self.account.count(form) for form in self.forms())


def in_batches(
    account: Account, wanted: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, list[tuple[str, Row]] | base.Trouble]]:
    """Yield the present rows of submissions named by form and root, with their roots, some at a time.

    Raises what `Client.json` raises when the server as a whole does not answer.
    """
    for form, roots in inquiry.batches(wanted):
        try:
            found = account.of_roots(form, roots).results
            if any(map(unread, found)):
                raise ShapeUnknown(server=account.client.server)
            yield form, [(ident(row.root or row.uuid), row) for row in found]
        except (Unreachable, NotAllowed) as failure:
            account.me()
            yield form, base.Trouble(form, failure)
