"""What was given to whom: in the log, in the page of a case, for a person who asks, and as tasks after a withdrawal."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from sync_scripts.register.alert_decisions.services import refer
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.handover.handovers import given_of, shares
from sync_scripts.store.database import Register
from sync_scripts.store.events import Event
from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import open_workspace
from tests.dossier.conftest import Run
from tests.passphrases import DAY
from tests.register.beginnings import played_once
from tests.register.field import CASE as SAID
from tests.register.field import COORDINATOR, Field, changed, dealt

CASE = dealt(0, "DK")
COURT = ("cases", "dossier", CASE, "--purpose", "justice", "--to", "court:TGI", "--reason", "the complaint")


def test_a_dossier_stands_in_the_log_the_page_and_for_the_person(run: Run) -> None:
    """The same hand-over, with its receiver and reference, wherever one would look for it."""
    reference = run("--json", *COURT)[1]["reference"]
    log = run("log", CASE)[1]
    page = run("cases", "show", CASE)[1]
    _code, asked, _err = run("--json", "person", "shared", CASE, "--person", "V1")
    _code, other, _err = run("--json", "person", "shared", CASE, "--person", "V2")

    assert f"dossier {reference} given to TGI" in log
    assert "reason: the complaint" in log
    assert "Given to others" in page
    assert reference in page
    (one,) = asked["shared"]
    assert (one["what"], one["receiver"], one["purpose"], one["people"]) == (
        "dossier",
        "TGI",
        "justice",
        ["V1"],
    )
    assert len(one["file_sha256"]) == 64
    assert (one["closed"], one["consents"]) == ("passphrase", ["2026-11-20"])
    assert other["shared"] == []


def test_whoever_withdraws_gets_a_task_to_tell_each_receiver(run: Run, root: Path) -> None:
    """Two dossiers, two tasks; one for another purpose raises none."""
    run("--json", *COURT)
    run("--json", *COURT)
    run(
        "--json",
        "cases",
        "dossier",
        CASE,
        "--purpose",
        "un",
        "--to",
        "un:WG",
        "--reason",
        "the working group",
    )
    run("consent", "withdraw", CASE, "--person", "V1", "justice", "--reason", "she wants no trial")
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.reading() as rows:
        kinds = list(rows.execute(select(tables.task.c.kind)).scalars())
    workspace.close()

    assert kinds.count("tell_receiver") == 2


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give a case of a person who agreed to everything that is asked here, with one photo."""
    made = Field(sqlite_register)
    photo = {"evidence_uid": "e1", "evidence_no": "1", "evidence_type": "photo", "faces_visible": "no"}
    yes = {"consent": {"c_justice": "yes", "c_photo_audio": "yes"}, "evidence": [photo]}
    made.send("case", "c1", changed(SAID, yes))
    return made


def test_a_referral_and_a_photo_are_hand_overs_too(field: Field) -> None:
    """A referral names its provider, a piece of evidence whom it was given to; what was only planned is none."""
    from sync_scripts.register.alert_decisions.services import plan_service

    with field.register.writing() as rows:
        rows.many(
            tables.provider, [{"provider_code": "PRE-01", "services": "health legal", "on_phones": False}]
        )
    with deciding(field.register, COORDINATOR, field.later()) as by:
        plan_service(by, CASE, "legal", provider="PRE-01")
        refer(by, CASE, "health", "PRE-01")
    with field.register.reading() as rows:
        found = given_of(rows, CASE)
    assert [(one.what, one.receiver, one.name, one.purpose) for one in found] == [
        ("referral", "PRE-01", "2", "services")
    ]


def test_evidence_is_given_to_somebody(run: Run) -> None:
    """The command asks to whom; without it nothing is moved."""
    code, _out, err = run("evidence", "move", CASE, "E1", "shared", "--purpose", "justice")

    assert code == 2
    assert "--to" in err


def test_evidence_and_a_whole_case_are_read_from_their_events() -> None:
    """What was shared before anybody wrote down a receiver is told all the same, with nobody named."""

    def event(seq: int, op: str, **said: str) -> Event:
        at = f"2026-11-25T08:00:0{seq}.000000Z"
        return Event("w", seq, at, op, "case:X", dict(said), COORDINATOR, "")

    events = [
        event(1, "evidence.move", to="working_copy", evidence="E1"),
        event(2, "evidence.move", to="shared", evidence="E1", purpose="un", receiver="WG"),
        event(3, "evidence.move", to="shared", evidence="E2", purpose="justice"),
        event(4, "case.move", to="follow_up"),
        event(5, "case.move", to="transferred", transferred_to="NGO-2"),
    ]
    assert [(one.share, one.what, one.name, one.purpose, one.receiver) for one in shares(events, {})] == [
        ("w:2", "evidence", "E1", "un", "WG"),
        ("w:3", "evidence", "E2", "justice", ""),
        ("w:5", "transfer", "", "services", "NGO-2"),
    ]
