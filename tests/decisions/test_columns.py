"""The walk over the columns: each one that people decide is changed by a command, run for real, and by its event."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table

from sync_scripts.register.case_decisions.cases import Valued
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import cases
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests import every_decision
from tests.decisions.columns import DECISIONS, Decision, decided, lay, value
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.copies import copied

Run = Callable[..., dict[str, Any]]
Rows = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]
Event = Mapping[str, Any]


@pytest.fixture(scope="module")
def laid(
    template_file: Path, holders: dict[Holder, Identity], tmp_path_factory: pytest.TempPathFactory
) -> Work:
    """Lay out once what every command decides upon, and close the register."""
    folder = tmp_path_factory.mktemp("laid")
    made = begin(copied(template_file, holders, folder))
    lay(made)
    made.field.register.close()
    return made


@pytest.fixture
def work(laid: Work, holders: dict[Holder, Identity], tmp_path: Path) -> Iterator[Work]:
    """Give a copy of it."""
    template = laid.field.register.folder.parent / "register.db"
    field = copy.copy(laid.field)
    field.register = copied(template, holders, tmp_path)
    yield Work(field)
    field.register.close()


@dataclass
class Walk:
    """Somebody at the command line."""

    work: Work
    run: Run

    def rows(self) -> Rows:
        """Return every row of the register by table and key."""
        keys = {table.name: [one.name for one in table.primary_key] for table in tables.TABLES}
        return {
            (name, tuple(row[key] for key in keys[name])): row
            for name, found in self.work.field.everything().items()
            for row in found
        }

    def log(self, *code: str) -> list[Event]:
        """Return what ``dikalo log`` tells, of everything or of one alert or case."""
        return list(self.run("log", *code)["events"])

    def words(self, decision: Decision) -> list[str]:
        """Return what is typed: a remark has the id that it was given."""
        flags = [row["flag_id"] for row in self.work.field.rows(tables.flag) if row["raised_by"] == "CO-01"]
        return [word.format(flag=next(iter(flags), "")) for word in decision.words]

    def take(self, decision: Decision) -> None:
        """Run the command, and see that nothing else could have done what it did.

        A dry run of it changes nothing. It writes its event, which stands in the log, in the name of whoever signed in;
        each column that it decides gets its value in one row, and had another one there.
        """
        for who, first in decision.first:
            self.run(*first, by=who)
        words = self.words(decision)
        before, told = self.rows(), self.log()
        self.run(*words, "--dry-run", by=decision.by)
        assert (self.rows(), self.log()) == (before, told), "a dry run wrote something"
        self.run(*words, by=decision.by)
        after = self.rows()
        events = [one for one in self.log()[len(told) :] if one["op"] == decision.op]

        assert [one["actor"] for one in events] == [decision.by.code], f"{decision.op} stands in no log"
        for code in codes_in(events[0]["about"]):
            told_too = {"not_needed", "words"}  # the log of one code also says which tasks lost their purpose
            plain = [{name: one[name] for name in one.keys() - told_too} for one in self.log(code)]
            asked = {name: events[0][name] for name in events[0].keys() - told_too}
            assert asked in plain, f"{decision.op} stands not in the log of {code}"
        for column, given in decision.gives.items():
            found = changed(column, before, after)
            assert found.count(value(given, events[0])) == 1, f"{column} was not decided: {found}"


def codes_in(about: str) -> list[str]:
    """Return the codes of the alerts and cases that an event is about."""
    return [word for word in about.split() if word[:3] in {"AL-", "DK-"}]


def changed(column: str, before: Rows, after: Rows) -> list[Any]:
    """Return what a column holds now in each row where it held something else, or which was not there."""
    table, _, name = column.partition(".")
    return [
        row[name]
        for key, row in after.items()
        if key[0] == table and (key not in before or before[key][name] != row[name])
    ]


@pytest.fixture
def walk(work: Work, run: Run) -> Walk:
    """Give somebody at the command line."""
    return Walk(work, run)


def lacking(*more: Table) -> set[str]:
    """Return the decided columns that no command decides."""
    return decided([*tables.TABLES, *more]) - {column for one in DECISIONS for column in one.gives}


def test_every_decided_column_has_a_command() -> None:
    """No column is decided by nobody, none is named that is not there, and each is named once."""
    named = [column for one in DECISIONS for column in one.gives]

    assert lacking() == set()
    assert sorted(named) == sorted(decided(tables.TABLES))


@pytest.mark.spread(3)
@pytest.mark.parametrize("decision", DECISIONS, ids=lambda decision: next(iter(decision.gives)))
def test_its_command_decides_a_column(walk: Walk, decision: Decision) -> None:
    """With every guard standing; and a rebuild comes to the same."""
    walk.take(decision)

    assert walk.work.sound()


# --- planted ------------------------------------------------------------------------------------------------------


def test_a_new_decided_column_without_a_command_is_found() -> None:
    """The list of what must be walked comes from the tables, not from the commands."""
    new = Table(
        "case", MetaData(), Column("mood", info={"owner": "decided"}), Column("n", info={"owner": "derived"})
    )

    assert lacking(new) == {"case.mood"}


NOTE = next(one for one in DECISIONS if "case.work_note" in one.gives)


def test_a_command_that_writes_nothing_is_found(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though it says that it did."""
    told = Valued(CASE_CODE, "work_note", None, "Called twice", written=True)
    monkeypatch.setattr(cases, "set_note", lambda _by, _code, _text, **_more: told)

    with pytest.raises(AssertionError, match=r"case\.note stands in no log"):
        walk.take(NOTE)


def test_a_command_that_writes_another_value_is_found(walk: Walk) -> None:
    """What is typed is what must stand in the column."""
    with pytest.raises(AssertionError, match=r"case\.work_note was not decided: \['Called twice'\]"):
        walk.take(replace(NOTE, gives={"case.work_note": "Called three times"}))


def test_a_dry_run_that_writes_is_found(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would decide where somebody only looked."""
    real = every_decision.deciding

    def careless(
        register: Register, actor: Actor, now: datetime, *, dry_run: bool
    ) -> AbstractContextManager[By]:
        assert dry_run
        return real(register, actor, now)

    monkeypatch.setattr("sync_scripts.cli.frame.decisions.deciding", careless)

    with pytest.raises(AssertionError, match="a dry run wrote something"):
        walk.take(NOTE)
