"""What is new at one source: alerts first, up to what each form has when it is asked; and again the alerts that came since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import select

from sync_scripts.clock import Clock
from sync_scripts.intake.encryption.unlocking import Unlocking
from sync_scripts.intake.notes import MoreMeanwhile
from sync_scripts.intake.places.moved_server import Origin
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.served import Served
from sync_scripts.intake.tally import Tally
from sync_scripts.register.forms.submissions import kind_of
from sync_scripts.servers.base import Page
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import watermark

__all__ = ["NewPages"]


@dataclass(slots=True)
class NewPages:
    """Asks one source for what is new.

    Attributes:
        server: the source.
        served: knows the forms of the source.
        forms: the form versions that the register holds.
        tally: counts what came meanwhile.
        clock: gives the present moment.
        origin: what stood behind the name of the source, and how far each was read.
        follows: the first page tells that the source is the one of its name.
    """

    server: Unlocking
    served: Served
    forms: Forms
    tally: Tally
    clock: Clock
    origin: Origin
    follows: bool
    _alerts_to: str | None = None
    """How far alerts were looked at again in this run, None = not yet."""

    def cursor(self, rows: Rows) -> str | None:
        """Return how far the source was read, None = not at all; while another one's cursor is kept under its name, its own."""
        if self.origin.fresh:
            return self.origin.cursor
        mine = (watermark.c.server == self.server.name) & (watermark.c.form == "")
        return rows.execute(select(watermark.c.value).where(mine)).scalar()

    def since(self, cursor: str | None) -> Iterator[Page]:
        """Yield what is new since a cursor, and count what came while it was shown: the next pull takes that."""
        pages = self.server.pages_of(cursor, lambda form: 0 if self.urgent(form) else 1)
        for page in self.origin.answered(pages, self.clock()) if self.follows else pages:
            yield page
            self.tally.notes[MoreMeanwhile.code] += page.later

    def alerts(self, cursor: str | None) -> Iterator[Page]:
        """Yield what came of alerts since, and keep in mind how far that is: what is stored is where all forms stand."""
        for page in self.server.pages_of(
            self._alerts_to or cursor, lambda form: 0 if self.urgent(form) else None
        ):
            self._alerts_to = page.cursor or self._alerts_to
            yield replace(page, cursor=None)

    def urgent(self, form: str) -> bool:
        """Tell whether what came of a form, as its server calls it, may be an alert."""
        stamp = self.served.stamp(form) or self.server.keys.stamp(form)
        kinds = {kind_of(one.entities) for key, one in self.forms.splitters.items() if key[0] == stamp}
        return not kinds or "alert" in kinds
