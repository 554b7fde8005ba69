"""``dikalo retention`` and ``person erase``, as people run them: shown, confirmed by an own hand, carried out, said."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import click
import pytest

from sync_scripts import cli
from sync_scripts.cli.frame.one_run import Shell
from sync_scripts.config import ServerSettings
from sync_scripts.store.schema import raw, workbooks
from tests import clock
from tests.intake.scene import VERSION, shipped
from tests.intake.test_commands import DAY, VAULT, opened
from tests.purging.ground import CANARY, calm, case
from tests.purging.shared import CANARY as SOMEBODY
from tests.purging.shared import OTHER as OTHERIA
from tests.purging.shared import TALE, both_told
from tests.store.commands import found, pipe

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Give a workspace with one case whose person withdrew, and a way to run commands in it."""
    folder = tmp_path / "source" / "case" / "c1"
    folder.mkdir(parents=True)
    (folder / "submission.xml").write_bytes(case(21))
    source = (ServerSettings(name="classroom", kind="folder", path="../source"),)
    found(tmp_path / "w", day=DAY, vault=VAULT, server=source)
    with opened(tmp_path / "w") as register, register.writing() as rows:
        rows.many(raw.form_version, [dict(row) for row in shipped()])

    def go(*words: str, vault: bool = False) -> tuple[int, Any, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        if vault:
            monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(VAULT)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words else out, err

    assert go("pull")[0] == 0
    return go


def code_of(run: Run) -> str:
    """Return the code of the only case."""
    (row,) = run("cases", "list", "--json")[1]["cases"]
    return str(row.get("code") or row["case_code"])


def test_a_plan_is_shown_confirmed_and_carried_out(run: Run, tmp_path: Path) -> None:
    """Nothing before it is confirmed; afterwards nothing to do, the keys struck by the next opening, all of it sound."""
    assert "Nothing is due" in run("retention", "plan")[1]
    code = code_of(run)
    assert run("consent", "withdraw", code, "--reason", "she asked")[0] == 0
    shown = run("retention", "plan", "--json")[1]
    assert [(one["code"], one["rule"]) for one in shown["lines"]] == [(code, "case_withdrawn")]
    assert (shown["lines"][0]["urgency"], shown["lines"][0]["unit_state"]) == ("medium", "open_intake")
    assert "medium" in run("retention", "plan")[1].lower()
    assert run("retention", "run", "--json")[1]["erased"] == []
    told = run("retention", "plan", "--confirm", "00000000", "--reason", "time")
    assert (told[0], "DK-R52" in told[2]) == (1, True)
    assert run("retention", "plan", "--confirm", shown["plan"])[0] == 2
    words = ["retention", "plan", "--confirm", shown["plan"], "--reason", "she asked"]
    assert run(*words, "--dry-run")[0] == 0
    assert run("retention", "plan", "--json")[1]["confirmed"] == []
    assert run(*words)[0] == 0
    assert [one["code"] for one in run("retention", "run", "--dry-run", "--json")[1]["erased"]] == [code]
    done = run("retention", "run", "--json")
    assert (done[0], [one["code"] for one in done[1]["erased"]], done[1]["left_out"]) == (0, [code], [])
    assert run("retention", "run", "--json")[1]["erased"] == []
    assert "erased" in run("log", code)[1]
    assert run("vault", "test", vault=True)[0] == 0
    with opened(tmp_path / "w") as register, register.reading() as rows:
        assert rows.execute(raw.erasure_pending.select()).all() == []
    assert run("rebuild", "--check")[0] == 0
    assert run("verify", "--json")[1]["ok"]
    assert CANARY not in run("cases", "show", code)[1]


def test_a_person_is_erased_by_one_command(run: Run, tmp_path: Path) -> None:
    """Without a reason it is refused; then it is done, and a later pull brings nothing."""
    code = code_of(run)
    told = run("person", "erase", code, "V1")
    assert (told[0], "DK-R59" in told[2]) == (2, True)
    done = run("person", "erase", code, "V1", "--reason", "she asked", "--json")
    assert (done[0], done[1]["submissions"], done[1]["items"] > 0) == (0, 1, True)
    source = tmp_path / "source" / "case" / "c1" / "submission.xml"
    source.write_bytes(case(21) + b" ")
    report = run("pull", "--json")[1]
    assert (report["new"], report["edited"], report["erased"]) == (0, 0, 1)
    assert run("rebuild", "--check")[0] == 0


def test_what_was_erased_is_called_so(run: Run) -> None:
    """First of all on its page, with no advice to open it; nothing may leave, no list holds it, once is enough."""
    code = code_of(run)
    assert "To open them" in run("cases", "show", code)[1]
    assert run("person", "erase", code, "V1", "--reason", "she asked")[0] == 0
    shown = run("cases", "show", code)[1]
    day = clock.today().isoformat()
    assert shown.startswith(f"Erased on {day}: asked for by a person, she asked")
    assert "To open them" not in shown
    assert run("cases", "show", code, "--json")[1]["erased"]["reason"] == "she asked"
    assert run("cases", "list", "--json")[1]["cases"] == []
    assert [line["code"] for line in run("cases", "list", "--all", "--json")[1]["cases"]] == [code]
    told = run("consent", "show", code)[1]
    assert "It was erased: nothing of it may leave." in told
    assert "May leave: nothing" in told
    again = run("person", "erase", code, "V1", "--reason", "she asked")
    assert (again[0], "DK-R60" in again[2], f"already erased on {day}" in again[2]) == (1, True, True)


def test_an_erased_alert_says_so_first(run: Run, tmp_path: Path) -> None:
    """And gives no advice what to do with it."""
    folder = tmp_path / "source" / "alert" / "a1"
    folder.mkdir(parents=True)
    (folder / "submission.xml").write_bytes(calm(3))
    assert run("pull")[0] == 0
    (line,) = run("alerts", "list", "--json")[1]["alerts"]
    assert "dikalo alerts show" in run("alerts", "show", line["code"])[1]
    assert run("consent", "withdraw", line["code"], "--reason", "she called")[0] == 0
    plan = run("retention", "plan", "--json")[1]["plan"]
    assert run("retention", "plan", "--confirm", plan, "--reason", "time")[0] == 0
    assert run("retention", "run")[0] == 0
    shown = run("alerts", "show", line["code"])[1]
    assert shown.startswith("Erased on ")
    assert "consent withdrawn, time" in shown
    assert "dikalo alerts" not in shown
    assert run("alerts", "list", "--json")[1]["alerts"] == []
    assert "nothing of it may leave" in run("consent", "show", line["code"])[1]


def test_who_is_meant_and_that_nothing_is_due_is_said_for_this_command(run: Run) -> None:
    """Not with an option that it does not have, nor that something is held."""
    told = run("retention", "plan", "--confirm", "00000000", "--reason", "time")
    assert (told[0], "DK-R55" in told[2], "Nothing is due to be erased." in told[2]) == (1, True, True)
    code = code_of(run)
    told = run("person", "erase", code, "V9", "--reason", "she asked")
    assert ("DK-R61" in told[2], f"dikalo person erase {code}" in told[2], "--person" in told[2]) == (
        True,
        True,
        False,
    )


def test_on_a_terminal_it_is_asked_before_the_deed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what will go, and that it is final; no is no, and --yes asks nothing."""
    asked: list[str] = []

    def no(_self: object, question: str, *, yes: bool) -> None:
        assert not yes
        asked.append(question)
        raise click.Abort

    monkeypatch.setattr(Shell, "confirm", no)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    code = code_of(run)
    stopped = run("person", "erase", code, "--reason", "she asked")
    assert (stopped[0] != 0, len(asked)) == (True, 1)
    assert f"Would be done: {code}: erased (" in stopped[1] + stopped[2]
    assert [line["code"] for line in run("cases", "list", "--json")[1]["cases"]] == [code]
    assert run("person", "erase", code, "--reason", "she asked", "--yes")[0] == 0
    assert len(asked) == 1
    assert run("cases", "list", "--json")[1]["cases"] == []


def test_one_of_several_is_taken_out_by_the_same_command(run: Run, tmp_path: Path) -> None:
    """It says what must be decided, shows what would go without the vault, then does it with the vault, and strikes the keys."""
    first, folder = code_of(run), tmp_path / "source" / "case" / "c2"
    folder.mkdir(parents=True)
    (folder / "submission.xml").write_bytes(both_told(31, version=VERSION))
    assert run("pull")[0] == 0
    (code,) = {one["code"] for one in run("cases", "list", "--json")[1]["cases"]} - {first}
    words = ["person", "erase", code, "V1", "--reason", "she asked"]
    told = run(*words)
    assert (told[0], "DK-R67" in told[2], "incident.narrative" in told[2], TALE in told[2]) == (
        1,
        True,
        True,
        False,
    )
    assert run(*words, "--also", "person.full_name")[0] == 2
    assert run(*words, "--also", "incident.narrative", "--keep-shared-texts")[0] == 2
    also = [*words, "--also", "incident.narrative", "--also", "torture.circumstances"]
    dry = run(*also, "--dry-run", "--json")[1]
    assert (dry["submissions"], dry["emptied"]) == (1, ["incident.narrative", "torture.circumstances"])
    assert "perpetrator.name_alias" in dry["kept"]
    assert run(*also)[0] == 4  # nobody typed what opens the vault
    done = run(*also, "--json", vault=True)
    assert (done[0], done[1]["items"], done[1]["files"]) == (0, dry["items"], dry["files"])
    with opened(tmp_path / "w") as register, register.reading() as rows:
        assert rows.execute(raw.erasure_pending.select()).all() == []
    again = run(*words, "--keep-shared-texts")
    assert (again[0], "DK-R60" in again[2]) == (1, True)
    assert run("rebuild", "--check")[0] == 0
    assert run("rebuild", "--deep", "--reason", "x", vault=True)[0] == 0
    assert run("verify", "--deep", "--json")[1]["ok"]
    assert "V1 was taken out" in run("log", code)[1]
    shown = run("vault", "open", code, "--reason", "x", "--raw", vault=True)[1]
    assert (SOMEBODY in shown, OTHERIA in shown, TALE in shown) == (False, True, False)


def test_nothing_that_leaves_later_holds_who_was_taken_out(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dossier names the other one alone; a workbook and the messages that wait know nothing of her."""
    first, folder = code_of(run), tmp_path / "source" / "case" / "c2"
    folder.mkdir(parents=True)
    (folder / "submission.xml").write_bytes(both_told(31, version=VERSION))
    assert run("pull")[0] == 0
    (code,) = {one["code"] for one in run("cases", "list", "--json")[1]["cases"]} - {first}
    for name, text in (("KEY", DAY), ("VAULT", VAULT)):
        (tmp_path / name).write_text(f"{text}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o600)
        monkeypatch.setenv(f"DIKALO_{name}_FILE", str(tmp_path / name))
    before = handed(run, tmp_path / "before", code)
    assert (SOMEBODY in before, OTHERIA in before) == (True, True)
    words = ("person", "erase", code, "V1", "--reason", "she asked", "--keep-shared-texts")
    assert run(*words)[0] == 0
    after = handed(run, tmp_path / "after", code)
    assert (SOMEBODY in after, OTHERIA in after) == (False, True)
    with opened(tmp_path / "w") as register, register.reading() as rows:
        waiting = repr(rows.execute(raw.outbox.select()).all())
        known = repr(
            [
                rows.execute(table.select()).all()
                for table in (workbooks.followup_row, workbooks.followup_conflict, raw.event)
            ]
        )
    assert SOMEBODY not in waiting + known


def handed(run: Run, out: Path, code: str) -> str:
    """Hand over a dossier and export a workbook; return all that is in them."""
    out.mkdir()
    words = (
        "--purpose",
        "justice",
        "--to",
        "court:TGI",
        "--reason",
        "the complaint",
        "--clear",
        "for a test",
        "--out",
        str(out),
    )
    done = run("cases", "dossier", code, *words)
    assert done[0] == 0, done[2]
    assert run("followup", "export", "--to", str(out / "book.xlsx"), "--no-password")[0] == 0
    found = []
    for path in out.iterdir():
        with ZipFile(path) as packed:
            found += [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
    return "".join(found)


def _gone(run: Run, tmp_path: Path) -> None:
    """Let the only case form have come by a server, too, long ago, and be gone there."""
    assert run("cases", "list")[0] == 0
    with (tmp_path / "w" / "dikalo.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[server]]\nname = "terrain"\nkind = "kobo"\nurl = "https://kf.example"\n')
    with opened(tmp_path / "w") as register, register.writing() as rows:
        at = {"received_at": "2026-01-02T00:00:00.000000Z", "gone_at": "2026-11-02T00:00:00.000000Z"}
        (held,) = rows.execute(raw.submission.select()).mappings()
        rows.many(raw.submission, [{**held, **at, "server": "terrain", "status": "deleted", "arrival": 99}])
    assert run("rebuild")[0] == 0


def test_what_we_deleted_at_a_server_is_declared_by_name(run: Run, tmp_path: Path) -> None:
    """Shown, refused under another name, tried, declared, in the log; what came later than a day is left out and said."""
    _gone(run, tmp_path)
    assert run("retention", "purged", "bureau")[0] != 0
    early = run("retention", "purged", "terrain", "--before", "2026-01-01", "--json")[1]
    assert (early["count"], early["later"]) == (0, 1)
    assert (
        "1 that came later is gone, too" in run("retention", "purged", "terrain", "--before", "2026-01-01")[1]
    )
    shown = run("retention", "purged", "terrain", "--json")[1]
    assert [(one["form"], one["count"]) for one in shown["forms"]] == [("case", 1)]
    assert f"--confirm {shown['list']} --reason" in run("retention", "purged", "terrain")[1]
    assert run("retention", "purged", "terrain", "--reason", "x")[0] == 2
    told = run("retention", "purged", "terrain", "--confirm", "00000000", "--reason", "purge")
    assert (told[0], "DK-I41" in told[2]) == (1, True)
    words = ["retention", "purged", "terrain", "--confirm", shown["list"], "--reason", "purge of november"]
    assert "Would be done: 1 submission is declared" in run(*words, "--dry-run")[1]
    assert run("retention", "purged", "terrain", "--json")[1]["count"] == 1
    assert run(*words)[0] == 0
    assert run("retention", "purged", "terrain", "--json")[1]["count"] == 0
    settings = tmp_path / "w" / "dikalo.toml"
    settings.write_text(settings.read_text("utf-8").partition('\n[[server]]\nname = "terrain"')[0], "utf-8")
    code, without, _err = run("retention", "purged", "terrain", "--json")
    assert (code, without["count"], without["taken_out"]) == (0, 0, True), (
        "its questions stay when its table goes"
    )
    log = run("log")[1]
    assert "terrain" in log
    assert "purge of november" in log
    assert run("rebuild", "--check")[0] == 0
