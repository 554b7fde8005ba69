"""A register to decide in: one case of one alert, four people, and short words for what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt
from xlsform.errors import Worded

OWNER = Actor("RD-01", "key")
SUPERVISOR = Actor("SU-01", "key")
OTHER = Actor("RD-02", "key")
CASE_CODE = dealt(0, "DK")
ALERT_CODE = dealt(0, "AL")


@dataclass
class Work:
    """A field in which people decide.

    Attributes:
        field: where forms arrive.
        whole: False once a test wrote past all decisions, so that a rebuild makes something else of it.
    """

    field: Field
    whole: bool = True

    def do(self, what: Callable[..., Any], *words: Any, by: Actor = COORDINATOR, **more: Any) -> Any:
        """Decide one thing in a transaction of its own."""
        with every_decision.deciding(
            self.field.register, by, self.field.later(), draw=self.field.draw
        ) as hand:
            return what(hand, *words, **more)

    def refused(
        self,
        why: type[Worded] | tuple[type[Worded], ...],
        what: Callable[..., Any],
        *words: Any,
        by: Actor = COORDINATOR,
        **more: Any,
    ) -> str:
        """See a decision refused, with nothing written; return the words."""
        before, count = self.field.everything(), len(self.events())
        with pytest.raises(why) as caught:
            self.do(what, *words, by=by, **more)
        assert (self.field.everything(), len(self.events())) == (before, count)
        return str(caught.value.words())

    def ask_to_close(self) -> None:
        """Let the owner ask for the closing of the case: unfounded, nobody in danger, everybody told."""
        move = every_decision.move
        self.do(move, CASE_CODE, "closure_pending", because="unfounded", risk="low", feedback="yes", by=OWNER)

    def case(self, code: str = CASE_CODE) -> dict[str, Any]:
        """Return the row of a case."""
        return next(row for row in self.field.rows(tables.case) if row["case_code"] == code)

    def alert(self, code: str = ALERT_CODE) -> dict[str, Any]:
        """Return the row of an alert."""
        return next(row for row in self.field.rows(tables.alert) if row["code"] == code)

    def tasks(self, kind: str, *, done: bool = False) -> list[dict[str, Any]]:
        """Return the tasks of a kind that are open, or ended."""
        rows = self.field.rows(tables.task)
        return [row for row in rows if row["kind"] == kind and (row["done_at"] is not None) == done]

    def events(self) -> list[Event]:
        """Return every event."""
        with self.field.register.reading() as rows:
            return list(store_events.read(rows))

    def sound(self) -> bool:
        """Tell whether a rebuild gives the same register."""
        return rebuild.check(self.field.register, self.field.later()).differing == ()


@played_once
def begin(register: Register, *, consent: bool = True, urgency: str | None = None) -> Work:
    """Return a register with people and one case, opened from an alert, with its interview if there is consent."""
    work = Work(Field(register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor"), ("RD-01", "case_owner")):
        work.do(every_decision.name_worker, code, roles)
    work.do(every_decision.name_worker, "RD-02", "case_owner")
    work.field.send("alert", "r1", ALERT)
    work.do(every_decision.triage, ALERT_CODE, urgency=urgency)
    work.do(every_decision.open_case, ALERT_CODE, owner="RD-01")
    if consent:
        work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}}))
    return work
