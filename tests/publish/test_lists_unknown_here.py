"""A register that was restored, or a server under a new name: of the list that lies there nobody knows here what is in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from sync_scripts.publish.files import Note, believed, md5
from sync_scripts.publish.lists import case_list
from tests.publish.places import CASES, NOW, TEAMS, Terrain, case, followup, terrain
from tests.publish.test_changes_not_deployed import edit
from tests.publish.test_team_forms import on_phones
from tests.publish.test_what_must_leave import BLANK, replace_forms

__all__ = ["followup", "terrain"]

EMPTY = (case_list(()),)


def test_of_a_list_that_somebody_else_sent_no_case_is_known() -> None:
    """One of ours, an empty one, none at all and one that was cut say what they said; older registers remember no sums."""
    ours = case_list(CASES[:1])
    there = {"cases.csv": md5(ours)}
    sent = Note(files=("cases.csv",), cases=frozenset({"DK-A"}), sums=there)
    other = Note(files=("cases.csv",), cases=frozenset(), sums={"cases.csv": md5(b"x")})

    assert believed("cases.csv", there, sent, EMPTY) == sent
    assert believed("cases.csv", {"cases.csv": md5(EMPTY[0])}, Note(), EMPTY) == Note()
    assert believed("cases.csv", {}, Note(), EMPTY) == Note()
    for note in (Note(), other):
        assert believed("cases.csv", there, note, EMPTY).files == ("cases.csv",)
        assert believed("cases.csv", there, note, EMPTY).cases is None


@pytest.mark.parametrize("restored", [True, False])
def test_what_must_leave_leaves_a_list_that_is_not_remembered(terrain: Terrain, restored: bool) -> None:
    """Where nothing may come: what is unknown goes, at once and once, and the list that was there is told of."""
    terrain.send(CASES[1:])
    old = dict(terrain.notes)
    terrain.send(CASES, hurry=True)
    terrain.notes = old if restored else {}
    terrain.less, terrain.teams = True, (replace_forms(TEAMS[0], terrain.uid), BLANK)
    changed = [case("DK-A", level="C4"), *CASES[1:]]
    done, _written = terrain.send(changed, NOW + timedelta(minutes=1))
    again, rewritten = terrain.send(changed, NOW + timedelta(minutes=2))

    assert "DK-A" not in on_phones(terrain, terrain.uid)
    assert (done.strangers, again.strangers, rewritten) == ([terrain.uid], [], [])


def test_an_empty_list_that_is_not_remembered_is_left_alone(terrain: Terrain) -> None:
    """As a deployment of the form leaves it."""
    terrain.less, terrain.teams = True, (replace_forms(TEAMS[0], terrain.uid), BLANK)

    assert terrain.send(CASES)[1] == []


def test_a_list_that_is_not_remembered_is_told_loudly_while_a_change_keeps_it(terrain: Terrain) -> None:
    """It may show a case that had to leave, and says so until the change is deployed or undone; the file is exchanged meanwhile."""
    terrain.send(CASES)
    terrain.notes = {}
    edit(terrain)
    done, _written = terrain.send(CASES[1:], NOW + timedelta(minutes=1))
    again, rewritten = terrain.send(CASES[1:], NOW + timedelta(minutes=2))

    assert (done.stuck, done.drafts) == ([terrain.uid], [])
    assert (again.stuck, again.drafts, rewritten) == ([terrain.uid], [], [])


def test_a_list_that_is_not_remembered_counts_as_unknown_until_phones_have_ours(terrain: Terrain) -> None:
    """Cut between removing and adding: whoever asks what a lost phone may hold is told so."""
    terrain.send(CASES)
    terrain.notes = {}
    terrain.world.knob = lambda asked: httpx.Response(401, json={}) if asked.method == "POST" else None
    terrain.send(CASES[1:], NOW + timedelta(minutes=1))

    assert terrain.notes[terrain.uid].begun
    assert terrain.notes[terrain.uid].cases is None


# --- two workspaces on one form ---------------------------------------------------------------------------------------


def test_a_list_that_another_workspace_sent_is_told_of(terrain: Terrain) -> None:
    """A file is exchanged whole, so they take each other's cases away: each of them says so, and nothing is said of one alone."""
    mine, _written = terrain.send(CASES[:1])
    more, _written = terrain.send(CASES[:2], NOW + timedelta(hours=7))
    notes, terrain.notes = terrain.notes, {}
    other, _written = terrain.send([CASES[1]], NOW + timedelta(hours=8))
    terrain.notes = notes
    back, _written = terrain.send(CASES[:2], NOW + timedelta(hours=14))
    same, _written = terrain.send(CASES[:2], NOW + timedelta(hours=21))

    assert [one.strangers for one in (mine, more, other, back, same)] == [
        [],
        [],
        [terrain.uid],
        [terrain.uid],
        [],
    ]
    assert on_phones(terrain, terrain.uid) == {"DK-A", "DK-B"}


def test_a_register_that_does_not_know_what_it_sent_suspects_nobody(terrain: Terrain) -> None:
    """As one of before, or one whose sending was cut."""
    terrain.send(CASES[:1])
    notes: list[dict[str, Any]] = [{"sums": {}}, {"begun": True}]
    for unknown in notes:
        terrain.notes[terrain.uid] = replace(terrain.notes[terrain.uid], **unknown)
        done, _written = terrain.send(CASES[:2] if "sums" in unknown else CASES[:1], NOW, hurry=True)
        assert done.strangers == []
