"""The demonstration, as a newcomer runs it, and what must be true of every file that it leaves behind."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import delete, insert, select

from sync_scripts.demo.samples import index, newest_day
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.followup.outbound.export import export
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.register.directory.providers import listed, stale
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import metadata
from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import Workspace, open_workspace
from tests import clock
from tests.demo.canaries import Net, canaries


@dataclass(frozen=True)
class Shown:
    """A demonstration that ran: where, what it said, what it cost of the processor, and the temporary folder it had."""

    root: Path
    story: dict[str, Any]
    talk: str
    seconds: float
    temporary: Path
    days: int
    passing: frozenset[str]
    """Sealed answers that were in the temporary and cache folders at any moment."""


def environment(temporary: Path, lang: str = "en") -> dict[str, str]:
    """Return an environment with a temporary and a cache folder of our own, to be watched."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("DIKALO_", "LANG", "LC_"))
    }
    folders = {name: str(temporary) for name in ("TMPDIR", "TEMP", "TMP", "XDG_CACHE_HOME", "HOME")}
    return {**kept, **folders, "DIKALO_LANG": lang, "PYTHONDONTWRITEBYTECODE": "1"}


AS_IT_IS = ("-m", "sync_scripts")
LEAKING = """
import sys
import msgspec
from sync_scripts.register.forms import formmap
honest = formmap._asked
def leaking(question):
    made = honest(question)
    if made.path[-1] != "short_text":
        return made
    return msgspec.structs.replace(made, entity=None, field=None, level=1)
formmap._asked = leaking
from sync_scripts.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""A program that maps one sealed answer of the alert to ``extra``, in the clear."""


def dikalo(
    *words: str, temporary: Path, lang: str = "en", program: tuple[str, ...] = AS_IT_IS
) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would, in a process of its own."""
    return subprocess.run(
        [sys.executable, *program, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(temporary, lang),
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Run the demonstration once for this module."""
    base = tmp_path_factory.mktemp("demo")
    temporary = base / "tmp"
    temporary.mkdir()
    days = (
        clock.now().astimezone(DOUALA).date()
        - timedelta(1)
        - newest_day(tuple(sample for sample in index() if not sample.broken))
    ).days
    with Net(canaries(days)).over(temporary) as passing:
        before = sum(os.times()[2:4])
        done = dikalo("demo", "--into", str(base / "T"), "--json", temporary=temporary)
        seconds = sum(os.times()[2:4]) - before
    assert done.returncode == 0, done.stderr
    story = json.loads(done.stdout)
    return Shown(base / "T", story, done.stderr, seconds, temporary, days, frozenset(passing))


@pytest.fixture
def opened(shown: Shown) -> Iterator[Workspace]:
    """Open the demonstration's workspace with its published everyday key."""
    workspace = open_workspace(shown.root, secret=lambda _question: "")
    yield workspace
    workspace.close()


def test_it_ends_well_within_a_minute(shown: Shown) -> None:
    """No Java, no network: half a minute of one core at most, and the story's counts agree with the samples."""
    samples = index()
    posted = [sample for sample in samples if sample.road == "post" and not sample.broken]
    assert shown.seconds < 30
    story = shown.story
    assert story["schema"] == "dikalo.demo/1"
    assert story["posted"] == len(posted)
    assert story["resent"] == sum(sample.times - 1 for sample in posted)
    assert story["refused"] == story["quarantined"] == sum(sample.broken for sample in samples) == 3
    assert story["edited"] == sum(sample.kind == "edit" for sample in samples)
    assert story["new"] == sum(sample.kind == "new" for sample in samples)


def test_its_counts_are_those_of_the_register(shown: Shown, opened: Workspace) -> None:
    """What the story says is what the register holds."""
    with opened.register.reading() as rows:
        alerts = rows.execute(select(tables.alert.c.code)).scalars().all()
        states = rows.execute(select(tables.case.c.state)).scalars().all()
        tasks = (
            rows.execute(select(tables.task.c.task_id).where(tables.task.c.done_at.is_(None))).scalars().all()
        )
    assert len(alerts) == shown.story["alerts"]
    assert (
        len([state for state in states if state not in {"closed", "merged", "transferred"}])
        == shown.story["cases"]
    )
    assert len(tasks) == shown.story["tasks"]
    assert {sample.code for sample in index() if sample.code} == set(alerts)


def test_requests_to_close_and_reports_stand_in_the_register(opened: Workspace) -> None:
    """Each of the samples has its row; no case was closed by a phone, and the one that names its owner is flagged."""
    sent = [sample.form for sample in index() if sample.kind == "new"]
    with opened.register.reading() as rows:
        requests = rows.execute(select(tables.closure.c.case_code, tables.closure.c.decision)).all()
        reports = rows.execute(select(tables.situation.c.situation_id)).all()
        states = {row.case_code: row.state for row in rows.execute(select(tables.case))}
        flagged = rows.execute(select(tables.flag.c.code)).scalars().all()
    assert (len(requests), len(reports)) == (sent.count("closure"), sent.count("situation"))
    assert {row.decision for row in requests} == {None}
    assert {states[row.case_code] for row in requests} == {"open_intake"}
    assert flagged.count("closure_asked") == len(requests)
    assert flagged.count("closure_own_approval") == 1


