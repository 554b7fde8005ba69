"""A workbook takes seconds to make, and on a shared register somebody takes something back in between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from sync_scripts.followup.errors import MovedWhileMade
from sync_scripts.followup.outbound import planning, workbook_file
from sync_scripts.followup.outbound.export import Exported, export
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Book, Order
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.consent_decisions.decide import record, withdraw
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema import raw, workbooks
from sync_scripts.store.schema import register as tables
from tests.followup.desk import CASE, Desk, lay
from tests.followup.test_doors import LOCK, everything
from tests.register.field import COORDINATOR

Meanwhile = Callable[[Callable[[], Any]], list[int]]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let something be done on another laptop while a workbook is written; count how often one is."""
    right = workbook_file.workbook_bytes

    def let(deed: Callable[[], Any]) -> list[int]:
        made: list[int] = []

        def written(*given: Any) -> Any:
            content = right(*given)
            made.append(1)
            deed()
            return content

        monkeypatch.setattr(workbook_file, "workbook_bytes", written)
        return made

    return let


def once(deed: Callable[[], Any]) -> Callable[[], Any]:
    """Return a deed that is done the first time alone."""
    left = [deed]
    return lambda: left.pop()() if left else None


def handed_out(desk: Desk, **more: Any) -> Exported:
    """Hand out a T3 workbook of everything."""
    order = Order("T3", "fr", Scope(), COORDINATOR, desk.field.later(), demo=False)
    return export(desk.register, order, desk.new_file(), password=LOCK, **more)


def facts_kept(desk: Desk) -> list[str | None]:
    """Return what is kept of the first case on the sheet of cases, of every export."""
    every = desk.field.rows(workbooks.followup_row)
    return [row["values"] for row in every if (row["sheet"], row["case_code"]) == ("dk:cases", CASE)]


def test_what_is_withdrawn_while_a_workbook_is_made_is_not_in_it(
    register: Register, tmp_path: Path, meanwhile: Meanwhile
) -> None:
    """Neither in the file nor in what is kept of it: it is made anew, and only what went out is remembered."""
    desk = lay(register, tmp_path, count=1)
    made = meanwhile(once(lambda: desk.decide(withdraw, CASE, reason="She called.")))
    steps: list[int] = []
    done = handed_out(desk, progress=steps.append)
    assert (len(made), sum(steps)) == (2, 4)
    (kept,) = facts_kept(desk)
    assert kept is not None
    for text in (everything(done.path), kept):
        assert "threat" not in text
        assert "Menace" not in text
    assert [row["file_sha256"] for row in desk.field.rows(workbooks.followup_export)] == [done.sha256]


def test_what_keeps_a_case_closer_counts_too(desk: Desk, meanwhile: Meanwhile) -> None:
    """It became C4 meanwhile: five columns are all that is shown of it."""

    def closer() -> None:
        with desk.register.writing() as rows:
            rows.execute(update(tables.case).values(confidentiality="C4"))

    made = meanwhile(once(closer))
    assert "Menace" not in everything(handed_out(desk).path)
    assert len(made) == 2


def test_what_colleagues_write_meanwhile_makes_nothing_anew(desk: Desk, meanwhile: Meanwhile) -> None:
    """The workbook says what the register said; a note written since is compared when it comes back. A yes shows more, not less."""

    def work() -> None:
        desk.decide(set_note, CASE, "Rappelée.")
        desk.decide(record, CASE, {"justice": "yes"}, reason="Asked again.")

    made = meanwhile(work)
    text = everything(handed_out(desk).path)
    assert ("Menace" in text, "Rappelée." in text) == (True, False)
    assert len(made) == 1


def test_taken_back_each_time_nothing_is_written(desk: Desk, meanwhile: Meanwhile) -> None:
    """It gives up and says so: no file, nothing kept, nothing in the chain of custody."""
    codes = iter([*(row["case_code"] for row in desk.field.rows(tables.case)), "end"])

    def one_more() -> None:
        with desk.register.writing() as rows:
            one = tables.case.c.case_code == next(codes)
            rows.execute(update(tables.case).where(one).values(confidentiality="C4"))

    import sync_scripts.followup.outbound.export as module

    meanwhile(one_more)
    before = len(desk.field.rows(raw.custody))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_TIMES", 3)
        with pytest.raises(MovedWhileMade):
            handed_out(desk)
    assert list(tmp_files(desk)) == []
    assert desk.field.rows(workbooks.followup_export) == []
    assert len(desk.field.rows(raw.custody)) == before


def tmp_files(desk: Desk) -> list[Path]:
    """Return the workbooks that are there."""
    return list(desk.folder.glob("*.xlsx"))


def test_while_nobody_writes_it_is_composed_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """To compose it again only to see that nothing moved would cost as much as the first time."""
    composed: list[int] = []
    right = planning.plan

    def counted(rows: Rows, register: Register, order: Order) -> Book:
        composed.append(1)
        return right(rows, register, order)

    monkeypatch.setattr(planning, "plan", counted)
    handed_out(desk)
    assert len(composed) == 1
