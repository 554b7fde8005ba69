"""What becomes of choices from one version of a form to the next."""

from __future__ import annotations

from tests.forms.compare.versions import BASE, found, made, old, only
from tests.forms.rules.tables import CHOICES, SETTINGS

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
