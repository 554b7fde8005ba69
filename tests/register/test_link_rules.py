"""How alike two alerts are, by the rules of the data file: every example, whichever comes first, with reasons in words."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.links.compare import Compared, Told, compare, days_apart, plain, reasons_in_words
from sync_scripts.register.rules.link_rules import DUPLICATES, load
from sync_scripts.register.rules.ruleset import RulesBroken

EXAMPLES = Path(__file__).parents[1] / "data" / "duplicate_examples.csv"
RULES = load()


def examples() -> list[dict[str, str]]:
    """Return the rows of the file of examples."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(row: dict[str, str], side: str) -> Told:
    """Return one alert of an example."""
    said = {
        name.removeprefix(f"{side}_"): value for name, value in row.items() if name.startswith(f"{side}_")
    }
    return Told(
        instance_id=said["instance_id"],
        first=date.fromisoformat(said["date_min"]).toordinal(),
        last=date.fromisoformat(said["date_max"]).toordinal(),
        department=said["department"],
        arrondissement=said["arrondissement"],
        icons=frozenset(said["icons"].split()),
        victims=frozenset(said["victim_kind"].split()),
        victim_count=said["victim_count"],
        submitter=said["submitter"],
        received=datetime.fromisoformat(said["received_at"]).timestamp(),
    )


def expected(reasons: str) -> list[tuple[str, int]]:
    """Return the reasons of an example; those outside the block stand there as a sentence."""
    if ":" not in reasons:
        return [(reasons.replace(" ", "_"), 0)]
    return [(name, int(points)) for name, _, points in (one.partition(":") for one in reasons.split())]


@pytest.mark.parametrize("row", examples(), ids=lambda row: row["id"])
def test_every_example_comes_out_as_it_is_written(row: dict[str, str]) -> None:
    """Level, points and reasons, with the vault open and without."""
    alike = float(row["place_similarity"]) if row["place_similarity"] else None
    opened = compare(told(row, "a"), told(row, "b"), RULES, alike)
    everyday = compare(told(row, "a"), told(row, "b"), RULES)

    assert (opened.level, opened.points) == (row["expected_level"], int(row["expected_points"]))
    assert [one[:2] for one in opened.reasons] == expected(row["expected_reasons"])
    assert (everyday.level, everyday.points) == (
        row["expected_level_everyday"],
        int(row["expected_points_everyday"]),
    )
    assert row["ruleset"] == RULES.ruleset


CHOICES: dict[str, list[Any]] = {
    "department": ["D1", "D2", None],
    "arrondissement": ["A1", "A2", None],
    "victim_count": ["1", "2_5", "unknown", ""],
    "submitter": ["x", "y", None],
    "contact_tag": [1, 2, None],
}
ALERTS = st.builds(
    lambda first, length, icons, victims, received, picked: Told(
        "",
        first,
        None if first is None else first + length,
        icons=icons,
        victims=victims,
        received=received,
        **picked,
    ),
    st.one_of(st.none(), st.integers(0, 30)),
    st.integers(0, 20),
    st.frozensets(st.sampled_from(sorted(RULES.kind.family)), max_size=3),
    st.frozensets(st.sampled_from(["woman", "man", "girl", "group", "unknown"]), max_size=3),
    st.floats(0, 4000),
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()}),
)


@given(ALERTS, ALERTS, st.one_of(st.none(), st.floats(0, 1)))
def test_it_is_the_same_whichever_alert_comes_first(a: Told, b: Told, alike: float | None) -> None:
    """Level, points and reasons are symmetric, and the points are the sum of the reasons."""
    a, b = replaced(a, "a"), replaced(b, "b")
    one, other = compare(a, b, RULES, alike), compare(b, a, RULES, alike)

    assert one == other
    assert one.points == sum(reason.points for reason in one.reasons)
    assert one.offered == (one.points >= RULES.threshold.possible)


def replaced(one: Told, name: str) -> Told:
    """Return an alert under another id."""
    import msgspec

    return msgspec.structs.replace(one, instance_id=name)


