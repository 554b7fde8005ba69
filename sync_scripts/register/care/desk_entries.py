"""What the register notes beside a submission that was keyed in at the desk: how the alert came."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from sync_scripts.register.building.alert_unit import DESK_CHANNEL, subject_of
from sync_scripts.register.decisions.base import By
from sync_scripts.register.model.codes import Root
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables


def came_by(by: By, root: Root, channel: str) -> dict[str, Any]:
    """Note how an alert came; return its code, level, channel and due times.

    ``root`` is its form stamp and root id; it must be in the register.
    """
    if channel != DESK_CHANNEL:
        by.write(by.event("alert.channel", subject_of(*root), {"channel": channel}))
    found = known(by.rows, root)
    assert found is not None  # noqa: S101 - it must be in the register
    return found


def known(rows: Rows, root: Root) -> dict[str, Any] | None:
    """Return an alert's code, level, channel and due times by its form stamp and root id; None where it is not in the register."""
    alert, filing = tables.alert, tables.filing
    query = (
        select(alert.c.code, alert.c.urgency, alert.c.channel, alert.c.contact_due_at, alert.c.action_due_at)
        .join(filing, filing.c.filing_no == alert.c.filing_no)
        .where(filing.c.stamp == root[0], filing.c.root_id == root[1])
    )
    found = rows.execute(query).mappings().one_or_none()
    return None if found is None else dict(found)
