"""The second person in a run of their own: two passphrases of one workspace, from the keys to the event."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.config import Settings
from sync_scripts.register import decisions as d
from sync_scripts.secrets import slots
from sync_scripts.store import own_keys, published
from sync_scripts.store.founding import NewKeys, create_workspace
from sync_scripts.store.workspace import open_workspace, unlock
from tests.decisions.work import Work
from tests.register.field import ALERT, Field, changed, dealt
from tests.store.commands import DAY, VAULT, pipe
from tests.store.databases import NOW

OTHER = "sept lampes bleues gardent le puits"
CODE = dealt(0, "AL")
Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as CO-01, or with another passphrase; the workspace holds one critical alert, triaged."""
    keys = NewKeys(
        day=DAY,
        vault=VAULT,
        recovery=published.IDENTITIES["R"].public,
        organisation=published.IDENTITIES["O"].public,
        work=published.WORK,
    )
    root = tmp_path / "w"
    create_workspace(
        root, settings=Settings(id="e" * 32), worker="CO-01", keys=keys, now=NOW, proved=("V", "R")
    )
    own_keys.make(unlock(root, secret=lambda _question: DAY), "SU-01", OTHER, published.WORK).write()
    workspace = open_workspace(root, secret=lambda _question: DAY)
    work = Work(Field(workspace.register))
    work.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    work.do(d.triage, CODE)
    workspace.close()

    def go(*words: str, day: str = DAY) -> tuple[int, Any]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(day)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words, "--json"])
        monkeypatch.delenv("DIKALO_KEY_FD")
        return code, json.loads(capsys.readouterr().out)

    return go


def test_two_passphrases_are_two_people(run: Run) -> None:
    """The first one proposes, cannot sign, not even as somebody else; the second one signs; the log names both."""
    code, made = run("alerts", "dismiss", CODE, "--reason", "A hoax")
    assert (code, made["state"], len(made["proposal"])) == (0, "triaged", 6)
    assert run("approve", made["proposal"])[1]["code"] == "DK-R14"
    assert run("approve", made["proposal"], "--as", "SU-01")[1]["code"] == "DK-R32"
    code, signed = run("approve", made["proposal"], day=OTHER)
    assert (code, signed["decision"], signed["state"]) == (0, "alert.dismiss", "signed")
    assert run("alerts", "show", CODE)[1]["state"] == "dismissed"
    told = [(one["actor"], one["proof"], one["op"]) for one in run("log", CODE)[1]["events"]]

    assert told[-3:] == [
        ("CO-01", "key", "proposal.make"),
        ("SU-01", "key", "alert.dismiss"),
        ("SU-01", "key", "proposal.sign"),
    ]


def test_a_typed_code_is_said_to_be_not_proved_and_proposes_nothing(run: Run) -> None:
    """It may triage; where two are needed, or where a level is lowered, it is nobody."""
    code, refused = run("alerts", "dismiss", CODE, "--reason", "A hoax", "--as", "SU-01")
    assert (code, refused["code"]) == (4, "DK-R32")
    assert run("approve")[1]["proposals"] == []
    lower = ("alerts", "triage", CODE, "--urgency", "high", "--reason", "Reached", "--as", "SU-01")
    assert run(*lower)[1]["code"] == "DK-R47"
    run("alerts", "triage", CODE, "--urgency", "critical", "--as", "SU-01")

    assert run("log", CODE)[1]["events"][-1]["proof"] == "claimed"


def test_a_passphrase_that_the_first_person_gave_signs_once_it_was_changed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the command that gives it to the signature: refused with what to do, and then done."""
    given, own = "dix lampes sous le vent du soir", "onze chaises vides regardent la mer"
    monkeypatch.setattr(slots, "usual_work", lambda: published.WORK)
    monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(given)))
    assert run("keys", "passphrase", "--for", "SU-01")[0] == 0
    made = run("alerts", "dismiss", CODE, "--reason", "A hoax")[1]
    code, refused = run("approve", made["proposal"], day=given)
    assert (code, refused["code"]) == (4, "DK-R45")
    monkeypatch.setenv("DIKALO_NEW_KEY_FD", str(pipe(own)))
    assert run("keys", "passphrase", day=given)[0] == 0
    code, signed = run("approve", made["proposal"], day=own)

    assert (code, signed["state"]) == (0, "signed")
    assert [one["by"] for one in signed["signed"]["keys"]] == [None, "SU-01"]
