"""Real submissions in a register, decided on and erased again, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.purging.ground import Ground, ground
from tests.store.databases import World


@pytest.fixture
def both(world: World, tmp_path: Path) -> Ground:
    """Give a source and a register, on each database in turn."""
    return ground(world, tmp_path)


@pytest.fixture
def one(sqlite_world: World, tmp_path: Path) -> Ground:
    """Give a source and a register on SQLCipher."""
    return ground(sqlite_world, tmp_path)
