"""Tables on a terminal: they fit where they can, and nothing is left out; a program gets every cell whole."""

from __future__ import annotations

import os
import shutil
import sys

import click
import pytest

from sync_scripts import texts
from sync_scripts.cli import listing
from sync_scripts.cli.shell import Shell
from sync_scripts.register.labels import labels

HEADINGS = ("code", "facts", "due")
ROWS = (
    ("AL-610C2J-H", "Arrestation, détention ; coups, torture ; enfant en danger", "2026-11-26 01:14"),
    ("AL-AT2Z2X-B", "Menace", "2026-11-26 01:14"),
)


def shown(monkeypatch: pytest.MonkeyPatch, columns: int, *, terminal: bool = True) -> list[str]:
    """Return the lines of the table, on a terminal of a width."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_args, **_said: os.terminal_size((columns, 24)))
    return [click.unstyle(line) for line in listing.table(HEADINGS, ROWS)]


@pytest.mark.parametrize("columns", [60, 79, 200])
def test_a_table_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """A long cell goes on below itself; every word is still there, and codes and times are whole."""
    lines = shown(monkeypatch, columns)

    assert max(map(len, lines)) < columns
    for row in ROWS:
        assert any(row[0] in line and row[2] in line for line in lines)
    assert all(word in " ".join(lines) for word in ROWS[0][1].split())
    assert len(lines) == 3 if columns == 200 else len(lines) > 3


def test_every_line_of_a_row_has_its_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those on which a long cell goes on."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_args, **_said: os.terminal_size((60, 24)))
    lines = list(listing.table(HEADINGS, ROWS, paint=lambda row, line: f"{row}|{line}"))

    assert [line[:2] for line in lines[1:]] == ["0|"] * (len(lines) - 2) + ["1|"]
    assert len(lines) > 3


def test_a_long_heading_breaks_before_a_cell_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dates under "prochaine échéance" need no eighteen signs; the facts beside them stay in one line."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_args, **_said: os.terminal_size((35, 24)))
    rows = [("2026-11-26", "Arrestation, détention")]
    lines = [click.unstyle(line) for line in listing.table(("prochaine échéance", "faits"), rows)]

    assert lines == ["prochaine   faits", "échéance", "2026-11-26  Arrestation, détention"]


def test_no_column_becomes_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal too narrow for all columns they keep twenty signs: the terminal may break the line."""
    lines = shown(monkeypatch, 10)
    assert "Arrestation," in lines[1]
    assert any(len(line) > 10 for line in lines)


def test_a_program_gets_whole_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Piped, a row is a line, whatever the width."""
    assert shown(monkeypatch, 20, terminal=False)[1:] == ["\t".join(row) for row in ROWS]


def test_labels_with_commas_are_set_apart_by_semicolons() -> None:
    """Two things that happened do not read as four."""
    texts.speak("en")
    several = labels("alert_icon", "arrest threat", "en")
    assert several.count("; ") == 1
    assert "; " not in labels("contact_window", "morning call", "en")


def test_what_nobody_can_count_beforehand_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No bar that says 97 of 0: only how many are done."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Shell().progress("Submissions", None) as more:
        for _one in range(97):
            more(1)
    told = capsys.readouterr().err

    assert "97" in told
    assert "/0" not in told
    assert "%" not in told
