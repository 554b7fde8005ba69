"""A row whose base is forgotten, and that says done or sent on a day to come, is no more taken than any other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.followup.desk import CASE, Desk, first_blank
from tests.followup.test_conflicts import book, settled


@pytest.mark.parametrize(
    ("sheet", "said", "why"),
    [
        ("dk:actions", {"service": "pss", "status": "done", "done_on": 60}, "done_in_future"),
        ("dk:referrals", {"provider": "PRE-01", "sent_on": 60}, "sent_in_future"),
    ],
)
def test_line_12_a_forgotten_row_of_a_day_to_come_is_refused_where_it_is_settled(
    desk: Desk, sheet: str, said: dict[str, str | int], why: str
) -> None:
    """Nothing compares its cells with each other when it is taken whole."""
    path = desk.export()
    at = first_blank(path, sheet)
    days = {
        key: (desk.now + timedelta(days=value)).date().isoformat() if isinstance(value, int) else value
        for key, value in said.items()
    }
    edited = desk.edit(path, *((sheet, at, key, value) for key, value in {"code": CASE, **days}.items()))
    desk.field.now += timedelta(days=40)
    desk.export()  # forgets what is older than 35 days
    desk.apply(edited, late="Perdu")
    before = len(desk.services())
    done = desk.apply(settled(desk, book(desk), (CASE, "(new row)", "Fichier", None)))

    assert (done.status, [item.decision.why for item in done.items]) == ("blocked", [why])
    assert len(desk.services()) == before
