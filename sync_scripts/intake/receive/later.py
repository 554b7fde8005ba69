"""What has its turn once all answers are here: an alarm must not wait for the photos of what came before it.

Submissions whose files are still to be taken are remembered for the rest of a run, as little of each as taking them
needs, and not more than some: of those beyond that a server is asked again by name, as after a run that was cut. Writes
nothing down: what was stored, and its place, say by themselves which files have not come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import msgspec

from sync_scripts.intake.encryption.ciphertext import PROVISIONAL
from sync_scripts.intake.places.table import FILES, MOVED, Named, Seen
from sync_scripts.intake.receive.decisions import Decision, Filed, Item, Keep, Wait, settled
from sync_scripts.intake.receive.file_choice import Holder
from sync_scripts.servers.base import Found

MOST: Final = 2_000
"""Submissions remembered of one source."""
MOST_BYTES: Final = 8_000_000
"""Of what is remembered of those that wait for a key: what was sent in their place."""
AT_ONCE: Final = 8
"""Those whose files are chosen together."""


@dataclass(slots=True)
class Later:
    """The files of one source that wait for their turn.

    Attributes:
        named: what is not remembered can be asked for by name in the same run.
        opened: by tag of the place, form and root of what was opened in this run before its files, and is to be proved.
        waiting: the same of what came encrypted in this run and is opened once its files were fetched.
        shown: the beginnings of the tags of places that were shown in this run.
        more: something was remembered since this was set to False.
        beside: how many of those opened turned out to have unencrypted files beside them.
    """

    named: bool
    opened: dict[str, Named] = field(default_factory=dict)
    waiting: dict[str, Named] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    more: bool = False
    beside: int = 0
    _tried: set[str] = field(default_factory=set)
    """Tags of places that were looked at with their files, to no avail: once a run is enough."""
    _turned: set[int] = field(default_factory=set)
    """The beginnings of the tags of places that were remembered: once a run is enough, however often they are shown."""
    _holders: dict[str, Filed] = field(default_factory=dict)
    _waits: dict[str, Wait] = field(default_factory=dict)
    _room: int = MOST_BYTES

    def hold(self, holders: Iterable[Holder]) -> list[Holder]:
        """Remember submissions whose files have their turn later; return those whose files must be taken at once.

        These are those whose files lie here already, and those beyond `MOST` that cannot be asked for by name.
        """
        now: list[Holder] = []
        for one in holders:
            wrapped = one.item.wrapped
            if wrapped is not None and wrapped.brief:
                continue  # it is looked at once more, as a whole
            if wrapped is not None:
                now.append(one)
            elif not isinstance(one, Keep) and _begins(one.item.tag) in self._turned:
                continue
            elif len(self._holders) < MOST:
                self._holders[one.item.tag] = briefly(one)
                self._turned.add(_begins(one.item.tag))
                self.more = True
            elif not self.named:
                now.append(one)
        return now

    def park(self, waits: Iterable[Wait]) -> tuple[list[Wait], list[Wait]]:
        """Remember what waits for a key; return of which the answers are to be taken now, and of which everything is."""
        text, whole = list[Wait](), list[Wait]()
        for one in waits:
            if one.locked.brief:
                text.append(one)
            elif self._room > 0:
                self._waits.setdefault(one.item.tag, one)
                self.more = True
                self._room -= len(one.item.found.content)
            elif not self.named:
                whole.append(one)
        return text, whole

    def heard(self, decisions: Iterable[Decision]) -> None:
        """Note what is looked at once more, and what has been."""
        for one in decisions:
            tag, wrapped, locked = one.item.tag, one.item.wrapped, one.item.locked
            if locked is not None and locked.brief:
                self.more = True
                sighting = one.item.found.sighting
                self.waiting[tag] = (
                    sighting.place.partition("\t")[0],
                    one.item.found.root_id or locked.instance_id,
                )
            elif wrapped is not None and wrapped.brief and isinstance(one, Keep):
                self.more = True
                self.opened[tag] = one.version.form, one.version.root_id
            elif locked is None:
                self.waiting.pop(tag, None)
                if tag in self.opened and (wrapped is None or wrapped.state != PROVISIONAL):
                    del self.opened[tag]
                    self.beside += wrapped is not None and wrapped.state == "beside"

    def first(self, tags: Iterable[str]) -> set[str]:
        """Return those of these places that were not shown in this run before."""
        found = {tag for tag in tags if _begins(tag) not in self.shown}
        self.shown.update(map(_begins, found))
        return found

    @property
    def sealed(self) -> bool:
        """Tell whether there is something to open that was not tried with its files."""
        return not self.waiting.keys() <= self._tried

    def to_open(self) -> list[Named]:
        """Return form and root of what opens with its files alone; each once, however often it is asked."""
        found = [name for tag, name in self.waiting.items() if tag not in self._tried]
        self._tried.update(self.waiting)
        return found

    def brief(self) -> list[Named]:
        """Return form and root of what is looked at once more, what is not open yet first."""
        return [*self.to_open(), *self.opened.values()]

    def turns(self) -> Iterator[tuple[list[Filed], list[Wait]]]:
        """Yield what was remembered, in its order, some at a time, until nothing is left; more may come meanwhile."""
        while self._holders or self._waits:
            holders = [self._holders.pop(tag) for tag in [*islice(self._holders, AT_ONCE)]]
            waits = [self._waits.pop(tag) for tag in [*islice(self._waits, 0 if holders else AT_ONCE)]]
            self._room += sum(len(one.item.found.content) for one in waits)
            yield holders, waits


def _begins(tag: str) -> int:
    """Return the first 60 bits of a tag: what fits into 32 bytes of memory."""
    return int(tag[:15], 16)


def briefly(one: Holder) -> Filed:
    """Return what taking the files of a submission needs of it: nothing of its answers."""
    if isinstance(one, Filed):
        return one
    sighting, before = one.item.found.sighting, one.item.before
    moved = MOVED if before is not None and before.moved_ns == MOVED else sighting.moved_ns
    seen = Seen(sighting.size, moved, settled(one), FILES)
    found = Found(msgspec.structs.replace(sighting, content=None), b"")
    return Filed(Item(one.item.tag, found, seen), one.version)
