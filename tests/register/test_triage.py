"""Triage against the examples of the domain page, and its properties over random facts."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_scripts.register.case.triage import Facts, Verdict, highest, rate, reasons_in_words, triage
from sync_scripts.register.rules.ruleset import RulesBroken, Ruleset, load
from xlsform.pack import register_fields, shared_choices

EXAMPLES = Path(__file__).parents[1] / "data" / "triage_examples.csv"
RULES = load()


def examples() -> list[dict[str, str]]:
    """Return the rows of the file of examples."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def facts_of(row: dict[str, str]) -> Facts:
    """Return the facts of an example; several codes are set apart by blanks."""
    sets = {name: row[name].split() for name in RULES.inputs.sets}
    return msgspec.convert(sets | {name: row[name] for name in RULES.inputs.scalars}, Facts)


def rank(verdict: Verdict) -> int:
    """Return the order of a verdict's level."""
    return RULES.rank(verdict.level)


@pytest.mark.parametrize("row", examples(), ids=lambda row: row["id"])
def test_the_examples_give_exactly_what_the_page_says(row: dict[str, str]) -> None:
    """Level, score, points, floors and the first deadline of all eighteen."""
    found = triage(facts_of(row))

    assert row["ruleset"] == RULES.ruleset
    assert found.level == row["expected_level"]
    assert found.score == int(row["expected_score"])
    assert " ".join(f"{one.id}:{one.points}" for one in found.reasons if one.points) == row["expected_points"]
    assert " ".join(f"{one.id}:{one.floor}" for one in found.reasons if one.floor) == row["expected_floors"]
    assert RULES.deadlines[found.level].first_contact_h == int(row["expected_first_contact_h"])


def test_the_examples_reach_every_rule() -> None:
    """No rule is only hoped to work."""
    reached = {reason.id for row in examples() for reason in triage(facts_of(row)).reasons}

    assert reached == {rule.id for rule in RULES.rules}


def codes(name: str) -> list[str]:
    """Return the codes of a shared list."""
    return [choice.name for choice in shared_choices(name, ["fr"])]


def some(name: str) -> st.SearchStrategy[frozenset[str]]:
    """Return a strategy of choices of a list."""
    return st.frozensets(st.sampled_from(codes(name)), max_size=3)


def one_of(*names: str) -> st.SearchStrategy[str]:
    """Return a strategy of one code or no answer."""
    return st.sampled_from(("", *names))


FACTS = st.builds(
    Facts,
    alert_icon=some("alert_icon"),
    violation=some("violation_codes"),
    victim_kind=some("victim_kind"),
    special=some("special"),
    danger_now=one_of("yes", "no", "unknown"),
    victim_count=one_of(*codes("victim_count")),
    when_rel=one_of(*codes("when_rel")),
    hours_since=one_of(*codes("hours_since")),
    held_since=one_of(*codes("held_since")),
    perp_near=one_of("yes", "no"),
    retaliation_risk=one_of("low", "medium", "high", "unknown"),
    suicide_risk=one_of("yes", "no"),
    info_source=one_of(*codes("info_source")),
)
WORSE = (
    {"danger_now": "yes"},
    {"perp_near": "yes"},
    {"retaliation_risk": "high"},
    {"suicide_risk": "yes"},
    *({"special": one} for one in ("uasc", "pregnant", "disability", "older", "injured")),
    *({"victim_kind": one} for one in ("girl", "boy", "woman")),
)


def with_(facts: Facts, change: dict[str, str]) -> Facts:
    """Return the facts with one answer set, or one code added to a choice of several."""
    ((name, code),) = change.items()
    value = getattr(facts, name) | {code} if name in RULES.inputs.sets else code
    return msgspec.structs.replace(facts, **{name: value})


@settings(max_examples=400)
@given(FACTS, st.sampled_from(WORSE))
def test_what_makes_it_worse_never_lowers_the_level(facts: Facts, change: dict[str, str]) -> None:
    """Danger, a vulnerability, access of the author, retaliation, risk of suicide."""
    assert rank(triage(with_(facts, change))) >= rank(triage(facts))


@settings(max_examples=300)
@given(FACTS, st.sampled_from(("1", "2_5", "6_20", "21_100", "100p")), st.integers(1, 4))
def test_more_victims_never_lower_the_level(facts: Facts, few: str, more: int) -> None:
    """Counts are ordered, and so are the levels they lead to."""
    bands = ("1", "2_5", "6_20", "21_100", "100p")
    many = bands[min(bands.index(few) + more, 4)]

    assert rank(triage(with_(facts, {"victim_count": many}))) >= rank(
        triage(with_(facts, {"victim_count": few}))
    )


