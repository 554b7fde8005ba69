"""What the attacks share with the tests of the store: a way to run commands in a workspace."""

from __future__ import annotations

from tests.store.conftest import run

__all__ = ["run"]
