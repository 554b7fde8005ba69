"""The words of what differs between two versions of a form. Only a table; `change` uses it.

Level, what was found, why it matters, what to do. A slash parts a code from a variant of it: same code, other words or
level. A code never changes its meaning; the words in braces come from the change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xlsform.errors import N_
from xlsform.findings.profiles import Level


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One kind of change: its code, its level and its sentences, as message ids with the change's data in braces."""

    code: str
    level: Level
    what: str
    why: str
    fix: str


_E, _B, _W, _I = Level.ERROR, Level.BREAK, Level.WARN, Level.INFO

_TWO = N_("Two people decide this, and say why; else take the change back.")
_DRAFTS = N_(
    "Drafts on phones may no longer be finalised, and old submissions no longer be corrected on the server."
)
_BACK = N_("Take the change back: for an organisation's form nobody can allow it.")
_CORE = N_("Consent, safety, the rules of urgency, or the merging of all organisations' data stand on it.")
_SAFE = N_("Answers already collected stay as they are.")
_NOTHING = N_("Nothing to do.")

_SENTENCES: Mapping[str, tuple[Level, str, str, str]] = {
    # --- questions ---
    "FIELD-GONE": (
        _B,
        N_("The question {path} is gone."),
        N_("The server leaves its column out of exports; only our raw store still shows the old answers."),
        N_("To keep the column, leave the row and write false() in its cell relevant."),
    ),
    "FIELD-MOVED": (
        _B,
        N_("The question {path} is gone; the nearest new one is {near}."),
        N_(
            "To servers these are two questions: two half-empty columns, and a correction may lose the answer."
        ),
        N_("Take back the name and the group; to say it otherwise, change the label only."),
    ),
    "TYPE-CHANGED": (
        _B,
        N_("The question {path} was of type {old} and is of type {new}."),
        N_("The server refuses the form, or mixes two kinds of answers in one column."),
        N_("Take back the type, or add a new question under a new name."),
    ),
    "REPEAT-CHANGED": (
        _B,
        N_("{path} was a {old} and is a {new}."),
        N_("Its answers move to another table; old and new submissions no longer fit together."),
        N_("Take it back, or add a new group or repeat under a new name."),
    ),
    "LABEL-MEANING": (
        _W,
        N_("The question {path} seems to ask something else in {language}: “{old}” has become “{new}”."),
        N_("Old and new answers stand in one column and would be read as answers to one question."),
        N_("If it asks something else, give it a new name; if it is only better said, leave it."),
    ),
    "CALC-CHANGED": (
        _W,
        N_("The calculation of {path} has changed."),
        N_("One column then holds values of two meanings."),
        N_("If the values mean something else, calculate them under a new name."),
    ),
    "CALC-CHANGED/uid": (
        _B,
        N_("The calculation of the identity {path} has changed."),
        N_("Rows already known would come back as new ones, and facts would move to another person."),
        N_("Take back the calculation: once(uuid())."),
    ),
    "REQUIRED-NEW": (
        _W,
        N_("The question {path} must now be answered."),
        _DRAFTS,
        N_("Send open drafts first, or leave the cell required as it was."),
    ),
    "CONSTRAINT-TIGHTER": (
        _W,
        N_("The question {path} no longer takes every answer that it took: {new}"),
        _DRAFTS,
        N_("Send open drafts first, or let the constraint take the old answers too."),
    ),
    "RELEVANCE-CHANGED": (
        _W,
        N_("{path} is shown under another condition: {new}"),
        N_("When an old submission is corrected, answers that are no longer shown are deleted."),
        N_("Check that the new condition shows all that was shown before."),
    ),
    "FILTER-CHANGED": (
        _W,
        N_("The question {path} offers its choices by another rule: {new}"),
        N_("When an old submission is corrected, an answer that is no longer offered is deleted."),
        N_("Check that the new rule offers all that was offered before."),
    ),
    # --- choices ---
    "CHOICE-GONE": (
        _B,
        N_("The choice {name} of the list {list} is gone (nearest: {near})."),
        N_("Old answers then have no label in the new version."),
        N_("Keep the choice under its name; hide it with a choice_filter if nobody may choose it any more."),
    ),
    "CHOICE-MEANING": (
        _B,
        N_(
            "The choice {name} of the list {list} seems to say something else in {language}: “{old}” has become "
            "“{new}”."
        ),
        N_("Old and new answers would be added up as if they were the same."),
        N_("Keep the old choice and add a new one under a new name."),
    ),
    # --- people ---
    "CONSENT-LOOSER": (
        _B,
        N_("{path} can now be asked after the answer {answers} to {gate}; before, it could not."),
        N_("Something about a person would be noted without the agreement that was needed until now."),
        _TWO,
    ),
    "CONSENT-LOOSER/gone": (
        _B,
        N_("The question of consent {path} is gone, and no other takes its place."),
        N_("Everything behind it would be asked without agreement."),
        _TWO,
    ),
    "SENS-LOWERED": (
        _B,
        N_("The sensitivity of {path} is lowered from {old} to {new}."),
        N_("Answers that were kept apart would be seen by more people."),
        _TWO,
    ),
    # --- what an organisation may not change ---
    "CONSENT-LOOSER/core": (
        _E,
        N_("{path} can now be asked after the answer {answers} to {gate}; before, it could not."),
        N_("Something about a person would be noted without the agreement that was needed until now."),
        _BACK,
    ),
    "CONSENT-LOOSER/core-gone": (
        _E,
        N_("The question of consent {path} is gone, and no other takes its place."),
        N_("Everything behind it would be asked without agreement."),
        _BACK,
    ),
    "SENS-LOWERED/core": (
        _E,
        N_("The sensitivity of {path} is lowered from {old} to {new}."),
        N_("Answers that were kept apart would be seen by more people."),
        _BACK,
    ),
    "CORE-TOUCHED": (
        _E,
        N_("The cell {column} of {path} belongs to the protected core: it says {new} and must say {old}."),
        _CORE,
        N_("Write {old} again. The label, the hint and the place in the group are free."),
    ),
    "CORE-TOUCHED/gone": (
        _E,
        N_("The row {path} belongs to the protected core and is gone, or stands in another group."),
        _CORE,
        N_("Put the row back where it was."),
    ),
    "CORE-TOUCHED/wording": (
        _E,
        N_("The wording of {path} in {language} is what people agree to, and it has changed: “{new}”."),
        N_("An agreement counts only for the words that were read out."),
        N_("Write again: “{old}”"),
    ),
    "CORE-TOUCHED/list": (
        _E,
        N_("The list {list} is closed, and its choice {name} was added or changed."),
        N_("A rule or a law gives each of its codes a meaning; another one would mean nothing."),
        N_("Take it back. Choices may be added to open lists, under names that begin with org_."),
    ),
    "CORE-TOUCHED/choice": (
        _E,
        N_("The choice {name} of the list {list} is gone or renamed."),
        N_("Rules and other organisations' data know it, and old answers would have no label."),
        N_("Put it back under its name; its label is free."),
    ),
    "CORE-TOUCHED/setting": (
        _E,
        N_("The setting {name} has changed."),
        N_("It decides whose form it is, what a lost phone shows, and who can read the answers."),
        N_("Write again what stood there, or empty the cell if nothing did."),
    ),
    "CORE-TOUCHED/language": (
        _E,
        N_("The language {language} of the base is gone or spelt otherwise."),
        N_("Whoever reads it would find no question."),
        N_("Put its columns back, spelt as they were. Languages may be added."),
    ),
    "CORE-TOUCHED/before": (
        _E,
        N_("{path} stands before the question of consent {gate}."),
        N_("Nothing is asked before the person has agreed."),
        N_("Move it behind the question of consent."),
    ),
    "ORG-NAME": (
        _E,
        N_("{path} is new, and its name does not begin with org_."),
        N_("A later version of the base may use that name for something else."),
        N_("Call it {near}, also where other cells name it."),
    ),
    "BAN-IDENTITY": (
        _E,
        N_("{path} of the alert asks for a name or a telephone number ({name})."),
        N_("An alert travels before anybody has weighed the risk: it never holds an identity."),
        N_("Delete the question; the case form asks for identities, behind their own agreement."),
    ),
    "BAN-ARMED-GROUP": (
        _E,
        N_("The choice {path} names an armed group ({name})."),
        N_("A phone that is searched at a checkpoint would show it."),
        N_("Use the kinds of author that the form has, or write the name later at the desk."),
    ),
    "BAN-PHONE": (
        _E,
        N_("The phone would record or send {name} by itself ({path})."),
        N_("It identifies, follows or overhears the person who collects or the person who speaks."),
        N_("Delete the row, or the column that asks for it."),
    ),
    "CORE-TOUCHED/field": (
        _E,
        N_("{path} writes into {name} of the register, which a row of the protected core fills."),
        N_("It would speak in its place: an agreement, an urgency, an identity that nobody gave."),
        N_("Empty the cell register: the answer is kept with its label."),
    ),
    "SENS-LOWERED/copy": (
        _B,
        N_("{path}, of level {new}, takes over the answer to {name}, which is sealed (level {old})."),
        N_("The sealed answer would stand in clear in the everyday register."),
        N_("Write {old} in its column sensitivity, or do without it."),
    ),
    "MAP-CHANGED": (
        _W,
        N_("The answers to {path} went to {old} of the register and now go to {new}."),
        N_("Submissions of the old version keep their place: the register holds both."),
        N_("Check that old and new answers belong to different fields."),
    ),
    "MAP-CHANGED/gone": (
        _W,
        N_("The answers to {path} went to {old} of the register and now have no field there."),
        N_("New answers are kept beside the record only, and no rule reads them."),
        N_("Write {old} in the column register again, unless this is meant."),
    ),
    # --- the form ---
    "VERSION-NOT-RAISED": (
        _E,
        N_("The form has changed, but its version has not been raised ({old}, now {new})."),
        N_("The server refuses it, or phones exchange the form under open drafts."),
        N_("Write a later version: the date and two digits, for example 2026112502."),
    ),
    "FORM-ID-CHANGED": (
        _B,
        N_("The form id was {old} and is {new}."),
        N_("To servers and phones it is another form: two lists of submissions."),
        N_("Take back the form id, unless it shall be another form."),
    ),
    "ENCRYPTION-CHANGED/on": (
        _W,
        N_("The form is now encrypted on the phone."),
        N_("The server can no longer show the answers; only the owner of the private key can read them."),
        N_("Check that the private key is kept in two places before the form goes out."),
    ),
    "ENCRYPTION-CHANGED/off": (
        _B,
        N_("The form is no longer encrypted on the phone."),
        N_("The server, and whoever seizes it, could read the answers."),
        _TWO,
    ),
    "ENCRYPTION-CHANGED/key": (
        _W,
        N_("The form is encrypted with another key."),
        N_("Old submissions open only with the old private key."),
        N_("Keep the old private key as long as its submissions."),
    ),
    "LANG-GONE": (
        _W,
        N_("The language {language} is gone."),
        N_("Whoever used it sees another language on the phone."),
        N_("Keep it, or tell the enumerators before the form goes out."),
    ),
    "LANG-DEFAULT-CHANGED": (
        _W,
        N_("The form opened in {old} and now opens in {new}."),
        N_("Enumerators see another language on the phone."),
        N_("Keep the order of the languages, or tell the enumerators before the form goes out."),
    ),
    # --- harmless ---
    "FIELD-NEW": (_I, N_("The question {path} is new."), _SAFE, _NOTHING),
    "CHOICE-NEW": (_I, N_("The list {list} has a new choice {name}."), _SAFE, _NOTHING),
    "LANG-NEW": (_I, N_("The language {language} is new."), _SAFE, _NOTHING),
    "EASED": (_I, N_("The question {path} takes more answers than before, or none."), _SAFE, _NOTHING),
    "SENS-RAISED": (
        _I,
        N_("The sensitivity of {path} is raised from {old} to {new}."),
        N_("Submissions of the old version keep their level."),
        _NOTHING,
    ),
    "MAP-NEW": (_I, N_("The answers to {path} now go to {new} of the register."), _SAFE, _NOTHING),
    "TEXT-CHANGED": (_I, N_("Texts or media of {path} have changed."), _SAFE, _NOTHING),
    "LOOK-CHANGED": (_I, N_("Look, parameters or default of {path} have changed."), _SAFE, _NOTHING),
    "ORDER-CHANGED": (_I, N_("The order within {path} has changed."), _SAFE, _NOTHING),
    "TITLE-CHANGED": (
        _I,
        N_("The title of the form, or the rule that names submissions, has changed."),
        _SAFE,
        _NOTHING,
    ),
}

CHANGES: Mapping[str, ChangeKind] = MappingProxyType(
    {kind: ChangeKind(kind.partition("/")[0], *entry) for kind, entry in _SENTENCES.items()}
)
"""Every kind of change, with its code, level and words."""
