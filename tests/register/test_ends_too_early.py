"""No clock of medicine or law ends too early: asked of any services, any victims, any steps, by a second reading in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_scripts.register.case import courts, medical_limits
from sync_scripts.register.case.response import Intervention
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.obligations import upkeep
from sync_scripts.register.obligations.service_tasks import ended_by_service
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from tests.register.field import CASE, changed
from tests.register.test_clock_sides import FIRST, at
from tests.register.test_critical import _filed, source

RULES = load()
WOMEN = ("v1", "v2", "v3")
STATES = st.sampled_from(["done", "declined", "ongoing", "not_done", "rejected"])
SERVICES = st.tuples(
    st.sampled_from(WOMEN), st.sampled_from(["health", "legal"]), STATES, st.integers(-300, 300)
)
RAPED = "2026-11-19"
MIDNIGHT = datetime(2026, 11, 19, tzinfo=RULES.zone)


def intervention(number: int, said: tuple[str, str, str, int]) -> Intervention:
    """Return an intervention that ended some hours from a fixed instant."""
    uid, service, state, hours = said
    row = {
        "service": service,
        "status": state,
        "person_uid": uid,
        "done_at": at(hours) if state == "done" else None,
    }
    return Intervention(f"k{number}", number, row, FIRST, ended_at=at(hours))


@settings(max_examples=300)
@given(
    victims=st.lists(st.sets(st.sampled_from(WOMEN)), min_size=1, max_size=3),
    services=st.lists(SERVICES, max_size=6),
)
def test_care_ends_when_everybody_was_cared_for_after_the_act(
    victims: list[set[str]], services: list[tuple[str, str, str, int]]
) -> None:
    """Of each act: not before the last of its own victims had, or declined, her own service after it."""
    row = {"filing_no": 1, "incident_id": "c1"}
    incident = {**row, "date": RAPED, "date_precision": "exact", "time_of_day": None}
    acts = [{**row, "uid": f"a{number}", "violation": "rape"} for number in range(len(victims))]
    suffered = {(1, f"a{number}"): some for number, some in enumerate(victims)}
    ended = ended_by_service(intervention(number, one) for number, one in enumerate(services))
    found = list(
        medical_limits.care_limits(
            [_filed(CASE, FIRST)], [incident], acts, RULES, suffered=suffered, ended=ended
        )
    )

    assert {one.subject for one in found} == {f"act:a{number}" for number in range(len(victims))}
    for one in found:
        waiting = victims[int((one.subject or "").removeprefix("act:a"))]
        firsts = [
            min(
                (
                    FIRST + timedelta(hours=hours)
                    for uid, service, state, hours in services
                    if (uid, service) == (woman, "health")
                    and state in {"done", "declined"}
                    and FIRST + timedelta(hours=hours) >= MIDNIGHT
                ),
                default=None,
            )
            for woman in waiting
        ]
        served = bool(waiting) and None not in firsts
        assert one.done_at == (instant(max(end for end in firsts if end)) if served else None)


def step(number: int, hours: int, said: Mapping[str, Any]) -> tuple[Filed, dict[str, Any]]:
    """Return a step before a court, told some hours from a fixed instant."""
    told = FIRST + timedelta(hours=hours)
    filed = msgspec.structs.replace(
        _filed(CASE, told), number=number, root=("followup", f"l{number}"), ended=None
    )
    row = {
        "filing_no": number,
        "court": "tgi",
        "hearing_at": None,
        "appeal_until": None,
        "at": told.astimezone(RULES.zone).date().isoformat(),
        **said,
    }
    return filed, row


STEPS = st.tuples(
    st.integers(1, 900),
    st.sampled_from(["bail", "hearing", "adjourned", "judgment", "appeal", "withdrawn", "unknown"]),
    st.sampled_from(["tgi", "tm", "ca", "unknown", None]),
    st.none() | st.integers(1, 1200),
)


@settings(max_examples=300)
@given(st.lists(STEPS, max_size=5), st.integers(200, 600))
def test_a_hearing_is_recalled_until_something_is_said_of_it(
    told: list[tuple[int, str, str | None, int | None]], ahead: int
) -> None:
    """Whatever is told of before its day: only its court's judgment, withdrawal or other day ends it; never another court."""
    hearing = FIRST + timedelta(hours=ahead)
    steps = [step(1, 0, {"step": "hearing", "hearing_at": instant(hearing)})]
    for number, (hours, what, court, day) in enumerate(told, start=2):
        new = instant(FIRST + timedelta(hours=day)) if day and what in {"hearing", "adjourned"} else None
        steps.append(step(number, hours, {"step": what, "court": court, "hearing_at": new}))
    made = courts.hearings([one for one, _row in steps], [row for _one, row in steps], RULES)
    ends = {one.done_at for one in made if one.of.about == "followup/l1"}
    day_of_it: date = hearing.astimezone(RULES.zone).date()

    assert len(ends) == 1
    for end in (one for one in ends if one is not None):
        said = [row for one, row in steps[1:] if instant(one.received[0]) == end]
        assert any(_speaks_of_it(row, end, day_of_it) for row in said)


def _speaks_of_it(row: Mapping[str, Any], told: str, day_of_it: date) -> bool:
    if row["at"] >= day_of_it.isoformat():
        return row["court"] in {"tgi", "unknown", None}
    put_off = row["hearing_at"] is not None and row["hearing_at"] > told
    return row["court"] == "tgi" and (row["step"] in {"judgment", "withdrawn"} or put_off)


@given(made=st.integers(-200, 200), late=st.integers(0, 200))
def test_a_source_is_looked_after_by_a_visit_that_could_know_of_the_danger(made: int, late: int) -> None:
    """Not by one that was made before, however late it arrives."""
    danger = _filed(changed(CASE, {"sources": [source("yes")]}), FIRST)
    told = FIRST + timedelta(hours=made)
    visit = _filed(CASE, told + timedelta(hours=late))
    record = msgspec.structs.replace(
        visit.reading.records[0], entity="followup", fields={"fu_type": "security"}
    )
    visit = msgspec.structs.replace(visit, kind="followup", records={"followup": [record]}, ended=told)
    (found,) = upkeep.sources_in_danger([danger], [visit])

    assert found.done_at == (instant(told) if made >= 0 else None)
