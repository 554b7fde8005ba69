"""Why a decision that needs two people, or a proof of who decides, is not taken."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar

from sync_scripts.errors import N_, Declined, NotAllowed, UnknownCode, UsageProblem

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


@dataclass(eq=False, kw_only=True)
class OwnKeyMissing(NotAllowed):
    """A code that is only typed counts for nobody."""

    what: str
    code: ClassVar[str] = "DK-R32"
    message: ClassVar[str] = N_(
        "{what} needs two people, and a code that is only typed proves nobody. Nothing was changed. Leave --as out: each of "
        "the two signs in with a passphrase of their own (dikalo keys passphrase)."
    )


@dataclass(eq=False, kw_only=True)
class KeyFromFirst(NotAllowed):
    """Whoever set the second person's passphrase knows the first one's, too; often it is the first person."""

    what: str
    worker: str
    first: str
    giver: str
    code: ClassVar[str] = "DK-R45"
    message: ClassVar[str] = N_(
        "{giver} set the passphrase of {worker}, so where {what} needs two people it proves only {giver}. Nothing was changed. "
        "{worker} changes it in a run of their own, alone at the keyboard (dikalo keys passphrase), and then signs."
    )
    of_both: ClassVar[str] = N_(
        "{giver} set the passphrases of both {first} and {worker}, so for {what} they prove only {giver}. Nothing was changed. "
        "{worker} changes theirs in a run of their own, alone at the keyboard (dikalo keys passphrase), and then signs."
    )

    def words(self) -> str:
        """Return the sentence; another one where somebody else set both."""
        own = self.giver.strip().upper() == self.first.strip().upper()
        return gettext(self.message if own else self.of_both).format(**self.fields())


@dataclass(eq=False, kw_only=True)
class KeyReplaced(NotAllowed):
    """Somebody set a passphrase in the place of one that its owner had, and can have changed it since under the owner's code."""

    what: str
    worker: str
    giver: str
    code: ClassVar[str] = "DK-B10"
    message: ClassVar[str] = N_(
        "{giver} set a passphrase for {worker} in the place of the one that {worker} had, so where {what} needs two people it proves "
        "only {giver}, also after it was changed. Nothing was changed. Let somebody else sign. Or a third person gives {worker} a new "
        "one (dikalo keys passphrase --for {worker}), and {worker} changes it, alone at the keyboard, before the two of them decide."
    )


@dataclass(eq=False, kw_only=True)
class FirstKeyFromSecond(NotAllowed):
    """The second person had set the first one's passphrase, so the proposal may be their own."""

    what: str
    worker: str
    first: str
    code: ClassVar[str] = "DK-S55"
    message: ClassVar[str] = N_(
        "{worker} had set the passphrase of {first}, who proposed what {what} needs two people for, so it may be {worker}'s own "
        "proposal. Nothing was changed. Let somebody else sign. Or {first} changes the passphrase in a run of their own "
        "(dikalo keys passphrase), takes this back and proposes it again."
    )


@dataclass(eq=False, kw_only=True)
class AccountShared(NotAllowed):
    """Both people write through one account of the database."""

    what: str
    first: str
    account: str
    code: ClassVar[str] = "DK-S53"
    message: ClassVar[str] = N_(
        "{what} needs two people, and {first} wrote through the same account of the database ({account}) as you do now: for the "
        "database you are one person. Nothing was changed. The administrator gives each person an account of their own "
        "(dikalo guide keys has the SQL); put yours into url under [register] in your dikalo.toml, then sign."
    )


@dataclass(eq=False, kw_only=True)
class AccountUnknown(NotAllowed):
    """Nobody knows through which account of the database the first person wrote."""

    what: str
    first: str
    code: ClassVar[str] = "DK-S54"
    message: ClassVar[str] = N_(
        "{what} needs two people, and {first} proposed it before this register kept the accounts of the database, so nothing "
        "shows that you are two. Nothing was changed. Take it back (dikalo approve {what} --withdraw, with --reason) and let "
        "{first} propose it again."
    )


