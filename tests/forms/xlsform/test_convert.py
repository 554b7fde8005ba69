"""What pyxform says in English comes out under our codes, with the row of the workbook or the line of the source."""

from __future__ import annotations

import pytest
from pyxform.errors import ErrorCode

from tests.forms.xlsform.worlds import Rows, book, form, form_of, packed
from xlsform import convert as module
from xlsform.convert import ConversionFailed, Converted, Target, convert
from xlsform.findings.catalogue import CATALOGUE
from xlsform.findings.problems import Finding, Level
from xlsform.model import GroupUnbalanced
from xlsform.workbooks import workbook, writing
from xlsform.workbooks.ooxml import NotAWorkbook

HEAD = ("type", "name", "label", "calculation", "parameters", "relevant")
LIST: Rows = (("list_name", "name", "label"), ("x", "a b", "A"))
TWO: Rows = (("list_name", "name", "label"), ("x", "a", "A"), ("x", "a", "B"))


def findings(raw: bytes, target: Target = "any") -> tuple[Finding, ...]:
    """What the converter says, whether it refuses or remarks."""
    try:
        return convert(raw, target, name="f.xlsx").findings
    except ConversionFailed as failed:
        return tuple(failed.findings)


def rows(*some: tuple[str | None, ...], choices: Rows = ()) -> bytes:
    """A workbook with these survey rows."""
    return book((HEAD, *some), choices)


@pytest.mark.parametrize(
    ("raw", "code", "level", "cell"),
    [
        (rows(("foo", "a", "A")), "PX-TYPE", "error", ""),
        (rows(("select_one y", "a", "A"), choices=TWO[:2]), "PX-LIST", "error", "survey!2"),
        (rows(("select_one x", "a", "A")), "PX-NO-CHOICES", "error", ""),
        (rows(("select_one_from_file x", "a", "A")), "PX-FILE", "error", "survey!2"),
        (rows(("text", "", "A")), "PX-NO-NAME", "error", "survey!2"),
        (rows((None, "a", "A")), "PX-NO-TYPE", "error", "survey!2"),
        (rows(("text", "a", None)), "PX-NO-LABEL", "error", ""),
        (rows(("calculate", "a", "A")), "PX-NO-CALCULATION", "error", "survey!2"),
        (rows(("select_multiple x", "a", "A"), choices=LIST), "PX-BLANK-CHOICE", "error", ""),
        (rows(("image", "a", "A")), "PX-PIXELS", "warn", "survey!2"),
        (rows(("text", "a", "A"), ("text", "a", "A")), "PX-NAMES_001", "error", "survey!3"),
        (rows(("text", "a b", "A")), "PX-NAMES_008", "error", "survey!2"),
        (rows(("select_one x", "a", "A"), choices=TWO), "PX-NAMES_007", "error", "choices!3"),
        (rows(("text", "a", "A", "", "", "${b} = 1")), "PX-PYREF_003", "error", "survey!2"),
        (rows(("text", "a", "A", "", "", "${a = 1")), "PX-PYREF_001", "error", "survey!2"),
        (rows(("text", "a", "A", "", "foo=1")), "PX-PARAMETERS", "error", "survey!2"),
        (rows(("end_group", "", "")), "PX-SURVEY_001", "error", "survey!2"),
        (rows(("begin_group", "g", "G")), "PX-SURVEY_002", "error", "survey!2"),
        (
            rows(("begin_repeat", "r", "R"), ("text", "a", "A"), ("end_repeat", ""), ("select_multiple ${a}", "b", "B")),
            "PX-REPEAT-SOURCE",
            "error",
            "",
        ),
        (book((("type", "name", "label", "caption"), ("text", "a", "A", "B"))), "PX-HEADER_002", "error", ""),
    ],
)  # fmt: skip
def test_a_fault_has_its_code(raw: bytes, code: str, level: str, cell: str) -> None:
    """Code, level and cell; the words are ours, their sentence is kept for whoever wants it."""
    found = findings(raw)

    assert [(one.code, one.level, one.cell) for one in found] == [(code, level, cell)]
    assert found[0].data["pyxform"]
    assert found[0].what and found[0].why and found[0].fix  # noqa: PT018 - the three sentences


def test_languages_that_miss_something_are_remarks() -> None:
    """A whole missing column, and a language without code."""
    raw = book(
        (("type", "name", "label::French", "label::English", "hint::French"), ("text", "a", "A", "B", "C"))
    )

    assert {one.code: one.level for one in findings(raw)} == {
        "PX-TRANSLATION": "warn",
        "PX-LANGUAGE-CODE": "warn",
    }


@pytest.mark.parametrize(
    ("target", "level"), [("any", Level.ERROR), ("kobo", Level.ERROR), ("central", Level.WARN)]
)
def test_what_the_older_converter_refuses_is_an_error_for_its_server(target: Target, level: Level) -> None:
    """Names that differ in capitals only: a remark here, an error in pyxform 3.0.0 on KoboToolbox."""
    found = findings(rows(("text", "a", "A"), ("text", "A", "A")), target)

    assert [(one.code, one.level) for one in found] == [("PX-NAMES_002", level)]


@pytest.mark.parametrize("error", list(ErrorCode), ids=lambda error: error.name)
def test_every_template_of_pyxform_is_known(error: ErrorCode) -> None:
    """Each of its messages gives a code of the catalogue, and sentences that can be said."""
    fields = dict.fromkeys(module._pattern_of(error)[1].groupindex, "x") | {"row": "7"}
    text = error.value.format(**fields)
    finding = module._found(text, "f.xlsx", None, failed=True)

    assert finding.code.startswith("PX-") or error.name.startswith("INTERNAL")
    assert finding.code in CATALOGUE
    assert (finding.code != "PX-OTHER") or error.name.startswith("INTERNAL")
    assert finding.what and finding.fix  # noqa: PT018 - both can be said
    if "[row : 7]" in text:
        assert finding.cell.endswith("!7")


def test_a_source_is_named_by_its_line() -> None:
    """With the form at hand, a finding says where in the source to look."""
    made = form_of(
        "survey:\n  - {type: text, name: a, label: A}\n  - {type: text, name: b, label: B, relevant: '${c} = 1'}\n"
    )
    with pytest.raises(ConversionFailed) as failed:
        convert(writing.write(made), name="f.yaml", form=made)
    finding = failed.value.findings[0]

    assert (finding.code, finding.path, finding.place.line, finding.cell) == (
        "PX-PYREF_003",
        "b",
        3,
        "survey!D3",
    )
    assert "refers to c" in failed.value.words()
    assert "f.yaml" in failed.value.words()


def test_a_form_is_converted_from_its_bytes() -> None:
    """Compact XML with the id, the version and the stamps; and which converter made it."""
    made = convert(writing.write(form()))

    assert isinstance(made, Converted)
    assert 'id="visite"' in made.xform
    assert 'version="2026112501"' in made.xform
    assert "<dikalo_form/>" in made.xform
    assert "\n  <" not in made.xform
    assert made.findings == ()
    assert made.converter.startswith("pyxform 4.")


def test_hostile_bytes_never_reach_the_converter() -> None:
    """The same limits as for reading; and no Markdown or CSV by accident."""
    for raw in (b"| survey |\n| | type |", packed([("a", b"b")])):
        with pytest.raises(NotAWorkbook):
            convert(raw, name="f.xlsx")


def test_unbalanced_groups_never_become_a_form() -> None:
    """So that whoever reads a form need not ask."""
    with pytest.raises(GroupUnbalanced):
        workbook.read(rows(("begin_group", "g", "G")), file="f.xlsx")
