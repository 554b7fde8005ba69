"""Why a workbook that comes back is not read as a whole. Its rows and cells are decided elsewhere."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import N_, DikaloError, UsageProblem, in_words

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


OtherFormat: Final = DikaloError.declare(
    "DK-W11",
    "This file is {kind}, not an .xlsx workbook. Nothing was read. Open it in Excel or LibreOffice, save it as .xlsx "
    "under a new name, and import that one.",
    shown={
        "kind": in_words(
            {
                "xls": N_("an old Excel workbook (.xls)"),
                "xlsb": N_("a binary Excel workbook (.xlsb)"),
                "ods": N_("a LibreOffice spreadsheet (.ods)"),
                "numbers": N_("a spreadsheet of Apple Numbers"),
                "csv": N_("a plain table (.csv)"),
                "other": N_("something else"),
            }
        )
    },
)
MacroWorkbook: Final = DikaloError.declare(
    "DK-W12",
    "This workbook holds macros: a program that somebody put into it. Nothing was read. Do not open it; ask who sent "
    "it, and import the workbook as it was handed out.",
)
WorkbookDamaged: Final = DikaloError.declare(
    "DK-W13",
    "This file is damaged or was saved only in part. Nothing was read. Open it in Excel or LibreOffice and save it "
    "again; if it does not open there either, take an earlier copy.",
)
PasswordWrong: Final = DikaloError.declare(
    "DK-W14",
    "This password does not open the workbook. Nothing was read. It is the one that was shown or typed when the workbook "
    "was written, not the passphrase of the register.",
)
WorkbookTampered: Final = DikaloError.declare(
    "DK-W15",
    "The password is right, but the content of this file was changed after it was locked: it is damaged, or somebody "
    "tampered with it. Nothing was read. Ask for the file again, by another road.",
)
WorkbookTooLarge: Final = DikaloError.declare(
    "DK-W16",
    "This file unpacks to far more than a follow-up workbook can hold. Nothing was read. It is damaged, or made to "
    "fill the memory of this computer: ask who sent it.",
)
WorkbookBusy: Final = DikaloError.declare(
    "DK-W17",
    "This file cannot be read: it is most likely still open in Excel. Nothing was read. Save it, close Excel, and "
    "import it again.",
)
LockFile: Final = UsageProblem.declare(
    "DK-W18",
    "This is not the workbook but the small file that a spreadsheet program lays beside it while it is open. Nothing "
    "was read. Save the workbook, close it, and import the file that has neither ~$ nor .~lock in its name.",
)
WorkbookForeign: Final = DikaloError.declare(
    "DK-W19",
    "This workbook has links to other files, or files inside it, that we did not put there. Nothing was read. Copy "
    "what was written into the workbook as it was handed out, and import that one.",
)
NotFollowupWorkbook: Final = DikaloError.declare(
    "DK-W20",
    "This is a workbook, but not a follow-up workbook of dikalo, or its hidden marks are gone. Nothing was read. "
    "Import the file that was handed out; do not copy its sheets into a new one.",
)
NewerFormat: Final = DikaloError.declare(
    "DK-W21",
    "This workbook has the layout {layout}, which this dikalo does not know: a newer one wrote it. Nothing was read. "
    "Update dikalo here, then import it again.",
)
OtherRegister: Final = DikaloError.declare(
    "DK-W22",
    "This workbook comes from another register. Nothing was read. Import it where it was handed out; for this "
    "register, ask for a new export.",
)
ExportUnknown: Final = DikaloError.declare(
    "DK-W23",
    "This register does not know that it handed this workbook out: perhaps it was brought back from an older backup. "
    "Nothing was read. Ask for a new export and write the changes into it.",
)
WorkbookExpired: Final = DikaloError.declare(
    "DK-W24",
    "This workbook had to come back by {expires}. Nothing was read. What it said is still known here: add "
    '--late "why it is late" to see and apply its changes all the same.',
)
WorkbookForgotten: Final = DikaloError.declare(
    "DK-W28",
    "This workbook had to come back by {expires}, and what it said then is no longer known here. Nothing was read. Add "
    '--late "why it is late": whatever differs from the register becomes a question, and nothing is lost.',
)
ColumnsMissing: Final = DikaloError.declare(
    "DK-W25",
    "On the sheet {sheet} these columns are missing, or the hidden row that names them was changed: {columns}. Nothing "
    "was read. Undo the deletion, or take up the workbook again as it was handed out.",
)
RowsShuffled: Final = DikaloError.declare(
    "DK-W26",
    "On the sheet {sheet} the lines seem to be mixed up: {differing} of {rows} no longer say in their locked columns "
    "what they said. Nothing was read. Most often one column was sorted alone: undo that, or take up the workbook "
    "again as it was handed out.",
)
RowsUnknown: Final = DikaloError.declare(
    "DK-W34",
    "The sheet {sheet} has more than {most} rows that were not handed out with it, or that were copied. Nothing was "
    "read. Take them out, or write the changes into the workbook as it was handed out. A list of old cases comes in "
    "with dikalo cases import FILE.",
)
LateReasonMissing: Final = UsageProblem.declare(
    "DK-W27",
    "Say after --late why the workbook comes back late; it is kept with each change.",
)