@settings(max_examples=300)
@given(FACTS, st.integers(0, 5), st.integers(0, 5))
def test_a_more_recent_date_never_lowers_the_level(facts: Facts, first: int, second: int) -> None:
    """Now, today, yesterday, this week, this month, older."""
    dates = ("now", "today", "yesterday", "week", "month", "older")
    recent, old = dates[min(first, second)], dates[max(first, second)]

    assert rank(triage(with_(facts, {"when_rel": recent}))) >= rank(triage(with_(facts, {"when_rel": old})))


@settings(max_examples=300)
@given(FACTS.filter(lambda facts: bool(facts.alert_icon)), st.sampled_from(codes("alert_icon")))
def test_another_icon_never_lowers_the_level(facts: Facts, icon: str) -> None:
    """Holds where something was chosen already; where nothing was, rule Q2 falls away."""
    assert rank(triage(with_(facts, {"alert_icon": icon}))) >= rank(triage(facts))


@settings(max_examples=300)
@given(FACTS)
def test_a_rumour_never_goes_under_a_floor(facts: Facts) -> None:
    """It lowers the score only."""
    rumour = triage(with_(facts, {"info_source": "rumour"}))

    assert all(rank(rumour) >= RULES.rank(one.floor) for one in rumour.reasons if one.floor)


def test_a_mild_icon_where_nothing_was_chosen_can_lower_the_level() -> None:
    """The one exception that the page names."""
    nothing = Facts(danger_now="no", when_rel="older", info_source="rumour")

    assert (triage(nothing).level, triage(with_(nothing, {"alert_icon": "other"})).level) == ("medium", "low")


def test_reasons_are_shown_in_both_languages() -> None:
    """The stored ids become the sentences of the rules file."""
    stored = triage(Facts(alert_icon=frozenset({"killing"}), danger_now="yes", when_rel="today")).stored()

    assert ("S1", "gravité 5 sur 5 (+30)") in reasons_in_words(stored, "fr")
    assert ("R1", "someone is in danger now (+30, at least Critical)") in reasons_in_words(stored, "en")


def test_rules_read_no_sealed_field() -> None:
    """Every input of triage is a register field below level 3."""
    levels: dict[str, int] = {}
    for (_, name), field in register_fields().items():
        levels[name] = min(field.level, levels.get(name, 3))
    derived = {"alert_icon": "icons"}

    assert all(levels[derived.get(name, name)] < 3 for name in (*RULES.inputs.sets, *RULES.inputs.scalars))


def test_a_code_that_the_file_does_not_know_counts_as_the_file_says() -> None:
    """An organisation's own icon is not silently harmless."""
    assert triage(Facts(alert_icon=frozenset({"own"}))).severity == RULES.severity.unknown_code


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("points = 30", "poinst = 30"),
        ('field = "danger_now"', 'field = "narrative"'),
        ('floor = "critical"', 'floor = "urgent"'),
        ("first_contact_h = 3\n", 'first_contact_h = "3"\n'),
        ('id = "R1u"', 'id = "R1"'),
        ("[deadline.low]", "[deadline.none]"),
        ("schema = 1", "schema ="),
    ],
)
def test_a_wrong_rules_file_stops_everything(tmp_path: Path, was: str, now: str) -> None:
    """A misspelled word, a foreign field, an unknown level: named, never guessed."""
    source = Path(__file__).parents[2] / "sync_scripts" / "register" / "rules"
    texts = {name: (source / name).read_text("utf-8") for name in ("triage.toml", "deadlines.toml")}
    (wrong,) = (name for name, text in texts.items() if was in text)
    for name, text in texts.items():
        (tmp_path / name).write_text(text.replace(was, now, 1), "utf-8")

    with pytest.raises(RulesBroken) as caught:
        load(tmp_path)

    assert wrong in caught.value.words()


def test_levels_come_from_the_file_alone() -> None:
    """Another file, another result: no number stands in code."""
    softer = msgspec.structs.replace(
        RULES, rules=(), levels=tuple(msgspec.structs.replace(one, min_score=0) for one in RULES.levels)
    )
    assert isinstance(softer, Ruleset)

    assert rate(Facts(), softer).level == "critical"


def test_the_highest_of_several_levels() -> None:
    """A case is as urgent as its most urgent alert."""
    assert highest(["low", "high", "medium"]) == "high"
    assert highest([]) is None
