"""Which danger a building of an alert newly tells of, so that somebody is told although its level was told before. Pure.

Who is told of a level within six hours is not told of it again; that is for the same news. Another danger is other news: told by
an edit before anybody looked, once the alert was set aside, or while a level is to be looked at again, or by a correction at the
desk. What an earlier version told, and the rules give again, is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from sync_scripts.register.corrections import subject_of
from sync_scripts.register.newly_told import Told, danger_in, dangers_of
from sync_scripts.register.output import Output
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.set_aside import ratings
from sync_scripts.register.submissions import Filed
from sync_scripts.register.told_late import Late
from sync_scripts.register.triage import highest
from sync_scripts.register.unseen import read, seen_of
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables

__all__ = ["NEWS", "Was", "alerts_news", "corrected_at"]

NEWS: Final = "news"
"""Begins the step of a message of which nothing else tells what happened anew."""


class Was(msgspec.Struct, frozen=True):
    """How an alert stood before it is built again: its level by the rules, their reasons as stored, and of how many versions."""

    level: Urgency
    reasons: str | None
    ruleset: str | None
    versions: int


def alerts_news(
    was: Mapping[str, Was],
    made: Iterable[Mapping[str, Any]],
    forms: Mapping[str, Filed],
    happened: Mapping[str, Sequence[Event]],
    rules: Ruleset,
) -> dict[str, Urgency]:
    """Return the level of the danger that some alerts newly tell of, by code; of one that is built for the first time none.

    Args:
        was: how they stood before.
        made: their rows, as they are by now.
        forms: their submissions.
        happened: what was decided about them, in order, by subject.
        rules: what is danger.
    """
    found: dict[str, Urgency] = {}
    for row in made:
        if (before := was.get(row["code"])) is not None:
            filed = forms[row["code"]]
            level = _news(before, row, filed, happened.get(subject_of(filed), ()), rules)
            found |= {row["code"]: level} if level is not None else {}
    return found


def _news(
    was: Was, row: Mapping[str, Any], filed: Filed, events: Sequence[Event], rules: Ruleset
) -> Urgency | None:
    """Return the level of what the versions that are new, or else a correction, tell of for the first time."""
    if filed.versions > was.versions:
        return highest([one.level for one in _of_versions(was, filed, events, rules)])
    if not filed.corrections or not row["urgency"] or row["ruleset"] != was.ruleset:
        return None
    versions = zip(ratings(filed, ()), filed.history, strict=True)
    collected = (one.reasons for (_, one), (_, reading) in versions if reading is not filed.reading)
    now = Told(filed.key, filed.received[1], 0, row["urgency"], read(row["reasons"]))
    known = seen_of([read(was.reasons), *collected])
    return now.level if danger_in(now, known, was.level, rules) else None


def _of_versions(was: Was, filed: Filed, events: Sequence[Event], rules: Ruleset) -> Iterator[Late]:
    """Yield what danger the versions tell anew that this register read since."""
    found = sorted(
        (
            Told(filed.key, at, filed.arrival(at), one.level, one.reasons)
            for at, one in ratings(filed, events)
        ),
        key=attrgetter("arrival", "at"),
    )
    since = {one.at for one in found[was.versions :]}
    yield from (one for one in dangers_of(found, rules) if one.at in since)


def corrected_at(out: Output, at: str) -> set[str]:
    """Return the units of the cases over whose answers a correction was laid at an instant: by the decision of this building."""
    numbers = {row["filing_no"] for row in out.rows[tables.correction] if row["corrected_at"] == at}
    return {row["unit"] for row in out.rows[tables.filing] if row["filing_no"] in numbers}
