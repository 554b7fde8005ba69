"""Compare everything that a server shows with what is held, form by form. Deletes nothing, here or there.

What differs is asked for again; what is gone is marked, but only for forms that were shown to their end, and only when
not too many are gone at once. A form that the server did not name, or that broke off, proves nothing about its
submissions: it may have been taken out of the settings, undeployed, or be out of reach today.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import takewhile

from sqlalchemy import ColumnElement, and_, delete, select

from sync_scripts.intake.completeness.comparison import Comparison, Unshown, compare, still_gone
from sync_scripts.intake.completeness.proof import TWICE, Proof, became
from sync_scripts.intake.notes import NoRoots, ServerMoved, SubmissionUnread, SweepShort, TooManyGone
from sync_scripts.intake.places import reported_deletions, standing, table
from sync_scripts.intake.places.awaited_files import turned
from sync_scripts.intake.places.moved_server import Origin
from sync_scripts.intake.places.owed import Owed
from sync_scripts.intake.places.server_status import Hearing
from sync_scripts.intake.places.table import REPEAT
from sync_scripts.intake.receive import known
from sync_scripts.intake.run import Run
from sync_scripts.register.model.codes import chunks
from sync_scripts.servers.base import Mark, Page, Part, Sighting, Status, Trouble
from sync_scripts.store.canonical import due, instant, moment
from sync_scripts.store.schema.raw import watermark

SWEEP_EVERY = timedelta(hours=20)
SWEPT = "*"
"""Form of the watermark that remembers the last whole comparison."""
TAIL = 2
"""So many of the very last that came are no longer shown: the server may have been put back from a copy, which lacks just these."""
FILES_SWEPT = "*files"
"""Form of the one that remembers the last comparison of everybody's files. Those awaited are asked for in every pull."""


