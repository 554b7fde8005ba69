"""The whole check of one form: what reading found, the rules, the converter, the engine and simulated fillings when asked for.

Opens one file and the folder of media beside it, changes nothing. A file that cannot be read at all is an answer too, so that the
others are still checked. Findings can be a SARIF 2.1.0 document, which editors and code hosts show beside the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from xlsform import columns, pack
from xlsform.convert import ConversionFailed, Target, convert
from xlsform.errors import FormError
from xlsform.findings.causes import without_consequences
from xlsform.findings.depth import Deep
from xlsform.findings.problems import CATALOGUE, Finding, Severity, at_setting
from xlsform.findings.profiles import Profile, profile_of
from xlsform.model import Form
from xlsform.rules import check, is_ours
from xlsform.rules.convertible import is_plain
from xlsform.rules.lists import Folder, at
from xlsform.sources import source
from xlsform.workbooks import workbook


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one file, and the profile it was checked with; ``failure`` is set when there was no form to check."""

    file: str
    form: Form | None
    findings: tuple[Finding, ...]
    profile: Profile
    failure: FormError | None = None

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings that the profile shows: of a form of others, what is only a matter of style is not."""
        return tuple(one for one in self.findings if self.profile.shows(one))


def inspect(
    path: Path,
    target: Target | None = None,
    *,
    profile: str | None = None,
    deep: Deep | None = None,
    root: Path | None = None,
) -> Inspection:
    """Check a source (``.yaml``) or a workbook.

    Without a ``profile`` our forms are checked as ours and all others as ODK takes them; without a ``target`` for the
    server of the profile. ``root`` is the forms folder that holds a source's blocks, lists and media.

    Raises:
        JavaMissing, EngineForked: a deep check was asked for, and the engine cannot run here.
    """
    file = pack.shown(path)
    try:
        form, raw, found = _read(path, file, root)
    except FormError as failure:
        return Inspection(file, None, (), profile_of(profile, ours=False), failure)
    beside, chosen = media_of(path, form, root), profile_of(profile, ours=is_ours(form))
    findings = examine(
        form,
        raw,
        file,
        target or chosen.target,
        protect=chosen.protect,
        media=beside,
        deep=deep,
        root=root,
        read=found,
    )
    taken = () if root is None or is_ours(form) else tuple(_version_taken(path, form, root))
    return Inspection(file, form, tuple(sorted((*findings, *taken), key=_place)), chosen)


def _version_taken(path: Path, form: Form, root: Path) -> Iterator[Finding]:
    """Yield that another form in use here has this id and is not the same, under a version that is not earlier.

    Ours are given their version when they are saved; what a server has is compared when a form is deployed.
    """
    try:
        used = pack.find(form.form_id, root).workbook
        other = workbook.read(workbook.load(used), file=used.name).form
    except FormError:
        return
    numbers = [one.version for one in (form, other) if one.version.isdigit()]
    is_later = int(numbers[0]) > int(numbers[1]) if len(numbers) == 2 else form.version != other.version
    same = {**other.settings, "version": form.version}
    if used.resolve() != path.resolve() and not is_later and replace(other, settings=same) != form:
        near = str(int(other.version) + 1) if other.version.isdigit() else "2026112501"
        words = {"file": used.name, "version": form.version or "-", "near": near}
        yield at_setting(form, "version").finding("VERSION-TAKEN", **words)


def examine(
    form: Form,
    raw: bytes | None,
    file: str,
    target: Target = "any",
    *,
    protect: bool = False,
    media: Folder | None = None,
    deep: Deep | None = None,
    root: Path | None = None,
    read: Collection[Finding] = (),
) -> tuple[Finding, ...]:
    """Return what rules, converter and engine say of a form and its workbook; without ``raw`` it is written from the form.

    Without ``media`` the form's files are not looked at. ``root`` is the forms folder that says what is unreachable; ``read``
    what reading the workbook found. The converter is not asked about a form of which it surely says nothing.

    Raises:
        JavaMissing, EngineForked: a deep check was asked for, and the engine cannot run here.
    """
    findings = without_consequences([*read, *check(form, target, protect=protect, folder=media)])
    if any(finding.code == "TOO-LONG" for finding in findings):
        return tuple(findings)
    if deep is None and not read and is_plain(form):
        return tuple(sorted(findings, key=_place))
    xform, said = _converted(form, raw, file, target, deep=deep is not None)
    found = [*findings, *_unsaid(findings, said)]
    if deep is not None and xform and not any(one.severity is Severity.BREAKS for one in found):
        from xlsform.findings.fillings import rehearsed  # the engine, only where it is asked for

        found += rehearsed(form, xform, media, deep, root)
    return tuple(sorted(found, key=_place))


_SHEETS = ("", columns.SURVEY, columns.CHOICES, columns.SETTINGS)


def _place(finding: Finding) -> tuple[int, int]:
    """Return where a person meets it who reads the workbook from the top; what has no row comes first."""
    sheet = finding.place.sheet
    return (_SHEETS.index(sheet) if sheet in _SHEETS else len(_SHEETS), finding.place.row or 0)


def media_of(path: Path, form: Form, root: Path | None = None) -> Folder:
    """Return the media of a form: ``media`` or ``NAME-media`` beside it; for ours, those that travel with dikalo too.

    A source, and a workbook that is being edited below the forms folder ``root``, have the media of that folder.
    """
    beside = path.parent
    places = [beside / "media", beside / f"{path.stem}-media"]
    is_source = path.suffix.lower() in {".yaml", ".yml"}
    if is_source or (root is not None and path.resolve().is_relative_to(root.resolve())):
        places.append((root or pack.forms_root()) / "media")
    if is_ours(form):
        places.append(pack.forms_root() / "media")
    return at(*dict.fromkeys(places), own=_of_it_alone(path))


_FORMS = frozenset({".xlsx", ".xls", ".xlsm", ".yaml", ".yml"})


def _of_it_alone(path: Path) -> list[Path]:
    """Return the folders whose files are of no other form: ``media`` only where no other form stands beside it."""
    others = [one for one in path.parent.iterdir() if one.suffix.lower() in _FORMS and one.name != path.name]
    own = path.parent / f"{path.stem}-media"
    return (
        [own] if any(not one.name.startswith(("~", ".")) for one in others) else [own, path.parent / "media"]
    )


def _read(path: Path, file: str, root: Path | None) -> tuple[Form, bytes | None, tuple[Finding, ...]]:
    if path.suffix.lower() in {".yaml", ".yml"}:
        form = source.load(path, root)
        return form, None, ()
    raw = workbook.load(path)
    reading = workbook.read(raw, file=file)
    return reading.form, raw, reading.findings


def _converted(
    form: Form, raw: bytes | None, file: str, target: Target, *, deep: bool
) -> tuple[str, tuple[Finding, ...]]:
    """Return the XForm, "" when there is none, and what converter and engine say."""
    if raw is None:
        from xlsform.workbooks import writing  # and with it openpyxl

        raw = writing.write(form)
    try:
        converted = convert(raw, target, name=file, form=form)
    except ConversionFailed as failed:
        return "", failed.findings
    if not deep:
        return converted.xform, converted.findings
    from xlsform.engine import verdict

    return converted.xform, (*converted.findings, *verdict(form, converted.xform))


SAID_BY_RULES: Mapping[str, frozenset[str]] = {
    "PX-NAMES_002": frozenset({"NAME-CASE"}),
    "PX-NAMES_005": frozenset({"NAME-RESERVED"}),
    "PX-NAMES_008": frozenset({"NAME-FORM"}),
    "PX-HEADER_002": frozenset({"COL-TWICE"}),
    "PX-TRANSLATION": frozenset({"TR-MISSING", "TR-MIXED", "LANG-SPELL", "COL-UNKNOWN"}),
    "PX-LANGUAGE-CODE": frozenset({"LANG-CODE"}),
    "PX-OR-OTHER": frozenset({"OR-OTHER"}),
    "PX-ENTITY": frozenset({"ENTITY-WRITE"}),
    "PX-PIXELS": frozenset({"IMG-PIXELS", "SIGNATURE"}),
    "PX-PYREF_001": frozenset({"EXPR-SYNTAX"}),
    "PX-PYREF_003": frozenset({"REF-UNKNOWN"}),
    "PX-REPEAT-SOURCE": frozenset({"PX-REPEAT-SOURCE"}),
    "PX-BLANK-CHOICE": frozenset({"CHOICE-NAME"}),
    "PX-NO-TYPE": frozenset({"ROW-TYPE"}),
    "PX-HEADER_004": frozenset({"COL-UNKNOWN"}),
    "PX-NAMES_013": frozenset({"SHEET-NAME"}),
    "PX-PARAMETERS": frozenset({"TARGET-CENTRAL", "TARGET-KOBO", "RANGE-STEPS"}),
    "JR-CYCLE": frozenset({"REF-CYCLE"}),
    "JR-FUNCTION": frozenset({"FUNC-UNKNOWN", "EXPR-WORD"}),
    "JR-BRACKETS": frozenset({"EXPR-SYNTAX", "EXPR-WORD"}),
    "JR-SYNTAX": frozenset({"EXPR-SYNTAX", "EXPR-WORD"}),
    "JR-REPEAT-REF": frozenset({"REF-REPEAT"}),
    "JR-OTHER": frozenset({"EXPR-SYNTAX", "EXPR-WORD", "REF-REPEAT"}),
    "PX-NO-CHOICES": frozenset({"PX-HEADER_003", "COL-UNKNOWN", "SHEET-NAME"}),
    "PX-LIST": frozenset({"PX-HEADER_003"}),
    "PX-SURVEY_001": frozenset({"DK-F01"}),
    "PX-SURVEY_002": frozenset({"DK-F01"}),
}
"""What converter and engine call a fault -> what a rule calls the same, and says better."""


_GRAVITY: Mapping[Severity, int] = {
    Severity.STYLE: 0,
    Severity.MISLEADS: 1,
    Severity.LOSES: 2,
    Severity.BREAKS: 3,
    Severity.EXPOSES: 3,
}


def _unsaid(findings: Iterable[Finding], converted: Iterable[Finding]) -> Iterator[Finding]:
    """Leave out what the converter says of something that a rule has already named better, and not as less grave."""
    said: dict[tuple[str, int | None], int] = {}
    for one in findings:
        for row in (one.place.row, None):
            said[one.code, row] = max(_GRAVITY[one.severity], said.get((one.code, row), 0))
    for finding in converted:
        needed = min(_GRAVITY[finding.severity], _GRAVITY[CATALOGUE[finding.code].severity])
        codes = SAID_BY_RULES.get(finding.code, frozenset())
        if not any(said.get((code, finding.place.row), -1) >= needed for code in codes):
            yield finding


SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Mapping[str, str] = {"error": "error", "break": "error", "warn": "warning", "info": "note"}


def sarif_document(inspections: Iterable[Inspection], version: str) -> dict[str, Any]:
    """Return one run with a rule for each code that was found, and a result for each finding.

    ``version`` is the version of dikalo. Sentences are in the language chosen at start.
    """
    results = [result for one in inspections for result in _results(one)]
    codes = sorted({result["ruleId"] for result in results})
    levels = {code: next(one["level"] for one in results if one["ruleId"] == code) for code in codes}
    index = {code: number for number, code in enumerate(codes)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "dikalo",
                        "version": version,
                        "rules": [_rule(code, levels[code]) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [result | {"ruleIndex": index[result["ruleId"]]} for result in results],
            }
        ],
    }


def _rule(code: str, level: str) -> dict[str, Any]:
    return {"id": code, "defaultConfiguration": {"level": level}}


def _results(one: Inspection) -> Iterator[dict[str, Any]]:
    if one.failure is not None:
        yield {
            "ruleId": one.failure.code,
            "level": "error",
            "message": {"text": one.failure.words()},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(one.file)}}}],
        }
    for finding in one.shown:
        yield {
            "ruleId": finding.code,
            "level": _LEVELS[one.profile.level(finding)],
            "message": {"text": f"{finding.what} {finding.why} {finding.fix}"},
            "locations": [_location(one, finding)],
            "properties": {
                "cell": finding.cell,
                "severity": str(one.profile.severity(finding)),
                "data": dict(finding.data),
            },
        }


def _location(one: Inspection, finding: Finding) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.place.file or one.file)}}
    if finding.place.line is not None:
        physical["region"] = {"startLine": finding.place.line}
    names = [name for name in (finding.path, finding.cell) if name]
    logical = [{"fullyQualifiedName": name} for name in names]
    return {"physicalLocation": physical, **({"logicalLocations": logical} if logical else {})}


def _uri(file: str) -> str:
    return quote(file.replace("\\", "/"))