@given(ALERTS, ALERTS)
def test_nothing_outside_the_block_is_scored(a: Told, b: Told) -> None:
    """Another department, or more than seven days between the windows: no points at all, whatever else is alike."""
    a, b = replaced(a, "a"), replaced(b, "b")
    gap = days_apart(a, b)
    outside = a.department is None or a.department != b.department or gap is None or gap > 7

    if outside:
        assert compare(a, b, RULES) == Compared("none", 0, compare(a, b, RULES).reasons)
        assert [reason.points for reason in compare(a, b, RULES).reasons] == [0]
    else:
        assert compare(a, b, RULES).reasons[0].rule == "date_gap"


def test_an_edited_version_is_named_before_any_points() -> None:
    """Two versions of one submission are not two alerts."""
    row = examples()[0]
    a, b = told(row, "a"), told(row, "b")
    b = Told(**{**{name: getattr(b, name) for name in b.__struct_fields__}, "deprecated_id": a.instance_id})

    assert compare(a, b, RULES).level == compare(b, a, RULES).level == "edited_version"


def test_places_are_compared_without_accents_signs_and_capitals() -> None:
    """What a tired hand writes differently is not a difference."""
    assert plain("Élé-Mbatu  (Alakuma)") == plain("ele mbatu ALAKUMA") == "ele mbatu alakuma"


def test_reasons_are_sentences_in_both_languages() -> None:
    """Every reason has its words and its points; a rule that is not known shows its name."""
    row = examples()[0]
    stored = compare(told(row, "a"), told(row, "b"), RULES, 0.7).stored
    french, english = (reasons_in_words(stored, lang, RULES) for lang in ("fr", "en"))

    assert [rule for rule, _ in french] == [rule for rule, _ in english]
    assert french[0] == ("date_gap", "dates à 0 jour(s) l'une de l'autre (+25)")
    assert english[3] == ("place_text", "place names: 70 % alike (+8)")
    assert reasons_in_words('[["gone",3,null]]', "en", RULES) == [("gone", "gone (+3)")]


def test_every_reason_that_can_be_given_has_its_words() -> None:
    """No sentence is missing in the file of rules."""
    source = Path(compare.__code__.co_filename).read_text("utf-8")
    given_ = {part.split('"')[0] for part in source.split('Reason("')[1:]}

    assert (
        given_
        - RULES.reason.keys()
        - {"other_department", "too_far_apart", "same_instance_id", "deprecated_id"}
        == set()
    )


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("same_icon = 20", "same_icons = 20"),
        ("probable = 75", 'probable = "75"'),
        ("max_gap_days = 7", "max_gap_days = 9"),
        ("schema = 1", "schema = 2"),
    ],
)
def test_a_broken_rules_file_stops_before_anything_is_compared(tmp_path: Path, was: str, now: str) -> None:
    """A misspelled word, another type, a gap without points, another schema: each is named."""
    text = DUPLICATES.read_text("utf-8")
    assert was in text
    (tmp_path / "duplicates.toml").write_text(text.replace(was, now, 1), "utf-8")

    with pytest.raises(RulesBroken):
        load(tmp_path / "duplicates.toml")


def test_days_between_windows_are_none_when_they_touch() -> None:
    """Overlap and the same day count as no gap; the next day is one."""
    row = examples()[0]
    a = told(row, "a")
    day = timedelta(days=1).days
    later = Told(
        **{
            **{n: getattr(a, n) for n in a.__struct_fields__},
            "first": (a.last or 0) + day,
            "last": (a.last or 0) + day,
        }
    )

    assert days_apart(a, a) == 0
    assert days_apart(a, later) == days_apart(later, a) == 1


def test_places_are_as_alike_as_the_examples_say() -> None:
    """The likeness of the examples is that of the scorer named in the rules; an empty place is not compared."""
    from sync_scripts.register.links.refine import alike, same_contact

    with_likeness = [row for row in examples() if row["place_similarity"]]
    found = [round(alike(row["a_place_hint"], row["b_place_hint"]) or 0, 2) for row in with_likeness]

    assert found == [float(row["place_similarity"]) for row in with_likeness]
    assert alike("Nkwen", "  - ") is None
    assert alike("Bamenda Élé", "ele, BAMENDA") == 1
    assert same_contact("677 12 34 56", "+237 677123456") is True
    assert same_contact("677123456", "677123457") is False
    assert same_contact("677123456", "Monsieur") is None
