"""Why a person's decision is not taken: codes that are not known, cases that are left, a second person or a proof that is missing."""

from __future__ import annotations

from functools import partial
from typing import Final

from sync_scripts.errors import N_, Declined, NotAllowed, UnknownCode, UsageProblem, When, in_words
from sync_scripts.register.model import codes
from sync_scripts.register.rules.kinds import label

_CHECK: Final = N_(
    "Its last sign, which checks the others, does not fit: a sign was misread, or two were swapped."
)
AlertUnknown: Final = UnknownCode.declare(
    "DK-R15",
    "There is no alert {alert} in this register. Nothing was changed. The codes are in dikalo alerts list.",
    also=(When("alert", partial(codes.misread, kind="AL"), _CHECK),),
)
CaseUnknown: Final = UnknownCode.declare(
    "DK-R16",
    "There is no case {case} in this register. Nothing was changed. The codes are in dikalo cases list.",
    also=(When("case", partial(codes.misread, kind="DK"), _CHECK),),
)
# ``serves``: it was about a service, and somebody of the merged case was named.
CaseMerged: Final = Declined.declare(
    "DK-R43",
    "The case {case} was merged into {into}: the work goes on there. Nothing was changed. Say it again with {into}.",
    also=(
        When("serves", True, "Who is kept in {case} is named there with its code before: --for {case}-V1."),
    ),
    serves=False,
)
CaseCodeTaken: Final = Declined.declare(
    "DK-R17",
    "The code {case} cannot be given to a new case: it is another case's, or it is no case code. Nothing was "
    "changed. Leave the code out and dikalo draws one.",
)
ConsentRefused: Final = Declined.declare(
    "DK-R18",
    "The person refused the alert {alert}: it is counted and nothing else is done with it. Nothing was changed.",
)
AlertWithdrawn: Final = Declined.declare(
    "DK-R81",
    "The person withdrew the consent to the alert {alert}: nobody is called and nothing is opened from it. Nothing was "
    'changed. Dismiss it: dikalo alerts dismiss {alert} --reason "…".',
)
CaseLeft: Final = Declined.declare(
    "DK-R20",
    'The case {case} is "{state}": nobody works on it any more. Nothing was changed.',
    also=(
        When("state", "closed", 'Reopen it first: dikalo cases move {case} reopened --reason "…".'),
        When(
            "state",
            "transferred",
            "The transfer is final: the organisation that took the case over works on it now.",
        ),
    ),
    shown={"state": partial(label, "case_state")},
)
CaseStopped: Final = Declined.declare(
    "DK-R51",
    "Everybody asked in the case {case} withdrew or refused (dikalo consent show {case}), so no further alert is "
    "tied to it, no case merged into it, and no file, note or contact added. Nothing was changed. Write down who agrees "
    "after all (dikalo consent record CODE PURPOSE=ANSWER), or open a case of its own for the alert (dikalo alerts "
    "open CODE --owner WORKER; once it has a case or was referred out, dikalo alerts move CODE --owner WORKER).",
)
ContactRefused: Final = Declined.declare(
    "DK-R66",
    "Whoever was asked in the case {case} does not want to be contacted again (dikalo consent show {case}), so no contact is "
    "written down. Nothing was changed. Do not call or visit. If the person came by, and agrees now: dikalo consent record "
    "{case} followup_contact=ANSWER.",
)
# ``takes_new``: the command that was typed names a new colleague with --new.
WorkerUnknown: Final = UnknownCode.declare(
    "DK-R21",
    "Nobody with the code {worker} is known here. Nothing was changed. Who works here: dikalo people list.",
    also=(When("takes_new", True, "For a new colleague, say it again with --new."),),
    takes_new=False,
)
WorkerRetired: Final = Declined.declare(
    "DK-R22",
    "{worker} no longer works here and is put in charge of nothing. Nothing was changed. Choose another worker.",
)
AlertThereAlready: Final = Declined.declare(
    "DK-R94",
    "The alert {alert} is tied to the case {case} already. Nothing was changed. Name the other, open case to which it "
    "belongs.",
)
TaskStaysEnded: Final = Declined.declare(
    "DK-R95",
    'The task "{kind}" of {what} was ended by what happened, so no decision opens it again. Nothing was changed. It rises '
    "again by itself once that is put right: a form corrected, a contact taken back (contacted CODE --undo), a move taken back, a "
    "consent recorded.",
    shown={"kind": partial(label, "task_kind")},
)
AlertHasNoCase: Final = Declined.declare(
    "DK-R42",
    "The alert {alert} is tied to no case and no other alert, so there is nothing to move or to take back. Nothing was "
    "changed. Tie it with dikalo alerts link CODE CASE, or open a case with dikalo alerts open CODE --owner WORKER.",
)


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
    instead=(
        When(
            "asked",
            True,
            "What would be done with {what} changed after it was shown to you. Nothing was changed. Run the command again, and read "
            "what it shows now.",
        ),
    ),
    asked=False,
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


