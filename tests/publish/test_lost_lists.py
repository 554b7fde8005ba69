"""What a lost phone may hold though the lists hold it no more: cases that left since it was last heard, teams it was in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from sync_scripts.publish.audiences import OpenCase, Team
from sync_scripts.publish.files import Note, key
from sync_scripts.publish.lost_phones import (
    Lists,
    after,
    could_fill,
    note_fillers,
    note_lists,
    stayed,
    were_in,
)
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import setting
from tests.publish.scene import NOW, Run, with_register
from tests.publish.test_phones import _sent, root, run, workbook, worlds

__all__ = ["root", "run", "workbook", "worlds"]

NORD = Team("nord", frozenset({"CM007002"}), frozenset({"f12"}))
SUD = Team("sud", frozenset({"CM010001"}), frozenset({"f20"}))


def case(code: str, place: str = "CM007002", status: str = "active") -> OpenCase:
    """Give a case."""
    return OpenCase(code, place, None, status, "C1", "F12")


def test_what_left_a_list_is_noted_with_its_day_and_forgotten_when_it_is_back() -> None:
    """Pure; what left long ago is let go."""
    first = after(Lists(), {"DK-A", "DK-B"}, NOW)
    second = after(first, {"DK-B"}, NOW + timedelta(days=1))
    third = after(second, {"DK-A"}, NOW + timedelta(days=2))
    last = after(third, {"DK-A"}, NOW + timedelta(days=500))

    assert first == Lists(frozenset({"DK-A", "DK-B"}))
    assert second == Lists(frozenset({"DK-B"}), {"DK-A": instant(NOW + timedelta(days=1))})
    assert third == Lists(frozenset({"DK-A"}), {"DK-B": instant(NOW + timedelta(days=2))})
    assert last == Lists(frozenset({"DK-A"}))


def test_a_phone_is_told_of_with_what_left_since_it_was_heard(root: Path) -> None:
    """Of its own teams, and of one that it left; with all of it when it was never heard."""

    def deed(register: Register) -> list[frozenset[str]]:
        def publish(day: int, teams: tuple[Team, ...], *cases: OpenCase) -> None:
            note_lists(register, teams, cases, NOW + timedelta(days=day), everywhere=False)

        open_now = case("DK-A"), case("DK-B"), case("DK-S", "CM010001")
        publish(0, (NORD, SUD), *open_now)
        publish(10, (NORD, SUD), *open_now[1:])
        publish(20, (NORD, SUD), *open_now[2:])
        found = [were_in(register, "F12", heard) for heard in ("", instant(NOW + timedelta(days=15)))]
        found.append(were_in(register, "F12", instant(NOW + timedelta(days=21))))
        found.append(were_in(register, "F20", ""))
        moved = Team("sud", SUD.departments, frozenset({"f20", "f12"}))
        publish(30, (Team("nord", NORD.departments, frozenset()), moved), case("DK-C"), *open_now[2:])
        found.append(were_in(register, "f12", instant(NOW + timedelta(days=29))))
        found.append(were_in(register, "f12", instant(NOW + timedelta(days=40))))
        publish(50, (SUD,), *open_now[2:])
        found.append(were_in(register, "f12", instant(NOW + timedelta(days=49))))
        return found

    never, late, soon, other, moved, heard, gone = with_register(root, deed)

    assert (never, late) == ({"DK-A", "DK-B"}, {"DK-B"})
    assert soon == {"DK-B"}  # what a phone sends comes before its lists are new
    assert other == {"DK-S"}
    assert moved == {
        "DK-C",
        "DK-S",
    }  # the list of the team that it left, as it is, and that of the team it is in
    assert heard == {"DK-S"}
    assert gone == {"DK-S"}


@pytest.mark.parametrize("publishes", [True, False])
def test_the_command_names_the_cases_that_left(run: Run, root: Path, publishes: bool) -> None:
    """A closed one is on the phone until it fetches its lists; without a publication nothing was on it."""
    run("phones", "add", "F12", "--server", "bureau")
    with_register(root, _sent)
    if publishes:
        run("publish")
        with_register(root, lambda register: _close(register, "DK-A"))
        _code, before, _talk = run("phones", "lost", "F12", "--dry-run", "--json")
        assert before["cases_that_left"] == ["DK-A"]  # though nothing was published since
        run("publish")
    else:
        run("publish", "--dry-run")
        with_register(root, lambda register: _close(register, "DK-A"))
    _code, said, _talk = run("phones", "lost", "F12", "--dry-run", "--json")
    _code, words, _talk = run("--lang", "en", "phones", "lost", "F12", "--dry-run")

    assert said["cases_in_lists"] == ["DK-B"]
    assert said["cases_that_left"] == (["DK-A"] if publishes else [])
    assert ("may still be on the phone:\n  DK-A" in words) == publishes


def test_a_phone_of_a_team_that_names_nobody_is_known_by_the_forms_it_could_fill(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """KoboToolbox: whoever may fill a form has its list, and what left it. Other teams' lists are not on it."""
    settings = root / "dikalo.toml"
    text = settings.read_text()
    text = text.replace('people = ["F12", "enum1"]', 'forms = ["a1"]')
    settings.write_text(
        text + '\n[[team]]\nname = "sud"\ndepartments = ["CM010001"]\npeople = ["F20"]\nforms = ["b9"]\n'
    )
    worlds["terrain"][0].deployed.assets["a1"].rights["p1"] = ("f12", "add_submissions")
    run("publish")
    with_register(root, lambda register: _close(register, "DK-A"))
    run("publish")
    code, said, _talk = run("phones", "lost", "F12", "--json")

    assert 'forms = ["a1"]' in text
    assert code == 5  # b9 is shown nowhere
    assert (said["teams"], said["cases_in_lists"], said["cases_that_left"]) == (["nord"], [], ["DK-A"])


