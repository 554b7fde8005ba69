"""The page of the day after a withdrawal and an erasure: what is still owed stands there, and nothing of what is over."""

from __future__ import annotations

from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.purging.person import erase_person
from sync_scripts.register.queries.today import Today, today
from tests import every_decision
from tests.purging.ground import Ground
from tests.purging.test_cases import documented


def page(ground: Ground) -> Today:
    """Return the page of the day."""
    with ground.scene.register.reading() as rows:
        return today(rows, ground.scene.now)


def of(ground: Ground, code: str) -> list[tuple[str | None, str, bool]]:
    """Return kind, place and whether the work is over of the line of an alert or a case."""
    return [(one.kind, one.bucket, one.past) for one in page(ground).items if one.code == code]


def test_whoever_got_something_is_told_although_the_case_is_erased(one: Ground) -> None:
    """Within a day, and until somebody did; the case is none that is worked on."""
    code = documented(one)
    one.do(set_provider, "PRE-07", {"name": "Avocats", "services": "health"})
    one.do(every_decision.refer, code, "health", "PRE-07")
    one.do(withdraw, code, reason="she called")
    one.do(erase_person, code, "V1", reason="she asked")

    assert (of(one, code), page(one).cases) == ([("tell_receiver", "week", True)], 0)
    one.later(days=2)
    assert of(one, code) == [("tell_receiver", "overdue", True)]
    one.do(every_decision.end_task, code, "tell_receiver", reason="called them")
    assert of(one, code) == []
    assert one.sound()


def test_what_is_owed_of_an_alert_that_was_referred_or_dismissed_stands_there(one: Ground) -> None:
    """Also where the alert itself asks for nothing any more; erased, nothing is left, and no task of keeping comes back there."""
    code, other = one.code(1), one.code(2)
    one.do(set_provider, "PRE-07", {"name": "Avocats", "services": "health"})
    for alert in (code, other):
        one.do(every_decision.triage, alert)
    one.do(every_decision.refer_out, code, "PRE-07", reason="near her")
    one.do(every_decision.dismiss, other, reason="no facts")
    for alert in (code, other):
        one.do(withdraw_alert, alert, reason="she called")

    assert of(one, code) == [("tell_receiver", "week", True)]
    assert page(one).alerts == 0
    one.do(every_decision.end_task, code, "tell_receiver", reason="called them")
    one.later(days=25)
    assert [kind for alert in (code, other) for kind, _place, _past in of(one, alert)] == [
        "consent_purge"
    ] * 2
    one.erase_all_due()
    for _month in range(8):
        assert page(one).items == ()
        one.later(days=30)
    assert one.sound()
