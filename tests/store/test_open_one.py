"""A sealed contact from the page of an alert: opened in a process of its own, written down first, heard and removed."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from sync_scripts.cli.frame.options import ByKey
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.opening import opening
from sync_scripts.cli.opening.opening import known_names, opened_lines
from sync_scripts.store.errors import NothingSealed
from tests.store import same_process
from tests.store.commands import ALERT, DAY, STORY, VAULT, last_line, pipe

pytestmark = pytest.mark.skipif(os.name == "nt", reason="descriptors cannot be handed over there")


def show(root: Path, *words: str, vault: str = VAULT) -> subprocess.CompletedProcess[str]:
    """Show the alert, with both passphrases at hand."""
    told = same_process.passphrase_files(root.parent, KEY=DAY, VAULT=vault)
    return same_process.done(["-C", str(root), "--lang", "en", *words], told)


def test_the_page_is_followed_by_what_was_sealed(real: Path) -> None:
    """The reason stands in the chain; the story is shown after the page, and the exit code is that of the opening."""
    done = show(real, "alerts", "show", ALERT, "--open", "call back tonight")
    line = last_line(real)

    assert done.returncode == 0, done.stderr
    assert done.stdout.index(ALERT) < done.stdout.index(STORY)
    assert line["action"] == "OPENED"
    assert line["details"]["reason"] == "call back tonight"


def test_two_servers_of_one_name_keep_nobody_from_calling_back(real: Path) -> None:
    """A slip in the settings at night: what is wrong is said, and the contact is opened."""
    server = (
        '\n[[server]]\nname = "north"\nkind = "central"\nurl = "https://central.example.org"\nproject = 1\n'
    )
    settings = real / "dikalo.toml"
    settings.write_text(settings.read_text("utf-8") + server * 2, encoding="utf-8")
    done = show(real, "alerts", "show", ALERT, "--open", "call back tonight")

    assert done.returncode == 0, done.stderr
    assert STORY in done.stdout
    assert "DK-C16" in done.stderr


def test_what_was_sealed_stands_under_words(real: Path) -> None:
    """A heading says what it is; identifiers, a phone's or ours, are for programs."""
    done = show(real, "alerts", "show", ALERT, "--open", "call back tonight")
    below = done.stdout[done.stdout.index("What was sealed") :].splitlines()

    assert below[1] == "Alert"
    assert STORY in below[2]
    assert "uuid:" not in done.stdout
    assert not re.search(r"\[[0-9a-f]{8}/\d+\]", done.stdout)


def test_an_alert_of_which_nothing_is_sealed_is_not_taken_for_a_wrong_code() -> None:
    """Whoever looks for a number at night must not look for another code first."""
    said = NothingSealed(subject=ALERT).words()

    assert "nothing of it is sealed" in said
    assert said.index("nothing of it is sealed") < said.index("look for the code")


def test_an_alert_without_a_contact_says_so(real: Path) -> None:
    """It was opened to call somebody back: that there is nobody to call must not be guessed from what is not shown."""
    done = show(real, "alerts", "show", ALERT, "--open", "call back tonight")

    assert done.stdout.rstrip().endswith("Nobody gave a contact with this alert: ask its focal point.")


@pytest.mark.parametrize("row", ["attachment:0a1b2c", "person:2"])
def test_a_file_is_named_in_words_and_its_command_can_be_pasted(row: str) -> None:
    """The command names the alert at hand; an attachment's own identifier is nobody's word."""
    item = {
        "code": "0123abcd/4",
        "kind": "file",
        "row": row,
        "name": "a.amr",
        "file": None,
        "replaced": False,
    }
    lines = [click.unstyle(line) for line in opened_lines([item], [], 0, code=ALERT, below=True)]
    heading = "Attached file" if row.startswith("attachment") else "Person 2"

    assert lines[1:] == [
        heading,
        f"    a.amr: a file; to get it: dikalo vault open {ALERT} --reason TEXT --files FOLDER",
    ]


@pytest.mark.parametrize(("replaced", "said"), [(False, False), (True, True)])
def test_a_contact_that_an_edit_took_away_is_no_contact(replaced: bool, said: bool) -> None:
    """What was said before stands below and does not count; of a case nothing is said."""
    now = {"code": "0123abcd/4", "kind": "row", "row": "alert:uuid:1", "replaced": False}
    then = {**now, "replaced": replaced}
    words = {"code": "short_text", "label": "In a few words", "value": STORY}
    phone = {"code": "contact", "label": "Phone", "value": "600 00 01 11"}
    opened = [{**now, "answers": [words]}, {**then, "answers": [words, phone]}]
    sentence = "Nobody gave a contact with this alert: ask its focal point."

    assert (sentence in list(opened_lines(opened, [], 0, code=ALERT, below=True))) is said
    assert sentence not in list(opened_lines(opened[:1], [], 0, code="DK-K7Q4ZZ-6", below=True))
    assert sentence not in list(opened_lines(opened[:1], [], 0, code=ALERT, below=False))


def test_without_a_reason_nothing_is_opened(real: Path) -> None:
    """An empty reason is no reason; without the option no line is written."""
    refused = show(real, "alerts", "show", ALERT, "--open", "  ")
    plain = show(real, "alerts", "show", ALERT)

    assert refused.returncode != 0
    assert ALERT in plain.stdout
    assert STORY not in refused.stdout + plain.stdout
    assert last_line(real)["action"] != "OPENED"


@pytest.mark.parametrize(
    ("reason", "vault", "said"), [("  ", VAULT, "DK-S34"), ("call back", "not the one", "DK-K03")]
)
def test_a_refusal_is_all_that_is_said(real: Path, reason: str, vault: str, said: str) -> None:
    """No page stands before it, or after: whoever asked to open reads why it does not, and nothing else."""
    refused = show(real, "alerts", "show", ALERT, "--open", reason, vault=vault)

    assert refused.returncode != 0
    assert refused.stdout == ""
    assert refused.stderr.startswith(said)


