"""From a workbook to the XForm that phones read, through pyxform. The only module that knows pyxform; starts no Java.

Always from the bytes of the workbook, because that is what servers convert. What pyxform says in English becomes a
finding with a code, our words and its row; its own sentence is kept in the data.
"""

from __future__ import annotations

import gc
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, Literal

from xlsform import columns
from xlsform.errors import FormError, nearest
from xlsform.findings.catalogue import CATALOGUE
from xlsform.findings.problems import Finding, Level, Severity
from xlsform.model import Form, Place, Row
from xlsform.workbooks import layout, ooxml

Target = Literal["any", "central", "kobo"]


ConversionFailed: Final = FormError.declare(
    "DK-F26",
    "{file} cannot be turned into a form for phones: {what} {fix} (Place: {place}.) Nothing was changed.",
    made={
        "what": lambda error: error.findings[0].what,
        "fix": lambda error: error.findings[0].fix,
        "place": lambda error: error.findings[0].cell or error.findings[0].where or "-",
    },
    findings=(),
)


@dataclass(frozen=True, slots=True)
class Converted:
    """The compact XForm and what the converter remarked.

    A digest of ``xform`` compares only between equal ``converter`` versions.
    """

    xform: str
    findings: tuple[Finding, ...]
    converter: str


def converter() -> str:
    """Return name and version of the converter: ``pyxform 4.5.0``."""
    from importlib.metadata import version

    return f"pyxform {version('pyxform')}"


def convert(raw: bytes, target: Target = "any", *, name: str = "", form: Form | None = None) -> Converted:
    """Convert the bytes of a workbook.

    ``target`` is the server it goes to: what its older converter refuses is then an error too. ``name`` is the
    workbook's name in messages. With ``form``, findings name the line of its source and the path of the question.

    Raises:
        ConversionFailed: pyxform refuses the form, or stops in the middle.
    """
    from pyxform.errors import PyXFormError

    ooxml.look(raw, name)
    try:
        made, said = _made(raw)
    except PyXFormError as error:
        texts = re.split(r"\n(?=\[row : )", str(error))
        raise ConversionFailed(
            file=name, findings=tuple(_found(text, name, form, failed=True) for text in texts)
        ) from error
    except Exception as error:  # pyxform stops with KeyError, IndexError and others on some forms
        finding = _found(f"{type(error).__name__}: {error}", name, form, failed=True)
        raise ConversionFailed(file=name, findings=(finding,)) from error
    findings = tuple(_harder(_found(text, name, form, failed=False), target) for text in said)
    return Converted(xform=made, findings=findings, converter=converter())


