"""The table of the upgrade: four operations, four things that a base may have done meanwhile, and each decision."""

from __future__ import annotations

import pytest

from tests.forms.overlay.small import (
    BURNING,
    GHOST,
    QUARTER,
    after,
    form,
    moved,
    only,
    plain,
    result,
    row,
    spoken,
    upgraded,
    without,
)
from xlsform.overlay import Add, Drop, Move, Overlay, Set, apply, derive, rebase
from xlsform.overlay.rebasing import Decision
from xlsform.overlay.sheets import OverlayUnfit

RELABEL = ("fr: En quelques mots", "fr: Racontez")
OTHERWISE = ("fr: En quelques mots", "fr: En trois phrases")
ELSEWHERE = ("fr: Combien", "fr: Combien de personnes")
BASE, OURS = Decision("base"), Decision("ours")

# --- set ----------------------------------------------------------------------------------------------------------


def test_set_where_the_base_is_unchanged_is_applied() -> None:
    """A label of ours stays on the new base, which changed something else."""
    done = upgraded([RELABEL], [ELSEWHERE])

    assert (done.conflicts, done.notices, done.fallen) == ((), (), ())
    assert plain(result(done, [ELSEWHERE])) == plain(form(RELABEL, ELSEWHERE))


def test_set_that_the_base_made_too_falls_away() -> None:
    """Nothing is left to do, and nothing to ask."""
    done = upgraded([RELABEL], [RELABEL])

    assert (done.ops, done.conflicts, len(done.fallen)) == ((), (), 1)


def test_set_where_the_base_says_something_else_is_a_conflict_of_the_cell() -> None:
    """CELL with the text before, now, and ours; a person takes one of them or writes a third."""
    conflict = only(upgraded([RELABEL], [OTHERWISE]))

    assert (conflict.code, conflict.key, conflict.column) == ("CELL", "story/narrative", "label.fr")
    assert (conflict.before, conflict.now, conflict.ours) == (
        "En quelques mots",
        "En trois phrases",
        "Racontez",
    )
    for decision, label in (
        (BASE, "En trois phrases"),
        (OURS, "Racontez"),
        (Decision("other", "Dites"), "Dites"),
    ):
        done = upgraded([RELABEL], [OTHERWISE], {conflict.id: decision})
        assert done.conflicts == ()
        made = result(done, [OTHERWISE])
        assert dict(made.paths())["story", "narrative"].text("label", "fr") == label


def test_set_on_a_row_that_is_gone_is_a_conflict() -> None:
    """ROW-GONE: the change is given up, or the row is kept as our own question, as sealed and as gated as it was."""
    theirs = without("narrative")
    conflict = only(upgraded([RELABEL], theirs))

    assert (conflict.code, conflict.key, conflict.ours) == ("ROW-GONE", "story/narrative", "Racontez")
    assert upgraded([RELABEL], theirs, {conflict.id: BASE}).ops == ()
    made = result(upgraded([RELABEL], theirs, {conflict.id: OURS}), theirs)
    kept = dict(made.paths())["story", "org_narrative"]
    assert (kept.text("label", "fr"), kept.cell("sensitivity"), kept.cell("register")) == (
        "Racontez",
        "3",
        "",
    )


# --- add ----------------------------------------------------------------------------------------------------------


def test_add_goes_behind_its_anchor() -> None:
    """Wherever the base has put that row meanwhile; a choice likewise."""
    ours = [after("narrative", QUARTER), (BURNING, f"{BURNING}\n{GHOST}")]
    theirs = moved("narrative", "photo")
    done = upgraded(ours, theirs)

    assert done.conflicts == ()
    made = result(done, theirs)
    names = [line.name for line in made.survey]
    assert names.index("org_quartier") == names.index("narrative") + 1
    assert [choice.name for choice in made.choices["kind"]][:2] == ["burning", "org_ghost_town"]


def test_add_that_the_base_made_too_falls_away() -> None:
    """The same row under the same name."""
    done = upgraded([after("narrative", QUARTER)], [after("narrative", QUARTER)])

    assert (done.ops, done.conflicts, len(done.fallen)) == ((), (), 1)


def test_add_whose_name_the_base_took_for_another_row_is_a_conflict() -> None:
    """KEY-TAKEN: the base's row stays, or takes our texts."""
    theirs = [after("narrative", QUARTER.replace("fr: Quartier", "fr: Village"))]
    conflict = only(upgraded([after("narrative", QUARTER)], theirs))

    assert (conflict.code, conflict.key) == ("KEY-TAKEN", "story/org_quartier")
    assert ("Village" in conflict.now, "Quartier" in conflict.ours) == (True, True)
    assert upgraded([after("narrative", QUARTER)], theirs, {conflict.id: BASE}).ops == ()
    (op,) = upgraded([after("narrative", QUARTER)], theirs, {conflict.id: OURS}).ops
    assert op == Set("survey", "story/org_quartier", "label.fr", "Village", "Quartier")


