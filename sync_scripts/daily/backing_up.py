"""The backup of a round, in a process of its own: it holds up no alarm, and one that hangs at its place ends no round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext as _
from pathlib import Path
from typing import Final

import msgspec

from sync_scripts.backup.making import Made
from sync_scripts.daily.child import Backup, Failure, Job
from sync_scripts.daily.process import Working
from sync_scripts.errors import Unreachable
from sync_scripts.store.canonical import instant
from sync_scripts.texts import language

LONGEST_S: Final = 900.0
"""After so many seconds the sealed files that are still to be copied are left to the next round."""
SILENT_S: Final = 900.0
"""How long a backup may give no sign of life: a large copy is read back from a slow stick without one."""

PlaceHangs: Final = Unreachable.declare(
    "DK-V18",
    "The place of the backups did not answer for {minutes} minutes: a USB stick or a network drive hangs. The backup was given up, and "
    "everything else was done. The backups made before stay as they are. Pull the stick out and plug it in again; the next round goes on there.",
)


@dataclass(slots=True)
class BackingUp(Working):
    """A backup in a process of its own.

    Attributes:
        folder: its place.
        now: the present moment.
    """

    folder: Path
    now: datetime

    @property
    def silent_s(self) -> float:
        """Return how long it may give no sign of life."""
        return SILENT_S

    def done(self, meanwhile: Callable[[], None]) -> Made | Failure:
        """Make it; ``meanwhile`` is done each minute until then. Return what was made, or what stopped it."""
        job = Job(
            root=str(self.keys.root.absolute()),
            worker=self.keys.worker,
            demo=self.keys.demo,
            pinned=self.keys.pinned,
            lang=language(),
            backup=Backup(folder=str(self.folder), at=instant(self.now), longest_s=LONGEST_S),
        )
        self._begin(job, meanwhile)
        told = self._told()
        if self._hangs:
            return Failure.of(PlaceHangs(minutes=round(SILENT_S / 60)))
        if told.failure is not None:
            return told.failure
        if told.report is None:
            words = _(
                "The process that made the backup ended before its end ({kind}). The backups made before stay as they are; "
                "the next round makes another one."
            )
            return Failure("DK-N30", words.format(kind=told.crash), 1)
        return msgspec.convert(told.report, Made)
