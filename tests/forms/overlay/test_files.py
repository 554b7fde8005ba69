"""The files of an overlay: written one way, read strictly; what does not fit is a sentence and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.forms.overlay.conftest import Laptop, relabel
from tests.forms.overlay.excel import FR, excel, quarter
from tests.forms.overlay.small import QUARTER, RELABELLED, after, form, moved, ops_of, plain, row, without
from tests.forms.xlsform.worlds import book_of
from xlsform.errors import FormError
from xlsform.model import Form
from xlsform.overlay import Add, Drop, Move, Overlay, Set, apply, derive, file
from xlsform.overlay.bench import Folder
from xlsform.overlay.sheets import OverlayDamaged, OverlayUnfit, RowTwice

OVERLAY = Overlay(
    "trial", "2026112501", "2026112601", (), org="acat", author="formatrice 2", why="demandé : oui"
)

# --- writing and reading ------------------------------------------------------------------------------------------


def test_an_overlay_reads_as_it_was_written() -> None:
    """Every kind of operation on every sheet, with the texts that YAML likes to change."""
    ops = (
        Add("languages", "fub", "en", {"name": "Fulfulde (fub)"}),
        Set("settings", "form_title", "value", "Essai", "no"),
        Drop("survey", "story/photo", {"type": "image", "name": "photo", "label.fr": "Photo"}),
        Move("survey", "story/kind", "story/event_date"),
        Set("survey", "story/narrative", "label.fr", "", "a: b # 012\nsuite"),
        Set("survey", "end:story", "label.fr", "x", ""),
        Add("survey", "story/org_q", "story", {"type": "text", "name": "org_q", "label": "sans langue"}),
        Add("choices", "kind/org_x", "kind", {"name": "org_x", "label.fr": "« X »", "zone": "012"}),
    )
    overlay = Overlay("trial", "2026112501", "2026112601", ops, org="no", author="1e3", why="d'accord : oui")

    text = file.write(overlay)
    assert file.read(text.encode(), file="o") == overlay
    assert file.write(file.read(text.encode(), file="o")) == text


def test_an_overlay_without_changes_is_one_too() -> None:
    """An organisation that only takes the base."""
    assert file.read(file.write(OVERLAY).encode(), file="o") == OVERLAY


DAMAGED = {
    "no base": "version: '1'\nops: []\n",
    "half a base": "base: trial\nversion: '1'\nops: []\n",
    "no operations": "base: trial@2026112501\nversion: '1'\n",
    "another operation": "base: trial@1\nversion: '1'\nops: [{op: rename, sheet: survey, key: a}]\n",
    "no sheet": "base: trial@1\nversion: '1'\nops: [{op: move, key: a, after: b}]\n",
    "another sheet": "base: trial@1\nversion: '1'\nops: [{op: move, sheet: entities, key: a, after: b}]\n",
    "a set without was": "base: trial@1\nversion: '1'\nops: [{op: set, sheet: survey, key: a, column: b, now: c}]\n",
    "a row without type": "base: trial@1\nversion: '1'\nops: [{op: add, sheet: survey, key: a, after: b, row: {}}]\n",
    "an unknown key": "base: trial@1\nversion: '1'\nforce: yes\nops: []\n",
    "a key in an operation": "base: trial@1\nversion: '1'\nops: [{op: move, sheet: survey, key: a, force: yes}]\n",
    "an anchor": "base: &x trial@1\nversion: *x\nops: []\n",
    "a list": "- base: trial@1\n",
    "cut off": "base: trial@1\nversion: '1'\nops: [{op: set, sheet: sur",
    "no text": "\x00\x01",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_overlay_is_a_sentence_with_its_line(name: str) -> None:
    """Never a traceback, never half an overlay."""
    with pytest.raises(FormError) as caught:
        file.read(DAMAGED[name].encode(), file="alert.yaml")

    assert "alert.yaml" in caught.value.words()


@pytest.mark.parametrize("name", ["no base", "cut off", "no text"])
def test_a_damaged_overlay_stops_every_command_and_changes_nothing(laptop: Laptop, name: str) -> None:
    """Exit code 1, and the files as they were."""
    path = laptop.forms / "overlays" / "alert.yaml"
    path.parent.mkdir()
    path.write_bytes(DAMAGED[name].encode())
    before = laptop.files()

    for words in (("customise", "alert"), ("upgrade", "alert"), ("save", str(path))):
        code, _, err = laptop.run(*words)
        assert (code, err.startswith("DK-F")) == (1, True)
    assert laptop.files() == before


# --- what does not fit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "op",
    [
        Set("survey", "story/narrative", "label.fr", "Autre chose", "x"),
        Set("survey", "story/nothing", "label.fr", "", "x"),
        Set("survey", "story/narrative", "name", "narrative", "x"),
        Set("survey", "story", "type", "begin_group", "text"),
        Add("survey", "story/narrative", "story", {"type": "text", "name": "narrative"}),
        Add("survey", "nowhere/x", "nowhere", {"type": "text", "name": "x"}),
        Move("survey", "story/kind", "extra/people"),
        Move("survey", "story/kind", "story/kind"),
        Move("survey", "story/nothing", "story"),
        Drop("survey", "story/photo", {"type": "image", "name": "photo"}),
        Drop("survey", "story", {"type": "begin_group", "name": "story"}),
    ],
)
def test_an_operation_that_does_not_fit_its_base_is_refused(op: Set | Add | Move | Drop) -> None:
    """A hand that changed the overlay, or the wrong base: nothing is guessed."""
    with pytest.raises(OverlayUnfit):
        apply(form(), Overlay("trial", "2026112501", "2026112601", (op,)))


def test_two_rows_of_one_name_cannot_be_compared() -> None:
    """Which of them was changed?"""
    twice = form(after("narrative", row("narrative")))

    with pytest.raises(RowTwice) as caught:
        derive(form(), twice)
    assert caught.value.key == "story/narrative"


def test_an_overlay_of_another_form_is_refused(laptop: Laptop) -> None:
    """Under the wrong name, and one for a form that is not there."""
    path = laptop.forms / "overlays" / "alert.yaml"
    path.parent.mkdir()
    path.write_text(file.write(OVERLAY), encoding="utf-8")

    code, _, err = laptop.run("upgrade", "alert")
    assert (code, "DK-F73" in err) == (1, True)
    code, _, err = laptop.run("save", str(path))
    assert (code, "DK-F03" in err) == (1, True)


def test_a_workbook_that_says_another_form_than_its_base_is_refused(laptop: Laptop) -> None:
    """Somebody changed the form id: it would be another form, under the wrong core."""
    path = laptop.customise()
    with excel(path) as book:
        book.write("settings", 2, {"form_id": "alert2"})
        book.write("survey", book.row("survey", "dikalo_form"), {"calculation": "'alert2'"})
    code, _, err = laptop.run("save", str(path))

    assert (code, "DK-F73" in err) == (1, True)


WRONG: dict[str, bytes] = {
    "no workbook": b"nothing",
    "a follow-up workbook": book_of(
        {"Alertes": (("code", "urgence"), ("AL-1", "haute"))} | {"Guide": (("x",),)}
    ),
    "an empty workbook": book_of({"Feuille1": ((None,),)} | {"Feuille2": (("x",),)}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_workbook_of_the_wrong_kind_is_a_sentence(laptop: Laptop, name: str) -> None:
    """Not a form and not a workbook of conflicts: nothing is changed."""
    path = laptop.root / "x.xlsx"
    path.write_bytes(WRONG[name])
    code, _, err = laptop.run("save", str(path))

    assert (code, err.startswith("DK-F2")) == (1, True)
    assert [one.name for one in laptop.forms.iterdir()] == []


def test_a_workbook_of_conflicts_that_was_torn_is_a_sentence(laptop: Laptop) -> None:
    """Without its headers, its settings, or of another form."""
    with excel(laptop.customise()) as book:
        book.write("survey", book.row("survey", "short_text"), {FR: "Racontez"})
    laptop.save()
    laptop.ship(lambda one: relabel(one, "short_text", "label", fr="Autrement dit"), "2026120101")
    laptop.run("upgrade", "alert")
    path = Folder(laptop.forms).conflicts("alert")
    whole = path.read_bytes()
    for tear in (_without_headers, _without_base):
        path.write_bytes(whole)
        tear(path)
        before = laptop.files()
        for words in (("upgrade", "alert"), ("save", str(path))):
            code, _, err = laptop.run(*words)
            assert (code, err.startswith("DK-F77")) == (1, True)
        assert laptop.files() == before


def _without_headers(path: Path) -> None:
    with excel(path) as book:
        book.book["Conflits"].delete_rows(5)


def _without_base(path: Path) -> None:
    with excel(path) as book:
        book.write("settings", 2, {"_base": None})


def test_cells_that_would_change_in_silence_are_not_saved(laptop: Laptop) -> None:
    """A formula, a date: the cell is named."""
    path = laptop.customise()
    with excel(path) as book:
        book.write("survey", book.row("survey", "short_text"), {FR: "=1+1"})
    code, document = laptop.told("save", str(path))

    assert (code, [one["code"] for one in document["refused"]]) == (1, ["FORMULA-CELL"])
    assert document["refused"][0]["cell"].startswith("survey!")


def test_workbook_and_overlay_that_disagree_are_not_upgraded(laptop: Laptop) -> None:
    """One of them was changed by hand; a person says which one counts, and then it goes on."""
    with excel(laptop.customise()) as book:
        book.insert("survey", book.row("survey", "place_hint"), quarter())
    laptop.save()
    with excel(laptop.forms / "alert.xlsx") as book:
        book.write("survey", book.row("survey", "short_text"), {FR: "Racontez"})
    code, _, err = laptop.run("upgrade", "alert")

    assert (code, err.startswith("DK-F76")) == (1, True)
    assert laptop.run("save", str(laptop.forms / "alert.xlsx"))[0] == 0
    assert laptop.run("upgrade", "alert")[0] == 0
    with excel(laptop.forms / "alert.xlsx") as book:
        book.write("survey", book.row("survey", "short_text"), {FR: "Encore"})
    assert laptop.run("save", str(laptop.forms / "overlays" / "alert.yaml"))[0] == 0
    assert "Racontez" in str(laptop.form().survey)


# --- any change ---------------------------------------------------------------------------------------------------

CHANGES: tuple[list[tuple[str, str]], ...] = (
    without("photo"),
    moved("kind", "event_date"),
    [after("event_date", QUARTER)],
    [after("people", QUARTER.replace("org_quartier", "org_bloc"))],
    [RELABELLED],
    [("en: How many", "en: How many people")],
    [("fr: Genre", "fr: Catégorie")],
    [("    - {name: arrest, label: {fr: Arrestation, en: Arrest}}\n", "")],
    [("form_title: Essai / Trial", "form_title: Autre titre")],
)


@settings(deadline=None, max_examples=60)
@given(st.sets(st.integers(0, len(CHANGES) - 1)))
def test_what_is_derived_and_applied_is_what_was_edited(chosen: set[int]) -> None:
    """Any set of changes: the operations give back exactly the edited form, also through the file."""
    edited = form(*(change for index in sorted(chosen) for change in CHANGES[index]))
    overlay = Overlay("trial", "2026112501", edited.version, derive(form(), edited))
    again = file.read(file.write(overlay).encode(), file="o")

    assert again == overlay
    assert _order(apply(form(), again)) == _order(edited)
    assert plain(apply(form(), again)) == plain(edited)


def _order(one: Form) -> list[object]:
    return [list(one.languages), [list(one.choices[name]) for name in one.choices], list(one.survey)]


def test_order_is_an_operation_only_where_something_was_moved() -> None:
    """Rows around an addition or a removal have not moved."""
    kinds = {type(op) for op in ops_of(after("event_date", QUARTER), *without("photo"))}
    assert kinds == {Add, Drop}
    (op,) = ops_of(*moved("kind", "event_date"))
    assert op == Move("survey", "story/kind", "story/event_date")


def test_the_damage_is_worded_in_both_languages() -> None:
    """The reason stands inside the sentence."""
    problem = OverlayDamaged(where="o:1", why="it has no list of operations")
    assert "it has no list of operations" in problem.words()
