"""What earlier versions of an alert told: no edit on a phone makes its clock later before a person decided on its level. Pure.

A phone proves nobody. So an alert is rated as the most urgent of its versions says; the answers shown are those of the last one,
and a remark says both levels. A correction is a person's word: it lies over every version, and so it lowers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise, zip_longest
from typing import Any

import msgspec

from sync_scripts.register.arrivals import ARRIVAL, Known
from sync_scripts.register.corrections import corrected
from sync_scripts.register.edited_no import verdict_of
from sync_scripts.register.flags import flag
from sync_scripts.register.lifecycle import AlertNow
from sync_scripts.register.ops import INTO_CASE
from sync_scripts.register.risen import level_by
from sync_scripts.register.ruleset import Ruleset
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.register.triage import Verdict
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event

__all__ = ["kept_flags", "most_urgent", "replaced_in_case", "tied"]


def tied(events: Sequence[Event]) -> Known | None:
    """Return what the decision knew that brought an alert into its case; None without one."""
    last = next((one for one in reversed(events) if one.op in INTO_CASE), None)
    return Known(last.at, last.payload.get(ARRIVAL)) if last is not None else None


def most_urgent(
    says: Verdict, filed: Filed, now: AlertNow, events: Sequence[Event], rules: Ruleset
) -> Verdict:
    """Return the verdict that stands of an alert: of the last version, unless one that it replaced was more urgent.

    A decision on the level covers what had come by then. Once there is a case, what an edit replaces in it is asked about
    there; what was replaced before stays with the alert.

    Args:
        says: how the rules rate the version that is read.
        filed: its submission.
        now: where its events brought it.
        events: what was decided about it, in order.
        rules: the order of the levels.
    """
    stands = says
    if filed.versions > 1 and (now.urgency is None or now.case_code is None):
        for verdict in _replaced(filed, now, events):
            if rules.rank(verdict.level) >= rules.rank(stands.level) and rules.rank(
                verdict.level
            ) > rules.rank(says.level):
                stands = verdict
    return stands


def _replaced(filed: Filed, now: AlertNow, events: Sequence[Event]) -> Iterator[Verdict]:
    """Yield how the rules rate the versions that were replaced and that no decision on the level covers; not of a refusal."""
    decided = _decided(now)
    into = tied(events) if now.case_code is not None else None
    for (at, reading), following in zip_longest(filed.history, filed.history[1:]):
        if reading is filed.reading or (
            decided is not None and not decided.missed(instant(at), filed.arrival(at))
        ):
            continue
        next_at = following[0] if following is not None else filed.received[1]
        if into is not None and into.missed(instant(next_at), filed.arrival(next_at)):
            continue
        one = msgspec.structs.replace(filed, reading=reading, records=by_entity(reading), corrections=())
        record = corrected(one, events).one("alert")
        if record is not None and record.fields.get("consent_state") != "refused":
            yield verdict_of(record)


def replaced_in_case(
    filed: Filed, now: AlertNow, events: Sequence[Event]
) -> Iterator[tuple[datetime, Verdict]]:
    """Yield how the rules rate each version that an edit replaced in the case of an alert, and when that edit came.

    Where a person had decided on the level of the alert, only what was above that and what that one had not seen.
    """
    into = tied(events)
    if into is None:
        return
    for (_, reading), (at, _) in pairwise(filed.history):
        if not into.missed(instant(at), filed.arrival(at)):
            continue
        one = msgspec.structs.replace(filed, reading=reading, records=by_entity(reading), corrections=())
        verdict = verdict_of(corrected(one, events).one("alert"))
        said = {"urgency": verdict.level, "reasons": verdict.stored()}
        if now.urgency is None or level_by(said, now).risen:
            yield into.from_then(at), verdict


def _decided(now: AlertNow) -> Known | None:
    """Return what the decision on the level knew; None where nobody decided on it."""
    if now.urgency is None or now.urgency_at is None:
        return None
    return Known(now.urgency_at, now.triaged_arrival if now.urgency_at == now.triaged_at else None)


def kept_flags(row: Mapping[str, Any], says: Verdict, filed: Filed, unit: str) -> Iterator[dict[str, Any]]:
    """Yield the remark with both levels, where an edit alone would have lowered the one that stands in a row."""
    if row["urgency"] not in {None, says.level}:
        yield flag(filed, unit, "level_kept", f"{row['urgency']}|{says.level}")
