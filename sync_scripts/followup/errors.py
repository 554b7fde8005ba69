"""Why a follow-up workbook is not written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, DikaloError, UnknownCode, UsageProblem

__all__ = [
    "IdentityInText",
    "MovedWhileMade",
    "NameNotXlsx",
    "NothingInScope",
    "PasswordNeeded",
    "ReaderUnknown",
    "TooManyRows",
    "WorkbookThere",
    "WorkbookTooBig",
]


@dataclass(eq=False, kw_only=True)
class IdentityInText(DikaloError):
    """A text that goes into the workbook holds a phone number, coordinates or a known name."""

    sheet: str
    cell: str
    kind: str
    case: str

    code: ClassVar[str] = "DK-W04"
    message: ClassVar[str] = N_(
        "A text of case {case} (sheet {sheet}, {cell}) looks like it holds an identity ({kind}). Nothing was written. "
        "Correct the note in the register so that it names nobody, then export again."
    )


@dataclass(eq=False, kw_only=True)
class MovedWhileMade(DikaloError):
    """On a shared register, something that the workbook would show was taken back while it was made, each time anew."""

    code: ClassVar[str] = "DK-W37"
    message: ClassVar[str] = N_(
        "Each time that this workbook was made, somebody took back meanwhile what it would have shown. Nothing was written. "
        "Run the command again in a minute."
    )


@dataclass(eq=False, kw_only=True)
class PasswordNeeded(DikaloError):
    """Tier T3 never leaves without a password."""

    code: ClassVar[str] = "DK-W05"
    message: ClassVar[str] = N_(
        "A workbook of tier T3 says what was done to whom, so it is always locked with a password. Nothing was "
        "written. Leave out --no-password; or write the work and its days alone, with --tier T2."
    )


@dataclass(eq=False, kw_only=True)
class TooManyRows(DikaloError):
    """More rows than a person can work through in one workbook."""

    rows: int

    code: ClassVar[str] = "DK-W06"
    message: ClassVar[str] = N_(
        "The workbook would have {rows} rows; 5,000 is the most that stays usable. Nothing was written. "
        "Narrow the scope, for example --region CM007 or --owner CODE; or add --all for a plain list of everything."
    )


@dataclass(eq=False, kw_only=True)
class WorkbookTooBig(DikaloError):
    """More than the import would ever unpack: what was written into such a file could not come back."""

    most: int

    code: ClassVar[str] = "DK-W33"
    message: ClassVar[str] = N_(
        "This workbook would hold more than {most} MB, and could not be read when it comes back. Nothing was written. "
        "Narrow the scope: --region, --department, --owner or --for."
    )


@dataclass(eq=False, kw_only=True)
class WorkbookThere(UsageProblem):
    """The file named is there already, perhaps with what somebody wrote into it."""

    code: ClassVar[str] = "DK-W08"
    message: ClassVar[str] = N_(
        "There is a file of that name already, and what was written into it would be lost. Nothing was written. "
        "Choose another name."
    )


@dataclass(eq=False, kw_only=True)
class NameNotXlsx(UsageProblem):
    """A workbook under the name of another kind of file is refused by spreadsheet programs, and by the import."""

    name: str

    code: ClassVar[str] = "DK-W36"
    message: ClassVar[str] = N_(
        "The workbook is an .xlsx file, and {name} is the name of another kind. Nothing was written. Choose a name that ends "
        "in .xlsx."
    )


@dataclass(eq=False, kw_only=True)
class ReaderUnknown(UnknownCode):
    """Nobody has this code; ``nearest`` is the one that was perhaps meant, or empty."""

    worker: str

    code: ClassVar[str] = "DK-W35"
    message: ClassVar[str] = N_(
        "Nobody with the code {worker} is known here. Nothing was written. Who works here: dikalo people list."
    )


@dataclass(eq=False, kw_only=True)
class NothingInScope(UsageProblem):
    """No open case belongs to the worker, region or department asked for: most often a mistyped code."""

    scope: str
    code: ClassVar[str] = "DK-W09"
    message: ClassVar[str] = N_(
        "There is no open case for {scope}. Nothing was written. The workers' codes and the departments are in dikalo cases "
        "list."
    )
