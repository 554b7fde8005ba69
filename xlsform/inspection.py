"""The whole check of one form: what reading found, the rules, the converter, and the engine where there is Java.

Opens one file, changes nothing. A file that cannot be read at all is an answer too, so that the others are still
checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from xlsform import pack, source, workbook
from xlsform.convert import ConversionFailed, Target, convert
from xlsform.errors import FormError
from xlsform.model import Form
from xlsform.problems import Finding
from xlsform.rules import check

__all__ = ["Inspection", "examine", "inspect"]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one file; ``failure`` is set when there was no form to check."""

    file: str
    form: Form | None
    findings: tuple[Finding, ...]
    failure: FormError | None = None


def inspect(
    path: Path, target: Target = "any", *, engine: bool = False, root: Path | None = None
) -> Inspection:
    """Check a source (``.yaml``) or a workbook.

    ``engine`` asks for the verdict of ODK Validate. ``root`` is the forms folder that holds a source's blocks and lists.

    Raises:
        JavaMissing, EngineForked: the engine was asked for and cannot run here.
    """
    file = pack.shown(path)
    try:
        form, raw, found = _read(path, file, root)
    except FormError as failure:
        return Inspection(file, None, (), failure)
    return Inspection(file, form, (*found, *examine(form, raw, file, target, engine=engine)))


def examine(
    form: Form, raw: bytes, file: str, target: Target = "any", *, engine: bool = False
) -> tuple[Finding, ...]:
    """Return what rules, converter and engine say of a form and its workbook.

    Raises:
        JavaMissing, EngineForked: the engine was asked for and cannot run here.
    """
    findings = check(form, target)
    return (*findings, *_unsaid(findings, _converted(form, raw, file, target, engine=engine)))


def _read(path: Path, file: str, root: Path | None) -> tuple[Form, bytes, tuple[Finding, ...]]:
    if path.suffix.lower() in {".yaml", ".yml"}:
        form = source.load(path, root)
        return form, workbook.write(form), ()
    raw = workbook.load(path)
    reading = workbook.read(raw, file=file)
    return reading.form, raw, reading.findings


def _converted(form: Form, raw: bytes, file: str, target: Target, *, engine: bool) -> Iterator[Finding]:
    try:
        converted = convert(raw, target, name=file, form=form)
    except ConversionFailed as failed:
        yield from failed.findings
        return
    yield from converted.findings
    if engine:
        from xlsform.engine import verdict

        yield from verdict(form, converted.xform)


_SAID_BY_RULES = {
    "PX-NAMES_002": "NAME-CASE",
    "PX-NAMES_005": "NAME-RESERVED",
    "PX-NAMES_008": "NAME-FORM",
    "PX-HEADER_002": "COL-TWICE",
    "PX-TRANSLATION": "TR-MISSING",
    "PX-LANGUAGE-CODE": "LANG-CODE",
    "PX-OR-OTHER": "OR-OTHER",
    "PX-ENTITY": "ENTITY-WRITE",
}


def _unsaid(findings: Iterable[Finding], converted: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out what the converter says of something that a rule has already named better."""
    said = {(finding.code, row) for finding in findings for row in (finding.place.row, None)}
    for finding in converted:
        if (_SAID_BY_RULES.get(finding.code), finding.place.row) not in said:
            yield finding
