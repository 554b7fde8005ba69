"""What the register makes of alerts and cases: where forms belong, how urgent it is, what is due; never decided by a rule, nothing sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.register.case_decisions.cases import assign
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission
from tests.register import alone as decisions
from tests.register.field import (
    ALERT,
    CASE,
    COORDINATOR,
    FOLLOWUP,
    START,
    Field,
    act,
    changed,
    dealt,
    flags,
    known,
    map_of,
    names,
    victim,
)


@pytest.fixture
def field(sqlite_register: Register) -> Field:
    """Give a field over a register on SQLCipher."""
    return Field(sqlite_register)


def test_a_documented_case_without_code_gets_one(field: Field) -> None:
    """The register opens a case for an interview that names none."""
    field.send("case", "c1", CASE)
    case = field.one(tables.case)

    assert case["case_code"] == dealt(0, "DK")
    assert (case["state"], case["region"], case["confidentiality"]) == ("open_intake", "CM007", "C2")
    assert names(field.rows(tables.person), "uid", "pseudonym", "kind") == [("v1", "V1", "woman")]
    assert names(field.rows(tables.act_victim), "act_uid", "person_uid") == [("a1", "v1")]
    assert sorted(names(field.rows(tables.need), "service", "rank")) == [("health", 2), ("legal", 1)]
    assert field.one(tables.assessment)["has_safety_plan"] is True
    assert flags(field) == []


def test_a_refused_interview_is_counted_and_opens_no_case(field: Field) -> None:
    """It holds stamps, privacy, script version and the refusal, and nothing else is made of it."""
    field.send("case", "c1", {"gate": {"interview_private": "yes", "consent_case": "no"}})

    assert field.rows(tables.case) == field.rows(tables.person) == field.rows(tables.task) == []
    assert field.one(tables.interview)["consent_case"] == "no"


def test_an_interview_joins_the_case_of_its_alert(field: Field) -> None:
    """No case code on the form, but an alert that was opened: that is the case."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    opened = decisions.open_case(field.register, alert, COORDINATOR, field.later(), owner="RD-01")
    field.send("case", "c1", changed(CASE, {"header": {"alert_code": alert}}))

    assert field.one(tables.case)["case_code"] == opened.case
    assert field.one(tables.case)["owner_code"] == "RD-01"
    assert flags(field) == []


def test_an_interview_that_names_a_waiting_alert_says_so(field: Field) -> None:
    """People link: the register opens a case and asks for the link; once linked, the flag is gone."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    field.send("case", "c1", changed(CASE, {"header": {"alert_code": alert}}))
    waiting = flags(field)
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    decisions.link(field.register, alert, dealt(0, "DK"), COORDINATOR, field.later())

    assert waiting == ["alert_without_case"]
    assert flags(field) == []


def test_a_form_that_names_an_alert_hears_what_becomes_of_it(field: Field) -> None:
    """The alert goes to another case: the form's own case is told, though nothing of it was touched."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    field.send("case", "c1", changed(CASE, {"header": {"alert_code": alert}}))
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    decisions.open_case(field.register, alert, COORDINATOR, field.later(), owner="RD-01", draw=field.draw)

    assert flags(field) == ["alert_elsewhere"]
    assert rebuild.check(field.register, field.later()).differing == ()


def test_a_code_that_nobody_opened_is_kept_with_a_flag(field: Field) -> None:
    """Nothing is lost because a list was lost; but somebody must look."""
    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": "DK-7Q2M4X-B"}}))
    field.send("followup", "f2", changed(FOLLOWUP, {"header": {"case_code": "no code"}}))

    assert names(field.rows(tables.case), "case_code") == [("DK-7Q2M4X-B",)]
    assert flags(field) == ["case_code_unreadable", "case_unknown"]
    assert len(field.rows(tables.followup)) == 2


def test_a_case_drawn_by_the_register_is_no_unknown_case(field: Field) -> None:
    """A follow-up on it raises no flag."""
    field.send("case", "c1", CASE)
    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": dealt(0, "DK")}}))

    assert flags(field) == []


def test_an_edit_can_move_an_interview_to_another_case(field: Field) -> None:
    """The case that is left has no rows any more, unless somebody had opened it."""
    field.send("case", "c1", CASE)
    field.send("case", "c2", CASE)
    field.send("case", "c1", known(dealt(1, "DK")), edit=1)

    assert names(field.rows(tables.case), "case_code") == [(dealt(1, "DK"),)]
    assert {row["case_code"] for row in field.rows(tables.person)} == {dealt(1, "DK")}
    field.send("case", "c1", CASE, edit=2)
    assert [row[0] for row in names(field.rows(tables.case), "case_code")] == [dealt(0, "DK"), dealt(1, "DK")]