def test_add_whose_anchor_is_gone_goes_to_the_end_of_its_group_and_is_shown() -> None:
    """ANCHOR-GONE: a person sees where it would stand; what follows it follows it there."""
    second = QUARTER.replace("org_quartier", "org_bloc")
    ours, theirs = [after("narrative", f"{QUARTER}\n{second}")], without("narrative")
    conflict = only(upgraded(ours, theirs))

    assert (conflict.code, conflict.key) == ("ANCHOR-GONE", "story/org_quartier")
    done = upgraded(ours, theirs, {conflict.id: OURS})
    assert [line.name for line in result(done, theirs).survey][5:8] == ["org_quartier", "org_bloc", ""]
    assert done.conflicts == ()


def test_add_into_a_group_that_is_gone_is_a_conflict() -> None:
    """ROW-GONE: it is given up, or kept behind the condition and under the level that its group had."""
    theirs = [(row("extra"), ""), (row("people") + "\n  - type: end_group\n", "")]
    bare = QUARTER.replace("\n    sensitivity: 3", "")
    conflict = only(upgraded([after("people", bare)], theirs))

    assert (conflict.code, conflict.key) == ("ROW-GONE", "extra/org_quartier")
    assert upgraded([after("people", bare)], theirs, {conflict.id: BASE}).ops == ()
    made = result(upgraded([after("people", bare)], theirs, {conflict.id: OURS}), theirs)
    kept = dict(made.paths())["org_quartier",]
    assert (kept.cell("relevant"), kept.cell("sensitivity")) == ("${consent} = 'yes'", "1")


def test_a_group_added_into_a_group_that_is_gone_waits_and_goes_with_all_it_holds() -> None:
    """One question for the whole of it."""
    group = f"  - type: begin_group\n    name: org_place\n    label: {{fr: Lieu, en: Place}}\n{QUARTER}\n  - type: end_group"
    theirs = [(row("extra"), ""), (row("people") + "\n  - type: end_group\n", "")]
    conflict = only(upgraded([after("people", group)], theirs))

    assert conflict.key == "extra/org_place"
    assert upgraded([after("people", group)], theirs, {conflict.id: BASE}).ops == ()
    made = result(upgraded([after("people", group)], theirs, {conflict.id: OURS}), theirs)
    assert ("org_place", "org_quartier") in dict(made.paths())


# --- move ---------------------------------------------------------------------------------------------------------


def test_move_where_the_base_is_unchanged_is_applied() -> None:
    """Within its group."""
    done = upgraded(moved("kind", "event_date"), [ELSEWHERE])

    assert [type(op) for op in done.ops] == [Move]
    assert [line.name for line in result(done, [ELSEWHERE]).survey][2:5] == [
        "event_date",
        "kind",
        "narrative",
    ]


def test_move_that_the_base_made_too_falls_away() -> None:
    """It stands there already."""
    done = upgraded(moved("kind", "event_date"), moved("kind", "event_date"))

    assert (done.ops, done.conflicts, len(done.fallen)) == ((), (), 1)


def test_move_where_the_base_has_another_order_is_applied_and_told() -> None:
    """Order never stops an upgrade."""
    theirs = moved("photo", "event_date")
    done = upgraded(moved("kind", "event_date"), theirs)

    assert [notice.code for notice in done.notices] == ["ORDER-CHANGED"]
    assert [line.name for line in result(done, theirs).survey][2:5] == ["event_date", "kind", "photo"]


def test_move_of_a_row_that_is_gone_is_a_conflict() -> None:
    """ROW-GONE: there is nothing to keep, but somebody must know."""
    conflict = only(upgraded(moved("kind", "event_date"), without("kind")))

    assert (conflict.code, conflict.ways) == ("ROW-GONE", ("base",))
    assert upgraded(moved("kind", "event_date"), without("kind"), {conflict.id: BASE}).conflicts == ()


def test_move_behind_a_row_that_is_gone_goes_to_the_end_and_is_told() -> None:
    """As an addition does, but nothing of ours is at stake."""
    done = upgraded(moved("event_date", "kind"), without("kind"))

    assert [notice.code for notice in done.notices] == ["ANCHOR-GONE"]
    names = [line.name for line in result(done, without("kind")).survey]
    assert names[2:5] == ["narrative", "photo", "event_date"]


# --- drop ---------------------------------------------------------------------------------------------------------


def test_drop_where_the_base_is_unchanged_is_applied() -> None:
    """The row is not in the organisation's form."""
    done = upgraded(without("photo"), [ELSEWHERE])

    assert [type(op) for op in done.ops] == [Drop]
    assert ("story", "photo") not in dict(result(done, [ELSEWHERE]).paths())


@pytest.mark.parametrize("more", [[], [ELSEWHERE]])
def test_drop_of_a_row_that_the_base_dropped_too_falls_away(more: list[tuple[str, str]]) -> None:
    """Same change, or gone for another reason: both cells of the table."""
    done = upgraded(without("photo"), [*without("photo"), *more])

    assert (done.ops, done.conflicts, len(done.fallen)) == ((), (), 1)


