"""Lists of alerts and cases: their order, their filters, and what a search may look into."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from sync_scripts.followup.outbound.gather import Scope, work
from sync_scripts.register.alert_decisions.alerts import link, triage
from sync_scripts.register.case_decisions.cases import set_next_due
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.model.places import RegionUnknown, region_of, short
from sync_scripts.register.queries import searches
from sync_scripts.register.queries.searches import DueUnclear, until
from sync_scripts.register.queries.today import today
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load, local
from sync_scripts.register.urgency.claims import of_case
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests.register.field import ALERT, COORDINATOR, Field, changed, dealt
from tests.register.field import CASE as CASE_SAID
from tests.register.running import Ran

CRITICAL, THREAT, UNASKED = dealt(1, "AL"), dealt(0, "AL"), dealt(2, "AL")
CASE, SECRET = dealt(0, "DK"), dealt(1, "DK")
EVENING = datetime(2026, 11, 25, 22, 30, tzinfo=UTC)  # half past eleven at Douala


def codes(run: Ran, *words: str) -> list[str]:
    """Return the codes of a list."""
    code, text, talk = run(*words, "--json")
    assert code == 0, talk
    document: dict[str, Any] = json.loads(text)
    return [one["code"] for one in document.get("alerts") or document.get("cases") or []]


def test_what_is_due_first_stands_first(run: Ran) -> None:
    """The default order is that of the due times; --sort urgency puts the level before it."""
    assert codes(run, "alerts", "list") == [CRITICAL, THREAT, UNASKED]
    assert codes(run, "alerts", "list", "--sort", "urgency")[0] == CRITICAL


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("--urgency", "critical"), [CRITICAL]),
        (("--urgency", "critical", "--urgency", "medium"), [CRITICAL, THREAT, UNASKED]),
        (("--region", "NW"), [THREAT, UNASKED]),
        (("--region", "sud-ouest"), [CRITICAL]),
        (("--region", "littoral"), []),
        (("--task", "consent_ask"), [UNASKED]),
        (("--task", "Ask for consent"), [UNASKED]),
        (("--text", "menace"), [CRITICAL, THREAT, UNASKED]),
        (("--text", "threat NORD-OUEST"), [THREAT, UNASKED]),
        (("--text", "677000000"), []),
        (("--mine",), []),
        (("--due", "2026-11-20"), [CRITICAL]),
        (("--state", "dismissed"), []),
    ],
)
def test_alerts_are_found_by_what_is_asked(run: Ran, words: tuple[str, ...], found: list[str]) -> None:
    """Every filter leaves out what it should and nothing else."""
    assert codes(run, "alerts", "list", *words) == found


def test_cases_are_found_by_state_words_and_task(run: Ran, field_: Field) -> None:
    """The note of a worker is searched, too."""
    with field_.register.writing() as rows:
        rows.execute(update(tables.case).values(work_note="Call the clinic on Monday"))

    assert codes(run, "cases", "list", "--text", "clinic") == [CASE]
    assert set(codes(run, "cases", "list", "--state", "open_intake")) == {CASE, SECRET}
    assert codes(run, "cases", "list", "--state", "closed") == []
    assert codes(run, "cases", "list", "--task", "plan") == [CASE]


@pytest.mark.parametrize(
    "words", [("--region", "NW"), ("--text", "Nord-Ouest"), ("--task", "plan"), ("--text", "clinic")]
)
def test_a_filter_tells_nothing_of_a_c4_case(run: Ran, field_: Field, words: tuple[str, ...]) -> None:
    """It is listed, and found by code, state, level and owner alone."""
    with field_.register.writing() as rows:
        rows.execute(update(tables.case).values(work_note="Call the clinic on Monday"))

    assert SECRET in codes(run, "cases", "list")
    assert SECRET in codes(run, "cases", "list", "--text", SECRET)
    assert SECRET not in codes(run, "cases", "list", *words)


def test_due_times_are_days_of_douala() -> None:
    """Half past eleven in the evening there is still today, although it is tomorrow nowhere else."""
    assert until("overdue", EVENING) == EVENING
    assert until("today", EVENING) == datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    assert until("week", EVENING) == datetime(2026, 12, 2, 23, 0, tzinfo=UTC)
    assert until("2026-11-30", EVENING) == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    with pytest.raises(DueUnclear):
        until("next tuesday", EVENING)


def test_a_region_is_known_by_letters_code_and_name() -> None:
    """However it is written, in both languages; a wrong one is refused with the nearest."""
    assert {region_of(text) for text in ("nw", "CM-NW", "cm007", "Nord-Ouest", "north-west")} == {"CM007"}
    assert short("CM007") == "NW"
    with pytest.raises(RegionUnknown) as refused:
        region_of("Nord-Oust")
    assert refused.value.nearest == "NW"
    with pytest.raises(RegionUnknown) as unlike:
        region_of("ZZ")
    assert unlike.value.nearest == ""
    assert "nor one written like it" in unlike.value.words()


def test_a_piped_list_is_tab_separated(run: Ran) -> None:
    """One line a row, as many tabs in each."""
    _, text, _ = run("alerts", "list")
    lines = text.splitlines()

    assert len(lines) == 4
    assert {line.count("\t") for line in lines} == {9}


@pytest.mark.parametrize("kind", ["alerts", "cases"])
def test_a_list_says_whose_and_where(run: Ran, field_: Field, kind: str) -> None:
    """Whoever reads a list with a program gets both columns; of what belongs to a C4 case the region stays empty."""
    with deciding(field_.register, COORDINATOR, EVENING) as by:
        triage(by, CRITICAL, assigned_to="RD-SW-01")
        triage(by, THREAT, assigned_to=None)
        link(by, THREAT, SECRET)
    heading, *lines = (line.split("\t") for line in run(kind, "list", "--all")[1].splitlines())
    found = {line[0]: dict(zip(heading, line, strict=True)) for line in lines}
    whose = "given to" if kind == "alerts" else "in charge"

    if kind == "alerts":
        assert (found[CRITICAL][whose], found[CRITICAL]["region"]) == ("RD-SW-01", "SW")
        assert (found[THREAT]["case"], found[THREAT]["region"], found[THREAT]["department"]) == (
            SECRET,
            "",
            "",
        )
    else:
        assert (found[CASE][whose], found[CASE]["region"]) == ("without owner", "NW")
        assert (found[SECRET]["region"], found[SECRET]["department"]) == ("", "")


def test_the_code_of_a_case_given_to_alerts_show_is_pointed_on(run: Ran) -> None:
    """And the other way round; a code that is none is still unknown."""
    code, _, talk = run("alerts", "show", CASE.lower())
    assert code == 2
    assert f"dikalo cases show {CASE}" in talk
    assert f"dikalo alerts show {THREAT}" in run("cases", "show", THREAT)[2]
    assert "DK-R15" in run("alerts", "show", "AL-000000-1")[2]


def test_a_case_says_why_it_has_its_level(run: Ran) -> None:
    """The rules over what was documented, in words; of a C4 case nothing."""
    _, text, _ = run("cases", "show", CASE)
    assert "Why this level" in text
    assert "Why this level" not in run("cases", "show", SECRET)[1]


def test_both_databases_give_the_same_lists_and_the_same_page(register: Register) -> None:
    """Sorted and grouped alike, whoever keeps the rows."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    field.send("case", "c1", CASE_SAID)
    with register.reading() as rows:
        found = [
            one.code for one in searches.alerts(rows, searches.Wanted(task="first_contact", now=field.now))
        ]
        cases = searches.cases(rows, searches.Wanted(region="nw", words="bui", now=field.now), every=True)
        page = today(rows, field.now, ["kobo"])
        why = of_case(rows, CASE, "en")

    assert found == [CRITICAL, THREAT]
    assert [(one.code, one.due_at is None) for one in cases] == [(CASE, False)]
    assert [one.code for one in page.items[:2]] == [CRITICAL, THREAT]
    assert why


