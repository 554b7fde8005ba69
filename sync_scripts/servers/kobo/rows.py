"""From a row of KoboToolbox to what a pull knows, and where the pull of each form stands. Pure; asks nothing.

Where a page cannot be read as a whole, its rows are read one by one, so that one of them keeps no other away. What says nothing
(``null``) is as if it was left out; a number in place of a text is that text, and a text in place of a number that number. What is left
is blurred: the row is there, and waits until it can be read.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from sync_scripts.servers.base import Mark, Status
from sync_scripts.servers.http.call import Answer
from sync_scripts.servers.http.errors import ShapeUnknown
from sync_scripts.servers.kobo.shapes import Blurred, Row, Rows, Unparted

_MARKED: Final = frozenset({"_uuid", "meta/rootUuid", "_validation_status"})
"""What a mark is made of; that the files of a row cannot be read, it can leave unsaid."""


def untold(row: Row) -> bool:
    """Tell whether a row does not say as it should which version of what it is, and how that stands."""
    return not row.uuid or bool(unread(row) & _MARKED)


def place(form: str, row: Row) -> str:
    """Return our handle of one version: form, number, instance id."""
    return f"{form}\t{row.id}\t{ident(row.instance or row.uuid)}"


def unread(row: Row) -> frozenset[str]:
    """Return what of a row cannot be read."""
    return row.unread if isinstance(row, Blurred) else frozenset()


def statuses(form: str, rows: Iterable[Row]) -> tuple[Status, ...]:
    """Return what the server says of submissions as a whole; what cannot be read says nothing."""
    return tuple(_status(form, row) for row in rows if not unread(row))


def _status(form: str, row: Row) -> Status:
    said = row.validation
    return Status(
        form=form,
        root_id=ident(row.root or row.uuid),
        review=said.word or None,
        reviewer=said.by_whom or "",
    )


def mark_of(form: str, row: Row, *, light: bool) -> Mark:
    """Return the mark of a row; ``light`` = its files were not asked for."""
    version = ident(row.uuid or row.instance)
    return Mark(
        place=place(form, row),
        root_id=ident(row.root) or None,
        version=version,
        status=row.validation.word,
        reviewer=row.validation.by_whom or "",
        moved_ns=None if light else fingerprint(row) or None,
        blurred=not version or bool(unread(row) & _MARKED),
    )


def fingerprint(row: Row) -> int:
    """Return a number that moves when a file comes, goes or is replaced; 0 where there never was one."""
    shown = sorted((one.uid or str(one.id), one.is_deleted) for one in row.attachments)
    return int.from_bytes(hashlib.blake2b(repr(shown).encode(), digest_size=7).digest()) if shown else 0


def parts(place: str) -> tuple[str, int, str]:
    """Return form, number and instance id of a handle."""
    form, number, version = place.split("\t", 2)  # an id is what a phone says: a tab in it is part of it
    return form, int(number), version


def ident(text: str) -> str:
    """Return an id with its prefix, which Kobo leaves out here and there."""
    return text if not text or text.startswith("uuid:") else f"uuid:{text}"


def instant(text: str) -> datetime | None:
    """Return Kobo's stamp as an aware instant; it has no zone and means UTC."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and not found.tzinfo else found


_FIELDS: Final = {one.encode_name: one for one in msgspec.structs.fields(Row)}
_NUMBER: Final = "_id"


def lenient_rows(answer: Answer) -> Rows:
    """Return a page of data.

    Raises:
        ShapeUnknown: it is none.
        Unreachable: what else `Answer.json` raises.
    """
    try:
        return answer.json(Rows)
    except ShapeUnknown:
        page = answer.json(Unparted)
        return Rows(count=page.count, results=tuple(map(_alone, page.results)))


def lenient_row(answer: Answer) -> Row:
    """Return one row.

    Raises:
        ShapeUnknown: it is none, or something of it cannot be read.
        Unreachable: what else `Answer.json` raises.
    """
    try:
        return answer.json(Row)
    except ShapeUnknown:
        found = _alone(answer.json(msgspec.Raw))
        if isinstance(found, Blurred):
            raise
        return found


