"""Two imports at once: every end is some order of the two, and nobody's work is lost. On both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from sync_scripts.followup.files import unlocked
from sync_scripts.followup.inbound import comparison, importing
from sync_scripts.followup.inbound.conflicts import open_conflicts
from sync_scripts.followup.inbound.importing import Asked, Imported, bring_back
from sync_scripts.store import engine
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import workbooks
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.followup.desk import Desk, first_blank, lay
from tests.register.field import dealt
from tests.store.databases import KEY, _world

CASE, OTHER = dealt(0, "DK"), dealt(1, "DK")
Open = Callable[[], Register]


@pytest.fixture(params=["sqlite", "postgresql"])
def doors(
    request: pytest.FixtureRequest, template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Iterator[Open]:
    """Give a function that opens one register again and again, each time with connections of its own."""
    opened: list[Register] = []
    if request.param == "sqlite":
        path = tmp_path / "shared.db"
        shutil.copyfile(template_file, path)
        path.chmod(0o600)
    url = "" if request.param == "sqlite" else request.getfixturevalue("new_database")()

    def door() -> Register:
        made = engine.sqlcipher(tmp_path / "shared.db", KEY) if not url else engine.postgresql(url)
        opened.append(_world(made, holders, tmp_path).register)
        return opened[-1]

    yield door
    for register in opened:
        register.close()


def test_two_imports_at_once_end_as_one_order_or_the_other(doors: Open, tmp_path: Path) -> None:
    """Both change one note differently, and each another field: one note stands, the other is asked about."""
    desk: Desk = lay(doors(), tmp_path, count=2)
    path = desk.export()
    files = [
        desk.edit(path, ("dk:cases", CASE, "note", "De la première."), ("dk:cases", CASE, "owner", "RD-02")),
        desk.edit(path, ("dk:cases", CASE, "note", "De la seconde."), ("dk:cases", OTHER, "owner", "RD-03")),
    ]
    now, together = desk.field.later(), Barrier(2)

    def bring(number: int) -> Imported:
        file = unlocked(files[number].read_bytes(), lambda: "")
        register = doors()
        together.wait()
        return bring_back(register, file, Asked(Actor(f"CO-0{number + 1}", "key"), now, apply=True))

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(bring, range(2)))
    assert sorted(one.changes for one in done) == [1, 2]
    assert (desk.case()["owner_code"], desk.case(1)["owner_code"]) == ("RD-02", "RD-03")
    with desk.register.reading() as rows:
        (asked,) = open_conflicts(rows)
        assert store_events.check(rows) == len(desk.events())
    assert {desk.case()["work_note"], asked.mine} == {"De la première.", "De la seconde."}
    assert asked.register == desk.case()["work_note"]
    assert desk.rebuilt()


def both_compare_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither of two imports write before both have compared."""
    right, together = comparison.compare, Barrier(2)
    waited: list[int] = []

    def compared(*asked: Any) -> Any:
        found = right(*asked)
        if len(waited) < 2:
            waited.append(1)
            together.wait()
        return found

    monkeypatch.setattr(importing, "compare", compared)


def test_one_blank_row_in_two_imports_at_once_is_one_action(
    doors: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both compared before either wrote: what is kept of the row is looked at again inside the transaction."""
    desk: Desk = lay(doors(), tmp_path, count=2)
    path = desk.export()
    at = first_blank(path, "dk:actions")
    row = [("dk:actions", at, "code", CASE), ("dk:actions", at, "service", "pss")]
    files = [desk.edit(path, *row), desk.edit(path, *row, ("dk:cases", OTHER, "note", "x"))]
    now = desk.field.later()
    both_compare_first(monkeypatch)

    def bring(number: int) -> Imported:
        file = unlocked(files[number].read_bytes(), lambda: "")
        return bring_back(doors(), file, Asked(Actor(f"CO-0{number + 1}", "key"), now, apply=True))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(bring, range(2)))
    assert len(desk.services()) == 3


def test_one_file_in_two_imports_at_once_is_applied_once(
    doors: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw that it was not applied yet; the second is told that it is, and what is kept of the first stays."""
    desk: Desk = lay(doors(), tmp_path, count=2)
    file = unlocked(desk.edit(desk.export(), ("dk:cases", CASE, "note", "x")).read_bytes(), lambda: "")
    now = desk.field.later()
    both_compare_first(monkeypatch)

    def bring(number: int) -> Imported:
        return bring_back(doors(), file, Asked(Actor(f"CO-0{number + 1}", "key"), now, apply=True))

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(bring, range(2)))
    assert sorted(one.status for one in done) == ["already", "applied"]
    (kept,) = desk.field.rows(workbooks.followup_import)
    assert kept["changes"] == 1
    assert kept["by"] == f"CO-0{[one.status for one in done].index('applied') + 1}"
