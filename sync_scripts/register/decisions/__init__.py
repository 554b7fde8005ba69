"""Decisions of people: checked, written down as events, and what they touch built again. Nothing without an actor.

How a decision is made:

    with deciding(register, actor, now, dry_run=dry_run) as by:      # one transaction, kept or undone whole
        done = decisions.link(by, "AL-...", "DK-...")                # as many decisions as belong together

How to add one: a function in the module of its matter (here, or in a package of its own such as ``register.links``)

1. takes ``by: By`` first, then what was typed; the keyword arguments say the rest;
2. finds what it is about with `found` (``alert_of``, ``case_of``, ``worker_of``): they refuse what is not there;
3. asks `lifecycle` (or the rule of its matter) whether that may be, before anything is written; a refusal is an error
   class that says why and what would be needed;
4. writes with ``by.write(by.event(op, subject, payload))``. The subject is the unit that changes
   (``alert:<stamp>/<root>`` or ``case:<CODE>``), the payload holds old and new values up to level 2;
5. returns a small frozen value that says what was done.

The meaning of the event stands in one place: the step of `lifecycle` (``alert_now``, ``case_now``) or of the unit that
folds it (`alert_unit`, `case_unit`), so that a rebuild comes to the same. Road of a decision that was typed elsewhere:
``by.through({"export": …, "cell": …})``. Many at once: ``with by.together() as many``, see there.
What needs two people is only proposed (`proposals.propose`) and decided by whoever signs (`SIGNERS`).
"""

from __future__ import annotations

from sync_scripts.register.decisions.alert_moves import (
    ask,
    assign_alert,
    contacted,
    duplicate,
    move_alert,
    move_to_new_case,
    refer_out,
    undo_contacted,
    unlink,
)
from sync_scripts.register.decisions.alerts import Decided, dismiss, link, open_case, triage
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.register.decisions.case_values import (
    Valued,
    set_confidentiality,
    set_hold,
    set_note,
    set_retention,
    set_urgency,
)
from sync_scripts.register.decisions.cases import Assigned, Contacted, assign, contact, undo_contact
from sync_scripts.register.decisions.closing import BecauseMisplaced
from sync_scripts.register.decisions.correcting import Corrected, correct, restore
from sync_scripts.register.decisions.errors import (
    CodeNotListed,
    ContactUnknown,
    DecidedNotCorrected,
    ErasureMissing,
    LevelNotDecided,
    NotCorrectable,
    NoteEmptied,
    NoteTooLong,
    OwnHandMissing,
    OwnKeyMissing,
    ProposalStale,
    ProposalUnknown,
    ProposalWaits,
    ProviderUnknown,
    RefusalDismisses,
    ThingUnknown,
    TimeImpossible,
)
from sync_scripts.register.decisions.facts import (
    Settled,
    move_evidence,
    name_other_incident,
    set_redacted,
    verify,
)
from sync_scripts.register.decisions.found import alert_of, alert_subject, case_of, worker_of
from sync_scripts.register.decisions.moves import Moved, merge, move
from sync_scripts.register.decisions.naming import NotCorrected, SeveralMeant
from sync_scripts.register.decisions.possible import ValueImpossible
from sync_scripts.register.decisions.proposals import (
    SIGNERS,
    Proposal,
    Signed,
    proposals,
    propose,
    sign,
    withdraw,
)
from sync_scripts.register.decisions.referring import AppointmentPast, ServiceNotOffered, ServiceUnderWay
from sync_scripts.register.decisions.services import (
    Served,
    move_service,
    plan_service,
    refer,
    service_of,
    set_service,
)
from sync_scripts.register.decisions.work import (
    Tasked,
    assign_task,
    end_task,
    flags_of,
    open_flag,
    open_task,
    raise_flag,
    resolve_flag,
    shown_to,
    tasks_of,
)
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.errors import (
    AlertHasNoCase,
    AlertUnknown,
    CaseCodeTaken,
    CaseLeft,
    CaseMerged,
    CaseUnknown,
    ConsentRefused,
    WorkerRetired,
    WorkerUnknown,
)

__all__ = [
    "SIGNERS",
    "AlertHasNoCase",
    "AlertUnknown",
    "AppointmentPast",
    "Assigned",
    "BecauseMisplaced",
    "By",
    "CaseCodeTaken",
    "CaseLeft",
    "CaseMerged",
    "CaseUnknown",
    "CodeNotListed",
    "ConsentRefused",
    "ContactUnknown",
    "Contacted",
    "Corrected",
    "Decided",
    "DecidedNotCorrected",
    "ErasureMissing",
    "LevelNotDecided",
    "Moved",
    "NotCorrectable",
    "NotCorrected",
    "NoteEmptied",
    "NoteTooLong",
    "OwnHandMissing",
    "OwnKeyMissing",
    "Proposal",
    "ProposalStale",
    "ProposalUnknown",
    "ProposalWaits",
    "ProviderUnknown",
    "RefusalDismisses",
    "Served",
    "ServiceNotOffered",
    "ServiceUnderWay",
    "Settled",
    "SeveralMeant",
    "Signed",
    "Tasked",
    "ThingUnknown",
    "TimeImpossible",
    "ValueImpossible",
    "Valued",
    "WorkerRetired",
    "WorkerUnknown",
    "alert_of",
    "alert_subject",
    "ask",
    "assign",
    "assign_alert",
    "assign_task",
    "case_of",
    "contact",
    "contacted",
    "correct",
    "deciding",
    "dismiss",
    "duplicate",
    "end_task",
    "flags_of",
    "link",
    "merge",
    "move",
    "move_alert",
    "move_evidence",
    "move_service",
    "move_to_new_case",
    "name_other_incident",
    "name_worker",
    "open_case",
    "open_flag",
    "open_task",
    "plan_service",
    "proposals",
    "propose",
    "raise_flag",
    "refer",
    "refer_out",
    "resolve_flag",
    "restore",
    "service_of",
    "set_confidentiality",
    "set_hold",
    "set_note",
    "set_redacted",
    "set_retention",
    "set_service",
    "set_urgency",
    "shown_to",
    "sign",
    "tasks_of",
    "triage",
    "undo_contact",
    "undo_contacted",
    "unlink",
    "verify",
    "withdraw",
    "worker_of",
]
