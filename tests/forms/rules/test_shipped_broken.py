"""The shipped forms with one thing broken: the check says so, wherever it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from xlsform import pack
from xlsform.model import Form, Kind, Row, resolve
from xlsform.rules import check
from xlsform.sources import source

GATED = ("alert", "case")


@cache
def shipped(form_id: str) -> Form:
    """Return a shipped form."""
    path = pack.find(form_id).source
    assert path is not None
    return source.load(path)


def changed(form: Form, path: tuple[str, ...], change: Callable[[Row], Row | None]) -> Form:
    """Return the form with the row at a path changed, or left out."""
    rows = [change(row) if (at == path and row.kind is not Kind.END) else row for at, row in form.paths()]
    return replace(form, survey=tuple(row for row in rows if row is not None))


def without(column: str) -> Callable[[Row], Row]:
    """Empty one cell."""
    return lambda row: replace(row, cells={name: text for name, text in row.cells.items() if name != column})


def having(column: str, text: str) -> Callable[[Row], Row]:
    """Fill one cell."""
    return lambda row: replace(row, cells={**row.cells, column: text})


def errors(form: Form) -> set[str]:
    """Return the codes of the errors."""
    return {finding.code for finding in check(form) if str(finding.level) == "error"}


def gated_groups() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the groups and repeats at the top of the forms with a gate that hold something about a person."""
    for form_id in GATED:
        resolved = resolve(shipped(form_id))
        for section in resolved.sections:
            held = [
                question
                for question in resolved.questions
                if question.path[: len(section.path)] == section.path
                and question.level >= 1
                and question.kind is Kind.QUESTION
                and not any("consent_" in text for text in (question.relevance,))
            ]
            if len(section.path) == 1 and "consent" in section.relevance and held:
                yield form_id, section.path


GROUPS = list(gated_groups())


def test_there_is_something_to_break() -> None:
    """Every group of both forms stands behind the gate."""
    assert len(GROUPS) > 12


@pytest.mark.parametrize(("form_id", "path"), GROUPS, ids=[f"{one}-{path[0]}" for one, path in GROUPS])
def test_a_group_that_lost_its_condition_is_found(form_id: str, path: tuple[str, ...]) -> None:
    """Emptied, loosened by an or, or turned round: what stands inside could be asked without the agreement."""
    form = shipped(form_id)
    said = next(row.cells["relevant"] for at, row in form.paths() if at == path and "relevant" in row.cells)
    for change in (
        without("relevant"),
        having("relevant", f"{said} or 1 = 1"),
        having("relevant", f"not({said})"),
    ):
        found = [one for one in check(changed(form, path, change)) if one.code == "CONSENT-GATE"]
        assert found
        assert all(one.path.split("/")[0] == path[0] for one in found)


@pytest.mark.parametrize(("form_id", "gate"), [("alert", "consent_alert"), ("case", "consent_case")])
def test_a_form_without_its_gate_is_found(form_id: str, gate: str) -> None:
    """The question is gone, another one takes its place, or it comes too late."""
    form = shipped(form_id)
    assert "NO-GATE" in errors(changed(form, ("gate", gate), lambda _row: None))
    renamed = changed(form, ("gate", gate), lambda row: replace(row, name="accord"))
    assert "NO-GATE" in errors(renamed)


@pytest.mark.parametrize("form_id", ["alert", "case", "closure", "followup", "situation"])
@pytest.mark.parametrize(
    ("row", "code"),
    [
        (Row("phonenumber", "org_phone"), "META-ID"),
        (Row("background-audio", "org_sound"), "RECORD-ALWAYS"),
        (Row("start-geopoint", "org_place"), "GEO-AUTO"),
        (Row("audit", "audit", {"parameters": "track-changes=true"}), "AUDIT-TRACK"),
        (Row("text", "org_name", {"sensitivity": "1"}, {"label": {"fr": "Nom", "en": "Name"}}), "SENS-LOW"),
        (Row("calculate", "org_sum", {"calculation": "si(1 = 1; 1; 0)"}), "EXPR-WORD"),
        (Row("note", "org_note", {"required": "oui"}, {"label": {"fr": "A", "en": "B"}}), "BOOL-WORD"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_row_that_must_not_be_there_is_found(form_id: str, row: Row, code: str) -> None:
    """Added to any of the five forms, as an organisation might."""
    form = shipped(form_id)
    assert code not in errors(form)
    assert code in errors(replace(form, survey=(*form.survey, row)))
