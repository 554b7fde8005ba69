"""``dikalo classroom``: what it says, where it writes, how it stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from sync_scripts import texts
from sync_scripts.classroom import running
from sync_scripts.classroom.inbox import MARKER
from sync_scripts.classroom.phone import Phone
from sync_scripts.classroom.running import Classroom, rehearse
from sync_scripts.cli import main
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.setup import training
from sync_scripts.cli.setup.training import _beside, _invitation
from tests.classroom.raw import Wire, body, filled
from xlsform.pack import forms_root
from xlsform.workbooks import workbook, writing


def run(*words: str) -> int:
    """Run a command in English."""
    return main([*words, "--lang", "en"])


# --- the rehearsal --------------------------------------------------------------------------------------------------------


def test_a_rehearsal_reports_and_leaves_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every form is fetched, samples of each are sent and arrive; the passing inbox is gone."""
    (tmp_path / "work").mkdir()
    code = run("-C", str(tmp_path / "work"), "classroom", "--try", "--port", "0", "--json")
    said = json.loads(capfd.readouterr().out)

    assert code == 0
    assert said["schema"] == "dikalo.classroom/1"
    assert said["whole"] is True
    assert said["sent"] == said["received"] == 15
    names = ["alert", "case", "closure", "followup", "situation"]
    assert said["downloaded"] == [form["code"] for form in said["forms"]] == names
    assert [path.name for path in tmp_path.iterdir()] == ["work"]
    assert main(["-C", str(tmp_path / "work"), "classroom", "--try", "--port", "0", "--lang", "en"]) == 0
    assert "deleted again" in capfd.readouterr().err


def test_a_rehearsal_into_a_given_inbox_stays_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What was asked for by name is not deleted; a second time everything had already arrived."""
    words = ("-C", str(tmp_path), "classroom", "--try", "--port", "0", "--inbox", str(tmp_path / "inbox"))

    assert run(*words) == 0
    seen = capfd.readouterr()
    assert "It sent 15 submissions; 15 arrived." in seen.out
    assert "deleted" not in seen.out + seen.err
    assert (tmp_path / "inbox" / MARKER).is_file()
    assert run(*words) == 0
    assert "It sent 15 submissions; 0 arrived." in capfd.readouterr().out


def test_a_rehearsal_of_a_form_without_samples_sends_it_blank(room: Classroom) -> None:
    """An organisation's own form can be rehearsed too."""
    done = rehearse(room)

    assert done.whole
    assert [form for form, _sent in done.sent] == ["mini", "secret"]
    assert done.received == 2


