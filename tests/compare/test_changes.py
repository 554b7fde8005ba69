"""Each kind of change between two versions: the change has its code and level, and a harmless twin is silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.rules.tables import CHOICES, LANGUAGES, SETTINGS, form
from xlsform import pack, workbook
from xlsform.compare import Change, compare
from xlsform.compare.words import CHANGES
from xlsform.model import Form

LATER = {**SETTINGS, "version": "2026112502"}
BASE = """
type                     | name        | label                      | relevant             | required | constraint | calculation  | choice_filter | register            | sensitivity
select_one consent_alert | consent     | Agreement?                 |                      | yes      |            |              |               | alert.consent_state | 1
begin_group              | facts       | Facts                      | ${consent} = 'given' |          |            |              |               | alert               | 1
select_one yes_no        | danger_now  | Is there danger right now? |                      | yes      |            |              |               | danger_now          | 2
text                     | short_text  | What happened to them?     |                      |          |            |              |               | short_text          | 3
integer                  | people      | How many people?           |                      |          | . <= 10    |              |               | victim_count        | 2
select_one yes_no        | filtered    | Was anybody wounded?       |                      |          |            |              |               |                     | 2
calculate                | doubled     |                            |                      |          |            | ${people} * 2 |              |                     | 1
note                     | thanks      | Thank you                  | ${people} > 5        |          |            |              |               |                     |
end_group
begin_repeat             | victim      | Victim                     | ${consent} = 'given' |          |            |              |               | person              | 2
calculate                | person_uid  |                            |                      |          |            | once(uuid()) |               | uid                 | 0
text                     | wounds      | Which wounds?              | ${people} > 0        |          |            |              |               |                     | 2
end_repeat
"""
KEYS = ("MIIBIjANBgkqhkiGfirst", "MIIBIjANBgkqhkiGsecond")


def made(table: str = BASE, **more: object) -> Form:
    """A version of the base form; blanks in it do not count."""
    settings = {"settings": LATER, **more}
    return form(table, **settings)  # type: ignore[arg-type] # the same keywords


def old(**more: object) -> Form:
    """The version in use."""
    return made(**{"settings": SETTINGS, **more})  # type: ignore[arg-type] # the same keywords


def swapped(*pairs: tuple[str, str], table: str = BASE) -> str:
    """The base table with some cells replaced; each must be there."""
    for before, after in pairs:
        assert before in table, before
        table = table.replace(before, after)
    return table


def found(one: Form, other: Form, *, harmless: bool = False) -> dict[str, list[Change]]:
    """The changes by code; those without harm only when asked for."""
    changes: dict[str, list[Change]] = {}
    for change in compare(one, other):
        if harmless or change.level != "info":
            changes.setdefault(change.code, []).append(change)
    return changes


def only(one: Form, other: Form) -> Change:
    """The one change that does harm."""
    (changes,) = found(one, other).values()
    (change,) = changes
    return change


def without(name: str, table: str = BASE) -> str:
    """The base table without one row."""
    return "\n".join(line for line in table.splitlines() if f"| {name} " not in line)


def row(name: str, table: str = BASE) -> str:
    """One row of the base table."""
    (line,) = [line for line in table.splitlines() if f"| {name} " in line]
    return line


# --- questions ----------------------------------------------------------------------------------------------------


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


# --- choices ------------------------------------------------------------------------------------------------------

LISTED = ("yes_no         | no      | Non         | No", "yes_no | no | Non | No")


def test_a_choice_removed_breaks() -> None:
    """CHOICE-GONE once for the list, however many questions use it; a choice added does no harm."""
    more = CHOICES + "yes_no | perhaps | Peut-être | Perhaps\n"

    change = only(made(choices=more, settings=SETTINGS), made())
    assert (change.code, change.level, change.path) == ("CHOICE-GONE", "break", "yes_no/perhaps")
    assert [one.path for one in found(old(), made(choices=more), harmless=True)["CHOICE-NEW"]] == [
        "yes_no/perhaps"
    ]
    assert not found(old(), made(choices=more))


def test_a_choice_renamed_breaks_and_the_nearest_is_named() -> None:
    """CHOICE-GONE names the new choice that says the same; a list under another name is no change."""
    change = only(old(), made(choices=CHOICES.replace(LISTED[0], LISTED[1].replace("| no |", "| nope |"))))

    assert (change.code, change.path, change.data["near"]) == ("CHOICE-GONE", "yes_no/no", "nope")
    renamed = CHOICES.replace("yes_no ", "oui_non ")
    assert not found(old(), made(BASE.replace("select_one yes_no ", "select_one oui_non "), choices=renamed))


def test_a_choice_that_says_something_else_breaks() -> None:
    """CHOICE-MEANING in the language where it does; a capital letter is none."""
    change = only(old(), made(choices=CHOICES.replace(LISTED[0], "yes_no | no | Peut-être | No")))

    assert (change.code, change.level, change.path) == ("CHOICE-MEANING", "break", "yes_no/no")
    assert (change.data["language"], change.data["old"], change.data["new"]) == ("fr", "Non", "Peut-être")
    assert not found(old(), made(choices=CHOICES.replace(LISTED[0], "yes_no | no | NON | No.")))


def test_another_column_of_a_choice_is_a_remark() -> None:
    """What filters read beside a choice is told."""
    tables = [
        CHOICES.replace("| label.en", "| label.en | zone").replace("| Yes\n", f"| Yes | {zone}\n")
        for zone in "ab"
    ]

    changes = found(old(choices=tables[0]), made(choices=tables[1]), harmless=True)
    assert "yes_no/yes" in {change.path for change in changes["LOOK-CHANGED"]}


# --- people -------------------------------------------------------------------------------------------------------

MORE = CHOICES + "consent_alert | not_asked | Pas demandé | Not asked\n"


@pytest.mark.parametrize(
    ("condition", "answers"),
    [
        ("selected('given not_asked', ${consent})", "not_asked"),
        ("${consent} != 'refused'", "-, not_asked"),
        ("${consent} = 'given' or ${consent} = 'not_asked'", "not_asked"),
        ("", "-, not_asked, refused"),
    ],
)
def test_a_looser_gate_breaks(condition: str, answers: str) -> None:
    """CONSENT-LOOSER names the answers that open the form and did not."""
    changes = found(old(choices=MORE), made(swapped(("${consent} = 'given'", condition)), choices=MORE))

    assert set(changes) == {"CONSENT-LOOSER", "RELEVANCE-CHANGED"}
    assert {change.level for change in changes["CONSENT-LOOSER"]} == {"break"}
    assert [change.path for change in changes["CONSENT-LOOSER"]] == ["facts", "victim/wounds"]
    assert {change.data["answers"] for change in changes["CONSENT-LOOSER"]} == {answers}


@pytest.mark.parametrize(
    "condition",
    [
        "'given' = ${consent}",
        "selected('given', ${consent})",
        "${consent} = 'given' and ${doubled} > 1",
        "${doubled} > 1 and ${consent} = 'given'",
        "${consent} = 'given' or (${consent} = 'given' and ${doubled} > 1)",
        "false()",
    ],
)
def test_a_gate_that_is_not_looser_is_silent(condition: str) -> None:
    """The same agreement, said otherwise or with a further condition, opens nothing more."""
    assert "CONSENT-LOOSER" not in found(old(), made(swapped(("${consent} = 'given'", condition))))


def test_a_gate_holds_through_another_question() -> None:
    """A question that needs an answer from behind the gate is behind it too; a "not" proves nothing."""
    table = "\n" + BASE.strip() + "\ntext | more | More? | ${danger_now} = 'yes' | | | | | | 2\n"

    assert not found(old(), made(table))
    assert only(old(), made(swapped(("= 'yes'", "!= 'yes'"), table=table))).path == "more"


def test_a_new_question_before_the_gate_breaks() -> None:
    """A question about people that is new may not be asked earlier than those there were."""
    early = "\n" + BASE.strip() + "\ntext | nickname | Which nickname? | | | | | | | 3\n"
    behind = early.replace("Which nickname? |", "Which nickname? | ${consent} = 'given'")

    assert only(old(), made(early)).code == "CONSENT-LOOSER"
    assert not found(old(), made(behind))


def test_a_gate_removed_breaks() -> None:
    """CONSENT-LOOSER at the question itself."""
    table = without("consent").replace("${consent} = 'given'", "true()")

    (change,) = found(old(), made(table))["CONSENT-LOOSER"]
    assert (change.level, change.path) == ("break", "consent")
    assert "CONSENT-LOOSER" not in found(made(table, settings=SETTINGS), made())


def test_a_lower_sensitivity_breaks() -> None:
    """SENS-LOWERED of the row or of its group; raised does no harm."""
    lower = swapped(("| short_text          | 3", "| short_text          | 2"))

    change = only(old(), made(lower))
    assert (change.code, change.level, change.path) == ("SENS-LOWERED", "break", "facts/short_text")
    assert (change.data["old"], change.data["new"]) == ("3", "2")
    assert not found(made(lower, settings=SETTINGS), made())


def test_another_field_of_the_register_warns() -> None:
    """MAP-CHANGED to another field, to none, and of a repeat's entity; a first field does no harm."""
    other = swapped(("| victim_count        |", "| reporter_code |"))
    none = swapped(("| victim_count        |", "| |"))

    change = only(old(), made(other))
    assert (change.code, change.level, change.data["new"]) == ("MAP-CHANGED", "warn", "alert.reporter_code")
    assert only(old(), made(none)).kind == "MAP-CHANGED/gone"
    assert "victim" in {
        one.path
        for one in found(old(), made(swapped(("| person              |", "| source |"))))["MAP-CHANGED"]
    }
    assert not found(made(none, settings=SETTINGS), made())


