"""Why something about a consent is not done."""

from __future__ import annotations

from functools import partial
from typing import Final

from sync_scripts.errors import Declined, NotAllowed, UsageProblem, When
from sync_scripts.register.rules.kinds import label, labels

PersonUnknown: Final = UsageProblem.declare(
    "DK-R73",
    "Say who in the case {case} is meant, with --person: {known}. Nothing was changed. A consent belongs to one person.",
    instead=(
        When(
            "known",
            "",
            "Nobody was interviewed in the case {case} yet, so no consent can be recorded there. Nothing was changed. Send a CASE "
            "form, or record the consent of the alert.",
        ),
    ),
)
PurposeUnknown: Final = UsageProblem.declare(
    "DK-R74",
    '"{purpose}" is no purpose of a consent. Nothing was changed. Purposes are: {possible}. dikalo consent record CODE PURPOSE=ANSWER takes the answer, too.',
)
AnswerUnreadable: Final = UsageProblem.declare(
    "DK-R75",
    "The answer for {purpose} cannot be read. Nothing was changed. It can be: {possible}.",
)
NothingToWithdraw: Final = Declined.declare(
    "DK-R76",
    "{person} of the case {case} gave no consent that could be withdrawn for: {purposes}. Nothing was changed. dikalo "
    "consent show {case} says what is recorded.",
    shown={"purposes": partial(labels, "consent_purpose")},
)
OverrideOfAlert: Final = UsageProblem.declare(
    "DK-R49",
    "{alert} is an alert, and an override is one of a case. Nothing was changed. To refer an alert without consent, for a "
    'vital interest: dikalo alerts refer {alert} PROVIDER --vital --reason "why"; somebody else signs it.',
)
OverrideNotFor: Final = Declined.declare(
    "DK-R77",
    'For "{purpose}" there is no override: it is for a vital interest only, and never for court, advocacy, the United '
    "Nations, media or statistics. Nothing was changed. Ask the person.",
    shown={"purpose": partial(label, "consent_purpose")},
)
LongerThanAllowed: Final = UsageProblem.declare(
    "DK-R78",
    "An override lasts from 1 to {most} hours, not {hours}. Nothing was changed. Give fewer with --hours; within that "
    "time the person, the family or the guardian must be asked.",
)
ReasonForConsent: Final = Declined.declare(
    "DK-R79",
    "To withdraw or override a consent in the case {case} a reason is needed: it is kept. Nothing was changed. Add "
    '--reason "…", without names.',
)
AlertNotGiven: Final = Declined.declare(
    "DK-R80",
    'The alert {alert} says of consent "{state}": there is nothing to withdraw. Nothing was changed. If the person '
    "says no now: dikalo consent record {alert} refused.",
    shown={"state": partial(label, "consent_state")},
)
GuardianNoMore: Final = Declined.declare(
    "DK-R82",
    "{person} of the case {case} has been 18 since {day} at the latest: no guardian answers any more. Nothing was "
    "changed. Ask the person, and record it without --guardian.",
)
OverrideNeedsOther: Final = Declined.declare(
    "DK-R83",
    "Within the last {days} days {earlier} already signed that one acts without the consent of {person} of the case "
    "{case}. Nothing was changed. Once more needs somebody else's signature beside one of theirs, and then no more.",
)
OverrideTooOften: Final = Declined.declare(
    "DK-R84",
    "Nobody acts without the consent of {person} of the case {case} more than {most} times in {days} days, and that "
    "has been. Nothing was changed. By now the person, the family or the guardian must be asked: dikalo consent record CODE PURPOSE=ANSWER.",
)
ConsentChanged: Final = Declined.declare(
    "DK-R85",
    "What {people} of the case {case} agreed to is no longer what was just shown. Nothing was opened, nothing was "
    "written. Run the command again: it shows what may be shared now.",
)
ConsentGone: Final = Declined.declare(
    "DK-R86",
    "While this was read, what {people} of the case {case} agreed to was changed. It was opened, and that stays "
    "recorded; no file was made. Run the command again: it shows what may be shared now.",
)
LookedAtByTwo: Final = NotAllowed.declare(
    "DK-R63",
    "What was withdrawn or refused in {what} was written down under {first}, and nothing says that whoever did it is somebody "
    "else than you. Nothing was changed. Two people say that they looked: one ends the task (dikalo cases task {what} "
    'withdrawal_check --done --reason "how"), somebody else signs it (dikalo approve {what}).',
)
LookedAtByAnother: Final = NotAllowed.declare(
    "DK-R93",
    "What was withdrawn or refused in {what} was written down under {first}, and it counts. That somebody looked at it is "
    "said by somebody else. Nothing was changed. Let another person sign in with a passphrase of their own and end the task.",
)
TalkToCome: Final = UsageProblem.declare(
    "DK-R05",
    "Nobody can have been asked on {day}: that is still to come. Nothing was changed. Look at the year, or leave --on out if it "
    "was today.",
)
# Of an alert, ``case`` is its code, and there is no ``purpose``; ``no``: what the person said last was a refusal.
AnswerOutlived: Final = Declined.declare(
    "DK-R06",
    '{person} of the case {case} refused "{purpose}" on {day}, as far as is known here, and the consent of {on} is '
    "older. Nothing was changed. Ask the person again, and record the answer with the day on which it was given.",
    instead=(
        When(
            "purpose",
            "",
            "The person of the alert {case} refused on {day}, as far as is known here, and the consent of {on} is "
            "older. Nothing was changed. Ask the person again, and record the answer with the day on which it was "
            "given.",
        ),
        When(
            "no",
            False,
            'The latest answer of {person} of the case {case} about "{purpose}" is of {day}; the sheet of {on} is '
            "older. Nothing was changed. Ask the person again, and record the answer with the day on which it was "
            "given.",
        ),
    ),
    shown={"purpose": partial(label, "consent_purpose")},
)
AnswerRunOut: Final = Declined.declare(
    "DK-R07",
    'The consent of {person} to "{purpose}" of {on} expired on {until}. Nothing was changed. Check the year; if it is'
    " right, ask the person again.",
    shown={"purpose": partial(label, "consent_purpose")},
)
# ``answered``: by an ``adult``, by somebody whose ``age`` is not known, or by nobody (empty).
SpeaksForHerself: Final = Declined.declare(
    "DK-R08",
    '{person} of the case {case} is an adult, and nobody asked this person about "{purpose}". A guardian or the '
    "family answers for a child, or for somebody who cannot be asked. Nothing was changed. Ask the person; if that is"
    " impossible (missing, dead, unconscious), record it first: dikalo consent record {case} --person {person} "
    "{answer}",
    instead=(
        When(
            "answered",
            "adult",
            '{person} of the case {case} is an adult who answered about "{purpose}": no one can override an adult\'s '
            "own answer. Nothing was changed. Ask the person again, and record it without --guardian.",
        ),
        When(
            "answered",
            "age",
            '{person} of the case {case} answered about "{purpose}", and no age is recorded: if the age is unknown, '
            "the person's own answer counts. Nothing was changed. Ask the person again, and record it without "
            "--guardian; if it is a child, correct the age first: dikalo person correct {case} {age} VALUE --reason "
            '"…"',
        ),
    ),
    shown={"purpose": partial(label, "consent_purpose")},
    made={
        "answer": lambda error: f"{error.purpose}=unable",
        "age": lambda error: f"person.{error.person}.age",
    },
)
