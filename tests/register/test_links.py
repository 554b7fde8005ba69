"""Links in a register: proposed by rules, decided by people, shown to whom they concern; never merged by a rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from sync_scripts.errors import Attention
from sync_scripts.register.alert_decisions.alert_moves import duplicate
from sync_scripts.register.alert_decisions.event_links import (
    LINK_MOVES,
    Decision,
    decide,
    decide_group,
)
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.history.visibility import Sight, sight_of
from sync_scripts.register.links.alerts import same_event_with
from sync_scripts.register.links.same import (
    GroupChanged,
    LinkNotShown,
    LinkReasonMissing,
    LinkWithItself,
)
from sync_scripts.register.links.views import Proposals, proposals
from sync_scripts.register.model.errors import AlertUnknown
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import event, submission
from tests.register import alone as decisions
from tests.register.field import ALERT, CASE, COORDINATOR, Field, act, changed, dealt, victim

ELSEWHERE = {"where": {"department": "CM010005", "arrondissement": "CM010005002"}}
OTHER_FACTS = {"what": {"alert_icon": "burning"}, "who": {"victim_kind": "group", "victim_count": "21_100"}}


def links(field: Field, *columns: str) -> list[Any]:
    """Return some columns of all pairs that are named to somebody who is shown everything, decided or not."""
    everything = Sight("CO-01", coordinates=True, owned=frozenset(), protected=frozenset())
    with field.register.reading() as rows:
        found = proposals(rows, everything, everything=True).links
    named = [{**line, "codes": tuple(side["code"] for side in line["alerts"])} for line in found]
    return [tuple(line[column] for column in columns) for line in named]


def link(
    field: Field, decision: Decision, reason: str = "", *, actor: Actor = COORDINATOR, codes: Any = None
) -> Any:
    """Decide on the first two alerts."""
    one, other = codes or (dealt(0, "AL"), dealt(1, "AL"))
    with deciding(field.register, actor, field.later()) as by:
        return decide(by, one, other, decision, reason)


def same_after_rebuild(field: Field) -> bool:
    """Tell whether a rebuild finds every table as it is."""
    return rebuild.check(field.register, field.later()).differing == ()


def test_two_alerts_of_one_event_are_proposed_and_both_are_kept(register: Register) -> None:
    """The later one proposes the link; no alert loses anything (a rule never merges)."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    before = field.one(tables.alert)
    field.send("alert", "r2", ALERT)
    first, second = field.rows(tables.alert)

    both = (dealt(0, "AL"), dealt(1, "AL"))
    assert links(field, "codes", "level", "decision") == [(both, "probable", "pending")]
    assert field.rows(tables.alert_link) == []
    assert first == before
    assert (second["state"], second["case_code"]) == ("received", None)
    assert same_after_rebuild(field)


def test_a_rule_never_merges_whatever_the_points(register: Register) -> None:
    """However much two alerts are alike: two rows, two codes, no case, no state but the first, no event of a person."""
    field = Field(register)
    for number in range(4):
        field.send("alert", f"r{number}", ALERT)
    rows = field.rows(tables.alert)

    assert len({row["code"] for row in rows}) == 4
    assert {(row["state"], row["case_code"]) for row in rows} == {("received", None)}
    assert len(links(field, "codes")) == 3
    with register.reading() as reading:
        assert set(reading.execute(select(event.c.op)).scalars()) == {"alert.code"}


def test_an_edit_takes_away_links_that_no_longer_hold(register: Register) -> None:
    """The other alert was not touched, and its link is gone all the same; edited back, it is there again."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    field.send("alert", "r1", changed(ALERT, ELSEWHERE), edit=1)
    gone = links(field, "codes")
    assert same_after_rebuild(field)
    field.send("alert", "r1", ALERT, edit=2)

    assert gone == []
    assert links(field, "codes") == [((dealt(0, "AL"), dealt(1, "AL")),)]
    assert same_after_rebuild(field)


def test_an_alert_that_is_no_more_has_no_link(register: Register) -> None:
    """A submission of which no version may be read any more takes its links along."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    from sync_scripts.register.building import build

    with register.writing() as rows:
        rows.execute(update(submission).where(submission.c.root_id == "r2").values(status="quarantined"))
        build.apply(rows, [("alert", "r2")], field.draw, field.now)

    assert links(field, "codes") == []
    assert same_after_rebuild(field)


