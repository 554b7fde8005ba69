"""Why a person's decision is not taken: unknown codes, cases that are left, people who are not known or gone."""

from __future__ import annotations

from functools import partial
from typing import Final

from sync_scripts.errors import N_, Declined, UnknownCode, When
from sync_scripts.register.model import codes
from sync_scripts.register.rules.labels import label

__all__ = [
    "AlertHasNoCase",
    "AlertThereAlready",
    "AlertUnknown",
    "AlertWithdrawn",
    "CaseCodeTaken",
    "CaseLeft",
    "CaseMerged",
    "CaseStopped",
    "CaseUnknown",
    "ConsentRefused",
    "ContactRefused",
    "TaskStaysEnded",
    "WorkerRetired",
    "WorkerUnknown",
]

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
