"""Faults that other tools have, planted one at a time: each must make the tests of servers and pulls fail.

Loaded with ``pytest -p tests.intake.plants`` and ``DIKALO_PLANT=<name>``; without that variable it does nothing. The
list follows what was seen in other clients of the two servers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import true

from sync_scripts.errors import Unreachable
from sync_scripts.intake import one_source, pages
from sync_scripts.intake.encryption import parking, unparking
from sync_scripts.intake.places import in_waiting, owed, standing
from sync_scripts.intake.receive import known, reading, served
from sync_scripts.servers.base import AttachmentRef, Found, Mark, Page, Part, Trouble, Worth
from sync_scripts.servers.central import feed
from sync_scripts.servers.central import source as central
from sync_scripts.servers.kobo import account, listing
from sync_scripts.servers.kobo import source as kobo
from sync_scripts.store.schema.raw import submission, watermark
from tests.stories.swapping import swap

PLANTS: dict[str, Callable[[], None]] = {}
VARIABLE = "DIKALO_PLANT"


def _plant(function: Callable[[], None]) -> Callable[[], None]:
    PLANTS[function.__name__] = function
    return function


@_plant
def the_first_page_is_all() -> None:
    """A page shorter than what was asked for is taken for the last one."""
    whole = kobo.Kobo.pages_of

    def first(self: kobo.Kobo, after: str | None, worth: Worth) -> Iterator[Page]:
        yield next(whole(self, after, worth))

    swap(kobo.Kobo, pages_of=first)


@_plant
def no_overlap_of_numbers() -> None:
    """Strictly greater than the last number seen."""
    swap(kobo, OVERLAP_ROWS=0)
    swap(kobo, OVERLAP=timedelta(seconds=-1))


@_plant
def no_overlap_of_time() -> None:
    """From the last stamp on, and no further back."""
    swap(feed, OVERLAP=timedelta(0), OVERLAP_OF_DAY=timedelta(0))


@_plant
def the_watermark_is_the_newest_of_the_page() -> None:
    """Newest come first, so a cut after the first page loses all others."""
    real = feed.Cursor.write

    def eager(self: feed.Cursor) -> str:
        moved = {
            form: feed.Position(feed.latest([one.after, one.walk.top if one.walk else ""]))
            for form, one in self.forms.items()
        }
        return real(feed.Cursor(self.day, moved))

    swap(feed.Cursor, write=eager)


@_plant
def an_early_end_is_the_end() -> None:
    """Fewer rows than promised, and no error."""
    real = feed.step

    def trusting(*given: Any) -> feed.Step:
        try:
            return real(*given)
        except feed.RowsMissing:
            return feed.Step(feed.Position(given[2].after), more=False)

    swap(feed, step=trusting)


@_plant
def deleted_rows_are_not_asked_for() -> None:
    """The filter does not name ``deletedAt``."""
    real = feed.query

    def blind(*given: Any) -> dict[str, str | int]:
        asked = real(*given)
        return asked | {"$filter": str(asked["$filter"]).rpartition(" or ")[0]}

    swap(feed, query=blind)


@_plant
def versions_between_are_skipped() -> None:
    """Only the present version of an edited submission."""
    real = central.Central._versions_of

    def last(self: central.Central, *given: Any) -> tuple[list[tuple[str, str]], str]:
        versions, barred = real(self, *given)
        return versions[-1:], barred

    swap(central.Central, _versions_of=last)


@_plant
def the_key_follows_the_edit() -> None:
    """An edited submission is another submission."""
    real = central.Central._fetch

    def lost(self: central.Central, addresses: Any, one: Any) -> Any:
        found = real(self, addresses, one)
        if not isinstance(found, Found):
            return found
        return msgspec.structs.replace(found, root_id=one.place.rpartition("\t")[2])

    swap(central.Central, _fetch=lost)


@_plant
def an_error_is_an_empty_answer() -> None:
    """What fails looks like nothing new."""
    for kind in (central.Central, kobo.Kobo):
        whole = kind.pages_of

        def calm(self: Any, after: str | None, worth: Worth, whole: Any = whole) -> Iterator[Page]:
            try:
                yield from (replace(page, trouble=None) for page in whole(self, after, worth))
            except Unreachable:
                return

        swap(kind, pages_of=calm)


@_plant
def a_short_sweep_proves_absence() -> None:
    """What a list that ended early leaves out is gone."""
    for kind in (central.Central, kobo.Kobo):
        whole = kind._part

        def trusting(self: Any, form: str, whole: Any = whole, **how: Any) -> Part:
            part: Part = whole(self, form, **how)
            marks = list(part.marks)
            return replace(part, count=len(marks), marks=iter(marks))

        swap(kind, _part=trusting)


@_plant
def a_form_that_fails_is_an_empty_form() -> None:
    """What a form that cannot be read does not show is gone."""
    for kind in (central.Central, kobo.Kobo):
        whole = kind._part

        def trusting(self: Any, form: str, whole: Any = whole, **how: Any) -> Part:
            part: Part = whole(self, form, **how)
            marks: list[Mark | Trouble] = [one for one in part.marks if not isinstance(one, Trouble)]
            return replace(part, count=len(marks), marks=iter(marks))

        swap(kind, _part=trusting)


@_plant
def what_no_form_shows_is_gone() -> None:
    """Submissions of forms that are no longer asked for are looked for all the same."""
    swap(standing, _of_forms=lambda server, _forms: (submission.c.server == server,))


@_plant
def any_number_may_be_gone() -> None:
    """No fuse."""
    swap(standing, believable=lambda _found, _held: True)


@_plant
def the_fuse_takes_half_of_all_for_few() -> None:
    """It lets go whatever is no more than what is held."""
    swap(standing, FUSE_SHARE=1)


@_plant
def the_status_is_not_named() -> None:
    """Kobo then shows an empty one."""
    fields = tuple(name for name in account.FIELDS if name != "_validation_status")
    swap(kobo, FIELDS=fields, MARKS=("_id", "_uuid"))


@_plant
def late_files_are_not_asked_for() -> None:
    """What was not there at first is never fetched."""
    swap(one_source.Source, _awaited=lambda _self: [])


@_plant
def what_was_not_handed_over_is_forgotten() -> None:
    """The cursor has passed it, and nothing is asked for again by name."""
    swap(owed.Owed, recall=lambda _self, _rows: None)


@_plant
def versions_that_are_not_told_are_none() -> None:
    """An edited submission whose versions a Central does not tell is left out, and so never asked for again."""
    real = central.Central._versions_of

    def none(self: central.Central, *given: Any) -> tuple[list[tuple[str, str]], str]:
        versions, barred = real(self, *given)
        return ([], "") if barred else (versions, "")

    swap(central.Central, _versions_of=none)


@_plant
def a_form_that_is_not_listed_is_no_form() -> None:
    """Nobody misses it."""
    for kind in (central.Central, kobo.Kobo):
        swap(kind, unseen=lambda _self, _known, _after: [])


@_plant
def what_is_restored_stays_marked() -> None:
    """A tombstone is never lifted."""
    real = standing.changes
    swap(
        standing, changes=lambda held, said: [one for one in real(held, said) if one.status != standing.BACK]
    )


@_plant
def the_cursor_goes_ahead_of_the_rows() -> None:
    """It is stored before what it covers."""
    real = pages.Pages._some

    def hasty(self: Any, page: Page) -> Iterator[None]:
        if page.cursor is not None and not self.run.dry_run:
            mark = {
                "server": self.run.name,
                "form": "",
                "value": page.cursor,
                "at": "2026-11-25T00:00:00.000000Z",
            }
            with self.run.register.writing() as rows:
                rows.upsert(watermark, [mark])
        yield from real(self, page)

    swap(pages.Pages, _some=hasty)


@_plant
def names_of_files_keep_their_form() -> None:
    """An accent in two pieces is another name."""
    real = kobo.Kobo.attachments

    def raw(self: kobo.Kobo, place: str) -> tuple[AttachmentRef, ...]:
        import unicodedata

        return tuple(replace(ref, name=unicodedata.normalize("NFD", ref.name)) for ref in real(self, place))

    swap(kobo.Kobo, attachments=raw)


@_plant
def bytes_are_written_again() -> None:
    """The XML is parsed and serialised, so it is no longer what the phone sent."""
    from lxml import etree

    real = listing.cut
    swap(
        listing,
        cut=lambda data: {key: etree.tostring(etree.fromstring(one)) for key, one in real(data).items()},
    )


@_plant
def any_answer_may_be_the_id() -> None:
    """The first element called an instance id says whose bytes these are, wherever it stands."""
    named = re.compile(rb"<(?:\w+:)?instanceID>\s*([^<]*?)\s*<")
    real = listing.Fetching._listed

    def trusting(self: listing.Fetching, *given: Any) -> dict[str, bytes]:
        texts = real(self, *given).values()
        return {found[1].decode(): one for one in reversed(list(texts)) if (found := named.search(one))}

    swap(listing.Fetching, _listed=trusting)


@_plant
def bytes_are_believed_whosever_they_are() -> None:
    """What is handed over need not be the version that was asked for."""
    swap(reading, as_shown=lambda item: item)


@_plant
def a_place_that_was_read_proves_what_it_shows() -> None:
    """Whether the version is here is not looked at."""
    swap(known, held=lambda _rows, _server, versions: set(versions))


@_plant
def a_form_without_its_key_needs_none() -> None:
    """What the server serves says whether phones had to encrypt."""
    swap(served.Served, _had_to=lambda _self, row: row.public_key is not None)


@_plant
def what_waits_for_files_is_left_at_the_server() -> None:
    """It will be opened in half an hour, so nothing of it is taken."""
    real = parking.ParkedFiles.take
    swap(
        parking.ParkedFiles,
        take=lambda self, waits, **how: real(
            self, [one for one in waits if one.locked.reason != "files"], **how
        ),
    )


@_plant
def whatever_waits_is_here() -> None:
    """Whether its answers were taken is not looked at."""
    swap(in_waiting, TEXT_HERE=true())
    swap(unparking, TEXT_HERE=true())


@_plant
def a_stranger_is_believed() -> None:
    """An empty world is taken for a world with nothing in it."""
    swap(kobo.Kobo, forms=lambda self: list(self.wanted))


if os.environ.get(VARIABLE):
    PLANTS[os.environ[VARIABLE]]()
