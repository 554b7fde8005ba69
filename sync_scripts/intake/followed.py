"""What is remarkable about versions that a server shows: gaps, twins, approvals that an edit left behind. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import func, select

from sync_scripts.errors import N_
from sync_scripts.intake.plan import REPEAT, STORED, Decision, Keep, Same
from sync_scripts.intake.report import Noted
from sync_scripts.intake.standing import Change
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission

__all__ = [
    "FOLLOWED",
    "HARMLESS",
    "EditedAfterApproval",
    "NoRoots",
    "Twins",
    "VersionMissed",
    "notes",
    "outdated",
    "unapproved",
]

_APPROVED: Final = ("approved", "validation_status_approved")
_EDITED: Final = "edited"
_CHUNK: Final = 500


@dataclass(eq=False, kw_only=True)
class VersionMissed(Noted):
    """A version between two others that the server no longer gives."""

    code: ClassVar[str] = "DK-H08"
    message: ClassVar[str] = N_(
        "Edited submissions of which an earlier version was never pulled, and which the server gives no more: {count}. "
        "What is here is the last one. Pull more often to keep each version."
    )


@dataclass(eq=False, kw_only=True)
class Twins(Noted):
    """One submission that a server holds in two rows."""

    code: ClassVar[str] = "DK-H09"
    message: ClassVar[str] = N_(
        "Submissions that the server holds twice, by a fault of its own: {count}. Here each is one. Tell the administrator "
        "of the server; nothing needs to be removed there."
    )


@dataclass(eq=False, kw_only=True)
class EditedAfterApproval(Noted):
    """An approval that was given to the version before."""

    code: ClassVar[str] = "DK-H10"
    message: ClassVar[str] = N_(
        "Submissions that were approved at the server and edited afterwards: {count}. The approval was for the version "
        "before: look at them again."
    )


@dataclass(eq=False, kw_only=True)
class NoRoots(Noted):
    """A KoboToolbox that does not say which submission an edit belongs to."""

    code: ClassVar[str] = "DK-H11"
    message: ClassVar[str] = N_(
        "Submissions of which this older KoboToolbox does not say to which first version they belong: {count}. Edits are "
        "followed by what the phone wrote into them. Ask for an update of the server."
    )


FOLLOWED: Final[dict[str, type[Noted]]] = {
    note.code: note for note in (VersionMissed, Twins, EditedAfterApproval, NoRoots)
}
HARMLESS: Final = frozenset({VersionMissed.code, Twins.code, NoRoots.code})
"""Said, but no reason to end with exit code 3."""


def notes(decisions: Iterable[Decision]) -> dict[str, int]:
    """Return what a person should know of the versions of a page, by code."""
    found = {VersionMissed.code: 0, Twins.code: 0}
    for one in decisions:
        before = one.item.before.outcome if one.item.before else ""
        if isinstance(one, Keep):
            found[VersionMissed.code] += one.gap
        elif isinstance(one, Same) and one.item.found.shape == "kobo":
            found[Twins.code] += not before.startswith((STORED, REPEAT))
    return found


def unapproved(found: Iterable[Change]) -> int:
    """Return how many submissions a server showed as approved and shows as edited now: a Central says so itself."""
    return sum(one.held.review in _APPROVED and one.review == _EDITED for one in found)


def outdated(rows: Rows, server: str, decisions: Iterable[Decision]) -> int:
    """Return how many submissions that were edited just now had been approved at the server before."""
    roots = sorted({one.version.root_id for one in decisions if isinstance(one, Keep) and one.edit})
    return sum(
        _approved(rows, server, roots[start : start + _CHUNK]) for start in range(0, len(roots), _CHUNK)
    )


def _approved(rows: Rows, server: str, roots: Sequence[str]) -> int:
    held = submission.c
    asked = select(func.count(held.root_id.distinct())).where(
        held.server == server, held.root_id.in_(roots), held.review.in_(_APPROVED)
    )
    return int(rows.execute(asked).scalar_one())
