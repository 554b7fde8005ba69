"""A form filled many times at random: what nobody reaches, what cannot be finished, what a refusal leaves behind."""

from __future__ import annotations

import random
import re
from datetime import date
from pathlib import Path

import pytest

from xlsform import pack
from xlsform.convert import convert
from xlsform.engine import Setting
from xlsform.engine.hints import example, hint_of, pattern_of
from xlsform.engine.rehearsal import Gate, Plan, Rehearsal, gate_of, rehearse, unreachable
from xlsform.engine.telling import Spread, field_lists, screens
from xlsform.lesson.kit import kit, lists
from xlsform.model import Resolved, resolve
from xlsform.sources import source
from xlsform.workbooks import writing

pytestmark = pytest.mark.java

SOURCE = """
languages: {fr: Français (fr)}
settings: {form_title: Essai, form_id: essai, version: 2026112501}
survey:
  - {type: select_one yn, name: consent, label: {fr: Accord ?}, required: yes, register: alert.consent_state, sensitivity: 1}
  - {type: note, name: thanks, label: {fr: Merci}, relevant: "${consent} = 'no'"}
  - {type: begin_group, name: facts, label: {fr: Faits}, relevant: "${consent} = 'yes'", appearance: field-list, sensitivity: 2}
  - {type: select_one letters, name: letter, label: {fr: Lettre}, required: yes}
  - {type: text, name: rare, label: {fr: Rare}, relevant: "${letter} = 'q'"}
  - {type: text, name: code, label: {fr: Code}, required: yes, constraint: "regex(., '^AL-[0-9A-F]{4}$')"}
  - {type: end_group}
  - {type: begin_repeat, name: people, label: {fr: Personne}, relevant: "${consent} = 'yes'", sensitivity: 2}
  - {type: integer, name: age, label: {fr: Âge}, constraint: . <= 30}
  - {type: end_repeat}
  - {type: calculate, name: count, calculation: "count(${people})", sensitivity: 1}
choices:
  yn: [{name: yes, label: {fr: Oui}}, {name: no, label: {fr: Non}}]
  letters:
LETTERS
""".replace(
    "LETTERS",
    "\n".join(f"    - {{name: {one}, label: {{fr: {one}}}}}" for one in "abcdefghijklmnopqrstuvwxyz"),
)


def made(text: str = SOURCE) -> tuple[Resolved, str]:
    """Return a form and what phones get of it."""
    form = source.read(text.encode(), file="essai.yaml")
    return resolve(form), convert(writing.write(form), name="essai.xlsx").xform


def rehearsed(text: str = SOURCE, **plan: object) -> Rehearsal:
    """Rehearse a form given as a source."""
    form, xform = made(text)
    chosen = Plan(**{"runs": 40, "gate": gate_of(form), **plan})  # type: ignore[arg-type]  # any field of a plan
    return rehearse(form, xform, chosen)


@pytest.mark.usefixtures("java")
def test_a_sound_form_is_reached_everywhere() -> None:
    """Every filling is valid, also with a code to type; the rare way is found; a refusal holds nothing."""
    shown = rehearsed()

    assert (shown.invalid, shown.dead, shown.leaks) == ((), (), ())
    assert shown.reached == shown.questions == 6
    assert 0 < shown.refusals < shown.runs
    assert shown.screens.least == 2  # the agreement, the thanks
    assert shown.answers.least == 1


@pytest.mark.usefixtures("java")
def test_a_dead_question_is_named() -> None:
    """A condition on a choice that does not exist keeps a question from ever being shown."""
    shown = rehearsed(SOURCE.replace("= 'q'", "= 'Q'"), runs=20)

    assert shown.dead == ("facts/rare",)
    assert shown.reached == shown.questions - 1


@pytest.mark.usefixtures("java")
def test_a_declared_question_is_not_dead() -> None:
    """What is declared with a reason is told apart, and a declaration that is not true any more is said."""
    text = SOURCE.replace("= 'q'", "= 'Q'")
    shown = rehearsed(text, runs=20, unreachable={"facts/rare": "only from 2027", "facts/code": "nobody"})

    assert shown.dead == ()
    assert shown.declared == {"facts/rare": "only from 2027"}
    assert shown.reached_although == ("facts/code",)


