"""Why a workbook that comes back is not read as a whole. Its rows and cells are decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar

from sync_scripts.errors import N_, DikaloError, UsageProblem

__all__ = [
    "ColumnsMissing",
    "ExportUnknown",
    "LateReasonMissing",
    "LockFile",
    "MacroWorkbook",
    "NewerFormat",
    "NotFollowupWorkbook",
    "OtherFormat",
    "OtherRegister",
    "PasswordWrong",
    "RowsShuffled",
    "RowsUnknown",
    "WorkbookBusy",
    "WorkbookDamaged",
    "WorkbookExpired",
    "WorkbookForeign",
    "WorkbookForgotten",
    "WorkbookTampered",
    "WorkbookTooLarge",
]


@dataclass(eq=False, kw_only=True)
class OtherFormat(DikaloError):
    """The file is no .xlsx workbook."""

    kind: str

    code: ClassVar[str] = "DK-W11"
    message: ClassVar[str] = N_(
        "This file is {kind}, not an .xlsx workbook. Nothing was read. Open it in Excel or LibreOffice, save it as .xlsx "
        "under a new name, and import that one."
    )

    _KINDS: ClassVar[dict[str, str]] = {
        "xls": N_("an old Excel workbook (.xls)"),
        "xlsb": N_("a binary Excel workbook (.xlsb)"),
        "ods": N_("a LibreOffice spreadsheet (.ods)"),
        "numbers": N_("a spreadsheet of Apple Numbers"),
        "csv": N_("a plain table (.csv)"),
        "other": N_("something else"),
    }

    def words(self) -> str:
        """Return the sentence with the kind in words."""
        return gettext(self.message).format(kind=gettext(self._KINDS[self.kind]))


@dataclass(eq=False, kw_only=True)
class MacroWorkbook(DikaloError):
    """The workbook holds a program."""

    code: ClassVar[str] = "DK-W12"
    message: ClassVar[str] = N_(
        "This workbook holds macros: a program that somebody put into it. Nothing was read. Do not open it; ask who sent "
        "it, and import the workbook as it was handed out."
    )


@dataclass(eq=False, kw_only=True)
class WorkbookDamaged(DikaloError):
    """The file is cut off or broken."""

    code: ClassVar[str] = "DK-W13"
    message: ClassVar[str] = N_(
        "This file is damaged or was saved only in part. Nothing was read. Open it in Excel or LibreOffice and save it "
        "again; if it does not open there either, take an earlier copy."
    )


@dataclass(eq=False, kw_only=True)
class PasswordWrong(DikaloError):
    """The password does not open the workbook."""

    code: ClassVar[str] = "DK-W14"
    message: ClassVar[str] = N_(
        "This password does not open the workbook. Nothing was read. It is the one that was shown or typed when the workbook "
        "was written, not the passphrase of the register."
    )


@dataclass(eq=False, kw_only=True)
class WorkbookTampered(DikaloError):
    """The password is right, but the locked content was changed."""

    code: ClassVar[str] = "DK-W15"
    message: ClassVar[str] = N_(
        "The password is right, but the content of this file was changed after it was locked: it is damaged, or somebody "
        "tampered with it. Nothing was read. Ask for the file again, by another road."
    )


@dataclass(eq=False, kw_only=True)
class WorkbookTooLarge(DikaloError):
    """What unpacks from the file is more than a workbook of ours can hold."""

    code: ClassVar[str] = "DK-W16"
    message: ClassVar[str] = N_(
        "This file unpacks to far more than a follow-up workbook can hold. Nothing was read. It is damaged, or made to "
        "fill the memory of this computer: ask who sent it."
    )


@dataclass(eq=False, kw_only=True)
class WorkbookBusy(DikaloError):
    """Another program holds the file."""

    code: ClassVar[str] = "DK-W17"
    message: ClassVar[str] = N_(
        "This file cannot be read: it is most likely still open in Excel. Nothing was read. Save it, close Excel, and "
        "import it again."
    )


@dataclass(eq=False, kw_only=True)
class LockFile(UsageProblem):
    """The small file that Excel lays beside an open workbook."""

    code: ClassVar[str] = "DK-W18"
    message: ClassVar[str] = N_(
        "This is not the workbook but the small file that a spreadsheet program lays beside it while it is open. Nothing "
        "was read. Save the workbook, close it, and import the file that has neither ~$ nor .~lock in its name."
    )


@dataclass(eq=False, kw_only=True)
class WorkbookForeign(DikaloError):
    """The workbook points to other files or holds some."""

    code: ClassVar[str] = "DK-W19"
    message: ClassVar[str] = N_(
        "This workbook has links to other files, or files inside it, that we did not put there. Nothing was read. Copy "
        "what was written into the workbook as it was handed out, and import that one."
    )


@dataclass(eq=False, kw_only=True)
class NotFollowupWorkbook(DikaloError):
    """A workbook, but none of ours."""

    code: ClassVar[str] = "DK-W20"
    message: ClassVar[str] = N_(
        "This is a workbook, but not a follow-up workbook of dikalo, or its hidden marks are gone. Nothing was read. "
        "Import the file that was handed out; do not copy its sheets into a new one."
    )


@dataclass(eq=False, kw_only=True)
class NewerFormat(DikaloError):
    """Written by a dikalo that is newer than this one."""

    layout: str

    code: ClassVar[str] = "DK-W21"
    message: ClassVar[str] = N_(
        "This workbook has the layout {layout}, which this dikalo does not know: a newer one wrote it. Nothing was read. "
        "Update dikalo here, then import it again."
    )


@dataclass(eq=False, kw_only=True)
class OtherRegister(DikaloError):
    """The workbook of another register."""

    code: ClassVar[str] = "DK-W22"
    message: ClassVar[str] = N_(
        "This workbook comes from another register. Nothing was read. Import it where it was handed out; for this "
        "register, ask for a new export."
    )


@dataclass(eq=False, kw_only=True)
class ExportUnknown(DikaloError):
    """The register does not know that it gave this workbook out."""

    code: ClassVar[str] = "DK-W23"
    message: ClassVar[str] = N_(
        "This register does not know that it handed this workbook out: perhaps it was brought back from an older backup. "
        "Nothing was read. Ask for a new export and write the changes into it."
    )


@dataclass(eq=False, kw_only=True)
class WorkbookExpired(DikaloError):
    """The last day of the workbook has passed, but its rows are still known."""

    expires: str

    code: ClassVar[str] = "DK-W24"
    message: ClassVar[str] = N_(
        "This workbook had to come back by {expires}. Nothing was read. What it said is still known here: add "
        '--late "why it is late" to see and apply its changes all the same.'
    )


@dataclass(eq=False, kw_only=True)
class WorkbookForgotten(DikaloError):
    """The last day of the workbook has long passed, and what its rows said is forgotten."""

    expires: str

    code: ClassVar[str] = "DK-W28"
    message: ClassVar[str] = N_(
        "This workbook had to come back by {expires}, and what it said then is no longer known here. Nothing was read. Add "
        '--late "why it is late": whatever differs from the register becomes a question, and nothing is lost.'
    )


@dataclass(eq=False, kw_only=True)
class ColumnsMissing(DikaloError):
    """Columns that a person fills in are gone, or the hidden row that names them is."""

    sheet: str
    columns: str

    code: ClassVar[str] = "DK-W25"
    message: ClassVar[str] = N_(
        "On the sheet {sheet} these columns are missing, or the hidden row that names them was changed: {columns}. Nothing "
        "was read. Undo the deletion, or take up the workbook again as it was handed out."
    )


@dataclass(eq=False, kw_only=True)
class RowsShuffled(DikaloError):
    """So many locked cells differ that rows and ids no longer belong together."""

    sheet: str
    differing: int
    rows: int

    code: ClassVar[str] = "DK-W26"
    message: ClassVar[str] = N_(
        "On the sheet {sheet} the lines seem to be mixed up: {differing} of {rows} no longer say in their locked columns "
        "what they said. Nothing was read. Most often one column was sorted alone: undo that, or take up the workbook "
        "again as it was handed out."
    )


@dataclass(eq=False, kw_only=True)
class RowsUnknown(DikaloError):
    """Far more rows than were handed out."""

    sheet: str
    most: int

    code: ClassVar[str] = "DK-W34"
    message: ClassVar[str] = N_(
        "The sheet {sheet} has more than {most} rows that were not handed out with it, or that were copied. Nothing was "
        "read. Take them out, or write the changes into the workbook as it was handed out. A list of old cases comes in "
        "with dikalo cases import FILE."
    )


@dataclass(eq=False, kw_only=True)
class LateReasonMissing(UsageProblem):
    """``--late`` without a reason."""

    code: ClassVar[str] = "DK-W27"
    message: ClassVar[str] = N_(
        "Say after --late why the workbook comes back late; it is kept with each change."
    )
