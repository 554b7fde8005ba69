"""Why a follow-up workbook is not written, and why one that comes back is not read as a whole.

What becomes of its rows and cells is decided elsewhere.
"""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import N_, DikaloError, UnknownCode, UsageProblem, in_words

# --- writing ------------------------------------------------------------------------------------------------------

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

# --- reading ------------------------------------------------------------------------------------------------------

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
