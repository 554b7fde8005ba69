"""What an import does with a workbook that was read: what stops it, what it leaves out. Decides only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from xlsform import plain_yaml
from xlsform.errors import N_, FormError
from xlsform.model import resolve
from xlsform.problems import Finding
from xlsform.rules import cells
from xlsform.sheets import MENDED, Reading

__all__ = ["ImportStopped", "blocking", "old_text", "tidy"]


@dataclass(eq=False, kw_only=True)
class ImportStopped(FormError):
    """Cells hold something that would change in silence."""

    code: ClassVar[str] = "DK-F29"
    message: ClassVar[str] = N_(
        "{file} was not imported: {count} of its cells would lose or change their content. Correct them as said above, or "
        "add --force to take them as they are shown."
    )
    file: str
    count: int


def tidy(reading: Reading) -> Reading:
    """Leave out the columns that mean nothing to phones, and say which."""
    found = tuple(cells.check(resolve(reading.form)))
    unknown = {finding.data["name"] for finding in found}
    survey = tuple(
        replace(row, cells={name: text for name, text in row.cells.items() if name not in unknown})
        for row in reading.form.survey
    )
    settings = {name: text for name, text in reading.form.settings.items() if name not in unknown}
    return Reading(replace(reading.form, survey=survey, settings=settings), (*reading.findings, *found))


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Return the errors that reading could not put right."""
    return [finding for finding in findings if finding.level == "error" and finding.code not in MENDED]


def old_text(path: Path | None) -> str:
    """Return the text of the source that would be replaced, "" when there is none.

    Raises:
        SourceUnreadable: something is there that is no text.
    """
    if path is None or not path.is_file():
        return ""
    return plain_yaml.decode(path.read_bytes(), path.name)
