"""Where a pull of one form stands and how it goes on. Pure: no network, no clock.

Central shows submissions newest first, so a cut after the first page must not move the watermark: the position keeps
the walk (its filter, the token of the next page, how many rows were promised and seen) and moves its watermark only
when every promised row was seen. Stamps are the server's own and are compared as instants; this laptop's clock plays
no part. A clock of the server that was ahead and was put right leaves a watermark in the future, behind which nothing
new would be seen: it is taken back. Rules: reference of Central, 5.1; all of them were seen on a real server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from sync_scripts.errors import Unreachable
from sync_scripts.servers.central.shapes import Row, Rows
from sync_scripts.servers.inquiry import CursorRepeated, too_many

OVERLAP = timedelta(minutes=10)
"""Rows become visible after rows with a later stamp: what is this much older is asked for again, every time."""
OVERLAP_OF_DAY = timedelta(hours=24)
"""The same at the first run of a day, and of the first run after a clock was put right."""
SECOND = timedelta(seconds=1)
BEGINNING = "1970-01-01T00:00:00.000Z"
NEVER = "9999-01-01T00:00:00.000Z"
"""Nothing came since."""


RowsMissing: Final = Unreachable.declare(
    "DK-I50",
    "The server {server} announced {count} submissions of the form {form} and showed {seen}. What came is stored; "
    "the rest is asked for again at the next pull. If this happens twice, run dikalo doctor.",
)
CentralTooOld: Final = RowsMissing.declare(
    "DK-I95",
    "The server {server} is an ODK Central before 2023.4, which dikalo cannot read page by page: of the {count} submissions of "
    "the form {form}, only the {seen} newest came. They are stored; older ones, and edits of them, do not come. Have the server "
    "updated (2023.4 at least; 2025.3 or later is best).",
)


class Walk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way through the pages of one form, not yet at its end.

    Attributes:
        since: the filter's instant, the same on every page.
        token: opaque, of the next page; empty before the first.
        count: rows promised by the first page.
        seen: rows shown until now.
        top: the latest stamp seen that is not after ``until``.
        until: when the walk began, by the server's clock; empty where it did not say. What later pages show may have happened
            since, as new rows may have come, which no later page shows.
    """

    since: str
    token: str = ""
    count: int = 0
    seen: int = 0
    top: str = ""
    until: str = ""


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the pull of one form stands: the latest stamp that is surely stored, and the walk under way."""

    after: str = ""
    walk: Walk | None = None


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """The opaque text that intake stores for a server: the day of the last wide look, and a position per form."""

    day: str = ""
    forms: dict[str, Position] = {}

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Return a stored cursor; one that cannot be read starts again, which costs time and loses nothing."""
        if not text:
            return cls()
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.MsgspecError:
            return cls()

    def write(self) -> str:
        """Return the text to store."""
        return msgspec.json.encode(self, order="deterministic").decode()

    def at(self, form: str) -> Position:
        """Return where a form stands."""
        return self.forms.get(form, Position())

    def moved(self, form: str, position: Position) -> Cursor:
        """Return the cursor with one form elsewhere."""
        return Cursor(self.day, {**self.forms, form: position})

    def on(self, day: str) -> Cursor:
        """Return the cursor after a wide look of this day."""
        return Cursor(day, self.forms)


def begin(position: Position, *, wide: bool, now: datetime | None = None) -> Walk:
    """Return the walk to take: the one under way, else a new one from the watermark less the overlap.

    Args:
        position: of the form.
        wide: it is the first of a day.
        now: by the server's clock, which says whole seconds.
    """
    if position.walk is not None:
        return position.walk
    until = "" if now is None else _text(now + SECOND)
    if not position.after:
        return Walk(since=BEGINNING, until=until)
    if _ahead(position, until):
        return Walk(since=_text(_instant(until) - OVERLAP_OF_DAY), until=until)
    overlap = OVERLAP_OF_DAY if wide else OVERLAP
    return Walk(since=_text(_instant(position.after) - overlap), until=until)


def _ahead(position: Position, until: str) -> bool:
    """Tell whether a watermark lies in the future of the server: its clock was ahead, and was put right."""
    return bool(until) and _instant(position.after) > _instant(until)


