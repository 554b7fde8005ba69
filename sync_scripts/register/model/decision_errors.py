"""Why a decision that needs two people, or a proof of who decides, is not taken."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import Declined, NotAllowed, UnknownCode, UsageProblem, When

__all__ = [
    "AccountShared",
    "AccountUnknown",
    "CodeNotListed",
    "DecidedNotCorrected",
    "ErasureMissing",
    "FirstKeyFromSecond",
    "KeyFromFirst",
    "LevelNotDecided",
    "NotCorrectable",
    "NoteTooLong",
    "OwnHandMissing",
    "OwnKeyMissing",
    "ProposalStale",
    "ProposalUnknown",
    "ProposalWaits",
    "ProviderUnknown",
    "RefusalDismisses",
    "ShownChanged",
    "ThingUnknown",
    "TimeImpossible",
]


OwnKeyMissing: Final = NotAllowed.declare(
    "DK-R32",
    "{what} needs two people, and a typed code does not identify anyone. Nothing was changed. Leave --as out: each of"
    " the two signs in with a passphrase of their own (dikalo keys passphrase).",
)
# ``both``: somebody else than the ``first`` person set the passphrases of both.
KeyFromFirst: Final = NotAllowed.declare(
    "DK-R45",
    "{giver} set the passphrase of {worker}, so where {what} needs two people it proves only {giver}. Nothing was changed. "
    "{worker} changes it in a run of their own, alone at the keyboard (dikalo keys passphrase), and then signs.",
    instead=(
        When(
            "both",
            True,
            "{giver} set the passphrases of both {first} and {worker}, so for {what} they prove only {giver}. Nothing was changed. "
            "{worker} changes theirs in a run of their own, alone at the keyboard (dikalo keys passphrase), and then signs.",
        ),
    ),
    both=False,
)
KeyReplaced: Final = NotAllowed.declare(
    "DK-B10",
    "{giver} set a passphrase for {worker} in the place of the one that {worker} had, so where {what} needs two people it proves "
    "only {giver}, also after it was changed. Nothing was changed. Let somebody else sign. Or a third person gives {worker} a new "
    "one (dikalo keys passphrase --for {worker}), and {worker} changes it, alone at the keyboard, before the two of them decide.",
)
FirstKeyFromSecond: Final = NotAllowed.declare(
    "DK-S55",
    "{worker} had set the passphrase of {first}, who proposed what {what} needs two people for, so it may be {worker}'s own "
    "proposal. Nothing was changed. Let somebody else sign. Or {first} changes the passphrase in a run of their own "
    "(dikalo keys passphrase), takes this back and proposes it again.",
)
AccountShared: Final = NotAllowed.declare(
    "DK-S53",
    "{what} needs two people, and {first} wrote through the same account of the database ({account}) as you do now: for the "
    "database you are one person. Nothing was changed. The administrator gives each person an account of their own "
    "(dikalo guide keys has the SQL); put yours into url under [register] in your dikalo.toml, then sign.",
)
AccountUnknown: Final = NotAllowed.declare(
    "DK-S54",
    "{what} needs two people, and {first} proposed it before this register kept the accounts of the database, so nothing "
    "shows that you are two. Nothing was changed. Take it back (dikalo approve {what} --withdraw, with --reason) and let "
    "{first} propose it again.",
)
ProposalUnknown: Final = UsageProblem.declare(
    "DK-R33",
    "Nothing under {what} waits for a second person. Nothing was changed. dikalo approve list shows what waits.",
)
ProposalWaits: Final = Declined.declare(
    "DK-R34",
    "{first} proposed this for {what} already, and it waits for a second person ({proposal}). Nothing was changed. Let "
    "somebody else sign it with dikalo approve {proposal}, or take it back with dikalo approve {proposal} --withdraw.",
)
ProposalStale: Final = Declined.declare(
    "DK-R35",
    "{what} has changed since {proposal} was proposed, so the first person decided on something else. Nothing was "
    "changed. Look at it again; then take the proposal back with dikalo approve {proposal} --withdraw and propose anew.",
)
ShownChanged: Final = Declined.declare(
    "DK-R64",
    "What waits for a second person under {what} changed while you were reading it, on another computer. Nothing was signed "
    "and nothing was changed. Run dikalo approve {what} again, and read what it shows now.",
)
NoteEmptied: Final = UsageProblem.declare(
    "DK-R97",
    "{case} has a work note, and an empty one would take it away. Nothing was changed. To empty it say why with --reason, or "
    "confirm with --yes.",
)
CodeNotListed: Final = UsageProblem.declare(
    "DK-R36",
    '"{value}" is not allowed here. Nothing was changed. Use one of: {possible}.',
)
ErasureMissing: Final = UsageProblem.declare(
    "DK-R50",
    "{item} of the case {case} is not purged alone: which sealed file it is stands in what is sealed, and nothing is called purged "
    "that still opens. Nothing was changed. It is erased with its case (dikalo retention plan) or its person (dikalo person erase CODE).",
)
NoteTooLong: Final = UsageProblem.declare(
    "DK-R37",
    "The note has {length} characters, {most} are the most. Nothing was changed. Say it shorter.",
)
ThingUnknown: Final = UsageProblem.declare(
    "DK-R38",
    "{what} has nothing called {name}. Nothing was changed. There is: {known}.",
    known="",
)
ProviderUnknown: Final = UnknownCode.declare(
    "DK-R39",
    "There is no provider {provider} in the directory. Nothing was changed. dikalo providers list shows the codes.",
)
NotCorrectable: Final = UsageProblem.declare(
    "DK-R40",
    "{field} cannot be corrected. Nothing was changed. Say entity.field of what a form collects and does not seal, such "
    "as person.V2.sex or incident.date.",
    instead=(
        When(
            "value",
            bool,
            '"{value}" is not allowed in {field}. Nothing was changed. Write dates as 2026-11-25, numbers in digits.',
        ),
    ),
    value="",
)
TimeImpossible: Final = UsageProblem.declare(
    "DK-R41",
    "That time cannot be: it is still to come, or it is before {what} arrived. Nothing was changed. Give the time as "
    "2026-11-25T08:30.",
)
ContactUnknown: Final = UsageProblem.declare(
    "DK-R19",
    "No contact of {what} is written down that could be taken back, or none of that time. Nothing was changed. See them with "
    "dikalo log {what}; what a form says is put right in the form.",
)
RefusalDismisses: Final = Declined.declare(
    "DK-R46",
    "The alert {alert} is or was urgent, and with this refusal it would be dismissed by one person before anybody "
    "triaged it. Nothing was changed. Triage it first (dikalo alerts triage CODE), write the refusal down again, and let two "
    "people dismiss it.",
)
OwnHandMissing: Final = NotAllowed.declare(
    "DK-R47",
    "For {what}, a level, a consent or a guard rests on this, and a typed code does not identify anyone. Nothing was "
    "changed. Leave --as out: the person who decides signs in with a passphrase of their own (dikalo keys "
    "passphrase).",
)
DecidedNotCorrected: Final = UsageProblem.declare(
    "DK-R48",
    "How sure the incident of {what} is, is decided and not corrected. Nothing was changed. Say it with dikalo cases "
    "verify CODE LEVEL.",
)
LevelNotDecided: Final = UsageProblem.declare(
    "DK-R65",
    "New facts came after {what} was decided upon, and only a decision ends this task. Nothing was changed. Decide the level "
    'again, the same one too: dikalo cases set CODE --urgency LEVEL --reason "…", or dikalo alerts triage CODE --urgency LEVEL '
    '--reason "…". The last one also takes back a dismissal; dikalo alerts unlink CODE --reason "…" a duplicate; dikalo cases '
    'move CODE reopened --reason "…" a closure.',
)