def test_drop_of_a_row_that_the_base_changed_is_a_conflict() -> None:
    """DROPPED-CHANGED: the row comes back as it is now, or is dropped as it is now."""
    theirs = [("fr: Photo", "fr: Photo du lieu")]
    conflict = only(upgraded(without("photo"), theirs))

    assert (conflict.code, conflict.key) == ("DROPPED-CHANGED", "story/photo")
    assert upgraded(without("photo"), theirs, {conflict.id: BASE}).ops == ()
    made = result(upgraded(without("photo"), theirs, {conflict.id: OURS}), theirs)
    assert ("story", "photo") not in dict(made.paths())


def test_drop_of_a_group_in_which_the_base_asks_something_new_is_a_conflict() -> None:
    """Nobody has seen the new question yet."""
    ours = [(row("extra"), ""), (row("people") + "\n  - type: end_group\n", "")]
    theirs = [after("people", QUARTER.replace("org_quartier", "children"))]
    conflict = only(upgraded(ours, theirs))

    assert (conflict.code, conflict.key) == ("DROPPED-CHANGED", "extra")
    made = result(upgraded(ours, theirs, {conflict.id: OURS}), theirs)
    assert not [path for path, _ in made.paths() if path[0] == "extra"]
    made = result(upgraded(ours, theirs, {conflict.id: BASE}), theirs)
    assert [path for path, _ in made.paths() if path[0] == "extra"][:2] == [("extra",), ("extra", "children")]


# --- together -----------------------------------------------------------------------------------------------------


def test_five_operations_on_a_base_that_moved_on_leave_exactly_the_planted_conflicts() -> None:
    """Three are carried out, two are asked about; with both decisions the rest goes through."""
    ours = [
        RELABEL,
        after("event_date", QUARTER),
        (BURNING, f"{BURNING}\n{GHOST}"),
        ("en: How many", "en: How many people"),
        *without("photo"),
    ]
    theirs = [OTHERWISE, ("fr: Photo", "fr: Photo du lieu"), ("fr: Genre", "fr: Catégorie")]
    done = upgraded(ours, theirs)

    assert [conflict.code for conflict in done.conflicts] == ["DROPPED-CHANGED", "CELL"]
    assert sorted(type(op).__name__ for op in done.ops) == ["Add", "Add", "Set"]
    settled = upgraded(ours, theirs, {conflict.id: OURS for conflict in done.conflicts})
    assert (settled.conflicts, len(settled.ops)) == ((), 5)


def test_a_decision_that_is_not_possible_leaves_the_conflict_open() -> None:
    """Somebody wrote "nous" where there is nothing of ours to keep."""
    conflict = only(upgraded(moved("kind", "event_date"), without("kind")))

    assert only(upgraded(moved("kind", "event_date"), without("kind"), {conflict.id: OURS})) == conflict


def test_a_new_text_of_the_base_is_asked_for_in_a_language_of_ours() -> None:
    """TRANSLATE: the base's text for now, or our own; a translation whose original changed is told."""
    done = spoken([("fr: En quelques mots", "fr: Racontez"), after("people", NEW)])

    assert [(one.code, one.key, one.column, one.now) for one in done.conflicts] == [
        ("TRANSLATE", "extra/houses", "label.fub", "Maisons")
    ]
    assert [(one.code, one.key) for one in done.notices] == [("TEXT-MOVED", "story/narrative")]
    decided = spoken([after("people", NEW)], {done.conflicts[0].id: Decision("other", "Suudu")})
    assert Set("survey", "extra/houses", "label.fub", "", "Suudu") in decided.ops


NEW = "  - type: integer\n    name: houses\n    label: {fr: Maisons, en: Houses}"


def test_a_row_of_ours_under_an_anchor_of_ours_needs_no_base() -> None:
    """Operations build on each other."""
    second = QUARTER.replace("org_quartier", "org_bloc")
    done = upgraded([after("narrative", f"{QUARTER}\n{second}")], [ELSEWHERE])

    assert [op.after for op in done.ops if isinstance(op, Add)] == ["story/narrative", "story/org_quartier"]


def test_an_operation_that_makes_no_sense_is_not_lost_in_silence() -> None:
    """A hand wrote into the overlay that a group is a question: an error, never a change that is gone."""
    ops = (Set("survey", "story", "type", "begin_group", "text"),)
    with pytest.raises(OverlayUnfit):
        rebase(form(), form(ELSEWHERE, version="2026112601"), ops)


def test_rows_without_a_name_do_not_stop_the_comparison() -> None:
    """The check says that they have none; two of them are two rows."""
    note = "  - type: note\n    label: {fr: Merci, en: Thanks}"
    edited = form(after("people", f"{note}\n{note}"))

    assert len(derive(form(), edited)) == 2
    assert plain(apply(form(), Overlay("trial", "2026112501", "1", derive(form(), edited)))) == plain(edited)
