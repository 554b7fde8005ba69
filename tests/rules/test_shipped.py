"""The forms that travel with the product pass their own check."""

from __future__ import annotations

import pytest

from xlsform import pack, rules, source
from xlsform.rules.mapping import TRIAGE_READS, TYPES

SOURCES = {form.form_id: form.source for form in pack.forms() if form.source}


@pytest.mark.parametrize("form_id", sorted(SOURCES))
def test_shipped_forms_are_clean(form_id: str) -> None:
    """No error, no warning, not even a remark, on any server."""
    path = SOURCES[form_id]
    assert path is not None
    assert [(finding.code, finding.where) for finding in rules.check(source.load(path))] == []


def test_the_rules_name_fields_that_exist() -> None:
    """What triage reads and what has a fixed type is collected, and triage reads nothing of level 3."""
    fields = pack.register_fields()
    assert {fields[key].owner for key in TRIAGE_READS | TYPES.keys()} == {"collected"}
    assert max(fields[key].level for key in TRIAGE_READS) == 2
