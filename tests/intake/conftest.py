"""Sources and registers for the tests of intake, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.intake.scene import Scene, scene
from tests.store.databases import World


@pytest.fixture
def both(world: World, tmp_path: Path) -> Scene:
    """Give a source and a register, on each database in turn."""
    return scene(world, tmp_path)


@pytest.fixture
def one(sqlite_world: World, tmp_path: Path) -> Scene:
    """Give a source and a register on SQLCipher."""
    return scene(sqlite_world, tmp_path)
