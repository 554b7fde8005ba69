"""Each kind of change between two versions: the change has its code and level, and a harmless twin is silent."""

from __future__ import annotations

import pytest

from tests.forms.compare.versions import BASE, found, made, old, only, row, swapped, without
from tests.forms.rules.tables import SETTINGS
from xlsform.compare import compare


def test_nothing_changed_is_silent() -> None:
    """The same form is no change, whether the version was raised or not."""
    assert compare(old(), old()) == ()
    assert compare(old(), made()) == ()


def test_a_question_removed_breaks() -> None:
    """FIELD-GONE at its path; a question added and a note removed do no harm."""
    change = only(old(), made(without("short_text")))

    assert (change.code, change.level, change.path) == ("FIELD-GONE", "break", "facts/short_text")
    assert not found(made(without("short_text"), settings=SETTINGS), made())
    assert not found(old(), made(without("thanks")))


def test_a_question_renamed_breaks_and_the_nearest_is_named() -> None:
    """FIELD-MOVED, also in a calculation that refers to it without being changed; a label in other words is none."""
    change = only(old(), made(swapped(("people", "persons"), ("How many persons?", "How many people?"))))

    assert (change.code, change.level, change.path) == ("FIELD-MOVED", "break", "facts/people")
    assert change.data["near"] == "facts/persons"
    assert not found(old(), made(swapped(("How many people?", "How many people are there?"))))


def test_a_question_moved_out_of_its_group_breaks() -> None:
    """FIELD-MOVED with the new path; within the group its place is free."""
    moved = (
        without("filtered").rstrip()
        + "\n"
        + row("filtered").replace("|                      |", "|${consent} = 'given'|", 1)
    )
    beside = without("filtered").replace(row("short_text"), row("filtered") + "\n" + row("short_text"))

    change = next(one for one in compare(old(), made(moved)) if one.code == "FIELD-MOVED")
    assert (change.level, change.path, change.data["near"]) == ("break", "facts/filtered", "filtered")
    assert "ORDER-CHANGED" in found(old(), made(beside), harmless=True)
    assert not found(old(), made(beside))


def test_what_the_phone_notes_of_itself_may_move() -> None:
    """A form builder lays `start`, `end` and the account outside all groups; nobody answers them."""
    clock, begins = (
        "start | start | | | | | | | | 0\nusername | account | | | | | | | | 1\n",
        row("short_text"),
    )
    inside, outside = swapped((begins, clock + begins)), BASE + clock

    assert not found(made(inside, settings=SETTINGS), made(outside))


def test_a_group_renamed_breaks_each_question_in_it() -> None:
    """Each question of a renamed group has moved; the conditions that only follow the new path are no change."""
    changes = found(old(), made(swapped(("| facts ", "| event "))))

    assert set(changes) == {"FIELD-MOVED"}
    assert [change.path for change in changes["FIELD-MOVED"]] == [
        f"facts/{name}" for name in ("danger_now", "short_text", "people", "filtered", "doubled")
    ]
    assert not found(old(), made(swapped(("| Facts ", "| Event "))))


def test_the_place_in_the_register_tells_what_a_question_became() -> None:
    """Another name and another label, but the same field: that is the nearest."""
    table = swapped(("people ", "toll "), ("${people}", "${toll}"), ("How many people?", "Tell the size"))

    changes = found(old(), made(table))
    assert [(change.path, change.data["near"]) for change in changes["FIELD-MOVED"]] == [
        ("facts/people", "facts/toll")
    ]
    assert set(changes) == {"FIELD-MOVED", "LABEL-MEANING"}


def test_a_question_moved_and_reworded_is_still_known_by_its_name() -> None:
    """The same name at another place is the nearest, whatever its label says."""
    line = row("filtered").replace("|                      |", "|${consent} = 'given'|", 1)
    moved = without("filtered").rstrip() + "\n" + line.replace("Was anybody wounded?", "Colour of the roof")

    codes = {change.code for change in compare(old(), made(moved)) if change.path == "facts/filtered"}
    assert codes == {"FIELD-MOVED", "LABEL-MEANING", "RELEVANCE-CHANGED"}


