"""A confirmed plan is carried out exactly, without the vault; a person who asks is erased at once; a whole case is handed over when everybody agreed."""

from __future__ import annotations

from datetime import date

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consents.doors import may_transfer
from sync_scripts.register.history.erasures import CONFIRM
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.model.errors import HeldByLaw, OwnHandMissing, ReasonForErasure
from sync_scripts.register.purging import confirming
from sync_scripts.register.purging.person import erase_person
from sync_scripts.store.database import Register
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal import erasing
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, begin
from tests.intake.scene import uid
from tests.purging.ground import CANARY, OTHER, TYPED, VOICE, Ground, case
from tests.purging.shared import shared
from tests.purging.test_cases import documented
from tests.register.field import CASE, changed, victim


def dismissed(ground: Ground, number: int = 1) -> str:
    """Dismiss an alert and let its 30 days go by; return its code."""
    code = ground.code(number)
    ground.do(every_decision.triage, code)
    ground.do(every_decision.dismiss, code, reason="no facts")
    ground.later(days=31)
    return code


def test_a_dismissed_alert_loses_what_identifies_somebody(both: Ground) -> None:
    """Nothing of its sealed answers and files is left anywhere at once; its row, its code and its counts are."""
    code = dismissed(both)
    before = both.everything()
    assert CANARY.encode() in before
    assert VOICE in before
    (done,) = both.erase_all_due()
    assert (done.one.code, done.one.rule, done.one.depth) == (code, "alert_ended", "identity")
    assert done.files == 1
    assert list(both.scene.register.folder.rglob("*.age")) == []
    after = both.everything()
    assert CANARY.encode() not in after
    assert VOICE not in after
    assert OTHER.encode() in after
    row = both.alert(1)
    assert (row["code"], row["state"], row["region"]) == (code, "dismissed", "CM010")
    assert (row["dismiss_reason"], row["reasons"], row["contact_tag"]) == (None, None, None)
    assert both.alert(2)["state"] == "received"
    assert both.sound()


def test_its_keys_are_struck_by_the_next_opening(both: Ground) -> None:
    """After one opening no page holds a key of it, and everything else opens with each holder."""
    dismissed(both)
    before = both.keys()
    waits = len(both.scene.rows(raw.sealed_item))
    both.erase_all_due()
    pending = len(both.scene.rows(raw.erasure_pending))
    assert pending == waits - len(both.scene.rows(raw.sealed_item)) > 0
    assert both.keys() == before
    both.scene.opened("raw")
    assert len(both.keys()) == len(before) - pending
    assert both.scene.rows(raw.erasure_pending) == []
    for holder in ("R", "O"):
        with both.scene.world.vault(holder) as vault:
            assert [one.problem for one in vault.open_kinds("test", "raw", "row")] == [None, None]
    assert both.sound()


def test_an_alert_without_a_case_keeps_its_trace_only(one: Ground) -> None:
    """After six months the code, the dates, the level and what statistics may keep are left, and no task."""
    one.later(days=190)
    plan = one.plan()
    assert {line.rule for line in plan.lines} == {"alert_without_case"}
    level = one.alert(1)["urgency"]
    one.erase_all_due()
    row = one.alert(1)
    assert (row["urgency"], row["region"], row["danger_now"]) == (level, "CM010", "no")
    assert row["reporter_code"] is None
    assert all(task["done_at"] for task in one.scene.rows(tables.task))
    assert one.plan().lines == ()
    assert one.sound()


def test_a_run_a_second_time_does_nothing(one: Ground) -> None:
    """What was carried out is not carried out again, and changes nothing."""
    dismissed(one)
    one.erase_all_due()
    before = one.scene.dump()
    assert one.run() == []
    assert one.scene.dump() == before


def test_nothing_is_erased_that_nobody_confirmed(one: Ground) -> None:
    """A plan is only shown; a run without a confirmation erases nothing."""
    dismissed(one)
    before = one.scene.dump()
    assert len(one.plan().lines) == 1
    assert one.run() == []
    assert one.scene.dump() == before


def test_what_comes_due_later_is_not_erased_by_an_earlier_confirmation(one: Ground) -> None:
    """A confirmed plan is never widened."""
    dismissed(one, 1)
    one.confirm()
    dismissed(one, 2)
    done = one.run()
    assert [each.why for each in done] == ["old"]  # it was confirmed more than 30 days ago
    assert CANARY.encode() in one.everything()
    (again, other) = one.plan().lines
    assert (again.code, other.code) == (one.code(1), one.code(2))


