"""The words of findings about cells and columns, and about what pyxform says. Only tables; `catalogue` takes them in.

Severity, what was found, why it matters, how to mend it. The words in braces come from the finding.
"""

from __future__ import annotations

from collections.abc import Mapping

from xlsform.errors import N_

_Words = tuple[str, str, str, str]

_CELLS: Mapping[str, _Words] = {
    "COL-UNKNOWN": (
        "loses",
        N_("The column {name} means nothing to phones and servers; probably {near} is meant."),
        N_("Everything written in it is ignored in silence."),
        N_("Write {near} as its header, or put _ before the name if it holds notes of your own."),
    ),
    "COL-NOTE": (
        "style",
        N_("The column {name} means nothing to phones and servers."),
        N_("What is written in it stays in the workbook."),
        N_("Nothing, if it holds notes of your own."),
    ),
    "COL-NAME": (
        "breaks",
        N_("The column {name} of the sheet choices has a sign in its name that no phone can read."),
        N_("The phone cannot open the form."),
        N_("Call it {near}, or delete it."),
    ),
    "COL-MISSING": (
        "loses",
        N_("The form has the column {other} and no column {name}."),
        N_(
            "Without a level each answer is sealed, and without a field none reaches the register: no list and no rule "
            "can use them."
        ),
        N_("Add the column {name} again, or take it from an older copy of the form."),
    ),
    "COL-TWICE": (
        "breaks",
        N_("The columns {name} and {other} are the same column."),
        N_("Only one of the two counts, and nobody knows which."),
        N_("Keep one of them."),
    ),
    "CELL-TYPE": (
        "loses",
        N_(
            "The cell holds a date, a number with a fraction or an error of Excel ({value}) where a text must be."
        ),
        N_("It reaches the phone as something else: 2026.10 becomes 2026.1, a date gets an hour."),
        N_("Give the cell the format Text and type the content again."),
    ),
    "FORMULA-CELL": (
        "loses",
        N_("The cell holds a formula."),
        N_("Servers take what a program last computed, or nothing at all if none was saved."),
        N_("Paste its value as text."),
    ),
    "MERGED-CELL": (
        "loses",
        N_("The cells {range} are merged."),
        N_("Only the first of them counts; the other rows lose their content."),
        N_("Separate them and fill each one."),
    ),
    "HIDDEN-ROW": (
        "misleads",
        N_("Row or column {number} of the sheet {sheet} is hidden, and it is not empty."),
        N_("It is asked all the same, and nobody who looks at the sheet knows."),
        N_("Show it, or delete it."),
    ),
    "SHEET-NAME": (
        "style",
        N_("The sheet {name} should be called {near}."),
        N_("The form breaks as soon as a second sheet is added, or on KoboToolbox."),
        N_("Rename the sheet."),
    ),
    "SHEET-OTHER": (
        "style",
        N_("The sheet {name} is not part of the form and was left out."),
        N_("Neither phones nor servers read it."),
        N_("Nothing, if it holds notes of your own."),
    ),
    "HEADER-CASE": (
        "style",
        N_("The header {name} should be written {near}."),
        N_("KoboToolbox ignores or refuses other spellings."),
        N_("Write {near}."),
    ),
    "ROW-TYPE": (
        "breaks",
        N_("The row has content but no type."),
        N_("No phone can ask it."),
        N_("Fill the cell type, or delete the row."),
    ),
}

_TYPE_IT_RIGHT = N_("Correct the cell; the name must be written exactly as in the column name.")
_REFUSED = N_("The form cannot be turned into what phones read.")

