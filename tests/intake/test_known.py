"""What is asked about a page costs the same however much the register holds."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from sync_scripts.intake.receive import known
from sync_scripts.intake.receive.answers import read
from tests.intake.scene import Scene, alert, edit_of


def test_no_question_about_a_page_reads_a_whole_table(one: Scene) -> None:
    """Each lookup names every column of an index that it searches; a scan would make a pull grow with its square."""
    one.lay("a", alert(1))
    one.lay("b", alert(2, meta=edit_of(1)))
    one.pull()
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.startswith("SELECT") and "FROM submission" in statement:
            asked.append((statement, parameters))

    event.listen(one.register.engine, "before_cursor_execute", note)
    forms = known.Forms()
    page = [read(alert(3, meta=edit_of(2))).submission, read(alert(1)).submission]
    with one.register.reading() as rows:
        forms.refresh(rows)
        known.known(rows, "folder", page, forms)
        plans = [
            " ".join(
                row[3]
                for row in rows._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            )
            for statement, parameters in list(asked)
        ]
    event.remove(one.register.engine, "before_cursor_execute", note)

    assert len(plans) == 3
    assert "ix_submission_edit (instance_id=?)" in plans[0]
    assert "ix_submission_deprecated_id (deprecated_id=?)" in plans[1]
    assert "root_id=?" in plans[2]
    values = "SCAN anon_1 VIRTUAL TABLE"  # those that are asked about
    assert not any("SCAN" in plan.replace(values, "") for plan in plans)


@pytest.mark.parametrize("server", ["folder", "other"])
def test_only_versions_of_the_same_server_are_known(one: Scene, server: str) -> None:
    """The same ids at another server are other raw rows."""
    one.lay("a", alert(1))
    one.lay("b", alert(2, meta=edit_of(1)))
    one.pull()
    forms = known.Forms()
    with one.register.reading() as rows:
        forms.refresh(rows)
        found = known.known(rows, server, [read(alert(2, meta=edit_of(1))).submission], forms)

    assert bool(found.versions) is (server == "folder")
