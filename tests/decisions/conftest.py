"""The command line over the register of a test, as one person or another."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sync_scripts.store.database import Actor
from tests.decisions.work import Work
from tests.register.field import COORDINATOR
from tests.register.running import Opened, over


@pytest.fixture
def run(
    work: Work, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Any]]:
    """Give a function that runs a command, as one person or another, and returns its document."""
    opened = Opened(work.field.register)
    ran = over(opened, monkeypatch, capsys)

    def run(*words: str, by: Actor = COORDINATOR, expect: int = 0) -> dict[str, Any]:
        opened.who = by
        code, out, _ = ran(*words, "--json")
        assert code == expect, (words, out)
        found: dict[str, Any] = json.loads(out)
        assert (found["schema"] == "dikalo.error/1") == (expect != 0), (words, found)
        return found

    return run
