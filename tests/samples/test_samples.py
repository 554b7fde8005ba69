"""The sample submissions are what ODK Collect's engine makes of the scenarios, and cover what they must."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from sync_scripts.register.model import codes
from tests.samples.make import SAMPLES, make
from xlsform import pack
from xlsform.engine import JavaMissing
from xlsform.lesson.scenario import BASE
from xlsform.model import Kind, Question, resolve
from xlsform.sources import source

SAFE = etree.XMLParser(resolve_entities=False, no_network=True)
MADE_UP = re.compile("Exempl|Ficti|Invent|Imaginaire")


def table(name: str) -> list[dict[str, str]]:
    """Read one of the tables beside the samples."""
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


INDEX = table("index.csv")


def xml(sample: str) -> bytes:
    """Read a sample's submission."""
    return (SAMPLES / sample / "submission.xml").read_bytes()


def one(name: str, raw: bytes) -> str:
    """Return the text of the only element of a name."""
    (text,) = re.findall(rf"<{name}>([^<]*)</{name}>", raw.decode())
    return str(text)


def sound() -> list[dict[str, str]]:
    """Return the index rows of submissions that arrive whole."""
    return [row for row in INDEX if not row["kind"].startswith("broken")]


@cache
def form(name: str) -> dict[tuple[str, ...], Question]:
    """Return the questions of a shipped form by path."""
    path = pack.find(name).source
    assert path is not None
    return {question.path: question for question in resolve(source.load(path)).questions}


def answers(row: dict[str, str]) -> Iterator[tuple[Question, str]]:
    """Yield each answer of a sample with its question."""
    questions = form(row["form"])
    root = etree.fromstring(xml(row["sample"]), SAFE)
    for element in root.iter():
        place = tuple(str(part.tag) for part in reversed([element, *element.iterancestors()]))[1:]
        if place in questions and (element.text or "").strip():
            yield questions[place], str(element.text)


@pytest.mark.java
def test_the_committed_samples_are_the_engines() -> None:
    """Making them again from the scenarios gives the same bytes; if not: nox -s samples."""
    try:
        made = make()
    except JavaMissing as missing:
        pytest.skip(f"no Java runtime here ({missing.part})")
    folders = ("alert", "case", "closure", "followup", "situation")
    here = {
        path.relative_to(SAMPLES).as_posix()
        for form in folders
        for path in (SAMPLES / form).rglob("*")
        if path.is_file()
    }

    assert here | {"index.csv"} == made.keys()
    assert [path for path, body in made.items() if (SAMPLES / path).read_bytes() != body] == []


def test_there_are_enough_of_each_kind() -> None:
    """Alerts, cases, follow-ups, corrections, damaged ones, another language, other servers' marks."""
    new = Counter(row["form"] for row in INDEX if row["kind"] == "new")

    assert new["alert"] >= 40
    assert new["case"] >= 15
    assert new["followup"] >= 25
    assert new["closure"] >= 3
    assert new["situation"] >= 3
    assert sum(row["kind"] == "edit" for row in INDEX) == 4
    assert sorted(row["kind"] for row in INDEX if row["kind"].startswith("broken")) == [
        *("broken:anonymous", "broken:doctype", "broken:truncated")
    ]
    assert Counter(row["metadata"] for row in INDEX if row["metadata"]) == {"kobo": 1, "central": 1}
    assert [row["language"] for row in INDEX if row["language"]] == ["English (en)"]
    assert [row["times"] for row in INDEX if row["times"] != "1"] == ["3"]


def test_the_sealed_sentences_are_many_and_all_different() -> None:
    """Searching the register for them can only prove something if they are long and there are many."""
    sealed = [
        text for row in sound() if row["kind"] == "new" for question, text in answers(row)
        if question.level == 3 and question.kind is Kind.QUESTION and len(text) >= 25
    ]  # fmt: skip

    assert len(sealed) == len(set(sealed)) >= 30


def test_nothing_sealed_is_also_said_in_clear() -> None:
    """A sealed answer of eight bytes or more that is found in the clear is a leak, never a chance."""
    said = [(question.level, text) for row in sound() for question, text in answers(row)]
    sealed = {text for level, text in said if level == 3 and len(text.encode()) >= 8}
    clear = {text for level, text in said if level < 3}

    assert len(sealed) > 150
    assert [text for text in sealed if any(text in other for other in clear)] == []


def test_names_of_people_cannot_be_anybodys() -> None:
    """Every name field says that it is made up."""
    named = [
        text for row in sound() for question, text in answers(row)
        if question.field in {"full_name", "name", "service_name"} and question.level == 3
    ]  # fmt: skip

    assert len(named) > 10
    assert [name for name in named if not MADE_UP.search(name) and "fictive" not in name.lower()] == []


