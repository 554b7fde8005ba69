"""Who tells an alert by telephone is a code, never a name: what is no code is refused, one that nobody has is doubted once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from sync_scripts import cli
from sync_scripts.cli.work.interviewing import Beside, Stopped, ask_all
from sync_scripts.config import TeamSettings
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.directory.staff import name, retire
from sync_scripts.register.forms.desk_forms import Tellers, TellerUnknown, known_tellers
from sync_scripts.secrets.errors import CodeUnsuitable
from sync_scripts.store.database import Register
from tests.intake import test_told_by_telephone
from tests.intake.scene import FORMS
from tests.intake.test_told_by_telephone import SAID, kept
from tests.register.field import ALERT, COORDINATOR, Field, changed
from xlsform.answers.interview import Interview
from xlsform.workbooks.workbook import read

root = test_told_by_telephone.root
"""The fixture of that module."""

QUESTION = "reporter_code"
KNOWN = {"PF-NW-01": True, "PF-SW-04": True, "RD-01": False}


def asked(monkeypatch: pytest.MonkeyPatch, *typed: str) -> str:
    """Type these lines at the question of who tells it; return what is kept of it, "" for nothing."""
    left: Iterator[str] = iter(typed)

    def prompt(*_a: object, **_m: object) -> str:
        if (line := next(left, None)) is None:
            raise click.Abort
        return line

    monkeypatch.setattr(click, "prompt", prompt)
    interview = Interview(read((FORMS / "alert.xlsx").read_bytes(), file="alert.xlsx").form)
    question = next(one for one in interview.questions if one.name == QUESTION)
    answers = {name: said for name, said in SAID.items() if name != QUESTION}
    beside = Beside(readers={QUESTION: Tellers(KNOWN).read})
    return ask_all(interview, "en", beside, Stopped(answers, whole=False, at=question)).answers.get(
        QUESTION, ""
    )


@pytest.mark.parametrize(
    ("typed", "found", "said"),
    [
        (("PF-NW-01",), "PF-NW-01", ""),
        ((" pf-nw-01 ",), "PF-NW-01", ""),
        (("rd-01",), "RD-01", ""),
        (("Jeanne Ngo",), "", "never a name"),
        (("Félicité",), "", "never a name"),
        (("P",), "", "never a name"),
        (("Jeanne",), "", "a name must never stand here"),
        (("Jeanne", "PF-SW-04"), "PF-SW-04", "a name must never stand here"),
        (("PF-NW-10",), "", "The nearest code is PF-NW-01."),
        (("PF-YA-01", "PF-YA-01"), "PF-YA-01", "type it once more"),
        (("PF-YA-01", "Jeanne"), "", "type it once more"),
    ],
    ids=lambda one: " then ".join(one) if isinstance(one, tuple) else "",
)
def test_a_code_is_taken_and_a_name_is_not(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    typed: tuple[str, ...],
    found: str,
    said: str,
) -> None:
    """As it is known here; somebody new can call at night, but a first name that looks like a code is asked about."""
    assert asked(monkeypatch, *typed) == found
    told = capsys.readouterr().err
    assert said in told
    assert "Jeanne" not in told, "what may be a name is not repeated"


def test_known_is_who_works_is_in_a_team_or_has_sent(sqlite_register: Register) -> None:
    """Those who retired can still call; what an older form took and is no code is not offered as one."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", changed(ALERT, {"known": {"reporter_code": "Jeanne Ngo"}}))
    for decide in (lambda by: name(by, "RD-01", ["case_owner"]), lambda by: retire(by, "RD-01")):
        with deciding(sqlite_register, COORDINATOR, field.later()) as by:
            decide(by)
    with sqlite_register.reading() as rows:
        known = known_tellers(rows, [TeamSettings(name="nw", people=("PF-NW-07",))])

    assert {"PF-01": True, "PF-NW-07": True, "RD-01": False}.items() <= known.items()
    assert "Jeanne Ngo" not in known


def test_a_code_is_doubted_once_only() -> None:
    """And another one between is another doubt."""
    tellers = Tellers(KNOWN)
    for typed in ("NEW-1", "NEW-2", "NEW-1"):
        with pytest.raises(TellerUnknown):
            tellers.read(typed)
    assert tellers.read("NEW-1") == "NEW-1"
    with pytest.raises(CodeUnsuitable):
        tellers.read("Jeanne Ngo")


@pytest.mark.parametrize(
    ("code", "ended", "count", "said"), [("Jeanne Ngo", 2, 0, "DK-K09"), ("PF-01", 0, 1, "alerts.new")]
)
def test_a_file_of_answers_holds_a_code_too(  # noqa: PLR0917 - one line a case
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: str,
    ended: int,
    count: int,
    said: str,
) -> None:
    """What a program hands over is asked of nobody; but it is no name."""
    told = {**SAID, "arrondissement": "CM007002001", QUESTION: code}
    answers = io.TextIOWrapper(io.BytesIO(json.dumps(told).encode()), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", answers)
    run: Callable[..., int] = cli.main
    assert run(["--lang", "en", "-C", str(root), "--json", "alerts", "new", "--from", "-"]) == ended
    out = capsys.readouterr().out
    assert said in out
    assert "Jeanne" not in out
    assert len(kept(root)) == count