def test_a_case_is_as_urgent_as_its_most_urgent_alert_or_its_facts(field: Field) -> None:
    """Raising an alert raises its case at once."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)
    decisions.triage(field.register, alert["code"], COORDINATOR, field.later())
    decisions.open_case(field.register, alert["code"], COORDINATOR, field.later(), owner="RD-01")
    assert field.one(tables.case)["urgency"] == alert["urgency"]

    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=1)
    assert field.one(tables.case)["urgency"] == "critical"


def test_facts_alone_rate_a_case(field: Field) -> None:
    """A girl, violated two days before: critical, whatever else was answered."""
    said = changed(
        CASE,
        {
            "victims": [victim(1, age_band="12_17", victim_is_child="1")],
            "acts": [act(1, violation="rape")],
        },
    )
    field.send("case", "c1", said)
    case = field.one(tables.case)

    assert (case["urgency"], case["confidentiality"]) == ("critical", "C3")


def test_next_due_is_the_earliest_open_task(field: Field) -> None:
    """And it moves when that task is done; that nobody is in charge is due too, supervision alone is no day of the work."""
    field.send("case", "c1", CASE)
    assert field.one(tables.case)["next_due"] == "2026-11-23"
    open_tasks = {row["kind"] for row in field.rows(tables.task) if row["done_at"] is None}
    assert open_tasks == {"plan", "followup", "consent_renew", "assign", "supervision"}

    with deciding(field.register, COORDINATOR, field.later()) as by:
        assign(by, dealt(0, "DK"), "RD-01", new=True)
    assert field.one(tables.case)["next_due"] == "2026-12-04"

    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": dealt(0, "DK")}}))
    assert field.one(tables.case)["next_due"] == "2026-12-01"
    before = field.everything()
    rebuild.rebuild(field.register, field.now)
    assert field.everything() == before


def test_whoever_visited_since_has_made_the_first_contact(field: Field) -> None:
    """A task of an alert is ended by the facts of its case."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    opened = decisions.open_case(field.register, alert, COORDINATOR, field.later(), owner="RD-01")
    before = {row["kind"]: row["done_at"] for row in field.rows(tables.task)}
    field.send("followup", "f1", changed(FOLLOWUP, {"header": {"case_code": opened.case}}))
    after = {row["kind"]: row["done_at"] for row in field.rows(tables.task)}

    assert before["first_contact"] is None
    assert before["first_action"] is not None
    assert after["first_contact"] is not None


def test_a_visit_of_before_ends_nothing_of_a_new_alert(field: Field) -> None:
    """However late its form came in: nobody has reached the person since."""
    field.send("alert", "r1", ALERT)
    alert = field.one(tables.alert)["code"]
    decisions.triage(field.register, alert, COORDINATOR, field.later())
    decisions.open_case(field.register, alert, COORDINATOR, field.later(), owner="RD-01")
    field.send("alert", "r2", ALERT)
    new = next(row for row in field.rows(tables.alert) if row["alert_id"] == "r2")
    decisions.triage(field.register, new["code"], COORDINATOR, field.later())
    case = field.one(tables.case)["case_code"]
    decisions.link(field.register, new["code"], case, COORDINATOR, field.later())
    visit = changed(FOLLOWUP, {"header": {"case_code": case}})
    field.send("followup", "f1", visit, ended=START)
    late = contact(field, "r2")
    field.send("followup", "f2", visit)

    assert late is None
    assert contact(field, "r2") is not None


def contact(field: Field, alert_id: str) -> str | None:
    """Return when the first contact after an alert was made."""
    (row,) = (
        row
        for row in field.rows(tables.task)
        if row["kind"] == "first_contact" and row["subject"].endswith(f"/{alert_id}")
    )
    found: str | None = row["done_at"]
    return found


def test_no_sealed_answer_is_in_any_table(field: Field) -> None:
    """Every question of level 3 of the three forms answered with a mark that appears nowhere."""
    mark = "canary-K7Q4-words"
    for form, base in (("alert", ALERT), ("case", CASE), ("followup", FOLLOWUP)):
        said: dict[str, Any] = changed(base)
        for asked in map_of(form).questions:
            if asked.level == 3 and len(asked.path) > 1:
                where = said.setdefault(asked.path[0], {})
                where = where[0] if isinstance(where, list) else where
                for name in asked.path[1:-1]:
                    where = where.setdefault(name, {})
                where[asked.path[-1]] = mark
        if form == "followup":
            said = changed(said, {"header": {"case_code": dealt(0, "DK")}})
        field.send(form, f"{form}-1", said)
    everything = str(field.everything()) + str(field.rows(submission))

    assert len(field.rows(tables.torture)) == len(field.rows(tables.shelter)) == 1
    assert mark not in everything