def _alone(raw: msgspec.Raw) -> Row:
    try:
        return msgspec.json.decode(raw, type=Row)
    except msgspec.MsgspecError:
        pass
    try:
        said = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return Blurred(id=0, unread=frozenset(_FIELDS))
    found: dict[str, Any] = {}
    unread = set()
    for name in _FIELDS.keys() & said.keys():
        try:
            value = _spoken(msgspec.json.decode(said[name]))
            if value is not None:
                found[_FIELDS[name].name] = _read(value, _FIELDS[name].type)
        except msgspec.MsgspecError:
            unread.add(name)
    if "id" not in found:
        found["id"] = 0
        unread.add(_NUMBER)
    return Blurred(**found, unread=frozenset(unread)) if unread else Row(**found)


def _read(value: Any, kind: Any) -> Any:
    """Return a value as what it should be. Raises `msgspec.ValidationError`."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        if type(value) is int:
            return msgspec.convert(str(value), kind)
        if type(value) is str:
            return msgspec.convert(value, kind, strict=False)
        raise


def _spoken(value: Any) -> Any:
    """Return a value without the members that say nothing."""
    if isinstance(value, dict):
        return {name: _spoken(inner) for name, inner in value.items() if inner is not None}
    return [_spoken(inner) for inner in value] if isinstance(value, list) else value


class Walk(msgspec.Struct, frozen=True):
    """A way through the rows of one form that has not shown all that were counted.

    Attributes:
        number: of the last row shown.
        count: rows counted when it began.
        seen: rows shown until now.
    """

    number: int
    count: int
    seen: int = 0


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the pull of one form stands: the number up to which all is surely held, and the walk under way."""

    after: int = 0
    walk: Walk | None = None


class Cursor(msgspec.Struct, frozen=True):
    """The opaque text that intake stores: where each form stands."""

    forms: dict[str, Position] = {}

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Return a stored cursor; one that cannot be read starts again."""
        try:
            return msgspec.json.decode(text, type=cls) if text else cls()
        except msgspec.MsgspecError:
            return cls()

    def at(self, form: str) -> Position:
        """Return where a form stands."""
        return self.forms.get(form, Position())

    def moved(self, form: str, position: Position) -> Cursor:
        """Return the cursor with one form elsewhere."""
        return Cursor({**self.forms, form: position})

    def write(self) -> str:
        """Return the text to store."""
        return msgspec.json.encode(self, order="deterministic").decode()


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the rows of a form were shown, lowest number first.

    Attributes:
        number: of the last row that has one which can be read.
        beside: rows right behind it whose number cannot be read, and which were shown.
    """

    number: int
    beside: int = 0


@dataclass(slots=True)
class Recent:
    """The last rows of one form, and the row before them: what is behind that one is asked for again.

    A number is one of the whole server: between two rows of a form there may be thousands of other people's, and a row of ours
    that was given a number first and is seen last. So what is asked again begins behind a row that is old enough, and not
    right before one that is not.

    Attributes:
        floor: number of the last row that is older than all of them; where the reading began, while there is none.
        numbers, time: so much before the last row is asked for again, whichever is more.
        most: rows remembered.
        timed: some row said when it came.
    """

    floor: int
    numbers: int
    time: timedelta
    most: int
    timed: bool = False
    _rows: deque[tuple[int, datetime]] = field(default_factory=deque)

    def add(self, rows: Iterable[Row]) -> None:
        """Take the rows of a page; one that does not say when it came says nothing here."""
        self._rows.extend((row.id, when) for row in rows if row.id and (when := instant(row.received)))
        self.timed = self.timed or bool(self._rows)
        while self._rows and (
            len(self._rows) > self.most or self._rows[-1][1] - self._rows[0][1] > self.time
        ):
            self.floor = self._rows.popleft()[0]

    def again_from(self, number: int) -> int:
        """Return the number to go on from once all was shown up to this one."""
        before = max(number - self.numbers, 0)
        return min(before, self.floor) if self.timed else before


def behind(at: Reached, rows: Sequence[Row]) -> tuple[Sequence[Row], Reached]:
    """Return the rows of a page, and how far they lead from where they were asked for.

    Those without a number behind the last one that has one come again with the next page: they are left to it, so that
    each is counted once.
    """
    numbered = [place for place, row in enumerate(rows) if row.id]
    if not numbered:
        return rows, Reached(at.number, at.beside + len(rows))
    last = numbered[-1]
    return rows[: last + 1], Reached(rows[last].id)
