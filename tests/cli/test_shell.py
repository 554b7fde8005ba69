"""What every command does alike: options, streams, exit codes, and words for whatever goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from sync_scripts import cli, texts
from sync_scripts.cli.frame.commands import Entry
from sync_scripts.cli.frame.shell import (
    QuestionUnanswered,
    SecretFileOpen,
    SecretNeeded,
    SecretUnreadable,
    Shell,
)
from sync_scripts.errors import Unreachable
from tests.cli.conftest import Run

CANARY = "an answer that was sealed, 677 00 00 00"


FolderGone = Unreachable.declare("DK-T01", "The source is gone after {count} submissions.")


def show_three(shell: Shell) -> None:
    """Show a small result."""
    shell.say("talk")
    shell.show({"schema": "dikalo.pull/1", "new": 3}, "3 new")


def lose_the_folder(_shell: Shell) -> None:
    """Fail as a source does."""
    raise FolderGone(count=2)


def crash(_shell: Shell) -> None:
    """Fail as a program does, with an answer in reach of the traceback."""
    secret = CANARY
    try:
        raise KeyError(secret)
    except KeyError as first:
        raise ValueError(secret) from first


def test_data_go_to_stdout_and_talk_to_stderr(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe receives the result and nothing else."""
    assert run(show_three, "pull") == 0
    assert capsys.readouterr() == ("3 new\n", "talk\n")


