"""Visits that report a growing risk in a case that nobody works on any more. Pure.

In a case that is worked on the risk stands beside its level, for everybody to see. Once it was left nobody looks there.

Level and time, by the rules (``triage.toml``): after a visit that reports a growing risk the rules are asked again over what is
documented in the case, so that is its level; at least the lowest that one person does not set aside, "high", which is the floor
of a high risk of retaliation (P2). The first contact of that level is due: 24 hours, of a critical case 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from sync_scripts.register import rating
from sync_scripts.register.arrivals import Known
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE, corrected, subject_of
from sync_scripts.register.ruleset import Ruleset, Urgency
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.register.triage import highest, triage
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.events import Event

__all__ = ["grown_since"]

_FIELD: Final = "risk_change"


def grown_since(
    given: CaseInput, left: Known, documented: rating.Documented, rules: Ruleset
) -> Iterator[tuple[datetime, Urgency]]:
    """Yield when a visit came, was edited or corrected to report a growing risk, and its level; also where an edit takes it back.

    Args:
        given: what the case is made of.
        left: what whoever left it, or looked at it last, can have known of.
        documented: the rows that triage reads.
        rules: which levels one person does not decide on alone.
    """
    found = [
        at for one in given.of("followup") for at in _grown(one, given.said.get(subject_of(one), ()), left)
    ]
    if not found:
        return
    by_two = rules.override.dismiss.second_person_levels
    least = min((one for one in rules.levels if one.code in by_two), key=lambda one: one.rank)
    rated = [triage(rating.facts_of(documented, rules)).level] if documented else []
    level = highest([least.code, *rated]) or least.code
    yield from ((at, level) for at in found)


def _grown(visit: Filed, said: Sequence[Event], left: Known) -> Iterator[datetime]:
    """Yield when the versions of a visit came that say so, as they are corrected, and when a correction made it say so."""
    for at, reading in visit.history:
        version = msgspec.structs.replace(visit, reading=reading, records=by_entity(reading), corrections=())
        if left.missed(instant(at), visit.arrival(at)) and _says_so(corrected(version, said)):
            yield left.from_then(at)
    about_it = (one for one in said if one.op in {CORRECT, RESTORE} and one.payload["field"] == _FIELD)
    changed_at = next((one.at for one in about_it if one.at > left.at), None)
    if changed_at is not None and _says_so(visit):
        yield moment(changed_at)


def _says_so(visit: Filed) -> bool:
    record = visit.one("followup")
    return record is not None and record.fields.get(_FIELD) == "up"
