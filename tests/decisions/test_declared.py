"""A decision is declared once: its options, its document, and the sentence that the terminal, a dry run and the log share."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pkgutil import iter_modules
from types import SimpleNamespace
from typing import Any

import pytest

from sync_scripts.cli.frame.commands import Entry
from sync_scripts.cli.frame.decisions import command_of
from sync_scripts.cli.tree import SECTIONS
from sync_scripts.followup.columns import WORKBOOK_STATES
from sync_scripts.followup.inbound.writing import OF_CASE
from sync_scripts.followup.outbound.content import URGENCIES
from sync_scripts.intake.person_erasing import ERASE
from sync_scripts.intake.places.purged import PURGED
from sync_scripts.register import declarations
from sync_scripts.register.consent_decisions.decide import Withdrawn
from sync_scripts.register.declarations import (
    Declaration,
    alerts,
    cases,
    consents,
    evidence,
    keeping,
    people,
    tasks,
)
from sync_scripts.register.queries.event_words import TOLD, told
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.field import COORDINATOR


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Give a register with one case, opened from an alert."""
    return begin(sqlite_register)


def deciding(work: Work) -> AbstractContextManager[every_decision.By]:
    """Give a transaction to decide in."""
    return every_decision.deciding(work.field.register, COORDINATOR, work.field.later(), draw=work.field.draw)


def declared() -> Iterator[tuple[str, Declaration]]:
    """Yield every declaration by its place."""
    for found in iter_modules(declarations.__path__):
        module = import_module(f"{declarations.__name__}.{found.name}")
        for name, made in vars(module).items():
            if isinstance(made, Declaration):
                yield f"{found.name}:{name}", made


DECLARED = {
    **dict(declared()),
    "intake.places.purged:PURGED": PURGED,
    "intake.person_erasing:ERASE": ERASE,
}


def entries(some: tuple[Entry, ...]) -> Iterator[Entry]:
    """Yield every command of the tree."""
    for entry in some:
        yield from entries(entry.members) if entry.members else [entry]


def test_each_is_one_command_under_its_own_name() -> None:
    """What is typed stands in the tree and in the declaration: both say the same, and no declaration is without a command."""
    listed = [
        (entry.decision, entry.name)
        for _heading, some in SECTIONS
        for entry in entries(tuple(some))
        if entry.decision
    ]
    assert sorted(listed) == sorted((place, one.name) for place, one in DECLARED.items())


@pytest.mark.parametrize("place", DECLARED)
def test_what_a_declaration_names_is_there(place: str) -> None:
    """Its events have a sentence, its rules and documents name its own arguments, and its function takes them."""
    one = DECLARED[place]
    names = [*(argument.name for argument in one.arguments), *(["reason"] if one.reason else [])]
    assert set(one.writes) <= TOLD.keys()
    assert {name for rule in one.together for name in rule.names} | set(one.repeats.values()) <= set(names)
    assert callable(one.asked) or set(one.asked) <= set(names)
    signature = inspect.signature(one.decide)
    positional = [None for argument in one.arguments if not argument.help]
    options = {argument.name: None for argument in one.arguments if argument.help}
    signature.bind(
        None,
        *positional,
        **options,
        **({"reason": ""} if one.reason else {}),
        **({"seen": None} if one.looks else {}),
        **({"read": None} if one.reads else {}),
        **({"opened": None} if one is ERASE else {}),
    )


@pytest.mark.parametrize("place", DECLARED)
def test_its_command_has_what_all_have(place: str) -> None:
    """The reason where it takes one, and for whom, whether in earnest, and for a program."""
    one = DECLARED[place]
    options = {word for param in command_of(one).params for word in param.opts}
    assert {"--dry-run", "--json"} <= options
    assert ("--as" in options) == bool(one.typed)
    assert ("--reason" in options) == bool(one.reason)


def test_it_is_told_as_the_log_tells_it(work: Work) -> None:
    """One sentence, whether it is done, would be done, or is read later."""
    with deciding(work) as by:
        done = cases.ASSIGN.decide(by, CASE_CODE, "RD-02", new=False)
        (event,) = [one for one in by.written if one.op == "case.assign"]
        lines = [list(cases.ASSIGN.told(done, by.written, dry_run=dry)) for dry in (True, False)]
    assert lines == [[(CASE_CODE, told(event.op, event.payload, whole=True))]] * 2
    assert [cases.ASSIGN.document(done, {}, dry_run=dry)["written"] for dry in (True, False)] == [False, True]


def test_what_a_dry_run_drew_is_not_shown(work: Work) -> None:
    """The code of the case is drawn anew in earnest: one that was read off a dry run would name no case."""
    with deciding(work) as by:
        done = alerts.MOVE.decide(by, ALERT_CODE, None, owner="RD-02", new=False, reason="Not that event")
        ((_code, line),) = alerts.MOVE.told(done, by.written, dry_run=True)
        ((_code, real),) = alerts.MOVE.told(done, by.written, dry_run=False)
    assert done.case is not None
    assert done.case not in line
    assert done.case in real
    assert alerts.MOVE.document(done, {}, dry_run=True)["case_code"] is None
    assert alerts.MOVE.document(done, {}, dry_run=False)["case_code"] == done.case


