"""``pull``, ``quarantine`` and ``verify`` as a person meets them: words, documents, exit codes, refusals."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sync_scripts import cli
from sync_scripts.config import ServerSettings, Settings
from sync_scripts.intake.pull import own_inbox
from sync_scripts.register.building import alert_unit, marks
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.servers.plain_files import MARKER
from sync_scripts.store.database import Register
from sync_scripts.store.founding import create_demo
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import raw
from sync_scripts.store.workspace import open_workspace
from tests.intake.scene import NOW, alert, shipped, story, uid
from tests.store.commands import found, pipe
from tests.store.test_lock import working_long

DAY, VAULT = "neuf hiboux dorment sous la grange", "sept lampes bleues gardent un puits"
Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one demonstration and one real workspace, to be copied for each test."""
    folder = tmp_path_factory.mktemp("workspaces")
    source = (ServerSettings(name="classroom", kind="folder", path="../source"),)
    create_demo(folder / "demo", settings=Settings(id="d" * 32, server=source), worker="coord-1", now=NOW)
    found(folder / "real", day=DAY, vault=VAULT, server=source)
    for name in ("demo", "real"):
        with opened(folder / name) as register, register.writing() as rows:
            rows.many(raw.form_version, [dict(row) for row in shipped()])
            if name == "demo":
                own_inbox(rows, "inbox-1")
    return folder


