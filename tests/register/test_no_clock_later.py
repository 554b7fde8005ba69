"""Whatever is edited, corrected or received late: no clock is later than law and medicine allow.

What is expected is worked out here from what was said, by the limits as domain knowledge gives them, and not by the rules file:
each version of a form counts, as nothing proves who sends it again, and so does what the corrections that stand make of the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings

from sync_scripts.register.case.medical_limits import HIDES
from sync_scripts.store.canonical import instant, moment
from tests.examples import examples
from tests.register.edits import (
    PLAIN,
    RULES,
    Said,
    Story,
    Task,
    laid,
    reminders,
    steps,
    version,
)
from tests.register.field import START

CUSTODY: Mapping[str | None, tuple[int, ...]] = {
    "preliminary": (48, 96, 144, 192),
    "warrant": (48, 96, 144, 192),
    "flagrante": (48, 96, 144, 192),
    "military": (48, 96, 144, 192),
    "terrorism": (48, 360, 720),
    "administrative": (48, 360),
    "none": (48,),
    "unknown": (48, 96, 144, 192),
    None: (48, 96, 144, 192),
}
CARE = {
    "pep": (72, {"rape", "sexual_assault", "sexual_slavery"}),
    "emergency_contraception": (120, {"rape", "sexual_slavery"}),
}
HOURS = {"morning": 6, "afternoon": 12, "evening": 18, "night": 0, "unknown": 0, None: 0}
CAN_BE_APPEALED = {"conviction", "acquittal", "discharge", "no_case", "reparation"}
Slot = tuple[str | None, int | None]
"""Name of a limit, None for whichever, and hours before it."""


# --- what is expected ---------------------------------------------------------------------------------------------------


def missing(
    tasks: Sequence[Task], kind: str, limit: datetime, before: Sequence[timedelta], slots: Sequence[Slot]
) -> list[Slot]:
    """Return the reminders before a limit that are not there in time."""
    return [
        slot
        for slot, span in zip(slots, before, strict=True)
        if not any(
            row["kind"] == kind
            and slot[0] in {None, row["variant"]}
            and row["before_h"] == slot[1]
            and moment(row["due_at"]) <= limit - span
            for row in tasks
        )
    ]


def late_custody(story: Story, tasks: Sequence[Task]) -> Iterator[Slot]:
    """Yield the reminders of custodies that are missing or late, of limits that are ahead."""
    for one in story.readings():
        said, arrested = one["said"], one["said"]["detention", "arrested_at"]
        if arrested in {None, "?"} or not one["gone"].isdisjoint({"act", "detention"}):
            continue
        mine = [row for row in tasks if row["subject"] == f"detention:{one['uid']}"]
        for hours in CUSTODY[said["detention", "legal_basis"]]:
            limit = moment(arrested) + timedelta(hours=hours)
            if limit > story.now:
                spans, slots = (
                    [timedelta(hours=12), timedelta(hours=3)],
                    [(f"{hours}h", 12), (f"{hours}h", 3)],
                )
                yield from missing(mine, "custody_limit", limit, spans, slots)


def late_care(story: Story, tasks: Sequence[Task]) -> Iterator[Slot]:
    """Yield the reminders of care that are missing or late, of limits that are ahead; care at once where no day was told."""
    dated = False
    for one in story.readings():
        said, day = one["said"], one["said"]["incident", "date"]
        hidden = said["incident", "date_precision"] in HIDES
        dated |= day is not None or said["incident", "date_precision"] is not None
        if day in {None, "?"} or hidden or not one["gone"].isdisjoint({"act", "incident"}):
            continue
        at = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=RULES.zone).astimezone(UTC)
        at += timedelta(hours=HOURS[said["incident", "time_of_day"]])
        mine = [row for row in tasks if row["subject"] == f"act:{one['uid']}"]
        for name, (hours, violations) in CARE.items():
            limit = at + timedelta(hours=hours)
            if said["act", "violation"] in violations and limit > story.now:
                spans = [timedelta(hours=before) for before in (48, 24, 6)]
                yield from missing(
                    mine, "clinical_limit", limit, spans, [(name, before) for before in (48, 24, 6)]
                )
    last = story.told[-1][1]
    violent = last["said"]["act", "violation"] in CARE["pep"][1] and last["gone"].isdisjoint(
        {"act", "incident"}
    )
    if violent and not dated:
        told = max(at for at, _said, _reading in story.told)
        yield from missing(
            tasks, "clinical_limit", told + timedelta(hours=3), [timedelta()], [("at_once", None)]
        )


def late_court(story: Story, tasks: Sequence[Task]) -> Iterator[Slot]:
    """Yield the reminders of hearings and appeals that are missing or late, of days that are ahead; and the question for one."""
    told = [one for one in story.readings() if "legal_event" not in one["gone"]]
    hearings = {one["said"]["legal_event", "hearing_at"] for one in told} - {None, "?"}
    for hearing in map(moment, hearings):
        if hearing > story.now:
            yield from missing(
                tasks,
                "hearing",
                hearing,
                [timedelta(days=7), timedelta(days=2)],
                [(None, 7 * 24), (None, 2 * 24)],
            )
    put_off = any(one["said"]["legal_event", "step"] in {"hearing", "adjourned"} for one in told)
    if put_off and not hearings and story.over().get(("legal_event", "hearing_at")) is None:
        last = max(at for at, _said, _reading in story.told)
        yield from missing(tasks, "hearing", last + timedelta(hours=24), [timedelta()], [("at_once", None)])
    for one in told:
        decided = one["said"]["legal_event", "decided_on"]
        if decided in {None, "?"} or one["said"]["legal_event", "decision"] not in CAN_BE_APPEALED:
            continue
        last_day = date.fromisoformat(decided) + timedelta(days=9)
        limit = datetime.combine(last_day, datetime.max.time(), tzinfo=RULES.zone).astimezone(UTC)
        if limit > story.now:
            spans = [timedelta(days=before) for before in (7, 3, 1)]
            yield from missing(tasks, "appeal_limit", limit, spans, [(None, 24 * days) for days in (7, 3, 1)])


@settings(max_examples=examples(300))
@given(happened=steps("interview"))
def test_no_edit_and_no_correction_makes_custody_or_care_late(
    happened: list[tuple[int, int, str, Said]],
) -> None:
    """After each thing that happens every limit that was ever told, and is ahead, is recalled in time."""
    for count in range(1, len(happened) + 1):
        story = Story("interview", 1, happened[:count])
        tasks = reminders(story)

        assert [*late_custody(story, tasks), *late_care(story, tasks)] == []


@settings(max_examples=examples(300))
@given(happened=steps("followup"))
def test_no_edit_and_no_correction_makes_a_court_late(happened: list[tuple[int, int, str, Said]]) -> None:
    """The same of a visit: its hearings, each day of them, and the last day of an appeal."""
    interview = Story("interview", 1, [(1, 0, "version", PLAIN)])
    for count in range(1, len(happened) + 1):
        story = Story("followup", 2, happened[:count])

        assert list(late_court(story, reminders(interview, story))) == []


# --- what this found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("detention.legal_basis", "administrative", {"arrested_at": instant(START)}),
        ("incident.time_of_day", "evening", {"date": "2026-11-20", "violation": "rape"}),
        ("incident.date_precision", "unknown_day", {"date": "2026-11-20", "violation": "rape"}),
    ],
)
def test_a_correction_of_what_nobody_had_answered_takes_no_reminder_away(
    field: str, value: str, said: dict[str, str]
) -> None:
    """No basis counts as the strictest, no part of the day as its beginning, no word about how sure a day is as sure."""
    entity, _, name = field.partition(".")
    told = (1, 0, "version", version("interview", **said))
    before = reminders(Story("interview", 1, [told]))
    after = reminders(Story("interview", 1, [told, (1, 0, "correction", laid(entity, name, value))]))

    def limits(tasks: Sequence[Task]) -> set[str]:
        return {row["due_at"] for row in tasks if row["kind"] in {"custody_limit", "clinical_limit"}}

    assert limits(before) <= limits(after)


def test_an_hour_of_arrest_that_is_told_later_takes_no_reminder_away() -> None:
    """Whoever was held was watched from when she was said to be; the hour comes when two of these limits are over."""
    held = (1, 0, "version", version("interview", legal_basis="preliminary"))
    hour = (120, 0, "version", version("interview", legal_basis="preliminary", arrested_at=instant(START)))
    before = reminders(Story("interview", 1, [held]))
    after = reminders(Story("interview", 1, [held, hour]))

    def limits(tasks: Sequence[Task]) -> list[str]:
        return sorted(row["due_at"] for row in tasks if row["kind"] == "custody_limit")

    assert len(limits(after)) == len(limits(before)) == 8
    assert all(late <= was for late, was in zip(limits(after), limits(before), strict=True))


def test_a_corrected_day_that_is_over_hides_no_appeal_that_can_still_be_made() -> None:
    """The visit came on the 20th without a judgment; on the 25th it tells of one of the 20th, over which the 15th lies."""
    interview = Story("interview", 1, [(1, 0, "version", PLAIN)])
    empty = (1, 0, "version", version("followup", step="hearing"))
    over = (90, 0, "correction", laid("legal_event", "decided_on", "2026-11-15"))
    judged = version("followup", step="judgment", decided_on="2026-11-20", decision="conviction")
    found = reminders(interview, Story("followup", 2, [empty, over, (30, 0, "version", judged)]))

    assert [row["due_at"][:10] for row in found if row["kind"] == "appeal_limit"] == [
        "2026-11-22",
        "2026-11-26",
        "2026-11-28",
    ]
