"""What is new at one source, alerts first, and how what was read of it is stored: a batch at a time, each in one transaction.

How a page is read stands in ``pages``; nothing here asks for a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from sync_scripts.intake.building import Building
from sync_scripts.intake.notes import MoreMeanwhile
from sync_scripts.intake.places import followed
from sync_scripts.intake.places.moved_server import Origin
from sync_scripts.intake.places.owed import Owed
from sync_scripts.intake.receive import known
from sync_scripts.intake.receive.decisions import Decision, Item, Known, named
from sync_scripts.intake.receive.page_store import Keeper
from sync_scripts.intake.receive.plan import plan
from sync_scripts.intake.receive.served import Served
from sync_scripts.intake.run import Run
from sync_scripts.register.building.portions import Pace
from sync_scripts.register.forms.submissions import kind_of
from sync_scripts.servers.base import Page
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.durable import step
from sync_scripts.store.schema.raw import watermark


@dataclass(slots=True)
class NewPages:
    """Asks the source of a run for what is new.

    Attributes:
        served: knows the forms of the source.
        origin: what stood behind the name of the source, and how far each was read.
        follows: the first page tells that the source is the one of its name.
    """

    run: Run
    served: Served
    origin: Origin
    follows: bool
    _alerts_to: str | None = None
    """How far alerts were looked at again in this run, None = not yet."""

    def cursor(self, rows: Rows) -> str | None:
        """Return how far the source was read, None = not at all; while another one's cursor is kept under its name, its own."""
        if self.origin.fresh:
            return self.origin.cursor
        mine = (watermark.c.server == self.run.name) & (watermark.c.form == "")
        return rows.execute(select(watermark.c.value).where(mine)).scalar()

    def since(self, cursor: str | None) -> Iterator[Page]:
        """Yield what is new since a cursor, and count what came while it was shown: the next pull takes that."""
        pages = self.run.server.pages_of(cursor, lambda form: 0 if self.urgent(form) else 1)
        for page in self.origin.answered(pages, self.run.clock()) if self.follows else pages:
            yield page
            self.run.tally.notes[MoreMeanwhile.code] += page.later

    def alerts(self, cursor: str | None) -> Iterator[Page]:
        """Yield what came of alerts since, and keep in mind how far that is: what is stored is where all forms stand."""
        for page in self.run.server.pages_of(
            self._alerts_to or cursor, lambda form: 0 if self.urgent(form) else None
        ):
            self._alerts_to = page.cursor or self._alerts_to
            yield replace(page, cursor=None)

    def urgent(self, form: str) -> bool:
        """Tell whether what came of a form, as its server calls it, may be an alert."""
        stamp = self.served.stamp(form) or self.run.server.keys.stamp(form)
        kinds = {kind_of(one.entities) for key, one in self.run.forms.splitters.items() if key[0] == stamp}
        return not kinds or "alert" in kinds


@dataclass(frozen=True, slots=True)
class Storing:
    """Stores what the source of a run showed.

    Attributes:
        owed: what the source shows and does not hand over.
        building: builds what is stored.
        pace: how many submissions the next transaction stores.
    """

    run: Run
    owed: Owed
    building: Building
    pace: Pace = field(default_factory=Pace)

    def decide(self, items: Sequence[Item], cursor: tuple[str, str] | None) -> list[Decision]:
        """Decide about what was read, and store it but for a dry run.

        Args:
            items: what was read.
            cursor: (form, value) to go on from once this is stored.
        """
        return self._decide_only(items) if self.run.dry_run else self._store(items, cursor)

    def _store(self, items: Sequence[Item], cursor: tuple[str, str] | None) -> list[Decision]:
        """Store one batch in one transaction, then build what it touched, and say what was decided about it."""
        now = self.run.clock()
        step("pull.page")
        with (
            self.run.register.sealer() as sealer,
            self.run.register.writing(long=self.run.way.together) as rows,
            self.pace.measured() as measured,
        ):
            measured.append(len(items))
            facts = self._facts(rows, items)
            decisions = plan(items, facts, self.run.tags, instant(now))
            keeper = Keeper(
                rows=rows,
                sealer=sealer,
                server=self.run.name,
                tags=self.run.tags,
                actor=self.run.actor,
                now=now,
                mark=self.building.mark,
            )
            keeper.write(decisions, facts, cursor)
            self._owe(rows)
            followed.carry(rows, self.run.name, decisions)
        self.building.read(self.run.name, decisions)
        self.building.build()
        return decisions

    def _owe(self, rows: Rows) -> None:
        """Remember what was not handed over, in the transaction that moves the cursor past it."""
        if self.owed.unwritten and self.run.server.abilities.edits_by_root:
            self.owed.keep(rows)

    def remember(self) -> None:
        """Remember what was not handed over, where nothing else is stored."""
        if self.owed.unwritten and not self.run.dry_run:
            with self.run.register.writing() as rows:
                self._owe(rows)

    def _decide_only(self, items: Sequence[Item]) -> list[Decision]:
        """Decide as a real run would after the batches before this one, and write nothing."""
        with self.run.register.reading() as rows:
            facts = self._facts(rows, items)
        self.run.trial.known.add_to(facts, [one.answers.submission for one in items if one.answers])
        decisions = plan(items, facts, self.run.tags, instant(self.run.clock()))
        self.run.trial.note(decisions)
        return decisions

    def _facts(self, rows: Rows, items: Sequence[Item]) -> Known:
        said = [one.answers.submission for one in items if one.answers is not None]
        ids = {name for one in items for name in named(one)}
        closed = {one.locked.instance_id for one in items if one.locked is not None}
        facts = known.known(rows, self.run.name, said, self.run.forms, ids)
        facts.unproved = known.unproved(rows, self.run.name, closed)
        return facts
