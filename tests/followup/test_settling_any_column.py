"""Whatever columns of a row are asked about together, and whatever is chosen: each refusal stands on a line of the workbook."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from sync_scripts.followup.columns import WORKBOOK_STATES, Column, sheets
from sync_scripts.followup.files import Incoming
from sync_scripts.followup.inbound import conflict_answers
from sync_scripts.followup.inbound.conflicts import open_conflicts
from sync_scripts.followup.inbound.import_request import Asked, Imported
from sync_scripts.followup.inbound.known_rows import current
from sync_scripts.followup.inbound.values import Cell
from sync_scripts.followup.outbound.conflictbook import Answer
from sync_scripts.register.alert_decisions.services import move_service, set_service
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import workbooks
from tests.followup.desk import CASE, WORKERS, Desk
from tests.followup.test_conflicts import NOTE_FIELD, book
from tests.followup.test_conflicts import settled as chosen
from tests.register.field import COORDINATOR

COLUMNS = {
    spec.marker: {column.key: column for column in spec.columns if column.editable} for spec in sheets("T2")
}
DAYS = ("2026-01-05", "2026-11-20", "2027-03-01")
CODES: dict[str, tuple[str, ...]] = {
    "state": WORKBOOK_STATES,
    "owner": WORKERS,
    "case": (CASE,),
    "urgency": ("critical", "low"),
    "provider": ("PRE-01",),
}


def possible(column: Column) -> tuple[str, ...]:
    """Return values that a file may say of a column."""
    if column.kind == "date":
        return DAYS
    if found := CODES.get(column.choices or column.key):
        return found
    if column.choices:
        return tuple(labels_of(_LIST.get(column.choices, column.choices), "fr"))
    return ("Un texte.",)


_LIST = {"status": "intervention_status"}
Said = dict[str, tuple[str | None, str | None, str | None]]
"""Key of a column -> what the file said, what is chosen, and the other value."""


@st.composite
def answers(draw: st.DrawFn, marker: str) -> Said:
    """Return what is asked of one row, and what somebody answers."""
    columns = COLUMNS[marker]
    keys = draw(st.lists(st.sampled_from(sorted(columns)), unique=True, min_size=1))
    value = {key: st.none() | st.sampled_from(possible(columns[key])) for key in keys}
    choices = st.sampled_from([None, "register", "file", "file", "file", "both", "other"])
    return {key: (draw(value[key]), draw(choices), draw(value[key])) for key in keys}


@pytest.fixture(params=["under way", "done", "suspended"])
def out(request: pytest.FixtureRequest, desk: Desk) -> tuple[Desk, str, dict[str, str]]:
    """Give a desk in some state, an export of it, and the interventions by kind of the sheet."""
    theirs = {row["service"] == "legal": row for row in desk.services()}
    if request.param == "done":
        desk.decide(move_service, CASE, theirs[True]["number"], "done")
        desk.decide(set_service, CASE, theirs[True]["number"], done_at=instant(desk.now))
    if request.param == "suspended":
        desk.apply(
            desk.edit(
                desk.export(),
                ("dk:cases", CASE, "state", "suspended"),
                ("dk:cases", CASE, "closure", "lost_contact"),
                ("dk:cases", CASE, "note", "Injoignable."),
                ("dk:cases", CASE, "next_due", "2026-12-05"),
            )
        )
    desk.export()
    with desk.register.reading() as rows:
        (*_before, export) = rows.execute(
            workbooks.followup_export.select().order_by(workbooks.followup_export.c.export_id)
        ).mappings()
    ids = {"dk:actions": theirs[True]["intervention_id"], "dk:referrals": theirs[False]["intervention_id"]}
    return desk, export["export_id"], ids


def settle(out: tuple[Desk, str, dict[str, str]], marker: str, said: Said, patch: Any) -> Imported:
    """Ask the questions of one row, and settle them in a preview."""
    desk, export, ids = out
    record = ids.get(marker)
    with desk.register.reading() as rows:
        now = current(rows, [CASE], [record] if record else [], desk.now)
    values = now.interventions[record] if record else now.cases[CASE].values
    lines = [
        {
            "conflict_id": f"Q{at:025d}",
            "export_id": export,
            "file_sha256": "0" * 64,
            "kind": "conflict",
            "sheet": marker,
            "row_id": "R",
            "cell": f"A{at}",
            "case_code": CASE,
            "record_id": record,
            "field": key,
            "base": None,
            "register": values.get(key),
            "mine": mine,
            "raised_at": instant(desk.now),
            "raised_by": COORDINATOR.code,
            "settled_at": None,
            "settled_by": None,
            "choice": None,
        }
        for at, (key, (mine, _choice, _other)) in enumerate(said.items(), start=6)
    ]
    with desk.register.writing() as rows:
        rows.execute(delete(workbooks.followup_conflict))
        rows.many(workbooks.followup_conflict, lines)
    made = [
        Answer(str(line["conflict_id"]), at, "Conflits", f"Conflits!I{at}", choice, Cell(other))
        for at, (line, (_mine, choice, other)) in enumerate(zip(lines, said.values(), strict=True), start=6)
    ]
    patch.setattr(conflict_answers, "answers", lambda _came: made)
    came = cast("Any", SimpleNamespace(export_id=export, meta={}))
    return conflict_answers.settle_book(
        desk.register, Incoming(b"", "1" * 64), came, Asked(COORDINATOR, desk.now)
    )


@pytest.mark.spread(3)
@pytest.mark.parametrize("marker", [one for one in COLUMNS if COLUMNS[one]])
@given(data=st.data())
@settings(
    max_examples=25,
    suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow),
    deadline=None,
)
def test_every_refusal_stands_on_a_line_that_was_asked(
    out: tuple[Desk, str, dict[str, str]], marker: str, data: st.DataObject
) -> None:
    """Never a fault of the program, which would take no other answer of the file either."""
    said = data.draw(answers(marker))
    with pytest.MonkeyPatch.context() as patch:
        done = settle(out, marker, said, patch)
    assert done.status in {"preview", "blocked"}
    assert {item.key for item in done.items} <= set(said)
    assert {item.cell for item in done.items} <= {f"I{at}" for at in range(6, 6 + len(said))}


def test_the_status_of_an_action_that_was_done_meanwhile(desk: Desk) -> None:
    """The file's status does not go with the day that the register has: said on the line of the status, where it was chosen."""
    (action,) = [one for one in desk.services() if one["service"] == "legal"]
    edited = desk.edit(
        desk.export(),
        ("dk:actions", CASE, "status", "not_done"),
        ("dk:cases", CASE, "note", "Du fichier."),
    )
    desk.decide(move_service, CASE, action["number"], "done")
    desk.decide(set_service, CASE, action["number"], done_at=instant(desk.now))
    desk.decide(set_note, CASE, "Du registre.")
    desk.apply(edited)
    questions = book(desk)
    note = (CASE, NOTE_FIELD, "Fichier", None)
    done = desk.apply(chosen(desk, questions, (CASE, "Statut", "Fichier", None), note))
    assert done.status == "blocked"
    (refused,) = [item for item in done.items if item.decision.why == "done_state_missing"]
    assert (refused.key, refused.case) == ("status", CASE)
    again = desk.apply(chosen(desk, questions, (CASE, "Statut", "Registre", None), note))
    assert (again.status, desk.case()["work_note"]) == ("applied", "Du fichier.")
    with desk.register.reading() as rows:
        assert open_conflicts(rows) == []
