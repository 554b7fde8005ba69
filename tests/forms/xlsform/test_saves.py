"""``dikalo forms watch`` and ``check --annotate``: what a save changed, and findings as comments in a copy of the workbook."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment

from sync_scripts.cli import main
from sync_scripts.cli.forms import seeing
from tests.forms.xlsform.worlds import Rows, book, book_of
from xlsform.findings.problems import Finding
from xlsform.model import Place
from xlsform.preview import saves

HEAD = ("type", "name", "label", "required")
GOOD: Rows = (HEAD, ("text", "a", "A", ""), ("text", "b", "B", ""))
FAULTY: Rows = (HEAD, ("text", "a", "A", ""), ("nothing", "b", "B", ""))
MOVED: Rows = (HEAD, ("text", "new", "N", ""), *FAULTY[1:], ("text", "p", "P", "oui"))
SETTINGS: Rows = (("form_id", "version"), ("f", "2026112501"))


def finding(code: str, path: str = "", row: int = 2, **data: str) -> Finding:
    """A finding in a row."""
    return Finding(code, path, Place(file="f.xlsx", sheet="survey", row=row), data=data)


@pytest.mark.parametrize(
    ("before", "after", "new", "mended"),
    [
        ([finding("A", "q")], [finding("A", "q", row=9)], [], []),
        ([], [finding("A")], ["A"], []),
        ([finding("A")], [], [], ["A"]),
        ([finding("A", "q", value="x")], [finding("A", "q", value="y")], ["A"], ["A"]),
        ([finding("A")] * 2, [finding("A")], [], ["A"]),
        ([finding("A"), finding("B")], [finding("B"), finding("C"), finding("C")], ["C", "C"], ["A"]),
    ],
)
def test_news_is_what_was_not_there(
    before: list[Finding], after: list[Finding], new: list[str], mended: list[str]
) -> None:
    """A fault whose row moved is neither new nor mended; each of several alike counts."""
    assert tuple([one.code for one in some] for some in saves.news(before, after)) == (new, mended)


def test_a_file_that_is_still_written_is_waited_for(tmp_path: Path) -> None:
    """What a program writes in two steps, or takes away first, is looked at once, when it is whole."""
    form = tmp_path / "f.xlsx"
    form.write_text("1")
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: form.write_text("22"),
        lambda: form.write_text("333"),
        lambda: None,
        lambda: None,
        form.unlink,
        lambda: None,
        lambda: form.write_text("4444"),
        lambda: None,
    ]
    left = iter(steps)
    seen = [form.read_text() for _ in saves.saved(form, tmp_path, lambda: next(left, lambda: True)() is True)]

    assert seen == ["333", "4444"]


def test_watch_says_what_is_new_and_what_is_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second save moves the fault to another row and adds one; the third corrects both, the fourth is no workbook.

    The copy with comments follows.
    """
    form = tmp_path / "f.xlsx"
    form.write_bytes(book(FAULTY, settings=SETTINGS))
    contents = iter([book(MOVED, settings=SETTINGS), book(GOOD, settings=SETTINGS), b"no workbook at all"])

    class Trainer:
        """Saves at every second look, and stops at the end."""

        turn = itertools.count()

        def wait(self, _seconds: float) -> bool:
            """Save or leave."""
            if next(self.turn) % 2 == 0:
                if (content := next(contents, None)) is None:
                    raise KeyboardInterrupt
                form.write_bytes(content)
            return False

    monkeypatch.setattr(seeing, "Event", Trainer)
    copy = tmp_path / "copy.xlsx"
    words = ["-C", str(tmp_path), "--lang", "en", "forms", "watch", str(form), "--annotate"]
    code = main([*words, str(copy)])
    first, *rounds = capsys.readouterr().out.split("f.xlsx: ")
    told = [
        [word for word in ("PX-TYPE", "BOOL-WORD", "CORRECTED") if word in one] for one in (first, *rounds)
    ]

    assert code == 0
    assert told == [["PX-TYPE"], ["BOOL-WORD"], ["PX-TYPE", "BOOL-WORD", "CORRECTED"], []]
    assert rounds[-1].count("DK-F") == 1
    comments = [cell.comment for row in load_workbook(copy)["survey"].iter_rows() for cell in row]
    assert not any(comments)  # of the last save that could be read
    assert main([*words, str(form)]) == 2


def test_findings_are_comments_in_a_copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each in its cell, under what somebody had written there; what has no cell is in the first one. The form stays as it was."""
    raw = book_of(
        {
            "survey": (
                ("type", "name", "label", "default"),
                ("text", "récit", "R", 1.5),
                ("foo", "b", "B", None),
            )
        },
        lambda made: setattr(made["survey"]["B2"], "comment", Comment("Mine.", "me")),
    )
    (tmp_path / "f.xlsx").write_bytes(raw)
    check = ["forms", "check", str(tmp_path / "f.xlsx"), "--profile", "strict", "--annotate"]
    words = ["-C", str(tmp_path), "--lang", "en", *check]

    assert main([*words, str(tmp_path / "copy.xlsx")]) == 1
    sheet = load_workbook(tmp_path / "copy.xlsx")["survey"]
    said = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert {"A1", "A2", "A3", "B2", "D2"} <= set(said)
    assert said["B2"].startswith("Mine.\n\nNAME-FORM · ")
    assert "CELL-TYPE" in said["D2"]
    assert "PX-TYPE" in said["A3"]
    assert (tmp_path / "f.xlsx").read_bytes() == raw
    capsys.readouterr()
    for wrong in ([str(tmp_path / "f.xlsx")], ["out.txt"], ["out.xlsx", "alert"]):
        assert main([*words, *wrong]) == 2
        assert "--annotate takes one form" in capsys.readouterr().err