def test_a_demonstration_says_once_that_it_is_one(demo: Path) -> None:
    """Although a second process opens what is sealed."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sync_scripts",
            "-C",
            str(demo),
            "--lang",
            "en",
            "alerts",
            "show",
            ALERT,
            "--open",
            "why",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert STORY in done.stdout, done.stderr
    assert done.stderr.count("DEMONSTRATION") == 1


def test_a_program_gets_one_document(real: Path) -> None:
    """With --json only that of the opening."""
    import json

    done = show(real, "--json", "alerts", "show", ALERT, "--open", "call back")
    assert json.loads(done.stdout)["schema"] == "dikalo.vault-open/1"


def test_whoever_shows_lists_never_loads_the_opener(real: Path) -> None:
    """The process that shows the page has no vault in it."""
    script = (
        "import sys; from sync_scripts.cli.frame import outcome; "
        f"code = outcome.run(['-C', {str(real)!r}, 'alerts', 'show', {ALERT!r}, '--open', 'why'], 'en'); "
        "print('LOADED' if any(n.startswith('sync_scripts.store.vault') for n in sys.modules) else 'CLEAN')"
    )
    day, vault = pipe(DAY), pipe(VAULT)
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        pass_fds=[day, vault],
        env={**os.environ, "DIKALO_KEY_FD": str(day), "DIKALO_VAULT_FD": str(vault)},
    )
    os.close(day)
    os.close(vault)
    assert STORY in done.stdout
    assert done.stdout.rstrip().endswith("CLEAN")


class Busy(contextlib.AbstractContextManager["Busy"]):
    """A process that opens something large; Ctrl-C is pressed twice while it does."""

    code = 130

    def __init__(self, words: Sequence[str], **_more: object) -> None:
        self.pressed = 2
        self.killed = False
        self.words = words
        self.stdin = io.BytesIO()
        self.stdout = self
        made.append(self)

    def __exit__(self, *_error: object) -> None:
        """Leave it."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, which comes when all that it opened is removed."""
        if self.pressed:
            self.pressed -= 1
            raise KeyboardInterrupt
        return self.code

    def communicate(self, _typed: object = None, timeout: float | None = None) -> tuple[None, None]:
        """Do the same, as a library waits."""
        self.wait(timeout)
        return None, None

    def poll(self) -> int | None:
        """Tell whether it has ended."""
        return None if self.pressed else self.code

    def fileno(self) -> int:
        """Name the descriptor on which that is read."""
        self.wait()
        return os.open(os.devnull, os.O_RDONLY)

    def close(self) -> None:
        """Read no more."""

    def kill(self) -> None:
        """End it at once: nothing is removed."""
        self.killed = True


made: list[Busy] = []


def test_ctrl_c_lets_the_process_remove_what_it_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It heard the key itself, and may need a while: it is waited for, and not killed with a photo in the clear."""
    monkeypatch.setattr(subprocess, "Popen", Busy)
    shell = Shell(root=tmp_path)
    opening.in_child(shell, "open", ALERT)

    assert not made[-1].killed
    assert shell.exit_code == 130
    assert ALERT not in " ".join(made[-1].words)


@pytest.mark.parametrize(("code", "stopped"), [(130, click.exceptions.Exit), (0, KeyboardInterrupt)])
def test_ctrl_c_lets_the_process_that_opens_names_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, stopped: type[BaseException]
) -> None:
    """It opens every name, and is waited for as well; and where it came to its end all the same, nothing goes on here."""
    monkeypatch.setattr(subprocess, "Popen", Busy)
    monkeypatch.setattr(Busy, "code", code)
    with click.Context(click.Command("export")), pytest.raises(stopped):
        known_names(Shell(root=tmp_path), ByKey(), "weekly hand-out")

    assert not made[-1].killed
    assert made[-1].pressed == 0


def test_only_sounds_are_played(tmp_path: Path) -> None:
    """A photo is none; a recording gets the ending that a player knows, inside the private place."""
    place = tmp_path / "0123abcd-4"
    place.write_bytes(b"x")
    assert opening.sound(place, "photo.jpg") is None
    found = opening.sound(place, "../../voix.AMR")
    assert found == tmp_path / "0123abcd-4.amr"
    assert found.read_bytes() == b"x"


def test_a_recording_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is played, and stays until the person has heard it; where nothing plays it, that is said."""
    played: list[str] = []
    asked: list[str] = []

    def launch(path: str) -> int:
        played.append(path)
        return 0

    def prompt(text: str, **_rest: object) -> str:
        asked.append(text)
        return ""

    monkeypatch.setattr("click.launch", launch)
    monkeypatch.setattr("click.prompt", prompt)
    opening.listen_to(Shell(), [tmp_path / "a.amr", tmp_path / "b.amr"])
    assert played == [str(tmp_path / "a.amr"), str(tmp_path / "b.amr")]
    assert len(asked) == 2


def test_no_player_and_no_message_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits in silence."""
    monkeypatch.setattr("click.launch", lambda _path: 1)
    opening.listen_to(Shell(), [tmp_path / "a.amr"])
    opening.listen_to(Shell(), [])
    said = capsys.readouterr().err
    assert "--files" in said
    assert "There is no voice message" in said


def test_no_file_of_the_folder_one_stands_in_becomes_part_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick with a file called as a library of ours must not run where the vault passphrase is typed."""
    (tmp_path / "click.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    shell = Shell(root=tmp_path, quiet=True)
    opening.open_in_child(shell, "--help", "-", listen=False)

    assert shell.exit_code == 0