def test_the_list_of_consents_is_what_the_page_counts(run: Ran, field_: Field) -> None:
    """The page names a command with its number; the command shows as many. A consent that runs out in a year is none."""
    field_.send("case", "c9", changed(CASE_SAID, {"consent": {"confidentiality": "C2"}}))
    page = json.loads(run("--json")[1])
    found = [
        *codes(run, "alerts", "list", "--task", "consent"),
        *codes(run, "cases", "list", "--task", "consent"),
    ]

    assert page["counts"]["consents"] == len(found)
    assert UNASKED in found
    assert len(codes(run, "cases", "list", "--task", "consent_renew")) > 0
    assert codes(run, "alerts", "list", "--task", "consentement") == [UNASKED]


def test_the_day_that_is_shown_is_the_one_that_orders(run: Ran) -> None:
    """Of each case what is due first in it, whatever it is; the days of the list never go back."""
    lines = [line.split("\t") for line in run("cases", "list")[1].splitlines()]
    place = lines[0].index("due")
    days = [line[place] for line in lines[1:]]

    assert days == sorted(days)
    cases = json.loads(run("--json", "cases", "list")[1])["cases"]
    assert days == [local(one["due_at"])[:10] for one in cases]
    pages = [json.loads(run("--json", "cases", "show", one["code"])[1]) for one in cases]
    assert days == [one["next_due"] for one in pages], (
        "the page and the workbook, which reads the same column"
    )


def test_a_day_that_was_decided_is_the_same_everywhere(run: Ran, field_: Field) -> None:
    """List, page and workbook show it, and the list goes by it; what is late stays late, whatever was decided."""
    with deciding(field_.register, COORDINATOR, field_.later()) as by:
        day = local_day(field_.now, load()) + timedelta(days=9)
        assert set_next_due(by, CASE, day)
        books = [one for one, _services in work(by.rows, Scope(), detailed=False, at=field_.now)]
    (book,) = [one for one in books if one.code == CASE]
    lines = [line.split("\t") for line in run("cases", "list")[1].splitlines()]
    days = {line[0]: line[lines[0].index("due")] for line in lines[1:]}
    (listed,) = [one for one in json.loads(run("--json", "cases", "list")[1])["cases"] if one["code"] == CASE]
    page = json.loads(run("--json", "cases", "show", CASE)[1])

    assert {days[CASE], listed["next_due"], page["next_due"], book.next_due} == {day.isoformat()}
    assert str(day) in run("cases", "show", CASE)[1]
    assert list(days.values()) == sorted(days.values())
    assert local(listed["due_at"])[:10] < str(day), "something in it is due before"
    assert CASE in codes(run, "cases", "list", "--due", local(listed["due_at"])[:10])


@pytest.mark.parametrize("what", ["alerts", "cases"])
def test_a_worker_whom_nobody_knows_has_no_list(run: Ran, what: str) -> None:
    """An empty list would say that somebody has nothing to do; the refusal names the nearest code."""
    assert run("people", "add", "RD-08", "--role", "case_owner")[0] == 0
    assert codes(run, what, "list", "--owner", "RD-08") == []
    code, text, talk = run(what, "list", "--owner", "RD-09")

    assert code == 2
    assert "DK-N05" in text + talk
    assert "RD-08" in text + talk