def test_a_group_renamed_is_still_compared() -> None:
    """A group that most of its questions moved to is the same group: its condition is compared."""
    table = swapped(
        ("| facts ", "| event "),
        ("| Facts                      | ${consent} = 'given'", "| Facts | ${consent} = 'refused'"),
    )

    assert "facts" in {change.path for change in found(old(), made(table))["RELEVANCE-CHANGED"]}


@pytest.mark.parametrize(
    ("before", "after", "types"),
    [
        ("integer ", "decimal ", ("integer", "decimal")),
        (
            "select_one yes_no        | filtered",
            "select_multiple yes_no | filtered",
            ("select_one", "select_multiple"),
        ),
        ("text                     | wounds", "date | wounds", ("text", "date")),
    ],
)
def test_another_type_breaks(before: str, after: str, types: tuple[str, str]) -> None:
    """TYPE-CHANGED with both types."""
    change = only(old(), made(swapped((before, after))))

    assert (change.code, change.level) == ("TYPE-CHANGED", "break")
    assert (change.data["old"], change.data["new"]) == types


def test_an_old_spelling_of_a_type_is_no_change() -> None:
    """What phones read is compared, not the sheet: ``string`` is ``text``."""
    assert compare(old(), made(swapped(("text                     | wounds", "string | wounds")))) == ()


def test_a_group_that_becomes_a_repeat_breaks() -> None:
    """REPEAT-CHANGED, and back; a repeat with another label is none."""
    flat = swapped(("begin_repeat", "begin_group"), ("end_repeat", "end_group"))

    change = next(one for one in compare(old(), made(flat)) if one.code == "REPEAT-CHANGED")
    assert (change.level, change.path, change.data) == ("break", "victim", {"old": "repeat", "new": "group"})
    assert "REPEAT-CHANGED" in found(made(flat, settings=SETTINGS), made())
    assert not found(old(), made(swapped(("| Victim ", "| Person "))))


def test_a_question_that_asks_something_else_warns() -> None:
    """LABEL-MEANING with both texts; a corrected spelling is none, a "not" or another number is one."""
    asked = made(swapped(("Is there danger right now?", "Where did it take place?")))

    change = only(old(), asked)
    assert (change.code, change.level, change.path) == ("LABEL-MEANING", "warn", "facts/danger_now")
    assert change.data["old"] == "Is there danger right now?"
    assert not found(old(), made(swapped(("Is there danger right now?", "Is there dangers, right now"))))
    assert "LABEL-MEANING" in found(old(), made(swapped(("Was anybody", "Was not anybody"))))


def test_another_calculation_warns() -> None:
    """CALC-CHANGED; white space is none."""
    change = only(old(), made(swapped(("${people} * 2", "${people} * 3"))))

    assert (change.code, change.level, change.path) == ("CALC-CHANGED", "warn", "facts/doubled")
    assert compare(old(), made(swapped(("${people} * 2", "${people}  *   2")))) == ()


def test_another_calculation_of_an_identity_breaks() -> None:
    """CALC-CHANGED is a break where rows get their identity."""
    change = only(old(), made(swapped(("once(uuid())", "uuid()"))))

    assert (change.code, change.level, change.path) == ("CALC-CHANGED", "break", "victim/person_uid")
    assert not found(old(), made(swapped(("once(uuid())", "once( uuid() )"))))


def test_newly_required_warns() -> None:
    """REQUIRED-NEW; no longer required does no harm."""
    line = row("filtered")
    required = swapped((line, line.replace("|          |", "| yes |", 1)))

    change = only(old(), made(required))
    assert (change.code, change.level, change.path) == ("REQUIRED-NEW", "warn", "facts/filtered")
    assert "EASED" in found(made(required, settings=SETTINGS), made(), harmless=True)
    assert not found(made(required, settings=SETTINGS), made())


@pytest.mark.parametrize(
    "tighter", [". <= 9", ". < 10", ". <= 10 and . >= 0", "${doubled} > 1", ". <= 10 and . != 5"]
)
def test_a_tighter_constraint_warns(tighter: str) -> None:
    """CONSTRAINT-TIGHTER when something that was let through may be refused."""
    change = only(old(), made(swapped((". <= 10", tighter))))

    assert (change.code, change.level, change.path) == ("CONSTRAINT-TIGHTER", "warn", "facts/people")


