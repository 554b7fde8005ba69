"""Form versions in the register: kept once, never silently another."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from sync_scripts.register.forms.formmap import FormVersionTaken, find, form_map, remember
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import form_version
from tests.register.field import workbook
from xlsform.model import Form, Row
from xlsform.workbooks import writing as workbooks


def small(question: str) -> Form:
    """Return a form with one question."""
    settings = {"form_title": "Small", "form_id": "small", "version": "1"}
    row = Row("text", question, {"sensitivity": "1"}, {"label": {"fr": "Quoi ?"}})
    return Form(languages={"fr": "Français (fr)"}, settings=settings, survey=(row,))


def test_a_version_is_kept_with_its_bytes_hash_and_map(register: Register) -> None:
    """A rebuild reads it there and never in the folder of forms."""
    with register.writing() as rows:
        made = remember(rows, workbook("alert"), "2026-11-25T08:00:00.000000Z")
        again = remember(rows, workbook("alert"), "2026-11-26T08:00:00.000000Z")
        kept = rows.execute(select(form_version)).one()

        assert made == again == find(rows, "alert", made.version)
    assert kept.workbook == workbook("alert")
    assert kept.sha256 == hashlib.sha256(workbook("alert")).hexdigest()
    assert (kept.stamp, kept.imported_at) == ("alert", "2026-11-25T08:00:00.000000Z")


def test_other_questions_under_one_version_are_refused(register: Register) -> None:
    """Else two submissions of one version would mean two things."""
    with register.writing() as rows:
        first = remember(rows, workbooks.write(small("place")), "2026-11-25T08:00:00.000000Z")
        with pytest.raises(FormVersionTaken) as caught:
            remember(rows, workbooks.write(small("name")), "2026-11-26T08:00:00.000000Z")

        assert find(rows, "small", "1") == first == form_map(small("place"))
        assert find(rows, "small", "2") is None
    assert "small" in caught.value.words()
