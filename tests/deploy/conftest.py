"""Two of the forms that ship, ready to go up."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts.deploy import Package, pack

FORMS = Path(__file__).parents[2] / "forms"


@pytest.fixture(scope="module")
def alert() -> Package:
    """Give the alert form as it ships."""
    return pack(FORMS / "alert.xlsx", FORMS / "media")


@pytest.fixture(scope="module")
def followup() -> Package:
    """Give the follow-up form, which asks for lists that the register fills."""
    return pack(FORMS / "followup.xlsx", FORMS / "media")