def test_a_refused_alert_is_compared_with_nothing(register: Register) -> None:
    """It is counted and nothing else is done with it, also when it was proposed before."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "refused"}}), edit=1)

    assert links(field, "codes") == []
    assert same_after_rebuild(field)


def test_not_same_is_remembered(register: Register) -> None:
    """It is never proposed again: not after an edit of either, not after a rebuild from nothing."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    link(field, "not_same")
    for number, said in enumerate((changed(ALERT, ELSEWHERE), ALERT), 1):
        field.send("alert", "r2", said, edit=number)
        field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=number)
        assert [row[0] for row in links(field, "decision")] == ["not_same"]
        assert same_after_rebuild(field)
    with register.writing() as rows:
        rows.execute(delete(tables.alert_link))
    rebuild.rebuild(register, field.later())

    assert [row[0] for row in links(field, "decision")] == ["not_same"]
    assert shown(field).links == []


def test_a_decision_says_who_when_and_why(register: Register) -> None:
    """Who decided, when and why stand beside what the rules say; the event holds both alerts."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    done = link(field, "same_event", "One call told of both.")
    row = field.one(tables.alert_link)

    assert (done.was, done.now, done.written) == ("pending", "same_event", True)
    assert (row["decision"], row["decided_by"], row["decision_reason"]) == (
        "same_event",
        "CO-01",
        "One call told of both.",
    )
    assert row["decided_at"] is not None
    assert links(field, "level", "decided_by") == [("probable", "CO-01")]
    assert same_after_rebuild(field)


@pytest.mark.parametrize("was", LINK_MOVES)
@pytest.mark.parametrize("now", ["same_event", "related", "not_same"])
def test_a_decision_is_changed_with_a_reason_only(sqlite_register: Register, was: str, now: Decision) -> None:
    """Every move of the table, in both directions: listed ones pass, without a reason only from pending."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    if was != "pending":
        link(field, was)  # type: ignore[arg-type]  # the keys of the table are decisions
    if now == was:
        assert link(field, now).written is False
        return
    assert now in LINK_MOVES[was]
    if was != "pending":
        with pytest.raises(LinkReasonMissing):
            link(field, now)
        assert field.one(tables.alert_link)["decision"] == was
    link(field, now, "We know more.")

    assert field.one(tables.alert_link)["decision"] == now
    assert same_after_rebuild(field)


def test_people_may_link_what_no_rule_proposes(register: Register) -> None:
    """With a reason; the pair then has its row, no points speak for it, and it keeps it."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", changed(ALERT, ELSEWHERE))
    with pytest.raises(LinkReasonMissing):
        link(field, "related")
    link(field, "related", "The same group on its way.")
    field.send("alert", "r1", changed(ALERT, OTHER_FACTS), edit=1)

    assert links(field, "points", "level", "decision") == [(0, "none", "related")]
    assert same_after_rebuild(field)


def test_an_alert_is_not_linked_with_itself(sqlite_register: Register) -> None:
    """One code twice, or one that does not exist, decides nothing."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    code = dealt(0, "AL")
    with pytest.raises(LinkWithItself):
        link(field, "same_event", codes=(code, code))
    with pytest.raises(AlertUnknown):
        link(field, "same_event", codes=(code, "AL-000000-0"))


