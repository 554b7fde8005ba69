"""Visits and requests of closure that left a case: what its history says of them, and the line that a person reads.

A form belongs where its code says, and an edit on a phone can say another one. In the case that it leaves nothing of it is left:
its follow-up is due again, and nobody knows why. Its history says so, whoever moved it; where a phone did, a remark asks somebody
to look, on each day on which one left, until it was looked at or the form is back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.case.flags import raised
from sync_scripts.register.forms.row_output import RowOf
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import PROGRAM
from sync_scripts.store.events import NewEvent

__all__ = ["GONE", "form_gone", "gone_flags"]

GONE: Final = "case.form_left"
"""Op of the event, by rule, in the history of the case that a form leaves."""
KINDS: Final = frozenset({"followup", "closure"})
"""Forms of which nothing is left in a case that they leave; of an interview its class and its people are (`moved_submissions`)."""


def form_gone(kind: str, key: str, left: str, entered: str | None, *, by_hand: bool) -> Iterator[NewEvent]:
    """Yield the event that a form left a case.

    Args:
        kind: of the form.
        key: of the form.
        left: code of the case that it was in.
        entered: code of the one in which it is now; None where it is in none.
        by_hand: a person moved it, by a correction.
    """
    if kind in KINDS:
        said = {"kind": kind, "form": key, "other_case": entered, "by_hand": by_hand}
        yield NewEvent(GONE, f"case:{left}", PROGRAM, said)


def gone_flags(given: CaseInput, rules: Ruleset) -> Iterator[RowOf]:
    """Yield a remark for each day on which an edit took a form out of a case that is not back."""
    there = {one.key for one in given.filed}
    said = (one for one in given.events if one.op == GONE and not one.payload["by_hand"])
    gone = [moment(one.at) for one in said if one.payload["form"] not in there]
    days = {clocks.local_day(at, rules): at for at in reversed(gone)}
    for day, at in sorted(days.items()):
        yield raised(given.first, instant(at), given.unit, "visit_gone", day.isoformat())
