"""The Java runtime of the tests that fill forms with ODK Collect's own engine."""

from __future__ import annotations

import pytest

from xlsform.engine.jvm import JavaMissing, engine


@pytest.fixture(scope="session")
def java() -> None:
    """Start the engine, or say in one line why its tests are skipped."""
    try:
        with engine():
            pass
    except JavaMissing as missing:
        pytest.skip(f"no Java runtime here ({missing.part})")
