"""The task to look whether an alert is erased rises by rule: of the rule that comes first, and of the next after that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sync_scripts.store.canonical import moment
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.intake.scene import NOW, uid
from tests.purging.ground import Ground, calm


def review(ground: Ground, number: int) -> dict[str, Any] | None:
    """Return the open task of keeping of an alert."""
    subject = f"alert:alert/{uid(number)}"
    found = [
        task
        for task in ground.scene.rows(tables.task)
        if (task["kind"], task["subject"], task["done_at"]) == ("retention_review", subject, None)
    ]
    assert len(found) <= 1
    return found[0] if found else None


def test_an_alert_without_a_case_is_looked_at_after_six_months(one: Ground) -> None:
    """It is said from the first day when."""
    task = review(one, 1)
    assert task is not None
    assert task["due_at"].startswith("2027-05-25")
    assert task["variant"] == "alert_without_case"


def test_one_without_consent_asked_after_seven_days(one: Ground) -> None:
    """What identifies somebody goes first."""
    one.scene.lay("a3", calm(3, consent="not_asked"))
    one.scene.pull()
    task = review(one, 3)
    assert task is not None
    received = moment(
        one.scene.rows(tables.filing, tables.filing.c.root_id == uid(3))[0]["first_received_at"]
    )
    assert moment(task["due_at"]) == received + timedelta(days=7)


def test_a_dismissed_one_after_thirty_days_and_then_the_rest(one: Ground) -> None:
    """Once who it was is gone, the same task comes again for the trace, and ends with it."""
    one.do(every_decision.triage, one.code(1))
    one.do(every_decision.dismiss, one.code(1), reason="no facts")
    first = review(one, 1)
    assert first is not None
    assert moment(first["due_at"]) == one.scene.now + timedelta(days=30)
    one.later(days=31)
    one.erase_all_due()
    then = review(one, 1)
    assert then is not None
    assert then["variant"] == "alert_without_case"
    assert moment(then["due_at"]) > NOW + timedelta(days=150)
    one.later(days=170)
    one.erase_all_due(without=[one.code(2)])
    assert review(one, 1) is None
    assert one.sound()


def test_an_alert_with_a_case_is_kept_with_it(one: Ground) -> None:
    """Then the case says how long."""
    one.do(every_decision.triage, one.code(1))
    one.do(every_decision.open_case, one.code(1), owner="RD-01")
    assert review(one, 1) is None
    assert one.sound()


def test_what_comes_after_an_erasure_is_erased_in_its_turn(one: Ground) -> None:
    """A form that came for a case which had been erased is due like any other."""
    from tests.intake.scene import VERSION
    from tests.purging.ground import CANARY
    from tests.purging.test_cases import left

    code = left(one, "minimal", years=1)
    one.erase_all_due(without=[one.code(2)])
    assert code not in {line.code for line in one.plan().lines}
    follow = (
        f'<data id="followup" version="{VERSION}"><header><case_code>{code}</case_code><worker_code>RD-01</worker_code>'
        f"<fu_type>contact</fu_type></header><result><note>{CANARY}</note></result>"
        f"<dikalo_form>followup</dikalo_form><dikalo_version>{VERSION}</dikalo_version>"
        f"<meta><instanceID>{uid(77)}</instanceID></meta></data>"
    )
    one.scene.lay("f1", follow.encode(), form="followup")
    one.scene.pull()
    assert CANARY.encode() in one.everything()
    assert code in {line.code for line in one.plan().lines}
    one.erase_all_due(without=[one.code(2)])
    assert CANARY.encode() not in one.everything()
    assert one.sound()
