"""The backup of a round: it holds up no alarm, and no more than a while of the round."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sync_scripts.backup.making import Made, make
from sync_scripts.backup.planning import prepared
from sync_scripts.clock import Clock
from sync_scripts.daily.pulling import EVERY_S
from sync_scripts.store.workspace import Workspace

LONGEST_S: Final = 900.0
"""After so many seconds the sealed files that are still to be copied are left to the next round."""


def backed_up(workspace: Workspace, folder: Path, clock: Clock, meanwhile: Callable[[], None]) -> Made:
    """Make a backup; ``meanwhile`` is done each minute until then.

    Raises:
        What `prepared` and `make` raise; `BackupUnfinished` where there was no time for all.
    """
    began = said = time.monotonic()

    def tell(_more: int) -> None:
        nonlocal said
        if time.monotonic() - said >= EVERY_S:
            meanwhile()
            said = time.monotonic()

    def late() -> bool:
        return time.monotonic() - began >= LONGEST_S

    return make(workspace, prepared(workspace, folder), clock(), tell, late)
