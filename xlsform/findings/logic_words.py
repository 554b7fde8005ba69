"""The words of findings about expressions, lists, screens and media. Only tables; `catalogue` takes them in.

Severity, what was found, why it matters, how to mend it. The words in braces come from the finding.
"""

from __future__ import annotations

from collections.abc import Mapping

from xlsform.errors import N_

_Words = tuple[str, str, str, str]

_NEVER_SHOWN = N_("The condition is never met, or always, and nobody is told.")
_STOPS = N_("The phone cannot open the form, or stops when it comes there.")

_EXPRESSIONS: Mapping[str, _Words] = {
    "BOOL-WORD": (
        "loses",
        N_("The cell {column} holds {value}, which is neither yes nor no, nor a condition."),
        N_("Phones take it for the name of a question: the cell has no effect, or blocks the form."),
        N_("Write {near}."),
    ),
    "EXPR-WORD": (
        "breaks",
        N_("The cell {column} holds {word}, as French or a spreadsheet writes it."),
        _STOPS,
        N_("Write {near} instead."),
    ),
    "EXPR-SYNTAX": (
        "breaks",
        N_("The cell {column} cannot be understood from {at} on."),
        _STOPS,
        N_("Write {near}. Count brackets and quotes, and look for a missing comma or a missing = there."),
    ),
    "FUNC-UNKNOWN": (
        "breaks",
        N_("The cell {column} uses the function {name}, which phones do not have."),
        _STOPS,
        N_("Nearest: {near}. Use the functions of XLSForm, in English."),
    ),
    "REF-UNKNOWN": (
        "breaks",
        N_("The cell {column} refers to {name}, and there is no question of that name."),
        N_("The form cannot be turned into what phones read."),
        N_("Nearest: {near}. The name must be written exactly as in the column name."),
    ),
    "REF-CYCLE": (
        "breaks",
        N_("The answer to {path} depends on itself: {circle}."),
        N_("The phone cannot open the form."),
        N_("Break the circle: take one of these references out."),
    ),
    "QUOTE-MISSING": (
        "loses",
        N_("The cell {column} compares with {value}, which has no quotes."),
        N_("Phones take it for the name of a question, and the comparison is never true."),
        N_("Write {near}."),
    ),
    "CHOICE-UNKNOWN": (
        "loses",
        N_("The cell {column} compares {name} with {value}; its answers are: {choices}."),
        _NEVER_SHOWN,
        N_("Nearest: {near}. Write one of its answers, exactly as in the list {list}."),
    ),
    "MULTI-EQUALS": (
        "loses",
        N_("The cell {column} compares {name}, which takes several answers, with {value}."),
        N_("The comparison fails as soon as a second answer is chosen."),
        N_("Write {near}."),
    ),
    "DATE-LITERAL": (
        "loses",
        N_("The cell {column} holds the date {value} as a text, or not as year-month-day."),
        N_("A date is never before, after or equal to a text: every answer is refused, or none."),
        N_("Write {near}, or today()."),
    ),
    "NUM-EMPTY": (
        "misleads",
        N_("The cell {column} asks whether {name} is smaller or larger, and {name} may have no answer."),
        N_("Without an answer the comparison counts as false: who did not say is treated like the others."),
        N_("Write ${{{name}}} != '' and before it, or require the answer."),
    ),
    "NEVER-TRUE": (
        "loses",
        N_("The condition in {column} can never be met: {value}."),
        N_("Nobody is ever asked, or nothing is ever required there, and nobody is told."),
        N_("Change one of its parts, or write or where one of them is enough: and asks for both at once."),
    ),
    "NEVER-TOGETHER": (
        "loses",
        N_("The condition in {column}, {value}, can never be met together with {cells}: {others}."),
        N_("Where the one holds the other does not: nobody is asked, or no answer is taken."),
        N_("Change one of these cells so that an answer can meet them all."),
    ),
    "ALWAYS-TRUE": (
        "misleads",
        N_("The condition in {column} is met by every answer: {value}."),
        N_("It leaves nothing out, as if the cell were empty."),
        N_("Write and where both parts are meant (neither the one nor the other), or empty the cell."),
    ),
    "UNANSWERABLE": (
        "breaks",
        N_("The constraint of {path} refuses every answer that the question can take: {value}."),
        N_("Whoever meets it cannot finish the form, or leaves it without an answer."),
        N_(
            "Write {near}. Of two comparisons one is probably turned round: . >= 5 and . <= 10 lets 5 to 10 through."
        ),
    ),
    "REQUIRED-UNSHOWN": (
        "misleads",
        N_(
            "The question {path} must be answered, and {cells} never lets it be asked: {value}. Such questions: {count}."
        ),
        N_("It is never asked, whatever is required."),
        N_("Write the condition that is meant, or empty the cell required."),
    ),
    "REF-REPEAT": (
        "breaks",
        N_("The cell {column} uses {name}, which stands inside a repeat, from outside it."),
        N_("The phone stops as soon as there are two repetitions."),
        N_("Use count, sum, max or join over all of them, or indexed-repeat for one."),
    ),
}

