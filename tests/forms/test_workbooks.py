"""The workbooks are what the sources give: no remark of the converter, nothing for the check or ODK Validate."""

from __future__ import annotations

import pytest

from tests.forms.conftest import FORMS, shipped
from tests.forms.phones import (
    converted,
    xform,
)
from xlsform import build, rules
from xlsform.engine import validate


def test_workbooks_are_what_the_sources_give() -> None:
    """A workbook is never edited by hand: the build gives the same bytes."""
    assert {one.path.name: one.state for one in build.plan()} == {
        "alert.xlsx": "same",
        "arrondissements.csv": "same",
        "case.xlsx": "same",
        "closure.xlsx": "same",
        "followup.xlsx": "same",
        "situation.xlsx": "same",
    }


@pytest.mark.parametrize("form_id", FORMS)
def test_workbooks_convert_without_a_remark(form_id: str) -> None:
    """What a server makes of the workbook needs no excuse."""
    assert converted(form_id).findings == ()


@pytest.mark.parametrize("form_id", FORMS)
def test_the_check_finds_nothing(form_id: str) -> None:
    """The shipped forms keep every rule that an organisation's form must keep, for every server."""
    assert [(one.code, one.path) for one in rules.check(shipped(form_id), "any")] == []


@pytest.mark.java
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("form_id", FORMS)
def test_odk_validate_finds_nothing(form_id: str) -> None:
    """Servers run ODK Validate when a form is uploaded."""
    assert validate(xform(form_id)) == ()
