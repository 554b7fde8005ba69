"""An organisation's own version of a form: what it changed, laid over a base that goes on changing.

`derive` says what differs between the base and an edited workbook, `apply` lays it over the base again, `rebase` brings
it to a newer base, `guard` refuses what no organisation may loosen. `bench` knows where the files of a workspace are,
`renewal` decides what a save or an upgrade would write, and what taking it back would. Needs no register and no passphrase:
forms hold no secret.
"""

from __future__ import annotations

from xlsform.overlay.guard import guard
from xlsform.overlay.operations import Add, Drop, Move, Op, Overlay, Set, apply, derive, same
from xlsform.overlay.rebasing import Conflict, Decision, Rebased, rebase

__all__ = [
    "Add",
    "Conflict",
    "Decision",
    "Drop",
    "Move",
    "Op",
    "Overlay",
    "Rebased",
    "Set",
    "apply",
    "derive",
    "guard",
    "rebase",
    "same",
]