@dataclass(eq=False, kw_only=True)
class ProposalUnknown(UsageProblem):
    """Nothing waits for a second person under this code."""

    what: str
    code: ClassVar[str] = "DK-R33"
    message: ClassVar[str] = N_(
        "Nothing under {what} waits for a second person. Nothing was changed. dikalo approve list shows what waits."
    )


@dataclass(eq=False, kw_only=True)
class ProposalWaits(Declined):
    """The same decision was proposed already."""

    what: str
    proposal: str
    first: str
    code: ClassVar[str] = "DK-R34"
    message: ClassVar[str] = N_(
        "{first} proposed this for {what} already, and it waits for a second person ({proposal}). Nothing was changed. Let "
        "somebody else sign it with dikalo approve {proposal}, or take it back with dikalo approve {proposal} --withdraw."
    )


@dataclass(eq=False, kw_only=True)
class ProposalStale(Declined):
    """What was proposed was proposed of something that has changed."""

    what: str
    proposal: str
    code: ClassVar[str] = "DK-R35"
    message: ClassVar[str] = N_(
        "{what} has changed since {proposal} was proposed, so the first person decided on something else. Nothing was "
        "changed. Look at it again; then take the proposal back with dikalo approve {proposal} --withdraw and propose anew."
    )


@dataclass(eq=False, kw_only=True)
class ShownChanged(Declined):
    """What would be signed is no longer what the second person was shown."""

    what: str
    code: ClassVar[str] = "DK-R64"
    message: ClassVar[str] = N_(
        "What waits for a second person under {what} changed while you were reading it, on another computer. Nothing was signed "
        "and nothing was changed. Run dikalo approve {what} again, and read what it shows now."
    )


@dataclass(eq=False, kw_only=True)
class NoteEmptied(UsageProblem):
    """A work note would be gone, and nobody said why."""

    case: str
    code: ClassVar[str] = "DK-R97"
    message: ClassVar[str] = N_(
        "{case} has a work note, and an empty one would take it away. Nothing was changed. To empty it say why with --reason, or "
        "confirm with --yes."
    )


@dataclass(eq=False, kw_only=True)
class CodeNotListed(UsageProblem):
    """The value is none of its list."""

    value: str
    possible: str
    code: ClassVar[str] = "DK-R36"
    message: ClassVar[str] = N_('"{value}" cannot stand there. Nothing was changed. It can be: {possible}.')


@dataclass(eq=False, kw_only=True)
class ErasureMissing(UsageProblem):
    """Nothing can be called purged that would still be there; a single file is not found without opening."""

    case: str
    item: str
    code: ClassVar[str] = "DK-R50"
    message: ClassVar[str] = N_(
        "{item} of the case {case} is not purged alone: which sealed file it is stands in what is sealed, and nothing is called purged "
        "that still opens. Nothing was changed. It is erased with its case (dikalo retention plan) or its person (dikalo person erase CODE)."
    )


@dataclass(eq=False, kw_only=True)
class NoteTooLong(UsageProblem):
    """The work note is longer than the workbook shows."""

    length: int
    most: int
    code: ClassVar[str] = "DK-R37"
    message: ClassVar[str] = N_(
        "The note has {length} characters, {most} are the most. Nothing was changed. Say it shorter."
    )


@dataclass(eq=False, kw_only=True)
class ThingUnknown(UsageProblem):
    """A case or alert has no task, flag, service or record of this name."""

    what: str
    name: str
    known: str = ""
    code: ClassVar[str] = "DK-R38"
    message: ClassVar[str] = N_("{what} has nothing called {name}. Nothing was changed. There is: {known}.")


@dataclass(eq=False, kw_only=True)
class ProviderUnknown(UnknownCode):
    """The directory has no provider of this code."""

    provider: str
    code: ClassVar[str] = "DK-R39"
    message: ClassVar[str] = N_(
        "There is no provider {provider} in the directory. Nothing was changed. dikalo providers list shows the codes."
    )


