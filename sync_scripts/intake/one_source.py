"""One source being pulled: page by page look what may be new, read it, decide, store the whole page, then its files.

What a pull of several sources is, and how it ends, stands in ``pull``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake import followed, known, parking, secrecy, tried_first
from sync_scripts.intake.awaited import awaited
from sync_scripts.intake.batches import (
    BATCH,
    in_one_piece,
    may_be_new,
    new_first,
    next_size,
    only_files,
    portion,
    undisturbed,
)
from sync_scripts.intake.choice import FILE_LIMIT, Holder
from sync_scripts.intake.files import Files, Shadow
from sync_scripts.intake.hearing import Hearing
from sync_scripts.intake.hidden import hidden, partly
from sync_scripts.intake.keep import Build, Keeper, outcome
from sync_scripts.intake.known import Forms
from sync_scripts.intake.left_there import fitting, shows
from sync_scripts.intake.owed import Owed
from sync_scripts.intake.parking import ParkedFiles
from sync_scripts.intake.plan import (
    AWAITS_FILES,
    QUARANTINED,
    WAITING,
    Decision,
    Filed,
    Item,
    Keep,
    Known,
    Same,
    Seen,
    Wait,
    named,
    plan,
)
from sync_scripts.intake.proof import lacking
from sync_scripts.intake.reading import Reading
from sync_scripts.intake.recheck import Recheck
from sync_scripts.intake.refusals import UnknownForm, UnknownVersion
from sync_scripts.intake.report import FormHidden, FormReadInPart, NotAskedFor
from sync_scripts.intake.served import Served
from sync_scripts.intake.sweeping import Sweeper
from sync_scripts.intake.tagging import Tagger
from sync_scripts.intake.tally import Tally
from sync_scripts.intake.unlocking import Unlocking
from sync_scripts.intake.way import Way
from sync_scripts.intake.who import Who
from sync_scripts.servers.base import Found, Page, Sighting, Unread
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema.raw import quarantine, watermark
from sync_scripts.store.steps import step

__all__ = ["Source", "Way"]


@dataclass(slots=True)
class Source:
    """One source being pulled. ``overlay`` remembers what a dry run would have stored."""

    register: Register
    server: Unlocking
    actor: Actor
    way: Way
    tally: Tally
    tags: Tagger
    overlay: Known
    forms: Forms = field(default_factory=Forms)
    shadow: Shadow = field(default_factory=dict)
    _origin: str = ""
    _unread: bool = False
    _size: int = BATCH
    """Places of the next portion: few where they may come encrypted."""
    _late: frozenset[str] = frozenset()
    _left: frozenset[tuple[str, str]] = frozenset()
    _served: Served = field(init=False)
    _owed: Owed = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing owed and no form read."""
        self._owed = Owed(self.register, self.server.name, self.way.clock, self.way.dry_run)
        self._served = Served(
            self.register, self.server.server, self.forms, self.way.clock, dry_run=self.way.dry_run
        )

    def pull(self) -> None:
        """Bring what is new from it.

        Raises:
            NotAllowed, Unreachable: it is out of reach; what was stored before stays.
        """
        try:
            self._pull()
            self.server.spool.empty()
        finally:
            self.server.let_go()
            self.tally.notes.update(self._served.notes)

    def _pull(self) -> None:
        self._origin = self.server.origin
        self._prepare_spool()
        with self.register.reading() as rows:
            self.forms.refresh(rows)
            self._owed.recall(rows)
            self._late = tried_first.recall(rows, self.server.name)
            self._left = frozenset(fitting(rows, self.server.name, self.way.file_limit, FILE_LIMIT))
            cursor = rows.execute(
                select(watermark.c.value).where(
                    watermark.c.server == self.server.name, watermark.c.form == ""
                )
            ).scalar()
        self.server.late = lambda place, handle: self.tags.file(place, handle) in self._late
        self._owed.in_turn = self.way.only is None
        self._all(self.server.pages(None if self._from_the_start() else cursor))
        self._owed.in_turn = False
        if self.server.abilities.edits_by_root and self.way.only is None:
            self._all(self.server.again(self._awaited()))
            sweeper = self._sweeper()
            if sweeper.due():
                sweeper.sweep()
            elif not self.tally.troubled(self.server.name):
                sweeper.say_when()
            if not self.way.dry_run:
                self._all(self.server.again(self._others()))
            self._settle(sweeper)
            if self._unread:
                sweeper.next_time()
            if not self.way.dry_run:
                hearing = self._hearing()
                Who(self.register, self.server.server, self.actor, self.way.clock, hearing.mark).ask()

    def _prepare_spool(self) -> None:
        """Let encrypted files that come whole outlive a run that is cut; few submissions at once, if there may be any."""
        if self.server.kind == "folder":
            return
        if self.server.keys.halves and not self.way.together:
            self._size = 1
        if not self.way.dry_run:
            spool = self.server.spool
            spool.own = self.tags.place(self.server.name, self._origin, "")[:16]
            spool.name = lambda ref: self.tags.file(ref.place, f"{ref.handle}\0{ref.mark}")

    def _settle(self, sweeper: Sweeper) -> None:
        """Remember what the server still owes; say so, and what is not seen, where there is no proof then."""
        some = partly(self.server.server)
        self._owed.settle({*some, *(form for _name, form in self.tally.troubles)})
        self.tally.notes[NotAskedFor.code] += self.server.not_asked
        late = {self.tags.file(place, handle) for place, handle in self.server.not_come()}
        if late != self._late and not self.way.dry_run:
            with self.register.writing() as rows:
                tried_first.keep(rows, self.server.name, late, self.way.clock())
        with self.register.reading() as rows:
            gone = hidden(rows, self.server, self.server.server)
        self.tally.notes[FormHidden.code] += len(gone)
        self.tally.notes[FormReadInPart.code] += len(some)
        lacking(self.tally.proofs, self.server.name, len(self._owed.now), gone, some)
        if some:
            sweeper.unproved()

    def _from_the_start(self) -> bool:
        """Tell whether places behind the cursor must be shown again: those asked for, and those readable by now."""
        if self.way.only is not None:
            return True
        with self.register.reading() as rows:
            return bool(self._solvable(rows))

    def _all(self, pages: Iterable[Page]) -> None:
        hearing = self._hearing()
        for page in pages:
            if page.trouble is not None:
                self.tally.trouble(self.server.name, page.trouble)
            with undisturbed():
                hearing.hear(page.statuses)
                self._page(page)
                if not self.way.dry_run:  # what was stored only now is reviewed, or gone, already
                    hearing.hear(page.statuses)
            self.way.progress(len(page.sightings))

    def _page(self, page: Page) -> None:
        self.tally.counts["seen"] += len(page.sightings)
        fresh = new_first(self._fresh(page.sightings), self.way.clock())
        self.tally.counts["unchanged"] += len(page.sightings) - len(fresh)
        moved = page.cursor is not None and self.way.only is None
        while True:
            size = len(fresh) if self.way.together else portion(fresh, self._size)
            batch, fresh = fresh[:size], fresh[size:]
            # the cursor goes on only with the last rows of its page
            self._batch(batch, ("", page.cursor or "") if moved and not fresh else None)
            if not fresh:
                return

    def _fresh(self, sightings: Sequence[Sighting]) -> list[tuple[str, Sighting, Seen | None]]:
        """Return the places that may hold something new, with their tags and how they looked before."""
        tagged = [
            (one.tag or self.tags.place(self.server.name, self._origin, one.place), one) for one in sightings
        ]
        only = self.way.only
        if only is not None:
            tagged = [(tag, one) for tag, one in tagged if tag in only]
            self.tally.shown.update(tag for tag, _one in tagged)
        with self.register.reading() as rows:
            before = known.seen(rows, self.server.name, [tag for tag, _one in tagged])
            outcomes = {one.outcome for one in before.values()}
            solvable = self._solvable(rows) if QUARANTINED in outcomes else set()
            if WAITING in outcomes:
                ready = parking.openable(rows, self.server.name, self.server.keys.newest, self.way.clock())
                solvable |= {row.source_tag for row in ready}
        return [
            (tag, one, before.get(tag))
            for tag, one in tagged
            if only is not None
            or tag in solvable
            or may_be_new(one, before.get(tag))
            or shows(one, self._left)
        ]

    def _solvable(self, rows: Rows) -> set[str]:
        """Return the places of entries whose form version was not known and is now."""
        asked = select(quarantine.c.source_tag, quarantine.c.form, quarantine.c.form_version).where(
            quarantine.c.server == self.server.name,
            quarantine.c.state == "open",
            quarantine.c.problem.in_([UnknownForm.code, UnknownVersion.code]),
        )
        return {
            row.source_tag
            for row in rows.execute(asked)
            if (row.form, row.form_version) in self.forms.splitters
        }

    def _batch(
        self, places: Sequence[tuple[str, Sighting, Seen | None]], cursor: tuple[str, str] | None
    ) -> None:
        """Read some places and store what they show; then take their files.

        Raises:
            NotAllowed, Unreachable: the source ended it. What was read by then is stored; the cursor stays where it was.
        """
        places = [one for one in places if not self._vain(one[1])]
        filed = self._filed(places)
        here = {one.item.tag for one in filed}
        items, ended = self._read([one for one in places if one[0] not in here])
        decisions = self._decided(items, cursor if ended is None else None)
        holders: list[Holder] = [
            one for one in decisions if isinstance(one, Keep | Same) and outcome(one).endswith(AWAITS_FILES)
        ]
        if ended is None:
            self._files().take([*filed, *holders])
            if not self.way.dry_run:
                self._parked().take(one for one in decisions if isinstance(one, Wait))
        else:  # what came encrypted brought its files along: they lie here
            with suppress(NotAllowed, Unreachable):
                self._files().take([one for one in holders if one.item.wrapped is not None])
        self.server.let_go()
        if ended is not None:
            raise ended

    def _decided(self, items: Sequence[Item], cursor: tuple[str, str] | None) -> list[Decision]:
        """Decide about what was read, store it and count it."""
        if not items and cursor is None:
            self._remember()
            return []
        decisions = self._decide_only(items) if self.way.dry_run else self._store(items, cursor)
        self._remark(decisions)
        self.tally.decided(decisions)
        self.tally.notes.update(secrecy.notes(decisions))
        return decisions

    def _filed(self, places: Sequence[tuple[str, Sighting, Seen | None]]) -> list[Filed]:
        """Return those whose text is here and need not be asked for again; a folder's costs nothing."""
        if not self.server.abilities.edits_by_root or self.way.only is not None:
            return []
        candidates = [(tag, one, before) for tag, one, before in places if only_files(one, before)]
        with self.register.reading() as rows:
            held = known.filed(rows, self.server.name, [one.version for _tag, one, _before in candidates])
        return [
            Filed(Item(tag, Found(one, b""), before), version)
            for tag, one, before in candidates
            if (version := held.get(one.version)) is not None and one.root_id in {None, version.root_id}
        ]

    def _files(self) -> Files:
        return Files(
            register=self.register,
            server=self.server,
            tags=self.tags,
            actor=self.actor,
            now=self.way.clock(),
            tally=self.tally,
            dry_run=self.way.dry_run,
            limit=self.way.file_limit,
            shadow=self.shadow,
        )

    def _parked(self) -> ParkedFiles:
        return ParkedFiles(
            self.register,
            self.server,
            self.tags,
            self.actor,
            self.way.clock(),
            self.tally,
            self.way.file_limit,
        )

    def _vain(self, one: Sighting) -> bool:  # once a run is enough
        return self._owed.refused(one) or self.server.in_vain(one.place)

    def _remark(self, decisions: Sequence[Decision]) -> None:
        """Note what is remarkable about the versions of a page."""
        self.tally.notes.update(followed.notes(decisions))
        with self.register.reading() as rows:
            late = followed.outdated(rows, self.server.name, decisions)
        self.tally.notes[followed.EditedAfterApproval.code] += late

    def _read(
        self, places: Sequence[tuple[str, Sighting, Seen | None]]
    ) -> tuple[list[Item], NotAllowed | Unreachable | None]:
        """Return what these places say, and what ended it before all of them were read, None when they were."""
        by_place = {one.place: (tag, before) for tag, one, before in places}
        reading = Reading(self.server, self._served, take_clear=self.way.take_clear)
        items: list[Item] = []
        came: list[Found | Unread] = []
        ended: NotAllowed | Unreachable | None = None
        try:
            for found in self.server.fetch([one for _tag, one, _before in places]):
                came.append(found)  # noqa: PERF402 - what came before a failure is kept
        except (NotAllowed, Unreachable) as failure:
            ended = failure
        try:
            for found in came if ended is None else in_one_piece(came):
                tag, before = by_place[found.sighting.place]
                if isinstance(found, Unread):
                    self._unread = True
                    self._owed.note(found.sighting, asked=found.asked)
                    first = self.tally.unread(self.server, found.sighting, tag)
                    self.tally.notes[followed.unread(self.server.kind, found)] += first
                else:
                    items.append(reading.item(tag, found, before))
        except (NotAllowed, Unreachable) as failure:
            ended = ended or failure
        if items:
            wrapped = any(
                one.wrapped or one.locked or self.server.disbelieved(one.found.sighting.place)
                for one in items
            )
            self._size = next_size(self._size, wrapped=wrapped)
        return items, ended

    def _store(self, items: Sequence[Item], cursor: tuple[str, str] | None) -> list[Decision]:
        """Store one batch in one transaction, and say what was decided about it."""
        now = self.way.clock()
        step("pull.page")
        with self.register.sealer() as sealer, self.register.writing(long=self.way.together) as rows:
            facts = self._facts(rows, items)
            decisions = plan(items, facts, self.tags, instant(now))
            keeper = Keeper(
                rows=rows,
                sealer=sealer,
                server=self.server.name,
                tags=self.tags,
                actor=self.actor,
                now=now,
                build=self._build(now),
            )
            keeper.write(decisions, facts, cursor)
            self._owe(rows)
            followed.carry(rows, self.server.name, decisions, keeper.build)
        return decisions

    def _owe(self, rows: Rows) -> None:
        """Remember what was not handed over, in the transaction that moves the cursor past it."""
        if self._owed.now and self.server.abilities.edits_by_root:
            self._owed.keep(rows)

    def _remember(self) -> None:
        """Do so where nothing else is stored."""
        if self._owed.now and not self.way.dry_run:
            with self.register.writing() as rows:
                self._owe(rows)

    def _decide_only(self, items: Sequence[Item]) -> list[Decision]:
        """Decide as a real run would after the batches before this one, and write nothing."""
        with self.register.reading() as rows:
            facts = self._facts(rows, items)
        self.overlay.add_to(facts, [one.answers.submission for one in items if one.answers])
        decisions = plan(items, facts, self.tags, instant(self.way.clock()))
        for one in decisions:
            if isinstance(one, Keep | Same):
                self.overlay.add(one.version)
        return decisions

    # --- what the server says of whole submissions ---

    def _hearing(self) -> Hearing:
        return Hearing(
            register=self.register,
            server=self.server.name,
            origin=self._origin,
            tags=self.tags,
            actor=self.actor,
            tally=self.tally,
            clock=self.way.clock,
            dry_run=self.way.dry_run,
            build=self._build,
        )

    def _others(self) -> list[tuple[str, str]]:
        """Return form and root of submissions whose files are others now; of forms that cannot be read nothing is asked."""
        with self.register.reading() as rows:
            gone = hidden(rows, self.server, self.server.server)
        broken = {form for server, form in self.tally.troubles if server == self.server.name}
        recheck = Recheck(self.register, self.server, self._origin, self.tags, self.way.clock)
        return recheck.moved(self.tally.file_unread, broken.union(gone))

    def _sweeper(self) -> Sweeper:
        return Sweeper(
            register=self.register,
            server=self.server,
            origin=self._origin,
            tags=self.tags,
            tally=self.tally,
            clock=self.way.clock,
            dry_run=self.way.dry_run,
            take=self._all,
            hearing=self._hearing(),
        )

    def _awaited(self) -> list[tuple[str, str]]:
        with self.register.reading() as rows:
            files = awaited(rows, self.server.name, self.way.clock(), self.server.keys.newest)
        return list(dict.fromkeys([*self._owed.before, *files, *sorted(self._left)]))

    def _facts(self, rows: Rows, items: Sequence[Item]) -> Known:
        said = [one.answers.submission for one in items if one.answers is not None]
        ids = {name for one in items for name in named(one)}
        return known.known(rows, self.server.name, said, self.forms, ids)

    def _build(self, now: datetime) -> Build:
        from sync_scripts.register import build

        return lambda rows, roots, fresh: build.apply(rows, roots, self.way.draw, now, fresh=fresh)