_LISTS: Mapping[str, _Words] = {
    "DEFAULT-CHOICE": (
        "loses",
        N_("The answer {value} that is filled in beforehand is not in the list {list}."),
        N_("It is dropped in silence, and the question starts empty."),
        N_("Nearest: {near}. Write an answer of the list, or empty the cell default."),
    ),
    "FILTER-NOCOL": (
        "loses",
        N_("The filter uses the column {name}, which the list {list} does not have."),
        N_("The list is empty on the phone; if an answer is required, nobody gets past it."),
        N_("Nearest: {near}. Correct the name, or add the column to the sheet choices."),
    ),
    "FILTER-BARE": (
        "loses",
        N_("The filter compares a column of the list with a column of the list: {value}."),
        N_("Every answer is shown, whatever was answered before."),
        N_("Write {near}: the answer given before stands in ${{ }}."),
    ),
    "FILTER-WHOLE": (
        "misleads",
        N_("The filter looks at no column of the list {list}: {value}."),
        N_("It lets every answer through, or none at all."),
        N_(
            "Write {near}. A column of the list stands on one side; a condition for the whole question goes into relevant."
        ),
    ),
    "FILTER-EMPTY": (
        "loses",
        N_("For {values}, answered at {name}, the list {list} has nothing to choose."),
        N_("The list is empty on the phone; if an answer is required, nobody gets past it."),
        N_("Add a choice for each of them, or a condition that leaves the question out."),
    ),
    "FILTER-NOTHING": (
        "loses",
        N_("The filter leaves no answer of the list, whatever was answered before: {value}."),
        N_("The list is empty on the phone; if an answer is required, nobody gets past it."),
        N_("Change a part of the filter, or write or where one of them is enough."),
    ),
    "LIST-UNUSED": (
        "style",
        N_("No question uses the list {list}."),
        N_("Every phone downloads it for nothing."),
        N_("Delete its rows, or correct the name in the column type."),
    ),
    "LIST-LONG": (
        "style",
        N_("The list {list} has {count} choices in the sheet."),
        N_("The form opens slowly on small phones."),
        N_("Put the list into a .csv file and use select_one_from_file."),
    ),
}

_SCREENS: Mapping[str, _Words] = {
    "NOTE-REQUIRED": (
        "breaks",
        N_("The row {path} must be answered, and nobody can answer it."),
        N_("The form can never be finalised."),
        N_("Empty the cell required."),
    ),
    "CON-NOMSG": (
        "style",
        N_("The question {path} refuses answers without saying why."),
        N_("The phone shows a sentence in English, or none."),
        N_("Write constraint_message in every language: what may be answered."),
    ),
    "REQ-NOMSG": (
        "style",
        N_("The question {path} must be answered and has no message of its own."),
        N_("The phone shows its own sentence, in the language of the phone."),
        N_("Write required_message in every language."),
    ),
    "REPEAT-IN-FIELDLIST": (
        "breaks",
        N_("The repeat {path} stands inside {group}, which is shown on one screen."),
        N_("Collect refuses the screen, and nobody gets past it."),
        N_("Move field-list from the group to the repeat, or take the repeat out of the group."),
    ),
    "APPEARANCE-UNKNOWN": (
        "misleads",
        N_("No phone knows the appearance {value}."),
        N_("It is ignored in silence."),
        N_("Nearest: {near}. Correct it, or empty the cell."),
    ),
}

