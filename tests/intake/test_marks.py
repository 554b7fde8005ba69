"""What is stored and not yet built: nothing of it is lost, and nobody decides without it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from sync_scripts.config import NotifySettings
from sync_scripts.register.building import alert_unit, case_unit, marks
from sync_scripts.register.care import rebuild
from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.model.build_backlog import unbuilt
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.intake.scene import COORDINATOR, NOW, Scene, alert, draw, edit_of, interrupted_at, uid
from tests.register.field import CASE, service
from tests.stories.phones import Form, filled

MARK = raw.to_build


def cut(made: Scene, *numbers: int) -> None:
    """Store alerts, and be stopped before they are built."""
    for number in numbers:
        made.lay(str(number), alert(number))
    with interrupted_at("pull.build", time=2):  # the first one looks for what an earlier run left
        made.pull()


def test_a_page_is_stored_with_its_marks(both: Scene) -> None:
    """Stopped between the two, what came is held and acknowledged, and not a row tells of it yet."""
    cut(both, 1, 2)

    assert both.count(raw.submission) == 2
    assert both.count(tables.alert) == 0
    assert [(row["unit"], row["arrival"]) for row in both.rows(MARK)] == [
        (f"alert:alert/{uid(1)}", 1),
        (f"alert:alert/{uid(2)}", 2),
    ]
    with both.register.reading() as rows:
        assert unbuilt(rows) == (2, 0, 0)


def test_the_next_pull_builds_what_was_left(both: Scene) -> None:
    """Also where the source shows nothing new; then it is as if nobody had been stopped."""
    cut(both, 1, 2)

    assert both.pull().new == 0
    assert both.count(tables.alert) == 2
    assert both.count(MARK) == 0
    assert rebuild.check(both.register, both.now).differing == ()


def test_who_decides_has_all_that_is_stored(both: Scene) -> None:
    """A decision builds first, in its own transaction; a trial keeps nothing of that."""
    cut(both, 1)

    with deciding(both.register, COORDINATOR, both.now, draw=draw, dry_run=True) as by:
        assert len(by.rows.execute(select(tables.alert)).all()) == 1
    assert (both.count(tables.alert), both.count(MARK)) == (0, 1)

    with deciding(both.register, COORDINATOR, both.now, draw=draw):
        pass
    assert (both.count(tables.alert), both.count(MARK)) == (1, 0)


def test_several_versions_of_one_submission_are_built_once(
    one: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of them came in a page."""
    one.lay("1", alert(1))
    one.lay("2", alert(2, meta=edit_of(1)))
    built: list[int] = []
    real = alert_unit.derive

    def derive(filed: Filed, *given: Any) -> None:
        built.append(filed.versions)
        real(filed, *given)

    monkeypatch.setattr(alert_unit, "derive", derive)
    one.pull()

    assert built == [2]
    assert rebuild.check(one.register, one.now).differing == ()


def test_what_came_of_one_case_is_built_in_one_portion(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the portions are: else the case would be derived for each of its forms, and each time with all of them."""
    one.lay("1", filled(Form("case", 1, CASE)))
    one.pull()
    (case,) = one.rows(tables.case)
    for number in range(2, 8):
        one.lay(str(number), filled(Form("followup", number, service(case["case_code"], "referred"))))
    one.lay("8", filled(Form("case", 8, CASE)))
    derived: list[str] = []
    derive, portion = case_unit.derive, marks.build_portion

    def count(given: CaseInput, *more: Any) -> None:
        derived.append(given.unit)
        derive(given, *more)

    monkeypatch.setattr(case_unit, "derive", count)
    monkeypatch.setattr(marks, "build_portion", lambda *said, **more: portion(*said, **{**more, "size": 1}))
    one.pull()

    assert derived.count(f"case:{case['case_code']}") == 1
    assert (len(derived), one.count(tables.followup), one.count(MARK)) == (2, 6, 0)


def test_alerts_are_built_before_everything_else(one: Scene) -> None:
    """A portion takes them first, whatever came before them."""
    with one.register.writing() as rows:
        marks.mark(rows, {("case", "c"): 1, ("alert", "a"): 2, ("case", "b"): 3}, {"alert"})

    assert [row["unit"] for row in one.rows(MARK)] == [
        "alert:alert/a",
        "submission:case/b",
        "submission:case/c",
    ]


def test_nobody_is_told_of_what_is_not_built(one: Scene) -> None:
    """The message stands in the transaction that rates the alert, and once only."""
    one.register.destinations = (NotifySettings(name="team", level="low"),)
    cut(one, 1)
    assert one.count(raw.outbox) == 0

    one.pull()
    assert one.count(raw.outbox) == 1
    one.pull()
    assert one.count(raw.outbox) == 1


def test_a_check_takes_what_is_not_built_for_no_difference(one: Scene) -> None:
    """But a mark that was lost is one."""
    cut(one, 1)
    assert rebuild.check(one.register, NOW).differing == ()

    with one.register.writing() as rows:
        rows.execute(MARK.delete())
    assert "alert" in rebuild.check(one.register, NOW).differing
