"""What a building made, for tests that ask who would be told of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sync_scripts.register.forms.row_output import Output
from sync_scripts.store.schema import register as tables


def made(*, alerts: Iterable[dict[str, Any]] = (), cases: Iterable[dict[str, Any]] = ()) -> Output:
    """Return alerts or cases as if they were built just now, with nothing due in them."""
    out = Output()
    out.extend(tables.alert, alerts)
    out.extend(tables.case, cases)
    return out
