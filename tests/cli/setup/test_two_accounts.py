"""An office on PostgreSQL as its administrator sets it up by the book: two laptops, two accounts with few rights, two people."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sync_scripts import cli
from sync_scripts.config import RegisterSettings, Settings
from sync_scripts.secrets import slots
from sync_scripts.store import engine, events
from sync_scripts.store.errors import AccountMayNot, DatabaseFailed
from sync_scripts.store.events import NewEvent
from sync_scripts.store.founding import NewKeys, create_workspace
from sync_scripts.store.seal import demo_keys, own_keys
from sync_scripts.store.workspace import open_workspace, unlock
from tests import every_decision
from tests.decisions.work import Work
from tests.passphrases import OTHER
from tests.register.field import ALERT, COORDINATOR, Field, changed, dealt
from tests.store.commands import DAY, VAULT, pipe
from tests.store.databases import NOW

DOCS = Path(__file__).parents[3] / "docs"
CODE = dealt(0, "AL")
Run = Callable[..., tuple[int, Any]]


def blocks(page: str) -> list[str]:
    """Return the SQL of a page."""
    return re.findall(r"^```sql\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def through(url: str, account: str) -> str:
    """Return a URL with another account."""
    return re.sub(r"//[^@]+@", f"//{account}@", url)


@pytest.fixture
def office(
    new_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, Path, Path]]:
    """Make a register with one critical alert, and two folders on it: CO-01 as co_01, SU-01 as su_01; gives the URL, too."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    url = new_database("template0")
    first, second = tmp_path / "co", tmp_path / "su"
    settings = Settings(id="e" * 32, register=RegisterSettings(url=url))
    keys = NewKeys(day=DAY, vault=VAULT, recovery=demo_keys.IDENTITIES["R"].public, work=demo_keys.WORK)
    create_workspace(first, settings=settings, worker="CO-01", keys=keys, now=NOW, proved=("V", "R"))
    own_keys.make(unlock(first, secret=lambda _question: DAY), "SU-01", OTHER, demo_keys.WORK).write()
    workspace = open_workspace(first, secret=lambda _question: DAY)
    work = Work(Field(workspace.register))
    for code, roles in (("CO-01", "coordinator"), ("SU-01", "supervisor")):
        work.do(every_decision.name_worker, code, roles)
    work.field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}))
    work.do(every_decision.triage, CODE)
    workspace.close()
    shutil.copytree(first, second)
    once, guard, person = blocks("cles.md")
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute("DROP ROLE IF EXISTS co_01, su_01, dikalo_people")
        for statement in (once, guard, person, person.replace("su_01", "co_01")):
            administrator.execute(statement.encode())
    for root, account in ((first, "co_01"), (second, "su_01")):
        settings_file = root / "dikalo.toml"
        text = settings_file.read_text("utf-8")
        settings_file.write_text(text.replace(url, through(url, account)), "utf-8")
    yield url, first, second
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute("DROP OWNED BY dikalo_people; DROP ROLE co_01, su_01, dikalo_people")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in a folder, with a passphrase."""

    def go(root: Path, day: str, *words: str) -> tuple[int, Any]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(day)))
        capsys.readouterr()
        code = cli.main(["-C", str(root), *words, "--json"])
        monkeypatch.delenv("DIKALO_KEY_FD")
        return code, json.loads(capsys.readouterr().out)

    return go


def test_both_pages_have_the_same_sql() -> None:
    """But for the password that stands in it to be changed."""
    french, english = blocks("cles.md"), blocks("en/keys.md")

    assert len(french) == 3
    assert [one.replace("changez-moi", "change-me") for one in french] == english


def test_two_people_sign_through_two_accounts_with_few_rights(
    office: tuple[str, Path, Path], run: Run
) -> None:
    """The second one's passphrase through the first one's account is refused; through their own it signs."""
    _url, first, second = office
    code, made = run(first, DAY, "alerts", "dismiss", CODE, "--reason", "A hoax")
    assert (code, len(made["proposal"])) == (0, 6)
    code, refused = run(first, OTHER, "approve", made["proposal"])
    assert (code, refused["code"]) == (4, "DK-S53")
    assert "co_01" in refused["message"]
    code, signed = run(second, OTHER, "approve", made["proposal"])
    assert (code, signed["state"]) == (0, "signed")
    assert signed["signed"]["accounts"] == ["co_01", "su_01"]
    assert run(first, DAY, "alerts", "show", CODE)[1]["state"] == "dismissed"
    assert run(second, OTHER, "rebuild")[0] == 0
    workspace = open_workspace(first, secret=lambda _question: DAY)
    with workspace.register.reading() as rows:
        assert events.check(rows)
        kept = {one.op: one.account for one in events.read(rows)}
    workspace.close()
    assert (kept["proposal.make"], kept["proposal.sign"], kept["alert.dismiss"]) == (
        "co_01",
        "su_01",
        "su_01",
    )


def findings(run: Run, root: Path, day: str) -> dict[str, str]:
    """Return what doctor says of accounts, by code."""
    said = run(root, day, "doctor", "--open", "--offline")[1]["findings"]
    return {one["code"]: one["level"] for one in said if one["code"].startswith("account")}


def test_doctor_says_who_writes_through_one_account(office: tuple[str, Path, Path], run: Run) -> None:
    """First all through the administrator's, then two people through one of their own, then each through theirs."""
    _url, first, second = office
    assert findings(run, first, DAY) == {}
    run(first, DAY, "alerts", "triage", CODE, "--urgency", "critical")
    run(first, OTHER, "alerts", "triage", CODE, "--urgency", "critical")
    assert findings(run, first, DAY) == {"accounts": "warn"}
    run(second, OTHER, "alerts", "triage", CODE, "--urgency", "critical")
    assert findings(run, first, DAY) == {"accounts": "ok"}


def test_doctor_says_that_an_account_may_too_much_and_nobody_looks(
    office: tuple[str, Path, Path], run: Run
) -> None:
    """The owner's account on a laptop, in a database without the trigger."""
    url, first, _second = office
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute("DROP TRIGGER dikalo_account ON event")
    settings_file = first / "dikalo.toml"
    settings_file.write_text(settings_file.read_text("utf-8").replace("co_01@", "postgres@"), "utf-8")

    assert findings(run, first, DAY) == {"account-rights": "warn", "account-guard": "note"}


def test_the_database_itself_refuses_another_account(
    office: tuple[str, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from a program that was tampered with; and the account can neither change an event nor the guard."""
    _url, first, _second = office
    workspace = open_workspace(first, secret=lambda _question: DAY)
    with workspace.register.writing() as rows:
        events.append(rows, [NewEvent("case.note", "case:x", COORDINATOR)], NOW)
    monkeypatch.setattr(events, "_with_account", lambda _rows, new: {**new.payload, "account": "su_01"})
    with pytest.raises(DatabaseFailed) as caught, workspace.register.writing() as rows:
        events.append(rows, [NewEvent("case.note", "case:x", COORDINATOR)], NOW)
    assert caught.value.rule == "dikalo_account"
    for statement in (
        "DELETE FROM event",
        "UPDATE event SET actor_code = 'SU-01'",
        "DROP TRIGGER dikalo_account ON event",
    ):
        with pytest.raises(AccountMayNot), engine.transaction(workspace.register.engine) as connection:
            connection.exec_driver_sql(statement)
    workspace.close()
