"""What was read of one source: decided about, and stored a batch at a time, each in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sync_scripts.intake.building import Building
from sync_scripts.intake.encryption.unlocking import Unlocking
from sync_scripts.intake.places import followed
from sync_scripts.intake.places.owed import Owed
from sync_scripts.intake.receive import known
from sync_scripts.intake.receive.decisions import Decision, Item, Known, named
from sync_scripts.intake.receive.known import Forms
from sync_scripts.intake.receive.page_store import Keeper
from sync_scripts.intake.receive.plan import plan
from sync_scripts.intake.receive.tagging import Tagger
from sync_scripts.intake.receive.trial import Trial
from sync_scripts.intake.way import Way
from sync_scripts.register.building.pace import Pace
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.steps import step

__all__ = ["Storing"]


@dataclass(frozen=True, slots=True)
class Storing:
    """Stores what one source showed.

    Attributes:
        register, server, actor, way, tags: as of the source.
        trial: remembers what a dry run would have stored.
        forms: the form versions that the register holds.
        owed: what the source shows and does not hand over.
        building: builds what is stored.
        pace: how many submissions the next transaction stores.
    """

    register: Register
    server: Unlocking
    actor: Actor
    way: Way
    tags: Tagger
    trial: Trial
    forms: Forms
    owed: Owed
    building: Building
    pace: Pace = field(default_factory=Pace)

    def decide(self, items: Sequence[Item], cursor: tuple[str, str] | None) -> list[Decision]:
        """Decide about what was read, and store it but for a dry run.

        Args:
            items: what was read.
            cursor: (form, value) to go on from once this is stored.
        """
        return self._decide_only(items) if self.way.dry_run else self._store(items, cursor)

    def _store(self, items: Sequence[Item], cursor: tuple[str, str] | None) -> list[Decision]:
        """Store one batch in one transaction, then build what it touched, and say what was decided about it."""
        now = self.way.clock()
        step("pull.page")
        with (
            self.register.sealer() as sealer,
            self.register.writing(long=self.way.together) as rows,
            self.pace.measured() as measured,
        ):
            measured.append(len(items))
            facts = self._facts(rows, items)
            decisions = plan(items, facts, self.tags, instant(now))
            keeper = Keeper(
                rows=rows,
                sealer=sealer,
                server=self.server.name,
                tags=self.tags,
                actor=self.actor,
                now=now,
                mark=self.building.mark,
            )
            keeper.write(decisions, facts, cursor)
            self._owe(rows)
            followed.carry(rows, self.server.name, decisions)
        self.building.read(self.server.name, decisions)
        self.building.build()
        return decisions

    def _owe(self, rows: Rows) -> None:
        """Remember what was not handed over, in the transaction that moves the cursor past it."""
        if self.owed.unwritten and self.server.abilities.edits_by_root:
            self.owed.keep(rows)

    def remember(self) -> None:
        """Remember what was not handed over, where nothing else is stored."""
        if self.owed.unwritten and not self.way.dry_run:
            with self.register.writing() as rows:
                self._owe(rows)

    def _decide_only(self, items: Sequence[Item]) -> list[Decision]:
        """Decide as a real run would after the batches before this one, and write nothing."""
        with self.register.reading() as rows:
            facts = self._facts(rows, items)
        self.trial.known.add_to(facts, [one.answers.submission for one in items if one.answers])
        decisions = plan(items, facts, self.tags, instant(self.way.clock()))
        self.trial.note(decisions)
        return decisions

    def _facts(self, rows: Rows, items: Sequence[Item]) -> Known:
        said = [one.answers.submission for one in items if one.answers is not None]
        ids = {name for one in items for name in named(one)}
        closed = {one.locked.instance_id for one in items if one.locked is not None}
        facts = known.known(rows, self.server.name, said, self.forms, ids)
        facts.unproved = known.unproved(rows, self.server.name, closed)
        return facts
