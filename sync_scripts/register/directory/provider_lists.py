"""Say that providers are about to be sent to a list, and give their codes to whatever was chosen from it before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from sync_scripts.register.building import build
from sync_scripts.register.forms.listed_providers import FIELD, PUBLISHED, SUBJECT, row_uuid
from sync_scripts.register.model.codes import DrawCode, draw
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.history import events
from sync_scripts.store.history.events import NewEvent
from sync_scripts.store.schema import register as tables

__all__ = ["send_providers"]

_CHUNK = 500


def send_providers(
    rows: Rows, place: str, codes: Sequence[str], actor: Actor, now: datetime, *, drawing: DrawCode = draw
) -> None:
    """Write down which codes go to a list for the first time, in the caller's transaction, before they go.

    ``place`` is that of their uuids. What another laptop sent before, and was chosen and pulled already, is built again.
    """
    if not codes:
        return
    events.append(rows, [NewEvent(PUBLISHED, SUBJECT, actor, {"codes": list(codes), "place": place})], now)
    uuids = [row_uuid(code, place) for code in codes]
    touched: set[tuple[str, str]] = set()
    for table in (tables.intervention, tables.service_status):
        for start in range(0, len(uuids), _CHUNK):
            filed = tables.filing.c
            asked = (
                select(filed.stamp, filed.root_id)
                .join(table, table.c.filing_no == filed.filing_no)
                .where(table.c[FIELD].in_(uuids[start : start + _CHUNK]))
            )
            touched |= {(row.stamp, row.root_id) for row in rows.execute(asked)}
    if touched:
        build.apply(rows, touched, drawing, now)
