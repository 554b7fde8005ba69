"""Every decision about a case, in every state in which nobody works on it: refused with the reason, or taken for a reason."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from sync_scripts.register.case_decisions import cases, joint_opening
from sync_scripts.register.case_decisions import facts as facts_of_cases
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions import overriding
from sync_scripts.register.history.visibility import sight_of
from sync_scripts.register.lifecycle.errors import CaseNotOpen
from sync_scripts.register.lifecycle.moves import AFTERWARDS, CASE_LEFT
from sync_scripts.register.links import same as same_people
from sync_scripts.register.links.people import groups
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_case_moves import second_case
from tests.decisions.test_two_people import provider
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, changed, dealt, victim
from xlsform.errors import Worded

STATES = ("closed", "merged", "transferred", "suspended")
LOOSE_ALERT = dealt(2, "AL")
"""An alert that is triaged and tied to no case, while another one has a case of its own."""

PHONE = "677000001"


def _task(by: every_decision.By, *, done: bool) -> str:
    query = tables.task.select().where(tables.task.c.kind == "consent_purge")
    found = by.rows.execute(query).mappings()
    return str(next(row["task_id"] for row in found if (row["done_at"] is not None) == done))


def _mark(by: every_decision.By) -> str:
    """Return the mark of those who may be the first person of the case, by their telephone."""
    return groups(by.rows, sight_of(by.rows, by.actor), code=CASE_CODE).groups[0].mark


def _flag(by: every_decision.By, message: str = "Look at this") -> str:
    query = tables.flag.select().where((tables.flag.c.code == message) | (tables.flag.c.message == message))
    return str(by.rows.execute(query).mappings().one()["flag_id"])


Deed = Callable[[every_decision.By, Work], Any]

DEEDS: dict[str, Deed] = {
    # the work
    "set_note": lambda by, w: every_decision.set_note(by, CASE_CODE, "Called twice"),
    "set_urgency": lambda by, w: every_decision.set_urgency(by, CASE_CODE, "critical"),
    "set_next_due": lambda by, w: cases.set_next_due(by, CASE_CODE, date(2026, 11, 25)),
    "seal_note": lambda by, w: joint_opening.seal_note(by, w.field.register, CASE_CODE, "Nobody's name"),
    "assign": lambda by, w: every_decision.assign(by, CASE_CODE, "RD-02"),
    "contact": lambda by, w: every_decision.contact(by, CASE_CODE, reached=False),
    "undo_contact": lambda by, w: every_decision.undo_contact(by, CASE_CODE, reason="The wrong code"),
    "plan_service": lambda by, w: every_decision.plan_service(by, CASE_CODE, "health"),
    "refer": lambda by, w: every_decision.refer(by, CASE_CODE, "pss", "PRE-01", unlisted=True, reason="x"),
    "move_service onwards": lambda by, w: every_decision.move_service(by, CASE_CODE, 1, "referred"),
    "set_service": lambda by, w: every_decision.set_service(by, CASE_CODE, 1, timeframe="3_days"),
    "raise_flag": lambda by, w: every_decision.raise_flag(by, CASE_CODE, "Check the village"),
    "open_task": lambda by, w: every_decision.open_task(
        by, CASE_CODE, _task(by, done=True), reason="Not yet"
    ),
    "override": lambda by, w: overriding.override(by, CASE_CODE, hours=24, reason="She bleeds", person="V1"),
    "link": lambda by, w: every_decision.link(by, LOOSE_ALERT, CASE_CODE),
    "move_alert": lambda by, w: every_decision.move_alert(by, dealt(1, "AL"), CASE_CODE, reason="Same event"),
    "move onwards": lambda by, w: every_decision.move(by, CASE_CODE, "assessment"),
    "merge into it": lambda by, w: every_decision.merge(by, other_of(by), CASE_CODE, reason="Same facts"),
    # what does not end with the work
    "set_confidentiality": lambda by, w: every_decision.set_confidentiality(by, CASE_CODE, "C4"),
    "set_retention": lambda by, w: every_decision.set_retention(by, CASE_CODE, "justice"),
    "set_hold": lambda by, w: every_decision.set_hold(by, CASE_CODE, held=True, reason="A court asks"),
    "correct": lambda by, w: every_decision.correct(
        by, CASE_CODE, "incident.place_type", "street", reason="Misheard"
    ),
    "restore": lambda by, w: every_decision.restore(by, CASE_CODE, "incident.time_of_day", reason="Misheard"),
    "verify": lambda by, w: every_decision.verify(by, CASE_CODE, "possible", reason="One witness"),
    "name_other_incident": lambda by, w: every_decision.name_other_incident(by, CASE_CODE, other_of(by)),
    "move_evidence": lambda by, w: every_decision.move_evidence(by, CASE_CODE, "E1", "retained"),
    "set_redacted": lambda by, w: every_decision.set_redacted(by, CASE_CODE, "E2", "E1"),
    "decide_person": lambda by, w: same_people.decide_person(
        by, CASE_CODE, "V1", (other_of(by), "V7"), "same", reason="Both were opened"
    ),
    "decide_people": lambda by, w: same_people.decide_people(
        by, CASE_CODE, "V1", _mark(by), "not_same", reason="The telephone of the camp"
    ),
    "record": lambda by, w: consents.record(by, CASE_CODE, {"un": "anonymous"}, person="V1"),
    "withdraw": lambda by, w: consents.withdraw(by, CASE_CODE, person="V1", reason="She asked"),
    "move_service as it became": lambda by, w: every_decision.move_service(by, CASE_CODE, 1, "declined"),
    "set_service as it became": lambda by, w: every_decision.set_service(
        by, CASE_CODE, 1, work_note="She was treated"
    ),
    "end_task": lambda by, w: every_decision.end_task(by, CASE_CODE, _task(by, done=False), reason="Erased"),
    "assign_task": lambda by, w: every_decision.assign_task(by, CASE_CODE, _task(by, done=False), "RD-02"),
    "resolve_flag": lambda by, w: every_decision.resolve_flag(by, CASE_CODE, _flag(by), resolution="Looked"),
    "open_flag": lambda by, w: every_decision.open_flag(
        by, CASE_CODE, _flag(by, "Looked at"), reason="Not yet"
    ),
    # where it can go
    "move to reopened": lambda by, w: every_decision.move(by, CASE_CODE, "reopened", reason="It goes on"),
    "move back": lambda by, w: every_decision.move(by, CASE_CODE, "back"),
    "merge": lambda by, w: every_decision.merge(by, CASE_CODE, other_of(by), reason="Same facts"),
}
"""Name of a decision -> the decision."""

WORK = set(list(DEEDS)[: list(DEEDS).index("set_confidentiality")])
ONLY_OPEN = {"link", "move_alert", "move onwards"}
"""What a suspended case is refused: it is taken up again first."""
GOES_ON_IN_MERGED = {"move_service onwards", "set_service", "open_task", "override", "undo_contact"}
"""Work on the rows that a merged case keeps."""
MOVES = {
    "move to reopened": {"closed"},
    "move back": {"suspended"},
    "merge": {"closed", "suspended"},
}


def may(name: str, state: str) -> bool:
    """Tell whether a decision is taken in a state."""
    if name in MOVES:
        return state in MOVES[name]
    if state == "suspended":
        return name not in ONLY_OPEN
    return name not in WORK or (state == "merged" and name in GOES_ON_IN_MERGED)


def second_code(work: Work) -> str:
    """Return the code of the other case."""
    return str(
        next(row["case_code"] for row in work.field.rows(tables.case) if row["case_code"] != CASE_CODE)
    )


def other_of(by: every_decision.By) -> str:
    """Return the code of the other case, in an open transaction."""
    found = by.rows.execute(tables.case.select().where(tables.case.c.case_code != CASE_CODE)).mappings()
    return str(next(iter(found))["case_code"])


@pytest.fixture
@played_once
def work(sqlite_register: Register) -> Work:
    """A register with a case in which there is one of everything, another case, and an alert without any."""
    made = begin(sqlite_register)
    provider(made)
    other = second_case(made)
    made.field.send(
        "case",
        "c2",
        changed(CASE, {"header": {"case_code": other}, "victims": [victim(7, victim_phone=PHONE)]}),
    )
    said = {
        "header": {"alert_code": ALERT_CODE},
        "victims": [victim(1, victim_phone=PHONE), victim(2)],
        "incident": {"chain_event": "same_perpetrator", "chain_code": other},
        "evidence_any": "yes",
        "evidence": [
            {"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "yes"},
            {"evidence_uid": "e2", "evidence_type": "photo", "faces_visible": "no"},
        ],
    }
    made.field.send("case", "c1", changed(CASE, said), edit=1)
    made.field.send("alert", "r3", ALERT)
    made.do(every_decision.triage, LOOSE_ALERT)
    made.do(every_decision.plan_service, CASE_CODE, "health", provider="PRE-01")
    made.do(every_decision.correct, CASE_CODE, "incident.time_of_day", "night", reason="Misheard")
    made.do(every_decision.raise_flag, CASE_CODE, "Look at this")
    made.do(every_decision.raise_flag, CASE_CODE, "Looked at")
    with every_decision.deciding(made.field.register, COORDINATOR, made.field.later()) as by:
        every_decision.resolve_flag(by, CASE_CODE, _flag(by, "Looked at"), resolution="Looked")
    made.do(every_decision.contact, CASE_CODE, reached=False)
    made.do(consents.withdraw, CASE_CODE, person="V2", reason="She asked")
    made.do(consents.record, CASE_CODE, {"media": "anonymous"}, person="V2")
    made.do(consents.withdraw, CASE_CODE, person="V2", reason="She asked again")
    # two withdrawals, one of which was dealt with
    made.do(every_decision.end_task, CASE_CODE, "consent_purge", reason="Erased")
    said = {"uid": "e1", "evidence": "E1", "was": "sealed", "to": "working_copy"}
    with every_decision.deciding(made.field.register, OWNER, made.field.later()) as by:
        by.write(by.event("evidence.move", f"case:{CASE_CODE}", said))
    return made


def leave(work: Work, state: str) -> None:
    """Bring the case to a state, as people would."""
    if state == "closed":
        said = {"because": "survivor_request", "reason": "As said", "feedback": "yes", "risk": "low"}
        work.do(every_decision.move, CASE_CODE, "closure_pending", by=OWNER, **said)
        work.do(every_decision.move, CASE_CODE, "closed", by=SUPERVISOR)
    elif state == "merged":
        work.do(every_decision.merge, CASE_CODE, second_code(work), reason="Same facts", by=OWNER)
    else:
        with every_decision.deciding(work.field.register, OWNER, work.field.later()) as by:
            said = {"was": "open_intake", "to": state, "reason": "x"}
            said |= {"review_on": "2027-01-08"} if state == "suspended" else {"transferred_to": "PRE-01"}
            by.write(by.event("case.move", f"case:{CASE_CODE}", said))


@pytest.mark.parametrize("state", STATES)
def test_each_decision_in_each_state_is_refused_or_taken_as_the_table_says(work: Work, state: str) -> None:
    """A refusal names the state or the case where the work goes on, and writes nothing; each is tried and undone."""
    leave(work, state)
    assert work.case()["state"] == state
    before, count = work.field.everything(), len(work.events())
    for name, deed in DEEDS.items():
        tried = attempt(work, deed)
        assert (tried is None) == may(name, state), (name, tried and tried.words())
        if tried is not None and (name not in MOVES or state == "merged"):
            assert_refusal(tried, name, state, second_code(work))
        assert (work.field.everything(), len(work.events())) == (before, count), name


def attempt(work: Work, deed: Deed) -> Worded | None:
    """Decide something, see that it is written, and undo it; return why it was refused."""
    try:
        with every_decision.deciding(
            work.field.register, COORDINATOR, work.field.later(), draw=work.field.draw, dry_run=True
        ) as by:
            count = len(list(store_events.read(by.rows)))
            deed(by, work)
            assert len(list(store_events.read(by.rows))) > count
    except Worded as why:
        return why
    return None


def assert_refusal(why: Worded, name: str, state: str, other: str) -> None:
    """See that a refusal is the one of that state, and says what would be needed."""
    words = why.words()
    if state == "merged":
        assert isinstance(why, every_decision.CaseMerged), words
        assert other in words
    elif state == "closed" and isinstance(why, every_decision.CaseLeft):
        assert "cases move" in words
        assert "reopened" in words
    elif name in {"link", "move_alert"}:
        assert isinstance(why, CaseNotOpen), words
        assert ("cases move" in words) == (state == "suspended")
    assert "Nothing was changed" in words


def test_a_case_merged_twice_names_where_the_work_goes_on_by_now(work: Work) -> None:
    """The last one, not the one in between."""
    work.do(every_decision.triage, LOOSE_ALERT, reason="x", assigned_to="RD-02")
    third = work.do(every_decision.open_case, LOOSE_ALERT, owner="RD-02").case
    middle = second_code(work)
    work.do(every_decision.merge, CASE_CODE, middle, reason="Same facts", by=OWNER)
    work.do(every_decision.merge, middle, third, reason="Same facts")

    assert third in work.refused(every_decision.CaseMerged, every_decision.set_note, CASE_CODE, "x")


# --- nothing is left out ------------------------------------------------------------------------------------------


def _about_a_case(module: Any) -> Iterator[str]:
    """Yield the decisions of a module that are about a case, by name: their first word after ``by`` is its code."""
    for name, made in vars(module).items():
        handed_on = name in getattr(module, "__all__", ())
        own = inspect.isfunction(made) and made.__module__ == module.__name__ and not name.startswith("_")
        if inspect.isfunction(made) and (own or handed_on):
            words = list(inspect.signature(made).parameters)
            if words[:1] == ["by"] and {"case", "text"} & set(words[1:3]):
                yield name


READ_ONLY = {"tasks_of", "flags_of", "shown_to", "service_of", "worker_of"}
"""What only looks."""
OF_PROPOSALS = {"sign", "withdraw"}
"""What speaks of a proposal, by its id."""


def test_every_decision_about_a_case_is_walked() -> None:
    """A new one that nobody put into the table fails here."""
    walked = {name.partition(" ")[0] for name in DEEDS}
    known = {
        *_about_a_case(every_decision),
        *_about_a_case(cases),
        *_about_a_case(joint_opening),
    } - OF_PROPOSALS
    known |= {*_about_a_case(same_people)}
    known |= {*_about_a_case(consents), *_about_a_case(overriding), *_about_a_case(facts_of_cases)}

    assert known - READ_ONLY <= walked
    assert {"set_note", "merge", "record", "override", "seal_note"} <= known


def test_the_table_of_what_is_decided_afterwards_names_states_that_are_left() -> None:
    """And nothing of the work."""
    assert all(states <= CASE_LEFT for states in AFTERWARDS.values())
    assert {"case.note", "case.urgency", "case.assign", "case.due", "intervention.add"}.isdisjoint(AFTERWARDS)
