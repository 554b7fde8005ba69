"""A second laptop on one shared register, as a process of its own: decides whatever it can, and counts what it was refused."""

from __future__ import annotations

from pathlib import Path

from sync_scripts.store import engine
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.seal.sealing import Recipients
from tests import clock, every_decision
from xlsform.errors import Worded


def shared(url: str, workspace: str) -> Register:
    """Open a shared register as one workspace of several."""
    return Register(
        engine=engine.postgresql(url),
        workspace_id=workspace,
        demo=False,
        folder=Path(),
        recipients=Recipients(()),
        match_key=bytes(32),
    )


def decide_all(url: str, workspace: str, worker: str, alerts: list[str], case: str) -> tuple[int, int]:
    """Open every alert and write a note each time; return how many alerts were opened here and how many were not."""
    register = shared(url, workspace)
    opened = refused = 0
    for number, alert in enumerate(alerts):
        try:
            with every_decision.deciding(register, Actor(worker, "key"), clock.now()) as by:
                every_decision.open_case(by, alert, owner=worker)
            opened += 1
        except Worded:
            refused += 1
        with every_decision.deciding(register, Actor(worker, "key"), clock.now()) as by:
            every_decision.set_note(by, case, f"{worker} {number}")
    register.close()
    return opened, refused