@dataclass(eq=False, kw_only=True)
class NotCorrectable(UsageProblem):
    """The value is not one that a form collects at levels 0 to 2, or it cannot be read."""

    field: str
    value: str = ""
    code: ClassVar[str] = "DK-R40"
    message: ClassVar[str] = N_(
        "{field} cannot be corrected. Nothing was changed. Say entity.field of what a form collects and does not seal, such "
        "as person.V2.sex or incident.date."
    )
    unreadable: ClassVar[str] = N_(
        '"{value}" cannot stand in {field}. Nothing was changed. Dates are written 2026-11-25, numbers in digits.'
    )

    def words(self) -> str:
        """Return the sentence; another one where the value cannot be read."""
        return gettext(self.unreadable if self.value else self.message).format(**self.fields())


@dataclass(eq=False, kw_only=True)
class TimeImpossible(UsageProblem):
    """A time that cannot be: to come, or before the alert itself."""

    what: str
    code: ClassVar[str] = "DK-R41"
    message: ClassVar[str] = N_(
        "That time cannot be: it is still to come, or it is before {what} arrived. Nothing was changed. Give the time as "
        "2026-11-25T08:30."
    )


@dataclass(eq=False, kw_only=True)
class ContactUnknown(UsageProblem):
    """No contact stands there that could be taken back, or none of that time."""

    what: str
    code: ClassVar[str] = "DK-R19"
    message: ClassVar[str] = N_(
        "No contact of {what} is written down that could be taken back, or none of that time. Nothing was changed. See them with "
        "dikalo log {what}; what a form says is put right in the form."
    )


@dataclass(eq=False, kw_only=True)
class RefusalDismisses(Declined):
    """With this refusal an urgent alert would be dismissed by rule, and one person would have done it."""

    alert: str
    code: ClassVar[str] = "DK-R46"
    message: ClassVar[str] = N_(
        "The alert {alert} is or was urgent, and with this refusal it would be dismissed by one person before anybody "
        "triaged it. Nothing was changed. Triage it first (dikalo alerts triage CODE), write the refusal down again, and let two "
        "people dismiss it."
    )


@dataclass(eq=False, kw_only=True)
class OwnHandMissing(NotAllowed):
    """What is decided here rests on a person, and the code is only typed."""

    what: str
    code: ClassVar[str] = "DK-R47"
    message: ClassVar[str] = N_(
        "For {what}, a level, a consent or a guard rests on this, and a code that is only typed proves nobody. Nothing was "
        "changed. Leave --as out: whoever decides signs in with a passphrase of their own (dikalo keys passphrase)."
    )


@dataclass(eq=False, kw_only=True)
class DecidedNotCorrected(UsageProblem):
    """How sure an incident is becomes a decision with a guard; a correction would go round it."""

    what: str
    code: ClassVar[str] = "DK-R48"
    message: ClassVar[str] = N_(
        "How sure the incident of {what} is, is decided and not corrected. Nothing was changed. Say it with dikalo cases "
        "verify CODE LEVEL."
    )


@dataclass(eq=False, kw_only=True)
class LevelNotDecided(UsageProblem):
    """That somebody looked again is said by deciding the level, or by taking back that an alert was set aside; not by ending the task."""

    what: str
    code: ClassVar[str] = "DK-R65"
    message: ClassVar[str] = N_(
        "New facts came after {what} was decided upon, and only a decision ends this task. Nothing was changed. Decide the level "
        'again, the same one too: dikalo cases set CODE --urgency LEVEL --reason "…", or dikalo alerts triage CODE --urgency LEVEL '
        '--reason "…". The last one also takes back a dismissal; dikalo alerts unlink CODE --reason "…" a duplicate; dikalo cases '
        'move CODE reopened --reason "…" a closure.'
    )
