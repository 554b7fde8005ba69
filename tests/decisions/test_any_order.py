"""Whatever people decide and whatever arrives, in any order: the register is what a rebuild makes of it, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

import pytest

from sync_scripts.register.lifecycle import errors
from sync_scripts.register.lifecycle.guards import EARLY
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import OTHER, OWNER, SUPERVISOR, Work, begin
from tests.register.field import (
    ALERT,
    CASE,
    COORDINATOR,
    FOLLOWUP,
    act,
    changed,
    closing,
    service,
    victim,
)
from xlsform.errors import Worded

PEOPLE = (COORDINATOR, OWNER, SUPERVISOR, OTHER)
STATES = (
    "assessment",
    "action_plan",
    "intervention",
    "follow_up",
    "closure_pending",
    "closed",
    "reopened",
    "suspended",
    "back",
    "transferred",
)
SERVICE_STATES = ("referred", "accepted", "rejected", "ongoing", "done", "declined")


class Days:
    """Some days of work: forms arrive, people decide, and much of it is refused."""

    def __init__(self, work: Work, dice: random.Random) -> None:
        """Begin with one case."""
        self.work = work
        self.dice = dice
        self.sent: dict[tuple[str, str], int] = {}
        self.done = 0

    def one(self, table: Any, column: str) -> Any:
        """Return something of a table, or a name that nobody knows."""
        known = [row[column] for row in self.work.field.rows(table)]
        return self.dice.choice(known) if known else "nothing"

    def alert(self) -> str:
        """Return some alert."""
        return str(self.one(tables.alert, "code"))

    def case(self) -> str:
        """Return some case."""
        return str(self.one(tables.case, "case_code"))

    def send(self, form: str, root: str, said: Any) -> None:
        """Let a form arrive, or another version of it."""
        edit = self.sent.get((form, root), -1) + 1
        self.sent[form, root] = edit
        self.work.field.send(form, root, said, edit=edit)

    def arrive(self) -> None:
        """Let something arrive."""
        number, case = self.dice.randrange(4), self.case()
        danger = self.dice.choice(["yes", "no", "unknown"])
        people = [victim(1), victim(2)][: self.dice.randint(1, 2)]
        facts = [act(1, violation=self.dice.choice(["threat", "rape"]))]
        header: Any = {"case_code": case} if self.dice.random() < 0.7 else {"alert_code": self.alert()}
        forms: list[tuple[str, str, Any]] = [
            ("alert", f"x{number}", changed(ALERT, {"danger": {"danger_now": danger}})),
            (
                "case",
                f"y{number}",
                changed(CASE, {"header": header, "victims": people, "acts": facts}),
            ),
            ("followup", f"v{number}", changed(FOLLOWUP, {"header": {"case_code": case}})),
            ("followup", f"w{number}", service(case, self.dice.choice(SERVICE_STATES))),
            ("closure", f"z{number}", closing(case)),
        ]
        self.send(*self.dice.choice(forms))

    def decide(self) -> None:
        """Decide something; what is refused changes nothing."""
        what = self.dice.choice(self.everything())
        with suppress(Worded):
            self.work.do(what[0], *what[1], by=self.dice.choice(PEOPLE), **what[2])
            self.done += 1

    def everything(self) -> list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]:
        """Return what could be decided now, each with some values."""
        alert, case, dice = self.alert(), self.case(), self.dice
        number = dice.randint(1, 3)
        task = self.one(tables.task, "kind")
        return [
            (
                every_decision.triage,
                (alert,),
                {"urgency": dice.choice(["critical", "low", None]), "reason": "x"},
            ),
            (every_decision.contacted, (alert,), {}),
            (every_decision.undo_contacted, (alert,), {"reason": "x"}),
            (every_decision.contact, (case,), {"reached": dice.random() < 0.5}),
            (every_decision.undo_contact, (case,), {"reason": "x"}),
            (every_decision.ask, (alert,), {}),
            (every_decision.open_case, (alert,), {"owner": dice.choice(["RD-01", "RD-02"])}),
            (every_decision.link, (alert, case), {}),
            (every_decision.move_alert, (alert, case), {"reason": "x"}),
            (every_decision.refer_out, (alert, "PRE-01"), {}),
            (every_decision.dismiss, (alert, "x"), {}),
            (every_decision.assign_alert, (alert, "RD-02"), {}),
            (every_decision.sign, (alert,), {}),
            *[
                (
                    every_decision.move,
                    (case, dice.choice(STATES)),
                    {
                        "reason": "x",
                        "because": dice.choice(EARLY),
                        "emergency": dice.random() < 0.5,
                        "feedback": "yes",
                        "risk": "low",
                        "review_on": date(2027, 1, dice.randint(1, 28)),
                        "receiver": "PART-01",
                        "accepted_on": date(2026, 11, 20),
                    },
                )
                for _ in range(6)
            ],
            (every_decision.merge, (case, self.case()), {"reason": "x"}),
            (every_decision.assign, (case, dice.choice(["RD-01", "RD-02"])), {}),
            (every_decision.plan_service, (case, dice.choice(["health", "legal"])), {"timeframe": "3_days"}),
            (every_decision.refer, (case, "health", "PRE-01"), {}),
            (every_decision.move_service, (case, number, dice.choice(SERVICE_STATES)), {}),
            (every_decision.set_service, (case, number), {"work_note": "x", "owner_code": "RD-01"}),
            (every_decision.end_task, (case, task), {"reason": "x"}),
            (every_decision.end_task, (alert, task), {"reason": "x"}),
            (every_decision.open_task, (case, task), {"reason": "x"}),
            (every_decision.assign_task, (case, task, "RD-02"), {}),
            (every_decision.raise_flag, (case, "Look"), {}),
            (every_decision.resolve_flag, (case, str(self.one(tables.flag, "flag_id"))), {"resolution": "x"}),
            (every_decision.open_flag, (case, str(self.one(tables.flag, "flag_id"))), {"reason": "x"}),
            (every_decision.set_note, (case, f"note {dice.random()}"), {}),
            (every_decision.set_urgency, (case, dice.choice(["critical", "low", None])), {"reason": "x"}),
            (every_decision.set_confidentiality, (case, dice.choice(["C1", "C3", "C4"])), {"reason": "x"}),
            (every_decision.set_hold, (case,), {"held": dice.random() < 0.5, "reason": "x"}),
            (every_decision.correct, (case, "person.V1.sex", dice.choice(["m", "f", ""])), {"reason": "x"}),
            (
                every_decision.correct,
                (alert, "alert.danger_now", dice.choice(["yes", "no"])),
                {"reason": "x"},
            ),
            (every_decision.correct, (case, "interview.case_code", self.case()), {"reason": "x"}),
            (every_decision.restore, (case, "person.V1.sex"), {"reason": "x"}),
            (every_decision.verify, (case, "verified"), {"reason": "x"}),
        ]


@pytest.mark.spread(4)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("guarded", [True, False])
def test_a_rebuild_equals_what_many_days_made(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, seed: int, *, guarded: bool
) -> None:
    """With the guards as they are, and with all of them open, so that every state is reached."""
    if not guarded:
        monkeypatch.setattr(errors, "lacking", lambda _move, _facts: iter(()))
    work = begin(sqlite_register)
    provider(work)
    days = Days(work, random.Random(f"{seed}{guarded}"))
    for step in range(1, 61):
        days.arrive() if days.dice.random() < 0.25 else days.decide()
        if step % 30 == 0:
            assert work.sound()
    assert days.done > 5
    with sqlite_register.reading() as rows:
        assert store_events.check(rows) == len(work.events())
