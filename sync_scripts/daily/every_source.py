"""The pulls of a round: the answers of every source, a while of each, and their files when it is time for them. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.daily.pulling import Pull, Pulling, Source
from sync_scripts.servers.folder import NAME as FOLDERS
from sync_scripts.store.workspace import Unlocked

AGAIN_S: Final = 900.0
"""After so many seconds a source that did not answer in this round is asked again, while files of others come."""


@dataclass(slots=True)
class Pulls:
    """What is pulled in a round, each source in a process of its own; those of ``without`` are left out at first.

    ``early`` is done each minute while answers come, and after each source; ``due`` the same while files do: the answers
    are here that may say of something undone that it was done. ``told`` is done when answers came while files do.
    """

    keys: Unlocked
    sources: Sequence[Source]
    without: frozenset[str]
    as_code: str | None
    dry_run: bool
    say: Callable[[str], None]
    running: ExitStack
    early: Callable[[], None]
    due: Callable[[], None]
    told: Callable[[], None]
    _going: list[Pulling] = field(default_factory=list)
    _found: list[Pull] = field(default_factory=list)
    _failed_s: dict[str, float] = field(default_factory=dict)
    """When each source that gave nothing was asked last."""

    @property
    def reached(self) -> bool:
        """Tell whether a server answered in this round: then there is a network."""
        return any(one.source != FOLDERS and not one.unreachable for one in self._found)

    def answers(self) -> list[Pull]:
        """Bring the answers, of each source a while at a time; return what each brings, which is known once its files are here."""
        more = []
        for source in self.sources:
            if source.name not in self.without:
                self.say(source.name)
                going, unfinished = self._started(source)
                self._going.append(going)
                more += [going] if unfinished else []
            else:
                self._failed_s[source.name] = time.monotonic()
        self._rest(more)
        return self._found

    def _rest(self, more: Sequence[Pulling]) -> None:
        """Bring the answers of sources that take long, in turns."""
        while more:
            left = []
            for going in more:
                self.say(going.source.name)
                left += [going] if going.data(self.early) else []
                self.early()
            more = left

    def files(self) -> int:
        """Bring the files, of one source after the other and a while of each; return how many came.

        While there are more, it is looked for answers that came meanwhile, at sources too that are over by then, and what
        waits to be told is sent.
        """
        left = self._going
        while left:
            for going in left:
                self.say(going.source.name)
                if (pull := going.files(self.due)) is not None:
                    self._found.append(pull)
                    if pull.failure is not None:
                        self._failed_s[pull.source] = time.monotonic()
                self.due()
            left = [one for one in left if not one.over]
            if left:
                left += self._again({one.source.name for one in left})
                self.told()
        return sum(one.report.files_new for one in self._found if one.report is not None)

    def _again(self, going: Collection[str]) -> list[Pulling]:
        """Bring the answers of what came meanwhile at sources that are over; at one that failed, or was left out, after `AGAIN_S`."""
        over = [one for one in self.sources if one.name not in going]
        found = [self._started(one) for one in over if self._askable(one.name)]
        self._rest([one for one, unfinished in found if unfinished])
        return [one for one, _unfinished in found]

    def _askable(self, name: str) -> bool:
        failed_s = self._failed_s.get(name)
        if failed_s is not None and time.monotonic() - failed_s < AGAIN_S:
            return False
        self._failed_s.pop(name, None)
        return True

    def _started(self, source: Source) -> tuple[Pulling, bool]:
        """Begin with a source; tell whether it has more answers than came in its first while."""
        made = Pulling(self.keys, source, self.as_code, self.dry_run)
        going = self.running.enter_context(made)
        unfinished = going.data(self.early)
        self.early()
        return going, unfinished
