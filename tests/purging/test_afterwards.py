"""What was erased is called so and is on no list of work; what is still owed stands on the page of the day, raised by rule."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_scripts.intake.evidence import Brought, add
from sync_scripts.intake.pull import Way
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.consent_decisions.of_alerts import withdraw_alert
from sync_scripts.register.consent_decisions.views import DOORS, alert_consent, case_consents
from sync_scripts.register.consents.agreements import agreed_in, goes_on
from sync_scripts.register.consents.doors import answers_for, may_transfer
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.disclosure.sharing import OUTPUTS, Agreed, Asked, may_leave
from sync_scripts.register.history.erasures import erased_page
from sync_scripts.register.model.errors import AlreadyErased
from sync_scripts.register.purging.person import erase_person
from sync_scripts.register.queries.searches import Wanted, alerts, cases
from sync_scripts.register.queries.today import Today, today
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.intake.scene import COORDINATOR, NOW, uid
from tests.purging.ground import Ground, calm
from tests.purging.test_cases import documented


def erased_case(ground: Ground) -> str:
    """Erase the only person of a case whose consents still stand; return its code."""
    code = documented(ground)
    ground.do(erase_person, code, "V1", reason="she asked")
    return code


def read(ground: Ground, what: Any, *words: Any, **more: Any) -> Any:
    """Ask one thing of the register."""
    with ground.scene.register.reading() as rows:
        return what(rows, *words, **more)


def test_nothing_of_an_erased_case_may_leave(one: Ground) -> None:
    """For no purpose, to nobody, although every consent that was given still stands there."""
    code = documented(one)
    assert any(
        door["allowed"]
        for door in read(one, case_consents, code, one.scene.now)["people"][0]["may_leave"].values()
    )
    one.do(erase_person, code, "V1", reason="she asked")
    found = read(one, case_consents, code, one.scene.now)
    assert found["erased"]
    assert not any(door["allowed"] for person in found["people"] for door in person["may_leave"].values())
    assert not read(one, agreed_in, code).whole(Asked("list"), one.scene.now).allowed
    for _name, asked in DOORS:
        assert not any(
            answer.allowed for answer in read(one, answers_for, code, asked, one.scene.now).values()
        )
    assert not read(one, may_transfer, code, "PR-1", one.scene.now)
    assert not read(one, goes_on, code, one.scene.now)


def test_nothing_is_added_to_an_erased_case(one: Ground, tmp_path: Path) -> None:
    """No file, note or contact: it would be there again, as if nobody had asked to be erased."""
    code = erased_case(one)
    letter = tmp_path / "letter.txt"
    letter.write_bytes(b"letter")
    before = one.scene.dump()
    for dry_run in (True, False):
        way = Way(clock=lambda: one.scene.now, dry_run=dry_run)
        with pytest.raises(AlreadyErased):
            add(one.scene.register, Brought(code, letter, "letter"), COORDINATOR, way)
    with pytest.raises(AlreadyErased):
        one.do(every_decision.set_note, code, "she called")
    with pytest.raises(AlreadyErased):
        one.do(every_decision.contact, code, reached=True)

    assert one.scene.dump() == before
    assert read(one, erased_page, code, COORDINATOR)


@pytest.mark.parametrize("output", OUTPUTS)
def test_who_was_erased_is_a_no_for_every_output(output: Any, one: Ground) -> None:
    """Also for the bare row of a list and for a message."""
    answer = may_leave(Asked(output), Agreed(erased=True), one.scene.now, one.scene.now.date())
    assert (answer.allowed, answer.why) == (False, "erased")


def test_no_list_of_open_work_holds_it(one: Ground) -> None:
    """Only where everything is asked for; another one stays."""
    code = erased_case(one)
    alert, other = one.code(1), one.code(2)
    wanted = Wanted(now=one.scene.now)
    assert one.case()["state"] == "open_intake"
    assert read(one, cases, wanted) == []
    assert [line.code for line in read(one, cases, wanted, every=True)] == [code]
    assert [line.code for line in read(one, alerts, wanted)] == [other]
    assert {line.code for line in read(one, alerts, wanted, None)} == {alert, other}


def test_an_erased_alert_is_no_open_one_and_goes_nowhere(one: Ground) -> None:
    """It is on no list, nothing of it is handled, and its page says when and why."""
    one.scene.lay("a3", calm(3, consent="not_asked"))
    one.scene.pull()
    one.later(days=8)
    one.erase_all_due()
    code = one.code(3)
    assert one.alert(3)["state"] == "received"
    assert code not in {line.code for line in read(one, alerts, Wanted(now=one.scene.now))}
    with pytest.raises(AlreadyErased):
        one.do(every_decision.refer_out, code, "PR-1")
    assert read(one, alert_consent, code)["erased"]
    page = read(one, erased_page, code, COORDINATOR)
    assert (page["rule"], page["reason"], page["by"]) == ("alert_not_asked", "time is over", "coord-1")
    assert read(one, erased_page, one.code(2), COORDINATOR) is None


def test_a_second_erasure_says_when_the_first_was_and_writes_nothing(one: Ground) -> None:
    """Whatever is asked for."""
    code = erased_case(one)
    before = one.scene.dump()
    with pytest.raises(AlreadyErased) as refused:
        one.do(erase_person, code, None, reason="once more")
    assert refused.value.day == instant(one.scene.now)[:10]
    assert "already erased on" in refused.value.words()
    assert one.scene.dump() == before
    page = read(one, erased_page, code, COORDINATOR)
    assert (page["rule"], page["reason"]) == ("by_person", "she asked")


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
