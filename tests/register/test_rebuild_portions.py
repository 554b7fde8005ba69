"""A rebuild goes a portion at a time: it can be stopped, goes on, and keeps nobody from deciding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, update

from sync_scripts.register.building import case_unit, marks
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.decisions.rule_changes import shorten
from sync_scripts.register.model import codes
from sync_scripts.register.model.build_backlog import unbuilt
from sync_scripts.store import durable
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import to_build
from tests.register import alone as decisions
from tests.register.field import COORDINATOR, Field
from tests.register.test_rebuild import busy


def _nobody_draws(kind: codes.Kind, root_id: str) -> str:
    raise AssertionError(kind)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a portion be small, so that few submissions are several."""
    monkeypatch.setattr(marks, "PORTION", 2)


def wrong(register: Register) -> None:
    """Let a row of many tables say something else, and some rows be there no more."""
    with register.writing() as rows:
        rows.execute(update(tables.case).values(urgency="low", confidentiality="C1"))
        rows.execute(update(tables.alert).values(score=1, urgency="low"))
        rows.execute(update(tables.person).values(pseudonym="V9"))
        rows.execute(delete(tables.task))
        rows.execute(delete(tables.alert_link))
        rows.execute(delete(tables.worker))
        rows.execute(update(tables.flag).values(filing_no=9_999))


class Stopped(Exception):
    """The rebuild was stopped."""


def stop_at(register: Register, commit: int, field: Field) -> None:
    """Rebuild, and be stopped before a commit."""
    heard: Iterator[int] = iter(range(1, 1000))

    def hear(name: str) -> None:
        if name == "commit" and next(heard) == commit:
            raise Stopped

    durable.watch(hear)
    try:
        with pytest.raises(Stopped):
            rebuild.rebuild(register, field.later(), draw=_nobody_draws)
    finally:
        durable.watch(None)


def test_every_table_is_made_again_from_whatever_stands_there(register: Register) -> None:
    """Wrong values, lost rows, rows that belong to nothing: as if all had been empty."""
    field = busy(register)
    before = field.everything()
    wrong(register)
    done = rebuild.rebuild(register, field.later(), draw=_nobody_draws)

    assert field.everything() == before
    assert {"alert", "case", "flag", "person", "task", "worker"} <= set(done.differing)
    assert rebuild.rebuild(register, field.later(), draw=_nobody_draws).differing == ()


def test_what_is_right_is_not_written_again(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are compared before any is taken away: where nothing differs, next to nothing is written."""
    field = busy(sqlite_register)
    written: set[str] = set()
    real = Rows.many

    def many(self: Rows, statement: Any, rows: Any) -> None:
        written.update(name for name in [str(getattr(statement, "table", statement).name)] if rows)
        real(self, statement, rows)

    monkeypatch.setattr(Rows, "many", many)
    assert rebuild.rebuild(sqlite_register, field.later(), draw=_nobody_draws).differing == ()

    # what is due in a case beside its alert goes with the rows of that, and comes back with those of the case
    assert written <= {"task"}


@pytest.mark.parametrize("commit", [1, 2, 3, 4])
def test_stopped_anywhere_it_goes_on(sqlite_register: Register, commit: int) -> None:
    """Nothing is built twice for it, and what was not yet built is said."""
    field = busy(sqlite_register)
    before = field.everything()
    wrong(sqlite_register)
    stop_at(sqlite_register, commit, field)
    with sqlite_register.reading() as rows:
        left = unbuilt(rows)
    assert (left.again > 0) == (commit > 1)

    more: list[int] = []
    rebuild.rebuild(sqlite_register, field.later(), draw=_nobody_draws, progress=more.append)

    assert field.everything() == before
    assert commit == 1 or sum(more) == left.again
    with sqlite_register.reading() as rows:
        assert unbuilt(rows).again == 0


def test_who_decides_builds_the_unit_first(sqlite_register: Register) -> None:
    """While a rebuild is not at its end, a decision looks at no row of before; others stay marked."""
    field = busy(sqlite_register)
    code = str(field.rows(tables.case)[0]["case_code"])
    right = {row["case_code"]: row["urgency"] for row in field.rows(tables.case)}
    wrong(sqlite_register)
    stop_at(sqlite_register, 2, field)

    with deciding(sqlite_register, COORDINATOR, field.later(), dry_run=True) as by:
        assert case_of(by.rows, code)["urgency"] == right[code]
    decisions.assign(sqlite_register, code, "RD-07", COORDINATOR, field.later(), new=True)

    assert field.rows(to_build)
    rebuild.rebuild(sqlite_register, field.later(), draw=_nobody_draws)
    assert {row["case_code"]: row["urgency"] for row in field.rows(tables.case)} == right


def test_each_case_is_built_once(sqlite_register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many forms it has, and however small a portion is."""
    field = busy(sqlite_register)
    built: list[str] = []
    real = case_unit.derive

    def derive(given: Any, *more: Any) -> None:
        built.append(given.unit)
        real(given, *more)

    monkeypatch.setattr(case_unit, "derive", derive)
    rebuild.rebuild(sqlite_register, field.later(), draw=_nobody_draws)

    assert sorted(built) == sorted(set(built))


def test_a_decision_on_every_unit_is_carried_out_behind_it(sqlite_register: Register) -> None:
    """Shorter deadlines: the decision is one transaction, what follows from it many; a trial leaves no mark."""
    field = busy(sqlite_register)
    before = field.rows(tables.task)
    with deciding(sqlite_register, COORDINATOR, field.later(), dry_run=True) as by:
        shorten(by, {"high": {"first_contact_h": 1}})
    assert (field.rows(to_build), field.rows(tables.task)) == ([], before)

    with deciding(sqlite_register, COORDINATOR, field.later()) as by:
        assert shorten(by, {"high": {"first_contact_h": 1}})
    assert field.rows(to_build) == []
    assert rebuild.check(sqlite_register, field.later()).differing == ()
