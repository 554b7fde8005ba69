"""Rebuild equals incremental, byte for byte, whatever happened and in whatever order."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)
from sqlalchemy import delete, insert, update

from sync_scripts.errors import Attention, UsageProblem
from sync_scripts.register.building import build, marks
from sync_scripts.register.care import rebuild
from sync_scripts.register.forms.loading import FormVersionLost
from sync_scripts.register.model import codes
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import event, submission
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.register import alone as decisions
from tests.register.copies import randomly
from tests.register.field import (
    ALERT,
    CASE,
    COORDINATOR,
    FOLLOWUP,
    SITUATION,
    Field,
    act,
    changed,
    closing,
    dealt,
    service,
    victim,
)


def busy(register: Register) -> Field:
    """Return a field in which a little of everything has happened."""
    field = Field(register)
    field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    field.send("alert", "r2", ALERT)
    field.send("alert", "r3", {"gate": {"consent_alert": "refused"}})
    first, second = dealt(0, "AL"), dealt(1, "AL")
    for code in (first, second):
        decisions.triage(register, code, COORDINATOR, field.later())
    opened = decisions.open_case(register, first, COORDINATOR, field.later(), owner="RD-01", draw=field.draw)
    case = str(opened.case)
    named = changed(CASE, {"header": {"alert_code": first}})
    alone = changed(CASE, {"victims": [victim(1, victim_uid="w1")], "acts": [act(1, act_uid="b1")]})
    field.send("case", "c1", changed(named, {"victims": [victim(1), victim(2)]}))
    field.send("case", "c2", alone)
    field.send("followup", "f1", service(case, "referred"))
    field.send("followup", "f2", service(case, "done"))
    field.send("followup", "f3", changed(FOLLOWUP, {"header": {"case_code": "no code"}}))
    decisions.link(register, second, case, COORDINATOR, field.later())
    field.send("alert", "r2", changed(ALERT, {"what": {"alert_icon": "killing"}}), edit=1)
    field.send("case", "c1", changed(named, {"victims": [victim(2)], "acts": [act(1, "V2")]}), edit=1)
    field.send("closure", "k1", closing(case))
    field.send("closure", "k2", closing("no code", risk_now="high"))
    field.send("closure", "k1", closing(case, pending_legal="yes"), edit=1)
    field.send("situation", "s1", SITUATION)
    field.send("situation", "s1", changed(SITUATION, {"events": SITUATION["events"][:1]}), edit=1)
    decisions.assign(register, case, "RD-02", COORDINATOR, field.later(), new=True)
    decisions.add_worker(register, "RD-02", "case_owner", COORDINATOR, field.later())
    return field


def test_the_check_finds_no_difference_and_changes_nothing(register: Register) -> None:
    """On both databases: every table is what it was, to the byte."""
    field = busy(register)
    before = field.everything()
    done = rebuild.check(register, field.later())

    assert done.differing == ()
    assert done.rows == {name: len(rows) for name, rows in before.items()}
    assert done.rows["case"] == 2
    assert field.everything() == before
    rebuild.require_same(done)


def test_a_rebuild_gives_back_a_register_that_was_emptied(register: Register) -> None:
    """Codes, cases and decisions come from events; nothing is drawn again."""
    field = busy(register)
    before = field.everything()
    with register.writing() as rows:
        for table in tables.TABLES:
            rows.execute(delete(table))
    rebuild.rebuild(register, field.later(), draw=_nobody_draws)

    assert field.everything() == before


def _nobody_draws(kind: codes.Kind, root_id: str) -> str:
    raise AssertionError(kind)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (tables.case, {"urgency": "low"}),
        (tables.alert, {"score": 1}),
        (tables.person, {"pseudonym": "V9"}),
        (tables.task, {"due_at": "2026"}),
        (tables.worker, {"roles": "trainer"}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_check_names_the_table_that_somebody_changed(
    sqlite_register: Register, table: Any, change: dict[str, Any]
) -> None:
    """One value of one row is enough."""
    field = busy(sqlite_register)
    with sqlite_register.writing() as rows:
        rows.execute(update(table).values(**change))
    found = rebuild.check(sqlite_register, field.later())

    assert found.differing == (table.name,)
    with pytest.raises(rebuild.RebuildDiffers) as caught:
        rebuild.require_same(found)
    assert table.name in caught.value.words()


def test_a_row_that_belongs_to_nothing_is_found(sqlite_register: Register) -> None:
    """A row too many is a difference too."""
    field = busy(sqlite_register)
    with sqlite_register.writing() as rows:
        values = {"code": "X", "roles": "", "active": True}
        rows.execute(insert(tables.worker).values(**values))

    assert rebuild.check(sqlite_register, field.later()).differing == ("worker",)


def test_nothing_depends_on_today(sqlite_register: Register) -> None:
    """Ten years later the rebuild is the same."""
    field = busy(sqlite_register)

    assert rebuild.check(sqlite_register, field.now + timedelta(days=3650)).differing == ()


def test_building_twice_is_building_once(sqlite_register: Register) -> None:
    """The same submissions again change nothing and draw nothing."""
    field = busy(sqlite_register)
    before = field.everything()
    with sqlite_register.writing() as rows:
        roots = {(row["stamp"], row["root_id"]) for row in before["filing"]}
        built = build.apply(rows, roots, _nobody_draws, field.later())

    assert built.drawn == 0
    assert field.everything() == before


def test_a_page_of_many_gives_the_same_as_one_by_one(sqlite_register: Register, tmp_path: Path) -> None:
    """Bulk is only faster."""
    field = Field(sqlite_register)
    for number in range(12):
        field.send("alert", f"r{number}", ALERT, build_it=False)
        field.send("case", f"c{number}", CASE, build_it=False)
    with sqlite_register.writing() as rows:
        roots = [("alert", f"r{n}") for n in range(12)] + [("case", f"c{n}") for n in range(12)]
        build.apply(rows, roots, field.draw, field.now)

    assert rebuild.check(sqlite_register, field.later()).differing == ()
    assert len(field.rows(tables.case)) == len(field.rows(tables.alert)) == 12


def test_a_form_version_that_was_lost_stops_the_build(sqlite_register: Register) -> None:
    """What was said cannot be understood without the form that asked it."""
    field = busy(sqlite_register)
    other = {**field.rows(submission)[0], "root_id": "r9", "form_version": "another", "arrival": 999}
    with sqlite_register.writing() as rows:
        rows.many(submission, [other])

    with pytest.raises(FormVersionLost) as caught:
        rebuild.check(sqlite_register, field.later())
    assert "forms import" in caught.value.words()


@pytest.mark.parametrize("status", ["quarantined", "waiting"])
def test_a_version_that_may_not_be_read_leaves_no_row(sqlite_register: Register, status: str) -> None:
    """Quarantined and waiting versions are not built, now or later. Of erased ones only what may stay is there to be read."""
    field = busy(sqlite_register)
    with sqlite_register.writing() as rows:
        rows.execute(update(submission).values(status=status).where(submission.c.root_id == "c2"))
        build.apply(rows, [("case", "c2")], field.draw, field.later())

    assert "w1" not in {row["uid"] for row in field.rows(tables.person)}
    assert rebuild.check(sqlite_register, field.later()).differing == ()


# --- anything in any order ----------------------------------------------------------------------------------------


ICONS = st.sampled_from(["threat", "sexual", "missing", "killing burning", "extortion"])
STATES = st.sampled_from(["planned", "referred", "accepted", "done", "declined"])


class Work(RuleBasedStateMachine):
    """Random phones and a random coordinator; after each example the register must be what a rebuild gives."""

    def __init__(self, register: Register) -> None:
        """Begin with an empty register."""
        super().__init__()
        self.field = Field(register)
        self.sent: dict[str, int] = {}

    def _known(self, table: Any, column: str) -> list[str]:
        return [row[column] for row in self.field.rows(table)]

    def _pick(self, data: st.DataObject, table: Any, column: str) -> str | None:
        found = self._known(table, column)
        return data.draw(st.sampled_from([*found, None])) if found else None

    def _send(self, form: str, root: str, said: Any, **more: Any) -> None:
        number = self.sent[root] = self.sent.get(root, -1) + 1
        self.field.send(form, root, said, edit=number, **more)

    @initialize()
    def begin(self) -> None:
        """Let one alert and one interview be there."""
        self._send("alert", "r0", ALERT)
        self._send("case", "c0", CASE)

    @rule(number=st.integers(0, 4), icons=ICONS, consent=st.sampled_from(["given", "not_asked", "refused"]))
    def alert(self, number: int, icons: str, consent: str) -> None:
        """Send an alert, or another version of it."""
        self._send(
            "alert",
            f"r{number}",
            changed(ALERT, {"what": {"alert_icon": icons}, "gate": {"consent_alert": consent}}),
        )

    @rule(
        number=st.integers(0, 4),
        people=st.lists(st.integers(1, 4), max_size=3, unique=True),
        agrees=st.sampled_from(["yes", "yes", "no"]),
        data=st.data(),
    )
    def interview(self, number: int, people: list[int], agrees: str, data: st.DataObject) -> None:
        """Send an interview, or another version of it, on whatever case or alert."""
        header = {
            "case_code": self._pick(data, tables.case, "case_code"),
            "alert_code": self._pick(data, tables.alert, "code"),
        }
        said = changed(
            CASE,
            {
                "gate": {"consent_case": agrees},
                "header": header,
                "victims": [victim(one, victim_uid=f"v{number}-{one}") for one in people],
                "acts": [act(one, f"V{one} V2", act_uid=f"a{number}-{one}") for one in people],
            },
        )
        self._send("case", f"c{number}", said)

    @rule(number=st.integers(0, 4), status=STATES, data=st.data())
    def visit(self, number: int, status: str, data: st.DataObject) -> None:
        """Send a follow-up, or another version of it, on whatever case."""
        case = self._pick(data, tables.case, "case_code") or "DK-7Q2M4X-B"
        numbered = data.draw(st.sampled_from(["", "1", "2"]))
        self._send("followup", f"f{number}", service(case, status, intervention_no=numbered or None))

    @rule(number=st.integers(0, 2), risk=st.sampled_from(["low", "high"]), data=st.data())
    def ask_to_close(self, number: int, risk: str, data: st.DataObject) -> None:
        """Send a request to close, or another version of it, on whatever case or with a code that is none."""
        case = self._pick(data, tables.case, "case_code") or "no code"
        self._send("closure", f"k{number}", closing(case, risk_now=risk))

    @rule(number=st.integers(0, 2), events=st.integers(0, 2))
    def report(self, number: int, events: int) -> None:
        """Send a report on an area, or another version of it."""
        said = changed(SITUATION, {"events": SITUATION["events"][:events]})
        self._send("situation", f"s{number}", said)

    @rule(number=st.integers(0, 4))
    def another_road(self, number: int) -> None:
        """Let an alert's first version come by a second server."""
        if f"r{number}" in self.sent and f"road-{number}" not in self.sent:
            self.sent[f"road-{number}"] = 0
            self.field.send("alert", f"r{number}", ALERT, server="central")

    @rule(data=st.data(), level=st.sampled_from([None, "critical", "low"]))
    def triage(self, data: st.DataObject, level: Any) -> None:
        """Triage whatever alert."""
        code = data.draw(st.sampled_from(self._known(tables.alert, "code")))
        with suppress(Attention):
            decisions.triage(
                self.field.register, code, COORDINATOR, self.field.later(), urgency=level, reason="because"
            )

    @rule(data=st.data())
    def open_case(self, data: st.DataObject) -> None:
        """Open a case from whatever alert."""
        code = data.draw(st.sampled_from(self._known(tables.alert, "code")))
        with suppress(Attention):
            decisions.open_case(
                self.field.register,
                code,
                COORDINATOR,
                self.field.later(),
                owner="RD-01",
                draw=self.field.draw,
            )

    @precondition(lambda self: self._known(tables.case, "case_code"))
    @rule(data=st.data(), dismissed=st.booleans())
    def link_or_dismiss(self, data: st.DataObject, *, dismissed: bool) -> None:
        """Link whatever alert to whatever case, or dismiss it."""
        code = data.draw(st.sampled_from(self._known(tables.alert, "code")))
        case = data.draw(st.sampled_from(self._known(tables.case, "case_code")))
        with suppress(Attention, UsageProblem):
            if dismissed:
                decisions.dismiss(
                    self.field.register, code, "because", COORDINATOR, self.field.later(), second="CO-02"
                )
            else:
                decisions.link(self.field.register, code, case, COORDINATOR, self.field.later())

    @precondition(lambda self: self._known(tables.case, "case_code"))
    @rule(data=st.data())
    def assign(self, data: st.DataObject) -> None:
        """Give whatever case to another worker."""
        case = data.draw(st.sampled_from(self._known(tables.case, "case_code")))
        worker = f"RD-0{self.field.now.hour % 9}"
        decisions.assign(self.field.register, case, worker, COORDINATOR, self.field.later(), new=True)

    @rule(portions=st.integers(0, 3))
    def rebuild_some(self, portions: int) -> None:
        """Begin to build everything again, and be stopped; what follows meets rows that are still to be built."""
        with self.field.register.writing() as rows:
            marks.mark_all(rows)
        again = marks.Again(_nobody_draws, self.field.later())
        for _portion in range(portions):
            with self.field.register.writing() as rows:
                again.portion(rows, marks.PORTION)

    def teardown(self) -> None:
        """Compare with a rebuild; see that pseudonyms are unique in a case and every task has its submission."""
        try:
            assert rebuild.check(self.field.register, self.field.later()).differing == ()
            given = [(row["case_code"], row["pseudonym"]) for row in self.field.rows(tables.person)]
            assert len(set(given)) == len(given)
            filed = {row["filing_no"] for row in self.field.rows(tables.filing)}
            for table in tables.TABLES:
                if "filing_no" in table.c:
                    assert {row["filing_no"] for row in self.field.rows(table)} <= filed, table.name
        finally:
            self.field.register.close()


def test_rebuild_equals_incremental_after_anything(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> None:
    """New forms, edits, moved case codes, decisions, in any order."""
    randomly(Work, template_file, holders, tmp_path, examples=12, steps=25)


@pytest.mark.slow
def test_rebuild_equals_incremental_after_much_more(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> None:
    """The same, for longer."""
    randomly(Work, template_file, holders, tmp_path, examples=150, steps=25)


def test_events_are_never_touched_by_a_rebuild(sqlite_register: Register) -> None:
    """The raw store is the truth; a rebuild only reads it."""
    field = busy(sqlite_register)
    before = field.rows(event), field.rows(submission)
    rebuild.rebuild(sqlite_register, field.later())

    assert (field.rows(event), field.rows(submission)) == before
