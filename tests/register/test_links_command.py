"""Links on the command line and on the page of an alert: side by side, with reasons in words."""

from __future__ import annotations

import json

import pytest

from sync_scripts.store.database import Register
from tests.register.field import ALERT, Field, dealt
from tests.register.running import runner
from tests.register.test_links import link


def test_the_commands_show_both_alerts_and_take_a_decision(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Side by side with reasons in words; a dry run writes nothing; a decision takes the pair off the list."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    run = runner(sqlite_register, monkeypatch, capsys)
    first, second = dealt(0, "AL"), dealt(1, "AL")

    listed, shown_ = run("alerts", "links"), run("alerts", "links", first)
    dry = run("alerts", "decide", first, second, "same_event", "--dry-run", "--json")
    document = json.loads(run("--json", "alerts", "links")[1])
    done = run("alerts", "decide", second, first, "not_same")

    assert listed[1].splitlines()[1].split("\t")[:5] == [first, second, "", "Probable", "100"]
    assert f"\t{first}\t{second}" in shown_[1]
    assert "- same kind of event (+20)" in shown_[1]
    assert json.loads(dry[1])["written"] is False
    assert [one["rule"] for one in document["groups"][0]["links"][0]["reasons_in_words"]][:2] == [
        "date_gap",
        "place.same_arrondissement",
    ]
    assert document["groups"][0]["links"][0]["decision"] == "pending"
    assert done == (0, f'{second} and {first}: "Not the same event". Both alerts are kept.\n')
    assert run("alerts", "links")[1] == "No two alerts are proposed as one event.\n"
    assert "Not the same event (CO-01," in run("alerts", "links", "--all", second)[1]
    assert run("alerts", "decide", first, second, "related")[0] == 1


def test_the_history_of_an_alert_says_what_was_decided_on_its_links(sqlite_register: Register) -> None:
    """Under both codes, that it was decided and what, and no more; of other alerts nothing."""
    from sync_scripts.register.history.logbook import logbook

    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    link(field, "not_same", "Two villages.")
    with sqlite_register.reading() as rows:
        found = {code: list(logbook(rows, code)) for code in (dealt(n, "AL") for n in range(3))}
    first, second, third = found.values()

    assert [line["op"] for line in first] == [line["op"] for line in second] == ["link.decide"]
    assert first[0]["about"] == f"{dealt(0, 'AL')} {dealt(1, 'AL')}"
    assert first[0]["payload"] == {"was": "pending", "decision": "not_same"}
    assert third == []


def test_the_page_of_an_alert_names_the_others(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how likely and what was decided; not those that are not the same, and nothing for a refused one."""
    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    field.send("alert", "r4", {"gate": {"consent_alert": "refused"}})
    run = runner(sqlite_register, monkeypatch, capsys)
    first, second, third, refused = (dealt(number, "AL") for number in range(4))
    link(field, "not_same", codes=(first, third))
    page = run("alerts", "show", first)[1]
    document = json.loads(run("--json", "alerts", "show", first)[1])

    assert f"- {second}: Probable, 100 points; To decide" in page
    assert third not in page.split("Perhaps the same event")[1].split("What is due")[0]
    assert [one["code"] for one in document["links"]] == [second]
    assert run("alerts", "show", refused)[0] == 0
