"""What several tests of the register begin with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync_scripts.store.database import Register
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.register.copies import copied


@pytest.fixture
def fresh_register(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Iterator[Callable[[], Register]]:
    """Give a function that makes an empty register for each example."""
    made: list[Register] = []

    def make() -> Register:
        register = copied(template_file, holders, tmp_path, f"{len(made)}.db")
        made.append(register)
        return register

    yield make
    for one in made:
        one.close()