_LANGUAGES: Mapping[str, _Words] = {
    "TR-SAME": (
        "style",
        N_("The {column} is the same in {language} as in {other}."),
        N_("It was probably never translated."),
        N_("Translate it, if it is not meant so."),
    ),
    "LANG-WRONG": (
        "misleads",
        N_("The {column} in {language} is written in another language: {other}."),
        N_("Who chose {language} on the phone reads what they may not understand."),
        N_("Exchange the texts of the two columns, or translate this one."),
    ),
    "TEXT-LONG": (
        "style",
        N_("The {column} has a sentence of {count} words; {most} are the most that is read at once."),
        N_("Who had little schooling reads it twice, or answers something else."),
        N_("Make two sentences of it, or move what explains into guidance_hint."),
    ),
    "HINT-LONG": (
        "style",
        N_("The hint has {count} sentences; {most} are the most that is read on a phone."),
        N_("What follows is passed over."),
        N_("Keep what changes an answer, and move the rest into guidance_hint."),
    ),
    "WORD-OFFICE": (
        "style",
        N_("The {column} says “{word}”, a word of offices."),
        N_("Who had little schooling stops there, or guesses what is asked."),
        N_("Say it as people do: {near}."),
    ),
    "WORDS-RARE": (
        "style",
        N_(
            "Of a hundred different words of the labels and hints in {language}, {share} are rare; plain forms stay under {most}: {names}."
        ),
        N_("Who had little schooling stops there, or guesses what is asked."),
        N_("Write words that people say, or explain the rare one in the hint."),
    ),
    "TEXT-HARD": (
        "style",
        N_(
            "The labels and hints are hard to read: {lix} on the LIX scale; plain texts stay under {most}. Longest words: {longest}."
        ),
        N_("Reading takes most of the time of a form, above all for who had little schooling."),
        N_("Write shorter sentences and everyday words."),
    ),
    "MEDIA-MISSING": (
        "loses",
        N_("The file {name} is not in the folder of media."),
        N_("The phone shows nothing there; a list from it is empty."),
        N_(
            "Nearest: {near}. Put the file into the folder media beside the form, in a workspace forms/media, or correct its name."
        ),
    ),
    "MEDIA-UNUSED": (
        "style",
        N_("The form names none of these {count} files of its media: {names}."),
        N_("They are not sent to phones; or a cell that was to name one of them does not."),
        N_("Name each file where it is wanted, or take it out of the folder."),
    ),
    "FILE-CODING": (
        "loses",
        N_("The file {name} is written in {coding}, not in UTF-8."),
        N_("Phones read it as UTF-8: letters with accents are lost, or the whole list is."),
        N_("Save it again as CSV UTF-8."),
    ),
    "FILE-DELIMITER": (
        "breaks",
        N_("The first line of {name} parts its columns by {sign}, alone or beside another sign."),
        N_("Phones take commas, or semicolons if the first line has one: the columns are not found."),
        N_("Save it again as CSV UTF-8, with one sign between all columns: name,label,region"),
    ),
    "FILE-HEADER": (
        "breaks",
        N_(
            "The column {number} of {name} is called {header}: empty, with blanks around it, or called so {count} times."
        ),
        N_("Phones refuse such a list, or never find the column."),
        N_("Give each column of the first line a name of its own, without blanks: name,label,region"),
    ),
    "FILE-ROW": (
        "loses",
        N_("The line {line} of {name} has {count} cells; the first line names {columns} columns."),
        N_("A sign between columns stands inside a text: what follows slips into the next column."),
        N_('Put the text into double quotes: "Kumba, Meme"'),
    ),
    "FILE-COLUMN": (
        "breaks",
        N_("The file {name} has no column {header}, from which the answers are taken."),
        N_("The list cannot be opened, or shows empty lines."),
        N_("Nearest: {near}. Rename the column, or name it in the cell parameters: value=code label=nom"),
    ),
    "FILE-BLANK": (
        "loses",
        N_(
            "In {name}, the column {header} is empty or has blanks around its text in {count} lines, first in line {line}."
        ),
        N_("Such an answer cannot be chosen, or is never equal to what a condition compares it with."),
        N_("Fill the cells, or take the blanks away."),
    ),
    "FILE-TWICE": (
        "loses",
        N_("In {name}, {value} stands more than once in the column {header}; such values: {count}."),
        N_("Two answers are stored as one, and nobody can tell them apart afterwards."),
        N_("Give each line a value of its own."),
    ),
    "MEDIA-BIG": (
        "style",
        N_("The file {name} has {size}; {limit} are enough."),
        N_("Every phone pays for it at each download."),
        N_("Make it smaller: fewer pixels, or a shorter recording of lower quality."),
    ),
}

