"""A pull in a process of its own, seen from the one that started it. Holds no answer: counts come back, and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from gettext import gettext as _
from typing import Final

import msgspec

from sync_scripts.config import ServerSettings
from sync_scripts.daily.child import Failure, Job
from sync_scripts.daily.process import Working
from sync_scripts.errors import Unreachable
from sync_scripts.intake.report import PullReport
from sync_scripts.servers.folder import NAME as FOLDERS
from sync_scripts.texts import language

TURN_S: Final = 120.0
"""How long a source brings answers before others have their turn: what one server delays must delay no alarm of another."""
SILENT_S: Final = 240.0
"""How long one that reads folders may give no sign of life: a stick or a network drive that hangs has no deadline of its own."""
_NETWORK: Final = 5
"""Exit code of what the network or a server did."""


FolderHangs: Final = Unreachable.declare(
    "DK-N66",
    "A folder did not answer for {minutes} minutes while it was read: a USB stick or a network drive hangs. It was given up, and everything "
    "else went on. What was already stored stays stored. Pull the stick out and plug it in again; the next round goes on there.",
)


@dataclass(frozen=True, slots=True)
class Source:
    """What one process pulls: a server, or all folders. ``name`` is the one under which runs are recorded."""

    name: str
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pull:
    """What one process brought.

    Attributes:
        source: from where.
        report: counts; None when nothing was read.
        failure: what stopped it, None when nothing did.
    """

    source: str
    report: PullReport | None
    failure: Failure | None

    @property
    def unreachable(self) -> bool:
        """Tell whether the network or the server was the reason."""
        return self.failure is not None and self.failure.exit == _NETWORK

    @property
    def exit_code(self) -> int:
        """Return what it means for the round."""
        if self.failure is not None:
            return self.failure.exit
        return 3 if self.report is not None and self.report.needs_person else 0


def sources_of(settings: Sequence[ServerSettings]) -> list[Source]:
    """Return what is pulled one after the other: each server by itself, then the folders together, as one may hang.

    They are near and quick: what lies in them waits for the first turn of each server at most.
    """
    folders = tuple(one.name for one in settings if one.kind == "folder")
    found = [Source(one.name, (one.name,)) for one in settings if one.kind != "folder"]
    return found + ([Source(FOLDERS, folders)] if folders else [])


@dataclass(slots=True)
class Pulling(Working):
    """A pull in a process of its own.

    First the answers, a while at a time, then the files, so that the answers of several sources can come before the files
    of any.

    Attributes:
        source: what is pulled.
        as_code: act under this code, which is only claimed.
        dry_run: write nothing.
    """

    source: Source
    as_code: str | None = None
    dry_run: bool = False

    @property
    def silent_s(self) -> float | None:
        """Return how long it may give no sign of life; a server has deadlines of its own."""
        return SILENT_S if self.source.name == FOLDERS else None

    def data(self, meanwhile: Callable[[], None] = lambda: None) -> bool:
        """Bring the answers, for `TURN_S`; ``meanwhile`` is done each minute until then, beside the process that writes.

        Return whether there are more: it is to be called again when others have had their turn.
        Interrupted (Ctrl-C, a signal), it goes on raising.
        """
        if self._made is not None:
            self._go_on(self._made, meanwhile)
            return self._more
        job = Job(
            root=str(self.keys.root.absolute()),
            servers=self.source.servers,
            worker=self.keys.worker,
            demo=self.keys.demo,
            pinned=self.keys.pinned,
            as_code=self.as_code,
            lang=language(),
            dry_run=self.dry_run,
            turn_s=TURN_S,
        )
        self._begin(job, meanwhile)
        return self._more

    def files(self, meanwhile: Callable[[], None] = lambda: None) -> Pull | None:
        """Bring the files, for a while; ``meanwhile`` as before.

        Return what came in all, None when there are more, and answers that came meanwhile are here.
        """
        name = self.source.name
        if self._made is None:
            raise RuntimeError  # the answers come first
        self._go_on(self._made, meanwhile)
        if not self.over:
            return None
        told = self._told()
        if self._hangs:
            return Pull(name, None, Failure.of(FolderHangs(minutes=round(SILENT_S / 60))))
        if told.crash:
            return Pull(name, None, _crashed(name, told.crash))
        report = msgspec.convert(told.report, PullReport) if told.report is not None else None
        return Pull(name, report, told.failure)


def _crashed(source: str, kind: str) -> Failure:
    words = _(
        "The process that pulls from {source} ended before its end ({kind}). What it had stored is safe; the next round goes "
        "on from there. If it happens again, run dikalo pull by itself: it says more."
    )
    return Failure("DK-N30", words.format(source=source, kind=kind), 1)