@pytest.mark.parametrize("wider", [". <= 11", ". <= 10.5", ". < 11", "", ".<=10"])
def test_a_wider_constraint_does_no_harm(wider: str) -> None:
    """What lets through at least what was let through is silent."""
    assert not found(old(), made(swapped((". <= 10", wider))))


def test_what_stands_in_quotes_is_compared_as_it_is() -> None:
    """Blanks count in a text; the kind of quotes does not."""
    tables = [
        BASE.replace("${people} * 2", cell)
        for cell in ("concat('a = b', ${people})", 'concat("a = b", ${people})', "concat('a=b', ${people})")
    ]

    assert not found(made(tables[0], settings=SETTINGS), made(tables[1]))
    assert only(made(tables[0], settings=SETTINGS), made(tables[2])).code == "CALC-CHANGED"


def test_a_narrower_range_warns() -> None:
    """The ends of a range are a constraint."""
    tables = [
        BASE.replace("| sensitivity", "| sensitivity | parameters")
        .replace("integer ", "range ")
        .replace("| victim_count        | 2", f"| victim_count | 2 | start=1 end={end} step=1")
        .replace(". <= 10", "")
        for end in (9, 5)
    ]

    assert only(made(tables[0], settings=SETTINGS), made(tables[1])).code == "CONSTRAINT-TIGHTER"
    assert not found(made(tables[1], settings=SETTINGS), made(tables[0]))


def test_a_calculation_on_a_trigger_is_compared() -> None:
    """A value that is calculated when another answer changes is a calculation too."""
    line = row("doubled")
    tables = [
        BASE.replace("| sensitivity", "| sensitivity | trigger").replace(
            line, line.replace("* 2", f"* {n}") + " | ${people}"
        )
        for n in (2, 3)
    ]

    assert only(made(tables[0], settings=SETTINGS), made(tables[1])).code == "CALC-CHANGED"


def test_another_condition_warns() -> None:
    """RELEVANCE-CHANGED of a question and of a group; of a note, which holds no answer, it is none."""
    change = only(old(), made(swapped(("${people} > 0", "${people} > 1"))))

    assert (change.code, change.level, change.path) == ("RELEVANCE-CHANGED", "warn", "victim/wounds")
    assert change.data["new"] == "${people}>1"
    assert not found(old(), made(swapped(("${people} > 5", "${people} > 6"))))


def test_another_count_of_a_repeat_warns() -> None:
    """Fewer repetitions delete answers like another condition does."""
    tables = [
        BASE.replace("| sensitivity", "| sensitivity | repeat_count").replace(
            "| person              | 2", f"| person | 2 | {n}"
        )
        for n in (3, 2)
    ]

    change = only(made(tables[0], settings=SETTINGS), made(tables[1]))
    assert (change.code, change.path, change.data["new"]) == (
        "RELEVANCE-CHANGED",
        "victim",
        "${consent}='given' 2",
    )
    assert not found(made(tables[0], settings=SETTINGS), made(tables[0]))


def test_another_filter_of_choices_warns() -> None:
    """FILTER-CHANGED: an answer that is no longer offered is deleted in a correction."""
    line = row("filtered")
    filtered = swapped(
        (line, line.replace("|            |              |               |", "| | | name != 'no' |", 1))
    )

    change = only(old(), made(filtered))
    assert (change.code, change.level, change.path) == ("FILTER-CHANGED", "warn", "facts/filtered")
    assert not found(made(filtered, settings=SETTINGS), made(filtered))


def test_texts_looks_and_order_do_no_harm() -> None:
    """Hints, appearance, media and order are remarks only."""
    more = BASE.replace("| sensitivity", "| sensitivity | hint | appearance").replace(
        "| short_text          | 3", "| short_text | 3 | Say it | multiline"
    )

    changes = found(old(), made(more), harmless=True)
    assert set(changes) == {"TEXT-CHANGED", "LOOK-CHANGED"}
    assert {change.path for some in changes.values() for change in some} == {"facts/short_text"}
