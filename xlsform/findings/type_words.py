"""The words of findings about what expressions give and where they stand. Only tables; `catalogue` takes them in.

Severity, what was found, why it matters, how to mend it. The words in braces come from the finding.
"""

from __future__ import annotations

from collections.abc import Mapping

from xlsform.errors import N_

_Words = tuple[str, str, str, str]

_STOPS = N_("The phone cannot open the form, or stops when it comes there.")
_NEVER = N_("The condition is never met, or always, and nobody is told.")
_NOTHING = N_("The result is nothing, and a comparison with it is never true.")
_IGNORED = N_("It is ignored in silence.")

_KINDS: Mapping[str, _Words] = {
    "TYPE-NUMBER": (
        "loses",
        N_("The cell {column} counts with {value}, which is never a number."),
        _NOTHING,
        N_("Count with questions of type integer or decimal; compare answers of a list with = and quotes."),
    ),
    "TEXT-NUMBER": (
        "misleads",
        N_("The cell {column} counts with {value}, whose answer is a text that people type."),
        N_("Whoever types a word, or a number with its unit, counts as nothing."),
        N_("Give that question the type integer or decimal."),
    ),
    "TEXT-PLUS": (
        "loses",
        N_("The cell {column} adds texts: {value}."),
        N_("The sign + is for numbers only; of texts the result is nothing."),
        N_("Write {near}."),
    ),
    "TYPE-COMPARE": (
        "loses",
        N_("The cell {column} compares {value} with {other}, which are of different kinds."),
        _NEVER,
        N_(
            "Compare numbers with numbers and dates with date('2026-11-25'); what is true or false goes into boolean-from-string()."
        ),
    ),
    "COMPARE-CHAIN": (
        "loses",
        N_("The cell {column} compares twice in a row: {value}."),
        N_(
            "Phones take the first half for true or false, 1 or 0, and compare that: it is nearly always met."
        ),
        N_("Write {near}."),
    ),
    "TIME-ORDER": (
        "loses",
        N_("The cell {column} counts with the time of day {value}."),
        N_("Phones count in whole days: all times of day are the same to them."),
        N_("Write {near} on both sides."),
    ),
    "DATE-DIVIDED": (
        "loses",
        N_("The cell {column} divides a date: {value}."),
        N_("Phones divide before they subtract: the result is no number of years or weeks."),
        N_("Write {near}."),
    ),
    "HOURS-LOST": (
        "misleads",
        N_("The cell {column} counts from one moment to another: {value}."),
        N_("Phones count in whole days there: two moments of one day are the same to them."),
        N_("Write {near}."),
    ),
    "COND-TEXT": (
        "loses",
        N_("The cell {column} has {value} alone where a condition must be."),
        N_("Every text counts as true, be it no."),
        N_("Write {near}."),
    ),
    "SUM-EMPTY": (
        "misleads",
        N_("The cell {column} adds answers of which some may be missing: {names}."),
        N_("As soon as one of them is missing, the whole total is nothing."),
        N_("Write {near}, or require the answers."),
    ),
    "WORD-BARE": (
        "loses",
        N_("The cell {column} holds {value}, which is neither in quotes nor in ${{ }}."),
        N_("Phones take it for the name of a question, and it stands for nothing."),
        N_("Write {near}."),
    ),
    "DAY-NUMBER": (
        "misleads",
        N_("The cell {column} gives a day as a number, and a text shows it: {value}."),
        N_("People read a number such as 20782."),
        N_("Write {near}."),
    ),
    "BRANCH-NEVER": (
        "misleads",
        N_("In the cell {column} the value {value} is never given: what stands before it leaves nothing."),
        N_("The condition {condition} always holds there, or never."),
        N_("Write {near}. What is narrower, or may be missing, stands first."),
    ),
    "REF-QUOTED": (
        "loses",
        N_("The cell {column} holds a reference inside of quotes: {value}."),
        N_("Phones read it as a text, not as the answer."),
        N_("Write {near}."),
    ),
}

