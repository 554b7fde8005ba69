"""A correction pushes no clock of law or medicine back: whatever was due by the form is due no later. Asked of any correction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.case import courts, custody, medical_limits
from sync_scripts.register.case.tasks import Matter, Occasion
from sync_scripts.register.history.corrections import held_since
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from tests.register.field import CASE
from tests.register.test_critical import _filed

RULES = load()
FIRST = datetime(2026, 11, 20, 8, tzinfo=UTC)
HOURS = st.integers(-3000, 3000)
BASES = st.sampled_from([*sorted(RULES.custody), "martial"])
LIMITED = sorted({code for one in RULES.clinical.values() for code in one.applies_to})

Due = dict[tuple[str | None, Matter], datetime]
Laid = Mapping[tuple[str, str], tuple[str | None, str | None]]


def at(hours: int) -> str:
    """Return an instant some hours from a fixed one, as it is stored."""
    return instant(FIRST + timedelta(hours=hours))


def form(laid: Laid, key: str) -> Any:
    """Return a form that arrived, with corrections over its answers: (entity, field) -> was, is."""
    rows = [
        {
            "filing_no": 1,
            "entity": entity,
            "record": key,
            "field": field,
            "was": was,
            "value": now,
            "corrected_at": at(24),
        }
        for (entity, field), (was, now) in laid.items()
        if was != now
    ]
    return msgspec.structs.replace(_filed(CASE, FIRST), corrections=tuple(rows))


def due(found: Iterable[Occasion]) -> Due:
    """Return when each reminder is due, by what it reminds of."""
    return {(one.subject, one.of): one.due_at or one.at for one in found}


def none_later(before: Due, after: Due) -> bool:
    """Tell whether everything that was due is still due, and no later."""
    return all(name in after and after[name] <= moment for name, moment in before.items())


@given(was=HOURS, now=st.none() | HOURS, basis=BASES, other=st.none() | BASES)
def test_no_correction_pushes_custody_back(was: int, now: int | None, basis: str, other: str | None) -> None:
    """Neither the time of arrest nor the basis; and the level is counted from the earlier arrest."""
    row = {"filing_no": 1, "act_uid": "a1", "prosecutor_seen_on": None, "released_on": None}
    said = {**row, "arrested_at": at(was), "legal_basis": basis}
    laid: Laid = {
        ("detention", "arrested_at"): (at(was), None if now is None else at(now)),
        ("detention", "legal_basis"): (basis, other),
    }
    meant = {**row, "arrested_at": None if now is None else at(now), "legal_basis": other}
    before = due(custody.custody_limits([form({}, "a1")], [said], [], RULES))
    over = form(laid, "a1")

    assert none_later(before, due(custody.custody_limits([over], [meant], [], RULES)))
    assert held_since([meant], over.corrections)[0]["arrested_at"] <= at(was)


@given(was=HOURS, now=st.none() | HOURS)
def test_no_correction_pushes_a_hearing_back(was: int, now: int | None) -> None:
    """A later day is recalled beside the one of before."""
    row = {"filing_no": 1, "court": "tgi", "step": "hearing"}
    over = form({("legal_event", "hearing_at"): (at(was), None if now is None else at(now))}, "c1")
    said, meant = {**row, "hearing_at": at(was)}, {**row, "hearing_at": None if now is None else at(now)}
    before = due(courts.hearings([form({}, "c1")], [said], RULES))
    after = due(courts.hearings([over], [meant], RULES))
    alone = set(due(courts.hearings([form({}, "c1")], [meant], RULES)).values())

    assert none_later(before, after)
    assert now is None or alone <= set(after.values()), (
        "what is right is recalled, too; nothing is right of what is emptied"
    )


@given(
    was=st.integers(-200, 0),
    now=st.none() | st.integers(-200, 0),
    act=st.sampled_from(LIMITED),
    other=st.sampled_from([*LIMITED, "threat"]),
    precision=st.sampled_from(["exact", "unknown_day"]),
)
def test_no_correction_pushes_care_back(
    was: int, now: int | None, act: str, other: str, precision: str
) -> None:
    """Neither the day, nor how sure it is, nor what was done."""
    day, new = at(was)[:10], None if now is None else at(now)[:10]
    said = {"filing_no": 1, "incident_id": "c1", "date": day, "date_precision": "exact", "time_of_day": None}
    meant = {**said, "date": new, "date_precision": precision}
    done = {"filing_no": 1, "incident_id": "c1", "uid": "c1", "violation": act}
    laid: Laid = {
        ("incident", "date"): (day, new),
        ("incident", "date_precision"): ("exact", precision),
        ("act", "violation"): (act, other),
    }
    before = due(medical_limits.care_limits([form({}, "c1")], [said], [done], RULES, suffered={}, ended={}))
    acts = [{**done, "violation": other}]
    after = due(medical_limits.care_limits([form(laid, "c1")], [meant], acts, RULES, suffered={}, ended={}))

    assert none_later(before, after)
