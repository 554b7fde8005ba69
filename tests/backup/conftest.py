"""Fixtures of the tests of backups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.places import Desk, desk


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Desk]:
    """Give a filled workspace and an empty stick."""
    with desk(tmp_path) as made:
        yield made
