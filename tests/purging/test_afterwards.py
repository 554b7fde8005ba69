"""What was erased is called so, stands on no list of open work, lets nothing leave, and is erased once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync_scripts.intake.evidence import Brought, add
from sync_scripts.intake.pull import Way
from sync_scripts.register.consent_decisions.views import DOORS, alert_consent, case_consents
from sync_scripts.register.consents.agreements import agreed_in, goes_on
from sync_scripts.register.consents.doors import answers_for, may_transfer
from sync_scripts.register.disclosure.sharing import OUTPUTS, Agreed, Asked, may_leave
from sync_scripts.register.history.erasures import erased_page
from sync_scripts.register.model.errors import AlreadyErased
from sync_scripts.register.purging.person import erase_person
from sync_scripts.register.queries.searches import Wanted, alerts, cases
from sync_scripts.store.canonical import instant
from tests import every_decision
from tests.intake.scene import COORDINATOR
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
