"""The catalogue of what can be wrong with a form: codes, severities, sentences. Only a table; `problems` uses it.

A code never changes its meaning and is never used again for another. The three sentences say what was found, why it
matters and how to mend it; the words in braces come from the finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xlsform.errors import N_
from xlsform.findings import cell_words, logic_words, type_words
from xlsform.findings.profiles import HOUSE, LEVELS, Level, Severity

__all__ = ["CATALOGUE", "Level", "Problem", "Severity"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of fault: its severity and its sentences, as message ids with the finding's data in braces."""

    code: str
    severity: Severity
    what: str
    why: str
    fix: str

    @property
    def level(self) -> Level:
        """What our own forms do about it."""
        return HOUSE.get(self.code, LEVELS[self.severity])


_SENTENCES: Mapping[str, tuple[str, str, str, str]] = {
    # --- names and versions ---
    "NAME-FORM": (
        "style",
        N_(
            "The name {name} is not plain: small letters without accents, digits and _, a letter first, at most 32."
        ),
        N_("Servers and statistics programs rewrite or cut other names, and the column is lost."),
        N_("Rename it, for example {near}, before the form is first used."),
    ),
    "NAME-RESERVED": (
        "loses",
        N_("The name {name} is taken by servers or by the build."),
        N_("The answer would collide with a field that the server or dikalo adds."),
        N_("Choose another name."),
    ),
    "NAME-CASE": (
        "misleads",
        N_("The names {name} and {other} differ only in capitals."),
        N_("KoboToolbox refuses it, and people confuse the two."),
        N_("Rename one of them."),
    ),
    "NAME-REUSED": (
        "style",
        N_("The name {name} is used twice, also at {other}."),
        N_("Tables are named by the last part, and a reference to {name} is ambiguous."),
        N_("Rename one of them."),
    ),
    "CHOICE-NAME": (
        "style",
        N_(
            "The choice {name} of the list {list} holds something other than letters without accents, digits and _."
        ),
        N_("Blanks split an answer with several choices; commas and accents break exports."),
        N_("Rename it, for example {near}; the label may stay."),
    ),
    "FORM-ID": (
        "style",
        N_(
            "The form id {name} is not plain: small letters without accents, digits and _, a letter first, at most 48."
        ),
        N_("It becomes part of addresses and file names."),
        N_("Rename it, for example {near}, before the form is first used."),
    ),
    "NO-VERSION": (
        "style",
        N_("The form has no version."),
        N_("Phones cannot tell that there is a newer one."),
        N_("Write the date and a number in settings, column version: for example 2026112501."),
    ),
    "VERSION-FORM": (
        "style",
        N_("The version {version} is not ten digits: year, month, day, number."),
        N_("Phones and people cannot tell which version is newer."),
        N_("Write for example 2026112501."),
    ),
    "VERSION-TAKEN": (
        "loses",
        N_("The form differs from {file}, which is in use here, and its version {version} is not later."),
        N_("Servers refuse it, or phones keep the form that they have."),
        N_("Write a later version into settings, for example {near}."),
    ),
    "STAMP": (
        "loses",
        N_("The row {name} is written by the build."),
        N_("Two rows of that name would contradict each other."),
        N_("Delete the row."),
    ),
    # --- languages ---
    "TR-MISSING": (
        "misleads",
        N_("The {column} is missing in {language}."),
        N_("The phone shows a dash to whoever reads that language."),
        N_(
            "Translate it. Until then, dikalo forms translate import TABLE --fill shows the original words in its place."
        ),
    ),
    "TR-MIXED": (
        "misleads",
        N_("The {column} stands in a column without a language, beside columns with one."),
        N_("The phone takes it for a further language that has no name."),
        N_("Move the text into the columns of the languages."),
    ),
    "TR-REF": (
        "misleads",
        N_("The {column} refers to {names} in {language} only."),
        N_("Who reads the other language is told something else."),
        N_("Use the same references in all languages."),
    ),
    "TEXT-REF": (
        "misleads",
        N_("The {column} holds {value}, which is shown as it stands."),
        N_("People read the name of a question in the place of its answer."),
        N_("Write {near}."),
    ),
    "LANG-SPELL": (
        "misleads",
        N_("The languages {name} and {other} are spelt almost alike."),
        N_("The phone offers both, each with half of the texts."),
        N_("Use one spelling in all columns."),
    ),
    "LANG-CODE": (
        "style",
        N_("The language {name} has no code in brackets."),
        N_("Screen readers, exports and dikalo find a language by its code."),
        N_("Write for example Français (fr)."),
    ),
    "LANG-DEFAULT": (
        "misleads",
        N_("The default language {name} is none of the form's: {known}."),
        N_("The form opens in another language."),
        N_("Copy the spelling of the column."),
    ),
    "CHOICE-DUP-LABEL": (
        "loses",
        N_("In the list {list}, {name} and {other} have the same text in the column {header}."),
        N_("Nobody can tell the two answers apart."),
        N_("Reword one of them."),
    ),
    # --- safety ---
    "CONSENT-GATE": (
        "exposes",
        N_("The question {path} (level {sensitivity}) can be asked without the agreement in {gate}."),
        N_("Something about a person would be noted without consent."),
        N_("Put a condition on its group that opens only on the agreement, for example: {example}"),
    ),
    "NO-GATE": (
        "exposes",
        N_("The form asks about people but has no question of consent."),
        N_("Something about a person would be noted without consent."),
        N_(
            "Ask for the agreement first, mapped to alert.consent_state or interview.consent_case, and put all groups "
            "behind it."
        ),
    ),
    "NO-EXIT": (
        "exposes",
        N_("The question {path} must be answered and offers no way out."),
        N_("A person who suffered would be made to say it."),
        N_("Add a choice named unknown or prefer_not to the list {list}."),
    ),
    "META-ID": (
        "exposes",
        N_("The form takes {type} from the phone."),
        N_("A seized server would then name the person who collects."),
        N_("Delete the row."),
    ),
    "GEO-AUTO": (
        "exposes",
        N_("The form takes the phone's position by itself ({type})."),
        N_("It records where the defender stands, at every interview."),
        N_("Delete the row; ask for a place in words, or for a point that the person may skip."),
    ),
    "GEO-REQUIRED": (
        "exposes",
        N_("The position {path} must be given."),
        N_("It forces the defender to record a place, however dangerous."),
        N_("Leave the cell required empty."),
    ),
    "RECORD-ALWAYS": (
        "exposes",
        N_("The form records the sound of the whole interview."),
        N_("The person is recorded without being asked each time."),
        N_("Delete the row; use a question of type audio."),
    ),
    "AUTOPLAY": (
        "exposes",
        N_("The question {path} is read aloud by itself."),
        N_("Anyone near the phone hears what is asked, before the person can stop it."),
        N_("Leave the cell autoplay empty; the sound starts at a touch."),
    ),
    "AUDIT-TRACK": (
        "exposes",
        N_("The audit row keeps {parameters}."),
        N_("Old answers, places or names of users would lie in a file beside the submission."),
        N_("Leave its cell parameters empty."),
    ),
    "NAME-SENSITIVE": (
        "exposes",
        N_("The setting {setting} shows the answer to {name}."),
        N_("It stands in clear in the lists of a lost phone, also when the form is encrypted."),
        N_("Use only a code, a date and the region."),
    ),
    "SENS-CARRIED": (
        "exposes",
        N_("The {column} of {path}, of level {new}, takes over the answer to {name}, which has level {old}."),
        N_("What is closely kept under one name stands in clear under the other."),
        N_("Write {old} in the column sensitivity of this row, or take the reference out."),
    ),
    "SENS-SHOWN": (
        "exposes",
        N_("The {column} of {path}, of level {new}, shows the answer to {name}, which has level {old}."),
        N_("Whoever looks at the screen, or scrolls through the form, reads it without asking for it."),
        N_("Say it in other words (this person), or write {old} in the column sensitivity of this row."),
    ),
    "LAST-SAVED": (
        "exposes",
        N_("The question {path} starts with the last answer to {name}, which is of level 2 or 3."),
        N_("What one person said is shown to the next."),
        N_("Delete the default."),
    ),
    "ENTITY-WRITE": (
        "exposes",
        N_("The form writes to a list of entities."),
        N_("Entities lie in clear on every phone that has the form."),
        N_("Delete the column save_to and the sheet entities."),
    ),
    "SUBMISSION-URL": (
        "exposes",
        N_("The settings send the answers to another address."),
        N_("They would not go to the server that the phone is set up for."),
        N_("Empty the cell submission_url."),
    ),
    "KEY-PRIVATE": (
        "exposes",
        N_("The cell public_key holds a private key."),
        N_("Every phone and the server could then read what is encrypted."),
        N_("Empty the cell, throw that key away, and let dikalo write the public key of a new one."),
    ),
    "KEY-INVALID": (
        "breaks",
        N_("The cell public_key holds no RSA key of 2048 bits in one line."),
        N_("Phones cannot finalise the form, or finalise it in clear."),
        N_("Empty the cell and let dikalo write the key."),
    ),
    "PULLDATA": (
        "style",
        N_("The form uses {name}."),
        N_("It is an old way that the engine no longer runs."),
        N_("Use select_one_from_file, or instance('list')/root/item[…]."),
    ),
    "OR-OTHER": (
        "misleads",
        N_("The type ends in or_other."),
        N_("The added choice is in English only, and filters do not let it through."),
        N_("Add a choice of your own, and a question for the text."),
    ),
    # --- mapping ---
    "UNMAPPED": (
        "style",
        N_("The question {path} names no field of the register."),
        N_("Its answers are kept with their label, beside the record, and no rule reads them."),
        N_("Write a field in the column register if there is one."),
    ),
    "REGISTER-UNKNOWN": (
        "loses",
        N_("The register has no {name} that a form may fill."),
        N_("The answer would have nowhere to go."),
        N_(
            "Nearest: {near}. Correct the name, or empty the cell: the answer is then kept beside the record."
        ),
    ),
    "REGISTER-TYPE": (
        "loses",
        N_("The field {name} cannot take an answer of type {type}."),
        N_("The register would not understand the answer."),
        N_("Use one of the types {types}, or another field."),
    ),
    "REGISTER-TWICE": (
        "loses",
        N_("The questions {path} and {other} both fill {name}."),
        N_("Only one of the two answers would be kept."),
        N_("Let their conditions exclude each other, or give one of them another field."),
    ),
    "REPEAT-UID": (
        "loses",
        N_("The repeat {path} has no row that gives each repetition its identity."),
        N_("Positions change when a repetition is deleted: facts would move to another person."),
        N_("Add a row calculate with the calculation once(uuid()) and the register uid."),
    ),
    "UID-UNSTABLE": (
        "loses",
        N_("The identity {path} is not calculated with once(uuid())."),
        N_("It would change each time the form is opened."),
        N_("Write once(uuid()) in the cell calculation."),
    ),
    "SENS-MISSING": (
        "misleads",
        N_("Neither {path} nor its group says how sensitive the answer is."),
        N_("It counts as 3 and is sealed: no list and no rule can use it."),
        N_("Write 0, 1, 2 or 3 in the column sensitivity."),
    ),
    "SENS-LOW": (
        "exposes",
        N_(
            "The question {path} looks like an identity, a place or a recording ({word}) but has level {sensitivity}."
        ),
        N_("The answer would stand in clear in the everyday register."),
        N_("Write 3 in the column sensitivity."),
    ),
    "SENS-BELOW": (
        "exposes",
        N_("The question {path} has level {sensitivity}; the field {name} of the register has {level}."),
        N_("A form may be stricter than the register, never looser."),
        N_("Write {level} in the column sensitivity."),
    ),
    "RULE-SEALED": (
        "loses",
        N_("The question {path} is sealed, but the triage rules read {name}."),
        N_("No rule can read a sealed answer: the urgency would be computed without it."),
        N_("Write 2 in the column sensitivity, or another field."),
    ),
    "TARGET-KOBO": (
        "loses",
        N_("KoboToolbox drops {name} in silence."),
        N_("The form would behave otherwise there than where it was tried."),
        N_("Remove it, or build the form for Central only."),
    ),
    # --- what the engine says ---
    "JR-CYCLE": (
        "breaks",
        N_("A calculation or condition depends on itself ({engine})."),
        N_("The phone cannot open the form."),
        N_("Break the circle: no row may use, directly or through others, its own answer."),
    ),
    "JR-FUNCTION": (
        "breaks",
        N_("An expression uses a function that does not exist ({engine})."),
        N_("The phone stops when it comes there."),
        N_("Use the functions of XLSForm, in English: if, not, selected, count."),
    ),
    "JR-BRACKETS": (
        "breaks",
        N_("Brackets or quotes do not pair ({engine})."),
        N_("The phone cannot open the form."),
        N_("Count the brackets and quotes of the expression."),
    ),
    "JR-SYNTAX": (
        "breaks",
        N_("An expression cannot be understood ({engine})."),
        N_("The phone cannot open the form."),
        N_(
            "Write it in XLSForm: and, or, not( ), = and !=, a comma between arguments, 'text' in straight quotes."
        ),
    ),
    "JR-REPEAT-REF": (
        "breaks",
        N_("An expression outside a repeat uses a question inside it ({engine})."),
        N_("The phone stops as soon as there are two repetitions."),
        N_("Use count, sum, or indexed-repeat."),
    ),
    "JR-TYPE": (
        "breaks",
        N_("An expression mixes kinds of values ({engine})."),
        N_("The phone stops when it comes there."),
        N_("Compare numbers with numbers and dates with date('2026-11-25')."),
    ),
    "JR-OTHER": (
        "breaks",
        N_("ODK Collect's engine refuses the form ({engine})."),
        N_("The phone cannot open it, or stops in it."),
        N_("Correct the row that it names."),
    ),
}

CATALOGUE: Mapping[str, Problem] = MappingProxyType(
    {
        code: Problem(code, Severity(severity), *words)
        for table in (_SENTENCES, cell_words.SENTENCES, logic_words.SENTENCES, type_words.SENTENCES)
        for code, (severity, *words) in table.items()
    }
)
"""Every code, with its severity and its words."""
