"""Which server and project stood behind a name when it was pulled last: another one there has a cursor and deletions of its own.

Numbers and stamps of one server say nothing about another, and what the first one held need not be at the second.
Remembers a keyed tag of host and project alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.intake.tagging import Tagger
from sync_scripts.servers.base import Page
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema.raw import watermark

__all__ = ["ORIGIN", "Origin", "moved", "tag"]

ORIGIN: Final = "*origin"
"""Form of the watermark that remembers the tag, as JSON."""
_LENGTH: Final = 16


class Stood(msgspec.Struct, frozen=True):
    """What is remembered of a name.

    Attributes:
        tag: of host and project.
        moved: it was another one before, and this one was not compared to its end since.
    """

    tag: str
    moved: bool = False


def tag(tags: Tagger, server: str, origin: str) -> str:
    """Return the tag of a server's host and project."""
    return tags.place(server, origin, "")[:_LENGTH]


def stood(rows: Rows, server: str) -> Stood | None:
    """Return what was pulled last under a name, None where it never was."""
    value = rows.execute(select(watermark.c.value).where(_own(server, ORIGIN))).scalar()
    return msgspec.json.decode(value, type=Stood) if value else None


def moved(rows: Rows, server: str, own: str) -> bool:
    """Tell whether another server or project was pulled under this name last; ``own`` = the tag of the present one."""
    before = stood(rows, server)
    return before is not None and before.tag != own


@dataclass(slots=True)
class Origin:
    """The origin of one server while it is pulled.

    Attributes:
        register: where it is remembered.
        server: its name.
        own: its tag.
        dry_run: write nothing.
        fresh: another one was pulled under its name last: its cursor says nothing here.
        moved: what it does not show may never have been at it.
    """

    register: Register
    server: str
    own: str
    dry_run: bool
    fresh: bool = False
    moved: bool = False
    _known: bool = False

    def recall(self, rows: Rows) -> None:
        """Read what was pulled last."""
        before = stood(rows, self.server)
        self._known = before is not None and before.tag == self.own
        self.fresh = before is not None and not self._known
        self.moved = self.fresh or (before is not None and before.moved)

    def answered(self, pages: Iterable[Page], forget: Iterable[str], now: datetime) -> Iterator[Page]:
        """Yield the pages; with the first one that is no trouble the server is the one of this name.

        Before that a name or number that is written wrongly costs no cursor. ``forget`` names the watermarks that are another
        server's.
        """
        for page in pages:
            if page.trouble is None and not self._known:
                self._known = True
                self._write(Stood(self.own, self.moved), forget if self.fresh else (), now)
            yield page

    def compared(self, now: datetime) -> None:
        """Remember that it was compared to its end: what it holds is known from here on."""
        if self.moved:
            self.moved = False
            self._write(Stood(self.own), (), now)

    def _write(self, what: Stood, forget: Iterable[str], now: datetime) -> None:
        if self.dry_run:
            return
        value = msgspec.json.encode(what).decode()
        with self.register.writing() as rows:
            rows.execute(delete(watermark).where(_own(self.server, *forget)))
            rows.upsert(
                watermark, [{"server": self.server, "form": ORIGIN, "value": value, "at": instant(now)}]
            )


def _own(server: str, *forms: str) -> ColumnElement[bool]:
    return and_(watermark.c.server == server, watermark.c.form.in_(forms))