# --- the form -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2026112501", "2026112500"])
def test_a_version_not_raised_is_an_error(version: str) -> None:
    """VERSION-NOT-RAISED for any change, even a harmless one, under the same or an earlier version."""
    again = made(swapped(("Thank you", "Many thanks")), settings={**SETTINGS, "version": version})

    change = only(old(), again)
    assert (change.code, change.level) == ("VERSION-NOT-RAISED", "error")
    assert not found(old(), made(swapped(("Thank you", "Many thanks"))))


def test_another_form_id_breaks() -> None:
    """FORM-ID-CHANGED; another title does no harm."""
    change = only(old(), made(settings={**LATER, "form_id": "alert2"}))

    assert (change.code, change.level) == ("FORM-ID-CHANGED", "break")
    assert not found(old(), made(settings={**LATER, "form_title": "Other"}))


@pytest.mark.parametrize(
    ("before", "after", "level"), [(KEYS[0], "", "break"), ("", KEYS[0], "warn"), (KEYS[0], KEYS[1], "warn")]
)
def test_another_encryption_is_told(before: str, after: str, level: str) -> None:
    """ENCRYPTION-CHANGED: off breaks; on and another key warn; no key is shown."""

    def keyed(settings: Mapping[str, str], key: str) -> Form:
        return made(settings={**settings, **({"public_key": key} if key else {})})

    change = only(keyed(SETTINGS, before), keyed(LATER, after))
    assert (change.code, change.level, dict(change.data)) == ("ENCRYPTION-CHANGED", level, {})
    assert not found(keyed(SETTINGS, before), keyed(LATER, before))


