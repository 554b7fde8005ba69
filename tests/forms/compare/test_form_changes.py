"""What becomes of gates, sensitivities and the form itself from one version to the next; and every change in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.forms.compare.versions import BASE, KEYS, LATER, found, made, old, only, swapped, without
from tests.forms.rules.tables import CHOICES, LANGUAGES, SETTINGS
from xlsform import pack
from xlsform.compare import Change, compare
from xlsform.compare.words import CHANGES
from xlsform.model import Form
from xlsform.workbooks import workbook, writing

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


def test_the_bytes_of_a_workbook_are_compared_like_the_form() -> None:
    """A form and its workbook are one version."""
    raw = writing.write(old())

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
    found = {(change.code, change.path) for change in compare(raw, writing.write(emptied))}

    assert ("FIELD-GONE", "danger/danger_now") in found
