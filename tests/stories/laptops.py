"""What a coordinator's laptop does on a register that another one uses at the same moment: one deed or several, by name.

Runs in a process of its own (started anew, so that nothing is shared but the database). Both laptops work for the same
organisation, each with a workspace id of its own.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import openpyxl

from sync_scripts.followup.columns import FIRST_ROW
from sync_scripts.followup.files import unlocked
from sync_scripts.followup.inbound.importing import Asked, bring_back
from sync_scripts.followup.outbound.export import export
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.store.database import Actor, Register
from tests import every_decision
from tests.decisions.hands import shared
from tests.followup.desk import column_of, sheet_of
from tests.register.field import dealt
from tests.stories import plants  # noqa: F401 - a mistake that is planted in the tests is planted in the laptops too
from xlsform.errors import Worded

CASE, OTHER = dealt(0, "DK"), dealt(1, "DK")
SOON: Final = date(2027, 1, 15)

_MOVES: Final[dict[str, Callable[[every_decision.By], object]]] = {
    "write a note": lambda by: every_decision.set_note(by, CASE, "De la coordination."),
    "give to RD-03": lambda by: every_decision.assign(by, CASE, "RD-03"),
    "assess": lambda by: every_decision.move(by, CASE, "assessment"),
    "suspend": lambda by: every_decision.move(
        by, CASE, "suspended", because="safety", reason="Combats", review_on=SOON
    ),
    "plan a service": lambda by: every_decision.plan_service(by, CASE, "pss"),
    "withdraw": lambda by: withdraw(by, CASE, reason="Elle a peur"),
    "merge": lambda by: every_decision.merge(by, CASE, OTHER, reason="La même famille"),
}
_FILES: Final = {"import the first file": "first.xlsx", "import the second file": "second.xlsx"}
HAND_OUT: Final = "hand out a workbook"
LOCK: Final = "sept lampes bleues gardent un puits"
FILES: Final = tuple(_FILES)
MOVES: Final = tuple(_MOVES)
DEEDS: Final = (*FILES, *MOVES, HAND_OUT)


@dataclass(frozen=True)
class LaptopDeed:
    """One deed of one laptop.

    Attributes:
        url: of the shared register.
        workspace: id of the laptop's own workspace.
        worker: who sits there.
        name: one of `DEEDS`.
        folder: where the workbooks lie that came back.
        now: what its clock says.
        at: when it begins, in seconds of this machine's clock; 0 = at once.
    """

    url: str
    workspace: str
    worker: str
    name: str
    folder: Path
    now: datetime
    at: float = 0


@dataclass(frozen=True)
class Done:
    """What came of a deed in a word, and when it had ended, in seconds of this machine's clock."""

    said: str
    ended: float


def do_all(deeds: Sequence[LaptopDeed], waits: Sequence[float]) -> list[Done]:
    """Do some deeds one after the other, each so many seconds after the one before it."""
    done = []
    for deed, wait in zip(deeds, waits, strict=True):
        time.sleep(wait)
        done.append(Done(do(deed), time.monotonic()))
    return done


def do(deed: LaptopDeed) -> str:
    """Do it, at its moment; return what came of it in a word: done, or the code of the refusal."""
    register = shared(deed.url, deed.workspace)
    with register.reading():
        pass  # the connection is there before the moment comes
    time.sleep(max(0, deed.at - time.monotonic()))
    try:
        return _done(register, deed)
    except Worded as refused:
        return refused.code
    finally:
        register.close()


def _done(register: Register, deed: LaptopDeed) -> str:
    who = Actor(deed.worker, "key")
    if deed.name in _FILES:
        file = unlocked((deed.folder / _FILES[deed.name]).read_bytes(), lambda: "")
        told = bring_back(register, file, Asked(who, deed.now, apply=True))
        return f"{told.status} {told.changes} {len(told.conflicts)}"
    if deed.name == HAND_OUT:
        return f"handed out: {_handed_out(register, deed, who)}"
    with every_decision.deciding(register, who, deed.now) as by:
        _MOVES[deed.name](by)
    return "done"


def _handed_out(register: Register, deed: LaptopDeed, who: Actor) -> list[tuple[str, str | None]]:
    """Make a T3 workbook of everything; return what its file says of the violations of each case."""
    order = Order("T3", "fr", Scope(), who, deed.now, demo=False)
    path = deed.folder / f"{uuid4().hex}.xlsx"
    export(register, order, path, password=LOCK)
    clear = unlocked(path.read_bytes(), lambda: LOCK).content
    sheet = sheet_of(openpyxl.load_workbook(io.BytesIO(clear)), "dk:cases")
    code, said = (column_of(sheet, key) for key in ("code", "violations"))
    rows = range(FIRST_ROW, sheet.max_row + 1)
    return sorted((sheet.cell(row, code).value, sheet.cell(row, said).value) for row in rows)