@contextmanager
def opened(root: Path) -> Iterator[Register]:
    """Open a workspace of these tests."""
    workspace = open_workspace(root, secret=lambda _question: DAY)
    try:
        yield workspace.register
    finally:
        workspace.close()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run one command in the workspace of the test; returns exit code, document and talk."""

    def go(*words: str, vault: str | None = None) -> tuple[int, Any, str]:
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        if vault is not None:
            monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(vault)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in words else out, err

    return go


@pytest.fixture
def real(templates: Path, tmp_path: Path) -> Path:
    """Give a real workspace ``w`` and an empty source beside it; return the source."""
    shutil.copytree(templates / "real", tmp_path / "w")
    (tmp_path / "source").mkdir()
    return tmp_path / "source"


@pytest.fixture
def demo(templates: Path, tmp_path: Path) -> Path:
    """Give a demonstration ``w`` and the inbox that it made beside it; return the inbox."""
    shutil.copytree(templates / "demo", tmp_path / "w")
    return inbox(tmp_path / "source", "inbox-1")


def inbox(folder: Path, name: str) -> Path:
    """Make the inbox of a classroom."""
    folder.mkdir()
    (folder / MARKER).write_text(json.dumps({"kind": "classroom", "id": name, "v": 1}), encoding="utf-8")
    return folder


PROVED = "Everything that the sources hold is here, and what is here is sound."


def lay(source: Path, name: str, content: bytes) -> Path:
    """Lay one alert into a source."""
    folder = source / "alert" / name
    folder.mkdir(parents=True)
    (folder / "submission.xml").write_bytes(content)
    return folder


def test_a_day_of_the_coordinator(real: Path, run: Run) -> None:
    """Pull, see what was put aside, correct it at its source, try again, verify; each with its exit code."""
    lay(real, "a", alert(1))
    broken = lay(real, "b", alert(2)[:-20])
    code, pulled, _talk = run("pull", "--json")
    assert (code, pulled["new"], pulled["quarantined_new"], pulled["quarantine_open"]) == (3, 1, 1, 1)
    assert run("pull")[0] == 0

    _code, listed, _talk = run("quarantine", "list", "--json")
    (entry,) = listed["entries"]
    assert (entry["problem"], entry["place"]) == ("DK-I14", "line 1")
    assert "phone" in entry["words"]
    assert run("quarantine", "show", entry["code"].lower(), "--json")[1]["code"] == entry["code"]
    code, again, _talk = run("quarantine", "retry", "--json")
    assert (code, again["solved"], len(again["open"])) == (3, 0, 1)

    (broken / "submission.xml").write_bytes(alert(2))
    code, again, _talk = run("quarantine", "retry", entry["code"], "--json")
    assert (code, again["solved"], again["open"], again["gone"]) == (0, 1, [], [])
    code, verified, _talk = run("verify", "--json")
    assert (code, verified["ok"], verified["not_pulled"]) == (0, True, 0)
    assert run("verify")[1].splitlines()[-1] == PROVED
    lay(real, "c", alert(3))
    assert run("verify", "--json")[1]["not_pulled"] == 1
    assert run("verify")[0] == 3
    assert PROVED not in run("verify")[1], "something is not here yet"
    code, said, _talk = run("verify", "--offline")
    assert (code, PROVED in said) == (0, False)
    real.rename(real.with_name("unplugged"))
    code, verified, _talk = run("verify", "--json")
    assert (code, verified["offline"]) == (5, ["DK-I01"])


def test_a_dry_run_shows_and_does_nothing(real: Path, run: Run) -> None:
    """The next real pull finds everything still to do."""
    lay(real, "a", alert(1))
    assert run("pull", "--dry-run", "--json")[1]["new"] == 1
    assert "Nothing was written" in run("pull", "--dry-run")[1]
    assert run("pull", "--json")[1]["new"] == 1


def test_named_folders_are_pulled_instead(real: Path, run: Run, tmp_path: Path) -> None:
    """A stick is named after the command."""
    lay(real, "a", alert(1))
    lay(tmp_path / "stick", "b", alert(2))

    assert run("pull", str(tmp_path / "stick"), "--json")[1]["new"] == 1
    assert run("pull", "--json")[1]["new"] == 1


def test_a_source_that_is_gone_ends_with_5(real: Path, run: Run) -> None:
    """The sentence names the folder and says what to do; nothing looks like nothing new."""
    real.rmdir()
    code, _document, talk = run("pull")

    assert code == 5
    assert "DK-I01" in talk
    assert run("pull", "--json")[1]["code"] == "DK-I01"


def test_a_second_pull_is_told_who_holds_the_lock(real: Path, run: Run, tmp_path: Path) -> None:
    """Two pulls at once would mix; the second one says what is running, since when."""
    with hold(tmp_path / "w", "pull"):
        code, _document, talk = run("pull")

    assert code == 1
    assert "DK-S01" in talk
    assert f"process {os.getpid()}" in talk


def test_a_real_workspace_refuses_a_classroom(real: Path, run: Run, tmp_path: Path) -> None:
    """Invented data never enter a real register."""
    lay(inbox(tmp_path / "inbox", "x"), "a", alert(1))
    code, _document, talk = run("pull", str(tmp_path / "inbox"))

    assert code == 2
    assert "DK-I06" in talk


def test_a_demonstration_pulls_only_its_own_inbox(demo: Path, run: Run, tmp_path: Path) -> None:
    """Real reports cannot end up under published keys, and no other classroom either."""
    lay(demo, "a", alert(1))
    lay(tmp_path / "stick", "b", alert(2))
    lay(inbox(tmp_path / "other", "inbox-2"), "c", alert(3))

    assert run("pull", "--json")[1]["new"] == 1
    for folder in ("stick", "other"):
        code, _document, talk = run("pull", str(tmp_path / folder))
        assert code == 2
        assert "DK-I07" in talk
    (demo / MARKER).unlink()
    assert run("pull")[0] == 2


def test_the_vault_gives_back_what_the_source_lost(real: Path, run: Run, tmp_path: Path) -> None:
    """With --vault and a reason the sealed bytes are tried; without a reason nothing is opened."""
    folder = lay(real, "a", alert(1, story("x"), version="2027010101"))
    run("pull")
    know(tmp_path / "w", "2027010101")
    (folder / "submission.xml").unlink()
    code, document, _talk = run("quarantine", "retry", "--json")
    assert (code, len(document["gone"])) == (3, 1)

    code, _document, talk = run("quarantine", "retry", "--vault", vault=VAULT)
    assert code == 2
    assert "DK-S34" in talk
    code, document, _talk = run(
        "quarantine", "retry", "--vault", "--reason", "stick lost", "--json", vault=VAULT
    )
    assert (code, document["solved"], document["open"]) == (0, 1, [])


def test_damage_ends_with_6(real: Path, run: Run, tmp_path: Path) -> None:
    """A lost sealed file is damage, in words and in a document that names the file, with its error beside it."""
    (lay(real, "a", alert(1)) / "p.jpg").write_bytes(b"photo")
    run("pull")
    lost = next((tmp_path / "w" / "sealed").rglob("*.age"))
    lost.unlink()
    code, said, talk = run("--lang", "en", "verify")
    as_json, document, spoken = run("verify", "--json")
    wrong = {one["code"]: one["wrong"] for one in document["checks"] if one["wrong"]}

    assert (code, as_json) == (6, 6)
    assert "sealed_files" in talk
    assert f"DAMAGED: {lost.stem}" in said
    assert (document["schema"], document["ok"], document["failure"]) == ("dikalo.verify/1", False, "DK-I40")
    assert wrong == {"sealed_files": [lost.stem]}
    assert "DK-I40" in spoken


def test_without_a_source_the_person_is_told_how_to_name_one(real: Path, run: Run, tmp_path: Path) -> None:
    """A workspace whose settings name no source."""
    settings = tmp_path / "w" / "dikalo.toml"
    text = settings.read_text("utf-8").split("[[server]]")[0]
    settings.write_text(text, encoding="utf-8")
    code, _document, talk = run("pull")

    assert code == 2
    assert "DK-I08" in talk
    assert real.is_dir()


def test_a_list_says_what_is_stored_and_not_yet_built(real: Path, run: Run, tmp_path: Path) -> None:
    """Whoever reads is not left to believe that this is all; the next pull builds it, and nothing is said any more."""
    lay(real, "1", alert(1))
    run("pull")
    with opened(tmp_path / "w") as register, register.writing() as rows:
        marks.mark(rows, {("alert", uid(1)): 0}, {"alert"})

    assert "1 " in run("alerts", "list")[2]
    run("pull")
    assert run("alerts", "list")[2] == ""


def test_an_alert_that_cannot_be_built_is_loud_on_every_page(
    real: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are built; whoever pulls, reads the page of the day or a list, verifies or asks the doctor is told, and how to read it."""
    lay(real, "1", alert(1))
    lay(real, "2", alert(2, story("Nobody at all")))
    derive = alert_unit.derive

    def fails(filed: Filed, *given: Any) -> None:
        if filed.root[1] == uid(2):
            raise ValueError(uid(2))
        derive(filed, *given)

    monkeypatch.setattr(alert_unit, "derive", fails)
    code, report, _talk = run("pull", "--json")
    assert (code, report["new"], report["set_apart"]) == (3, 2, 1)
    assert run("pull", "--json")[0] == 3

    code, page, _talk = run("--json")
    (one,) = page["set_apart"]
    assert (code, one["alert"], page["counts"]["alerts"]) == (0, True, 1)
    assert (
        run()[1].splitlines()[1] == f"ALERT NOT BUILT: dikalo vault open --item {one['item']} --reason TEXT"
    )
    assert "doctor --open" in run("alerts", "list")[2]
    assert run("verify", "--json")[:1] == (3,)
    (what, _then) = (
        row
        for row in run("doctor", "--open", "--offline", "--json")[1]["findings"]
        if row["code"] == "not-built"
    )
    assert what["level"] == "bad"
    assert one["item"] in what["words"]
    assert "ValueError" in what["words"]
    assert uid(2) not in what["words"]
    opened_ = run("vault", "open", "--item", one["item"], "--reason", "not built", "--json", vault=VAULT)
    assert uid(2) in json.dumps(opened_[1])

    assert run("rebuild")[0] == 3
    monkeypatch.setattr(alert_unit, "derive", derive)
    assert run("rebuild", "--json")[:1] == (0,)
    assert run("--json")[1]["counts"]["alerts"] == 2
    assert run("alerts", "list")[2] == ""