@pytest.mark.usefixtures("java")
def test_a_question_before_the_gate_is_a_leak() -> None:
    """An answer about a person that stays in a refused submission is found by running, whatever the conditions say."""
    text = SOURCE.replace(
        "- {type: note, name: thanks",
        "- {type: text, name: who, label: {fr: Qui}}\n  - {type: note, name: thanks",
    )
    shown = rehearsed(text)

    assert {leak.path for leak in shown.leaks} == {"who"}
    assert len({leak.run for leak in shown.leaks}) == shown.refusals


@pytest.mark.usefixtures("java")
def test_a_question_that_was_only_left_empty_is_a_leak_too() -> None:
    """What is asked before the agreement is asked too early, whatever was answered."""
    asked = "- {type: select_one alone, name: who, label: {fr: Qui}}\n  - {type: note, name: thanks"
    text = SOURCE.replace("- {type: note, name: thanks", asked)
    shown = rehearsed(text.replace("  yn: [", "  alone: [{name: no, label: {fr: Non}}]\n  yn: ["), runs=20)

    assert len({leak.run for leak in shown.leaks}) == shown.refusals > 0


@pytest.mark.usefixtures("java")
def test_a_calculation_that_tells_is_a_leak() -> None:
    """A count of nobody says nothing; a calculation with a text does."""
    text = SOURCE.replace('"count(${people})"', "\"concat('x', count(${people}))\"")

    assert {leak.path for leak in rehearsed(text).leaks} == {"count"}


@pytest.mark.usefixtures("java")
def test_a_form_that_cannot_be_finished_is_invalid() -> None:
    """A required question whose constraint lets nothing through is named with the number of the filling."""
    shown = rehearsed(
        SOURCE.replace("{type: integer, name: age,", "{type: integer, name: age, required: yes,").replace(
            ". <= 30", ". > 900 and . < 900"
        ),
        runs=8,
    )

    assert {one.path for one in shown.invalid} == {"people/age"}
    assert shown.refusals + len(shown.invalid) == 8


@pytest.mark.usefixtures("java")
def test_every_kind_of_question_is_answered() -> None:
    """Also ranks, lines and areas, numbers and days between narrow bounds, counted choices, texts of one length."""
    text = (Path(__file__).parents[2] / "data" / "kinds.yaml").read_text("utf-8")
    shown = rehearsed(text, runs=15)

    assert (shown.invalid, shown.dead) == ((), ())
    assert shown.gate is None


@pytest.mark.usefixtures("java")
def test_what_was_met_before_a_dead_end_counts() -> None:
    """Only what comes after the question that takes no answer was never shown."""
    shown = rehearsed(SOURCE.replace("'^AL-[0-9A-F]{4}$'", "'^(?=x)y$'"), runs=12)

    assert {one.path for one in shown.invalid} == {"facts/code"}
    assert "facts/letter" not in shown.dead
    assert "people/age" in shown.dead


@pytest.mark.usefixtures("java")
def test_the_same_seed_shows_the_same() -> None:
    """Another seed shows something else."""
    assert rehearsed(seed=5, runs=10) == rehearsed(seed=5, runs=10)
    assert rehearsed(seed=5, runs=10) != rehearsed(seed=6, runs=10)


def test_the_gate_of_a_shipped_form_is_what_the_core_says() -> None:
    """A form that the core names as one without a gate has none, whatever its questions are called."""
    found = {name: gate_of(_shipped(name)) for name in ("alert", "followup")}

    assert found["alert"] == Gate("gate/consent_alert", frozenset({"given", "not_asked", "unable"}))
    assert found["followup"] is None


def test_reasons_are_read_from_the_forms_folder(tmp_path: Path) -> None:
    """A folder without the file declares nothing."""
    assert unreachable("essai", tmp_path) == {}
    (tmp_path / "unreachable.yaml").write_text("essai:\n  facts/rare: only from 2027\n", "utf-8")

    assert unreachable("essai", tmp_path) == {"facts/rare": "only from 2027"}
    assert unreachable("other", tmp_path) == {}


