"""Each kind of task is one table of a file, raised by its rule alone; when it is due and whose it is follow from its kind; what it is about stands in columns."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

import sync_scripts
from sync_scripts.register.building.case_tasks import CASE, NEWS
from sync_scripts.register.case.tasks import (
    ANY,
    SUBMISSIONS,
    Holder,
    Matter,
    Occasion,
    earliest,
    matter_of,
    task,
    task_id,
    tasks_of,
)
from sync_scripts.register.history import person_decisions
from sync_scripts.register.obligations.alert_due import ALERT
from sync_scripts.register.obligations.legal_limits import COURTS, FACTS
from sync_scripts.register.obligations.service_tasks import SERVICE
from sync_scripts.register.queries import event_words
from sync_scripts.register.rules import kinds, retention, ruleset
from sync_scripts.register.rules.kinds import KINDS, OUTLIVE_CASE, STOPPED_TASKS, allowed, label, labels_of
from sync_scripts.register.rules.ruleset import RulesBroken, load
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import register as tables
from tests.register.field import START

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


RULES = load()
AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
HOLDER = Holder(7, "case:X", "RD-01", RULES, "high")
TABLES: dict[str, Any] = {
    "alert": ALERT,
    "case": (*CASE, *COURTS),
    "news": NEWS,
    "intervention": SERVICE,
    "submission": SUBMISSIONS,
    "facts": FACTS,
}
"""Tables of conditions, by the subject of their kinds."""
OF: dict[str, set[str]] = {
    "case": {"case", "source"},
    "news": {"alert", "case"},
    "facts": {"act", "detention"},
}


def one(kind: str, occasion: Occasion) -> dict[str, Any]:
    """Return the task that one occasion opens."""
    (made, *_) = tasks_of(occasion, HOLDER, ((kind, lambda one: [one]),))
    return made


@pytest.mark.parametrize("subject", TABLES)
def test_a_condition_stands_in_the_table_of_a_subject_of_its_kind(subject: str) -> None:
    """A kind in the wrong table would be about something that it has no words for."""
    for kind, _opens in TABLES[subject]:
        assert not OF.get(subject, {subject}).isdisjoint(KINDS[kind].subject), kind


MONTHS = {"consent_renew"}
"""Kinds whose clock counts in months, which have no length: what opens them says when they are due."""


@pytest.mark.parametrize("kind", [one for one in KINDS if one not in MONTHS])
def test_a_task_has_the_clock_and_the_hand_of_its_kind(kind: str) -> None:
    """At the level that stands; in the hand of whoever is in charge only where it is that one's."""
    made, mine = one(kind, Occasion(AT)), KINDS[kind].who in {"worker", "owner"}

    assert made["due_at"] == instant(AT + allowed(kind, "high", RULES))
    assert made["assigned_to"] == ("RD-01" if mine else None)
    assert one(kind, Occasion(AT, in_hand=True))["assigned_to"] == "RD-01"
    assert (made["subject"], made["filing_no"]) == ("case:X", 7)


@pytest.mark.parametrize("kind", sorted(MONTHS))
def test_a_clock_of_months_is_no_length(kind: str) -> None:
    """It is not read as days; with a due time of its own the task is due then."""
    with pytest.raises(KeyError):
        allowed(kind, "high", RULES)
    later = AT + timedelta(days=365)
    assert one(kind, Occasion(AT, later))["due_at"] == instant(later)


@pytest.mark.parametrize("kind", [code for code, kind in KINDS.items() if kind.step_up])
def test_a_task_goes_one_step_up_when_its_kind_says_so(kind: str) -> None:
    """After its share of the time that its level has, or when it is due; never after that."""
    made = one(kind, Occasion(AT, AT + timedelta(hours=10), level="critical"))
    share = timedelta(hours=10) * RULES.deadlines["critical"].escalate_at

    due = KINDS[kind].step_up == "due"
    assert made["escalated_at"] == instant(AT + timedelta(hours=10) if due else AT + share)
    assert made["escalated_at"] <= made["due_at"]


def test_an_occasion_can_say_all_of_it_otherwise() -> None:
    """Another level, another due time, another step up, another subject."""
    later = AT + timedelta(days=1)
    made = one("first_contact", Occasion(AT, later, up=AT, subject="alert:a/1", number=2))

    assert (made["due_at"], made["escalated_at"]) == (instant(later), instant(AT))
    assert (made["subject"], made["filing_no"]) == ("alert:a/1", 2)
    levels = [one("first_contact", Occasion(AT, level=level))["due_at"] for level in ("critical", "low")]
    assert levels == sorted(levels)
    assert levels[0] < levels[1]


def test_of_one_limit_the_first_is_taken() -> None:
    """Of another one nothing is lost."""
    first, later = (
        Occasion(AT, of=Matter(variant="48h")),
        Occasion(AT + timedelta(1), of=Matter(variant="48h")),
    )
    other = Occasion(AT, of=Matter(variant="96h"))

    assert list(earliest([later, other, first])) == [first, other]


def test_a_table_is_walked_in_its_order() -> None:
    """Each row for what it is asked of."""
    table = (("plan", lambda at: [Occasion(at)]), ("followup", lambda at: [Occasion(at), Occasion(at)]))

    assert [row["kind"] for row in tasks_of(AT, HOLDER, table)] == ["plan", "followup", "followup"]


WHOLE = Matter("f/1", "48h", "critical", "low", "2026-11-20T08:00:00.000000Z", None, 12, "w", 3)
PARSING = frozenset({"split", "rsplit", "partition", "rpartition", "startswith", "endswith", "removeprefix"})


def test_every_part_of_a_matter_is_a_column() -> None:
    """So a query can ask for it, and a row gives it back."""
    row = task(1, "case:DK", "hearing", START, of=WHOLE)

    assert set(Matter.__struct_fields__) <= set(tables.task.c.keys())
    assert matter_of(row) == WHOLE
    assert set(row) == set(tables.task.c.keys())


@pytest.mark.parametrize("name", Matter.__struct_fields__)
def test_each_part_tells_a_task_apart(name: str) -> None:
    """Two tasks that differ in any of it are two; the same ones are one, in whatever register."""
    other = msgspec.structs.replace(WHOLE, **{name: getattr(ANY, name)}) if getattr(WHOLE, name) else None
    other = other or msgspec.structs.replace(WHOLE, **{name: "2026-11-21T08:00:00.000000Z"})

    assert task_id("case:DK", "hearing", other) != task_id("case:DK", "hearing", WHOLE)
    assert task_id("case:DK", "hearing", msgspec.structs.replace(WHOLE)) == task_id(
        "case:DK", "hearing", WHOLE
    )


def parsed(tree: ast.AST) -> Iterator[str]:
    """Yield which columns of a task a module takes apart as text."""
    mine = {*Matter.__struct_fields__, "task_id", "origin"} - {"seq", "before_h"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PARSING:
            of = node.func.value
            if isinstance(of, ast.Subscript) and isinstance(of.slice, ast.Constant):
                yield from mine & {of.slice.value}
            elif isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name) and of.value.id == "task":
                yield from mine & {of.attr}


def test_nothing_takes_a_column_apart() -> None:
    """A relation is a column. The beginning of an id, which a person types, is the only text that is compared."""
    found = {
        path.name: names for path in SOURCES if (names := set(parsed(ast.parse(path.read_text("utf-8")))))
    }

    assert found == {"work.py": {"task_id"}}
