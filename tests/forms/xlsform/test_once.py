"""A workbook is read and converted once a run, however many steps of a command ask for it; what is wrong stays wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.forms.xlsform.worlds import book
from xlsform.convert import convert
from xlsform.workbooks import ooxml, workbook

ROWS = (("type", "name", "label"), ("text", "once", "A"))


def test_the_same_bytes_are_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reading and the second conversion give the same, and open nothing."""
    raw = book(ROWS)
    first = workbook.read(raw, file="a.xlsx").form, convert(raw, name="a").xform

    def never(*_words: Any, **_more: Any) -> None:
        pytest.fail("opened again")

    monkeypatch.setattr(workbook, "plain_rows", never)
    monkeypatch.setattr("pyxform.xls2xform.convert", never)
    assert (workbook.read(raw, file="a.xlsx").form, convert(raw, name="a").xform) == first


def test_other_bytes_are_read_anew() -> None:
    """One cell is enough."""
    other = (*ROWS[:1], ("text", "twice", "A"))
    forms = [workbook.read(book(rows), file="a.xlsx").form for rows in (ROWS, other, ROWS)]

    assert [form.survey[0].name for form in forms] == ["once", "twice", "once"]


def test_a_file_that_is_refused_is_refused_under_its_own_name() -> None:
    """A second file with the same bytes is not told as the first one."""
    for name in ("a.xlsx", "b.xlsx", "a.xlsx"):
        with pytest.raises(ooxml.NotAWorkbook) as refused:
            workbook.read(b"PK", file=name)
        assert refused.value.file == name
