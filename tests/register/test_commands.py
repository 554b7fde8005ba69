"""The commands about alerts, cases and the rebuild: what a person sees and what a program reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sync_scripts.register.case_decisions.cases import assign
from sync_scripts.register.case_decisions.work import end_task
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.history.visibility import CaseSealed
from sync_scripts.register.model.errors import ThingUnknown
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests.register import alone as decisions
from tests.register.beginnings import played_once
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, closing, dealt, service
from tests.register.running import Opened, Run, runner


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give two alerts and one case with a service."""
    made = Field(sqlite_register)
    made.send("alert", "r1", ALERT)
    made.send("alert", "r2", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    made.send("case", "c1", CASE)
    made.send("followup", "f1", service(dealt(0, "DK"), "referred"))
    return made


@pytest.fixture
def run(field: Field, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give a function that runs a command line and returns its exit code and standard output."""
    return runner(field.register, monkeypatch, capsys)


def document(run: Run, *words: str) -> Any:
    """Run a command with ``--json`` and return its document."""
    code, text = run(*words, "--json")
    assert code == 0, text
    return json.loads(text)


def test_lists_are_sorted_as_one_works(run: Run) -> None:
    """The most urgent first, then what is due first; each line has its code."""
    found = document(run, "alerts", "list")

    assert found["schema"] == "dikalo.alerts/1"
    assert [(one["code"], one["urgency"]) for one in found["alerts"]] == [
        (dealt(1, "AL"), "critical"),
        (dealt(0, "AL"), "medium"),
    ]
    assert [one["code"] for one in document(run, "cases", "list")["cases"]] == [dealt(0, "DK")]


def test_a_piped_list_is_tab_separated(run: Run) -> None:
    """A heading, then one line a row with as many cells."""
    code, text = run("alerts", "list")
    lines = [line.split("\t") for line in text.rstrip("\n").split("\n")]

    assert code == 0
    assert {len(line) for line in lines} == {10}
    assert lines[1][:3] == [dealt(1, "AL"), "Critical", "Received"]


def test_a_terminal_gets_a_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns stand under one another."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    _, text = run("cases", "list", "--no-color")

    assert "\t" not in text
    assert dealt(0, "DK") in text


def test_show_says_where_it_stands_and_why(run: Run) -> None:
    """The reasons in words, what is due, what was decided; the labels of the lists, never a code of theirs."""
    run("alerts", "triage", dealt(1, "AL"), "--as", "CO-09")
    code, text = run("alerts", "show", dealt(1, "AL").lower())

    assert code == 0
    for words in (
        "Triaged",
        "someone is in danger now (+30, at least Critical)",
        "First contact",
        "CO-09 (not proved)",
    ):
        assert words in text
    assert document(run, "alerts", "show", dealt(1, "AL"))["reasons_in_words"][0]["rule"] == "S1"


def test_an_alert_goes_from_triage_to_a_case(run: Run) -> None:
    """And its case shows it, with the owner."""
    code = dealt(0, "AL")
    assert document(run, "alerts", "triage", code, "--urgency", "high")["state"] == "triaged"
    case = document(run, "alerts", "open", code, "--owner", "RD-01", "--new")["case_code"]

    shown = document(run, "cases", "show", case)
    assert (shown["owner"], shown["urgency"], shown["alerts"][0]["code"]) == ("RD-01", "high", code)
    assert code not in {one["code"] for one in document(run, "alerts", "list")["alerts"]}
    assert code in {one["code"] for one in document(run, "alerts", "list", "--all")["alerts"]}


def test_link_and_dismiss(run: Run) -> None:
    """What is refused ends with attention, its code and its reason."""
    first, second = dealt(0, "AL"), dealt(1, "AL")
    for code in (first, second):
        run("alerts", "triage", code)
    assert document(run, "alerts", "link", first, dealt(0, "DK"))["case_code"] == dealt(0, "DK")
    shown = document(run, "alerts", "dismiss", second, "--reason", "A hoax")
    assert (shown["state"], len(shown["proposal"])) == ("triaged", 6), (
        "a critical one waits for a second person"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("triage", "--owner", "RD-O1"),
        ("open", "--owner", "RD-O1"),
    ],
)
def test_a_mistyped_person_decides_and_gets_nothing(run: Run, field: Field, words: tuple[str, ...]) -> None:
    """A code that nobody has is refused with the nearest one, and nothing is written; --new takes it on."""
    decisions.add_worker(field.register, "RD-01", "case_owner", COORDINATOR, field.later())
    code = dealt(1, "AL")
    if words[0] != "triage":
        run("alerts", "triage", code)
    before = field.everything()
    exit_code, text = run("alerts", words[0], code, *words[1:], "--json")

    assert (exit_code, json.loads(text)["code"]) == (2, "DK-R21")
    assert "RD-01" in text
    assert field.everything() == before
    assert run("alerts", words[0], code, *words[1:], "--new")[0] == 0
    assert "RD-O1" in {one["code"] for one in field.rows(tables.worker)}


def test_an_alert_code_that_is_not_there_is_named_with_the_nearest(run: Run) -> None:
    """One symbol misread."""
    right = dealt(0, "AL")
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")

    for command in ("show", "triage"):
        exit_code, text = run("alerts", command, wrong, "--json")
        assert exit_code == 2
        assert f"The nearest code is {right}." in text


def test_a_dry_run_writes_nothing(run: Run, field: Field) -> None:
    """The report is the same and says that it is none."""
    before = field.everything()
    code, text = run("alerts", "triage", dealt(0, "AL"), "--dry-run")

    assert code == 0
    assert "Nothing was written" in text
    assert field.everything() == before


def test_a_case_shows_its_people_and_services_by_code(run: Run) -> None:
    """Pseudonyms and labels; nothing that is sealed has a place here."""
    code, text = run("cases", "show", dealt(0, "DK"))

    assert code == 0
    for words in (
        "V1",
        "Woman",
        "A1",
        "Threat",
        "Health / medical",
        "Statistics without identity",
        "History",
    ):
        assert words in text
    shown = json.dumps(document(run, "cases", "show", dealt(0, "DK")))
    assert "_tag" not in shown


def test_a_case_shows_what_a_person_agrees_to_now(run: Run) -> None:
    """What was withdrawn is no yes any more; whoever reads the case does not take it for one."""
    code = dealt(0, "DK")
    assert "Statistics without identity" in run("cases", "show", code)[1]

    told = document(run, "consent", "withdraw", code, "--reason", "She called.")
    _, text = run("cases", "show", code)
    assert told["tasks"] >= 1
    now, _, history = text.partition("History")
    assert "Statistics without identity" not in now
    assert "NOTHING ANY MORE" in now
    assert "Statistics without identity: Given -> Withdrawn" in history


def test_a_sealed_case_shows_its_line_and_what_is_due(run: Run, field: Field) -> None:
    """C4: code, state, level, owner, due date."""
    field.send("case", "c1", changed(CASE, {"consent": {"confidentiality": "C4"}}), edit=1)
    shown = document(run, "cases", "show", dealt(0, "DK"))
    _, text = run("cases", "show", dealt(0, "DK"))

    assert (shown["confidentiality"], shown["department"], shown["risk"]) == ("C4", None, None)
    assert "people" not in shown
    assert "sealed (C4)" in text


def test_a_sealed_case_shows_what_is_to_be_done_to_its_owner_and_the_coordinator(
    run: Run, field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kinds of task tell what happened: nobody else is shown them, neither on the page, nor in the list, nor by a slip."""
    code, asked = dealt(0, "DK"), ("cases", "task", dealt(0, "DK"))
    field.send("case", "c1", changed(CASE, {"consent": {"confidentiality": "C4"}}), edit=1)
    with deciding(field.register, COORDINATOR, field.later()) as by:
        name_worker(by, "CO-01", "coordinator")
        assign(by, code, "RD-01", new=True)
    pages = {}
    for who in ("CO-01", "RD-01", "RD-02"):
        monkeypatch.setattr(Opened, "actor", lambda _self, _as=None, who=who: Actor(who, "key"))
        page, listed = document(run, "cases", "show", code), document(run, *asked)
        with (
            pytest.raises((ThingUnknown, CaseSealed)) as slip,
            deciding(field.register, Actor(who, "key"), field.later()) as by,
        ):
            end_task(by, code, "nonsense", reason="x")
        pages[who] = (
            bool(page["tasks"]),
            bool(listed["tasks"]),
            "referral_answer" in getattr(slip.value, "known", ""),
        )
        assert page["next_due"] is not None
        assert ("What is due" in run("cases", "show", code)[1]) is pages[who][0]
    assert pages == {"CO-01": (True,) * 3, "RD-01": (True,) * 3, "RD-02": (False,) * 3}
    assert "sealed (C4)" in run(*asked)[1]

    monkeypatch.setattr(Opened, "actor", lambda _self, _as=None: Actor("RD-01", "claimed"))
    assert document(run, "cases", "show", code)["tasks"] == [], "a code that is only claimed opens nothing"


def test_the_alert_of_a_sealed_case_shows_as_little_in_a_list(run: Run, field: Field) -> None:
    """Neither where nor what, once it belongs to a C4 case; the alert of another case does."""
    code = dealt(0, "AL")
    run("alerts", "triage", code)
    run("alerts", "link", code, dealt(0, "DK"))
    (before,) = (one for one in document(run, "alerts", "list", "--all")["alerts"] if one["code"] == code)
    field.send("case", "c1", changed(CASE, {"consent": {"confidentiality": "C4"}}), edit=1)
    (after,) = (one for one in document(run, "alerts", "list", "--all")["alerts"] if one["code"] == code)
    exit_code, text = run("alerts", "list", "--all")

    assert before["region"] is not None
    assert before["icons"] is not None
    assert (after["region"], after["department"], after["icons"], after["week"]) == (None,) * 4
    assert (after["case_code"], after["state"]) == (dealt(0, "DK"), "linked")
    assert exit_code == 0
    assert code in text


def test_an_unknown_code_is_a_wrong_question(run: Run) -> None:
    """Exit 2, and where the codes are."""
    assert run("cases", "show", "DK-7Q2M4X-B")[0] == 2
    assert run("alerts", "show", "nothing")[0] == 2
    assert "There is no alert AL-7Q2" in json.loads(run("log", "AL-7Q2", "--json")[1])["message"]


def test_rebuild_and_its_check(run: Run, field: Field) -> None:
    """Equal: exit 0. Different: exit 6 with the table; a rebuild puts it right and says what was different."""
    assert document(run, "rebuild", "--check")["differing"] == []
    with field.register.writing() as rows:
        rows.execute(tables.case.update().values(urgency="low"))
    code, text = run("rebuild", "--check", "--json")
    assert (code, json.loads(text)["code"]) == (6, "DK-R04")
    assert document(run, "rebuild")["differing"] == ["case"]
    assert document(run, "rebuild", "--check")["rows"]["case"] == 1


def test_an_empty_list_says_so(run: Run, field: Field) -> None:
    """No table without rows."""
    for number in (0, 1):
        decisions.triage(field.register, dealt(number, "AL"), COORDINATOR, field.later())
    assert run("alerts", "list", "--state", "received")[1] == "No alert.\n"


def test_a_case_is_assigned_and_its_history_says_so(run: Run) -> None:
    """Who is in charge, who was, who decided and whether that was proved."""
    case = dealt(0, "DK")
    assert document(run, "cases", "assign", case, "RD-01", "--new")["was"] is None
    code, text = run("cases", "assign", case.lower(), "RD-02", "--new", "--as", "CO-09")
    shown = document(run, "cases", "show", case)

    assert code == 0
    assert "given to RD-02" in text
    of_owner = [
        task for task in shown["tasks"] if task["kind"] not in {"assign", "supervision"}
    ]  # others do those
    assert (shown["owner"], {task["assigned_to"] for task in of_owner}) == ("RD-02", {"RD-02"})
    assert shown["history"][-1]["payload"] == {"owner_code": "RD-02", "was": "RD-01"}
    assert "CO-09 (not proved)\tgiven to RD-02, before: RD-01" in run("cases", "show", case)[1]


def test_an_assignment_can_be_tried_and_refused(run: Run, field: Field) -> None:
    """A trial writes nothing; an unknown case or worker is a wrong question, with the nearest code."""
    case = dealt(0, "DK")
    before = field.everything()
    tried = document(run, "cases", "assign", case, "RD-01", "--new", "--dry-run")
    assert (tried["dry_run"], tried["written"], field.everything()) == (True, False, before)
    assert "Nothing was written" in run("cases", "assign", case, "RD-01", "--new", "--dry-run")[1]
    for words, error in (((case[:-1], "RD-01"), "DK-R16"), ((case, "RD-01"), "DK-R21")):
        code, text = run("cases", "assign", *words, "--json")
        assert (code, json.loads(text)["code"]) == (2, error)
    assert case in json.loads(run("cases", "show", case[:-1], "--json")[1])["message"]


def test_a_request_to_close_is_shown_with_what_decides_about_it(field: Field, run: Run) -> None:
    """Who asks, who is to decide, risk, procedure, goals: whoever decides needs no other window."""
    field.send("closure", "k1", closing(dealt(0, "DK"), risk_now="medium"))
    code, shown = run("cases", "show", dealt(0, "DK"))
    assert code == 0
    (line,) = [line for line in shown.splitlines() if "Goals met" in line]
    for word in ("RD-01", "SU-01", "Medium", "Health / medical: Met", "Legal assistance: Partly"):
        assert word in line
    document = json.loads(run("cases", "show", dealt(0, "DK"), "--json")[1])
    (asked,) = document["case"]["closures"] if "case" in document else document["closures"]
    assert (asked["reason"], asked["decision"], len(asked["goals"])) == ("goals_met", None, 2)
    assert asked["received_at"].endswith("Z")


def test_a_refused_step_names_the_command_of_the_next(run: Run) -> None:
    """Whoever opens a case from an alert that nobody read is told how to triage it."""
    code, text = run("alerts", "open", dealt(0, "AL"), "--owner", "RD-01", "--new", "--json")

    assert (code, json.loads(text)["code"]) == (1, "DK-R10")
    assert "dikalo alerts triage" in json.loads(text)["message"]
