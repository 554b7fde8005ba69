"""Why something about a consent is not done."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar, Final

from sync_scripts.errors import N_, Declined, NotAllowed, UsageProblem
from sync_scripts.register.labels import label, labels

__all__ = [
    "AlertNotGiven",
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
