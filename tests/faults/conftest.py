"""Prepared once for all fault tests: a short pull."""

from __future__ import annotations

import pytest

from tests.faults.harness import Bench, bench
from tests.faults.pull_case import PullCase


@pytest.fixture(scope="session")
def short_pull(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Prepare a pull of a few samples; nothing is changed in it, every fault has a copy."""
    return bench(PullCase(), tmp_path_factory.mktemp("pull"))