def test_the_alerts_cover_the_triage() -> None:
    """Each consent state, danger answer, icon, time, number and source occurs."""
    said: dict[str, set[str]] = {}
    for row in sound():
        if row["form"] == "alert":
            for question, text in answers(row):
                said.setdefault(question.name, set()).update(text.split())
    lists = {
        "consent_alert": 4,
        "danger_now": 3,
        "alert_icon": 12,
        "when_rel": 6,
        "victim_count": 6,
        "info_source": 4,
    }

    assert {name: len(said[name]) for name in lists} == lists
    assert {"lt72", "gt120", "unknown"} <= said["hours_since"]
    assert {"lt24", "24_48", "2_6d", "gt6d"} <= said["held_since"]


def test_files_and_answers_name_each_other() -> None:
    """No file without an answer that names it, no answer without its file, none empty."""
    for row in sound():
        named = {text for question, text in answers(row) if question.type in {"image", "audio", "file"}}
        here = {path.name for path in (SAMPLES / row["sample"]).iterdir()} - {"submission.xml"}
        assert named == here == set(row["media"].split())
        assert all((SAMPLES / row["sample"] / name).stat().st_size > 100 for name in here)


def test_codes_are_codes_and_meet_each_other() -> None:
    """Cases are opened from alerts of the samples under codes that people can read back; follow-ups use only these."""
    cases = table("cases.csv")
    dealt = {row["sample"].removeprefix("alert/"): row for row in INDEX if row["form"] == "alert"}

    assert [row["case_code"] for row in cases if codes.read(row["case_code"], "DK") != row["case_code"]] == []
    assert [
        row["code"] for row in INDEX if row["code"] and codes.read(row["code"], "AL") != row["code"]
    ] == []
    assert [row for row in cases if dealt[row["alert"]]["code"] != row["alert_code"]] == []
    assert [row for row in cases if dealt[row["alert"]]["decision"] != f"open {row['case_code']}"] == []
    used = {one("case_code", xml(row["sample"])) for row in INDEX if row["form"] in {"followup", "closure"}}
    assert used <= {row["case_code"] for row in cases}
    assert len(used) >= 10


def test_cases_come_by_three_roads() -> None:
    """By the code of an open case, by the code of an alert alone, and by neither."""
    roads: Counter[str] = Counter()
    for row in INDEX:
        if row["form"] == "case" and row["kind"] == "new":
            said = {question.name: text for question, text in answers(row)}
            roads["case" if "case_code" in said else "alert" if "alert_code" in said else "none"] += 1

    assert min(roads["case"], roads["alert"], roads["none"]) >= 4


def test_an_edit_follows_what_it_corrects() -> None:
    """The corrected version names the sent one and keeps its start; it is posted after it."""
    order = [row["sample"] for row in INDEX]
    for row in (row for row in INDEX if row["kind"] == "edit"):
        assert one("deprecatedID", xml(row["sample"])) == one("instanceID", xml(row["of"]))
        assert one("start", xml(row["sample"])) == one("start", xml(row["of"]))
        assert one("end", xml(row["sample"])) > one("end", xml(row["of"]))
        assert order.index(row["sample"]) > order.index(row["of"])


def test_identities_are_unique() -> None:
    """No two samples share an instanceID, and the damaged one without has none."""
    ids = [found for row in INDEX for found in re.findall(rb"<instanceID>([^<]+)<", xml(row["sample"]))]

    assert len(ids) == len(set(ids)) == len(INDEX) - 2  # the truncated one ends before it


def test_the_newest_ends_on_the_base_day() -> None:
    """The demonstration shifts all dates by the days since then."""
    ends = [datetime.fromisoformat(one("end", xml(row["sample"]))) for row in sound()]

    assert max(end.date() for end in ends) == BASE
    assert min((BASE - end.date()).days for end in ends) == 0
    assert max((BASE - end.date()).days for end in ends) <= 7


def test_damaged_samples_are_damaged() -> None:
    """A strict reader takes none of them as it is."""
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(xml("alert/b01"), SAFE)
    assert b"<!DOCTYPE" in xml("alert/b02")
    assert b"instanceID" not in xml("alert/b03")


def test_the_index_names_every_folder() -> None:
    """Nothing lies about that no demonstration uses."""
    folders = {path.parent.relative_to(SAMPLES).as_posix() for path in Path(SAMPLES).rglob("submission.xml")}
    assert folders == {row["sample"] for row in INDEX}
