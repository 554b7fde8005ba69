"""A translation keeps the placeholders, tags, emphasis and links of its source, in whatever order its grammar wants."""

from __future__ import annotations

import pytest

from xlsform.translate.texts import damage


def codes(source: str, translation: str) -> list[str]:
    """Return what is found."""
    return [one.code for one in damage(source, translation)]


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Elle a ${age} ans, ${name}.", "${name} get ${ age } year."),
        ('Code <output value="/data/a"/>', '<output  value="/data/a"/> na di code'),
        ('<span style="color:red">Non</span>', 'Oh <span  style="color:red">no</span>'),
        ("**Tout** et *bien*", "*fine* **all**"),
        ("[ici](https://a.invalid)", "see [here](https://a.invalid)"),
        ("# Titre", "# Head"),
        ("a < 5 et b > 3", "b > 3, a < 5"),
        ("5 * 3 = 15", "5 * 3 na 15"),
        ("Prix (100 $)", "Price (100 $)"),
        ("ligne<br/>autre", "line<br/>other"),
    ],
)
def test_what_is_kept_is_sound(source: str, translation: str) -> None:
    """Order and blanks are the translator's business."""
    assert codes(source, translation) == []


@pytest.mark.parametrize(
    "translation",
    [
        "Elle a ans",
        "Elle a ${ages} ans",
        "Elle a ${age} ${name} ans",
        "Elle a ${age ans",
        "Elle a $ {age} ans",
        "Elle a $(age) ans",
        "Elle a {age} ans",
        "Elle a ${age} ans, $[x]",
    ],
)
def test_a_damaged_placeholder_is_found(translation: str) -> None:
    """Lost, misspelt, added, or written in a way that the phone does not understand."""
    assert "TABLE-PLACEHOLDER" in codes("Elle a ${age} ans", translation)


def test_an_output_is_kept_word_for_word() -> None:
    """It is a placeholder too."""
    assert codes('x <output value="/data/a"/>', 'x <output value="/data/b"/>').count("TABLE-PLACEHOLDER") == 2


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("<b>a</b>", "a"),
        ("<b>a</b>", "<b>a<b>"),
        ("a", "<i>a</i>"),
        ("<b><i>a</i></b>", "<b><i>a</b></i>"),
        ('<span style="color:red">a</span>', '<span style="color:blue">a</span>'),
        ("**a** b", "a b"),
        ("**a** b", "**a b"),
        ("a b", "**a** b"),
        ("*a* b", "a b"),
        ("# a", "a"),
        ("[a](https://a.invalid)", "[a](https://b.invalid)"),
        ("[a](https://a.invalid)", "a"),
    ],
)
def test_damaged_markup_is_found(source: str, translation: str) -> None:
    """Tags and links are those of the source; emphasis is not lost and not left open."""
    assert set(codes(source, translation)) == {"TABLE-MARKUP"}


def test_what_is_said_names_what_was_found() -> None:
    """So that the translator can search for it."""
    (one,) = damage("Elle a ${age} ans", "Elle a ans")

    assert "${age}" in one.words
