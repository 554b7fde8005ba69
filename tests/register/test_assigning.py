"""Who is in charge of a case: what is written down, what goes along, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.errors import Worded
from sync_scripts.register.care import rebuild
from sync_scripts.register.model.errors import CaseMerged
from sync_scripts.register.rules.kinds import ASIDE
from sync_scripts.secrets.errors import CodeUnsuitable
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests.register import alone as decisions
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, Field, dealt, service


@pytest.fixture
@played_once
def field(register: Register) -> Field:
    """Give a case with an intervention, and two workers, on both databases."""
    made = Field(register)
    made.send("case", "c1", CASE)
    made.send("followup", "f1", service(dealt(0, "DK"), "planned"))
    for worker in ("RD-01", "RD-07"):
        decisions.add_worker(register, worker, "case_owner", COORDINATOR, made.later())
    return made


def assign(field: Field, worker: str, case: str = "", **more: Any) -> decisions.Assigned:
    """Put a worker in charge of the case."""
    return decisions.assign(
        field.register, case or dealt(0, "DK"), worker, COORDINATOR, field.later(), **more
    )


def happened(field: Field) -> int:
    """Return how many events there are."""
    with field.register.reading() as rows:
        return sum(1 for _ in store_events.read(rows))


def refused(error: type[Worded], field: Field, worker: str, case: str = "", **more: Any) -> str:
    """See that an assignment is refused and leaves nothing; return the words."""
    before = field.everything(), happened(field)
    with pytest.raises(error) as caught:
        assign(field, worker, case, **more)
    assert (field.everything(), happened(field)) == before
    return caught.value.words()


def owners(field: Field) -> set[str | None]:
    """Return with whom the tasks of the work are; those of whoever looks after it are nobody's."""
    beside = ASIDE | {"assign", "retention_review"}
    return {row["assigned_to"] for row in field.rows(tables.task) if row["kind"] not in beside}


def test_a_case_is_assigned_and_everything_due_goes_along(field: Field) -> None:
    """Exactly one person in charge: the tasks of the case and of its interventions are with that one."""
    first, second = assign(field, "RD-01"), assign(field, "RD-07")

    assert (first.was, first.owner, second.was, second.owner) == (None, "RD-01", "RD-01", "RD-07")
    assert field.one(tables.case)["owner_code"] == "RD-07"
    assert owners(field) == {"RD-07"}
    assert {"assessment", "followup", "referral_due"} <= {row["kind"] for row in field.rows(tables.task)}
    undone = [row for row in field.rows(tables.task) if row["done_at"] is None and row["kind"] not in ASIDE]
    assert second.tasks == len(undone) > 0


def test_the_tasks_of_its_alerts_go_along(field: Field) -> None:
    """An alert given to somebody at triage is the case's once it has one: the later decision stands."""
    field.send("alert", "r1", ALERT)
    code = str(field.one(tables.alert)["code"])
    decisions.triage(field.register, code, COORDINATOR, field.later(), assigned_to="RD-09")
    assign(field, "RD-01")
    decisions.link(field.register, code, dealt(0, "DK"), COORDINATOR, field.later())
    assert owners(field) == {"RD-01"}
    assign(field, "RD-07")

    assert owners(field) == {"RD-07"}
    assert field.one(tables.alert)["assigned_to"] == "RD-09", "what was decided about the alert is kept"


def test_the_event_says_who_how_proved_and_who_was_in_charge(field: Field) -> None:
    """Actor, proof, the old and the new worker; nothing else."""
    assign(field, "RD-01")
    decisions.assign(field.register, dealt(0, "DK"), "RD-07", Actor("CO-02", "claimed"), field.later())
    with field.register.reading() as rows:
        last = list(store_events.read(rows))[-1]

    assert (last.op, last.subject) == ("case.assign", f"case:{dealt(0, 'DK')}")
    assert (last.actor.code, last.actor.proof) == ("CO-02", "claimed")
    assert last.payload == {"was": "RD-01", "owner_code": "RD-07"}


def test_the_same_worker_again_writes_nothing(field: Field) -> None:
    """A decision that changes nothing is no event."""
    assign(field, "RD-01")
    before = happened(field)

    assert not assign(field, "RD-01").written
    assert happened(field) == before


def test_a_dry_run_says_what_would_be_and_leaves_nothing(field: Field) -> None:
    """The same report, tasks counted, and neither row nor event."""
    before = field.everything(), happened(field)
    done = assign(field, "RD-01", dry_run=True)

    assert (done.owner, done.written, done.tasks > 0) == ("RD-01", True, True)
    assert (field.everything(), happened(field)) == before


def test_an_unknown_case_is_named_with_the_nearest(field: Field) -> None:
    """One symbol misread: the code that was meant is offered, and nothing is guessed."""
    right = dealt(0, "DK")
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")
    words = refused(decisions.CaseUnknown, field, "RD-01", wrong)

    assert f"The nearest code is {right}." in words
    assert "nearest" not in refused(decisions.CaseUnknown, field, "RD-01", "nothing like it")


def test_an_unknown_worker_is_named_with_the_nearest_or_named_new(field: Field) -> None:
    """A misspelt code opens no second worker unless it is said to be a new one."""
    words = refused(decisions.WorkerUnknown, field, "RD-O1")
    assert "The nearest code is RD-01." in words
    refused(CodeUnsuitable, field, "A Full Name, with a comma", new=True)
    assign(field, "EN-44", new=True)

    assert field.one(tables.case)["owner_code"] == "EN-44"
    assert {"code": "EN-44", "roles": "case_owner", "active": True} in field.rows(tables.worker)


def test_somebody_who_was_once_in_charge_is_known(field: Field) -> None:
    """An alert could be given to a code that nobody named: the same code can be given a case."""
    field.send("alert", "r1", ALERT)
    code = str(field.one(tables.alert)["code"])
    decisions.triage(field.register, code, COORDINATOR, field.later(), assigned_to="RD-09")

    assert assign(field, "RD-09").owner == "RD-09"


def test_a_retired_worker_gets_nothing(field: Field) -> None:
    """Neither by name nor as the nearest of another code."""
    decisions.add_worker(field.register, "RD-07", "case_owner", COORDINATOR, field.later(), active=False)

    assert "RD-07" in refused(decisions.WorkerRetired, field, "RD-07", new=True)
    assert "RD-07" not in refused(decisions.WorkerUnknown, field, "RD-77")


@pytest.mark.parametrize("state", ["closed", "merged", "transferred"])
def test_a_case_that_is_left_is_given_to_nobody(field: Field, state: str) -> None:
    """The refusal says where it stands, by its label; of a merged one, where the work goes on."""
    with field.register.writing() as rows:
        rows.execute(tables.case.update().values(state=state))

    assert refused(CaseMerged if state == "merged" else decisions.CaseLeft, field, "RD-01")


def test_a_rebuild_knows_who_is_in_charge(field: Field) -> None:
    """The register stays a function of what arrived, what was decided and the rules."""
    assign(field, "RD-01")
    assign(field, "EN-44", new=True)
    before = field.everything()
    rebuild.rebuild(field.register, field.later())

    assert field.everything() == before
