"""One source being pulled: first the answers of everything that is new or changed, then the files.

How a page is taken stands in ``pages``; what a pull of several sources is, and how it ends, in ``pull``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from sync_scripts.intake import notes
from sync_scripts.intake.building import Building
from sync_scripts.intake.completeness.proof import lacking, opened_since
from sync_scripts.intake.completeness.sweeping import FILES_SWEPT, SWEPT, Sweeper
from sync_scripts.intake.pages import Pages
from sync_scripts.intake.places import awaited_files, moved_server, table
from sync_scripts.intake.places.followed import deletions_late, hidden, partly
from sync_scripts.intake.places.in_waiting import openable
from sync_scripts.intake.places.owed import Owed
from sync_scripts.intake.places.recheck import Recheck
from sync_scripts.intake.places.skipped_files import fitting
from sync_scripts.intake.places.who import Who
from sync_scripts.intake.receive.file_choice import FILE_LIMIT
from sync_scripts.intake.receive.later import AT_ONCE, MOST, Later
from sync_scripts.intake.receive.served import Served
from sync_scripts.intake.run import Run
from sync_scripts.intake.storing import NewPages, Storing
from sync_scripts.intake.tally import Tally, cut_last
from sync_scripts.intake.way import BATCH, Way
from sync_scripts.register.model.codes import chunks

__all__ = ["Source", "Way"]


@dataclass(slots=True)
class Source:
    """One source being pulled."""

    run: Run
    _late: frozenset[str] = frozenset()
    _begun: bool = False
    _cut: bool = False
    """The run before this one did not come to its end."""
    _compared: bool = False
    more: bool = True
    """There is something left to do, or to say."""
    _whole: bool = False
    """All of it was done once: what a run does once is done."""
    _opening: Iterator[None] | None = None
    """What is left of what is being opened."""
    _work: Iterator[None] | None = None
    """What is left to do about files, once it was begun."""
    _unopened: list[str] = field(default_factory=list)
    """Places that the comparison counted as waiting, and that are opened with their files."""
    _reading: Iterator[bool] = field(init=False)
    _later: Later = field(init=False)
    _served: Served = field(init=False)
    _owed: Owed = field(init=False)
    _pages: Pages = field(init=False)
    _sweeper: Sweeper = field(init=False)
    _origin: moved_server.Origin = field(init=False)
    _new: NewPages = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing owed and no form read."""
        run, self._reading = self.run, self._data()
        self._owed = Owed(run)
        self._served = Served(run.register, run.source, run.forms, run.way.clock, dry_run=run.dry_run)
        self._later = Later(named=self._asks_again)
        storing = Storing(run, self._owed, Building(run.register, run.way, run.forms))
        self._pages = Pages(run, storing, self._owed, self._served, self._later)

    @property
    def _asks_again(self) -> bool:
        """Tell whether submissions can be asked for by name, and whether this run does so."""
        return self.run.server.abilities.edits_by_root and self.run.way.only is None

    @property
    def _in_halves(self) -> bool:
        """Tell whether files wait until the answers of every source are here: a trial writes down nothing for that."""
        return not (self.run.dry_run or self.run.way.together or self.run.way.only is not None)

    # --- the answers ---

    def data(self, over: Callable[[], bool]) -> bool:
        """Bring the answers of what is new, and of what is found to be others; tell whether that is all of them.

        It is left behind a page as soon as ``over`` says so, and before all is compared; the next call goes on from there.

        Raises:
            NotAllowed, Unreachable: it is out of reach; what was stored before stays.
        """
        try:
            for compares in self._reading:
                if not compares:
                    self.run.way.turn()
                if compares or over():
                    return False
            return True
        finally:
            self.run.server.let_go()

    def _data(self) -> Iterator[bool]:
        """Do so, and yield where nothing is half done: whether the comparison comes next, which brings few answers."""
        self._begun = True
        self._origin = moved_server.origin(self.run, asking=self._asks_again)
        self.run.origin = self._origin.own
        self._new = NewPages(self.run, self._served, self._origin, self._asks_again)
        self._prepare_spool()
        with self.run.register.reading() as rows:
            self.run.forms.refresh(rows)
            self._owed.recall(rows)
            self._late = awaited_files.late(rows, self.run.name)
            self._pages.left = frozenset(fitting(rows, self.run.name, self.run.way.file_limit, FILE_LIMIT))
            self._cut = cut_last(rows, self.run.name)
            if self._asks_again:
                self._origin.recall(rows, (SWEPT, FILES_SWEPT))
            self._pages.unsure = self._origin.unsure
            cursor = self._new.cursor(rows)
        self._sweeper = self._made_sweeper()
        self.run.server.late = lambda place, handle: self.run.tags.file(place, handle) in self._late
        self._put_off(self._in_halves)
        self._owed.in_turn = self.run.way.only is None
        shown = self._new.since(None if self._pages.from_the_start() else cursor)
        yield from (False for _page in self._pages.all(shown))
        self._owed.in_turn = False
        if self._asks_again:
            yield from (False for _page in self._pages.each(self.run.server.again(self._promised())))
            if not self._cut:
                yield True
                self._compare()

    def _promised(self) -> list[tuple[str, str]]:
        """Return form and root of what earlier runs could not read: not handed over, or without its key; an alert, without files."""
        with self.run.register.reading() as rows:
            found = openable(rows, self.run.name, self.run.server.keys.newest, self.run.clock())
        parked = [
            (row.form, row.root_id) for row in found if row.waits == "key" or self._new.urgent(row.form)
        ]
        return list(dict.fromkeys([*self._owed.before, *parked]))

    def _put_off(self, later: bool) -> None:
        """Let the files of what is taken from now on have their turn later, or with their page."""
        self._pages.later = self._later if later else None
        self.run.server.text_first = later and self._asks_again
        self.run.server.urgent = self._new.urgent
        if self.run.server.kind != "folder" and self.run.server.keys.halves and not self.run.way.together:
            self._pages.size = 1  # few submissions at once, if there may be any that come encrypted

    def _compare(self) -> None:
        """Compare all that is shown with what is held, where it is time.

        Before the files, since it brings answers; but behind them once a run was cut: on a line that never bears a whole
        comparison they would never come.
        """
        self._compared = True
        if self._sweeper.due():
            self.run.way.aside()
            self._sweeper.sweep()
            self._unopened = [*self._later.waiting]
        elif not self.run.tally.troubled(self.run.name):
            self._sweeper.say_when()

    def _prepare_spool(self) -> None:
        """Let encrypted files that come whole outlive a run that is cut."""
        if self.run.server.kind != "folder" and not self.run.dry_run:
            spool = self.run.server.spool
            spool.own = self.run.tags.place(self.run.name, self.run.origin, "")[:16]
            spool.name = lambda ref: self.run.tags.file(ref.place, f"{ref.handle}\0{ref.mark}")

    # --- the files ---

    @property
    def sealed(self) -> bool:
        """Tell whether something that came encrypted and is no alert is still to be opened: its answers need its files."""
        return self._opening is not None or (self._asks_again and self._later.sealed)

    def open(self, over: Callable[[], bool] = lambda: False) -> None:
        """Open what is ``sealed``, each with its files, and take no others; left and gone on with as `files` is.

        Raises:
            NotAllowed, Unreachable: it is out of reach; what was stored before stays.
        """
        try:
            self._put_off(False)
            self._pages.most = AT_ONCE
            self._opening = self._opening or self._pages.steps(self.run.server.again(self._later.to_open()))
            for _some in self._opening:
                if over():
                    return
            self._opening = None
        finally:
            self.run.server.let_go()

    def files(self, over: Callable[[], bool] = lambda: False) -> None:
        """Bring the files of what is here, of this run and of those before it, and settle what the source owes.

        Once that is done, there is no ``more``. It is left as soon as ``over`` says so, and goes on where it was at the
        next call.

        Raises:
            NotAllowed, Unreachable: it is out of reach; what was stored before stays.
        """
        try:
            self._put_off(False)
            self._pages.most = AT_ONCE if self._asks_again else BATCH
            self._work = self._work or (self._what_came() if self._whole else self._steps())
            for _some in self._work:
                if over():
                    return
            self._work, self._whole, self.more = None, True, False
            self.run.server.spool.empty()
        finally:
            self.run.server.let_go()

    def look(self) -> None:
        """Bring the alerts that came since; then there is ``more``, also where all files were here.

        What else came is the next pull's. Of what was shown before nothing is counted once more, and no file asked for.

        Raises:
            NotAllowed, Unreachable: it is out of reach; what was stored before stays.
        """
        if not (self._in_halves and self._begun):
            return
        tally = self.run.tally
        counts, noted, troubles = tally.counts.copy(), tally.notes.copy(), len(tally.troubles)
        with self.run.register.reading() as rows:
            cursor = self._new.cursor(rows)
        try:
            self._put_off(True)
            self._pages.most = BATCH
            self._pages.take(self._new.alerts(cursor))
        finally:
            self.run.server.let_go()
        same = (tally.counts, tally.notes, len(tally.troubles)) == (counts, noted, troubles)
        self.more = self.more or self._later.more or not same

    def _steps(self) -> Iterator[None]:
        """Do what is to be done about files, and yield after some of it."""
        pages = self._pages
        yield from self._held()
        if not self._asks_again:
            return
        for some in chunks(self._awaited(), MOST):
            yield from pages.steps(self.run.server.again(some))
        while self._later.more:  # it came meanwhile
            yield from self._held()
        if not self._compared:
            self._compare()
        if not self.run.dry_run:
            yield from pages.steps(self.run.server.again(self._others()))
        self._settle()
        pages.hearing().remind()
        if not self.run.dry_run:
            mark = pages.hearing().mark
            Who(self.run, mark).ask()

    def _held(self) -> Iterator[None]:
        """Take the files of what was remembered, and look once more at what opens only with them, or is proved by them."""
        self._later.more = False
        if self._asks_again:  # first what opens only with its files, for it is not read yet
            yield from self._pages.steps(self.run.server.again(self._later.brief()))
        yield from self._pages.catch_up()

    def _what_came(self) -> Iterator[None]:
        """Do what is to be done about files of what came after all of it was done once."""
        while self._later.more:
            yield from self._held()
        if self._asks_again:
            self._remember(partly(self.run.source))

    def sum_up(self, tally: Tally) -> None:
        """Add to these counts what is noted of the source as it stands, whether or not it was read to its end."""
        tally.notes.update(self._served.notes)
        tally.unknown |= self._served.unknown
        tally.notes[notes.OpenedProvisionally.code] += len(self._later.opened)
        tally.notes[notes.PlainBeside.code] += self._later.beside
        tally.notes[notes.WaitsForFiles.code] += len(self._later.waiting)
        tally.notes[notes.DeletionsLate.code] += deletions_late(self.run.source)
        self._prove(tally)

    def _prove(self, tally: Tally) -> None:
        """Let the proof say what became of what was opened after the comparison."""
        if self._unopened:
            with self.run.register.reading() as rows:
                found = table.seen(rows, self.run.name, self._unopened)
            opened_since(tally.proofs, self.run.name, [one.state for one in found.values()])

    def _awaited(self) -> list[tuple[str, str]]:
        """Return form and root of what is asked for again by name."""
        self._move_on()
        with self.run.register.reading() as rows:
            files = awaited_files.awaited(rows, self.run.name, self.run.clock(), self.run.server.keys)
        return list(dict.fromkeys([*files, *sorted(self._pages.left)]))

    def _settle(self) -> None:
        """Remember what the server still owes; say so, and what is not seen, where there is no proof then."""
        some = partly(self.run.source)
        self._remember(some)
        self.run.tally.notes[notes.NotAskedFor.code] += self.run.server.not_asked
        self.run.tally.notes[notes.NotByName.code] += self._owed.unasked
        with self.run.register.reading() as rows:
            gone = hidden(rows, self.run.server, self.run.source)
        self.run.tally.notes[notes.FormHidden.code] += len(gone)
        self.run.tally.notes[notes.FormReadInPart.code] += len(some)
        lacking(self.run.tally.proofs, self.run.name, len(self._owed.now), gone, some)
        if some:
            self._sweeper.unproved()

    def _remember(self, some: Collection[str]) -> None:
        """Write down what the source still owes, whole submissions and files; ``some`` = forms that are read in part."""
        out_of_reach = {*some, *(form for _name, form in self.run.tally.troubles)}
        self._owed.settle(out_of_reach, self._sweeper.undecided())
        self._move_on()
        late = {
            self.run.tags.file(place, handle): place.partition("\t")[0]
            for place, handle in self.run.server.not_come()
        }
        if late.keys() != self._late and not self.run.dry_run:
            with self.run.register.writing() as rows:
                awaited_files.keep_late(rows, self.run.name, late, self.run.clock())
            self._late = frozenset(late)
        if self._pages.unread:
            self._sweeper.next_time()

    def _move_on(self) -> None:
        """Wait no longer for files of versions that an edit replaced, where a server shows the present one alone."""
        if self.run.server.kind == "kobo" and not self.run.dry_run:
            with self.run.register.writing() as rows:
                awaited_files.move_on(rows, self.run.name)

    def _others(self) -> list[tuple[str, str]]:
        """Return form and root of submissions whose files are others now; of forms that cannot be read nothing is asked."""
        with self.run.register.reading() as rows:
            gone = hidden(rows, self.run.server, self.run.source)
        broken = {form for server, form in self.run.tally.troubles if server == self.run.name}
        return Recheck(self.run).moved(self.run.tally.file_unread, broken.union(gone))

    def _made_sweeper(self) -> Sweeper:
        return Sweeper(self.run, self._pages.take, self._pages.hearing(), self._origin, self._owed)