def query(walk: Walk, top: int, *, deleted: bool = True) -> dict[str, str | int]:
    """Return the parameters that ask for the next page of a walk; naming ``deletedAt`` shows ``deleted`` rows too."""
    stamps = ("submissionDate", "updatedAt", *(("deletedAt",) if deleted else ()))
    asked: dict[str, str | int] = {
        "$filter": " or ".join(f"__system/{stamp} ge {walk.since}" for stamp in stamps),
        "$top": top,
        "$count": "true",
    }
    return asked | ({"$skiptoken": walk.token} if walk.token else {})


def of_token(walk: Walk, status: int, *, stored: str) -> bool:
    """Tell whether a refusal of the next page of a walk may be its token's, ``stored`` being the one of an earlier run.

    It is 400, and 500 up to 2024.2, where the server cannot read it; of a token that it gave in this run it can. Anything else is
    said by whoever stands before it (413, 451), and no reason to begin a long walk again.

    >>> walk = Walk(BEGINNING, "01a")
    >>> [of_token(walk, status, stored="01a") for status in (400, 500, 451, 503)]
    [True, True, False, False]
    >>> of_token(walk, 500, stored="01b"), of_token(Walk(BEGINNING), 500, stored="")
    (False, False)
    """
    return bool(walk.token) and (status == 400 or (status == 500 and walk.token == stored))


@dataclass(frozen=True, slots=True)
class Step:
    """What one page makes of a walk: the position to store with its rows, and whether more pages follow."""

    position: Position
    more: bool


def step(server: str, form: str, position: Position, walk: Walk, page: Rows) -> Step:
    """Return the position after a page.

    Raises:
        RowsMissing: the pages ended before every promised row was seen.
        CentralTooOld: they did since the server names no way to the next one.
        CursorRepeated: the next token is the present one, or far more rows came than there are.
    """
    count = walk.count if walk.token else (page.count or 0)
    seen = walk.seen + len(page.value)
    ahead_at = token(page.next_link)
    top = latest([walk.top, *_before(walk, page.value)])
    if ahead_at and (ahead_at == walk.token or too_many(seen, count)):
        raise CursorRepeated(server=server, form=form)
    if page.next_link and not ahead_at and seen < count:
        raise CentralTooOld(server=server, form=form, count=count, seen=seen)
    uncounted = bool(ahead_at) and not count  # pages that nothing bounds
    if uncounted or ((not ahead_at or not page.value) and seen < count):
        raise RowsMissing(server=server, form=form, count=count, seen=seen)
    if ahead_at:
        ahead = msgspec.structs.replace(walk, token=ahead_at, count=count, seen=seen, top=top)
        return Step(Position(position.after, ahead), more=True)
    if _ahead(position, walk.until):
        return Step(Position(top or walk.until), more=False)
    return Step(Position(latest([position.after, top])), more=False)


def latest(stamps: Iterable[str | None]) -> str:
    """Return the latest of these stamps, "" when there is none; one that is no instant counts for nothing."""
    known = [(instant, stamp) for stamp in stamps if stamp and (instant := _instant_or_none(stamp))]
    return max(known)[1] if known else ""


def _before(walk: Walk, rows: Iterable[Row]) -> Iterable[str | None]:
    """Yield the stamps of a page that say how far a walk has come; those of later pages only where its beginning is known."""
    stamps = _stamps(rows)
    if not walk.until:
        return () if walk.token else stamps
    limit = _instant(walk.until)
    return (one for one in stamps if one and (at := _instant_or_none(one)) is not None and at <= limit)


def _stamps(rows: Iterable[Row]) -> Iterable[str | None]:
    for row in rows:
        yield from (row.system.submission_date, row.system.updated_at, row.system.deleted_at)


def token(link: str | None) -> str:
    """Return the token of a next link; the rest of the link carries the server's own idea of its address."""
    return next(iter(parse_qs(urlsplit(link).query).get("$skiptoken", ())), "") if link else ""


def _instant(stamp: str) -> datetime:
    return _instant_or_none(stamp) or datetime(1970, 1, 2, tzinfo=UTC)


def _instant_or_none(stamp: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
