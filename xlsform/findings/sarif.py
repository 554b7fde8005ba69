"""Findings as SARIF 2.1.0, which editors and code hosts show beside the file. Makes a document; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from xlsform.findings.inspection import Inspection
from xlsform.findings.problems import CATALOGUE, Finding

__all__ = ["SCHEMA", "document"]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Mapping[str, str] = {"error": "error", "break": "error", "warn": "warning", "info": "note"}


def document(inspections: Iterable[Inspection], version: str) -> dict[str, Any]:
    """Return one run with a rule for each code that was found, and a result for each finding.

    ``version`` is the version of dikalo. Sentences are in the language chosen at start.
    """
    results = [result for one in inspections for result in _results(one)]
    codes = sorted({result["ruleId"] for result in results})
    index = {code: number for number, code in enumerate(codes)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "dikalo", "version": version, "rules": [_rule(code) for code in codes]}
                },
                "columnKind": "unicodeCodePoints",
                "results": [result | {"ruleIndex": index[result["ruleId"]]} for result in results],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    problem = CATALOGUE.get(code)
    level = _LEVELS[problem.level] if problem is not None else "error"
    return {"id": code, "defaultConfiguration": {"level": level}}


def _results(one: Inspection) -> Iterator[dict[str, Any]]:
    if one.failure is not None:
        yield {
            "ruleId": one.failure.code,
            "level": "error",
            "message": {"text": one.failure.words()},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(one.file)}}}],
        }
    for finding in one.findings:
        yield {
            "ruleId": finding.code,
            "level": _LEVELS[finding.level],
            "message": {"text": f"{finding.what} {finding.why} {finding.fix}"},
            "locations": [_location(one, finding)],
            "properties": {"cell": finding.cell, "data": dict(finding.data)},
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