def test_a_language_removed_warns() -> None:
    """LANG-GONE; a language added does no harm."""
    more = {"languages": {**LANGUAGES, "ff": "Fulfulde (ff)"}}
    table = BASE.replace("| sensitivity", "| sensitivity | label.ff").replace(
        "| short_text          | 3", "| short_text | 3 | Ko woni"
    )

    change = only(made(table, settings=SETTINGS, **more), made())
    assert (change.code, change.level, change.data["language"]) == ("LANG-GONE", "warn", "Fulfulde (ff)")
    assert set(found(old(), made(table, **more), harmless=True)) == {"LANG-NEW"}


def test_a_translation_that_was_missing_is_no_other_meaning() -> None:
    """The dash that stands for a missing text is no text."""
    tables = [BASE.replace("| label ", f"| {label} ") for label in ("label.fr", "label")]

    assert not found(made(tables[0], settings=SETTINGS), made(tables[1]))


def test_another_default_language_warns() -> None:
    """LANG-DEFAULT-CHANGED; the same language spelt otherwise is none."""
    change = only(old(), made(languages=dict(reversed(LANGUAGES.items()))))

    assert (change.code, change.level) == ("LANG-DEFAULT-CHANGED", "warn")
    assert not found(old(), made(languages={**LANGUAGES, "fr": "Francais (fr)"}))


# --- all of them --------------------------------------------------------------------------------------------------


def test_the_bytes_of_a_workbook_are_compared_like_the_form() -> None:
    """A form and its workbook are one version."""
    raw = workbook.write(old())

    assert compare(raw, old()) == ()
    assert compare(raw, made(without("short_text"))) == compare(old(), made(without("short_text")))


def test_every_change_can_be_worded() -> None:
    """Each kind has three sentences whose braces are filled by the changes of that kind."""
    names = ("near", "old", "new", "type", "language", "list", "name", "gate", "answers", "column")
    words = dict.fromkeys(names, "x")
    for kind in CHANGES:
        told = Change(kind, "a/b", words).document()
        assert all(told[part] and "{" not in told[part] for part in ("what", "why", "fix"))


def test_a_change_of_many_kinds_can_be_shown() -> None:
    """Real changes fill their own sentences."""
    one = replace(old(choices=MORE), survey=old().survey[:-2] + old().survey[-1:])
    for change in (*compare(old(choices=MORE), made(swapped(("people", "persons")))), *compare(one, made())):
        assert change.document()["what"]


def test_a_group_that_lost_its_last_question_is_compared_all_the_same() -> None:
    """Nothing stands in it any more; that its question is gone is what is said."""
    raw = pack.find("alert").workbook.read_bytes()
    alert = workbook.read(raw, file="alert.xlsx").form
    emptied = replace(alert, survey=tuple(row for row in alert.survey if row.name != "danger_now"))
    found = {(change.code, change.path) for change in compare(raw, workbook.write(emptied))}

    assert ("FIELD-GONE", "danger/danger_now") in found
