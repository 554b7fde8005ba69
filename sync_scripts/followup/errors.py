"""Why a follow-up workbook is not written."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import DikaloError, UnknownCode, UsageProblem

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


IdentityInText: Final = DikaloError.declare(
    "DK-W04",
    "A text of case {case} (sheet {sheet}, {cell}) looks like it holds an identity ({kind}). Nothing was written. "
    "Correct the note in the register so that it names nobody, then export again.",
)
MovedWhileMade: Final = DikaloError.declare(
    "DK-W37",
    "Each time that this workbook was made, somebody took back meanwhile what it would have shown. Nothing was written. "
    "Run the command again in a minute.",
)
PasswordNeeded: Final = DikaloError.declare(
    "DK-W05",
    "A workbook of tier T3 says what was done to whom, so it is always locked with a password. Nothing was "
    "written. Leave out --no-password; or write the work and its days alone, with --tier T2.",
)
TooManyRows: Final = DikaloError.declare(
    "DK-W06",
    "The workbook would have {rows} rows; 5,000 is the most that stays usable. Nothing was written. "
    "Narrow the scope, for example --region CM007 or --owner CODE; or add --all for a plain list of everything.",
)
WorkbookTooBig: Final = DikaloError.declare(
    "DK-W33",
    "This workbook would hold more than {most} MB, and could not be read when it comes back. Nothing was written. "
    "Narrow the scope: --region, --department, --owner or --for.",
)
WorkbookThere: Final = UsageProblem.declare(
    "DK-W08",
    "There is a file of that name already, and what was written into it would be lost. Nothing was written. "
    "Choose another name.",
)
NameNotXlsx: Final = UsageProblem.declare(
    "DK-W36",
    "The workbook is an .xlsx file, and {name} is the name of another kind. Nothing was written. Choose a name that ends "
    "in .xlsx.",
)
ReaderUnknown: Final = UnknownCode.declare(
    "DK-W35",
    "Nobody with the code {worker} is known here. Nothing was written. Who works here: dikalo people list.",
)
NothingInScope: Final = UsageProblem.declare(
    "DK-W09",
    "There is no open case for {scope}. Nothing was written. The workers' codes and the departments are in dikalo cases "
    "list.",
)
