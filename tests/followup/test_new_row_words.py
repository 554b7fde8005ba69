"""A new row that cannot be made says of its cell what is wrong with it."""

from __future__ import annotations

import pytest

from tests.followup.desk import CASE, Desk, first_blank


@pytest.mark.parametrize(("service", "why"), [("Psychosocal", "not_in_list"), (None, "row_incomplete")])
def test_a_service_that_is_mistyped_is_not_said_to_be_missing(
    desk: Desk, service: str | None, why: str
) -> None:
    """One letter too few in a ready row: whoever reads that the row "needs this" looks at a cell that is full."""
    path = desk.export()
    at = first_blank(path, "dk:actions")
    seen = desk.bring(
        desk.edit(path, ("dk:actions", at, "code", CASE), ("dk:actions", at, "service", service))
    )

    (wrong,) = (item.decision for item in seen.items if item.decision.outcome == "error")
    assert wrong.why == why
    assert bool(wrong.nearest) == (why == "not_in_list")
