"""With `--check-names` known names are looked for in a workbook of conflicts as in any other, whatever is chosen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync_scripts.followup.inbound.conflicts import open_conflicts
from sync_scripts.followup.inbound.import_request import Imported
from sync_scripts.register.alert_decisions.services import move_service
from sync_scripts.register.case_decisions.cases import set_note
from sync_scripts.store.detectors import KnownNames
from tests.followup.desk import CASE, Desk, first_blank
from tests.followup.test_conflicts import NOTE_FIELD, book, settled

NAMES = KnownNames(["Éloundou Inventé"])
NAMED = "Rappeler Eloundou Invente demain"


def answered(desk: Desk, mine: str, choice: str, other: str | None = None) -> Imported:
    """Raise a question without the names, as a workbook that came in without them does; settle it with them."""
    edited = desk.edit(desk.export(), ("dk:cases", CASE, "note", mine))
    desk.decide(set_note, CASE, "Du registre.")
    desk.apply(edited)
    return desk.apply(settled(desk, book(desk), (CASE, NOTE_FIELD, choice, other)), names=NAMES)


@pytest.mark.parametrize(
    ("mine", "choice", "other"),
    [("Du fichier.", "Autre", NAMED), (NAMED, "Fichier", None), (NAMED, "Les deux", None)],
)
def test_a_known_name_is_held(desk: Desk, mine: str, choice: str, other: str | None) -> None:
    """It does not get into the note, which would keep it in the clear and for ever; the question stays open, and is told."""
    done = answered(desk, mine, choice, other)
    assert [(item.decision.rule, item.decision.why) for item in done.items] == [("17", "name")]
    assert desk.case()["work_note"] == "Du registre."
    assert (done.changes, done.attention, done.left_open) == (0, True, 0)
    assert done.answers_held == [done.items[0].place], "it has an answer, which is not taken"
    with desk.register.reading() as rows:
        assert [one.field for one in open_conflicts(rows)] == ["note"]


@pytest.mark.parametrize(
    ("choice", "other"), [("Autre", "Rappel fait."), ("Fichier", None), ("Les deux", None)]
)
def test_what_names_nobody_is_taken(desk: Desk, choice: str, other: str | None) -> None:
    """As without the names."""
    assert answered(desk, "Du fichier.", choice, other).changes == 1


def test_a_code_of_a_list_is_no_name(desk: Desk) -> None:
    """Somebody may be called as a code is; what is chosen from a list is no text."""
    edited = desk.edit(desk.export(), ("dk:actions", CASE, "status", "not_done"))
    (action,) = [one for one in desk.services() if one["service"] == "legal"]
    desk.decide(move_service, CASE, action["number"], "declined")
    desk.apply(edited)
    back = settled(desk, book(desk), (CASE, "Statut", "Fichier", None))
    done = desk.apply(back, names=KnownNames(["not_done declined", "Not Done"]))
    assert "17" not in {item.decision.rule for item in done.items}


def test_the_texts_of_a_whole_row_are_looked_at(desk: Desk) -> None:
    """A row of which nobody knew whether it was taken before, with a name in its outcome."""
    path = desk.export()
    at = first_blank(path, "dk:actions")
    edited = desk.edit(
        path,
        ("dk:actions", at, "code", CASE),
        ("dk:actions", at, "service", "pss"),
        ("dk:actions", at, "outcome", NAMED),
    )
    desk.field.now += timedelta(days=40)
    desk.export()
    desk.apply(edited, late="Perdu")
    back = settled(desk, book(desk), (CASE, "(new row)", "Fichier", None))
    assert [item.decision.why for item in desk.bring(back, names=NAMES).items] == ["name"]
    assert desk.apply(back).changes == 1
