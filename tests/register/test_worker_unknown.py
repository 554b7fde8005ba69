"""A code that nobody has: what to do about it is said only where it can be done."""

from __future__ import annotations

import pytest

from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register import alone as decisions
from tests.register.field import ALERT, COORDINATOR, Field, dealt
from tests.register.running import Opened, over

CODE = "{case}"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("cases", "assign", CODE, "RD-77"), True),
        (("cases", "task", CODE, "assessment", "--owner", "RD-77"), True),
        (("cases", "refer", CODE, "health", "--owner", "RD-77"), False),
        (("people", "retire", "RD-77"), False),
    ],
)
def test_an_option_is_named_only_to_whoever_can_type_it(
    sqlite_register: Register,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    named: bool,
) -> None:
    """Where a command knows no --new, to say it again with --new would be refused once more."""
    field = Field(sqlite_register)
    decisions.add_worker(sqlite_register, "RD-01", "case_owner", COORDINATOR, field.later())
    field.send("alert", "r1", ALERT)
    decisions.triage(sqlite_register, dealt(0, "AL"), COORDINATOR, field.later())
    decisions.open_case(sqlite_register, dealt(0, "AL"), COORDINATOR, field.later(), owner="RD-01", new=False)
    (case,) = (one["case_code"] for one in field.rows(tables.case))

    code, said, talk = over(Opened(sqlite_register), monkeypatch, capsys)(
        *(word.format(case=case) for word in words)
    )

    assert (code, "DK-R21" in talk, "--new" in talk) == (2, True, named), said + talk
