"""The page of the day: what stands on it, in what order, and what it never tells."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click
import msgspec
import pytest

from sync_scripts import texts
from sync_scripts.cli import outcome, today
from sync_scripts.register.today import Today
from sync_scripts.register.today import today as read
from sync_scripts.store.canonical import instant
from sync_scripts.store.schema import raw
from tests.daily.conftest import Run
from tests.register.field import Field, dealt

CRITICAL, THREAT, UNASKED = dealt(1, "AL"), dealt(0, "AL"), dealt(2, "AL")
CASE, SECRET = dealt(0, "DK"), dealt(1, "DK")


def page(field: Field, *, days: float = 0, servers: tuple[str, ...] = ("kobo",)) -> Today:
    """Return the page some days after the last thing arrived."""
    with field.register.reading() as rows:
        return read(rows, field.now + timedelta(days=days), servers)


def test_what_is_critical_stands_first_and_what_can_wait_is_left_out(field_: Field) -> None:
    """Critical, late, due today, due this week; one line an alert or case."""
    found = page(field_, days=1)

    assert [(one.code, one.bucket) for one in found.items][:3] == [
        (CRITICAL, "critical"),
        (THREAT, "week"),
        (UNASKED, "week"),
    ]
    assert [one.bucket for one in page(field_, days=4).items if one.code == THREAT] == ["overdue"]
    assert (found.alerts, found.cases) == (3, 2)


def test_it_says_who_waits_for_a_consent(field_: Field) -> None:
    """An alert whose consent was never asked for is counted until it is."""
    assert page(field_).consents == 1


def test_of_a_c4_case_nothing_is_told_but_its_line(field_: Field) -> None:
    """Neither what is to be done nor where it lies."""
    (one,) = [item for item in page(field_, days=20).items if item.code == SECRET]

    assert (one.kind, one.region) == (None, None)
    assert one.due_at is not None


def test_a_source_that_never_answered_is_not_taken_for_a_quiet_one(field_: Field) -> None:
    """Each source says when it was last read whole, and that the last try failed."""
    at = instant(field_.now)
    line = {"id": "1", "command": "pull", "server": "central,kobo", "actor_code": "x", "counts": "{}"}
    with field_.register.writing() as rows:
        rows.many(raw.run, [{**line, "started_at": at, "ended_at": at, "outcome": "done"}])
        later = instant(field_.now + timedelta(hours=1))
        rows.many(
            raw.run,
            [
                {
                    **line,
                    "id": "2",
                    "server": "kobo",
                    "started_at": later,
                    "ended_at": later,
                    "outcome": "failed",
                }
            ],
        )

    found = {one.server: one for one in page(field_, servers=("kobo", "central", "office")).pulled}

    assert (found["kobo"].at, found["kobo"].failed) == (at, True)
    assert (found["central"].at, found["central"].failed) == (at, False)
    assert found["office"].at is None
    told = "\n".join(today.page(page(field_, days=1, servers=("office", "kobo")), "CO-01"))
    assert "office never" in told
    assert "the last try failed" in told


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("days", [0, 4, 30])
def test_the_page_fits_a_terminal(field_: Field, days: int, lang: str) -> None:
    """However much is due and however long nobody answered: 24 lines of 80 signs."""
    for number in range(40):
        field_.send(
            "alert", f"more{number}", {"gate": {"consent_alert": "given"}, "danger": {"danger_now": "yes"}}
        )
    texts.speak(lang)
    lines = list(
        today.page(page(field_, days=days, servers=("central", "kobo", "folder")), "COORDINATION-01")
    )

    assert len(lines) <= 24
    assert max(map(len, map(click.unstyle, lines))) <= 80


def test_what_the_page_leaves_out_of_alerts_and_cases_is_two_commands_to_paste(field_: Field) -> None:
    """Neither is a pipe of the shell; together they take a line of the page, and fit it."""
    found = page(field_)
    critical = next(one for one in found.items if one.bucket == "critical")
    many = [
        msgspec.structs.replace(critical, code=f"{kind}-{n:06}") for n in range(9) for kind in ("AL", "DK")
    ]
    texts.speak("en")

    lines = [
        click.unstyle(line)
        for line in today.page(replace(found, items=tuple(many), consents=5, consents_of_cases=2), "CO-01")
    ]

    both = "  dikalo alerts list --urgency critical · dikalo cases list --urgency critical"
    assert both in lines
    assert sum(line.startswith(("  AL-", "  DK-")) for line in lines) == lines.index(both) - 2
    assert "Alerts that wait for a consent: 3  (dikalo alerts list --task consent)" in lines
    assert "Cases that wait for a consent: 2  (dikalo cases list --task consent)" in lines
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_without_a_command_the_page_is_shown_as_text_and_as_a_document(run: Run) -> None:
    """``dikalo`` alone is the page; with --json one document of the same."""
    code, text, _ = run()
    assert code == 0
    assert CRITICAL in text

    code, text, _ = run("--json")
    found = json.loads(text)
    assert code == 0
    assert found["schema"] == "dikalo.today/1"
    assert found["counts"]["critical"] == 1
    assert found["items"][0]["code"] == CRITICAL


def test_without_a_workspace_it_is_the_help_and_the_first_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody who starts learns what to type, and no passphrase is asked."""
    monkeypatch.chdir(tmp_path)

    assert outcome.run([], "en") == 0
    told = capsys.readouterr().out
    assert "Usage: dikalo" in told
    assert "dikalo demo" in told


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_folder_that_does_not_exist_is_a_mistake_of_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    """A mistyped folder is named, instead of the help as for somebody who starts."""
    assert outcome.run(["-C", str(tmp_path / "nothere"), *more], "en") == 2
    out, err = capsys.readouterr()
    assert "nothere does not exist" in " ".join((out + err).split())
    assert "dikalo demo" not in out


def test_a_demonstration_says_so_on_the_page_too(run: Run, tmp_path: Path) -> None:
    """On standard error, so that the page stays a page."""
    (tmp_path / "keys.json").write_text('{"slots": [{"demo": true}]}', encoding="utf-8")
    _code, out, err = run()

    assert "DEMONSTRATION" in err
    assert "DEMONSTRATION" not in out
