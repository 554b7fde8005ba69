"""The commands under "Forms": name, help, and the object that runs each. Loads none of them."""

from __future__ import annotations

from sync_scripts.cli.frame.commands import Entry, nested

ENTRIES = nested(
    Entry("forms", "The forms: list, check, build, import, compare."),
    Entry(
        "forms add",
        "Take a group of questions of the library into a form, such as health or school; without a name, list them. They belong to "
        "the organisation from then on. --remove takes them out again.",
        "forms.library:add",
    ),
    Entry(
        "forms audio",
        "Say which questions can be read aloud, which recordings are missing, and which are of no use; with --from, check recordings "
        "(AMR, OGG, MP3, M4A; 60 kB at most) and put them in place. A recording is used once every language of the form has its own.",
        "forms.printing:audio",
    ),
    Entry(
        "forms base",
        "Say on which base each form stands, what the organisation changed, and where the files are; --to writes the base as "
        "dikalo ships it.",
        "forms.library:base",
    ),
    Entry(
        "forms build", "Write the workbooks and generated files that the sources give.", "forms.sources:build"
    ),
    Entry(
        "forms check", "Say what is wrong with forms, where, why, and how to mend it.", "forms.checking:check"
    ),
    Entry(
        "forms customise",
        "Write a workbook in which a trainer adapts a form in Excel or LibreOffice; grey rows belong to the protected core. "
        "Bring it back with: dikalo forms save FILE.",
        "forms.adaptation:customise",
    ),
    Entry(
        "forms deploy",
        "Send the forms of this folder to the servers in dikalo.toml: all of them, or those named. Each is checked first; "
        "what is there already is not sent again; a change that breaks what was collected is held back. Nothing is ever "
        "deleted at a server. To an ODK Central go the teams' copies of a form, too, which a [[team]] names under forms.",
        "forms.deployment:deploy",
    ),
    Entry(
        "forms dictionary",
        "Show the data dictionary of a form: name, labels, list, when it is asked (in words), sensitivity, place in the "
        "register. On the screen as Markdown, or into a file (.xlsx or .md).",
        "forms.printing:dictionary",
    ),
    Entry(
        "forms diff",
        "Say what differs between two versions of a form, and what the submissions already collected would suffer "
        "from it. Each is a workbook, a source (YAML) or the name of a form.",
        "forms.comparing:diff",
    ),
    Entry(
        "forms fill",
        "Fill a form from a written scenario and show, screen by screen, what the enumerator sees and answers; also as a "
        "script for a lesson (Markdown or a page to print). Without a scenario, list those of the form. Needs Java.",
        "forms.rehearsal:fill",
    ),
    Entry(
        "forms import",
        "Turn a workbook into a form source (YAML), on the screen or into a file. Any XLSForm is read, also one that LibreOffice "
        "saved or KoboToolbox's builder exported.",
        "forms.sources:import_",
    ),
    Entry(
        "forms list",
        "List the forms: those of the workspace, or those that belong to dikalo outside one.",
        "forms.listing:list_",
    ),
    Entry(
        "forms map",
        "Draw the flow of a form as one page (HTML) that prints: groups, repeats and when each is skipped, in each language of "
        "the form.",
        "forms.seeing:map_",
    ),
    Entry(
        "forms paper",
        "Write a form as a questionnaire to print, A4, in the language of the program (--lang). PDF if Chromium, Edge or "
        "LibreOffice is here, else a page (HTML) that any browser prints. Questions about identity are left off.",
        "forms.printing:paper",
    ),
    Entry(
        "forms preview",
        "Show a form as people fill it, in a browser of this computer, in two languages side by side; the page reloads when the "
        "form is saved. Needs npm and internet once. Answers are never sent or kept.",
        "forms.seeing:preview",
    ),
    Entry(
        "forms save",
        "Bring an edited workbook into use: keep what differs from the base as an overlay, and write the organisation's form "
        "under a new version. Also takes an overlay (.yaml) and a settled workbook of conflicts.",
        "forms.adaptation:save",
    ),
    Entry(
        "forms simulate",
        "Fill a form many times at random, as a phone would: which questions nobody reaches, what the phone would not "
        "let finish, what a refusal leaves behind, how many screens. Needs Java. Nothing is kept.",
        "forms.rehearsal:simulate",
    ),
    Entry("forms translate", "Translate forms: a table goes out to a translator and comes back."),
    Entry(
        "forms translate export",
        "Write every text of a form into a table for a translator: one language beside another, with the place where it "
        "is read; what is missing or has changed stands out.",
        "forms.translation:export",
    ),
    Entry(
        "forms translate import",
        "Take a translator's table back into the form: all of it, or nothing when a cell is faulty. A new language is "
        "added to the form.",
        "forms.translation:import_",
    ),
    Entry(
        "forms upgrade",
        "Bring the organisation's form to the newest base and keep its changes. Where both changed the same thing, a workbook "
        "of conflicts is written; settle it in Excel and run the command again. --undo takes back the last save or upgrade.",
        "forms.adaptation:upgrade",
    ),
    Entry(
        "forms watch",
        "Check a form at each save, and say only what is new and what is corrected. Runs until Ctrl-C.",
        "forms.seeing:watch",
    ),
    Entry(
        "forms zone",
        "Put the places where you work first in the lists of a form: departments and regions by P-code, else those of your teams. "
        "Only the order changes; no place is chosen for anybody. --remove puts back the order of the base.",
        "forms.library:zone",
    ),
)
