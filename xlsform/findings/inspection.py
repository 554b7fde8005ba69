"""The whole check of one form: what reading found, the rules, the converter, and the engine when it is asked for.

Opens one file and the folder of media beside it, changes nothing. A file that cannot be read at all is an answer too,
so that the others are still checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xlsform import columns, pack
from xlsform.convert import ConversionFailed, Target, convert
from xlsform.errors import FormError
from xlsform.findings.problems import Finding, Level
from xlsform.model import Form
from xlsform.rules import check, is_ours, lists
from xlsform.sources import source
from xlsform.workbooks import workbook

if TYPE_CHECKING:
    from xlsform.findings.deep import Deep

__all__ = ["Inspection", "examine", "inspect", "media_of"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one file; ``failure`` is set when there was no form to check."""

    file: str
    form: Form | None
    findings: tuple[Finding, ...]
    failure: FormError | None = None


def inspect(
    path: Path,
    target: Target = "any",
    *,
    protect: bool = False,
    deep: Deep | None = None,
    root: Path | None = None,
) -> Inspection:
    """Check a source (``.yaml``) or a workbook.

    ``protect`` applies the rules on consent and secrecy to a form of other people too. ``root`` is the forms folder
    that holds a source's blocks, lists and media.

    Raises:
        JavaMissing, EngineForked: a deep check was asked for, and the engine cannot run here.
    """
    file = pack.shown(path)
    try:
        form, raw, found = _read(path, file, root)
    except FormError as failure:
        return Inspection(file, None, (), failure)
    beside = media_of(path, form, root)
    findings = examine(
        form, raw, file, target, protect=protect, media=beside, deep=deep, root=root, read=found
    )
    return Inspection(file, form, findings)


def examine(
    form: Form,
    raw: bytes,
    file: str,
    target: Target = "any",
    *,
    protect: bool = False,
    media: lists.Folder | None = None,
    deep: Deep | None = None,
    root: Path | None = None,
    read: Iterable[Finding] = (),
) -> tuple[Finding, ...]:
    """Return what rules, converter and engine say of a form and its workbook.

    Without ``media`` the form's files are not looked at. ``root`` is the forms folder that says what is unreachable; ``read``
    what reading the workbook found.

    Raises:
        JavaMissing, EngineForked: a deep check was asked for, and the engine cannot run here.
    """
    findings = [*read, *check(form, target, protect=protect, folder=media)]
    if any(finding.code == "TOO-LONG" for finding in findings):
        return tuple(findings)
    xform, said = _converted(form, raw, file, target, deep=deep is not None)
    found = [*findings, *_unsaid(findings, said)]
    if deep is not None and xform and not any(one.level is Level.ERROR for one in found):
        from xlsform.findings.deep import rehearsed

        found += rehearsed(form, xform, media, deep, root)
    return tuple(sorted(found, key=_place))


_SHEETS = ("", columns.SURVEY, columns.CHOICES, columns.SETTINGS)


def _place(finding: Finding) -> tuple[int, int]:
    """Return where a person meets it who reads the workbook from the top; what has no row comes first."""
    sheet = finding.place.sheet
    return (_SHEETS.index(sheet) if sheet in _SHEETS else len(_SHEETS), finding.place.row or 0)


def media_of(path: Path, form: Form, root: Path | None = None) -> lists.Folder:
    """Return the media of a form: ``media`` or ``NAME-media`` beside it; for ours, those that travel with dikalo too."""
    beside = path.parent
    places = [beside / "media", beside / f"{path.stem}-media"]
    if path.suffix.lower() in {".yaml", ".yml"}:
        places.append((root or pack.forms_root()) / "media")
    if is_ours(form):
        places.append(pack.forms_root() / "media")
    return lists.at(*dict.fromkeys(places))


def _read(path: Path, file: str, root: Path | None) -> tuple[Form, bytes, tuple[Finding, ...]]:
    if path.suffix.lower() in {".yaml", ".yml"}:
        form = source.load(path, root)
        return form, workbook.write(form), ()
    raw = workbook.load(path)
    reading = workbook.read(raw, file=file)
    return reading.form, raw, reading.findings


def _converted(
    form: Form, raw: bytes, file: str, target: Target, *, deep: bool
) -> tuple[str, tuple[Finding, ...]]:
    """Return the XForm, "" when there is none, and what converter and engine say."""
    try:
        converted = convert(raw, target, name=file, form=form)
    except ConversionFailed as failed:
        return "", failed.findings
    if not deep:
        return converted.xform, converted.findings
    from xlsform.engine import verdict

    return converted.xform, (*converted.findings, *verdict(form, converted.xform))


_SAID_BY_RULES = {
    "PX-NAMES_002": {"NAME-CASE"},
    "PX-NAMES_005": {"NAME-RESERVED"},
    "PX-NAMES_008": {"NAME-FORM"},
    "PX-HEADER_002": {"COL-TWICE"},
    "PX-TRANSLATION": {"TR-MISSING", "TR-MIXED"},
    "PX-LANGUAGE-CODE": {"LANG-CODE"},
    "PX-OR-OTHER": {"OR-OTHER"},
    "PX-ENTITY": {"ENTITY-WRITE"},
    "PX-PIXELS": {"IMG-PIXELS", "SIGNATURE"},
    "PX-PYREF_003": {"REF-UNKNOWN"},
    "PX-REPEAT-SOURCE": {"PX-REPEAT-SOURCE"},
    "PX-BLANK-CHOICE": {"CHOICE-NAME"},
    "PX-NO-TYPE": {"ROW-TYPE"},
    "PX-HEADER_004": {"COL-UNKNOWN"},
    "PX-NAMES_013": {"SHEET-NAME"},
    "PX-PARAMETERS": {"TARGET-CENTRAL", "TARGET-KOBO"},
    "JR-CYCLE": {"REF-CYCLE"},
    "JR-FUNCTION": {"FUNC-UNKNOWN", "EXPR-WORD"},
    "JR-BRACKETS": {"EXPR-SYNTAX", "EXPR-WORD"},
    "JR-SYNTAX": {"EXPR-SYNTAX", "EXPR-WORD"},
    "JR-REPEAT-REF": {"REF-REPEAT"},
    "JR-OTHER": {"EXPR-SYNTAX", "EXPR-WORD", "REF-REPEAT"},
}
"""What converter and engine call a fault -> what a rule calls the same, and says better."""


def _unsaid(findings: Iterable[Finding], converted: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out what the converter says of something that a rule has already named better."""
    said = {(finding.code, row) for finding in findings for row in (finding.place.row, None)}
    for finding in converted:
        if not any((code, finding.place.row) in said for code in _SAID_BY_RULES.get(finding.code, ())):
            yield finding
