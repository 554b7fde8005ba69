"""Why something about a consent is not done."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar, Final

from sync_scripts.errors import N_, Declined, NotAllowed, UsageProblem
from sync_scripts.register.labels import label, labels

__all__ = [
    "AlertNotGiven",
    "AnswerOutlived",
    "AnswerRunOut",
    "AnswerUnreadable",
    "ConsentChanged",
    "ConsentGone",
    "GuardianNoMore",
    "LongerThanAllowed",
    "LookedAtByAnother",
    "LookedAtByTwo",
    "NothingToWithdraw",
    "OverrideNeedsOther",
    "OverrideNotFor",
    "OverrideOfAlert",
    "OverrideTooOften",
    "PersonUnknown",
    "PurposeUnknown",
    "ReasonForConsent",
    "SpeaksForHerself",
    "TalkToCome",
]


@dataclass(eq=False, kw_only=True)
class PersonUnknown(UsageProblem):
    """The case has nobody of this pseudonym, or several people and nobody was named."""

    case: str
    known: str
    code: ClassVar[str] = "DK-R73"
    message: ClassVar[str] = N_(
        "Say who in the case {case} is meant, with --person: {known}. Nothing was changed. A consent belongs to one person."
    )

    def words(self) -> str:
        """Return the sentence; other words where nobody was interviewed."""
        if self.known:
            return super().words()
        return gettext(_NOBODY).format(case=self.case)


_NOBODY: Final = N_(
    "Nobody was interviewed in the case {case} yet, so no consent can be recorded there. Nothing was changed. Send a CASE "
    "form, or record the consent of the alert."
)


@dataclass(eq=False, kw_only=True)
class PurposeUnknown(UsageProblem):
    """There is no such purpose."""

    purpose: str
    possible: str
    code: ClassVar[str] = "DK-R74"
    message: ClassVar[str] = N_(
        '"{purpose}" is no purpose of a consent. Nothing was changed. Write PURPOSE=ANSWER with one of: {possible}.'
    )


@dataclass(eq=False, kw_only=True)
class AnswerUnreadable(UsageProblem):
    """The answer does not fit the purpose."""

    purpose: str
    possible: str
    code: ClassVar[str] = "DK-R75"
    message: ClassVar[str] = N_(
        "The answer for {purpose} cannot be read. Nothing was changed. It can be: {possible}."
    )


@dataclass(eq=False, kw_only=True)
class NothingToWithdraw(Declined):
    """What is to be withdrawn was not given."""

    case: str
    person: str
    purposes: str
    code: ClassVar[str] = "DK-R76"
    message: ClassVar[str] = N_(
        "{person} of the case {case} gave no consent that could be withdrawn for: {purposes}. Nothing was changed. dikalo "
        "consent show {case} says what is recorded."
    )

    def words(self) -> str:
        """Return the sentence with the labels of the purposes."""
        return gettext(self.message).format(
            case=self.case, person=self.person, purposes=labels("consent_purpose", self.purposes)
        )


@dataclass(eq=False, kw_only=True)
class OverrideOfAlert(UsageProblem):
    """An override stands in a case; of an alert a vital interest is said with its referral."""

    alert: str
    code: ClassVar[str] = "DK-R49"
    message: ClassVar[str] = N_(
        "{alert} is an alert, and an override is one of a case. Nothing was changed. To refer an alert without consent, for a "
        'vital interest: dikalo alerts refer {alert} PROVIDER --vital --reason "why"; somebody else signs it.'
    )


@dataclass(eq=False, kw_only=True)
class OverrideNotFor(Declined):
    """No override is possible for this purpose."""

    purpose: str
    code: ClassVar[str] = "DK-R77"
    message: ClassVar[str] = N_(
        'For "{purpose}" there is no override: it is for a vital interest only, and never for court, advocacy, the United '
        "Nations, media or statistics. Nothing was changed. Ask the person."
    )

    def words(self) -> str:
        """Return the sentence with the label of the purpose."""
        return gettext(self.message).format(purpose=label("consent_purpose", self.purpose))


@dataclass(eq=False, kw_only=True)
class LongerThanAllowed(UsageProblem):
    """An override lasts longer than the rules allow, or not at all."""

    hours: int
    most: int
    code: ClassVar[str] = "DK-R78"
    message: ClassVar[str] = N_(
        "An override lasts from 1 to {most} hours, not {hours}. Nothing was changed. Give fewer with --hours; within that "
        "time the person, the family or the guardian must be asked."
    )


@dataclass(eq=False, kw_only=True)
class ReasonForConsent(Declined):
    """This decision on a consent needs a reason."""

    case: str
    code: ClassVar[str] = "DK-R79"
    message: ClassVar[str] = N_(
        "To withdraw or override a consent in the case {case} a reason is needed: it is kept. Nothing was changed. Add "
        '--reason "…", without names.'
    )


@dataclass(eq=False, kw_only=True)
class AlertNotGiven(Declined):
    """The alert tells of no consent that could be withdrawn."""

    alert: str
    state: str
    code: ClassVar[str] = "DK-R80"
    message: ClassVar[str] = N_(
        'The alert {alert} says of consent "{state}": there is nothing to withdraw. Nothing was changed. If the person '
        "says no now: dikalo consent record {alert} refused."
    )

    def words(self) -> str:
        """Return the sentence with the label of the state."""
        return gettext(self.message).format(alert=self.alert, state=label("consent_state", self.state))


@dataclass(eq=False, kw_only=True)
class GuardianNoMore(Declined):
    """A guardian would answer for somebody who is an adult by now."""

    case: str
    person: str
    day: str
    code: ClassVar[str] = "DK-R82"
    message: ClassVar[str] = N_(
        "{person} of the case {case} has been 18 since {day} at the latest: no guardian answers any more. Nothing was "
        "changed. Ask the person herself, and record it without --guardian."
    )


@dataclass(eq=False, kw_only=True)
class OverrideNeedsOther(Declined):
    """The same two people would act without consent again."""

    case: str
    person: str
    days: int
    earlier: str
    code: ClassVar[str] = "DK-R83"
    message: ClassVar[str] = N_(
        "Within the last {days} days {earlier} already signed that one acts without the consent of {person} of the case "
        "{case}. Nothing was changed. Once more needs somebody else's signature beside one of theirs, and then no more."
    )


@dataclass(eq=False, kw_only=True)
class OverrideTooOften(Declined):
    """There were as many overrides as there may be."""

    case: str
    person: str
    days: int
    most: int
    code: ClassVar[str] = "DK-R84"
    message: ClassVar[str] = N_(
        "Nobody acts without the consent of {person} of the case {case} more than {most} times in {days} days, and that "
        "has been. Nothing was changed. By now the person, the family or the guardian must be asked: dikalo consent record CODE PURPOSE=ANSWER."
    )


@dataclass(eq=False, kw_only=True)
class ConsentChanged(Declined):
    """What may leave was taken back between its choice and its opening."""

    case: str
    people: str
    code: ClassVar[str] = "DK-R85"
    message: ClassVar[str] = N_(
        "What {people} of the case {case} agreed to is no longer what was just shown. Nothing was opened, nothing was "
        "written. Run the command again: it shows what may leave now."
    )


@dataclass(eq=False, kw_only=True)
class ConsentGone(Declined):
    """What may leave was taken back between its opening and the file."""

    case: str
    people: str
    code: ClassVar[str] = "DK-R86"
    message: ClassVar[str] = N_(
        "While this was read, what {people} of the case {case} agreed to was changed. It was opened, and that stays written "
        "down; no file was made. Run the command again: it shows what may leave now."
    )


@dataclass(eq=False, kw_only=True)
class LookedAtByTwo(NotAllowed):
    """A withdrawal or a refusal stands under a code that proves nobody, so nobody alone is somebody else."""

    what: str
    first: str
    code: ClassVar[str] = "DK-R63"
    message: ClassVar[str] = N_(
        "What was withdrawn or refused in {what} was written down under {first}, and nothing says that whoever did it is somebody "
        "else than you. Nothing was changed. Two people say that they looked: one ends the task (dikalo cases task {what} "
        'withdrawal_check --done --reason "how"), somebody else signs it (dikalo approve {what}).'
    )


@dataclass(eq=False, kw_only=True)
class LookedAtByAnother(NotAllowed):
    """Whoever wrote a withdrawal or a refusal down says that somebody looked at it."""

    what: str
    first: str
    code: ClassVar[str] = "DK-R93"
    message: ClassVar[str] = N_(
        "What was withdrawn or refused in {what} was written down under {first}, and it counts. That somebody looked at it is "
        "said by somebody else. Nothing was changed. Let another person sign in with a passphrase of their own and end the task."
    )


@dataclass(eq=False, kw_only=True)
class TalkToCome(UsageProblem):
    """The day of a talk lies ahead."""

    day: str
    code: ClassVar[str] = "DK-R05"
    message: ClassVar[str] = N_(
        "Nobody can have been asked on {day}: that is still to come. Nothing was changed. Look at the year, or leave --on out if it "
        "was today."
    )


@dataclass(eq=False, kw_only=True)
class AnswerOutlived(Declined):
    """A yes is older than what the person said last; of an alert, ``case`` is its code, and there is no purpose."""

    case: str
    person: str
    purpose: str
    day: str
    on: str
    no: bool
    code: ClassVar[str] = "DK-R06"
    message: ClassVar[str] = N_(
        '{person} of the case {case} said no to "{purpose}" on {day}, by what is known here, so a yes of {on} lifts nothing. Nothing '
        "was changed. Ask her again, and record what she says with the day on which she says it."
    )

    def words(self) -> str:
        """Return the sentence with the label of the purpose; another one of an alert, and where she said yes later."""
        if not self.purpose:
            return gettext(_OF_ALERT).format(**self.fields())
        said = self.fields() | {"purpose": label("consent_purpose", self.purpose)}
        return gettext(self.message if self.no else _LATER_YES).format(**said)


_OF_ALERT: Final = N_(
    "The person of the alert {case} said no on {day}, by what is known here, so a yes of {on} lifts nothing. Nothing was changed. Ask "
    "her again, and record what she says with the day on which she says it."
)
_LATER_YES: Final = N_(
    'What {person} of the case {case} answered about "{purpose}" on {day} is her last word; the sheet of {on} is older. Nothing was '
    "changed. Ask her again, and record what she says with the day on which she says it."
)


@dataclass(eq=False, kw_only=True)
class AnswerRunOut(Declined):
    """A yes is so old that it has run out."""

    person: str
    purpose: str
    on: str
    until: str
    code: ClassVar[str] = "DK-R07"
    message: ClassVar[str] = N_(
        'A yes of {person} to "{purpose}" of {on} ran out on {until}. Nothing was changed. Look at the year; if it is right, ask her '
        "again."
    )

    def words(self) -> str:
        """Return the sentence with the label of the purpose."""
        return gettext(self.message).format(
            **self.fields() | {"purpose": label("consent_purpose", self.purpose)}
        )


@dataclass(eq=False, kw_only=True)
class SpeaksForHerself(Declined):
    """Somebody else would answer for an adult who can be asked, or over what a person answered herself."""

    case: str
    person: str
    purpose: str
    own: bool
    adult: bool
    code: ClassVar[str] = "DK-R08"
    message: ClassVar[str] = N_(
        '{person} of the case {case} is an adult, and nobody asked her about "{purpose}". A guardian or the family answers for a child, '
        "or for somebody who cannot be asked. Nothing was changed. Ask her; if that cannot be (missing, dead, unconscious), record it "
        "first: dikalo consent record {case} --person {person} {answer}"
    )

    def words(self) -> str:
        """Return the sentence with the label of the purpose; another one where she answered, and where her age is not known."""
        said = self.message if not self.own else _OWN_WORD if self.adult else _OWN_WORD_NO_AGE
        return gettext(said).format(
            case=self.case,
            person=self.person,
            purpose=label("consent_purpose", self.purpose),
            answer=f"{self.purpose}=unable",
            age=f"person.{self.person}.age",
        )


_OWN_WORD: Final = N_(
    '{person} of the case {case} is an adult and answered about "{purpose}" herself: nobody else answers over her word. Nothing was '
    "changed. Ask her again, and record it without --guardian."
)
_OWN_WORD_NO_AGE: Final = N_(
    '{person} of the case {case} answered about "{purpose}" herself, and nobody wrote down that she is a child: nobody else answers '
    "over her word. Nothing was changed. Ask her again, and record it without --guardian; if she is a child, put her age right "
    'first: dikalo person correct {case} {age} VALUE --reason "…"'
)
