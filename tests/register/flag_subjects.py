"""Every flag that any test raises is about what its row of the table names: watched from where the register's tests begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_scripts.register.case import flags

_made = flags._row


def watched(number: int, subject: str, at: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a flag, as `flags` makes it.

    Raises:
        AssertionError: its subject is of another kind than the table says.
    """
    if said["code"] is not None:  # what a person raised has no row in the table
        about, kind = flags.FLAGS[said["code"]].about.split(), subject.partition(":")[0]
        assert about == ["submission"] or kind in about, f"{said['code']} is about {about}, not {subject}"
    return _made(number, subject, at, said)


flags._row = watched
