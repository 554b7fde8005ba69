"""The pages of one source: look what may be new, read it, decide, store a page as a whole; its files then, or later.

When a source is asked for which of its pages stands in ``one_source``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import select

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.intake import way
from sync_scripts.intake.completeness.proof import Proof
from sync_scripts.intake.encryption import parking
from sync_scripts.intake.encryption.parking import ParkedFiles
from sync_scripts.intake.errors import UnknownForm, UnknownVersion
from sync_scripts.intake.notes import EditedAfterApproval
from sync_scripts.intake.places import followed, in_waiting, table
from sync_scripts.intake.places.owed import Owed
from sync_scripts.intake.places.server_status import Hearing
from sync_scripts.intake.places.skipped_files import shows
from sync_scripts.intake.receive import known
from sync_scripts.intake.receive.decisions import Decision, Filed, Item, Keep, Same, Wait, outcome
from sync_scripts.intake.receive.file_choice import Holder
from sync_scripts.intake.receive.files import Files
from sync_scripts.intake.receive.later import Later
from sync_scripts.intake.receive.reading import Reading
from sync_scripts.intake.receive.served import Served
from sync_scripts.intake.run import Run
from sync_scripts.intake.storing import Storing
from sync_scripts.servers.base import Found, Page, Sighting, Unread
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import place
from sync_scripts.store.statements import PUT_ASIDE


@dataclass(slots=True)
class Pages:
    """Takes pages of the source of a run.

    Attributes:
        storing: decides about what was read, and stores it.
        owed: what the source shows and does not hand over.
        served: learns from the source how its versions are read.
        queue: remembers what has its turn later, and what came in this run.
        later: the same while files have their turn later; None = they are taken with their page.
        left: form and root of files that were too large before and are not by now.
        unread: something was shown and could not be had.
        unsure: tells of a form whether what is held of it may have come by another server of the same name.
        most: places of any portion.
        size: places of the next portion: few where they may come encrypted.
    """

    run: Run
    storing: Storing
    owed: Owed
    served: Served
    queue: Later
    later: Later | None = None
    left: frozenset[tuple[str, str]] = frozenset()
    unread: bool = False
    proving: FolderProof | None = None
    unsure: Callable[[str], bool] = lambda _form: False
    size: int = way.BATCH
    most: int = way.BATCH

    def take(self, pages: Iterable[Page]) -> None:
        """Take what these pages show."""
        for _page in self.each(pages):
            pass

    def each(self, pages: Iterable[Page]) -> Iterator[None]:
        """Take what these pages show, and yield behind each, where nothing is half done."""
        for page in pages:
            with way.undisturbed():
                for _done in self._some(page):
                    pass
            yield

    def all(self, pages: Iterable[Page]) -> Iterator[None]:
        """Do so from the beginning to the end; of a folder, what became of everything that it showed is the proof."""
        if self.run.server.kind == "folder" and self.run.way.only is None:
            self.proving = FolderProof(self.run)
        yield from self.each(pages)
        self.run.tally.proofs += [] if self.proving is None else [self.proving.proof]
        self.proving = None

    def steps(self, pages: Iterable[Page]) -> Iterator[None]:
        """Take what these pages show, and yield after some of it, again and again: something else may be done there."""
        for page in pages:
            yield from self._some(page)

    def _some(self, page: Page) -> Iterator[None]:
        """Take what one page shows, a batch at a time."""
        hearing = self.hearing()
        if page.trouble is not None:
            self.run.tally.trouble(self.run.name, page.trouble)
        hearing.hear(page.statuses)
        places, first = self._places(page.sightings)
        fresh = way.new_first(places, self.run.clock())
        cursor = ("", page.cursor) if page.cursor is not None and self.run.way.only is None else None
        said = any(one.review for one in page.statuses)
        while True:
            size = len(fresh) if self.run.way.together else way.portion(fresh, self._most())
            batch, fresh = fresh[:size], fresh[size:]
            # the cursor goes on only with the last rows of its page, and with what was said of them
            self._batch(batch, None if fresh or said else cursor)
            if not fresh:
                break
            yield
        if not self.run.dry_run:  # what was stored only now is reviewed, or gone, already
            hearing.hear(page.statuses, stored=True)
        if said and cursor:
            self._decided((), cursor)
        self.owed.shown(page.statuses)
        if self.proving is not None:
            self.proving.page(first)
        self.run.way.progress(len(page.sightings))
        yield

    def _most(self) -> int:
        """Return how many are read and stored together: whoever decides waits until they are."""
        return min(self.size, self.most, self.storing.pace.size)

    def _places(
        self, sightings: Sequence[Sighting]
    ) -> tuple[list[tuple[str, Sighting, table.Seen | None]], set[str]]:
        """Return the places that may hold something new, and the tags of those not shown before; count these, once a run."""
        tagged = [(one.tag or self.run.tag(one.place), one) for one in sightings]
        fresh = self._fresh(tagged)
        first = self.queue.first(tag for tag, _one in tagged)
        self.run.tally.counts["seen"] += len(first)
        untouched = first - {tag for tag, _one, _before in fresh}
        self.run.tally.counts["unchanged"] += len(untouched)
        return fresh, first

    def _fresh(self, tagged: Sequence[tuple[str, Sighting]]) -> list[tuple[str, Sighting, table.Seen | None]]:
        """Return the places that may hold something new, and how they looked before; not what a trial has decided."""
        only = self.run.way.only
        if only is not None:
            tagged = [(tag, one) for tag, one in tagged if tag in only]
            self.run.tally.shown.update(tag for tag, _one in tagged)
        with self.run.register.reading() as rows:
            before = table.seen(rows, self.run.name, [tag for tag, _one in tagged])
            states = {one.state for one in before.values()}
            solvable = self.solvable(rows) if table.QUARANTINED in states else set()
            if table.WAITING in states:
                ready = in_waiting.openable(
                    rows, self.run.name, self.run.server.keys.newest, self.run.clock()
                )
                solvable |= {row.tag for row in ready}
        decided = self.run.trial.places
        return [
            (tag, one, before.get(tag))
            for tag, one in tagged
            if tag not in decided
            and (
                only is not None
                or tag in solvable
                or table.may_be_new(one, before.get(tag))
                or shows(one, self.left)
            )
        ]

    def from_the_start(self) -> bool:
        """Tell whether places behind the cursor must be shown again: those asked for, and those readable by now."""
        if self.run.way.only is not None:
            return True
        with self.run.register.reading() as rows:
            return bool(self.solvable(rows))

    def solvable(self, rows: Rows) -> set[str]:
        """Return the places of entries whose form version was not known and is now."""
        asked = select(place.c.tag, place.c.stamp, place.c.form_version).where(
            PUT_ASIDE,
            place.c.server == self.run.name,
            place.c.problem.in_([UnknownForm.code, UnknownVersion.code]),
        )
        return {
            row.tag
            for row in rows.execute(asked)
            if (row.stamp, row.form_version) in self.run.forms.splitters
        }

    def _batch(
        self, places: Sequence[tuple[str, Sighting, table.Seen | None]], cursor: tuple[str, str] | None
    ) -> None:
        """Read some places and store what they show; then take their files, or remember to.

        Raises:
            NotAllowed, Unreachable: the source ended it. What was read by then is stored; the cursor stays where it was.
        """
        places = [one for one in places if not self._vain(one[1])]
        filed = self._filed(places)
        here = {one.item.tag for one in filed} | self._put_off(places)
        items, ended = self._read([one for one in places if one[0] not in here])
        decisions = self._decided(items, cursor if ended is None else None)
        holders = [
            one for one in decisions if isinstance(one, Keep | Same) and outcome(one)[1] == table.FILES
        ]
        if ended is None:
            self._take_files([*filed, *holders], [one for one in decisions if isinstance(one, Wait)])
        else:  # what came encrypted brought its files along: they lie here
            with suppress(NotAllowed, Unreachable):
                self._files().take([one for one in holders if _files_came(one)])
        self.run.server.let_go()
        if ended is not None:
            raise ended

    def _take_files(self, holders: list[Holder], waits: list[Wait]) -> None:
        if self.later is None:
            self._files().take(holders)
            if not self.run.dry_run:
                self._parked().take(waits)
            return
        text, whole = self.later.park(waits)
        self._parked().take(text, text_alone=True)
        self._files().take(self.later.hold(holders))
        self._parked().take(whole)

    def catch_up(self) -> Iterator[None]:
        """Take the files that had to wait until all answers were here; yield after some.

        Raises:
            NotAllowed, Unreachable: the source ended it; what is left is asked for in the next run.
        """
        for holders, waits in self.queue.turns():
            self.run.server.hold([one.item.found.sighting.place for one in holders])
            self._files().take(holders)
            self._parked().take(waits)
            self.run.server.let_go()
            yield

    def _decided(self, items: Sequence[Item], cursor: tuple[str, str] | None) -> list[Decision]:
        """Decide about what was read, store it and count it."""
        if not items and cursor is None:
            self.storing.remember()
            return []
        decisions = self.storing.decide(items, cursor)
        self._remark(decisions)
        self.run.tally.decided(decisions)
        self.run.tally.notes.update(parking.remarks(decisions))
        self.queue.heard(decisions)
        return decisions

    def _filed(self, places: Sequence[tuple[str, Sighting, table.Seen | None]]) -> list[Filed]:
        """Return those whose text is here and need not be asked for again; a folder's costs nothing."""
        if not self.run.server.abilities.edits_by_root or self.run.way.only is not None:
            return []
        candidates = [(tag, one, before) for tag, one, before in places if table.only_files(one, before)]
        if not candidates:
            return []
        with self.run.register.reading() as rows:
            held = known.filed(rows, self.run.name, [one.version for _tag, one, _before in candidates])
        return [
            Filed(Item(tag, Found(one, b""), before), version)
            for tag, one, before in candidates
            if (version := held.get(one.version)) is not None
            and one.place.partition("\t")[0] == version.form  # else it is another one that bears its number
            and one.root_id in {None, version.root_id}
        ]

    def _put_off(self, places: Sequence[tuple[str, Sighting, table.Seen | None]]) -> set[str]:
        """Return the tags of what came encrypted before and lacks only files: it is looked at when files have their turn.

        Of what waits for its files, not what may be an alert: the time in which it waits for them may be over.
        """
        if self.later is None or not self.later.named:
            return set()
        opened = [(tag, one) for tag, one, before in places if table.only_files(one, before)]
        parked = [tag for tag, one, before in places if table.looks_so(one, before, table.WAITING)]
        if not (opened or parked):
            return set()
        with self.run.register.reading() as rows:
            wrapped = known.wrapped(rows, self.run.name, [one.version for _tag, one in opened])
            forms = in_waiting.for_later(rows, self.run.name, parked) if parked else {}
        return {tag for tag, one in opened if one.version in wrapped} | {
            tag for tag, form in forms.items() if not self.run.server.urgent(form)
        }

    def _files(self) -> Files:
        return Files(self.run, self.run.clock())

    def _parked(self) -> ParkedFiles:
        return ParkedFiles(self.run, self.run.clock())

    def _vain(self, one: Sighting) -> bool:  # once a run is enough
        return self.owed.refused(one) or self.run.server.in_vain(one.place)

    def _remark(self, decisions: Sequence[Decision]) -> None:
        """Note what is remarkable about the versions of a page."""
        self.run.tally.notes.update(followed.remarks(decisions, unsure=self.unsure))
        if edits := followed.edits(decisions):
            with self.run.register.reading() as rows:
                late = followed.outdated(rows, self.run.name, edits)
            self.run.tally.notes[EditedAfterApproval.code] += late

    def _read(
        self, places: Sequence[tuple[str, Sighting, table.Seen | None]]
    ) -> tuple[list[Item], NotAllowed | Unreachable | None]:
        """Return what these places say, and what ended it before all of them were read, None when they were."""
        by_place = {one.place: (tag, before) for tag, one, before in places}
        reading = Reading(self.run.server, self.served, take_clear=self.run.way.take_clear)
        items: list[Item] = []
        came: list[Found | Unread] = []
        ended: NotAllowed | Unreachable | None = None
        try:
            for found in self.run.server.fetch([one for _tag, one, _before in places]):
                came.append(found)  # noqa: PERF402 - what came before a failure is kept
        except (NotAllowed, Unreachable) as failure:
            ended = failure
        try:
            for found in came if ended is None else way.in_one_piece(came):
                tag, before = by_place[found.sighting.place]
                if isinstance(found, Unread):
                    self.unread = True
                    self.owed.note(found.sighting, tag, before, asked=found.asked)
                    first = self.run.tally.unread(self.run.server, found.sighting, tag)
                    self.run.tally.notes[followed.unread(self.run.server.kind, found)] += first
                else:
                    items.append(reading.item(tag, found, before))
        except (NotAllowed, Unreachable) as failure:
            ended = ended or failure
        if items:
            wrapped = any(
                one.wrapped or one.locked or self.run.server.disbelieved(one.found.sighting.place)
                for one in items
            )
            self.size = way.next_size(self.size, wrapped=wrapped)
        return items, ended

    def hearing(self) -> Hearing:
        """Return what writes down what the source says of whole submissions."""
        return Hearing(self.run, self.storing.building)


@dataclass(slots=True)
class FolderProof:
    """What was counted so far of the folder of a run, page by page; ``proof`` is of the pages that were taken."""

    run: Run
    proof: Proof = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing seen: an empty folder is proved, too."""
        self.proof = Proof(self.run.name, count=0, folder=True)

    def page(self, tags: Collection[str]) -> None:
        """Count what became of the places of a page that was taken; each place once a run."""
        with self.run.register.reading() as rows:
            found = self.run.trial.seen(rows, self.run.name, list(tags))
        states = [one.state if (one := found.get(tag)) else None for tag in tags]
        self.proof = self.proof.plus(len(tags), 0, 0, 0, states)


def _files_came(one: Holder) -> bool:
    """Tell whether the files of what came encrypted lie here, still encrypted."""
    return one.item.wrapped is not None and not one.item.wrapped.brief