def test_a_field_list_is_one_screen() -> None:
    """Its questions are shown together, each row of a repeat by itself, and every other question alone."""
    form, _xform = made()
    asked = ("consent", "facts/letter", "facts/code", "people/age", "people[2]/age")
    listed = field_lists(
        resolve(
            source.read(
                SOURCE.replace("name: people,", "name: people, appearance: field-list,").encode(), file="e"
            )
        )
    )

    assert screens(asked, field_lists(form)) == (
        *(("consent",), ("facts/letter", "facts/code")),
        *(("people/age",), ("people[2]/age",)),
    )
    assert len(screens((*asked[:3], "people/age", "people/sex", "people[2]/age"), listed)) == 4
    assert screens((), listed) == ()


def test_a_spread_has_least_middle_and_most() -> None:
    """Of nothing it is nothing."""
    assert Spread.of([3, 1, 8]).document() == {"min": 1, "median": 3.0, "max": 8}
    assert Spread.of([]) == Spread(0, 0, 0)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^AL-[0-9A-HJKMNP-TV-Z]{6}-[0-9A-HJKMNP-TV-Z]$",
        r"^(\+237)? ?6\d{8}$",
        r"[a-z]{2,4}\.(x|yz)+",
        r"[^a]b*",
        r"(?:ab|c-d){3}",
        r".\w\s",
    ],
)
def test_an_example_fits_its_pattern(pattern: str) -> None:
    """Whatever the draw."""
    assert all(re.search(pattern, example(pattern, random.Random(seed))) for seed in range(60))


@pytest.mark.parametrize("pattern", ["(?=a)b", "[a", "a{x}", "(", "\\"])
def test_a_pattern_that_is_not_known_gives_no_example(pattern: str) -> None:
    """Nothing is raised: the question stays without a typed answer and the engine judges."""
    assert example(pattern, random.Random(1)) == ""


@pytest.mark.parametrize(
    ("constraint", "numbers", "days"),
    [
        (". >= 100 and . < 200.5", (100.0, 200.5), ()),
        (". <= today() - 30", (30.0,), ()),
        (". > ${p12} and . != '99'", (), ()),
        (". <= date('2026-11-25')", (), (date(2026, 11, 25),)),
        (". <= date('2026-13-45')", (), ()),
        ("count-selected(.) = 4", (4.0,), ()),
    ],
)
def test_constraints_give_numbers_and_days_away(
    constraint: str, numbers: tuple[float, ...], days: tuple[date, ...]
) -> None:
    """Not those inside names or quoted words."""
    assert (hint_of(constraint).numbers, hint_of(constraint).days) == (numbers, days)


def test_patterns_are_found_in_constraints() -> None:
    """Only the pattern that the answer itself must fit."""
    assert pattern_of(""". = '' or regex(., "^A+$")""") == "^A+$"
    assert pattern_of("regex(${other}, '^A$')") == ""


# --- the forms that travel with the product -----------------------------------------------------------------------


def _shipped(name: str) -> Resolved:
    return resolve(source.load(pack.forms_root() / "src" / f"{name}.yaml"))


SHIPPED = [one.form_id for one in pack.forms() if one.source is not None]


def _rehearsal(name: str, runs: int) -> Rehearsal:
    """Rehearse a shipped form, with invented rows in its lists and, one time in three, with the lists as they are."""
    root = pack.forms_root()
    packed = kit(root / "src" / f"{name}.yaml", root)
    with lists(packed) as laid:
        filled, bare = Setting(media=laid.filled), Setting(media=laid.bare)
        plan = Plan(
            runs=runs,
            settings=(filled, filled, bare),
            gate=gate_of(packed.form),
            unreachable=unreachable(name),
        )
        return rehearse(packed.form, packed.xform, plan)


@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_form_can_be_finished(name: str) -> None:
    """Valid whoever fills it, with empty lists too; nothing behind the agreement after a refusal."""
    shown = _rehearsal(name, 12)

    assert (shown.invalid, shown.leaks) == ((), ())


@pytest.mark.slow
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("name", SHIPPED)
def test_every_question_of_a_shipped_form_is_reached(name: str) -> None:
    """Two hundred fillings: all valid, every question met or declared with a reason, refusals hold nothing."""
    shown = _rehearsal(name, 200)

    assert (shown.invalid, shown.leaks, shown.dead, shown.reached_although) == ((), (), (), ())
    assert shown.gate is None or shown.refusals >= 5
