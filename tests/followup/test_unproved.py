"""A case that rests on a form opened before its files came is counted, and said to be provisional beside every figure."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order, plan
from sync_scripts.store.database import Register
from sync_scripts.store.schema import raw
from tests.register.field import CASE, COORDINATOR, Field


@pytest.mark.parametrize(
    ("how", "counted"), [(None, 0), ("whole", 0), ("clear", 0), ("provisional", 1), ("broken", 1)]
)
def test_what_nothing_proves_is_counted_as_such(
    sqlite_register: Register, how: str | None, counted: int
) -> None:
    """One case of one interview, sent in each way; an older version that was provisional counts for nothing."""
    field = Field(sqlite_register)
    field.send("case", "c1", CASE)
    with field.register.writing() as rows:
        rows.execute(update(raw.submission).values(encryption="provisional"))
    field.send("case", "c1", CASE, edit=1)
    with field.register.writing() as rows:
        newest = raw.submission.c.instance_id == "c1-1"
        rows.execute(update(raw.submission).where(newest).values(encryption=how))
    order = Order(tier="T2", lang="en", scope=Scope(), actor=COORDINATOR, now=field.later(), demo=False)
    with field.register.reading() as rows:
        figures = plan(rows, field.register, order).figures

    found = {one.title: dict(one.bars) for one in figures if "Provisional" in one.title}
    assert len(figures) == 3 + len(found)
    assert [*found.values()] == [{"Cases": counted}] * counted
    assert sum(figures[0].bars[0][1:]) == 1
