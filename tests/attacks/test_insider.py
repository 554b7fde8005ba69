"""Who holds the everyday key writes history again: a decision that nobody took, or somebody else's, an opening that never was.

The everyday key opens the register, and nothing more is needed to change any line of both chains, to hash all that follows again,
and to lay the triggers as they were: the register then agrees with itself. What that key does not write are the heads of the chains
that left the computer before: with each backup, on a stick that lies in a drawer.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, text

from sync_scripts.config import ServerSettings, Settings
from sync_scripts.intake.completeness import heads
from sync_scripts.store import custody, engine, events
from sync_scripts.store.canonical import encoded
from sync_scripts.store.schema import raw
from sync_scripts.store.workspace import REGISTER, open_workspace, unlock
from tests.store.commands import DAY, Run, found
from tests.store.databases import NOW, PERSON

ALERT = Path(__file__).parents[2] / "forms" / "samples" / "alert" / "a01"
Changed = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


@pytest.fixture
def root(tmp_path: Path, run: Run) -> Path:
    """Make a workspace in which decisions were taken and things opened, before a backup and after it."""
    source = (ServerSettings(name="phones", kind="folder", path="../phones"),)
    root = found(tmp_path / "w", settings=Settings(id="f" * 32, server=source))
    shutil.copytree(ALERT, tmp_path / "phones" / "first")
    assert run("pull", day=DAY)[0] in {0, 3}
    work_on(root, "first")
    assert run("backup", "--to", str(tmp_path / "stick"), "--keep", day=DAY)[0] == 0
    work_on(root, "second")
    return root


def work_on(root: Path, subject: str) -> None:
    """Take a decision, and write an opening down."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    with workspace.register.writing() as rows:
        events.append(rows, [events.NewEvent("x.decided", f"x:{subject}", PERSON)], NOW)
        custody.append(rows, [custody.Entry("OPENED", "coord-1", subject)] * 2, NOW)
    workspace.close()


@contextmanager
def attacked(root: Path) -> Iterator[Connection]:
    """Open the register as the attacker does, without its triggers, which are laid again afterwards."""
    day_key = unlock(root, secret=lambda _prompt: DAY).day_key
    with engine.sqlcipher(root / REGISTER, day_key).begin() as made:
        triggers = made.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _sql in triggers:
            made.execute(text(f'DROP TRIGGER "{name}"'))
        yield made
        for _name, sql in triggers:
            made.execute(text(sql))


def put(made: Connection, table: Table, lines: list[dict[str, Any]]) -> None:
    """Put lines in the place of all that a chain has."""
    made.execute(delete(table))
    made.execute(insert(table), lines)


def take_out(root: Path, subject: str) -> None:
    """Take one opening out of the chain of custody, number and hash what follows again."""
    with attacked(root) as made:
        kept = made.execute(select(raw.custody).order_by(raw.custody.c.seq)).all()
        entries = [json.loads(row.line) for row in kept]
        gone = next(one for one in entries if one["object"] == subject)
        entries.remove(gone)
        prev, lines = custody.START, []
        for seq, entry in enumerate(entries, 1):
            data = encoded(entry | {"seq": seq, "prev": prev})
            prev = hashlib.sha256(data).hexdigest()
            lines.append({"seq": seq, "line": data.decode(), "hash": prev})
        put(made, raw.custody, lines)


def write_again(root: Path, change: Changed) -> None:
    """Change decisions, number and hash them again."""
    with attacked(root) as made:
        kept = made.execute(select(raw.event).order_by(raw.event.c.workspace, raw.event.c.seq)).mappings()
        prev, lines = custody.START, []
        for seq, line in enumerate(change([dict(row) for row in kept]), 1):
            bare = {name: value for name, value in line.items() if name != "hash"} | {"seq": seq}
            prev = hashlib.sha256(encoded({**bare, "prev": prev})).hexdigest()
            lines.append(bare | {"hash": prev})
        put(made, raw.event, lines)