def test_an_alert_is_rated_and_stays_received(field: Field) -> None:
    """Pull computes the urgency; only a person makes it triaged."""
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    row = field.one(tables.alert)

    assert (row["state"], row["urgency"], row["urgency_decided"]) == ("received", "critical", None)
    assert row["code"] == dealt(0, "AL")
    assert row["contact_due_at"] == "2026-11-20T12:00:00.000000Z"
    assert sorted(names(field.rows(tables.task), "kind", "done_at")) == [
        ("first_action", None),
        ("first_contact", None),
        ("retention_review", None),
        ("triage", None),
    ]
    assert row["contact_tag"] == 9
    assert (row["date_min"], row["date_max"], row["week"]) == ("2026-11-13", "2026-11-18", "2026-W47")


def test_a_refused_alert_is_dismissed_by_rule(field: Field) -> None:
    """No rating, no task but to erase what identifies somebody, only its count; and nobody can take it up again."""
    field.send("alert", "r1", {"gate": {"consent_alert": "refused"}})
    row = field.one(tables.alert)

    assert (row["state"], row["urgency"], row["triaged_at"]) == ("dismissed", None, None)
    (kept,) = field.rows(tables.task)
    assert (kept["kind"], kept["due_at"]) == ("retention_review", "2026-12-20T09:00:00.000000Z")
    with pytest.raises(decisions.ConsentRefused):
        decisions.triage(field.register, row["code"], COORDINATOR, field.now, reason="again")


def test_consent_that_was_not_asked_must_be_asked_within_seven_days(field: Field) -> None:
    """Else what identifies must go."""
    field.send("alert", "r1", changed(ALERT, {"gate": {"consent_alert": "not_asked"}}))
    due = {row["kind"]: row["due_at"] for row in field.rows(tables.task)}

    assert due["consent_ask"] == "2026-11-27T09:00:00.000000Z"


@pytest.mark.parametrize(
    ("ended", "expected"),
    [(-23, []), (-30, ["clock_skew"]), (30, ["clock_ahead"]), (3 * 365 * 24, ["clock_wrong"])],
)
def test_a_phone_whose_clock_is_off_by_more_than_a_day_is_remarked(
    field: Field, ended: int, expected: list[str]
) -> None:
    """Either way; three years off, the dates are counted from the time of arrival."""
    arrives = field.now + timedelta(hours=1)
    field.send("alert", "r1", ALERT, ended=arrives + timedelta(hours=ended))
    row = field.one(tables.alert)

    assert flags(field) == expected
    assert row["clock_skew_h"] == -ended
    if ended > 0:
        assert row["date_max"] == "2026-11-18"


def test_an_edit_is_rated_anew_and_keeps_code_and_first_arrival(field: Field) -> None:
    """A person's decision stays to be read, but covers no danger that came after it: the deadline becomes earlier."""
    field.send("alert", "r1", ALERT)
    before = field.one(tables.alert)
    decisions.triage(field.register, before["code"], COORDINATOR, field.later(), urgency="high")
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=1)
    after = field.one(tables.alert)

    assert (after["code"], after["urgency"], after["urgency_decided"]) == (before["code"], "critical", "high")
    assert after["date_min"] == before["date_min"]
    assert (
        after["contact_due_at"] == "2026-11-20T12:00:00.000000Z"
    )  # 3 hours: what was decided had not seen this danger
    assert flags(field) == ["edited_after_triage"]


def test_an_edit_that_was_read_after_the_triage_is_said(field: Field) -> None:
    """Also one that a server had before: whoever triaged on a laptop without network had not seen it."""
    field.send("alert", "r1", ALERT)
    at = field.later()
    code = field.one(tables.alert)["code"]
    decisions.triage(field.register, code, COORDINATOR, field.later(), urgency="high")
    field.send("alert", "r1", ALERT, edit=1, received=at)
    assert flags(field) == ["edited_after_triage"]


def test_one_submission_by_two_roads_is_one_alert_and_a_flag(field: Field) -> None:
    """Both raw rows are kept; the register counts once."""
    field.send("alert", "r1", ALERT)
    field.send("alert", "r1", ALERT, server="central")

    assert len(field.rows(submission)) == 2
    assert len(field.rows(tables.alert)) == 1
    assert flags(field) == ["two_roads"]


def test_an_edit_that_came_by_one_road_only_still_counts(field: Field) -> None:
    """Of two roads the one that holds the newer version is read."""
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=1, server="central")
    field.send("alert", "r1", ALERT, server="folder")

    assert field.one(tables.alert)["danger_now"] == "yes"
