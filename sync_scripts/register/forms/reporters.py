"""The code of a focal point who tells an alert by telephone. It stands open for everybody who works: a name never does.

A first name looks like a code, so its shape is not enough: one that nobody here has is doubted once, and taken when it
is typed again. A new focal point must be able to call at night.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from sync_scripts.config import TeamSettings
from sync_scripts.errors import UnknownCode
from sync_scripts.register.model.suggestions import nearest_worker
from sync_scripts.register.model.workers import as_known, known_workers
from sync_scripts.secrets.errors import CodeUnsuitable
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.register import alert, situation

__all__ = ["TellerUnknown", "Tellers", "known_tellers"]


TellerUnknown: Final = UnknownCode.declare(
    "DK-P25",
    "Nobody here has this code, and a name must never stand here: everybody who works in the register reads it. If it really is the "
    "code of somebody new, type it once more.",
)


@dataclass(slots=True)
class Tellers:
    """Reads what is typed as the code of whoever tells.

    Attributes:
        known: codes that are known here -> whether somebody works under them now.
    """

    known: Mapping[str, bool]
    _doubted: str = ""

    def as_code(self, typed: str) -> str:
        """Return a code as it is known here, or as it was written.

        Raises:
            CodeUnsuitable: it cannot be a code.
        """
        return as_known(self.known, worker_code(typed))

    def read(self, typed: str) -> str:
        """Return a code as it is known here; one that is not is doubted once.

        Raises:
            CodeUnsuitable: it cannot be a code.
            TellerUnknown: nobody has it, and it was not typed just before.
        """
        code = self.as_code(typed)
        if code not in self.known and code != self._doubted:
            self._doubted = code
            raise TellerUnknown(nearest=nearest_worker(code, self.known))
        return code


def known_tellers(rows: Rows, teams: Iterable[TeamSettings]) -> dict[str, bool]:
    """Return the codes of people: who works here, who is in a team, and under which codes phones have sent."""
    sent = (
        row[0]
        for column in (alert.c.reporter_code, situation.c.reporter_code)
        for row in rows.execute(select(column).where(column.is_not(None)).distinct())
    )
    of_teams = [code for team in teams for code in team.people]
    return {
        **dict.fromkeys((one for one in sent if _is_code(one)), True),
        **dict.fromkeys(of_teams, True),
        **known_workers(rows),
    }


def _is_code(text: str) -> bool:
    """Tell whether this can be a code: what an older form took may be anything."""
    try:
        worker_code(text)
    except CodeUnsuitable:
        return False
    return True