def test_several_values_are_one_document(work: Work) -> None:
    """Each with what it was; a dry run says of none that it was written."""
    with deciding(work) as by:
        said = {"urgency": None, "confidentiality": None, "retention": "justice", "hold": None}
        done = cases.SET.decide(by, CASE_CODE, **said, reason="")
    document = cases.SET.document(done, said, dry_run=True)
    assert [(one["what"], one["written"]) for one in document["values"]] == [("retention_class", False)]


@pytest.mark.parametrize(
    ("one", "said", "holds"),
    [
        (alerts.MOVE, {"case": None, "owner": None}, False),
        (alerts.MOVE, {"case": "DK", "owner": "RD-02"}, False),
        (alerts.MOVE, {"case": "DK", "owner": None}, True),
        (alerts.MOVE, {"case": None, "owner": "RD-02"}, True),
        (cases.CONTACTED, {"undo": False, "failed": False}, True),
        (cases.CONTACTED, {"undo": True, "failed": True}, False),
        (cases.SET, {"hold": None}, False),
        (cases.SET, {"hold": False}, True),
        (evidence.MOVE, {"state": "shared", "original": None, "receiver": ""}, False),
        (evidence.MOVE, {"state": "sealed", "original": None, "receiver": None}, True),
    ],
)
def test_what_does_not_go_together_is_refused(
    one: Declaration, said: dict[str, object], *, holds: bool
) -> None:
    """Before anything is opened; a hold that is taken off is said, a flag that is not given is not."""
    assert (one.refusal(said) is None) is holds


def test_what_the_cell_of_a_case_can_say_its_decision_takes() -> None:
    """A workbook and a command say the same of a case: no cell offers what the command would refuse."""
    where_it_is = {"open_intake"}  # shown, as a case is there at first; none goes back to it
    offered = {"urgency": URGENCIES, "state": {*WORKBOOK_STATES} - where_it_is}
    taken = {**OF_CASE, "state": (cases.MOVE, lambda value: {"state": value})}
    for column, (decision, said) in taken.items():
        choices = {one.name: one.choices for one in decision.arguments}
        for value in offered.get(column, ()):
            (name,) = said(value)
            assert value in choices[name]
        assert said("x").keys() <= choices.keys()


def test_what_is_written_into_two_cases_is_told_once() -> None:
    """Of a pair of people each case keeps its own line; whoever decided reads one. What a case got besides is told with its code."""
    said = {"person": "V1", "other_case": "DK-B", "other_person": "V2", "decision": "same", "reason": "x"}
    some: Any = [
        SimpleNamespace(op="person.same", subject=f"case:{code}", payload=said) for code in ("DK-A", "DK-B")
    ]
    assert [code for code, _told in people.DECIDE.told({"code": "DK-A"}, some, dry_run=False)] == ["DK-A"]
    taken: Any = [
        SimpleNamespace(op="consent.withdraw", subject=f"case:{code}", payload={"person": "V1"})
        for code in ("DK-A", "DK-B")
    ]
    done = Withdrawn("DK-A", "V1", (), False, 0, 0, ())
    told_of = [code for code, _told in consents.WITHDRAW.told(done, taken, dry_run=False)]
    assert told_of == ["DK-A", "DK-B"]


def test_who_decides_nothing_is_shown_the_page() -> None:
    """What is due, or a plan: shown as long as nothing is said of it; a flag that is not given says nothing."""
    nothing = {"name": None, "flag": None, "done": False, "new": False}
    assert not tasks.OF_CASE.decides(nothing)
    assert tasks.OF_CASE.decides(nothing | {"name": "supervision"})
    assert tasks.OF_CASE.decides(nothing | {"flag": "Look"})
    assert not keeping.CONFIRM.decides({"name": None, "reason": "", "without": (), "reviewed": ()})
    assert alerts.ASK.decides({"code": ALERT_CODE})


@pytest.mark.parametrize(
    "said", [{"done": True}, {"opened": True}, {"owner": "RD-02"}, {"done": True, "whole": True}]
)
def test_what_becomes_of_no_task_is_refused(said: dict[str, Any]) -> None:
    """Who says that something is done, and not what, is told so: the list of tasks alone would look as if it were."""
    nothing: dict[str, Any] = dict.fromkeys(("name", "owner", "flag")) | dict.fromkeys(
        ("done", "opened", "whole"), False
    )
    assert tasks.OF_CASE.refusal(nothing) is None
    assert tasks.OF_CASE.refusal(nothing | said) is not None
    assert tasks.OF_CASE.refusal(nothing | said | {"name": "f8ba05"}) is None