_PYXFORM: Mapping[str, _Words] = {
    "PX-NAMES_001": (
        "breaks",
        N_("The name {value} is used twice in one group."),
        _REFUSED,
        N_("Rename one of the two."),
    ),
    "PX-NAMES_002": (
        "misleads",
        N_("The name {value} differs from another one only in capitals."),
        N_("KoboToolbox refuses it, and people confuse the two."),
        N_("Rename one of the two."),
    ),
    "PX-NAMES_003": (
        "breaks",
        N_("A repeat is called {value}, like the form itself."),
        _REFUSED,
        N_("Rename the repeat."),
    ),
    "PX-NAMES_004": ("breaks", N_("Two repeats are called {value}."), _REFUSED, N_("Rename one of the two.")),
    "PX-NAMES_005": (
        "breaks",
        N_("A row is called meta."),
        N_("Phones use that name for themselves."),
        N_("Rename it."),
    ),
    "PX-NAMES_006": (
        "breaks",
        N_("A choice has no name."),
        _REFUSED,
        N_("Fill its cell name, or delete the row."),
    ),
    "PX-NAMES_007": (
        "breaks",
        N_("Two choices of one list have the same name."),
        N_("Their answers could not be told apart."),
        N_("Rename one of the two."),
    ),
    "PX-NAMES_008": (
        "breaks",
        N_(
            "The cell {column} of the sheet {sheet} holds a name with a sign that is not allowed, such as a blank."
        ),
        _REFUSED,
        N_("Use small letters without accents, digits and _, a letter first."),
    ),
    "PX-NAMES_009": (
        "breaks",
        N_("The name {name} holds a sign that is not allowed, such as a blank."),
        _REFUSED,
        N_("Use small letters without accents, digits and _, a letter first."),
    ),
    "PX-NAMES_013": (
        "breaks",
        N_("There is no sheet called {sheet}, but there is {candidates}."),
        N_("A sheet with another name is not read."),
        N_("Rename the sheet {sheet}."),
    ),
    "PX-HEADER_001": (
        "breaks",
        N_("The sheet {sheet_name} has no row of headers."),
        _REFUSED,
        N_("Write the names of the columns into the first row."),
    ),
    "PX-HEADER_002": (
        "breaks",
        N_("The columns {header} and {other} of the sheet {sheet_name} are the same column."),
        N_("Only one of the two counts."),
        N_("Keep one of them."),
    ),
    "PX-HEADER_003": (
        "breaks",
        N_("The sheet {sheet_name} lacks the column {missing}."),
        _REFUSED,
        N_("Add the column."),
    ),
    "PX-HEADER_004": (
        "style",
        N_("The sheet choices has a column whose header is empty or holds a blank ({column})."),
        N_("Filters cannot use it."),
        N_("Give it a name without blanks, or put _ before the name if it holds notes of your own."),
    ),
    "PX-LABEL_001": (
        "misleads",
        N_("A choice has no label."),
        N_("The phone shows an empty line."),
        N_("Fill its cell label."),
    ),
    "PX-PYREF_001": (
        "breaks",
        N_(
            "The cell {column} of the sheet {sheet} holds a reference that is not closed or has blanks in it."
        ),
        _REFUSED,
        N_("Write ${{name}}: a dollar sign, and the name of the question in curly brackets."),
    ),
    "PX-PYREF_002": (
        "breaks",
        N_("The references in the cell {column} of the sheet {sheet} are not separated by commas."),
        _REFUSED,
        N_("Put a comma between each two of them."),
    ),
    "PX-PYREF_003": (
        "breaks",
        N_("The cell {column} of the sheet {sheet} refers to {q}, and there is no question of that name."),
        _REFUSED,
        _TYPE_IT_RIGHT,
    ),
    "PX-PYREF_004": (
        "breaks",
        N_("The cell {column} of the sheet {sheet} refers to {q}, and there are two questions of that name."),
        _REFUSED,
        N_("Rename one of the two."),
    ),
    "PX-SURVEY_001": (
        "breaks",
        N_("A group or repeat ends that never began."),
        _REFUSED,
        N_("Add the row that begins it, or delete this one."),
    ),
    "PX-SURVEY_002": (
        "breaks",
        N_("The group or repeat {name} is never closed."),
        _REFUSED,
        N_("Add the row that ends it."),
    ),
    "PX-PARAMETERS": (
        "breaks",
        N_("The cell parameters does not fit the type of the question."),
        _REFUSED,
        N_("Write pairs such as max-pixels=1600, separated by blanks, that the type knows."),
    ),
    "PX-ENTITY": (
        "breaks",
        N_("The form writes to a list of entities, and does it wrongly."),
        N_("Our forms never write entities: they lie in clear on every phone."),
        N_("Delete the column save_to and the sheet entities."),
    ),
    "PX-TYPE": (
        "breaks",
        N_("There is no type of question {value}."),
        _REFUSED,
        N_(
            "Nearest: {near}. Write a type of XLSForm in the cell type: text, integer, select_one with a list, date, note."
        ),
    ),
    "PX-LIST": (
        "breaks",
        N_("The list {value} is not in the sheet choices."),
        _REFUSED,
        N_("Nearest: {near}. Correct the name of the list in the cell type, or add the list."),
    ),
    "PX-NO-CHOICES": (
        "breaks",
        N_("A question offers choices, and the form has no sheet called choices."),
        _REFUSED,
        N_("Add the sheet choices with the columns list_name, name and label."),
    ),
    "PX-OR-OTHER": (
        "misleads",
        N_("A type ends in or_other."),
        N_("The added choice is in English only."),
        N_("Add a choice of your own, and a question for the text."),
    ),
    "PX-LANGUAGE-CODE": (
        "style",
        N_("These languages have no code in brackets: {value}."),
        N_("Screen readers and exports find a language by its code."),
        N_("Write for example Français (fr) in every header."),
    ),
    "PX-FILE": (
        "breaks",
        N_("The file of {value} has no ending that phones know."),
        _REFUSED,
        N_("Name a .csv, .xml or .geojson file."),
    ),
    "PX-NO-NAME": ("breaks", N_("A row has no name."), _REFUSED, N_("Fill its cell name.")),
    "PX-NO-TYPE": (
        "breaks",
        N_("A row has no type."),
        _REFUSED,
        N_("Fill its cell type, or delete the row."),
    ),
    "PX-NO-LABEL": (
        "misleads",
        N_("A question has no label."),
        N_("The phone shows an empty screen."),
        N_("Fill its cell label."),
    ),
    "PX-NO-CALCULATION": (
        "breaks",
        N_("A calculate row has nothing to calculate."),
        _REFUSED,
        N_("Fill its cell calculation, or delete the row."),
    ),
    "PX-BLANK-CHOICE": (
        "breaks",
        N_("A choice of a list for several answers has a blank in its name."),
        N_("The answers are separated by blanks: it would be read as two."),
        N_("Write _ instead of the blank."),
    ),
    "PX-PIXELS": (
        "style",
        N_("The picture is sent in full size."),
        N_("It costs data and time, and shows more than needed."),
        N_("Write max-pixels=1600 in the cell parameters."),
    ),
    "PX-TRANSLATION": (
        "misleads",
        N_("One column is missing in {value}."),
        N_("The phone shows a dash to whoever reads that language."),
        N_("Add the column, for example label::English (en)."),
    ),
    "PX-REPEAT-SOURCE": (
        "breaks",
        N_("A question with several answers takes its choices from a repeat."),
        N_("The converter stops without a reason."),
        N_("Use select_one, or a list of numbers filtered by what exists."),
    ),
    "PX-OTHER": (
        "breaks",
        N_("The converter refuses the form ({pyxform})."),
        _REFUSED,
        N_("Correct the row or sheet that it names."),
    ),
    "PX-WARNING": (
        "misleads",
        N_("The converter remarks: {pyxform}"),
        N_("Phones may show or do something else than meant."),
        N_("Look at the row or sheet that it names."),
    ),
}

SENTENCES: Mapping[str, _Words] = {**_CELLS, **_PYXFORM}
"""Code -> severity, what, why, fix."""
