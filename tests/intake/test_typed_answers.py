"""What is typed into an interview: a number where it would stay open is asked again, where it is sealed it is taken."""

from __future__ import annotations

import pytest

from sync_scripts.cli.work.interviewing import _points_to_somebody
from tests.intake.scene import FORMS
from xlsform.answers.interview import Interview
from xlsform.workbooks.workbook import read


@pytest.mark.parametrize(
    ("name", "answer", "found"),
    [
        ("reporter_code", "677 00 11 22", True),
        ("reporter_code", "PF-NW-01", False),
        ("contact_code", "677 00 11 22", False),
        ("short_text", "677 00 11 22", False),
    ],
)
def test_a_number_stands_only_where_it_is_sealed(name: str, answer: str, found: bool) -> None:
    """The code of a focal point is no place for a telephone number."""
    interview = Interview(read((FORMS / "alert.xlsx").read_bytes(), file="alert.xlsx").form)
    question = next(one for one in interview.questions if one.name == name)
    assert _points_to_somebody(question, answer) is found
