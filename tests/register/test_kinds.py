"""Each kind of task is one table of a file: whatever is said of it is read there, and it is raised by its rule alone."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sync_scripts
from sync_scripts.register.history import person_decisions
from sync_scripts.register.queries import event_words
from sync_scripts.register.rules import kinds, retention, ruleset
from sync_scripts.register.rules.kinds import KINDS, OUTLIVE_CASE, STOPPED_TASKS, label, labels_of
from sync_scripts.register.rules.ruleset import RulesBroken

SOURCES = sorted(Path(sync_scripts.__file__).parent.rglob("*.py"))
RAISING = frozenset({"allowed"})
"""Names of what is told the kind whose clock it asks for."""
OTHER_WORDS = frozenset(
    {"triage", "plan", "followup", "assessment", "hearing", "appointment", "supervision", "assign"}
)
"""Kinds whose word names something else, too: a form, a state, a step before a court, a command."""
Named = tuple[set[str], set[str]]


def kinds_in(nodes: Iterable[ast.AST | None]) -> dict[int, str]:
    """Return the constants among some nodes that are a kind."""
    found = [(id(one), one.value) for one in nodes if isinstance(one, ast.Constant)]
    return {name: value for name, value in found if isinstance(value, str) and value in KINDS}


def named(tree: ast.Module) -> Named:
    """Return the kinds that a module names where it raises them, or as the constant of its rule, and those it names elsewhere."""
    constants = kinds_in(one.value for one in tree.body if isinstance(one, ast.Assign | ast.AnnAssign))
    calls = (one for one in ast.walk(tree) if isinstance(one, ast.Call) and _name(one.func) in RAISING)
    rows = (row.elts[0] for row in conditions(tree))
    raised = constants | kinds_in(rows) | kinds_in(word for one in calls for word in one.args)
    others = {code for name, code in kinds_in(ast.walk(tree)).items() if name not in raised}
    return set(raised.values()), others - OTHER_WORDS


def conditions(tree: ast.Module) -> Iterator[ast.Tuple]:
    """Yield the rows of the tables of conditions of a module: a kind, and what opens it."""
    for one in tree.body:
        if isinstance(one, ast.AnnAssign) and "Conditions" in ast.unparse(one.annotation):
            assert isinstance(one.value, ast.Tuple)
            yield from (row for row in one.value.elts if isinstance(row, ast.Tuple))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


@pytest.fixture(scope="module")
def found() -> dict[str, Named]:
    """Read every module of the program, once."""
    return {
        path.relative_to(SOURCES[0].parent).as_posix(): named(ast.parse(path.read_text("utf-8")))
        for path in SOURCES
    }


def test_every_kind_is_raised_and_none_that_is_no_kind(found: dict[str, Named]) -> None:
    """A table that nothing raises would be a promise."""
    assert set().union(*(raised for raised, _else in found.values())) == set(KINDS)


def test_nothing_but_its_rule_names_a_kind(found: dict[str, Named]) -> None:
    """What is true of a kind stands in its table, and whoever needs it asks there."""
    assert {name: others for name, (_raised, others) in found.items() if others} == {}


def numbers() -> dict[str, Any]:
    """Return the rules with numbers that a clock can be, by their tables."""
    folder = ruleset.RULES
    levels = tomllib.loads((folder / "deadlines.toml").read_text("utf-8"))
    levels["deadline"] |= levels["deadline"]["critical"]
    return {**tomllib.loads((folder / "retention.toml").read_text("utf-8")), **levels, "retention": True}


@pytest.mark.parametrize("code", KINDS)
def test_its_clock_is_a_number_of_the_rules(code: str) -> None:
    """Or a time of its own, or a day that somebody told or decided."""
    kind, found = KINDS[code], numbers()
    if kind.clock in {"own", "day"}:
        assert (kind.within_h is not None) == (kind.clock == "own")
        return
    assert kind.within_h is None
    for name in kind.clock.split("."):
        found = found[name]


@pytest.mark.parametrize("code", KINDS)
def test_it_has_words_in_both_languages(code: str) -> None:
    """For the lists, and for the page of the rules."""
    kind = KINDS[code]
    every = [kind.fr, kind.en, *(part for words in (kind.opens, kind.ends) for part in (words.fr, words.en))]

    assert all(words.strip() for words in every)
    assert (label("task_kind", code, "fr"), label("task_kind", code, "en")) == (kind.fr, kind.en)


def known_ops() -> Iterator[str]:
    """Yield the ops of decisions."""
    yield from event_words.TOLD
    yield from (one for one in vars(person_decisions).values() if isinstance(one, str))


def test_what_does_a_task_is_a_decision() -> None:
    """An op or a state that is misspelled would end nothing."""
    assert set(kinds.DONE_BY) <= set(known_ops())
    assert set(kinds.DONE_BY_MOVE) <= set(labels_of("case_state", "en"))


def test_a_word_that_no_table_knows_stops_the_program(tmp_path: Path) -> None:
    """Misspelled, it would be a kind that nothing ends."""
    text = kinds.TASKS.read_text("utf-8")
    path = tmp_path / "tasks.toml"
    path.write_text(text.replace("done_by = ", "done_bye = ", 1), encoding="utf-8")
    with pytest.raises(RulesBroken):
        kinds.load(path)


def test_a_list_of_kinds_is_the_file_in_its_order() -> None:
    """What is typed for ``--task`` is one of these, and what is due at one time stands in this order at its head."""
    assert [*labels_of("task_kind", "en")] == [*KINDS]
    assert kinds.FIRST == "triage"


def test_danger_outlives_a_case_and_stops_with_consent() -> None:
    """It came into what was left; nobody comes back to whoever took everything back."""
    assert {"set_aside_check"} == OUTLIVE_CASE & STOPPED_TASKS


def test_what_a_withdrawal_owes_is_erased_in_the_time_of_the_rules() -> None:
    """The words of its task say the number of the file."""
    days = retention.load().withdrawn.days
    short = KINDS["consent_purge"].short

    assert short is not None
    assert all(str(days) in words for words in (short.fr, short.en))