PlanChanged: Final = Declined.declare(
    "DK-R52",
    "What is due now is no longer the plan {plan}. Nothing was confirmed. Look at it again with dikalo retention plan, then "
    "confirm {now}.",
)
ReasonForPlan: Final = UsageProblem.declare(
    "DK-R53",
    "A plan is confirmed with a reason: --reason, without names. Nothing was confirmed.",
)
NotInPlan: Final = UnknownCode.declare(
    "DK-R54",
    "{what} is not among what the plan holds for that. Nothing was confirmed. Possible: {possible}.",
)
# ``where`` is the code of the alert or case, whose page tells of it.
AlreadyErased: Final = Declined.declare(
    "DK-R60",
    "{what} was already erased on {day}. Nothing was changed. dikalo log {where} says by whom, and why.",
)
ErasedAlone: Final = Declined.declare(
    "DK-R62",
    "The case {case} is or was urgent, and no withdrawal by its person is written down: one person alone does not "
    "erase it, and nothing was changed. Write it down: dikalo consent withdraw {case}, or dikalo consent record "
    "{case} document=no if nobody was ever asked. Then somebody else erases it, with a passphrase of their own.",
)
WhoToErase: Final = UnknownCode.declare(
    "DK-R61",
    "Say who in the case {case} is to be erased, after its code: dikalo person erase {case} PERSON. Possible: {known}. "
    "Nothing was changed.",
)
# ``held``: something is due, and does not go by itself.
NothingDue: Final = Declined.declare(
    "DK-R55",
    "Nothing in the plan can be carried out: what is due is held, or a person has to look at it first. Nothing "
    "was confirmed. dikalo retention plan says why of each; what was looked at is confirmed with --reviewed CODE.",
    instead=(When("held", False, "Nothing is due to be erased. Nothing was confirmed."),),
    held=True,
)
HeldByLaw: Final = NotAllowed.declare(
    "DK-R57",
    "A legal hold is on the case {case}, so nothing of it is erased. Nothing was changed. Whoever set it can take it off: "
    "dikalo cases set {case} --release --reason …",
)
SharedWithOthers: Final = Declined.declare(
    "DK-R58",
    "The case {case} is about others than {person}, too, and {person} cannot be taken out of it: {why}. Nothing was "
    "changed. Until then, withdraw what {person} agreed to (dikalo consent withdraw {case} --person {person}): then "
    "nothing about {person} is shared.",
    shown={
        "why": in_words(
            {
                "encrypted": N_(
                    "a form of it came encrypted and waits to be opened (dikalo vault intake --reason TEXT)"
                ),
                "aside": N_("a form of it lies in quarantine; settle that first (dikalo quarantine list)"),
            }
        )
    },
)
ReasonForErasure: Final = UsageProblem.declare(
    "DK-R59",
    "Say why {case} is erased: --reason, without names. Nothing was changed.",
)
