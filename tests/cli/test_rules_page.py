"""A lawyer or a nurse reads the numbers that the program uses, all of them, in both languages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest

from docs import flags_page, rules_page, tasks_page
from sync_scripts.register.case.flags import FLAGS
from sync_scripts.register.rules.kinds import KINDS, label
from tests.cli.test_docs import DOCS
from tests.register import flag_subjects

UNSHOWN = {"schema", "ruleset", "inputs", "score", "clock", "reporting_delay_bins_d"}
"""Tables of the rules that say nothing which a lawyer or a nurse decides on."""


def shown(lang: str) -> str:
    """Return the committed page of a language."""
    return (DOCS / "reference" / rules_page.PAGES[lang]).read_text("utf-8")


def numbers(value: Any) -> Iterator[int]:
    """Yield every whole number in a table, however deep."""
    if isinstance(value, dict):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


def test_no_table_of_the_rules_is_left_out() -> None:
    """A table that somebody adds to the rules is on the page, or named here as none of a reader's business."""
    assert rules_page.unshown() == UNSHOWN


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_number_of_law_and_medicine_is_on_the_page(lang: str) -> None:
    """Each limit, ceiling and reminder stands there as the file has it."""
    limits = tomllib.loads((rules_page.RULES / "deadlines.toml").read_text("utf-8"))
    page = shown(lang)

    for table in (
        "deadline",
        "case",
        "clinical",
        "custody",
        "custody_task",
        "hearing",
        "appeal",
        "timeframe_h",
    ):
        told = set(map(int, re.findall(r"\d+", page)))
        assert set(numbers(limits[table])) - told == set(), table


def test_both_pages_have_the_same_rows_and_no_key_of_the_file() -> None:
    """Neither language says less, and no name of a setting stands in place of words."""
    rows = {lang: [line.count("|") for line in shown(lang).splitlines()] for lang in rules_page.PAGES}

    assert len(rows["fr"]) == len(rows["en"])
    for lang in rules_page.PAGES:
        assert re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", shown(lang)) == []


def test_each_source_is_said_in_french_too() -> None:
    """A French lawyer reads the source of each limit without English."""
    limits = tomllib.loads((rules_page.RULES / "deadlines.toml").read_text("utf-8"))
    sources = [*limits["custody"].values(), *limits["appeal"].values()]

    for one in sources:
        assert one["law_fr"] in shown("fr")
        assert ("note" in one) == ("note_fr" in one)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_kind_of_task_is_on_its_page(lang: str) -> None:
    """In words, one row a kind, with no name of a setting in place of them."""
    page = (DOCS / "reference" / tasks_page.PAGES[lang]).read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]

    assert [row.split(" | ")[0].removeprefix("| ").replace("\u00a0", " ") for row in rows] == [
        label("task_kind", code, lang) for code in KINDS
    ]
    assert re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", page) == []


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_flag_is_on_its_page(lang: str) -> None:
    """By its code, with its sentence in the language of the page."""
    lines = (DOCS / "reference" / flags_page.PAGES[lang]).read_text("utf-8").splitlines()
    told = {line.strip("| ").split(" | ")[0]: line for line in lines if line.startswith("| `")}

    assert [*told] == [f"`{code}`" for code in FLAGS]
    assert all(f" | {kind.said(lang)} | " in told[f"`{code}`"] for code, kind in FLAGS.items())


def test_a_flag_about_something_else_than_its_row_says_is_seen() -> None:
    """Each that any test of the register raises is looked at: here one about a visit on an alert."""
    said = {"code": "intervention_ended", "detail": "1", "now": None, "message": None}

    assert flag_subjects.watched(1, "followup:a/b", "2026", said)["code"] == said["code"]
    with pytest.raises(AssertionError, match="about"):
        flag_subjects.watched(1, "alert:a/b", "2026", said)


def test_every_flag_is_raised_and_asks_in_both_languages_for_the_same() -> None:
    """What no rule raises has no row; a sentence names what it is handed, and nothing else."""
    rules = "".join(
        path.read_text("utf-8") for path in (DOCS.parent / "sync_scripts" / "register").rglob("*.py")
    )

    assert [code for code in FLAGS if f'"{code}"' not in rules] == []
    for code, kind in FLAGS.items():
        asked = [
            {name for _text, name, *_form in Formatter().parse(words) if name} for words in (kind.fr, kind.en)
        ]
        assert asked[0] == asked[1] <= {"detail", "now"}, code