_WHOLE: Mapping[str, _Words] = {
    "NOT-OURS": (
        "style",
        N_("This form has neither a column register nor a column sensitivity: it is not one of dikalo's."),
        N_("Its answers go nowhere in the register, so the rules on consent and secrecy were not applied."),
        N_("Nothing; or check it with --profile ours to see what those rules would say."),
    ),
    "TOO-LONG": (
        "breaks",
        N_("The sheet {sheet} has {count} filled rows; forms have a few hundred."),
        N_("No phone opens such a form, and it was not looked at any further."),
        N_("Put long lists into a .csv file beside the form, and delete what is no question."),
    ),
    "DEAD": (
        "misleads",
        N_("The question {path} was not met in {runs} simulated fillings."),
        N_("Its condition is probably never met."),
        N_("Look at its own condition and at those of the groups around it."),
    ),
    "STUCK": (
        "breaks",
        N_("In {count} of {runs} simulated fillings no answer to {path} was accepted."),
        N_("Whoever meets it cannot finish the form."),
        N_("Look at its constraint, at its choices, and at what is required there."),
    ),
    "LEAK": (
        "exposes",
        N_("In {count} of {runs} simulated refusals the answer to {path} was still sent."),
        N_("Something about a person would be noted without consent."),
        N_("Put a condition on its group that opens only on the agreement."),
    ),
    "TARGET-CENTRAL": (
        "breaks",
        N_("The converter of ODK Central does not know {name} yet."),
        N_("The server refuses the form, or the phone shows the plain question."),
        N_("Remove it."),
    ),
    "SENS-VALUE": (
        "misleads",
        N_("The sensitivity of {path} is {value}, which is no level."),
        N_("It counts as 3 and is sealed: no list and no rule can use it."),
        N_("Write 0, 1, 2 or 3 in the column sensitivity."),
    ),
    "EDITABLE": (
        "exposes",
        N_("Finalised forms stay open for changes on the phone (client_editable)."),
        N_("Their answers then stay readable on the phone; with encryption it has no effect."),
        N_("Empty the cell client_editable, unless this was decided."),
    ),
    "SIGNATURE": (
        "exposes",
        N_("The question {path} asks for a signature."),
        N_("A signature names the person who signed."),
        N_("Ask for a yes in the person's words instead."),
    ),
    "IMG-PIXELS": (
        "style",
        N_("The picture {path} is taken in full size."),
        N_("It costs data and time, and shows more than needed."),
        N_("Write max-pixels=1600 in the cell parameters."),
    ),
}

SENTENCES: Mapping[str, _Words] = {**_EXPRESSIONS, **_LISTS, **_SCREENS, **_LANGUAGES, **_WHOLE}
"""Code -> severity, what, why, fix."""
