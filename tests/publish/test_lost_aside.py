"""A stolen phone that sent only what was put aside (unknown version, in the clear, not believed): it sent that all the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from sync_scripts.store import custody
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import place
from sync_scripts.store.statements import PUT_ASIDE
from tests.contract.central_state import Sender
from tests.intake.scene import alert
from tests.publish.scene import Run, keep, with_register
from tests.publish.test_phones import root, run, workbook, worlds

__all__ = ["root", "run", "workbook", "worlds"]


@pytest.fixture
def pulled(run: Run, root: Path, worlds: dict[str, tuple[Any, str]]) -> Run:
    """Give a workspace that pulled, of two phones at each server, what it cannot take: nobody knows the version."""
    keep(root, "pull", "bureau", "terrain")
    central, kobo = worlds["bureau"][0], worlds["terrain"][0]
    for number, name in ((1, "F12"), (2, "F20")):
        central.send("alert", alert(number, version="2019010101"), sender=Sender(name=name))
        xml = alert(number + 2, version="2019010101").partition(b"?>")[2]
        kobo.send(re.sub(b'id="[^"]*"', b'id="a1"', xml, count=1), form="a1", by=name.lower())
    run("pull")
    return run


def test_what_was_put_aside_is_listed_with_its_entry(pulled: Run) -> None:
    """Of both servers, as each of them names the account; that of another phone is not."""
    _code, said, _talk = pulled("phones", "lost", "F12", "--dry-run", "--json")
    _code, words, _talk = pulled("--lang", "en", "phones", "lost", "f12", "--dry-run")

    assert sorted(one["server"] for one in said["sent"]) == ["bureau", "terrain"]
    assert all(re.fullmatch("Q-.*", one["aside"]) for one in said["sent"])
    assert said["aside_of_nobody"] == 0
    assert "as pulled so far: 2 submissions" in words
    assert all(f"put aside: {one['aside']}" in words for one in said["sent"])


def test_what_was_solved_is_listed_once(pulled: Run, root: Path) -> None:
    """It is a submission then, and stands there by its own account."""

    def solve(register: Register) -> None:
        with register.writing() as rows:
            rows.execute(update(place).values(state="stored"))

    with_register(root, solve)

    assert pulled("phones", "lost", "F12", "--dry-run", "--json")[1]["sent"] == []


def test_what_was_erased_unread_was_sent_all_the_same(pulled: Run, root: Path) -> None:
    """The phone sent it, and nobody can open it any more."""

    def erase(register: Register) -> None:
        with register.writing() as rows:
            rows.execute(update(place).values(state="erased"))

    with_register(root, erase)

    _code, said, _talk = pulled("phones", "lost", "F12", "--dry-run", "--json")
    assert (len(said["sent"]), said["aside_of_nobody"]) == (2, 0)


def test_what_nobody_is_known_of_is_said(pulled: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries of before kept no account: any phone may have sent them."""

    def nameless(register: Register) -> None:
        with register.writing() as rows:
            row = rows.execute(place.select().where(place.c.server == "bureau", PUT_ASIDE)).first()
            assert row is not None
            rows.execute(place.insert().values({**row._mapping, "tag": "0123456789ab"}))
            rows.execute(place.insert().values({**row._mapping, "tag": "ba9876543210", "server": "folder"}))

    with_register(root, nameless)
    _code, said, _talk = pulled("phones", "lost", "F12", "--dry-run", "--json")
    _code, words, _talk = pulled("--lang", "en", "phones", "lost", "F12", "--dry-run")

    assert (len(said["sent"]), said["aside_of_nobody"]) == (2, 1)
    assert "dikalo quarantine list" in words


def test_the_account_stands_with_the_bytes_alone(pulled: Run, root: Path) -> None:
    """In the line of custody that says that they came, and nowhere else."""

    def lines(register: Register) -> list[dict[str, Any]]:
        with register.reading() as rows:
            return [line.entry for line in custody.read(rows) if "submitter" in line.text]

    found = with_register(root, lines)

    assert [one["action"] for one in found] == ["RECEIVED"] * 4
    assert sorted(one["details"]["submitter"] for one in found) == ["F12", "F20", "f12", "f20"]
