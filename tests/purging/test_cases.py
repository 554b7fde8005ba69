"""A case is erased when its time is over: whole, with its alerts; never under a legal hold, never wider than confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select

from sync_scripts.intake.completeness.soundness import KINDS, compare
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.decisions.base import By
from sync_scripts.register.model.errors import NothingDue
from sync_scripts.store import custody
from sync_scripts.store.schema import raw, workbooks
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.intake.scene import uid
from tests.purging.ground import CANARY, OTHER, VOICE, Ground, calm, case, photo


def closed(by: By, code: str, kept: str | None) -> None:
    """Write down that a case was closed, and how long it is kept."""
    moved = {"was": "follow_up", "to": "closed", "reason": "", "closure_reason": "goals_met"}
    by.write(by.event("case.move", f"case:{code}", moved))
    if kept is not None:
        every_decision.set_retention(by, code, kept, reason="")


def documented(ground: Ground, *, stats: str = "yes") -> str:
    """Let a case arrive whose alert is the first one; return its code."""
    alert = ground.code(1)
    ground.do(every_decision.triage, alert)
    ground.do(every_decision.open_case, alert, owner="RD-01")
    text = case(21, stats=stats).decode()
    named = text.replace(
        "<case_known>no</case_known>", f"<case_known>no</case_known><alert_code>{alert}</alert_code>"
    )
    ground.scene.lay("c1", named.encode(), form="case")
    ground.scene.pull()
    assert ground.scene.count(tables.interview) == 1
    return str(ground.case()["case_code"])


def left(ground: Ground, kept: str | None, *, years: int, **more: Any) -> str:
    """Let a case be closed and its years go by."""
    code = documented(ground, **more)
    ground.do(every_decision.set_note, code, "a note")
    ground.do(closed, code, kept)
    ground.later(days=366 * years)
    return code


def test_a_standard_case_loses_who_it_was_and_keeps_what_is_counted(both: Ground) -> None:
    """Its forms and its alert lose everything sealed; sex, age band, violation and place of the facts stay."""
    code = left(both, "standard", years=3)
    stood = both.case()
    assert {line.rule for line in both.plan().lines} == {"case_standard", "alert_without_case"}
    done = both.erase_all_due(without=[both.code(2)])
    assert [(one.one.code, one.why) for one in done] == [(code, None)]
    left_over = both.everything()
    assert CANARY.encode() not in left_over
    assert VOICE not in left_over
    assert OTHER.encode() in left_over
    row = both.case()
    assert (row["state"], row["urgency"], row["confidentiality"]) == (
        "closed",
        stood["urgency"],
        stood["confidentiality"],
    )
    assert row["work_note"] is None
    (person,) = both.scene.rows(tables.person)
    assert (person["sex"], person["age_band"], person["age"]) == ("f", "25_59", None)
    (act,) = both.scene.rows(tables.act)
    assert act["violation"] == "threat"
    (incident,) = both.scene.rows(tables.incident)
    assert (incident["department"], incident["date"]) == ("CM007002", None)
    assert not [
        task
        for task in both.scene.rows(tables.task)
        if task["done_at"] is None and task["subject"].endswith(code)
    ]
    assert both.sound()


def test_a_minimal_case_keeps_its_trace(one: Ground) -> None:
    """After a year only what statistics may keep is left; who worked on it is not."""
    left(one, "minimal", years=1)
    done = one.erase_all_due(without=[one.code(2)])
    assert [(each.one.rule, each.one.depth) for each in done] == [("case_minimal", "trace")]
    (interview,) = one.scene.rows(tables.interview)
    assert (interview["documenter_code"], interview["doc_date"]) == (None, None)
    assert one.sound()


def test_nothing_is_counted_of_somebody_who_said_no_to_statistics(one: Ground) -> None:
    """Then the keys and the consents stay, and nothing of the facts."""
    left(one, "standard", years=3, stats="no")
    one.erase_all_due(without=[one.code(2)])
    (person,) = one.scene.rows(tables.person)
    assert (person["sex"], person["age_band"]) == (None, None)
    assert [act["violation"] for act in one.scene.rows(tables.act)] in ([], [None])
    assert {row["purpose"]: row["state"] for row in one.scene.rows(tables.consent)}["stats"] == "refused"
    assert one.sound()


def test_a_legal_hold_wins_over_everything(one: Ground) -> None:
    """Set before, the line is held and cannot be confirmed; set between confirming and running, it is left out."""
    code = left(one, "minimal", years=1)
    one.do(every_decision.set_hold, code, held=True, reason="a court asks")
    (line,) = [line for line in one.plan().lines if line.code == code]
    assert line.state == "held"
    with pytest.raises(NothingDue):
        one.confirm(without=[one.code(2)])
    one.do(every_decision.set_hold, code, held=False, reason="it is over")
    one.confirm(without=[one.code(2)])
    one.do(every_decision.set_hold, code, held=True, reason="another court")
    (done,) = one.run()
    assert done.why == "held"
    one.do(every_decision.set_hold, code, held=False, reason="it is over")
    assert one.run() == []  # what was left out is confirmed again, or not at all
    assert CANARY.encode() in one.everything()


def test_a_hold_counts_for_the_alerts_of_the_case_and_for_what_was_merged(one: Ground) -> None:
    """An alert that is a duplicate of one in a held case is held, too."""
    code = left(one, "minimal", years=1)
    first = one.code(1)
    one.do(lambda by: by.write(by.event("alert.duplicate", f"alert:alert/{uid(2)}", {"of": first})))
    one.do(every_decision.set_hold, code, held=True, reason="a court asks")
    one.later(days=200)
    assert {line.code: line.state for line in one.plan().lines} == {code: "held", one.code(2): "held"}


def test_a_case_that_was_opened_again_is_left_out(one: Ground) -> None:
    """Somebody took it up since it was confirmed."""
    code = left(one, "minimal", years=1)
    one.confirm(without=[one.code(2)])
    one.do(
        lambda by: by.write(
            by.event("case.move", f"case:{code}", {"was": "closed", "to": "reopened", "reason": "more came"})
        )
    )
    (done,) = one.run()
    assert done.why == "not_due"
    assert CANARY.encode() in one.everything()


def test_a_case_of_justice_is_looked_at_first(one: Ground) -> None:
    """After ten years it is erased only when somebody names it as looked at."""
    code = left(one, "justice", years=10)
    (line,) = [line for line in one.plan().lines if line.code == code]
    assert line.state == "review"
    with pytest.raises(NothingDue):
        one.confirm(without=[one.code(2)])
    one.confirm(without=[one.code(2)], reviewed=[code])
    (done,) = one.run()
    assert (done.why, done.one.reviewed) == (None, True)
    assert CANARY.encode() not in one.everything()


def test_a_case_without_a_class_waits_for_a_decision(one: Ground) -> None:
    """Nobody has said how long: it is shown, and no run erases it."""
    code = left(one, None, years=1)
    (line,) = [line for line in one.plan().lines if line.code == code]
    assert (line.rule, line.state) == ("case_undecided", "by_hand")
    with pytest.raises(NothingDue):
        one.confirm(without=[one.code(2)])


def test_a_withdrawn_consent_erases_the_case_at_once_once_confirmed(one: Ground) -> None:
    """Nothing needs the 30 days; statistics keep nothing; the task to tell whoever got something stays."""
    code = documented(one)
    one.do(withdraw, code, reason="she asked")
    (line,) = one.plan().lines
    assert (line.rule, line.state) == ("case_withdrawn", "due")
    (done,) = one.erase_all_due()
    assert done.why is None
    assert CANARY.encode() not in one.everything()
    (person,) = one.scene.rows(tables.person)
    assert person["sex"] is None
    purge = [task for task in one.scene.rows(tables.task) if task["kind"] == "consent_purge"]
    assert [task["done_at"] is not None for task in purge] == [True]
    assert one.plan().lines == ()
    assert one.sound()


def test_what_workbooks_and_messages_held_of_it_goes_with_it(one: Ground) -> None:
    """Values kept of a workbook are gone, a waiting message is cancelled."""
    code = left(one, "minimal", years=1)
    with one.scene.register.writing() as rows:
        rows.execute(
            insert(workbooks.followup_export).values(
                export_id="e", by="x", at="a", tier="T2", scope="{}", lang="fr", expires="z", columns="{}"
            )
        )
        rows.execute(
            insert(workbooks.followup_row).values(
                export_id="e", sheet="cases", row_id="r", values='{"a":"b"}', case_code=code
            )
        )
        rows.execute(
            insert(raw.outbox).values(
                id="n",
                destination="d",
                reason="case",
                level="high",
                params="{}",
                subject=f"case:{code}",
                dedupe_key="k",
                state="waiting",
                not_before="a",
                attempts=0,
                created_at="a",
            )
        )
    (done,) = one.erase_all_due(without=[one.code(2)])
    assert (done.notices, done.snapshots) == (1, 1)
    assert [row["values"] for row in one.scene.rows(workbooks.followup_row)] == [None]
    assert [row["state"] for row in one.scene.rows(raw.outbox)] == ["cancelled"]


def test_a_deep_look_takes_the_erased_as_it_is_kept(one: Ground) -> None:
    """What has no sealed bytes any more is no loss; everything else is read again and is the same."""
    left(one, "minimal", years=1)
    one.erase_all_due(without=[one.code(2)])
    with one.scene.world.vault() as vault:
        found = compare(
            one.scene.register, ((item.item, item.data) for item in vault.open_kinds("test", *KINDS))
        )
    assert (found.versions, found.different, found.lost) == (1, (), ())


def test_the_chain_says_what_was_erased_and_by_whom(one: Ground) -> None:
    """Code, rule, plan and counts; no answer."""
    code = left(one, "minimal", years=1)
    one.erase_all_due(without=[one.code(2)])
    with one.scene.register.reading() as rows:
        (entry,) = [line.entry for line in custody.read(rows) if line.entry["action"] == "ERASED"]
        events = rows.execute(select(raw.event).where(raw.event.c.op.like("%.purge"))).mappings().all()
    said = entry["details"]
    assert (said["code"], said["rule"], said["submissions"], said["by"]) == (
        code,
        "case_minimal",
        2,
        "coord-1",
    )
    assert {event["subject"] for event in events} == {f"case:{code}", f"alert:alert/{uid(1)}"}


def test_a_form_for_an_erased_case_comes_in_as_any_other(one: Ground) -> None:
    """A follow-up that a phone sends later names the code only: it is kept and flagged, and brings nobody back."""
    code = left(one, "minimal", years=1)
    one.erase_all_due(without=[one.code(2)])
    one.scene.lay("a9", calm(9, photo("x.amr")))
    one.scene.pull()
    assert one.alert(9)["code"] != code
    assert one.sound()