def test_what_changed_since_it_was_confirmed_is_dropped(one: Ground) -> None:
    """Something arrived for it since: it is dropped with a reason, and stays dropped until somebody confirms again."""
    from tests.intake.scene import edit_of, story
    from tests.purging.ground import calm

    dismissed(one)
    one.confirm()
    one.scene.lay("a1b", calm(11, story("more"), meta=edit_of(1)))
    one.scene.pull()
    (done,) = one.run()
    assert done.why == "changed"
    assert one.run() == []
    assert CANARY.encode() in one.everything()
    (again,) = one.erase_all_due()
    assert again.why is None
    assert CANARY.encode() not in one.everything()


def test_another_plan_than_the_one_shown_is_not_confirmed(one: Ground) -> None:
    """Whoever confirms confirms what was seen; a reason and an own hand are needed."""
    from sync_scripts.register.model.errors import NotInPlan, OwnHandMissing, PlanChanged, ReasonForPlan
    from tests.purging.ground import TYPED

    code = dismissed(one)
    name = one.plan().id
    with pytest.raises(ReasonForPlan):
        one.do(confirming.confirm, name, reason=" ")
    with pytest.raises(OwnHandMissing):
        one.do(confirming.confirm, name, reason="x", by=TYPED)
    with pytest.raises(NotInPlan):
        one.do(confirming.confirm, name, reason="x", without=["AL-NOBODY-X"])
    with pytest.raises(NotInPlan):
        one.do(confirming.confirm, name, reason="x", reviewed=[code])
    dismissed(one, 2)
    with pytest.raises(PlanChanged):
        one.do(confirming.confirm, name, reason="x")
    assert [one.scene.count(raw.event, raw.event.c.op == CONFIRM)] == [0]


def test_the_only_person_of_a_case_is_erased_at_once(both: Ground) -> None:
    """Nothing of her is left, no plan is needed, and no later pull brings her back."""
    code = documented(both)
    done = both.do(erase_person, code, "V1", reason="she asked")
    erasing.finish(both.scene.register)
    assert (done.submissions, done.files) == (2, 1)
    assert CANARY.encode() not in both.everything()
    assert OTHER.encode() in both.everything()
    assert "person:v21" in both.erased_ids()
    both.scene.lay("c2", case(22, meta=f"<deprecatedID>{uid(21)}</deprecatedID>"), form="case")
    assert both.scene.pull().erased == 1
    assert CANARY.encode() not in both.everything()
    assert both.sound()


def test_a_hold_a_typed_code_and_silence_stop_it(one: Ground) -> None:
    """Nobody is erased against a court, by a code that anybody can type, or without a reason."""
    code = documented(one)
    with pytest.raises(ReasonForErasure):
        one.do(erase_person, code, None, reason=" ")
    with pytest.raises(OwnHandMissing):
        one.do(erase_person, code, None, reason="she asked", by=TYPED)
    one.do(every_decision.set_hold, code, held=True, reason="a court asks")
    with pytest.raises(HeldByLaw):
        one.do(erase_person, code, None, reason="she asked")
    assert one.scene.count(raw.erased) == 0


def goes(ground: Ground, code: str) -> bool:
    """Tell whether a case may be handed to another organisation."""
    with ground.scene.register.reading() as rows:
        return may_transfer(rows, code, "ngo:Elsewhere", ground.scene.now)


@pytest.mark.parametrize("unit", ["individual", "family"])
def test_somebody_who_was_never_asked_keeps_the_case_here(sqlite_register: Register, unit: str) -> None:
    """Her story goes along with it, and a group has a story, too; asked, she decides."""
    work = begin(sqlite_register, consent=False)
    people = [victim(1), victim(2, consent_covers="no", unit=unit)]
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}, "victims": people}))
    day = date(2026, 11, 20)
    words = work.refused(
        GuardFails, every_decision.move, CASE_CODE, "transferred", receiver="PART-01", accepted_on=day
    )
    assert "consent" in words
    said = {"services": "yes", "refer_identity": "health"}
    work.do(consents.record, CASE_CODE, said, person="V2", reason="She called")
    work.do(every_decision.move, CASE_CODE, "transferred", receiver="PART-01", accepted_on=day)

    assert work.sound()


def test_who_was_taken_out_is_not_asked(both: Ground) -> None:
    """Nothing of her is left to go, and nobody can ask her any more; who is left is asked as before."""
    made = shared(both)
    agreed = {"refer_identity": "health"}
    both.do(consents.record, made.code, agreed, person="V2", reason="She called")
    assert not goes(both, made.code)
    made.take_out()
    assert goes(both, made.code)
    both.do(consents.withdraw, made.code, person="V2", reason="She called")

    assert not goes(both, made.code)
