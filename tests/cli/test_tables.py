"""Tables and lists on a terminal: both fit, a row of a list in one line; a program gets every column and cell whole."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import fields
from types import SimpleNamespace

import click
import pytest

from sync_scripts import texts
from sync_scripts.cli.frame import listing
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.setup import doctor, notify, phones
from sync_scripts.cli.work import approve, history, links, workbook_conflicts
from sync_scripts.followup.outbound.conflictbook import Question
from sync_scripts.register.directory.providers import PROVIDERS, ProviderLine
from sync_scripts.register.directory.staff import STAFF, Worker
from sync_scripts.register.model.listings import Column, Listing
from sync_scripts.register.queries import views
from sync_scripts.register.queries.log import LOG, LogLine
from sync_scripts.register.queries.views import AlertLine, CaseLine
from sync_scripts.register.rules.kinds import labels
from sync_scripts.store.outbox import Waiting

COLUMNS = tuple(Column(at, heading) for at, heading in enumerate(("code", "facts", "due")))
ROWS = (
    ("AL-610C2J-H", "Arrestation, détention ; coups, torture ; enfant en danger", "2026-11-26 01:14"),
    ("AL-AT2Z2X-B", "Menace", "2026-11-26 01:14"),
)


def shown(monkeypatch: pytest.MonkeyPatch, columns: int, *, terminal: bool = True) -> list[str]:
    """Return the lines of the table, on a terminal of a width."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_args, **_said: os.terminal_size((columns, 24)))
    return [click.unstyle(line) for line in listing.table(COLUMNS, ROWS)]


@pytest.mark.parametrize("columns", [60, 79, 200])
def test_a_table_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """A long cell goes on below itself; every word is still there, and codes and times are whole."""
    lines = shown(monkeypatch, columns)

    assert max(map(len, lines)) < columns
    for row in ROWS:
        assert any(row[0] in line and row[2] in line for line in lines)
    assert all(word in " ".join(lines) for word in ROWS[0][1].split())
    assert len(lines) == 3 if columns == 200 else len(lines) > 3


def test_a_long_heading_breaks_before_a_cell_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dates under "prochaine échéance" need no eighteen signs; the facts beside them stay in one line."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_args, **_said: os.terminal_size((35, 24)))
    rows = [("2026-11-26", "Arrestation, détention")]
    columns = Column(0, "prochaine échéance"), Column(1, "faits")
    lines = [click.unstyle(line) for line in listing.table(columns, rows)]

    assert lines == ["prochaine   faits", "échéance", "2026-11-26  Arrestation, détention"]


def test_where_no_columns_fit_the_cells_of_a_row_stand_one_below_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No column becomes a thread, and the terminal has nothing to break: a name and its value in a line, rows apart."""
    lines = shown(monkeypatch, 30)
    assert lines[:3] == ["code   AL-610C2J-H", "facts  Arrestation, détention", "       ; coups, torture ;"]
    assert max(map(len, lines)) < 30
    assert lines[lines.index("") + 1] == "code   AL-AT2Z2X-B"


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


LIST = Listing(
    "",
    "",
    (
        Column("code", "code"),
        Column("facts", "facts"),
        Column("case", "case"),
        Column("due", "due", note=lambda _days: "when"),
        Column("owner", "given to", note=lambda _codes: "whose"),
        Column("empty", "nothing", if_any=True),
    ),
    narrow="facts:20 owner facts:8",
)


def listed(monkeypatch: pytest.MonkeyPatch, columns: int, *, terminal: bool = True) -> list[str]:
    """Return the lines of a list of five columns, one of them empty, on a terminal of a width."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_args, **_said: os.terminal_size((columns, 24)))
    rows = [
        SimpleNamespace(code=code, facts=facts, case=None, due=due, owner="RD-NW-01", empty=None)
        for code, facts, due in ROWS
    ]
    return [click.unstyle(line) for line in listing.listed(LIST, rows)]


@pytest.mark.parametrize(
    ("columns", "heading", "facts"),
    [
        (106, ["code", "facts", "case", "due", "given", "to"], ROWS[0][1]),
        (105, ["code", "facts", "due", "given", "to"], ROWS[0][1]),
        (62, ["code", "facts", "due", "given", "to"], "Arrestation, détent…"),
        (61, ["code", "facts", "due"], "Arrestation, détention ; cou…"),
        (42, ["code", "facts", "due"], "Arrestati…"),
        (33, ["code", "facts"], "Arrestation, déten…"),
        (22, ["code", "facts"], "Arresta…"),
        (21, ["code"], ""),
        (12, ["code"], ""),
    ],
)
def test_a_row_of_a_list_is_one_line(
    monkeypatch: pytest.MonkeyPatch, columns: int, heading: list[str], facts: str
) -> None:
    """Empty columns go first, then what is declared is cut and left out in its order; what is over is given back."""
    lines = listed(monkeypatch, columns)

    assert lines[0].split() == heading
    assert lines[1].startswith(f"{ROWS[0][0]}  {facts}".rstrip())
    assert lines[2].startswith(ROWS[1][0])
    assert max(map(len, lines[:3])) < columns


def test_below_a_list_stands_what_its_words_mean_and_what_found_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the columns that are shown; an empty one is not missed."""
    assert listed(monkeypatch, 200)[3:] == ["", "due: when", "given to: whose"]
    assert listed(monkeypatch, 61)[3:] == [
        "",
        "due: when",
        "No room here for: given to. A wider terminal shows them, and --json.",
    ]


def test_a_program_gets_every_column_of_a_list_and_no_word_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Piped, a row is a line of values with tabs between, whatever the width."""
    lines = listed(monkeypatch, 20, terminal=False)
    assert lines[0].split("\t") == ["code", "facts", "case", "due", "given to"]
    assert lines[1:] == [f"{code}\t{facts}\t\t{due}\tRD-NW-01" for code, facts, due in ROWS]


def test_a_heading_is_cut_at_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column is never narrower than the longest word above it."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_args, **_said: os.terminal_size((18, 24)))
    rows = [("DK-1", "sans responsable aucun")]
    declared = Listing("", "", (Column(0, "code"), Column(1, "responsable")), narrow="1:5")
    lines = list(listing.listed(declared, rows))

    assert [click.unstyle(line) for line in lines] == ["code  responsable", "DK-1  sans respo…"]


def test_of_many_names_the_first_are_said_and_how_many_more_there_are() -> None:
    """Nothing is left out in silence."""
    assert listing.first_of(["a", "b", "c", "d"], 2) == "a, b and 2 more"
    assert listing.first_of(["a", "b"], 2) == "a, b"


ROWS_OF = {
    views.ALERTS: AlertLine,
    views.CASES: CaseLine,
    STAFF: Worker,
    PROVIDERS: ProviderLine,
    LOG: LogLine,
    notify.MESSAGES: Waiting,
    workbook_conflicts.CONFLICTS: Question,
}


@pytest.mark.parametrize(
    "declared",
    [*ROWS_OF, approve.WAITING, approve.ASKED, history.OPEN, links.GROUPS, phones.PHONES, doctor.FEASTS],
)
def test_what_gives_way_is_a_column_and_what_a_column_shows_a_field(declared: Listing) -> None:
    """A name that no column has gives no way; a heading over a value that no row has breaks when somebody looks."""
    names = {str(one.name) for one in declared.columns}
    row = ROWS_OF.get(declared)
    there = {one.name for one in fields(row)} if row is not None else names

    assert {name for name, _to in declared.steps} <= names
    assert {str(one.name) for one in declared.columns if not one.whole} <= there