def test_the_directory_holds_every_provider_that_a_follow_up_names(opened: Workspace) -> None:
    """Each with the service that it gave there, in a department, and checked lately."""
    today = clock.now().astimezone(DOUALA).date()
    act = tables.intervention.c
    with opened.register.reading() as rows:
        directory = {one["provider_code"]: one for one in listed(rows)}
        asked = select(act.provider_code, act.service).where(act.provider_code.is_not(None))
        used = [(str(row.provider_code), str(row.service)) for row in rows.execute(asked)]

    assert len(used) > 10
    assert {
        (code, service) for code, service in used if service not in directory[code]["services"].split()
    } == set()
    assert all(one["department"] and not stale(one["verified_on"], today) for one in directory.values())


def test_a_case_can_be_referred(shown: Shown, opened: Workspace) -> None:
    """The directory shows somebody who helps in the department of a case, and the case is referred there."""
    case = tables.case.c
    with opened.register.reading() as rows:
        asked = select(case.case_code, case.department).where(case.owner_code == "RD-NW-04")
        case_row = rows.execute(asked).one()
        helping = next(one for one in listed(rows) if one["department"] == case_row.department)
    words = ("cases", "refer", case_row.case_code, "nfi_food", "--to", helping["provider_code"], "--dry-run")
    done = dikalo("-C", str(shown.root), *words, temporary=shown.temporary)

    assert done.returncode == 0, done.stderr


def test_pulling_again_brings_nothing_and_all_is_sound(shown: Shown) -> None:
    """After the demonstration: nothing new, rebuild equals the register, verify finds no damage."""
    pulled = dikalo("-C", str(shown.root), "pull", "--json", temporary=shown.temporary)
    assert pulled.returncode == 0, pulled.stderr
    report = json.loads(pulled.stdout)
    assert (report["new"], report["edited"]) == (0, 0)
    for command in (("rebuild", "--check"), ("verify", "--json")):
        done = dikalo("-C", str(shown.root), *command, temporary=shown.temporary)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_every_reading_command_works_there(shown: Shown) -> None:
    """Lists answer with arrays of objects that have a code, in JSON and in words, and warn that this is a demonstration."""
    for words in (("alerts", "list"), ("cases", "list"), ("quarantine", "list")):
        as_json = dikalo("-C", str(shown.root), *words, "--json", temporary=shown.temporary)
        assert as_json.returncode == 0, as_json.stderr
        found = next(value for value in json.loads(as_json.stdout).values() if isinstance(value, list))
        assert found
        assert all(one["code"] for one in found)
        in_words = dikalo("-C", str(shown.root), *words, temporary=shown.temporary, lang="fr")
        assert in_words.returncode == 0
        assert "DÉMONSTRATION" in in_words.stderr
        assert found[0]["code"] in in_words.stdout


def test_nobody_is_asked_to_prove_published_keys(shown: Shown) -> None:
    """``doctor`` and the round of a demonstration ask for no key of an organisation; quarantine says what comes next."""
    looked = json.loads(dikalo("-C", str(shown.root), "doctor", "--json", temporary=shown.temporary).stdout)
    round_ = dikalo("-C", str(shown.root), "sync", "--dry-run", temporary=shown.temporary)
    aside = dikalo("-C", str(shown.root), "quarantine", "list", temporary=shown.temporary)

    assert "proof" not in {one["code"] for one in looked["findings"]}
    assert "vault test" not in round_.stdout + round_.stderr
    assert "dikalo quarantine retry" in aside.stdout.splitlines()[-1]


def test_the_workbook_holds_every_open_case_and_no_formula(shown: Shown) -> None:
    """The sheet « Dossiers » and the list of cases are the same set."""
    listed = json.loads(
        dikalo("-C", str(shown.root), "cases", "list", "--json", temporary=shown.temporary).stdout
    )
    codes = {one["code"] for one in next(value for value in listed.values() if isinstance(value, list))}
    book = openpyxl.load_workbook(io.BytesIO(Path(shown.story["workbook"]).read_bytes()))
    sheet: Any = next(sheet for sheet in book.worksheets if sheet["A1"].value == "dk:cases")
    keys = [cell.value for cell in sheet[3]]
    column = keys.index("code")
    assert {row[column].value for row in sheet.iter_rows(min_row=6)} == codes
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []


def test_a_copy_says_how_many_cases_it_leaves_out(shown: Shown, opened: Workspace) -> None:
    """Whoever is no coordinator gets fewer rows, and is told so: a short list never looks like a whole one."""
    now = clock.now()
    order = Order(
        tier="T2", lang="fr", scope=Scope(), actor=Actor("NOBODY-1", "claimed"), now=now, demo=False
    )
    target = shown.root / "out" / "never.xlsx"
    done = export(opened.register, order, target, password=None, dry_run=True)
    assert done.withheld > 0
    assert done.withheld + done.rows["dk:cases"] == shown.story["cases"]
    assert not target.exists()


