"""Why a person's decision is not taken: unknown codes, cases that are left, people who are not known or gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar, Final

from sync_scripts.errors import N_, Declined, UnknownCode
from sync_scripts.register import codes
from sync_scripts.register.labels import label

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


@dataclass(eq=False, kw_only=True)
class AlertUnknown(UnknownCode):
    """No alert has this code; ``nearest`` is the one that was perhaps meant, or empty."""

    alert: str
    code: ClassVar[str] = "DK-R15"
    message: ClassVar[str] = N_(
        "There is no alert {alert} in this register. Nothing was changed. The codes are in dikalo alerts list."
    )

    def remarks(self) -> Iterator[str]:
        """Yield what is wrong with the code, and the nearest one."""
        yield from _checked(self.alert, "AL")
        yield from super().remarks()


_CHECK: Final = N_(
    "Its last sign, which checks the others, does not fit: a sign was misread, or two were swapped."
)


@dataclass(eq=False, kw_only=True)
class CaseUnknown(UnknownCode):
    """No case has this code; ``nearest`` is the one that was perhaps meant, or empty."""

    case: str
    code: ClassVar[str] = "DK-R16"
    message: ClassVar[str] = N_(
        "There is no case {case} in this register. Nothing was changed. The codes are in dikalo cases list."
    )

    def remarks(self) -> Iterator[str]:
        """Yield what is wrong with the code, and the nearest one."""
        yield from _checked(self.case, "DK")
        yield from super().remarks()


@dataclass(eq=False, kw_only=True)
class CaseMerged(Declined):
    """This case is the same as another one, where the work goes on."""

    case: str
    into: str
    serves: bool = False
    code: ClassVar[str] = "DK-R43"
    message: ClassVar[str] = N_(
        "The case {case} was merged into {into}: the work goes on there. Nothing was changed. Say it again with {into}."
    )

    def words(self) -> str:
        """Return the sentence, and for a service how somebody of the merged case is named in the other one."""
        told = gettext(self.message).format(case=self.case, into=self.into)
        return f"{told} {gettext(_NAMED_THERE).format(case=self.case)}" if self.serves else told


_NAMED_THERE: Final = N_("Who is kept in {case} is named there with its code before: --for {case}-V1.")


@dataclass(eq=False, kw_only=True)
class CaseCodeTaken(Declined):
    """The code that a new case should get belongs to another one, or is no code."""

    case: str
    code: ClassVar[str] = "DK-R17"
    message: ClassVar[str] = N_(
        "The code {case} cannot be given to a new case: it is another case's, or it is no case code. Nothing was "
        "changed. Leave the code out and dikalo draws one."
    )


@dataclass(eq=False, kw_only=True)
class ConsentRefused(Declined):
    """The person refused that anything be done with the alert."""

    alert: str
    code: ClassVar[str] = "DK-R18"
    message: ClassVar[str] = N_(
        "The person refused the alert {alert}: it is counted and nothing else is done with it. Nothing was changed."
    )


@dataclass(eq=False, kw_only=True)
class AlertWithdrawn(Declined):
    """The person took back the consent to the alert."""

    alert: str
    code: ClassVar[str] = "DK-R81"
    message: ClassVar[str] = N_(
        "The person withdrew the consent to the alert {alert}: nobody is called and nothing is opened from it. Nothing was "
        'changed. Dismiss it: dikalo alerts dismiss {alert} --reason "…".'
    )


@dataclass(eq=False, kw_only=True)
class CaseLeft(Declined):
    """Nobody works on this case any more."""

    case: str
    state: str
    code: ClassVar[str] = "DK-R20"
    message: ClassVar[str] = N_(
        'The case {case} is "{state}": nobody works on it any more. Nothing was changed.'
    )

    def words(self) -> str:
        """Return the sentence with the label of the state."""
        told = gettext(self.message).format(case=self.case, state=label("case_state", self.state))
        needed = _TO_GO_ON.get(self.state)
        return f"{told} {gettext(needed).format(case=self.case)}" if needed else told


_TO_GO_ON: Final = {
    "closed": N_('Reopen it first: dikalo cases move {case} reopened --reason "…".'),
    "transferred": N_("The hand-over is final: whoever took the case over works on it now."),
}
"""State of a case that was left -> what would be needed."""


@dataclass(eq=False, kw_only=True)
class CaseStopped(Declined):
    """Everybody in the case took the consent back, or refused: nothing further is brought into it or written of it."""

    case: str
    code: ClassVar[str] = "DK-R51"
    message: ClassVar[str] = N_(
        "Everybody asked in the case {case} withdrew or refused (dikalo consent show {case}), so no further alert is "
        "tied to it, no case merged into it, and no file, note or contact added. Nothing was changed. Write down who agrees "
        "after all (dikalo consent record CODE PURPOSE=ANSWER), or open a case of its own for the alert (dikalo alerts "
        "open CODE --owner WORKER; once it has a case or was referred out, dikalo alerts move CODE --owner WORKER)."
    )


@dataclass(eq=False, kw_only=True)
class ContactRefused(Declined):
    """Nobody in the case wants to be contacted again, or everybody took the yes to it back."""

    case: str
    code: ClassVar[str] = "DK-R66"
    message: ClassVar[str] = N_(
        "Whoever was asked in the case {case} does not want to be contacted again (dikalo consent show {case}), so no contact is "
        "written down. Nothing was changed. Do not call or visit. If the person came by, and agrees now: dikalo consent record "
        "{case} followup_contact=ANSWER."
    )


@dataclass(eq=False, kw_only=True)
class WorkerUnknown(UnknownCode):
    """No worker has this code; ``nearest`` is the one that was perhaps meant, or empty.

    ``takes_new``: the command that was typed names a new colleague with --new.
    """

    worker: str
    takes_new: bool = False
    code: ClassVar[str] = "DK-R21"
    message: ClassVar[str] = N_(
        "Nobody with the code {worker} is known here. Nothing was changed. Who works here: dikalo people list."
    )

    def remarks(self) -> Iterator[str]:
        """Yield how a new colleague is named, where that can be done, and the nearest code."""
        if self.takes_new:
            yield gettext(_NEW_HERE)
        yield from super().remarks()


_NEW_HERE: Final = N_("For a new colleague, say it again with --new.")


@dataclass(eq=False, kw_only=True)
class WorkerRetired(Declined):
    """This worker no longer works here."""

    worker: str
    code: ClassVar[str] = "DK-R22"
    message: ClassVar[str] = N_(
        "{worker} no longer works here and is put in charge of nothing. Nothing was changed. Choose another worker."
    )


def _checked(typed: str, kind: codes.Kind) -> Iterator[str]:
    if codes.misread(typed, kind):
        yield gettext(_CHECK)


@dataclass(eq=False, kw_only=True)
class AlertThereAlready(Declined):
    """An alert would be moved to the case that it is in."""

    alert: str
    case: str
    code: ClassVar[str] = "DK-R94"
    message: ClassVar[str] = N_(
        "The alert {alert} is tied to the case {case} already. Nothing was changed. Name the other, open case to which it "
        "belongs."
    )


@dataclass(eq=False, kw_only=True)
class TaskStaysEnded(Declined):
    """What ended a task was no decision, or not only one."""

    what: str
    kind: str
    code: ClassVar[str] = "DK-R95"
    message: ClassVar[str] = N_(
        'The task "{kind}" of {what} was ended by what happened, so no decision opens it again. Nothing was changed. It rises '
        "again by itself once that is put right: a form corrected, a contact taken back (contacted CODE --undo), a move taken back, a "
        "consent recorded."
    )

    def words(self) -> str:
        """Return the sentence with the label of the task."""
        return gettext(self.message).format(what=self.what, kind=label("task_kind", self.kind))


@dataclass(eq=False, kw_only=True)
class AlertHasNoCase(Declined):
    """What was asked needs an alert in another state."""

    alert: str
    code: ClassVar[str] = "DK-R42"
    message: ClassVar[str] = N_(
        "The alert {alert} is tied to no case and no other alert, so there is nothing to move or to take back. Nothing was "
        "changed. Tie it with dikalo alerts link CODE CASE, or open a case with dikalo alerts open CODE --owner WORKER."
    )
