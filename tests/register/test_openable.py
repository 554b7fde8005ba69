"""What may be opened for an alert or case: which of two versions counts, and who has to agree."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from sync_scripts.register.alert_decisions.alerts import open_case, triage
from sync_scripts.register.case_decisions.joint_opening import leave_needed
from sync_scripts.register.case_decisions.openings import OpeningStopped, require_openable, stays_closed
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.history.erasures import replaced
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import submission
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt


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


def test_what_a_scope_belongs_to_says_whether_two_people_open_it(register: Register) -> None:
    """On both databases: the alert by its code or that of its C4 case, another alert by nobody else; who withdrew, by nobody."""
    field = Field(register)
    for root in ("r1", "r2"):
        field.send("alert", root, ALERT)
    with deciding(register, COORDINATOR, field.later(), draw=field.draw) as by:
        triage(by, dealt(0, "AL"))
        open_case(by, dealt(0, "AL"), owner="RD-01", new=True)
    said = {
        "header": {"case_known": "yes", "case_code": dealt(0, "DK")},
        "consent": {"confidentiality": "C4"},
    }
    field.send("case", "c1", changed(CASE, said))
    with deciding(register, COORDINATOR, field.later()) as by:
        withdraw_alert(by, dealt(1, "AL"), reason="She called")
    with register.reading() as rows:
        assert leave_needed(rows, ["folder-r1", "folder-c1", "folder-r2", "nobody's"]) == [
            (dealt(0, "DK"),),
            (dealt(0, "AL"), dealt(0, "DK")),
        ]
        assert stays_closed(rows, ["folder-r1", "folder-r2"], field.now) == {"folder-r2": dealt(1, "AL")}
        require_openable(rows, dealt(0, "DK"), field.now)
        with pytest.raises(OpeningStopped):
            require_openable(rows, dealt(1, "AL"), field.now)