def test_a_duplicate_needs_somebody_who_took_the_event_up(sqlite_register: Register) -> None:
    """Decided the same event is not enough: the other alert must be opened or linked."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    link(field, "same_event")
    number = field.rows(tables.alert)[1]["filing_no"]
    with field.register.reading() as rows:
        assert same_event_with(rows, number) == []
    decisions.triage(field.register, dealt(0, "AL"), COORDINATOR, field.later())
    decisions.open_case(
        field.register, dealt(0, "AL"), COORDINATOR, field.later(), owner="RD-01", draw=field.draw
    )
    with field.register.reading() as rows:
        assert same_event_with(rows, number) == [dealt(0, "AL")]
    link(field, "related", "Two events.")
    with field.register.reading() as rows:
        assert same_event_with(rows, number) == []


def test_one_phone_within_half_an_hour_is_a_reason(register: Register) -> None:
    """The account that first sent each alert is compared, not whoever edited it."""
    field = Field(register)
    field.send("alert", "r1", ALERT, submitter="phone-1")
    field.now -= timedelta(minutes=50)
    field.send("alert", "r2", ALERT, submitter="phone-1")
    field.send("alert", "r1", ALERT, edit=1, submitter="somebody")

    ((reasons,),) = links(field, "reasons")
    assert "submitter.same_within_30_min" in reasons


# --- a group at once ----------------------------------------------------------------------------------------------


def group_of(field: Field, code: str, decision: str = "pending") -> Any:
    """Return the group of an alert of which something was decided, or nothing yet, as the coordinator is shown it."""
    return next(
        group
        for group in shown(field, code=code).groups
        if {line["decision"] for line in group["links"]} == {decision}
    )


def say(field: Field, code: str, mark: str, decision: Decision, reason: str = "") -> Any:
    """Decide on a group."""
    with deciding(field.register, COORDINATOR, field.later()) as by:
        return decide_group(by, code, mark, decision, reason)


def test_a_group_is_decided_at_once_with_an_event_of_each(register: Register) -> None:
    """Also of those that were only counted; nobody is asked again, about any pair of them, and none is merged."""
    field = Field(register)
    for number in range(25):
        field.send("alert", f"r{number:02}", ALERT)
    head = shown(field).groups[0]["code"]
    done = say(field, head, group_of(field, head)["mark"], "same_event")
    with register.reading() as rows:
        events = rows.execute(select(event.c.subject).where(event.c.op == "link.decide")).scalars().all()

    assert (len(done.others), done.was, done.now, done.came) == (24, "pending", "same_event", 0)
    assert len(set(events)) == len(field.rows(tables.alert_link)) == 24
    assert shown(field).groups == []
    assert {row["state"] for row in field.rows(tables.alert)} == {"received"}
    assert same_after_rebuild(field)


def test_what_came_after_a_group_was_shown_stays_a_question(sqlite_register: Register) -> None:
    """The mark covers what was shown; the one that came is asked about once, beside all that are one by then."""
    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    first = dealt(0, "AL")
    mark = group_of(field, first)["mark"]
    field.send("alert", "r4", ALERT)
    done = say(field, first, mark, "same_event")

    assert (len(done.others), done.came) == (2, 1)
    assert [[side["code"] for side in line["alerts"]] for line in shown(field).links] == [
        [first, dealt(3, "AL")]
    ]
    link(field, "same_event", codes=(dealt(3, "AL"), dealt(1, "AL")))
    assert shown(field).groups == []


def test_a_group_that_is_no_longer_as_it_was_shown_is_not_decided(sqlite_register: Register) -> None:
    """Somebody decided on one of it, or one of it was edited into another event: look again."""
    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    first = dealt(0, "AL")
    before = group_of(field, first)["mark"]
    field.send("alert", "r3", changed(ALERT, ELSEWHERE), edit=1)
    with pytest.raises(GroupChanged):
        say(field, first, before, "same_event")
    field.send("alert", "r3", ALERT, edit=2)
    link(field, "not_same", codes=(first, dealt(2, "AL")))
    with pytest.raises(GroupChanged):
        say(field, first, before, "same_event")

    assert len(field.rows(tables.alert_link)) == 1


def test_a_decision_on_a_group_is_taken_back_at_once(sqlite_register: Register) -> None:
    """Under the mark of what was decided, with a reason; a duplicate that rested on it is triaged again."""
    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    first, second = dealt(0, "AL"), dealt(1, "AL")
    say(field, first, group_of(field, first)["mark"], "same_event")
    decisions.triage(field.register, first, COORDINATOR, field.later())
    decisions.open_case(field.register, first, COORDINATOR, field.later(), owner="RD-01", draw=field.draw)
    decisions.triage(field.register, second, COORDINATOR, field.later())
    with deciding(field.register, COORDINATOR, field.later()) as by:
        duplicate(by, second, first, reason="One event")
    with pytest.raises(LinkReasonMissing):
        say(field, first, group_of(field, first, "same_event")["mark"], "not_same")
    state = next(row["state"] for row in field.rows(tables.alert) if row["code"] == second)
    say(field, first, group_of(field, first, "same_event")["mark"], "not_same", "Two villages")

    assert state == "duplicate"
    assert next(row["state"] for row in field.rows(tables.alert) if row["code"] == second) == "triaged"
    assert {row["decision"] for row in field.rows(tables.alert_link)} == {"not_same"}
    assert same_after_rebuild(field)


def test_what_is_one_event_by_way_of_another_counts_for_a_duplicate(sqlite_register: Register) -> None:
    """The third was said to be one with the second, which is one with the first that was taken up; not where somebody said no."""
    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    first, second, third = (dealt(number, "AL") for number in range(3))
    link(field, "same_event", codes=(first, second))
    link(field, "same_event", codes=(second, third))
    decisions.triage(field.register, first, COORDINATOR, field.later())
    decisions.open_case(field.register, first, COORDINATOR, field.later(), owner="RD-01", draw=field.draw)
    number = field.rows(tables.alert)[2]["filing_no"]
    with field.register.reading() as rows:
        assert same_event_with(rows, number) == [first]
    link(field, "not_same", "Two villages", codes=(first, third))
    with field.register.reading() as rows:
        assert same_event_with(rows, number) == []


# --- who is shown a pair ------------------------------------------------------------------------------------------


SEXUAL = changed(ALERT, {"what": {"alert_icon": "sexual"}})


def shown(field: Field, who: str = "CO-01", **which: Any) -> Proposals:
    """Return what a worker is shown."""
    with field.register.reading() as rows:
        return proposals(rows, sight_of(rows, Actor(who, "key")), **which)


def test_sexual_violence_is_shown_to_the_coordinator_while_there_is_no_case(
    sqlite_register: Register,
) -> None:
    """Others are told that something is not shown, and decide nothing on it; a code that is only claimed neither."""
    field = Field(sqlite_register)
    decisions.add_worker(field.register, "CO-01", "coordinator", COORDINATOR, field.later())
    decisions.add_worker(field.register, "RD-01", "case_owner", COORDINATOR, field.later())
    field.send("alert", "r1", SEXUAL)
    field.send("alert", "r2", SEXUAL)

    assert len(shown(field).links) == 1
    assert (shown(field, "RD-01").links, shown(field, "RD-01").hidden) == ([], 1)
    for actor in (Actor("RD-01", "key"), Actor("CO-01", "claimed")):
        with pytest.raises(LinkNotShown):
            link(field, "same_event", actor=actor)
    assert field.rows(tables.alert_link) == []


def test_sexual_violence_is_shown_to_the_owner_of_the_case_only(sqlite_register: Register) -> None:
    """Once there is a case, the coordinator is not shown the pair any more."""
    field = Field(sqlite_register)
    decisions.add_worker(field.register, "CO-01", "coordinator", COORDINATOR, field.later())
    field.send("alert", "r1", SEXUAL)
    field.send("alert", "r2", SEXUAL)
    first = dealt(0, "AL")
    decisions.triage(field.register, first, COORDINATOR, field.later())
    decisions.open_case(field.register, first, COORDINATOR, field.later(), owner="RD-01", draw=field.draw)

    assert shown(field).hidden == 1
    assert len(shown(field, "RD-01").links) == 1
    assert shown(field, "RD-02").hidden == 1


def test_a_case_of_gender_based_violence_hides_its_pairs_too(sqlite_register: Register) -> None:
    """The icon may say something else; what was documented counts."""
    field = Field(sqlite_register)
    decisions.add_worker(field.register, "CO-01", "coordinator", COORDINATOR, field.later())
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    first = dealt(0, "AL")
    decisions.triage(field.register, first, COORDINATOR, field.later())
    opened = decisions.open_case(
        field.register, first, COORDINATOR, field.later(), owner="RD-01", draw=field.draw
    )
    assert len(shown(field).links) == 1
    told_ = changed(CASE, {"header": {"case_code": str(opened.case)}, "victims": [victim(1)]})
    field.send("case", "c1", changed(told_, {"acts": [act(1, violation="rape")]}))

    assert shown(field).hidden == 1
    assert len(shown(field, "RD-01").links) == 1


def test_what_is_shown_holds_no_tag_and_no_id(sqlite_register: Register) -> None:
    """Both alerts side by side, the earlier one first, by code; the cut tag gives points and is never shown."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    (line,) = shown(field).links

    assert [alert["code"] for alert in line["alerts"]] == [dealt(0, "AL"), dealt(1, "AL")]
    assert "contact.same_tag" in line["reasons"]
    assert not {"contact_tag", "alert_id", "alert_a"} & {*line, *line["alerts"][0]}


