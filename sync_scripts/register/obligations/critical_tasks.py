"""Tasks of the critical matters of a case beside its courts: custody, sources in danger. Pure; never asks what day it is.

Each is raised by an answer and ended by another one. A limit that had passed before the register first heard of it
raises nothing: there is nothing left to do before it. What is due keeps the time of its clock, also when that time
was over on arrival; then it is due at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sync_scripts.register.case.custody import began, ended
from sync_scripts.register.case.flags import flag
from sync_scripts.register.case.tasks import Matter, task
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.history.arrivals import versions
from sync_scripts.register.history.corrections import earliest
from sync_scripts.register.rules import clocks
from sync_scripts.register.rules.ruleset import Ruleset
from sync_scripts.store.canonical import instant

__all__ = ["custody_tasks", "source_tasks", "sources_left_out"]

RowOf = Mapping[str, Any]
Tasks = Iterator[dict[str, Any]]

ASSUMED: Final = "assumed "
"""Stands in the variant of reminders of a custody that are counted from an hour that nobody gave."""
_AS_CRITICAL: Final = "critical"
"""The level whose clock a source in danger has."""


def custody_tasks(
    filed: Sequence[Filed],
    detentions: Iterable[RowOf],
    incidents: Sequence[RowOf],
    owner: str | None,
    rules: Ruleset,
) -> Tasks:
    """Yield the reminders before each limit of each custody.

    They end when the person was brought before the prosecutor or set free, on a day that can be that day. What lies over
    the time of arrest or the legal basis as a correction, or a version that is sent again, moves none of them later. Where
    none tells the time of arrest, it is taken as the earliest that the form can mean, and the reminders say so.
    """
    by_number = {one.number: one for one in filed}
    for row in detentions:
        one = by_number[row["filing_no"]]
        since = began(one, row, incidents, rules)
        clock = _Watch(one, since.heard, owner, ended(one, row, rules), ASSUMED if since.assumed else "")
        yield from earliest(made for at, side in since.at for made in _custody(clock, at, side, rules))


class _Watch(NamedTuple):
    """A custody that is watched: its form, when the register heard of it, who has it, when it ended, and a mark."""

    filed: Filed
    heard: datetime
    owner: str | None
    done_at: str | None
    mark: str


def _custody(watch: _Watch, arrested: datetime, row: RowOf, rules: Ruleset) -> Tasks:
    basis = row["legal_basis"] if row["legal_basis"] in rules.custody else None
    for limit, due_at in clocks.custody(arrested, basis, rules).reminders():
        if limit > watch.heard:
            name = f"{watch.mark}{_hours(limit - arrested)}h"
            yield task(
                watch.filed.number,
                f"detention:{row['act_uid']}",
                "custody_limit",
                due_at,
                of=Matter(about=watch.filed.key, variant=name, before_h=_hours(limit - due_at)),
                escalated_at=due_at,
                done_at=watch.done_at,
                assigned_to=watch.owner,
            )


def _hours(span: timedelta) -> int:
    return int(span / timedelta(hours=1))


def source_tasks(filed: Sequence[Filed], visits: Sequence[Filed], owner: str | None, rules: Ruleset) -> Tasks:
    """Yield a task for each source that is in danger, with the clock of a critical alert's first action.

    It ends with the first follow-up on security that was made once the danger was known, or when the form is corrected so
    that the source is in no danger. A visit of before was made for something else, however late its form came. "Does not
    know" ends nothing, nor does an edit that takes the source out of the form: a person ends that.
    """
    for one in filed:
        for uid, (known, over) in _in_danger(one).items():
            due_at = clocks.due(_AS_CRITICAL, known, rules).action
            done = [over] if over else []
            made = (min(visit.at, visit.received[0]) for visit in visits if _on_security(visit))
            done += [at for at in made if at >= known]
            yield task(
                one.number,
                f"source:{uid}",
                "source_risk",
                due_at,
                of=Matter(about=one.key),
                escalated_at=clocks.escalation(_AS_CRITICAL, known, due_at, rules),
                done_at=instant(min(done)) if done else None,
                assigned_to=owner,
            )


def sources_left_out(filed: Sequence[Filed], made: Iterable[RowOf]) -> Iterator[dict[str, Any]]:
    """Yield a flag for each source in danger that an edit took out of its interview, while somebody has to see to it."""
    told = {(one.number, f"source:{record.key}") for one in filed for record in one.all("source")}
    by_number = {one.number: one for one in filed}
    for row in made:
        if row["done_at"] is None and (row["filing_no"], row["subject"]) not in told:
            yield flag(by_number[row["filing_no"]], row["subject"], "source_left_out")


def _on_security(visit: Filed) -> bool:
    record = visit.one("followup")
    return record is not None and record.fields.get("fu_type") == "security"


def _in_danger(filed: Filed) -> dict[str, tuple[datetime, datetime | None]]:
    """Return the sources of a form that were ever in danger: since when that is known, and when it was taken back."""
    found: dict[str, tuple[datetime, datetime | None]] = {}
    for at, records in versions(filed, "source"):
        said = {record.key: record.fields.get("at_risk") for record in records}
        for uid, (known, over) in found.items():
            if over is None and said.get(uid) == "no":
                found[uid] = (known, at)
        for uid, answer in said.items():
            if answer == "yes" and (uid not in found or found[uid][1] is not None):
                found[uid] = (at, None)
    return found
