"""Whatever a form is edited to, whatever is corrected and however late it is received: no clock is later than law and medicine allow.

What is expected is worked out here from what was said, by the limits as domain knowledge gives them, and not by the rules file: each
version of a form counts, as nothing proves who sends it again, and so does what the corrections that stand make of the last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_scripts.register import case_unit
from sync_scripts.register.case_input import CaseInput
from sync_scripts.register.corrections import CORRECT, RESTORE, corrected
from sync_scripts.register.limits import HIDES
from sync_scripts.register.output import Output
from sync_scripts.register.records import Reader
from sync_scripts.register.ruleset import load
from sync_scripts.register.submissions import Filed, by_entity
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from tests.register.field import CASE, START, act, changed, dealt, map_of, tree
from tests.register.test_critical import legal

RULES = load()
CODE = dealt(0, "DK")
READERS = {form: Reader(map_of(form)) for form in ("case", "followup")}

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

Said = Mapping[str, Any]
Task = Mapping[str, Any]


# --- what is said, and in which order -----------------------------------------------------------------------------------

arrests = (
    st.none() | st.just("?") | st.integers(-60, 30).map(lambda hours: instant(START + timedelta(hours=hours)))
)
days = (
    st.none()
    | st.just("?")
    | st.integers(-5, 2).map(lambda number: (START.date() + timedelta(number)).isoformat())
)
ahead = (
    st.none() | st.just("?") | st.integers(-4, 40).map(lambda number: instant(START + timedelta(days=number)))
)
VALUES = {
    ("detention", "arrested_at"): arrests,
    ("detention", "legal_basis"): st.sampled_from(sorted(map(str, CUSTODY.keys() - {None}))),
    ("incident", "date"): days,
    ("incident", "time_of_day"): st.sampled_from(["morning", "afternoon", "evening", "night", "unknown"]),
    ("incident", "date_precision"): st.sampled_from(["exact", "unknown_day", "unknown_month"]),
    ("act", "violation"): st.sampled_from(["rape", "sexual_assault", "threat", "arrest_arbitrary"]),
    ("legal_event", "step"): st.sampled_from(["hearing", "adjourned", "judgment", "complaint"]),
    ("legal_event", "hearing_at"): ahead,
    ("legal_event", "decided_on"): days,
    ("legal_event", "decision"): st.sampled_from(["conviction", "acquittal", "none"]),
}
"""Answers from which a clock counts -> what can be said."""
ANSWERS = {
    "interview": [place for place in VALUES if place[0] != "legal_event"],
    "followup": [place for place in VALUES if place[0] == "legal_event"],
}
waits = st.integers(1, 50)
"""Hours until the next thing happens."""
delays = st.integers(0, 40)
"""Hours that a server had a form before this register read it."""


@st.composite
def versions(draw: st.DrawFn, kind: str) -> Said:
    """Draw what a version of a form says; some of it can be left out altogether."""
    said = {place: draw(st.none() | VALUES[place]) for place in ANSWERS[kind]}
    gone = draw(st.sets(st.sampled_from(["act", "detention", "incident", "legal_event"]), max_size=1))
    return {"said": said, "gone": gone, "uid": draw(st.sampled_from(["a1", "a1", "a1", "b1"]))}


@st.composite
def corrections(draw: st.DrawFn, kind: str) -> Said:
    """Draw the correction of an answer; without a value it is taken back."""
    place = draw(st.sampled_from(ANSWERS[kind]))
    value = draw(VALUES[place].filter(lambda one: one != "?"))
    return {"place": place, "value": value, "back": draw(st.integers(0, 4)) == 0}


def steps(kind: str) -> st.SearchStrategy[list[tuple[int, int, str, Said]]]:
    """Return what happens to one form, in order: after how many hours, how long it lay at a server, and what."""
    first = st.tuples(waits, delays, st.just("version"), versions(kind))
    more = st.one_of(first, st.tuples(waits, st.just(0), st.just("correction"), corrections(kind)))
    return st.builds(lambda one, others: [one, *others], first, st.lists(more, max_size=5))


# --- from what is said to a case ----------------------------------------------------------------------------------------


def answers(kind: str, version: Said) -> dict[str, Any]:
    """Return what a phone sends."""
    said, gone = version["said"], version["gone"]
    if kind == "followup":
        given_ = {field: said["legal_event", field] for _, field in ANSWERS[kind]}
        sent = legal(
            CODE,
            **{("legal_step" if name == "step" else name): value for name, value in given_.items() if value},
        )
        if "legal_event" in gone:
            sent.pop("legal")
        elif said["legal_event", "step"] is None:
            sent["legal"].pop("legal_step")
        return sent
    custody = {field: said["detention", field] for field in ("arrested_at", "legal_basis")}
    violence = {"violation": said["act", "violation"], "act_uid": version["uid"]}
    acts = [act(1, **{**violence, "detention": {} if "detention" in gone else custody})]
    facts = {
        "incident_date": said["incident", "date"],
        "time_of_day": said["incident", "time_of_day"],
        "date_precision": said["incident", "date_precision"],
    }
    sent = changed(CASE, {"incident": facts, "acts": [] if "act" in gone else acts})
    return {**sent, "incident": {}} if "incident" in gone else sent


class Story:
    """One form with its versions and what was laid over it, as the register reads it."""

    def __init__(self, kind: str, number: int, happened: Sequence[tuple[int, int, str, Said]]) -> None:
        """Let some things happen to it."""
        self.kind, self.number = kind, number
        self.form, self.key = ("case", "c1") if kind == "interview" else ("followup", "l1")
        self.told: list[tuple[datetime, Said, Any]] = []
        self.events: list[Event] = []
        self.now = START + timedelta(minutes=number)
        for hours, delay, what, said in happened:
            self.now += timedelta(hours=hours, seconds=1)
            if what == "version":
                reader = READERS[self.form]
                reading = reader.read(
                    reader.open_tree(tree(answers(kind, said)), lambda _kind, _text: None), self.key
                )
                self.told.append((self.now - timedelta(hours=delay), said, reading))
            else:
                self.events.append(self._event(said))

    def _event(self, said: Said) -> Event:
        entity, field = said["place"]
        payload = {"entity": entity, "record": self.record(entity), "field": field, "reason": "x"}
        payload |= {} if said["back"] else {"value": said["value"]}
        op = RESTORE if said["back"] else CORRECT
        about = f"{self.kind}:{self.form}/{self.key}"
        return Event("w", len(self.events), instant(self.now), op, about, payload, Actor("CO-01", "key"), "")

    def record(self, entity: str) -> str:
        """Return the key of a record of the version that is read."""
        return self.told[-1][1]["uid"] if entity in {"act", "detention"} else self.key

    def filed(self) -> Filed:
        """Return it as the register reads it."""
        history = tuple(sorted(((at, reading) for at, _said, reading in self.told), key=lambda one: one[0]))
        last = self.told[-1]
        one = Filed(
            root=(self.form, self.key),
            number=self.number,
            server="folder",
            form=self.form,
            instance_id=self.key,
            form_version=map_of(self.form).version,
            kind=self.kind,  # type: ignore[arg-type]  # of the list
            reading=last[2],
            records=by_entity(last[2]),
            received=(history[0][0], last[0]),
            ended=None,
            versions=len(history),
            roads=1,
            maybe_draft=False,
            encryption=None,
            gone=None,
            history=history,
            arrivals={at: 10 * self.number + order for order, (at, *_rest) in enumerate(self.told)},
        )
        return corrected(one, self.events)

    def readings(self) -> Iterator[Said]:
        """Yield what every version said, then the last one as the corrections that stand make it."""
        yield from (version for _at, version, _reading in self.told)
        _at, last, reading = self.told[-1]
        there = {(one.entity, one.key) for one in reading.records}
        over = {
            place: said for place, said in self.over().items() if (place[0], self.record(place[0])) in there
        }
        yield {**last, "said": {**last["said"], **over}}

    def over(self) -> dict[tuple[str, str], Any]:
        """Return the corrections that stand over what is read."""
        found: dict[tuple[str, str], Any] = {}
        for event in self.events:
            place = (event.payload["entity"], event.payload["field"])
            if event.payload["record"] == self.record(place[0]):
                found.pop(place, None)
                found |= {place: event.payload["value"]} if event.op == CORRECT else {}
        return found


def reminders(*stories: Story) -> list[Task]:
    """Return the open reminders of a case of some forms."""
    opened = {"owner_code": "RD-01"}
    events = [Event("w", 0, instant(START), "case.open", f"case:{CODE}", opened, Actor("CO-01", "key"), "")]
    said = {one.events[0].subject: one.events for one in stories if one.events}
    filed = sorted((one.filed() for one in stories), key=lambda one: (one.received[0], one.root))
    out = Output()
    case_unit.derive(CaseInput(CODE, f"case:{CODE}", filed, events, [], {}, said), RULES, out)
    return [row for row in out.rows[tables.task] if row["done_at"] is None]


# --- what is expected ---------------------------------------------------------------------------------------------------


def missing(
    tasks: Sequence[Task], kind: str, limit: datetime, before: Sequence[timedelta], slots: Sequence[str]
) -> list[str]:
    """Return the reminders before a limit that are not there in time, by the end of their origins."""
    return [
        slot
        for slot, span in zip(slots, before, strict=True)
        if not any(
            row["kind"] == kind and slot in row["origin"] and moment(row["due_at"]) <= limit - span
            for row in tasks
        )
    ]


def late_custody(story: Story, tasks: Sequence[Task]) -> Iterator[str]:
    """Yield the reminders of custodies that are missing or late, of limits that are ahead."""
    for version in story.readings():
        said, arrested = version["said"], version["said"]["detention", "arrested_at"]
        if arrested in {None, "?"} or not version["gone"].isdisjoint({"act", "detention"}):
            continue
        mine = [row for row in tasks if row["subject"] == f"detention:{version['uid']}"]
        for hours in CUSTODY[said["detention", "legal_basis"]]:
            limit = moment(arrested) + timedelta(hours=hours)
            if limit > story.now:
                spans, slots = [timedelta(hours=12), timedelta(hours=3)], [f":{hours}h-12h", f":{hours}h-3h"]
                yield from missing(mine, "custody_limit", limit, spans, slots)


def late_care(story: Story, tasks: Sequence[Task]) -> Iterator[str]:
    """Yield the reminders of care that are missing or late, of limits that are ahead; care at once where no day was told."""
    dated = False
    for version in story.readings():
        said, day = version["said"], version["said"]["incident", "date"]
        hidden = said["incident", "date_precision"] in HIDES
        dated |= day is not None or said["incident", "date_precision"] is not None
        if day in {None, "?"} or hidden or not version["gone"].isdisjoint({"act", "incident"}):
            continue
        at = datetime.combine(date.fromisoformat(day), datetime.min.time(), tzinfo=RULES.zone).astimezone(UTC)
        at += timedelta(hours=HOURS[said["incident", "time_of_day"]])
        mine = [row for row in tasks if row["subject"] == f"act:{version['uid']}"]
        for name, (hours, violations) in CARE.items():
            limit = at + timedelta(hours=hours)
            if said["act", "violation"] in violations and limit > story.now:
                spans = [timedelta(hours=before) for before in (48, 24, 6)]
                yield from missing(
                    mine, "clinical_limit", limit, spans, [f":{name}:{before}h" for before in (48, 24, 6)]
                )
    last = story.told[-1][1]
    violent = last["said"]["act", "violation"] in CARE["pep"][1] and last["gone"].isdisjoint(
        {"act", "incident"}
    )
    if violent and not dated:
        told = max(at for at, _said, _reading in story.told)
        yield from missing(tasks, "clinical_limit", told + timedelta(hours=3), [timedelta()], [":at_once"])


def late_court(story: Story, tasks: Sequence[Task]) -> Iterator[str]:
    """Yield the reminders of hearings and appeals that are missing or late, of days that are ahead; and a question that is missing."""
    told = [one for one in story.readings() if "legal_event" not in one["gone"]]
    hearings = {one["said"]["legal_event", "hearing_at"] for one in told} - {None, "?"}
    for hearing in map(moment, hearings):
        if hearing > story.now:
            yield from missing(
                tasks, "hearing", hearing, [timedelta(days=7), timedelta(days=2)], [":7d", ":2d"]
            )
    put_off = any(one["said"]["legal_event", "step"] in {"hearing", "adjourned"} for one in told)
    if put_off and not hearings and story.over().get(("legal_event", "hearing_at")) is None:
        last = max(at for at, _said, _reading in story.told)
        yield from missing(tasks, "hearing", last + timedelta(hours=24), [timedelta()], [":at_once"])
    for one in told:
        decided = one["said"]["legal_event", "decided_on"]
        if decided in {None, "?"} or one["said"]["legal_event", "decision"] not in CAN_BE_APPEALED:
            continue
        last_day = date.fromisoformat(decided) + timedelta(days=9)
        limit = datetime.combine(last_day, datetime.max.time(), tzinfo=RULES.zone).astimezone(UTC)
        if limit > story.now:
            spans = [timedelta(days=before) for before in (7, 3, 1)]
            yield from missing(tasks, "appeal_limit", limit, spans, [":7d", ":3d", ":1d"])


@settings(max_examples=300)
@given(happened=steps("interview"))
def test_no_edit_and_no_correction_makes_custody_or_care_late(
    happened: list[tuple[int, int, str, Said]],
) -> None:
    """After each thing that happens every limit that was ever told, and is ahead, is recalled in time."""
    for count in range(1, len(happened) + 1):
        story = Story("interview", 1, happened[:count])
        tasks = reminders(story)

        assert [*late_custody(story, tasks), *late_care(story, tasks)] == []


@settings(max_examples=300)
@given(happened=steps("followup"))
def test_no_edit_and_no_correction_makes_a_court_late(happened: list[tuple[int, int, str, Said]]) -> None:
    """The same of a visit: its hearings, each day of them, and the last day of an appeal."""
    interview = Story("interview", 1, [(1, 0, "version", PLAIN)])
    for count in range(1, len(happened) + 1):
        story = Story("followup", 2, happened[:count])

        assert list(late_court(story, reminders(interview, story))) == []


PLAIN: Said = {"said": dict.fromkeys(ANSWERS["interview"]), "gone": frozenset(), "uid": "a1"}


# --- what this found ----------------------------------------------------------------------------------------------------


def version(kind: str, uid: str = "a1", **said: str) -> Said:
    """Return a version that says a few things, each named by its field."""
    full = {place: said.get(place[1]) for place in ANSWERS[kind]}
    return {"said": full, "gone": frozenset(), "uid": uid}


def laid(entity: str, field: str, value: str) -> Said:
    """Return a correction."""
    return {"place": (entity, field), "value": value, "back": False}


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
    """The visit came on the 20th without a judgment; on the 25th it tells of one of the 20th, over which a day of the 15th lies."""
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
