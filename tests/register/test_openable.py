"""What may be opened for an alert or case: which of two versions counts."""

from __future__ import annotations

from sqlalchemy import update

from sync_scripts.register.openable import replaced
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import submission
from tests.register.field import ALERT, Field, changed


def test_of_two_versions_the_earlier_one_is_the_replaced_one(register: Register) -> None:
    """Whoever opens an edited alert must not take the first account for what is true now."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r1", changed(ALERT, {"danger_now": "no"}), edit=1)
    with register.writing() as rows:
        rows.execute(update(submission).where(submission.c.instance_id == "r1").values(current=False))
    with register.reading() as rows:
        assert replaced(rows, ["r1", "r1-1", "unknown"]) == {"r1"}
        assert not replaced(rows, [])
