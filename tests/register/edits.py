"""Stories of one form, for tests of its clocks: what is said, edited, corrected and received late, and what is recalled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from sync_scripts.register.building import case_unit
from sync_scripts.register.case.case_input import CaseInput
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.forms.row_output import Output
from sync_scripts.register.forms.submissions import Filed, by_entity
from sync_scripts.register.history.corrections import CORRECT, RESTORE, corrected
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from tests.register.field import CASE, START, act, changed, dealt, map_of, tree
from tests.register.test_critical import legal

RULES = load()
CODE = dealt(0, "DK")
READERS = {form: Reader(map_of(form)) for form in ("case", "followup")}
BASES = ["preliminary", "warrant", "flagrante", "military", "terrorism", "administrative", "none", "unknown"]

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
    ("detention", "legal_basis"): st.sampled_from(BASES),
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


def version(kind: str, uid: str = "a1", **said: str) -> Said:
    """Return a version that says a few things, each named by its field."""
    full = {place: said.get(place[1]) for place in ANSWERS[kind]}
    return {"said": full, "gone": frozenset(), "uid": uid}


def laid(entity: str, field: str, value: str) -> Said:
    """Return a correction."""
    return {"place": (entity, field), "value": value, "back": False}


PLAIN: Said = {"said": dict.fromkeys(ANSWERS["interview"]), "gone": frozenset(), "uid": "a1"}