@dataclass(slots=True)
class Sweeper:
    """Compares the server of a run; a dry run notes, and writes nothing.

    Attributes:
        take: reads and stores pages.
        hearing: writes down what stands otherwise now, and says what is gone.
        stood: what other servers stood behind the name.
        owed: what the server showed to earlier pulls and did not hand over.
    """

    run: Run
    take: Callable[[Iterable[Page]], None]
    hearing: Hearing
    stood: Origin
    owed: Owed
    _gone: list[standing.Held] = field(default_factory=list)
    _here: set[tuple[str, str]] = field(default_factory=set)
    _ended: set[str] = field(default_factory=set)
    """Forms that were compared to a conclusion."""
    _begun: set[str] = field(default_factory=set)
    """Those that were compared at all."""
    _held: int = 0
    _whole: bool = True
    _ran: bool = False
    _proof: Proof = field(default_factory=lambda: Proof(""))

    def sweep(self) -> None:
        """Compare light marks of everything with what is held, ask for what differs, mark what is gone."""
        self._proof, self._ran = Proof(self.run.name), True
        files = self._due(FILES_SWEPT)
        for part in (self.run.server.sweep() if files else self.run.server.sweep_lightly()).parts:
            self._part(part)
        self._gone = [one for one in self._gone if (one.form, one.root_id) not in self._here]
        believed = self._judge()
        if believed and self._whole:
            self._swept([SWEPT, FILES_SWEPT] if files else [SWEPT])
        self.run.tally.proofs.append(self._proof)

    def _judge(self) -> bool:
        """Mark what is gone since it was told last, unless that is too many at once; tell whether it was believed.

        What was told and not marked stays so until a person declares it, and is told again; of forms that were not shown to
        their end it is not known whether it still holds. What another server of the same name held, and the present one never
        showed, is told apart and not marked.
        """
        now, name = self.run.clock(), self.run.name
        elsewhere = reported_deletions.elsewhere(self.stood.address)
        with self.run.register.reading() as rows:
            before = reported_deletions.recall(rows, name)
            before_apart = reported_deletions.recall(rows, name, elsewhere)
        gone: dict[str, dict[str, standing.Held]] = {form: {} for form in self._ended}
        for one in self._gone:
            gone[one.form][reported_deletions.tag(self.run.tags, name, one.form, one.root_id)] = one
        tagged = {form: frozenset(held) for form, held in gone.items()}
        told, apart = reported_deletions.still(before, tagged), reported_deletions.still(before_apart, tagged)
        fresh: dict[str, standing.Held] = {}
        unbelieved = dict(told)
        for form, held in gone.items():
            new = held.keys() - told.get(form, frozenset()) - apart.get(form, frozenset())
            strange = {tag for tag in new if not self.stood.shown(held[tag])}
            fresh |= {tag: one for tag, one in held.items() if tag in new - strange}
            apart[form] = apart.get(form, frozenset()) | strange
            unbelieved[form] = told.get(form, frozenset()) | (new - strange)
        for tag in self._put_back(fresh):
            one = fresh.pop(tag)
            told[one.form] = told.get(one.form, frozenset()) | {tag}
        believed = standing.believable(len(fresh), self._held)
        if believed:
            self.hearing.mark(standing.vanished(fresh.values(), instant(now)))
        else:
            told = unbelieved
        self.run.tally.notes[TooManyGone.code] += reported_deletions.count(told)
        self.run.tally.notes[ServerMoved.code] += reported_deletions.count(apart)
        if (told, apart) != (before, before_apart) and not self.run.dry_run:
            with self.run.register.writing() as rows:
                reported_deletions.keep(rows, name, told, now)
                reported_deletions.keep(rows, name, apart, now, elsewhere)
        self.stood.compared(self._ended, now)
        return believed

    def _put_back(self, fresh: Mapping[str, standing.Held]) -> list[str]:
        """Return those of what is gone that had come last, by tag, where they are several: as after the server was put back from a copy."""
        if len(fresh) < TAIL:
            return []
        gone = {(one.form, one.root_id) for one in self._gone}
        tags = {(one.form, one.root_id): tag for tag, one in fresh.items()}
        with self.run.register.reading() as rows:
            newest = standing.newest(rows, self.run.name, self._ended, self.stood.before, len(gone))
        last = [*takewhile(tags.__contains__, (one for one in newest if one in tags or one not in gone))]
        return [tags[one] for one in last] if len(last) >= TAIL else []

    def _part(self, part: Part) -> None:
        self._begun.add(part.form)
        with self.run.register.reading() as rows:
            left = Unshown(standing.counted(rows, self.run.name, part.form))
        troubles: list[Trouble] = []
        found = compare(left, self._looked(part.marks, troubles), partial(self._find, part.form))
        vanished = self._vanished(part.form, left)
        self.hearing.mark(found.changes)
        self._forget(found.asked)
        self.take(self.run.server.again(turned(found.ask, self.run.clock())))
        self._tell(found.blurred)
        if troubles:
            self.run.tally.trouble(self.run.name, troubles[0])
            self._whole = False
            self._proof = self._proof.without()
            return
        if short := _short(part, found.seen):
            self.run.tally.notes[SweepShort.code] += short
            self._whole = False
            self._proof = self._proof.without()
            return
        states = self._states(part.form, found.asked)
        self._proof = self._proof.plus(
            found.seen,
            found.seen - len(found.asked) - found.twice - found.erased - len(found.blurred),
            found.twice,
            found.erased,
            states,
            unreadable=len(found.blurred),
        )
        self._held += left.count
        if found.nameless:
            return  # any of what was not shown may be one of them
        self._here |= self._here_by_another(found.asked, states)
        shown = {
            name for one in (*found.asked, *found.blurred) for name in (one.root_id, one.version) if name
        }
        lost = self.hearing.not_shown(part.form, shown)
        owed = [] if found.rootless else self._owed_and_gone(part.form, shown)
        if (vanished or lost or owed) and part.some():
            return  # it may be there, and not shown to us
        self.hearing.gone([*lost, *owed])
        self.owed.gone(part.form, (one.root_id for one in owed))
        self._ended.add(part.form)
        self._gone += self._rootless(part.form, found, vanished) if found.rootless else vanished

    def _owed_and_gone(self, form: str, shown: Collection[str]) -> list[Status]:
        """Return what the server owes of a form that was shown to its end without it.

        Not what is here: of that an earlier version is owed, and a mark that shows the present one is not among ``shown``.
        """
        return self._not_held([Status(form, root) for root in self.owed.of(form) if root not in shown])

    def undecided(self) -> set[tuple[str, str]]:
        """Return form and root of what the server owes, is not here, and was shown by no page: as long as no comparison concludes on it.

        Asked for by name and not given it may be gone; that is told when a comparison of its form says so. Of a form that is
        compared no more nothing is awaited.
        """
        open_still = [
            Status(*one)
            for one in self.owed.unshown()
            if not self._ran or one[0] in self._begun - self._ended
        ]
        return {(one.form, one.root_id) for one in self._not_held(open_still)}

    def _not_held(self, owed: Sequence[Status]) -> list[Status]:
        if not owed:
            return []
        with self.run.register.reading() as rows:
            here = standing.held_of(rows, self.run.name, owed)
        return [one for one in owed if (one.form, one.root_id) not in here]

    def _tell(self, blurred: Sequence[Mark]) -> None:
        """Tell of the rows that cannot be read; of one that a page showed it was told already."""
        for one, tag in zip(blurred, self._tags(blurred), strict=True):
            shown = Sighting(place=one.place, root_id=one.root_id, version=one.version)
            first = self.run.tally.unread(self.run.server, shown, tag)
            self.run.tally.notes[SubmissionUnread.code] += first

    def _find(self, form: str, marks: Sequence[Mark]) -> dict[str, standing.Held]:
        with self.run.register.reading() as rows:
            return standing.found_of(rows, self.run.name, form, marks)

    def _vanished(self, form: str, left: Unshown) -> list[standing.Held]:
        """Return what was not shown, as it stands before anything of this comparison is taken."""
        if not left.left:
            return []
        with self.run.register.reading() as rows:
            return left.among(standing.every(rows, self.run.name, form))

    def _states(self, form: str, marks: Sequence[Mark]) -> list[str | None]:
        """Return what became of marks, after they were asked for: as their place says, where the version is here.

        `TWICE` = it repeats a version that is here under another root.
        """
        tags = self._tags(marks)
        with self.run.register.reading() as rows:
            found = self.run.trial.seen(rows, self.run.name, tags)
            here = self.run.trial.held(rows, self.run.name, [one.version for one in marks])
        states = [found[tag].state if tag in found else None for tag in tags]
        beside = self._beside(form, [one for one, said in zip(marks, states, strict=True) if said == REPEAT])
        return [
            (TWICE if one.place in beside else state)
            if became(state) != "here" or one.version in here
            else None
            for one, state in zip(marks, states, strict=True)
        ]

    def _beside(self, form: str, marks: Sequence[Mark]) -> set[str]:
        """Return the places of repeats whose own root is not held: what they repeat came under another one."""
        found = set()
        for batch in chunks(marks, table.CHUNK):
            roots = self._find(form, batch)
            found |= {one.place for one in batch if (one.root_id or one.version) not in roots}
        return found

    def _here_by_another(self, marks: Sequence[Mark], states: Sequence[str | None]) -> set[tuple[str, str]]:
        """Return form and root of what a row of another root or form shows: it is there, whatever became of its own row."""
        versions = [one.version for one, said in zip(marks, states, strict=True) if said == TWICE]
        with self.run.register.reading() as rows:
            here = standing.shown_by_another(rows, self.run.name, versions)
        self.hearing.mark(standing.back(here))
        return {(one.form, one.root_id) for one in here}

    def _forget(self, marks: Sequence[Mark]) -> None:
        """Forget of places that something was stored from them, where it was not the version that they show.

        They are read again, and owed until then: something else was handed over in its place once.
        """
        if self.run.dry_run or not marks:
            return
        tags = dict(zip(self._tags(marks), marks, strict=True))
        with self.run.register.reading() as rows:
            found = table.seen(rows, self.run.name, list(tags))
            here = known.held(rows, self.run.name, [one.version for one in marks])
        wrong = [tag for tag, one in found.items() if one.here and tags[tag].version not in here]
        named = {
            tag: (one.place.partition("\t")[0], one.root_id or one.version)
            for tag, one in ((tag, tags[tag]) for tag in wrong)
        }
        if named:
            with self.run.register.writing() as rows:
                table.forget(rows, self.run.name, named, self.run.clock())

    def _tags(self, marks: Sequence[Mark]) -> list[str]:
        return [self.run.tag(one.place) for one in marks]

    def say_when(self) -> None:
        """Say when everything was compared last, in a run that compares nothing."""
        with self.run.register.reading() as rows:
            last = rows.execute(select(watermark.c.at).where(self._own(SWEPT))).scalar()
        self.run.tally.proofs.append(Proof(self.run.name, compared_at=str(last or "")))

    def _rootless(
        self, form: str, found: Comparison, vanished: Sequence[standing.Held]
    ) -> list[standing.Held]:
        """Return which of those not shown are not, after all, what a row without a root is an edit of."""
        self.run.tally.notes[NoRoots.code] += len(found.rootless)
        if not vanished:
            return []
        with self.run.register.reading() as rows:
            return still_gone(vanished, standing.all_held(rows, self.run.name, form), found.rootless)

    def _looked(
        self, marks: Iterable[Mark | Trouble], troubles: list[Trouble]
    ) -> Iterator[tuple[Mark, bool]]:
        """Yield each mark, and whether its files moved since its place was last read; stop at a trouble."""
        for batch in chunks(marks, table.CHUNK):
            shown = [one for one in batch if isinstance(one, Mark)]
            moved = self._moved([one for one in shown if one.moved_ns is not None])
            for one in shown:
                yield one, one.place in moved
            troubles += [one for one in batch if isinstance(one, Trouble)]

    def _moved(self, marks: Sequence[Mark]) -> set[str]:
        """Return the places of those marks whose files moved since they were last read, or were never looked at.

        Those of which an announced file is awaited are no such: they are asked for by name at every pull.
        """
        if not marks:
            return set()
        tags = {one.place: self.run.tag(one.place) for one in marks}
        with self.run.register.reading() as rows:
            seen = table.seen(rows, self.run.name, list(tags.values()))
            before = {one: seen[tags[one.place]] for one in marks if tags[one.place] in seen}
            cut = [one.version for one, looked in before.items() if looked.here and looked.awaits_files]
            cut_off = set(cut) - known.awaiting(rows, self.run.name, cut)
        return {
            one.place
            for one, looked in before.items()
            if looked.moved_ns != one.moved_ns or one.version in cut_off
        }

    # --- when ---

    def due(self) -> bool:
        """Tell whether to compare everything: always where nothing else shows an edit, else once a day."""
        return self.run.server.abilities.deletions == "swept" or self._due(SWEPT)

    def _due(self, what: str) -> bool:
        with self.run.register.reading() as rows:
            last = rows.execute(select(watermark.c.at).where(self._own(what))).scalar()
        return due(moment(last) if last else None, self.run.clock(), SWEEP_EVERY)

    def unproved(self) -> None:
        """Let nothing be concluded from this comparison: what was not shown to us may be shown later, and was never passed."""
        self._forget_when(SWEPT)

    def next_time(self) -> None:
        """Let the next pull compare everything: what could not be read lies behind the cursor by now."""
        self._forget_when(SWEPT, FILES_SWEPT)

    def _forget_when(self, *what: str) -> None:
        if not self.run.dry_run:
            with self.run.register.writing() as rows:
                rows.execute(delete(watermark).where(self._own(*what)))

    def _swept(self, what: Sequence[str]) -> None:
        if not self.run.dry_run:
            at = instant(self.run.clock())
            marks = [{"server": self.run.name, "form": one, "value": "{}", "at": at} for one in what]
            with self.run.register.writing() as rows:
                rows.upsert(watermark, marks)

    def _own(self, *what: str) -> ColumnElement[bool]:
        return and_(watermark.c.server == self.run.name, watermark.c.form.in_(what))


def _short(part: Part, seen: int) -> int:
    """Return by how many a form showed others than it counts: none, where it has grown since, and shows some of what came."""
    if part.count == seen:
        return 0
    now = part.recount()
    return 0 if part.count <= seen <= now else abs(now - seen)