@lru_cache(maxsize=8)  # one command checks a workbook, compares it and sends it
def _made(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the XForm, and what pyxform says of it."""
    from pyxform.xls2xform import convert as pyxform_convert

    said: list[str] = []
    with warnings.catch_warnings(), _no_collector():
        warnings.simplefilter("ignore")  # openpyxl's, about styles
        made = pyxform_convert(io.BytesIO(raw), warnings=said, validate=False, file_type=".xlsx")
    return made.xform, tuple(said)


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the garbage collector out: pyxform makes a million objects that live to the end, and none of them is waste."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_REFUSED_BY_KOBO = frozenset(("PX-NAMES_002",))
"""What pyxform 3.0.0, which KoboToolbox runs, refuses, and newer versions only remark."""


def _harder(finding: Finding, target: Target) -> Finding:
    if target == "central" or finding.code not in _REFUSED_BY_KOBO:
        return finding
    return Finding(finding.code, finding.path, finding.place, finding.cell, finding.data, Severity.BREAKS)


# --- from a sentence of pyxform to a finding ----------------------------------------------------------------------

_FAMILIES = (
    (re.compile(r"RANGE_\d+|SURVEY_00[3-9]"), "PX-PARAMETERS"),
    (re.compile(r"ENTITY_\d+|NAMES_01[01245]|HEADER_005"), "PX-ENTITY"),
)
"""Templates that share one code of ours."""

_WITHOUT_TEMPLATE = tuple(
    (code, re.compile(pattern, re.DOTALL))
    for code, pattern in (
        ("PX-TYPE", r".*[Uu]nknown question type '(?P<value>[^']*)'.*"),
        ("PX-LIST", r".*not in choices sheet: (?P<value>\S+).*"),
        ("PX-NO-CHOICES", r".*There should be a choices sheet.*"),
        ("PX-FILE", r".*File name for '(?P<value>[^']*)' should.*"),
        ("PX-NO-NAME", r".*with no name.*"),
        ("PX-NO-TYPE", r".*with no type.*"),
        ("PX-NO-LABEL", r".*element named '(?P<value>[^']*)' has no label.*"),
        ("PX-NO-LABEL", r".*has no label.*"),
        ("PX-NO-CALCULATION", r".*Missing calculation.*"),
        ("PX-BLANK-CHOICE", r".*names with spaces.*See \[(?P<value>[^\]]*)\].*"),
        ("PX-PIXELS", r".*max-pixels.*"),
        ("PX-OR-OTHER", r".*or_other and translations.*"),
        ("PX-TRANSLATION", r"Language '(?P<value>[^']*)' is missing .*"),
        ("PX-LANGUAGE-CODE", r".*machine-readable codes: (?P<value>.*?)\..*"),
        ("PX-REPEAT-SOURCE", r"KeyError: '\$\{(?P<value>.*)\}'"),
    )
)
_ROW = re.compile(r"\[row : (\d+)\]")
_SHEET = re.compile(r"On the '(\w+)' sheet")


def _found(text: str, file: str, form: Form | None, *, failed: bool) -> Finding:
    code, words = _named(text, failed=failed)
    row, sheet = _ROW.search(text), _SHEET.search(text)
    place = (
        Place(file=file, sheet=sheet[1] if sheet else "survey", row=int(row[1])) if row else Place(file=file)
    )
    path, place = _in_source(code, place, words.get("value", ""), form)
    known = (CATALOGUE[code].level == Level.ERROR) == failed
    here = None if known else Severity.BREAKS if failed else Severity.MISLEADS
    cell = layout.beside(form, place, "name") if form is not None else ""
    cell = cell or (f"{place.sheet}!{place.row}" if place.row else "")
    words |= _nearest(code, words.get("value", ""), form)
    return Finding(
        code, path, place, _cell(code, place, words, form) or cell, {**words, "pyxform": text}, here
    )


def _nearest(code: str, value: str, form: Form | None) -> dict[str, str]:
    """Return the type or list that is probably meant, for the two faults whose words name it."""
    known = {
        "PX-TYPE": sorted((*columns.QUESTION_TYPES, *columns.METADATA, *columns.BEGIN, *columns.ENDS)),
        "PX-LIST": [*form.choices] if form is not None else [],
    }
    if code not in known:
        return {}
    return {"near": nearest(value, known[code])}


def _named(text: str, *, failed: bool) -> tuple[str, dict[str, str]]:
    """Return our code for a sentence of pyxform, and the words that it holds."""
    for name, pattern in _patterns():
        if match := pattern.fullmatch(text):
            family = next((code for names, code in _FAMILIES if names.fullmatch(name)), f"PX-{name}")
            if family in CATALOGUE:
                return family, {key: value for key, value in match.groupdict().items() if key != "row"}
    for code, pattern in _WITHOUT_TEMPLATE:
        if match := pattern.fullmatch(text):
            return code, {key: value or "-" for key, value in match.groupdict().items()}
    return ("PX-OTHER" if failed else "PX-WARNING"), {}


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    from pyxform.errors import ErrorCode

    return tuple(_pattern_of(error) for error in ErrorCode)


def _pattern_of(error: Any) -> tuple[str, re.Pattern[str]]:
    """Turn the template of a message into a pattern: ``{row}`` becomes a named group."""
    template = error.value.msg.replace("{{", "\0").replace("}}", "\1")
    pieces, seen, text = re.split(r"\{(\w+)\}", template), set[str](), ""
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            text += re.escape(piece.replace("\0", "{").replace("\1", "}"))
        else:
            text += f"(?P={piece})" if piece in seen else f"(?P<{piece}>.*?)"
            seen.add(piece)
    return error.name, re.compile(text, re.DOTALL)


def _in_source(code: str, place: Place, name: str, form: Form | None) -> tuple[str, Place]:
    """Return path and source line of a row of the workbook; without a row number, of the row of that name."""
    if form is None:
        return "", place
    if place.sheet == "choices":
        found: Iterator[tuple[str, Place]] = (
            (f"{name}/{choice.name}", choice.place) for name, some in form.choices.items() for choice in some
        )
    else:
        found = (
            ("/".join(path), row.place)
            for path, row in form.paths()
            if place.row is not None or (name and name in _names_of(row, code))
        )
    return next(((path, at) for path, at in found if place.row in {None, at.row}), ("", place))


def _names_of(row: Row, code: str) -> set[str]:
    """Return what the converter may call a row by: for a list from a repeat, the question it is taken from."""
    if code == "PX-REPEAT-SOURCE":
        return {*re.findall(r"\$\{([^}]*)\}", row.type)}
    return {row.name, row.type}


_COLUMNS = {
    "PX-TYPE": "type",
    "PX-LIST": "type",
    "PX-NO-CHOICES": "type",
    "PX-NO-TYPE": "type",
    "PX-FILE": "type",
    "PX-REPEAT-SOURCE": "type",
    "PX-OR-OTHER": "type",
    "PX-NO-NAME": "name",
    "PX-NO-LABEL": "label",
    "PX-NO-CALCULATION": "calculation",
    "PX-PARAMETERS": "parameters",
    "PX-PIXELS": "parameters",
}
"""Where the fault stands, when the converter does not say."""


def _cell(code: str, place: Place, words: dict[str, str], form: Form | None) -> str:
    if form is None:
        return ""
    column = words.get("column") or _COLUMNS.get(code) or ("name" if "value" in words else "")
    language = next(iter(form.languages), "") if column in columns.TRANSLATED else ""
    return (
        (layout.address(form, place, column, language) or layout.address(form, place, column))
        if column
        else ""
    )
