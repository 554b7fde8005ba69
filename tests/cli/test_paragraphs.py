"""Long sentences on a terminal: broken between words, commands whole; a pipe gets one sentence a line."""

from __future__ import annotations

import io

import click
import pytest

from sync_scripts.cli.frame.layout import broken, for_stream

SENTENCE = "The form came seventy hours after the end that the phone says: a late network, or a wrong clock."


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def test_a_sentence_goes_on_below_its_own_beginning() -> None:
    """No line fills the terminal, no word is lost, and what goes on stands under the words and not under the sign."""
    lines = list(broken(f"- {SENTENCE}", 40))

    assert len(lines) > 2
    assert all(len(line) < 40 for line in lines)
    assert " ".join(line.strip() for line in lines) == f"- {SENTENCE}"
    assert all(line.startswith("  ") and line[2] != " " for line in lines[1:])


def test_what_fits_is_left_alone() -> None:
    """Blanks between columns too."""
    assert list(broken("  a    b", 9)) == ["  a    b"]
    assert list(broken("  a    b", 8)) == ["  a", "  b"]


@pytest.mark.parametrize(
    "command",
    [
        "dikalo approve AL-4KCN2X-A",
        "dikalo alerts show AL-4KCN2X-A --open",
        "dikalo -C /srv/office/demo alerts list",
        'dikalo vault ask DK-1 --reason "why so"',
    ],
)
def test_a_command_in_a_sentence_can_be_copied(command: str) -> None:
    """It is moved to the next line as a whole, or stays too long: nothing is put into it."""
    lines = list(broken(f"Somebody else agrees to it: {command}. Then one opens it.", 44))

    assert any(command in line for line in lines)
    assert len(lines) > 1


def test_no_line_begins_with_a_french_semicolon() -> None:
    """A blank that does not break is none to break at."""
    lines = list(broken("Enfant en danger\u00a0; incendie", 18))
    assert lines == ["Enfant en", "danger\u00a0; incendie"]


def test_colours_take_no_room() -> None:
    """A line is measured as it is seen."""
    line = click.style("critical", bold=True) + "  " + "x" * 8
    assert list(broken(line, 19)) == [line]
    assert [click.unstyle(one) for one in broken(line, 18)] == ["critical", "x" * 8]


def test_only_a_terminal_breaks_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is piped or kept in a file is one sentence a line, whatever the width of the window beside it."""
    monkeypatch.setenv("COLUMNS", "40")
    assert for_stream(SENTENCE, io.StringIO()) == SENTENCE
    assert for_stream(SENTENCE, Terminal()).count("\n") >= 2