_CALLS: Mapping[str, _Words] = {
    "ARG-COUNT": (
        "breaks",
        N_("The cell {column} gives {name}() {count} values, and it takes {need}."),
        _STOPS,
        N_("Look for a missing or a superfluous comma."),
    ),
    "ARG-KIND": (
        "breaks",
        N_("The cell {column} gives {name}() something that it cannot work with: {value}."),
        N_("The phone stops when it comes there, or the result is nothing."),
        N_("Give selected() an answer of a list, count() and sum() one reference, format-date() a date."),
    ),
    "ROWS-ONE": (
        "misleads",
        N_("The cell {column} uses {name}() over {value}, which is only one answer there."),
        N_("Nothing is counted or added up: it is no repeat, or only the row at hand."),
        N_("Write {near}, or move the row out of the repeat."),
    ),
    "SELECTED-WORDS": (
        "loses",
        N_("The cell {column} looks for several answers at once: {value}."),
        N_("They are found only when they are chosen one right after the other in the list."),
        N_("Write {near}."),
    ),
    "LABEL-OF": (
        "misleads",
        N_("The cell {column} asks for the text of an answer in a way that finds none: {value}."),
        N_("The text is empty on the phone, or the phone stops there."),
        N_("Write {near}: the question stands in quotes, and it is the one that has the answer in its list."),
    ),
    "REPEAT-INDEX": (
        "breaks",
        N_("The cell {column} looks into a repeat in a way that finds nothing: {value}."),
        N_("The phone stops when it comes there."),
        N_(
            "Write indexed-repeat(${{question}}, ${{repeat}}, 1): a question of that repeat, the repeat, a row from 1 on."
        ),
    ),
    "SUBSTR-EMPTY": (
        "loses",
        N_("The cell {column} cuts out a part of a text that ends before it begins: {value}."),
        N_(
            "The result is empty. Letters are counted from 0, and the last number is where the part ends, not its length."
        ),
        N_("Write for example {near}."),
    ),
    "ONCE-INSIDE": (
        "loses",
        N_("The cell {column} has {value} inside of something else."),
        N_("From the second time on it gives the whole result, to which the rest is added again."),
        N_("Write {near}."),
    ),
    "DATE-PATTERN": (
        "breaks",
        N_("The cell {column} writes a date in the pattern {value}, and phones do not know {at}."),
        N_("The phone stops there, or shows the pattern itself."),
        N_("Write for example '%d/%m/%Y', or '%e %b %Y'; hours as '%H:%M'."),
    ),
    "HOURS-NONE": (
        "misleads",
        N_("The cell {column} writes {at} of a date, which has no hours: {value}."),
        N_("The hour is always 00:00."),
        N_("Give the question the type dateTime, or leave the hours out."),
    ),
    "REGEX-BROKEN": (
        "breaks",
        N_("The pattern {value} in the cell {column} cannot be read at {at}."),
        N_("The phone stops there; with \\\\ it asks for a backslash, which no answer has."),
        N_("Close each bracket and write a backslash only once, for example '[0-9]{{9}}' or '\\d+'."),
    ),
    "REGEX-NEVER": (
        "breaks",
        N_("No answer to {name} of type {type} can match the pattern {value} in the cell {column}."),
        N_(
            "Every answer is refused. A whole number has neither zeros nor a + in front, and nine digits at most."
        ),
        N_("Give the question the type text with the appearance numbers, or correct the pattern."),
    ),
    "LOOKUP-LIST": (
        "breaks",
        N_("The cell {column} looks into the list {list}, which the form does not have."),
        N_("The phone cannot open the form."),
        N_("Nearest: {near}. Write the name of a list of the sheet choices, or of a file without .csv."),
    ),
    "REGEX-TYPESET": (
        "loses",
        N_("The pattern {value} in the cell {column} holds {at}, as word processors write it."),
        N_("A long dash is a sign of its own, not from one sign to another; … is one sign, not three."),
        N_("Write {near}."),
    ),
    "LOOKUP-KEY": (
        "loses",
        N_("The cell {column} looks for {value} in the column {name} of {list}, and no row has it."),
        N_("The result is empty for these answers."),
        N_("Nearest: {near}. Write the key as it stands in the file, capitals too, or add the rows."),
    ),
    "LOOKUP-COLUMN": (
        "loses",
        N_("The cell {column} looks for the column {name}, which {list} does not have."),
        N_("The result is empty. Where a list has several languages, its texts cannot be looked up either."),
        N_("Nearest: {near}. Correct the name, or add the column."),
    ),
}