def forged(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add a decision that nobody took, before the one that was taken first."""
    at = next(n for n, line in enumerate(lines) if line["subject"] == "x:first")
    return [*lines[:at], lines[at] | {"op": "x.forged"}, *lines[at:]]


def given_to_another(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let a decision be somebody else's."""
    return [line | ({"actor_code": "coord-2"} if line["subject"] == "x:first" else {}) for line in lines]


ATTACKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "an opening taken out": (lambda root: take_out(root, "first"), "custody"),
    "a forged decision": (lambda root: write_again(root, forged), "events"),
    "a decision of somebody else": (lambda root: write_again(root, given_to_another), "events"),
}


def heads_of(document: Any) -> Any:
    """Return the check of the heads."""
    return next(one for one in document["checks"] if one["code"] == "heads")


@pytest.mark.parametrize("attack", ATTACKS)
def test_history_written_again_is_seen(run: Run, root: Path, tmp_path: Path, attack: str) -> None:
    """The register agrees with itself; what was left with the backup before does not agree with it, and the span is named."""
    run("backup", day=DAY)
    sound = run("verify", "--offline", "--json", day=DAY)
    deed, chain = ATTACKS[attack]
    deed(root)
    verified = run("verify", "--offline", "--json", day=DAY)
    (root / "dikalo.toml").write_text(
        (root / "dikalo.toml").read_text(encoding="utf-8").replace(str(tmp_path / "stick"), str(tmp_path)),
        encoding="utf-8",
    )  # the place is taken away from the settings as well
    named = run("verify", "--offline", "--against", str(tmp_path / "stick"), day=DAY)

    assert (sound[0], heads_of(sound[1])["wrong"], heads_of(sound[1])["looked_at"]) == (0, [], 2)
    assert (verified[0], [one["code"] for one in verified[1]["checks"] if one["wrong"]]) == (6, ["heads"])
    (wrong,) = heads_of(verified[1])["wrong"]
    assert wrong.startswith(f"{chain} 0 /")
    assert (named[0], wrong in named[1]) == (6, True)


def test_the_span_begins_where_both_still_agree(run: Run, root: Path) -> None:
    """What was written again after the first backup agrees with the head of that one."""
    run("backup", day=DAY)
    take_out(root, "second")
    (wrong,) = heads_of(run("verify", "--offline", "--json", day=DAY)[1])["wrong"]

    assert wrong.startswith("custody ")
    assert not wrong.startswith("custody 0 ")


def test_what_was_not_left_yet_proves_nothing(run: Run, root: Path) -> None:
    """Since the last head that left, whoever holds the everyday key writes history: the page says so."""
    take_out(root, "second")

    assert run("verify", "--offline", day=DAY)[0] == 0


def test_a_restore_explains_what_it_took_away(run: Run, root: Path) -> None:
    """Heads left between an older copy and the day on which it was put back are counted, no others."""
    workspace = open_workspace(root, secret=lambda _prompt: DAY)
    stranger = [heads.Chain("", 3, "f" * 64)]  # this register knows no such line
    taken = [heads.to_leave(stranger, NOW + timedelta(days=day)) for day in (1, 2, 3)]
    with workspace.register.writing() as rows:
        details = {"was": taken[0].at}
        custody.append(rows, [custody.Entry("RESTORED", "coord-1", "x", details)], NOW + timedelta(days=2))
        compared = heads.compare(rows, [*taken, heads.to_leave(heads.chains(rows), NOW + timedelta(days=4))])
    workspace.close()

    assert (compared.looked_at, compared.restored) == (4, 1)
    assert compared.wrong == (f"custody 0 /{taken[0].at[:16]}",)


def test_a_worn_line_proves_nothing(root: Path, tmp_path: Path, run: Run) -> None:
    """What a stick made of a line is passed over, and the next backup still leaves its own."""
    (tmp_path / "stick" / "heads").write_bytes(b"\xff\x00{\n[1]\n{}\n")

    assert run("backup", day=DAY)[0] == 0
    assert heads_of(run("verify", "--offline", "--json", day=DAY)[1])["looked_at"] == 1