def test_a_rehearsal_that_fails_is_not_whole(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal is counted with its status."""
    monkeypatch.setattr(running, "_blank", lambda _xform: b"<cut")
    done = rehearse(room)

    assert not done.whole
    assert [(form, sent.status) for form, sent in done.refused] == [("mini", 400), ("secret", 400)]


def test_a_workspaces_own_forms_go_before_ours(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A training uses the forms that the organisation uses; the inbox lies beside the workspace."""
    work = tmp_path / "work"
    folder_for_forms(tmp_path, "alert")

    assert (
        run("-C", str(work), "classroom", "--try", "--port", "0", "--json") == 3
    )  # its pictures are not there
    said = json.loads(capfd.readouterr().out)
    assert [form["code"] for form in said["forms"]] == ["alert"]
    assert Path(said["inbox"]).parent == tmp_path


def test_a_rehearsal_names_files_that_phones_will_lack(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A phone opens the form without them, and says nothing; so nobody is told that a phone can work."""
    work = folder_for_forms(tmp_path, "case")

    assert run("-C", str(work), "classroom", "--try", "--port", "0") == 3
    seen = capfd.readouterr()
    assert "arrondissements.csv. Put them into forms/media." in seen.out
    assert "A phone can work with this classroom." not in seen.out
    (work / "forms" / "media").mkdir()
    shipped = forms_root() / "media" / "arrondissements.csv"
    (work / "forms" / "media" / shipped.name).write_bytes(shipped.read_bytes())
    assert run("-C", str(work), "classroom", "--try", "--port", "0") == 0
    assert "A phone can work with this classroom." in capfd.readouterr().out


def folder_for_forms(tmp_path: Path, *names: str) -> Path:
    """Make a trainer's folder: settings and some of the shipped forms, no register and no media."""
    work = tmp_path / "work"
    (work / "forms").mkdir(parents=True)
    (work / "dikalo.toml").touch()
    for name in names:
        (work / "forms" / f"{name}.xlsx").write_bytes((forms_root() / f"{name}.xlsx").read_bytes())
    return work


def test_a_folder_without_a_register_is_not_called_a_real_workspace(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It has no lists to keep; what it says is that they are empty, and where filled ones are."""
    assert run("-C", str(folder_for_forms(tmp_path, "alert")), "classroom", "--try", "--port", "0") == 3
    said = capfd.readouterr().err

    assert "This folder has no register" in said
    assert "real workspace" not in said


def test_a_save_reaches_a_class_that_runs(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new version is handed out and named; a workbook that cannot be read leaves the class as it was."""
    used = folder_for_forms(tmp_path, "alert") / "forms" / "alert.xlsx"
    form = workbook.read(used.read_bytes(), file=used.name).form
    newer = replace(form, settings={**form.settings, "version": "2027010101"})
    looks = iter([b"torn", b"torn", writing.write(newer), writing.write(newer), b""])
    versions: list[str] = []

    def look(_shell: Shell, started: Classroom, _told: object) -> bool:
        versions.append(started.desk.shelf.forms[0].version)
        if not (content := next(looks)):
            raise KeyboardInterrupt
        if content != used.read_bytes():
            used.write_bytes(content)
        return False

    monkeypatch.setattr(training, "_pause", look)

    assert run("-C", str(used.parent.parent), "classroom", "--port", "0") == 0
    said = capfd.readouterr().err
    assert versions == [*[form.version] * 4, "2027010101"]
    assert "The class goes on with the forms from before." in said
    assert "The class has taken up version 2027010101 of the form alert." in said


# --- refusals ---------------------------------------------------------------------------------------------------------------


def test_an_inbox_in_the_workspace_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Asked wrongly: exit code 2, and nothing is written."""
    (tmp_path / "dikalo.toml").touch()

    assert run("-C", str(tmp_path), "classroom", "--try", "--inbox", str(tmp_path / "inbox")) == 2
    assert "DK-L01" in capfd.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["dikalo.toml"]


@pytest.mark.parametrize("place", [Path("/"), Path("relative"), Path()])
def test_the_usual_inbox_is_never_in_the_folder_of_work(place: Path) -> None:
    """Beside it, whatever it is called."""
    beside = _beside(place)

    assert beside.name.endswith("-classroom")
    assert place.resolve() not in beside.parents or place == Path("/")


# --- the real thing -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_it_serves_until_ctrl_c_and_tells_what_came(tmp_path: Path, language: str) -> None:
    """Address, code and warning at the start; the count and where it is at the end; exit code 0."""
    words = [
        "--lang",
        language,
        "-C",
        str(tmp_path),
        "classroom",
        "--port",
        "0",
        "--inbox",
        str(tmp_path / "inbox"),
        "--json",
    ]
    started = subprocess.Popen(
        [sys.executable, "-m", "sync_scripts", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != "}\n":
        lines.append(started.stdout.readline())
    said = json.loads("".join(lines))
    with Wire(said["address"]) as wire:
        assert wire.post(body(filled("alert"))).status == 201
    with Phone(said["address"], tmp_path / "phone") as phone:
        assert len(phone.update_forms().forms) == 5
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=120)

    assert (started.returncode, out) == (0, "")
    assert str(tmp_path / "inbox") in err
    assert ("1 soumission est arrivée" if language == "fr" else "1 submission arrived") in err
    assert "deviceID" not in err


def test_the_invitation_holds_address_code_and_warning(room: Classroom) -> None:
    """What a trainer needs on one screen."""
    text = "\n".join(_invitation(room))
    assert room.desk.typed[0] in text
    assert "█" in text
    assert "invented data only" in text
    assert str(room.inbox.root) in text
    assert "--lan" in text