_PLACES: Mapping[str, _Words] = {
    "CELL-IDLE": (
        "misleads",
        N_("The cell {column} has no effect in a row of type {type}."),
        _IGNORED,
        N_(
            "Move it to the row that it is meant for, or empty it; conditions of a group stand in its begin row."
        ),
    ),
    "POSITION-ROW": (
        "loses",
        N_("The cell {column} asks for {value}, which is no single row of the repeat."),
        N_("The result is 1 in each row."),
        N_("Write {near}."),
    ),
    "POSITION-OUTSIDE": (
        "loses",
        N_("The cell {column} asks for {value} outside of all repeats."),
        N_("The result is always 1."),
        N_("Move the row into the repeat, or count its rows with count()."),
    ),
    "COUNT-ROWS": (
        "loses",
        N_("The cell {column} holds {value}, which is no number of rows."),
        N_("The repeat has no rows, and is never asked."),
        N_("Write for example {near}."),
    ),
    "REF-LATER": (
        "misleads",
        N_("The cell {column} hangs on {names}, which is only asked further down."),
        N_("The phone comes here before there is an answer, and passes on; nobody goes back by themselves."),
        N_("Move that question before this row."),
    ),
    "MESSAGE-IDLE": (
        "misleads",
        N_("The row has a {column}, and no {other} that would show it."),
        N_("Nobody ever reads the message: the condition was lost, or stands in another column."),
        N_("Write the condition into the column {other}, or empty the cell."),
    ),
    "CON-OTHERS": (
        "misleads",
        N_("The constraint of {path} looks at {names} and not at its own answer: {value}."),
        N_("Every answer passes, or none. It was probably copied from another row."),
        N_("Write . for the answer itself, as in . <= 120."),
    ),
    "OVERWRITTEN": (
        "misleads",
        N_("The question {path} can be answered, and is computed from {names} as well."),
        N_("Each time one of them changes, what a person answered is replaced."),
        N_("Write yes into readonly, or take the type calculate and show the value in a note."),
    ),
    "EARLY": (
        "loses",
        N_("The cell {column} holds {value}, and it is computed before anybody answered {names}."),
        N_("It is computed when the form is opened, and never again: the answer is missing in it."),
        N_("Write it into the cell calculation without once(), or give the row a trigger."),
    ),
    "DEFAULT-TYPE": (
        "loses",
        N_("The cell {column} fills in {value}, which is no answer of type {type}."),
        N_("It is dropped in silence, or stored as something else."),
        N_("Write for example {near}."),
    ),
    "DEFAULT-REFUSED": (
        "misleads",
        N_("The cell {column} fills in {value}, which is refused by: {other}."),
        N_("Whoever leaves it as it stands cannot go on."),
        N_("Fill in an answer that is allowed, or none."),
    ),
    "RANGE-STEPS": (
        "breaks",
        N_("The range {value} runs backwards, or its steps do not end at its end."),
        N_("The phone shows no scale, or one that runs from right to left."),
        N_("Write for example {near}."),
    ),
    "ZEROS-LOST": (
        "loses",
        N_("The question {path} takes a number that is a code, as a whole number."),
        N_("Zeros in front are lost, and more than nine digits cannot be typed."),
        N_("Write the type text with the appearance numbers."),
    ),
    "APPEARANCE-TYPE": (
        "misleads",
        N_("The appearance {value} is none for the type {type}."),
        _IGNORED,
        N_("It belongs to: {types}. Correct it, or empty the cell."),
    ),
}