def test_no_sealed_answer_lies_anywhere(shown: Shown, opened: Workspace) -> None:
    """No file, no workbook, no table read with the everyday key, no log and no temporary file holds a sealed answer."""
    net = Net(canaries(shown.days))
    assert len(net.needles) > 300
    assert not (shown.root / "register.db").read_bytes().startswith(b"SQLite format 3")
    assert net.hits_in(shown.root) == {}
    assert net.hits_in(shown.temporary) == {}
    assert shown.passing == frozenset()
    assert net.hits((json.dumps(shown.story, ensure_ascii=False) + shown.talk).encode()) == set()
    assert net.hits(dump(opened)) == set()


def test_one_sealed_answer_in_the_clear_would_be_found(shown: Shown, opened: Workspace) -> None:
    """The search is no decoration: one canary put under ``extra`` is found, and so is the inbox, which is clear text."""
    net = Net(canaries(shown.days))
    text = max(canaries(shown.days), key=len)
    table = tables.extra
    row = {column.name: 0 if column.type.python_type is int else "x" for column in table.columns} | {
        "value": text
    }
    with opened.register.writing() as rows:
        rows.execute(insert(table).values(row))
        found = net.hits(dump_rows(rows))
        rows.execute(delete(table).where(table.c.path == "x"))
    assert text in found
    assert net.hits_in(shown.root.with_name("T-classroom"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_the_inbox_is_for_its_owner_only(shown: Shown) -> None:
    """It is clear text: folders 0700, files 0600, those of the copied phone too."""
    inbox = shown.root.with_name("T-classroom")
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (inbox, *inbox.rglob("*"))}

    assert modes == {(True, 0o700), (False, 0o600)}


def test_a_sealed_answer_mapped_to_extra_would_be_found(shown: Shown, tmp_path: Path) -> None:
    """A program that lets one sealed question go to ``extra`` in the clear does not get through the search."""
    words = ("demo", "--into", str(tmp_path / "T"), "--json")
    done = dikalo(*words, temporary=tmp_path, program=("-c", LEAKING))
    assert done.returncode == 0, done.stderr
    workspace = open_workspace(tmp_path / "T", secret=lambda _question: "")
    found = Net(canaries(shown.days)).hits(dump(workspace))
    workspace.close()

    assert len(found) > 5


def test_a_file_that_comes_and_goes_is_seen(tmp_path: Path) -> None:
    """What lay in a temporary folder for a moment only counts, too."""
    with Net(["a sealed sentence"]).over(tmp_path) as passing:
        (tmp_path / "short").mkdir()
        (tmp_path / "short" / "lived").write_bytes(b"here is a sealed sentence.")
        time.sleep(0.5)
        (tmp_path / "short" / "lived").unlink()
    assert passing == {"a sealed sentence"}


def dump(workspace: Workspace) -> bytes:
    """Return every table of the register as text."""
    with workspace.register.reading() as rows:
        return dump_rows(rows)


def dump_rows(rows: Any) -> bytes:
    """Return every value of every table, bytes as they are."""
    out = io.BytesIO()
    for table in metadata.sorted_tables:
        for row in rows.execute(select(table)):
            for value in row:
                out.write(value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass"))
                out.write(b"\n")
    return out.getvalue()


def test_a_folder_in_the_way_is_left_alone(tmp_path: Path) -> None:
    """The demonstration writes into no folder that holds something."""
    target = tmp_path / "T"
    target.mkdir()
    (target / "mine.txt").write_text("kept", encoding="utf-8")
    done = dikalo("demo", "--into", str(target), "--json", temporary=tmp_path)
    assert done.returncode == 2
    assert json.loads(done.stdout)["code"] == "DK-D01"
    assert [path.name for path in target.iterdir()] == ["mine.txt"]


def test_a_demonstration_never_becomes_real(shown: Shown) -> None:
    """Its settings may be changed by hand, its source may not: another folder is refused."""
    settings = shown.root / "dikalo.toml"
    kept = settings.read_text("utf-8")
    other = shown.root.with_name("elsewhere")
    (other / "alert").mkdir(parents=True)
    try:
        settings.write_text(kept.replace("../T-classroom", "../elsewhere"), "utf-8")
        done = dikalo("-C", str(shown.root), "pull", "--json", temporary=shown.temporary)
        assert done.returncode != 0
        assert json.loads(done.stdout)["code"].startswith("DK-")
    finally:
        settings.write_text(kept, "utf-8")


def test_the_sealed_bytes_give_the_same_register(shown: Shown) -> None:
    """The deep rebuild at the command line: every submission read again with the vault, and written down first."""
    refused = dikalo("-C", str(shown.root), "rebuild", "--deep", "--json", temporary=shown.temporary)
    assert (refused.returncode, json.loads(refused.stdout)["code"]) == (2, "DK-S34")
    words = ("rebuild", "--deep", "--reason", "yearly check", "--json")
    done = dikalo("-C", str(shown.root), *words, temporary=shown.temporary)
    said = json.loads(done.stdout)

    assert done.returncode == 0
    assert (said["check"], said["differing"]) == (True, [])
    assert said["read_again"] == shown.story["new"] + shown.story["edited"]
