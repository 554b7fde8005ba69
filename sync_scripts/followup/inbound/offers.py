"""What the cells of a workbook offer to choose from, as it was shown and as it is today. Reads, and writes nothing."""

from __future__ import annotations

from functools import partial

from sqlalchemy import select

from sync_scripts.followup.columns import Lists
from sync_scripts.followup.inbound.case_assignment import may_put_in_charge
from sync_scripts.followup.inbound.import_result import Asked
from sync_scripts.followup.outbound import snapshot
from sync_scripts.followup.outbound.snapshot import Snapshot
from sync_scripts.register.model.workers import known_workers
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables

__all__ = ["lists_of"]


def lists_of(rows: Rows, kept: Snapshot, asked: Asked) -> Lists:
    """Return what cells may choose from, as it was shown and as it is today."""
    workers = known_workers(rows)
    here = frozenset(code for code, active in workers.items() if active)
    return Lists(
        "en" if kept.lang == "en" else "fr",
        kept.labels,
        tuple(sorted(workers)),
        here,
        may_put_in_charge(rows, asked.actor, here),
        asked.today,
        asked.names,
        tuple(rows.execute(select(tables.provider.c.provider_code)).scalars()),
        cases=partial(snapshot.all_cases, rows, kept.export_id),
    )