_CALCULATED: Mapping[str, _Words] = {
    "CHANCE-ANEW": (
        "loses",
        N_("The cell {column} holds {value}, which gives something else each time the form is opened."),
        N_(
            "Who opens a form again to correct it gets another code, or other questions: earlier answers are lost."
        ),
        N_("Write {near} in a row of type calculate, and read that row wherever it is needed."),
    ),
    "CLOCK-ANEW": (
        "misleads",
        N_("The cell {column} is computed anew each time the form is opened: {value}."),
        N_("Who opens a form again days later changes the date, the code or the age that was stored."),
        N_("Write {near}; a row of type {type}, here {row}, keeps when the form was begun."),
    ),
    "CALC-HIDDEN": (
        "misleads",
        N_("The cell {column} reads {name}, which holds nothing where {cells} is not met: {value}."),
        N_(
            "What {name} is made of was answered all the same; the result is wrong or missing, and nobody is told."
        ),
        N_(
            "Move the row {name} out of its group, or empty its relevant: a calculation is not shown, and needs none."
        ),
    ),
    "AND-OR": (
        "misleads",
        N_("The cell {column} has and beside or without brackets: {value}."),
        N_("Phones join by and first, and then by or; a person reads it otherwise."),
        N_("Write {near}, or set the brackets that are meant."),
    ),
    "CLASS-GAP": (
        "misleads",
        N_("The cell {column} leaves {number} out: {value}, and before it, in {cells}, {other}."),
        N_("The number just between two classes is in neither: nobody with it is counted, or asked."),
        N_("Write {near}. One of the two takes the = sign."),
    ),
    "CLASS-TWICE": (
        "misleads",
        N_("The cell {column} takes {number} a second time: {value}, and before it, in {cells}, {other}."),
        N_("The number at the edge is in both classes: it is counted, or asked about, twice."),
        N_("Write {near}. Only one of the two takes the = sign."),
    ),
}

_OFFERED: Mapping[str, _Words] = {
    "CHOICE-NOLIST": (
        "loses",
        N_("The choice {name} has no list_name."),
        N_("It belongs to no list, and nobody can choose it."),
        N_("Write the name of its list."),
    ),
    "CHOICE-UNREACHED": (
        "loses",
        N_(
            "The choice {name} of the list {list} is never offered: {column} holds {value}, which is no answer to {parent}. "
            "Choices of this kind: {count}."
        ),
        N_("The filter of the question leaves it out whatever is answered before."),
        N_("Write an answer of {parent} into the cell, as it stands in its list, capitals too."),
    ),
    "CHOICE-CASE": (
        "misleads",
        N_("In the list {list}, the choices {name} and {other} differ only in capitals, blanks or signs."),
        N_("Conditions and statistics programs take one for the other, or count them apart."),
        N_("Delete one of them, or give it a name of its own."),
    ),
    "LIST-SPELT": (
        "loses",
        N_("No question uses the list {list}; it is probably meant to be a part of {other}."),
        N_("Its choices are offered nowhere."),
        N_("Write {other} in the column list_name of its rows, exactly so."),
    ),
    "NONE-BESIDE": (
        "misleads",
        N_("The answer {value} of the list {list} can be chosen together with others."),
        N_("Answers that contradict each other come in, and nobody can tell which one holds."),
        N_("Write {near} into the constraint, and a message."),
    ),
    "NONE-REFUSED": (
        "loses",
        N_("The constraint refuses the answer {value} of the list {list} when it is chosen alone."),
        N_("Who has none cannot say so; the condition is probably turned round."),
        N_("Write {near}."),
    ),
    "NONE-SHUFFLED": (
        "misleads",
        N_("The list {list} is shown in random order, with {value} anywhere in it."),
        N_("Read first, it is chosen before the others were read."),
        N_("Leave out randomize, or ask before whether there is anything at all."),
    ),
}

SENTENCES: Mapping[str, _Words] = {**_KINDS, **_CALLS, **_PLACES, **_CALCULATED, **_OFFERED}
"""Code -> severity, what, why, fix."""