def test_quiet_silences_talk_alone(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """``--quiet`` keeps the result."""
    assert run(show_three, "--quiet", "pull") == 0
    assert capsys.readouterr() == ("3 new\n", "")


@pytest.mark.parametrize("words", [("--json", "pull"), ("pull", "--json")])
def test_json_is_one_document_wherever_it_is_asked(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """``--json`` before or after the command's name gives one document with its schema."""
    assert run(show_three, *words) == 0
    assert json.loads(capsys.readouterr().out) == {"schema": "dikalo.pull/1", "new": 3}


@pytest.mark.parametrize("words", [("-C", "w", "pull"), ("pull", "-C", "w"), ("pull", "--workspace=w")])
def test_the_workspace_may_be_named_anywhere(run: Run, words: tuple[str, ...]) -> None:
    """A person who types ``-C`` last is understood too."""
    seen: list[Path] = []

    assert run(lambda shell: seen.append(shell.root), *words) == 0
    assert seen == [Path("w")]


def test_attention_is_exit_code_3(run: Run) -> None:
    """Work done that needs a person is told to whoever started the command."""
    assert run(lambda shell: shell.attention(), "pull") == 3


def test_an_error_is_worded_once_with_its_code(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """The person reads one sentence under a code, and the exit code tells the family."""
    assert run(lose_the_folder, "pull") == 5
    assert capsys.readouterr() == ("", "DK-T01 · The source is gone after 2 submissions.\n")


def test_an_error_is_a_document_with_json(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads our output gets a document on failure too, and nothing on standard error."""
    assert run(lose_the_folder, "pull", "--json") == 5

    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "schema": "dikalo.error/1",
        "code": "DK-T01",
        "message": "The source is gone after 2 submissions.",
        "exit": 5,
    }
    assert err == ""


def test_wrong_usage_is_exit_code_2(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt option names the command's help, on standard error."""
    assert run(show_three, "pull", "--nosuch") == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert "--nosuch" in err


@pytest.mark.parametrize("words", [("pull", "--json", "--nosuch"), ("--json", "nosuch"), ("--json",)])
def test_wrong_usage_is_a_document_with_json(
    run: Run, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """Even a command that was never understood answers a program with a document."""
    assert run(show_three, *words) == 2

    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["code"], document["exit"]) == ("dikalo.error/1", "DK-C02", 2)


def test_ctrl_c_is_exit_code_130(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Stopping a command is no failure, and is told as what it is."""

    def stop(_shell: Shell) -> None:
        raise KeyboardInterrupt

    assert run(stop, "pull") == 130
    assert "DK-C03" in capsys.readouterr().err


@pytest.mark.parametrize("verbose", [(), ("-vv",)])
def test_a_crash_shows_no_value_anywhere(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path, verbose: tuple[str, ...]
) -> None:
    """A fault of the program is reported by class and place; no answer reaches the screen or the report."""
    (tmp_path / "dikalo.toml").write_text('id = "w1"\n', encoding="utf-8")

    assert run(crash, "pull", *verbose) == 1

    out, err = capsys.readouterr()
    (report,) = tmp_path.glob("crash-*.txt")
    written = report.read_text(encoding="utf-8")
    assert report.name in err
    assert CANARY not in out + err + written
    assert "builtins.KeyError" in written
    assert "test_shell.py" in written
    assert ("builtins.KeyError" in err) == bool(verbose)


def test_a_crash_is_a_document_with_json_and_writes_nothing_outside_a_workspace(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Outside a workspace no file appears, and the document still says what happened."""
    assert run(crash, "pull", "--json") == 1

    document = json.loads(capsys.readouterr().out)
    assert document["code"] == "DK-C01"
    assert list(tmp_path.iterdir()) == []


def test_a_failure_after_the_document_does_not_print_a_second_one(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads standard output never meets two documents."""

    def show_and_fail(shell: Shell) -> None:
        show_three(shell)
        lose_the_folder(shell)

    assert run(show_and_fail, "--quiet", "pull", "--json") == 5

    out, err = capsys.readouterr()
    assert json.loads(out)["new"] == 3
    assert err.startswith("DK-T01")


@pytest.mark.parametrize("document", [{"new": 3}, {"schema": "dikalo.pull/1", "what": object()}])
def test_a_document_without_a_schema_is_a_fault(run: Run, document: dict[str, Any]) -> None:
    """A command cannot forget the schema, nor show what is no data."""
    assert run(lambda shell: shell.show(document, ""), "pull", "--json") == 1


def test_a_folder_that_is_no_workspace_stays_untouched(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Somebody in the wrong folder is told so before a lock or anything else is written there."""

    def write(shell: Shell) -> None:
        with shell.workspace(write=True, command="pull"):
            pass

    assert run(write, "pull") == 2
    assert "DK-C10" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [(), ("--lang", "en"), ("-C", "w")])
def test_no_command_shows_the_help(
    run: Run,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    """``dikalo`` alone explains itself and succeeds, whatever the language or the folder, if it is there."""
    monkeypatch.chdir(tmp_path)
    Path("w").mkdir()
    assert run(show_three, *words) == 0
    assert "pull" in capsys.readouterr().out


def test_the_version_is_the_distributions(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` names what pip installed."""
    assert run(show_three, "--version") == 0
    assert capsys.readouterr().out.startswith("dikalo ")


def test_a_reader_who_leaves_ends_the_command_quietly() -> None:
    """``dikalo ... | head`` prints no error and is no failure."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        asked = [sys.executable, "-m", "sync_scripts", "--help"]
        done = subprocess.run(asked, stdout=closed, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_passphrase_may_come_on_a_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line written to the named descriptor is the passphrase."""
    read, write = os.pipe()
    os.write(write, "clé de jour\nrest".encode())
    os.close(write)
    monkeypatch.setenv("DIKALO_KEY_FD", str(read))

    assert Shell().secret("?") == "clé de jour"


@pytest.mark.parametrize("number", ["", "x", "987654"])
def test_a_descriptor_that_gives_nothing_is_named(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    """A missing passphrase is never taken as an empty one."""
    monkeypatch.setenv("DIKALO_KEY_FD", number)

    with pytest.raises(SecretUnreadable):
        Shell().secret("?")


def test_nobody_at_a_terminal_is_asked_nothing() -> None:
    """Without a terminal a command refuses instead of waiting for ever."""
    with pytest.raises(SecretNeeded):
        Shell().secret("?")
    with pytest.raises(QuestionUnanswered):
        Shell().confirm("?", yes=False)
    Shell().confirm("?", yes=True)


@pytest.mark.parametrize("answer", ["o", "Oui", "y", "yes"])
def test_a_yes_is_understood_in_both_languages(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """Whoever works in French answers "oui"; a no ends the command."""
    asked = Shell()
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    answers = iter(["peut-être", answer, "non"])
    monkeypatch.setattr(click, "prompt", lambda *_args, **_more: next(answers))

    asked.confirm("?", yes=False)
    with pytest.raises(click.Abort):
        asked.confirm("?", yes=False)


def test_progress_draws_nothing_outside_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A log file receives no bar."""
    with Shell().progress("Pulling", 3) as step:
        step(1)

    assert capsys.readouterr() == ("", "")


def test_a_group_gives_its_commands_the_global_options() -> None:
    """Commands of a group take ``--json`` and friends without saying so."""
    listed = Entry("list", "Made up.", "work.lists:list_alerts").loaded()

    names = {name for param in listed.params for name in param.opts}
    assert {"--json", "-C", "--lang", "--quiet", "-v"} <= names


@pytest.mark.parametrize(
    ("argv", "environ", "expected"),
    [
        (["--lang", "en", "pull"], {"DIKALO_LANG": "fr"}, "en"),
        (["pull", "--lang=en"], {"DIKALO_LANG": "fr"}, "en"),
        (["pull", "--", "--lang=en"], {}, "fr"),
        (["--lang", "en", "pull", "--lang", "fr"], {}, "fr"),
        (["--lang=fr", "pull", "--lang", "en"], {}, "en"),
        (["--lang", "de"], {"DIKALO_LANG": "en"}, "en"),
        ([], {"DIKALO_LANG": "en", "LANG": "fr_FR.UTF-8"}, "en"),
        ([], {"LC_ALL": "C.UTF-8", "LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LC_MESSAGES": "en_US.UTF-8", "LANG": "fr_FR.UTF-8"}, "en"),
        ([], {"LC_ALL": "de_DE.UTF-8"}, "fr"),
        ([], {"LC_ALL": "POSIX"}, "fr"),
        ([], {}, "fr"),
    ],
)
def test_the_language_is_what_was_asked_else_the_machines_else_french(
    argv: list[str], environ: dict[str, str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that says nothing (``C``, a container, Windows) speaks French."""
    monkeypatch.chdir(tmp_path)

    assert texts.choose_language(argv, environ) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [('lang = "en"', "en"), ("lang = ", "fr"), ("lang = 3", "fr"), ("\udcff", "fr")]
)
def test_the_workspace_may_choose_the_language(tmp_path: Path, text: str, expected: str) -> None:
    """``lang`` in ``dikalo.toml`` counts more than the machine; a broken file counts nothing."""
    (tmp_path / "dikalo.toml").write_text(text, encoding="utf-8", errors="surrogateescape")

    assert texts.choose_language(["-C", str(tmp_path), "pull"], {"LANG": "fr_FR"}) == expected


def speak(language: str, *words: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a new process: help is translated on import."""
    environ = {**os.environ, "DIKALO_LANG": language, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    asked = [sys.executable, "-m", "sync_scripts", *words]
    return subprocess.run(asked, env=environ, capture_output=True, check=False)


def test_french_reaches_every_part_of_a_help_page() -> None:
    """Headings, metavars and click's own sentences are French, with French spaces."""
    page = speak("fr", "--help").stdout.decode()

    assert "Utilisation\u00a0: dikalo [OPTIONS] COMMANDE [ARGUMENTS]..." in page
    assert "Options\u00a0:" in page
    assert "Afficher cette aide, puis quitter." in page


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_list_of_commands_cuts_no_line(language: str) -> None:
    """Beside each name stands a clause that is whole, in brackets too; one of a word or two is not left alone."""
    lists = [speak(language, *words, "--help").stdout.decode() for words in ([], ["alerts"])]
    refer, alerts = {
        "fr": ("dikalo providers list)", "Alertes\u00a0: les voir"),
        "en": ("list)", "Alerts: see"),
    }[language]

    assert not any(line.endswith("...") for page in lists for line in page.splitlines()[1:])
    assert alerts in lists[0]
    assert refer in " ".join(lists[1].split())


def test_an_old_console_shows_everything_it_can() -> None:
    """A console of code page 850 gets French letters; what it lacks becomes an escape, never a crash."""
    done = speak("fr", "nosuch→", encoding="cp850")

    assert done.returncode == 2
    assert "Erreur\u00a0: La commande" in done.stderr.decode("cp850")
    assert "\\u2192" in done.stderr.decode("cp850")


def test_json_is_utf8_on_any_console() -> None:
    """A program that reads our output need not know the console's code page."""
    done = speak("fr", "--json", "nosuch", encoding="cp850")

    assert "n'a été fait" in json.loads(done.stdout.decode("utf-8"))["message"]


def test_what_is_said_beside_a_document_is_in_the_letters_of_the_console(tmp_path: Path) -> None:
    """The document is read by a program, the banner by a person."""
    (tmp_path / "keys.json").write_text('{"slots": [{"demo": true}]}', encoding="utf-8")
    done = speak("fr", "-C", str(tmp_path), "--json", "alerts", "list", encoding="cp850")

    assert "DÉMONSTRATION" in done.stderr.decode("cp850")
    assert json.loads(done.stdout.decode("utf-8"))["schema"] == "dikalo.error/1"


@pytest.mark.parametrize(("encoding", "expected"), [("utf-8", "+"), ("cp850", "+")])
def test_marks_are_plain_outside_a_terminal(tmp_path: Path, encoding: str, expected: str) -> None:
    """A file gets signs that every editor shows."""
    with (tmp_path / "out").open("w", encoding=encoding) as stream:
        assert texts.mark("ok", stream) == expected


def test_a_mistyped_command_is_refused_with_what_was_meant() -> None:
    """At the top as within a group, though the top imports its commands only when they are asked for."""
    for words, meant in ((("alert",), "alerts"), (("alerts", "lst"), "list")):
        refused = speak("en", *words)
        assert refused.returncode == 2
        assert meant in refused.stderr.decode().rsplit("Error", 1)[1]


@pytest.mark.parametrize("words", [("forms", "list"), ("-q", "forms", "list"), ("alerts", "list")])
def test_every_command_in_a_demonstration_says_so(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also those that need no key, and also when told to be quiet; a folder of somebody else is none."""
    (tmp_path / "keys.json").write_text('{"v": 1, "slots": [{"demo": true}]}', encoding="utf-8")
    cli.main(["-C", str(tmp_path), *words])
    demo = capsys.readouterr().err
    (tmp_path / "keys.json").write_text('{"v": 1, "slots": [{"demo": false}]}', encoding="utf-8")
    cli.main(["-C", str(tmp_path), *words])

    assert demo.startswith("DEMONSTRATION")
    assert "DEMONSTRATION" not in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_secret_comes_from_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a program that cannot hand over a descriptor; one that others may read is refused, and says what to do."""
    path = tmp_path / "secret"
    path.write_text("neuf hiboux\nautre ligne\n", encoding="utf-8")
    monkeypatch.setenv("DIKALO_KEY_FILE", str(path))
    path.chmod(0o600)
    read = Shell().secret("?")
    path.chmod(0o640)

    assert read == "neuf hiboux"
    with pytest.raises(SecretFileOpen) as refused:
        Shell().secret("?")
    assert "DIKALO_KEY_FILE" in refused.value.words()
    monkeypatch.setenv("DIKALO_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(SecretUnreadable) as lost:
        Shell().secret("?")
    assert "DIKALO_KEY_FILE" in lost.value.words()


@pytest.mark.parametrize(
    ("words", "place"),
    [(("pull",), "set"), (("-C", "typed", "pull"), "typed"), (("pull", "-C", "typed"), "typed")],
)
def test_a_workspace_that_is_typed_wins_over_the_one_that_is_set(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], place: str
) -> None:
    """Wherever on the line it stands: nobody decides in another register than the one they named."""
    monkeypatch.setenv("DIKALO_WORKSPACE", "set")
    roots: list[Path] = []

    assert run(lambda shell: roots.append(shell.root), *words) == 0
    assert roots == [Path(place)]
