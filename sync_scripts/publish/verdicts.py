"""What this register decided of the submissions that a server shows, and what may be written there of it. Pure but reading.

Compared is the word that stands there, who set it, and which version it is about: what nobody looked at is not approved,
whether the server tells of edits or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import and_, exists, select

from sync_scripts.register.case.flags import EDITED_AFTER_TRIAGE
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import submission

__all__ = ["CENTRAL", "EDITED", "KOBO", "Decided", "Shown", "State", "Verdict", "decided", "plan"]

State = Literal["approved", "rejected", "issues"]
Verdict = Literal["write", "same", "edited", "others", "absent"]

CENTRAL: Final[Mapping[State, str]] = {"approved": "approved", "rejected": "rejected", "issues": "hasIssues"}
KOBO: Final[Mapping[State, str]] = {
    "approved": "validation_status_approved",
    "rejected": "validation_status_not_approved",
    "issues": "validation_status_on_hold",
}
EDITED: Final = "edited"
"""What a Central says by itself of a submission that was edited."""

_ALERTS: Final[Mapping[str, State]] = {
    "opened": "approved",
    "linked": "approved",
    "referred_out": "approved",
    "dismissed": "rejected",
    "duplicate": "rejected",
    "info_requested": "issues",
}
_CASES_UNDECIDED: Final = ("open_intake", "suspended")


@dataclass(frozen=True, slots=True)
class Decided:
    """What the register says of one submission.

    Attributes:
        version: instance id of the version that is here; ``edited`` = there was another before it.
        after_edit: somebody decided, or looked at it, after that version was read here.
    """

    form: str
    root_id: str
    state: State
    version: str
    edited: bool
    after_edit: bool

    @property
    def key(self) -> tuple[str, str]:
        """Return form and root."""
        return self.form, self.root_id


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server says now of one submission.

    Attributes:
        word: its review; "" = none.
        version: instance id of its present version; "" = not said.
        number: KoboToolbox's own.
    """

    form: str
    root_id: str
    word: str
    version: str = ""
    number: int = 0


def decided(rows: Rows, server: str) -> list[Decided]:
    """Return what this register decided of the submissions that a server shows, in one order."""
    found = [*_alerts(rows, server), *_cases(rows, server)]
    return sorted(found, key=lambda one: one.key)


def _alerts(rows: Rows, server: str) -> Iterator[Decided]:
    alert, flag = tables.alert.c, tables.flag.c
    unseen = exists().where(
        flag.filing_no == alert.filing_no, flag.message == EDITED_AFTER_TRIAGE, flag.resolved_at.is_(None)
    )
    asked = _filed(
        server, tables.alert, alert.filing_no, alert.state, alert.triaged_at, unseen.label("unseen")
    )
    for row in rows.execute(asked):
        if row.state in _ALERTS:
            after = row.triaged_at is not None and not row.unseen
            yield _decided(row, _ALERTS[row.state], after_edit=after)


def _cases(rows: Rows, server: str) -> Iterator[Decided]:
    """Yield the interviews of cases that somebody works on: they were taken."""
    case = tables.case.c
    asked = _filed(server, tables.interview, tables.interview.c.filing_no, case.state).join(
        tables.case, case.case_code == tables.filing.c.case_code
    )
    for row in rows.execute(asked):
        if row.state not in _CASES_UNDECIDED:
            yield _decided(row, "approved", after_edit=False)


def _decided(row: Any, state: State, *, after_edit: bool) -> Decided:
    return Decided(row.form, row.root_id, state, row.instance_id, bool(row.edited), after_edit)


def _filed(server: str, table: Any, number: Any, *columns: Any) -> Any:
    held, filed = submission.c, tables.filing.c
    other = submission.alias().c
    edited = exists().where(
        other.server == held.server,
        other.form == held.form,
        other.root_id == held.root_id,
        other.instance_id != held.instance_id,
    )
    return (
        select(held.form, held.root_id, held.instance_id, edited.label("edited"), *columns)
        .select_from(submission)
        .join(tables.filing, and_(filed.stamp == held.stamp, filed.root_id == held.root_id))
        .join(table, number == filed.filing_no)
        .where(held.server == server, held.current, held.status.in_(("ok", "restored")))
    )


def plan(
    wanted: Iterable[Decided],
    shown: Mapping[tuple[str, str], Shown],
    wrote: Mapping[tuple[str, str], str],
    words: Mapping[State, str],
) -> Iterator[tuple[Decided, Verdict]]:
    """Yield what to do with each submission. ``wrote`` is what was written here before."""
    for one in wanted:
        there = shown.get(one.key)
        if there is None:
            yield one, "absent"
        elif there.word == words[one.state]:
            yield one, "same"
        elif there.word not in {"", EDITED, wrote.get(one.key)}:
            yield one, "others"
        elif _unseen(one, there):
            yield one, "edited"
        else:
            yield one, "write"


def _unseen(one: Decided, there: Shown) -> bool:
    """Tell whether what the server shows was edited after the decision: here it is not read yet, or nobody looked at it."""
    if there.version not in {"", one.version}:
        return True
    return (one.edited or there.word == EDITED) and not one.after_edit