def test_two_alerts_of_one_case_are_not_asked_about_again(sqlite_register: Register) -> None:
    """Whoever tied both to the case has said enough; with everything they are still listed."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    for number in range(2):
        decisions.triage(field.register, dealt(number, "AL"), COORDINATOR, field.later())
    decisions.open_case(
        field.register, dealt(0, "AL"), COORDINATOR, field.later(), owner="RD-01", draw=field.draw
    )
    assert len(shown(field).links) == 1
    decisions.link(field.register, dealt(1, "AL"), dealt(0, "DK"), COORDINATOR, field.later())

    assert shown(field).links == []
    assert len(shown(field, everything=True).links) == 1


# --- however it was built -----------------------------------------------------------------------------------------


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "edit", "refuse", "decide", "triage"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from(["week", "today", "older", "month"]),
        st.sampled_from(["CM007002002", "CM007002001"]),
        st.sampled_from(["same_event", "related", "not_same"]),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_links_page_by_page_are_those_of_a_rebuild(
    fresh_register: Callable[[], Register], steps: Any
) -> None:
    """Whatever arrives, is edited, refused, decided or triaged, in whatever order: the same bytes."""
    field = Field(fresh_register())
    edits: dict[str, int] = {}
    for what, one, other, when, place, decision in steps:
        root = f"r{one}"
        said = changed(ALERT, {"when": {"when_rel": when}, "where": {"arrondissement": place}})
        if what == "refuse":
            said = changed(said, {"gate": {"consent_alert": "refused"}})
        if what in {"send", "edit", "refuse"}:
            edits[root] = edits.get(root, -1) + 1
            field.send("alert", root, said, edit=edits[root])
            continue
        codes = {row["alert_id"]: row["code"] for row in field.rows(tables.alert)}
        if root not in codes or f"r{other}" not in codes:
            continue
        try:
            if what == "triage":
                decisions.triage(field.register, codes[root], COORDINATOR, field.later())
            elif one != other:
                link(field, decision, "why", codes=(codes[root], codes[f"r{other}"]))
        except Attention:
            continue
    before = links(field, "codes", "points", "reasons", "decision", "decided_by", "decided_at")

    assert same_after_rebuild(field)
    rebuild.rebuild(field.register, field.later())
    assert links(field, "codes", "points", "reasons", "decision", "decided_by", "decided_at") == before
