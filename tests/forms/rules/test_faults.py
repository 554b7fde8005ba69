"""Every fault is found by its own code and nothing else, its mended twin is silent, and no code is without a fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forms.rules.faults import ALL, UNPLANTED, Planted
from xlsform.convert import ConversionFailed, convert
from xlsform.engine.filling import verdict
from xlsform.engine.jvm import JavaMissing, engine
from xlsform.findings import inspection
from xlsform.findings.catalogue import CATALOGUE
from xlsform.findings.depth import Deep
from xlsform.findings.problems import Finding
from xlsform.workbooks import workbook

SIMPLE = [one for one in ALL if one.by == "check"]
CONVERTED = [one for one in ALL if one.by == "converter"]
SAID = [one for one in ALL if one.by == "engine"]
FILLED = [one for one in ALL if one.by == "fills"]
NOBODY = [one for one in ALL if one.nobody]


def named(some: list[Planted]) -> list[str]:
    """Return a name for each, for the report of a run."""
    return [f"{one.code}-{number}" for number, one in enumerate(some)]


def codes(found: tuple[Finding, ...]) -> set[str]:
    """Return the codes of what was found, but for the one that every form of others has."""
    return {one.code for one in found} - {"NOT-OURS"}


def test_no_code_is_without_a_fault() -> None:
    """Whoever adds a code plants the fault that it finds; sixty workbooks at least."""
    assert CATALOGUE.keys() - {one.code for one in ALL} == UNPLANTED
    assert {one.code for one in ALL} - CATALOGUE.keys() == set()
    assert len(ALL) >= 60


@pytest.mark.parametrize("planted", SIMPLE, ids=named(SIMPLE))
def test_the_fault_is_found_and_its_remedy_silent(planted: Planted, tmp_path: Path) -> None:
    """From the workbook, as a person would hand it in; a finding names its cell or its sheet."""
    faulty = inspection.inspect(planted.write(tmp_path / "faulty", mended=False), planted.target)
    mended = inspection.inspect(planted.write(tmp_path / "mended", mended=True), planted.target)

    assert (faulty.failure, mended.failure) == (None, None)
    if planted.code == "NOT-OURS":
        assert [one.code for one in faulty.findings] == ["NOT-OURS"]
        assert [one.code for one in mended.findings] == []
        return
    assert codes(faulty.findings) == {planted.code, *planted.also, *planted.more}
    assert codes(mended.findings) == {*planted.also}
    for one in faulty.findings:
        assert one.cell or one.place.sheet or one.code == "NOT-OURS" or one.place.row is None
        assert one.what and one.why and one.fix  # noqa: PT018 - the three sentences can be put together


@pytest.mark.parametrize("planted", CONVERTED, ids=named(CONVERTED))
def test_what_the_converter_says_has_its_code(planted: Planted) -> None:
    """Asked alone: the check may have said the same before, in better words."""
    assert planted.code in {one.code for one in _converted(planted.workbook(mended=False))}
    assert planted.code not in {one.code for one in _converted(planted.workbook(mended=True))}


@pytest.mark.java
@pytest.mark.parametrize("planted", SAID, ids=named(SAID))
def test_what_the_engine_says_has_its_code(planted: Planted) -> None:
    """Asked alone, as ODK Validate would be."""
    _need_java()
    for mended in (False, True):
        raw = planted.workbook(mended=mended)
        form = workbook.read(raw, file="f.xlsx").form
        said = {one.code for one in verdict(form, convert(raw, form=form).xform)}
        assert said == (set() if mended else {planted.code})


@pytest.mark.java
@pytest.mark.parametrize("planted", FILLED, ids=named(FILLED))
def test_what_fillings_show_has_its_code(planted: Planted, tmp_path: Path) -> None:
    """Thirty fillings are enough for forms of three rows."""
    _need_java()
    asked = Deep(30)
    faulty = inspection.inspect(planted.write(tmp_path / "faulty", mended=False), deep=asked)
    mended = inspection.inspect(planted.write(tmp_path / "mended", mended=True), deep=asked)

    assert planted.code in codes(faulty.findings)
    assert planted.code not in codes(mended.findings)


@pytest.mark.java
@pytest.mark.parametrize("planted", NOBODY, ids=named(NOBODY))
def test_nobody_else_says_it(planted: Planted) -> None:
    """Neither converter nor ODK Validate has a word for these: when one learns it, our rule may go."""
    _need_java()
    raw = planted.workbook(mended=False)
    form = workbook.read(raw, file="f.xlsx").form
    converted = convert(raw, "central", form=form)

    assert [one.code for one in converted.findings if one.code not in {"PX-PIXELS", "PX-OR-OTHER"}] == []
    assert verdict(form, converted.xform) == []


def test_the_list_of_what_nobody_says_is_whole() -> None:
    """The mistakes of people who write forms in French that every other tool lets through."""
    assert {one.code for one in NOBODY} >= {
        *("BOOL-WORD", "COL-UNKNOWN", "TR-MISSING", "LANG-SPELL", "LANG-DEFAULT", "QUOTE-MISSING"),
        *("CHOICE-UNKNOWN", "MULTI-EQUALS", "FILTER-NOCOL", "FILTER-BARE", "FILTER-EMPTY", "DATE-LITERAL"),
        *("NUM-EMPTY", "NOTE-REQUIRED", "REF-REPEAT", "REPEAT-IN-FIELDLIST", "DEFAULT-CHOICE"),
        *("APPEARANCE-UNKNOWN", "FORMULA-CELL", "HIDDEN-ROW", "MEDIA-MISSING", "CHOICE-DUP-LABEL"),
        *("KEY-PRIVATE", "KEY-INVALID", "VERSION-FORM", "META-ID", "AUDIT-TRACK", "CONSENT-GATE"),
    }


def _converted(raw: bytes) -> tuple[Finding, ...]:
    try:
        return convert(raw, "central", name="f.xlsx").findings
    except ConversionFailed as failed:
        return tuple(failed.findings)


def _need_java() -> None:
    try:
        with engine():
            return
    except JavaMissing:
        pytest.skip("no Java runtime")