@pytest.mark.parametrize("first", ["lost", "revoke"])
def test_a_second_look_shows_what_the_first_one_showed(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]], first: str
) -> None:
    """The servers know by then of no right that the phone had; the publication before does, and those after do."""
    settings = root / "dikalo.toml"
    text = settings.read_text().replace('people = ["F12", "enum1"]', 'forms = ["a1"]')
    settings.write_text(text)
    worlds["terrain"][0].deployed.assets["a1"].rights["p1"] = ("f12", "add_submissions")
    run("publish")
    with_register(root, lambda register: _close(register, "DK-A"))
    run("publish")
    told = [run("phones", first, "F12", "--json")[1], run("phones", "lost", "F12", "--json")[1]]
    run("publish")
    told.append(run("phones", "lost", "F12", "--json")[1])
    found = [(one["teams"], one["cases_in_lists"], one["cases_that_left"]) for one in told if "teams" in one]

    assert worlds["terrain"][0].deployed.assets["a1"].rights == {}
    assert [one["locked_out"] for one in told] == [True] * 3
    assert found == [(["nord"], [], ["DK-A"])] * (3 if first == "lost" else 2)


def test_who_could_fill_a_form_is_noted_with_the_day_on_which_that_ended(root: Path) -> None:
    """By person, whatever the capitals of its code; another form that was not looked at stays as it was noted."""

    def deed(register: Register) -> list[frozenset[str]]:
        note_fillers(register, "a1", ["F12", "f20"], NOW)
        note_fillers(register, "b2", ["f12"], NOW)
        note_fillers(register, "a1", ["f20"], NOW + timedelta(days=10))
        note_fillers(register, "a1", ["f20"], NOW + timedelta(days=20))
        days = "", instant(NOW + timedelta(days=11)), instant(NOW + timedelta(days=15))
        return [could_fill(register, "F12", heard) for heard in days] + [could_fill(register, "F20", "")]

    both = {"a1", "b2"}
    assert with_register(root, deed) == [both, both, {"b2"}, {"a1"}]


@pytest.mark.parametrize("known", [True, False])
def test_a_case_that_a_draft_keeps_in_a_form_is_told_of_though_the_phone_was_heard_since(
    root: Path, known: bool
) -> None:
    """Closed on the 1st, in the file of the form until the 20th: on the phone that was heard on the 10th, then and after."""
    own = Team("nord", NORD.departments, NORD.people, frozenset({"nord_form"}))
    other = Team("sud", SUD.departments, SUD.people, frozenset({"sud_form"}))
    teams = own, other

    def told(register: Register, team: Team, held: frozenset[str] = frozenset()) -> frozenset[str]:
        heard = were_in(register, min(team.people), instant(NOW + timedelta(days=10)))
        return heard | stayed(register, teams, (team,), held)

    def deed(register: Register) -> list[frozenset[str]]:
        def publish(day: int, *cases: OpenCase) -> None:
            note_lists(register, teams, cases, NOW + timedelta(days=day), everywhere=False)

        def sent(day: int, *codes: str) -> None:
            at, cases = (NOW + timedelta(days=day)).isoformat(), frozenset(codes) if known else None
            _remember(register, "nord_form", Note(at=at, files=("cases.csv",), cases=cases))

        publish(0, case("DK-X"), case("DK-S", "CM010001"))
        sent(0, "DK-X")
        publish(1, case("DK-S", "CM010001"))
        found = [told(register, own), told(register, other)]
        found.append(told(register, other, frozenset({"nord_form"})))
        publish(20, case("DK-S", "CM010001"))
        sent(20)
        found.append(told(register, own))
        publish(30, case("DK-S", "CM010001"))
        found.append(were_in(register, "f12", instant(NOW + timedelta(days=25))))
        return found

    waiting, theirs, filled, gone, later = with_register(root, deed)

    assert (waiting, theirs) == ({"DK-X"}, {"DK-S"})
    assert filled == ({"DK-X", "DK-S"} if known else {"DK-S"})
    assert (gone, later) == ({"DK-X"}, set())


def test_the_command_names_a_case_that_the_file_of_a_form_has(run: Run, root: Path) -> None:
    """By the forms of the only team; the phone was heard after the case left the lists."""
    run("publish")
    with_register(root, lambda register: _remember(register, "a1", _NOTE))
    _code, said, _talk = run("phones", "lost", "F12", "--dry-run", "--json")

    assert said["cases_that_left"] == ["DK-OLD"]


_NOTE = Note(at=NOW.isoformat(), files=("cases.csv",), cases=frozenset({"DK-A", "DK-OLD"}))


def _remember(register: Register, form: str, note: Note) -> None:
    with register.writing() as rows:
        value = msgspec.json.encode(note).decode()
        rows.upsert(setting, [{"name": key("terrain", form), "value": value}])


def _close(register: Any, code: str) -> None:
    with register.writing() as rows:
        rows.execute(update(tables.case).values(state="closed").where(tables.case.c.case_code == code))
