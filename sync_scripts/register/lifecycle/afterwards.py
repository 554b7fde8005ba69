"""What may still be decided about a case that was left: closed, handed over, or merged into another one. Pure.

The work on it is over, and a decision about the work is refused. What does not end with the work is what the person is
owed (a withdrawal, a correction, a task that says so), what was found out of the facts, and how long and how closely it
is all kept. A merged case keeps its own rows, so what is due in one of them is still said of it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync_scripts.register.lifecycle.moves import CASE_LEFT

__all__ = ["AFTERWARDS"]

_MERGED: Final = frozenset({"merged"})

AFTERWARDS: Final[Mapping[str, frozenset[str]]] = {
    # how it is kept
    "case.confidentiality": CASE_LEFT,
    "case.retention": CASE_LEFT,
    "case.hold": CASE_LEFT,
    # the facts, and the proofs
    "value.correct": CASE_LEFT,
    "value.restore": CASE_LEFT,
    "incident.verify": CASE_LEFT,
    "incident.other": CASE_LEFT,
    "evidence.move": CASE_LEFT,
    "evidence.redacted": CASE_LEFT,
    # what people agreed to
    "consent.record": CASE_LEFT,
    "consent.withdraw": CASE_LEFT,
    "consent.override": _MERGED,
    "person.same": CASE_LEFT,
    # what is due, or to be looked at, in its rows
    "task.done": CASE_LEFT,
    "task.assign": CASE_LEFT,
    "task.open": _MERGED,
    "case.contact_undo": _MERGED,
    "flag.resolve": CASE_LEFT,
    "flag.open": CASE_LEFT,
    "intervention.move": _MERGED,
    "intervention.set": _MERGED,
}
"""Op of a decision -> states of a case that was left in which it is taken all the same; an op that is not here, in none."""