def test_who_decides_need_not_wait_for_the_end_of_a_pull(real: Path, run: Run, tmp_path: Path) -> None:
    """Only who must be alone is sent away while one goes on."""
    lay(real, "1", alert(1))
    run("pull")
    (code,) = (row["code"] for row in run("alerts", "list", "--json")[1]["alerts"])

    with working_long(tmp_path / "w"):
        assert run("alerts", "triage", code, "--urgency", "critical")[0] == 0
        assert "DK-S01" in run("pull")[2]


def know(root: Path, version: str) -> None:
    """Let the register know an alert form of another version."""
    from tests.intake.scene import Scene

    with opened(root) as register:
        Scene(register, root, None).know("alert", version)  # type: ignore[arg-type]  # the vault is not needed


def test_a_form_that_could_not_be_read_is_said_in_words(real: Path, run: Run, tmp_path: Path) -> None:
    """In what is put aside, in what a pull brought and in what verify counts; never as a bare question mark."""
    broken = tmp_path / "source" / "alert" / "uuid-broken"
    broken.mkdir(parents=True)
    (broken / "submission.xml").write_bytes(b"<data><half>")

    for words in (("pull", "-v"), ("quarantine", "list"), ("verify",)):
        _code, told, talk = run(*words)
        assert "?" not in told + talk, words
    assert "form not known" in run("quarantine", "list")[1]
    assert "form not known: at the source 1" in run("verify")[1]
