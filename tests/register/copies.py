"""Registers on SQLCipher made in the middle of a test: copies of an empty one, and random work on each of them."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from sync_scripts.store import engine
from sync_scripts.store.database import Register
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.store.databases import KEY, _world

Holders = Mapping[Holder, Identity]


def copied(template: Path, holders: Holders, folder: Path, name: str = "register.db") -> Register:
    """Return the register of a file, copied into a folder. Whoever asks closes it."""
    path = folder / name
    shutil.copyfile(template, path)
    path.chmod(0o600)
    return _world(engine.sqlcipher(path, KEY), dict(holders), folder).register


def randomly(
    work: Callable[[Register], RuleBasedStateMachine],
    template: Path,
    holders: Holders,
    folder: Path,
    *,
    examples: int,
    steps: int,
) -> None:
    """Run random work on fresh copies of an empty register; the work closes it."""

    def fresh() -> RuleBasedStateMachine:
        return work(copied(template, holders, folder, f"{uuid.uuid4().hex}.db"))

    run_state_machine_as_test(
        fresh,  # type: ignore[arg-type]  # a factory does as well as a class
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
