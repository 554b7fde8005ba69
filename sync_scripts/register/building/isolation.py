"""One submission that cannot be built keeps no other one back: what fails is found by halving, and undone alone.

Only for a fault of the program about what is being built. Where the database, the disk or the memory fails, or somebody stops
the command, that goes on to whoever called, and nothing is set apart for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Final

from sync_scripts.errors import Attention, Declined, When, Worded
from sync_scripts.register.forms.submissions import FormVersionLost
from sync_scripts.store.database import Rows
from sync_scripts.store.errors import DatabaseFailed

__all__ = ["NotBuilt", "NotCompared", "each_alone", "named", "of_the_unit"]

NotBuilt: Final = Declined.declare(
    "DK-U01",
    "dikalo met a fault of its own when it worked out what follows from this ({fault}). Nothing was changed, and everything else goes "
    "on. Keep the decision on paper, install the newest dikalo, run dikalo rebuild, then decide again. Send the words in brackets to "
    "those who look after dikalo; they hold no answer and no name.",
    also=(When("case", bool, "It is about the case {case}."),),
    case="",
)
NotCompared: Final = Attention.declare(
    "DK-U02",
    "{count} alerts or cases cannot be built, for a fault of the program ({fault}), and could not be compared; nothing was changed. "
    "Different: {tables}. Install the newest dikalo, run dikalo rebuild, and send the words in brackets to those who look after dikalo: "
    "they hold no answer and no name.",
)
_OF_A_VALUE: Final = frozenset(
    {
        "DataError",
        "IntegrityError",
        "InterfaceError",
        "OverflowError",
        "ProgrammingError",
        "StatementError",
        "UnicodeEncodeError",
    }
)
"""Classes of errors of SQLite and its driver about a value or a row that may not stand there."""
_OF_A_ROW: Final = ("22", "23")
"""How the states of PostgreSQL begin that say the same."""


def each_alone(
    rows: Rows, units: Sequence[str], build: Callable[[Sequence[str]], object]
) -> dict[str, Exception]:
    """Build units together; return those that cannot be built, each with its fault. Of them nothing is kept.

    Where all of them together cannot be built, each half is built by itself, down to single ones.
    """
    if not units:
        return {}
    try:
        with rows.savepoint():
            build(units)
    except Exception as fault:
        if not of_the_unit(fault):
            raise
        if len(units) == 1:
            return {units[0]: fault}
    else:
        return {}
    half = len(units) // 2
    return each_alone(rows, units[:half], build) | each_alone(rows, units[half:], build)


def of_the_unit(fault: Exception) -> bool:
    """Tell whether an error is one of the program about what it builds, and not of the machine below it.

    >>> of_the_unit(KeyError()), of_the_unit(OSError()), of_the_unit(MemoryError())
    (True, False, False)
    """
    if isinstance(fault, DatabaseFailed):
        return fault.kind in _OF_A_VALUE or str(fault.state).startswith(_OF_A_ROW)
    if isinstance(fault, Worded):
        return isinstance(fault, FormVersionLost)
    return not isinstance(fault, OSError | MemoryError)


def named(fault: BaseException) -> str:
    """Return a fault by its class, or its code, and the innermost place of ours that it went through: never by its words."""
    place, trace = "", fault.__traceback__
    while trace is not None:
        path = PurePath(trace.tb_frame.f_code.co_filename)
        if "sync_scripts" in path.parts:
            below = path.parts[path.parts.index("sync_scripts") + 1 :]
            place = f" {'/'.join(below)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return (fault.code if isinstance(fault, Worded) else type(fault).__name__) + place
